//! Bulk export to a program (FHIR Bulk Data Access 2.0): what a job holds, and its files, made as they are read.
//!
//! Nothing is written anywhere: a file is the store read page by page under the clearance of whoever downloads it, with
//! an audit entry a page. Level 4 never leaves this way; level 3 with a stated reason only.

use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::records;
use confidentiality::{Actor, Level};
use fhir::search::{Query, Summary, Total};
use fhir::{Resource, ResourceType, compartment, refs};
use std::collections::BTreeSet;
use store::{HistoryQuery, TimelineFilter, Version};

/// Resources read, and disclosed in one audit entry, at a time.
const PAGE: u32 = 1_000;
/// Of a member of a group: what these refer to comes with them.
const MEMBER_PAGE: u32 = 500;

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
    /// When (UTC microseconds): everything is given as it was then.
    pub started: i64,
    whose: Whose,
    kinds: Vec<ResourceType>,
    since: Option<i64>,
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
    /// Begins a job; nothing is read but the group. `kinds`: all when empty.
    ///
    /// # Errors
    /// `Absent` when there is no such group that this program may read.
    pub async fn begin(cx: &Cx, whose: Whose, kinds: Vec<ResourceType>, since: Option<i64>) -> Result<Self> {
        let reason = cx.reason().map(str::to_owned);
        let cap = if reason.is_some() { Level::Sensitive } else { Level::Standard };
        let (actor, started) = (cx.clearance().actor(), cx.now());
        let mut job = Self { actor, started, whose, kinds, since, cap, reason, members: Vec::new() };
        if let Whose::Group(id) = &job.whose {
            let group = ResourceType::parse("Group").ok_or_else(|| Error::Bug("no Group in R4".into()))?;
            job.members = members(&records::read(&job.cx(cx)?, group, id).await?.resource);
        }
        Ok(job)
    }

    /// Which files there are.
    ///
    /// # Errors
    /// The store's.
    pub async fn outputs(&self, cx: &Cx) -> Result<Vec<Output>> {
        let cx = self.cx(cx)?;
        let mut outputs = Vec::new();
        for kind in ResourceType::all().filter(|kind| self.holds(*kind)) {
            let query = Query { summary: Summary::Count, ..self.query(kind)? };
            let count = records::page(&cx, "export", &query).await?.total.unwrap_or_default();
            if count > 0 {
                outputs.push(Output { kind, count: (self.whose == Whose::All).then_some(count) });
            }
        }
        Ok(outputs)
    }

    /// Whether resources of this type belong to the job.
    pub fn holds(&self, kind: ResourceType) -> bool {
        let asked = self.kinds.is_empty() || self.kinds.contains(&kind);
        asked && (self.whose == Whose::All || compartment::of_patient(kind))
    }

    /// The resources of a file, from its first page on.
    ///
    /// # Errors
    /// `Absent` when the job has no such file.
    pub fn file(&self, cx: &Cx, kind: ResourceType) -> Result<File> {
        if !self.holds(kind) {
            return Err(store::Error::Absent.into());
        }
        let query = Query { count: Some(PAGE), total: Total::None, ..self.query(kind)? };
        let at = At { page: None, member: 0, over: false, gone: None };
        Ok(File { cx: self.cx(cx)?, job: self.clone(), query, at, seen: BTreeSet::new() })
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

/// A file being read.
#[derive(Debug)]
pub struct File {
    cx: Cx,
    job: Job,
    query: Query,
    at: At,
    seen: BTreeSet<String>,
}

#[derive(Debug)]
struct At {
    page: Option<String>,
    member: usize,
    over: bool,
    /// What has been written since the job began, once all there is has been given.
    gone: Option<HistoryQuery>,
}

impl File {
    /// The next resources, as lines of NDJSON; none at the end. What is given has its audit entry.
    ///
    /// # Errors
    /// The store's.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>> {
        if self.at.over {
            return Ok(None);
        }
        let versions = match self.job.whose {
            Whose::Group(_) => self.of_member().await?,
            _ if self.at.gone.is_some() => self.of_gone().await?,
            _ => self.of_all().await?,
        };
        let mut lines = Vec::new();
        for version in versions {
            let version = if self.job.is_later(&version) { self.before(&version).await? } else { Some(version) };
            if let Some(version) = version {
                lines.extend(version.resource.to_vec());
                lines.push(b'\n');
            }
        }
        Ok(Some(lines))
    }

    /// What a resource was when the job began, if it was there and asked for.
    async fn before(&self, later: &Version) -> Result<Option<Version>> {
        let (call, started, mut found) = (self.cx.call("export"), self.job.started, false);
        let id = later.resource.id().unwrap_or_default();
        let versions = self.cx.app().store().history(&call, later.resource.kind(), id).await?;
        let versions = versions.retain(|version| {
            // The newest first: the first of that time is the one.
            let current = !found && version.updated <= started;
            found |= current;
            current && !version.deleted && self.job.since.is_none_or(|since| since <= version.updated)
        });
        Ok(self.cx.app().store().disclose(&call, versions).await?.pop())
    }

    /// What was there when the job began, and has been deleted since.
    async fn of_gone(&mut self) -> Result<Vec<Version>> {
        let Some(query) = &mut self.at.gone else { return Ok(Vec::new()) };
        let call = self.cx.call("export");
        let page = self.cx.app().store().history_page(&call, query).await?;
        let page = self.cx.app().store().disclose(&call, page).await?;
        self.at.over = page.next.is_none();
        query.page = page.next;
        let mut gone = Vec::new();
        for version in page.versions.into_iter().filter(|version| version.deleted && self.job.takes(version)) {
            let id = version.resource.id().unwrap_or_default().to_owned();
            // Deleted, made anew and deleted again: given once. What is there again has been given already.
            let now = self.cx.app().store().read(&call, version.resource.kind(), &id).await?;
            let now = self.cx.app().store().disclose(&call, now).await?;
            if now.is_some_and(|now| now.deleted) && self.seen.insert(id) {
                gone.push(version);
            }
        }
        Ok(gone)
    }

    async fn of_all(&mut self) -> Result<Vec<Version>> {
        let call = self.cx.call("export");
        let found = self.cx.app().store().search(&call, &self.query).await?;
        let found = found.retain(|version| self.job.takes(version));
        let page = self.cx.app().store().disclose(&call, found).await?;
        if page.next.is_none() {
            let (kind, since) = (Some(self.query.ty), Some(self.job.started + 1));
            let query = HistoryQuery { kind, since, ascending: true, count: Some(PAGE), ..HistoryQuery::default() };
            self.at.gone = Some(query);
        }
        self.query.page = page.next;
        Ok(page.matches)
    }

    async fn of_member(&mut self) -> Result<Vec<Version>> {
        let Some(member) = self.job.members.get(self.at.member).cloned() else {
            self.at.over = true;
            return Ok(Vec::new());
        };
        let filter = TimelineFilter { kinds: vec![self.query.ty], since: self.job.since, ..TimelineFilter::default() };
        let call = self.cx.call("export");
        let mark = self.at.page.take();
        let found = self.cx.app().store().everything(&call, &member, &filter, mark, MEMBER_PAGE).await?;
        let all = self.cx.app().store().disclose(&call, found).await?.unwrap_or_default();
        self.at.page = all.next;
        if self.at.page.is_none() {
            self.at.member += 1;
        }
        let new = |version: &Version| {
            self.job.takes(version) && self.seen.insert(version.resource.id().unwrap_or_default().to_owned())
        };
        Ok(all.items.into_iter().filter(new).collect())
    }
}

fn members(group: &Resource) -> Vec<String> {
    let all = group.get(&["member"]).and_then(fhir::json::Value::as_array).into_iter().flatten();
    let references = all.filter_map(|member| member.get("entity")?.get("reference")?.as_str());
    let patients = references.filter_map(refs::local).filter(|(kind, _)| *kind == ResourceType::PATIENT);
    patients.map(|(_, id)| id).collect()
}
