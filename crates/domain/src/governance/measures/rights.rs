//! What records say of people's rights, in numbers only: nobody is named.

use super::own::Share;
use serde::Serialize;

/// Rights of those who are accompanied. What cannot be counted is absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Rights {
    /// When it was counted, UTC microseconds.
    pub at: i64,
    /// Adults to whom a *personne de confiance* was proposed.
    pub trusted: Option<Share>,
    /// Measures of legal protection whose end and scope are known, and that have not run out.
    pub protection: Option<Share>,
    /// People who know what is done with their data.
    pub informed: Option<Share>,
    /// Active consents and oppositions that are dated and have not run out.
    pub consents: Option<Share>,
    /// Records that are kept no longer than they may.
    pub retention: Option<Share>,
    /// Accounts of representatives that open named categories of named people only.
    pub representatives: Option<Share>,
}
