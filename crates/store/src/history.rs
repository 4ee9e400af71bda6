//! History: the versions of one resource, of a type or of all, page by page (FHIR R4 §3.1.0.13).
//!
//! A version is shown when the current one may be, and it may be itself under the stricter of both labels: what
//! [`Store::history`] says of one resource, for many.

use crate::call::{Call, Shown, Undisclosed};
use crate::engine::Cell;
use crate::error::Result;
use crate::read::{PAST_COLUMNS, Reader, named};
use crate::search::cursor;
use crate::select::Select;
use crate::store::Store;
use crate::stored::{STORED, STORED_COLUMNS, Stored, Version};
use confidentiality::Rid;
use fhir::ResourceType;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Page size when none is asked for.
const PAGE: u32 = 50;
/// The largest page.
const LARGEST_PAGE: u32 = 1_000;

/// Which versions to show. The default is all of them, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HistoryQuery {
    /// Of this type.
    pub kind: Option<ResourceType>,
    /// Of this resource of that type.
    pub id: Option<String>,
    /// Written at or after (UTC microseconds).
    pub since: Option<i64>,
    /// That were current at some time of this interval, its end not included.
    pub at: Option<(i64, i64)>,
    /// The oldest first.
    pub ascending: bool,
    /// How many on a page.
    pub count: Option<u32>,
    /// The total is wanted even when it has to be counted.
    pub total: bool,
    /// The mark of the page.
    pub page: Option<String>,
}

/// One page of versions.
#[derive(Debug, Clone, Default)]
pub struct HistoryPage {
    /// In order.
    pub versions: Vec<Version>,
    /// Those that follow a deletion: created anew.
    pub revived: BTreeSet<(Rid, i64)>,
    /// How many there are in all; absent when that would have to be counted and was not asked for, or cannot be told
    /// without opening them.
    pub total: Option<i64>,
    /// The mark of the next page.
    pub next: Option<String>,
}

/// Which versions of items a condition is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Versions {
    Current,
    Past,
}

/// The last version of a page.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Mark {
    updated: i64,
    rid: i64,
    version: i64,
}

impl Store {
    /// One page of versions. Empty when there is none that may be shown.
    ///
    /// # Errors
    /// [`crate::Error::Invalid`] for a page mark that does not fit.
    pub async fn history_page(&self, call: &Call, query: &HistoryQuery) -> Result<Undisclosed<HistoryPage>> {
        let query = query.clone();
        self.look(call, move |reader| {
            let page = reader.history_page(&query)?;
            let shown = Shown::of(&page.versions);
            Ok((page, shown))
        })
        .await
    }
}

impl Reader<'_> {
    fn history_page(&self, query: &HistoryQuery) -> Result<HistoryPage> {
        let identity = identity(query);
        let keyring = &self.inner.keyring;
        let mut mark: Option<Mark> =
            query.page.as_ref().map(|text| cursor::open(text, keyring, self.call, &identity)).transpose()?;
        let first = mark.is_none();
        let wanted = usize::try_from(query.count.unwrap_or(PAGE).min(LARGEST_PAGE)).unwrap_or(usize::MAX);
        let mut kept: Vec<Stored> = Vec::new();
        // Versions that mention someone unknown leave no gap, not even a mark to a page that would be empty.
        while wanted > 0 && kept.len() <= wanted {
            let rows = self.stretch(query, mark, wanted + 1)?;
            let last = rows.last().filter(|_| rows.len() > wanted).map(|(row, _)| Mark::of(row));
            kept.extend(self.followed(rows)?);
            if last.is_none() {
                break;
            }
            mark = last;
        }
        let more = kept.len() > wanted;
        kept.truncate(wanted);
        let last = kept.last().filter(|_| more).map(Mark::of);
        let next = last.map(|last| cursor::seal(&last, keyring, self.call, &identity)).transpose()?;
        let total = if first && !more && wanted > 0 {
            Some(i64::try_from(kept.len()).unwrap_or(i64::MAX))
        } else if query.total && self.call.clearance.is_universal() {
            Some(self.count_versions(query)?)
        } else {
            None
        };
        let revived = self.revived(&kept)?;
        let mut versions = self.show(&kept)?;
        if let (Some(kind), Some(id)) = (query.kind, &query.id) {
            versions.retain(|found| named(found, kind, id));
        }
        Ok(HistoryPage { versions, revived, total, next })
    }

    /// Which of these follow a tombstone that may be shown too.
    fn revived(&self, kept: &[Stored]) -> Result<BTreeSet<(Rid, i64)>> {
        let mut later = kept.iter().filter(|row| row.version > 1 && !row.deleted).peekable();
        if later.peek().is_none() {
            return Ok(BTreeSet::new());
        }
        let mut select = self.select();
        let rids = select.list(later.map(|row| row.rid));
        let text = format!(
            "SELECT r.rid, r.version FROM (SELECT {PAST_COLUMNS} \
             FROM history h JOIN resource c ON c.tenant = h.tenant AND c.rid = h.rid) r \
             WHERE r.tenant = {} AND r.deleted = 1 AND r.rid IN ({rids}) AND ({})",
            select.tenant, select.permit
        );
        let rows = select.run(self.conn, &text)?;
        rows.iter().map(|row| Ok((Rid::new(row.int(0)?), row.int(1)? + 1))).collect()
    }

    /// The next rows, and whether each is a current version.
    fn stretch(&self, query: &HistoryQuery, mark: Option<Mark>, limit: usize) -> Result<Vec<(Stored, bool)>> {
        let mut select = self.select();
        let current = self.scope(&mut select, query, mark, Versions::Current);
        let scope = self.scope(&mut select, query, mark, Versions::Past);
        // Versions of one resource follow one another whatever the clock said; of several, their times do.
        let order = |columns: &[&str]| {
            let direction = if query.ascending { " ASC" } else { " DESC" };
            columns.iter().map(|column| format!("{column}{direction}")).collect::<Vec<_>>().join(", ")
        };
        let (inner, outer) = match query.id {
            Some(_) => (order(&["r.version", "r.rid"]), order(&["2", "1"])),
            None => (order(&["r.updated", "r.rid"]), order(&["6", "1", "2"])),
        };
        let limit = select.bind(i64::try_from(limit).unwrap_or(i64::MAX));
        let (tenant, permit, past) = (&select.tenant, select.permit, past(&select, &scope));
        // Current ones are chosen by what an index of labels holds, and then fetched by their numbers; past ones are in the order
        // of an index.
        let text = format!(
            "SELECT {STORED}, 1 AS is_current FROM (SELECT r.* FROM (SELECT r.rid AS number FROM resource r \
             WHERE {current} AND ({permit}) ORDER BY {inner} LIMIT {limit}) w \
             CROSS JOIN resource r WHERE r.tenant = {tenant} AND r.rid = w.number \
             ORDER BY {inner}) r UNION ALL {past} ORDER BY {outer} LIMIT {limit}"
        );
        let rows = select.run(self.conn, &text)?;
        rows.iter().map(|row| Ok((Stored::parse(row)?, row.int(STORED_COLUMNS)? == 1))).collect()
    }

    fn count_versions(&self, query: &HistoryQuery) -> Result<i64> {
        let mut select = self.select();
        let current = self.scope(&mut select, query, None, Versions::Current);
        let scope = self.scope(&mut select, query, None, Versions::Past);
        let text = format!(
            "SELECT (SELECT COUNT(*) FROM resource r WHERE {current} AND ({})) + (SELECT COUNT(*) FROM ({}) v)",
            select.permit,
            past(&select, &scope)
        );
        let rows = select.run(self.conn, &text)?;
        crate::read::must(rows.first())?.int(0)
    }

    /// The conditions of the query on a row of `table`: current ones, or past ones. Of a current one only what an index of
    /// labels holds is asked: it is the newest of its item, so nothing follows it.
    fn scope(&self, select: &mut Select, query: &HistoryQuery, mark: Option<Mark>, table: Versions) -> String {
        let tenant = select.tenant.clone();
        let mut bind = |value: i64| select.bind(Cell::Int(value));
        let mut text = match (query.kind, &query.id) {
            (Some(kind), None) => format!("r.tenant = {tenant} AND r.type = {}", kind.code()),
            _ => format!("r.tenant = {tenant}"),
        };
        if let Some(since) = query.since {
            text.push_str(&format!(" AND r.updated >= {}", bind(since)));
        }
        if let Some((from, to)) = query.at {
            text.push_str(&format!(" AND r.updated < {}", bind(to)));
            if table == Versions::Past {
                let from = bind(from);
                for table in ["history", "resource"] {
                    text.push_str(&format!(
                        " AND NOT EXISTS (SELECT 1 FROM {table} n WHERE n.tenant = r.tenant AND n.rid = r.rid \
                         AND n.version > r.version AND n.updated <= {from})"
                    ));
                }
            }
        }
        if let Some(mark) = mark {
            let than = if query.ascending { ">" } else { "<" };
            let (rid, version) = (bind(mark.rid), bind(mark.version));
            let later = match table {
                Versions::Past => format!("r.version {than} {version}"),
                Versions::Current => format!(
                    "EXISTS (SELECT 1 FROM resource n WHERE n.tenant = r.tenant AND n.rid = r.rid AND n.version {than} {version})"
                ),
            };
            text.push_str(&match query.id {
                Some(_) => format!(" AND ({later} OR (r.version = {version} AND r.rid {than} {rid}))"),
                None => {
                    let updated = bind(mark.updated);
                    format!(
                        " AND (r.updated {than} {updated} OR (r.updated = {updated} AND (r.rid {than} {rid} \
                         OR (r.rid = {rid} AND {later}))))"
                    )
                }
            });
        }
        if let (Some(kind), Some(id)) = (query.kind, &query.id) {
            text = format!("{} AND {text}", self.identity(select, kind, id));
        }
        text
    }

    /// What is left when past versions that mention someone unknown are taken out.
    fn followed(&self, rows: Vec<(Stored, bool)>) -> Result<Vec<Stored>> {
        let past: Vec<Stored> = rows.iter().filter(|(_, current)| !current).map(|(row, _)| row.clone()).collect();
        let known: BTreeSet<(i64, i64)> = self.about_known(&past)?.iter().map(|row| (row.rid, row.version)).collect();
        let keeps = |(row, current): &(Stored, bool)| *current || known.contains(&(row.rid, row.version));
        Ok(rows.into_iter().filter(keeps).map(|(row, _)| row).collect())
    }
}

/// Older versions, under the stricter of their label and the current one.
fn past(select: &Select, scope: &str) -> String {
    let permit = select.permit;
    format!(
        "SELECT {STORED}, 0 AS is_current FROM (SELECT {PAST_COLUMNS} \
         FROM history h JOIN resource c ON c.tenant = h.tenant AND c.rid = h.rid \
         WHERE EXISTS (SELECT 1 FROM resource r WHERE r.tenant = c.tenant AND r.rid = c.rid AND ({permit}))) r \
         WHERE {scope} AND ({permit})"
    )
}

impl Mark {
    fn of(row: &Stored) -> Self {
        Self { updated: row.updated, rid: row.rid, version: row.version }
    }
}

/// What makes two requests pages of one history.
fn identity(query: &HistoryQuery) -> String {
    format!("history {:?}", HistoryQuery { page: None, count: None, total: false, ..query.clone() })
}
