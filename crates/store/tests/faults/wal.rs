//! PostgreSQL without room for its own log (`pg_wal`), which lies on a small disk, really filled: it stops, and so does what is
//! asked of it, until there is room and it is started again.

use crate::disk::Small;
use crate::restart::{Server, connect};
use crate::support;
use crate::support::postgres::cluster::Cluster;
use crate::world::{NOW, World, condition, patient, world};
use confidentiality::Level;
use fhir::ResourceType;
use std::collections::BTreeSet;
use store::{Call, Error, Location, Secret};

/// `$1` = folder of the cluster, `$2` = folder of the programs, `$3` = where its log goes. Short pieces of log: the next one is soon
/// wanted.
const SCRIPT: &str = r#"
set -e
cd "$1"
"$2/initdb" -D data -X "$3" --wal-segsize=1 -A trust -U postgres -E UTF8 --locale=C.UTF-8 -N >log 2>&1
options="-c listen_addresses='' -k $1 -c fsync=off -c max_connections=200 -c shared_buffers=32MB"
options="$options -c min_wal_size=2MB -c max_wal_size=8MB"
"$2/pg_ctl" -D data -l log -w -o "$options" start >>log 2>&1
echo ready
read -r _ || :
"$2/pg_ctl" -D data -m immediate -w stop >>log 2>&1 || :
cd /
rm -rf "$1"
"#;

/// Megabytes of the disk.
const SIZE: u32 = 64;
const ROUNDS: usize = 3;
/// What is said, by whom the server has told it before it stopped.
const WHY: &str = "the disk of the database's log is full";

/// Notes by what became of them.
#[derive(Default)]
struct Notes {
    acknowledged: Vec<String>,
    unheard: usize,
    /// What was said of those.
    said: Vec<String>,
}

impl Notes {
    async fn write(&mut self, world: &World, id: String) {
        let note = condition("p1", &id, "I10", &"relevé de la nuit ".repeat(20), "2025-01-02");
        match world.store.write(&world.client(Level::VerySensitive), vec![world.create(note)]).await {
            Ok(_) => self.acknowledged.push(id),
            Err(Error::Unavailable(why)) => {
                self.unheard += 1;
                self.said.push(why);
            }
            Err(error) => panic!("{error:?}"),
        }
    }
}

async fn read(world: &World, call: &Call, id: &str) -> Result<bool, Error> {
    let read = world.store.read(call, ResourceType::CONDITION, id).await?;
    Ok(world.store.disclose(call, read).await?.is_some())
}

/// Everything there is, opened.
async fn all(world: &World, call: &Call) -> BTreeSet<String> {
    let text = fhir::search::pairs("_count=1000");
    let mut query = fhir::search::parse(ResourceType::CONDITION, &text, true).unwrap();
    let mut ids = BTreeSet::new();
    loop {
        let page = world.store.search(call, &query).await.unwrap();
        let page = world.store.disclose(call, page).await.unwrap();
        ids.extend(page.matches.iter().map(|found| found.resource.id().unwrap().to_owned()));
        query.page = page.next;
        if query.page.is_none() {
            return ids;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_room_for_its_log_postgresql_stops_and_nothing_that_was_acknowledged_is_lost() {
    if support::postgres::url().is_none() {
        return;
    }
    let Some(small) = Small::mount(SIZE) else { return };
    let log = small.folder().join("wal");
    let server = Server::of(Cluster::run(SCRIPT, &log.display().to_string()).unwrap().unwrap());
    let world = world(Location::Postgres(server.cluster.url()), Secret::random().unwrap()).await;
    let program = world.client(Level::VerySensitive);
    let person = world.store.write(&program, vec![world.create(patient("p1"))]).await.unwrap().first().unwrap().person;
    world.hire(41, "ide", 0).await;
    world.relate(41, person).await;
    let nurse = world.signed_in(41).await;
    let (mut notes, mut explained) = (Notes::default(), 0);
    notes.write(&world, "first".into()).await;
    for round in 0..ROUNDS {
        small.fill();
        notes.said.clear();
        for n in 0..20_000 {
            notes.write(&world, format!("n{round}-{n}")).await;
            if notes.said.len() > 8 {
                break;
            }
        }
        assert!(notes.said.len() > 8, "the disk is never full");
        // Whoever was told why says it, and so does the server from then on; another process may have been the one to stop it.
        let told = notes.said.iter().position(|why| why.starts_with(WHY));
        assert!(told.is_none_or(|at| notes.said.iter().skip(at).all(|why| why.starts_with(WHY))), "{:?}", notes.said);
        explained += usize::from(told.is_some());
        let lives = connect(&server.cluster.url()).await.is_ok();
        assert!(!lives || read(&world, &nurse, "first").await.unwrap(), "a carer reads as long as it lives");
        small.make_room();
        server.restart().await;
        assert!(read(&world, &nurse, "first").await.unwrap());
        let before = notes.unheard;
        notes.write(&world, format!("after-{round}")).await;
        assert_eq!(notes.unheard, before, "it goes on: {:?}", notes.said);
        world.store.sequence(world.tenant, NOW).await.unwrap();
        let check = world.store.check(&program, &|_| ()).await.unwrap();
        assert_eq!(check.findings, []);
        let there = all(&world, &program).await;
        for id in &notes.acknowledged {
            assert!(there.contains(id), "{id} was acknowledged");
        }
        assert!(there.len() <= notes.acknowledged.len() + notes.unheard, "nobody wrote some of these");
    }
    assert!(explained > 0, "nobody is told why");
    let (written, unheard) = (notes.acknowledged.len(), notes.unheard);
    eprintln!(
        "torture: no room for the log of PostgreSQL: {ROUNDS} times, {written} acknowledged notes, all there, {unheard} refused"
    );
}
