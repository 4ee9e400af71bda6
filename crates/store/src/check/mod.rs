//! Looking for damage: files, keys, every body, every key row, the whole log. It names what is damaged and where, never
//! what it says; nothing is changed.
//!
//! Not seen: clear columns of a row (place, level, dates…) changed into other possible values; nothing signs them.

mod items;
mod keys;
mod schema;
mod sealed;

pub(crate) use keys::{persons, shown};
pub(crate) use sealed::{ALL as SEALED, SealedRows};

use crate::audit::{self, Finding};
use crate::call::Call;
use crate::engine::{Conn, Db};
use crate::error::{Error, Result};
use crate::store::Store;
use serde::Serialize;

/// Findings told one by one; beyond, a store is damaged enough.
const MOST: usize = 1_000;
/// Items of one read.
const BATCH: i64 = 500;

/// What a check has gone through, and found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Current versions, tombstones too.
    pub items: u64,
    /// Older versions.
    pub versions: u64,
    /// Keys of persons, and pairs.
    pub keys: u64,
    /// Of those, keys of persons of whom there is nothing: a write that did not come to its end. Harmless.
    pub unused_keys: u64,
    /// Items found by other words than those they hold, for they were indexed by another version of the program. Not
    /// damage; they are indexed anew by their next version.
    pub indexed_otherwise: u64,
    /// Rows that are closed by themselves: accounts, names, drafts, safety facts, reasons, files of the estate…
    pub sealed: u64,
    /// Entries of the log.
    pub entries: u64,
    /// What is damaged, and where.
    pub findings: Vec<Finding>,
    /// There were more.
    pub more: bool,
}

/// The log, as a part of what is checked.
const LOG: (&str, &str) = ("log", "le journal");

impl Check {
    fn find(&mut self, code: &'static str, detail: impl Into<String>, text: impl Into<String>) {
        if self.findings.len() < MOST {
            self.findings.push(Finding { code, detail: detail.into(), text: text.into() });
        } else {
            self.more = true;
        }
    }

    /// What cannot be read at all is damage too; a store that is away is not. `part`: English, French.
    fn note<T>(&mut self, (part, fr): (&str, &str), result: Result<T>) -> Result<Option<T>> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(error @ (Error::Unavailable(_) | Error::Locked)) => Err(error),
            Err(error) => {
                self.find("unreadable", format!("{part}: {error}"), format!("ne se lit pas : {fr}."));
                Ok(None)
            }
        }
    }
}

impl Store {
    /// Goes through everything of the call's tenant. One entry of the log, with counts only. `told` hears how many items
    /// were looked at.
    ///
    /// # Errors
    /// A store that is away; a defect for a call that does not see everything. Damage is in the findings.
    pub async fn check(&self, call: &Call, told: &(dyn Fn(u64) + Send + Sync)) -> Result<Check> {
        if !call.clearance.sees_all() {
            return Err(Error::bug("a store is checked by who sees everything"));
        }
        let mut check = Check::default();
        for db in Db::ALL {
            let said = self.engine().integrity(db).await;
            let name = db.name();
            for text in check.note((name, &format!("le fichier {name}")), said)?.unwrap_or_default() {
                check.find("file", format!("{name}: {text}"), format!("le fichier {name} est abîmé ({text})."));
            }
        }
        schema::check(self, &mut check).await?;
        keys::check(self, call.tenant, &mut check).await?;
        items::check(self, call, &mut check, told).await?;
        sealed::check(self, call, &mut check).await?;
        let log = self.verify_audit(call.tenant, None, call.now).await;
        if let Some(report) = check.note(LOG, log)? {
            check.entries = u64::try_from(report.tree_size).unwrap_or_default();
            for Finding { code, detail, text } in report.findings {
                check.find("log", format!("{code}: {detail}"), format!("journal : {text}"));
            }
        }
        let noted = self.note_check(call, &check).await;
        check.note(LOG, noted)?;
        Ok(check)
    }

    async fn note_check(&self, call: &Call, check: &Check) -> Result<()> {
        let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let counts = [("items", count(check.items)), ("findings", count(check.findings.len() as u64))];
        let envelope = call.envelope(counts.map(|(word, count)| (word.to_owned(), count)).into());
        let (inner, tenant) = (self.0.clone(), call.tenant);
        let seal =
            move |conn: &Conn<'_>| audit::seal(&inner.keyring, &inner.engine, conn, tenant, envelope, Vec::new());
        let sealed = self.engine().read(Db::Main, seal).await?;
        self.engine().write(Db::Audit, move |conn| audit::insert_read(conn, &sealed)).await
    }
}
