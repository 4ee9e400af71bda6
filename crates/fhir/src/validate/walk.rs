//! One walk over a resource, beside the table of elements.

use super::fhirpath::{Budget, Frame, Node as Item};
use super::links::{Scope, entries, kind_of};
use super::primitive::{Primitive, is_listed};
use super::table::{self, Element, Kind, Slot};
use super::text::{self, Fault};
use super::{MAX_ISSUES, invariants};
use crate::json::{Object, Value};
use crate::{Issue, Resource, ResourceType, place};

/// Checks a whole resource.
pub(super) fn run(resource: &Resource) -> Vec<Issue> {
    let (value, budget) = (resource.value(), Budget::new());
    let Some(object) = value.as_object() else { return Vec::new() };
    let here = Item::resource(&value);
    let around = entries(&value);
    let mut walk = Walk {
        issues: Vec::new(),
        path: resource.kind().name().to_owned(),
        scope: Scope::of(object),
        frame: Frame { resource: here, root: here, around: Some(&around), budget: &budget },
        parent: "",
    };
    walk.resource(&value, resource.kind());
    walk.issues
}

/// Where the walk is, and what it has found.
pub(super) struct Walk<'a> {
    issues: Vec<Issue>,
    path: String,
    /// What references inside this resource lead to.
    pub(super) scope: Scope<'a>,
    /// Where rules are checked.
    pub(super) frame: Frame<'a>,
    /// The node above the one being looked at.
    parent: &'static str,
}

impl<'a> Walk<'a> {
    fn full(&self) -> bool {
        self.issues.len() >= MAX_ISSUES
    }

    /// Says what is wrong here.
    pub(super) fn say(&mut self, fault: Fault) {
        self.report(|path| text::issue(fault, path));
    }

    /// Adds what is wrong here.
    pub(super) fn report(&mut self, issue: impl FnOnce(&str) -> Issue) {
        if !self.full() {
            self.issues.push(issue(&self.path));
        }
    }

    /// Says what is wrong at an element of this one.
    pub(super) fn say_at(&mut self, key: &str, fault: Fault) {
        self.within(|path| place::step(path, key), |walk| walk.say(fault));
    }

    /// Goes a step down, and comes back.
    pub(super) fn within(&mut self, step: impl FnOnce(&mut String), then: impl FnOnce(&mut Self)) {
        let length = self.path.len();
        step(&mut self.path);
        then(self);
        self.path.truncate(length);
    }

    fn resource(&mut self, value: &'a Value, kind: ResourceType) {
        if let (Value::Object(object), Some(number)) = (value, table::number(kind.name())) {
            self.complex(value, object, Kind::Complex(number));
        }
    }

    /// A resource inside another one.
    fn inner(&mut self, value: &'a Value, contained: bool) {
        let Value::Object(object) = value else { return self.say(text::OBJECT) };
        let Some(kind) = kind_of(value) else { return self.say(text::RESOURCE_TYPE) };
        let here = Item::resource(value);
        let root = if contained { self.frame.root } else { here };
        let frame = self.frame;
        self.frame = Frame { resource: here, root, ..frame };
        if contained {
            self.contained(object);
            self.resource(value, kind);
        } else {
            let outer = std::mem::replace(&mut self.scope, Scope::of(object));
            self.resource(value, kind);
            self.scope = outer;
        }
        self.frame = frame;
    }

    fn complex(&mut self, whole: &'a Value, object: &'a Object, kind: Kind) {
        let here = Item::new(Some(whole), None, kind);
        let Some(node) = here.table() else { return };
        let companions = object.keys().any(|key| key.starts_with('_'));
        let mut seen: Vec<(usize, &str)> = Vec::new();
        let parent = std::mem::replace(&mut self.parent, node.name);
        for (key, value) in object {
            if self.full() {
                break;
            }
            if key == "resourceType" && node.slot("implicitRules").is_some() {
                continue;
            }
            let bare = key.strip_prefix('_');
            let name = bare.unwrap_or(key);
            let Some(slot) = node.slot(name) else {
                self.say_at(key, text::UNKNOWN);
                continue;
            };
            let Some(element) = node.elements.get(slot.element) else { continue };
            if bare.is_some() && !matches!(slot.kind, Kind::Primitive(_)) {
                self.say_at(key, text::COMPANION);
                continue;
            }
            if seen.iter().any(|(number, other)| *number == slot.element && *other != name) {
                self.say_at(element.name, text::CHOICE);
            }
            seen.push((slot.element, name));
            if bare.is_some() && object.contains_key(name) {
                continue;
            }
            let companion = if bare.is_some() {
                Some(value)
            } else {
                companions.then(|| object.get(&format!("_{name}"))).flatten()
            };
            let given = bare.is_none().then_some(value);
            self.within(|path| step(path, element, slot), |walk| walk.element(slot, element, given, companion));
        }
        let mut incomplete = false;
        for (number, element) in node.elements.iter().enumerate() {
            if element.required && !seen.iter().any(|(other, _)| *other == number) {
                incomplete = true;
                self.say_at(element.name, text::MISSING);
            }
        }
        self.parent = parent;
        match node.name {
            "Extension" => self.extension(object),
            "Bundle.entry" => self.entry(object),
            _ => {}
        }
        let frame = self.frame;
        invariants::check(self, here, &frame, incomplete);
    }

    /// ext-1, and an address that stands alone unless the extension is inside another.
    fn extension(&mut self, object: &Object) {
        let nested = object.contains_key("extension");
        let value = object.keys().any(|key| key.strip_prefix('_').unwrap_or(key).starts_with("value"));
        if nested == value {
            self.say(text::EXTENSION);
        }
        let url = object.get("url").and_then(Value::as_str);
        if self.parent != "Extension" && url.is_some_and(|url| !url.is_empty() && !url.contains(':')) {
            self.say_at("url", text::EXTENSION_URL);
        }
    }

    fn element(&mut self, slot: Slot, element: &Element, value: Option<&'a Value>, companion: Option<&'a Value>) {
        if !element.many {
            return match (value, companion) {
                (Some(Value::Array(_)), _) | (_, Some(Value::Array(_))) => self.say(text::SINGLE),
                (Some(Value::Null), _) | (_, Some(Value::Null)) => self.say(text::NULL),
                _ => self.single(slot, element, value, companion),
            };
        }
        let (value, companion) = match (list(value), list(companion)) {
            (Some(value), Some(companion)) => (value, companion),
            _ if value.is_some_and(Value::is_null) => return self.say(text::NULL),
            _ => return self.say(text::ARRAY),
        };
        if value.is_some_and(Vec::is_empty) || companion.is_some_and(Vec::is_empty) {
            return self.say(text::EMPTY);
        }
        if let (Some(value), Some(companion)) = (value, companion)
            && value.len() != companion.len()
        {
            return self.say(text::LENGTHS);
        }
        let length = value.or(companion).map_or(0, Vec::len);
        for number in 0..length {
            if self.full() {
                return;
            }
            let item = value.and_then(|items| items.get(number));
            let complement = companion.and_then(|items| items.get(number)).filter(|item| !item.is_null());
            self.within(
                |path| place::index(path, number),
                |walk| match (item, complement) {
                    (None | Some(Value::Null), None) => walk.say(text::NULL),
                    (Some(Value::Null), complement) => walk.single(slot, element, None, complement),
                    (item, complement) => walk.single(slot, element, item, complement),
                },
            );
        }
    }

    fn single(&mut self, slot: Slot, element: &Element, value: Option<&'a Value>, companion: Option<&'a Value>) {
        match slot.kind {
            Kind::Primitive(primitive) => {
                if let Some(value) = value {
                    self.primitive(primitive, element, value);
                }
                if let (Some(companion), Some(number)) = (companion, table::number("Element")) {
                    self.object(companion, Kind::Complex(number));
                }
            }
            Kind::Resource => {
                if let Some(value) = value {
                    self.inner(value, element.name == "contained");
                }
            }
            Kind::Complex(number) | Kind::Reference(number, _) => {
                let (Some(value), Some(node)) = (value, table::by_number(number)) else { return };
                self.object(value, slot.kind);
                if let Kind::Reference(_, targets) = slot.kind {
                    self.reference(value, targets);
                }
                if element.binding.is_some_and(|number| !is_bound(value, node.name, number)) {
                    self.say(text::CODE_UNKNOWN);
                }
            }
        }
    }

    fn object(&mut self, value: &'a Value, kind: Kind) {
        match value {
            Value::Object(object) if object.is_empty() => self.say(text::EMPTY),
            Value::Object(object) => self.complex(value, object, kind),
            _ => self.say(text::OBJECT),
        }
    }

    fn primitive(&mut self, primitive: Primitive, element: &Element, value: &Value) {
        if let Some(fault) = primitive.fault(value) {
            return self.say(fault);
        }
        if primitive == Primitive::Code && !value.as_str().is_some_and(|code| is_listed(element.name, code)) {
            return self.say(text::CODE_UNKNOWN);
        }
        let binding = element.binding.filter(|_| primitive == Primitive::Code).and_then(table::binding);
        if binding.is_some_and(|binding| !value.as_str().is_some_and(|code| binding.has(code))) {
            self.say(text::CODE_UNKNOWN);
        }
    }
}

/// The name of an element; of a choice, with the type that was chosen.
fn step(path: &mut String, element: &Element, slot: Slot) {
    place::step(path, element.name);
    if let Some(chosen) = slot.chosen {
        path.push_str(".ofType(");
        path.push_str(chosen);
        path.push(')');
    }
}

/// An array that may be left out; none when there is something else.
#[expect(clippy::option_option, reason = "absent and wrong are different")]
fn list(value: Option<&Value>) -> Option<Option<&Vec<Value>>> {
    match value {
        None => Some(None),
        Some(Value::Array(items)) => Some(Some(items)),
        Some(_) => None,
    }
}

/// Whether a `Coding` or a `CodeableConcept` is of the list it must be of. A concept in words alone is let through.
fn is_bound(value: &Value, kind: &str, number: u16) -> bool {
    let Some(binding) = table::binding(number) else { return true };
    let holds = |coding: &Value| {
        let text = |key: &str| coding.get(key).and_then(Value::as_str);
        match (text("system"), text("code")) {
            (_, None) => true,
            (None, Some(code)) => binding.has(code),
            (Some(system), Some(code)) => binding.has_coding(system, code),
        }
    };
    match (kind, value.get("coding")) {
        ("Coding", _) => holds(value),
        ("CodeableConcept", Some(Value::Array(codings))) => codings.is_empty() || codings.iter().any(holds),
        _ => true,
    }
}
