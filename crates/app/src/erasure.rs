//! Erasing a person: counted, asked for by one person, done by another, for ever.

use crate::accounts;
use crate::app::App;
use crate::cx::{Cx, Origin};
use crate::error::{Error, Result};
use confidentiality::{Actor, ClientScope, Level, Purpose, Refusal};
use serde::Serialize;
use store::{Call, Erasure};

/// Who reads the journal of their own record only.
const ACCOMPANIED: &str = "usager";

/// An erasure, before or after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// What it takes away, in numbers.
    #[serde(flatten)]
    pub counts: Erasure,
    /// The request that waits for a second person.
    pub asked: Option<Asked>,
    /// It is done.
    pub erased: bool,
}

/// Who asks, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Asked {
    /// Name and function.
    pub by: String,
    /// How many items it was.
    pub items: i64,
    /// Why.
    pub reason: String,
}

/// What erasing the person of this Patient would take away, and whether somebody has asked; none when there is no such person.
/// Nothing is changed, and the question is in the log.
///
/// # Errors
/// The store's.
pub async fn plan(app: &App, request: &str, patient: &str) -> Result<Option<Plan>> {
    let origin = Origin { request: request.to_owned(), ..Origin::default() };
    look(app, &Cx::operator(app, None, Level::VerySensitive, Purpose::Api, origin).call("count_erasure"), patient).await
}

/// Asks for it, in the name of somebody who may. Nothing changes until another one approves, within a week. `items`: what
/// [`plan`] has said.
///
/// # Errors
/// `Credentials`; `Refused` to whoever does not answer for the records of that place; `Invalid` without a reason; the store's: absent when there is no such
/// person, a conflict when the record has another number of items.
pub async fn ask(
    app: &App,
    request: &str,
    (patient, items): (&str, i64),
    who: (&str, &str),
    reason: &str,
) -> Result<Plan> {
    let reason = reason.trim();
    if reason.is_empty() {
        let (fr, en) = ("Dites pourquoi (--reason), sans nommer la personne.", "Say why (--reason), naming nobody.");
        return Err(Error::invalid("required", Some("reason".into()), fr, en));
    }
    let actor = decider(app, request, who, patient).await?;
    let call = in_the_name_of(app, request, actor, "ask_erasure", Some(reason));
    app.store().ask_erasure(&call, patient, items, reason).await?;
    Ok(look(app, &call, patient).await?.ok_or(store::Error::Absent)?)
}

/// Does it, in the name of somebody else who may.
///
/// # Errors
/// `Credentials`; `Refused` to whoever does not answer for the records of that place, and to who asked; the store's: absent when there is no such person or
/// nobody has asked, a conflict when the record has changed since.
pub async fn approve(app: &App, request: &str, patient: &str, who: (&str, &str)) -> Result<Plan> {
    let actor = decider(app, request, who, patient).await?;
    let call = |reason| in_the_name_of(app, request, actor, "erase", reason);
    let asked = app.store().erasure_asked(&call(None), patient).await?.ok_or(store::Error::Absent)?;
    let counts = app.store().erase(&call(Some(&asked.reason)), patient).await?;
    Ok(Plan { counts, asked: None, erased: true })
}

async fn look(app: &App, call: &Call, patient: &str) -> Result<Option<Plan>> {
    let Some(counts) = app.store().erasure_of(call, patient).await? else { return Ok(None) };
    let asked = match app.store().erasure_asked(call, patient).await? {
        None => None,
        Some(asked) => {
            let names = app.names().await?;
            let by = names.get(&asked.actor).cloned().unwrap_or_else(|| format!("compte {}", asked.actor));
            Some(Asked { by, items: asked.items, reason: asked.reason })
        }
    };
    Ok(Some(Plan { counts, asked, erased: false }))
}

/// Somebody who answers for the records of the place that keeps this one: whose function reads the journals of others there (director,
/// data protection officer, head nurse…), proved by their password.
async fn decider(app: &App, request: &str, (login, secret): (&str, &str), patient: &str) -> Result<Actor> {
    let origin = Origin { request: request.to_owned(), ..Origin::default() };
    let cx = accounts::prove(app, login, secret, origin).await?;
    let actor = cx.clearance().actor();
    let mut posts = app.store().posts(app.tenant(), actor, app.now()).await?;
    posts.retain(|post| {
        let row = app.matrix().persona(&post.persona.as_str().into());
        row.is_some_and(|(persona, _)| persona.may_read_journal() && persona.code() != ACCOMPANIED)
    });
    // To whoever decides nowhere, absence would say who is here.
    if posts.is_empty() {
        return Err(store::Error::Refused(Refusal::NotDecider).into());
    }
    let call = in_the_name_of(app, request, actor, "count_erasure", None);
    let place = app.store().place_to_erase(&call, patient).await?.ok_or(store::Error::Absent)?;
    if !posts.iter().any(|post| post.place == place) {
        return Err(store::Error::Refused(Refusal::NotDecider).into());
    }
    Ok(actor)
}

fn in_the_name_of(app: &App, request: &str, actor: Actor, verb: &str, reason: Option<&str>) -> Call {
    let scope = ClientScope { place: None, cap: Level::VerySensitive, write: true, chosen_ids: false };
    let origin = Origin { request: request.to_owned(), reason: reason.map(str::to_owned), device: None };
    Cx::client(app, actor, scope, Purpose::Api, origin).call(verb)
}
