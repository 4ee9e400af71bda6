//! Persons who may be the same: so that nobody has two records, and two persons never share one.

use super::Admission;
use ::fhir::Resource;
use ::fhir::json::Value;
use ::fhir::search::normalise;

/// Why a known person may be the one who is admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Likeness {
    /// They have the same national number: it is the same person, or a number is wrong.
    Number,
    /// They were born the same day, and one of their names is the same, or nearly.
    Birth,
    /// Their names are the same, or nearly.
    Names,
}

/// Whether a known person may be the one who is admitted, and by what.
pub fn likeness(new: &Admission, known: &Resource) -> Option<Likeness> {
    if new.ins().is_some_and(|ins| numbers(known).any(|number| number == ins.value())) {
        return Some(Likeness::Number);
    }
    let (families, given) = names(known);
    let near = |ours: &[String], theirs: &[String]| {
        ours.iter().any(|one| theirs.iter().any(|other| is_one_letter_apart(one, other)))
    };
    let (own_families, own_given) = new.names();
    let (own_families, own_given) = (plain_all(own_families), plain_all(own_given));
    let (family, first) = (near(&own_families, &families), near(&own_given, &given));
    let born = new.born().to_string();
    match known.str_at(&["birthDate"]) {
        Some(theirs) if theirs == born && (family || first) => Some(Likeness::Birth),
        _ => (family && first).then_some(Likeness::Names),
    }
}

/// Equal, or made equal by one letter put in, left out or changed.
pub fn is_one_letter_apart(one: &str, other: &str) -> bool {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let begins = one.iter().zip(&other).take_while(|(a, b)| a == b).count();
    let ends = one.iter().rev().zip(other.iter().rev()).take_while(|(a, b)| a == b).count();
    let (short, long) = (one.len().min(other.len()), one.len().max(other.len()));
    long <= short + 1 && begins + ends + 1 >= long
}

/// As names are compared: without accents, hyphens, apostrophes nor spaces.
fn plain(name: &str) -> String {
    normalise(name).chars().filter(|sign| sign.is_alphanumeric()).collect()
}

fn plain_all<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    names.into_iter().map(plain).filter(|name| !name.is_empty()).collect()
}

/// The national numbers of somebody.
fn numbers(patient: &Resource) -> impl Iterator<Item = &str> {
    let all = patient.get(&["identifier"]).and_then(Value::as_array).into_iter().flatten();
    let national = |one: &&Value| {
        one.get("system").and_then(Value::as_str).is_some_and(|system| system.starts_with("urn:oid:1.2.250.1.213.1.4."))
    };
    all.filter(national).filter_map(|one| one.get("value")?.as_str())
}

/// Family names and given names, each once, as they are compared.
fn names(patient: &Resource) -> (Vec<String>, Vec<String>) {
    let all = patient.get(&["name"]).and_then(Value::as_array).into_iter().flatten();
    let (mut families, mut given) = (Vec::new(), Vec::new());
    for name in all {
        families.extend(plain_all(name.get("family").and_then(Value::as_str)));
        let each = name.get("given").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        given.extend(plain_all(each));
    }
    (families, given)
}

#[cfg(test)]
mod tests {
    use super::super::{Sheet, Spot};
    use super::*;
    use jiff::civil::date;
    use serde_json::json;

    fn new(family: &str, given: &str, born: &str, ins: &str) -> Admission {
        let text = str::to_owned;
        let sheet = Sheet {
            family: text(family),
            given: text(given),
            born: text(born),
            sex: "F".into(),
            ins: text(ins),
            start: "2026-05-01".into(),
            ..Sheet::default()
        };
        Admission::parse(&sheet, Spot::default(), date(2026, 5, 28)).unwrap()
    }

    /// By its definition: every way to change one letter.
    fn naive(one: &[char], other: &[char]) -> bool {
        let without = |word: &[char], at: usize| [&word[..at], &word[at + 1..]].concat();
        one == other
            || (0..one.len()).any(|at| without(one, at) == other)
            || (0..other.len()).any(|at| without(other, at) == one)
            || (one.len() == other.len() && (0..one.len()).any(|at| without(one, at) == without(other, at)))
    }

    #[test]
    fn one_letter_apart_as_it_is_defined() {
        let longer = |word: &String| ['a', 'b', 'c'].map(|letter| format!("{word}{letter}"));
        let mut words = vec![String::new()];
        for from in [0, 1, 4, 13] {
            let next: Vec<String> = words[from..].iter().flat_map(longer).collect();
            words.extend(next);
        }
        let letters = |word: &str| word.chars().collect::<Vec<char>>();
        for (one, other) in words.iter().flat_map(|one| words.iter().map(move |other| (one, other))) {
            assert_eq!(is_one_letter_apart(one, other), naive(&letters(one), &letters(other)), "{one:?}, {other:?}");
        }
        assert_eq!(words.len(), 121);
    }

    #[test]
    fn the_same_person_is_found_whatever_is_written_otherwise() {
        let known = |value| Resource::from_value(value).unwrap();
        let odette = known(json!({"resourceType": "Patient", "id": "a", "birthDate": "1938-03-07",
            "identifier": [{"system": "urn:oid:1.2.250.1.213.1.4.10", "value": "109076322083489"}],
            "name": [{"use": "official", "family": "Quéméner", "given": ["Marie-Odette"]},
                {"use": "usual", "family": "Le Goff"}]}));
        let asked = |family, given, born, ins| likeness(&new(family, given, born, ins), &odette);
        assert_eq!(asked("Rien", "Personne", "1950-01-01", "1 09 07 63 220 834 89"), Some(Likeness::Number));
        assert_eq!(asked("QUEMENER", "Yvette", "1938-03-07", ""), Some(Likeness::Birth));
        assert_eq!(asked("Roux", "Marie Odette", "1938-03-07", ""), None, "first names apart are two");
        assert_eq!(asked("Roux", "Marieodette", "1938-03-07", ""), Some(Likeness::Birth));
        assert_eq!(asked("legoff", "marie-odete", "1950-01-01", ""), Some(Likeness::Names));
        assert_eq!(asked("Quéméner", "Yvette", "1950-01-01", ""), None);
        assert_eq!(asked("Roux", "Yvette", "1938-03-07", ""), None);
        let nobody = known(json!({"resourceType": "Patient", "id": "b"}));
        assert_eq!(likeness(&new("Roux", "Yvette", "1938-03-07", ""), &nobody), None);
    }
}
