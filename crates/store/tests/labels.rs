//! Labels that change while the content stays: raised by newer rules, put back by two persons, set by one who reviews.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

#[path = "support/house.rs"]
mod house;
mod support;

use confidentiality::labeler::{SafetyFact, SafetyKind};
use confidentiality::{
    Actor, Categories, Category, ClientScope, Facts, Family, Level, MaskFlags, Matrix, Purpose, Refusal, Session,
    Strength,
};
use fhir::{Resource, ResourceType};
use house::{AIDE, COLLEAGUE, HEAD_NURSE, House, NOW, houses, note};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::{Batch, Call, Change, Conflict, Error, Graded, Judge, Judgement, NewLabel, Origin, Pass, Sheet};

const OBSERVATION: ResourceType = ResourceType::OBSERVATION;

/// The system itself, or an account in whose name it works.
fn job(house: &House, actor: i64) -> Call {
    let facts = Facts {
        actor: Actor::new(actor),
        relations: Vec::new(),
        maskings: Vec::new(),
        session: Session { strength: Strength::Client, ..Session::none() },
        purpose: Purpose::Relabel,
        place_profiles: BTreeMap::new(),
        client: Some(ClientScope { place: None, cap: Level::VerySensitive, write: true, chosen_ids: true }),
    };
    let clearance = confidentiality::clearance(&Matrix::default_shipped().unwrap(), &facts);
    Call { tenant: house.tenant, clearance, now: NOW, origin: Origin { verb: "relabel".into(), ..Origin::default() } }
}

fn nothing() -> Judgement {
    let (categories, mask) = (Categories::empty(), MaskFlags::empty());
    Judgement { level: Level::Open, categories, mask, safety: Vec::new() }
}

/// Rules that see `words` in what a note says.
fn rules(words: &'static str, level: Level, categories: Categories) -> Judge {
    Arc::new(move |sheet: &Sheet<'_>| {
        let seen = sheet.resource.value().to_string().contains(words);
        let told = SafetyFact { kind: SafetyKind::Consigne, text: "Surveillance rapprochée.".into(), detail: None };
        match seen {
            true => Judgement { level, categories, mask: MaskFlags::empty(), safety: vec![told] },
            false => nothing(),
        }
    })
}

/// The whole job, a row at a time.
async fn relabel(house: &House, rules: i64, judge: &Judge) -> Batch {
    let (mut all, mut after) = (Batch::default(), (0, 0));
    loop {
        let batch = house.store.relabel(&job(house, 1), Pass { rules, after, most: 2 }, judge.clone()).await.unwrap();
        all.looked += batch.looked;
        all.raised += batch.raised;
        all.sealed += batch.sealed;
        all.over_people += batch.over_people;
        assert_eq!(batch.unreadable, 0);
        let Some(next) = batch.next else { return all };
        after = next;
    }
}

/// Level, and what the caller reads of it.
async fn level(house: &House, call: &Call, id: &str) -> Option<Level> {
    let read = house.store.read(call, OBSERVATION, id).await.unwrap();
    house.store.disclose(call, read).await.unwrap().map(|found| found.level)
}

async fn edit(house: &House, words: &str, level: Level) {
    let graded = house.graded(level, Family::Soin, Categories::empty());
    let resource = Resource::from_value(note("n1", words)).unwrap();
    let change = Change::Update { resource, graded, if_match: None, upsert: false, import: None };
    house.store.write(&house.client(NOW), vec![change]).await.unwrap();
}

/// Every version of the note, opened by a program that sees everything.
async fn versions(house: &House) -> Vec<Level> {
    let call = house.client(NOW);
    let history = house.store.history(&call, OBSERVATION, "n1").await.unwrap();
    house.store.disclose(&call, history).await.unwrap().iter().map(|found| found.level).collect()
}

/// How many bodies of level 4 there are, current and past; only where the files are at hand.
fn sealed(house: &House) -> Option<i64> {
    let path = house._dir.as_ref()?.path().join("main.db");
    let file = rusqlite::Connection::open(path).unwrap();
    let count = |table: &str| {
        let sql = format!("SELECT COUNT(*) FROM {table} WHERE seal = 2");
        file.query_row(&sql, [], |row| row.get::<_, i64>(0)).unwrap()
    };
    Some(count("resource") + count("history"))
}

fn setting(id: &str, version: i64, level: Level, categories: Categories) -> NewLabel {
    let (reason, safety) = ("Ce mot ne veut rien dire ici.".into(), Vec::new());
    NewLabel { kind: OBSERVATION, id: id.into(), version, level, categories, reason, safety }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rise_to_level_4_seals_the_past_too_and_a_second_run_finds_nothing() {
    for house in houses().await {
        edit(&house, "Se plaint encore du dos", Level::Standard).await;
        let (aide, before) = (house.staff(AIDE, NOW).await, sealed(&house));
        assert_eq!(level(&house, &aide, "n1").await, Some(Level::Standard));
        let judge = rules("Se plaint encore", Level::VerySensitive, Category::Vih.into());
        assert_eq!(house.store.behind(house.tenant, 2).await.unwrap(), 5);
        let done = relabel(&house, 2, &judge).await;
        assert_eq!((done.looked, done.raised, done.sealed), (5, 1, 1));
        assert_eq!(house.store.behind(house.tenant, 2).await.unwrap(), 0);
        assert_eq!(level(&house, &aide, "n1").await, None);
        assert_eq!(versions(&house).await, [Level::VerySensitive; 2]);
        assert_eq!(sealed(&house), before.map(|before| before + 2));
        let person = house.store.person_of(&aide, "p1").await.unwrap().unwrap();
        let facts = house.store.safety(&aide, &[person]).await.unwrap();
        assert_eq!(house.store.disclose(&aide, facts).await.unwrap().len(), 1, "what to do still reaches her");
        assert_eq!(relabel(&house, 2, &judge).await, Batch::default(), "nothing is behind");
        house.verified().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_never_lower_and_a_stopped_job_goes_on() {
    for house in houses().await {
        let call = job(&house, 1);
        let nothing = rules("rien de tel", Level::Open, Categories::empty());
        let first = Pass { rules: 2, after: (0, 0), most: 3 };
        assert_eq!(house.store.relabel(&call, first, nothing.clone()).await.unwrap().looked, 3);
        // Whoever begins again finds what is left.
        assert_eq!(house.store.behind(house.tenant, 2).await.unwrap(), 2);
        assert_eq!(relabel(&house, 2, &nothing).await.looked, 2);
        let client = house.client(NOW);
        assert_eq!(level(&house, &client, "n1").await, Some(Level::Standard));
        assert_eq!(level(&house, &client, "v1").await, Some(Level::VerySensitive));
        // A call for care does not go through everything.
        assert!(house.store.relabel(&client, first, nothing).await.is_err());
    }
}

/// What carers are told of `p1`, and whether they may read its source.
async fn told(house: &House, call: &Call) -> Vec<bool> {
    let person = house.store.person_of(call, "p1").await.unwrap().unwrap();
    let facts = house.store.safety(call, &[person]).await.unwrap();
    house.store.disclose(call, facts).await.unwrap().iter().map(|one| one.readable).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_of_before_learns_what_to_do_from_the_job_and_keeps_it_whatever_the_level() {
    for house in houses().await {
        edit(&house, "Se plaint encore du dos", Level::Standard).await;
        let (aide, judge) = (house.staff(AIDE, NOW).await, rules("Se plaint encore", Level::Open, Categories::empty()));
        assert_eq!(told(&house, &aide).await, [false; 0], "the program of before kept nothing of an ordinary note");
        relabel(&house, 2, &judge).await;
        assert_eq!(told(&house, &aide).await, [true]);
        assert_eq!(relabel(&house, 2, &judge).await, Batch::default());
        // Raised, it is told; put back, it is told still, once.
        relabel(&house, 3, &rules("Se plaint encore", Level::VerySensitive, Category::Vih.into())).await;
        assert_eq!(told(&house, &aide).await, [false]);
        house.store.ask_rollback(&job(&house, HEAD_NURSE), 3, 1, "une règle se trompe").await.unwrap();
        assert_eq!(house.store.roll_back(&job(&house, COLLEAGUE), 3, 10).await.unwrap(), 1);
        assert_eq!(told(&house, &aide).await, [true]);
        // Rules that no longer see it say nothing.
        relabel(&house, 4, &rules("rien de tel", Level::Open, Categories::empty())).await;
        assert_eq!(told(&house, &aide).await, [false; 0]);
        house.verified().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_persons_put_back_what_rules_raised() {
    for house in houses().await {
        edit(&house, "Se plaint encore du dos", Level::Standard).await;
        let before = sealed(&house);
        relabel(&house, 2, &rules("Se plaint encore", Level::VerySensitive, Category::Vih.into())).await;
        relabel(&house, 2, &rules("Paracétamol", Level::Sensitive, Category::Psy.into())).await;
        let (asks, approves) = (job(&house, HEAD_NURSE), job(&house, COLLEAGUE));
        let store = &house.store;
        assert!(matches!(store.roll_back(&approves, 2, 10).await, Err(Error::Absent)), "nobody has asked");
        let shown = store.rollback(&asks, 2).await.unwrap();
        assert_eq!((shown.items, shown.held, shown.asked), (1, 0, None));
        assert_eq!(shown.by_level, BTreeMap::from([((Level::VerySensitive, Level::Standard), 1)]));
        assert_eq!(shown.by_type, BTreeMap::from([(OBSERVATION, 1)]));
        store.ask_rollback(&asks, 2, shown.items, "une règle se trompe").await.unwrap();
        let asked = store.rollback(&approves, 2).await.unwrap().asked.unwrap();
        assert_eq!(
            (asked.actor, asked.items, asked.reason.as_str()),
            (Actor::new(HEAD_NURSE), 1, "une règle se trompe")
        );
        assert!(matches!(store.roll_back(&asks, 2, 10).await, Err(Error::Refused(Refusal::SamePerson))));
        assert_eq!(store.roll_back(&approves, 2, 10).await.unwrap(), 1);
        assert_eq!(store.roll_back(&approves, 2, 10).await.unwrap(), 0);
        assert!(matches!(store.roll_back(&approves, 2, 10).await, Err(Error::Absent)), "it is over");
        assert_eq!(level(&house, &house.staff(AIDE, NOW).await, "n1").await, Some(Level::Standard));
        assert_eq!(versions(&house).await, [Level::Standard; 2]);
        assert_eq!(sealed(&house), before, "under the person's key again, past included");
        house.verified().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_raise_holds_and_falls_back_to_the_first_label() {
    for house in houses().await {
        let (client, store) = (house.client(NOW), &house.store);
        relabel(&house, 2, &rules("du dos", Level::Sensitive, Category::Psy.into())).await;
        relabel(&house, 3, &rules("du dos", Level::VerySensitive, Category::Vih.into())).await;
        let (asks, approves) = (job(&house, HEAD_NURSE), job(&house, COLLEAGUE));
        for (rules, held, then) in [(2, 1, Level::VerySensitive), (3, 0, Level::Standard)] {
            let shown = store.rollback(&asks, rules).await.unwrap();
            assert_eq!((shown.items, shown.held), (1, held));
            store.ask_rollback(&asks, rules, 1, "essai").await.unwrap();
            while store.roll_back(&approves, rules, 10).await.unwrap() > 0 {}
            assert_eq!(level(&house, &client, "n1").await, Some(then));
        }
        // What a person writes meanwhile is not put below what it says by itself.
        relabel(&house, 4, &rules("du dos", Level::VerySensitive, Category::Vih.into())).await;
        edit(&house, "Mal au dos, triste", Level::Sensitive).await;
        store.ask_rollback(&asks, 4, 1, "essai").await.unwrap();
        while store.roll_back(&approves, 4, 10).await.unwrap() > 0 {}
        assert_eq!(level(&house, &client, "n1").await, Some(Level::Sensitive));
        assert_eq!(versions(&house).await, [Level::Sensitive; 2]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_reviewer_sets_a_label_and_rules_do_not_insist() {
    for house in houses().await {
        let (store, head) = (&house.store, house.staff(HEAD_NURSE, NOW).await);
        relabel(&house, 2, &rules("du dos", Level::Sensitive, Category::Psy.into())).await;
        let lower = setting("n1", 1, Level::Standard, Categories::empty());
        for actor in [COLLEAGUE, AIDE] {
            let refused = store.set_label(&house.staff(actor, NOW).await, &lower).await;
            assert!(matches!(refused, Err(Error::Refused(Refusal::NotReviewer) | Error::Absent)), "{refused:?}");
        }
        let stale = setting("n1", 2, Level::Standard, Categories::empty());
        assert!(matches!(store.set_label(&head, &stale).await, Err(Error::Conflict(Conflict::Version))));
        let hidden = setting("v1", 1, Level::Standard, Categories::empty());
        assert!(matches!(store.set_label(&head, &hidden).await, Err(Error::Absent)));
        let set = store.set_label(&head, &lower).await.unwrap();
        assert_eq!((set.was.0, set.is.0), (Level::Sensitive, Level::Standard));
        assert_eq!(level(&house, &house.staff(AIDE, NOW).await, "n1").await, Some(Level::Standard));
        // The raise is a person's now: there is nothing to put back.
        assert_eq!(store.rollback(&job(&house, 1), 2).await.unwrap().items, 0);
        // The same verdict is not heard again; a graver one is, and noticed.
        let same = relabel(&house, 3, &rules("du dos", Level::Sensitive, Category::Psy.into())).await;
        assert_eq!((same.looked, same.raised), (5, 0));
        let graver = relabel(&house, 4, &rules("du dos", Level::VerySensitive, Category::Vih.into())).await;
        assert_eq!((graver.raised, graver.over_people), (1, 1));
        let noticed = store.raised_over(&house.client(NOW)).await.unwrap();
        assert_eq!(noticed.iter().map(|one| one.level).collect::<Vec<_>>(), [Level::Standard]);
        // Put back: to what the person had set.
        store.ask_rollback(&job(&house, 1), 4, 1, "essai").await.unwrap();
        while store.roll_back(&job(&house, 2), 4, 10).await.unwrap() > 0 {}
        assert_eq!(level(&house, &house.client(NOW), "n1").await, Some(Level::Standard));
        house.verified().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_accompanies_an_item_rises_with_it() {
    for house in houses().await {
        let task = serde_json::json!({"resourceType": "Task", "id": "t1", "status": "requested", "intent": "order",
            "for": {"reference": "Patient/p1"}, "focus": {"reference": "Observation/n1"}});
        let other = serde_json::json!({"resourceType": "Task", "id": "t2", "status": "requested", "intent": "order",
            "for": {"reference": "Patient/p1"}, "focus": {"reference": "Observation/m1"}});
        for value in [task, other] {
            let graded = house.graded(Level::Standard, Family::Soin, Categories::empty());
            let resource = Resource::from_value(value).unwrap();
            let change = Change::Create { resource, graded, if_none_exist: None, import: None };
            house.store.write(&house.client(NOW), vec![change]).await.unwrap();
        }
        let done = relabel(&house, 2, &rules("du dos", Level::VerySensitive, Category::Vih.into())).await;
        assert_eq!((done.looked, done.raised), (7, 2));
        let client = house.client(NOW);
        for (id, expected) in [("t1", Level::VerySensitive), ("t2", Level::Standard)] {
            let read = house.store.read(&client, ResourceType::parse("Task").unwrap(), id).await.unwrap();
            assert_eq!(house.store.disclose(&client, read).await.unwrap().unwrap().level, expected, "{id}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_survey_tells_what_is_asked_of_it_and_no_more() {
    for house in houses().await {
        let look = Arc::new(|sheet: &Sheet<'_>| sheet.level);
        let (mut after, mut levels) = (0, Vec::new());
        loop {
            let survey = house.store.survey(&job(&house, 1), after, 2, look.clone()).await.unwrap();
            levels.extend(survey.answers);
            let Some(next) = survey.next else { break };
            after = next;
        }
        levels.sort();
        use Level::{Daily, Standard, VerySensitive};
        assert_eq!(levels, [Daily, Daily, Standard, Standard, VerySensitive]);
        assert_eq!(house.store.live(house.tenant).await.unwrap(), 5);
        assert!(house.store.survey(&house.client(NOW), 0, 2, look).await.is_err());
        assert!(house.verified().await >= 4);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_raised_while_a_new_version_is_on_its_way_stays_raised() {
    for house in houses().await {
        let graded = || house.graded(Level::Standard, Family::Soin, Categories::empty());
        let judge = rules("Mot grave", Level::VerySensitive, Category::Vih.into());
        let call = house.client(NOW);
        for rules in 2..42 {
            let (id, old) = (format!("race{rules}"), note(&format!("race{rules}"), "Mot grave"));
            let new = Resource::from_value(note(&id, "Plus rien")).unwrap();
            let first = Change::Create {
                resource: Resource::from_value(old).unwrap(),
                graded: Graded { rules: rules - 1, ..graded() },
                if_none_exist: None,
                import: None,
            };
            house.store.write(&call, vec![first]).await.unwrap();
            let graded = Graded { rules, ..graded() };
            let update = Change::Update { resource: new, graded, if_match: None, upsert: false, import: None };
            let (job, pass) = (job(&house, 1), Pass { rules, after: (rules - 1, 0), most: 50 });
            let raise = house.store.relabel(&job, pass, judge.clone());
            let (raised, written) = tokio::join!(raise, house.store.write(&call, vec![update]));
            written.unwrap();
            let now = level(&house, &call, &id).await.unwrap();
            let expected = if raised.unwrap().raised == 1 { Level::VerySensitive } else { Level::Standard };
            assert_eq!(now, expected, "{id}");
        }
        house.verified().await;
    }
}
