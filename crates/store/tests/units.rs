//! Units, shifts, reading many persons at once, and who could be shown an item; on both engines.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

#[path = "units/moves.rs"]
mod moves;
mod support;
#[path = "support/world.rs"]
mod world;

use confidentiality::{Actor, Categories, Family, Level, Masking, Person, Place, PlaceProfile, Rid};
use fhir::ResourceType;
use serde_json::json;
use store::{
    Account, AccountKind, Call, Change, Error, FOREVER, Gather, Gathered, Post, Saying, Shift, ShiftKind,
    TimelineFilter, Version, Whom,
};
use world::{NOW, World, condition, patient, worlds};

const NURSE: i64 = 41;
const AIDE: i64 = 42;
const CONDITIONS: [ResourceType; 1] = [ResourceType::CONDITION];

impl World {
    /// Writes as the whole entity's program; the person each change is about.
    async fn write(&self, changes: Vec<Change>) -> Vec<Person> {
        let client = self.client(Level::VerySensitive);
        let written = self.store.write(&client, changes).await.unwrap();
        written.iter().map(|written| written.person).collect()
    }

    async fn gather(&self, call: &Call, wanted: &Gather) -> Gathered {
        let gathered = self.store.gather(call, wanted).await.unwrap();
        self.store.disclose(call, gathered).await.unwrap()
    }

    /// Units Les Lilas and Les Roses, with one person each and a condition of theirs.
    async fn two_units(&self) -> [(i64, Person); 2] {
        let mut made = Vec::new();
        for (name, id, item) in [("Les Lilas", "p1", "c1"), ("Les Roses", "p2", "c2")] {
            let unit = self.store.ensure_unit(self.tenant, self.place, name).await.unwrap();
            let changes = [patient(id), condition(id, item, "I10", "Hypertension", "2025-01-02")];
            let person = *self.write(changes.map(|value| self.create(value)).to_vec()).await.first().unwrap();
            self.store.assign(self.tenant, unit, vec![person], self.place, 0).await.unwrap();
            made.push((unit, person));
        }
        made.try_into().unwrap()
    }
}

fn of(whom: Whom, kinds: &[ResourceType]) -> Gather {
    Gather::all(whom, kinds.to_vec(), 50)
}

fn ids(versions: &[Version]) -> Vec<&str> {
    versions.iter().filter_map(|version| version.resource.id()).collect()
}

/// Microseconds at the beginning of a day, in UTC.
fn day(text: &str) -> i64 {
    fhir::date::interval(text).unwrap().0
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_has_one_name_at_one_place() {
    for world in worlds().await {
        let (store, tenant, place) = (&world.store, world.tenant, world.place);
        let other = store.ensure_place(tenant, "990000033", PlaceProfile::Mecs, "Les Érables").await.unwrap();
        let lilas = store.ensure_unit(tenant, place, "Les Lilas").await.unwrap();
        let roses = store.ensure_unit(tenant, place, "Les Roses").await.unwrap();
        let elsewhere = store.ensure_unit(tenant, other, "Les Lilas").await.unwrap();
        assert_eq!(store.ensure_unit(tenant, place, "Les Lilas").await.unwrap(), lilas);
        let units = store.units(tenant).await.unwrap();
        let found: Vec<_> = units.iter().map(|row| (row.unit, row.place, row.name.as_str())).collect();
        assert_eq!(found, [(lilas, place, "Les Lilas"), (roses, place, "Les Roses"), (elsewhere, other, "Les Lilas")]);
        assert!(units.iter().all(|row| row.unit < -1_000_000));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_unit_is_made_however_many_ask_at_once() {
    for world in worlds().await {
        let mut asked = tokio::task::JoinSet::new();
        for n in 0..16 {
            let (store, tenant, place) = (world.store.clone(), world.tenant, world.place);
            asked.spawn(async move { store.ensure_unit(tenant, place, ["Les Lilas", "Les Roses"][n % 2]).await });
        }
        let mut numbers: Vec<i64> = asked.join_all().await.into_iter().map(Result::unwrap).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), 2);
        assert_eq!(world.store.units(world.tenant).await.unwrap().len(), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_carer_sees_only_the_persons_of_her_unit() {
    for world in worlds().await {
        let [(lilas, hers), (roses, other)] = world.two_units().await;
        world.hire(NURSE, "ide", lilas).await;
        let nurse = world.signed_in(NURSE).await;
        for (whom, expected) in [
            (Whom::Unit(lilas), vec!["c1"]),
            (Whom::Unit(roses), vec![]),
            (Whom::Unit(-1_999_999), vec![]),
            (Whom::Person(hers), vec!["c1"]),
            (Whom::Person(other), vec![]),
            (Whom::Known, vec!["c1"]),
        ] {
            let found = world.gather(&nurse, &of(whom.clone(), &CONDITIONS)).await;
            assert_eq!((ids(&found.items), found.more, found.hidden), (expected, false, 0), "{whom:?}");
        }
        let known = world.gather(&nurse, &of(Whom::Known, &[])).await;
        assert_eq!(ids(&known.items), ["c1", "p1"], "a Patient is an item of its own person, without a date");
        for (unit, patient) in [(lilas, "p1"), (roses, "p2")] {
            let found = world.gather(&nurse, &of(Whom::Unit(unit), &[ResourceType::PATIENT])).await;
            let read = world.store.read(&nurse, ResourceType::PATIENT, patient).await.unwrap();
            let read = world.store.disclose(&nurse, read).await.unwrap();
            assert_eq!(ids(&found.items), ids(&Vec::from_iter(read)), "what the place lets its staff read, as ever");
        }
        let client = world.client(Level::VerySensitive);
        let found = world.gather(&client, &of(Whom::Known, &CONDITIONS)).await;
        assert_eq!(ids(&found.items), ["c2", "c1"], "a program knows everyone");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn persons_join_a_unit_from_their_day_on() {
    for world in worlds().await {
        let person = world.write(vec![world.create(patient("p1")), world.create(note("c1", "I10"))]).await[0];
        let unit = world.store.ensure_unit(world.tenant, world.place, "Les Lilas").await.unwrap();
        world.store.assign(world.tenant, unit, vec![person], world.place, NOW + 1).await.unwrap();
        let mut client = world.client(Level::VerySensitive);
        assert!(world.gather(&client, &of(Whom::Unit(unit), &[])).await.items.is_empty());
        client.now = NOW + 1;
        assert_eq!(world.gather(&client, &of(Whom::Unit(unit), &[])).await.items.len(), 2);
    }
}

fn note(id: &str, code: &str) -> serde_json::Value {
    condition("p1", id, code, "note", "2025-01-02")
}

#[tokio::test(flavor = "multi_thread")]
async fn gathering_counts_what_is_hidden_of_the_same_kinds_and_dates() {
    for world in worlds().await {
        let on = |id, code, day| world.create(condition("p1", id, code, "note", day));
        let changes = vec![
            world.create(patient("p1")),
            on("c1", "I10", "2025-01-01"),
            on("c2", "F20.0", "2025-01-02"),
            on("c3", "I10", "2025-01-03"),
            on("secret", "B24", "2025-01-03"),
        ];
        let person = world.write(changes).await[0];
        for (actor, persona) in [(NURSE, "ide"), (AIDE, "as")] {
            world.hire(actor, persona, 0).await;
            world.relate(actor, person).await;
        }
        let (nurse, aide) = (world.signed_in(NURSE).await, world.signed_in(AIDE).await);
        let all = of(Whom::Known, &CONDITIONS);
        let nurses = world.gather(&nurse, &all).await;
        assert_eq!(ids(&nurses.items), ["c3", "c2", "c1"]);
        let aides = world.gather(&aide, &all).await;
        assert_eq!((aides.items.len(), aides.hidden), (0, 3), "what must not be known to exist is not counted");
        let second = Gather { from: Some(day("2025-01-02")), to: Some(day("2025-01-03")), ..all.clone() };
        assert_eq!(ids(&world.gather(&nurse, &second).await.items), ["c2"]);
        assert_eq!(world.gather(&aide, &second).await.hidden, 1);
        let other = of(Whom::Known, &[ResourceType::OBSERVATION]);
        assert_eq!(world.gather(&aide, &other).await.hidden, 0);
        let few = world.gather(&nurse, &Gather { most: 2, ..all }).await;
        assert_eq!((ids(&few.items), few.more), (vec!["c3", "c2"], true));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_item_must_say_is_asked_before_the_limit_and_never_of_what_is_only_counted() {
    for world in worlds().await {
        let stay = |id: &str, status: &str, day: &str| {
            let value = json!({"resourceType": "Encounter", "id": id, "status": status, "period": {"start": day},
                "subject": {"reference": "Patient/p1"}, "class": {"code": "IMP"}});
            world.create(value)
        };
        let mut changes = vec![world.create(patient("p1")), stay("now", "in-progress", "2025-01-01")];
        changes.extend((2..9).map(|day| stay(&format!("past{day}"), "finished", &format!("2025-01-0{day}"))));
        changes.push(world.create(patient("p2")));
        let persons = world.write(changes).await;
        world.hire(NURSE, "ide", 0).await;
        world.relate(NURSE, persons[0]).await;
        let nurse = world.signed_in(NURSE).await;
        let all = Gather { most: 2, ..of(Whom::Known, &[ResourceType::ENCOUNTER]) };
        let says = |saying| Gather { saying: vec![saying], ..all.clone() };
        let running = world.gather(&nurse, &says(Saying::Any("status", &["in-progress"]))).await;
        assert_eq!((ids(&running.items), running.more), (vec!["now"], false));
        let running = world.gather(&nurse, &says(Saying::None(&["status"], &["finished", "cancelled"]))).await;
        assert_eq!((ids(&running.items), running.more), (vec!["now"], false));
        let late = world.gather(&nurse, &says(Saying::Since("date", day("2025-01-07")))).await;
        assert_eq!((ids(&late.items), late.more), (vec!["past8", "past7"], false));
        let other = world.gather(&nurse, &Gather { only: Some(vec![*persons.last().unwrap()]), ..all.clone() }).await;
        assert!(other.items.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_no_date_comes_last_in_a_timeline() {
    for world in worlds().await {
        let relative = json!({"resourceType": "RelatedPerson", "id": "r1", "patient": {"reference": "Patient/p1"}});
        let old = condition("p1", "c1", "I10", "Hypertension", "1999-01-02");
        world.write([patient("p1"), old, relative].map(|value| world.create(value)).to_vec()).await;
        let client = world.client(Level::VerySensitive);
        let filter = TimelineFilter::default();
        let found = world.store.timeline(&client, "p1", &filter, None, 1).await.unwrap();
        let first = world.store.disclose(&client, found).await.unwrap().unwrap();
        assert_eq!(ids(&first.items), ["c1"]);
        let found = world.store.timeline(&client, "p1", &filter, first.next, 1).await.unwrap();
        let last = world.store.disclose(&client, found).await.unwrap().unwrap();
        assert_eq!((ids(&last.items), last.items[0].moment), (vec!["r1"], store::UNDATED));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_item_is_neither_shown_nor_counted() {
    for world in worlds().await {
        let person = world.write(vec![world.create(patient("p1")), world.create(note("c1", "F20.0"))]).await[0];
        let delete = Change::Delete { kind: ResourceType::CONDITION, id: "c1".into(), if_match: None };
        world.write(vec![delete]).await;
        world.hire(AIDE, "as", 0).await;
        world.relate(AIDE, person).await;
        for call in [world.client(Level::VerySensitive), world.signed_in(AIDE).await] {
            let found = world.gather(&call, &of(Whom::Person(person), &CONDITIONS)).await;
            assert_eq!((found.items.len(), found.hidden), (0, 0));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timeline_shows_the_kinds_families_and_dates_asked_for() {
    for world in worlds().await {
        let on = |id, code, day| world.create(condition("p1", id, code, "note", day));
        let pulse = serde_json::json!({"resourceType": "Observation", "id": "o1", "status": "final",
            "subject": {"reference": "Patient/p1"}, "effectiveDateTime": "2025-01-05", "code": {"text": "Pouls"}});
        let changes = vec![
            world.create(patient("p1")),
            on("c1", "I10", "2025-01-01"),
            on("c2", "I10", "2025-01-02"),
            on("c3", "F20.0", "2025-01-03"),
            world.create(pulse),
        ];
        let person = world.write(changes).await[0];
        world.hire(AIDE, "as", 0).await;
        world.relate(AIDE, person).await;
        let aide = world.signed_in(AIDE).await;
        let client = world.client(Level::VerySensitive);
        let (kinds, families) = (CONDITIONS.to_vec(), vec![Family::Soin]);
        let of_kind = TimelineFilter { kinds, ..TimelineFilter::default() };
        let of_family = TimelineFilter { families, ..TimelineFilter::default() };
        let before = TimelineFilter { before: Some(day("2025-01-03")), ..of_kind.clone() };
        for (filter, expected, hidden) in [
            (TimelineFilter::default(), vec!["o1", "c3", "c2", "c1"], 3),
            (of_kind.clone(), vec!["c3", "c2", "c1"], 3),
            (of_family, vec!["o1"], 0),
            (before.clone(), vec!["c2", "c1"], 3),
        ] {
            let page = world.store.timeline(&client, "p1", &filter, None, 50).await.unwrap();
            let page = world.store.disclose(&client, page).await.unwrap().unwrap();
            assert_eq!(ids(&page.items), expected, "{filter:?}");
            assert_eq!((page.readable, page.hidden), (i64::try_from(expected.len()).unwrap(), 0), "{filter:?}");
            let page = world.store.timeline(&aide, "p1", &filter, None, 50).await.unwrap();
            let page = world.store.disclose(&aide, page).await.unwrap().unwrap();
            assert_eq!(page.hidden, hidden, "{filter:?}: a date does not narrow what is only counted");
        }
        let first = world.store.timeline(&client, "p1", &of_kind, None, 1).await.unwrap();
        let mark = world.store.disclose(&client, first).await.unwrap().unwrap().next;
        let second = world.store.timeline(&client, "p1", &of_kind, mark.clone(), 1).await.unwrap();
        assert_eq!(ids(&world.store.disclose(&client, second).await.unwrap().unwrap().items), ["c2"]);
        let moved = world.store.timeline(&client, "p1", &before, mark, 1).await;
        assert!(matches!(moved, Err(Error::Invalid(_))), "a mark belongs to its filter");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_post_is_taken_and_left() {
    for world in worlds().await {
        let (store, tenant) = (&world.store, world.tenant);
        let shift = |actor, unit, starts, ends, kind| Shift { actor: Actor::new(actor), unit, starts, ends, kind };
        let (lilas, roses) = (-1_000_001, -1_000_002);
        let planned = [
            shift(NURSE, lilas, 100, 200, ShiftKind::Planned),
            shift(AIDE, lilas, 50, 120, ShiftKind::Planned),
            shift(NURSE, roses, 300, 400, ShiftKind::Planned),
        ];
        store.plan(tenant, planned.to_vec()).await.unwrap();
        store.plan(tenant, planned.to_vec()).await.unwrap();
        let [first, aides, last] = planned;
        let nurse = Actor::new(NURSE);
        assert_eq!(store.shifts_of(tenant, nurse, 0, 1_000).await.unwrap(), [first, last]);
        assert_eq!(store.shifts_in(tenant, lilas, 0, 1_000).await.unwrap(), [aides, first]);
        assert_eq!(
            store.shifts_in(tenant, lilas, 120, 1_000).await.unwrap(),
            std::slice::from_ref(&first),
            "it ended then"
        );
        assert_eq!(store.shifts_in(tenant, lilas, 0, 100).await.unwrap(), [aides], "the other begins then");

        store.take_post(tenant, nurse, lilas, 101, 200).await.unwrap();
        store.take_post(tenant, nurse, roses, 150, 200).await.unwrap();
        store.leave_post(tenant, nurse, 160).await.unwrap();
        store.leave_post(tenant, nurse, 170).await.unwrap();
        let taken = [shift(NURSE, lilas, 101, 150, ShiftKind::Taken), shift(NURSE, roses, 150, 160, ShiftKind::Taken)];
        let [in_lilas, in_roses] = taken;
        assert_eq!(store.shifts_of(tenant, nurse, 0, 1_000).await.unwrap(), [first, in_lilas, in_roses, last]);
        assert!(store.shifts_of(tenant + 1, nurse, 0, 1_000).await.unwrap().is_empty());

        // The clock went back: the later post never was, and nobody holds two.
        store.take_post(tenant, nurse, lilas, 500, 600).await.unwrap();
        store.take_post(tenant, nurse, roses, 490, 600).await.unwrap();
        let open = store.shifts_of(tenant, nurse, 500, 501).await.unwrap();
        assert_eq!(open, [shift(NURSE, roses, 490, 600, ShiftKind::Taken)]);
        let report = store.verify_audit(tenant, None, NOW).await.unwrap();
        assert_eq!((report.tree_size, report.findings.len()), (0, 0), "no person's content, no entry");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn posts_are_those_in_force() {
    for world in worlds().await {
        let actor = Actor::new(NURSE);
        let post = |unit, starts, ends| Post { actor, place: world.place, unit, persona: "ide".into(), starts, ends };
        let (over, current, next) = (post(-1, 0, NOW), post(-1, NOW, FOREVER), post(-1, NOW + 1, FOREVER));
        let whole = post(0, 5, FOREVER);
        for post in [&over, &current, &next, &whole] {
            world.store.add_post(world.tenant, post.clone()).await.unwrap();
        }
        assert_eq!(world.store.posts(world.tenant, actor, NOW).await.unwrap(), [whole, current]);
        assert!(world.store.posts(world.tenant, Actor::new(AIDE), NOW).await.unwrap().is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audience_is_what_each_actor_knows_of_the_person() {
    for world in worlds().await {
        let [(lilas, hers), (_, other)] = world.two_units().await;
        let (store, tenant) = (&world.store, world.tenant);
        let elsewhere = store.ensure_place(tenant, "990000033", PlaceProfile::Mecs, "Les Érables").await.unwrap();
        world.hire(NURSE, "ide", lilas).await;
        world.hire(NURSE, "cadre", 0).await;
        world.relate(NURSE, hers).await;
        world.relate(NURSE, other).await;
        world.hire(AIDE, "as", 0).await;
        let far = |actor, starts| Post {
            actor: Actor::new(actor),
            place: elsewhere,
            unit: lilas,
            persona: "educ".into(),
            starts,
            ends: FOREVER,
        };
        for post in [far(43, 0), far(44, NOW + 1), far(AIDE, 0)] {
            store.add_post(tenant, post).await.unwrap();
        }
        for (person, from) in [(hers, 0), (hers, AIDE), (other, NURSE), (hers, 44)] {
            let masking = Masking { person, rid: Rid::new(0), categories: Categories::empty() };
            store.add_masking(tenant, masking, Actor::new(from), NOW).await.unwrap();
        }
        for person in [hers, other, Person::new(12_345)] {
            let audience = store.audience(tenant, person, NOW).await.unwrap();
            let actors: Vec<i64> = audience.iter().map(|(actor, _)| actor.value()).collect();
            assert_eq!(actors, [NURSE, AIDE, 43], "whoever has a post, and no one else");
            for (actor, facts) in audience {
                let mut known = store.actor_facts(tenant, actor, NOW).await.unwrap();
                known.relations.retain(|relation| relation.person.is_zero() || relation.person == person);
                known.maskings.retain(|masking| masking.person == person);
                assert_eq!(facts, known, "{actor}");
            }
        }
        let places: Vec<Place> = store.places(tenant).await.unwrap().iter().map(|row| row.place).collect();
        assert_eq!(places, [world.place, elsewhere]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_told_apart_from_programs() {
    for world in worlds().await {
        for (actor, kind, login) in [
            (AIDE, AccountKind::Person, "amina"),
            (NURSE, AccountKind::Person, "ines"),
            (7, AccountKind::Client, "api"),
        ] {
            let practitioner = (kind == AccountKind::Person).then(|| format!("demo-{login}"));
            let account = serde_json::json!({"actor": actor, "kind": kind, "login": login, "display": login.to_uppercase(),
                "password": "", "place": null, "max_level": 0, "write": false, "chosen_ids": false,
                "practitioner": practitioner});
            let account: Account = serde_json::from_value(account).unwrap();
            world.store.put_account(world.tenant, account).await.unwrap();
        }
        let people = world.store.people_accounts(world.tenant).await.unwrap();
        let found: Vec<_> = people.iter().map(|a| (a.actor, a.display.as_str(), a.practitioner.as_deref())).collect();
        assert_eq!(found, [(NURSE, "INES", Some("demo-ines")), (AIDE, "AMINA", Some("demo-amina"))]);
    }
}
