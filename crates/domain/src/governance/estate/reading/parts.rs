//! Reading values that other programs wrote as they liked: text or number, one or several, `1`, `true` or `Yes`.

use crate::governance::estate::State;
use serde_json::Value;

/// Longest text kept of one field.
const LONGEST: usize = 400;

/// A text, cut to what fits on a page.
pub(super) fn clip(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.chars().filter(|c| !c.is_control()).take(LONGEST).collect())
}

/// A member that says something, as text.
pub(super) fn text(value: &Value, key: &str) -> Option<String> {
    match value.get(key)? {
        Value::String(text) => clip(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Array(several) => several.first().and_then(Value::as_str).and_then(clip),
        _ => None,
    }
}

/// A member that stands once or several times; none when nothing is told.
pub(super) fn items<'a>(value: &'a Value, key: &str) -> Option<Vec<&'a Value>> {
    match value.get(key)? {
        Value::Null => None,
        Value::Array(items) => Some(items.iter().collect()),
        one => Some(vec![one]),
    }
}

/// Yes, no, or not known.
pub(super) fn state(value: &Value, key: &str) -> State {
    let said = match value.get(key) {
        Some(Value::Bool(true)) => return State::Yes,
        Some(Value::Bool(false)) => return State::No,
        _ => text(value, key).unwrap_or_default().to_lowercase(),
    };
    yes_or_no(&said)
}

/// The same of a word.
pub(super) fn yes_or_no(said: &str) -> State {
    match said.trim().to_lowercase().as_str() {
        "1" | "true" | "yes" | "on" | "vrai" | "oui" | "enabled" | "good" | "activé" | "active" => State::Yes,
        "0" | "false" | "no" | "off" | "faux" | "non" | "disabled" | "poor" | "désactivé" | "inactive" => State::No,
        _ => State::Unknown,
    }
}

/// The same as a plain boolean, where it is known.
pub(super) fn flag(said: &str) -> Option<bool> {
    match yes_or_no(said) {
        State::Yes => Some(true),
        State::No => Some(false),
        State::Unknown => None,
    }
}

/// `X'48c3a9'`, as csvde writes letters that are not ASCII, as text; one value, or several apart by `;`. None when what is
/// coded is no text.
pub(super) fn uncoded(text: &str) -> Option<String> {
    if !text.contains("X'") {
        return Some(text.to_owned());
    }
    let one = |part: &str| match part.trim().strip_prefix("X'").and_then(|part| part.strip_suffix('\'')) {
        Some(digits) => letters(digits),
        None => Some(part.to_owned()),
    };
    Some(text.split(';').map(one).collect::<Option<Vec<String>>>()?.join(";"))
}

fn letters(digits: &str) -> Option<String> {
    let digits: Vec<u32> = digits.chars().map(|digit| digit.to_digit(16)).collect::<Option<_>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    let bytes = pairs.iter().map(|[high, low]| u8::try_from(high * 16 + low)).collect::<Result<Vec<u8>, _>>().ok()?;
    if rest.is_empty() { String::from_utf8(bytes).ok() } else { None }
}
