//! The days that have gone by since a demo was made.
//!
//! What a demo was made from is kept in its Organization, so that the same demo can go on.

use super::lay::{self, Part};
use super::{ENTITY, operator};
use crate::app::App;
use crate::error::{Error, Result};
use crate::records;
use domain::demo::Edition;
use domain::local_time;
use fhir::json::Value;
use fhir::{Resource, ResourceType};
use jiff::civil::Date;
use serde_json::json;

/// Holds `seed at until small`.
const STATE: &str = "urn:socle:demo";
const HOUR: i64 = 3_600_000_000;

/// Writes into the Organization of the entity what the demo is made from.
pub(super) fn sign(value: &mut Value, edition: Edition, small: bool) {
    if value.get("id").and_then(Value::as_str) != Some(ENTITY) {
        return;
    }
    if let Some(object) = value.as_object_mut() {
        let state = format!("{} {} {} {small}", edition.seed, edition.at, edition.until);
        object.insert("extension".into(), json!([{ "url": STATE, "valueString": state }]));
    }
}

fn read(entity: &Resource) -> Option<(Edition, bool)> {
    let all = entity.get(&["extension"])?.as_array()?;
    let state = all.iter().find(|one| one.get("url").and_then(Value::as_str) == Some(STATE))?;
    let mut parts = state.get("valueString")?.as_str()?.split(' ');
    let mut part = || parts.next();
    let edition = Edition { seed: part()?.parse().ok()?, at: part()?.parse().ok()?, until: part()?.parse().ok()? };
    Some((edition, part()?.parse().ok()?))
}

async fn state(app: &App) -> Result<(Edition, bool, Resource)> {
    let entity = records::read(&operator(app), ResourceType::ORGANIZATION, ENTITY).await?.resource;
    let (edition, small) = read(&entity).ok_or_else(|| Error::Bug("the demo does not say what it is".into()))?;
    Ok((edition, small, entity))
}

/// When the last thing of a demo was written (UTC microseconds).
///
/// # Errors
/// `Absent` when the store holds no demo.
pub async fn last_moment(app: &App) -> Result<i64> {
    Ok(state(app).await?.0.until)
}

/// A demo whose last writing is older than this has days to add (UTC microseconds).
const BEHIND: i64 = 20 * HOUR;

/// How many days are missing at `now` from a demo that stops at `until`; none when it is of today.
pub fn missing_days(until: i64, now: i64) -> Option<i64> {
    let gone = now - until;
    (gone > BEHIND).then(|| (gone / (24 * HOUR)).max(1))
}

/// Writes what happened from the last moment of the demo until the hour that has struck; how many resources. Nothing when
/// no hour has gone by.
///
/// # Errors
/// The store's.
pub async fn add_missing_days(app: &App) -> Result<usize> {
    let (edition, small, mut entity) = state(app).await?;
    let until = app.now().div_euclid(HOUR) * HOUR;
    if until <= edition.until {
        return Ok(0);
    }
    let today: Date = local_time::local(until).date();
    let units = lay::units(app).await?;
    lay::plan(app, today, &units).await?;
    let longer = Edition { until, ..edition };
    // Written before the days: a second click finds nothing to do, and an interruption leaves days without events.
    let mut value = entity.value();
    sign(&mut value, longer, small);
    entity = Resource::from_value(value)?;
    records::update(&operator(app), entity, None).await?;
    lay::write_places(app, longer, small, Part::After(edition.until)).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_demo_says_what_it_is_made_from() {
        let edition = Edition { seed: 7, at: date(2026, 11, 24), until: 1_780_000_000_000_000 };
        let mut value = json!({ "resourceType": "Organization", "id": ENTITY });
        sign(&mut value, edition, true);
        assert_eq!(read(&Resource::from_value(value).unwrap()), Some((edition, true)));
        let mut other = json!({ "resourceType": "Organization", "id": "demo-ehpad" });
        sign(&mut other, edition, true);
        assert_eq!(read(&Resource::from_value(other).unwrap()), None);
    }
}
