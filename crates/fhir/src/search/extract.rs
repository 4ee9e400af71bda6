//! From a resource to everything it can be found by.

use super::own::Own;
use super::table::{Param, ParamKind, params};
use super::value::exact;
use crate::json::{Object, Value};
use crate::{Resource, ResourceType, date, refs};
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// One thing a resource can be found by.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The parameter.
    pub param: &'static Param,
    /// The value.
    pub value: IndexValue,
}

/// A value in the form its kind is searched in.
#[derive(Debug, Clone, PartialEq)]
pub enum IndexValue {
    /// A code, identifier, boolean or contact point.
    Token {
        /// Code system or identifier system.
        system: Option<String>,
        /// The code or value.
        code: Option<String>,
        /// Words beside it.
        text: Option<String>,
        /// Whether the case of its letters counts.
        exact: bool,
    },
    /// A link.
    Reference {
        /// Type, when relative.
        ty: Option<ResourceType>,
        /// Id, when relative.
        id: Option<String>,
        /// Absolute address, urn or canonical.
        url: Option<String>,
        /// Business identifier: system, value.
        identifier: Option<(Option<String>, String)>,
    },
    /// Words, as written.
    String(String),
    /// An interval of UTC microseconds, `hi` exclusive; an open end is the smallest or largest number.
    Date {
        /// From.
        lo: i64,
        /// To.
        hi: i64,
    },
    /// A number.
    Number {
        /// From.
        lo: f64,
        /// To.
        hi: f64,
    },
    /// A number with its unit.
    Quantity {
        /// From.
        lo: f64,
        /// To.
        hi: f64,
        /// System of the unit.
        system: Option<String>,
        /// Code of the unit.
        code: Option<String>,
        /// Unit as written.
        unit: Option<String>,
    },
    /// An address.
    Uri(String),
}

/// Everything a resource can be found by, `_id` apart.
pub fn extract(resource: &Resource) -> Vec<Entry> {
    let mut found = Found::default();
    for param in params(resource.kind()) {
        found.look(resource, param);
    }
    found.entries
}

/// As [`extract`], and by parameters of one's own.
pub fn extract_with(resource: &Resource, own: &Own) -> Vec<Entry> {
    let mut found = Found { entries: extract(resource), ..Found::default() };
    for param in own.params(resource.kind()) {
        found.look(resource, param);
    }
    found.entries
}

/// What these parameters find.
pub fn extract_by(resource: &Resource, params: &[&'static Param]) -> Vec<Entry> {
    params.iter().flat_map(|param| extract_one(resource, param)).collect()
}

/// What one parameter finds in a resource; nothing when it is a parameter of another type.
pub(super) fn extract_one(resource: &Resource, param: &'static Param) -> Vec<Entry> {
    let mut found = Found::default();
    if param.ty.is_none_or(|ty| ty == resource.kind()) {
        found.look(resource, param);
    }
    found.entries
}

/// Entries in the order found, each once.
#[derive(Default)]
struct Found {
    entries: Vec<Entry>,
    /// Positions by a digest of the entry, so that a list of ten thousand codes is not compared with itself.
    places: HashMap<u64, Vec<usize>>,
}

impl Found {
    fn look(&mut self, resource: &Resource, param: &'static Param) {
        let root = resource.object();
        for path in &param.paths {
            match path.truth(root) {
                Some(holds) => self.add(param, bare(holds.to_string())),
                None => path.follow(root, &mut |node| index(self, param, node)),
            }
        }
    }

    fn add(&mut self, param: &'static Param, value: IndexValue) {
        let mut hasher = DefaultHasher::new();
        param.id.hash(&mut hasher);
        value.digest(&mut hasher);
        let places = self.places.entry(hasher.finish()).or_default();
        let entry = Entry { param, value };
        if !places.iter().any(|place| self.entries.get(*place) == Some(&entry)) {
            places.push(self.entries.len());
            self.entries.push(entry);
        }
    }
}

impl IndexValue {
    /// Equal values have equal digests.
    fn digest(&self, hasher: &mut DefaultHasher) {
        match self {
            Self::Token { system, code, text, exact } => (system, code, text, exact).hash(hasher),
            Self::Reference { ty, id, url, identifier } => (ty, id, url, identifier).hash(hasher),
            Self::String(text) | Self::Uri(text) => text.hash(hasher),
            Self::Date { lo, hi } => (lo, hi).hash(hasher),
            Self::Number { lo, hi } => (bits(*lo), bits(*hi)).hash(hasher),
            Self::Quantity { lo, hi, system, code, unit } => (bits(*lo), bits(*hi), system, code, unit).hash(hasher),
        }
    }
}

/// The same for 0 and -0, which are equal.
fn bits(number: f64) -> u64 {
    (number + 0.0).to_bits()
}

/// What one node says, read as a parameter of this kind.
pub(super) fn values(param: &'static Param, node: &Value) -> Vec<IndexValue> {
    let mut found = Found::default();
    index(&mut found, param, node);
    found.entries.into_iter().map(|entry| entry.value).collect()
}

/// A code, or what an identifier says.
fn token(system: Option<String>, code: Option<String>, text: Option<String>) -> IndexValue {
    let exact = system.as_deref().is_some_and(is_exact);
    IndexValue::Token { system, code, text, exact }
}

/// A code of a list that the element itself names.
fn bare(code: String) -> IndexValue {
    IndexValue::Token { system: None, code: Some(code), text: None, exact: true }
}

/// Whether the codes of a system are told apart by the case of their letters. In doubt they are not (FHIR R4, search
/// §3.1.1.4.11): what is found too much is seen, what is not found is missed.
fn is_exact(system: &str) -> bool {
    let hl7 = ["http://hl7.org/fhir/", "http://terminology.hl7.org/"];
    let own = hl7.iter().any(|base| system.starts_with(base)) && !system.starts_with("http://hl7.org/fhir/sid/");
    own || system == "http://unitsofmeasure.org"
}

/// A token whose case does not count, in the form it is compared in.
pub fn fold(token: &str) -> String {
    token.chars().flat_map(char::to_lowercase).collect()
}

fn index(found: &mut Found, param: &'static Param, node: &Value) {
    let mut push = |value| found.add(param, value);
    match param.kind {
        ParamKind::Token => tokens(node, &mut push),
        ParamKind::Reference => references(node, &mut push),
        ParamKind::String => strings(node, &mut push),
        ParamKind::Date => dates(node, &mut push),
        ParamKind::Number => numbers(node, &mut push),
        ParamKind::Quantity => quantities(node, &mut push),
        ParamKind::Uri => {
            if let Some(url) = node.as_str() {
                push(IndexValue::Uri(url.to_owned()));
                // A canonical with its version is also found without it.
                if let Some((bare, _)) = url.split_once('|') {
                    push(IndexValue::Uri(bare.to_owned()));
                }
            }
        }
        ParamKind::Composite | ParamKind::Special => {}
    }
}

fn text(object: &Object, key: &str) -> Option<String> {
    object.get(key).and_then(Value::as_str).map(str::to_owned)
}

/// Systems of a `ContactPoint`: kinds of contact, not systems of identifiers.
const CONTACTS: [&str; 7] = ["phone", "fax", "email", "pager", "url", "sms", "other"];

fn tokens(node: &Value, push: &mut dyn FnMut(IndexValue)) {
    match node {
        Value::String(code) => push(bare(code.clone())),
        Value::Bool(value) => push(bare(value.to_string())),
        Value::Object(object) => {
            let codings = object.get("coding").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            for coding in codings.iter().filter_map(Value::as_object) {
                coded(coding, push);
            }
            if object.contains_key("code") {
                coded(object, push);
            } else if object.contains_key("value") {
                let system = text(object, "system").filter(|system| !CONTACTS.contains(&system.as_str()));
                let words = object.get("type").and_then(Value::as_object).and_then(|kind| text(kind, "text"));
                push(IndexValue::Token { system, code: text(object, "value"), text: words, exact: false });
            } else if let Some(words) = text(object, "text") {
                push(token(None, None, Some(words)));
            }
        }
        _ => {}
    }
}

fn coded(coding: &Object, push: &mut dyn FnMut(IndexValue)) {
    let (system, code, words) = (text(coding, "system"), text(coding, "code"), text(coding, "display"));
    if system.is_some() || code.is_some() || words.is_some() {
        push(token(system, code, words));
    }
}

fn references(node: &Value, push: &mut dyn FnMut(IndexValue)) {
    let url = |url: &str| IndexValue::Reference { ty: None, id: None, url: Some(url.to_owned()), identifier: None };
    match node {
        Value::String(canonical) => {
            push(url(canonical));
            // A canonical with its version is also found without it.
            if let Some((bare, _)) = canonical.split_once('|') {
                push(url(bare));
            }
        }
        Value::Object(object) => {
            if let Some(reference) = object.get("reference").and_then(Value::as_str) {
                match refs::local(reference) {
                    Some((ty, id)) => {
                        push(IndexValue::Reference { ty: Some(ty), id: Some(id), url: None, identifier: None });
                    }
                    None if reference.starts_with('#') => {}
                    None => push(url(reference)),
                }
            }
            let identifier = object.get("identifier").and_then(Value::as_object);
            if let Some((identifier, value)) = identifier.and_then(|i| Some((i, text(i, "value")?))) {
                let identifier = Some((text(identifier, "system"), value));
                push(IndexValue::Reference { ty: None, id: None, url: None, identifier });
            }
        }
        _ => {}
    }
}

/// Elements of names and addresses that are words.
const WORDS: [&str; 13] = [
    "text",
    "family",
    "given",
    "prefix",
    "suffix",
    "line",
    "city",
    "district",
    "state",
    "postalCode",
    "country",
    "display",
    "value",
];

fn strings(node: &Value, push: &mut dyn FnMut(IndexValue)) {
    match node {
        Value::String(words) => push(IndexValue::String(words.clone())),
        Value::Array(items) => items.iter().for_each(|item| strings(item, push)),
        Value::Object(object) => {
            object.iter().filter(|(key, _)| WORDS.contains(&key.as_str())).for_each(|(_, value)| strings(value, push));
        }
        _ => {}
    }
}

fn dates(node: &Value, push: &mut dyn FnMut(IndexValue)) {
    match node {
        Value::String(text) => {
            if let Some((lo, hi)) = date::interval(text) {
                push(IndexValue::Date { lo, hi });
            }
        }
        Value::Object(object) => {
            let end = |key: &str| object.get(key).and_then(Value::as_str).and_then(date::interval);
            let (start, stop) = (end("start"), end("end"));
            if start.is_some() || stop.is_some() {
                let lo = start.map_or(i64::MIN, |(lo, _)| lo);
                let hi = stop.map_or(i64::MAX, |(_, hi)| hi);
                push(IndexValue::Date { lo, hi });
            }
            // A schedule is the time between its outer limits.
            let mut limits: Option<(i64, i64)> = None;
            let mut widen = |value: IndexValue| {
                if let IndexValue::Date { lo, hi } = value {
                    limits = Some(limits.map_or((lo, hi), |(first, last)| (first.min(lo), last.max(hi))));
                }
            };
            let events = object.get("event").and_then(Value::as_array).into_iter().flatten();
            let bounds = object.get("repeat").and_then(|repeat| repeat.get("boundsPeriod"));
            events.chain(bounds).for_each(|part| dates(part, &mut widen));
            if let Some((lo, hi)) = limits {
                push(IndexValue::Date { lo, hi });
            }
        }
        _ => {}
    }
}

fn decimal(value: Option<&Value>) -> Option<(f64, f64)> {
    match value? {
        Value::Number(number) => exact(&number.to_string()),
        _ => None,
    }
}

fn numbers(node: &Value, push: &mut dyn FnMut(IndexValue)) {
    if let Some((lo, hi)) = decimal(Some(node)) {
        push(IndexValue::Number { lo, hi });
    } else if let Some((lo, hi)) = node.as_object().and_then(range) {
        push(IndexValue::Number { lo, hi });
    }
}

fn range(object: &Object) -> Option<(f64, f64)> {
    let end = |key: &str| decimal(object.get(key).and_then(|quantity| quantity.get("value")));
    let (low, high) = (end("low"), end("high"));
    (low.is_some() || high.is_some()).then(|| (low.map_or(f64::MIN, |(lo, _)| lo), high.map_or(f64::MAX, |(_, hi)| hi)))
}

fn quantities(node: &Value, push: &mut dyn FnMut(IndexValue)) {
    let Some(object) = node.as_object() else { return };
    let Some((mut lo, mut hi)) = decimal(object.get("value")).or_else(|| range(object)) else { return };
    match object.get("comparator").and_then(Value::as_str) {
        Some("<" | "<=") => lo = f64::MIN,
        Some(">" | ">=") => hi = f64::MAX,
        _ => {}
    }
    let code = text(object, "code").or_else(|| text(object, "currency"));
    push(IndexValue::Quantity { lo, hi, system: text(object, "system"), code, unit: text(object, "unit") });
}
