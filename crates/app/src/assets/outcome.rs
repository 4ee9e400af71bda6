//! What became of files and of their lines, told one by one.

use super::intake::File;
use domain::governance::estate::{Estate, Fate, Format, Refusal, Source};
use serde::Serialize;

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Its lines are in the estate, or would be.
    Imported,
    /// The same file is there already.
    Known,
    /// Nothing of it was read.
    Refused,
    /// It was in a folder, its name promised nothing, and nothing of it was read.
    Skipped,
    /// It was imported, and has been taken back since.
    TakenBack,
}

/// What became of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LineOutcome {
    /// Where it begins.
    pub line: u64,
    /// `created`, `matched` or `unmatched`.
    pub fate: &'static str,
    /// What it is about, as it is known: a machine, an account, a program.
    pub about: Option<String>,
    /// Why it matches nothing.
    pub code: Option<&'static str>,
    /// The same in French.
    pub text: Option<&'static str>,
}

/// What became of a file, with its lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileOutcome {
    /// The file.
    pub file: String,
    /// What became of it.
    pub status: Status,
    /// Its format, once it is recognised.
    pub format: Option<&'static str>,
    /// The number it was imported under.
    pub import: Option<i64>,
    /// Why it was refused.
    pub code: Option<&'static str>,
    /// The same in French.
    pub text: Option<String>,
    /// Lines that are the first to speak of something.
    pub created: u64,
    /// Lines about something known.
    pub matched: u64,
    /// Lines kept without being about anything.
    pub unmatched: u64,
    /// Each line.
    pub lines: Vec<LineOutcome>,
}

/// What became of everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// Nothing was written.
    pub dry_run: bool,
    /// Of all files together.
    pub created: u64,
    /// Of all files together.
    pub matched: u64,
    /// Of all files together.
    pub unmatched: u64,
    /// Files refused.
    pub refused: u64,
    /// Files of folders that were passed over.
    pub skipped: u64,
    /// Files that were there already.
    pub known: u64,
    /// Each file.
    pub files: Vec<FileOutcome>,
}

impl Outcome {
    pub(super) fn of(dry_run: bool, files: Vec<FileOutcome>) -> Self {
        let sum = |count: fn(&FileOutcome) -> u64| files.iter().map(count).sum();
        let of = |status: Status| files.iter().filter(|file| file.status == status).count() as u64;
        Self {
            dry_run,
            created: sum(|file| file.created),
            matched: sum(|file| file.matched),
            unmatched: sum(|file| file.unmatched),
            refused: of(Status::Refused),
            skipped: of(Status::Skipped),
            known: of(Status::Known),
            files,
        }
    }

    /// Every file was read, and every line is about something.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.refused == 0 && self.unmatched == 0
    }

    /// No file at all could be read.
    #[must_use]
    pub fn is_unreadable(&self) -> bool {
        !self.files.is_empty() && self.refused + self.skipped == self.files.len() as u64
    }
}

impl FileOutcome {
    fn new(file: String, status: Status, format: Option<Format>) -> Self {
        let format = format.map(Format::code);
        let lines = Vec::new();
        let (created, matched, unmatched) = (0, 0, 0);
        Self { file, status, format, import: None, code: None, text: None, created, matched, unmatched, lines }
    }

    pub(super) fn unread(file: File, why: Refusal) -> Self {
        let status = if file.tried { Status::Skipped } else { Status::Refused };
        Self { code: Some(why.code()), text: Some(why.french()), ..Self::new(file.name, status, None) }
    }

    pub(super) fn known(file: String, format: Format) -> Self {
        Self::new(file, Status::Known, Some(format))
    }

    /// Of an import that was done earlier, and of which no line is there.
    pub(super) fn past(file: String, status: Status, text: Option<String>) -> Self {
        Self { text, ..Self::new(file, status, None) }
    }

    pub(super) fn read(source: &Source, number: Option<i64>, estate: &Estate) -> Self {
        let mut outcome = Self::new(source.file.clone(), Status::Imported, Some(source.format));
        outcome.import = number;
        for (source, (fate, about)) in estate.fates(source.import) {
            let (word, why) = match fate {
                Fate::Created => ("created", None),
                Fate::Matched => ("matched", None),
                Fate::Unmatched(reason) => ("unmatched", Some(reason)),
            };
            match fate {
                Fate::Created => outcome.created += 1,
                Fate::Matched => outcome.matched += 1,
                Fate::Unmatched(_) => outcome.unmatched += 1,
            }
            let (code, text) = (why.map(|why| why.code()), why.map(|why| why.french()));
            let about = about.map(str::to_owned);
            outcome.lines.push(LineOutcome { line: source.line, fate: word, about, code, text });
        }
        outcome
    }
}
