//! Entries without their content: only an erased person, and a purge that the log tells of, take it.

use super::verify::{Finding, finding};
use super::{Payload, hex};
use crate::engine::{Conn, cells};
use crate::error::Result;
use std::collections::BTreeSet;

/// The verb of a purge, and the count that says up to when it went (UTC microseconds).
pub(super) const PURGE: &str = "purge-trail";
/// See [`PURGE`].
pub(super) const BEFORE: &str = "before";

/// The code of such a finding.
pub(crate) const EMPTIED: &str = "emptied";

/// What was found empty, judged once the whole log has been read: a purge stands behind what it took.
#[derive(Debug, Default)]
pub(super) struct Emptied {
    /// Persons who were erased.
    erased: BTreeSet<i64>,
    /// Everything before was purged (UTC microseconds).
    purged: i64,
    /// Position, entry and time of those without content that show nobody who was erased.
    entries: Vec<(i64, String, i64)>,
    /// And of those that lack what they said of somebody who was not.
    parts: Vec<(i64, String, i64)>,
}

impl Emptied {
    /// Where these persons were erased.
    pub(super) fn new(erased: BTreeSet<i64>) -> Self {
        Self { erased, ..Self::default() }
    }

    /// An entry without content, and the persons it shows.
    pub(super) fn entry(&mut self, (position, entry, at): (i64, &[u8], i64), mut persons: impl Iterator<Item = i64>) {
        if !persons.any(|person| self.erased.contains(&person)) {
            self.entries.push((position, hex(entry), at));
        }
    }

    /// What an entry said of a person is not there.
    pub(super) fn part(&mut self, (position, entry, at): (i64, &[u8], i64), person: i64) {
        if !self.erased.contains(&person) {
            self.parts.push((position, hex(entry), at));
        }
    }

    /// What an entry says may be that there was a purge.
    pub(super) fn read(&mut self, payload: &Payload) {
        let envelope = &payload.envelope;
        if envelope.verb == PURGE {
            let before = envelope.counts.get(BEFORE).copied().unwrap_or(envelope.at);
            self.purged = self.purged.max(before);
        }
    }

    /// What nothing explains, in as many words as there are kinds of it.
    pub(super) fn findings(self) -> impl Iterator<Item = Finding> {
        let purged = self.purged;
        let kinds = [
            (
                self.entries,
                "have no content, and nothing says that it was taken",
                "sans contenu, et rien ne dit qu'il a été effacé",
            ),
            (self.parts, "lack a part, and nobody was erased", "une partie manque, et personne n'a été effacé"),
        ];
        kinds.into_iter().filter_map(move |(all, en, fr)| {
            let mut left = all.into_iter().filter(|(.., at)| *at >= purged);
            let (position, entry, _) = left.next()?;
            let count = left.count() + 1;
            let en = format!("{position} (entry {entry}) and {} more: {en}", count - 1);
            let fr = if count == 1 {
                format!("feuille {position} (entrée {entry}) : {fr}.")
            } else {
                format!("{count} entrées, à commencer par la feuille {position} (entrée {entry}) : {fr}.")
            };
            Some(finding(EMPTIED, en, fr))
        })
    }
}

/// The persons of a tenant who were erased.
pub(super) fn erased(conn: &Conn<'_>, tenant: i64) -> Result<BTreeSet<i64>> {
    let rows = conn.query("SELECT person FROM erased WHERE tenant = ?1", &cells![tenant])?;
    rows.iter().map(|row| row.int(0)).collect()
}
