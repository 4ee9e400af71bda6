//! The power is cut in the middle of an erasure, or of a change of keys: it goes on at the next opening or when asked again, and
//! what was said to be gone is nowhere.

use crate::disk::Disk;
use crate::minutes::goes_on;
use crate::power::{Bench, LEAST};
use crate::random::Stream;
use crate::trace::Step;
use crate::world::{condition, patient, world};
use crate::{ENTITY, FOLDER, NOW, ROOT, client, raw, root, storm};
use confidentiality::{Level, Person, Purpose};
use fhir::ResourceType;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use store::{Call, Location, Secret, Store};

/// Set in the process whose disk loses its power: what it does.
pub(crate) const ACT: &str = "SOCLE_TORTURE_ACT";
/// Said once the record is there, before the act.
const FILLED: &str = "filled";
/// Said once it is over.
const DONE: &str = "done";
const CODES: [&str; 2] = ["I10", "B24"];
/// Cuts of one record.
const CUTS: u64 = 30;

fn key_of(folder: &Path) -> PathBuf {
    folder.join("root.key")
}

fn journal_of(folder: &Path) -> PathBuf {
    folder.join("root.key.erasures")
}

fn place(folder: &Path) -> Location {
    Location::Directory(storm::data_of(folder))
}

fn job(tenant: i64, n: i64) -> Call {
    client::call_for(tenant, NOW + n * 20_000_000, 1, Level::VerySensitive, None, Purpose::Reindex)
}

/// Not a test of its own: the process whose disk loses its power.
#[tokio::test(flavor = "multi_thread")]
async fn child_does_an_act() {
    let (Some(folder), Ok(act)) = (std::env::var_os(FOLDER), std::env::var(ACT)) else { return };
    let (folder, root) = (PathBuf::from(folder), root(&std::env::var(ROOT).unwrap()));
    let say = |word: &str| {
        let mut log = OpenOptions::new().create(true).append(true).open(storm::log_of(&folder, 0)).unwrap();
        log.write_all(format!("{word}\n").as_bytes()).unwrap();
    };
    store::root::write(&key_of(&folder), &root).unwrap();
    let world = world(place(&folder), root).await;
    world.store.replay_erasures(&journal_of(&folder), NOW).await.unwrap();
    let call = world.client(Level::VerySensitive);
    for id in ["p1", "p2"] {
        let mut changes = vec![world.create(patient(id))];
        let items = CODES.iter().map(|code| condition(id, &format!("{id}-{code}"), code, "note", "2025-01-02"));
        changes.extend(items.map(|item| world.create(item)));
        world.store.write(&call, changes).await.unwrap();
    }
    let house = serde_json::json!({"resourceType": "Organization", "id": "o1", "name": "Les Tilleuls"});
    world.store.write(&call, vec![world.create(house)]).await.unwrap();
    assert!(reads(&world.store, world.tenant, "p1").await && searches(&world.store, world.tenant).await);
    say(FILLED);
    let key = key_of(&folder);
    perform(&act, world.store, world.tenant, &key).await;
    say(DONE);
    std::process::exit(0);
}

/// Does it, or brings to its end what was interrupted.
async fn perform(act: &str, store: Store, tenant: i64, key: &Path) {
    let call = client::call(tenant, NOW, 7, Level::VerySensitive, None);
    match act {
        "erase" => {
            if let Some(told) = store.erasure_of(&call, "p1").await.unwrap() {
                let other = client::call(tenant, NOW, 8, Level::VerySensitive, None);
                store.ask_erasure(&other, "p1", told.items, "essai").await.unwrap();
                store.erase(&call, "p1").await.unwrap();
            }
        }
        "rotate" => {
            store.announce_keys(&call).await.unwrap();
            assert_eq!(store.rotate_keys(&call, &|_| ()).await.unwrap().unreadable, 0);
        }
        "reclose" => {
            store.announce_keys(&call).await.unwrap();
            store.rotate_keys(&call, &|_| ()).await.unwrap();
            assert_eq!(store.reclose(&call, &|_| ()).await.unwrap().unreadable, 0);
        }
        "root" => {
            store.change_root(&store::root::begin_change(key).unwrap()).await.unwrap();
            store::root::end_change(key).unwrap();
        }
        "index" => {
            // Already begun, perhaps.
            let _begun = store.change_index_key(&job(tenant, 0)).await.unwrap();
            let mut n = 1;
            while store.changes_index_key(tenant).await.unwrap() {
                store.index_own(&job(tenant, n), 4).await.unwrap();
                n += 1;
            }
        }
        other => panic!("{other}"),
    }
}

async fn reads(store: &Store, tenant: i64, person: &str) -> bool {
    let call = client::call(tenant, NOW, 7, Level::VerySensitive, None);
    let mut found = 0;
    for code in CODES {
        let read = store.read(&call, ResourceType::CONDITION, &format!("{person}-{code}")).await.unwrap();
        found += usize::from(store.disclose(&call, read).await.unwrap().is_some());
    }
    assert!(found == 0 || found == CODES.len(), "half of a person");
    found > 0
}

/// Whether who is there is found by code, and through a reference.
async fn searches(store: &Store, tenant: i64) -> bool {
    let call = client::call(tenant, NOW, 7, Level::VerySensitive, None);
    let mut found = Vec::new();
    for text in ["code=http://hl7.org/fhir/sid/icd-10|I10", "patient.name=quem&code=B24", "patient=Patient/p2"] {
        let query = fhir::search::parse(ResourceType::CONDITION, &fhir::search::pairs(text), true).unwrap();
        let page = store.search(&call, &query).await.unwrap();
        found.push(store.disclose(&call, page).await.unwrap().matches.len());
    }
    let persons = 1 + usize::from(reads(store, tenant, "p1").await);
    found == [persons, persons, 2]
}

/// What is left after a cut.
struct Left<'a> {
    folder: PathBuf,
    act: &'a str,
    former: Secret,
    /// The person had been told to be erased, the key to be changed.
    done: bool,
    /// What must be nowhere once it is.
    known: &'a [Vec<u8>],
}

/// Opens a store that this process has just let go: a child that another test is starting holds for a moment what was open when it
/// was forked.
async fn patiently(open: impl AsyncFn() -> store::Result<Store>) -> store::Result<Store> {
    for _ in 0..200 {
        match open().await {
            Err(store::Error::Locked) => tokio::time::sleep(std::time::Duration::from_millis(10)).await,
            opened => return opened,
        }
    }
    Err(store::Error::Locked)
}

impl Left<'_> {
    async fn open(&self) -> (Store, i64) {
        let key = key_of(&self.folder);
        let root = store::root::load(&key).unwrap();
        let open = async || store::root::open(&key, root.clone(), &place(&self.folder), NOW).await;
        let store = patiently(open).await.unwrap();
        store.replay_erasures(&journal_of(&self.folder), NOW).await.unwrap();
        let tenant = store.ensure_tenant(ENTITY, NOW).await.unwrap();
        (store, tenant)
    }

    async fn check(&self, store: &Store, tenant: i64, over: bool) {
        let call = client::call(tenant, NOW, 7, Level::VerySensitive, None);
        let check = store.check(&call, &|_| ()).await.unwrap();
        // In the middle of a change of the index key, some rows have both keys.
        let otherwise = if over { check.indexed_otherwise } else { 0 };
        assert_eq!((check.findings, otherwise), (Vec::new(), 0));
        assert!(reads(store, tenant, "p2").await && searches(store, tenant).await);
    }

    fn assert_nowhere(&self) {
        let left = raw::found(&storm::data_of(&self.folder), self.known);
        assert!(left.is_empty(), "{left:?}");
    }

    async fn look(&self) {
        let (store, tenant) = self.open().await;
        self.check(&store, tenant, self.act != "index").await;
        let erased = !reads(&store, tenant, "p1").await;
        let noted = std::fs::read_to_string(journal_of(&self.folder)).is_ok_and(|text| text.contains('\n'));
        assert_eq!(erased, noted, "whose erasure has begun is erased, and nobody else");
        assert!(erased || !(self.done && self.act == "erase"));
        if self.done || erased {
            self.assert_nowhere();
        }
        perform(self.act, store, tenant, &key_of(&self.folder)).await;
        self.assert_nowhere();
        let (store, tenant) = self.open().await;
        self.check(&store, tenant, true).await;
        assert_eq!(!reads(&store, tenant, "p1").await, self.act == "erase");
        drop(store);
        if self.act == "root" {
            let kept = store::root::load(&self.folder.join("root.key.former-1")).unwrap();
            assert_eq!(kept, self.former, "the copies of before still need it");
            let opened = patiently(async || Store::open(&place(&self.folder), kept.clone(), NOW).await).await;
            let said = opened.err();
            assert!(matches!(said, Some(store::Error::Key(_))), "the former key opens nothing any more: {said:?}");
        }
    }
}

/// What is closed to all once the act is over: of the person erased; each key in its former wrapping.
fn closed(act: &str, data: &Path) -> Vec<Vec<u8>> {
    let keys = rusqlite::Connection::open(data.join("keys.db")).unwrap();
    let all = |sql: &str| -> Vec<Vec<u8>> {
        let mut statement = keys.prepare(sql).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    match act {
        "erase" => {
            let main = rusqlite::Connection::open(data.join("main.db")).unwrap();
            let first = "SELECT person FROM resource WHERE type = ?1 ORDER BY rid LIMIT 1";
            let person = main.query_row(first, [ResourceType::PATIENT.code()], |row| row.get(0)).unwrap();
            raw::of(data, Person::new(person))
        }
        "rotate" => all("SELECT wrapped FROM person_key UNION ALL SELECT wrapped FROM pair_key
                         UNION ALL SELECT wrapped FROM tenant_key WHERE kind IN (4, 5)"),
        "root" => all("SELECT wrapped FROM tenant_key"),
        "reclose" => {
            let main = rusqlite::Connection::open(data.join("main.db")).unwrap();
            let mut statement =
                main.prepare("SELECT body FROM resource WHERE seal = 0 UNION ALL SELECT body FROM place").unwrap();
            let bodies: Vec<Vec<u8>> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
            assert_eq!(bodies.len(), 2);
            bodies
        }
        // The first stays, for names.
        _ => Vec::new(),
    }
}

/// How many steps until this word had been said.
fn until(bench: &Bench, word: &str) -> usize {
    let log = storm::log_of(&bench.folder.path().join("recorded"), 0);
    let told = |steps: &usize| Disk::after(&bench.trace, *steps, false).told(&log).contains(word);
    let (mut low, mut high) = (0, bench.trace.steps.len());
    while low < high {
        let middle = usize::midpoint(low, high);
        if told(&middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}

async fn cuts(act: &str) {
    let (mut count, mut records) = (0, 0);
    while goes_on(records, 1, 1) {
        let Some(bench) = Bench::of("acts::child_does_an_act", act) else { return };
        records += 1;
        let (first, last, all) = (until(&bench, FILLED), until(&bench, DONE), bench.trace.steps.len());
        assert!(first < last && last <= all, "{act}: {first} {last} {all}");
        let recorded = bench.folder.path().join("recorded");
        let lay = |steps: usize, seed: u64| {
            let dir = tempfile::tempdir_in(bench.folder.path()).unwrap();
            Disk::after(&bench.trace, steps, false).lay(&recorded, dir.path(), &mut Stream::new(seed));
            dir
        };
        let filled = lay(first, 0);
        let known = closed(act, &storm::data_of(filled.path()));
        // A step is of weight when it ends a sync: what may be there changes with it.
        let syncs: Vec<usize> =
            (first..all).filter(|at| matches!(bench.trace.steps.get(*at), Some(Step::End(_)))).collect();
        for n in (0..CUTS).take_while(|n| goes_on(*n, CUTS, LEAST)) {
            let steps = match n {
                0 => all,
                1 => last,
                _ => Stream::new(count).pick(&syncs),
            };
            eprintln!("{act}: cut {count} after {steps} of {first}..{last}..{all}");
            let dir = lay(steps, count);
            let done = steps >= last;
            let (folder, former) = (dir.path().to_owned(), root(&bench.key));
            Left { folder, act, former, done, known: &known }.look().await;
            count += 1;
        }
    }
    eprintln!("torture: power cuts during `{act}`: {count}; it goes on, and what was gone is nowhere");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_cut_by_the_power_is_not_begun_or_comes_to_its_end() {
    if std::env::var_os(FOLDER).is_none() {
        cuts("erase").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_wrap_others_go_on_changing_after_a_power_cut() {
    if std::env::var_os(FOLDER).is_none() {
        cuts("rotate").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_root_key_is_the_former_or_the_new_one_after_a_power_cut() {
    if std::env::var_os(FOLDER).is_none() {
        cuts("root").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_index_key_goes_on_changing_after_a_power_cut() {
    if std::env::var_os(FOLDER).is_none() {
        cuts("index").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn content_goes_on_being_closed_anew_after_a_power_cut() {
    if std::env::var_os(FOLDER).is_none() {
        cuts("reclose").await;
    }
}
