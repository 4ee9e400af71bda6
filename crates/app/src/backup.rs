//! Copies of the store, and drills that restore one: what was really done, kept as proof.
//!
//! A copy is deleted by its age only, never by its rank: who could add copies could otherwise make the good ones go. A copy of
//! another store is nobody's here.

mod shelf;

use crate::app::App;
use crate::cx::{Cx, Origin};
use crate::error::{Error, Result};
use aws_lc_rs::digest::{SHA256, digest};
use confidentiality::{Level, Purpose};
use domain::governance::measures;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use store::copy::Copied;

const KIND: &str = "backup";
const DRILL: &str = "drill";
/// Places of copies, at most.
const MOST: i64 = 100;
const DAY: i64 = 86_400_000_000;
/// A copy older than this is no recent one.
const RECENT: i64 = 2 * DAY;
/// What is written beside a copy last: without it, the copy was not finished.
const MANIFEST: &str = "copie.json";
/// A file that nobody should be able to delete where copies are safe.
const CANARY: &str = "temoin";

/// A copy that was made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saved {
    /// When, UTC microseconds.
    pub at: i64,
    /// Whose it is: the random number of the store. Empty in what was kept before copies said it.
    #[serde(default)]
    pub store: String,
    /// Its folder, below where it was asked.
    pub folder: String,
    /// Where it is, when that is elsewhere, as the operator says.
    pub site: Option<String>,
    /// Number of the medium it is on.
    pub medium: u64,
    /// Its size.
    pub bytes: u64,
    /// Whether deleting what was written the time before was refused; none the first time.
    pub canary: Option<bool>,
    /// Copies that were deleted for their age.
    pub purged: Vec<String>,
    /// SHA-256 of each file, in hexadecimal; none in what was kept before copies said it.
    #[serde(default)]
    pub digests: BTreeMap<String, String>,
}

/// What is asked of a copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// The folder of copies.
    pub to: PathBuf,
    /// Where that is, when it is elsewhere.
    pub site: Option<String>,
    /// Days after which copies are deleted; none: never.
    pub keep_days: Option<u32>,
}

/// A drill: a copy was restored, opened and read whole.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drill {
    /// When it ended, UTC microseconds.
    pub at: i64,
    /// When the copy was made, UTC microseconds.
    pub of: i64,
    /// How long it took, seconds.
    pub seconds: u64,
    /// Items read.
    pub items: u64,
    /// Entries of the log verified.
    pub entries: u64,
    /// What was damaged; 0 when everything opens.
    pub findings: u64,
    /// What it was, one sentence each; not all of it where there is much.
    #[serde(default)]
    pub causes: Vec<Cause>,
    /// It opened under a root key of before only, which will be destroyed.
    #[serde(default)]
    pub former_key: bool,
}

/// Why a copy would not do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// For machines.
    pub code: String,
    /// For people.
    pub text: String,
}

fn operator(app: &App, request: &str) -> Cx {
    let origin = Origin { request: request.to_owned(), ..Origin::default() };
    Cx::operator(app, None, Level::VerySensitive, Purpose::Drill, origin)
}

/// Copies the store while it serves, tries to delete what the copy before left there, and keeps what was done. A copy that fails
/// leaves nothing.
///
/// # Errors
/// A folder that cannot be written; the store's. On PostgreSQL, [`Error::Store`] with an invalid input: its tools do this.
pub async fn save(app: &App, request: &str, wish: Wish) -> Result<Saved> {
    let cx = operator(app, request);
    let failed = |error: std::io::Error| Error::file(&wish.to, &error);
    let store = app.store().id();
    let older = shelf::copies(&wish.to, store).map_err(failed)?;
    shelf::sweep(&wish.to, store);
    let part = shelf::Part::new(&wish.to, store, cx.now())?;
    let bytes = match app.store().copy_to(part.path()).await? {
        Copied::Whole(bytes) => bytes,
        Copied::Unwritten(kind) => return Err(failed(kind.into())),
        Copied::Elsewhere => {
            let french = "Avec PostgreSQL, la sauvegarde est celle de la base : pg_basebackup ou pg_dump.";
            return Err(Error::invalid("backup-engine", None, french, "with PostgreSQL, use pg_basebackup or pg_dump"));
        }
    };
    let saved = Saved {
        at: cx.now(),
        store: store.to_owned(),
        folder: String::new(),
        site: wish.site.clone(),
        medium: shelf::medium(part.path()).map_err(failed)?,
        bytes,
        canary: older.last().and_then(|(_, folder)| shelf::try_deleting(&folder.join(CANARY))),
        purged: Vec::new(),
        digests: BTreeMap::new(),
    };
    // All of it is read once more: minutes, where a copy is large.
    let to = wish.to.clone();
    let finished = tokio::task::spawn_blocking(move || part.finish(&to, saved)).await;
    let mut saved = finished.map_err(|e| Error::Bug(e.to_string()))??;
    saved.purged = shelf::purge(&older, wish.keep_days, cx.now());
    keep(&cx, &format!("{KIND}/{}", place(&wish.to)), &saved).await?;
    Ok(saved)
}

/// When a copy was made, and of which store where it says so, by what stands beside it; none when it was not finished.
#[must_use]
pub fn made(folder: &Path) -> Option<(i64, Option<String>)> {
    let told = shelf::told(folder)?;
    Some((told.at, shelf::of(folder, &told)))
}

/// The files of a copy that are no longer those that were copied; none of a copy that does not say what they were.
///
/// # Errors
/// A file that cannot be read.
pub fn changed(folder: &Path) -> Result<Vec<String>> {
    let told = shelf::told(folder).unwrap_or_default();
    let mut changed = Vec::new();
    for (name, was) in told.digests {
        // What this program names, and nothing outside the folder.
        let path = folder.join(Path::new(&name).file_name().unwrap_or_default());
        if path.exists() && shelf::digest_of(&path).map_err(|error| Error::file(&path, &error))? != was {
            changed.push(name);
        }
    }
    Ok(changed)
}

/// Keeps what a drill found.
///
/// # Errors
/// The store's.
pub async fn drilled(app: &App, request: &str, drill: &Drill) -> Result<()> {
    keep(&operator(app, request), DRILL, drill).await
}

async fn keep(cx: &Cx, name: &str, told: &impl Serialize) -> Result<()> {
    let (call, store) = (cx.call("backup"), cx.app().store());
    let known = store.disclose(&call, store.paper(&call, name).await?).await?.map_or(0, |paper| paper.version);
    let body = serde_json::to_vec(told).map_err(|e| Error::Bug(e.to_string()))?;
    Ok(store.keep_paper(&call, name, known, &body).await?)
}

/// What was really done, as measures read it; none when nothing ever was.
///
/// # Errors
/// Absence for whoever may not see the estate; the store's.
pub(crate) async fn proof(cx: &Cx) -> Result<Option<measures::Backup>> {
    let (call, store) = (cx.call("backups"), cx.app().store());
    let papers = store.disclose(&call, store.papers(&call, KIND, MOST).await?).await?;
    let drill = store.disclose(&call, store.paper(&call, DRILL).await?).await?;
    let all: Vec<Saved> = papers.iter().map(|(_, paper)| read(&paper.body)).collect::<Result<_>>()?;
    let drill: Option<Drill> = drill.map(|paper| read(&paper.body)).transpose()?;
    if all.is_empty() && drill.is_none() {
        return Ok(None);
    }
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let recent: Vec<&Saved> = all.iter().filter(|one| cx.now() - one.at <= RECENT).collect();
    let sound = |drill: &Drill| measures::Check { at: drill.at, ok: drill.findings == 0 };
    Ok(Some(measures::Backup {
        last: all.iter().map(|one| one.at).max(),
        copies: number(recent.len()),
        media: number(recent.iter().map(|one| one.medium).collect::<BTreeSet<_>>().len()),
        elsewhere: number(recent.iter().filter(|one| one.site.is_some()).count()),
        canary: canary(&all),
        read_again: drill.as_ref().map(sound),
        drill: drill.as_ref().map(sound),
        took_s: drill.as_ref().map(|drill| i64::try_from(drill.seconds).unwrap_or(i64::MAX)),
        by_age: (!all.is_empty()).then_some(true),
    }))
}

fn read<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T> {
    let damaged = |_| Error::Store(store::Error::Integrity("a paper of backups does not decode".into()));
    serde_json::from_slice(body).map_err(damaged)
}

/// One place where nothing can be deleted is enough; the newest try there counts, else the newest of all.
fn canary(all: &[Saved]) -> Option<measures::Check> {
    let tried = all.iter().filter_map(|one| Some(measures::Check { at: one.at, ok: one.canary? }));
    tried.max_by_key(|check| (check.ok, check.at))
}

/// Stands for a folder of copies in the name of a paper.
fn place(to: &Path) -> String {
    let digest = digest(&SHA256, to.as_os_str().as_encoded_bytes());
    digest.as_ref().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saved(at: i64, canary: Option<bool>) -> Saved {
        Saved { at, medium: 1, bytes: 1, canary, ..Saved::default() }
    }

    #[test]
    fn one_place_that_refuses_is_enough_and_what_nobody_can_tell_says_nothing() {
        let check = |at, ok| Some(measures::Check { at, ok });
        assert_eq!(canary(&[saved(1, None), saved(2, Some(true)), saved(3, Some(false))]), check(2, true));
        assert_eq!(canary(&[saved(2, Some(false)), saved(3, Some(false))]), check(3, false));
        assert_eq!(canary(&[saved(2, None)]), None);
    }
}
