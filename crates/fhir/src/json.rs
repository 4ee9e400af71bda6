//! Strict JSON: one document, no duplicate key, bounded depth, decimals with their digits, key order kept.

pub use serde_json::Value;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// A JSON object.
pub type Object = serde_json::Map<String, Value>;

/// Deeper documents are refused.
pub const MAX_DEPTH: usize = 64;

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
/// [`ParseError`] for anything but one well-formed UTF-8 document without duplicate keys, at most 64 levels deep.
pub fn parse(bytes: &[u8]) -> Result<Value, ParseError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = Node(MAX_DEPTH).deserialize(&mut reader).map_err(|error| explain(&error))?;
    reader.end().map_err(|error| explain(&error))?;
    Ok(value)
}

/// The text of a value, without spaces.
pub fn to_vec(value: &Value) -> Vec<u8> {
    value.to_string().into_bytes()
}

const DUPLICATE: &str = "duplicate key";
const DEEP: &str = "nested too deeply";

fn explain(error: &serde_json::Error) -> ParseError {
    let text = error.to_string();
    let reason = if text.starts_with(DUPLICATE) {
        DUPLICATE
    } else if text.starts_with(DEEP) || text.contains("recursion") {
        DEEP
    } else if error.is_eof() {
        "the text ends too early"
    } else {
        "not well-formed JSON"
    };
    ParseError { line: error.line(), column: error.column(), reason }
}

/// Builds a value, counting levels down.
struct Node(usize);

impl<'de> DeserializeSeed<'de> for Node {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node {
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
        let depth = self.0.checked_sub(1).ok_or_else(|| A::Error::custom(DEEP))?;
        let mut items = Vec::new();
        while let Some(item) = access.next_element_seed(Node(depth))? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let depth = self.0.checked_sub(1).ok_or_else(|| A::Error::custom(DEEP))?;
        let mut object = Object::new();
        while let Some(key) = access.next_key::<String>()? {
            // With arbitrary precision, serde_json hands a number over as a map with this one key.
            if key == "$serde_json::private::Number" {
                let digits: String = access.next_value()?;
                return digits.parse::<serde_json::Number>().map(Value::Number).map_err(A::Error::custom);
            }
            if object.contains_key(&key) {
                return Err(A::Error::custom(DUPLICATE));
            }
            object.insert(key, access.next_value_seed(Node(depth))?);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_digits_and_key_order() {
        let text = br#"{"z":1.10,"a":[0.1000000000000000000001,1e400,-0,true,null]}"#;
        assert_eq!(to_vec(&parse(text).unwrap()), text);
        assert!(parse(b"\xef\xbb\xbf{}").is_ok());
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
}
