//! JSON Patch (RFC 6902) and FHIRPath Patch, as `PATCH` takes them (FHIR R4 §3.1.0.8). What they make is bounded in depth
//! and size, whatever their operations.

mod apply;
mod elements;
mod paths;
mod pointer;

use crate::json::{self, Value};
use crate::{Invalid, Resource};
use apply::Document;
use pointer::Pointer;

/// Most operations of one patch.
const MOST: usize = 1_000;

/// A patch that has been read.
#[derive(Debug, Clone, PartialEq)]
pub struct Patch(Operations);

#[derive(Debug, Clone, PartialEq)]
enum Operations {
    Json(Vec<Operation>),
    Paths(Vec<paths::Operation>),
}

#[derive(Debug, Clone, PartialEq)]
enum Operation {
    Add(Pointer, Value),
    Remove(Pointer),
    Replace(Pointer, Value),
    Move { from: Pointer, to: Pointer },
    Copy { from: Pointer, to: Pointer },
    Test(Pointer, Value),
}

impl Patch {
    /// Reads a patch document.
    ///
    /// # Errors
    /// [`Invalid`] with the first operation that is not one of RFC 6902.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, Invalid> {
        let value = json::parse(bytes).map_err(|error| {
            let fr = format!("JSON incorrect, ligne {}, colonne {}.", error.line, error.column);
            Invalid::one("structure", None, fr, format!("Malformed JSON: {error}."))
        })?;
        let Value::Array(list) = value else {
            let (fr, en) = ("Un patch JSON est une liste d’opérations.", "A JSON patch is an array of operations.");
            return Err(Invalid::one("structure", None, fr, en));
        };
        if list.len() > MOST {
            let fr = format!("Un patch compte au plus {MOST} opérations.");
            return Err(Invalid::one("structure", None, fr, format!("A patch has at most {MOST} operations.")));
        }
        list.iter()
            .enumerate()
            .map(|(index, value)| operation(index, value))
            .collect::<Result<_, _>>()
            .map(|all| Self(Operations::Json(all)))
    }

    /// Reads a FHIRPath patch, a Parameters resource.
    ///
    /// # Errors
    /// [`Invalid`] with the first operation that is not one.
    pub fn from_parameters(parameters: &Resource) -> Result<Self, Invalid> {
        paths::parse(parameters).map(|all| Self(Operations::Paths(all)))
    }

    /// What the patch makes of a resource. The type and the id stay.
    ///
    /// # Errors
    /// [`Invalid`] with the operation that cannot be done, or whose `test` fails; then nothing has changed.
    pub fn apply(&self, resource: &Resource) -> Result<Resource, Invalid> {
        let made = match &self.0 {
            Operations::Paths(operations) => paths::apply(operations, resource)?,
            Operations::Json(operations) => {
                let mut document = Document::new(resource.value());
                for (index, operation) in operations.iter().enumerate() {
                    document.run(operation).map_err(|why| why.at(index))?;
                }
                document.finish()
            }
        };
        let patched = Resource::from_value(made)?;
        if patched.kind() != resource.kind() || patched.id() != resource.id() {
            let (fr, en) =
                ("Un patch ne change ni le type ni l’identifiant.", "A patch changes neither the type nor the id.");
            return Err(Invalid::one("business-rule", Some(format!("{}.id", resource.kind())), fr, en));
        }
        Ok(patched)
    }
}

fn operation(index: usize, value: &Value) -> Result<Operation, Invalid> {
    let wrong = || {
        let fr = format!("L’opération {index} du patch n’en est pas une.");
        Invalid::one("structure", None, fr, format!("Operation {index} is not one of JSON Patch."))
    };
    let text = |key: &str| value.get(key).and_then(Value::as_str);
    let pointer = |key: &str| text(key).and_then(Pointer::parse).ok_or_else(wrong);
    let given = || value.get("value").cloned().ok_or_else(wrong);
    let to = pointer("path")?;
    Ok(match text("op").ok_or_else(wrong)? {
        "add" => Operation::Add(to, given()?),
        "remove" => Operation::Remove(to),
        "replace" => Operation::Replace(to, given()?),
        "move" => Operation::Move { from: pointer("from")?, to },
        "copy" => Operation::Copy { from: pointer("from")?, to },
        "test" => Operation::Test(to, given()?),
        _ => return Err(wrong()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::MAX_DEPTH;
    use serde_json::json;

    fn patched(operations: &Value) -> Result<Value, &'static str> {
        let resource = Resource::from_value(json!({"resourceType": "Patient", "id": "a", "active": true,
            "name": [{"family": "Le Goff", "given": ["Odette", "Anne"]}], "a/b": {"m~n": 1}}))
        .unwrap();
        let patch = Patch::from_slice(operations.to_string().as_bytes()).map_err(|_| "malformed")?;
        patch.apply(&resource).map(Resource::into_value).map_err(|invalid| invalid.issues[0].code)
    }

    fn at(operations: &Value, pointer: &str) -> Value {
        patched(operations).unwrap().pointer(pointer).cloned().unwrap_or(Value::Null)
    }

    #[test]
    fn does_every_operation() {
        assert_eq!(at(&json!([{"op": "add", "path": "/gender", "value": "female"}]), "/gender"), "female");
        let given = "/name/0/given";
        assert_eq!(at(&json!([{"op": "add", "path": "/name/0/given/-", "value": "Zoé"}]), given)[2], "Zoé");
        assert_eq!(at(&json!([{"op": "add", "path": "/name/0/given/0", "value": "Zoé"}]), given)[1], "Odette");
        assert_eq!(at(&json!([{"op": "remove", "path": "/name/0/given/0"}]), given), json!(["Anne"]));
        assert_eq!(at(&json!([{"op": "replace", "path": "/active", "value": false}]), "/active"), false);
        let moved = json!([{"op": "move", "from": "/name/0/given/0", "path": "/name/0/given/1"}]);
        assert_eq!(at(&moved, given), json!(["Anne", "Odette"]));
        let copied = json!([{"op": "copy", "from": "/name/0", "path": "/name/-"}]);
        assert_eq!(at(&copied, "/name/1/family"), "Le Goff");
        assert_eq!(at(&json!([{"op": "test", "path": "/a~1b/m~0n", "value": 1.0}]), "/id"), "a");
        assert_eq!(at(&json!([{"op": "test", "path": "/name/0/given", "value": ["Odette", "Anne"]}]), "/id"), "a");
    }

    #[test]
    fn says_what_cannot_be_done() {
        for wrong in [
            json!([{"op": "remove", "path": "/gender"}]),
            json!([{"op": "replace", "path": "/gender", "value": "x"}]),
            json!([{"op": "add", "path": "/name/3", "value": {}}]),
            json!([{"op": "add", "path": "/name/01", "value": {}}]),
            json!([{"op": "add", "path": "/none/here", "value": 1}]),
            json!([{"op": "remove", "path": "/name/-"}]),
            json!([{"op": "test", "path": "/active", "value": "true"}]),
            json!([{"op": "move", "from": "/name", "path": "/name/0/x"}]),
            json!([{"op": "remove", "path": ""}]),
        ] {
            assert_eq!(patched(&wrong), Err("processing"), "{wrong}");
        }
        for own in [
            json!([{"op": "replace", "path": "/id", "value": "b"}]),
            json!([{"op": "remove", "path": "/id"}]),
            json!([{"op": "replace", "path": "/resourceType", "value": "Person"}]),
            json!([{"op": "replace", "path": "", "value": {"resourceType": "Patient"}}]),
        ] {
            assert_eq!(patched(&own), Err("business-rule"), "{own}");
        }
    }

    #[test]
    fn refuses_what_is_not_a_patch() {
        for bad in [
            json!({}),
            json!([3]),
            json!([{"op": "add", "path": "/a"}]),
            json!([{"op": "add", "path": "a", "value": 1}]),
            json!([{"op": "add", "path": "/a~2", "value": 1}]),
            json!([{"op": "burn", "path": "/a"}]),
            json!([{"op": "move", "path": "/a"}]),
            json!([{"path": "/a"}]),
        ] {
            assert_eq!(patched(&bad), Err("malformed"), "{bad}");
        }
    }

    #[test]
    fn leaves_no_empty_list_behind() {
        let emptied = patched(&json!([{"op": "remove", "path": "/name/0/given/0"},
            {"op": "remove", "path": "/name/0/given/0"}, {"op": "remove", "path": "/name/0/family"}]));
        assert_eq!(emptied.unwrap().get("name"), None);
        let again =
            json!([{"op": "remove", "path": "/name/0"}, {"op": "add", "path": "/name/-", "value": {"text": "x"}}]);
        assert_eq!(at(&again, "/name"), json!([{"text": "x"}]));
    }

    #[test]
    fn what_it_makes_is_bounded() {
        let double: Vec<Value> = (0..64).map(|n| json!({"op": "copy", "from": "", "path": format!("/k{n}")})).collect();
        assert_eq!(patched(&Value::Array(double)), Err("processing"));
        let nest: Vec<Value> = (0..900).map(|_| json!({"op": "copy", "from": "/a~1b", "path": "/a~1b/c"})).collect();
        assert_eq!(patched(&Value::Array(nest)), Err("processing"));
        let deep = "/name".repeat(MAX_DEPTH + 1);
        assert_eq!(patched(&json!([{"op": "remove", "path": deep}])), Err("malformed"));
    }
}
