//! What a disk may hold after its power was cut: all that was synced, and of the rest whatever had got there.
//!
//! The strictest reading of POSIX: a write, a change of length or a name in a folder is there for sure once a sync of that file or
//! folder, begun after it was done, has come to its end. Before, any part of them may be there, in any order, in sectors.

use crate::random::Stream;
use crate::trace::{Op, Step, Trace};
use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// What a disk writes whole.
const SECTOR: usize = 512;

/// A disk, as a record says it came about, up to the cut.
pub(crate) struct Disk<'a> {
    ops: &'a [Op],
    begun: Vec<usize>,
    /// Of those, what no cut takes away.
    durable: BTreeSet<usize>,
}

impl<'a> Disk<'a> {
    /// After so many steps. A disk that `lies` has synced nothing.
    pub(crate) fn after(trace: &'a Trace, steps: usize, lies: bool) -> Self {
        let (mut begun, mut done, mut durable) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
        let mut waited: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for step in trace.steps.iter().take(steps) {
            match step {
                Step::Begin(op) => {
                    begun.push(*op);
                    if let Some(Op::Sync(path)) = trace.ops.get(*op) {
                        let of_it = |op: &&usize| touches(trace.ops.get(**op).unwrap(), path);
                        waited.insert(*op, done.iter().filter(of_it).copied().collect());
                    }
                }
                Step::End(op) => {
                    done.insert(*op);
                    durable.extend(waited.remove(op).unwrap_or_default());
                }
            }
        }
        if lies {
            durable.clear();
        }
        Self { ops: &trace.ops, begun, durable }
    }

    /// Lines that somebody was told on this file.
    pub(crate) fn told(&self, path: &Path) -> String {
        let mut told = Vec::new();
        for op in &self.begun {
            match self.ops.get(*op) {
                Some(Op::Append { path: on, bytes }) if on == path => told.extend_from_slice(bytes),
                _ => {}
            }
        }
        String::from_utf8(told).unwrap()
    }

    /// Lays what is under the folder `from` out under `to`, as chance has left it.
    pub(crate) fn lay(&self, from: &Path, to: &Path, chance: &mut Stream) {
        let percent = chance.pick(&[0, 30, 50, 80, 97, 100]);
        let mut found = Found::default();
        for op in &self.begun {
            let (op, sure) = (self.ops.get(*op).unwrap(), self.durable.contains(op));
            if place(op).is_some_and(|path| path.starts_with(from)) && (sure || chance.chance(percent)) {
                found.take(op, sure, chance);
            }
        }
        found.names.retain(|name, _| !name.to_string_lossy().ends_with("-shm"));
        for folder in &found.folders {
            std::fs::create_dir_all(to.join(folder.strip_prefix(from).unwrap())).unwrap();
        }
        for (name, file) in &found.names {
            let name = to.join(name.strip_prefix(from).unwrap());
            // A name in a folder that is not there is nowhere.
            if name.parent().is_some_and(Path::exists) {
                std::fs::write(&name, found.files.get(*file).unwrap()).unwrap();
                // A file is made with its mode: a key is nobody else's.
                std::fs::set_permissions(&name, std::fs::Permissions::from_mode(0o600)).unwrap();
            }
        }
    }
}

/// Where an operation counts.
fn place(op: &Op) -> Option<&Path> {
    match op {
        Op::Create(path) | Op::Folder(path) | Op::Remove(path) => Some(path),
        Op::Rename { from: path, .. } | Op::Link { from: path, .. } => Some(path),
        Op::Write { path, .. } | Op::Append { path, .. } | Op::Cut { path, .. } => Some(path),
        Op::Sync(_) => None,
    }
}

/// Whether a sync of this file or folder makes the operation last.
fn touches(op: &Op, synced: &Path) -> bool {
    match op {
        Op::Write { path, .. } | Op::Append { path, .. } | Op::Cut { path, .. } => path == synced,
        Op::Create(path) | Op::Folder(path) | Op::Remove(path) => path.parent() == Some(synced),
        Op::Rename { from, to } => from.parent() == Some(synced) && to.parent() == Some(synced),
        Op::Link { to, .. } => to.parent() == Some(synced),
        Op::Sync(_) => false,
    }
}

/// What is found when the power is back.
#[derive(Default)]
struct Found {
    folders: BTreeSet<PathBuf>,
    names: BTreeMap<PathBuf, usize>,
    files: Vec<Vec<u8>>,
    /// What programs called the files, whether or not the name has lasted.
    called: BTreeMap<PathBuf, usize>,
}

impl Found {
    fn take(&mut self, op: &Op, sure: bool, chance: &mut Stream) {
        match op {
            Op::Folder(path) => drop(self.folders.insert(path.clone())),
            Op::Create(path) => {
                let file = self.file(path);
                self.names.insert(path.clone(), file);
            }
            Op::Remove(path) => {
                self.names.remove(path);
                self.called.remove(path);
            }
            Op::Rename { from, to } => {
                let file = self.file(from);
                self.names.remove(from);
                self.called.remove(from);
                self.names.insert(to.clone(), file);
                self.called.insert(to.clone(), file);
            }
            Op::Link { from, to } => {
                let file = self.file(from);
                self.names.insert(to.clone(), file);
            }
            Op::Cut { path, length } => self.bytes(path).resize(usize::try_from(*length).unwrap(), 0),
            Op::Append { path, bytes } => self.bytes(path).extend_from_slice(bytes),
            Op::Write { path, at, bytes } => {
                let at = usize::try_from(*at).unwrap();
                let torn = !sure && chance.chance(30);
                for (n, sector) in sectors(at, bytes) {
                    if !torn || chance.chance(50) {
                        let file = self.bytes(path);
                        if file.len() < n + sector.len() {
                            file.resize(n + sector.len(), 0);
                        }
                        file.get_mut(n..n + sector.len()).unwrap().copy_from_slice(sector);
                    }
                }
            }
            Op::Sync(_) => {}
        }
    }

    fn file(&mut self, path: &Path) -> usize {
        if let Some(file) = self.called.get(path) {
            return *file;
        }
        self.files.push(Vec::new());
        self.called.insert(path.to_owned(), self.files.len() - 1);
        self.files.len() - 1
    }

    fn bytes(&mut self, path: &Path) -> &mut Vec<u8> {
        let file = self.file(path);
        self.files.get_mut(file).unwrap()
    }
}

/// What is written, sector by sector, each with its place in the file.
fn sectors(at: usize, bytes: &[u8]) -> Vec<(usize, &[u8])> {
    let (mut parts, mut at, mut rest) = (Vec::new(), at, bytes);
    while !rest.is_empty() {
        let (sector, after) = rest.split_at(rest.len().min(SECTOR - at % SECTOR));
        parts.push((at, sector));
        (at, rest) = (at + sector.len(), after);
    }
    parts
}

#[test]
fn what_was_synced_is_there_and_of_the_rest_any_part() {
    let (a, folder) = (PathBuf::from("/d/a"), PathBuf::from("/d"));
    let write = |at, byte| Op::Write { path: a.clone(), at, bytes: vec![byte; 1024] };
    let ops = vec![
        Op::Folder(folder.clone()),
        Op::Sync(PathBuf::from("/")),
        Op::Create(a.clone()),
        write(0, 1),
        Op::Sync(a.clone()),
        Op::Sync(folder.clone()),
        write(512, 2),
    ];
    let steps = (0..ops.len()).flat_map(|op| [Step::Begin(op), Step::End(op)]).collect();
    let trace = Trace { ops, steps };
    let mut seen = BTreeSet::new();
    for seed in 0..300 {
        let dir = tempfile::tempdir().unwrap();
        Disk::after(&trace, trace.steps.len(), false).lay(&folder, dir.path(), &mut Stream::new(seed));
        let bytes = std::fs::read(dir.path().join("a")).unwrap();
        seen.insert([0, 512, 1024].map(|at| bytes.get(at).copied()));
    }
    let (one, two) = (Some(1), Some(2));
    // A hole is never seen: its sectors would be behind the end.
    assert_eq!(seen, BTreeSet::from([[one, one, None], [one, two, None], [one, one, two], [one, two, two]]));
    let dir = tempfile::tempdir().unwrap();
    let before = Disk::after(&trace, 10, false);
    (0..50).for_each(|seed| before.lay(&folder, dir.path(), &mut Stream::new(seed)));
    assert_eq!(before.told(&a), "");
}
