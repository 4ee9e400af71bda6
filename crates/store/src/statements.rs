//! Every statement is prepared, and run, on both engines.
//!
//! A tour calls everything the store can do; the texts it ran are recorded on each engine. They must be the same but for
//! the declared differences of the dialects, and no statement of the sources may be left out of the tour.

use crate::engine::{ALONE, Dialect, forget, recorded};
use crate::{
    Call, Change, Conflict, Error, Gather, Graded, Hand, ImportKey, Location, Move, NewRelation, Origin, Post, Saying,
    Secret, Shift, ShiftKind, Store, TimelineFilter, Whom, everybody,
};
use confidentiality::{
    Actor, Asks, Categories, ClientScope, Facts, Family, Label, Level, MaskFlags, Masking, Matrix, Person, Place,
    PlaceProfile, Purpose, RelationKind, Rid, Session, Strength,
};
use fhir::{Resource, ResourceType};
use serde_json::{Value, json};
use std::collections::BTreeSet;

mod accounts;
mod ahead;
mod assets;
mod beside;
mod blobs;
#[path = "../tests/support/cluster.rs"]
mod cluster;
mod dialects;
mod erasure;
mod full;
mod history;
mod housing;
mod keyed;
mod keys;
mod labels;
mod left_out;
mod own_params;
mod papers;
mod places;
mod plans;
mod ranges;
mod subscriptions;
mod together;
mod workstations;

const NOW: i64 = 1_780_000_000_000_000;

#[tokio::test(flavor = "multi_thread")]
async fn every_statement_runs_on_both_engines() {
    let _alone = ALONE.lock().await;
    forget();
    let dir = tempfile::tempdir().unwrap();
    tour(Location::Directory(dir.path().to_owned())).await;
    let lite: BTreeSet<String> = recorded(Dialect::Sqlite);
    left_out::nothing(&lite);
    plans::none_reads_a_whole_table(&lite);
    plans::none_reads_a_whole_tenant(&lite);
    let Some(cluster) = postgres() else { return };
    tour(Location::Postgres(cluster.url())).await;
    // Its locks, and who holds them, are PostgreSQL's alone.
    let alone = |sql: &String| sql.starts_with("SELECT pg_") || sql.contains("FROM pg_locks");
    let shared = recorded(Dialect::Postgres).into_iter().filter(|sql| !alone(sql));
    let shared: BTreeSet<String> = shared.map(|sql| dialects::as_on_sqlite(&sql)).collect();
    // The lists of a clearance are tables of the connection on SQLite.
    let lite: BTreeSet<String> = lite.into_iter().filter(|sql| !sql.contains("temp.clr_")).collect();
    let differing: Vec<&String> = lite.symmetric_difference(&shared).collect();
    assert!(differing.is_empty(), "on one engine only: {differing:#?}");
    keyed::are_by_key(&cluster.url(), &recorded(Dialect::Postgres)).await;
}

/// A server of its own; none, aloud, where PostgreSQL is not installed.
#[expect(clippy::print_stderr, reason = "skips aloud")]
pub(crate) fn postgres() -> Option<cluster::Cluster> {
    let cluster = cluster::Cluster::start().unwrap();
    if cluster.is_none() {
        let required = std::env::var("SOCLE_REQUIRE").unwrap_or_default();
        assert!(!required.split(',').any(|word| word.trim() == "pg"), "SOCLE_REQUIRE: PostgreSQL is not installed");
        eprintln!("SKIPPED: PostgreSQL is not installed (initdb, postgres and pg_ctl are needed)");
    }
    cluster
}

/// Everything the store can do, once.
async fn tour(location: Location) {
    let root = Secret::random().unwrap();
    let store = Store::open(&location, root.clone(), NOW).await.unwrap();
    assert!(!crate::keys::Keyring::awaits_root(store.engine()).await.unwrap());
    let tenant = store.ensure_tenant("990000017", NOW).await.unwrap();
    let place = store.ensure_place(tenant, "990000025", PlaceProfile::Ehpad, "Les Tilleuls").await.unwrap();
    let client = program(tenant);
    places::tour(&store, &client).await;
    let person = writes(&store, &client, place).await;
    let staff = hire(&store, tenant, place, person, (41, "ide")).await;
    let masking = Masking { person, rid: Rid::new(1 << 40), categories: Categories::empty() };
    store.add_masking(tenant, masking, Actor::new(41), NOW).await.unwrap();
    let masked = known(&store, tenant, Actor::new(41)).await;
    assert_eq!(
        [&client, &staff, &masked].map(|call| call.clearance.asks()),
        [Asks::Program, Asks::Person, Asks::Masked]
    );
    units(&store, tenant, place, person).await;
    for call in [&client, &staff, &masked] {
        reads(&store, call).await;
        history::tour(&store, call).await;
        store.settled(NOW).await.unwrap();
        gathers(&store, call, person).await;
        searches(&store, call).await;
    }
    writing(&store, &client, place).await;
    ranges::tour(&store, &client, place).await;
    let task = json!({"resourceType": "Task", "id": "t1", "for": {"reference": "Patient/p1"},
        "focus": {"reference": "Condition/c1"}});
    store.write(&client, vec![create(task, place)]).await.unwrap();
    labels::tour(&store, tenant, &hire(&store, tenant, place, person, (43, "idec")).await).await;
    subscriptions::tour(&store, &client, place).await;
    subscriptions::tasks(&store, tenant).await;
    own_params::tour(&store, &client, place).await;
    workstations::tour(&store, &client, place).await;
    accounts::tour(&store, tenant, &client).await;
    blobs::tour(&store, &client, place).await;
    assets::tour(&store, &client).await;
    papers::tour(&store, &client).await;
    store.sequence(tenant, NOW).await.unwrap();
    store.answers().await.unwrap();
    assert_eq!(store.vitals(tenant).await.unwrap().log.behind, 0);
    let note = store.checkpoint(tenant, NOW).await.unwrap();
    let report = store.verify_audit(tenant, Some(note), NOW).await.unwrap();
    assert_eq!(report.findings, []);
    erasure::tour(&store, &client).await;
    keys::changes(&store, &client).await;
}

fn program(tenant: i64) -> Call {
    let client = ClientScope { place: None, cap: Level::VerySensitive, write: true, chosen_ids: true };
    let session = Session { strength: Strength::Client, ..Session::none() };
    call(tenant, &facts(Actor::new(7), session, Purpose::Api, Some(client)))
}

fn facts(actor: Actor, session: Session, purpose: Purpose, client: Option<ClientScope>) -> Facts {
    let (relations, maskings, place_profiles) = (Vec::new(), Vec::new(), std::collections::BTreeMap::new());
    Facts { actor, relations, maskings, session, purpose, place_profiles, client }
}

fn call(tenant: i64, facts: &Facts) -> Call {
    let clearance = confidentiality::clearance(&Matrix::default_shipped().unwrap(), facts);
    Call { tenant, clearance, now: NOW, origin: Origin::default() }
}

async fn hire(store: &Store, tenant: i64, place: Place, person: Person, (subject, persona): (i64, &str)) -> Call {
    let actor = Actor::new(subject);
    let post = Post { actor, place, unit: 0, persona: persona.into(), starts: 0, ends: crate::FOREVER };
    store.add_post(tenant, post).await.unwrap();
    let (kind, categories) = (RelationKind::Assignment, Categories::empty());
    let relation = NewRelation { subject, person, place, kind, categories, starts: 0, ends: crate::FOREVER };
    store.add_relations(tenant, vec![relation]).await.unwrap();
    known(store, tenant, actor).await
}

/// Somebody at work, as they are known now.
async fn known(store: &Store, tenant: i64, actor: Actor) -> Call {
    let known = store.actor_facts(tenant, actor, NOW).await.unwrap();
    let session = Session { strength: Strength::Password, age_s: 0, step_up_age_s: Some(0), ..Session::none() };
    let facts = facts(actor, session, Purpose::Care, None);
    let (relations, maskings) = (known.relations, known.maskings);
    call(tenant, &Facts { relations, maskings, place_profiles: known.profiles, ..facts })
}

fn graded(level: Level, place: Place) -> Graded {
    let label = Label { level, categories: Categories::empty(), reasons: Vec::new() };
    Graded { label, family: Family::Soin, place, mask: MaskFlags::empty(), rules: 1, safety: Vec::new() }
}

fn condition(id: &str) -> Resource {
    let value = json!({"resourceType": "Condition", "id": id, "subject": {"reference": "Patient/p1"},
        "recordedDate": "2025-01-02", "asserter": {"reference": "Patient/p2"},
        "evidence": [{"detail": [{"reference": "Condition/c9"}]}],
        "code": {"text": "Hypertension", "coding": [{"code": "I10"}]}});
    Resource::from_value(value).unwrap()
}

fn create(value: Value, place: Place) -> Change {
    let resource = Resource::from_value(value).unwrap();
    Change::Create { resource, graded: graded(Level::Standard, place), if_none_exist: None, import: None }
}

/// A conditional create by a program that may not see what matches.
async fn duplicate(store: &Store, full: &Call, place: Place) {
    let scope = ClientScope { place: None, cap: Level::Open, write: true, chosen_ids: false };
    let session = Session { strength: Strength::Client, ..Session::none() };
    let limited = call(full.tenant, &facts(Actor::new(8), session, Purpose::Api, Some(scope)));
    let query = fhir::search::parse(ResourceType::CONDITION, &fhir::search::pairs("code=I10"), true).unwrap();
    let graded = graded(Level::Standard, place);
    let change = Change::Create { resource: condition("c0"), graded, if_none_exist: Some(query), import: None };
    store.write(&limited, vec![change]).await.unwrap();
    assert_eq!(store.duplicates(full).await.unwrap().len(), 1);
}

/// Admission, a conditional and an imported create, a rise to level 4, an update, a tombstone.
async fn writes(store: &Store, call: &Call, place: Place) -> Person {
    let patient = |id: &str| json!({"resourceType": "Patient", "id": id, "name": [{"family": "Quéméner"}]});
    let both = vec![create(patient("p1"), place), create(patient("p2"), place)];
    let person = store.admit(call, both).await.unwrap().first().unwrap().person;
    let content = store.digest(call.tenant, b"content").unwrap();
    let hash = store.import_number(call.tenant, "source", "c1").unwrap();
    let import = Some(ImportKey { hash, content, source_version: "1".into(), source: "source".into() });
    let query = fhir::search::parse(ResourceType::CONDITION, &fhir::search::pairs("code=I10"), true).unwrap();
    let (level2, mut level4) = (graded(Level::Standard, place), graded(Level::VerySensitive, place));
    let (kind, text) = (confidentiality::labeler::SafetyKind::Consigne, "Surveillance rapprochée.".to_owned());
    level4.safety.push(confidentiality::labeler::SafetyFact { kind, text, detail: None });
    let if_none_exist = Some(query);
    let first = Change::Create { resource: condition("c1"), graded: level2.clone(), if_none_exist, import };
    store.write(call, vec![first]).await.unwrap();
    let known = store.imported(call.tenant, vec![hash]).await.unwrap();
    let again = known.first().map(|memory| (memory.key.clone(), memory.rid, memory.id.clone(), memory.current));
    store.remember(call.tenant, again.into_iter().collect()).await.unwrap();
    assert_eq!(store.imports_of(call.tenant, known.iter().map(|memory| memory.rid).collect()).await.unwrap(), known);
    duplicate(store, call, place).await;
    let second = Change::Create { resource: condition("c2"), graded: level2, if_none_exist: None, import: None };
    store.write(call, vec![second]).await.unwrap();
    let (if_match, upsert, import) = (Some(1), false, None);
    let raise = Change::Update { resource: condition("c1"), graded: level4, if_match, upsert, import };
    store.write(call, vec![raise]).await.unwrap();
    let facts = store.safety(call, &[person]).await.unwrap();
    assert_eq!(store.disclose(call, facts).await.unwrap().len(), 1);
    let delete = Change::Delete { kind: ResourceType::CONDITION, id: "c2".into(), if_match: None };
    store.write(call, vec![delete]).await.unwrap();
    // About someone who comes later.
    let waiting = json!({"resourceType": "Observation", "id": "o1", "subject": {"reference": "Patient/p3"}});
    store.write(call, vec![create(waiting, place)]).await.unwrap();
    assert_eq!(store.awaiting(call.tenant, vec!["p3".into(), "p4".into()]).await.unwrap().len(), 1);
    store.write(call, vec![create(patient("p3"), place)]).await.unwrap();
    keys::forgets(store, call, place).await;
    person
}

async fn reads(store: &Store, call: &Call) {
    let kind = ResourceType::CONDITION;
    store.person_of(call, "p1").await.unwrap();
    let keys = ["c1", "c2", "nowhere"].map(|id| (kind, id.to_owned()));
    assert_eq!(store.whereabouts(call.tenant, keys.to_vec()).await.unwrap().len(), 2);
    let read = store.read(call, kind, "c1").await.unwrap();
    store.disclose(call, read).await.unwrap();
    let read = store.vread(call, kind, "c1", 1).await.unwrap();
    store.disclose(call, read).await.unwrap();
    let history = store.history(call, kind, "c1").await.unwrap();
    store.disclose(call, history).await.unwrap();
    let (kinds, families) = (vec![kind, ResourceType::OBSERVATION], vec![Family::Soin]);
    let (before, but) = (Some(crate::FOREVER), vec![ResourceType::PROVENANCE]);
    let filtered = TimelineFilter { kinds, but, families, before, from: Some(0), since: Some(0) };
    for filter in [TimelineFilter::default(), filtered] {
        let mut mark = None;
        for _ in 0..2 {
            let timeline = store.timeline(call, "p1", &filter, mark, 1).await.unwrap();
            mark = store.disclose(call, timeline).await.unwrap().and_then(|timeline| timeline.next);
            let all = store.everything(call, "p1", &filter, None, 10).await.unwrap();
            store.disclose(call, all).await.unwrap();
        }
    }
}

/// A unit, its person, its planning, and everybody who could be shown what is about them.
async fn units(store: &Store, tenant: i64, place: Place, person: Person) {
    let unit = store.ensure_unit(tenant, place, "Les Lilas").await.unwrap();
    assert_eq!(store.ensure_unit(tenant, place, "Les Lilas").await.unwrap(), unit);
    assert_eq!(store.units(tenant).await.unwrap().len(), 1);
    store.assign(tenant, unit, vec![person], place, 0).await.unwrap();
    assert_eq!(store.make_unit(&program(tenant), place, "Les Lilas").await.unwrap(), unit);
    let moves = vec![Move { person, from: unit, to: 0 }];
    store.move_persons(&program(tenant), place, moves.clone()).await.unwrap();
    let late = store.move_persons(&program(tenant), place, moves).await;
    assert!(matches!(late, Err(Error::Conflict(Conflict::Overtaken))), "{late:?}");
    store.move_persons(&program(tenant), place, vec![Move { person, from: 0, to: unit }]).await.unwrap();
    let members = store.members(tenant, vec![unit, everybody(place)], NOW).await.unwrap();
    assert!(members.values().all(|persons| persons.contains(&person)), "{members:?}");
    places::units(store, &program(tenant), place, unit).await;
    housing::tour(store, (tenant, place), unit).await;
    let actor = Actor::new(41);
    assert_eq!(store.posts(tenant, actor, NOW).await.unwrap(), store.all_posts(tenant).await.unwrap());
    let shift = Shift { actor, unit, starts: NOW, ends: NOW + 10, kind: ShiftKind::Planned };
    store.plan(tenant, vec![shift]).await.unwrap();
    store.take_post(tenant, actor, unit, NOW, NOW + 10).await.unwrap();
    store.leave_post(tenant, actor, NOW + 5).await.unwrap();
    let taken = Shift { ends: NOW + 5, kind: ShiftKind::Taken, ..shift };
    assert_eq!(store.shifts_of(tenant, actor, NOW, NOW + 1).await.unwrap(), [shift, taken]);
    assert_eq!(store.shifts_in(tenant, unit, NOW + 5, NOW + 6).await.unwrap(), [shift]);
    assert_eq!(store.audience(tenant, person, NOW).await.unwrap().len(), 1);
    store.others(tenant, &[Rid::new(1)]).await.unwrap();
    assert!(store.bonds(tenant, person).await.unwrap().iter().any(|bond| bond.actor == actor && bond.holds(NOW)));
    store.end_relations(tenant, actor.value(), person, RelationKind::BreakGlass, NOW).await.unwrap();
}

async fn gathers(store: &Store, call: &Call, person: Person) {
    let unit = store.units(call.tenant).await.unwrap().first().map_or(0, |row| row.unit);
    for whom in [Whom::Person(person), Whom::Unit(unit), Whom::Known] {
        let few = vec![ResourceType::PATIENT];
        for (kinds, bound) in [(Vec::new(), None), (few, None), (vec![ResourceType::CONDITION], Some(NOW))] {
            let saying = [
                Saying::Any("clinical-status", &["active"]),
                Saying::None(&["clinical-status", "verification-status"], &["resolved", "refuted"]),
                Saying::Since("recorded-date", NOW),
            ];
            let all = Gather { from: bound, to: bound, marks: true, ..Gather::all(whom.clone(), kinds, 10) };
            let narrow =
                Gather { saying: saying.to_vec(), only: Some(vec![person]), by: Some(Actor::new(7)), ..all.clone() };
            let mut read = Vec::from(store.gather_each(call, [all.clone(), narrow.clone()]).await.unwrap());
            let several = [all, Gather { from: None, to: None, ..narrow.clone() }, narrow];
            read.extend(store.gather_each(call, several).await.unwrap());
            for gathered in read {
                store.disclose(call, gathered).await.unwrap();
            }
        }
    }
}

/// Drafts, receipts, a writing in the wrong record, and who has read.
async fn writing(store: &Store, call: &Call, place: Place) {
    let kind = ResourceType::CONDITION;
    store.write(call, vec![create(condition("c4").into_value(), place)]).await.unwrap();
    let (resource, graded) = (condition("c4"), graded(Level::Standard, place));
    store.write(call, vec![Change::Misfile { resource, graded, if_match: None }]).await.unwrap();
    let hand = Hand { page: "a", seen: 0 };
    store.save_draft(call, "slot", "p1", hand, b"texte".to_vec()).await.unwrap();
    assert_eq!(store.count_drafts(call).await.unwrap(), 1);
    let drafts = store.drafts(call).await.unwrap();
    store.disclose(call, drafts).await.unwrap();
    let draft = store.draft(call, "slot").await.unwrap();
    store.disclose(call, draft).await.unwrap().unwrap();
    store.drop_draft(call, "slot", None).await.unwrap();
    store.sweep_drafts(call.tenant, NOW).await.unwrap();
    let ids = ["c4".to_owned()];
    assert_eq!(store.mark_read(call, kind, &[("c4".to_owned(), 1)]).await.unwrap(), 1);
    store.receipts_of(call, &[Rid::new(1)]).await.unwrap();
    assert_eq!(store.unmark_read(call, kind, &ids).await.unwrap(), 1);
    let accesses = store.accesses(call, "p1", None, 1).await.unwrap();
    store.disclose(call, accesses).await.unwrap().unwrap();
}

async fn searches(store: &Store, call: &Call) {
    let mut queries: Vec<(ResourceType, String)> = [
        "code=I10",
        "code:not=I10",
        "code:missing=true",
        "patient=p1",
        "patient.family=quem",
        "_id=c1,c2",
        "code:text=hyper",
        "recorded-date=2025&_sort=recorded-date",
        "_sort=-recorded-date",
        "_sort=-_lastUpdated",
        "_sort=code,-recorded-date",
        "_sort=_lastUpdated,-recorded-date&_count=1",
        "_lastUpdated=ge2020&_lastUpdated=lt3000&code:not=I11",
        "_lastUpdated=ge2020&code=I10",
        "_include=Condition:patient",
        "patient.name:contains=meneur",
    ]
    .map(|query| (ResourceType::CONDITION, query.to_owned()))
    .to_vec();
    for prefix in ["ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"] {
        queries.push((ResourceType::CONDITION, format!("recorded-date={prefix}2025-01-01")));
        queries.push((ResourceType::OBSERVATION, format!("value-quantity={prefix}5")));
        queries.push((ResourceType::OBSERVATION, format!("code-value-quantity=a${prefix}5")));
    }
    for query in [
        "family=quem",
        "family:exact=Quéméner",
        "family:contains=mener",
        "identifier:of-type=a|b|c",
        "birthdate=1938-03",
        "birthdate=lt1940",
        "_has:Condition:patient:code=I10",
        "_revinclude=Condition:patient",
        "_summary=count",
        "_count=1",
    ] {
        queries.push((ResourceType::PATIENT, query.to_owned()));
    }
    let scope = |path: &str| fhir::search::Scope::parse(&path.split('/').collect::<Vec<_>>()).unwrap();
    let mut queries: Vec<_> = queries.into_iter().map(|(kind, text)| (fhir::search::Scope::Type(kind), text)).collect();
    for text in [
        "",
        "_id=p1",
        "_type=Condition&code=a|1,b|2,c|3,d|",
        "_type=Condition,Observation&code=I10,x&_sort=-code,_id",
        "_type=Patient,Person&name=x",
    ] {
        queries.push((scope(""), text.to_owned()));
        queries.push((scope("Patient/p1/*"), text.to_owned()));
    }
    for (scope, text) in queries {
        let pairs = fhir::search::pairs(&format!("{text}&_total=accurate"));
        let mut query = fhir::search::parse_in(&scope, &pairs, true).unwrap();
        for _ in 0..2 {
            let page = store.search(call, &query).await.unwrap();
            query.page = store.disclose(call, page).await.unwrap().next;
        }
    }
}
