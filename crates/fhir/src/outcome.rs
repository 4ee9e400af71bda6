//! `OperationOutcome`.

use crate::Issue;
use serde_json::{Value, json};

/// The resource that tells a client what happened: each issue in French, with the English text as an extension of
/// the standard translation.
pub fn operation_outcome(issues: &[Issue]) -> Value {
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
