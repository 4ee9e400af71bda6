//! What is at hand when the computers stop: which units have printed their whole handover, and which have a pack. Of whom they
//! speak is in the journal, not here.

pub mod pack;

use crate::app::App;
use crate::cx::Cx;
use crate::error::{Error, Result};
use domain::governance::measures::Share;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const NAME: &str = "downtime/printed";
/// What was printed yesterday does not serve tonight.
const DAY: i64 = 86_400_000_000;
/// Printed again within so little, nothing new is kept.
const AGAIN: i64 = 60_000_000;

/// When each unit last printed its handover, by its number.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Printed(BTreeMap<i64, i64>);

async fn printed_at(app: &App) -> Result<(i64, Printed)> {
    let Some(paper) = app.store().setting(app.tenant(), NAME).await? else { return Ok((0, Printed::default())) };
    let damaged = |_| Error::Store(store::Error::Integrity("what was printed does not decode".into()));
    Ok((paper.version, serde_json::from_slice(&paper.body).map_err(damaged)?))
}

/// Keeps that a unit has printed its whole handover. When somebody else prints at the same moment, theirs is kept.
///
/// # Errors
/// The store's.
pub async fn printed(cx: &Cx, unit: i64) -> Result<()> {
    let (known, mut all) = printed_at(cx.app()).await?;
    let before = all.0.insert(unit, cx.now());
    if before.is_some_and(|before| (0..AGAIN).contains(&(cx.now() - before))) {
        return Ok(());
    }
    let house = crate::charter::house(cx.app());
    let body = serde_json::to_vec(&all).map_err(|e| Error::Bug(e.to_string()))?;
    match cx.app().store().keep_paper(&house.call("handover-printed"), NAME, known, &body).await {
        // Nobody waits for a proof to have their paper.
        Err(store::Error::Conflict(_) | store::Error::Unavailable(_)) => Ok(()),
        kept => Ok(kept?),
    }
}

/// Units where people live or are received, and those whose handover is on paper of less than a day: their own, or the one of the
/// whole place. None as long as nothing was ever printed.
pub(crate) async fn share(app: &App) -> Result<Option<Share>> {
    let (_, all) = printed_at(app).await?;
    if all.0.is_empty() {
        return Ok(None);
    }
    let spots = spots(app).await?;
    let fresh = |number: &i64| all.0.get(number).is_some_and(|at| (0..DAY).contains(&(app.now() - at)));
    let comply = spots.iter().filter(|spot| fresh(&spot.unit) || fresh(&spot.whole)).count();
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Ok(Some(Share { comply: number(comply), of: number(spots.len()) }))
}

/// Where people live or are received: a unit, or a whole place that has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    /// The number of the unit.
    pub unit: i64,
    /// That of the whole place.
    pub whole: i64,
    /// What it is called.
    pub name: String,
    /// Where it is.
    pub place: String,
}

/// Every unit, and every place without any.
///
/// # Errors
/// The store's.
pub async fn spots(app: &App) -> Result<Vec<Spot>> {
    let units = app.store().units(app.tenant()).await?;
    let mut spots = Vec::new();
    for place in app.places().iter() {
        let (whole, mut own) =
            (store::everybody(place.place), units.iter().filter(|unit| unit.place == place.place).peekable());
        if own.peek().is_none() {
            let name = "Tout l’établissement".to_owned();
            spots.push(Spot { unit: whole, whole, name, place: place.name.clone() });
        }
        let spot =
            |unit: &store::UnitRow| Spot { unit: unit.unit, whole, name: unit.name.clone(), place: place.name.clone() };
        spots.extend(own.map(spot));
    }
    Ok(spots)
}
