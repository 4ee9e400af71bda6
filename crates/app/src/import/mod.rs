//! Import of FHIR files written by others, as often as they come.
//!
//! A unit is a Bundle, a single resource or 500 lines of NDJSON, and is one transaction. A resource that comes again is
//! found by its business identifier or by an import key — a keyed hash of its source and address, kept with a digest of
//! its content. What has been changed here since is left for a person.

mod follow;
mod identity;
mod kept;
mod known;
mod own;
mod planned;
mod report;
mod set;
mod source;
mod text;
mod unit;
mod work;

pub use kept::{Doing, Sent, State, Told, find, forget, keep, send};
pub use report::{Line, Report};
pub use source::Input;

use crate::cx::Cx;
use crate::error::Result;
use source::{One, Source};
use std::collections::HashSet;
use std::path::Path;
use unit::Importer;

/// How far an import is.
#[derive(Debug, Clone, Copy)]
pub struct Progress<'a> {
    /// The file being read.
    pub file: &'a Path,
    /// Bytes of the files that are done.
    pub done: u64,
    /// Bytes of all files.
    pub total: u64,
    /// Resources decided so far.
    pub resources: u64,
}

/// Whether a program may send lines to import: the ids and the authors of what comes are taken as they are, so that it
/// must have every right.
///
/// # Errors
/// `Refused`.
pub fn may_send(cx: &Cx) -> Result<()> {
    Ok(cx.clearance().may_import().map_err(store::Error::Refused)?)
}

/// Imports files, folders and what was sent. Units whose references lead nowhere wait until the others have been read.
///
/// # Errors
/// `File` when one cannot be read at all; the store's when it cannot go on. What has been imported stays.
pub async fn run(
    cx: &Cx,
    inputs: &[Input],
    dry_run: bool,
    progress: &(dyn Fn(Progress<'_>) + Send + Sync),
) -> Result<Report> {
    let (files, passed) = source::files(inputs)?;
    let sizes: Vec<u64> = files.iter().map(|file| file.input.size()).collect();
    let finess = cx.app().places().iter().find(|row| row.place == cx.place()).map(|row| row.finess.clone());
    let finess = finess.unwrap_or_default();
    let importer = Importer {
        cx,
        finess,
        dry_run,
        planned: planned::Planned::default(),
        lost: HashSet::new(),
        contents: known::Contents::default(),
        sets: set::Sets::default(),
        set: 0,
    };
    let report = Report { issues: passed, ..Report::default() };
    let mut run = Run { importer, report, files: &files, sizes: &sizes, progress };
    for file in &files {
        let mut source = Source::open(file)?;
        while let Some(unit) = source.next()? {
            run.importer.survey(&unit).await?;
        }
    }
    let mut waiting = run.pass(None, false).await?;
    // Each pass may bring what the next needs; when one brings nothing, nothing more will come.
    while !waiting.is_empty() {
        let before = waiting.len();
        waiting = run.pass(Some(&waiting), false).await?;
        if waiting.len() == before {
            waiting = run.pass(Some(&waiting), true).await?;
        }
    }
    if !dry_run && run.report.created + run.report.updated > 0 {
        // What has been imported is, whatever becomes of a name.
        if let Err(error) = crate::places::take_names(cx).await {
            tracing::warn!(%error, "no establishment was named after the organisations imported");
        }
    }
    Ok(run.report)
}

/// One import: its files are read as often as what they refer to needs.
struct Run<'a> {
    importer: Importer<'a>,
    report: Report,
    files: &'a [One],
    sizes: &'a [u64],
    progress: &'a (dyn Fn(Progress<'_>) + Send + Sync),
}

/// Units that wait: file, number in the file.
type Waiting = HashSet<(usize, usize)>;

impl Run<'_> {
    /// Imports every unit, or those that wait; what still waits.
    async fn pass(&mut self, only: Option<&Waiting>, last: bool) -> Result<Waiting> {
        let (mut waiting, mut done) = (Waiting::new(), 0);
        let total = self.sizes.iter().sum();
        let sizes = self.sizes.iter().copied();
        for (index, (file, size)) in self.files.iter().zip(sizes).enumerate() {
            let concerned = only.is_none_or(|only| only.iter().any(|(waits, _)| *waits == index));
            let mut source = if concerned { Some(Source::open(file)?) } else { None };
            let mut number = 0;
            while let Some(unit) = source.as_mut().map(Source::next).transpose()?.flatten() {
                if only.is_none_or(|only| only.contains(&(index, number))) {
                    match self.importer.import(&unit, last).await? {
                        Some(part) => self.report.add(part),
                        None => drop(waiting.insert((index, number))),
                    }
                }
                number += 1;
                (self.progress)(Progress { file: file.input.path(), done, total, resources: self.report.count() });
            }
            done += size;
        }
        Ok(waiting)
    }
}

impl Report {
    fn add(&mut self, part: Self) {
        self.created += part.created;
        self.updated += part.updated;
        self.skipped += part.skipped;
        self.conflicts += part.conflicts;
        self.refused += part.refused;
        self.issues.extend(part.issues);
    }

    /// How many resources it speaks of.
    pub fn count(&self) -> u64 {
        self.created + self.updated + self.skipped + self.conflicts + self.refused
    }
}
