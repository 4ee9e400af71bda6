//! Every parameter of the table with every modifier it takes: a resource made for it answers, and one made for something
//! else does not.

use super::*;
use crate::search::path::Path;
use std::collections::BTreeSet;

/// What is asked (modifier, value), and what is asked in vain.
type Ask = (String, String);

/// Something of this type by which a parameter of this kind finds it.
fn leaf(param: &Param, ty: &str) -> Option<Value> {
    let coding = json!({"system": "urn:s", "code": "a1", "display": "Words here"});
    let quantity = json!({"value": 5, "unit": "mg", "system": "urn:u", "code": "mg"});
    Some(match (param.kind, ty) {
        (ParamKind::Token, "Boolean") => json!(true),
        (ParamKind::Token, "Coding") => coding,
        (ParamKind::Token, "CodeableConcept") => json!({"coding": [coding], "text": "Words here"}),
        (ParamKind::Token, "Identifier") => json!({"system": "urn:s", "value": "a1", "type": {"text": "Words here",
            "coding": [{"system": "urn:t", "code": "MR"}]}}),
        (ParamKind::Token, "ContactPoint") => json!({"system": "phone", "value": "a1"}),
        (ParamKind::Token, "Code" | "Id" | "String" | "Uri" | "Canonical" | "Oid") => json!("a1"),
        (ParamKind::String, "String" | "Markdown") => json!("Alpha Bêta"),
        (ParamKind::String, "HumanName") => json!({"family": "Alpha Bêta"}),
        (ParamKind::String, "Address") => json!({"city": "Alpha Bêta"}),
        (ParamKind::String, "CodeableConcept" | "Annotation") => json!({"text": "Alpha Bêta"}),
        (ParamKind::Date, "Date" | "DateTime" | "Instant") => json!("2024-05-17"),
        (ParamKind::Date, "Period") => json!({"start": "2024-05-17", "end": "2024-05-17"}),
        (ParamKind::Date, "Timing") => json!({"event": ["2024-05-17"]}),
        (ParamKind::Number, "Decimal" | "Integer" | "PositiveInt" | "UnsignedInt") => json!(5),
        (ParamKind::Number, "Range") => json!({"low": {"value": 5}, "high": {"value": 5}}),
        (ParamKind::Quantity, "Range") => json!({"low": {"value": 5}, "high": {"value": 5}}),
        (ParamKind::Quantity, "Money") => json!({"value": 5, "currency": "mg"}),
        (ParamKind::Quantity, _) if ["Quantity", "Age", "Duration", "Distance", "Count"].contains(&ty) => quantity,
        (ParamKind::Reference, "Reference") => {
            json!({"reference": format!("{}/a1", param.targets.first()?), "identifier": {"system": "urn:s", "value": "a1"}})
        }
        (ParamKind::Reference, "Canonical" | "Uri" | "Url") => json!("https://x/y/a1"),
        (ParamKind::Uri, "Uri" | "Url" | "Canonical" | "Oid") => json!("https://x/y/a1"),
        _ => return None,
    })
}

/// Reads `modifier=value; modifier=value`.
fn asks(text: &str) -> Vec<Ask> {
    let pair =
        |part: &str| part.trim().split_once('=').map(|(modifier, value)| (modifier.to_owned(), value.to_owned()));
    text.split(';').filter_map(pair).collect()
}

/// What finds a value of this type, and what does not.
fn asked(param: &Param, ty: &str, target: Option<ResourceType>) -> (Vec<Ask>, Vec<Ask>) {
    let (mut yes, mut no) = match param.kind {
        ParamKind::Token => of_tokens(param, ty),
        ParamKind::String => (
            asks("=alpha b; =ALPHA BÊTA; :exact=Alpha Bêta; :contains=a bet"),
            asks("=beta; :exact=alpha beta; :contains=gamma"),
        ),
        ParamKind::Date => of_dates(),
        ParamKind::Number | ParamKind::Quantity => of_numbers(param, ty),
        ParamKind::Reference if ty == "Reference" => of_references(param, target.unwrap()),
        ParamKind::Reference => (asks("=https://x/y/a1"), asks("=https://x/y/zz; =https://x/y")),
        ParamKind::Uri => (
            asks("=https://x/y/a1; :below=https://x/y; :above=https://x/y/a1/b"),
            asks("=https://x/y; :below=https://x/z; :above=https://x/y"),
        ),
        ParamKind::Composite | ParamKind::Special => (Vec::new(), Vec::new()),
    };
    yes.extend(asks(":missing=false"));
    no.extend(asks(":missing=true"));
    (yes, no)
}

fn of_tokens(param: &Param, ty: &str) -> (Vec<Ask>, Vec<Ask>) {
    if ty == "Boolean" {
        return (asks("=true; :not=false"), asks("=false; :not=true"));
    }
    let (mut yes, mut no) = (asks("=a1; =zz,a1; :not=zz"), asks("=zz; =a; :not=a1; :not=zz,a1"));
    if matches!(ty, "Coding" | "CodeableConcept" | "Identifier") {
        yes.extend(asks("=urn:s|a1; =urn:s|; :text=words"));
        no.extend(asks("=urn:x|a1; =|a1; =urn:x|; :text=here"));
    } else {
        yes.extend(asks("=|a1"));
    }
    if ty == "Identifier" && param.code.contains("identifier") {
        yes.extend(asks(":of-type=urn:t|MR|a1"));
        no.extend(asks(":of-type=urn:t|XX|a1; :of-type=urn:t|MR|zz"));
    }
    (yes, no)
}

fn of_dates() -> (Vec<Ask>, Vec<Ask>) {
    let yes = "=2024-05-17; =2024; =ge2024-05-17; =le2024-05-17; =gt2024-05-16; =lt2024-05-18; =sa2024-05-16; \
        =eb2024-05-18; =ne2024-05-18; =ap2024-05-17";
    let no = "=2024-05-18; =ge2024-05-18; =le2024-05-16; =gt2024-05-17; =lt2024-05-17; =sa2024-05-17; \
        =eb2024-05-17; =ne2024-05-17; =ap2025-05-17";
    (asks(yes), asks(no))
}

fn of_numbers(param: &Param, ty: &str) -> (Vec<Ask>, Vec<Ask>) {
    let mut yes = asks("=5; =ge5; =le5; =gt4; =lt6; =sa4; =eb6; =ne6; =ap5");
    let mut no = asks("=6; =ge6; =le4; =gt5; =lt5; =sa5; =eb5; =ne5; =ap9");
    if param.kind == ParamKind::Quantity && ty != "Range" {
        yes.extend(asks("=5||mg"));
        no.extend(asks("=5||kg; =5|urn:x|mg"));
    }
    if param.kind == ParamKind::Quantity && !matches!(ty, "Range" | "Money") {
        yes.extend(asks("=5|urn:u|mg"));
    }
    (yes, no)
}

fn of_references(param: &Param, target: ResourceType) -> (Vec<Ask>, Vec<Ask>) {
    let other = ResourceType::all().find(|kind| !param.targets.contains(kind));
    let yes = asks(&format!("={target}/a1; :{target}=a1; =a1; :identifier=urn:s|a1; :identifier=a1"));
    let mut no = asks(&format!("={target}/zz; :{target}=zz; =zz; :identifier=urn:x|a1; :identifier=|a1"));
    no.extend(other.map(|other| (String::new(), format!("{other}/a1"))));
    (yes, no)
}

/// The type a planted reference points at.
fn pointed_at(planted: &Value) -> Option<ResourceType> {
    let text = planted.to_string();
    let before = text.split("/a1\"").next().filter(|before| before.len() < text.len())?;
    ResourceType::parse(before.rsplit('"').next()?)
}

fn whole(kind: ResourceType, mut value: Value) -> Value {
    value.as_object_mut().unwrap().insert("resourceType".into(), kind.name().into());
    value
}

/// Checks one resource; how many questions were asked.
fn ask_all(kind: ResourceType, param: &Param, planted: Value, (yes, no): &(Vec<Ask>, Vec<Ask>)) -> usize {
    let planted = whole(kind, planted);
    let bare = whole(kind, json!({}));
    let say = |(modifier, value): &Ask| format!("{}{modifier}={}", param.code, value.replace('+', "%2B"));
    for ask in yes {
        let found = answers(&planted, &say(ask));
        assert!(found, "{kind}?{} misses {planted}", say(ask));
        let empty = answers(&bare, &say(ask));
        assert_eq!(empty, ask.0 == ":not", "{kind}?{} of nothing", say(ask));
    }
    for ask in no {
        assert!(!answers(&planted, &say(ask)), "{kind}?{} finds {planted}", say(ask));
    }
    yes.len() + no.len()
}

/// A resource for each path and type of value a plain parameter may find.
fn plain(kind: ResourceType, param: &Param) -> usize {
    let mut count = 0;
    for path in &param.paths {
        for (planted, ty) in path.plant(kind.name(), &|ty| leaf(param, ty)) {
            if path.truth(json!({}).as_object().unwrap()).is_some() {
                continue;
            }
            // A reference that must point at one type does.
            let questions = asked(param, &ty, pointed_at(&planted));
            count += ask_all(kind, param, planted, &questions);
        }
    }
    count
}

/// Joins what each part needs into one element.
fn graft(into: &mut Value, other: Value) {
    match (into, other) {
        (Value::Object(into), Value::Object(other)) => {
            for (key, value) in other {
                match into.get_mut(&key) {
                    Some(known) => graft(known, value),
                    None => drop(into.insert(key, value)),
                }
            }
        }
        (into, other) => *into = other,
    }
}

/// The parts of a composite planted together, each asked for by its first question.
fn composite(kind: ResourceType, param: &Param) -> usize {
    let mut count = 0;
    for base in &param.paths {
        let mut planted = json!({});
        let (mut yes, mut no) = (Vec::new(), Vec::new());
        for (part, part_param) in param.parts.iter().zip(param.parts()) {
            let grown = part.paths().find_map(|(from_root, path)| {
                let path: Path = if from_root { path.clone() } else { base.then(path) };
                path.plant(kind.name(), &|ty| leaf(part_param, ty)).into_iter().next()
            });
            let Some((value, ty)) = grown else { return 0 };
            graft(&mut planted, value);
            let questions = asked(part_param, &ty, pointed_at(&planted));
            yes.push(questions.0[0].1.clone());
            no.push(questions.1[0].1.clone());
        }
        let mut wrong = yes.clone();
        *wrong.last_mut().unwrap() = no.pop().unwrap();
        let plain = |value: &[String]| (String::new(), value.join("$"));
        let missing = |value: &str| (":missing".to_owned(), value.to_owned());
        let questions = (vec![plain(&yes), missing("false")], vec![plain(&wrong), missing("true")]);
        count += ask_all(kind, param, planted, &questions);
    }
    count
}

#[test]
fn every_parameter_finds_what_it_is_for_and_nothing_else() {
    let mut unasked = BTreeSet::new();
    let mut total = 0;
    for kind in ResourceType::all() {
        for param in params(kind).filter(|param| param.kind != ParamKind::Special) {
            let count = if param.kind == ParamKind::Composite { composite(kind, param) } else { plain(kind, param) };
            if count == 0 {
                unasked.insert(format!("{kind}.{}", param.code));
            }
            total += count;
        }
    }
    // A boolean path is tested by name; a Bundle's own resources are what they are, not what points at them.
    assert_eq!(unasked.into_iter().collect::<Vec<_>>(), ["Bundle.composition", "Bundle.message", "Patient.deceased"]);
    assert!(total > 20_000, "{total}");
}
