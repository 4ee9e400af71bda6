//! The order of a handover: what cannot wait, what is for me, the rest.

use super::target::Target;
use super::transmission::{Note, Urgency};
use fhir::json::Value;
use fhir::{Resource, ResourceType};
use std::collections::BTreeMap;

/// Where an item stands in a handover.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rank {
    /// Danger now: before all else.
    Danger,
    /// First, whoever reads.
    Critical,
    /// Addressed to the reader's function.
    Mine,
    /// In its turn.
    Rest,
}

impl Rank {
    /// Whether it comes first, whoever reads.
    pub fn is_first(self) -> bool {
        self <= Self::Critical
    }
}

/// Body temperature (LOINC), and from how many degrees Celsius it is fever to hand over. Ours: usual practice of the
/// trade, to be set by the establishment's doctor.
const TEMPERATURE: (&str, f64) = ("8310-5", 38.5);
/// Pain on a scale of ten (LOINC), and from which score it is severe.
const PAIN: (&str, f64) = ("72514-3", 7.0);

/// Ranks the items of one handover, in their order: each with a key for its person, and the resource. `me` is the reader's
/// persona code. With each, whether it is addressed to the reader's function, wherever it stands.
pub fn ranks<'a, P: Ord + Copy>(items: impl IntoIterator<Item = (P, &'a Resource)>, me: &str) -> Vec<(Rank, bool)> {
    let items: Vec<(P, &Resource)> = items.into_iter().collect();
    let notes: Vec<Option<Note>> = items.iter().map(|(_, resource)| note(resource)).collect();
    let mut times: BTreeMap<(P, Target), usize> = BTreeMap::new();
    for ((person, _), note) in items.iter().zip(&notes) {
        if let Some(target) = note.as_ref().and_then(|note| note.target) {
            *times.entry((*person, target)).or_default() += 1;
        }
    }
    let me = super::function::find(me).map_or(me, |function| function.code);
    let is_mine = |note: &Note| note.recipients.iter().any(|code| code == me);
    let rank = |person: P, resource: &Resource, note: Option<&Note>| match note {
        Some(note) => {
            let alarms = |target: Target| target.alarms(times.get(&(person, target)).copied().unwrap_or_default());
            if note.urgency == Urgency::Danger {
                Rank::Danger
            } else if note.urgency > Urgency::Routine || note.target.is_some_and(alarms) {
                Rank::Critical
            } else if is_mine(note) {
                Rank::Mine
            } else {
                Rank::Rest
            }
        }
        None if is_critical(resource) => Rank::Critical,
        None => Rank::Rest,
    };
    let ranked = items.iter().zip(&notes).map(|((person, resource), note)| {
        let note = note.as_ref();
        (rank(*person, resource, note), note.is_some_and(is_mine))
    });
    ranked.collect()
}

/// Whether a handover shows it at all: every writing, and of the figures and events only what cannot wait.
pub fn belongs(resource: &Resource) -> bool {
    note(resource).is_some() || is_critical(resource)
}

fn note(resource: &Resource) -> Option<Note> {
    (resource.kind() == ResourceType::COMMUNICATION).then(|| Note::read(resource))
}

/// An event, or an alarming figure.
fn is_critical(resource: &Resource) -> bool {
    match resource.kind().name() {
        "AdverseEvent" => resource.str_at(&["actuality"]) != Some("potential"),
        "Observation" => [TEMPERATURE, PAIN].iter().any(|limit| reaches(resource, *limit)),
        _ => false,
    }
}

fn reaches(observation: &Resource, (code, least): (&str, f64)) -> bool {
    let codings = observation.get(&["code", "coding"]).and_then(Value::as_array).into_iter().flatten();
    let mut codes = codings.filter_map(|one| one.get("code").and_then(Value::as_str));
    let done = observation.str_at(&["status"]) != Some("entered-in-error");
    let value = observation.get(&["valueQuantity", "value"]).or_else(|| observation.get(&["valueInteger"]));
    let value = value.and_then(Value::as_f64);
    done && codes.any(|found| found == code) && value.is_some_and(|value| value >= least)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn written(target: &str, priority: &str, recipient: &str) -> Resource {
        Resource::from_value(json!({ "resourceType": "Communication", "status": "completed", "priority": priority,
            "topic": { "coding": [{ "system": "urn:socle:target", "code": target }] },
            "recipient": [{ "identifier": { "system": "urn:socle:function", "value": recipient } }],
            "payload": [{ "contentString": "…" }] }))
        .unwrap()
    }

    fn measured(code: &str, value: f64, status: &str) -> Resource {
        Resource::from_value(json!({ "resourceType": "Observation", "status": status,
            "code": { "coding": [{ "code": code }] }, "valueQuantity": { "value": value } }))
        .unwrap()
    }

    #[test]
    fn what_cannot_wait_comes_first_then_mine() {
        let all = [
            written("douleur", "routine", "ide"),
            written("chute", "routine", "ide"),
            written("douleur", "stat", "as"),
            written("douleur", "routine", "as"),
        ];
        let found = ranks(all.iter().map(|item| (1, item)), "interim:ide");
        let expected = [(Rank::Mine, true), (Rank::Critical, true), (Rank::Danger, false), (Rank::Rest, false)];
        assert_eq!(found, expected, "what is urgent is for me too");
    }

    #[test]
    fn a_second_refusal_by_the_same_person_alarms() {
        let refusal = written("refus-traitement", "routine", "as");
        let found = ranks([(1, &refusal), (2, &refusal), (1, &refusal)], "ide");
        let ranks: Vec<Rank> = found.into_iter().map(|(rank, _)| rank).collect();
        assert_eq!(ranks, [Rank::Critical, Rank::Rest, Rank::Critical]);
    }

    #[test]
    fn of_the_figures_only_what_alarms() {
        assert!(belongs(&measured("8310-5", 38.5, "final")) && belongs(&measured("72514-3", 7.0, "final")));
        assert!(!belongs(&measured("8310-5", 38.4, "final")) && !belongs(&measured("8867-4", 90.0, "final")));
        assert!(!belongs(&measured("8310-5", 40.0, "entered-in-error")));
        assert!(belongs(&written("autre", "routine", "as")));
    }
}
