//! A file of a job: the store read page by page, as it was when the job began.

use super::{Job, MEMBER_PAGE, PAGE, Whose};
use crate::cx::Cx;
use crate::error::Result;
use fhir::ResourceType;
use fhir::search::{Query, Total};
use std::collections::BTreeSet;
use store::{HistoryQuery, Version};

impl Job {
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
            _ if self.at.gone.is_some() => self.of_gone().await?,
            Whose::Group(_) => self.of_member().await?,
            _ => self.of_all().await?,
        };
        let mut lines = Vec::new();
        for version in versions {
            let version = if self.job.is_later(&version) { self.before(&version).await? } else { Some(version) };
            if let Some(version) = version.filter(|version| self.job.filters.pass(&version.resource)) {
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
        let mut members = self.job.members();
        for version in page.versions.into_iter().filter(|version| version.deleted && self.job.takes(version)) {
            if !members.hold(&self.cx, &version).await? {
                continue;
            }
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

    /// What has been written of the type since the job began.
    fn since_then(&self) -> HistoryQuery {
        let (kind, since) = (Some(self.query.ty), Some(self.job.started + 1));
        HistoryQuery { kind, since, ascending: true, count: Some(PAGE), ..HistoryQuery::default() }
    }

    async fn of_all(&mut self) -> Result<Vec<Version>> {
        let call = self.cx.call("export");
        let found = self.cx.app().store().search(&call, &self.query).await?;
        let found = found.retain(|version| self.job.takes(version));
        let page = self.cx.app().store().disclose(&call, found).await?;
        if page.next.is_none() {
            self.at.gone = Some(self.since_then());
        }
        self.query.page = page.next;
        Ok(page.matches)
    }

    async fn of_member(&mut self) -> Result<Vec<Version>> {
        let Some(member) = self.job.members.get(self.at.member).cloned() else {
            self.at.gone = Some(self.since_then());
            return Ok(Vec::new());
        };
        let filter = self.job.timeline(self.query.ty);
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
