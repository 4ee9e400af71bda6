//! FHIRPath Patch (FHIR R4, fhirpatch.html): operations in a Parameters resource, on elements that FHIRPath designates.

use super::MOST;
use super::apply::{Why, depth};
use super::elements::{self, Given, beside};
use crate::json::{MAX_DEPTH, Object, Value};
use crate::validate::places::{self, Finder, Key};
use crate::{Invalid, Resource, ResourceType};

/// One operation.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Operation {
    path: String,
    what: What,
}

#[derive(Debug, Clone, PartialEq)]
enum What {
    Add(String, Given),
    Insert(usize, Given),
    Delete,
    Replace(Given),
    Move(usize, usize),
}

/// Reads the operations of a Parameters resource.
pub(super) fn parse(parameters: &Resource) -> Result<Vec<Operation>, Invalid> {
    let wrong = |fr: &str, en: &str| Invalid::one("structure", None, fr, en);
    if parameters.kind() != ResourceType::PARAMETERS {
        return Err(wrong("Un patch FHIRPath est une ressource Parameters.", "A FHIRPath patch is a Parameters."));
    }
    let list = parameters.object().get("parameter").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if list.is_empty() || list.len() > MOST {
        let fr = format!("Un patch compte de 1 à {MOST} opérations.");
        return Err(wrong(&fr, &format!("A patch has 1 to {MOST} operations.")));
    }
    let read = |(index, value): (usize, &Value)| {
        operation(value).ok_or_else(|| {
            let fr = format!("L’opération {index} du patch n’en est pas une.");
            let en = format!("Operation {index} is not one of FHIRPath Patch.");
            Invalid::one("structure", Some(format!("Parameters.parameter[{index}]")), fr, en)
        })
    };
    list.iter().enumerate().map(read).collect()
}

fn operation(value: &Value) -> Option<Operation> {
    let object = value.as_object().filter(|object| object.get("name").and_then(Value::as_str) == Some("operation"))?;
    let parts: Vec<(String, Given)> = parts(object)?;
    let part = |name: &str| parts.iter().find(|(own, _)| own == name).map(|(_, given)| given);
    let text = |name: &str| part(name)?.value.as_ref()?.as_str().map(str::to_owned);
    let number = |name: &str| part(name)?.value.as_ref()?.as_u64().and_then(|number| usize::try_from(number).ok());
    let what = match text("type")?.as_str() {
        "add" => What::Add(text("name")?, part("value")?.clone()),
        "insert" => What::Insert(number("index")?, part("value")?.clone()),
        "delete" => What::Delete,
        "replace" => What::Replace(part("value")?.clone()),
        "move" => What::Move(number("source")?, number("destination")?),
        _ => return None,
    };
    Some(Operation { path: text("path")?, what })
}

/// The parts of a parameter, by their names.
fn parts(object: &Object) -> Option<Vec<(String, Given)>> {
    let list = match object.get("part") {
        None => return Some(Vec::new()),
        Some(list) => list.as_array()?,
    };
    list.iter().map(|part| Some((part.get("name")?.as_str()?.to_owned(), given(part.as_object()?)?))).collect()
}

fn given(object: &Object) -> Option<Given> {
    let mut found = Given { parts: parts(object)?, ..Given::default() };
    for (key, value) in object {
        if let Some(ty) = key.strip_prefix("value") {
            (found.ty, found.value) = (Some(ty.to_owned()), Some(value.clone()));
        } else if let Some(ty) = key.strip_prefix("_value") {
            (found.ty, found.companion) = (Some(ty.to_owned()), Some(value.clone()));
        } else if key == "resource" {
            found.value = Some(value.clone());
        }
    }
    Some(found)
}

/// What the operations make of a resource.
pub(super) fn apply(operations: &[Operation], resource: &Resource) -> Result<Value, Invalid> {
    let (mut root, mut finder) = (resource.value(), Finder::new());
    for (index, operation) in operations.iter().enumerate() {
        let done = run(&mut root, &mut finder, operation);
        let done = done.and_then(|()| if depth(&root) > MAX_DEPTH { Err(Why::Large) } else { Ok(()) });
        done.map_err(|why| {
            let mut invalid = why.at(index);
            for issue in &mut invalid.issues {
                issue.expression = Some(format!("Parameters.parameter[{index}]"));
            }
            invalid
        })?;
    }
    Ok(root)
}

fn run(root: &mut Value, finder: &mut Finder, operation: &Operation) -> Result<(), Why> {
    let found = finder.find(root, &operation.path).ok_or(Why::Path)?;
    match (&operation.what, found.as_slice()) {
        (What::Delete, []) => Ok(()),
        (What::Insert(0, given), []) => {
            // The first of a list that is not there yet.
            let (container, name) = operation.path.rsplit_once('.').ok_or(Why::Absent)?;
            match finder.find(root, container).ok_or(Why::Path)?.as_slice() {
                [one] => add(root, one, name, given),
                [] => Err(Why::Absent),
                _ => Err(Why::Several),
            }
        }
        (_, []) => Err(Why::Absent),
        (What::Insert(at, given), all) => insert(root, all, *at, given),
        (What::Move(source, destination), all) => shift(root, all, *source, *destination),
        (_, [_, _, ..]) => Err(Why::Several),
        (What::Add(name, given), [one]) => add(root, one, name, given),
        (What::Delete, [one]) => delete(root, one),
        (What::Replace(given), [one]) => replace(root, one, given),
    }
}

/// Where an element stands: the keys of its container, its own key, and its place in a list.
fn split(keys: &[Key]) -> Option<(&[Key], &str, Option<usize>)> {
    match keys {
        [parent @ .., Key::Name(name), Key::At(at)] => Some((parent, name, Some(*at))),
        [parent @ .., Key::Name(name)] => Some((parent, name, None)),
        _ => None,
    }
}

fn add(root: &mut Value, keys: &[Key], name: &str, given: &Given) -> Result<(), Why> {
    let content = places::inside(root, keys).ok_or(Why::Absent)?;
    if elements::object(root, keys).is_none() {
        // What is in a simple value is beside it.
        return complete(root, keys, |object| elements::add(object, content, name, given));
    }
    elements::add(elements::object(root, keys).ok_or(Why::Absent)?, content, name, given)
}

/// Works on what completes a simple value.
fn complete(root: &mut Value, keys: &[Key], work: impl FnOnce(&mut Object) -> Result<(), Why>) -> Result<(), Why> {
    let (parent, name, at) = split(keys).ok_or(Why::Absent)?;
    let object = elements::object(root, parent).ok_or(Why::Absent)?;
    let value = object.get(name).cloned();
    let old = object.get(&beside(name)).cloned();
    match at {
        None => {
            let mut companion = old.and_then(|old| old.as_object().cloned()).unwrap_or_default();
            work(&mut companion)?;
            object.insert(beside(name), Value::Object(companion));
        }
        Some(at) => {
            let item = |list: Option<Value>| list.and_then(|list| list.get(at).cloned()).filter(|one| !one.is_null());
            let mut companion = item(old).and_then(|old| old.as_object().cloned()).unwrap_or_default();
            work(&mut companion)?;
            elements::replace(object, name, at, (item(value), Some(Value::Object(companion))));
        }
    }
    Ok(())
}

fn delete(root: &mut Value, keys: &[Key]) -> Result<(), Why> {
    let (parent, name, at) = split(keys).ok_or(Why::Absent)?;
    let object = elements::object(root, parent).ok_or(Why::Absent)?;
    match at {
        Some(at) => drop(elements::take(object, name, at)),
        None => {
            object.shift_remove(name);
            object.shift_remove(&beside(name));
        }
    }
    // FHIR has no empty element.
    if object.is_empty() && !parent.is_empty() { delete(root, parent) } else { Ok(()) }
}

fn replace(root: &mut Value, keys: &[Key], given: &Given) -> Result<(), Why> {
    let (content, element) = places::around(root, keys).ok_or(Why::Absent)?;
    let spot = content.spot(element, given.ty.as_deref()).ok_or(Why::Element)?;
    let pair = given.build(&spot)?;
    let (parent, name, at) = split(keys).ok_or(Why::Absent)?;
    let object = elements::object(root, parent).ok_or(Why::Absent)?;
    match at {
        Some(at) => elements::replace(object, name, at, pair),
        None => {
            for key in &spot.keys {
                object.shift_remove(key);
                object.shift_remove(&beside(key));
            }
            elements::set(object, &spot.key, pair);
        }
    }
    Ok(())
}

/// The list that all elements found make, whole: the keys of its container, its key, its length.
fn list<'a>(root: &mut Value, all: &'a [Vec<Key>]) -> Result<(&'a [Key], &'a str, usize), Why> {
    let first = all.first().and_then(|keys| split(keys));
    let (parent, name, Some(_)) = first.ok_or(Why::Absent)? else { return Err(Why::Place) };
    let same = |keys: &Vec<Key>| split(keys).is_some_and(|(own, key, _)| own == parent && key == name);
    let length = elements::length(elements::object(root, parent).ok_or(Why::Absent)?, name);
    if all.iter().all(same) && length == all.len() { Ok((parent, name, length)) } else { Err(Why::Several) }
}

fn insert(root: &mut Value, all: &[Vec<Key>], at: usize, given: &Given) -> Result<(), Why> {
    let (parent, name, length) = list(root, all)?;
    if at > length {
        return Err(Why::Place);
    }
    let (content, element) = all.first().and_then(|keys| places::around(root, keys)).ok_or(Why::Absent)?;
    let spot = content.spot(element, given.ty.as_deref()).ok_or(Why::Element)?;
    let pair = given.build(&spot)?;
    elements::insert(elements::object(root, parent).ok_or(Why::Absent)?, name, Some(at), pair);
    Ok(())
}

fn shift(root: &mut Value, all: &[Vec<Key>], source: usize, destination: usize) -> Result<(), Why> {
    let (parent, name, length) = list(root, all)?;
    if source >= length || destination >= length {
        return Err(Why::Place);
    }
    let object = elements::object(root, parent).ok_or(Why::Absent)?;
    let pair = elements::take(object, name, source);
    elements::insert(object, name, Some(destination), pair);
    Ok(())
}

#[cfg(test)]
mod tests;
