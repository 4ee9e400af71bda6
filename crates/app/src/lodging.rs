//! The units of a place, and who is in which: said by whoever admits persons there.

use crate::cx::Cx;
use crate::error::Result;
use crate::people::{self, Resident};
use confidentiality::{Person, Place};
use std::collections::BTreeMap;
use store::{Move, PlaceRow, everybody};

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

/// Why a unit is not made, or nobody is moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// It has no name.
    Nameless,
    /// Its name is longer than [`LONGEST`], or has signs that are not seen.
    Name,
    /// The place has one of that name.
    Known,
    /// Somebody is in it, or works in it.
    Used,
    /// Nobody brings persons into the unit they accompany themselves, unless they accompany the whole place.
    Own,
}

/// The places where this actor admits persons, with their names.
#[must_use]
pub fn places(cx: &Cx) -> Vec<(Place, String)> {
    let own = |row: &&PlaceRow| cx.clearance().may_admit(row.place).is_ok();
    cx.app().places().iter().filter(own).map(|row| (row.place, row.name.clone())).collect()
}

/// The place that is asked for, or the first one.
pub(crate) fn chosen(cx: &Cx, place: Option<Place>) -> Result<(Place, String)> {
    let mut all = places(cx).into_iter();
    let found = match place {
        Some(place) => all.find(|(number, _)| *number == place),
        None => all.next(),
    };
    Ok(found.ok_or(store::Error::Absent)?)
}

/// The units of a place.
pub(crate) async fn units(cx: &Cx, place: Place) -> Result<Vec<(i64, String)>> {
    let all = cx.app().store().units(cx.app().tenant()).await?;
    Ok(all.into_iter().filter(|unit| unit.place == place).map(|unit| (unit.unit, unit.name)).collect())
}

/// Who is in which unit of a place; the first one where this actor admits persons, when none is named.
///
/// # Errors
/// Absence for whoever does not admit persons there; the store's.
pub async fn board(cx: &Cx, place: Option<Place>) -> Result<Board> {
    let (place, place_name) = chosen(cx, place)?;
    let (app, units) = (cx.app(), units(cx, place).await?);
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
    Ok(Board { place, place_name, units, rows: all.persons.into_iter().map(with_unit).collect() })
}

/// Makes a unit. `Err` inside: why not.
///
/// # Errors
/// As [`board`].
pub async fn add_unit(cx: &Cx, place: Option<Place>, name: &str) -> Result<std::result::Result<(), Unfit>> {
    let (place, _) = chosen(cx, place)?;
    match named(cx, place, name, 0).await? {
        Ok(name) => {
            cx.app().store().make_unit(&cx.call("unit-add"), place, &name).await?;
            Ok(Ok(()))
        }
        Err(unfit) => Ok(Err(unfit)),
    }
}

/// A name that the unit may have, without spaces in excess.
async fn named(cx: &Cx, place: Place, name: &str, unit: i64) -> Result<std::result::Result<String, Unfit>> {
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.is_empty() {
        return Ok(Err(Unfit::Nameless));
    }
    if name.chars().count() > LONGEST || name.contains(char::is_control) {
        return Ok(Err(Unfit::Name));
    }
    let same = |(number, known): &(i64, String)| *number != unit && known.to_lowercase() == name.to_lowercase();
    if units(cx, place).await?.iter().any(same) { Ok(Err(Unfit::Known)) } else { Ok(Ok(name)) }
}

/// A unit is called otherwise. `Err` inside: why not.
///
/// # Errors
/// As [`board`]; absence for a unit that is not of this place.
pub async fn rename_unit(
    cx: &Cx,
    place: Option<Place>,
    unit: i64,
    name: &str,
) -> Result<std::result::Result<(), Unfit>> {
    let (place, _) = chosen(cx, place)?;
    let name = match named(cx, place, name, unit).await? {
        Ok(name) => name,
        Err(unfit) => return Ok(Err(unfit)),
    };
    let call = cx.because(&format!("unité {unit}")).call("unit-rename");
    match cx.app().store().rename_unit(&call, place, unit, &name).await {
        Err(store::Error::Conflict(_)) => Ok(Err(Unfit::Known)),
        done => Ok(Ok(done?)),
    }
}

/// A unit in which nobody is, and nobody works, is no longer there. `Err` inside: why not.
///
/// # Errors
/// As [`rename_unit`].
pub async fn close_unit(cx: &Cx, place: Option<Place>, unit: i64) -> Result<std::result::Result<(), Unfit>> {
    let (place, _) = chosen(cx, place)?;
    let call = cx.because(&format!("unité {unit}")).call("unit-close");
    match cx.app().store().close_unit(&call, place, unit).await {
        Err(store::Error::Conflict(_)) => Ok(Err(Unfit::Used)),
        done => Ok(Ok(done?)),
    }
}

/// Whether this unit is one that the actor accompanies, without accompanying everybody at the place: whoever could bring somebody there
/// would open any record for themselves, without the motive that an emergency asks for.
pub(crate) async fn is_ones_own(cx: &Cx, place: Place, unit: i64) -> Result<bool> {
    let posts = cx.app().store().posts(cx.app().tenant(), cx.clearance().actor(), cx.now()).await?;
    let own = |wanted: i64| posts.iter().any(|post| post.place == place && post.unit == wanted);
    Ok(unit != 0 && own(unit) && !own(everybody(place)))
}

/// Moves persons, by the ids of their Patients, from the unit they were read to be in to another; 0: none. How many went; `Err` inside:
/// into a unit of one's own.
///
/// # Errors
/// As [`board`]; absence for somebody, or a unit, that is not of this place; a conflict when somebody has been moved meanwhile:
/// nobody goes then.
pub async fn settle(
    cx: &Cx,
    place: Option<Place>,
    wanted: &BTreeMap<String, (i64, i64)>,
) -> Result<std::result::Result<usize, Unfit>> {
    let board = board(cx, place).await?;
    let known = |unit: i64| unit == 0 || board.units.iter().any(|(number, _)| *number == unit);
    let (mut moves, mut ways) = (Vec::new(), BTreeMap::<(i64, i64), usize>::new());
    for (id, (from, to)) in wanted.iter().filter(|(_, (from, to))| from != to) {
        let found = board.rows.iter().find(|(resident, _)| resident.id() == id);
        let (resident, _) = found.filter(|_| known(*to)).ok_or(store::Error::Absent)?;
        moves.push(Move { person: resident.patient.person, from: *from, to: *to });
        *ways.entry((*from, *to)).or_default() += 1;
    }
    for (_, to) in ways.keys() {
        if is_ones_own(cx, board.place, *to).await? {
            return Ok(Err(Unfit::Own));
        }
    }
    let count = moves.len();
    if count > 0 {
        let said: Vec<String> = ways.iter().map(|((from, to), many)| format!("{from} vers {to} ({many})")).collect();
        let call = cx.because(&format!("unités {}", said.join(", "))).call("persons-move");
        cx.app().store().move_persons(&call, board.place, moves).await?;
    }
    Ok(Ok(count))
}
