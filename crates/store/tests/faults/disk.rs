//! A disk without room, or that takes no writing: a small one of our own, really filled.

use crate::world::{NOW, World, condition, patient, world};
use confidentiality::Level;
use fhir::ResourceType;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use store::{Call, Error, Location, Secret, SessionRow, Store, Unwritable};

/// A file system of some megabytes in memory, gone with this.
pub(crate) struct Small {
    dir: tempfile::TempDir,
}

impl Small {
    /// None, aloud, where one may not mount.
    pub(crate) fn mount(megabytes: u32) -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let size = format!("size={megabytes}m");
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(dir.path()).output();
        if mount.is_ok_and(|mount| mount.status.success()) {
            return Some(Self { dir });
        }
        eprintln!("SKIPPED: no full disk: this user may not mount one");
        None
    }

    pub(crate) fn folder(&self) -> &Path {
        self.dir.path()
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// Takes all the room there is, to the last byte.
    pub(crate) fn fill(&self) {
        let mut ballast = std::fs::OpenOptions::new().create(true).append(true).open(self.ballast()).unwrap();
        for size in [1 << 20, 4096, 1] {
            while ballast.write_all(&vec![7; size]).is_ok() {}
        }
    }

    fn ballast(&self) -> PathBuf {
        self.dir.path().join("ballast")
    }

    pub(crate) fn make_room(&self) {
        std::fs::remove_file(self.ballast()).unwrap();
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _gone = Command::new("umount").arg("--lazy").arg(self.dir.path()).status();
    }
}

/// A person, a note about them, and a nurse who accompanies them.
async fn house(small: &Small, root: &Secret) -> World {
    let world = world(Location::Directory(small.data()), root.clone()).await;
    let program = world.client(Level::VerySensitive);
    let written = world.store.write(&program, vec![world.create(patient("p1"))]).await.unwrap();
    world.hire(41, "ide", 0).await;
    world.relate(41, written.first().unwrap().person).await;
    write(&world, "c1").await.unwrap();
    world
}

async fn write(world: &World, id: &str) -> Result<(), Error> {
    let note = condition("p1", id, "I10", &"relevé de la nuit ".repeat(20), "2025-01-02");
    world.store.write(&world.client(Level::VerySensitive), vec![world.create(note)]).await.map(drop)
}

async fn read(store: &Store, call: &Call) -> Result<bool, Error> {
    let read = store.read(call, ResourceType::CONDITION, "c1").await?;
    Ok(store.disclose(call, read).await?.is_some())
}

async fn sound(world: &World, gaps: i64) {
    let check = world.store.check(&world.client(Level::VerySensitive), &|_| ()).await.unwrap();
    assert_eq!(check.findings, []);
    assert_eq!(world.store.verify_audit(world.tenant, None, NOW).await.unwrap().gaps, gaps);
}

/// So many writes that one of them finds no room; those that found some.
async fn write_until_full(world: &World, round: u32) -> Vec<String> {
    let mut written = Vec::new();
    for n in 0..500 {
        let id = format!("n{round}-{n}");
        match write(world, &id).await {
            Ok(()) => written.push(id),
            Err(Error::Unavailable(why)) => {
                assert!(why.contains("full"), "{why}");
                return written;
            }
            Err(error) => panic!("{error:?}"),
        }
    }
    panic!("the disk is never full");
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_full_disk_carers_read_nothing_is_lost_and_it_goes_on_once_there_is_room() {
    let Some(small) = Small::mount(8) else { return };
    let world = house(&small, &Secret::random().unwrap()).await;
    let nurse = world.signed_in(41).await;
    let mut written = Vec::new();
    for round in 0..3 {
        small.fill();
        written.extend(write_until_full(&world, round).await);
        // Until the log is full too, then on.
        for _ in 0..400 {
            assert!(read(&world.store, &nurse).await.unwrap(), "a carer reads");
        }
        assert!(world.store.outage(world.tenant).is_some(), "the log has no room either");
        assert!(matches!(read(&world.store, &world.client(Level::VerySensitive)).await, Err(Error::Unavailable(_))));
        small.make_room();
        world.store.sequence(world.tenant, NOW).await.unwrap();
        assert_eq!(world.store.outage(world.tenant), None);
        write(&world, &format!("after-{round}")).await.unwrap();
        sound(&world, i64::from(round) + 1).await;
    }
    for id in written {
        let call = world.client(Level::VerySensitive);
        let found = world.store.read(&call, ResourceType::CONDITION, &id).await.unwrap();
        assert!(world.store.disclose(&call, found).await.unwrap().is_some(), "{id} was acknowledged");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reserve_goes_to_the_log_and_comes_back() {
    const RESERVE: u64 = 4 << 20;
    let Some(small) = Small::mount(12) else { return };
    let world = house(&small, &Secret::random().unwrap()).await;
    let program = world.client(Level::VerySensitive);
    assert!(world.store.keep_reserve(RESERVE).await.unwrap());
    assert_eq!(std::fs::metadata(small.data().join("reserve")).unwrap().len(), RESERVE);
    let nora = crate::account::nora(&world, 41).await;
    small.fill();
    write_until_full(&world, 0).await;
    assert!(!small.data().join("reserve").exists(), "it is given back");
    for _ in 0..50 {
        assert!(read(&world.store, &program).await.unwrap(), "the log can be written: nobody waits");
    }
    assert_eq!(world.store.outage(world.tenant), None);
    let session =
        SessionRow { tenant: world.tenant, actor: 41, strength: 2, started: NOW, stepped_up: 0, ends: NOW + 9 };
    world.store.open_session(b"token", session, &nora).await.unwrap();
    assert!(write(&world, "refused").await.is_err(), "what room there is, is for the log");
    assert!(!world.store.keep_reserve(RESERVE).await.unwrap(), "there is still no room for another");
    assert!(!small.data().join("reserve").exists());
    assert!(write(&world, "refused").await.is_err());
    small.make_room();
    assert!(world.store.keep_reserve(RESERVE).await.unwrap());
    write(&world, "c2").await.unwrap();
    sound(&world, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_opens_on_a_full_disk_and_says_why_it_does_not_on_one_that_takes_no_writing() {
    let Some(small) = Small::mount(8) else { return };
    let root = Secret::random().unwrap();
    let world = house(&small, &root).await;
    assert!(world.store.keep_reserve(1 << 20).await.unwrap());
    drop(world);
    small.fill();
    let again = crate::world::world(Location::Directory(small.data()), root.clone()).await;
    assert!(!small.data().join("reserve").exists(), "the reserve opens it");
    assert!(read(&again.store, &again.signed_in(41).await).await.unwrap());
    assert!(write(&again, "c2").await.is_err());
    drop(again);
    small.fill();
    let refused = open(&small.data(), &root).await;
    assert!(matches!(refused, Ok(_) | Err(Error::Unavailable(_))), "without one, no defect is blamed: {refused:?}");
    drop(refused);
    small.make_room();
    let closed = tempfile::tempdir().unwrap();
    let mount = |arguments: &[&str]| {
        Command::new("mount").args(arguments).arg(small.data()).arg(closed.path()).status().unwrap().success()
    };
    assert!(mount(&["--bind"]));
    let remount = Command::new("mount").args(["-o", "remount,bind,ro"]).arg(closed.path()).status().unwrap();
    let refused = open(closed.path(), &root).await;
    let gone = Command::new("umount").arg(closed.path()).status().unwrap();
    assert!(remount.success() && gone.success());
    assert!(matches!(&refused, Err(Error::Unavailable(why)) if why.contains("read-only")), "{refused:?}");
    open(&small.data(), &root).await.unwrap();
}

/// Set in the process that may not write long files.
const BOUNDED: &str = "SOCLE_TEST_BOUNDED_FOLDER";
/// SIGXFSZ, which ends a process that has not said that it wants to hear of it.
const TOO_LONG: i32 = 25;

/// Not a test of its own: the process whose files may not grow.
#[tokio::test(flavor = "multi_thread")]
async fn child_that_may_not_write_long_files() {
    let Some(data) = std::env::var_os(BOUNDED) else { return };
    let _heard = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::from_raw(TOO_LONG)).unwrap();
    let world = world(Location::Directory(data.into()), Secret::random().unwrap()).await;
    let refused = async |round: i32| {
        for n in 0..2_000 {
            match write(&world, &format!("n{round}-{n}")).await {
                Ok(()) => {}
                Err(Error::Unavailable(_)) => return,
                Err(error) => panic!("{error:?}"),
            }
        }
        panic!("files may be as long as they like");
    };
    world.store.write(&world.client(Level::VerySensitive), vec![world.create(patient("p1"))]).await.unwrap();
    refused(0).await;
    let more = format!("--pid={}", std::process::id());
    assert!(Command::new("prlimit").args([&more, "--fsize=unlimited"]).status().unwrap().success());
    write(&world, "c1").await.unwrap();
    sound(&world, 0).await;
    assert!(read(&world.store, &world.client(Level::VerySensitive)).await.unwrap());
}

#[test]
fn files_that_may_not_grow_are_an_unavailability_too() {
    let dir = tempfile::tempdir().unwrap();
    let mut child = Command::new("prlimit");
    // Raised again by the child: the hard limit stays.
    child.arg("--fsize=1500000:unlimited").arg(std::env::current_exe().unwrap());
    child.args(["--exact", "disk::child_that_may_not_write_long_files", "--test-threads=1", "--nocapture"]);
    let Ok(done) = child.env(BOUNDED, dir.path().join("data")).output() else {
        eprintln!("SKIPPED: no bounded files: prlimit is not installed");
        return;
    };
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stdout));
}

async fn open(data: &Path, root: &Secret) -> Result<Store, Error> {
    Store::open(&Location::Directory(data.to_owned()), root.clone(), NOW).await
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_watches_is_told_until_something_is_written_again() {
    let Some(small) = Small::mount(8) else { return };
    let world = house(&small, &Secret::random().unwrap()).await;
    assert_eq!(world.store.unwritable(), Unwritable::default());
    small.fill();
    write_until_full(&world, 0).await;
    assert!(world.store.unwritable().records);
    let program = world.client(Level::VerySensitive);
    for _ in 0..400 {
        let _refused = read(&world.store, &program).await;
    }
    assert!(world.store.unwritable().log, "no carer has read, and programs cannot");
    small.make_room();
    write(&world, "again").await.unwrap();
    read(&world.store, &program).await.unwrap();
    assert_eq!(world.store.unwritable(), Unwritable::default());
}
