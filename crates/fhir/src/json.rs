//! Strict JSON: one document, no duplicate key, bounded depth, decimals with their digits, key order kept.

use crate::Invalid;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
pub use serde_json::Value;
use std::cell::Cell;
use std::fmt;

/// A JSON object.
pub type Object = serde_json::Map<String, Value>;

/// Deeper documents are refused.
pub const MAX_DEPTH: usize = 64;

/// Documents of more values are refused: each takes many times the room of its text.
pub const MAX_VALUES: usize = 2_000_000;

/// Where and why a text is not acceptable JSON; never quotes it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {reason}")]
pub struct ParseError {
    /// From 1.
    pub line: usize,
    /// From 1.
    pub column: usize,
    /// What is wrong.
    pub reason: &'static str,
}

/// Parses one document. A byte-order mark is tolerated.
///
/// # Errors
/// [`ParseError`] for anything but one well-formed UTF-8 document without duplicate keys, at most 64 levels deep and of
/// two million values.
pub fn parse(bytes: &[u8]) -> Result<Value, ParseError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let left = Cell::new(MAX_VALUES);
    let value = Node { depth: MAX_DEPTH, left: &left }.deserialize(&mut reader).map_err(|error| explain(&error))?;
    reader.end().map_err(|error| explain(&error))?;
    Ok(value)
}

/// As [`parse`], for a client that is told where the first mistake is.
///
/// # Errors
/// [`Invalid`] with its line and column.
pub fn read(bytes: &[u8]) -> Result<Value, Invalid> {
    parse(bytes).map_err(|error| {
        let fr = format!("JSON incorrect, ligne {}, colonne {}.", error.line, error.column);
        Invalid::one("structure", None, fr, format!("Malformed JSON: {error}."))
    })
}

/// The text of a value, without spaces.
pub fn to_vec(value: &Value) -> Vec<u8> {
    // Names are texts and numbers keep their digits: there is nothing that could not be written.
    serde_json::to_vec(value).unwrap_or_default()
}

/// Whether the text of an object takes no more than so many bytes, roughly: numbers, names and values are counted.
pub fn is_within(object: &Object, bytes: usize) -> bool {
    fn rest(value: &Value, left: usize) -> Option<usize> {
        let left = left.checked_sub(2)?;
        match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => left.checked_sub(4),
            Value::String(text) => left.checked_sub(text.len()),
            Value::Array(items) => items.iter().try_fold(left, |left, item| rest(item, left)),
            Value::Object(object) => members(object, left),
        }
    }
    fn members(object: &Object, left: usize) -> Option<usize> {
        object.iter().try_fold(left, |left, (name, value)| rest(value, left.checked_sub(name.len() + 3)?))
    }
    members(object, bytes).is_some()
}

/// The same document, one element a line. What it holds is not read: whatever is well-formed comes out the same.
pub fn pretty(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len().saturating_mul(2));
    let (mut depth, mut quoted, mut escaped) = (0usize, false, false);
    let line = |out: &mut Vec<u8>, depth: usize| {
        out.push(b'\n');
        out.resize(out.len() + 2 * depth, b' ');
    };
    let mut bytes = text.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        if quoted {
            out.push(byte);
            (quoted, escaped) = (escaped || byte != b'"', !escaped && byte == b'\\');
            continue;
        }
        match byte {
            b' ' | b'\n' | b'\r' | b'\t' => {}
            b'{' | b'[' => {
                out.push(byte);
                if let Some(close) = bytes.next_if(|next| matches!(next, b'}' | b']')) {
                    out.push(close);
                } else {
                    depth += 1;
                    line(&mut out, depth);
                }
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                line(&mut out, depth);
                out.push(byte);
            }
            b',' => {
                out.push(byte);
                line(&mut out, depth);
            }
            b':' => out.extend_from_slice(b": "),
            _ => {
                quoted = byte == b'"';
                out.push(byte);
            }
        }
    }
    out
}

/// With arbitrary precision, serde_json hands a number over as a map with this one key.
const NUMBER: &str = "$serde_json::private::Number";
/// [`ParseError::reason`]: a key stands twice in one object.
pub const DUPLICATE: &str = "duplicate key";
/// [`ParseError::reason`]: more than [`MAX_DEPTH`] levels.
pub const DEEP: &str = "nested too deeply";
/// [`ParseError::reason`]: more than [`MAX_VALUES`].
pub const MANY: &str = "too many values";
/// [`ParseError::reason`]: what has begun does not end.
pub const EARLY: &str = "the text ends too early";
const MALFORMED: &str = "not well-formed JSON";

fn explain(error: &serde_json::Error) -> ParseError {
    let text = error.to_string();
    let reason = if text.starts_with(DUPLICATE) {
        DUPLICATE
    } else if text.starts_with(DEEP) || text.contains("recursion") {
        DEEP
    } else if text.starts_with(MANY) {
        MANY
    } else if error.is_eof() {
        EARLY
    } else {
        MALFORMED
    };
    ParseError { line: error.line(), column: error.column(), reason }
}

/// Builds a value, counting levels and values down.
#[derive(Clone)]
struct Node<'a> {
    depth: usize,
    left: &'a Cell<usize>,
}

impl Node<'_> {
    fn below<E: serde::de::Error>(&self) -> Result<Self, E> {
        let depth = self.depth.checked_sub(1).ok_or_else(|| E::custom(DEEP))?;
        Ok(Self { depth, left: self.left })
    }
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        let left = self.left.get().checked_sub(1).ok_or_else(|| serde::de::Error::custom(MANY))?;
        self.left.set(left);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let below = self.below()?;
        let mut items = Vec::new();
        while let Some(item) = access.next_element_seed(below.clone())? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let below = self.below()?;
        let mut object = Object::new();
        while let Some(key) = access.next_key::<String>()? {
            if key == NUMBER {
                return access.next_value_seed(Digits);
            }
            if object.contains_key(&key) {
                return Err(A::Error::custom(DUPLICATE));
            }
            object.insert(key, access.next_value_seed(below.clone())?);
        }
        Ok(Value::Object(object))
    }
}

/// The digits of a number. serde_json gives those owned, and texts of the document borrowed or copied: so an object
/// that only pretends to be a number is refused.
struct Digits;

impl<'de> DeserializeSeed<'de> for Digits {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Visitor<'_> for Digits {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("digits")
    }
    fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<Value, E> {
        Err(E::custom("reserved key"))
    }
    fn visit_string<E: serde::de::Error>(self, digits: String) -> Result<Value, E> {
        digits.parse::<serde_json::Number>().map(Value::Number).map_err(|_| E::custom("number"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_digits_and_key_order() {
        let text = br#"{"z":1.10,"a":[0.1000000000000000000001,1e+400,-0,true,null]}"#;
        assert_eq!(to_vec(&parse(text).unwrap()), text);
        assert!(parse(b"\xef\xbb\xbf{}").is_ok());
    }

    #[test]
    fn counts_about_as_many_bytes_as_there_are() {
        let text = br#"{"a":[1,{"b":"xyz"}],"c":{},"d":[null,true]}"#;
        let Value::Object(object) = parse(text).unwrap() else { panic!() };
        assert!(is_within(&object, text.len() + 20));
        assert!(!is_within(&object, text.len() - 20));
        assert!(!is_within(&object, 0) && is_within(&Object::new(), 0));
    }

    #[test]
    fn lays_out_without_changing() {
        let text = br#"{"a":[1,{"b":"x\\\"{,"}],"c":{},"d":[]}"#;
        let laid = pretty(text);
        let expected =
            "{\n  \"a\": [\n    1,\n    {\n      \"b\": \"x\\\\\\\"{,\"\n    }\n  ],\n  \"c\": {},\n  \"d\": []\n}";
        assert_eq!(String::from_utf8(laid.clone()).unwrap(), expected);
        assert_eq!(parse(&laid).unwrap(), parse(text).unwrap());
        assert_eq!(pretty(&laid), laid);
    }

    #[test]
    fn refuses_duplicates_depth_and_rubbish_without_quoting() {
        assert_eq!(parse(br#"{"a":1,"a":2}"#).unwrap_err().reason, DUPLICATE);
        let deep = "[".repeat(65) + &"]".repeat(65);
        assert_eq!(parse(deep.as_bytes()).unwrap_err().reason, DEEP);
        assert!(parse(("[".repeat(64) + &"]".repeat(64)).as_bytes()).is_ok());
        for bad in [&b"{} {}"[..], b"{", b"", b"{\"a\":\xff}", b"nul"] {
            let error = parse(bad).unwrap_err();
            assert!(error.line >= 1);
        }
    }

    #[test]
    fn refuses_what_would_take_too_much_room() {
        let many = |count: usize| format!("[{}1]", "1,".repeat(count - 1)).into_bytes();
        assert!(parse(&many(MAX_VALUES - 1)).is_ok());
        assert_eq!(parse(&many(MAX_VALUES)).unwrap_err().reason, MANY);
    }

    #[test]
    fn refuses_an_object_that_pretends_to_be_a_number() {
        for bad in [
            r#"{"a":{"$serde_json::private::Number":"1"}}"#,
            r#"{"\u0024serde_json::private::Number":"1"}"#,
            r#"{"$serde_json::private::Number":"\u0031"}"#,
            r#"{"$serde_json::private::Number":1}"#,
            r#"{"$serde_json::private::Number":null}"#,
            r#"{"$serde_json::private::Number":{}}"#,
            r#"{"x":1,"$serde_json::private::Number":"1"}"#,
        ] {
            assert_eq!(parse(bad.as_bytes()).unwrap_err().reason, MALFORMED, "{bad}");
        }
    }

    #[test]
    fn keeps_the_digits_of_exponents_and_gives_them_a_sign() {
        let text = br#"[1E5,1e+5,1.0e-07,-0.00]"#;
        assert_eq!(String::from_utf8(to_vec(&parse(text).unwrap())).unwrap(), "[1e+5,1e+5,1.0e-07,-0.00]");
    }
}
