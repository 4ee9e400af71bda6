//! A FHIR resource, walked: codes and texts, each read for what it is — asserted, refuted, a relative's, a question.

use super::content::{content, without_tags};
use super::text::Setting;
use super::{Context, Labeler, tags};
use crate::{Categories, Category, Label, Level, MaskFlags, Reason};
use serde_json::{Map, Value};
use std::fmt::Write as _;

/// Elements whose text is read; names, addresses, identifiers and codes are not.
const TEXTS: [&str; 22] = [
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
    "question",
    "reasonString",
    "purpose",
    "detail",
    "criteria",
    "valueAnnotation",
];
/// Elements that hold identities, or say who writes to whom: nothing under them is read.
const IDENTITIES: [&str; 9] =
    ["name", "address", "telecom", "identifier", "meta", "sender", "recipient", "requester", "agent"];

/// Where a stay takes place, and which of its places are a room (HL7 `location-physical-type`).
const PLACES: &str = "Encounter.location[";
const ROOMS: [&str; 2] = ["ro", "bd"];
/// Signs of what a room is called, at most: more of them say something else too.
const LONGEST_ROOM: usize = 30;

/// What a resource says.
pub(super) struct Found {
    /// Level, categories, reasons with their path.
    pub(super) label: Label,
    /// What carers must still be told.
    pub(super) consignes: Vec<String>,
    /// Who may not see it.
    pub(super) mask: MaskFlags,
    /// Its texts organise, and tell nothing of anybody.
    pub(super) organises: bool,
    /// Labels that it bears, and those of the resources and documents within.
    pub(super) received: tags::Received,
}

/// Elements that say how a writing is filed.
const FILING: [&str; 4] = ["topic", "category", "type", "class"];

/// Of whom, and how surely.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    Affirmed,
    Refuted,
    OfFamily,
}

/// Reads a resource.
pub(super) fn read(labeler: &Labeler, resource: &Value, context: &Context) -> Found {
    let kind = resource.get("resourceType").and_then(Value::as_str).unwrap_or_default();
    let standing = standing(kind, resource);
    let found = Found {
        label: Label::new(Level::Open, Categories::empty()),
        consignes: Vec::new(),
        mask: MaskFlags::empty(),
        organises: true,
        received: Vec::new(),
    };
    let setting = Setting::of(context);
    let mut walk = Walk { labeler, setting, standing, path: kind.to_owned(), texts: 0, found };
    walk.value(resource);
    let mut found = walk.found;
    found.organises &= walk.texts > 0;
    if standing == Standing::OfFamily {
        let reason = super::reason("parent", labeler.0.version, "Ceci parle d’un membre de la famille.");
        let label = Label { level: Level::Standard, categories: Category::Tiers.into(), reasons: vec![reason] };
        found.label = found.label.join(label);
    }
    found
}

fn standing(kind: &str, resource: &Value) -> Standing {
    let status = resource.get("verificationStatus");
    let codings = status.and_then(|status| status.get("coding")).and_then(Value::as_array);
    let coded = codings.into_iter().flatten().filter_map(|coding| coding.get("code")).filter_map(Value::as_str);
    let refuted =
        coded.chain(status.and_then(Value::as_str)).any(|code| matches!(code, "refuted" | "entered-in-error"));
    match kind {
        "FamilyMemberHistory" => Standing::OfFamily,
        _ if refuted => Standing::Refuted,
        _ => Standing::Affirmed,
    }
}

struct Walk<'a> {
    labeler: &'a Labeler,
    setting: Setting,
    standing: Standing,
    path: String,
    /// Texts read.
    texts: usize,
    found: Found,
}

impl Walk<'_> {
    fn value(&mut self, value: &Value) {
        match value {
            Value::Object(object) => self.object(object),
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    let length = self.path.len();
                    // Writing to a String does not fail.
                    let _ = write!(self.path, "[{index}]");
                    match item {
                        Value::String(text) => self.text(text),
                        _ => self.value(item),
                    }
                    self.path.truncate(length);
                }
            }
            _ => {}
        }
    }

    fn object(&mut self, object: &Map<String, Value>) {
        let part = |key: &str| object.get(key).and_then(Value::as_str);
        tags::borne(object, &mut self.found.received);
        if let (Some(system), Some(code)) = (part("system"), part("code"))
            && let Some(coded) = self.labeler.0.codes.find(system, code)
        {
            let consigne = coded.consigne.clone();
            self.add(coded.label.clone(), consigne.into_iter().collect(), coded.mask);
        }
        let inside = part("data").and_then(|data| content(part("contentType")?, data));
        // What is attached and cannot be read may say anything.
        self.found.organises &= inside.is_some() || !object.contains_key("contentType");
        if let Some(inside) = inside {
            let length = self.path.len();
            self.path.push_str(".data");
            tags::of_cda(&inside.marked, &mut self.found.received);
            self.text(&inside.text);
            self.path.truncate(length);
        }
        let (is_reference, denied) = (object.contains_key("reference"), is_denied_answer(object));
        let is_room = self.path.starts_with(PLACES) && is_room(object);
        for (key, value) in object {
            let skipped = IDENTITIES.contains(&key.as_str())
                || (is_reference && key == "display")
                || (denied && key == "text")
                || matches!(key.as_str(), "verificationStatus" | "clinicalStatus" | "interpretation");
            if skipped {
                continue;
            }
            let length = self.path.len();
            self.path.push('.');
            self.path.push_str(key);
            match value {
                Value::String(text) if key == "div" => self.text(&without_tags(text)),
                Value::String(text) if TEXTS.contains(&key.as_str()) => self.text(text),
                Value::Object(place) if is_room && key == "location" => self.room(place),
                Value::Object(_) | Value::Array(_) => self.value(value),
                _ => {}
            }
            self.path.truncate(length);
        }
    }

    /// A room is found by what it is called: « UHR 3 » says where somebody lives, and nothing of what they have.
    fn room(&mut self, place: &Map<String, Value>) {
        let called = |name: &Value| name.as_str().is_some_and(|name| name.chars().count() <= LONGEST_ROOM);
        let rest = place.iter().filter(|(key, value)| *key != "display" || !called(value));
        self.object(&rest.map(|(key, value)| (key.clone(), value.clone())).collect());
    }

    fn text(&mut self, text: &str) {
        let mut read = self.labeler.0.text.read(text, &self.setting);
        // How a writing is filed is not what it says.
        let filed = filed(&self.path);
        if filed.is_none() {
            self.texts += 1;
            self.found.organises &= read.organises;
        } else if read.label.level <= Level::Standard && read.label.categories.is_empty() {
            // « note psychologue » is no reason of its own.
            self.found.label.level = self.found.label.level.max(read.label.level);
            read.label.reasons.clear();
        }
        if let Some(by) = filed {
            read.label.reasons.iter_mut().for_each(|reason| reason.text = said_by(by, &reason.text));
        }
        if !read.label.reasons.is_empty() {
            self.add(read.label, read.consignes, read.mask);
        }
    }

    /// Adds what was found here, as this resource means it.
    fn add(&mut self, mut found: Label, consignes: Vec<String>, mask: MaskFlags) {
        match self.standing {
            Standing::Affirmed => {}
            // Sexual violence that is refuted has still been spoken of.
            Standing::Refuted if !found.categories.contains(Category::Vsx) => {
                found.level = Level::Standard;
                found.categories = Categories::empty();
            }
            Standing::Refuted => {}
            Standing::OfFamily => {
                let ordinary: Categories =
                    [Category::Grave, Category::Neu, Category::Gen, Category::Tiers].into_iter().collect();
                if found.categories.is_subset(ordinary) {
                    found.level = found.level.min(Level::Standard);
                    found.categories = Categories::empty();
                }
            }
        }
        for reason in &mut found.reasons {
            reason.path = Some(self.path.clone());
        }
        let mut label = std::mem::replace(&mut self.found.label, Label::new(Level::Open, Categories::empty()));
        if filed(&self.path).is_none() {
            // What the words say themselves is the reason, whatever they are filed under.
            let is_filing = |old: &Reason| old.path.as_deref().and_then(filed).is_some();
            label.reasons.retain(|old| !is_filing(old) || !found.reasons.iter().any(|new| new.rule == old.rule));
        }
        let known = |reason: &Reason| label.reasons.iter().any(|old| old.rule == reason.rule);
        found.reasons.retain(|reason| !known(reason));
        self.found.label = label.join(found);
        if self.standing == Standing::Affirmed {
            self.found.mask = self.found.mask.union(mask);
            for consigne in consignes {
                if !self.found.consignes.contains(&consigne) {
                    self.found.consignes.push(consigne);
                }
            }
        }
    }
}

/// What says how a writing is filed, where a path leads to it: the target that its author chose, or another element.
fn filed(path: &str) -> Option<&'static str> {
    let part = path.split('.').nth(1)?.split('[').next()?;
    let name = FILING.iter().find(|name| **name == part)?;
    Some(if *name == "topic" { "La cible choisie" } else { "Le classement de l’écrit" })
}

/// A rule's sentence of a text, said of what it is filed under.
fn said_by(by: &str, text: &str) -> String {
    match text.strip_prefix("Le texte ").or_else(|| text.strip_prefix("La phrase ")) {
        Some(rest) => format!("{by} {rest}"),
        None => format!("{by}\u{a0}: {text}"),
    }
}

/// A place of a stay that is said to be a room, or a bed.
fn is_room(place: &Map<String, Value>) -> bool {
    let kinds = place.get("physicalType").and_then(|kind| kind.get("coding")).and_then(Value::as_array);
    let mut codes = kinds.into_iter().flatten().filter_map(|kind| kind.get("code")?.as_str());
    codes.any(|code| ROOMS.contains(&code))
}

/// A question answered by « no »: what it asks is not said of the person.
fn is_denied_answer(item: &Map<String, Value>) -> bool {
    let answers = item.get("answer").and_then(Value::as_array).filter(|answers| !answers.is_empty());
    let denied = |answer: &Value| answer.get("valueBoolean").and_then(Value::as_bool) == Some(false);
    item.contains_key("linkId") && answers.is_some_and(|answers| answers.iter().all(denied))
}
