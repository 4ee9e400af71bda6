//! A text that this server wrote and kept, shown again without being taken apart: only its `meta` moves.

use crate::ResourceType;
use crate::json::{self, Object, Value};
use std::ops::Range;
use std::sync::OnceLock;

/// The compact text of a resource, and where its `meta` stands.
#[derive(Clone)]
pub(crate) struct Kept {
    text: Vec<u8>,
    id: Option<Range<usize>>,
    /// Where `"meta":{…}` stands; empty, after the member it would follow, when there is none.
    place: Range<usize>,
    /// What stands there, or will.
    meta: Option<Object>,
    /// Taken apart, once somebody has looked into it.
    object: OnceLock<Object>,
}

impl Kept {
    /// Finds its way in a text; the text again when it is not what [`crate::Resource::to_vec`] writes.
    pub(crate) fn of(text: Vec<u8>) -> Result<(ResourceType, Self), Vec<u8>> {
        match Parts::of(&text) {
            Some(Parts { kind, id, place, meta }) => {
                Ok((kind, Self { text, id, place, meta, object: OnceLock::new() }))
            }
            None => Err(text),
        }
    }

    pub(crate) fn id(&self) -> Option<&str> {
        std::str::from_utf8(self.text.get(self.id.clone()?)?).ok()
    }

    pub(crate) fn has_no_meta(&self) -> bool {
        self.meta.is_none()
    }

    /// Its `meta`, made if there is none.
    pub(crate) fn meta_mut(&mut self) -> &mut Object {
        // What was looked at before is no more what there is.
        self.object = OnceLock::new();
        self.meta.get_or_insert_default()
    }

    /// Taken apart.
    pub(crate) fn object(&self) -> &Object {
        self.object.get_or_init(|| self.parse())
    }

    /// As [`Kept::object`], for good.
    pub(crate) fn into_object(self) -> Object {
        match self.object.get() {
            Some(_) => self.object.into_inner().unwrap_or_default(),
            None => self.parse(),
        }
    }

    fn parse(&self) -> Object {
        let mut text = Vec::with_capacity(self.text.len() + 256);
        self.write(&mut text);
        match json::parse(&text) {
            Ok(Value::Object(object)) => object,
            // Of what was not written here nothing is shown.
            _ => Object::new(),
        }
    }

    /// The text with its `meta` as it is now.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let before = self.text.get(..self.place.start).unwrap_or_default();
        let after = self.text.get(self.place.end..).unwrap_or_default();
        out.extend_from_slice(before);
        if let Some(meta) = &self.meta {
            out.extend_from_slice(if self.place.is_empty() { b",\"meta\":" } else { b"\"meta\":" });
            out.extend(serde_json::to_vec(meta).unwrap_or_default());
        }
        out.extend_from_slice(after);
    }
}

/// What is found on the way.
struct Parts {
    kind: ResourceType,
    id: Option<Range<usize>>,
    place: Range<usize>,
    meta: Option<Object>,
}

impl Parts {
    fn of(text: &[u8]) -> Option<Self> {
        let mut reader = Reader { text, at: 0 };
        let (mut id, mut meta, mut kind, mut ends) = (None, None, None, Vec::with_capacity(2));
        reader.eat(b'{')?;
        loop {
            let from = reader.at;
            let key = reader.string()?;
            reader.eat(b':')?;
            let value = reader.value()?;
            match text.get(key)? {
                b"resourceType" => kind = ResourceType::parse(std::str::from_utf8(text.get(inside(&value))?).ok()?),
                b"id" if text.get(value.start) == Some(&b'"') => id = Some(inside(&value)),
                b"id" => return None,
                b"meta" => meta = Some((from..reader.at, value)),
                _ => {}
            }
            if ends.len() < 2 {
                ends.push(reader.at);
            }
            match reader.next()? {
                b',' => {}
                b'}' => break,
                _ => return None,
            }
        }
        let kind = kind.filter(|_| reader.at == text.len())?;
        let (place, meta) = match meta {
            Some((place, value)) => match json::parse(text.get(value)?) {
                Ok(Value::Object(meta)) => (place, Some(meta)),
                _ => return None,
            },
            None => {
                let after = *ends.get(usize::from(id.is_some())).or(ends.last())?;
                (after..after, None)
            }
        };
        Some(Self { kind, id, place, meta })
    }
}

/// A text without its quotation marks.
fn inside(value: &Range<usize>) -> Range<usize> {
    value.start + 1..(value.end - 1).max(value.start + 1)
}

/// Goes through a compact text, value by value.
struct Reader<'a> {
    text: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<u8> {
        let byte = *self.text.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn eat(&mut self, wanted: u8) -> Option<()> {
        (self.next()? == wanted).then_some(())
    }

    /// A text; where it stands, without its quotation marks.
    fn string(&mut self) -> Option<Range<usize>> {
        self.eat(b'"')?;
        let from = self.at;
        self.rest_of_string()?;
        Some(from..self.at - 1)
    }

    fn rest_of_string(&mut self) -> Option<()> {
        loop {
            let rest = self.text.get(self.at..)?;
            self.at += rest.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
            match self.next()? {
                b'"' => return Some(()),
                _ => self.next()?,
            };
        }
    }

    /// Any value; where it stands.
    fn value(&mut self) -> Option<Range<usize>> {
        let from = self.at;
        let mut depth = 0_usize;
        loop {
            match self.next()? {
                b'"' => self.rest_of_string()?,
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth = depth.checked_sub(1)?,
                byte if byte.is_ascii_whitespace() => return None,
                _ => {}
            }
            if depth == 0 && matches!(self.text.get(self.at)?, b',' | b'}' | b']') {
                return (self.at > from).then_some(from..self.at);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Resource;
    use proptest::prelude::*;

    /// What becomes of a text read whole, and of the same kept.
    fn both(text: &str, labels: &[(&str, &str, &str)]) -> (Resource, Resource) {
        let mut whole = Resource::from_slice(text.as_bytes()).unwrap();
        let mut kept = Resource::from_kept(whole.to_vec()).unwrap();
        assert!(kept.is_kept(), "{text}");
        assert_eq!((kept.kind(), kept.id()), (whole.kind(), whole.id()));
        for resource in [&mut whole, &mut kept] {
            resource.set_version(3, "2026-01-01T00:00:00.000Z");
            resource.set_server_security(labels);
        }
        assert!(kept.is_kept(), "{text}");
        (whole, kept)
    }

    #[test]
    fn a_kept_text_says_what_the_whole_would() {
        let label = [("urn:socle:sensitivity", "PSY", "Psychiatrie")];
        for text in [
            r#"{"resourceType":"Patient"}"#,
            r#"{"resourceType":"Patient","id":"a"}"#,
            r#"{"resourceType":"Patient","active":true,"name":[{"family":"A\"}\\"}],"id":"a"}"#,
            r#"{"id":"a","resourceType":"Patient","x":{"id":"b","meta":{"y":[1,{"z":"]"}]}}}"#,
            r#"{"active":false,"resourceType":"Patient","birthDate":"1930"}"#,
            r#"{"resourceType":"Patient","meta":{},"id":"a","n":-1.50e+3}"#,
            r#"{"resourceType":"Patient","id":"a","meta":{"source":"urn:s","security":[
                {"system":"urn:socle:x","code":"1"},{"system":"urn:other","code":"2"}]},"gender":"female"}"#,
            r#"{"resourceType":"Patient","gender":"female","meta":{"versionId":"1","lastUpdated":"x"}}"#,
        ] {
            for labels in [&label[..], &[]] {
                let (whole, kept) = both(text, labels);
                assert_eq!(String::from_utf8(kept.to_vec()), String::from_utf8(whole.to_vec()), "{text}");
                assert_eq!(kept.object(), whole.object(), "{text}");
                assert_eq!(kept, whole);
                assert_eq!(kept.clone().into_value(), whole.clone().into_value());
                assert_eq!(kept.source(), whole.source());
            }
        }
    }

    #[test]
    fn what_is_changed_is_taken_apart_first() {
        let (mut whole, mut kept) = both(r#"{"resourceType":"Patient","id":"a","active":true}"#, &[]);
        for resource in [&mut whole, &mut kept] {
            resource.object_mut().shift_remove("active");
            resource.set_id("b");
        }
        assert!(!kept.is_kept());
        assert_eq!(kept.to_vec(), whole.to_vec());
        assert_eq!(kept.id(), Some("b"));
    }

    #[test]
    fn a_meta_that_was_only_labels_goes_away() {
        let text = r#"{"resourceType":"Patient","meta":{"security":[{"system":"urn:socle:x","code":"1"}]},"id":"a"}"#;
        let mut kept = Resource::from_kept(text.into()).unwrap();
        kept.set_server_security(&[]);
        assert_eq!(kept.to_vec(), br#"{"resourceType":"Patient","id":"a"}"#);
    }

    #[test]
    fn another_text_is_read_whole_or_refused() {
        for text in [r#"{ "resourceType": "Patient" }"#, r#"{"resourceType":"Pat\u0069ent"}"#] {
            let read = Resource::from_kept(text.into()).unwrap();
            assert!(!read.is_kept(), "{text}");
            assert_eq!(read.to_vec(), br#"{"resourceType":"Patient"}"#);
        }
        for text in
            ["", "{", "[]", "{}", r#"{"resourceType":"Nope"}"#, r#"{"resourceType":"Patient"}}"#, "{\"resourceType"]
        {
            assert!(Resource::from_kept(text.into()).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_object_comes_out_the_same(
            keys in prop::collection::btree_map("[a-z\"\\\\é]{0,5}", any_value(), 0..6),
            at in 0_usize..7, id in prop::option::of("[a-z0-9.-]{1,9}"), meta in prop::option::of(any_value()),
        ) {
            let mut object = Object::new();
            for (index, (key, value)) in keys.into_iter().enumerate() {
                if index == at {
                    object.insert("resourceType".into(), "Observation".into());
                }
                object.insert(key, value);
            }
            if let Some(id) = id {
                object.insert("id".into(), id.into());
            }
            object.entry("resourceType").or_insert("Observation".into());
            if let Some(meta) = meta {
                object.insert("meta".into(), serde_json::json!({ "tag": meta }));
            }
            prop_assume!(object["resourceType"] == "Observation");
            let (whole, kept) = both(&Value::Object(object).to_string(), &[("urn:socle:x", "1", "un")]);
            prop_assert_eq!(String::from_utf8(kept.to_vec()), String::from_utf8(whole.to_vec()));
            prop_assert_eq!(kept.object(), whole.object());
        }
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            any::<i32>().prop_map(Value::from),
            ".{0,8}".prop_map(Value::String),
        ];
        leaf.prop_recursive(3, 12, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
                prop::collection::btree_map(".{0,4}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }
}
