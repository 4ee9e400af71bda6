//! Formats of the primitive types (R4 §2.24.0.1), read by hand.

use super::xhtml;
use crate::json::Value;
use crate::resource::is_id;
use crate::{date, validate::text};

/// Bytes of a text, at most (R4 §2.24.0.1).
const LONGEST: usize = 1 << 20;

/// A primitive type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Primitive {
    Base64Binary,
    Boolean,
    Canonical,
    Code,
    Date,
    DateTime,
    Decimal,
    Id,
    Instant,
    Integer,
    Markdown,
    Oid,
    PositiveInt,
    String,
    Time,
    UnsignedInt,
    Uri,
    Url,
    Uuid,
    Xhtml,
}

impl Primitive {
    /// The type of this name.
    pub(super) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "base64Binary" => Self::Base64Binary,
            "boolean" => Self::Boolean,
            "canonical" => Self::Canonical,
            "code" => Self::Code,
            "date" => Self::Date,
            "dateTime" => Self::DateTime,
            "decimal" => Self::Decimal,
            "id" => Self::Id,
            "instant" => Self::Instant,
            "integer" => Self::Integer,
            "markdown" => Self::Markdown,
            "oid" => Self::Oid,
            "positiveInt" => Self::PositiveInt,
            "string" => Self::String,
            "time" => Self::Time,
            "unsignedInt" => Self::UnsignedInt,
            "uri" => Self::Uri,
            "url" => Self::Url,
            "uuid" => Self::Uuid,
            "xhtml" => Self::Xhtml,
            _ => return None,
        })
    }

    /// The name of the type.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Base64Binary => "base64Binary",
            Self::Boolean => "boolean",
            Self::Canonical => "canonical",
            Self::Code => "code",
            Self::Date => "date",
            Self::DateTime => "dateTime",
            Self::Decimal => "decimal",
            Self::Id => "id",
            Self::Instant => "instant",
            Self::Integer => "integer",
            Self::Markdown => "markdown",
            Self::Oid => "oid",
            Self::PositiveInt => "positiveInt",
            Self::String => "string",
            Self::Time => "time",
            Self::UnsignedInt => "unsignedInt",
            Self::Uri => "uri",
            Self::Url => "url",
            Self::Uuid => "uuid",
            Self::Xhtml => "xhtml",
        }
    }

    /// What is wrong with a value of this type, if anything is.
    pub(super) fn fault(self, value: &Value) -> Option<text::Fault> {
        match (self, value) {
            (Self::Boolean, Value::Bool(_)) => None,
            (Self::Boolean, _) => Some(text::BOOLEAN),
            // A number that only its digits know could be stored, but found by no comparison and read by few programs.
            (Self::Decimal, Value::Number(number)) => {
                let finite = number.to_string().parse::<f64>().is_ok_and(f64::is_finite);
                (!finite).then_some(text::DECIMAL)
            }
            (Self::Integer | Self::PositiveInt | Self::UnsignedInt, Value::Number(number)) => {
                self.whole(&number.to_string())
            }
            (Self::Decimal | Self::Integer | Self::PositiveInt | Self::UnsignedInt, _) => Some(text::NUMBER),
            (_, Value::String(text)) if text.is_empty() => Some(text::EMPTY),
            (_, Value::String(text)) => self.written(text),
            _ => Some(text::STRING),
        }
    }

    fn whole(self, digits: &str) -> Option<text::Fault> {
        let least = match self {
            Self::PositiveInt => 1,
            Self::UnsignedInt => 0,
            _ => i32::MIN,
        };
        match digits.parse::<i32>() {
            Ok(number) if number >= least => None,
            _ => Some(text::INTEGER),
        }
    }

    fn written(self, text: &str) -> Option<text::Fault> {
        let (sound, fault) = match self {
            Self::Base64Binary => (is_base64(text), text::BASE64),
            Self::Code => (is_code(text), text::CODE),
            Self::Date => (date::is_date(text), text::DATE),
            Self::DateTime => (is_date_time(text), text::DATE_TIME),
            Self::Id => (is_id(text), text::ID),
            Self::Instant => (text.contains('T') && is_date_time(text), text::INSTANT),
            Self::Oid => (is_oid(text), text::OID),
            Self::Time => (is_time(text), text::TIME),
            Self::Canonical | Self::Uri | Self::Url => (is_uri(text), text::URI),
            Self::Uuid => (is_uuid(text), text::UUID),
            Self::Xhtml => return xhtml::fault(text),
            _ if text.len() > LONGEST => (false, text::TOO_LONG),
            _ => (is_text(text), text::TEXT),
        };
        (!sound).then_some(fault)
    }
}

/// Not blank, and no control character but tab, line feed and carriage return.
fn is_text(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().all(|c| c >= ' ' || matches!(c, '\t' | '\n' | '\r'))
}

fn is_uri(text: &str) -> bool {
    !text.chars().any(|c| c.is_whitespace() || c.is_control())
}

/// Words separated by one white space each, as XML Schema knows it: a no-break space is a letter.
fn is_code(text: &str) -> bool {
    let words = text.split([' ', '\t', '\n', '\r']);
    words.into_iter().all(|word| !word.is_empty() && !word.chars().any(char::is_control))
}

fn is_oid(text: &str) -> bool {
    let Some(arcs) = text.strip_prefix("urn:oid:") else { return false };
    let mut arcs = arcs.split('.');
    let root = arcs.next().is_some_and(|root| matches!(root, "0" | "1" | "2"));
    let mut count = 0;
    let rest = arcs.all(|arc| {
        count += 1;
        !arc.is_empty() && arc.bytes().all(|b| b.is_ascii_digit()) && (arc == "0" || !arc.starts_with('0'))
    });
    root && rest && count > 0
}

fn is_uuid(text: &str) -> bool {
    let Some(uuid) = text.strip_prefix("urn:uuid:") else { return false };
    let lengths: Vec<usize> = uuid.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && uuid.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f' | b'-'))
}

/// Whether a code may be one of a list that is too long to be kept: media types, currencies.
pub(super) fn is_listed(element: &str, code: &str) -> bool {
    match element {
        "contentType" => {
            let (kind, subtype) = code.split_once('/').unwrap_or((code, ""));
            let subtype = subtype.split(';').next().unwrap_or_default();
            let token = |part: &str| {
                !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
            };
            token(kind) && token(subtype.trim_end())
        }
        "currency" => code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase()),
        _ => true,
    }
}

/// A date, or a moment with its seconds and its zone.
fn is_date_time(text: &str) -> bool {
    let Some((_, clock)) = text.split_once('T') else { return date::is_date(text) };
    let zone = clock.find(['Z', '+', '-']);
    let whole = zone.and_then(|at| clock.split_at_checked(at)).is_some_and(|(clock, _)| is_time(clock));
    whole && date::interval(text).is_some()
}

/// `hh:mm:ss`, with or without a fraction.
fn is_time(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(whole, fraction)| (whole, Some(fraction)));
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let parts: Vec<&str> = whole.split(':').collect();
    let inside = parts.len() == 3
        && parts.iter().zip([23, 59, 60]).all(|(part, most)| {
            part.len() == 2 && digits(part) && part.parse::<u8>().is_ok_and(|number| number <= most)
        });
    inside && fraction.is_none_or(|fraction| !fraction.is_empty() && digits(fraction))
}

fn is_base64(text: &str) -> bool {
    let (mut count, mut padding) = (0_usize, 0_usize);
    for b in text.bytes().filter(|b| !b.is_ascii_whitespace()) {
        count += 1;
        match b {
            b'=' => padding += 1,
            b'+' | b'/' if padding == 0 => {}
            b if b.is_ascii_alphanumeric() && padding == 0 => {}
            _ => return false,
        }
    }
    count > 0 && count % 4 == 0 && padding <= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    fn takes(primitive: Primitive, good: &[&str], bad: &[&str]) {
        for text in good {
            assert_eq!(primitive.fault(&Value::from(*text)), None, "{primitive:?} {text}");
        }
        for text in bad {
            assert!(primitive.fault(&Value::from(*text)).is_some(), "{primitive:?} {text}");
        }
    }

    #[test]
    fn reads_times() {
        let good = ["2024", "2024-02", "2024-02-29", "2024-02-29T23:59:60Z", "2024-02-29T01:02:03.0004+14:00"];
        let bad = [
            "2023-02-29",
            "2024-02-29T10:00Z",
            "2024-02-29T10:00:00",
            "2024-02-29T24:00:00Z",
            "2024-2-9",
            "24-02-29",
            "2024-02T10:00:00Z",
            "2024-02-29 10:00:00Z",
            "2024-02-29T10:00:00+15:00",
        ];
        takes(Primitive::DateTime, &good, &bad);
        takes(Primitive::Instant, &["2024-02-29T23:59:59Z"], &["2024", "2024-02-29"]);
        takes(Primitive::Date, &["2024", "2024-02-29"], &["2024-02-29T00:00:00Z", "29/02/2024"]);
        takes(
            Primitive::Time,
            &["00:00:00", "23:59:59.9"],
            &["24:00:00", "1:00:00", "10:00", "10:00:00Z", "10:00:00."],
        );
    }

    #[test]
    fn reads_words_and_addresses() {
        takes(Primitive::Code, &["a", "a b"], &[" a", "a ", "a  b", ""]);
        takes(Primitive::Id, &["a-b.C9"], &["a_b", "é", ""]);
        takes(Primitive::Uri, &["urn:x", "http://a/é"], &["a b", "a\n"]);
        takes(
            Primitive::Oid,
            &["urn:oid:1.2.250.1"],
            &["1.2", "urn:oid:3.1", "urn:oid:1.02", "urn:oid:1", "urn:oid:1."],
        );
        let uuid = "urn:uuid:c757873d-ec9a-4326-a141-556f43239520";
        takes(
            Primitive::Uuid,
            &[uuid],
            &[
                "c757873d-ec9a-4326-a141-556f43239520",
                "urn:uuid:c757873d",
                "urn:uuid:C757873D-EC9A-4326-A141-556F43239520",
            ],
        );
        takes(Primitive::Base64Binary, &["YQ==", "YWJj\nYWJj"], &["YQ=", "Y===", "Y=Qa", "é===", " "]);
        takes(Primitive::String, &["a\n\tb", " é"], &["", " ", "\u{1}a"]);
    }

    #[test]
    fn reads_long_texts_and_listed_codes() {
        let long = "é".repeat(LONGEST / 2);
        assert_eq!(Primitive::String.fault(&Value::from(long.clone())), None);
        assert_eq!(Primitive::Markdown.fault(&Value::from(long + "a")), Some(text::TOO_LONG));
        assert_eq!(Primitive::Base64Binary.fault(&Value::from("YWJj".repeat(LONGEST / 2))), None);
        for good in ["text/plain", "application/fhir+json; charset=utf-8", "image/svg+xml"] {
            assert!(is_listed("contentType", good), "{good}");
        }
        for bad in ["pdf", "/pdf", "application/", "a b/c", "application/é"] {
            assert!(!is_listed("contentType", bad), "{bad}");
        }
        assert!(is_listed("currency", "EUR") && !is_listed("currency", "eur") && !is_listed("currency", "€"));
    }

    #[test]
    fn reads_numbers() {
        let fault = |primitive: Primitive, json: &str| primitive.fault(&crate::json::parse(json.as_bytes()).unwrap());
        for good in ["0", "-0", "2147483647", "-2147483648"] {
            assert_eq!(fault(Primitive::Integer, good), None, "{good}");
        }
        for bad in ["1.0", "1e1", "2147483648", "\"1\"", "true", "null", "{}"] {
            assert!(fault(Primitive::Integer, bad).is_some(), "{bad}");
        }
        assert!(fault(Primitive::PositiveInt, "0").is_some() && fault(Primitive::UnsignedInt, "-1").is_some());
        assert!(fault(Primitive::PositiveInt, "1").is_none() && fault(Primitive::UnsignedInt, "0").is_none());
        assert!(fault(Primitive::Decimal, "1e308").is_none() && fault(Primitive::Decimal, "1e-999").is_none());
        assert!(fault(Primitive::Decimal, "1e400").is_some() && fault(Primitive::Decimal, "\"1\"").is_some());
        assert!(fault(Primitive::Boolean, "\"true\"").is_some() && fault(Primitive::Boolean, "true").is_none());
    }
}
