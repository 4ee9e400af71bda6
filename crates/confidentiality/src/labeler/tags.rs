//! A label as FHIR security labels, and back: what is received can only raise.

use crate::{Categories, Category, Label, Level};

const CONFIDENTIALITY: &str = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";
const ACT_CODE: &str = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
const SENSITIVITY: &str = "urn:socle:sensitivity";

/// The code of HL7's `InformationSensitivityPolicy` that means a category, where there is one.
fn act_code(category: Category) -> Option<&'static str> {
    match category {
        Category::Psy => Some("PSY"),
        Category::Add => Some("SUD"),
        Category::Vih => Some("HIV"),
        Category::Inf => Some("STD"),
        Category::Sex => Some("SEX"),
        Category::Gen => Some("GDIS"),
        Category::Vio => Some("VIO"),
        Category::Vsx => Some("SDV"),
        Category::Rel => Some("REL"),
        Category::Ori => Some("ETH"),
        Category::Grave
        | Category::Neu
        | Category::Ase
        | Category::Pen
        | Category::Pjm
        | Category::Soc
        | Category::Tiers => None,
    }
}

/// System, code and display of the labels of `meta.security` that the server owns.
#[must_use]
pub fn security_tags(label: &Label) -> Vec<(&'static str, &'static str, &'static str)> {
    let mut tags = vec![(CONFIDENTIALITY, label.level.hl7(), label.level.french())];
    for category in label.categories.iter() {
        tags.push(match act_code(category) {
            Some(code) => (ACT_CODE, code, category.french()),
            None => (SENSITIVITY, category.code(), category.french()),
        });
    }
    tags
}

/// Raises a label by what was received.
pub(super) fn raise(label: &mut Label, received: &[(String, String)], version: u32) {
    for (system, code) in received {
        match system.as_str() {
            CONFIDENTIALITY => {
                if let Some(level) = Level::from_hl7(code).filter(|level| *level > label.level) {
                    label.level = level;
                    label.reasons.push(super::reason("recu", version, "Ce niveau est celui que l’expéditeur a donné."));
                }
            }
            ACT_CODE => {
                let known = Categories::all().iter().find(|category| act_code(*category) == Some(code.as_str()));
                add(label, known, version);
            }
            SENSITIVITY => add(label, Category::parse(code), version),
            _ => {}
        }
    }
}

fn add(label: &mut Label, category: Option<Category>, version: u32) {
    let Some(category) = category.filter(|category| !label.categories.contains(*category)) else { return };
    label.categories.insert(category);
    label.level = label.level.max(Level::Sensitive);
    label.reasons.push(super::reason("recu", version, "Cette catégorie est celle que l’expéditeur a donnée."));
}
