//! What can go wrong in the store, in the five kinds of the house.

/// A store error. Never carries content, names or free text about a person.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The caller's input is not acceptable; each issue has its path.
    #[error("invalid input")]
    Invalid(fhir::Invalid),
    /// The kernel refused; the sentence for the screen is chosen by the caller from the code.
    #[error("refused: {0}")]
    Refused(confidentiality::Refusal),
    /// Nothing here that this actor may observe.
    #[error("absent")]
    Absent,
    /// It was here and has been deleted (the version number of the tombstone).
    #[error("gone at version {0}")]
    Gone(i64),
    /// Somebody wrote in between, or the precondition does not hold.
    #[error("conflict: {0}")]
    Conflict(Conflict),
    /// The store cannot serve now: disk full, database away.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// The store is held by another process.
    #[error("store is locked by another process")]
    Locked,
    /// The root key is absent, unreadable or not the one of this store.
    #[error("root key: {0}")]
    Key(String),
    /// Shares of a root key that do not give it.
    #[error("{0}")]
    Shares(#[from] crate::shares::Trouble),
    /// Stored data fails its own integrity check.
    #[error("integrity: {0}")]
    Integrity(String),
    /// One of several changes failed, and the whole write with it.
    #[error("change {index}: {error}")]
    OfChange {
        /// Its position, from 0.
        index: usize,
        /// What is wrong with it.
        error: Box<Self>,
    },
    /// A defect of ours.
    #[error("bug: {0}")]
    Bug(String),
}

/// Why a write lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Conflict {
    /// `If-Match` or a concurrent writer: the current version differs.
    #[error("version")]
    Version,
    /// A conditional create or reference matched several resources.
    #[error("several matches")]
    SeveralMatches,
    /// A PUT or PATCH on a resource whose current version holds a reference this actor cannot read.
    #[error("hidden reference")]
    HiddenReference,
    /// The update would move the resource to another person.
    #[error("person changed")]
    PersonChanged,
    /// Another writer was faster; the write is planned again. Leaves the store only when a conditional create, in a
    /// write of several changes, now matches: the caller resolves its references anew.
    #[error("overtaken")]
    Overtaken,
    /// Nothing that this actor may know of has this id, and it may not choose the id of what it creates.
    #[error("id chosen")]
    IdChosen,
    /// The chosen id is already taken.
    #[error("id taken")]
    IdTaken,
}

/// What an unavailability says of a disk without room.
pub const FULL: &str = "the disk is full";

/// What one says of PostgreSQL that stops because there is no room for its own log.
pub const LOG_FULL: &str = "the disk of the database's log is full";

/// What it says of files that were replaced, or named otherwise, while they were open.
pub const MOVED: &str = "the files of the store were replaced";

/// What an unavailability says of a store that a later version of the program has opened.
pub const NEWER: &str = "opened by a newer version";

/// What an unavailability says of a database whose texts are not UTF-8, before the name of their encoding.
pub const ENCODING: &str = "the encoding of the database is ";

/// What it says of a schema that another program has made, before its name.
pub const FOREIGN: &str = "somebody else's schema: ";

/// What is said of keys of another day than what they open.
pub(crate) const KEYS_OLDER: &str = "keys is older than main";

/// What is said of a folder, a pipe or a device under the name of a file.
pub(crate) const NO_FILE: &str = "not a regular file";

/// What is said of a key of a legal entity that is not there, though those of its persons are.
pub(crate) const TENANT_KEY_LOST: &str = "a key of the tenant is not there";

/// The store's result.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// A defect, described without content.
    pub(crate) fn bug(what: impl Into<String>) -> Self {
        Self::Bug(what.into())
    }

    /// The same, of one of several changes, where whoever sent them can tell by it what to mend.
    pub(crate) fn of_change(self, index: usize) -> Self {
        match self {
            Self::Conflict(Conflict::Overtaken) => self,
            Self::Refused(_) | Self::Absent | Self::Gone(_) | Self::Conflict(_) => {
                Self::OfChange { index, error: Box::new(self) }
            }
            other => other,
        }
    }

    /// The same, whichever change it is of.
    #[must_use]
    pub fn of_whole(self) -> Self {
        match self {
            Self::OfChange { error, .. } => *error,
            other => other,
        }
    }

    /// Whether something that is there does not open.
    pub(crate) fn is_damage(&self) -> bool {
        matches!(self, Self::Integrity(_) | Self::Key(_))
    }

    /// The same, for somebody else whose statement it was too.
    pub(crate) fn for_another(&self) -> Self {
        match self {
            Self::Unavailable(why) => Self::Unavailable(why.clone()),
            Self::Integrity(what) => Self::Integrity(what.clone()),
            other => Self::Bug(other.to_string()),
        }
    }
}

impl From<fhir::Invalid> for Error {
    fn from(invalid: fhir::Invalid) -> Self {
        Self::Invalid(invalid)
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Unavailable(FULL.into()),
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::SystemIoFailure) => {
                Self::Unavailable(error.to_string())
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Unavailable(error.to_string()),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Integrity(error.to_string()),
            // A test prepares every statement: what one names and is not there was changed on the disk.
            _ if error.to_string().starts_with("no such ") => Self::Integrity(error.to_string()),
            _ => Self::Bug(error.to_string()),
        }
    }
}

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Self {
        use tokio_postgres::error::{Severity, SqlState};
        match error.as_db_error() {
            // Two writers held what the other wanted: one of them plans again.
            Some(db) if [SqlState::T_R_DEADLOCK_DETECTED, SqlState::T_R_SERIALIZATION_FAILURE].contains(db.code()) => {
                Self::Conflict(Conflict::Overtaken)
            }
            // Of a log that cannot be written the whole server dies.
            Some(db) if *db.code() == SqlState::DISK_FULL && db.parsed_severity() == Some(Severity::Panic) => {
                Self::Unavailable(LOG_FULL.into())
            }
            // No room in a tablespace: its writes are refused, what is there is read.
            Some(db) if *db.code() == SqlState::DISK_FULL => Self::Unavailable(FULL.into()),
            // By class: connection lost, an account or a database that is not known or not allowed, resources short, stopped or starting, a lock not had in time, a standby.
            Some(db)
                if ["08", "28", "3D", "42501", "53", "57", "55P03", "25006", "25P03", "58030"]
                    .iter()
                    .any(|of| db.code().code().starts_with(of)) =>
            {
                Self::Unavailable(format!("postgresql {}", db.code().code()))
            }
            Some(db) if db.code().code().starts_with("XX00") && *db.code() != SqlState::INTERNAL_ERROR => {
                Self::Integrity(format!("postgresql {}", db.code().code()))
            }
            Some(db) => Self::Bug(format!("postgresql {}: {}", db.code().code(), db.message())),
            None => Self::Unavailable(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Location, Secret, Store};

    #[tokio::test]
    async fn a_database_or_an_account_that_postgresql_does_not_know_is_no_defect() {
        let Some(cluster) = crate::statements::postgres() else { return };
        let url = cluster.url();
        for (more, code) in [("dbname=nulle_part", "3D000"), ("user=personne", "28000")] {
            let location = Location::Postgres(format!("{url} {more}"));
            let opened = Store::open(&location, Secret::random().unwrap(), 0).await;
            assert!(
                matches!(&opened, Err(Error::Unavailable(why)) if why == &format!("postgresql {code}")),
                "{opened:?}"
            );
        }
    }
}
