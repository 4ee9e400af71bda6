//! How a version came to be, which history says (FHIR R4 §3.1.0.13).

use super::Change;

/// The interaction that made a version. The number is the `how` column; 0 stands there for what was written before it
/// was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// A create: this server has given the id.
    Post,
    /// An update, or the creation of what brought its id.
    Put,
    /// A patch.
    Patch,
    /// A deletion.
    Delete,
}

impl How {
    pub(crate) fn code(self) -> i64 {
        match self {
            Self::Post => 1,
            Self::Put => 2,
            Self::Patch => 3,
            Self::Delete => 4,
        }
    }

    /// None for what was written before this was kept.
    pub(crate) fn from_code(code: i64) -> Option<Self> {
        [Self::Post, Self::Put, Self::Patch, Self::Delete].into_iter().find(|how| how.code() == code)
    }

    /// What a change is when nothing more is said of it.
    pub(crate) fn of(change: &Change) -> Self {
        match change {
            Change::Create { .. } => Self::Post,
            Change::Update { .. } | Change::Misfile { .. } => Self::Put,
            Change::Delete { .. } => Self::Delete,
        }
    }
}

impl From<Change> for (Change, How) {
    fn from(change: Change) -> Self {
        let how = How::of(&change);
        (change, how)
    }
}
