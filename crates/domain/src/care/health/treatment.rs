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
        let bound = |end: &str| {
            let text = doses().find_map(|dose| bounds(dose)?.get(end)?.as_str()).unwrap_or_default();
            text.split('T').next().unwrap_or_default().to_owned()
        };
        Self {
            drug: drug(resource).unwrap_or_default(),
            dosage,
            as_needed,
            starts: bound("start"),
            ends: bound("end"),
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
        if self.drug != before.drug {
            object.shift_remove("medicationReference");
            put(object, "medicationCodeableConcept", Some(json!({ "text": self.drug })));
        }
        if self.prescriber != before.prescriber {
            let requester = json!({ "display": self.prescriber });
            put(object, "requester", Some(requester).filter(|_| !self.prescriber.is_empty()));
        }
        if self.dosage != before.dosage || self.as_needed != before.as_needed {
            let mut dose = Object::new();
            let told = self.dosage.to_lowercase().contains(AS_NEEDED);
            let text =
                if self.as_needed && !told { format!("{}, {AS_NEEDED}", self.dosage) } else { self.dosage.clone() };
            dose.insert("text".into(), text.into());
            if self.as_needed {
                dose.insert("asNeededBoolean".into(), true.into());
            }
            object.insert("dosageInstruction".into(), json!([dose]));
            bound(object, "start", self.starts);
            bound(object, "end", self.ends);
            return;
        }
        let typed = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
        if typed(self.starts) != before.starts {
            bound(object, "start", self.starts);
        }
        if typed(self.ends) != before.ends {
            bound(object, "end", self.ends);
        }
    }
}

/// The last day of a treatment that is being stopped.
pub(super) fn stopped_on(object: &mut Object, last: Date) {
    bound(object, "end", Some(last));
}

/// Says of every dose when it begins or ends.
fn bound(object: &mut Object, which: &str, day: Option<Date>) {
    let day = day.map(|day| Value::from(day.to_string()));
    let doses = object.entry("dosageInstruction").or_insert_with(|| json!([{}]));
    for dose in doses.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
        let Some(timing) = dose.entry("timing").or_insert_with(|| json!({})).as_object_mut() else { continue };
        let Some(repeat) = timing.entry("repeat").or_insert_with(|| json!({})).as_object_mut() else { continue };
        repeat.shift_remove("boundsDuration");
        repeat.shift_remove("boundsRange");
        let Some(period) = repeat.entry("boundsPeriod").or_insert_with(|| json!({})).as_object_mut() else { continue };
        put(period, which, day.clone());
        tidy(dose);
    }
    // Nothing is said of no dose.
    if doses.as_array().is_some_and(|all| all.iter().all(|dose| dose.as_object().is_some_and(Object::is_empty))) {
        object.shift_remove("dosageInstruction");
    }
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

fn bounds(dose: &Value) -> Option<&Value> {
    dose.get("timing")?.get("repeat")?.get("boundsPeriod")
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
