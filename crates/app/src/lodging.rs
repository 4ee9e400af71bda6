//! The units of a place, and who is in which: said by whoever admits persons there.

use crate::cx::Cx;
use crate::error::Result;
use crate::people::{self, Resident};
use confidentiality::{Person, Place};
use std::collections::BTreeMap;
use store::{Move, everybody};

/// Signs of a unit's name.
pub const LONGEST: usize = 80;

/// A place, its units, and who is in which.
#[derive(Debug)]
pub struct Board {
    /// Number of the place.
    pub place: Place,
    /// Its name.
    pub place_name: String,
    /// Number and name of its units, in the order they were made.
    pub units: Vec<(i64, String)>,
    /// Everybody at the place, by name, each with the number of their unit; 0: none.
    pub rows: Vec<(Resident, i64)>,
}

/// Why a unit is not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// It has no name.
    Nameless,
    /// Its name is longer than [`LONGEST`], or has signs that are not seen.
    Name,
    /// The place has one of that name.
    Known,
}

fn permitted(cx: &Cx) -> Result<()> {
    Ok(cx.clearance().may_admit(cx.place()).map_err(|_| store::Error::Absent)?)
}

/// The units of the place where this actor works.
async fn units(cx: &Cx) -> Result<Vec<(i64, String)>> {
    let all = cx.app().store().units(cx.app().tenant()).await?;
    Ok(all.into_iter().filter(|unit| unit.place == cx.place()).map(|unit| (unit.unit, unit.name)).collect())
}

/// Who is in which unit of the place where this actor works.
///
/// # Errors
/// Absence for whoever does not admit persons there; the store's.
pub async fn board(cx: &Cx) -> Result<Board> {
    permitted(cx)?;
    let (app, place, units) = (cx.app(), cx.place(), units(cx).await?);
    let numbers = units.iter().map(|(number, _)| *number).collect();
    let members = app.store().members(app.tenant(), numbers, cx.now()).await?;
    let mut of: BTreeMap<Person, i64> = BTreeMap::new();
    for (unit, persons) in members {
        of.extend(persons.into_iter().map(|person| (person, unit)));
    }
    let all = people::page(cx, (Some(everybody(place)), false), "", |all| 0..all).await?;
    let with_unit = |resident: Resident| {
        let unit = of.get(&resident.patient.person).copied().unwrap_or_default();
        (resident, unit)
    };
    let here = app.places().iter().find(|row| row.place == place).map(|row| row.name.clone());
    Ok(Board {
        place,
        place_name: here.unwrap_or_default(),
        units,
        rows: all.persons.into_iter().map(with_unit).collect(),
    })
}

/// Makes a unit. `Err` inside: why not.
///
/// # Errors
/// As [`board`].
pub async fn add_unit(cx: &Cx, name: &str) -> Result<std::result::Result<(), Unfit>> {
    permitted(cx)?;
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.is_empty() {
        return Ok(Err(Unfit::Nameless));
    }
    if name.chars().count() > LONGEST || name.contains(char::is_control) {
        return Ok(Err(Unfit::Name));
    }
    if units(cx).await?.iter().any(|(_, known)| known.to_lowercase() == name.to_lowercase()) {
        return Ok(Err(Unfit::Known));
    }
    cx.app().store().ensure_unit(cx.app().tenant(), cx.place(), &name).await?;
    Ok(Ok(()))
}

/// Moves persons, by the ids of their Patients, from the unit they were read to be in to another; 0: none. How many went.
///
/// # Errors
/// As [`board`]; absence for somebody, or a unit, that is not of this place; a conflict when somebody has been moved meanwhile:
/// nobody goes then.
pub async fn settle(cx: &Cx, wanted: &BTreeMap<String, (i64, i64)>) -> Result<usize> {
    let board = board(cx).await?;
    let known = |unit: i64| unit == 0 || board.units.iter().any(|(number, _)| *number == unit);
    let mut moves = Vec::new();
    for (id, (from, to)) in wanted.iter().filter(|(_, (from, to))| from != to) {
        let found = board.rows.iter().find(|(resident, _)| resident.id() == id);
        let (resident, _) = found.filter(|_| known(*to)).ok_or(store::Error::Absent)?;
        moves.push(Move { person: resident.patient.person, from: *from, to: *to });
    }
    let count = moves.len();
    if count > 0 {
        let call = cx.because(&format!("unités, {count} personnes")).call("persons-move");
        cx.app().store().move_persons(&call, cx.place(), moves).await?;
    }
    Ok(count)
}
