//! The form of an admission, as it is typed.

use ::fhir::Resource;
use ::fhir::json::Value;

/// All first names of somebody, of whom `given` has the first (FR Core).
pub(super) const FIRST_NAMES: &str =
    "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-patient-birth-list-given-name";

/// What is typed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Sheet {
    /// Name at birth.
    pub family: String,
    /// The name they go by, when it is another.
    pub used: String,
    /// First names, in the order of the register.
    pub given: String,
    /// Day of birth.
    pub born: String,
    /// A code of [`Sex`].
    pub sex: String,
    /// National number, or nothing.
    pub ins: String,
    /// First day.
    pub start: String,
    /// Room, or nothing.
    pub room: String,
}

impl std::fmt::Debug for Sheet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sheet(***)")
    }
}

/// Where somebody is received.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spot {
    /// FINESS number of the establishment.
    pub finess: String,
    /// Class of its stays, of HL7 `v3-ActCode`.
    pub class: &'static str,
    /// Number of the unit; 0: none.
    pub unit: i64,
}

/// A field of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// Name at birth.
    Family,
    /// Name in use.
    Used,
    /// First names.
    Given,
    /// Day of birth.
    Born,
    /// Sex.
    Sex,
    /// National number.
    Ins,
    /// First day.
    Start,
    /// Room.
    Room,
}

/// What is wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mistake {
    /// Which.
    pub field: Field,
    /// What to do.
    pub text: &'static str,
}

/// Sex, as the civil register has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sex {
    /// Woman.
    Woman,
    /// Man.
    Man,
    /// Not determined.
    Unknown,
}

impl Sex {
    /// Each, in the order of the form.
    pub const ALL: [Self; 3] = [Self::Woman, Self::Man, Self::Unknown];

    /// In a form.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Woman => "F",
            Self::Man => "M",
            Self::Unknown => "I",
        }
    }

    /// On a screen.
    pub const fn french(self) -> &'static str {
        match self {
            Self::Woman => "Femme",
            Self::Man => "Homme",
            Self::Unknown => "Indéterminé",
        }
    }

    pub(super) const fn fhir(self) -> &'static str {
        match self {
            Self::Woman => "female",
            Self::Man => "male",
            Self::Unknown => "unknown",
        }
    }
}

/// The form as it is filled for somebody who is known.
pub fn identity(patient: &Resource) -> Sheet {
    let names = patient.get(&["name"]).and_then(Value::as_array).cloned().unwrap_or_default();
    let used = |wanted: &str| names.iter().find(|name| name.get("use").and_then(Value::as_str) == Some(wanted));
    let family = |name: &Value| name.get("family").and_then(Value::as_str).unwrap_or_default().to_owned();
    let official = used("official").or_else(|| names.first());
    let all = |name: &Value| {
        let own = name.get("extension").and_then(Value::as_array).into_iter().flatten();
        let whole = own.filter(|one| one.get("url").and_then(Value::as_str) == Some(FIRST_NAMES));
        let whole = whole.filter_map(|one| one.get("valueString")?.as_str()).next().map(str::to_owned);
        let given = name.get("given").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        whole.unwrap_or_else(|| given.collect::<Vec<_>>().join(" "))
    };
    let sex = Sex::ALL.into_iter().find(|sex| patient.str_at(&["gender"]) == Some(sex.fhir()));
    Sheet {
        family: official.map(family).unwrap_or_default(),
        used: used("usual").map(family).unwrap_or_default(),
        given: official.map(all).unwrap_or_default(),
        born: patient.str_at(&["birthDate"]).unwrap_or_default().to_owned(),
        sex: sex.map(Sex::code).unwrap_or_default().to_owned(),
        ..Sheet::default()
    }
}
