//! What began before a date and goes on until then.

use crate::index::{Hasher, TokenForm, param_number};
use crate::select::Select;
use fhir::ResourceType;
use fhir::search::ParamKind;

/// Search parameters that say until when something lasts, the best first.
const LASTS: [&str; 6] = ["abatement-date", "date", "period", "effective-time", "effective", "occurrence"];

/// What goes on until something says that it has ended.
struct Standing {
    kind: &'static str,
    /// The parameter of its dates that have an end, if it has any.
    until: Option<&'static str>,
    /// The parameter and the codes that say that it is over.
    over: Option<(&'static str, &'static [&'static str])>,
}

/// States of a request that are over.
const ORDER: &[&str] = &["completed", "revoked", "entered-in-error"];

/// Of a condition only a date tells: one that is resolved may have lasted until then.
const STANDING: [Standing; 9] = [
    Standing { kind: "Condition", until: Some("abatement-date"), over: None },
    Standing { kind: "AllergyIntolerance", until: None, over: Some(("clinical-status", &["inactive", "resolved"])) },
    Standing {
        kind: "MedicationRequest",
        until: Some("date"),
        over: Some(("status", &["completed", "cancelled", "stopped", "entered-in-error"])),
    },
    Standing { kind: "ServiceRequest", until: Some("occurrence"), over: Some(("status", ORDER)) },
    Standing { kind: "DeviceRequest", until: Some("event-date"), over: Some(("status", ORDER)) },
    Standing { kind: "RequestGroup", until: None, over: Some(("status", ORDER)) },
    Standing {
        kind: "Goal",
        until: None,
        over: Some(("lifecycle-status", &["completed", "cancelled", "rejected", "entered-in-error"])),
    },
    Standing {
        kind: "Task",
        until: Some("period"),
        over: Some(("status", &["completed", "cancelled", "rejected", "failed", "entered-in-error"])),
    },
    Standing {
        kind: "Consent",
        until: Some("period"),
        over: Some(("status", &["rejected", "inactive", "entered-in-error"])),
    },
];

fn standing(kind: ResourceType) -> Option<&'static Standing> {
    STANDING.iter().find(|one| one.kind == kind.name())
}

/// The number of the parameter of this name.
fn number(kind: ResourceType, code: &str) -> Option<i64> {
    fhir::search::param(kind, code).map(param_number)
}

/// The parameter whose dates say until when a type lasts.
fn lasts(kind: ResourceType) -> Option<i64> {
    if let Some(one) = standing(kind) {
        return one.until.and_then(|code| number(kind, code));
    }
    let dated = |code: &&str| fhir::search::param(kind, code).filter(|param| param.kind == ParamKind::Date);
    LASTS.iter().find_map(dated).map(param_number)
}

/// Rows of which one look tells, by the parameter of their type.
fn by_type(numbers: impl Iterator<Item = (ResourceType, i64)>) -> String {
    let cases: Vec<String> = numbers.map(|(kind, number)| format!("WHEN {} THEN {number}", kind.code())).collect();
    format!("CASE r.type {} ELSE 0 END", cases.join(" "))
}

/// What begins before a date and lasts until then: its period ends later or not at all; of what stands until it is ended, no end is told.
pub(super) fn goes_on(hasher: &Hasher, select: &mut Select, from: i64) -> String {
    let from = select.bind(from);
    let until = by_type(ResourceType::all().filter_map(|kind| Some((kind, lasts(kind)?))));
    let dated =
        format!("SELECT 1 FROM range_key k WHERE k.tenant = {} AND k.param = {until} AND k.rid = r.rid", select.tenant);
    let kinds = || STANDING.iter().filter_map(|one| Some((ResourceType::parse(one.kind)?, one)));
    let states = || kinds().filter_map(|(kind, one)| Some((kind, number(kind, one.over?.0)?, one.over?.1)));
    let hashes: Vec<i64> = states()
        .flat_map(|(_, number, codes)| codes.iter().flat_map(move |code| hasher.asked(number, TokenForm::Code(code))))
        .collect();
    let (standing, hashes) = (select.list(kinds().map(|(kind, _)| kind.code())), select.list(hashes));
    let state = by_type(states().map(|(kind, number, _)| (kind, number)));
    let over = format!(
        "SELECT 1 FROM exact_key k WHERE k.tenant = {} AND k.param = {state} AND k.hash IN ({hashes}) AND k.rid = r.rid",
        select.tenant
    );
    format!(
        "EXISTS ({dated} AND k.hi > {from}) OR (r.type IN ({standing}) AND NOT EXISTS ({dated}) AND NOT EXISTS ({over}))"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_is_known_by_parameters_that_are_there() {
        for one in &STANDING {
            let kind = ResourceType::parse(one.kind).unwrap();
            let dates = one.until.map(|code| fhir::search::param(kind, code).unwrap().kind);
            assert!(dates.is_none_or(|kind| kind == ParamKind::Date), "{}", one.kind);
            let state = one.over.map(|(code, _)| fhir::search::param(kind, code).unwrap().kind);
            assert!(state.is_none_or(|kind| kind == ParamKind::Token), "{}", one.kind);
        }
    }
}
