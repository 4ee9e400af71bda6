//! Changing the elements of a resource by their names: lists and what completes simple values move together.

use super::apply::Why;
use crate::json::{Object, Value};
use crate::validate::places::{Content, Key, Spot};

/// A value to put somewhere: simple or complex, or made of parts where a type has no name.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Given {
    /// The name of its type, as `value[x]` says it.
    pub(super) ty: Option<String>,
    pub(super) value: Option<Value>,
    /// What completes a simple value.
    pub(super) companion: Option<Value>,
    pub(super) parts: Vec<(String, Given)>,
}

/// A value and what completes it.
pub(super) type Pair = (Option<Value>, Option<Value>);

impl Given {
    /// What stands in JSON for it.
    pub(super) fn build(&self, spot: &Spot) -> Result<Pair, Why> {
        if self.parts.is_empty() {
            let given = self.value.is_some() || self.companion.is_some();
            return if given { Ok((self.value.clone(), self.companion.clone())) } else { Err(Why::Element) };
        }
        let content = spot.content(None).ok_or(Why::Element)?;
        let mut object = Object::new();
        for (name, given) in &self.parts {
            add(&mut object, content, name, given)?;
        }
        let object = Some(Value::Object(object));
        Ok(if spot.is_simple() { (self.value.clone(), object) } else { (object, None) })
    }
}

/// Adds an element to some content: at the end of a list, else where there is none yet.
pub(super) fn add(object: &mut Object, content: Content, name: &str, given: &Given) -> Result<(), Why> {
    let spot = content.spot(name, given.ty.as_deref()).ok_or(Why::Element)?;
    let pair = given.build(&spot)?;
    if spot.many {
        insert(object, &spot.key, None, pair);
        return Ok(());
    }
    let taken = |key: &String| object.contains_key(key) || object.contains_key(&beside(key));
    if spot.keys.iter().any(taken) {
        return Err(Why::Present);
    }
    set(object, &spot.key, pair);
    Ok(())
}

/// Puts a value, and what completes it, under a key.
pub(super) fn set(object: &mut Object, key: &str, (value, companion): Pair) {
    object.extend(value.map(|value| (key.to_owned(), value)));
    object.extend(companion.map(|companion| (beside(key), companion)));
}

/// The key of what completes a value.
pub(super) fn beside(key: &str) -> String {
    format!("_{key}")
}

/// How many items the list under a key has.
pub(super) fn length(object: &Object, key: &str) -> usize {
    let of = |key: &str| object.get(key).and_then(Value::as_array).map_or(0, Vec::len);
    of(key).max(of(&beside(key)))
}

/// Both lists of a key, as long as each other; that of companions only when it is needed.
fn lists<'a>(object: &'a mut Object, key: &str, companions: bool) -> Vec<&'a mut Vec<Value>> {
    let (length, beside) = (length(object, key), beside(key));
    let companions = companions || object.contains_key(&beside);
    let names = [Some(key.to_owned()), companions.then_some(beside)];
    for name in names.iter().flatten() {
        if let Some(items) = object.entry(name.clone()).or_insert_with(|| Value::Array(Vec::new())).as_array_mut() {
            items.resize(length, Value::Null);
        }
    }
    let wanted = |name: &String| names.iter().flatten().any(|one| one == name);
    let mut found: Vec<_> = object.iter_mut().filter(|(name, _)| wanted(name)).collect();
    found.sort_by_key(|(name, _)| name.starts_with('_'));
    found.into_iter().filter_map(|(_, value)| value.as_array_mut()).collect()
}

/// Inserts into the list under a key; at its end without a place.
pub(super) fn insert(object: &mut Object, key: &str, at: Option<usize>, (value, companion): Pair) {
    let at = at.unwrap_or_else(|| length(object, key));
    let pair = [value, companion];
    for (items, one) in lists(object, key, pair.last().is_some_and(Option::is_some)).into_iter().zip(pair) {
        items.insert(at.min(items.len()), one.unwrap_or_default());
    }
    tidy(object, key);
}

/// Replaces one item of the list under a key.
pub(super) fn replace(object: &mut Object, key: &str, at: usize, (value, companion): Pair) {
    let pair = [value, companion];
    for (items, one) in lists(object, key, pair.last().is_some_and(Option::is_some)).into_iter().zip(pair) {
        if let Some(item) = items.get_mut(at) {
            *item = one.unwrap_or_default();
        }
    }
    tidy(object, key);
}

/// Takes one item out of the list under a key.
pub(super) fn take(object: &mut Object, key: &str, at: usize) -> Pair {
    let mut taken = lists(object, key, false)
        .into_iter()
        .map(|items| if at < items.len() { Some(items.remove(at)).filter(|one| !one.is_null()) } else { None });
    let pair = (taken.next().flatten(), taken.next().flatten());
    drop(taken);
    tidy(object, key);
    pair
}

/// FHIR has no empty list, and none of nothing.
fn tidy(object: &mut Object, key: &str) {
    let bare = |value: &Value| value.as_array().is_some_and(|items| items.iter().all(Value::is_null));
    for name in [key.to_owned(), beside(key)] {
        if object.get(&name).is_some_and(bare) {
            object.shift_remove(&name);
        }
    }
}

/// The object at some keys.
pub(super) fn object<'a>(root: &'a mut Value, keys: &[Key]) -> Option<&'a mut Object> {
    let found = keys.iter().try_fold(root, |value, key| match key {
        Key::Name(name) => value.get_mut(name),
        Key::At(at) => value.get_mut(*at),
    });
    found?.as_object_mut()
}
