//! Contained resources, references and entries of Bundles: whether they belong together.

use super::text;
use super::walk::Walk;
use crate::ResourceType;
use crate::json::{Object, Value};
use crate::refs::Reference;
use std::collections::{HashMap, HashSet};

/// What a resource holds for the references inside it.
#[derive(Default)]
pub(super) struct Scope<'a> {
    contained: HashMap<&'a str, Option<ResourceType>>,
    twins: HashSet<&'a str>,
    fragments: HashSet<&'a str>,
}

impl<'a> Scope<'a> {
    /// Of a resource.
    pub(super) fn of(object: &'a Object) -> Self {
        let Some(Value::Array(items)) = object.get("contained") else { return Self::default() };
        let mut scope = Self::default();
        for item in items {
            let Some(id) = item.get("id").and_then(Value::as_str) else { continue };
            if scope.contained.insert(id, kind_of(item)).is_some() {
                scope.twins.insert(id);
            }
        }
        object.values().for_each(|value| scope.collect(value));
        scope
    }

    /// Every text that may name a contained resource.
    fn collect(&mut self, value: &'a Value) {
        match value {
            Value::String(text) => {
                if let Some((_, id)) = text.split_once('#') {
                    self.fragments.insert(id);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.collect(item)),
            Value::Object(object) => object.values().for_each(|value| self.collect(value)),
            _ => {}
        }
    }
}

/// The resources of a Bundle, by their address.
pub(super) fn entries(bundle: &Value) -> HashMap<&str, ResourceType> {
    let all = bundle.get("entry").and_then(Value::as_array).into_iter().flatten();
    all.filter_map(|entry| Some((entry.get("fullUrl")?.as_str()?, kind_of(entry.get("resource")?)?))).collect()
}

/// The type that a resource says it is of.
pub(super) fn kind_of(value: &Value) -> Option<ResourceType> {
    value.get("resourceType").and_then(Value::as_str).and_then(ResourceType::parse)
}

impl<'a> Walk<'a> {
    /// dom-2 to dom-5, and the id a contained resource is named by.
    pub(super) fn contained(&mut self, object: &'a Object) {
        if object.contains_key("contained") {
            self.say_at("contained", text::NESTED);
        }
        for key in ["versionId", "lastUpdated", "security"] {
            if object.get("meta").and_then(|meta| meta.get(key)).is_some() {
                self.within(|path| path.push_str(".meta"), |walk| walk.say_at(key, text::CONTAINED_META));
            }
        }
        match object.get("id").and_then(Value::as_str) {
            None => self.say_at("id", text::MISSING),
            Some(id) => {
                if self.scope.twins.contains(id) {
                    self.say_at("id", text::TWICE);
                }
                let mut names_container = Scope::default();
                object.values().for_each(|value| names_container.collect(value));
                if !self.scope.fragments.contains(id) && !names_container.fragments.contains("") {
                    self.say(text::UNUSED);
                }
            }
        }
    }

    /// Whether a reference leads to what it may.
    pub(super) fn reference(&mut self, value: &Value, targets: &'static str) {
        let Some(reference) = value.get("reference").and_then(Value::as_str) else { return };
        let allowed = |kind: ResourceType| targets.is_empty() || targets.split(',').any(|name| name == kind.name());
        let (kind, fault) = match Reference::parse(reference) {
            Reference::Local { kind, .. } | Reference::Absolute { kind, .. } | Reference::Conditional(kind, _) => {
                (Some(kind), None)
            }
            Reference::Contained(id) => match self.scope.contained.get(id) {
                _ if id.is_empty() => (None, None),
                None => (None, Some(text::FRAGMENT)),
                Some(kind) => (*kind, None),
            },
            Reference::Other(text) => (None, (!text.is_empty() && !text.contains(':')).then_some(text::REFERENCE)),
            Reference::Urn(urn) => (self.frame.around.and_then(|around| around.get(urn).copied()), None),
        };
        let target = kind.is_some_and(|kind| !allowed(kind)).then_some(text::TARGET);
        if let Some(fault) = fault.or(target) {
            self.say_at("reference", fault);
        }
        let named = value.get("type").and_then(Value::as_str).and_then(ResourceType::parse);
        if named.is_some_and(|named| kind.is_some_and(|kind| kind != named)) {
            self.say_at("type", text::TYPE_DIFFERS);
        }
    }

    /// An address of a resource of an entry names it (R4 §2.36.4).
    pub(super) fn entry(&mut self, object: &Object) {
        let url = object.get("fullUrl").and_then(Value::as_str);
        let id = object.get("resource").and_then(|resource| resource.get("id")).and_then(Value::as_str);
        if let (Some(url), Some(id)) = (url.filter(|url| url.starts_with("http")), id)
            && url.rsplit('/').next() != Some(id)
            && !url.contains("/_history/")
        {
            self.say_at("fullUrl", text::FULL_URL);
        }
    }
}
