//! One damaged item keeps no other from being read, and is never passed over in silence; keys that are not there are damage,
//! and no new ones are made beside what they opened.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod support;
#[expect(dead_code, reason = "not everybody calls here")]
#[path = "support/world.rs"]
mod world;

use crate::support::postgres;
use confidentiality::Level;
use fhir::ResourceType;
use std::collections::BTreeMap;
use store::{
    Call, Change, Damage, Damaged, Error, Gather, HistoryQuery, Location, Origin, Secret, Store, TimelineFilter, Whom,
};
use world::{NOW, World, condition, patient, world};

const CONDITION: ResourceType = ResourceType::CONDITION;

/// A store, and a way to its rows.
struct Place {
    world: World,
    location: Location,
    root: Secret,
    _dir: tempfile::TempDir,
}

async fn places() -> Vec<Place> {
    let mut all = Vec::new();
    let first = tempfile::tempdir().unwrap();
    let locations =
        [Some(Location::Directory(first.path().to_owned())), postgres::fresh_database().map(Location::Postgres)];
    let mut dir = Some(first);
    for location in locations.into_iter().flatten() {
        let root = Secret::random().unwrap();
        let world = world(location.clone(), root.clone()).await;
        let call = world.client(Level::VerySensitive);
        world.store.write(&call, vec![world.create(patient("p1"))]).await.unwrap();
        for (id, code, words) in [("c1", "I10", "Hypertension"), ("c2", "E11", "Diabète"), ("c3", "J45", "Asthme")] {
            let told = condition("p1", id, code, words, "2025-01-02");
            world.store.write(&call, vec![world.create(told)]).await.unwrap();
        }
        let dir = dir.take().unwrap_or_else(|| tempfile::tempdir().unwrap());
        all.push(Place { world, location, root, _dir: dir });
    }
    all
}

impl Place {
    /// Runs statements on the database itself.
    async fn run(&self, db: &str, text: &str) {
        match &self.location {
            Location::Directory(dir) => {
                let conn = rusqlite::Connection::open(dir.join(format!("{db}.db"))).unwrap();
                conn.execute_batch(text).unwrap();
            }
            Location::Postgres(url) => {
                let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
                let driven = tokio::spawn(connection);
                client.batch_execute(&format!("SET search_path TO {db}; {text}")).await.unwrap();
                driven.abort();
            }
        }
    }

    /// Another content in the row of a version: that of its neighbour, which does not open there.
    async fn spoil(&self, id: &str) {
        let call = self.call();
        let read = self.world.store.read(&call, CONDITION, id).await.unwrap();
        let rid = self.world.store.disclose(&call, read).await.unwrap().unwrap().rid.value();
        let text = format!(
            "UPDATE resource SET body = (SELECT n.body FROM resource n WHERE n.type = {} AND n.rid <> {rid} ORDER BY n.rid LIMIT 1) \
             WHERE rid = {rid}",
            CONDITION.code()
        );
        self.run("main", &text).await;
    }

    fn call(&self) -> Call {
        self.world.client(Level::VerySensitive)
    }

    /// The request of who will say what could not be read.
    fn telling(&self) -> (Call, Damage) {
        let (call, damage) = (self.call(), Damage::default());
        let origin = Origin { damage: Some(damage.clone()), ..call.origin.clone() };
        (Call { origin, ..call }, damage)
    }

    async fn reopened(&mut self) -> Result<Store, Error> {
        // A folder is held by who has it open.
        let other = tempfile::tempdir().unwrap();
        let aside = Location::Directory(other.path().to_owned());
        self.world = world(aside, Secret::random().unwrap()).await;
        for _ in 0..200 {
            match Store::open(&self.location, self.root.clone(), NOW).await {
                Err(Error::Locked) => tokio::task::yield_now().await,
                opened => return opened,
            }
        }
        Err(Error::Locked)
    }
}

fn conditions(count: usize) -> BTreeMap<Damaged, usize> {
    BTreeMap::from([(Damaged::Resource(Some(CONDITION)), count)])
}

fn query(text: &str) -> fhir::search::Query {
    fhir::search::parse(CONDITION, &fhir::search::pairs(text), true).unwrap()
}

#[tokio::test]
async fn what_is_not_damaged_is_read_by_who_says_what_is() {
    for place in places().await {
        place.spoil("c2").await;
        let (store, (call, damage)) = (&place.world.store, place.telling());
        for text in ["patient=p1", "patient=p1&_sort=code", "code:not=I99", "patient=p1&_sort=recorded-date"] {
            let page = store.search(&call, &query(text)).await.unwrap();
            let page = store.disclose(&call, page).await.unwrap();
            assert!(damage.is_untold(), "{text}");
            assert_eq!((page.matches.len(), page.total), (2, Some(3)), "{text}");
        }
        assert_eq!(damage.tell(), conditions(1));
        assert!(!damage.is_untold());
        let (call, damage) = place.telling();
        let all = store.timeline(&call, "p1", &TimelineFilter::default(), None, 2).await.unwrap();
        let first = store.disclose(&call, all).await.unwrap().unwrap();
        let rest = store.timeline(&call, "p1", &TimelineFilter::default(), first.next, 2).await.unwrap();
        let rest = store.disclose(&call, rest).await.unwrap().unwrap();
        assert_eq!((first.items.len() + rest.items.len(), first.readable, damage.tell()), (2, 3, conditions(1)));
        let (call, damage) = place.telling();
        let every = store.everything(&call, "p1", &TimelineFilter::default(), None, 10).await.unwrap();
        assert_eq!(store.disclose(&call, every).await.unwrap().unwrap().items.len(), 3, "and the person");
        assert_eq!(damage.tell(), conditions(1));
        let (call, damage) = place.telling();
        let asks = [vec![CONDITION], vec![ResourceType::PATIENT], vec![CONDITION, ResourceType::PATIENT]];
        let asks = asks.map(|kinds| Gather::all(Whom::Patient("p1".into()), kinds, 10));
        let found = store.gather_each(&call, asks).await.unwrap();
        let mut counts = Vec::new();
        for one in found {
            counts.push(store.disclose(&call, one).await.unwrap().items.len());
        }
        assert_eq!((counts, damage.tell()), (vec![2, 1, 3], conditions(1)));
        let (call, damage) = place.telling();
        let history = HistoryQuery { kind: Some(CONDITION), ..HistoryQuery::default() };
        let page = store.history_page(&call, &history).await.unwrap();
        assert_eq!((store.disclose(&call, page).await.unwrap().versions.len(), damage.tell()), (2, conditions(1)));
        assert_eq!(store.damaged(), 1, "met many times, counted once");
    }
}

#[tokio::test]
async fn nothing_is_left_out_where_nobody_says_so_nor_of_what_is_asked_by_its_name() {
    for place in places().await {
        place.spoil("c2").await;
        let (store, call, (telling, damage)) = (&place.world.store, place.call(), place.telling());
        let fails = |error: Error| assert!(matches!(error, Error::Integrity(_)), "{error}");
        fails(store.search(&call, &query("patient=p1")).await.unwrap_err());
        fails(store.timeline(&call, "p1", &TimelineFilter::default(), None, 10).await.unwrap_err());
        fails(store.read(&telling, CONDITION, "c2").await.unwrap_err());
        // It may be the one that matches: no second one is made beside it.
        let value = condition("p1", "c9", "E11", "Diabète", "2025-01-02");
        let graded = place.world.graded(&value);
        let resource = fhir::Resource::from_value(value).unwrap();
        let if_none_exist = Some(query("code=E11"));
        let change = Change::Create { resource, graded, if_none_exist, import: None };
        fails(store.write(&telling, vec![change]).await.unwrap_err());
        assert!(!damage.is_untold());
        let read = store.read(&call, CONDITION, "c1").await.unwrap();
        assert!(read.is_found());
    }
}

#[tokio::test]
async fn a_version_that_is_damaged_keeps_no_other_from_being_read() {
    for place in places().await {
        let (store, call) = (&place.world.store, place.call());
        for words in ["Hypertension artérielle", "Hypertension traitée"] {
            let value = condition("p1", "c1", "I10", words, "2025-01-02");
            let (graded, resource) = (place.world.graded(&value), fhir::Resource::from_value(value).unwrap());
            let change = Change::Update { resource, graded, if_match: None, upsert: false, import: None };
            store.write(&call, vec![change]).await.unwrap();
        }
        place
            .run(
                "main",
                "UPDATE history SET body = (SELECT n.body FROM history n WHERE n.version = 1) WHERE version = 2",
            )
            .await;
        for (version, opens) in [(1, true), (2, false), (3, true)] {
            let read = store.vread(&call, CONDITION, "c1", version).await;
            assert_eq!(read.is_ok_and(|read| read.is_found()), opens, "{version}");
        }
        assert!(!store.vread(&call, CONDITION, "c1", 4).await.unwrap().is_found());
    }
}

#[tokio::test]
async fn a_key_that_is_not_there_is_damage_and_no_other_is_made() {
    for mut place in places().await {
        place.run("keys", "DELETE FROM person_key; DELETE FROM pair_key").await;
        let refused = place.reopened().await;
        assert!(matches!(&refused, Err(Error::Integrity(why)) if why == "keys is older than main"), "{refused:?}");
    }
}

#[tokio::test]
async fn a_key_lost_of_the_last_who_came_keeps_no_other_from_being_read() {
    for mut place in places().await {
        let (call, store) = (place.call(), place.world.store.clone());
        for id in ["p2", "p3"] {
            store.write(&call, vec![place.world.create(patient(id))]).await.unwrap();
        }
        let mut lost = Vec::new();
        for id in ["p3", "p2"] {
            lost.push(store.person_of(&call, id).await.unwrap().unwrap().value());
        }
        drop(store);
        place.run("keys", &format!("DELETE FROM person_key WHERE person = {}", lost.first().unwrap())).await;
        let store = place.reopened().await.unwrap();
        assert_eq!(store.damaged(), 1, "named and counted before anybody asks");
        assert!(store.read(&call, CONDITION, "c1").await.unwrap().is_found());
        let read = store.read(&call, ResourceType::PATIENT, "p3").await;
        assert!(matches!(&read, Err(Error::Integrity(why)) if why.contains("is not there")), "{read:?}");
        assert_eq!(store.damaged(), 1, "counted once");
        let check = store.check(&call, &|_| ()).await.unwrap();
        assert!(check.findings.iter().any(|one| one.code == "key"), "{:?}", check.findings);
        drop(store);
        // Those of both that came last: the keys are of before.
        place.run("keys", &format!("DELETE FROM person_key WHERE person = {}", lost.last().unwrap())).await;
        let refused = place.reopened().await;
        assert!(matches!(&refused, Err(Error::Integrity(why)) if why == "keys is older than main"), "{refused:?}");
    }
}

#[tokio::test]
async fn a_key_of_the_legal_entity_that_was_lost_is_not_made_anew() {
    for mut place in places().await {
        place.run("keys", "DELETE FROM tenant_key WHERE kind = 4").await;
        for _ in 0..2 {
            let refused = place.reopened().await;
            assert!(matches!(&refused, Err(Error::Integrity(why)) if why.contains("of the tenant")), "{refused:?}");
        }
    }
}

#[tokio::test]
async fn a_person_whose_key_was_lost_is_not_divided_in_two() {
    for mut place in places().await {
        let (call, store) = (place.call(), place.world.store.clone());
        let lost = store.person_of(&call, "p1").await.unwrap().unwrap();
        // Somebody came later, whose key is there.
        store.write(&call, vec![place.world.create(patient("p2"))]).await.unwrap();
        place.run("keys", &format!("DELETE FROM person_key WHERE person = {}", lost.value())).await;
        drop(store);
        let store = place.reopened().await.unwrap();
        let is_lost = |error: Error| matches!(error, Error::Integrity(why) if why.contains("is not there"));
        assert!(is_lost(store.read(&call, CONDITION, "c1").await.unwrap_err()));
        let (telling, damage) = place.telling();
        let all = store.search(&telling, &query("")).await.unwrap();
        assert_eq!((all.len(), damage.tell()), (0, conditions(3)));
        let more = place.world.create(condition("p1", "c8", "I11", "Cardiopathie", "2025-01-02"));
        assert!(is_lost(store.write(&call, vec![more]).await.unwrap_err()));
        assert!(is_lost(store.read(&call, ResourceType::PATIENT, "p1").await.unwrap_err()), "no key was made");
        let other = place.world.create(condition("p2", "d1", "I11", "Cardiopathie", "2025-01-02"));
        store.write(&call, vec![other]).await.unwrap();
    }
}

#[tokio::test]
async fn a_pair_that_was_lost_is_not_made_anew() {
    for mut place in places().await {
        let (call, store) = (place.call(), place.world.store.clone());
        let secret = condition("p1", "v1", "B24", "séropositivité", "2025-01-02");
        store.write(&call, vec![place.world.create(secret)]).await.unwrap();
        place.run("keys", "DELETE FROM pair_key").await;
        drop(store);
        let store = place.reopened().await.unwrap();
        let again = place.world.create(condition("p1", "v2", "B24", "séropositivité", "2025-01-02"));
        let refused = store.write(&call, vec![again]).await;
        assert!(matches!(&refused, Err(Error::Integrity(_))), "{refused:?}");
        let plain = place.world.create(condition("p1", "c8", "I11", "Cardiopathie", "2025-01-02"));
        store.write(&call, vec![plain]).await.unwrap();
    }
}

#[tokio::test]
async fn nothing_is_written_into_files_that_were_replaced() {
    for name in ["main.db", "audit.db", "keys.db", "lock"] {
        let place = places().await.swap_remove(0);
        let Location::Directory(dir) = &place.location else { continue };
        let (call, store) = (place.call(), &place.world.store);
        assert!(store.look_at_files().await.unwrap());
        let (file, aside) = (dir.join(name), dir.join("aside"));
        std::fs::rename(&file, &aside).unwrap();
        std::fs::copy(&aside, &file).unwrap();
        assert!(!store.look_at_files().await.unwrap(), "{name}");
        let write = async |id: &str| {
            store.write(&call, vec![place.world.create(condition("p1", id, "I11", "Cardiopathie", "2025-01-02"))]).await
        };
        let refused = write("c8").await;
        assert!(matches!(&refused, Err(Error::Unavailable(why)) if why == store::MOVED), "{name}: {refused:?}");
        assert!(store.unwritable().replaced && store.unwritable().records);
        std::fs::rename(&aside, &file).unwrap();
        assert!(store.look_at_files().await.unwrap());
        write("c9").await.unwrap();
    }
}

#[tokio::test]
async fn tables_and_indexes_that_are_not_there_are_named() {
    for place in places().await {
        let of_schema = async || {
            let check = place.world.store.check(&place.call(), &|_| ()).await.unwrap();
            let found = check.findings.into_iter().filter(|one| one.code == "schema");
            found.map(|one| one.detail).collect::<Vec<_>>()
        };
        assert_eq!(of_schema().await, Vec::<String>::new());
        place.run("main", "DROP TABLE receipt; DROP INDEX history_updated").await;
        place.run("audit", "DROP INDEX leaf_entry").await;
        let lost = [
            "main: table receipt",
            "main: index history_updated",
            "main: index receipt_actor",
            "audit: index leaf_entry",
        ];
        assert_eq!(of_schema().await, lost.map(|piece| format!("{piece} is not there")));
    }
}
