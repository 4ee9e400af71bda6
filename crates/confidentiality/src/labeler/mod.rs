//! From content to a label: codes, words, floors, each with its reason.
//!
//! Pure and never failing: what is not understood is level 2, with a reason that says so. Rules are data, embedded and
//! versioned.

mod codes;
mod floors;
mod tags;
mod terms;

pub use tags::security_tags;

use crate::{Categories, Category, Family, Label, Level, PlaceProfile, Reason};
use codes::Codes;
use floors::Floors;
use serde_json::Value;
use terms::Terms;

/// Version of the shipped rules; written beside every label they make.
pub const RULES_VERSION: u32 = 1;

/// What is known of a writing besides its content.
#[derive(Debug, Clone, Default)]
pub struct Context {
    /// What kind of place produced it.
    pub place_profile: Option<PlaceProfile>,
    /// The author's function, in words.
    pub author_function: Option<String>,
    /// Kind of writing, in words.
    pub document_kind: Option<String>,
    /// Security labels that came with it (system, code): they can only raise.
    pub received: Vec<(String, String)>,
}

/// A label, and the family of document it belongs to.
#[derive(Debug, Clone, PartialEq)]
pub struct Labeled {
    /// Level, categories, reasons.
    pub label: Label,
    /// Kind of document.
    pub family: Family,
}

/// The shipped rules are damaged: a defect of this build.
#[derive(Debug, thiserror::Error)]
#[error("labeling rules: {0}")]
pub struct RulesError(pub(crate) String);

/// The rules, ready to run.
#[derive(Debug)]
pub struct Labeler {
    codes: Codes,
    terms: Terms,
    floors: Floors,
}

/// Elements whose text is read; names, addresses, identifiers and codes are not.
const TEXTS: [&str; 16] = [
    "text",
    "display",
    "div",
    "contentString",
    "valueString",
    "valueMarkdown",
    "description",
    "title",
    "comment",
    "conclusion",
    "instruction",
    "patientInstruction",
    "summary",
    "note",
    "authorString",
    "answer",
];
/// Elements that hold identities, or say who writes to whom: nothing under them is read.
const IDENTITIES: [&str; 9] =
    ["name", "address", "telecom", "identifier", "meta", "sender", "recipient", "requester", "agent"];

impl Labeler {
    /// The rules of this build.
    ///
    /// # Errors
    /// [`RulesError`] when the embedded rules do not load; a test sees to it.
    pub fn shipped() -> Result<Self, RulesError> {
        Ok(Self {
            codes: Codes::parse(include_str!("../../data/rules/codes.toml"))?,
            terms: Terms::parse(include_str!("../../data/rules/terms.toml"))?,
            floors: Floors::parse(include_str!("../../data/rules/floors.toml"))?,
        })
    }

    /// Labels a FHIR resource.
    #[must_use]
    pub fn label_resource(&self, resource: &Value, context: &Context) -> Labeled {
        let kind = resource.get("resourceType").and_then(Value::as_str).unwrap_or_default();
        let (base, family) = self.floors.base(kind, context);
        let mut label = Label::new(base, Categories::empty());
        let mut path = kind.to_owned();
        self.walk(resource, &mut path, &mut label);
        if kind == "FamilyMemberHistory" {
            let third = Categories::one(Category::Tiers);
            label = label.join(Label {
                reasons: vec![reason("parent", "Ceci parle d'un membre de la famille.")],
                ..Label::new(base, third)
            });
        }
        let mut label = label.join(self.floors.of(context));
        tags::raise(&mut label, &received(resource, context));
        explain(&mut label);
        Labeled { label, family: self.family(resource, family) }
    }

    /// Labels a text.
    #[must_use]
    pub fn label_text(&self, text: &str, context: &Context) -> Label {
        let mut label = Label::new(Level::Standard, Categories::empty());
        label = label.join(self.terms.label(text)).join(self.floors.of(context));
        tags::raise(&mut label, &context.received);
        explain(&mut label);
        label
    }

    /// Labels a code.
    #[must_use]
    pub fn label_code(&self, system: &str, code: &str, context: &Context) -> Label {
        let mut label = Label::new(Level::Standard, Categories::empty());
        if let Some(found) = self.codes.label(system, code) {
            label = label.join(found);
        }
        label = label.join(self.floors.of(context));
        explain(&mut label);
        label
    }

    fn family(&self, resource: &Value, family: Family) -> Family {
        let first = resource.get("category").and_then(|c| if c.is_array() { c.get(0) } else { Some(c) });
        let word = first.and_then(|category| category.get("text")).and_then(Value::as_str);
        word.and_then(|word| self.floors.family(word)).unwrap_or(family)
    }

    fn walk(&self, value: &Value, path: &mut String, label: &mut Label) {
        match value {
            Value::Object(object) => {
                if let (Some(system), Some(code)) = (str_of(object, "system"), str_of(object, "code")) {
                    self.add(label, self.codes.label(system, code), path);
                }
                let is_reference = object.contains_key("reference");
                let length = path.len();
                for (key, value) in object {
                    if IDENTITIES.contains(&key.as_str()) || (is_reference && key == "display") {
                        continue;
                    }
                    path.push('.');
                    path.push_str(key);
                    match value {
                        Value::String(text) if TEXTS.contains(&key.as_str()) => {
                            let found = Some(self.terms.label(text)).filter(|found| !found.reasons.is_empty());
                            self.add(label, found, path);
                        }
                        Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null => {}
                        _ => self.walk(value, path, label),
                    }
                    path.truncate(length);
                }
            }
            Value::Array(items) => {
                let length = path.len();
                for (index, item) in items.iter().enumerate() {
                    path.push_str(&format!("[{index}]"));
                    match item {
                        Value::String(text) => {
                            let found = Some(self.terms.label(text)).filter(|found| !found.reasons.is_empty());
                            self.add(label, found, path);
                        }
                        _ => self.walk(item, path, label),
                    }
                    path.truncate(length);
                }
            }
            _ => {}
        }
    }

    fn add(&self, label: &mut Label, found: Option<Label>, path: &str) {
        if let Some(mut found) = found {
            for reason in &mut found.reasons {
                reason.path = Some(path.to_owned());
            }
            *label = std::mem::replace(label, Label::new(Level::Open, Categories::empty())).join(found);
        }
    }
}

fn str_of<'a>(object: &'a serde_json::Map<String, Value>, key: &str) -> Option<&'a str> {
    object.get(key).and_then(Value::as_str)
}

/// Labels received with the resource and with its transport.
fn received(resource: &Value, context: &Context) -> Vec<(String, String)> {
    let mut all = context.received.clone();
    let tags = resource.get("meta").and_then(|meta| meta.get("security")).and_then(Value::as_array);
    for tag in tags.into_iter().flatten().filter_map(Value::as_object) {
        if let (Some(system), Some(code)) = (str_of(tag, "system"), str_of(tag, "code")) {
            all.push((system.to_owned(), code.to_owned()));
        }
    }
    all
}

fn reason(rule: &str, text: &str) -> Reason {
    Reason { rule: rule.to_owned(), rules_version: RULES_VERSION, span: None, path: None, text: text.to_owned() }
}

/// Every label says why, even when nothing was recognised.
fn explain(label: &mut Label) {
    if label.reasons.is_empty() {
        label
            .reasons
            .push(reason("defaut", "Rien de particulier n'a été reconnu : niveau habituel de ce type d'information."));
    }
}
