//! Searching under a clearance: totals, pages and included resources hold only what this actor may see.

mod among;
mod chain;
mod condition;
pub(crate) mod cursor;
mod everything;
mod gather;
mod holdings;
mod include;
mod keyed;
mod lasting;
mod order;
mod security;
mod texts;
mod timeline;

pub use everything::Everything;
pub use gather::{Gather, Gathered, Saying, Whom};
pub use timeline::{Timeline, TimelineFilter, TimelineItem};

use crate::call::{Call, Origin, Shown, Undisclosed};
use crate::engine::cells;
use crate::error::{Error, Result};
use crate::read::Reader;
use crate::select::Select;
use crate::store::Store;
use crate::stored::{STORED, Stored, Version};
use confidentiality::Family;
use fhir::ResourceType;
use fhir::search::{Filter, Query, Summary, Total};
use order::Mark;
use std::collections::BTreeSet;

/// Candidates that are opened to answer one search.
const CANDIDATES: usize = 5_000;
/// Page size when none is asked for.
const PAGE: u32 = 50;
/// The largest page.
const LARGEST_PAGE: u32 = 1_000;

/// One page of a search.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// What matches, in order.
    pub matches: Vec<Version>,
    /// What `_include` and `_revinclude` add.
    pub included: Vec<Version>,
    /// How many match in all; absent when not asked for.
    pub total: Option<i64>,
    /// The mark of the next page.
    pub next: Option<String>,
}

impl Store {
    /// Runs a search.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a page mark that does not fit, a sort that is not supported, or a search that would open
    /// more than 5,000 candidates.
    pub async fn search(&self, call: &Call, query: &Query) -> Result<Undisclosed<Page>> {
        let query = query.clone();
        self.look(call, move |reader| {
            let page = reader.search(&query)?;
            let shown = Shown::of(page.matches.iter().chain(&page.included));
            Ok((page, shown))
        })
        .await
    }
}

impl Reader<'_> {
    /// The first `limit` matches, for conditional operations.
    pub(crate) fn matching(&self, query: &Query, limit: u32) -> Result<Vec<Version>> {
        let mut query = query.clone();
        query.count = Some(limit);
        query.total = Total::None;
        query.includes = Vec::new();
        if self.call.origin.damage.is_none() {
            return Ok(self.search(&query)?.matches);
        }
        // Something will be written, or not, on the strength of it: nothing is left out.
        let call = Call { origin: Origin { damage: None, ..self.call.origin.clone() }, ..self.call.clone() };
        let whole = Reader { inner: self.inner, conn: self.conn, call: &call, hasher: self.hasher.clone() };
        Ok(whole.search(&query)?.matches)
    }

    pub(crate) fn search(&self, query: &Query) -> Result<Page> {
        let identity = identity(query);
        let mark = match &query.page {
            Some(text) => Some(cursor::open::<Mark>(text, &self.inner.keyring, self.call, &identity)?),
            None => None,
        };
        let mut select = self.select();
        let condition = self.condition(&mut select, query)?;
        let ceiling = match &mark {
            Some(mark) => mark.ceiling,
            None => self.ceiling()?,
        };
        let bound = select.bind(ceiling);
        let rows = format!("{condition} AND r.created_seq <= {bound}");
        let count = query.count.unwrap_or(PAGE).min(LARGEST_PAGE);
        if query.summary == Summary::Count || query.count == Some(0) {
            return Ok(Page { total: Some(self.count(&select, &rows)?), ..Page::default() });
        }
        let asked = select.mark();
        let slice = self.page(&mut select, &rows, query, mark.as_ref(), count)?;
        select.reset(asked);
        let total = match query.total {
            Total::None => None,
            // A page that is the first and the last has them all.
            _ if mark.is_none() && slice.last.is_none() => i64::try_from(slice.rows).ok(),
            Total::Accurate | Total::Estimate => Some(self.count(&select, &rows)?),
        };
        let next = slice
            .last
            .map(|(after, rid)| cursor::seal(&Mark { ceiling, after, rid }, &self.inner.keyring, self.call, &identity));
        let (matches, next) = (slice.versions, next.transpose()?);
        let included = self.include(&matches, &query.includes)?;
        Ok(Page { matches, included, total, next })
    }

    /// The rows that match, permitted and live. What the keys cannot decide is opened here, once, and becomes a list.
    fn condition(&self, select: &mut Select, query: &Query) -> Result<String> {
        let mut texts = Vec::new();
        let mut keyed = true;
        for (kinds, filters) in branches(query) {
            keyed &= keyed::gives_rows(filters);
            let mark = select.mark();
            let condition = condition::all(self, select, &kinds, filters)?;
            let text = if condition.verify {
                select.reset(mark);
                let rids = self.verified(&kinds, filters)?;
                let list = select.list(rids);
                format!("r.rid IN ({list})")
            } else {
                condition.text
            };
            texts.push(live(select, &kinds, &text));
        }
        Ok(match texts.as_slice() {
            [only] => only.clone(),
            // Each finds its rows by keys of its own: under one OR, SQLite goes through everybody's.
            several if keyed => {
                let each = several
                    .iter()
                    .map(|text| format!("SELECT n.rid FROM (SELECT r.rid FROM resource r WHERE {text}) n"));
                format!("r.tenant = {} AND r.rid IN ({})", select.tenant, each.collect::<Vec<_>>().join(" UNION "))
            }
            several => format!("({})", several.iter().map(|text| format!("({text})")).collect::<Vec<_>>().join(" OR ")),
        })
    }

    /// Opens the candidates of filters that keys alone cannot decide; the row numbers that really match.
    pub(crate) fn verified(&self, kinds: &[ResourceType], filters: &[Filter]) -> Result<Vec<i64>> {
        let mut select = self.select();
        let condition = condition::all(self, &mut select, kinds, filters)?;
        let limit = select.bind(i64::try_from(CANDIDATES).unwrap_or(i64::MAX) + 1);
        let text =
            format!("SELECT {STORED} FROM resource r WHERE {} LIMIT {limit}", live(&select, kinds, &condition.text));
        let rows = select.run(self.conn, &text)?;
        if rows.len() > CANDIDATES {
            return Err(too_many());
        }
        Ok(self.really(self.parsed(&rows)?, filters)?.iter().map(|stored| stored.rid).collect())
    }

    /// Those that really match, once they are open.
    fn really(&self, candidates: Vec<Stored>, filters: &[Filter]) -> Result<Vec<Stored>> {
        let mut found = Vec::new();
        for stored in candidates {
            let opened = stored.open(self.inner, self.conn, self.call.tenant, self.call.clearance.open4());
            let Some(resource) = self.unless_damaged(stored.at(), opened)? else { continue };
            // Labels are the row's own, not those of the body: the statement has looked at them.
            let said = |filter: &&Filter| !security::is_asked(filter);
            if filters.iter().filter(said).all(|filter| fhir::search::matches(&resource, filter)) {
                found.push(stored);
            }
        }
        let shown: Vec<&Filter> = filters.iter().filter(|filter| condition::is_of_shown(filter)).collect();
        if shown.is_empty() || self.call.clearance.sees_all() {
            return Ok(found);
        }
        let versions = self.show(&found)?;
        let fits = |version: &&Version| shown.iter().all(|filter| fhir::search::matches(&version.resource, filter));
        let fitting: BTreeSet<i64> = versions.iter().filter(fits).map(|version| version.rid.value()).collect();
        Ok(found.into_iter().filter(|stored| fitting.contains(&stored.rid)).collect())
    }

    /// A row that matches, whoever may see it: only its number, where the keys alone decide.
    pub(crate) fn unseen_match(&self, query: &Query) -> Result<Option<i64>> {
        let mut select = self.select();
        select.blind = true;
        let condition = condition::all(self, &mut select, &[query.ty], &query.filters)?;
        if condition.verify {
            return Ok(None);
        }
        let text = format!(
            "SELECT r.rid FROM resource r WHERE r.tenant = {} AND r.type = {} AND r.deleted = 0 AND ({}) ORDER BY r.rid LIMIT 1",
            select.tenant,
            query.ty.code(),
            condition.text
        );
        select.run(self.conn, &text)?.first().map(|row| row.int(0)).transpose()
    }

    fn count(&self, select: &Select, rows: &str) -> Result<i64> {
        let found = select.run(self.conn, &format!("SELECT COUNT(*) FROM resource r WHERE {rows}"))?;
        crate::read::must(found.first())?.int(0)
    }

    /// The last number given: what is created later is not on this search's pages.
    fn ceiling(&self) -> Result<i64> {
        let order = crate::store::order(self.call.tenant);
        let row = self.conn.query_opt("SELECT value FROM counter WHERE name = ?1", &cells![order])?;
        row.map_or(Ok(0), |row| row.int(0))
    }
}

/// More candidates than are opened for one search.
fn too_many() -> Error {
    Error::Invalid(fhir::Invalid::one(
        "too-costly",
        None,
        "Cette recherche est trop large : précisez-la (personne, date ou code).",
        "This search has too many candidates: narrow it (person, date or code).",
    ))
}

/// What a query asks, each time of some types. Where it asks the same of every type it is asked once.
fn branches(query: &Query) -> Vec<(Vec<ResourceType>, &[Filter])> {
    let same = |filter: &Filter| match filter {
        Filter::Id(_) | Filter::LastUpdated(_) | Filter::Within { .. } => true,
        Filter::Param { param, .. } => param.ty.is_none(),
        Filter::Chain { .. } | Filter::Either(_) | Filter::Has { .. } => false,
    };
    let others = query.also.iter();
    if query.filters.iter().all(same) {
        let kinds = std::iter::once(query.ty).chain(others.map(|(kind, _)| *kind)).collect();
        return vec![(kinds, query.filters.as_slice())];
    }
    let others = others.map(|(kind, filters)| (vec![*kind], filters.as_slice()));
    std::iter::once((vec![query.ty], query.filters.as_slice())).chain(others).collect()
}

fn live(select: &Select, kinds: &[ResourceType], condition: &str) -> String {
    let codes: Vec<String> = kinds.iter().map(|kind| kind.code().to_string()).collect();
    let types = match codes.as_slice() {
        [only] => format!("= {only}"),
        several => format!("IN ({})", several.join(", ")),
    };
    format!(
        "r.tenant = {} AND r.type {types} AND r.deleted = 0 AND ({}) AND ({condition})",
        select.tenant, select.permit
    )
}

/// Conditions on an item's type and family, each only where it is asked for. The unary plus keeps the engines on the
/// order of a person's items.
fn narrow(select: &mut Select, kinds: &[ResourceType], families: &[Family]) -> String {
    let mut text = String::new();
    if !kinds.is_empty() {
        text.push_str(&format!(" AND +r.type IN ({})", select.list(kinds.iter().map(|kind| kind.code()))));
    }
    if !families.is_empty() {
        text.push_str(&format!(" AND +r.family IN ({})", select.list(families.iter().map(|family| family.code()))));
    }
    text
}

/// What makes two requests pages of one search.
fn identity(query: &Query) -> String {
    let mut query = query.clone();
    query.page = None;
    query.count = None;
    format!("{query:?}")
}
