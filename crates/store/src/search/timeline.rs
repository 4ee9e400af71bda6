//! One person's items in clinical order, and how many exist that this reader may only count.

use super::cursor::Cursor;
use super::lasting::goes_on;
use super::narrow;
use crate::call::{Call, Shown, Undisclosed};
use crate::error::Result;
use crate::index::Hasher;
use crate::read::Reader;
use crate::select::Select;
use crate::store::Store;
use crate::stored::{STORED, Stored, UNDATED, Version};
use confidentiality::Family;
use fhir::ResourceType;

/// What a timeline shows of one item.
pub type TimelineItem = Version;

/// Which of a person's items to show. The default is all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TimelineFilter {
    /// Of these types; empty = all.
    pub kinds: Vec<ResourceType>,
    /// Of none of these types: neither shown nor counted, so that a page is full of what is shown.
    pub but: Vec<ResourceType>,
    /// Of these families; empty = all.
    pub families: Vec<Family>,
    /// Whose clinical date is before this (UTC microseconds): to jump to a date.
    pub before: Option<i64>,
    /// Whose clinical date is this or later, or which goes on until then or later; what has no date stays.
    pub from: Option<i64>,
    /// Whose current version was written at this moment or later.
    pub since: Option<i64>,
}

/// A page of one person's record.
#[derive(Debug, Clone)]
pub struct Timeline {
    /// The person's own resource.
    pub patient: Version,
    /// Newest first.
    pub items: Vec<TimelineItem>,
    /// How many are shown over all pages of this filter.
    pub readable: i64,
    /// How many exist, of these types and families but of any date, that are not shown, where the matrix lets that be
    /// known.
    pub hidden: i64,
    /// The mark of the next page.
    pub next: Option<String>,
}

impl Store {
    /// One page of a person's items; none when the person is not visible.
    ///
    /// # Errors
    /// [`crate::Error::Invalid`] for a page mark that does not fit.
    pub async fn timeline(
        &self,
        call: &Call,
        patient: &str,
        filter: &TimelineFilter,
        page: Option<String>,
        count: u32,
    ) -> Result<Undisclosed<Option<Timeline>>> {
        let (patient, filter) = (patient.to_owned(), filter.clone());
        self.look(call, move |reader| {
            let Some(found) = reader.find(ResourceType::PATIENT, &patient)?.filter(|found| !found.deleted) else {
                return Ok((None, Shown::default()));
            };
            let timeline = reader.timeline(found, &filter, page.as_deref(), count)?;
            let shown = Shown::of(timeline.items.iter().chain([&timeline.patient]));
            Ok((Some(timeline), shown))
        })
        .await
    }
}

impl Reader<'_> {
    pub(super) fn timeline(
        &self,
        patient: Version,
        filter: &TimelineFilter,
        page: Option<&str>,
        count: u32,
    ) -> Result<Timeline> {
        let query = format!("timeline {} {filter:?}", patient.person);
        let mark = page.map(|text| Cursor::open(text, &self.inner.keyring, self.call, &query)).transpose()?;
        let (mut found, own) = self.slice(About::Own, &patient, filter, mark, count)?;
        let (mentioned, others) = self.slice(About::Mentioned, &patient, filter, mark, count)?;
        found.extend(mentioned);
        found.sort_by_key(|stored| std::cmp::Reverse((stored.moment, stored.rid)));
        let wanted = usize::try_from(count).unwrap_or(usize::MAX);
        let more = own || others || found.len() > wanted;
        found.truncate(wanted);
        let next = match found.last() {
            Some(last) if more => {
                let cursor = Cursor { ceiling: i64::MAX, value: last.moment, rid: last.rid };
                Some(cursor.seal(&self.inner.keyring, self.call, &query)?)
            }
            _ => None,
        };
        let (readable, hidden) = self.counts(&patient, filter)?;
        let items = self.show(&found)?;
        Ok(Timeline { patient, items, readable, hidden, next })
    }

    /// One page of either kind, and whether there is more.
    fn slice(
        &self,
        about: About,
        patient: &Version,
        filter: &TimelineFilter,
        mark: Option<Cursor>,
        count: u32,
    ) -> Result<(Vec<Stored>, bool)> {
        let mut select = self.select();
        let whose = (patient.person.value(), patient.rid.value());
        let text = slice(&self.hasher, &mut select, about, whose, filter, mark, count);
        let rows = select.run(self.conn, &text)?;
        Ok((self.parsed(&rows)?, i64::try_from(rows.len()).is_ok_and(|rows| rows > i64::from(count))))
    }

    /// How many items are readable, and how many may only be counted. Only label columns are read. An item that only
    /// mentions the person is counted when it is readable, never as hidden: it is another person's.
    ///
    /// The date never narrows what is only counted: moving it would tell when.
    fn counts(&self, patient: &Version, filter: &TimelineFilter) -> Result<(i64, i64)> {
        let mut select = self.select();
        let (person, itself) = (select.bind(patient.person.value()), select.bind(patient.rid.value()));
        let wanted = wanted(&mut select, filter);
        let window = window(&self.hasher, &mut select, filter);
        let rows = format!("r.tenant = {} AND r.deleted = 0 AND r.rid <> {itself}{wanted}", select.tenant);
        let text = format!(
            "SELECT COALESCE(SUM(CASE WHEN ({permit}){window} THEN 1 ELSE 0 END), 0), \
             COALESCE(SUM(CASE WHEN ({placeholder}) THEN 1 ELSE 0 END), 0), \
             (SELECT COUNT(*) FROM also_person a CROSS JOIN resource r WHERE a.tenant = {tenant} AND a.person = {person} \
              AND r.rid = a.rid AND {rows} AND ({permit}){window}) \
             FROM resource r WHERE r.person = {person} AND {rows}",
            permit = select.permit,
            placeholder = select.placeholder,
            tenant = select.tenant,
        );
        let row = select.run(self.conn, &text)?;
        let row = crate::read::must(row.first())?;
        Ok((row.int(0)? + row.int(2)?, row.int(1)?))
    }
}

/// Items about the person, or only mentioning them.
#[derive(Debug, Clone, Copy)]
enum About {
    Own,
    Mentioned,
}

/// One page of either kind. The sub-query names no column of `r`: it runs once, and the rows are looked up by number.
fn slice(
    hasher: &Hasher,
    select: &mut Select,
    about: About,
    (person, itself): (i64, i64),
    filter: &TimelineFilter,
    mark: Option<Cursor>,
    count: u32,
) -> String {
    let (person, itself) = (select.bind(person), select.bind(itself));
    let about = match about {
        About::Own => format!("r.person = {person}"),
        About::Mentioned => {
            let tenant = &select.tenant;
            format!("r.rid IN (SELECT a.rid FROM also_person a WHERE a.tenant = {tenant} AND a.person = {person})")
        }
    };
    let after = mark.map_or_else(String::new, |mark| {
        let (moment, rid) = (select.bind(mark.value), select.bind(mark.rid));
        format!(" AND (r.moment < {moment} OR (r.moment = {moment} AND r.rid < {rid}))")
    });
    let wanted = wanted(select, filter);
    let window = window(hasher, select, filter);
    let limit = select.bind(i64::from(count) + 1);
    format!(
        "SELECT {STORED} FROM resource r WHERE r.tenant = {} AND {about} AND r.deleted = 0 AND r.rid <> {itself}\
         {wanted}{window}{after} AND ({}) ORDER BY r.moment DESC, r.rid DESC LIMIT {limit}",
        select.tenant, select.permit
    )
}

/// Conditions on types and families, each only where it is asked for.
fn wanted(select: &mut Select, filter: &TimelineFilter) -> String {
    let mut text = narrow(select, &filter.kinds, &filter.families);
    if !filter.but.is_empty() {
        text.push_str(&format!(" AND +r.type NOT IN ({})", select.list(filter.but.iter().map(|kind| kind.code()))));
    }
    text
}

/// Conditions on dates, each only where it is asked for.
fn window(hasher: &Hasher, select: &mut Select, filter: &TimelineFilter) -> String {
    let mut text = String::new();
    if let Some(before) = filter.before {
        text.push_str(&format!(" AND r.moment < {}", select.bind(before)));
    }
    if let Some(from) = filter.from {
        let (from, goes_on) = (select.bind(from), goes_on(hasher, select, from));
        text.push_str(&format!(" AND (r.moment >= {from} OR r.moment = {UNDATED} OR {goes_on})"));
    }
    if let Some(since) = filter.since {
        text.push_str(&format!(" AND r.updated >= {}", select.bind(since)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::plan;
    use crate::search::gather::tests::call;

    #[test]
    fn a_page_looks_at_one_persons_rows_only() {
        let hasher = Hasher::new(&crate::Secret::random().unwrap());
        let lasting = TimelineFilter { from: Some(1), ..TimelineFilter::default() };
        let filter =
            TimelineFilter { kinds: vec![ResourceType::CONDITION], before: Some(1), ..TimelineFilter::default() };
        for (about, expected) in [
            (About::Own, "SEARCH r USING INDEX resource_label (tenant=? AND person=? AND deleted=?"),
            (About::Mentioned, "SEARCH r USING INDEX sqlite_autoindex_resource_1 (tenant=? AND rid=?)"),
        ] {
            for filter in [&TimelineFilter::default(), &filter, &lasting] {
                let mut select = Select::new(crate::engine::Dialect::Sqlite, &call());
                let text = slice(&hasher, &mut select, about, (3, 7), filter, None, 50);
                let steps = plan(&select.under(&text), "r");
                assert!(steps.len() == 1 && steps[0].starts_with(expected), "{about:?}: {steps:?}");
            }
        }
    }
}
