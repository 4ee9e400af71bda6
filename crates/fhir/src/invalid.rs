//! What is wrong with an input, in the terms of `OperationOutcome.issue`.

use std::fmt;

/// How bad an issue is (`http://hl7.org/fhir/issue-severity`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The input is refused.
    Error,
    /// Accepted, but something is lost or odd.
    Warning,
    /// For the reader's information.
    Information,
}

impl Severity {
    /// The code of the value set.
    pub fn code(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Information => "information",
        }
    }
}

/// One thing that is wrong, never quoting content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// How bad.
    pub severity: Severity,
    /// A code of `http://hl7.org/fhir/issue-type`.
    pub code: &'static str,
    /// FHIRPath of the element, if there is one.
    pub expression: Option<String>,
    /// French sentence.
    pub text_fr: String,
    /// English sentence.
    pub text_en: String,
}

impl Issue {
    /// An error.
    pub fn error(code: &'static str, expression: Option<String>, fr: impl Into<String>, en: impl Into<String>) -> Self {
        Self { severity: Severity::Error, code, expression, text_fr: fr.into(), text_en: en.into() }
    }

    /// A warning.
    pub fn warning(
        code: &'static str,
        expression: Option<String>,
        fr: impl Into<String>,
        en: impl Into<String>,
    ) -> Self {
        Self { severity: Severity::Warning, code, expression, text_fr: fr.into(), text_en: en.into() }
    }
}

/// A refused input: at least one issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    /// What is wrong, in the order found.
    pub issues: Vec<Issue>,
}

impl Invalid {
    /// A refusal for one reason.
    pub fn one(code: &'static str, expression: Option<String>, fr: impl Into<String>, en: impl Into<String>) -> Self {
        Self { issues: vec![Issue::error(code, expression, fr, en)] }
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, issue) in self.issues.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            if let Some(expression) = &issue.expression {
                write!(f, "{expression}: ")?;
            }
            f.write_str(&issue.text_en)?;
        }
        Ok(())
    }
}

impl std::error::Error for Invalid {}
