//! A label as FHIR security labels, and back: what is received can only raise.

use super::codes::plain;
use crate::{Categories, Category, Label, Level, MaskFlags};
use serde_json::{Map, Value};

const CONFIDENTIALITY: &str = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";
const ACT_CODE: &str = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
const SENSITIVITY: &str = "urn:socle:sensitivity";

/// Names of the first, plain: of R4, of STU3, of CDA and XDS (JDV_J08), and none, as many programs write.
const LEVELS: [&str; 4] = [
    "terminology.hl7.org/codesystem/v3-confidentiality",
    "hl7.org/fhir/v3/confidentiality",
    "2.16.840.1.113883.5.25",
    "",
];
/// And of the second.
const POLICIES: [&str; 3] =
    ["terminology.hl7.org/codesystem/v3-actcode", "hl7.org/fhir/v3/actcode", "2.16.840.1.113883.5.4"];

/// Labels that came with something, system and code.
pub(super) type Received = Vec<(String, String)>;

/// Adds those that an object of a resource bears: in the `meta` of a resource, wherever it stands; on a document, where the DMP
/// has them (PDSm, *Codes de confidentialité*); on a Composition. What a Consent or a trail says of others' labels is none.
pub(super) fn borne(object: &Map<String, Value>, received: &mut Received) {
    let Some(kind) = object.get("resourceType").and_then(Value::as_str) else { return };
    all(object.get("meta").and_then(|meta| meta.get("security")), received);
    match kind {
        "DocumentReference" => {
            for concept in object.get("securityLabel").and_then(Value::as_array).into_iter().flatten() {
                all(concept.get("coding"), received);
            }
        }
        "Composition" => {
            let code = object.get("confidentiality").and_then(Value::as_str);
            received.extend(code.map(|code| (CONFIDENTIALITY.to_owned(), code.to_owned())));
        }
        _ => {}
    }
}

fn all(codings: Option<&Value>, received: &mut Received) {
    for tag in codings.and_then(Value::as_array).into_iter().flatten() {
        let part = |key: &str| tag.get(key).and_then(Value::as_str).map(str::trim);
        received.extend(part("code").map(|code| (part("system").unwrap_or_default().to_owned(), code.to_owned())));
    }
}

/// Adds those of a document of CDA: its own, and those of its sections.
pub(super) fn of_cda(document: &str, received: &mut Received) {
    for element in document.split('<').filter(|element| is_confidentiality(element)) {
        let element = element.split('>').next().unwrap_or_default();
        let code = element.split("code").skip(1).find_map(quoted);
        received.extend(code.map(|code| (CONFIDENTIALITY.to_owned(), code.trim().to_owned())));
    }
}

/// What stands between quotes behind the sign of equality that begins a text.
fn quoted(rest: &str) -> Option<&str> {
    let value = rest.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|letter| matches!(letter, '"' | '\''))?;
    value.get(1..)?.split(quote).next()
}

/// Whether it is the start of such an element, whatever the prefix of its namespace.
fn is_confidentiality(element: &str) -> bool {
    let name = element.split(|c: char| c.is_whitespace() || matches!(c, '>' | '/')).next().unwrap_or_default();
    name.rsplit(':').next() == Some("confidentialityCode") && !element.starts_with('/')
}

/// Who may not see it, by what was received.
pub(super) fn masks(received: &Received) -> MaskFlags {
    received.iter().filter_map(|(_, code)| MaskFlags::parse(code)).fold(MaskFlags::empty(), MaskFlags::union)
}

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
        let (system, code) = (plain(system), code.to_uppercase());
        match system.as_str() {
            system if LEVELS.contains(&system) => {
                if let Some(level) = Level::from_hl7(&code).filter(|level| *level > label.level) {
                    label.level = level;
                    label.reasons.push(super::reason("recu", version, "Ce niveau est celui que l’expéditeur a donné."));
                }
            }
            system if POLICIES.contains(&system) => {
                let known = Categories::all().iter().find(|category| act_code(*category) == Some(code.as_str()));
                add(label, known, version);
            }
            SENSITIVITY => add(label, Category::parse(&code), version),
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
