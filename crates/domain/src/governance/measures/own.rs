//! What Socle knows of itself, given by the application. What it does not know is absent, and proves nothing.

use super::rights::Rights;
use crate::governance::list_request::ListRequest;
use serde::{Deserialize, Serialize};

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
}

/// The open account of a person.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Holder {
    /// Its login.
    pub login: String,
    /// The name shown.
    pub display: String,
    /// When it ends, UTC microseconds.
    pub ends: Option<i64>,
}

/// An account by its login, and whether it is as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Named {
    /// The login.
    pub name: String,
    /// It is.
    pub fine: bool,
}

/// What a check found, account by account.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Found {
    /// When, UTC microseconds.
    pub at: i64,
    /// Each account it looked at.
    pub all: Vec<Named>,
}

/// The clock of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Clock {
    /// When it was looked at, UTC microseconds.
    pub at: i64,
    /// It went back of late.
    pub went_back: bool,
    /// The system says it is synchronised; none: it says nothing.
    pub synchronised: Option<bool>,
}

/// A professional, and the number they have.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Numbered {
    /// The login.
    pub login: String,
    /// How they are called: on their account, on their own resource.
    pub names: Vec<String>,
    /// Their number in the national directory, when its key is right.
    pub number: Option<String>,
}

/// Numbers of professionals, as they were looked up.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Numbers {
    /// When, UTC microseconds.
    pub at: i64,
    /// Each professional.
    pub all: Vec<Numbered>,
}

/// Second factors: who signed in, by name, and whether it was with one.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Factors {
    /// Those whose function opens what is about care.
    pub carers: Vec<Named>,
    /// Those who administer.
    pub administrators: Vec<Named>,
}

/// The policy of passwords.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Passwords {
    /// Least number of characters.
    pub shortest: u32,
    /// Passwords that everybody uses are refused.
    pub known_refused: bool,
    /// Open accounts of persons whose password was accepted under a rule that is long enough.
    pub under_rule: Share,
    /// Those whose password was chosen by their holder, and is no longer the one that somebody gave.
    pub chosen: Share,
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
    /// The clock: synchronised, and never back.
    pub clock: Option<Clock>,
    /// Purges follow the durations chosen.
    pub purged: Option<Check>,
    /// The list of accesses of a person was printed in time.
    pub listed: Option<Check>,
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

/// Packs for the day nothing answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Packs {
    /// Units whose pack was written within a day.
    pub units: Share,
    /// When one was last opened without the server, UTC microseconds.
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
    /// Users, and whether each signed the charter in force; none as long as there is no text.
    pub charter: Option<Vec<Named>>,
    /// Open accounts of persons.
    pub people: Vec<Holder>,
    /// Of these, those that somebody reviewed within a year and kept; none as long as nothing was ever reviewed.
    pub review: Option<Share>,
    /// Professionals who have a number in the national directory.
    pub numbers: Option<Numbers>,
    pub audit: Option<Audit>,
    pub backup: Option<Backup>,
    /// Accesses of the month's sample, and those that somebody answering for the records has looked at.
    pub looked: Option<Share>,
    /// Requests for the list of accesses to a record.
    pub requests: Vec<ListRequest>,
    /// Units whose handover was printed whole within a day; none as long as none ever was.
    pub printed: Option<Share>,
    /// Packs; none as long as none was ever written.
    pub packs: Option<Packs>,
    /// Accounts by whether what they reach is within a function of the matrix, a place, or a level.
    pub reaches: Option<Vec<Named>>,
    /// Accounts whose function is not listed for the highest level do not reach it: a check that ran.
    pub level4: Option<Found>,
    /// Enrolled machines that open what the inventory of today allows, and no more.
    pub devices: Option<Share>,
    /// Rights of those who are accompanied.
    pub rights: Option<Rights>,
    /// SHA-256 of what the application read all this from.
    pub sha256: String,
}
