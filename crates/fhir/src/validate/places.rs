//! Where the elements that an expression finds stand in a resource, and what may stand there.

use super::fhirpath::{Budget, Expression, Frame, Item, Node};
use super::table::{self, Kind};
use crate::json::Value;
use std::collections::HashMap;

/// A step into a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Key {
    /// Into an object.
    Name(String),
    /// Into an array.
    At(usize),
}

/// The elements an expression finds; shared by all that one request asks, so that none takes for ever.
pub(crate) struct Finder {
    budget: Budget,
    /// How many values may still be walked over.
    left: usize,
}

impl Finder {
    pub(crate) fn new() -> Self {
        Self { budget: Budget::new(), left: 50_000_000 }
    }

    /// The keys that lead to each element found, in order; of a simple one that only its companion completes, as if its
    /// value were there. Nothing when the expression is not one, cannot be known here, or finds what is no element.
    pub(crate) fn find(&mut self, root: &Value, path: &str) -> Option<Vec<Vec<Key>>> {
        let here = Node::resource(root);
        let frame = Frame { resource: here, root: here, around: None, budget: &self.budget };
        let found = Expression::parse(path)?.find(here, &frame).ok()?;
        let mut wanted = HashMap::new();
        for (place, item) in found.iter().enumerate() {
            let Item::Node(Node { value, companion, .. }) = item else { return None };
            wanted.insert(std::ptr::from_ref((*value).or(*companion)?), place);
        }
        let mut places: Vec<Option<Vec<Key>>> = vec![None; found.len()];
        walk(root, &mut Vec::new(), &mut |value, keys| {
            self.left = self.left.saturating_sub(1);
            let place = wanted.get(&std::ptr::from_ref(value)).and_then(|place| places.get_mut(*place));
            if let Some(place) = place {
                *place = Some(settled(keys));
            }
            self.left > 0
        });
        places.into_iter().collect()
    }
}

/// Goes over every value with the keys that lead to it, as long as `each` wants more.
fn walk(value: &Value, keys: &mut Vec<Key>, each: &mut dyn FnMut(&Value, &[Key]) -> bool) {
    if !each(value, keys) {
        return;
    }
    let mut step = |key: Key, inner: &Value| {
        keys.push(key);
        walk(inner, keys, each);
        keys.pop();
    };
    match value {
        Value::Object(object) => object.iter().for_each(|(key, inner)| step(Key::Name(key.clone()), inner)),
        Value::Array(items) => items.iter().enumerate().for_each(|(at, inner)| step(Key::At(at), inner)),
        _ => {}
    }
}

/// What only its companion completes stands where its value would.
fn settled(keys: &[Key]) -> Vec<Key> {
    let mut found = keys.to_vec();
    let name = found.iter_mut().rev().find_map(|key| match key {
        Key::Name(name) => Some(name),
        Key::At(_) => None,
    });
    if let Some(name) = name.filter(|name| name.starts_with('_')) {
        name.remove(0);
    }
    found
}

/// What may stand in the content of an element.
#[derive(Clone, Copy)]
pub(crate) struct Content(&'static table::Node);

/// One element of some content, under the key its value has.
pub(crate) struct Spot {
    /// The key.
    pub(crate) key: String,
    /// Every key that the element may have: a choice has one for each type.
    pub(crate) keys: Vec<String>,
    /// Whether it is an array.
    pub(crate) many: bool,
    kind: Kind,
}

impl Spot {
    /// The content of the element, if it has elements of its own; a resource tells what it is.
    pub(crate) fn content(&self, value: Option<&Value>) -> Option<Content> {
        content(self.kind, value)
    }

    /// Whether it is simple: what is in it is beside it.
    pub(crate) fn is_simple(&self) -> bool {
        matches!(self.kind, Kind::Primitive(_))
    }
}

fn content(kind: Kind, value: Option<&Value>) -> Option<Content> {
    match kind {
        Kind::Complex(number) | Kind::Reference(number, _) => table::by_number(number),
        Kind::Primitive(_) => table::node("Element"),
        Kind::Resource => table::node(value?.get("resourceType")?.as_str()?),
    }
    .map(Content)
}

impl Content {
    /// The element of a name; of a choice of types, with the type of its value.
    pub(crate) fn spot(self, name: &str, ty: Option<&str>) -> Option<Spot> {
        let chosen = |ty: &str| {
            let mut letters = ty.chars();
            letters.next().map(|first| format!("{name}{}{}", first.to_ascii_uppercase(), letters.as_str()))
        };
        let key = if self.0.slot(name).is_some() { name.to_owned() } else { chosen(ty?)? };
        let slot = self.0.slot(&key)?;
        let element = self.0.elements.get(slot.element)?;
        let keys = self.0.keys_of(slot.element);
        Some(Spot { key, keys, many: element.many, kind: slot.kind })
    }
}

/// The content that holds the element at some keys of a resource, and the element's name without its type.
pub(crate) fn around(root: &Value, keys: &[Key]) -> Option<(Content, &'static str)> {
    let mut here = content(Kind::Resource, Some(root))?;
    let mut value = Some(root);
    let (mut last, mut inner) = (None, None);
    for key in keys {
        match key {
            Key::At(at) => value = value.and_then(|value| value.get(*at)),
            Key::Name(name) => {
                here = match inner.take() {
                    Some(kind) => content(kind, value)?,
                    None => here,
                };
                let slot = here.0.slot(name.strip_prefix('_').unwrap_or(name))?;
                last = Some((here, here.0.elements.get(slot.element)?.name));
                inner = Some(slot.kind);
                value = value.and_then(|value| value.get(name));
            }
        }
    }
    last
}

/// The content of what stands at some keys.
pub(crate) fn inside(root: &Value, keys: &[Key]) -> Option<Content> {
    let Some((around, _)) = around(root, keys) else { return content(Kind::Resource, Some(root)) };
    let name = keys.iter().rev().find_map(|key| match key {
        Key::Name(name) => Some(name.strip_prefix('_').unwrap_or(name)),
        Key::At(_) => None,
    })?;
    let slot = around.0.slot(name)?;
    let value = keys.iter().try_fold(root, |value, key| match key {
        Key::Name(name) => value.get(name),
        Key::At(at) => value.get(*at),
    });
    content(slot.kind, value)
}
