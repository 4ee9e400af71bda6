//! One resource that many clients change at once, and what its history must then be.
//!
//! The resource holds the list of all marks put on it. A client reads it, adds its mark, and writes it back for the
//! version it has read: each version must be the one before it and one mark more.

use crate::world::{World, condition, patient};
use crate::{all, together};
use confidentiality::Level;
use fhir::{Resource, ResourceType};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use store::{Call, Change, Conflict, Error};

/// What clients were told.
#[derive(Debug, Default)]
pub(crate) struct Claims {
    /// Version and mark of each write that was acknowledged.
    pub(crate) acknowledged: Vec<(i64, String)>,
    /// Marks of writes whose end was not heard of.
    pub(crate) unknown: Vec<String>,
}

/// Clients at work, spread over handles of one store.
pub(crate) struct Clients {
    pub(crate) stores: Vec<Arc<World>>,
    pub(crate) id: String,
    pub(crate) clients: usize,
    pub(crate) rounds: usize,
}

/// The resource without any mark; tried until it is there.
pub(crate) async fn lay(world: &World, id: &str) {
    loop {
        let register = condition("p1", id, "I10", "", "2025-01-02");
        match world.store.write(&world.client(Level::VerySensitive), vec![world.create(register)]).await {
            Ok(_) | Err(Error::Conflict(Conflict::IdTaken)) => return,
            Err(Error::Unavailable(_)) => tokio::time::sleep(Duration::from_millis(5)).await,
            Err(error) => panic!("a first write: {error:?}"),
        }
    }
}

/// The person of all registers.
pub(crate) async fn lay_person(world: &World) {
    world.store.write(&world.client(Level::VerySensitive), vec![world.create(patient("p1"))]).await.unwrap();
}

impl Clients {
    pub(crate) async fn run(&self) -> Claims {
        let work = (0..self.clients).zip(self.stores.iter().cycle()).map(|(client, world)| {
            let (world, id, rounds) = (world.clone(), self.id.clone(), self.rounds);
            tokio::spawn(async move { client_at_work(&world, &id, client, rounds).await })
        });
        together(all(work.collect()).await)
    }
}

async fn client_at_work(world: &World, id: &str, client: usize, rounds: usize) -> Claims {
    let (mut claims, mut newest) = (Claims::default(), 0);
    let call = world.program(100 + i64::try_from(client).unwrap(), Level::VerySensitive);
    for round in 0..rounds {
        let (version, mut marks) = match read(world, &call, id).await {
            Ok(read) => read,
            Err(Error::Unavailable(_)) => continue,
            Err(error) => panic!("a read: {error:?}"),
        };
        assert!(version >= newest, "version {version} was read after {newest}");
        newest = version;
        let mark = format!("{client}.{round}");
        marks.push(mark.clone());
        match world.store.write(&call, vec![update(world, id, &marks, version)]).await {
            Ok(written) => {
                newest = written.first().unwrap().version;
                assert_eq!(newest, version + 1, "a write for version {version}");
                claims.acknowledged.push((newest, mark));
            }
            Err(Error::Conflict(_)) => {}
            Err(Error::Unavailable(_)) => claims.unknown.push(mark),
            Err(error) => panic!("a write: {error:?}"),
        }
    }
    claims
}

fn update(world: &World, id: &str, marks: &[String], version: i64) -> Change {
    let value = condition("p1", id, "I10", &marks.join(" "), "2025-01-02");
    let (graded, resource) = (world.graded(&value), Resource::from_value(value).unwrap());
    Change::Update { resource, graded, if_match: Some(version), upsert: false, import: None }
}

async fn read(world: &World, call: &Call, id: &str) -> store::Result<(i64, Vec<String>)> {
    let read = world.store.read(call, ResourceType::CONDITION, id).await?;
    let version = world.store.disclose(call, read).await?.unwrap();
    Ok((version.version, marks(&version.resource)))
}

fn marks(resource: &Resource) -> Vec<String> {
    let value = resource.value();
    let text = value.pointer("/code/text").and_then(serde_json::Value::as_str).unwrap_or_default();
    text.split_whitespace().map(str::to_owned).collect()
}

/// Marks of every version.
pub(crate) async fn versions(world: &World, id: &str) -> BTreeMap<i64, Vec<String>> {
    let call = world.client(Level::VerySensitive);
    let history = world.store.history(&call, ResourceType::CONDITION, id).await.unwrap();
    let history = world.store.disclose(&call, history).await.unwrap();
    history.iter().map(|version| (version.version, marks(&version.resource))).collect()
}

impl Claims {
    /// Holds the history against what clients were told.
    pub(crate) fn check(&self, versions: &BTreeMap<i64, Vec<String>>) {
        let unknown: BTreeSet<&str> = self.unknown.iter().map(String::as_str).collect();
        let told: BTreeMap<i64, &str> =
            self.acknowledged.iter().map(|(version, mark)| (*version, mark.as_str())).collect();
        assert_eq!(told.len(), self.acknowledged.len(), "one version was acknowledged to two clients");
        let mut before: Vec<String> = Vec::new();
        for (at, (version, marks)) in versions.iter().enumerate() {
            assert_eq!(*version, i64::try_from(at).unwrap() + 1, "a version is missing");
            let (last, rest) = marks.split_last().map_or((None, &[][..]), |(last, rest)| (Some(last.as_str()), rest));
            assert_eq!(rest, before, "version {version} does not follow from the one before");
            assert_eq!(last.is_none(), *version == 1, "version {version} adds nothing");
            match (told.get(version), last) {
                (Some(told), last) => assert_eq!(Some(*told), last, "version {version} is another client's"),
                (None, Some(mark)) => assert!(unknown.contains(mark), "version {version} was written by nobody"),
                (None, None) => {}
            }
            before.clone_from(marks);
        }
        let newest = versions.keys().next_back().copied().unwrap_or_default();
        assert!(told.keys().all(|version| *version <= newest), "an acknowledged version is lost");
    }
}
