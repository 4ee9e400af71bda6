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

    /// Whether somebody else was quicker.
    pub(crate) fn is_overtaken(&self) -> bool {
        matches!(self, Self::Store(store::Error::Conflict(store::Conflict::Overtaken)))
    }

    /// Whether a version is not the one that was there, of an entry or by itself.
    pub(crate) fn is_version(&self) -> bool {
        match self {
            Self::Entry { error, .. } => error.is_version(),
            error => matches!(error, Self::Store(store::Error::Conflict(store::Conflict::Version))),
        }
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
        let reason = system_said(error);
        Self::File { path: path.display().to_string(), reason }
    }
}

/// What the system says of a file, for a person.
#[must_use]
pub fn system_said(error: &std::io::Error) -> String {
    use std::io::ErrorKind as E;
    match error.kind() {
        E::NotFound => "introuvable".to_owned(),
        E::PermissionDenied => "accès refusé".to_owned(),
        E::AddrInUse => "adresse déjà utilisée par un autre programme".to_owned(),
        E::AddrNotAvailable => "cette machine n'a pas cette adresse".to_owned(),
        E::StorageFull | E::QuotaExceeded => "disque plein".to_owned(),
        E::AlreadyExists => "existe déjà".to_owned(),
        E::DirectoryNotEmpty => "ce dossier n'est pas vide".to_owned(),
        E::IsADirectory => "c'est un dossier".to_owned(),
        E::NotADirectory => "ce n'est pas un dossier".to_owned(),
        E::InvalidData => "ce n'est pas du texte".to_owned(),
        E::ReadOnlyFilesystem => "disque en lecture seule".to_owned(),
        E::UnexpectedEof => "le fichier finit trop tôt".to_owned(),
        E::FileTooLarge => "fichier trop gros pour ce disque, ou pour la limite de ce compte".to_owned(),
        E::BrokenPipe => "personne ne lit plus".to_owned(),
        E::InvalidFilename => "ce nom est trop long ou ne convient pas".to_owned(),
        _ => match error.raw_os_error() {
            Some(23 | 24) => "trop de fichiers ouverts à la fois".to_owned(),
            Some(number) => format!("erreur {number} du système"),
            None => "le système ne l'a pas écrit ou lu en entier".to_owned(),
        },
    }
}

impl From<fhir::Invalid> for Error {
    fn from(invalid: fhir::Invalid) -> Self {
        Self::Store(store::Error::Invalid(invalid))
    }
}
