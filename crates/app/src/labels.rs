//! Labels as people decide them: one item by whoever reviews, many raised by wrong rules by two of them.

use crate::accounts;
use crate::app::App;
use crate::cx::{Cx, Origin};
use crate::error::{Error, Result};
use crate::records;
use confidentiality::labeler::Context;
use confidentiality::{Actor, Categories, ClientScope, Level, Purpose, Refusal};
use fhir::ResourceType;
use serde::Serialize;
use std::collections::BTreeMap;
use store::{Call, LabelSet, NewLabel, Story, ToReview};

/// Rows put back in one transaction.
const BATCH: u32 = 100;
/// Labels to look at again shown at once: confirming some brings the next.
const WAITING: u32 = 100;

/// Whether this actor may change labels: whoever reviews.
pub fn may_correct(cx: &Cx) -> bool {
    cx.clearance().reviews()
}

/// Where the label of an item comes from.
///
/// # Errors
/// `Absent` when there is none that this actor may know of.
pub async fn story(cx: &Cx, kind: ResourceType, id: &str) -> Result<Story> {
    let call = cx.call("label");
    let found = cx.app().store().label_story(&call, kind, id).await?;
    Ok(cx.app().store().disclose(&call, found).await?.ok_or(store::Error::Absent)?)
}

/// Labels that rules have raised over a person's since, of what this actor may read: the oldest first.
///
/// # Errors
/// `Absent` for who may not change labels; the store's.
pub async fn to_review(cx: &Cx) -> Result<Vec<ToReview>> {
    if !may_correct(cx) {
        return Err(store::Error::Absent.into());
    }
    let call = cx.call("labels-to-review");
    let found = cx.app().store().labels_to_review(&call, WAITING).await?;
    Ok(cx.app().store().disclose(&call, found).await?)
}

/// How many there are, as far as one page of them goes, without showing any.
///
/// # Errors
/// As [`to_review`].
pub async fn waiting(cx: &Cx) -> Result<usize> {
    if !may_correct(cx) {
        return Err(store::Error::Absent.into());
    }
    let found = cx.app().store().labels_to_review(&cx.call("labels-to-review"), WAITING).await?;
    let mut count = 0;
    drop(found.map(|all| count = all.len()));
    Ok(count)
}

/// Gives one item the label that a person has decided, up or down; the same label confirms it.
///
/// # Errors
/// `Absent` for what this actor cannot read; `Refused` to whoever does not review; `Invalid` without a reason;
/// `Conflict` when it is no longer version `of`, or changed meanwhile.
pub async fn correct(
    cx: &Cx,
    kind: ResourceType,
    id: &str,
    of: Option<i64>,
    level: Level,
    categories: Categories,
    reason: &str,
) -> Result<LabelSet> {
    let reason = reason.trim();
    if reason.is_empty() {
        let (fr, en) = ("Dites pourquoi ce niveau change.", "Say why the label changes.");
        return Err(Error::invalid("required", Some("reason".into()), fr, en));
    }
    let item = records::read(cx, kind, id).await?;
    let value = item.resource.value();
    let context = Context { place_profile: cx.app().profile(item.place), ..Context::default() };
    let new = NewLabel {
        kind,
        id: id.to_owned(),
        version: of.unwrap_or(item.version),
        level,
        categories,
        reason: reason.to_owned(),
        safety: cx.app().labeler().label_resource(&value, &context).safety,
    };
    Ok(cx.app().store().set_label(&cx.call("set-label"), &new).await?)
}

/// What putting back the raises of given rules changes, in numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Rollback {
    /// Version of the rules.
    pub rules: i64,
    /// Items raised by these rules that no person has looked at since.
    pub items: u64,
    /// Of those, how many later rules have raised again: they stay where they are.
    pub held: u64,
    /// By level now and after, `4→2`; the same twice: categories only.
    pub by_level: BTreeMap<String, u64>,
    /// By type of resource.
    pub by_type: BTreeMap<String, u64>,
    /// The request that waits for a second person.
    pub asked: Option<Asked>,
    /// How many were put back now.
    pub done: u64,
}

/// Who asks, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Asked {
    /// Name and function.
    pub by: String,
    /// How many items it was.
    pub items: u64,
    /// Why.
    pub reason: String,
}

/// What putting back would change; decides nothing.
///
/// # Errors
/// The store's.
pub async fn rollback(app: &App, request: &str, rules: i64) -> Result<Rollback> {
    look(app, &crate::relabel::call(app, request, "show-rollback"), rules).await
}

/// Asks for it, in the name of somebody who reviews. Nothing changes until another one approves, within a week.
///
/// # Errors
/// `Credentials`; `Refused` to whoever does not review; `Invalid` without a reason, or when there is nothing to put back.
pub async fn ask_rollback(app: &App, request: &str, rules: i64, who: (&str, &str), reason: &str) -> Result<Rollback> {
    let reason = reason.trim();
    if reason.is_empty() {
        let (fr, en) = ("Dites pourquoi (--reason).", "Say why (--reason).");
        return Err(Error::invalid("required", Some("reason".into()), fr, en));
    }
    let actor = reviewer(app, request, who).await?;
    let call = in_the_name_of(app, request, actor, "ask-rollback", Some(reason));
    let found = look(app, &call, rules).await?;
    if found.items == 0 {
        let fr = format!("Les règles {rules} n'ont rien relevé qui soit à remettre.");
        return Err(Error::invalid("value", None, fr, "Nothing to put back."));
    }
    app.store().ask_rollback(&call, rules, found.items, reason).await?;
    look(app, &call, rules).await
}

/// Does it, in the name of somebody else who reviews.
///
/// # Errors
/// `Credentials`; `Refused` to whoever does not review, and to who asked; `Absent` when nobody has asked; `Invalid` when
/// there is more to put back than was asked for.
pub async fn approve_rollback(
    app: &App,
    request: &str,
    rules: i64,
    who: (&str, &str),
    progress: &(dyn Fn(u64) + Send + Sync),
) -> Result<Rollback> {
    let actor = reviewer(app, request, who).await?;
    let call = |reason| in_the_name_of(app, request, actor, "rollback", reason);
    let mut found = look(app, &call(None), rules).await?;
    let asked = found.asked.clone().ok_or(store::Error::Absent)?;
    if found.items > asked.items {
        let fr = "D'autres éléments s'y sont ajoutés depuis la demande : refaites-la.";
        return Err(Error::invalid("value", None, fr, "There is more to put back than was asked for."));
    }
    loop {
        let done = app.store().roll_back(&call(Some(&asked.reason)), rules, BATCH).await?;
        if done == 0 {
            return Ok(found);
        }
        found.done += done;
        progress(found.done);
    }
}

/// Somebody who reviews, proved by their password.
async fn reviewer(app: &App, request: &str, (login, secret): (&str, &str)) -> Result<Actor> {
    let origin = Origin { request: request.to_owned(), ..Origin::default() };
    let cx = accounts::prove(app, login, secret, origin).await?;
    if !may_correct(&cx) {
        return Err(store::Error::Refused(Refusal::NotReviewer).into());
    }
    Ok(cx.clearance().actor())
}

/// The system at work, by order of this person.
fn in_the_name_of(app: &App, request: &str, actor: Actor, verb: &str, reason: Option<&str>) -> Call {
    let scope = ClientScope { place: None, cap: Level::VerySensitive, write: true, chosen_ids: false };
    let origin = Origin { request: request.to_owned(), reason: reason.map(str::to_owned), device: None };
    Cx::client(app, actor, scope, Purpose::Relabel, origin).call(verb)
}

async fn look(app: &App, call: &Call, rules: i64) -> Result<Rollback> {
    let found = app.store().rollback(call, rules).await?;
    let asked = match found.asked {
        None => None,
        Some(asked) => {
            let names = app.names().await?;
            let by = names.get(&asked.actor).cloned().unwrap_or_else(|| format!("compte {}", asked.actor));
            Some(Asked { by, items: asked.items, reason: asked.reason })
        }
    };
    let levels = found.by_level.into_iter();
    Ok(Rollback {
        rules,
        items: found.items,
        held: found.held,
        by_level: levels.map(|((now, then), n)| (format!("{}→{}", now.code(), then.code()), n)).collect(),
        by_type: found.by_type.into_iter().map(|(kind, n)| (kind.name().to_owned(), n)).collect(),
        asked,
        done: 0,
    })
}
