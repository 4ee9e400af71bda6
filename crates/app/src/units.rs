//! Where one works: the units one may choose among, and the post one has taken.

use crate::cx::Cx;
use crate::error::Result;
use confidentiality::Place;
use domain::care::duty::{self, Duty};
use store::{Shift, ShiftKind};

/// A part of a place, or a whole place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Its number.
    pub number: i64,
    /// Where.
    pub place: Place,
    /// Its name.
    pub name: String,
    /// Name of the establishment.
    pub place_name: String,
    /// The whole establishment.
    pub whole: bool,
}

/// The actor's units, and where they are now.
#[derive(Debug, Clone)]
pub struct Posts {
    /// In the order of a page: each establishment, then its units.
    pub units: Vec<Unit>,
    /// The post that was taken and not left.
    pub current: Option<Shift>,
    /// What is planned for the next seven days.
    pub planned: Vec<Shift>,
}

const HOUR: i64 = 3_600_000_000;
const DAY: i64 = 24 * HOUR;
/// Someone who forgets to leave their post has left it after this.
const LONGEST: i64 = 14 * HOUR;
/// How far back the last duty is looked for.
const BACK: i64 = 30 * DAY;
/// What a handover covers when there was no duty before.
pub const USUAL: i64 = 12 * HOUR;

impl Posts {
    /// The unit with this number.
    pub fn find(&self, number: i64) -> Option<&Unit> {
        self.units.iter().find(|unit| unit.number == number)
    }

    /// The unit of the post that was taken; else the only one there is; else what is planned now.
    pub fn here(&self, now: i64) -> Option<&Unit> {
        let taken = self.current.and_then(|shift| self.find(shift.unit));
        let only = || self.units.first().filter(|_| self.units.len() == 1);
        let due = self.planned.iter().find(|shift| shift.starts <= now && now < shift.ends);
        taken.or_else(only).or_else(|| due.and_then(|shift| self.find(shift.unit)))
    }
}

/// The units this actor works in.
///
/// # Errors
/// The store's.
pub async fn mine(cx: &Cx) -> Result<Posts> {
    let (app, actor) = (cx.app(), cx.clearance().actor());
    let posts = app.store().posts(app.tenant(), actor, cx.now()).await?;
    let all = app.store().units(app.tenant()).await?;
    let mut units: Vec<Unit> = Vec::new();
    for place in app.places().iter() {
        let own = |unit: i64| posts.iter().any(|post| post.place == place.place && post.unit == unit);
        let whole = store::everybody(place.place);
        let named = |number: i64, name: &str| Unit {
            number,
            place: place.place,
            name: name.to_owned(),
            place_name: place.name.clone(),
            whole: number == whole,
        };
        if own(whole) {
            units.push(named(whole, &place.name));
        }
        let parts = all.iter().filter(|unit| unit.place == place.place && (own(whole) || own(unit.unit)));
        units.extend(parts.map(|unit| named(unit.unit, &unit.name)));
    }
    let shifts = app.store().shifts_of(app.tenant(), actor, cx.now() - LONGEST, cx.now() + 7 * DAY).await?;
    let current = shifts.iter().rfind(|shift| shift.kind == ShiftKind::Taken && shift.ends > cx.now()).copied();
    let planned = shifts.into_iter().filter(|shift| shift.kind == ShiftKind::Planned && shift.ends > cx.now());
    Ok(Posts { units, current, planned: planned.collect() })
}

/// *Je prends mon poste*: the one before, if it was not left, ends now.
///
/// # Errors
/// `Absent` when the actor does not work in this unit.
pub async fn take(cx: &Cx, unit: i64) -> Result<()> {
    let posts = mine(cx).await?;
    posts.find(unit).ok_or(store::Error::Absent)?;
    if posts.current.is_some_and(|shift| shift.unit == unit) {
        return Ok(());
    }
    // The end of what is planned, when it is for today; else the longest shift there is.
    let planned = posts.planned.iter().find(|shift| shift.unit == unit && shift.starts <= cx.now() + 2 * HOUR);
    let ends = planned.map_or(cx.now() + LONGEST, |shift| shift.ends);
    let (app, actor) = (cx.app(), cx.clearance().actor());
    Ok(app.store().take_post(app.tenant(), actor, unit, cx.now(), ends).await?)
}

/// *Je quitte mon poste*.
///
/// # Errors
/// The store's.
pub async fn leave(cx: &Cx) -> Result<()> {
    let app = cx.app();
    Ok(app.store().leave_post(app.tenant(), cx.clearance().actor(), cx.now()).await?)
}

/// When the actor's last duty ended, before the one that runs now.
pub(crate) async fn last_duty(cx: &Cx) -> Result<Option<i64>> {
    let (app, actor) = (cx.app(), cx.clearance().actor());
    let shifts = app.store().shifts_of(app.tenant(), actor, cx.now() - BACK, cx.now() + 1).await?;
    let of_kind = |kind: ShiftKind| -> Vec<Duty> {
        let own = shifts.iter().filter(|shift| shift.kind == kind);
        own.map(|shift| Duty { starts: shift.starts, ends: shift.ends }).collect()
    };
    Ok(duty::last(&of_kind(ShiftKind::Taken), &of_kind(ShiftKind::Planned), cx.now()))
}
