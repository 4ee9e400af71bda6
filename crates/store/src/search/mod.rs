//! Searching under a clearance: totals, pages and included resources hold only what this actor may see.

mod condition;
pub(crate) mod cursor;
mod everything;
mod gather;
mod include;
mod timeline;

pub use everything::Everything;
pub use gather::{Gather, Gathered, Saying, Whom};
pub use timeline::{Timeline, TimelineFilter, TimelineItem};

use crate::call::{Call, Shown, Undisclosed};
use crate::error::{Error, Result};
use crate::read::Reader;
use crate::select::Select;
use crate::store::Store;
use crate::stored::{STORED, STORED_COLUMNS, Version};
use confidentiality::Family;
use cursor::Cursor;
use fhir::ResourceType;
use fhir::search::{Filter, ParamKind, Query, SortKey, SortOn, Summary, Total};

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

/// One page's versions, and the position (sort value, row number) after it when there is more.
type Slice = (Vec<Version>, Option<(i64, i64)>);

/// How a search is ordered: an expression on `r`, and its direction.
struct Order {
    expression: String,
    descending: bool,
}

impl Reader<'_> {
    /// The first `limit` matches, for conditional operations.
    pub(crate) fn matching(&self, query: &Query, limit: u32) -> Result<Vec<Version>> {
        let mut query = query.clone();
        query.count = Some(limit);
        query.total = Total::None;
        query.includes = Vec::new();
        Ok(self.search(&query)?.matches)
    }

    pub(crate) fn search(&self, query: &Query) -> Result<Page> {
        let identity = identity(query);
        let mark = match &query.page {
            Some(text) => Some(Cursor::open(text, &self.inner.keyring, self.call, &identity)?),
            None => None,
        };
        let mut select = self.select();
        let condition = self.condition(&mut select, query)?;
        let ceiling = match mark {
            Some(mark) => mark.ceiling,
            None => self.ceiling()?,
        };
        let bound = select.bind(ceiling);
        let rows = format!("{condition} AND r.created_seq <= {bound}");
        let total = match query.total {
            Total::None => None,
            Total::Accurate | Total::Estimate => Some(self.count(&select, &rows)?),
        };
        let count = query.count.unwrap_or(PAGE).min(LARGEST_PAGE);
        if query.summary == Summary::Count || query.count == Some(0) {
            return Ok(Page { total: Some(total.map_or_else(|| self.count(&select, &rows), Ok)?), ..Page::default() });
        }
        let order = order(&mut select, &query.sort)?;
        let (matches, last) = self.page(&mut select, &rows, &order, mark, count)?;
        let next = last
            .map(|(value, rid)| Cursor { ceiling, value, rid }.seal(&self.inner.keyring, self.call, &identity))
            .transpose()?;
        let included = self.include(&matches, &query.includes)?;
        Ok(Page { matches, included, total, next })
    }

    /// Reads one page, verifying what was opened; the position after it when there is more.
    fn page(&self, select: &mut Select, rows: &str, order: &Order, mark: Option<Cursor>, count: u32) -> Result<Slice> {
        let (direction, comparison) = if order.descending { ("DESC", "<") } else { ("ASC", ">") };
        let after = mark.map_or_else(String::new, |mark| {
            let (value, rid) = (select.bind(mark.value), select.bind(mark.rid));
            format!(" AND ({0} {comparison} {value} OR ({0} = {value} AND r.rid {comparison} {rid}))", order.expression)
        });
        let limit = select.bind(i64::from(count) + 1);
        let text = format!(
            "SELECT {STORED}, {0} AS sort_value FROM resource r WHERE {rows}{after} \
             ORDER BY sort_value {direction}, r.rid {direction} LIMIT {limit}",
            order.expression
        );
        let mut found = select.run(self.conn, &text)?;
        let wanted = usize::try_from(count).unwrap_or(usize::MAX);
        let more = found.len() > wanted;
        found.truncate(wanted);
        let last = match found.last() {
            Some(row) if more => Some((row.int(STORED_COLUMNS)?, row.int(0)?)),
            _ => None,
        };
        Ok((self.open(&found)?, last))
    }

    /// The rows that match, permitted and live. What the keys cannot decide is opened here, once, and becomes a list.
    fn condition(&self, select: &mut Select, query: &Query) -> Result<String> {
        let mark = select.mark();
        let condition = condition::all(self, select, query.ty, &query.filters)?;
        let text = if condition.verify {
            select.reset(mark);
            let rids = self.verified(query.ty, &query.filters)?;
            let list = select.list(rids);
            format!("r.rid IN ({list})")
        } else {
            condition.text
        };
        Ok(live(select, query.ty, &text))
    }

    /// Opens the candidates of filters that keys alone cannot decide; the row numbers that really match.
    pub(crate) fn verified(&self, kind: ResourceType, filters: &[Filter]) -> Result<Vec<i64>> {
        let mut select = self.select();
        let condition = condition::all(self, &mut select, kind, filters)?;
        let limit = select.bind(i64::try_from(CANDIDATES).unwrap_or(i64::MAX) + 1);
        let text =
            format!("SELECT {STORED} FROM resource r WHERE {} LIMIT {limit}", live(&select, kind, &condition.text));
        let rows = select.run(self.conn, &text)?;
        if rows.len() > CANDIDATES {
            return Err(Error::Invalid(fhir::Invalid::one(
                "too-costly",
                None,
                "Cette recherche est trop large : précisez-la (personne, date ou code).",
                "This search has too many candidates: narrow it (person, date or code).",
            )));
        }
        let mut rids = Vec::new();
        for row in &rows {
            let stored = crate::stored::Stored::parse(row)?;
            let resource = stored.open(self.inner, self.conn, self.call.tenant, self.call.clearance.open4())?;
            if filters.iter().all(|filter| fhir::search::matches(&resource, filter)) {
                rids.push(stored.rid);
            }
        }
        Ok(rids)
    }

    /// A row that matches, whoever may see it: only its number, where the keys alone decide.
    pub(crate) fn unseen_match(&self, query: &Query) -> Result<Option<i64>> {
        let mut select = self.select();
        let condition = condition::all(self, &mut select, query.ty, &query.filters)?;
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
        let row = self.conn.query_opt("SELECT value FROM counter WHERE name = 'seq'", &[])?;
        row.map_or(Ok(0), |row| row.int(0))
    }
}

fn live(select: &Select, kind: ResourceType, condition: &str) -> String {
    format!(
        "r.tenant = {} AND r.type = {} AND r.deleted = 0 AND ({}) AND ({condition})",
        select.tenant,
        kind.code(),
        select.permit
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

fn order(select: &mut Select, sort: &[SortKey]) -> Result<Order> {
    let plain = |expression: &str, descending| Order { expression: expression.to_owned(), descending };
    match sort {
        [] => Ok(plain("r.rid", false)),
        [SortKey { on: SortOn::LastUpdated, descending }] => Ok(plain("r.updated", *descending)),
        [SortKey { on: SortOn::Id, descending }] => Ok(plain("r.rid", *descending)),
        [SortKey { on: SortOn::Param(param), descending }]
            if param.kind == ParamKind::Date && !crate::index::is_secret_date(param) =>
        {
            let pick = if *descending { "MAX(k.hi)" } else { "MIN(k.lo)" };
            let absent = if *descending { i64::MIN } else { i64::MAX };
            let absent = select.bind(absent);
            Ok(Order {
                expression: format!(
                    "COALESCE((SELECT {pick} FROM range_key k WHERE k.tenant = r.tenant AND k.rid = r.rid \
                     AND k.param = {}), {absent})",
                    crate::index::param_number(param)
                ),
                descending: *descending,
            })
        }
        _ => Err(Error::Invalid(fhir::Invalid::one(
            "not-supported",
            Some("_sort".to_owned()),
            "Ce tri n'est pas disponible : triez par une date, par _lastUpdated ou par _id.",
            "This sort is not supported: sort by one date parameter, _lastUpdated or _id.",
        ))),
    }
}
