//! Who is admitted to a place, where they are in it, and when they leave: said by whoever admits persons there.
//!
//! A stay is an Encounter; whoever accompanies the person follows from it, in the same transaction ([`store::Housing`]). Nothing of
//! this opens what is written about anybody: it is what the office and the direction know.

mod admit;
mod changes;

pub use admit::{Alike, Candidate, Standing, Who, admit, admitted, alike};
pub use changes::{Board, Of, board, cancel, end, reopen, settle};

use crate::cx::Cx;
use crate::error::Result;
use crate::lodging;
use confidentiality::{Place, PlaceProfile};
use domain::care::stay::Spot;
use fhir::json::Value;
use fhir::{Resource, ResourceType};
use store::{Change, Version};

/// How long the team of a unit still accompanies somebody who has left: what it has to write is not written in a day.
pub const AFTERWARDS: i64 = 7 * 24 * 3_600_000_000;

/// Why nothing is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// The place has no such unit, any more.
    Unit,
    /// Nobody brings persons into the unit they accompany themselves, unless they accompany the whole place.
    Own,
    /// Somebody at the place has this national number.
    Number,
    /// They are here already.
    Here,
    /// They died.
    Dead,
    /// The stay is over.
    Over,
    /// The moment is to come.
    Future,
    /// The moment is before what is known of the stay.
    Early,
}

type Taken<T> = Result<std::result::Result<T, Unfit>>;

/// Where somebody may be admitted.
#[derive(Debug, Clone)]
pub struct Desk {
    /// Number of the place.
    pub place: Place,
    /// Its name.
    pub place_name: String,
    /// The others where this actor admits persons.
    pub elsewhere: Vec<(Place, String)>,
    /// Number and name of its units, in the order they were made.
    pub units: Vec<(i64, String)>,
}

/// The place that is asked for, else the first one where this actor admits persons.
///
/// # Errors
/// Absence for whoever does not admit persons there; the store's.
pub async fn desk(cx: &Cx, place: Option<Place>) -> Result<Desk> {
    let (place, place_name) = lodging::chosen(cx, place)?;
    let elsewhere = lodging::places(cx).into_iter().filter(|(other, _)| *other != place).collect();
    Ok(Desk { place, place_name, elsewhere, units: lodging::units(cx, place).await? })
}

impl Desk {
    /// Where somebody is received: in this unit, or in none (0). Nothing for a unit that is not of this place.
    pub fn spot(&self, cx: &Cx, unit: i64) -> Option<Spot> {
        let row = cx.app().places().iter().find(|row| row.place == self.place).cloned();
        let (finess, profile) = row.map(|row| (row.finess, row.profile)).unwrap_or_default();
        self.has(unit).then_some(Spot { finess, class: class(profile), unit })
    }

    /// Whether this is one of its units, or none (0).
    fn has(&self, unit: i64) -> bool {
        unit == 0 || self.name_of(unit).is_some()
    }

    /// Name of a unit.
    pub fn name_of(&self, unit: i64) -> Option<&str> {
        self.units.iter().find(|(number, _)| *number == unit).map(|(_, name)| name.as_str())
    }
}

/// How a place of this kind receives: it lodges, it is come to, or it goes to people's homes.
const fn class(profile: PlaceProfile) -> &'static str {
    match profile {
        PlaceProfile::Csapa => "AMB",
        PlaceProfile::Saad => "HH",
        PlaceProfile::Ehpad
        | PlaceProfile::Ime
        | PlaceProfile::Mecs
        | PlaceProfile::Mas
        | PlaceProfile::Fam
        | PlaceProfile::Chrs
        | PlaceProfile::Other => "IMP",
    }
}

/// Something new, at the place of the request.
fn create(cx: &Cx, value: Value, if_none_exist: Option<fhir::search::Query>) -> Result<Change> {
    let resource = Resource::from_value(value)?;
    let graded = cx.grade(&resource, None);
    Ok(Change::Create { resource, graded, if_none_exist, import: None })
}

/// A new version of what was read.
fn update(cx: &Cx, read: &Version, value: Value) -> Result<Change> {
    let mut resource = Resource::from_value(value)?;
    // What the server said of the former version is not what came with this one.
    resource.set_server_security(&[]);
    let graded = cx.grade(&resource, None);
    Ok(Change::Update { resource, graded, if_match: Some(read.version), upsert: false, import: None })
}

/// The stay of somebody: what is a part of another, an appointment say, is none.
fn is_stay(item: &Version) -> bool {
    item.resource.kind() == ResourceType::ENCOUNTER && item.resource.get(&["partOf"]).is_none()
}

fn is_running(item: &Version) -> bool {
    is_stay(item) && item.resource.str_at(&["status"]) == Some("in-progress")
}

fn is_dead(patient: &Version) -> bool {
    patient.resource.get(&["deceasedDateTime"]).is_some()
        || patient.resource.get(&["deceasedBoolean"]).and_then(Value::as_bool) == Some(true)
}
