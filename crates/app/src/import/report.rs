//! What an import says it did.

use fhir::{Issue, Severity};
use serde::Serialize;

/// The report of an import, as `socle import --json` prints it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// New resources.
    pub created: u64,
    /// New versions of resources that were here.
    pub updated: u64,
    /// Already here, or an older version.
    pub skipped: u64,
    /// Left for a person to decide.
    pub conflicts: u64,
    /// Not taken.
    pub refused: u64,
    /// Why, and what was noticed besides.
    pub issues: Vec<Line>,
}

/// One issue, and where it is. Never quotes content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// File, as it was named.
    pub file: String,
    /// Entry of the Bundle, from 0.
    pub entry: Option<usize>,
    /// Line of the file, from 1.
    pub line: Option<usize>,
    /// Element.
    pub path: Option<String>,
    /// `error`, `warning` or `information`.
    pub severity: &'static str,
    /// Code of `http://hl7.org/fhir/issue-type`.
    pub code: &'static str,
    /// French sentence.
    pub text: String,
}

/// Where a resource is in what is read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct At {
    pub(crate) file: String,
    pub(crate) entry: Option<usize>,
    pub(crate) line: Option<usize>,
}

impl At {
    pub(crate) fn line(&self, severity: Severity, code: &'static str, path: Option<String>, text: String) -> Line {
        let (file, severity) = (self.file.clone(), severity.code());
        Line { file, entry: self.entry, line: self.line, path, severity, code, text }
    }

    pub(crate) fn issue(&self, issue: Issue) -> Line {
        self.line(issue.severity, issue.code, issue.expression, issue.text_fr)
    }

    pub(crate) fn issues(&self, invalid: fhir::Invalid) -> Vec<Line> {
        invalid.issues.into_iter().map(|issue| self.issue(issue)).collect()
    }
}

impl Report {
    /// Whether everything was taken and nothing waits for a person.
    pub fn is_clean(&self) -> bool {
        self.refused == 0 && self.conflicts == 0
    }

    /// Whether nothing of what was given could be read at all, not even which resource is wrong.
    pub fn is_unreadable(&self) -> bool {
        let whole = |issue: &Line| issue.severity == "error" && issue.line.is_none() && issue.entry.is_none();
        let taken = self.created + self.updated + self.skipped + self.conflicts;
        // A file of a folder that is passed over says nothing of those that were read.
        let mut said = self.issues.iter().filter(|issue| issue.severity != "information");
        taken == 0 && self.refused > 0 && said.all(|issue| whole(issue) && issue.code == "structure")
    }
}
