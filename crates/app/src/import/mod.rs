//! Import of FHIR files written by others, as often as they come.
//!
//! A unit is a Bundle, a single resource or 500 lines of NDJSON, and is one transaction. A resource that comes again is
//! found by its business identifier or by an import key — a keyed hash of its source and address, kept with a digest of
//! its content. What has been changed here since is left for a person.

mod follow;
mod identity;
mod known;
mod report;
mod source;
mod unit;
mod work;

pub use report::{Line, Report};

use crate::cx::Cx;
use crate::error::Result;
use source::Source;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
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

/// Imports files and folders. Units whose references lead nowhere wait until the others have been read.
///
/// # Errors
/// `File` when one cannot be read at all; the store's when it cannot go on. What has been imported stays.
pub async fn run(
    cx: &Cx,
    paths: &[PathBuf],
    dry_run: bool,
    progress: &(dyn Fn(Progress<'_>) + Send + Sync),
) -> Result<Report> {
    let files = source::files(paths)?;
    let sizes: Vec<u64> = files.iter().map(|file| std::fs::metadata(file).map_or(0, |m| m.len())).collect();
    let total = sizes.iter().sum();
    let finess = cx.app().places().iter().find(|row| row.place == cx.place()).map(|row| row.finess.clone());
    let finess = finess.unwrap_or_default();
    let mut importer = Importer {
        cx,
        finess,
        dry_run,
        planned: HashMap::new(),
        lost: HashSet::new(),
        contents: known::Contents::default(),
    };
    for file in &files {
        let mut source = Source::open(file)?;
        while let Some(unit) = source.next()? {
            importer.survey(&unit).await?;
        }
    }
    let mut report = Report::default();
    let mut waiting: HashSet<(usize, usize)> = HashSet::new();
    let mut done = 0;
    for (index, (file, size)) in files.iter().zip(&sizes).enumerate() {
        let mut source = Source::open(file)?;
        let mut number = 0;
        progress(Progress { file, done, total, resources: report.count() });
        while let Some(unit) = source.next()? {
            match importer.import(&unit, false).await? {
                Some(part) => report.add(part),
                None => {
                    waiting.insert((index, number));
                }
            }
            number += 1;
            progress(Progress { file, done, total, resources: report.count() });
        }
        done += size;
    }
    for (index, file) in files.iter().enumerate() {
        if !waiting.iter().any(|(waits, _)| *waits == index) {
            continue;
        }
        let (mut source, mut number) = (Source::open(file)?, 0);
        while let Some(unit) = source.next()? {
            if waiting.contains(&(index, number))
                && let Some(part) = importer.import(&unit, true).await?
            {
                report.add(part);
            }
            number += 1;
            progress(Progress { file, done, total, resources: report.count() });
        }
    }
    Ok(report)
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
