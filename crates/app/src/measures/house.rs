//! What the house says of itself and has decided, and the facts of obsolescence it loaded.

use crate::assets;
use crate::cx::Cx;
use crate::error::{Error, Result};
use domain::governance::measures::{Derogation, Exemption, Profile, Settings};
use domain::governance::obsolescence::{Facts, NotFacts};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex, PoisonError};

const HOUSE: &str = "house";
const FACTS: &str = "facts";
/// The largest file of facts: five times the community's of 2026.
pub const LARGEST: u64 = 16 * 1024 * 1024;

/// What the house says of itself and has decided.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct House {
    /// What sort of establishment it is.
    pub profile: Profile,
    /// What it has decided.
    pub settings: Settings,
    /// Its written exceptions.
    pub derogations: Vec<Derogation>,
    /// What it has decided of single things, each until a day.
    pub exemptions: Vec<Exemption>,
}

/// Facts loaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Loaded {
    /// How many products.
    pub products: usize,
    /// Ids of products left out: no cycle of theirs is understood.
    pub left_out: Vec<String>,
}

/// Facts loaded, opened once.
#[derive(Debug, Default)]
pub(crate) struct Known(Mutex<Option<(i64, Arc<Facts>)>>);

#[derive(Serialize, Deserialize)]
struct Kept {
    as_of: Date,
    table: String,
}

fn damaged(_: serde_json::Error) -> Error {
    Error::Store(store::Error::Integrity("a paper of the house does not decode".into()))
}

/// What the house says of itself and has decided; as shipped as long as it has said nothing.
///
/// # Errors
/// Absence for whoever may not see the estate; the store's.
pub async fn house(cx: &Cx) -> Result<House> {
    Ok(read(cx, "house").await?.1)
}

async fn read(cx: &Cx, verb: &str) -> Result<(i64, House)> {
    let (call, store) = (cx.call(verb), cx.app().store());
    let paper = store.disclose(&call, store.paper(&call, HOUSE).await?).await?;
    let Some(paper) = paper else { return Ok((0, House::default())) };
    Ok((paper.version, serde_json::from_slice(&paper.body).map_err(damaged)?))
}

/// Changes it; the version before stays.
///
/// # Errors
/// As [`house`]; a conflict when somebody else changed it meanwhile.
pub async fn change(cx: &Cx, change: impl FnOnce(&mut House)) -> Result<()> {
    let (version, mut house) = read(cx, "house").await?;
    change(&mut house);
    let body = serde_json::to_vec(&house).map_err(|e| Error::Bug(e.to_string()))?;
    cx.app().store().keep_paper(&cx.call("house-change"), HOUSE, version, &body).await?;
    super::history::follow(cx).await;
    Ok(())
}

/// The facts of obsolescence: those the house loaded above those shipped.
///
/// # Errors
/// Absence for whoever may not see the estate; the store's.
pub async fn facts(cx: &Cx) -> Result<Arc<Facts>> {
    let (call, store) = (cx.call("facts"), cx.app().store());
    let paper = store.disclose(&call, store.paper(&call, FACTS).await?).await?;
    let version = paper.as_ref().map_or(0, |paper| paper.version);
    let known = cx.app().facts();
    let kept = known.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if let Some((_, facts)) = kept.filter(|(at, _)| *at == version) {
        return Ok(facts);
    }
    let read = move || match paper {
        None => Facts::read().map_err(|e| Error::Bug(e.to_string())),
        Some(paper) => {
            let Kept { as_of, table } = serde_json::from_slice(&paper.body).map_err(damaged)?;
            Facts::with_table(&table, as_of).map_err(|e| Error::Bug(e.to_string()))
        }
    };
    let facts = Arc::new(tokio::task::spawn_blocking(read).await.map_err(|e| Error::Bug(e.to_string()))??);
    *known.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((version, facts.clone()));
    Ok(facts)
}

/// Loads the community's file of ends of life; `Err` inside when it is not one.
///
/// # Errors
/// As [`house`].
pub async fn load_facts(cx: &Cx, json: String) -> Result<std::result::Result<Loaded, NotFacts>> {
    let converted = tokio::task::spawn_blocking(move || Facts::convert(&json)).await;
    let (table, left_out) = match converted.map_err(|e| Error::Bug(e.to_string()))? {
        Ok(converted) => converted,
        Err(refused) => return Ok(Err(refused)),
    };
    let (call, store) = (cx.call("facts-load"), cx.app().store());
    let paper = store.disclose(&call, store.paper(&call, FACTS).await?).await?;
    let products = table.lines().filter(|line| line.starts_with('=')).count();
    let kept = Kept { as_of: assets::today(cx), table };
    let body = serde_json::to_vec(&kept).map_err(|e| Error::Bug(e.to_string()))?;
    store.keep_paper(&call, FACTS, paper.map_or(0, |paper| paper.version), &body).await?;
    super::history::follow(cx).await;
    Ok(Ok(Loaded { products, left_out }))
}
