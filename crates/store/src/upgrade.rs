//! A store of an older schema opens under the newest one, on both engines, with all that was in it.

use crate::engine::{ALONE, Cell, Db, NEWEST, cells};
use crate::{
    Call, Change, Gather, Graded, Hand, Location, Origin, Receipt, Secret, Store, TimelineFilter, UNDATED, Whom,
};
use confidentiality::{
    Actor, Categories, ClientScope, Facts, Family, Label, Level, MaskFlags, Matrix, Place, PlaceProfile, Purpose, Rid,
    Session, Strength,
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
    let scope = ClientScope { place: None, cap: Level::VerySensitive, write: true, chosen_ids: true };
    let facts = Facts {
        actor: Actor::new(7),
        relations: Vec::new(),
        maskings: Vec::new(),
        session: Session { strength: Strength::Client, ..Session::none() },
        purpose: Purpose::Api,
        place_profiles: std::collections::BTreeMap::new(),
        client: Some(scope),
    };
    let clearance = confidentiality::clearance(&Matrix::default_shipped().unwrap(), &facts);
    Call { tenant, clearance, now: NOW, origin: Origin::default() }
}

fn create(place: Place, value: Value) -> Change {
    let label = Label { level: Level::Standard, categories: Categories::empty(), reasons: Vec::new() };
    let graded = Graded { label, family: Family::Soin, place, mask: MaskFlags::empty(), rules: 1, safety: Vec::new() };
    Change::Create { resource: Resource::from_value(value).unwrap(), graded, if_none_exist: None, import: None }
}

/// A patient, a relative without a date, and a note; the rows of the last two.
async fn fill(store: &Store) -> (Call, i64, i64) {
    // Today's program looks there whenever it writes.
    let lent = [
        "CREATE TABLE subscription(tenant BIGINT, rid BIGINT, type BIGINT, live BIGINT)",
        "CREATE TABLE own_param(tenant BIGINT, number BIGINT, line TEXT, ready BIGINT, dead BIGINT)",
    ];
    for text in lent {
        run(store, text, Vec::new()).await;
    }
    let tenant = store.ensure_tenant("990000017", NOW).await.unwrap();
    let place = store.ensure_place(tenant, "990000025", PlaceProfile::Ehpad, "Les Tilleuls").await.unwrap();
    let (call, subject) = (program(tenant), json!({"reference": "Patient/p1"}));
    let changes = [
        json!({"resourceType": "Patient", "id": "p1", "name": [{"family": "Quéméner"}]}),
        json!({"resourceType": "RelatedPerson", "id": "r1", "patient": subject}),
        json!({"resourceType": "Condition", "id": "c1", "subject": subject, "recordedDate": "2020-01-02"}),
    ];
    store.write(&call, changes.map(|value| create(place, value)).to_vec()).await.unwrap();
    for text in ["DROP TABLE subscription", "DROP TABLE own_param"] {
        run(store, text, Vec::new()).await;
    }
    store.sequence(tenant, NOW).await.unwrap();
    let rid = async |kind, id: &str| {
        let found = store.read(&call, kind, id).await.unwrap();
        store.disclose(&call, found).await.unwrap().unwrap().rid.value()
    };
    let rows = (rid(ResourceType::RELATED_PERSON, "r1").await, rid(ResourceType::CONDITION, "c1").await);
    (call.clone(), rows.0, rows.1)
}

async fn run(store: &Store, text: &'static str, cells: Vec<Cell>) {
    store.engine().write(Db::Main, move |conn| conn.execute(text, &cells)).await.unwrap();
}

#[tokio::test]
async fn a_store_of_the_first_schema_opens_with_all_it_holds() {
    on_both(async |location| {
        let root = Secret::random().unwrap();
        let old = at(1, &location, &root).await;
        let (call, relative, _) = fill(&old).await;
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
        let (call, relative, note) = fill(&old).await;
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
