//! Labelling again: what older rules have judged is judged by those of this program. It only raises.
//!
//! Everything a label depends on is kept already: the resource and the labels it came with, its place, its author and when;
//! posts say as whom the author wrote. Where the job stands is in the rows: whatever stops it, it goes on.

use crate::app::App;
use crate::cx::{Cx, Origin};
use crate::error::Result;
use crate::sender::Senders;
use confidentiality::labeler::{Context, RULES_VERSION};
use confidentiality::{Actor, Level, Place, PlaceProfile, Purpose};
use fhir::json::Value;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::{Call, Judge, Judgement, Pass, Post, Sheet};

/// Rows of one transaction: a few milliseconds of the writer.
const BATCH: u32 = 100;

/// What the job did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Version of the rules.
    pub rules: u32,
    /// Resources looked at.
    pub items: u64,
    /// Whose level or categories grew.
    pub raised: u64,
    /// Of those, how many rose to level 4.
    pub level4: u64,
    /// Of those raised, how many had been set by a person: whoever reviews is told.
    pub noticed: u64,
    /// Resources that do not open.
    pub unreadable: u64,
}

/// How the job works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// Somebody waits for it.
    Straight,
    /// Beside people at work: it rests as long as it works.
    Gentle,
}

/// How many resources older rules have judged.
///
/// # Errors
/// The store's.
pub async fn behind(app: &App) -> Result<u64> {
    Ok(app.store().behind(app.tenant(), i64::from(RULES_VERSION)).await?)
}

/// Judges what is behind, to the end. `progress` is told how many were looked at.
///
/// # Errors
/// The store's; what was done until then stays done.
pub async fn run(app: &App, request: &str, pace: Pace, progress: &(dyn Fn(u64) + Send + Sync)) -> Result<Report> {
    let rules = i64::from(RULES_VERSION);
    let judge = judge(app, Past::load(app, request, "relabel").await?);
    let mut report = Report { rules: RULES_VERSION, ..Report::default() };
    let mut after = (0, 0);
    loop {
        let begun = Instant::now();
        let pass = Pass { rules, after, most: BATCH };
        let batch = app.store().relabel(&call(app, request, "relabel"), pass, judge.clone()).await?;
        report.items += batch.looked;
        report.raised += batch.raised;
        report.level4 += batch.sealed;
        report.noticed += batch.over_people;
        report.unreadable += batch.unreadable;
        progress(report.items);
        let Some(next) = batch.next else { return Ok(report) };
        after = next;
        if pace == Pace::Gentle {
            tokio::time::sleep(begun.elapsed().max(Duration::from_millis(1))).await;
        }
    }
}

/// The system itself, for this purpose, at every level.
pub(crate) fn call(app: &App, request: &str, verb: &str) -> Call {
    operator(app, request).call(verb)
}

fn operator(app: &App, request: &str) -> Cx {
    let origin = Origin { request: request.to_owned(), ..Origin::default() };
    Cx::operator(app, None, Level::VerySensitive, Purpose::Relabel, origin)
}

fn judge(app: &App, past: Past) -> Judge {
    let app = app.clone();
    Arc::new(move |sheet: &Sheet<'_>| {
        let (labeler, value, context) = (app.labeler(), sheet.resource.value(), past.context(sheet));
        let labeled = labeler.label_resource(&value, &context);
        let label = labeled.label;
        Judgement { level: label.level, categories: label.categories, mask: labeled.mask, safety: labeled.safety }
    })
}

/// As whom people wrote, and where; who sends.
pub(crate) struct Past {
    posts: BTreeMap<Actor, Vec<Post>>,
    profiles: BTreeMap<Place, PlaceProfile>,
    senders: Senders,
}

impl Past {
    pub(crate) async fn load(app: &App, request: &str, verb: &str) -> Result<Self> {
        let mut posts: BTreeMap<Actor, Vec<Post>> = BTreeMap::new();
        for post in app.store().all_posts(app.tenant()).await? {
            posts.entry(post.actor).or_default().push(post);
        }
        let profiles = app.places().iter().map(|row| (row.place, row.profile)).collect();
        Ok(Self { posts, profiles, senders: Senders::all(&operator(app, request), verb).await? })
    }

    /// What was known of a writing besides its content. How it was filed counts for what a person wrote here: what comes
    /// from elsewhere is judged by its words.
    pub(crate) fn context(&self, sheet: &Sheet<'_>) -> Context {
        let author_function = self.function(sheet.author, sheet.place, sheet.updated);
        let wrote = author_function.is_some() && sheet.resource.kind().name() == "Communication";
        let filed = || sheet.resource.get(&["category"])?.get(0)?.get("text").and_then(Value::as_str);
        Context {
            place_profile: self.profiles.get(&sheet.place).copied(),
            document_kind: filed().filter(|_| wrote).map(str::to_owned),
            author_function,
            received: Vec::new(),
            sender_categories: self.senders.of(sheet.resource, &[]),
        }
    }

    /// The persona of an author at a place and a time; at another place, when they had none there.
    fn function(&self, author: Actor, place: Place, at: i64) -> Option<String> {
        let posts = self.posts.get(&author).map(Vec::as_slice).unwrap_or_default();
        let mut held = posts.iter().filter(|post| post.starts <= at && at < post.ends);
        let here = held.clone().find(|post| post.place == place);
        here.or_else(|| held.next()).map(|post| post.persona.clone())
    }
}
