//! Lines of registers that the house, its providers and its tools keep beside machines and accounts: who came in from afar,
//! which backup failed, which disk was erased. They may name people.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// A line of a register.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entry {
    /// Somebody came in from afar.
    Access(Access),
    /// Somebody was allowed to.
    Grant(Grant),
    /// A backup ran.
    Job(Job),
    /// A contract with a provider.
    Contract(Contract),
    /// A machine was scrapped.
    Disposal(Disposal),
    /// A flaw was announced.
    Advisory(Advisory),
    /// Somebody reported something.
    Ticket(Ticket),
    /// What a domain says of its mail.
    Zone(Zone),
    /// Somebody who cares looked at restored records.
    Proofreading(Proofreading),
    /// What was written on paper during an outage was typed.
    Reentry(Reentry),
    /// A health professional of the national directory.
    Professional(Professional),
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Entry(***)")
    }
}

/// A session of a provider.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Access {
    /// Its number.
    pub id: Option<String>,
    /// The account it came in by.
    pub account: String,
    /// Of which provider.
    pub provider: Option<String>,
    /// To what.
    pub target: Option<String>,
    /// `ssh`, `rdp`…
    pub protocol: Option<String>,
    /// When it began, UTC microseconds.
    pub started: i64,
    /// When it ended.
    pub ended: Option<i64>,
    /// The request it rests on.
    pub request: Option<String>,
    /// When that was approved, UTC microseconds.
    pub approved: Option<i64>,
    /// Until when.
    pub until: Option<i64>,
    /// It was recorded, and the record is kept here.
    pub recorded: Option<bool>,
    /// The day its report came.
    pub reported: Option<Date>,
}

/// A request for an access, and what became of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Grant {
    /// The number that sessions name.
    pub id: String,
    /// The account.
    pub account: String,
    /// When it was approved, UTC microseconds; none when it was not.
    pub approved: Option<i64>,
    /// Until when.
    pub until: Option<i64>,
}

/// A run of a backup.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Job {
    /// What is backed up.
    pub name: String,
    /// When it ran, UTC microseconds.
    pub at: i64,
    /// It succeeded.
    pub ok: bool,
    /// When somebody was told of the failure.
    pub told: Option<i64>,
    /// When it was repaired, as somebody says.
    pub repaired: Option<i64>,
    /// The account that writes the copies.
    pub account: Option<String>,
    /// That account has a second factor.
    pub second_factor: Option<bool>,
}

/// A contract, or a program that somebody else runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Contract {
    /// With whom.
    pub provider: String,
    /// For what.
    pub object: String,
    /// It says that all data come back in a form others read.
    pub reversible: Option<bool>,
    /// The day a whole export was last read again.
    pub tried: Option<Date>,
    /// The last day.
    pub ends: Option<Date>,
}

/// A machine that left.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Disposal {
    /// Its name.
    pub name: Option<String>,
    /// Its serial number.
    pub serial: Option<String>,
    /// The day.
    pub on: Option<Date>,
    /// The day its disks were erased or destroyed.
    pub erased: Option<Date>,
    /// Where the proof is.
    pub proof: Option<String>,
}

/// A grave flaw in something that the Internet sees.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Advisory {
    /// `CERTFR-2026-AVI-0123`.
    pub id: String,
    /// The day it was published.
    pub published: Option<Date>,
    /// The machine concerned, by name.
    pub machine: String,
    /// The first version without the flaw.
    pub fixed: Option<String>,
    /// The day it was corrected, as somebody says.
    pub corrected: Option<Date>,
}

/// Something reported to the help desk.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ticket {
    /// Its number.
    pub id: String,
    /// When, UTC microseconds.
    pub opened: i64,
    /// When somebody took it.
    pub taken: Option<i64>,
}

/// What a domain publishes about its mail.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Zone {
    /// The domain, in small letters.
    pub domain: String,
    /// It receives mail.
    pub mail: bool,
    /// Its SPF records.
    pub spf: Vec<String>,
    /// Its DMARC record.
    pub dmarc: Option<String>,
    /// Its DKIM keys, by selector.
    pub dkim: Vec<String>,
}

/// Restored records that somebody who cares looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Proofreading {
    /// The day.
    pub on: Option<Date>,
    /// As what.
    pub function: String,
    /// How many records.
    pub looked: u32,
    /// Of those, how many were right.
    pub right: u32,
}

/// Sheets of paper of a unit after an outage.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Reentry {
    /// The unit.
    pub unit: String,
    /// When the outage ended, UTC microseconds.
    pub over: i64,
    /// Sheets written.
    pub sheets: u32,
    /// Sheets typed.
    pub typed: u32,
    /// When the last one was.
    pub done: Option<i64>,
}

/// A health professional, as the national directory publishes them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Professional {
    /// The RPPS number, eleven figures.
    pub number: String,
    /// Family name in the profession.
    pub family: String,
    /// Given name in the profession.
    pub given: String,
    /// The profession.
    pub profession: Option<String>,
}

impl Entry {
    /// What two writings of one line have in common.
    #[must_use]
    pub fn key(&self) -> String {
        let told = |text: &Option<String>| text.clone().unwrap_or_default();
        let key = match self {
            Self::Access(one) => match &one.id {
                Some(id) => format!("access {id}"),
                None => format!("access {} {} {}", one.account, one.started, told(&one.target)),
            },
            Self::Grant(one) => format!("grant {}", one.id),
            Self::Job(one) => format!("job {} {}", one.name, one.at),
            Self::Contract(one) => format!("contract {} {}", one.provider, one.object),
            Self::Disposal(one) => {
                format!("disposal {}", one.serial.as_ref().or(one.name.as_ref()).cloned().unwrap_or_default())
            }
            Self::Advisory(one) => format!("advisory {} {}", one.id, one.machine),
            Self::Ticket(one) => format!("ticket {}", one.id),
            Self::Zone(one) => format!("zone {}", one.domain),
            Self::Proofreading(one) => {
                format!("proofreading {} {}", one.on.map(|day| day.to_string()).unwrap_or_default(), one.function)
            }
            Self::Reentry(one) => format!("reentry {} {}", one.unit, one.over),
            Self::Professional(one) => format!("professional {}", one.number),
        };
        key.to_lowercase()
    }

    /// What it is about, to show.
    #[must_use]
    pub fn about(&self) -> String {
        match self {
            Self::Access(one) => match &one.target {
                Some(target) => format!("{} → {target}", one.account),
                None => one.account.clone(),
            },
            Self::Grant(one) => format!("demande {}", one.id),
            Self::Job(one) => one.name.clone(),
            Self::Contract(one) => format!("{} ({})", one.object, one.provider),
            Self::Disposal(one) => one.name.as_ref().or(one.serial.as_ref()).cloned().unwrap_or_default(),
            Self::Advisory(one) => format!("{} ({})", one.id, one.machine),
            Self::Ticket(one) => format!("signalement {}", one.id),
            Self::Zone(one) => one.domain.clone(),
            Self::Proofreading(one) => {
                format!("relecture du {}", one.on.map(|day| day.strftime("%d/%m/%Y").to_string()).unwrap_or_default())
            }
            Self::Reentry(one) => one.unit.clone(),
            Self::Professional(one) => format!("{} {}", one.given, one.family).trim().to_owned(),
        }
    }
}
