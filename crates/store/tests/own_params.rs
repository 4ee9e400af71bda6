//! Search parameters that are added: what is found by them is everything or nothing, on both engines, whoever writes.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod support;
#[expect(dead_code, reason = "people are for other tests")]
#[path = "support/world.rs"]
mod world;

use confidentiality::{Actor, ClientScope, Facts, Level, Matrix, Purpose, Session, Strength};
use fhir::ResourceType;
use serde_json::{Value, json};
use store::{Call, Change, Origin};
use world::{NOW, World, worlds};

fn parameter(id: &str) -> Value {
    json!({"resourceType": "SearchParameter", "id": id, "status": "active", "code": "town", "type": "string",
        "base": ["Patient"], "expression": "Patient.extension('urn:town').value"})
}

fn born(id: &str, town: &str) -> Value {
    json!({"resourceType": "Patient", "id": id, "extension": [{"url": "urn:town", "valueString": town}]})
}

fn job(world: &World) -> Call {
    let facts = Facts {
        actor: Actor::new(1),
        relations: Vec::new(),
        maskings: Vec::new(),
        session: Session { strength: Strength::Client, ..Session::none() },
        purpose: Purpose::Reindex,
        place_profiles: std::collections::BTreeMap::new(),
        client: Some(ClientScope { place: None, cap: Level::VerySensitive, write: true, chosen_ids: true }),
    };
    let clearance = confidentiality::clearance(&Matrix::default_shipped().unwrap(), &facts);
    Call { tenant: world.tenant, clearance, now: NOW, origin: Origin { verb: "reindex".into(), ..Origin::default() } }
}

impl World {
    async fn write(&self, values: Vec<Value>) {
        let changes = values.into_iter().map(|value| self.create(value)).collect();
        self.store.write(&self.client(Level::VerySensitive), changes).await.unwrap();
    }

    async fn index(&self, most: u32) {
        while self.store.index_own(&job(self), most).await.unwrap() {}
    }

    /// How many are found; none when the parameter is not answered.
    async fn found(&self, text: &str) -> Option<usize> {
        let pairs = fhir::search::pairs(text);
        let own = self.store.own_params(self.tenant);
        let query = fhir::search::parse_with(&own, ResourceType::PATIENT, &pairs, true).ok()?;
        let call = self.client(Level::VerySensitive);
        let page = self.store.search(&call, &query).await.unwrap();
        Some(self.store.disclose(&call, page).await.unwrap().matches.len())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_answered_until_everything_is_indexed() {
    for world in worlds().await {
        world.write((0..7).map(|number| born(&format!("p{number}"), "Quimper")).collect()).await;
        assert_eq!(world.found("town=quimper").await, None);
        world.write(vec![parameter("sp")]).await;
        for _ in 0..3 {
            assert_eq!(world.found("town=quimper").await, None);
            assert!(world.store.index_own(&job(&world), 2).await.unwrap());
        }
        world.write(vec![born("p8", "Quimper")]).await;
        world.index(2).await;
        assert_eq!(world.found("town=quimper&_count=100").await, Some(8));
        assert_eq!(world.found("town=brest").await, Some(0));
        let gone = Change::Delete { kind: ResourceType::SEARCH_PARAMETER, id: "sp".into(), if_match: None };
        world.store.write(&world.client(Level::VerySensitive), vec![gone]).await.unwrap();
        assert_eq!(world.found("town=quimper").await, None);
        world.index(100).await;
        // Defined again, it begins anew.
        world.write(vec![parameter("sp2")]).await;
        assert_eq!(world.found("town=quimper").await, None);
        world.index(100).await;
        assert_eq!(world.found("town=quimper&_count=100").await, Some(8));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_at_the_same_time_lose_nothing() {
    for world in worlds().await {
        world.write((0..20).map(|number| born(&format!("a{number}"), "Quimper")).collect()).await;
        let writer = async |name: &str| {
            for number in 0..15 {
                world.write(vec![born(&format!("{name}{number}"), "Quimper")]).await;
            }
        };
        let definer = async {
            world.write(vec![parameter("sp")]).await;
            world.index(3).await;
        };
        tokio::join!(writer("b"), writer("c"), definer, writer("d"));
        world.index(3).await;
        assert_eq!(world.found("town=quimper&_count=200").await, Some(65));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opened_store_knows_what_was_added() {
    let dir = tempfile::tempdir().unwrap();
    let root = store::Secret::random().unwrap();
    let at = store::Location::Directory(dir.path().to_owned());
    let first = store::Store::open(&at, root.clone(), NOW).await.unwrap();
    let tenant = first.ensure_tenant("990000017", NOW).await.unwrap();
    for world in worlds().await.into_iter().take(1) {
        let call = Call { tenant, ..world.client(Level::VerySensitive) };
        first.write(&call, vec![world.create(parameter("sp")), world.create(born("p1", "Quimper"))]).await.unwrap();
        let job = Call { tenant, ..job(&world) };
        while first.index_own(&job, 10).await.unwrap() {}
    }
    drop(first);
    let again = store::Store::open(&at, root, NOW).await.unwrap();
    assert_eq!(again.own_params(tenant).answered(ResourceType::PATIENT).count(), 1);
}
