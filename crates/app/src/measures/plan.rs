//! The action plan: actions, each with its versions; two people who change the same one are told.

use crate::cx::Cx;
use crate::error::{Error, Result};
use confidentiality::Actor;
use domain::governance::measures::Action;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use store::Paper;

const KIND: &str = "action";
/// The most actions shown.
const MOST: i64 = 2000;

/// A version of an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// Its id.
    pub id: String,
    /// Its version, from 1.
    pub version: i64,
    /// When it was written, UTC microseconds.
    pub at: i64,
    /// By whom.
    pub by: Actor,
    /// What it says.
    pub action: Action,
}

impl Planned {
    fn read(name: &str, paper: &Paper) -> Result<Self> {
        let action = serde_json::from_slice(&paper.body)
            .map_err(|_| Error::Store(store::Error::Integrity("an action of the plan does not decode".into())))?;
        let id = name.split_once('/').map_or(name, |(_, id)| id).to_owned();
        Ok(Self { id, version: paper.version, at: paper.at, by: paper.actor, action })
    }
}

/// The id of an action that is being written: sent twice, it is the same action.
#[must_use]
pub fn new_action(cx: &Cx) -> String {
    cx.fresh_id()
}

/// Every action: what is open first, the next due before the others; then what is closed, the last first.
///
/// # Errors
/// Absence for whoever may not see the estate; the store's.
pub async fn plan(cx: &Cx) -> Result<Vec<Planned>> {
    let (call, store) = (cx.call("plan"), cx.app().store());
    let papers = store.disclose(&call, store.papers(&call, KIND, MOST).await?).await?;
    let mut plan = papers.iter().map(|(name, paper)| Planned::read(name, paper)).collect::<Result<Vec<_>>>()?;
    plan.sort_by(|a, b| {
        let open = |one: &Planned| !one.action.state.is_open();
        let closed = |one: &Planned| std::cmp::Reverse(one.action.closed);
        let due = |one: &Planned| one.action.due.filter(|_| one.action.state.is_open());
        let order = open(a).cmp(&open(b)).then(due(a).cmp(&due(b))).then(closed(a).cmp(&closed(b)));
        order.then_with(|| a.action.title.cmp(&b.action.title)).then_with(|| a.id.cmp(&b.id))
    });
    Ok(plan)
}

/// Every version of an action, the newest first.
///
/// # Errors
/// As [`plan`]; absence when there is none.
pub async fn story(cx: &Cx, id: &str) -> Result<Vec<Planned>> {
    let (call, store, name) = (cx.call("plan-action"), cx.app().store(), format!("{KIND}/{id}"));
    let papers = store.disclose(&call, store.paper_versions(&call, &name).await?).await?;
    let story = papers.iter().map(|paper| Planned::read(&name, paper)).collect::<Result<Vec<_>>>()?;
    if story.is_empty() { Err(Error::Store(store::Error::Absent)) } else { Ok(story) }
}

/// Keeps the version of an action after `known` (0: the first). The same sent twice is kept once.
///
/// # Errors
/// As [`plan`]; a conflict when somebody else changed it meanwhile.
pub async fn keep(cx: &Cx, id: &str, known: i64, action: &Action) -> Result<()> {
    let (call, name) = (cx.call("plan-keep"), format!("{KIND}/{id}"));
    let body = serde_json::to_vec(action).map_err(|e| Error::Bug(e.to_string()))?;
    super::keep_once(cx, &call, &name, known, &body).await?;
    super::history::follow(cx).await;
    Ok(())
}

/// The number of the account that bears a name, among those of people.
///
/// # Errors
/// The store's.
pub async fn accounts(cx: &Cx) -> Result<BTreeMap<String, i64>> {
    let names = cx.app().names().await?;
    Ok(names.iter().map(|(actor, name)| (name.clone(), actor.value())).collect())
}

/// The plan, as other programs read it; `framework`: only what answers its requirements.
#[must_use]
pub fn told(plan: &[Planned], framework: &str) -> Value {
    let one = |planned: &Planned| {
        let action = &planned.action;
        let sources = sources(action, framework);
        let money: BTreeMap<String, u64> = action.money.iter().map(|(year, sum)| (year.to_string(), sum.0)).collect();
        let day = |day: Option<jiff::civil::Date>| day.map(|day| day.to_string());
        json!({
            "id": planned.id,
            "version": planned.version,
            "title": action.title,
            "measure": action.measure,
            "sources": sources,
            "owner": action.owner.name,
            "due": day(action.due),
            "state": action.state,
            "progress": action.progress,
            "half_days": action.half_days,
            "euros": money,
            "reason": Some(&action.reason).filter(|reason| !reason.is_empty()),
            "closed": day(action.closed),
        })
    };
    let wanted = plan.iter().filter(|one| framework.is_empty() || !sources(&one.action, framework).is_empty());
    json!({ "actions": wanted.map(one).collect::<Vec<_>>() })
}

/// The requirements of published frameworks that an action answers: « RECYF » gives every « RECYF-… ».
#[must_use]
pub fn sources(action: &Action, framework: &str) -> Vec<&'static str> {
    let all = action.measure().map(|measure| measure.sources.as_slice()).unwrap_or_default();
    all.iter().copied().filter(|source| source.starts_with(framework)).collect()
}
