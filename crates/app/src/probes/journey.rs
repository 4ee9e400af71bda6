//! A witness journey: something is written, read and looked for under one request, then each must be found in the log.

use super::{keep, last, operator};
use crate::app::App;
use crate::error::Result;
use crate::records;
use domain::governance::measures::Check;
use fhir::ResourceType;
use serde::{Deserialize, Serialize};
use store::Traced;

pub(super) const NAME: &str = "journey";
/// What it writes: nothing about anybody.
const WITNESS: &str = "witness";

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Journey {
    at: i64,
    /// Steps.
    steps: usize,
    /// Steps that left no entry.
    lost: Vec<String>,
}

impl Journey {
    pub(super) fn check(&self) -> Check {
        Check { at: self.at, ok: self.lost.is_empty() }
    }
}

/// Walks, looks in the log, and keeps what came of it.
pub(super) async fn walk(app: &App) -> Result<()> {
    let (cx, store) = (operator(app), app.store());
    let [write, read] = ["witness-write", "witness-read"].map(|verb| cx.call(verb));
    let known = store.setting(app.tenant(), WITNESS).await?.map_or(0, |paper| paper.version);
    store.keep_paper(&write, WITNESS, known, cx.request().as_bytes()).await?;
    let paper = store.paper(&read, WITNESS).await?;
    store.disclose(&read, paper).await?;
    let query = fhir::search::parse(ResourceType::ORGANIZATION, &fhir::search::pairs("_count=1"), true)?;
    records::page(&cx, "witness-search", &query).await?;
    let found = store.traced(&read).await?;
    let steps = [("witness-write", true), ("witness-read", false), ("witness-search", false)];
    let is_lost = |(verb, written): &&(&str, bool)| {
        let entry = Traced { verb: (*verb).to_owned(), written: *written };
        !found.contains(&entry)
    };
    let lost = steps.iter().filter(is_lost).map(|(verb, _)| (*verb).to_owned()).collect();
    let told = Journey { at: cx.now(), steps: steps.len(), lost };
    let known = last::<Journey>(app, NAME).await?.map_or(0, |(version, _)| version);
    keep(&cx, NAME, known, &told).await
}
