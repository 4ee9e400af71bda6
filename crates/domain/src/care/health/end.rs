//! What ends an entry: it was not so, it was written by mistake, it is over. What was written stays, and can be read.

use super::treatment::{self, TreatmentSheet};
use super::{NOT_A_DAY, Topic, allergy, day};
use ::fhir::Resource;
use ::fhir::json::{Object, Value};
use jiff::civil::Date;
use serde_json::json;

/// Why an entry is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The person is not allergic to it.
    Refuted,
    /// It should not have been written here.
    Mistaken,
    /// The treatment was, or will be, given until this day.
    Stopped(Date),
}

impl End {
    /// How an entry has ended; none while it holds.
    pub fn of(resource: &Resource) -> Option<Ended> {
        let code = |path: &[&str]| {
            let value = resource.get(path)?;
            let coded = value.get("coding").and_then(|all| all.get(0)).and_then(|one| one.get("code"));
            coded.or(Some(value)).and_then(Value::as_str)
        };
        let statuses = [code(&["verificationStatus"]), code(&["clinicalStatus"]), code(&["status"])];
        statuses.into_iter().flatten().find_map(|code| match code {
            "entered-in-error" => Some(Ended::Mistaken),
            "refuted" => Some(Ended::Refuted),
            "inactive" | "resolved" | "stopped" | "cancelled" | "completed" => Some(Ended::Over),
            _ => None,
        })
    }

    /// The last day that somebody gives when a treatment is stopped.
    ///
    /// # Errors
    /// What to do when it is none.
    pub fn last_day(text: &str, resource: &Resource) -> Result<Date, &'static str> {
        let last = day(text).ok_or(NOT_A_DAY)?.ok_or("Dites le dernier jour où ce traitement est donné.")?;
        if treatment::last_day(resource).is_some_and(|end| last > end) {
            return Err("Ce traitement finit déjà avant ce jour : pour le prolonger, corrigez-le.");
        }
        match day(&TreatmentSheet::read(resource).starts).flatten() {
            Some(first) if last < first => {
                Err("Ce traitement commence plus tard : vérifiez la date, ou dites qu’il a été saisi par erreur.")
            }
            _ => Ok(last),
        }
    }

    /// The last day that is proposed: today, or its own when that is over.
    pub fn proposed_day(resource: &Resource, today: Date) -> Date {
        treatment::last_day(resource).map_or(today, |end| end.min(today))
    }

    /// Whether one version ends what the former one said: it holds no more, or only its last day has come nearer.
    pub fn is_between(before: &Resource, after: &Resource) -> bool {
        if Self::of(before).is_some() || Self::of(after).is_some() {
            return Self::of(before).is_none();
        }
        let Some(last) = treatment::last_day(after) else { return false };
        let sooner = treatment::last_day(before).is_none_or(|end| last < end);
        let [mut stopped, mut after] = [before, after].map(|one| one.object().clone());
        treatment::stopped_on(&mut stopped, last);
        // What the server says of a version is not what it says.
        stopped.shift_remove("meta");
        after.shift_remove("meta");
        sooner && stopped == after
    }

    /// The entry once it has ended so, today; none for what does not end so.
    pub fn put(self, resource: &Resource, reason: &str, today: Date) -> Option<Value> {
        let mut object = resource.object().clone();
        match (self, Topic::of(resource.kind())?) {
            (Self::Refuted, Topic::Allergy) => allergy::refute(&mut object),
            (Self::Mistaken, Topic::Allergy) => allergy::mistaken(&mut object),
            (Self::Mistaken, Topic::Treatment) => said(&mut object, "entered-in-error", reason),
            (Self::Stopped(last), Topic::Treatment) => {
                treatment::stopped_on(&mut object, last);
                // What is still given today, or for some days, is not stopped yet.
                if last < today {
                    said(&mut object, "stopped", reason);
                }
            }
            (Self::Refuted, Topic::Treatment) | (Self::Stopped(_), Topic::Allergy) => return None,
        }
        Some(Value::Object(object))
    }
}

/// How an entry has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It was not so.
    Refuted,
    /// It was written by mistake.
    Mistaken,
    /// Stopped, or over by itself.
    Over,
}

fn said(object: &mut Object, status: &str, reason: &str) {
    object.insert("status".into(), status.into());
    object.insert("statusReason".into(), json!({ "text": reason }));
}
