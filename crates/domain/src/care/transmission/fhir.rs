//! From a transmission to the resources that keep it.

use super::Transmission;
use crate::care::target;
use ::fhir::json::{Object, Value};
use ::fhir::{Resource, date};
use serde_json::json;

/// Marks what a payload says: see [`SECTIONS`].
pub(super) const SECTION: &str = "urn:socle:section";
/// *Données, Actions, Résultats*.
pub(super) const SECTIONS: [&str; 3] = ["donnees", "actions", "resultats"];
/// Functions it is for, by persona code.
pub(super) const FUNCTION: &str = "urn:socle:function";
/// One number a form: sent twice, it is kept once.
const KEY: &str = "urn:socle:form";

/// Who writes, when, and under which numbers.
#[derive(Debug, Clone, Copy)]
pub struct Signature<'a> {
    /// Id of the Communication.
    pub id: &'a str,
    /// The form's own number.
    pub key: &'a str,
    /// Id of the writer's Practitioner, if it has one.
    pub practitioner: Option<&'a str>,
    /// The writer's name and function, as screens show them.
    pub display: &'a str,
    /// When (UTC microseconds).
    pub at: i64,
    /// How it is filed: [`crate::care::function::kind_of`].
    pub kind: &'a str,
}

impl Signature<'_> {
    pub(crate) fn who(&self) -> Value {
        match self.practitioner {
            Some(id) => json!({ "reference": format!("Practitioner/{id}"), "display": self.display }),
            None => json!({ "display": self.display }),
        }
    }

    pub(crate) fn identifier(&self) -> Value {
        json!([{ "system": KEY, "value": self.key }])
    }
}

impl Transmission {
    /// The Communication that keeps it.
    pub fn to_fhir(&self, by: &Signature<'_>) -> Value {
        let mut value = json!({
            "resourceType": "Communication",
            "id": by.id,
            "identifier": by.identifier(),
            "status": "completed",
            "category": [{ "text": by.kind }],
            "subject": { "reference": format!("Patient/{}", self.patient) },
            "sent": date::instant(by.at),
            "sender": by.who(),
        });
        if let Some(object) = value.as_object_mut() {
            self.fill(object);
            if let Some(first) = &self.reply_to {
                object.insert("inResponseTo".into(), json!([{ "reference": format!("Communication/{first}") }]));
            }
        }
        value
    }

    /// The same Communication with this content: who wrote it, when, and to what it answers stay.
    pub fn amend(&self, resource: &Resource) -> Value {
        let mut object = resource.object().clone();
        self.fill(&mut object);
        Value::Object(object)
    }

    fn fill(&self, object: &mut Object) {
        object.insert("priority".into(), self.urgency.code().into());
        let coding = json!([{ "system": target::SYSTEM, "code": self.target.code(), "display": self.target.french() }]);
        object.insert("topic".into(), json!({ "coding": coding, "text": self.target.french() }));
        let texts = [Some(&self.data), self.actions.as_ref(), self.results.as_ref()];
        let payload = SECTIONS.iter().zip(texts).filter_map(|(section, text)| {
            let text = text?;
            Some(json!({ "extension": [{ "url": SECTION, "valueCode": section }], "contentString": text }))
        });
        object.insert("payload".into(), payload.collect());
        let recipients = self.recipients.iter().map(|function| {
            json!({ "type": "PractitionerRole", "identifier": { "system": FUNCTION, "value": function.code },
                    "display": function.one })
        });
        let recipients: Vec<Value> = recipients.collect();
        if recipients.is_empty() {
            object.shift_remove("recipient");
        } else {
            object.insert("recipient".into(), recipients.into());
        }
    }

    /// The Task that reminds to look again, when an hour was given. It names the target, nothing more: who reads it may not read what
    /// it is about, nor learn its numbers.
    pub fn follow_up(&self, by: &Signature<'_>, id: &str) -> Option<Value> {
        let due = self.evaluate_at?;
        Some(json!({
            "resourceType": "Task",
            "id": id,
            "status": "requested",
            "intent": "order",
            "priority": self.urgency.code(),
            "code": { "text": format!("À évaluer\u{a0}: {}", self.target.french()) },
            "focus": { "reference": format!("Communication/{}", by.id) },
            "for": { "reference": format!("Patient/{}", self.patient) },
            "authoredOn": date::instant(by.at),
            "requester": by.who(),
            "restriction": { "period": { "end": date::instant(due) } },
        }))
    }
}

/// What stays of a transmission written in the wrong record: that it was there, by whom and when. Nothing it said.
pub fn withdrawn(resource: &Resource) -> Value {
    const KEPT: [&str; 8] = ["resourceType", "id", "identifier", "category", "subject", "sent", "sender", "meta"];
    let mut object = Object::new();
    for (key, value) in resource.object().iter().filter(|(key, _)| KEPT.contains(&key.as_str())) {
        object.insert(key.clone(), value.clone());
    }
    object.insert("status".into(), "entered-in-error".into());
    object.insert("statusReason".into(), json!({ "text": "Écrit dans le mauvais dossier" }));
    Value::Object(object)
}

/// The same words in the right record. What pointed into the wrong one (an answer, a stay) is left out.
pub fn moved(resource: &Resource, patient: &str, by: &Signature<'_>) -> Value {
    const KEPT: [&str; 9] =
        ["resourceType", "status", "category", "priority", "topic", "sent", "sender", "recipient", "payload"];
    let mut object = Object::new();
    for (key, value) in resource.object().iter().filter(|(key, _)| KEPT.contains(&key.as_str())) {
        object.insert(key.clone(), value.clone());
    }
    object.insert("id".into(), by.id.into());
    object.insert("identifier".into(), by.identifier());
    object.insert("subject".into(), json!({ "reference": format!("Patient/{patient}") }));
    // It keeps its hour; who is there now meets it by the hour it came.
    object.insert("received".into(), date::instant(by.at).into());
    Value::Object(object)
}

/// The same for what pointed at it: a reminder, or why it was changed.
pub fn withdrawn_companion(resource: &Resource) -> Value {
    let mut object = resource.object().clone();
    for said in ["reason", "description", "note", "identifier"] {
        object.shift_remove(said);
    }
    if object.contains_key("code") {
        object.insert("code".into(), json!({ "text": "Écrit par erreur" }));
    }
    if object.contains_key("status") {
        object.insert("status".into(), "entered-in-error".into());
    }
    Value::Object(object)
}

/// A reminder, about the same words in the right record.
pub fn moved_follow_up(task: &Resource, patient: &str, id: &str, by: &Signature<'_>) -> Value {
    let mut object = task.object().clone();
    object.shift_remove("meta");
    object.insert("id".into(), id.into());
    object.shift_remove("identifier");
    object.insert("focus".into(), json!({ "reference": format!("Communication/{}", by.id) }));
    object.insert("for".into(), json!({ "reference": format!("Patient/{patient}") }));
    Value::Object(object)
}

/// Why a Communication was made or changed: `activity` is a code of v3 DataOperation (`CREATE`, `UPDATE`, `NULLIFY`).
pub fn provenance(by: &Signature<'_>, id: &str, activity: &str, reason: &str) -> Value {
    origin(by, &format!("Communication/{}", by.id), id, activity, reason)
}

/// The same of any item, by its reference.
pub(crate) fn origin(by: &Signature<'_>, target: &str, id: &str, activity: &str, reason: &str) -> Value {
    json!({
        "resourceType": "Provenance",
        "id": id,
        "target": [{ "reference": target }],
        "recorded": date::instant(by.at),
        "reason": [{ "text": reason }],
        "activity": { "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/v3-DataOperation", "code": activity }] },
        "agent": [{ "who": by.who() }],
    })
}
