//! One value of a parameter: escapes, systems, prefixes.

use super::query::{Modifier, Operand};
use super::table::{Param, ParamKind};
use super::value::{Comparator, DateTest, NumTest};
use crate::{date, refs};

/// Splits at commas that are not escaped.
pub(super) fn split_values(value: &str) -> Vec<String> {
    split(value, ',').into_iter().filter(|value| !value.is_empty()).collect()
}

fn split(value: &str, separator: char) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut escaped = false;
    for c in value.chars() {
        if c == separator && !escaped {
            parts.push(String::new());
            continue;
        }
        if let Some(part) = parts.last_mut() {
            part.push(c);
        }
        escaped = c == '\\' && !escaped;
    }
    parts
}

/// Takes the escapes of FHIR search away: `\,` `\|` `\$` `\\`.
pub(super) fn unescape(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.extend(chars.next()),
            _ => out.push(c),
        }
    }
    out
}

/// Reads one value for a parameter; none when it has not the form of its kind.
pub(super) fn operand(param: &Param, modifier: &Modifier, value: &str) -> Option<Operand> {
    match param.kind {
        ParamKind::Token if *modifier == Modifier::Text => Some(Operand::String(unescape(value))),
        ParamKind::Token if *modifier == Modifier::OfType => of_type(value),
        ParamKind::Token => token(value).map(|operand| bare(param, operand)),
        ParamKind::Reference if *modifier == Modifier::Identifier => identifier(value),
        ParamKind::Reference => reference(modifier, &unescape(value)),
        ParamKind::String => Some(Operand::String(unescape(value))),
        ParamKind::Date => date_test(value).map(Operand::Date),
        ParamKind::Number => NumTest::parse(value).map(Operand::Number),
        ParamKind::Quantity => quantity(value),
        ParamKind::Uri => Some(Operand::Uri(unescape(value))),
        ParamKind::Composite => composite(param, value),
        ParamKind::Special => None,
    }
}

fn parts(value: &str) -> impl Iterator<Item = String> {
    split(value, '|').into_iter().map(|part| unescape(&part))
}

/// `code`, `system|code`, `|code` (no system), `system|` (any code).
fn token(value: &str) -> Option<Operand> {
    let mut parts = parts(value);
    let (first, second) = (parts.next()?, parts.next());
    if parts.next().is_some() {
        return None;
    }
    let (system, code) = match second {
        None => (None, Some(first)),
        Some(code) => (Some(first), Some(code).filter(|code| !code.is_empty())),
    };
    let empty = system.as_deref().unwrap_or_default().is_empty() && code.as_deref().unwrap_or_default().is_empty();
    (!empty).then_some(Operand::Token { system, code })
}

/// Elements that are bare codes have no system written: the one their list implies goes without saying.
fn bare(param: &Param, operand: Operand) -> Operand {
    match operand {
        Operand::Token { system: Some(system), code: Some(code) } if param.implies(&system, &code) => {
            Operand::Token { system: None, code: Some(code) }
        }
        other => other,
    }
}

/// A token that has a value: an identifier is not looked for by its system alone.
fn identifier(value: &str) -> Option<Operand> {
    token(value).filter(|operand| matches!(operand, Operand::Token { code: Some(_), .. }))
}

/// `system|code|value`: the type of an identifier and its value.
fn of_type(value: &str) -> Option<Operand> {
    let mut parts = parts(value);
    let (system, code, value) = (parts.next()?, parts.next()?, parts.next()?);
    let whole = parts.next().is_none() && [&system, &code, &value].iter().all(|part| !part.is_empty());
    whole.then_some(Operand::OfType { system, code, value })
}

/// `first$second…`: a value for each part, in the order of the definition.
fn composite(param: &Param, value: &str) -> Option<Operand> {
    let values = split(value, '$');
    if values.len() != param.parts.len() {
        return None;
    }
    let pairs = param.parts.iter().zip(&values);
    let operands = pairs.map(|(part, value)| match value.is_empty() {
        true => None,
        false => operand(part.param(param)?, &Modifier::None, value),
    });
    operands.collect::<Option<_>>().map(Operand::Parts)
}

/// `id`, `Type/id` or an address; a type that contradicts the modifier's is refused.
fn reference(modifier: &Modifier, value: &str) -> Option<Operand> {
    let (ty, id, url) = match refs::local(value) {
        Some((ty, id)) => (Some(ty), Some(id), None),
        None if value.contains(':') => (None, None, Some(value.to_owned())),
        None => (None, Some(value.to_owned()), None),
    };
    match modifier {
        Modifier::Type(wanted) if ty.is_some_and(|ty| ty != *wanted) => None,
        _ => Some(Operand::Reference { ty, id, url }),
    }
}

/// A date with its prefix. Without a clock, "about" is a tenth of the value's own precision on each side.
pub(super) fn date_test(value: &str) -> Option<DateTest> {
    let (comparator, text) = Comparator::split(value);
    let (mut lo, mut hi) = date::asked(text)?;
    if comparator == Comparator::Ap {
        let tenth = (hi - lo) / 10;
        (lo, hi) = (lo - tenth, hi + tenth);
    }
    Some(DateTest { comparator, lo, hi })
}

/// `number` or `number|system|code`.
fn quantity(value: &str) -> Option<Operand> {
    let mut parts = parts(value);
    let test = NumTest::parse(&parts.next()?)?;
    let (system, code) = match (parts.next(), parts.next(), parts.next()) {
        (None, ..) => (None, None),
        (Some(system), Some(code), None) => (Some(system), Some(code)),
        _ => return None,
    };
    let given = |text: &String| !text.is_empty();
    Some(Operand::Quantity { test, system: system.filter(given), code: code.filter(given) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ResourceType;
    use crate::search::param;

    fn read(ty: &str, code: &str, modifier: &Modifier, value: &str) -> Option<Operand> {
        operand(param(ResourceType::parse(ty).unwrap(), code).unwrap(), modifier, value)
    }

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn escapes_protect_separators() {
        assert_eq!(split_values(r"a\,b,c"), [r"a\,b", "c"]);
        assert_eq!(split_values(r"a\\,b"), [r"a\\", "b"]);
        assert_eq!(split_values(",a,,"), ["a"]);
        assert_eq!(unescape(r"a\,b\|c\$d\\e"), r"a,b|c$d\e");
        assert_eq!(unescape(r"end\"), "end");
        let token = read("Patient", "identifier", &Modifier::None, r"urn:x|a\|b\,c");
        assert_eq!(token, Some(Operand::Token { system: some("urn:x"), code: some("a|b,c") }));
    }

    #[test]
    fn a_token_has_four_forms() {
        let token = |value: &str| match read("Patient", "identifier", &Modifier::None, value) {
            Some(Operand::Token { system, code }) => Some((system, code)),
            _ => None,
        };
        assert_eq!(token("a"), Some((None, some("a"))));
        assert_eq!(token("urn:x|a"), Some((some("urn:x"), some("a"))));
        assert_eq!(token("|a"), Some((some(""), some("a"))));
        assert_eq!(token("urn:x|"), Some((some("urn:x"), None)));
        assert_eq!(token("|"), None);
        assert_eq!(token("a|b|c"), None);
    }

    #[test]
    fn a_reference_has_three_forms() {
        let read = |modifier: &Modifier, value: &str| read("Observation", "subject", modifier, value);
        let patient = Some(ResourceType::PATIENT);
        assert_eq!(
            read(&Modifier::None, "Patient/a"),
            Some(Operand::Reference { ty: patient, id: some("a"), url: None })
        );
        assert_eq!(read(&Modifier::None, "a"), Some(Operand::Reference { ty: None, id: some("a"), url: None }));
        for url in ["https://x/fhir/Patient/a", "urn:uuid:1"] {
            assert_eq!(read(&Modifier::None, url), Some(Operand::Reference { ty: None, id: None, url: some(url) }));
        }
        let typed = Modifier::Type(ResourceType::PATIENT);
        assert!(read(&typed, "Patient/a").is_some() && read(&typed, "a").is_some());
        assert_eq!(read(&typed, "Group/a"), None);
    }

    #[test]
    fn a_reference_by_identifier_needs_the_value() {
        let read = |value: &str| read("Observation", "subject", &Modifier::Identifier, value);
        assert_eq!(read("urn:x|1"), Some(Operand::Token { system: some("urn:x"), code: some("1") }));
        assert_eq!(read("1"), Some(Operand::Token { system: None, code: some("1") }));
        assert_eq!(read("urn:x|"), None);
    }

    #[test]
    fn a_quantity_has_a_number_then_all_or_nothing() {
        let read = |value: &str| match read("Observation", "value-quantity", &Modifier::None, value) {
            Some(Operand::Quantity { test, system, code }) => Some((test.comparator, system, code)),
            _ => None,
        };
        assert_eq!(read("5.4|urn:u|mg"), Some((Comparator::Eq, some("urn:u"), some("mg"))));
        assert_eq!(read("le5.4||mg"), Some((Comparator::Le, None, some("mg"))));
        assert_eq!(read("-5.4"), Some((Comparator::Eq, None, None)));
        for bad in ["", "x|urn:u|mg", "5.4|mg", "5.4|urn:u|mg|x", "5,4", "NaN", "inf", "5.4mg"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_date_keeps_its_precision_and_prefix() {
        let day = 86_400_000_000;
        assert_eq!(date_test("1970-01-02"), Some(DateTest { comparator: Comparator::Eq, lo: day, hi: 2 * day }));
        assert_eq!(
            date_test("ap1970-01-02"),
            Some(DateTest { comparator: Comparator::Ap, lo: day - day / 10, hi: 2 * day + day / 10 })
        );
        for (prefix, comparator) in [
            ("eq", Comparator::Eq),
            ("ne", Comparator::Ne),
            ("gt", Comparator::Gt),
            ("lt", Comparator::Lt),
            ("ge", Comparator::Ge),
            ("le", Comparator::Le),
            ("sa", Comparator::Sa),
            ("eb", Comparator::Eb),
            ("ap", Comparator::Ap),
        ] {
            assert_eq!(date_test(&format!("{prefix}2024")).unwrap().comparator, comparator);
        }
        for bad in ["", "ge", "xx2024", "2024-13", "01/02/2024", "2024-01-01 10:00", "2024-01-01T10:00  01:00"] {
            assert_eq!(date_test(bad), None, "{bad}");
        }
        // A bare `+` is a space in an address.
        assert_eq!(date_test("ge2024-01-01T10:00 01:00"), date_test("ge2024-01-01T10:00+01:00"));
        assert!(date_test("2024-01-01T10:00 01:00").is_some());
    }
}
