use super::*;
use crate::json::Value;
use serde_json::json;

fn found(resource: &Value, text: &str) -> Result<Vec<String>, Unsure> {
    let budget = Budget::new();
    let node = Node::resource(resource);
    let frame = Frame { resource: node, root: node, around: None, budget: &budget };
    let expression = Expression::parse(text).unwrap_or_else(|| panic!("{text}"));
    let items = expression.find(node, &frame)?;
    Ok(items.iter().map(|item| item.text().map_or_else(|| "{}".to_owned(), |text| text.into_owned())).collect())
}

fn patient() -> Value {
    json!({"resourceType": "Patient", "id": "p", "active": true, "birthDate": "1950-02-03",
        "_birthDate": {"extension": [{"url": "urn:t", "valueDateTime": "1950-02-03T10:00:00Z"}]},
        "name": [{"family": "A", "given": ["b", null, "c"], "_given": [null, {"id": "x"}, null]}, {"text": "D"}],
        "multipleBirthInteger": 2, "contact": [{"gender": "male"}],
        "managingOrganization": {"reference": "#o"},
        "generalPractitioner": [{"reference": "Practitioner/1"}, {"reference": "urn:uuid:x"}],
        "contained": [{"resourceType": "Organization", "id": "o", "name": "O"}]})
}

#[test]
fn follows_paths_choices_and_companions() {
    for (text, expected) in [
        ("name.given", vec!["b", "{}", "c"]),
        ("Patient.name[1].text", vec!["D"]),
        ("name.given.id", vec!["x"]),
        ("multipleBirth", vec!["2"]),
        ("multipleBirth.ofType(integer)", vec!["2"]),
        ("multipleBirth.ofType(boolean)", vec![]),
        ("(multipleBirth as integer) > 1", vec!["true"]),
        ("birthDate.extension('urn:t').value", vec!["1950-02-03T10:00:00Z"]),
        ("managingOrganization.resolve().name", vec!["O"]),
        ("generalPractitioner.resolve() is Practitioner", vec!["true"]),
        ("generalPractitioner.resolve().count()", vec!["1"]),
        ("contact.gender", vec!["male"]),
        ("nothing.at.all", vec![]),
        ("Observation.value", vec![]),
        ("children().ofType(HumanName).count()", vec!["2"]),
        ("descendants().ofType(Reference).count()", vec!["3"]),
        ("name.first().family & '!' & name[7].family", vec!["A!"]),
    ] {
        assert_eq!(found(&patient(), text).unwrap(), expected, "{text}");
    }
}

#[test]
fn answers_with_three_truths() {
    for (text, expected) in [
        ("true and {}", None),
        ("false and {}", Some(false)),
        ("{} or true", Some(true)),
        ("{} implies true", Some(true)),
        ("{} implies false", None),
        ("false implies {}", Some(true)),
        ("true xor false", Some(true)),
        ("{} = 1", None),
        ("1 = 1.0", Some(true)),
        ("'a' = 'A'", Some(false)),
        ("'a  b' ~ 'A b'", Some(true)),
        ("(1 | 2 | 1).count() = 2", Some(true)),
        ("'b' in ('a' | 'b')", Some(true)),
        ("('a' | 'b') contains 'c'", Some(false)),
        ("name.all(family.exists() or text.exists())", Some(true)),
        ("name.where(text = 'D').exists()", Some(true)),
        ("name.exists(text = 'Z')", Some(false)),
        ("name.given.isDistinct()", Some(true)),
        ("name.select(given.count()) = (3 | 0)", Some(true)),
        ("birthDate < @1960", Some(true)),
        ("birthDate = '1950-02-03'", Some(true)),
        ("birthDate.hasValue()", Some(true)),
        ("active.not()", Some(false)),
        ("iif(active, 'y', 'n') = 'y'", Some(true)),
        ("'a'.iif($this = 'a', true, false)", Some(true)),
        ("'abc'.substring(1, 1) = 'b'", Some(true)),
        ("'abc'.matches('^a.c$')", Some(true)),
        ("'abc'.matches('b')", Some(true)),
        ("'a.b'.replaceMatches('\\\\..*', '') = 'a'", Some(true)),
        ("'12'.toInteger() + 1 = 13", Some(true)),
        ("7 div 2 = 3 and 7 mod 2 = 1", Some(true)),
        ("4 'kg' > 3 'kg'", Some(true)),
    ] {
        let truths = found(&patient(), text).unwrap();
        assert_eq!(
            truths.first().map(String::as_str),
            expected.map(|truth| if truth { "true" } else { "false" }),
            "{text}"
        );
    }
}

#[test]
fn says_when_it_cannot_know() {
    for text in [
        "active.memberOf('http://x')",
        "@2020 < @2020-05",
        "4 'kg' > 3 'g'",
        "%unknown.exists()",
        "today() > birthDate",
        "name.single()",
    ] {
        assert_eq!(found(&patient(), text), Err(Unsure), "{text}");
    }
    let budget = Budget::new();
    let value = patient();
    let node = Node::resource(&value);
    let frame = Frame { resource: node, root: node, around: None, budget: &budget };
    let endless = Expression::parse("repeat($this.descendants() | 'a')").unwrap();
    assert_eq!(endless.holds(node, &frame), Some(true), "it ends");
}
