//! What becomes of a stay: another unit or room, an end, an end that was none, an entry by mistake.

use super::{AFTERWARDS, Desk, Taken, Unfit, desk, is_dead, is_running, is_stay, update};
use crate::cx::Cx;
use crate::error::Result;
use crate::person::{self, Strip};
use crate::{lodging, records};
use confidentiality::{Person, Place};
use domain::care::stay::{self, Cause, Stay};
use fhir::ResourceType;
use store::{Conflict, Gather, Housing, Move, Version, Whom};

/// Stays of one person, at most.
const MOST: u32 = 500;

/// The stays of somebody, for whoever says what becomes of them.
#[derive(Debug)]
pub struct Board {
    /// Who.
    pub strip: Strip,
    /// Their establishment, and its units.
    pub desk: Desk,
    /// Number of the unit they are in now; 0: none.
    pub unit: i64,
    /// The latest first.
    pub stays: Vec<Version>,
}

/// Which stay is meant, and in which version it was read.
#[derive(Debug, Clone, Copy)]
pub struct Of<'a> {
    /// Id of the Patient.
    pub patient: &'a str,
    /// Id of the Encounter.
    pub stay: &'a str,
    /// Its version.
    pub version: i64,
}

/// The stays of somebody.
///
/// # Errors
/// Absence for whoever does not admit persons where the record is; the store's.
pub async fn board(cx: &Cx, patient: &str) -> Result<Board> {
    let call = cx.call("stays");
    let strip = person::look_at_strip(cx, &call, patient).await?;
    let stays = cx.app().store().gather(&call, &encounters(patient)).await?;
    let (strip, stays) = cx.app().store().disclose(&call, strip.zip(stays)).await?;
    let strip = person::make_strip(cx, strip)?;
    let desk = desk(cx, Some(strip.resident.patient.place)).await?;
    let unit = unit_of(cx, &desk, strip.resident.patient.person).await?;
    Ok(Board { strip, unit, desk, stays: latest_first(stays.items) })
}

fn encounters(patient: &str) -> Gather {
    Gather::all(Whom::Patient(patient.to_owned()), vec![ResourceType::ENCOUNTER], MOST)
}

fn latest_first(mut stays: Vec<Version>) -> Vec<Version> {
    stays.retain(is_stay);
    stays.sort_by_cached_key(|item| std::cmp::Reverse(Stay::read(&item.resource).start.unwrap_or_default()));
    stays
}

/// The stays of somebody, the latest first.
pub(super) async fn stays_of(cx: &Cx, patient: &str) -> Result<Vec<Version>> {
    let call = cx.call("stays");
    let found = cx.app().store().gather(&call, &encounters(patient)).await?;
    Ok(latest_first(cx.app().store().disclose(&call, found).await?.items))
}

async fn unit_of(cx: &Cx, desk: &Desk, person: Person) -> Result<i64> {
    let numbers = desk.units.iter().map(|(number, _)| *number).collect();
    let members = cx.app().store().members(cx.app().tenant(), numbers, cx.now()).await?;
    let own = members.into_iter().find(|(_, persons)| persons.contains(&person));
    Ok(own.map(|(unit, _)| unit).unwrap_or_default())
}

/// What is about to change.
struct Subject {
    /// The request, where the record is.
    cx: Cx,
    desk: Desk,
    patient: Version,
    stay: Version,
    /// Another stay goes on.
    other: bool,
}

impl Subject {
    async fn of(cx: &Cx, of: Of<'_>) -> Result<Self> {
        let patient = records::read(cx, ResourceType::PATIENT, of.patient).await?;
        let desk = desk(cx, Some(patient.place)).await?;
        let (mine, others): (Vec<Version>, Vec<Version>) = stays_of(cx, of.patient)
            .await?
            .into_iter()
            .partition(|item| item.resource.id() == Some(of.stay) && item.place == patient.place);
        let stay = mine.into_iter().next().ok_or(store::Error::Absent)?;
        if stay.version != of.version {
            return Err(store::Error::Conflict(Conflict::Version).into());
        }
        let other = others.iter().any(is_running);
        Ok(Self { cx: cx.at(patient.place), desk, patient, stay, other })
    }

    fn place(&self) -> Place {
        self.patient.place
    }

    /// Whether something may be said of the stay that is true since this moment.
    fn fits(&self, at: i64) -> std::result::Result<(), Unfit> {
        if !is_running(&self.stay) {
            return Err(Unfit::Over);
        }
        if at > self.cx.now() {
            return Err(Unfit::Future);
        }
        if at < Stay::read(&self.stay.resource).since() { Err(Unfit::Early) } else { Ok(()) }
    }

    /// Writes the stay anew, and the person with it where they are no longer as they were.
    async fn write(
        &self,
        verb: &str,
        stay: fhir::json::Value,
        patient: Option<fhir::json::Value>,
        housing: Housing,
    ) -> Result<()> {
        let cx = &self.cx;
        let mut changes = vec![update(cx, &self.stay, stay)?];
        if let Some(patient) = patient.filter(|patient| *patient != self.patient.resource.value()) {
            changes.push(update(cx, &self.patient, patient)?);
        }
        cx.app().store().lodge(&cx.call(verb), changes, housing).await?;
        Ok(())
    }
}

/// They are in this unit (0: none) and this room from a moment on. Who accompanies them follows as soon as it is said.
///
/// # Errors
/// As [`board`]; a conflict when the stay has changed since.
pub async fn settle(cx: &Cx, of: Of<'_>, unit: i64, room: Option<&str>, at: i64) -> Taken<()> {
    let subject = Subject::of(cx, of).await?;
    if let Err(unfit) = subject.fits(at) {
        return Ok(Err(unfit));
    }
    if !subject.desk.has(unit) {
        return Ok(Err(Unfit::Unit));
    }
    let (place, person) = (subject.place(), subject.patient.person);
    let before = unit_of(cx, &subject.desk, person).await?;
    if before != unit && lodging::is_ones_own(cx, place, unit).await? {
        return Ok(Err(Unfit::Own));
    }
    match stay::moved(&subject.stay.resource, unit, room, at) {
        Some(moved) => subject.write("stay-move", moved, None, Housing::In { place, unit }).await?,
        None if before == unit => {}
        // The stay says so already; who accompanies them was said elsewhere.
        None => {
            let one = Move { person, from: before, to: unit };
            cx.app().store().move_persons(&subject.cx.call("stay-move"), place, vec![one]).await?;
        }
    }
    Ok(Ok(()))
}

/// They left at a moment, or died. The team of their unit may still write for [`AFTERWARDS`].
///
/// # Errors
/// As [`settle`].
pub async fn end(cx: &Cx, of: Of<'_>, at: i64, cause: Cause) -> Taken<()> {
    let subject = Subject::of(cx, of).await?;
    if let Err(unfit) = subject.fits(at) {
        return Ok(Err(unfit));
    }
    let death = (cause == Cause::Death).then_some(at);
    // Who is received elsewhere in the house has not left it.
    let leaves = !subject.other || death.is_some();
    let patient = leaves.then(|| stay::gone(&subject.patient.resource, death));
    let housing = match leaves {
        true => Housing::Leaves { place: subject.place(), until: cx.now() + AFTERWARDS },
        false => Housing::Unsaid,
    };
    subject.write("stay-end", stay::ended(&subject.stay.resource, at, cause), patient, housing).await?;
    Ok(Ok(()))
}

/// They had not left: the stay goes on as it was.
///
/// # Errors
/// As [`settle`].
pub async fn reopen(cx: &Cx, of: Of<'_>) -> Taken<()> {
    let subject = Subject::of(cx, of).await?;
    if !Stay::read(&subject.stay.resource).has_left() {
        return Ok(Err(Unfit::Over));
    }
    if subject.other {
        return Ok(Err(Unfit::Here));
    }
    let (stay, patient) = (stay::reopened(&subject.stay.resource), stay::here(&subject.patient.resource));
    subject.write("stay-reopen", stay, Some(patient), Housing::Stays { place: subject.place() }).await?;
    Ok(Ok(()))
}

/// They had not come, for a reason: the stay never was, and no unit accompanies them any more.
///
/// # Errors
/// As [`settle`].
pub async fn cancel(cx: &Cx, of: Of<'_>, reason: &str) -> Taken<()> {
    let cx = &cx.because(reason);
    let subject = Subject::of(cx, of).await?;
    if !is_running(&subject.stay) || is_dead(&subject.patient) {
        return Ok(Err(Unfit::Over));
    }
    let (patient, housing) = match subject.other {
        true => (None, Housing::Unsaid),
        false => {
            let housing = Housing::Leaves { place: subject.place(), until: cx.now() };
            (Some(stay::gone(&subject.patient.resource, None)), housing)
        }
    };
    subject.write("stay-cancel", stay::cancelled(&subject.stay.resource), patient, housing).await?;
    Ok(Ok(()))
}
