//! Who a person is, as a page shows it.

use super::dates;
use domain::care::stay::is_provisional;
use fhir::Resource;
use fhir::json::Value;
use jiff::civil::Date;

/// National identifiers (INS) by OID, and what has to be said with each.
const INS: [(&str, &str); 4] = [
    ("urn:oid:1.2.250.1.213.1.4.8", ""),
    ("urn:oid:1.2.250.1.213.1.4.9", "numéro d’attente (NIA)"),
    ("urn:oid:1.2.250.1.213.1.4.10", "identité de test"),
    ("urn:oid:1.2.250.1.213.1.4.11", "identité de démonstration"),
];

/// The identity strip.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) name: String,
    pub(crate) sex: &'static str,
    pub(crate) born: String,
    pub(crate) age: Option<String>,
    /// That they are no longer here: deceased, or gone.
    pub(crate) gone: Option<String>,
    pub(crate) ins: Option<Ins>,
}

/// A national identifier and what has to be said with it.
#[derive(Debug)]
pub(crate) struct Ins {
    pub(crate) value: String,
    pub(crate) mention: &'static str,
}

impl Identity {
    pub(crate) fn of(patient: &Resource, today: Date) -> Self {
        let born = patient.str_at(&["birthDate"]).unwrap_or_default();
        let deceased = match patient.str_at(&["deceasedDateTime"]) {
            Some(date) => Some(format!("{} le {}", gone(patient), dates::short(date))),
            None if patient.get(&["deceasedBoolean"]) == Some(&Value::Bool(true)) => {
                Some("personne décédée".to_owned())
            }
            None => None,
        };
        // Of whoever has left, an age is still theirs.
        let age = dates::age(born, today).filter(|_| deceased.is_none());
        let left = || (patient.get(&["active"]) == Some(&Value::Bool(false))).then(|| left(patient).to_owned());
        Self {
            name: name(patient),
            sex: sex(patient),
            born: dates::short(born),
            age,
            gone: deceased.or_else(left),
            ins: ins(patient),
        }
    }

    /// Family name and given names; a name that is not cut in parts is all family.
    pub(crate) fn names(patient: &Resource) -> (String, String) {
        let Some(name) = used(patient) else { return (String::new(), String::new()) };
        let given = name.get("given").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        let given = given.collect::<Vec<&str>>().join(" ");
        let family = text(name, "family").unwrap_or_default().to_owned();
        if family.is_empty() && given.is_empty() {
            return (text(name, "text").unwrap_or_default().to_owned(), given);
        }
        (family, given)
    }

    /// Before the day of their birth.
    pub(crate) fn born_word(&self) -> &'static str {
        if self.sex == "Femme" { "née" } else { "né" }
    }
}

fn name(patient: &Resource) -> String {
    let (family, given) = Identity::names(patient);
    let whole = format!("{} {given}", family.to_uppercase()).trim().to_owned();
    if whole.is_empty() { "Sans nom".to_owned() } else { whole }
}

/// The name that one goes by.
fn used(patient: &Resource) -> Option<&Value> {
    let names = patient.get(&["name"]).and_then(Value::as_array)?;
    let used = |wanted: &str| names.iter().find(|name| text(name, "use") == Some(wanted));
    used("usual").or_else(|| used("official")).or_else(|| names.first())
}

fn gone(patient: &Resource) -> &'static str {
    match patient.str_at(&["gender"]) {
        Some("female") => "décédée",
        Some("male") => "décédé",
        _ => "décès",
    }
}

fn left(patient: &Resource) -> &'static str {
    match patient.str_at(&["gender"]) {
        Some("female") => "partie",
        Some("male") => "parti",
        _ => "parti(e)",
    }
}

fn sex(patient: &Resource) -> &'static str {
    match patient.str_at(&["gender"]) {
        Some("female") => "Femme",
        Some("male") => "Homme",
        Some("other") => "Autre",
        _ => "Sexe inconnu",
    }
}

fn ins(patient: &Resource) -> Option<Ins> {
    let all = patient.get(&["identifier"])?.as_array()?;
    INS.iter().find_map(|(system, mention)| {
        let found = all.iter().find(|one| text(one, "system") == Some(system))?;
        // A number that somebody typed is not one that the national service has given.
        let mention = if is_provisional(patient) { "identité provisoire" } else { mention };
        Some(Ins { value: grouped(text(found, "value")?), mention })
    })
}

/// `2 38 03 99 123 456 78`, as on a card.
fn grouped(value: &str) -> String {
    if value.len() != 15 || !value.is_ascii() {
        return value.to_owned();
    }
    let mut out = String::new();
    for (index, letter) in value.chars().enumerate() {
        if matches!(index, 1 | 3 | 5 | 7 | 10 | 13) {
            out.push('\u{a0}');
        }
        out.push(letter);
    }
    out
}

fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key)?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use serde_json::json;

    #[test]
    fn says_who_it_is_and_that_an_identity_is_a_test() {
        let patient = Resource::from_value(json!({"resourceType": "Patient", "gender": "female",
            "birthDate": "1938-03-07", "name": [{"use": "official", "family": "Quéméner", "given": ["Odette"]}],
            "identifier": [{"system": "urn:oid:1.2.250.1.213.1.4.10", "value": "238039912345678"}]}))
        .unwrap();
        let identity = Identity::of(&patient, date(2026, 11, 24));
        assert_eq!((identity.name.as_str(), identity.sex), ("QUÉMÉNER Odette", "Femme"));
        assert_eq!(identity.age.as_deref(), Some("88\u{a0}ans"));
        let ins = identity.ins.unwrap();
        assert_eq!(ins.value.replace('\u{a0}', " "), "2 38 03 99 123 456 78");
        assert_eq!(ins.mention, "identité de test");
    }

    #[test]
    fn whoever_is_no_longer_here_is_said_to_be_gone() {
        let of = |more: &str| {
            let text = format!(r#"{{"resourceType":"Patient","gender":"female","birthDate":"1938-03-07"{more}}}"#);
            let who = Identity::of(&Resource::from_slice(text.as_bytes()).unwrap(), date(2026, 11, 24));
            (who.gone, who.age.is_some())
        };
        assert_eq!(of(""), (None, true));
        assert_eq!(of(r#","active":true"#), (None, true));
        assert_eq!(of(r#","active":false"#), (Some("partie".to_owned()), true));
        let died = Some("décédée le 03/05/2026".to_owned());
        assert_eq!(of(r#","active":false,"deceasedDateTime":"2026-05-03""#), (died.clone(), false));
        assert_eq!(of(r#","deceasedDateTime":"2026-05-02T22:30:00.000Z""#), (died, false), "the day here");
        assert_eq!(of(r#","deceasedBoolean":true"#), (Some("personne décédée".to_owned()), false));
    }

    #[test]
    fn a_person_without_anything_still_has_a_line() {
        let identity = Identity::of(&Resource::new(fhir::ResourceType::PATIENT, "a"), date(2026, 1, 1));
        assert_eq!((identity.name.as_str(), identity.sex, identity.born.as_str()), ("Sans nom", "Sexe inconnu", ""));
    }
}
