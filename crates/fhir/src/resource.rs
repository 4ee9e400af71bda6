//! One resource: a JSON object whose type is known.

use crate::json::{self, Object, Value};
use crate::kept::Kept;
use crate::{Invalid, ResourceType};
use std::fmt;

/// A JSON object whose `resourceType` is an R4 type and whose `id`, if any, has the form of an id.
#[derive(Clone)]
pub struct Resource {
    kind: ResourceType,
    /// Empty as long as there is a kept text.
    object: Object,
    /// The text it was kept as, until anything but its `meta` changes.
    kept: Option<Box<Kept>>,
}

impl PartialEq for Resource {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind && self.object() == other.object()
    }
}

/// System and code of a `Coding`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Coding {
    /// The code system.
    pub system: String,
    /// The code.
    pub code: String,
}

/// Security labels under these systems belong to the server.
const SERVER_SYSTEMS: [&str; 2] =
    ["http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "http://terminology.hl7.org/CodeSystem/v3-ActCode"];
/// And under any system that starts so.
const SERVER_PREFIX: &str = "urn:socle:";

impl fmt::Debug for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Resource({})", self.kind)
    }
}

/// Whether `text` has the form of a resource id: 1 to 64 of `A–Z a–z 0–9 - .`
pub fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.')
}

/// Whether the server owns security labels of this system.
pub fn is_server_system(system: &str) -> bool {
    SERVER_SYSTEMS.contains(&system) || system.starts_with(SERVER_PREFIX)
}

impl Resource {
    /// An empty resource of a type.
    pub fn new(kind: ResourceType, id: &str) -> Self {
        let mut object = Object::new();
        object.insert("resourceType".into(), kind.name().into());
        object.insert("id".into(), id.into());
        Self::of(kind, object)
    }

    fn of(kind: ResourceType, object: Object) -> Self {
        Self { kind, object, kept: None }
    }

    /// Takes a text that [`Resource::to_vec`] wrote and that nobody has touched since. It is not taken apart before
    /// somebody looks into it: what is only shown again costs no more than its bytes.
    ///
    /// # Errors
    /// As [`Resource::from_slice`], for another text; a value inside that is no JSON is not noticed here.
    pub fn from_kept(text: Vec<u8>) -> Result<Self, Invalid> {
        match Kept::of(text) {
            Ok((kind, kept)) => Ok(Self { kind, object: Object::new(), kept: Some(Box::new(kept)) }),
            Err(text) => Self::from_slice(&text),
        }
    }

    /// Whether its text has not been taken apart.
    #[cfg(test)]
    pub(crate) fn is_kept(&self) -> bool {
        self.kept.is_some()
    }

    /// Reads a JSON value as a resource.
    ///
    /// # Errors
    /// [`Invalid`] when it is not an object, its type is not an R4 type, or its id has not the form of one.
    pub fn from_value(value: Value) -> Result<Self, Invalid> {
        let Value::Object(object) = value else {
            return Err(Invalid::one("structure", None, "Un objet JSON était attendu.", "A JSON object was expected."));
        };
        let name = object.get("resourceType").and_then(Value::as_str).ok_or_else(|| {
            Invalid::one(
                "structure",
                Some("resourceType".into()),
                "resourceType est absent.",
                "resourceType is missing.",
            )
        })?;
        let kind = ResourceType::parse(name).ok_or_else(|| {
            Invalid::one(
                "not-supported",
                Some("resourceType".into()),
                "Ce type de ressource n'existe pas en FHIR R4.",
                "This is not a resource type of FHIR R4.",
            )
        })?;
        match object.get("id") {
            None => {}
            Some(Value::String(id)) if is_id(id) => {}
            Some(_) => {
                return Err(Invalid::one(
                    "value",
                    Some(format!("{kind}.id")),
                    "L'identifiant doit compter 1 à 64 lettres, chiffres, tirets ou points.",
                    "An id is 1 to 64 letters, digits, dashes or dots.",
                ));
            }
        }
        if object.get("meta").is_some_and(|meta| !meta.is_object()) {
            return Err(Invalid::one(
                "structure",
                Some(format!("{kind}.meta")),
                "meta doit être un objet.",
                "meta must be an object.",
            ));
        }
        Ok(Self::of(kind, object))
    }

    /// Parses strict JSON.
    ///
    /// # Errors
    /// [`Invalid`] with the place of the first mistake.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, Invalid> {
        Self::from_value(json::read(bytes)?)
    }

    /// Its type.
    pub fn kind(&self) -> ResourceType {
        self.kind
    }

    /// Its id, once it has one.
    pub fn id(&self) -> Option<&str> {
        match &self.kept {
            Some(kept) => kept.id(),
            None => self.object().get("id").and_then(Value::as_str),
        }
    }

    /// Gives it an id, right after its type.
    pub fn set_id(&mut self, id: &str) {
        let object = self.object_mut();
        if object.contains_key("id") {
            object.insert("id".into(), id.into());
        } else {
            object.shift_insert(object.len().min(1), "id".into(), id.into());
        }
    }

    /// Takes its id away, for a server to give it one.
    pub fn clear_id(&mut self) {
        self.object_mut().shift_remove("id");
    }

    /// The object as received.
    pub fn object(&self) -> &Object {
        self.kept.as_ref().map_or(&self.object, |kept| kept.object())
    }

    /// The object, to change anything but its type.
    pub fn object_mut(&mut self) -> &mut Object {
        if let Some(kept) = self.kept.take() {
            self.object = kept.into_object();
        }
        &mut self.object
    }

    /// As a JSON value.
    pub fn into_value(mut self) -> Value {
        Value::Object(std::mem::take(self.object_mut()))
    }

    /// A copy as a JSON value.
    pub fn value(&self) -> Value {
        Value::Object(self.object().clone())
    }

    /// JSON text without spaces.
    pub fn to_vec(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write(&mut out);
        out
    }

    /// Adds its JSON text, without spaces, to `out`.
    pub fn write(&self, out: &mut Vec<u8>) {
        match &self.kept {
            Some(kept) => kept.write(out),
            // Names are texts and numbers keep their digits: there is nothing that could not be written.
            None => drop(serde_json::to_writer(out, self.object())),
        }
    }

    /// The value at a path of object keys.
    pub fn get(&self, path: &[&str]) -> Option<&Value> {
        let (first, rest) = path.split_first()?;
        rest.iter().try_fold(self.object().get(*first)?, |value, key| value.get(key))
    }

    /// The text at a path of object keys.
    pub fn str_at(&self, path: &[&str]) -> Option<&str> {
        self.get(path)?.as_str()
    }

    /// `meta.source`.
    pub fn source(&self) -> Option<&str> {
        self.str_at(&["meta", "source"])
    }

    /// `meta.versionId`.
    pub fn version_id(&self) -> Option<&str> {
        self.str_at(&["meta", "versionId"])
    }

    /// `meta.lastUpdated`.
    pub fn last_updated(&self) -> Option<&str> {
        self.str_at(&["meta", "lastUpdated"])
    }

    /// `meta.profile`.
    pub fn profiles(&self) -> impl Iterator<Item = &str> {
        self.get(&["meta", "profile"]).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
    }

    /// The codings of `meta.security`.
    pub fn security(&self) -> Vec<Coding> {
        let tags = self.get(&["meta", "security"]).and_then(Value::as_array);
        tags.into_iter().flatten().filter_map(coding).collect()
    }

    /// Writes the version and its time into `meta`.
    pub fn set_version(&mut self, version: i64, last_updated: &str) {
        let Some(meta) = self.meta_mut() else { return };
        meta.insert("versionId".into(), version.to_string().into());
        meta.insert("lastUpdated".into(), last_updated.into());
    }

    /// Replaces the security labels the server owns by `tags` (system, code, display); received ones stay.
    pub fn set_server_security(&mut self, tags: &[(&str, &str, &str)]) {
        if tags.is_empty() && self.has_no_meta() {
            return;
        }
        let Some(meta) = self.meta_mut() else { return };
        let mut kept: Vec<Value> = match meta.shift_remove("security") {
            Some(Value::Array(tags)) => tags,
            _ => Vec::new(),
        };
        kept.retain(|tag| coding(tag).is_none_or(|tag| !is_server_system(&tag.system)));
        kept.extend(
            tags.iter().map(
                |(system, code, display)| serde_json::json!({ "system": system, "code": code, "display": display }),
            ),
        );
        if !kept.is_empty() {
            meta.insert("security".into(), Value::Array(kept));
        } else if meta.is_empty() {
            self.object_mut().shift_remove("meta");
        }
    }

    fn has_no_meta(&self) -> bool {
        match &self.kept {
            Some(kept) => kept.has_no_meta(),
            None => !self.object().contains_key("meta"),
        }
    }

    /// `meta`, created after the id when it is not there.
    pub(crate) fn meta_mut(&mut self) -> Option<&mut Object> {
        if self.kept.is_some() {
            return self.kept.as_mut().map(|kept| kept.meta_mut());
        }
        let object = self.object_mut();
        if !object.get("meta").is_some_and(Value::is_object) {
            object.shift_remove("meta");
            let at = usize::from(object.contains_key("id")) + 1;
            object.shift_insert(at.min(object.len()), "meta".into(), Value::Object(Object::new()));
        }
        object.get_mut("meta").and_then(Value::as_object_mut)
    }
}

fn coding(value: &Value) -> Option<Coding> {
    Some(Coding {
        system: value.get("system").and_then(Value::as_str).unwrap_or_default().to_owned(),
        code: value.get("code")?.as_str()?.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn refuses_unknown_types_and_bad_ids() {
        for bad in [
            json!([]),
            json!({}),
            json!({"resourceType": "Resource"}),
            json!({"resourceType": "Patient", "id": "é"}),
            json!({"resourceType": "Patient", "id": 3}),
            json!({"resourceType": "Patient", "meta": []}),
        ] {
            assert!(Resource::from_value(bad).is_err());
        }
    }

    #[test]
    fn owns_its_labels_and_keeps_received_ones() {
        let mut resource = Resource::from_value(json!({"resourceType": "Patient", "meta": {"security": [
            {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "V"},
            {"system": "urn:other", "code": "x"}]}}))
        .unwrap();
        resource.set_server_security(&[("urn:socle:sensitivity", "PSY", "Psychiatrie")]);
        let codes: Vec<String> = resource.security().into_iter().map(|tag| tag.code).collect();
        assert_eq!(codes, ["x", "PSY"]);
        resource.set_version(2, "2026-01-01T00:00:00.000Z");
        assert_eq!(resource.version_id(), Some("2"));
        assert_eq!(format!("{resource:?}"), "Resource(Patient)");
    }
    #[test]
    fn keeps_the_order_of_keys_and_writes_no_empty_meta() {
        let text = br#"{"resourceType":"Patient","active":true}"#;
        let mut resource = Resource::from_slice(text).unwrap();
        resource.set_server_security(&[]);
        assert_eq!(resource.to_vec(), text);
        resource.set_id("a");
        resource.set_version(1, "2026-01-01T00:00:00.000Z");
        let keys: Vec<_> = resource.object().keys().map(String::as_str).collect();
        assert_eq!(keys, ["resourceType", "id", "meta", "active"]);
        resource.clear_id();
        resource.object_mut().shift_remove("meta");
        assert_eq!(resource.to_vec(), text);
    }

    #[test]
    fn reads_paths_and_profiles() {
        let resource = Resource::from_value(json!({"resourceType": "Patient",
            "meta": {"profile": ["urn:p", 3], "source": "urn:s", "security": 3}, "maritalStatus": {"text": "x"}}))
        .unwrap();
        assert_eq!(resource.str_at(&["maritalStatus", "text"]), Some("x"));
        assert_eq!(resource.get(&["maritalStatus", "text", "more"]), None);
        assert_eq!(resource.get(&[]), None);
        assert_eq!(resource.profiles().collect::<Vec<_>>(), ["urn:p"]);
        assert_eq!((resource.source(), resource.security().len()), (Some("urn:s"), 0));
    }

    #[test]
    fn survives_being_emptied_by_its_user() {
        let mut resource = Resource::new(ResourceType::PATIENT, "a");
        resource.object_mut().clear();
        resource.set_id("b");
        resource.set_version(1, "2026-01-01T00:00:00.000Z");
        assert_eq!(resource.id(), Some("b"));
    }
}
