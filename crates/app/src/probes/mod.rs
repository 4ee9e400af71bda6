//! What Socle tries on itself, again and again, and what came of it: kept as papers of the house, dated, and read by the
//! measures. Nothing is kept that was not really tried.

mod clock;
mod journey;
mod reach;
mod trail;

pub(crate) use reach::reaches;

pub use clock::{Time, synchronised};

use crate::app::App;
use crate::cx::{Cx, Origin};
use crate::error::{Error, Result};
use confidentiality::{Level, Purpose};
use domain::governance::measures::{Check, Found, Numbers};
use serde::Serialize;
use serde::de::DeserializeOwned;

const KIND: &str = "probe";
/// What was tried today is not tried again.
const EVERY: i64 = 86_400_000_000;

/// Whoever tries: the server itself, under a request of its own.
fn operator(app: &App) -> Cx {
    let origin = Origin { request: uuid::Uuid::new_v4().to_string(), ..Origin::default() };
    Cx::operator(app, None, Level::VerySensitive, Purpose::Api, origin)
}

/// What was tried last.
async fn last<T: DeserializeOwned>(app: &App, name: &str) -> Result<Option<(i64, T)>> {
    let paper = app.store().setting(app.tenant(), &format!("{KIND}/{name}")).await?;
    let damaged = |_| Error::Store(store::Error::Integrity("the outcome of a check does not decode".into()));
    paper.map(|paper| Ok((paper.version, serde_json::from_slice(&paper.body).map_err(damaged)?))).transpose()
}

/// Keeps what came of it. When another server has tried meanwhile, its outcome stands.
async fn keep(cx: &Cx, name: &str, known: i64, told: &impl Serialize) -> Result<()> {
    let body = serde_json::to_vec(told).map_err(|e| Error::Bug(e.to_string()))?;
    match cx.app().store().keep_paper(&cx.call("probe"), &format!("{KIND}/{name}"), known, &body).await {
        Err(store::Error::Conflict(_)) => Ok(()),
        kept => Ok(kept?),
    }
}

/// What the last tries found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Outcomes {
    pub(crate) journey: Option<Check>,
    pub(crate) clock: Option<Time>,
    pub(crate) purged: Option<Check>,
    pub(crate) level4: Option<Found>,
    pub(crate) numbers: Option<Numbers>,
}

/// What the last tries found; what was never tried is absent.
pub(crate) async fn outcomes(app: &App) -> Result<Outcomes> {
    Ok(Outcomes {
        journey: last::<journey::Journey>(app, journey::NAME).await?.map(|(_, one)| one.check()),
        clock: clock::seen(app).await?,
        purged: trail::purged(app).await?,
        level4: last(app, reach::LEVEL4).await?.map(|(_, found)| found),
        numbers: last(app, reach::NUMBERS).await?.map(|(_, found)| found),
    })
}

/// Tries what was not tried today; the clock each time. `synchronised`: what the system says of its clock. What fails to be tried
/// stops nothing: it gets old, and its measure is to be proven.
pub async fn run(app: &App, synchronised: Option<bool>) {
    let tries: [(&str, Result<()>); 5] = [
        ("clock", watch_clock(app, synchronised).await),
        ("journey", daily(app, journey::NAME, journey::walk(app)).await),
        ("reach", daily(app, reach::LEVEL4, reach::look(app)).await),
        ("trail", daily(app, trail::NAME, trail::purge(app)).await),
        ("sample", crate::access_review::draw(app).await.map(drop)),
    ];
    for (name, tried) in tries {
        if let Err(error) = tried {
            tracing::error!(%error, name, "Socle could not try this on itself");
        }
    }
}

/// Unless it was done within a day.
async fn daily(app: &App, name: &str, work: impl Future<Output = Result<()>>) -> Result<()> {
    let known: Option<(i64, At)> = last(app, name).await?;
    match known {
        Some((_, At { at })) if (0..EVERY).contains(&(app.now() - at)) => Ok(()),
        _ => work.await,
    }
}

#[derive(serde::Deserialize)]
struct At {
    at: i64,
}

/// Walks through a witness journey now: what it writes and reads must leave its entries in the log.
///
/// # Errors
/// The store's.
pub async fn walk(app: &App) -> Result<()> {
    journey::walk(app).await
}

/// Looks now at what accounts reach, and at the numbers of professionals.
///
/// # Errors
/// The store's.
pub async fn look(app: &App) -> Result<()> {
    reach::look(app).await
}

/// Purges now what the log has kept for longer than the house has set.
///
/// # Errors
/// The store's.
pub async fn purge(app: &App) -> Result<()> {
    trail::purge(app).await
}

/// Looks at the clock now.
///
/// # Errors
/// The store's.
pub async fn watch_clock(app: &App, synchronised: Option<bool>) -> Result<()> {
    clock::watch(app, synchronised).await
}
