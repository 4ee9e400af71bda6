//! What Socle knows of itself, given by the application. What it does not know is absent, and proves nothing.

use super::rights::Rights;
use serde::Serialize;

/// How many, and how many of them comply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Share {
    /// How many comply.
    pub comply: u32,
    /// How many there are.
    pub of: u32,
}

/// A check that ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Check {
    /// When, UTC microseconds.
    pub at: i64,
    /// It found nothing wrong.
    pub ok: bool,
}

/// Accounts of Socle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Accounts {
    /// Active accounts that belong to a person.
    pub personal: Option<Share>,
    /// Active accounts used within 90 days, or younger than that.
    pub used: Option<Share>,
    /// Accounts of temporary staff that have an end.
    pub temporary_with_end: Option<Share>,
    /// Professionals whose RPPS is known and verified.
    pub rpps: Option<Share>,
}

/// Second factors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Factors {
    /// Those who open records.
    pub carers: Option<Share>,
    /// Those who administer.
    pub administrators: Option<Share>,
}

/// The policy of passwords.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Passwords {
    /// Least number of characters.
    pub shortest: u32,
    /// Passwords that everybody uses are refused.
    pub known_refused: bool,
}

/// The audit trail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Audit {
    /// Reads and writes of a witness leave their entries.
    pub traced: Option<Check>,
    /// The tree was verified.
    pub verified: Option<Check>,
    /// When somebody outside last signed a checkpoint, UTC microseconds.
    pub witnessed: Option<i64>,
    /// The clock: within a second, and never back.
    pub clock: Option<Check>,
    /// Purges follow the durations chosen.
    pub purged: Option<Check>,
    /// The list of accesses of a person was printed in time.
    pub listed: Option<Check>,
}

/// Break-glass accesses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct BreakGlass {
    /// Reviewed within seven days, or younger than that.
    pub reviewed: Share,
}

/// Backups of Socle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Backup {
    /// Last successful snapshot, UTC microseconds.
    pub last: Option<i64>,
    /// Places with a recent snapshot.
    pub copies: u32,
    /// Kinds of media among them.
    pub media: u32,
    /// Places elsewhere among them.
    pub elsewhere: u32,
    /// Deleting the canary was refused.
    pub canary: Option<Check>,
    /// Everything was read again without error.
    pub read_again: Option<Check>,
    /// A drill restored it.
    pub drill: Option<Check>,
    /// How long that took, seconds.
    pub took_s: Option<i64>,
    /// Old snapshots go by age only.
    pub by_age: Option<bool>,
}

/// The continuity pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Pack {
    /// When it was last made, UTC microseconds.
    pub made: i64,
    /// On how many machines.
    pub machines: u32,
    /// When it was last opened as a test.
    pub opened: Option<i64>,
}

/// Everything Socle knows of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "named by their types")]
pub struct Own {
    pub accounts: Option<Accounts>,
    pub factors: Option<Factors>,
    /// Minutes after which a session locks.
    pub idle_minutes: Option<u32>,
    pub passwords: Option<Passwords>,
    /// Failed attempts after which an account is blocked.
    pub blocked_after: Option<u32>,
    /// Users who signed the charter in force.
    pub charter: Option<Share>,
    /// When the last review of accounts and rights was closed, and whether every right was confirmed or taken back.
    pub review: Option<Check>,
    pub audit: Option<Audit>,
    pub break_glass: Option<BreakGlass>,
    pub backup: Option<Backup>,
    pub pack: Option<Pack>,
    /// No secret of a fresh installation is left.
    pub no_default_secret: Option<bool>,
    /// Roles that open every record, beyond those listed.
    pub global_roles: Option<u32>,
    /// Roles that are not listed do not read the highest level: a check that ran.
    pub matrix: Option<Check>,
    /// Enrolled machines that open what the inventory of today allows, and no more.
    pub devices: Option<Share>,
    /// Rights of those who are accompanied.
    pub rights: Option<Rights>,
    /// SHA-256 of what the application read all this from.
    pub sha256: String,
}
