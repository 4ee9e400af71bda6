//! A stay as it is kept, and what becomes of it: another unit or room, an end, an end that was none, an entry by mistake.

use crate::local_time;
use ::fhir::json::{Object, Value};
use ::fhir::{Resource, date};
use jiff::civil::{Date, Time};
use serde_json::json;

/// How far an identity is verified (FR Core).
pub(super) const RELIABILITY: &str = "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-identity-reliability";
/// Its four statuses, those of the national rules of identity.
pub(super) const STATUS: &str = "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-identity-reliability";
/// Nobody has verified it.
pub(super) const PROVISIONAL: &str = "PROV";
const PHYSICAL: &str = "http://terminology.hl7.org/CodeSystem/location-physical-type";
const WARD: &str = "wa";
const ROOM: &str = "ro";
const BED: &str = "bd";
/// A unit of the house, by its number: what it is called may say more of whoever is in it than a stay does.
const UNIT: &str = "urn:socle:unit";
/// Why a stay ended, by a code of [`Cause`]: in words, it may say more than those who admit persons read.
const EXIT: &str = "urn:socle:exit";
const DISPOSITION: &str = "http://terminology.hl7.org/CodeSystem/discharge-disposition";

/// Why a stay ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Back home.
    Home,
    /// To another establishment.
    Elsewhere,
    /// To hospital, without a return being planned.
    Hospital,
    /// What was agreed has come to its end.
    Over,
    /// They died.
    Death,
    /// Anything else.
    Other,
}

impl Cause {
    /// Each, in the order of the form.
    pub const ALL: [Self; 6] = [Self::Home, Self::Elsewhere, Self::Hospital, Self::Over, Self::Death, Self::Other];

    /// In a form.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Home => "domicile",
            Self::Elsewhere => "etablissement",
            Self::Hospital => "hopital",
            Self::Over => "fin",
            Self::Death => "deces",
            Self::Other => "autre",
        }
    }

    /// On a screen.
    pub const fn french(self) -> &'static str {
        match self {
            Self::Home => "Retour à domicile",
            Self::Elsewhere => "Entrée dans un autre établissement",
            Self::Hospital => "Hospitalisation sans retour prévu",
            Self::Over => "Fin de l’accompagnement",
            Self::Death => "Décès",
            Self::Other => "Autre motif",
        }
    }

    const fn fhir(self) -> &'static str {
        match self {
            Self::Home => "home",
            Self::Elsewhere => "other-hcf",
            Self::Hospital => "hosp",
            Self::Death => "exp",
            Self::Over | Self::Other => "oth",
        }
    }
}

/// Where somebody was during a part of a stay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// A room, or else a unit or another part of the house.
    pub room: bool,
    /// Number of the unit, for one of the house; 0: none.
    pub unit: i64,
    /// What it is called; empty for a unit of the house.
    pub name: String,
    /// Since when, as it is kept.
    pub from: Option<String>,
    /// Until when.
    pub to: Option<String>,
    /// They still are.
    pub now: bool,
}

/// A stay, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stay {
    /// It goes on.
    pub running: bool,
    /// It was entered by mistake.
    pub mistaken: bool,
    /// Its first day, as it is kept.
    pub start: Option<String>,
    /// Its last.
    pub end: Option<String>,
    /// Why it ended.
    pub cause: Option<String>,
    /// What it is, when it is something in particular: a time in hospital.
    pub kind: Option<String>,
    /// Where they were, the first step first.
    pub steps: Vec<Step>,
}

impl Stay {
    /// Reads an Encounter.
    pub fn read(stay: &Resource) -> Self {
        let text = |path: &[&str]| stay.str_at(path).map(str::to_owned);
        let words = |path: &[&str]| stay.get(path)?.get("text")?.as_str().map(str::to_owned);
        let places = stay.get(&["location"]).and_then(Value::as_array).into_iter().flatten();
        Self {
            running: stay.str_at(&["status"]) == Some("in-progress"),
            mistaken: stay.str_at(&["status"]) == Some("entered-in-error"),
            start: text(&["period", "start"]),
            end: text(&["period", "end"]),
            cause: cause(stay),
            kind: words(&["serviceType"]),
            steps: places.filter_map(step).collect(),
        }
    }

    /// What is said of it now cannot be true of a moment before this one. The end that is planned of where they still are has not been.
    pub fn since(&self) -> i64 {
        let steps = self.steps.iter().flat_map(|step| [step.from.as_deref(), step.to.as_deref().filter(|_| !step.now)]);
        std::iter::once(self.start.as_deref()).chain(steps).flatten().filter_map(moment).max().unwrap_or(i64::MIN)
    }

    /// It ended, and may be told not to have.
    pub fn has_left(&self) -> bool {
        !self.running && !self.mistaken && self.cause.is_some()
    }
}

fn step(place: &Value) -> Option<Step> {
    let at = |key: &str| Some(place.get("period")?.get(key)?.as_str()?.to_owned());
    let location = place.get("location")?;
    let name = location.get("display").and_then(Value::as_str).unwrap_or_default().to_owned();
    let own = |one: &&Value| one.get("system").and_then(Value::as_str) == Some(UNIT);
    let number = location.get("identifier").filter(own).and_then(|one| one.get("value")?.as_str()?.parse().ok());
    let unit = number.unwrap_or_default();
    let (room, now) = (is_room(place), is_now(place));
    (unit != 0 || !name.is_empty()).then(|| Step { room, unit, name, from: at("start"), to: at("end"), now })
}

/// Why a stay ended, in words: ours, or those of whoever has said it.
fn cause(stay: &Resource) -> Option<String> {
    let said = stay.get(&["hospitalization", "dischargeDisposition"])?;
    let codings = said.get("coding").and_then(Value::as_array).into_iter().flatten();
    let own = codings.clone().filter(|one| one.get("system").and_then(Value::as_str) == Some(EXIT));
    let own = own.filter_map(|one| one.get("code")?.as_str());
    let known = own.filter_map(|code| Cause::ALL.into_iter().find(|cause| cause.code() == code)).next();
    let words = || said.get("text").or_else(|| codings.clone().find_map(|one| one.get("display")))?.as_str();
    Some(known.map(Cause::french).or_else(words).unwrap_or("Sortie").to_owned())
}

fn is_now(place: &Value) -> bool {
    place.get("status").and_then(Value::as_str).unwrap_or("active") == "active"
}

/// Whether a place of a stay is a room: it is, unless it is said to be something else.
pub fn is_room(place: &Value) -> bool {
    let codings = place.get("physicalType").and_then(|kind| kind.get("coding")).and_then(Value::as_array);
    codings.is_none_or(|all| {
        all.iter().filter_map(|one| one.get("code")?.as_str()).any(|code| [ROOM, BED].contains(&code))
    })
}

/// When something kept is, in UTC microseconds: a day begins here, not in London.
fn moment(text: &str) -> Option<i64> {
    match text.parse::<Date>() {
        Ok(day) if text.len() == 10 => Some(local_time::instant(day.to_datetime(Time::midnight()))),
        _ => date::interval(text).map(|(from, _)| from),
    }
}

/// The unit (0: none) and the room in which a stay begins or goes on.
pub(super) fn places_of(unit: i64, room: Option<&str>, from: &str) -> Vec<Value> {
    let place = |kind: &str, location: Value| {
        json!({ "location": location, "status": "active", "physicalType": { "coding": [
            { "system": PHYSICAL, "code": kind }] }, "period": { "start": from } })
    };
    let number = json!({ "identifier": { "system": UNIT, "value": unit.to_string() } });
    let unit = (unit != 0).then(|| place(WARD, number));
    unit.into_iter().chain(room.map(|room| place(ROOM, json!({ "display": room })))).collect()
}

/// The same stay, in this unit (0: none) and this room from a moment on; none when it is so already.
pub fn moved(stay: &Resource, unit: i64, room: Option<&str>, at: i64) -> Option<Value> {
    let known = Stay::read(stay);
    let now = |rooms: bool| known.steps.iter().rfind(|step| step.now && step.room == rooms);
    let leaves_unit = now(false).map(|step| step.unit).unwrap_or_default() != unit;
    let leaves_room = now(true).map(|step| step.name.as_str()) != room;
    if !leaves_unit && !leaves_room {
        return None;
    }
    let at = date::instant(at);
    let mut object = stay.object().clone();
    close(&mut object, &at, |place| if is_room(place) { leaves_room } else { leaves_unit });
    let new = places_of(if leaves_unit { unit } else { 0 }, room.filter(|_| leaves_room), &at);
    let mut places = object.get("location").and_then(Value::as_array).cloned().unwrap_or_default();
    places.extend(new);
    object.insert("location".into(), places.into());
    Some(Value::Object(object))
}

/// The same stay, that ends at a moment.
pub fn ended(stay: &Resource, at: i64, cause: Cause) -> Value {
    let at = date::instant(at);
    let mut object = stay.object().clone();
    close(&mut object, &at, |_| true);
    object.insert("status".into(), "finished".into());
    put(&mut object, "period", "end", at.into());
    let coding = json!([{ "system": DISPOSITION, "code": cause.fhir() }, { "system": EXIT, "code": cause.code() }]);
    put(&mut object, "hospitalization", "dischargeDisposition", json!({ "coding": coding }));
    Value::Object(object)
}

/// The same stay, which has not ended after all: where it took place at its end, it still does.
pub fn reopened(stay: &Resource) -> Value {
    let end = stay.str_at(&["period", "end"]).map(str::to_owned);
    let mut object = stay.object().clone();
    let mut places = object.get("location").and_then(Value::as_array).cloned().unwrap_or_default();
    for place in &mut places {
        let until = |place: &Value| Some(place.get("period")?.get("end")?.as_str()?.to_owned());
        if let Some(object) = place.as_object_mut().filter(|_| end.is_some())
            && until(&Value::Object(object.clone())) == end
        {
            object.insert("status".into(), "active".into());
            take(object, "period", "end");
        }
    }
    if !places.is_empty() {
        object.insert("location".into(), places.into());
    }
    object.insert("status".into(), "in-progress".into());
    take(&mut object, "period", "end");
    take(&mut object, "hospitalization", "dischargeDisposition");
    Value::Object(object)
}

/// The same stay, which never was.
pub fn cancelled(stay: &Resource) -> Value {
    let mut object = stay.object().clone();
    object.insert("status".into(), "entered-in-error".into());
    Value::Object(object)
}

/// Somebody who is here, and alive.
pub fn here(patient: &Resource) -> Value {
    let mut object = patient.object().clone();
    object.insert("active".into(), true.into());
    object.shift_remove("deceasedDateTime");
    object.shift_remove("deceasedBoolean");
    Value::Object(object)
}

/// Somebody who is no longer here.
pub fn gone(patient: &Resource, death: Option<i64>) -> Value {
    let mut object = patient.object().clone();
    object.insert("active".into(), false.into());
    if let Some(at) = death {
        object.shift_remove("deceasedBoolean");
        object.insert("deceasedDateTime".into(), date::instant(at).into());
    }
    Value::Object(object)
}

/// Whether nobody has verified who they are yet.
pub fn is_provisional(patient: &Resource) -> bool {
    let all = patient.get(&["extension"]).and_then(Value::as_array).into_iter().flatten();
    let own = all.filter(|one| one.get("url").and_then(Value::as_str) == Some(RELIABILITY));
    let parts = own.filter_map(|one| one.get("extension")?.as_array()).flatten();
    parts.filter_map(|part| part.get("valueCoding")?.get("code")?.as_str()).any(|code| code == PROVISIONAL)
}

/// Ends, at a moment, where a stay takes place.
fn close(stay: &mut Object, at: &str, ends: impl Fn(&Value) -> bool) {
    let Some(mut places) = stay.get("location").and_then(Value::as_array).cloned() else { return };
    for place in places.iter_mut().filter(|place| is_now(place) && ends(place)) {
        if let Some(object) = place.as_object_mut() {
            object.insert("status".into(), "completed".into());
            put(object, "period", "end", at.into());
        }
    }
    stay.insert("location".into(), places.into());
}

/// Puts a part into an element, with what else is in it.
fn put(object: &mut Object, element: &str, part: &str, value: Value) {
    let mut inner = object.get(element).and_then(Value::as_object).cloned().unwrap_or_default();
    inner.insert(part.into(), value);
    object.insert(element.into(), Value::Object(inner));
}

/// Takes a part out of an element, and the element where nothing else is in it.
fn take(object: &mut Object, element: &str, part: &str) {
    let Some(mut inner) = object.get(element).and_then(Value::as_object).cloned() else { return };
    inner.shift_remove(part);
    if inner.is_empty() {
        object.shift_remove(element);
    } else {
        object.insert(element.into(), Value::Object(inner));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400_000_000;
    /// 2026-05-28T20:26:40Z.
    const NOW: i64 = 1_780_000_000_000_000;

    fn stay(places: &Value) -> Resource {
        let value = json!({"resourceType": "Encounter", "id": "s", "status": "in-progress",
            "class": {"code": "IMP"}, "period": {"start": "2026-05-01"}, "location": places});
        Resource::from_value(value).unwrap()
    }

    fn named(value: &Value) -> Vec<(String, bool)> {
        let read = Stay::read(&Resource::from_value(value.clone()).unwrap());
        let name = |step: &Step| if step.unit == 0 { step.name.clone() } else { step.unit.to_string() };
        read.steps.iter().map(|step| (name(step), step.now)).collect()
    }

    fn said(all: &[(&str, bool)]) -> Vec<(String, bool)> {
        all.iter().map(|(name, now)| ((*name).to_owned(), *now)).collect()
    }

    #[test]
    fn where_somebody_was_stays_with_its_dates() {
        let first = stay(&places_of(-7, Some("12"), "2026-05-01").into());
        assert_eq!(moved(&first, -7, Some("12"), NOW), None);
        let room = moved(&first, -7, Some("14"), NOW).unwrap();
        assert_eq!(named(&room), said(&[("-7", true), ("12", false), ("14", true)]));
        let room = Resource::from_value(room).unwrap();
        let both = moved(&room, 0, None, NOW + DAY).unwrap();
        assert_eq!(named(&both), said(&[("-7", false), ("12", false), ("14", false)]));
        let read = Stay::read(&Resource::from_value(both).unwrap());
        assert_eq!(read.since(), NOW + DAY);
        assert_eq!(read.steps[1].to.as_deref(), Some(date::instant(NOW).as_str()));
        // A place that says nothing of what it is, as those of others, is a room.
        let others = stay(&json!([{"location": {"display": "206"}}]));
        assert_eq!(named(&moved(&others, 0, Some("207"), NOW).unwrap()), said(&[("206", false), ("207", true)]));
    }

    #[test]
    fn an_end_is_taken_back_as_if_it_had_not_been() {
        let before = moved(&stay(&places_of(-7, Some("12"), "2026-05-01").into()), -7, Some("14"), NOW);
        let before = Resource::from_value(before.unwrap()).unwrap();
        let after = Resource::from_value(ended(&before, NOW + DAY, Cause::Home)).unwrap();
        let read = Stay::read(&after);
        assert!(read.has_left() && read.steps.iter().all(|step| !step.now));
        assert_eq!(read.cause.as_deref(), Some("Retour à domicile"));
        assert_eq!(reopened(&after), before.value());
        assert!(Stay::read(&Resource::from_value(cancelled(&after)).unwrap()).mistaken);
    }

    #[test]
    fn a_stay_begins_with_its_day_here() {
        let read = Stay::read(&stay(&json!([])));
        assert_eq!(date::instant(read.since()), "2026-04-30T22:00:00.000Z");
        let planned = json!([{"location": {"display": "12"}, "period": {"start": "2026-05-02", "end": "2026-12-31"}}]);
        assert_eq!(date::instant(Stay::read(&stay(&planned)).since()), "2026-05-01T22:00:00.000Z");
    }

    #[test]
    fn whoever_comes_back_is_neither_gone_nor_dead() {
        let value = json!({"resourceType": "Patient", "id": "p", "active": true, "gender": "female"});
        let patient = Resource::from_value(value.clone()).unwrap();
        let dead = Resource::from_value(gone(&patient, Some(NOW))).unwrap();
        assert_eq!(dead.str_at(&["deceasedDateTime"]), Some(date::instant(NOW).as_str()));
        assert_eq!(here(&dead), value);
        assert!(!is_provisional(&patient));
    }
}
