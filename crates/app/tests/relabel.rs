//! Newer rules on what is kept already: raised by the job, compared before, put back by two, corrected by one.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod support;

use app::relabel::{self, Pace};
use app::{Cx, StoreError, compare, labels, records, transaction};
use confidentiality::labeler::{Labeler, RULES_VERSION, rules};
use confidentiality::{
    Actor, Categories, Category, ClientScope, Facts, Family, Label, Level, MaskFlags, Purpose, Refusal, Session,
    Strength,
};
use fhir::ResourceType;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use store::{Call, Change, Graded, Origin};
use support::{NOW, PASSWORD, World, resource};

const WRITING: ResourceType = ResourceType::COMMUNICATION;

/// A program, or somebody signed in, whose writings are graded as older rules did.
async fn call(world: &World, actor: Option<i64>) -> Call {
    let actor_of = Actor::new(actor.unwrap_or(7));
    let known = world.app.store().actor_facts(world.app.tenant(), actor_of, NOW).await.unwrap();
    let client = ClientScope { place: None, cap: Level::VerySensitive, write: true, chosen_ids: true };
    let strength = if actor.is_some() { Strength::Password } else { Strength::Client };
    let facts = Facts {
        actor: actor_of,
        relations: known.relations,
        maskings: known.maskings,
        session: Session { strength, age_s: 0, step_up_age_s: Some(0), ..Session::none() },
        purpose: if actor.is_some() { Purpose::Care } else { Purpose::Api },
        place_profiles: known.profiles,
        client: actor.is_none().then_some(client),
    };
    let clearance = confidentiality::clearance(world.app.matrix(), &facts);
    Call {
        tenant: world.app.tenant(),
        clearance,
        now: NOW,
        origin: Origin { verb: "test".into(), ..Origin::default() },
    }
}

async fn keep(world: &World, actor: Option<i64>, value: Value) {
    keep_judged(world, actor, value, 1).await;
}

/// The same, as these rules have judged it.
async fn keep_judged(world: &World, actor: Option<i64>, value: Value, rules: i64) {
    let graded = Graded {
        label: Label { level: Level::Standard, categories: Categories::empty(), reasons: Vec::new() },
        family: Family::Soin,
        place: world.first,
        mask: MaskFlags::empty(),
        rules,
        safety: Vec::new(),
    };
    let change = Change::Create { resource: resource(value), graded, if_none_exist: None, import: None };
    world.app.store().admit(&call(world, actor).await, vec![change]).await.unwrap();
}

fn writing(id: &str, kind: &str, words: &str) -> Value {
    json!({"resourceType": "Communication", "id": id, "status": "completed", "subject": {"reference": "Patient/p"},
        "category": [{"text": kind}], "payload": [{"contentString": words}]})
}

/// A person, an ordinary note, one that says more than its old label, and what a psychologist wrote.
async fn world() -> (World, Cx, Cx) {
    let world = World::new().await;
    keep(&world, None, json!({"resourceType": "Patient", "id": "p", "name": [{"family": "Quéméner"}]})).await;
    let (head, other) = (world.person(43, "idec").await, world.person(44, "idec").await);
    world.person(45, "psy").await;
    world.person(42, "as").await;
    keep(&world, None, writing("calm", "transmission", "A bien dormi.")).await;
    keep(&world, None, writing("grave", "transmission", "Séropositivité VIH annoncée ce matin.")).await;
    keep(&world, Some(45), writing("psy", "note psychologue", "Entretien ce matin.")).await;
    (world, head, other)
}

async fn level(world: &World, id: &str) -> Level {
    records::read(&world.operator(), WRITING, id).await.unwrap().level
}

fn nothing(_: u64) {}

#[tokio::test(flavor = "multi_thread")]
async fn what_older_rules_left_low_is_raised_once() {
    let (world, _, _) = world().await;
    assert_eq!(relabel::behind(&world.app).await.unwrap(), 4);
    let report = relabel::run(&world.app, "test", Pace::Straight, &nothing).await.unwrap();
    assert_eq!((report.rules, report.items, report.raised, report.level4), (RULES_VERSION, 4, 2, 1));
    let levels = [level(&world, "calm").await, level(&world, "grave").await, level(&world, "psy").await];
    // The psychologist's has a floor, from who wrote it and how it was filed.
    assert_eq!(levels, [Level::Standard, Level::VerySensitive, Level::Sensitive]);
    assert_eq!(relabel::behind(&world.app).await.unwrap(), 0);
    let again = relabel::run(&world.app, "test", Pace::Gentle, &nothing).await.unwrap();
    assert_eq!((again.items, again.raised), (0, 0));
    let audit = app::audit::verify(&world.app, None).await.unwrap();
    assert_eq!(audit.findings, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sent_it_counts_by_the_api_and_when_it_is_judged_again() {
    let (world, _, _) = world().await;
    let system = "https://mos.esante.gouv.fr/NOS/TRE_R66-CategorieEtablissement/FHIR/TRE-R66-CategorieEtablissement";
    let centre = json!({"resourceType": "Organization", "id": "csapa", "name": "Centre des Ormes",
        "type": [{"coding": [{"system": system, "code": "197"}]}]});
    records::update(&world.operator(), resource(centre), None).await.unwrap();
    let sent = |id: &str| {
        let mut one = writing(id, "courrier", "Rendez-vous jeudi à 10 h.");
        one.as_object_mut().unwrap().insert("sender".into(), json!({"reference": "Organization/csapa"}));
        one
    };
    keep(&world, None, sent("before")).await;
    records::update(&world.operator(), resource(sent("now")), None).await.unwrap();
    assert_eq!((level(&world, "before").await, level(&world, "now").await), (Level::Standard, Level::Sensitive));
    relabel::run(&world.app, "test", Pace::Straight, &nothing).await.unwrap();
    assert_eq!(level(&world, "before").await, Level::Sensitive);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sent_it_counts_when_sent_in_the_same_transaction() {
    let (world, _, _) = world().await;
    let system = "urn:oid:1.2.250.1.71.4.2.2";
    let centre = |category: &str| {
        json!({"resourceType": "Organization", "name": "Centre des Ormes",
            "type": [{"coding": [{"system": system, "code": category}]}]})
    };
    for (id, category, expected) in [("centre", "197", Level::Sensitive), ("hospital", "355", Level::Standard)] {
        let mut letter = writing(id, "courrier", "Rendez-vous jeudi à 10 h.");
        letter["sender"] = json!({"reference": "urn:uuid:6f0b5f6e-5a5e-4a5c-8b0e-6f1f5f0f5a5e"});
        // The letter comes first: order says nothing.
        let bundle = json!({"resourceType": "Bundle", "type": "transaction", "entry": [
            {"resource": letter, "request": {"method": "PUT", "url": format!("Communication/{id}")}},
            {"fullUrl": "urn:uuid:6f0b5f6e-5a5e-4a5c-8b0e-6f1f5f0f5a5e", "resource": centre(category),
                "request": {"method": "POST", "url": "Organization"}}]});
        let cx = world.operator();
        let all =
            transaction::All::read(&cx, fhir::bundle::parse(&resource(bundle)).unwrap().entries, false).await.unwrap();
        transaction::process(&cx, &all).await.unwrap();
        assert_eq!(level(&world, id).await, expected, "{category}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_sets_of_rules_are_compared_in_numbers() {
    let (world, _, _) = world().await;
    let mut without = rules::shipped().unwrap();
    without.text.retain(|rule| !rule.categories.iter().any(|code| code == "VIH"));
    let labelers = || (Labeler::new(&without).unwrap(), Labeler::shipped().unwrap());
    let (old, new) = labelers();
    let found = compare::run(&world.app, "test", (old, new), &nothing).await.unwrap();
    assert_eq!((found.items, found.raised, found.lowered_ignored, found.level4), (4, 1, 0, 1));
    assert_eq!(found.by_level, BTreeMap::from([("3→4".to_owned(), 1)]));
    assert_eq!(found.by_type, BTreeMap::from([("Communication".to_owned(), 1)]));
    assert!(!found.by_rule.is_empty());
    let text = serde_json::to_string(&found).unwrap();
    assert!(!text.contains("VIH annoncée") && !text.contains("Quéméner") && !text.contains("\"grave\""), "{text}");
    // The other way round nothing is lowered.
    let (old, new) = labelers();
    let found = compare::run(&world.app, "test", (new, old), &nothing).await.unwrap();
    assert_eq!((found.raised, found.lowered_ignored, found.level4), (0, 1, 0));
    assert_eq!(level(&world, "grave").await, Level::Standard, "nothing was changed");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_later_rules_have_judged_is_not_opened() {
    let (world, _, _) = world().await;
    let open =
        async || app::App::open(world.app.store().clone(), world.app.tenant(), std::sync::Arc::new(|| NOW)).await;
    keep_judged(&world, None, writing("own", "transmission", "A bien mangé."), i64::from(RULES_VERSION)).await;
    open().await.unwrap();
    keep_judged(&world, None, writing("later", "transmission", "A bien dormi."), i64::from(RULES_VERSION) + 1).await;
    let refused = open().await;
    assert!(
        matches!(&refused, Err(app::Error::Store(StoreError::Unavailable(why))) if why == store::NEWER),
        "{refused:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_asks_and_another_puts_back() {
    let (world, _, _) = world().await;
    relabel::run(&world.app, "test", Pace::Straight, &nothing).await.unwrap();
    let (app, rules) = (&world.app, i64::from(RULES_VERSION));
    let (idec, other) = (("idec43", PASSWORD), ("idec44", PASSWORD));
    let approve = async |who| labels::approve_rollback(app, "test", rules, who, &nothing).await;
    let ask = async |who, why| labels::ask_rollback(app, "test", rules, who, why).await;
    assert!(matches!(approve(other).await, Err(app::Error::Store(StoreError::Absent))), "nobody has asked");
    assert!(matches!(ask(("idec43", "autre"), "essai").await, Err(app::Error::Credentials)));
    let refused = ask(("as42", PASSWORD), "essai").await;
    assert!(matches!(refused, Err(app::Error::Store(StoreError::Refused(Refusal::NotReviewer)))), "{refused:?}");
    assert!(matches!(ask(idec, "  ").await, Err(app::Error::Store(StoreError::Invalid(_)))));
    let asked = ask(idec, "une règle se trompe").await.unwrap();
    assert_eq!((asked.items, asked.held, asked.done), (2, 0, 0));
    assert_eq!(asked.asked.unwrap().by, "idec43");
    let same = approve(idec).await;
    assert!(matches!(same, Err(app::Error::Store(StoreError::Refused(Refusal::SamePerson)))), "{same:?}");
    assert_eq!(level(&world, "grave").await, Level::VerySensitive, "nothing has moved");
    let done = approve(other).await.unwrap();
    assert_eq!((done.items, done.done), (2, 2));
    assert_eq!(level(&world, "grave").await, Level::Standard);
    assert_eq!(labels::rollback(app, "test", rules).await.unwrap().items, 0);
    assert_eq!(relabel::behind(app).await.unwrap(), 0, "the same rules are not heard again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reviewer_corrects_one_label_with_a_reason() {
    let (world, head, _) = world().await;
    let aide = world.person(46, "as").await;
    let set =
        async |cx: &Cx, level, why| labels::correct(cx, WRITING, "calm", None, level, Categories::empty(), why).await;
    let refused = set(&aide, Level::Daily, "essai").await;
    assert!(matches!(refused, Err(app::Error::Store(StoreError::Refused(Refusal::NotReviewer)))), "{refused:?}");
    assert!(matches!(set(&head, Level::Daily, " ").await, Err(app::Error::Store(StoreError::Invalid(_)))));
    let done = set(&head, Level::Daily, "Rien que de très ordinaire.").await.unwrap();
    assert_eq!((done.was.0, done.is.0), (Level::Standard, Level::Daily));
    // Rules that only say what was put aside are not heard again.
    relabel::run(&world.app, "test", Pace::Straight, &nothing).await.unwrap();
    assert_eq!(level(&world, "calm").await, Level::Daily);
    let raised =
        labels::correct(&head, WRITING, "calm", Some(1), Level::Sensitive, Category::Psy.into(), "À relire").await;
    assert_eq!(raised.unwrap().is.0, Level::Sensitive);
    let story = labels::story(&head, WRITING, "calm").await.unwrap();
    assert_eq!((story.decided.unwrap().reason.as_str(), story.raised.len()), ("À relire", 0));
}
