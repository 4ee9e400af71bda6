//! Machines enrolled by whoever answers for them: what the inventory says of a machine bounds what is opened from it.

use crate::accounts::random_text;
use crate::app::App;
use crate::assets;
use crate::cx::{Cx, Origin};
use crate::error::{Error, Result};
use crate::measures;
use confidentiality::{Level, Place, Purpose, Workstation};
use domain::governance::estate::{Asset, Estate};
use domain::governance::measures::Share;
use domain::governance::obsolescence::{Facts, Finding, Verdict};
use jiff::civil::Date;
use store::NewMachine;

/// Where a machine is used: a unit, or a whole place when its number is 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    /// The place.
    pub place: Place,
    /// Its name.
    pub place_name: String,
    /// The unit; 0 = the whole place.
    pub unit: i64,
    /// Its name; none for the whole place.
    pub unit_name: Option<String>,
}

/// An enrolled machine, and what the inventory says of it.
#[derive(Debug, Clone)]
pub struct Enrolled {
    /// Its number.
    pub number: i64,
    /// What people call it.
    pub name: String,
    /// Where it is.
    pub spot: Option<Spot>,
    /// When it was enrolled (UTC microseconds).
    pub since: i64,
    /// Its name in the inventory, and what is concluded of its system; none when it is not found there.
    pub asset: Option<(String, Finding)>,
    /// What it is worth.
    pub state: Workstation,
    /// The highest level that is opened from it.
    pub opens: Level,
}

/// What a unit can open from its machines.
#[derive(Debug, Clone)]
pub struct Opening {
    /// The unit.
    pub spot: Spot,
    /// How many of its machines open at most each level that one of them opens, the highest first.
    pub machines: Vec<(Level, usize)>,
}

/// A machine to enrol.
#[derive(Debug, Clone)]
pub struct Wish {
    /// What people call it.
    pub name: String,
    /// Where it is.
    pub place: Place,
    /// The unit; 0 = the whole place.
    pub unit: i64,
    /// The machine of the inventory that it is.
    pub asset: Option<String>,
}

/// Longest name, in characters.
pub const LONGEST_NAME: usize = 80;

/// Number and state of the machine that shows this token.
///
/// # Errors
/// The store's.
pub async fn state(app: &App, token: Option<&str>) -> Result<(Option<i64>, Workstation)> {
    Ok(app.store().workstation(app.tenant(), token.map(str::as_bytes)).await?)
}

/// Enrols the machine one sits at: the token that its browser is to show from now on.
///
/// # Errors
/// Absence for whoever does not answer for machines, and for a unit or an asset that is not there; the store's.
pub async fn enrol(cx: &Cx, wish: Wish) -> Result<String> {
    let (estate, spots) = (assets::estate(cx).await?, spots(cx).await?);
    let known = |spot: &Spot| spot.place == wish.place && spot.unit == wish.unit;
    let missing = wish.asset.as_ref().is_some_and(|key| find(&estate, key).is_none());
    if missing || !spots.iter().any(known) {
        return Err(Error::Store(store::Error::Absent));
    }
    let state = worth(&estate, &*measures::facts(cx).await?, wish.asset.as_deref(), assets::today(cx));
    let token = random_text()?;
    let machine = NewMachine { name: wish.name, asset: wish.asset, place: wish.place, unit: wish.unit, state };
    cx.app().store().enrol(&cx.call("machine-enrol"), token.as_bytes(), machine).await?;
    Ok(token)
}

/// Takes a machine out; false when it is not there.
///
/// # Errors
/// As [`enrol`].
pub async fn take_out(cx: &Cx, number: i64) -> Result<bool> {
    Ok(cx.app().store().take_out(&cx.call("machine-take-out"), number).await?)
}

/// Every enrolled machine, and what each unit opens from its own.
///
/// # Errors
/// Absence for whoever does not answer for machines; the store's.
pub async fn list(cx: &Cx) -> Result<(Vec<Enrolled>, Vec<Opening>)> {
    let (estate, spots, today) = (assets::estate(cx).await?, spots(cx).await?, assets::today(cx));
    let (machines, facts) = (cx.app().store().machines(cx.app().tenant()).await?, measures::facts(cx).await?);
    let enrolled = machines.into_iter().map(|one| {
        let machine = one.machine;
        let asset = machine.asset.as_deref().and_then(|key| find(&estate, key));
        let state = worth(&estate, &facts, machine.asset.as_deref(), today);
        Enrolled {
            number: one.number,
            spot: spots.iter().find(|spot| spot.place == machine.place && spot.unit == machine.unit).cloned(),
            name: machine.name,
            since: one.enrolled,
            asset: asset.map(|asset| (asset.name.clone(), asset.system_finding(&facts, today))),
            state,
            opens: cx.app().matrix().workstation_cap(state),
        }
    });
    let enrolled: Vec<Enrolled> = enrolled.collect();
    let openings = spots.into_iter().map(|spot| opening(spot, &enrolled)).collect();
    Ok((enrolled, openings))
}

fn opening(spot: Spot, enrolled: &[Enrolled]) -> Opening {
    let here: Vec<Level> =
        enrolled.iter().filter(|one| one.spot.as_ref() == Some(&spot)).map(|one| one.opens).collect();
    let count = |level: Level| (level, here.iter().filter(|own| **own == level).count());
    let machines = Level::ALL.into_iter().rev().map(count).filter(|(_, count)| *count > 0).collect();
    Opening { spot, machines }
}

/// Every place, then its units.
///
/// # Errors
/// The store's.
pub async fn spots(cx: &Cx) -> Result<Vec<Spot>> {
    let units = cx.app().store().units(cx.app().tenant()).await?;
    let places = cx.app().places();
    let spots = places.iter().flat_map(|place| {
        let spot = |unit: i64, name: Option<&str>| Spot {
            place: place.place,
            place_name: place.name.clone(),
            unit,
            unit_name: name.map(str::to_owned),
        };
        let own = units.iter().filter(|unit| unit.place == place.place).map(|unit| spot(unit.unit, Some(&unit.name)));
        std::iter::once(spot(0, None)).chain(own).collect::<Vec<_>>()
    });
    Ok(spots.collect())
}

/// Judges every enrolled machine by what the inventory says today; how many have changed.
///
/// # Errors
/// The store's.
pub async fn judge(app: &App) -> Result<u64> {
    let machines = app.store().machines(app.tenant()).await?;
    if machines.is_empty() {
        return Ok(0);
    }
    let origin = Origin { request: uuid::Uuid::new_v4().to_string(), ..Origin::default() };
    let cx = Cx::operator(app, None, Level::VerySensitive, Purpose::Api, origin);
    let (estate, facts, today) = (assets::estate(&cx).await?, measures::facts(&cx).await?, assets::today(&cx));
    let states =
        machines.iter().map(|one| (one.number, worth(&estate, &facts, one.machine.asset.as_deref(), today))).collect();
    Ok(app.store().judge_machines(app.tenant(), states).await?)
}

/// What a machine is worth.
fn worth(estate: &Estate, facts: &Facts, key: Option<&str>, at: Date) -> Workstation {
    let asset = key.and_then(|key| find(estate, key));
    asset.map_or(Workstation::Doubtful, |asset| of(asset.system_finding(facts, at).verdict))
}

fn of(verdict: Verdict) -> Workstation {
    match verdict {
        Verdict::Supported | Verdict::EndsWithinYear | Verdict::FreeExtended => Workstation::Sound,
        Verdict::Partial | Verdict::EndedUnlessProven | Verdict::Unknown => Workstation::Doubtful,
        Verdict::Ended => Workstation::Obsolete,
    }
}

/// Of the enrolled machines, how many open what the inventory of today allows and no more; none as long as none is enrolled.
pub(crate) async fn bounded(cx: &Cx) -> Result<Option<Share>> {
    let machines = cx.app().store().machines(cx.app().tenant()).await?;
    if machines.is_empty() {
        return Ok(None);
    }
    let (estate, facts, today) = (assets::estate(cx).await?, measures::facts(cx).await?, assets::today(cx));
    let matrix = cx.app().matrix();
    let fits = |one: &&store::Machine| {
        let now = worth(&estate, &facts, one.machine.asset.as_deref(), today);
        matrix.workstation_cap(one.machine.state) <= matrix.workstation_cap(now)
    };
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Ok(Some(Share { comply: number(machines.iter().filter(fits).count()), of: number(machines.len()) }))
}

fn find<'a>(estate: &'a Estate, key: &str) -> Option<&'a Asset> {
    estate.assets.iter().find(|asset| asset.key == key)
}
