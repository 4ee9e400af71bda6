//! Bulk export to a program (FHIR Bulk Data Access 2.0): what a job holds, and its files, made as they are read.
//!
//! Nothing is written anywhere: a file is the store read page by page under the clearance of whoever downloads it, with
//! an audit entry a page. Level 4 never leaves this way; level 3 with a stated reason only.

mod deleted;
mod file;
mod filter;
mod kept;
mod members;

pub use deleted::Deleted;
pub use file::File;
pub use kept::{Export, Held, State, cancel, count, due, find, keep};

use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::records;
use confidentiality::{Actor, Level};
use fhir::search::{Query, Summary, Total};
use fhir::{ResourceType, compartment};
use filter::Filters;
use store::{TimelineFilter, Version};

/// Resources read, and disclosed in one audit entry, at a time.
const PAGE: u32 = 1_000;
/// Of a member of a group: what these refer to comes with them.
const MEMBER_PAGE: u32 = 500;

/// What an export is narrowed by.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// Types: all when empty.
    pub kinds: Vec<ResourceType>,
    /// Written since (UTC microseconds).
    pub since: Option<i64>,
    /// `_typeFilter`: searches of a type, one of which must find what is given of that type.
    pub filters: Vec<String>,
}

/// Whose resources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    /// Everything.
    All,
    /// What makes the records of persons.
    Patients,
    /// The records of the members of this Group.
    Group(String),
}

/// What was asked.
#[derive(Debug, Clone)]
pub struct Job {
    /// Who asked, and may download.
    pub actor: Actor,
    /// When (UTC microseconds): everything is given as it was then, and what is written later is not older.
    pub started: i64,
    whose: Whose,
    kinds: Vec<ResourceType>,
    since: Option<i64>,
    filters: Filters,
    cap: Level,
    reason: Option<String>,
    members: Vec<String>,
}

/// One file of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// What it holds.
    pub kind: ResourceType,
    /// How many, where that is known without reading them.
    pub count: Option<i64>,
}

impl Job {
    /// Begins a job; nothing is read but the group.
    ///
    /// # Errors
    /// `Absent` when there is no such group that this program may read; `Invalid` for a filter that cannot be read, or
    /// that looks at more than one resource.
    pub async fn begin(cx: &Cx, whose: Whose, wish: Wish) -> Result<Self> {
        let Wish { kinds, since, filters } = wish;
        let filters = Filters::read(cx, &filters, &kinds).await?;
        let reason = cx.reason().map(str::to_owned);
        let wish = Wish { kinds, since, filters: Vec::new() };
        let started = cx.app().store().settled(cx.now()).await?;
        let mut job = Self { started, ..Self::asked(cx.clearance().actor(), whose, wish, (filters, reason)) };
        if let Whose::Group(id) = &job.whose {
            let group = ResourceType::parse("Group").ok_or_else(|| Error::Bug("no Group in R4".into()))?;
            job.members = members::of(&records::read(&job.cx(cx)?, group, id).await?.resource, started);
        }
        Ok(job)
    }

    fn asked(actor: Actor, whose: Whose, wish: Wish, (filters, reason): (Filters, Option<String>)) -> Self {
        let Wish { kinds, since, .. } = wish;
        let cap = if reason.is_some() { Level::Sensitive } else { Level::Standard };
        Self { actor, started: 0, whose, kinds, since, filters, cap, reason, members: Vec::new() }
    }

    /// Which files there are: those that hold something.
    ///
    /// # Errors
    /// The store's.
    pub async fn outputs(&self, cx: &Cx) -> Result<Vec<Output>> {
        let cx = self.cx(cx)?;
        let mut outputs = Vec::new();
        for kind in ResourceType::all().filter(|kind| self.holds(*kind)) {
            let query = Query { summary: Summary::Count, ..self.query(kind)? };
            let count = records::page(&cx, "export", &query).await?.total.unwrap_or_default();
            let whole = self.whose == Whose::All && !self.filters.narrow(kind);
            if count > 0 && (whole || self.has_some(&cx, kind).await?) {
                outputs.push(Output { kind, count: whole.then_some(count) });
            }
        }
        Ok(outputs)
    }

    /// Whether there is anything to give of a type. Nothing of what is looked at leaves.
    async fn has_some(&self, cx: &Cx, kind: ResourceType) -> Result<bool> {
        let call = cx.call("export");
        let gives = |version: &Version| self.takes(version) && self.filters.pass(&version.resource);
        if let Whose::Group(_) = self.whose {
            for member in &self.members {
                let (filter, mut mark) = (self.timeline(kind), None);
                loop {
                    let found = cx.app().store().everything(&call, member, &filter, mark, MEMBER_PAGE).await?;
                    let mut next = None;
                    let found = found.map(|all| {
                        let all = all.unwrap_or_default();
                        next = all.next;
                        all.items.iter().any(gives).then_some(())
                    });
                    if found.is_found() {
                        return Ok(true);
                    }
                    mark = next;
                    if mark.is_none() {
                        break;
                    }
                }
            }
            return Ok(false);
        }
        let mut query = Query { count: Some(PAGE), total: Total::None, ..self.query(kind)? };
        loop {
            let mut next = None;
            let found = cx.app().store().search(&call, &query).await?.map(|page| {
                next = page.next;
                page.matches.iter().any(gives).then_some(())
            });
            if found.is_found() {
                return Ok(true);
            }
            query.page = next;
            if query.page.is_none() {
                return Ok(false);
            }
        }
    }

    fn timeline(&self, kind: ResourceType) -> TimelineFilter {
        TimelineFilter { kinds: vec![kind], since: self.since, ..TimelineFilter::default() }
    }

    /// Whether resources of this type belong to the job.
    pub fn holds(&self, kind: ResourceType) -> bool {
        let asked = self.kinds.is_empty() || self.kinds.contains(&kind);
        asked && (self.whose == Whose::All || compartment::of_patient(kind))
    }

    fn cx(&self, cx: &Cx) -> Result<Cx> {
        cx.exporting(self.cap, self.reason.clone()).ok_or_else(|| store::Error::Absent.into())
    }

    fn query(&self, kind: ResourceType) -> Result<Query> {
        let Some(since) = self.since else { return Ok(Query::all(kind)) };
        let pairs = [("_lastUpdated".to_owned(), format!("ge{}", fhir::date::instant(since)))];
        Ok(fhir::search::parse(kind, &pairs, true)?)
    }

    /// Whether a version may be of a file: it was there when the job began, in this form or another, and is of whom was
    /// asked.
    fn takes(&self, version: &Version) -> bool {
        let later = version.version == 1 && self.is_later(version);
        !later && (self.whose == Whose::All || !version.person.is_zero())
    }

    fn is_later(&self, version: &Version) -> bool {
        version.updated > self.started
    }
}
