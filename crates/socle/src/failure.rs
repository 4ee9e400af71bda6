//! Why a command ends, as an exit code and a French sentence.

use crate::french;
use serde::{Deserialize, Serialize};
use std::path::Path;

pub(crate) const USAGE: u8 = 2;
pub(crate) const UNREADABLE: u8 = 3;
pub(crate) const LOCKED: u8 = 4;
pub(crate) const INTEGRITY: u8 = 5;
pub(crate) const FINDINGS: u8 = 1;

/// A command that could not be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{text}")]
pub(crate) struct Failure {
    /// Exit code.
    pub(crate) exit: u8,
    /// What happened, what to do.
    pub(crate) text: String,
}

pub(crate) type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    pub(crate) fn new(exit: u8, text: impl Into<String>) -> Self {
        Self { exit, text: text.into() }
    }

    pub(crate) fn file(path: &Path, error: &std::io::Error) -> Self {
        Self::new(UNREADABLE, format!("{} : {}.", path.display(), app::system_said(error)))
    }
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        use store::Error as E;
        match error {
            E::Locked => Self::new(LOCKED, "Ces données sont ouvertes par un autre programme : arrêtez-le d'abord."),
            E::Key(why) => Self::new(LOCKED, french::key(&why)),
            E::Shares(trouble) => Self::new(USAGE, crate::key::french(trouble)),
            E::Integrity(why) => Self::new(INTEGRITY, french::damage(&why)),
            E::Unavailable(why) => Self::new(LOCKED, french::away(&why)),
            E::Invalid(invalid) => {
                let said: Vec<String> = invalid.issues.into_iter().map(|issue| issue.text_fr).collect();
                Self::new(USAGE, said.join(" "))
            }
            E::Refused(refusal) => Self::new(FINDINGS, refusal.french()),
            E::Absent | E::Gone(_) => Self::new(FINDINGS, "Il n'y a rien ici sous cet identifiant."),
            E::Conflict(_) => Self::new(FINDINGS, "Quelqu'un d'autre a écrit en même temps : recommencez."),
            E::OfChange { error, .. } => Self::from(*error),
            E::Bug(what) => Self::new(FINDINGS, format!("Défaut de Socle, à signaler : {what}.")),
        }
    }
}

impl From<app::Error> for Failure {
    fn from(error: app::Error) -> Self {
        match error {
            app::Error::Store(error) => error.into(),
            app::Error::File { path, reason } => Self::new(UNREADABLE, format!("{path} : {reason}.")),
            app::Error::Credentials => Self::new(FINDINGS, "Identifiant ou mot de passe incorrect."),
            app::Error::TooManyAttempts(seconds) => {
                Self::new(FINDINGS, format!("Trop d'essais : recommencez dans {seconds} secondes."))
            }
            other => Self::new(FINDINGS, format!("Défaut de Socle, à signaler : {other}.")),
        }
    }
}
