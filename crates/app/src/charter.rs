//! The charter on the use of computers: one text in force, signed by each person who has an account. Who answers for the
//! estate puts a text in force; a new one is to be signed anew. Signing is never asked before care: it blocks nothing.

use crate::app::App;
use crate::cx::{Cx, Origin};
use crate::error::{Error, Result};
use confidentiality::{Level, Purpose};
use domain::governance::measures::Named;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use store::Account;

const TEXT: &str = "charter";
const SIGNED: &str = "signature";
/// People who may have signed, at most.
const MOST: i64 = 20_000;
/// The longest text, in signs.
pub const LONGEST: usize = 20_000;

/// The text in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charter {
    /// Its version, from 1.
    pub version: i64,
    /// Since when, UTC microseconds.
    pub since: i64,
    /// What it says.
    pub text: String,
}

/// What a person signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Signature {
    charter: i64,
    at: i64,
}

/// Papers are the house's: they are read and written for whoever signs, who sees nothing of the others.
pub(crate) fn house(app: &App) -> Cx {
    let origin = Origin { request: uuid::Uuid::new_v4().to_string(), ..Origin::default() };
    Cx::operator(app, None, Level::VerySensitive, Purpose::Api, origin)
}

fn damaged(_: serde_json::Error) -> Error {
    Error::Store(store::Error::Integrity("a signature of the charter does not decode".into()))
}

/// The text in force, if there is one.
///
/// # Errors
/// The store's.
pub async fn in_force(app: &App) -> Result<Option<Charter>> {
    let cx = house(app);
    let (call, store) = (cx.call(TEXT), app.store());
    let paper = store.disclose(&call, store.paper(&call, TEXT).await?).await?;
    Ok(paper.map(|paper| Charter {
        version: paper.version,
        since: paper.at,
        text: String::from_utf8_lossy(&paper.body).into_owned(),
    }))
}

/// Puts a text in force after the version `known` (0: the first); everybody is to sign it.
///
/// # Errors
/// Absence for whoever may not see the estate; a conflict when somebody else put one in force meanwhile; the store's.
pub async fn put(cx: &Cx, known: i64, text: &str) -> Result<()> {
    Ok(cx.app().store().keep_paper(&cx.call("charter-put"), TEXT, known, text.as_bytes()).await?)
}

/// The signature of whoever asks: the version and the instant.
async fn signature(house: &Cx, cx: &Cx) -> Result<(i64, Option<Signature>)> {
    let (call, store) = (house.call("charter-signature"), house.app().store());
    let paper = store.disclose(&call, store.paper(&call, &name(cx)).await?).await?;
    let Some(paper) = paper else { return Ok((0, None)) };
    Ok((paper.version, Some(serde_json::from_slice(&paper.body).map_err(damaged)?)))
}

fn name(cx: &Cx) -> String {
    format!("{SIGNED}/{}", cx.clearance().actor().value())
}

/// Whether the charter is for whoever asks: those whom the house serves, and who represents them, use no computer of its.
pub fn is_for(cx: &Cx) -> bool {
    let served = |code: &str| cx.app().matrix().persona(&code.into()).is_some_and(|(persona, _)| persona.is_served());
    !cx.persona().is_some_and(served)
}

/// When whoever asks signed this version; none: it is still to be signed.
///
/// # Errors
/// The store's.
pub async fn signed(cx: &Cx, charter: &Charter) -> Result<Option<i64>> {
    let signature = signature(&house(cx.app()), cx).await?.1;
    Ok(signature.filter(|signature| signature.charter == charter.version).map(|signature| signature.at))
}

/// Whoever asks signs this version. Twice is once.
///
/// # Errors
/// A conflict when another text is in force meanwhile; the store's.
pub async fn sign(cx: &Cx, version: i64) -> Result<()> {
    if in_force(cx.app()).await?.is_none_or(|charter| charter.version != version) {
        return Err(store::Error::Conflict(store::Conflict::Overtaken).into());
    }
    let house = house(cx.app());
    let (known, before) = signature(&house, cx).await?;
    if before.is_some_and(|before| before.charter == version) {
        return Ok(());
    }
    let body = serde_json::to_vec(&Signature { charter: version, at: cx.now() }).map_err(damaged)?;
    Ok(cx.app().store().keep_paper(&house.call("charter-sign"), &name(cx), known, &body).await?)
}

/// Each of these accounts, and whether it signed the text in force; none as long as there is no text.
pub(crate) async fn signers(cx: &Cx, people: &[&Account]) -> Result<Option<Vec<Named>>> {
    let Some(charter) = in_force(cx.app()).await? else { return Ok(None) };
    let (call, store) = (cx.call("charter-signatures"), cx.app().store());
    let papers = store.disclose(&call, store.papers(&call, SIGNED, MOST).await?).await?;
    let mut known: BTreeMap<String, Signature> = BTreeMap::new();
    for (name, paper) in papers {
        known.insert(name, serde_json::from_slice(&paper.body).map_err(damaged)?);
    }
    let has = |account: &Account| {
        let signature = known.get(&format!("{SIGNED}/{}", account.actor));
        signature.is_some_and(|signature| signature.charter == charter.version)
    };
    let named = |account: &&Account| Named { name: account.login.clone(), fine: has(account) };
    Ok(Some(people.iter().map(named).collect()))
}
