//! Bundles: reading those of others, building our own.

use crate::json::{self, Object, Value};
use crate::{Invalid, Issue, Resource};
use serde_json::json;

/// `Bundle.type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// All or nothing.
    Transaction,
    /// One by one.
    Batch,
    /// A set of resources, to keep.
    Collection,
    /// A document: the first entry is its Composition.
    Document,
    /// A message: the first entry is its header.
    Message,
    /// The answer to a search.
    Searchset,
    /// Versions.
    History,
    /// An answer to a transaction or batch.
    Response,
}

/// `Bundle.entry.request.method`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Read or search.
    Get,
    /// Read, headers only.
    Head,
    /// Create.
    Post,
    /// Update.
    Put,
    /// Patch.
    Patch,
    /// Delete.
    Delete,
}

/// One entry of a Bundle.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Position, from 0.
    pub index: usize,
    /// `fullUrl`.
    pub full_url: Option<String>,
    /// The resource.
    pub resource: Option<Resource>,
    /// `request.method`.
    pub method: Option<Method>,
    /// `request.url`.
    pub url: Option<String>,
    /// `request.ifNoneExist`.
    pub if_none_exist: Option<String>,
    /// `request.ifMatch`.
    pub if_match: Option<String>,
    /// `request.ifNoneMatch`.
    pub if_none_match: Option<String>,
    /// `request.ifModifiedSince`.
    pub if_modified_since: Option<String>,
    /// `search.mode` is `outcome`: what a server says of the search, not what it found.
    pub is_outcome: bool,
}

/// A Bundle that has been read.
#[derive(Debug, Clone)]
pub struct Bundle {
    /// Its type.
    pub kind: Kind,
    /// Its entries, in order.
    pub entries: Vec<Entry>,
}

/// Reads a Bundle.
///
/// # Errors
/// [`Invalid`] with one issue per unreadable entry.
pub fn parse(bundle: &Resource) -> Result<Bundle, Invalid> {
    let (kind, read) = parse_each(bundle)?;
    Ok(Bundle { kind, entries: all(read)? })
}

/// Every entry, when each could be read.
///
/// # Errors
/// [`Invalid`] with one issue per unreadable entry.
pub fn all(read: Vec<Result<Entry, Invalid>>) -> Result<Vec<Entry>, Invalid> {
    let (mut entries, mut issues) = (Vec::with_capacity(read.len()), Vec::new());
    for entry in read {
        match entry {
            Ok(entry) => entries.push(entry),
            Err(invalid) => issues.extend(invalid.issues),
        }
    }
    if issues.is_empty() { Ok(entries) } else { Err(Invalid { issues }) }
}

/// Reads a Bundle whose unreadable entries do not spoil the others.
///
/// # Errors
/// [`Invalid`] when the Bundle itself is unreadable.
pub fn parse_each(bundle: &Resource) -> Result<(Kind, Vec<Result<Entry, Invalid>>), Invalid> {
    let kind = match bundle.str_at(&["type"]) {
        Some("transaction") => Kind::Transaction,
        Some("batch") => Kind::Batch,
        Some("collection") => Kind::Collection,
        Some("document") => Kind::Document,
        Some("message") => Kind::Message,
        Some("searchset") => Kind::Searchset,
        Some("history") => Kind::History,
        Some("transaction-response" | "batch-response") => Kind::Response,
        _ => {
            return Err(Invalid::one(
                "value",
                Some("Bundle.type".into()),
                "Le type du Bundle est absent ou inconnu.",
                "Bundle.type is missing or unknown.",
            ));
        }
    };
    let empty = Vec::new();
    let list = match bundle.object().get("entry") {
        None => &empty,
        Some(Value::Array(list)) => list,
        Some(_) => return Err(wrong("Bundle.entry", "entry doit être une liste.", "entry must be an array.")),
    };
    Ok((kind, list.iter().enumerate().map(|(index, value)| entry(index, value)).collect()))
}

fn wrong(path: &str, fr: &str, en: &str) -> Invalid {
    Invalid::one("structure", Some(path.to_owned()), fr, en)
}

fn entry(index: usize, value: &Value) -> Result<Entry, Invalid> {
    let path = format!("Bundle.entry[{index}]");
    if !value.is_object() {
        return Err(wrong(&path, "Une entrée doit être un objet.", "An entry must be an object."));
    }
    let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let request = |key: &str| value.get("request").and_then(|r| r.get(key)).and_then(Value::as_str).map(str::to_owned);
    let resource = value.get("resource").map(|resource| Resource::from_value(resource.clone())).transpose();
    let resource = resource.map_err(|invalid| within(&format!("{path}.resource"), invalid))?;
    let method = match request("method").as_deref() {
        None => None,
        Some("GET") => Some(Method::Get),
        Some("HEAD") => Some(Method::Head),
        Some("POST") => Some(Method::Post),
        Some("PUT") => Some(Method::Put),
        Some("PATCH") => Some(Method::Patch),
        Some("DELETE") => Some(Method::Delete),
        Some(_) => {
            return Err(wrong(&format!("{path}.request.method"), "Méthode inconnue.", "Unknown method."));
        }
    };
    Ok(Entry {
        index,
        full_url: text("fullUrl"),
        resource,
        method,
        url: request("url"),
        if_none_exist: request("ifNoneExist"),
        if_match: request("ifMatch"),
        if_none_match: request("ifNoneMatch"),
        if_modified_since: request("ifModifiedSince"),
        is_outcome: value.pointer("/search/mode").and_then(Value::as_str) == Some("outcome"),
    })
}

/// The same issues, under a longer path.
pub fn within(path: &str, invalid: Invalid) -> Invalid {
    let issues = invalid
        .issues
        .into_iter()
        .map(|issue| Issue {
            expression: Some(match &issue.expression {
                Some(inner) => format!("{path}.{}", inner.split_once('.').map_or(inner.as_str(), |(_, rest)| rest)),
                None => path.to_owned(),
            }),
            ..issue
        })
        .collect();
    Invalid { issues }
}

/// A Bundle of versions or matches.
#[derive(Debug, Default)]
pub struct Builder {
    entries: Vec<Added>,
    links: Vec<Value>,
    total: Option<i64>,
}

/// One entry of our own.
#[derive(Debug)]
enum Added {
    /// Of a search: address, what is there, its mode.
    Found(String, Box<Resource>, &'static str),
    /// Any other.
    Whole(Value),
}

impl Added {
    fn into_value(self) -> Value {
        match self {
            Self::Whole(value) => value,
            Self::Found(full_url, resource, mode) => {
                let mut entry = Object::new();
                entry.insert("fullUrl".into(), full_url.into());
                entry.insert("resource".into(), resource.into_value());
                entry.insert("search".into(), json!({ "mode": mode }));
                Value::Object(entry)
            }
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Whole(value) => out.extend(json::to_vec(value)),
            Self::Found(full_url, resource, mode) => {
                out.extend_from_slice(b"{\"fullUrl\":");
                out.extend(json::to_vec(&full_url.as_str().into()));
                out.extend_from_slice(b",\"resource\":");
                resource.write(out);
                out.extend_from_slice(b",\"search\":{\"mode\":\"");
                out.extend_from_slice(mode.as_bytes());
                out.extend_from_slice(b"\"}}");
            }
        }
    }
}

impl Builder {
    /// Adds a link: `self`, `next`.
    pub fn link(&mut self, relation: &str, url: &str) {
        self.links.push(json!({ "relation": relation, "url": url }));
    }

    /// Says how many there are in all.
    pub fn total(&mut self, total: i64) {
        self.total = Some(total);
    }

    /// Adds an entry of a search: `match`, `include` or `outcome`.
    pub fn found(&mut self, full_url: String, resource: Resource, mode: &'static str) {
        self.entries.push(Added::Found(full_url, Box::new(resource), mode));
    }

    /// Adds any entry.
    pub fn entry(&mut self, entry: Value) {
        self.entries.push(Added::Whole(entry));
    }

    /// The Bundle.
    pub fn build(mut self, kind: &str) -> Value {
        let entries: Vec<Value> = std::mem::take(&mut self.entries).into_iter().map(Added::into_value).collect();
        let mut bundle = self.head(kind);
        if !entries.is_empty() {
            bundle.insert("entry".into(), Value::Array(entries));
        }
        Value::Object(bundle)
    }

    /// The text of the Bundle: what was found is not taken apart for it.
    pub fn write(mut self, kind: &str) -> Vec<u8> {
        let entries = std::mem::take(&mut self.entries);
        let mut out = json::to_vec(&Value::Object(self.head(kind)));
        if !entries.is_empty() {
            out.pop();
            out.extend_from_slice(b",\"entry\":");
            let mut before = b'[';
            for entry in entries {
                out.push(before);
                entry.write(&mut out);
                before = b',';
            }
            out.extend_from_slice(b"]}");
        }
        out
    }

    /// All but the entries.
    fn head(self, kind: &str) -> Object {
        let mut head = Object::new();
        head.insert("resourceType".into(), "Bundle".into());
        head.insert("type".into(), kind.into());
        if let Some(total) = self.total {
            head.insert("total".into(), total.into());
        }
        if !self.links.is_empty() {
            head.insert("link".into(), Value::Array(self.links));
        }
        head
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_every_unreadable_entry() {
        let bundle = Resource::from_value(json!({"resourceType": "Bundle", "type": "batch", "entry": [
            {"resource": {"resourceType": "Nope"}}, {"resource": {"resourceType": "Patient"}}, 3]}))
        .unwrap();
        let issues = parse(&bundle).unwrap_err().issues;
        let paths: Vec<_> = issues.iter().filter_map(|issue| issue.expression.as_deref()).collect();
        assert_eq!(paths, ["Bundle.entry[0].resource.resourceType", "Bundle.entry[2]"]);
    }

    #[test]
    fn an_empty_searchset_has_no_entry_key() {
        let mut builder = Builder::default();
        builder.total(0);
        assert_eq!(builder.build("searchset"), json!({"resourceType": "Bundle", "type": "searchset", "total": 0}));
    }

    #[test]
    fn a_text_says_what_the_value_would() {
        let full = || {
            let mut builder = Builder::default();
            builder.link("self", "http://here/Patient?name=\"é");
            builder.total(2);
            let kept = Resource::from_kept(br#"{"resourceType":"Patient","id":"a","n":1.50}"#.to_vec()).unwrap();
            builder.found("http://here/\"Patient/a".to_owned(), kept, "match");
            builder.found(
                "http://here/Patient/b".to_owned(),
                Resource::new(crate::ResourceType::PATIENT, "b"),
                "include",
            );
            builder.entry(json!({"search": {"mode": "outcome"}}));
            builder
        };
        let text = String::from_utf8(full().write("searchset")).unwrap();
        assert_eq!(text, full().build("searchset").to_string());
        let empty = Builder::default().write("history");
        assert_eq!(empty, Builder::default().build("history").to_string().as_bytes());
    }
}
