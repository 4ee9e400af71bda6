//! The fields of the forms, between the page and the domain.

use super::super::dates;
use crate::web::fields::Fields;
use domain::care::health::{AllergySheet, Criticality, Field, Kind, Mistake, Sheet, Topic, TreatmentSheet};

/// What a posted form holds.
pub(super) fn sheet_of(topic: Topic, fields: &Fields) -> Sheet {
    let text = |name: &str| fields.text(name).to_owned();
    match topic {
        Topic::Allergy => Sheet::Allergy(AllergySheet {
            substance: text("substance"),
            kind: text("sorte"),
            criticality: text("gravite"),
            reactions: text("reactions"),
            since: text("depuis"),
        }),
        Topic::Treatment => Sheet::Treatment(TreatmentSheet {
            drug: text("medicament"),
            dosage: text("posologie"),
            as_needed: !fields.text("besoin").is_empty(),
            starts: text("debut"),
            ends: text("fin"),
            prescriber: text("prescripteur"),
        }),
    }
}

/// One choice: code, words, chosen.
type Choice = (&'static str, &'static str, bool);

/// The fields of an allergy as a template reads them.
pub(super) struct AllergyView {
    pub(super) sheet: AllergySheet,
    pub(super) kinds: Vec<Choice>,
    pub(super) criticalities: Vec<Choice>,
}

impl AllergyView {
    pub(super) fn of(sheet: &AllergySheet) -> Self {
        Self {
            kinds: Kind::ALL.map(|one| (one.code(), one.french(), one.code() == sheet.kind)).to_vec(),
            criticalities: Criticality::ALL
                .map(|one| (one.code(), one.french(), one.code() == sheet.criticality))
                .to_vec(),
            sheet: sheet.clone(),
        }
    }
}

/// What is wrong, by the name of the field in the page.
pub(super) fn wrongs(mistakes: &[Mistake]) -> Vec<(&'static str, &'static str)> {
    mistakes.iter().map(|one| (name(one.field), one.french)).collect()
}

fn name(field: Field) -> &'static str {
    match field {
        Field::Substance => "substance",
        Field::Kind => "sorte",
        Field::Criticality => "gravite",
        Field::Reactions => "reactions",
        Field::Since => "depuis",
        Field::Drug => "medicament",
        Field::Dosage => "posologie",
        Field::Prescriber => "prescripteur",
        Field::Starts => "debut",
        Field::Ends => "fin",
    }
}

/// What names an entry.
pub(super) fn title(sheet: &Sheet) -> &str {
    match sheet {
        Sheet::Allergy(sheet) => &sheet.substance,
        Sheet::Treatment(sheet) => &sheet.drug,
    }
}

/// What it says besides, in words; what is not said is left out.
pub(super) fn facts(sheet: &Sheet) -> Vec<(&'static str, String)> {
    let all = match sheet {
        Sheet::Allergy(sheet) => vec![
            ("Sorte", Kind::parse(&sheet.kind).map(|one| one.french().to_owned()).unwrap_or_default()),
            ("Gravité", Criticality::parse(&sheet.criticality).map(|one| one.french().to_owned()).unwrap_or_default()),
            ("Réactions", sheet.reactions.clone()),
            ("Depuis", sheet.since.clone()),
        ],
        Sheet::Treatment(sheet) => vec![
            ("Dose et moments", sheet.dosage.clone()),
            ("Si besoin", if sheet.as_needed { "Oui".to_owned() } else { String::new() }),
            ("Début", dates::short(&sheet.starts)),
            ("Fin", dates::short(&sheet.ends)),
            ("Prescripteur", sheet.prescriber.clone()),
        ],
    };
    all.into_iter().filter(|(_, text)| !text.is_empty()).collect()
}
