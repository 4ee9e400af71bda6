//! `OperationOutcome`.

use crate::Issue;
use serde_json::{Value, json};

/// The resource that tells a client what happened: each issue in French, its English text as `diagnostics`.
///
/// Without issues it says that all is well, since an `OperationOutcome` has at least one.
pub fn operation_outcome(issues: &[Issue]) -> Value {
    if issues.is_empty() {
        return json!({ "resourceType": "OperationOutcome", "issue": [{
            "severity": "information", "code": "informational",
            "details": { "text": "Aucune anomalie." }, "diagnostics": "No issue." }] });
    }
    let issues: Vec<Value> = issues
        .iter()
        .map(|issue| {
            let mut value = json!({
                "severity": issue.severity.code(),
                "code": issue.code,
                "details": { "text": issue.text_fr },
                "diagnostics": issue.text_en,
            });
            if let (Some(expression), Some(object)) = (&issue.expression, value.as_object_mut()) {
                object.insert("expression".into(), json!([expression]));
            }
            value
        })
        .collect();
    json!({ "resourceType": "OperationOutcome", "issue": issues })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_each_issue_in_both_languages_and_where() {
        let issues = [
            Issue::error("value", Some("Patient.id".into()), "Mauvais.", "Bad."),
            Issue::warning("structure", None, "Vide.", "Empty."),
        ];
        assert_eq!(
            operation_outcome(&issues),
            json!({ "resourceType": "OperationOutcome", "issue": [
                { "severity": "error", "code": "value", "details": { "text": "Mauvais." }, "diagnostics": "Bad.",
                  "expression": ["Patient.id"] },
                { "severity": "warning", "code": "structure", "details": { "text": "Vide." }, "diagnostics": "Empty." },
            ]})
        );
    }

    #[test]
    fn has_an_issue_even_when_all_is_well() {
        let outcome = operation_outcome(&[]);
        assert_eq!(outcome.pointer("/issue/0/severity"), Some(&json!("information")));
    }
}
