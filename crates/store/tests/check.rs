//! Damage is named: which item, which key, which entry, never what it says; what is not damaged goes on being read.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test may fail, and says what it has done"
)]

#[path = "check/columns.rs"]
mod columns;
#[path = "check/gone.rs"]
mod gone;
#[path = "support/minutes.rs"]
mod minutes;
#[path = "erasure/raw.rs"]
#[expect(dead_code, reason = "of the search in files, only the copy is needed")]
mod raw;
mod support;
#[expect(dead_code, reason = "nobody signs in")]
#[path = "support/world.rs"]
mod world;

use crate::columns::{changed, dump};
use crate::support::postgres;
use confidentiality::Level;
use fhir::{Resource, ResourceType};
use rusqlite::Connection;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use store::{Account, AccountKind, Change, Check, Error, Hand, Location, Secret, Store};
use world::{NOW, World, condition, patient, world, worlds};

async fn fill(world: &World) {
    let call = world.client(Level::VerySensitive);
    for id in ["p1", "p2"] {
        world.store.write(&call, vec![world.create(patient(id))]).await.unwrap();
        let told = condition(id, &format!("{id}-told"), "B24", "risque de chute", "2025-01-02");
        world.store.write(&call, vec![world.create(told)]).await.unwrap();
        for (code, words) in [("I10", "Hypertension"), ("B24", "séropositivité"), ("E11", "Diabète de type 2")] {
            let value = condition(id, &format!("{id}-{code}"), code, words, "2025-01-02");
            world.store.write(&call, vec![world.create(value.clone())]).await.unwrap();
            let (graded, resource) = (world.graded(&value), Resource::from_value(value).unwrap());
            let change = Change::Update { resource, graded, if_match: None, upsert: false, import: None };
            world.store.write(&call, vec![change]).await.unwrap();
        }
    }
    let account = Account { login: "odile".into(), display: "Odile".into(), ..nobody() };
    world.store.put_account(world.tenant, account).await.unwrap();
    world.store.ensure_unit(world.tenant, world.place, "Les Glycines").await.unwrap();
    let hand = Hand { page: "a", seen: 0 };
    world.store.save_draft(&call, "slot", "p2", hand, b"brouillon".to_vec()).await.unwrap();
    world.store.keep_paper(&call, "profile", 0, b"papier").await.unwrap();
    let gone = Change::Delete { kind: ResourceType::CONDITION, id: "p1-E11".into(), if_match: None };
    world.store.write(&call, vec![gone]).await.unwrap();
    for _ in 0..3 {
        assert_eq!(readable(&world.store, world).await, 7);
    }
    world.store.sequence(world.tenant, NOW).await.unwrap();
}

fn nobody() -> Account {
    Account {
        actor: 41,
        kind: AccountKind::Person,
        login: String::new(),
        display: String::new(),
        password: "quatrième étage".into(),
        place: None,
        max_level: 4,
        write: true,
        chosen_ids: false,
        practitioner: None,
        ends: None,
        chosen: None,
    }
}

/// How many of the items open.
async fn readable(store: &Store, world: &World) -> usize {
    let call = world.client(Level::VerySensitive);
    let mut count = 0;
    let conditions = ["p1-I10", "p1-B24", "p2-I10", "p2-B24", "p2-E11"].map(|id| (ResourceType::CONDITION, id));
    for (kind, id) in conditions.into_iter().chain(["p1", "p2"].map(|id| (ResourceType::PATIENT, id))) {
        let Ok(read) = store.read(&call, kind, id).await else { continue };
        count += usize::from(matches!(store.disclose(&call, read).await, Ok(Some(_))));
    }
    count
}

async fn checked(store: &Store, world: &World) -> Check {
    store.check(&world.client(Level::VerySensitive), &|_| ()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sound_store_has_no_findings() {
    for world in worlds().await {
        fill(&world).await;
        let check = checked(&world.store, &world).await;
        assert_eq!((check.findings, check.indexed_otherwise, check.unused_keys), (Vec::new(), 0, 0));
        assert_eq!((check.items, check.versions), (10, 7));
        assert!(check.sealed >= 7, "{}", check.sealed);
        assert!(check.keys >= 4 && check.entries > 20, "{} {}", check.keys, check.entries);
    }
}

/// A store, and copies of it to damage.
struct Bench {
    dir: tempfile::TempDir,
    root: Secret,
    world: World,
    copy: PathBuf,
}

impl Bench {
    async fn new() -> Self {
        let (dir, root) = (tempfile::tempdir().unwrap(), Secret::random().unwrap());
        let data = dir.path().join("data");
        let world = world(Location::Directory(data.clone()), root.clone()).await;
        fill(&world).await;
        let copy = raw::copy(&data, &dir.path().join("copy"));
        Self { dir, root, world, copy }
    }

    /// A fresh copy of the files.
    fn fresh(&self, name: &str) -> PathBuf {
        let to = self.dir.path().join(name);
        std::fs::create_dir(&to).unwrap();
        for file in ["main.db", "audit.db", "keys.db"] {
            std::fs::copy(self.copy.join(file), to.join(file)).unwrap();
        }
        to
    }

    async fn open(&self, data: &Path) -> Result<Store, Error> {
        let store = Store::open(&Location::Directory(data.to_owned()), self.root.clone(), NOW).await?;
        store.ensure_tenant("990000017", NOW).await?;
        Ok(store)
    }
}

/// Flips a bit in the middle of a value.
fn flip(conn: &Connection, table: &str, column: &str, which: &str) {
    let sql = format!("SELECT rowid, {column} FROM {table} WHERE {which} LIMIT 1");
    let (row, mut value): (i64, Vec<u8>) = conn.query_row(&sql, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    let middle = value.len() / 2;
    *value.get_mut(middle).unwrap() ^= 4;
    conn.execute(&format!("UPDATE {table} SET {column} = ?2 WHERE rowid = ?1"), (row, value)).unwrap();
}

/// File, damage, code of the finding, what stays readable of 7.
type Damage = (&'static str, fn(&Connection), &'static str, usize);

fn run(conn: &Connection, sql: &str) {
    assert!(conn.execute(sql, []).unwrap() > 0, "{sql}");
}

const DAMAGES: [Damage; 44] = [
    ("main", |c| flip(c, "resource", "body", "seal = 1 AND deleted = 0"), "body", 6),
    ("main", |c| flip(c, "resource", "body", "seal = 2 AND deleted = 0 ORDER BY rid DESC"), "body", 6),
    ("main", |c| flip(c, "history", "body", "1"), "body", 7),
    ("main", |c| run(c, "UPDATE resource SET level = 9 WHERE rid = (SELECT MAX(rid) FROM resource)"), "row", 6),
    ("main", |c| run(c, "UPDATE resource SET seal = 0 WHERE rid = (SELECT MAX(rid) FROM resource)"), "row", 7),
    (
        "main",
        |c| run(c, "UPDATE resource SET version = version + 1 WHERE rid = (SELECT MIN(rid) FROM resource)"),
        "history",
        6,
    ),
    (
        "main",
        |c| run(c, "UPDATE resource SET person = person + 2 WHERE rid = (SELECT MIN(rid) FROM resource)"),
        "body",
        6,
    ),
    ("main", |c| run(c, "UPDATE resource SET self = self + 1 WHERE rid = (SELECT MIN(rid) FROM resource)"), "index", 7),
    ("main", |c| run(c, "UPDATE resource SET keys = substr(keys, 1, 9)"), "index", 7),
    (
        "main",
        |c| run(c, "UPDATE resource SET keys = CAST(substr(keys, 1, length(keys) - 1) || x'99' AS BLOB)"),
        "index",
        7,
    ),
    ("main", |c| run(c, "UPDATE resource SET params = substr(params, 3) WHERE length(params) > 2"), "index", 7),
    ("main", |c| run(c, "UPDATE range_key SET lo = lo - 64"), "index", 7),
    ("audit", |c| run(c, "UPDATE entry SET at = at - 64 WHERE seq = 2"), "log", 7),
    ("keys", |c| flip(c, "pair_key", "public", "1"), "key", 7),
    ("main", |c| run(c, "DELETE FROM exact_key WHERE param > 100"), "index", 7),
    ("main", |c| run(c, "UPDATE lossy_key SET hash = hash + 1"), "index", 7),
    ("main", |c| run(c, "DELETE FROM range_key"), "index", 7),
    ("main", |c| run(c, "INSERT INTO exact_key(tenant, param, hash, rid) VALUES(1, 200, 3, 4)"), "index", 7),
    ("main", |c| run(c, "DELETE FROM history"), "history", 7),
    ("main", |c| flip(c, "entry_out", "commitment", "1"), "log", 7),
    ("main", |c| flip(c, "entry_out_part", "body", "1"), "log", 7),
    ("audit", |c| flip(c, "entry", "envelope", "1"), "log", 7),
    ("audit", |c| flip(c, "leaf", "hash", "1"), "log", 7),
    ("audit", |c| run(c, "UPDATE entry SET envelope = NULL, salt = NULL"), "log", 7),
    ("main", |c| run(c, "UPDATE entry_out SET envelope = NULL, salt = NULL WHERE seq = 2"), "log", 7),
    ("main", |c| run(c, "UPDATE entry_out_part SET body = NULL"), "log", 7),
    ("audit", |c| run(c, "DELETE FROM entry WHERE seq = 2"), "log", 7),
    ("keys", |c| flip(c, "pair_key", "wrapped", "1"), "key", 6),
    ("keys", |c| flip(c, "person_key", "wrapped", "1"), "key", 4),
    ("keys", |c| run(c, "DELETE FROM person_key WHERE rowid = (SELECT MIN(rowid) FROM person_key)"), "key", 4),
    ("main", |c| flip(c, "account", "body", "1"), "sealed", 7),
    ("main", |c| run(c, "UPDATE account SET actor = actor + 1"), "sealed", 7),
    ("main", |c| flip(c, "unit", "body", "1"), "sealed", 7),
    ("main", |c| flip(c, "place", "body", "1"), "sealed", 7),
    ("main", |c| flip(c, "paper", "body", "1"), "sealed", 7),
    ("main", |c| flip(c, "draft", "body", "1"), "sealed", 7),
    ("main", |c| run(c, "UPDATE draft SET person = 3"), "sealed", 7),
    ("main", |c| flip(c, "safety", "body", "1"), "sealed", 7),
    ("main", |c| run(c, "UPDATE safety SET part = part + 1"), "sealed", 7),
    ("main", |c| run(c, "UPDATE safety SET rid = (SELECT rid FROM resource WHERE deleted = 1)"), "safety", 7),
    ("main", |c| run(c, "INSERT INTO import_key VALUES(1, 2, 3, 1, x'00', x'00')"), "sealed", 7),
    ("main", |c| run(c, "INSERT INTO asset_part VALUES(1, 2, 3, x'00')"), "sealed", 7),
    ("main", |c| run(c, "INSERT INTO label_rollback VALUES(1, 2, 3, 4, 5, x'00')"), "sealed", 7),
    (
        "main",
        |c| run(c, "INSERT INTO finding(tenant, rid, person, kind, at, closed, body) VALUES(1, 2, 3, 2, 0, 0, x'00')"),
        "sealed",
        7,
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn each_damage_is_named_and_the_rest_goes_on() {
    let bench = Bench::new().await;
    for (n, (file, damage, code, rest)) in DAMAGES.into_iter().enumerate() {
        let data = bench.fresh(&format!("damaged-{n}"));
        damage(&Connection::open(data.join(format!("{file}.db"))).unwrap());
        let store = bench.open(&data).await.unwrap();
        let check = checked(&store, &bench.world).await;
        assert!(check.findings.iter().any(|finding| finding.code == code), "{n}: {:?}", check.findings);
        assert_eq!(readable(&store, &bench.world).await, rest, "{n}: what is not damaged is read");
        let said = format!("{:?}", check.findings);
        for secret in ["Hypertension", "séropositivité", "Quéméner", "Odette", "p1", "p2-"] {
            assert!(!said.contains(secret), "{n}: {said}");
        }
    }
}

/// What is told of a store whose file was changed from outside; nothing when it is as it was, as far as can be seen.
async fn told(bench: &Bench, data: &Path) -> Option<String> {
    match bench.open(data).await {
        Ok(store) => {
            let check = checked(&store, &bench.world).await;
            check.findings.first().map(|finding| finding.detail.clone())
        }
        Err(error @ (Error::Integrity(_) | Error::Key(_))) => Some(error.to_string()),
        Err(error) => panic!("{error:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_byte_anywhere_is_seen_or_changes_nothing() {
    let bench = Bench::new().await;
    let sound = dump(&bench.copy).unwrap();
    let (mut chance, mut seen, mut done) = (0x5eed_u64, BTreeSet::new(), 0);
    for n in (0..).take_while(|n| minutes::goes_on(*n, FLIPS, 1)) {
        for file in ["main.db", "audit.db", "keys.db"] {
            let data = bench.fresh(&format!("flipped-{n}-{file}"));
            let mut bytes = std::fs::read(data.join(file)).unwrap();
            chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let at = usize::try_from(chance >> 33).unwrap() % bytes.len();
            *bytes.get_mut(at).unwrap() ^= 1 << (chance >> 20 & 7);
            std::fs::write(data.join(file), &bytes).unwrap();
            let changed = changed(&data, &sound);
            match told(&bench, &data).await {
                Some(_) => drop(seen.insert((n, file))),
                None => assert_eq!(changed, BTreeSet::new(), "byte {at} of {file}: nobody says so"),
            }
            std::fs::remove_dir_all(data).unwrap();
        }
        done += 1;
    }
    assert!(done < FLIPS || !seen.is_empty(), "no byte that matters was hit");
    eprintln!("torture: flipped bytes: {}, of which {} mattered and were named", 3 * done, seen.len());
}

/// Bytes changed in each file.
const FLIPS: u64 = 16;

#[tokio::test(flavor = "multi_thread")]
async fn a_torn_file_is_named() {
    let bench = Bench::new().await;
    for file in ["main.db", "audit.db", "keys.db"] {
        for keep in [1, 2, 3] {
            let data = bench.fresh(&format!("torn-{keep}-{file}"));
            let whole = std::fs::read(data.join(file)).unwrap();
            std::fs::write(data.join(file), whole.get(..whole.len() * keep / 4).unwrap()).unwrap();
            let said = told(&bench, &data).await.unwrap();
            assert!(said.contains(file.trim_end_matches(".db")), "{file}: {said}");
        }
    }
}

/// Flips a bit in the middle of a value.
fn flipped(table: &str, column: &str, which: &str) -> String {
    let half = format!("length({column}) / 2");
    format!(
        "UPDATE {table} SET {column} = set_byte({column}, {half}, get_byte({column}, {half}) # 4)
         WHERE ctid = (SELECT ctid FROM {table} WHERE {which} AND {column} IS NOT NULL LIMIT 1)"
    )
}

/// Each comes on top of those before: the check names one thing more, and what is sound is still read.
#[tokio::test(flavor = "multi_thread")]
async fn each_damage_is_named_on_postgresql() {
    let Some(url) = postgres::fresh_database() else { return };
    let world = world(Location::Postgres(url.clone()), Secret::random().unwrap()).await;
    fill(&world).await;
    let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let damages = [
        ("body", flipped("main.resource", "body", "seal = 1 AND deleted = 0")),
        ("body", flipped("main.resource", "body", "seal = 2 AND deleted = 0")),
        ("body", flipped("main.history", "body", "true")),
        ("index", "DELETE FROM main.range_key".to_owned()),
        ("index", "UPDATE main.lossy_key SET hash = hash + 1".to_owned()),
        ("log", flipped("main.entry_out", "commitment", "true")),
        ("log", flipped("audit.entry", "envelope", "true")),
        ("log", flipped("audit.leaf", "hash", "position = 3")),
        ("sealed", flipped("main.account", "body", "true")),
        ("key", flipped("keys.pair_key", "wrapped", "true")),
    ];
    let (mut before, mut open) = (0, readable(&world.store, &world).await);
    for (code, sql) in damages {
        assert!(client.execute(&sql, &[]).await.unwrap() > 0, "{sql}");
        let found = checked(&world.store, &world).await.findings;
        assert!(found.len() > before && found.iter().any(|finding| finding.code == code), "{sql}: {found:?}");
        before = found.len();
        let now = readable(&world.store, &world).await;
        assert!(open - now <= 1, "{sql}: what is sound is read: {now} of {open}");
        open = now;
    }
}
