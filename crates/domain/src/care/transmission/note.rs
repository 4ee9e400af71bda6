//! From a Communication, ours or another program's, to what a screen says of it.

use super::fhir::{FUNCTION, SECTION, SECTIONS};
use super::{Sheet, Urgency};
use crate::care::target::{self, Target};
use ::fhir::Resource;
use ::fhir::json::Value;

/// What a Communication says, whoever wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Our target, when it has one.
    pub target: Option<Target>,
    /// The words of its topic, when it has some.
    pub topic: Option<String>,
    /// What was seen; everything, when nothing says which part is which.
    pub data: String,
    /// What was done.
    pub actions: Option<String>,
    /// What came of it.
    pub results: Option<String>,
    /// How urgent.
    pub urgency: Urgency,
    /// Functions it is for, by persona code.
    pub recipients: Vec<String>,
    /// Who wrote it, in words.
    pub sender: Option<String>,
    /// How it is filed, in words.
    pub kind: Option<String>,
    /// Id of the transmission it answers.
    pub reply_to: Option<String>,
    /// Written by mistake: it says nothing any more.
    pub withdrawn: bool,
}

impl Note {
    /// Reads a Communication.
    pub fn read(resource: &Resource) -> Self {
        let [data, actions, results] = sections(resource);
        let topic = resource.get(&["topic"]);
        let coded =
            topic.and_then(|topic| array(topic, "coding").find(|one| text(one, "system") == Some(target::SYSTEM)));
        let code = coded.and_then(|one| text(one, "code"));
        let words = topic.and_then(|topic| {
            text(topic, "text").or_else(|| array(topic, "coding").find_map(|one| text(one, "display")))
        });
        let recipients = resource.object().get("recipient").and_then(Value::as_array).into_iter().flatten();
        let recipients = recipients
            .filter_map(|one| one.get("identifier"))
            .filter_map(|one| (text(one, "system") == Some(FUNCTION)).then(|| text(one, "value")).flatten());
        let first = |key: &str| resource.object().get(key).and_then(Value::as_array).and_then(|all| all.first());
        Self {
            target: code.and_then(Target::parse),
            topic: words.map(str::to_owned),
            data: data.unwrap_or_default(),
            actions,
            results,
            urgency: resource.str_at(&["priority"]).and_then(Urgency::parse).unwrap_or(Urgency::Routine),
            recipients: recipients.map(str::to_owned).collect(),
            sender: resource.str_at(&["sender", "display"]).map(str::to_owned),
            kind: first("category").and_then(|one| text(one, "text")).map(str::to_owned),
            reply_to: first("inResponseTo")
                .and_then(|one| text(one, "reference"))
                .and_then(|reference| reference.strip_prefix("Communication/"))
                .map(str::to_owned),
            withdrawn: resource.str_at(&["status"]) == Some("entered-in-error"),
        }
    }

    /// The form it would have been filled in with, to correct it.
    pub fn sheet(&self, patient: &str) -> Sheet {
        Sheet {
            patient: patient.to_owned(),
            target: self.target.map_or("autre", Target::code).to_owned(),
            data: self.data.clone(),
            actions: self.actions.clone().unwrap_or_default(),
            results: self.results.clone().unwrap_or_default(),
            urgency: self.urgency.code().to_owned(),
            recipients: self.recipients.clone(),
            evaluate_at: String::new(),
            reply_to: self.reply_to.clone().unwrap_or_default(),
        }
    }
}

/// Texts by section; those of no section come first, under *Données*.
fn sections(resource: &Resource) -> [Option<String>; 3] {
    let mut found: [Vec<&str>; 3] = Default::default();
    for payload in resource.object().get("payload").and_then(Value::as_array).into_iter().flatten() {
        let Some(said) = text(payload, "contentString") else { continue };
        let marked = array(payload, "extension").find(|one| text(one, "url") == Some(SECTION));
        let code = marked.and_then(|one| text(one, "valueCode"));
        let section = SECTIONS.iter().position(|section| Some(*section) == code).unwrap_or(0);
        if let Some(texts) = found.get_mut(section) {
            texts.push(said);
        }
    }
    found.map(|texts| (!texts.is_empty()).then(|| texts.join("\n")))
}

fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str)
}

fn array<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}
