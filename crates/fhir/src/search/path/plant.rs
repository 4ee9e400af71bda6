//! In tests: from a path to small resources that hold something where it leads.

use super::{Path, Step};
use crate::validate::elements_named;
use serde_json::{Value, json};

/// An object, and the type of the value it was given.
pub(crate) type Planted = (Value, String);

impl Path {
    /// One path, then another from where it leads.
    pub(crate) fn then(&self, rest: &Self) -> Self {
        let steps = self.steps.iter().chain(&rest.steps).cloned().collect();
        Self { steps, truth: self.truth || rest.truth }
    }

    /// An object of the node for each type of value that `leaf` gives.
    pub(crate) fn plant(&self, node: &str, leaf: &dyn Fn(&str) -> Option<Value>) -> Vec<Planted> {
        grow(node, &self.steps, leaf)
    }
}

fn grow(node: &str, steps: &[Step], leaf: &dyn Fn(&str) -> Option<Value>) -> Vec<Planted> {
    let Some((step, rest)) = steps.split_first() else { return Vec::new() };
    let (Step::Field(name) | Step::Choice(name)) = step else { return Vec::new() };
    let conditions = rest.iter().take_while(|step| !matches!(step, Step::Field(_) | Step::Choice(_))).count();
    let (conditions, rest) = rest.split_at(conditions);
    let mut all = Vec::new();
    for (key, ty) in elements_named(node, name) {
        let below = match rest {
            [] => leaf(&ty).map(|value| (value, ty.clone())).into_iter().collect(),
            rest => grow(&ty, rest, leaf),
        };
        for (value, ty) in below {
            all.push((json!({ key.as_str(): conditions.iter().fold(value, meet) }), ty));
        }
    }
    all
}

/// Makes a value meet a condition of the path.
fn meet(mut value: Value, condition: &Step) -> Value {
    let object = value.as_object_mut();
    match (condition, object) {
        (Step::Where(name, wanted), Some(object)) => {
            object.insert(name.clone(), wanted.as_str().into());
        }
        (Step::Points(kind), Some(object)) => {
            let id = object.get("reference").and_then(Value::as_str).and_then(|text| text.rsplit('/').next());
            let reference = format!("{kind}/{}", id.unwrap_or_default());
            object.insert("reference".into(), reference.into());
        }
        (Step::At(_), _) => return json!([value]),
        _ => {}
    }
    value
}
