//! What is wrong with a resource that a program writes. An import keeps and reports (ADR 12); here it is refused.

use crate::error::Result;
use fhir::json::Value;
use fhir::validate::MAX_ISSUES;
use fhir::validate::profile::Known;
use fhir::{Issue, Resource, Severity};

/// Refuses what R4 does not allow, then what a known profile does not that the resource claims.
pub(crate) fn check(resource: &Resource, known: &Known) -> Result<()> {
    refuse(of(resource, known, false))
}

/// The same of what has been made of a version that is here, by a patch or by `$meta-add`: what was wrong there already and is left as it
/// was is not held against who changes something else.
pub(crate) fn check_changed(resource: &Resource, before: &Resource, known: &Known) -> Result<()> {
    let had = of(before, known, true);
    // Where not everything is told, what is new cannot be told from what was there.
    if had.is_empty() || had.len() >= MAX_ISSUES || had.iter().any(|issue| issue.code == "too-long") {
        return check(resource, known);
    }
    let mut left = of(resource, known, true);
    for old in had {
        let same = |new: &Issue| {
            new.code == old.code
                && new.text_en == old.text_en
                && place(&new.expression) == place(&old.expression)
                // An invariant is about what stands around as well.
                && (new.code == "invariant" || value(resource, &new.expression) == value(before, &old.expression))
        };
        if let Some(at) = left.iter().position(same) {
            left.remove(at);
        }
    }
    refuse(left)
}

fn refuse(issues: Vec<Issue>) -> Result<()> {
    if issues.is_empty() { Ok(()) } else { Err(fhir::Invalid { issues }.into()) }
}

/// `whole`: what profiles say of what R4 does not allow, too.
fn of(resource: &Resource, known: &Known, whole: bool) -> Vec<Issue> {
    let is_error = |issue: &Issue| issue.severity == Severity::Error;
    let mut issues = fhir::validate::check(resource);
    issues.retain(is_error);
    if whole || issues.is_empty() {
        issues.extend(known.check(resource, &[]).into_iter().filter(is_error));
    }
    issues.extend(fhir::meta::partial(resource));
    if let Some(path) = fhir::owner::unresolved(resource) {
        let (fr, en) = (
            "Cette référence ne désigne personne hors d’une transaction.",
            "This reference leads nowhere outside a transaction.",
        );
        issues.push(Issue::error("not-found", Some(format!("{}.{path}.reference", resource.kind())), fr, en));
    }
    issues
}

/// A path, wherever in their lists its elements stand: taking one away moves the others.
fn place(expression: &Option<String>) -> Option<String> {
    let parts = expression.as_deref()?.split('.').map(|part| part.split('[').next().unwrap_or(part));
    Some(parts.collect::<Vec<_>>().join("."))
}

/// The value at a path.
fn value<'r>(resource: &'r Resource, expression: &Option<String>) -> Option<&'r Value> {
    let keys = keys(expression.as_deref()?);
    let (first, rest) = keys.split_first()?;
    let step = |value: &'r Value, key: &String| match key.parse::<usize>() {
        Ok(index) => value.get(index),
        Err(_) => value.get(key),
    };
    rest.iter().try_fold(resource.object().get(first)?, step)
}

/// The keys and positions of a path below its type, as JSON has them: `value.ofType(Quantity)` is `valueQuantity`.
fn keys(expression: &str) -> Vec<String> {
    let mut keys: Vec<String> = Vec::new();
    for part in expression.split('.').skip(1) {
        let chosen = part.strip_prefix("ofType(").and_then(|rest| rest.split(')').next());
        match (chosen.map(|kind| kind.split_at_checked(1).unwrap_or_default()), keys.last_mut()) {
            (Some((first, rest)), Some(stem)) => stem.push_str(&format!("{}{rest}", first.to_ascii_uppercase())),
            _ => keys.extend(part.split(['[', ']']).filter(|key| !key.is_empty()).map(str::to_owned)),
        }
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(before: &str, after: &str) -> Vec<(&'static str, Option<String>)> {
        let read = |text: &str| Resource::from_value(fhir::json::parse(text.as_bytes()).unwrap()).unwrap();
        match check_changed(&read(after), &read(before), &Known::default()) {
            Err(crate::Error::Store(store::Error::Invalid(invalid))) => {
                invalid.issues.into_iter().map(|issue| (issue.code, issue.expression)).collect()
            }
            done => done.map(|()| Vec::new()).unwrap(),
        }
    }

    fn observation(value: &str, more: &str) -> String {
        format!(
            r#"{{"resourceType":"Observation","id":"a","status":"final","code":{{"text":"x"}},"component":[
            {{"code":{{"text":"y"}}}},{{"code":{{"text":"z"}},"valueQuantity":{{"value":{value}}}}}]{more}}}"#
        )
    }

    #[test]
    fn what_was_wrong_and_is_left_alone_is_not_held_against_a_change() {
        let (wrong, more) = (observation("1e400", ""), r#","note":[{"text":"n"}]"#);
        assert!(codes(&wrong, &observation("1e400", more)).is_empty(), "something else is added");
        assert!(codes(&wrong, &observation("14", "")).is_empty(), "it is mended");
        let moved = wrong.replace(r#"{"code":{"text":"y"}},"#, "");
        assert!(codes(&wrong, &moved).is_empty(), "what stood before it is taken away");
    }

    #[test]
    fn what_is_wrong_anew_is_refused() {
        let wrong = observation("1e400", "");
        assert_eq!(codes(&wrong, &observation("1e500", "")).len(), 1, "another wrong value");
        assert_eq!(codes(&observation("14", ""), &wrong).len(), 1);
        let twice =
            wrong.replace(r#"{"code":{"text":"y"}}"#, r#"{"code":{"text":"y"},"valueQuantity":{"value":1e400}}"#);
        assert_eq!(codes(&wrong, &twice).len(), 1, "once more than before");
        assert_eq!(codes(&wrong, &observation("1e400", r#","nope":1"#)).len(), 1);
    }

    #[test]
    fn a_wrong_code_may_stay_and_not_become_another() {
        let condition = |code: &str, more: &str| {
            format!(
                r#"{{"resourceType":"Condition","id":"c","subject":{{"reference":"Patient/p"}},"clinicalStatus":{{"coding":[
                {{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"{code}"}}]}}{more}}}"#
            )
        };
        let wrong = condition("foo", "");
        assert!(codes(&wrong, &condition("foo", r#","note":[{"text":"n"}]"#)).is_empty());
        assert!(codes(&wrong, &condition("active", "")).is_empty());
        assert!(!codes(&wrong, &condition("bar", "")).is_empty());
    }

    #[test]
    fn a_part_stays_a_part_unless_it_becomes_one() {
        let tag = r#","meta":{"tag":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue","code":"SUBSETTED"}]}"#;
        assert!(codes(&observation("14", tag), &observation("15", tag)).is_empty());
        assert!(codes(&observation("14", tag), &observation("14", "")).is_empty());
        assert_eq!(codes(&observation("14", ""), &observation("14", tag)).len(), 1);
    }
}
