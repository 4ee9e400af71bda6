//! What is too large to be one resource, found before anything else is looked at.

use crate::json::Value;
use crate::{Issue, Resource, place};

/// Most values in one resource.
const VALUES: usize = 200_000;
/// Longest text, in bytes (FHIR R4 §2.24.0.1, `string`).
const TEXT: usize = 1 << 20;

/// The first thing that is too large.
pub(super) fn fault(resource: &Resource) -> Option<Issue> {
    let mut count = Count { left: VALUES, path: resource.kind().name().to_owned() };
    let found = resource.object().iter().try_for_each(|(key, value)| count.member(key, value));
    found.err()
}

struct Count {
    left: usize,
    path: String,
}

impl Count {
    fn member(&mut self, key: &str, value: &Value) -> Result<(), Issue> {
        let length = self.path.len();
        place::step(&mut self.path, key);
        self.value(key, value)?;
        self.path.truncate(length);
        Ok(())
    }

    fn value(&mut self, key: &str, value: &Value) -> Result<(), Issue> {
        self.left = self.left.checked_sub(1).ok_or_else(many)?;
        match value {
            Value::String(text) if text.len() > TEXT && !holds_content(key) => Err(self.long()),
            Value::Number(digits) if digits.as_str().len() > DIGITS => Err(self.long()),
            Value::Object(object) => object.iter().try_for_each(|(key, value)| self.member(key, value)),
            Value::Array(items) => {
                let length = self.path.len();
                items.iter().enumerate().try_for_each(|(index, item)| {
                    place::index(&mut self.path, index);
                    self.value(key, item)?;
                    self.path.truncate(length);
                    Ok(())
                })
            }
            _ => Ok(()),
        }
    }

    fn long(&self) -> Issue {
        let (fr, en) = ("Cette valeur est trop longue.", "This value is too long.");
        Issue::error("too-long", Some(self.path.clone()), fr, en)
    }
}

/// Longest number, in characters.
const DIGITS: usize = 1_000;

/// Content in base64, and narratives, are as long as they are.
fn holds_content(key: &str) -> bool {
    matches!(key, "data" | "hash" | "div") || key.ends_with("Base64Binary")
}

fn many() -> Issue {
    let fr = format!("Cette ressource compte plus de {VALUES} valeurs.");
    Issue::error("too-long", None, fr, format!("This resource has more than {VALUES} values."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn found(value: Value) -> Option<Option<String>> {
        fault(&Resource::from_value(value).unwrap()).map(|issue| issue.expression)
    }

    #[test]
    fn says_what_is_too_large() {
        let long = "a".repeat(TEXT + 1);
        assert_eq!(found(json!({"resourceType": "Patient", "name": [{"family": "a".repeat(TEXT)}]})), None);
        let family = found(json!({"resourceType": "Patient", "name": [{}, {"family": long}]}));
        assert_eq!(family, Some(Some("Patient.name[1].family".to_owned())));
        assert_eq!(found(json!({"resourceType": "Binary", "contentType": "a/b", "data": long})), None);
        let many = found(json!({"resourceType": "Patient", "name": vec![json!({"family": "a"}); VALUES / 2]}));
        assert_eq!(many, Some(None));
        let digits = crate::json::parse("9".repeat(DIGITS + 1).as_bytes()).unwrap();
        let number = json!({"resourceType": "Observation", "valueQuantity": {"value": digits}});
        assert_eq!(found(number), Some(Some("Observation.valueQuantity.value".to_owned())));
    }
}
