//! A treatment: a medicine, its dose and its moments, from a day and perhaps to another.

use super::{Field, Mistake, NOT_A_DAY, TOO_LONG, cut, day, is_long, line, put, words};
use crate::care::transmission::Signature;
use ::fhir::json::{Object, Value};
use ::fhir::{Resource, date};
use jiff::civil::Date;
use serde_json::json;

/// What stands after a dose that is given when it is needed only: whoever reads the dose reads it too.
const AS_NEEDED: &str = "si besoin";

/// The form of a treatment as it was filled in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TreatmentSheet {
    /// The medicine.
    pub drug: String,
    /// Dose and moments.
    pub dosage: String,
    /// Given when it is needed only.
    pub as_needed: bool,
    /// First day.
    pub starts: String,
    /// Last day.
    pub ends: String,
    /// Who ordered it.
    pub prescriber: String,
}

/// A treatment that can be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Treatment {
    drug: String,
    dosage: String,
    as_needed: bool,
    starts: Option<Date>,
    ends: Option<Date>,
    prescriber: String,
}

impl TreatmentSheet {
    pub(super) fn read(resource: &Resource) -> Self {
        let doses = || resource.get(&["dosageInstruction"]).and_then(Value::as_array).into_iter().flatten();
        let texts: Vec<&str> = doses().filter_map(|dose| dose.get("text")?.as_str()).collect();
        let as_needed = doses().next().and_then(|dose| dose.get("asNeededBoolean")).and_then(Value::as_bool);
        let as_needed = as_needed == Some(true);
        let mut dosage = texts.join(" ; ");
        if as_needed && let Some(bare) = dosage.strip_suffix(&format!(", {AS_NEEDED}")) {
            dosage = bare.to_owned();
        }
        let edge = |side: Side| side.of_all(resource).map(|day| day.to_string()).unwrap_or_default();
        Self {
            drug: drug(resource).unwrap_or_default(),
            dosage,
            as_needed,
            starts: edge(Side::Start),
            ends: edge(Side::End),
            prescriber: resource.str_at(&["requester", "display"]).unwrap_or_default().to_owned(),
        }
    }

    pub(super) fn mend(&mut self, field: Field) {
        match field {
            Field::Drug => cut(&mut self.drug),
            Field::Dosage => cut(&mut self.dosage),
            Field::Prescriber => self.prescriber.clear(),
            Field::Starts => self.starts.clear(),
            Field::Ends => self.ends.clear(),
            Field::Substance | Field::Kind | Field::Criticality | Field::Reactions | Field::Since => {}
        }
    }
}

impl Treatment {
    pub(super) fn parse(sheet: &TreatmentSheet) -> Result<Self, Vec<Mistake>> {
        let mut mistakes = Vec::new();
        let mut wrong = |field, french| mistakes.push(Mistake { field, french });
        let (drug, dosage, prescriber) = (line(&sheet.drug), line(&sheet.dosage), line(&sheet.prescriber));
        for (field, text, missing) in [
            (Field::Drug, &drug, Some("Écrivez le médicament, comme sur l’ordonnance.")),
            (Field::Dosage, &dosage, Some("Écrivez la dose et les moments : « 1 comprimé matin et soir ».")),
            (Field::Prescriber, &prescriber, None),
        ] {
            match missing {
                Some(missing) if text.is_empty() => wrong(field, missing),
                _ if is_long(text) => wrong(field, TOO_LONG),
                _ => {}
            }
        }
        let (starts, ends) = (day(&sheet.starts), day(&sheet.ends));
        if starts.is_none() {
            wrong(Field::Starts, NOT_A_DAY);
        }
        match (starts.flatten(), ends) {
            (_, None) => wrong(Field::Ends, NOT_A_DAY),
            (Some(first), Some(Some(last))) if last < first => {
                wrong(Field::Ends, "Le dernier jour vient avant le premier : vérifiez les deux dates.");
            }
            _ => {}
        }
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        let (starts, ends, as_needed) = (starts.flatten(), ends.flatten(), sheet.as_needed);
        Ok(Self { drug, dosage, as_needed, starts, ends, prescriber })
    }

    pub(super) fn to_fhir(&self, patient: &str, by: &Signature<'_>) -> Value {
        let mut object = Object::new();
        object.insert("resourceType".into(), "MedicationRequest".into());
        object.insert("id".into(), by.id.into());
        object.insert("identifier".into(), by.identifier());
        object.insert("status".into(), "active".into());
        object.insert("intent".into(), "order".into());
        object.insert("subject".into(), json!({ "reference": format!("Patient/{patient}") }));
        object.insert("authoredOn".into(), date::instant(by.at).into());
        if by.practitioner.is_some() {
            object.insert("recorder".into(), by.who());
        }
        self.fill(&mut object, &TreatmentSheet::default());
        Value::Object(object)
    }

    pub(super) fn amend(&self, resource: &Resource) -> Object {
        let mut object = resource.object().clone();
        self.fill(&mut object, &TreatmentSheet::read(resource));
        object
    }

    /// Writes what is not as it was.
    fn fill(&self, object: &mut Object, before: &TreatmentSheet) {
        if self.drug != line(&before.drug) {
            object.shift_remove("medicationReference");
            put(object, "medicationCodeableConcept", Some(json!({ "text": self.drug })));
        }
        if self.prescriber != line(&before.prescriber) {
            let requester = json!({ "display": self.prescriber });
            put(object, "requester", Some(requester).filter(|_| !self.prescriber.is_empty()));
        }
        if self.dosage != line(&before.dosage) || self.as_needed != before.as_needed {
            let mut dose = Object::new();
            let told = self.dosage.to_lowercase().contains(AS_NEEDED);
            let text =
                if self.as_needed && !told { format!("{}, {AS_NEEDED}", self.dosage) } else { self.dosage.clone() };
            dose.insert("text".into(), text.into());
            if self.as_needed {
                dose.insert("asNeededBoolean".into(), true.into());
            }
            object.insert("dosageInstruction".into(), json!([dose]));
            bound(object, Side::Start, self.starts);
            bound(object, Side::End, self.ends);
            return;
        }
        let typed = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
        if typed(self.starts) != before.starts {
            bound(object, Side::Start, self.starts);
        }
        if typed(self.ends) != before.ends {
            bound(object, Side::End, self.ends);
        }
    }
}

/// The last day of a treatment that is being stopped.
pub(super) fn stopped_on(object: &mut Object, last: Date) {
    bound(object, Side::End, Some(last));
}

/// The last day of a treatment, when each of its doses has one.
pub(super) fn last_day(resource: &Resource) -> Option<Date> {
    Side::End.of_all(resource)
}

/// Where the time of a dose begins, or where it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Start,
    End,
}

impl Side {
    fn key(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::End => "end",
        }
    }

    /// The day that a dose has there: the outermost of a month or a year.
    fn of(self, dose: &Value) -> Option<Date> {
        let period = dose.get("timing")?.get("repeat")?.get("boundsPeriod")?;
        let text = period.get(self.key())?.as_str()?.split('T').next()?;
        let (first, is_year) = match text.split('-').count() {
            1 => (format!("{text}-01-01"), true),
            2 => (format!("{text}-01"), false),
            _ => return text.parse().ok(),
        };
        let first = first.parse::<Date>().ok()?;
        Some(match (self, is_year) {
            (Self::Start, _) => first,
            (Self::End, true) => first.last_of_year(),
            (Self::End, false) => first.last_of_month(),
        })
    }

    /// Of several doses, the outermost; none when one of them has none.
    fn of_each(self, doses: &[Value]) -> Option<Date> {
        let all = doses.iter().map(|dose| self.of(dose)).collect::<Option<Vec<_>>>()?.into_iter();
        match self {
            Self::Start => all.min(),
            Self::End => all.max(),
        }
    }

    fn of_all(self, resource: &Resource) -> Option<Date> {
        self.of_each(resource.get(&["dosageInstruction"])?.as_array()?)
    }

    /// Of two days, the one that leaves less.
    fn inner(self, one: Date, other: Date) -> Date {
        match self {
            Self::Start => one.max(other),
            Self::End => one.min(other),
        }
    }
}

/// Says when the whole begins or ends: of the doses that went that far, and of those that would go further. Another keeps its own
/// day, and one that would never be given is not there any more.
fn bound(object: &mut Object, side: Side, day: Option<Date>) {
    let doses = object.entry("dosageInstruction").or_insert_with(|| json!([{}]));
    let Some(doses) = doses.as_array_mut() else { return };
    let whole = side.of_each(doses);
    doses.retain_mut(|dose| {
        let own = side.of(dose);
        let new = match (own, day) {
            _ if own == whole => day,
            (Some(own), Some(day)) => Some(side.inner(own, day)),
            _ => own,
        };
        if new == own {
            return true;
        }
        put_bound(dose, side, new);
        !matches!((Side::Start.of(dose), Side::End.of(dose)), (Some(first), Some(last)) if last < first)
    });
    // Nothing is said of no dose.
    if doses.iter().all(|dose| dose.as_object().is_some_and(Object::is_empty)) {
        object.shift_remove("dosageInstruction");
    }
}

fn put_bound(dose: &mut Value, side: Side, day: Option<Date>) {
    fn inside<'a>(object: &'a mut Object, key: &str) -> Option<&'a mut Object> {
        object.entry(key).or_insert_with(|| json!({})).as_object_mut()
    }
    let Some(dose) = dose.as_object_mut() else { return };
    let Some(repeat) = inside(dose, "timing").and_then(|timing| inside(timing, "repeat")) else { return };
    repeat.shift_remove("boundsDuration");
    repeat.shift_remove("boundsRange");
    let Some(period) = inside(repeat, "boundsPeriod") else { return };
    put(period, side.key(), day.map(|day| day.to_string().into()));
    tidy(dose);
}

/// Takes away what holds nothing any more: FHIR has no empty element.
fn tidy(dose: &mut Object) {
    let is_empty = |value: Option<&Value>| value.and_then(Value::as_object).is_some_and(Object::is_empty);
    if let Some(timing) = dose.get_mut("timing").and_then(Value::as_object_mut) {
        if let Some(repeat) = timing.get_mut("repeat").and_then(Value::as_object_mut)
            && is_empty(repeat.get("boundsPeriod"))
        {
            repeat.shift_remove("boundsPeriod");
        }
        if is_empty(timing.get("repeat")) {
            timing.shift_remove("repeat");
        }
    }
    if is_empty(dose.get("timing")) {
        dose.shift_remove("timing");
    }
}

/// The name of a medicine: by itself, or described in the resource or elsewhere.
fn drug(resource: &Resource) -> Option<String> {
    let reference = || {
        let reference = resource.get(&["medicationReference"])?;
        let id = reference.get("reference").and_then(Value::as_str).and_then(|text| text.strip_prefix('#'));
        let contained = resource.get(&["contained"]).and_then(Value::as_array).into_iter().flatten();
        let inside =
            id.and_then(|id| contained.into_iter().find(|one| one.get("id").and_then(Value::as_str) == Some(id)));
        let named = inside.and_then(|medicine| medicine.get("code")).and_then(words);
        named.or_else(|| reference.get("display").and_then(Value::as_str).map(str::to_owned))
    };
    resource.get(&["medicationCodeableConcept"]).and_then(words).or_else(reference)
}
