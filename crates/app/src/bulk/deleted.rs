//! What has been deleted since `_since`, up to the beginning of a job: Bundles of deletions (Bulk Data Access 2.0).

use super::{Job, PAGE};
use crate::cx::Cx;
use crate::error::Result;
use serde_json::json;
use std::collections::BTreeSet;
use store::{HistoryQuery, Version};

/// Deletions being told, a Bundle a line.
#[derive(Debug)]
pub struct Deleted {
    cx: Cx,
    job: Job,
    query: Option<HistoryQuery>,
    seen: BTreeSet<String>,
}

impl Job {
    /// The deletions; none unless the job has a `_since`.
    ///
    /// # Errors
    /// `Absent` when this program may not export.
    pub fn deleted(&self, cx: &Cx) -> Result<Deleted> {
        let query = self.since.map(|since| HistoryQuery {
            since: Some(since),
            ascending: true,
            count: Some(PAGE),
            ..HistoryQuery::default()
        });
        Ok(Deleted { cx: self.cx(cx)?, job: self.clone(), query, seen: BTreeSet::new() })
    }

    /// Whether there is a deletion to tell.
    ///
    /// # Errors
    /// The store's.
    pub async fn has_deleted(&self, cx: &Cx) -> Result<bool> {
        let mut all = self.deleted(cx)?;
        while let Some(line) = all.next().await? {
            if !line.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Deleted {
    /// The next Bundle and its end of line, maybe nothing yet; none at the end.
    ///
    /// # Errors
    /// The store's.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>> {
        let Some(mut query) = self.query.take() else { return Ok(None) };
        let call = self.cx.call("export");
        let page = self.cx.app().store().history_page(&call, &query).await?;
        let page = self.cx.app().store().disclose(&call, page).await?;
        let past = page.versions.last().is_some_and(|version| version.updated > self.job.started);
        query.page = page.next;
        self.query = query.page.is_some().then_some(query).filter(|_| !past);
        let (mut entries, mut members) = (Vec::new(), self.job.members());
        let told: Vec<Version> = page.versions.into_iter().filter(|version| self.tells(version)).collect();
        for version in told {
            let (kind, id) = (version.resource.kind(), version.resource.id().unwrap_or_default().to_owned());
            let url = format!("{kind}/{id}");
            if members.hold(&self.cx, &version).await?
                && self.was_gone(&version).await?
                && self.seen.insert(url.clone())
            {
                entries.push(json!({ "request": { "method": "DELETE", "url": url } }));
            }
        }
        if entries.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let bundle = json!({ "resourceType": "Bundle", "type": "transaction", "entry": entries });
        let mut line = fhir::json::to_vec(&bundle);
        line.push(b'\n');
        Ok(Some(line))
    }

    fn tells(&self, version: &Version) -> bool {
        let then = version.deleted && version.updated <= self.job.started;
        then && self.job.holds(version.resource.kind()) && self.job.takes(version)
    }

    /// Whether nothing had taken its place when the job began.
    async fn was_gone(&self, deleted: &Version) -> Result<bool> {
        let (call, started, mut found) = (self.cx.call("export"), self.job.started, false);
        let (kind, id) = (deleted.resource.kind(), deleted.resource.id().unwrap_or_default());
        let versions = self.cx.app().store().history(&call, kind, id).await?;
        let versions = versions.retain(|version| {
            let current = !found && version.updated <= started;
            found |= current;
            current && version.deleted
        });
        Ok(!self.cx.app().store().disclose(&call, versions).await?.is_empty())
    }
}
