//! A store of an older schema opens under the newest one, on both engines, with all that was in it.

use crate::engine::{ALONE, Cell, Conn, Db, Dialect, NEWEST, cells};
use crate::index::Keys;
use crate::{
    Call, Change, Gather, Graded, Hand, Location, Origin, Receipt, Secret, Store, TimelineFilter, UNDATED, Whom,
};
use confidentiality::{
    Actor, Categories, Clearance, ClientScope, Facts, Family, Label, Level, MaskFlags, Matrix, Place, PlaceProfile,
    Purpose, Rid, Session, Strength,
};
use fhir::{Resource, ResourceType};
use serde_json::{Value, json};

const NOW: i64 = 1_780_000_000_000_000;

/// A store as it was when there were so many migrations.
async fn at(migrations: usize, location: &Location, root: &Secret) -> Store {
    NEWEST.set(migrations);
    let store = Store::open(location, root.clone(), NOW).await.unwrap();
    NEWEST.set(usize::MAX);
    store
}

/// The same on each engine.
async fn on_both(test: impl AsyncFn(Location)) {
    let _alone = ALONE.lock().await;
    let dir = tempfile::tempdir().unwrap();
    test(Location::Directory(dir.path().to_owned())).await;
    if let Some(cluster) = crate::statements::postgres() {
        test(Location::Postgres(cluster.url())).await;
    }
}

/// A program that sees everything.
fn program(tenant: i64) -> Call {
    Call { tenant, clearance: everything(Purpose::Api), now: NOW, origin: Origin::default() }
}

fn everything(purpose: Purpose) -> Clearance {
    let scope = ClientScope { place: None, cap: Level::VerySensitive, write: true, chosen_ids: true };
    let facts = Facts {
        actor: Actor::new(7),
        relations: Vec::new(),
        maskings: Vec::new(),
        session: Session { strength: Strength::Client, ..Session::none() },
        purpose,
        place_profiles: std::collections::BTreeMap::new(),
        client: Some(scope),
    };
    confidentiality::clearance(&Matrix::default_shipped().unwrap(), &facts)
}

fn create(place: Place, value: Value) -> Change {
    let label = Label { level: Level::Standard, categories: Categories::empty(), reasons: Vec::new() };
    let graded = Graded { label, family: Family::Soin, place, mask: MaskFlags::empty(), rules: 1, safety: Vec::new() };
    Change::Create { resource: Resource::from_value(value).unwrap(), graded, if_none_exist: None, import: None }
}

/// A patient, a relative without a date, and a note; the rows of the last two.
async fn fill(store: &Store, migrations: usize) -> (Call, i64, i64) {
    lend(store, migrations).await;
    let tenant = store.ensure_tenant("990000017", NOW).await.unwrap();
    let place = store.ensure_place(tenant, "990000025", PlaceProfile::Ehpad, "Les Tilleuls").await.unwrap();
    let (call, subject) = (program(tenant), json!({"reference": "Patient/p1"}));
    let changes = [
        json!({"resourceType": "Patient", "id": "p1", "name": [{"family": "Quéméner"}]}),
        json!({"resourceType": "RelatedPerson", "id": "r1", "patient": subject}),
        json!({"resourceType": "Condition", "id": "c1", "subject": subject, "recordedDate": "2020-01-02"}),
    ];
    store.write(&call, changes.map(|value| create(place, value)).to_vec()).await.unwrap();
    let rid = async |kind, id: &str| {
        let found = store.read(&call, kind, id).await.unwrap();
        store.disclose(&call, found).await.unwrap().unwrap().rid.value()
    };
    let rows = (rid(ResourceType::RELATED_PERSON, "r1").await, rid(ResourceType::CONDITION, "c1").await);
    take_back(store, tenant, migrations).await;
    store.sequence(tenant, NOW).await.unwrap();
    (call.clone(), rows.0, rows.1)
}

/// What today's program looks at whenever it writes, beside what an old schema has.
async fn lend(store: &Store, migrations: usize) {
    if migrations < 2 {
        run_on(Db::Keys, store, "ALTER TABLE person_key ADD COLUMN epoch BIGINT NOT NULL DEFAULT 1", Vec::new()).await;
    }
    if migrations < 6 {
        let watch = "CREATE TABLE subscription(tenant BIGINT, rid BIGINT, type BIGINT, actor BIGINT, live BIGINT)";
        run(store, watch, Vec::new()).await;
        let own = "CREATE TABLE own_param(tenant BIGINT, number BIGINT, line TEXT, ready BIGINT, dead BIGINT)";
        run(store, own, Vec::new()).await;
    }
    for text in [
        "ALTER TABLE exact_key RENAME TO exact_old",
        "ALTER TABLE lossy_key RENAME TO lossy_old",
        "ALTER TABLE range_key RENAME TO range_old",
        "CREATE TABLE exact_key(tenant BIGINT, param BIGINT, hash BIGINT, rid BIGINT)",
        "CREATE TABLE lossy_key(tenant BIGINT, param BIGINT, hash BIGINT, rid BIGINT)",
        "CREATE TABLE range_key(tenant BIGINT, param BIGINT, rid BIGINT, lo BIGINT, hi BIGINT)",
        "ALTER TABLE resource ADD COLUMN self BIGINT",
        "ALTER TABLE resource ADD COLUMN params BLOB",
        "ALTER TABLE resource ADD COLUMN keys BLOB",
        "ALTER TABLE resource ADD COLUMN how BIGINT DEFAULT 0",
        "ALTER TABLE history ADD COLUMN how BIGINT DEFAULT 0",
    ] {
        run(store, text, Vec::new()).await;
    }
}

/// What was lent goes, and keys are written as the program of that time wrote them.
async fn take_back(store: &Store, tenant: i64, migrations: usize) {
    if migrations < 2 {
        run_on(Db::Keys, store, "ALTER TABLE person_key DROP COLUMN epoch", Vec::new()).await;
    }
    if migrations < 6 {
        run(store, "DROP TABLE subscription", Vec::new()).await;
        run(store, "DROP TABLE own_param", Vec::new()).await;
    }
    let hasher = store.hasher(tenant).unwrap();
    store
        .engine()
        .write(Db::Main, move |conn| {
            for row in conn.query("SELECT rid, person, params FROM resource", &[])? {
                for param in crate::key_list::marked(row.blob(2)?)? {
                    conn.execute(
                        "INSERT INTO exact_old(tenant, param, hash, person, rid) VALUES(?1, ?2, ?3, ?4, ?5)",
                        &cells![tenant, param, hasher.present(param), row.int(1)?, row.int(0)?],
                    )?;
                }
            }
            Ok(())
        })
        .await
        .unwrap();
    for text in [
        "INSERT INTO exact_old(tenant, param, hash, person, rid) SELECT k.tenant, k.param, k.hash, r.person, k.rid
         FROM exact_key k JOIN resource r ON r.tenant = k.tenant AND r.rid = k.rid",
        "INSERT INTO lossy_old(tenant, param, hash, person, rid) SELECT k.tenant, k.param, k.hash, r.person, k.rid
         FROM lossy_key k JOIN resource r ON r.tenant = k.tenant AND r.rid = k.rid",
        "INSERT INTO range_old(tenant, param, person, lo, hi, rid) SELECT k.tenant, k.param, r.person, k.lo, k.hi, k.rid
         FROM range_key k JOIN resource r ON r.tenant = k.tenant AND r.rid = k.rid",
        "DROP TABLE exact_key",
        "DROP TABLE lossy_key",
        "DROP TABLE range_key",
        "ALTER TABLE exact_old RENAME TO exact_key",
        "ALTER TABLE lossy_old RENAME TO lossy_key",
        "ALTER TABLE range_old RENAME TO range_key",
        "ALTER TABLE resource DROP COLUMN self",
        "ALTER TABLE resource DROP COLUMN params",
        "ALTER TABLE resource DROP COLUMN keys",
        "ALTER TABLE resource DROP COLUMN how",
        "ALTER TABLE history DROP COLUMN how",
    ] {
        run(store, text, Vec::new()).await;
    }
}

async fn run(store: &Store, text: &'static str, cells: Vec<Cell>) {
    run_on(Db::Main, store, text, cells).await;
}

async fn run_on(db: Db, store: &Store, text: &'static str, cells: Vec<Cell>) {
    let schema =
        move |dialect| if dialect == Dialect::Postgres { text.replace(" BLOB", " BYTEA") } else { text.to_owned() };
    store.engine().write(db, move |conn| conn.execute(&schema(conn.dialect()), &cells)).await.unwrap();
}

#[tokio::test]
async fn a_store_of_the_first_schema_opens_with_all_it_holds() {
    on_both(async |location| {
        let root = Secret::random().unwrap();
        let old = at(1, &location, &root).await;
        let (call, relative, _) = fill(&old, 1).await;
        // What had no date was given the day it was written.
        run(&old, "UPDATE resource SET moment = ?1 WHERE rid = ?2", cells![NOW, relative].to_vec()).await;
        // One counter gave the order of every legal entity.
        run(&old, "UPDATE counter SET name = 'seq' WHERE name LIKE 'seq %'", Vec::new()).await;
        drop(old);
        let new = at(usize::MAX, &location, &root).await;
        let orders = "SELECT MAX(created_seq) FROM resource UNION ALL SELECT value FROM counter WHERE name = 'seq 1'";
        let orders = new.engine().read(Db::Main, move |conn| conn.query(orders, &[])).await.unwrap();
        assert_eq!(orders[0].int(0).unwrap(), orders[1].int(0).unwrap(), "each goes on from there");
        let record = new.timeline(&call, "p1", &TimelineFilter::default(), None, 10).await.unwrap();
        let record = new.disclose(&call, record).await.unwrap().unwrap();
        let found: Vec<_> = record.items.iter().map(|item| (item.resource.id().unwrap(), item.moment)).collect();
        let day = fhir::date::interval("2020-01-02").unwrap().0;
        assert_eq!(found, [("c1", day), ("r1", UNDATED)]);
        // And everything that came since can be done.
        new.save_draft(&call, "a", "p1", Hand { page: "a", seen: 0 }, b"texte".to_vec()).await.unwrap();
        assert_eq!(new.mark_read(&call, ResourceType::CONDITION, &[("c1".to_owned(), 1)]).await.unwrap(), 1);
        new.ensure_unit(call.tenant, Place::new(1), "Les Lilas").await.unwrap();
        let all = new.gather(&call, &Gather::all(Whom::Known, Vec::new(), 10)).await.unwrap();
        assert_eq!(new.disclose(&call, all).await.unwrap().items.len(), 3);
        assert_eq!(new.verify_audit(call.tenant, None, NOW).await.unwrap().findings, []);
    })
    .await;
}

#[tokio::test]
async fn a_mark_without_a_version_is_for_the_version_of_its_time() {
    on_both(async |location| {
        let root = Secret::random().unwrap();
        let old = at(3, &location, &root).await;
        let (call, relative, note) = fill(&old, 3).await;
        for (rid, at) in [(relative, NOW - 1), (note, NOW)] {
            let text = "INSERT INTO receipt(tenant, rid, actor, at) VALUES(?1, ?2, 41, ?3)";
            run(&old, text, cells![call.tenant, rid, at].to_vec()).await;
        }
        drop(old);
        let new = at(usize::MAX, &location, &root).await;
        let marks = new.receipts_of(&call, &[Rid::new(relative), Rid::new(note)]).await.unwrap();
        let mark = |at, version| vec![Receipt { actor: Actor::new(41), at, version }];
        assert_eq!(marks[&Rid::new(note)], mark(NOW, 1));
        assert_eq!(marks[&Rid::new(relative)], mark(NOW - 1, 0), "older than what is there now: not read");
    })
    .await;
}

#[tokio::test]
async fn keys_of_an_older_schema_are_found_by_and_taken_away_with_what_they_said() {
    on_both(async |location| {
        let root = Secret::random().unwrap();
        let old = at(7, &location, &root).await;
        let (call, ..) = fill(&old, 7).await;
        drop(old);
        // Opened twice: the second time there is nothing to bring over.
        drop(at(usize::MAX, &location, &root).await);
        let new = at(usize::MAX, &location, &root).await;
        let found = async |kind: ResourceType, text: &str| {
            let query = fhir::search::parse(kind, &fhir::search::pairs(text), true).unwrap();
            let page = new.search(&call, &query).await.unwrap();
            new.disclose(&call, page).await.unwrap().matches.len()
        };
        let (patient, condition) = (ResourceType::PATIENT, ResourceType::CONDITION);
        for (kind, text, expected) in [
            (patient, "family=quem", 1),
            (patient, "name:exact=Qu\u{e9}m\u{e9}ner", 1),
            (patient, "name:missing=false", 1),
            (patient, "name:missing=true", 0),
            (patient, "birthdate:missing=true", 1),
            (patient, "_has:Condition:patient:recorded-date=2020", 1),
            (patient, "_has:Condition:patient:recorded-date=2021", 0),
            (condition, "recorded-date=2020-01", 1),
            (condition, "patient.family=quem", 1),
            (condition, "patient.family=autre", 0),
        ] {
            assert_eq!(found(kind, text).await, expected, "{text}");
        }
        let value = json!({"resourceType": "Condition", "id": "c1", "subject": {"reference": "Patient/p1"},
            "recordedDate": "2021-01-02"});
        let Change::Create { resource, graded, .. } = create(Place::new(1), value) else { unreachable!() };
        let change = Change::Update { resource, graded, if_match: None, upsert: false, import: None };
        new.write(&call, vec![change]).await.unwrap();
        for (text, expected) in [("recorded-date=2020-01", 0), ("recorded-date=2021-01", 1), ("patient=p1", 1)] {
            assert_eq!(found(condition, text).await, expected, "{text}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_programs_were_to_be_told_before_there_was_one_outbox_is_still_to_be_told() {
    on_both(async |location| {
        let root = Secret::random().unwrap();
        let old = at(13, &location, &root).await;
        let tenant = old.ensure_tenant("990000017", NOW).await.unwrap();
        // To be set up; set up with a change, after two failures; set up with nothing to tell; ended.
        for (rid, live, ends, due, tries) in
            [(1, 0, NOW * 2, NOW, 0), (2, 1, NOW * 2, NOW + 5, 2), (3, 1, NOW * 2, NOW, 0), (4, 1, NOW + 6, NOW, 0)]
        {
            let text = "INSERT INTO subscription(tenant, rid, type, actor, live, ends, due, tries)
                VALUES(?1, ?2, 1, 7, ?3, ?4, ?5, ?6)";
            run(&old, text, cells![tenant, rid, live, ends, due, tries].to_vec()).await;
        }
        let text = "INSERT INTO subscription_change(tenant, subscription, rid, version) VALUES(?1, 2, 9, 1)";
        run(&old, text, cells![tenant].to_vec()).await;
        drop(old);
        let new = at(usize::MAX, &location, &root).await;
        let claimed = async |now: i64| {
            let all = new.claim_watches(tenant, now, now + 1_000, 9).await.unwrap();
            all.iter().map(|watch| (watch.rid(), watch.live, watch.ended, watch.job.tries)).collect::<Vec<_>>()
        };
        assert_eq!(claimed(NOW).await, [(1, false, false, 0)]);
        assert_eq!(claimed(NOW + 5).await, [(2, true, false, 2)]);
        assert_eq!(claimed(NOW + 6).await, [(4, true, true, 0)]);
        assert_eq!(claimed(NOW + 7).await, []);
    })
    .await;
}

/// As an older program left it: exact case only, a row of a kind that is made no more, and no key of twelve letters.
fn index_as_before(conn: &Conn<'_>, tenant: i64, exact: [(i64, i64); 2], long: (i64, i64)) -> crate::Result<()> {
    conn.execute("DELETE FROM counter WHERE name LIKE 'index version%'", &[])?;
    for row in conn.query("SELECT rid FROM resource WHERE tenant = ?1", &cells![tenant])? {
        let row = (tenant, row.int(0)?);
        let before = crate::write::held_keys(conn, row)?;
        let mut old = Keys { exact: before.exact.clone(), lossy: before.lossy.clone(), ..Keys::default() };
        old.exact.retain(|(param, _)| !exact.iter().any(|(identifier, _)| identifier == param));
        old.exact.extend(exact);
        old.lossy.retain(|key| *key != long);
        crate::write::bring_keys(conn, row, &before, &old)?;
        let list = crate::key_list::KeyList::of(&old).to_bytes();
        conn.execute("UPDATE resource SET keys = ?3 WHERE tenant = ?1 AND rid = ?2", &cells![row.0, row.1, list])?;
    }
    Ok(())
}

#[tokio::test]
async fn what_an_older_program_has_indexed_is_indexed_again_while_it_answers() {
    on_both(async |location| {
        let store = at(usize::MAX, &location, &Secret::random().unwrap()).await;
        let tenant = store.ensure_tenant("990000017", NOW).await.unwrap();
        let place = store.ensure_place(tenant, "990000025", PlaceProfile::Ehpad, "Les Tilleuls").await.unwrap();
        let call = program(tenant);
        let patient = |id: &str| {
            json!({"resourceType": "Patient", "id": id, "identifier": [{"system": "urn:x", "value": "AbC"}],
                   "name": [{"family": "Vasselin de Kermadec"}]})
        };
        let made = (0..5).map(|number| create(place, patient(&format!("p{number}"))));
        store.write(&call, made.collect()).await.unwrap();
        let found = async |text: &str| {
            let query = fhir::search::parse(ResourceType::PATIENT, &fhir::search::pairs(text), true).unwrap();
            let page = store.search(&call, &query).await.unwrap();
            store.disclose(&call, page).await.unwrap().matches.len()
        };
        let job = Call { clearance: everything(Purpose::Reindex), ..call.clone() };
        assert!(!store.index_own(&job, 2).await.unwrap(), "a new store has nothing to index again");
        let identifier = crate::index::param_number(fhir::search::param(ResourceType::PATIENT, "identifier").unwrap());
        let hasher = store.hasher(tenant).unwrap();
        let exact = hasher.old_token(identifier, "urn:x", "AbC").map(|hash| (identifier, hash));
        let family = crate::index::param_number(fhir::search::param(ResourceType::PATIENT, "family").unwrap());
        let long = (family, hasher.prefix(family, "vasselin de "));
        let older = move |conn: &Conn<'_>| index_as_before(conn, tenant, exact, long);
        let long_keys = async || {
            let count = "SELECT COUNT(*) FROM lossy_key WHERE param = ?1 AND hash = ?2";
            store
                .engine()
                .read(Db::Main, move |conn| conn.query_one(count, &cells![long.0, long.1])?.int(0))
                .await
                .unwrap()
        };
        assert_eq!(long_keys().await, 5);
        store.engine().write(Db::Main, older).await.unwrap();
        assert_eq!(long_keys().await, 0);
        store.load_own(tenant).await.unwrap();
        assert_eq!((found("identifier=urn:x|AbC").await, found("identifier=urn:x|abc").await), (5, 0));
        for _ in 0..3 {
            assert_eq!(found("family=vasselin de ker").await, 5);
            assert!(store.index_own(&job, 2).await.unwrap());
            assert_eq!(found("identifier=urn:x|AbC").await, 5);
        }
        assert!(!store.index_own(&job, 2).await.unwrap());
        assert_eq!((long_keys().await, store.hasher(tenant).unwrap().whole), (5, true));
        assert_eq!((found("family=vasselin de ker").await, found("family=vasselin de kea").await), (5, 0));
        assert_eq!((found("identifier=abc").await, found("identifier=urn:x|abc").await), (5, 5));
        let left = "SELECT COUNT(*) FROM exact_key WHERE hash = ?1 OR hash = ?2";
        let hashes = exact.map(|(_, hash)| Cell::Int(hash));
        let left = store.engine().read(Db::Main, move |conn| conn.query_one(left, &hashes)?.int(0)).await.unwrap();
        assert_eq!(left, 0, "what is made no more is taken away");
    })
    .await;
}

#[tokio::test]
async fn a_row_that_does_not_open_keeps_no_other_from_being_indexed_again() {
    on_both(async |location| {
        let store = at(usize::MAX, &location, &Secret::random().unwrap()).await;
        let tenant = store.ensure_tenant("990000017", NOW).await.unwrap();
        let place = store.ensure_place(tenant, "990000025", PlaceProfile::Ehpad, "Les Tilleuls").await.unwrap();
        let call = program(tenant);
        let patients = ["p1", "p2"].map(|id| create(place, json!({"resourceType": "Patient", "id": id})));
        store.write(&call, patients.to_vec()).await.unwrap();
        let damage = move |conn: &Conn<'_>| {
            conn.execute("DELETE FROM counter WHERE name LIKE 'index version%'", &[])?;
            let first = conn.query_one("SELECT MIN(rid) FROM resource WHERE tenant = ?1", &cells![tenant])?.int(0)?;
            let cut = vec![0_u8; 40];
            conn.execute("UPDATE resource SET body = ?3 WHERE tenant = ?1 AND rid = ?2", &cells![tenant, first, cut])
        };
        store.engine().write(Db::Main, damage).await.unwrap();
        let job = Call { clearance: everything(Purpose::Reindex), ..call };
        let mut steps = 0;
        while store.index_own(&job, 1).await.unwrap() {
            steps += 1;
            assert!(steps < 20, "it never ends");
        }
        assert!(store.engine().read(Db::Main, move |conn| crate::reindex::is_whole(conn, tenant)).await.unwrap());
    })
    .await;
}
