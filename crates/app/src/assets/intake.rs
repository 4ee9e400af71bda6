//! Files on their way into the estate.

use super::memory::{self, Lines};
use super::{FileOutcome, Head, Import, Outcome, Status};
use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::folder;
use confidentiality::Actor;
use domain::governance::estate::{Estate, Format, LARGEST, Line, Parsed, Refusal, Source, read};
use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::NewAssets;

/// Bytes of a part, about.
const PART: usize = 1 << 20;
/// How names of files that other programs write end. Others of a folder are tried too, and only passed over when they are none.
const READ: &[&str] = &["json", "jsonl", "ndjson", "xml", "ocs", "csv", "tsv", "txt", "ldif", "ldf", "log"];

/// A file that a folder of Socle's own data has.
const STORE: &str = "keys.db";

/// A file to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its name.
    pub name: String,
    /// Its content; one byte more than may be read when it is too large.
    pub bytes: Vec<u8>,
    /// Where it still is, when it is read only in its turn.
    pub path: Option<PathBuf>,
    /// Nobody named it and its name promises nothing: it was in a folder. What cannot be read of it is no failure.
    pub tried: bool,
}

impl File {
    /// A file that somebody sent.
    #[must_use]
    pub fn new(name: String, bytes: Vec<u8>) -> Self {
        Self { name, bytes, path: None, tried: false }
    }

    /// A file of the machine: its content is read in its turn, so that a folder of thousands is never whole in memory.
    ///
    /// # Errors
    /// [`Error::File`] when it cannot be opened.
    pub fn open(path: &Path) -> Result<Self> {
        std::fs::File::open(path).map_err(|error| Error::file(path, &error))?;
        Ok(Self { name: path.display().to_string(), bytes: Vec::new(), path: Some(path.to_owned()), tried: false })
    }

    /// With its content, and no more of it than may be read.
    fn opened(mut self) -> Result<Self> {
        if let Some(path) = self.path.take() {
            let failed = |error: std::io::Error| Error::file(&path, &error);
            let file = std::fs::File::open(&path).map_err(failed)?;
            file.take(LARGEST as u64 + 1).read_to_end(&mut self.bytes).map_err(failed)?;
        }
        Ok(self)
    }

    /// The last part of its name, as much of it as fits in a list.
    fn last_name(&self) -> String {
        let last = self.name.rsplit(['/', '\\']).next().unwrap_or_default();
        last.chars().filter(|c| !c.is_control()).take(120).collect()
    }
}

/// Files, and those of folders and of the folders within in the order of their names. Hidden ones are left alone.
///
/// # Errors
/// [`Error::File`] when a folder cannot be read, or holds nothing, or a file cannot be opened.
pub fn files(given: &[PathBuf]) -> Result<Vec<File>> {
    let mut all = Vec::new();
    for path in given {
        if !path.is_dir() {
            if is_of_a_store(path) {
                let reason = "c’est un fichier de Socle lui-même".to_owned();
                return Err(Error::File { path: path.display().to_string(), reason });
            }
            all.push(File::open(path)?);
            continue;
        }
        let within = folder::all(path)?.into_iter().filter(|found| !is_hidden(found, path)).collect::<Vec<_>>();
        if within.is_empty() {
            let reason = "aucun fichier à lire dans ce dossier".to_owned();
            return Err(Error::File { path: path.display().to_string(), reason });
        }
        for found in within {
            if folder::ends(&found, READ) {
                all.push(File::open(&found)?);
            } else {
                let name = found.display().to_string();
                all.push(File { name, bytes: Vec::new(), path: Some(found), tried: true });
            }
        }
    }
    Ok(all)
}

/// Whether a file, or what a link leads to, is a store's own: a database, which opened a second time within this process would
/// lose its locks, or the mark that somebody holds it.
fn is_of_a_store(path: &Path) -> bool {
    let real = path.canonicalize();
    let real = real.as_deref().unwrap_or(path);
    let ending = real.extension().and_then(|end| end.to_str()).unwrap_or_default();
    (ending.starts_with("db") || real.ends_with("lock")) && real.with_file_name(STORE).is_file()
}

/// Whether a file of a folder is one that systems and programs keep for themselves: above all a store, and keys.
fn is_hidden(path: &Path, folder: &Path) -> bool {
    let within = path.strip_prefix(folder).unwrap_or(path);
    let name = |part: &std::ffi::OsStr| part.to_string_lossy().to_lowercase();
    let is_key = |path: &Path| folder::ends(path, &["key"]);
    let is_own = is_of_a_store(path) || is_key(path) || path.canonicalize().is_ok_and(|real| is_key(&real));
    is_own
        || within.iter().map(name).any(|name| name.starts_with('.') || name.starts_with("~$"))
        || within.file_name().map(name).is_some_and(|name| matches!(name.as_str(), "thumbs.db" | "desktop.ini"))
}

/// A file once it is read.
struct Taken {
    file: File,
    read: std::result::Result<Parsed, Refusal>,
    digest: Vec<u8>,
}

/// Reads files one after the other, and keeps them all at once.
pub(super) async fn run(cx: &Cx, files: Vec<File>, dry_run: bool) -> Result<Outcome> {
    if !cx.clearance().sees_estate() {
        return Err(store::Error::Absent.into());
    }
    let (mut taken, mut passed_over) = (Vec::with_capacity(files.len()), Vec::new());
    for file in files {
        let (name, tried) = (file.name.clone(), file.tried);
        let opening = move || file.opened();
        let file = match tokio::task::spawn_blocking(opening).await.map_err(|e| Error::Bug(e.to_string()))? {
            Err(Error::File { reason, .. }) if tried => {
                passed_over.push(FileOutcome::past(name, Status::Skipped, Some(reason)));
                continue;
            }
            opened => opened?,
        };
        let digest = cx.app().store().digest(cx.app().tenant(), &file.bytes)?;
        let work = move || {
            let read = read(&file.bytes);
            Taken { file: File { bytes: Vec::new(), ..file }, read, digest }
        };
        taken.push(tokio::task::spawn_blocking(work).await.map_err(|e| Error::Bug(e.to_string()))?);
    }
    let mut outcomes = if dry_run { tried(cx, taken).await? } else { kept(cx, taken).await? };
    outcomes.extend(passed_over);
    Ok(Outcome::of(dry_run, outcomes))
}

async fn kept(cx: &Cx, taken: Vec<Taken>) -> Result<Vec<FileOutcome>> {
    let mut new = Vec::new();
    for one in &taken {
        if let Ok(parsed) = &one.read {
            let head = Head { file: one.file.last_name(), format: parsed.format, lines: parsed.lines.len() as u64 };
            let head = serde_json::to_vec(&head).map_err(|e| Error::Bug(e.to_string()))?;
            new.push(NewAssets { digest: one.digest.clone(), head, parts: parts(&parsed.lines)? });
        }
    }
    let mut numbers = cx.app().store().keep_assets(&cx.call("assets-import"), new).await?.into_iter();
    let estate = memory::load(cx, "assets-import").await?;
    let outcome = |one: Taken| match one.read {
        Err(why) => FileOutcome::unread(one.file, why),
        Ok(parsed) => match numbers.next().flatten() {
            None => FileOutcome::known(one.file.name, parsed.format),
            Some(number) => told(one.file.name, number, parsed.format, cx.now(), Some(number), &estate),
        },
    };
    Ok(taken.into_iter().map(outcome).collect())
}

fn told(file: String, import: i64, format: Format, at: i64, number: Option<i64>, estate: &Estate) -> FileOutcome {
    FileOutcome::read(&Source { import, at, file, format, line: 0, entry: 0 }, number, estate)
}

/// Beside what is there, under numbers that nothing has.
async fn tried(cx: &Cx, taken: Vec<Taken>) -> Result<Vec<FileOutcome>> {
    let known = known(cx).await?;
    let mut lines = memory::lines(cx, "assets-preview").await?;
    let mut seen = BTreeSet::new();
    let mut trial = Vec::with_capacity(taken.len());
    for (one, number) in taken.into_iter().zip(i64::MAX / 2..) {
        let fresh = !known.contains(&one.digest) && seen.insert(one.digest.clone());
        let (file, last) = (one.file.clone(), one.file.last_name());
        match one.read {
            Ok(parsed) if fresh => {
                lines.push((row(number, cx.now(), last, &parsed), Arc::new(parsed.lines)));
                trial.push((file, number, Ok((parsed.format, true))));
            }
            Ok(parsed) => trial.push((file, number, Ok((parsed.format, false)))),
            Err(why) => trial.push((file, number, Err(why))),
        }
    }
    let estate = fold(lines).await?;
    let outcome = |(file, number, read): (File, _, _)| match read {
        Err(why) => FileOutcome::unread(file, why),
        Ok((format, false)) => FileOutcome::known(file.name, format),
        Ok((format, true)) => told(file.name, number, format, cx.now(), None, &estate),
    };
    Ok(trial.into_iter().map(outcome).collect())
}

async fn fold(lines: Lines) -> Result<Estate> {
    let fold = move || Estate::fold(memory::sources(&lines));
    tokio::task::spawn_blocking(fold).await.map_err(|e| Error::Bug(e.to_string()))
}

fn row(import: i64, at: i64, file: String, parsed: &Parsed) -> Import {
    let (format, lines) = (parsed.format, parsed.lines.len() as u64);
    Import {
        import,
        at,
        actor: Actor::new(0),
        undone: None,
        file,
        format,
        lines,
        taken_back: false,
        digest: String::new(),
    }
}

/// Digests of live imports.
async fn known(cx: &Cx) -> Result<BTreeSet<Vec<u8>>> {
    let (call, store) = (cx.call("assets-preview"), cx.app().store());
    let rows = store.disclose(&call, store.asset_imports(&call).await?).await?;
    Ok(rows.into_iter().filter(|row| row.undone.is_none()).map(|row| row.digest).collect())
}

/// Lines as they are kept: read at once by the part.
fn parts(lines: &[Line]) -> Result<Vec<Vec<u8>>> {
    let mut parts = Vec::new();
    let mut part = Vec::new();
    for line in lines {
        let text = serde_json::to_vec(line).map_err(|e| Error::Bug(e.to_string()))?;
        part.push(if part.is_empty() { b'[' } else { b',' });
        part.extend(text);
        if part.len() >= PART {
            part.push(b']');
            parts.push(std::mem::take(&mut part));
        }
    }
    if !part.is_empty() {
        part.push(b']');
        parts.push(part);
    }
    Ok(parts)
}
