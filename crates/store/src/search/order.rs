//! `_sort` and paging: by keys where the index holds the order, else by what is read once the candidates are open.

use super::{CANDIDATES, too_many};
use crate::error::Result;
use crate::read::Reader;
use crate::select::Select;
use crate::stored::{STORED, STORED_COLUMNS, Version};
use fhir::search::{ParamKind, Query, SortKey, SortOn, SortValue, compare, sort_values};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// The mark between two pages.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Mark {
    /// What was there when page one was read.
    pub(super) ceiling: i64,
    /// What the last match was sorted by.
    pub(super) after: Vec<SortValue>,
    /// Row number of the last match.
    pub(super) rid: i64,
}

/// One page's versions, and the position (sort values, row number) after it when there is more.
#[derive(Default)]
pub(super) struct Slice {
    pub(super) versions: Vec<Version>,
    /// How many rows these are, those that do not open included.
    pub(super) rows: usize,
    pub(super) last: Option<(Vec<SortValue>, i64)>,
}

/// One key in the index: an expression on `r`, and its direction.
struct Key {
    expression: String,
    descending: bool,
}

impl Key {
    /// The position after a page: later by this key, or equal by it and `then`.
    fn after(&self, value: &str, then: &str) -> String {
        let comparison = if self.descending { "<" } else { ">" };
        format!("({0} {comparison} {value} OR ({0} = {value} AND {then}))", self.expression)
    }

    fn direction(&self) -> &'static str {
        if self.descending { "DESC" } else { "ASC" }
    }
}

impl Reader<'_> {
    /// Reads one page.
    pub(super) fn page(
        &self,
        select: &mut Select,
        rows: &str,
        query: &Query,
        mark: Option<&Mark>,
        count: u32,
    ) -> Result<Slice> {
        let sort = &query.sort;
        match keys(select, sort, query.also.is_empty()) {
            Some(keys) => self.page_by_keys(select, rows, &keys, mark, count),
            None => self.page_by_values(select, rows, sort, mark, count),
        }
    }

    fn page_by_keys(
        &self,
        select: &mut Select,
        rows: &str,
        keys: &[Key],
        mark: Option<&Mark>,
        count: u32,
    ) -> Result<Slice> {
        let rid = Key { expression: "r.rid".to_owned(), descending: keys.last().is_some_and(|key| key.descending) };
        let after = mark.map_or_else(String::new, |mark| {
            let comparison = if rid.descending { "<" } else { ">" };
            let mut text = format!("r.rid {comparison} {}", select.bind(mark.rid));
            for (key, value) in keys.iter().zip(&mark.after).rev() {
                let SortValue::Time(value) = value else { continue };
                let value = select.bind(*value);
                text = key.after(&value, &text);
            }
            format!(" AND {text}")
        });
        let limit = select.bind(i64::from(count) + 1);
        let columns: String =
            (0..).zip(keys).map(|(at, key): (usize, _)| format!(", {} AS sort_{at}", key.expression)).collect();
        let order: String =
            (0..).zip(keys).map(|(at, key): (usize, _)| format!("sort_{at} {}, ", key.direction())).collect();
        let text = format!(
            "SELECT {STORED}{columns} FROM resource r WHERE {rows}{after} ORDER BY {order}r.rid {} LIMIT {limit}",
            rid.direction()
        );
        let mut found = select.run(self.conn, &text)?;
        let wanted = usize::try_from(count).unwrap_or(usize::MAX);
        let more = found.len() > wanted;
        found.truncate(wanted);
        let last = match found.last() {
            Some(row) if more => {
                let values = (STORED_COLUMNS..).take(keys.len()).map(|at| row.int(at).map(SortValue::Time));
                Some((values.collect::<Result<_>>()?, row.int(0)?))
            }
            _ => None,
        };
        Ok(Slice { versions: self.open(&found)?, rows: found.len(), last })
    }

    /// Opens every candidate and sorts what the reader is shown of it: what is masked moves nothing.
    fn page_by_values(
        &self,
        select: &mut Select,
        rows: &str,
        sort: &[SortKey],
        mark: Option<&Mark>,
        count: u32,
    ) -> Result<Slice> {
        let limit = select.bind(i64::try_from(CANDIDATES).unwrap_or(i64::MAX) + 1);
        let text = format!("SELECT {STORED} FROM resource r WHERE {rows} LIMIT {limit}");
        let found = select.run(self.conn, &text)?;
        if found.len() > CANDIDATES {
            return Err(too_many());
        }
        let placed = self.open(&found)?.into_iter().map(|version| {
            let values = sort_values(&version.resource, version.updated, sort);
            (values, version)
        });
        let backwards = sort.last().is_some_and(|key| key.descending);
        let order = |left: (&[SortValue], i64), right: (&[SortValue], i64)| {
            let rids = if backwards { right.1.cmp(&left.1) } else { left.1.cmp(&right.1) };
            compare(left.0, right.0, sort).then(rids)
        };
        let mut placed: Vec<(Vec<SortValue>, Version)> = placed
            .filter(|(values, version)| {
                let here = (values.as_slice(), version.rid.value());
                mark.is_none_or(|mark| order(here, (&mark.after, mark.rid)) == Ordering::Greater)
            })
            .collect();
        placed.sort_by(|left, right| order((&left.0, left.1.rid.value()), (&right.0, right.1.rid.value())));
        let wanted = usize::try_from(count).unwrap_or(usize::MAX);
        let more = placed.len() > wanted;
        placed.truncate(wanted);
        let last = placed.last().filter(|_| more).map(|(values, version)| (values.clone(), version.rid.value()));
        let versions = placed.into_iter().map(|(_, version)| version).collect();
        Ok(Slice { versions, rows: found.len(), last })
    }
}

/// The keys in the index that give this order, before the row's number; none when something in it is only known once it is open.
fn keys(select: &mut Select, sort: &[SortKey], alone: bool) -> Option<Vec<Key>> {
    let known = |key: &SortKey| match &key.on {
        SortOn::Id => false,
        SortOn::LastUpdated => true,
        // Each of several types has keys of its own.
        SortOn::Param(param) => alone && param.kind == ParamKind::Date && !crate::index::is_secret_date(param),
    };
    sort.iter().all(known).then(|| sort.iter().map(|key| indexed(select, key)).collect())
}

/// The first date in the direction of the sort; what has none comes last.
fn indexed(select: &mut Select, key: &SortKey) -> Key {
    let descending = key.descending;
    let SortOn::Param(param) = &key.on else { return Key { expression: "r.updated".to_owned(), descending } };
    let (pick, absent) = if descending { ("MAX(k.hi)", i64::MIN) } else { ("MIN(k.lo)", i64::MAX) };
    let absent = select.bind(absent);
    let expression = format!(
        "COALESCE((SELECT {pick} FROM range_key k WHERE k.tenant = r.tenant AND k.rid = r.rid AND k.param = {}), \
         {absent})",
        crate::index::param_number(param)
    );
    Key { expression, descending }
}
