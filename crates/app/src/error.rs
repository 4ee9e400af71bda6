//! What can go wrong in a use case.

/// A use case failed. Never carries content, names or free text about a person.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store's: invalid input, refusal, absence, conflict, unavailability or defect.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// Login or secret is wrong; which one is not said.
    #[error("wrong login or secret")]
    Credentials,
    /// Too many wrong secrets for this login: come back after so many seconds.
    #[error("too many attempts, retry in {0} s")]
    TooManyAttempts(i64),
    /// No session, or it is over.
    #[error("signed out")]
    SignedOut,
    /// A file or folder cannot be read or written.
    #[error("{path}: {reason}")]
    File {
        /// Which.
        path: String,
        /// Why.
        reason: String,
    },
    /// An entry of a transaction failed, and the whole with it.
    #[error("entry {index}: {error}")]
    Entry {
        /// Its position in the Bundle, from 0.
        index: usize,
        /// What is wrong with it.
        error: Box<Self>,
    },
    /// A defect of ours.
    #[error("bug: {0}")]
    Bug(String),
}

/// A use case's result.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An input error with one issue.
    pub fn invalid(code: &'static str, path: Option<String>, fr: impl Into<String>, en: impl Into<String>) -> Self {
        Self::Store(store::Error::Invalid(fhir::Invalid::one(code, path, fr, en)))
    }

    /// Whether there is something already under the id that was to be new.
    pub(crate) fn is_taken(&self) -> bool {
        matches!(self, Self::Store(store::Error::Conflict(store::Conflict::IdTaken)))
    }

    /// The same, of one entry of a transaction; what has a path already names it.
    pub(crate) fn of_entry(self, index: usize) -> Self {
        match self {
            Self::Entry { .. }
            | Self::Store(store::Error::Invalid(_) | store::Error::Conflict(store::Conflict::Overtaken)) => self,
            error => Self::Entry { index, error: Box::new(error) },
        }
    }

    pub(crate) fn file(path: &std::path::Path, error: &std::io::Error) -> Self {
        let reason = match error.kind() {
            std::io::ErrorKind::NotFound => "introuvable".to_owned(),
            std::io::ErrorKind::PermissionDenied => "accès refusé".to_owned(),
            kind => kind.to_string(),
        };
        Self::File { path: path.display().to_string(), reason }
    }
}

impl From<fhir::Invalid> for Error {
    fn from(invalid: fhir::Invalid) -> Self {
        Self::Store(store::Error::Invalid(invalid))
    }
}
