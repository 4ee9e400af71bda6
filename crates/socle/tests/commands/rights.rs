//! Why somebody may, or may not, read the items of a person.

use crate::{Desk, bundle};
use serde_json::{Value, json};

const PLACE: &str = "--dir demo --root-key root.key";

/// A decision and its rules.
type Said = (String, Vec<String>);

/// Decisions and rules on the Patient, then on its Condition of level 4.
fn both(desk: &Desk, asked: &str) -> Vec<Said> {
    let (exit, answer) = desk.json(&format!("policy explain {PLACE} --person p --json {asked}"));
    let items = answer.get("items").and_then(Value::as_array).unwrap();
    let [_, condition] = items.as_slice() else { panic!("{exit} {answer}") };
    assert_eq!((exit, &condition["categories"]), (0, &json!(["VIH"])));
    let told = |item: &Value| {
        let rules = item["rules"].as_array().unwrap().iter().map(|rule| rule.as_str().unwrap().to_owned());
        (item["decision"].as_str().unwrap().to_owned(), rules.collect())
    };
    items.iter().map(told).collect()
}

fn said(decision: &str, rules: &[&str]) -> Said {
    (decision.to_owned(), rules.iter().map(|rule| (*rule).to_owned()).collect())
}

#[test]
fn a_decision_is_explained_item_by_item_and_the_asking_is_written_down() {
    let desk = Desk::new();
    desk.serve("demo --dir demo --small --listen 127.0.0.1:0 --ready-file ready.json", "ready.json").stop();
    std::fs::rename(desk.path("demo/demo-root.key"), desk.path("root.key")).unwrap();
    desk.write("in.json", &bundle());
    assert_eq!(desk.json(&format!("import {PLACE} --place 990000025 --json in.json")).0, 0);
    let staff = said("permit", &["level1.staff"]);
    let size = |report: &Value| report["tree_size"].as_u64().unwrap();
    let before = size(&desk.json(&format!("audit verify {PLACE} --json")).1);

    assert_eq!(both(&desk, "--actor medco"), [staff.clone(), said("placeholder", &["scope", "session.step-up"])]);
    assert!(size(&desk.json(&format!("audit verify {PLACE} --json")).1) > before, "nobody asks unseen");
    assert_eq!(both(&desk, "--actor ines"), [staff.clone(), said("hidden", &["existence.secret"])]);
    assert_eq!(both(&desk, "--actor amina"), [staff, said("hidden", &["relation.none"])]);
    assert_eq!(both(&desk, "--actor demo-api"), [said("permit", &["client"]), said("permit", &["client"])]);
    let none = said("hidden", &["session.none"]);
    assert_eq!(both(&desk, "--actor medco --strength none"), [none.clone(), none]);
    let years_ago = both(&desk, "--actor medco --at 2001-01-01");
    assert_eq!(years_ago.last(), Some(&said("hidden", &["relation.none"])), "nobody had a post then");
    let (exit, one) = desk.json(&format!("policy explain {PLACE} --actor medco --person p --item Condition/c --json"));
    assert_eq!((exit, &one["decision"], &one["obligations"]), (0, &json!("placeholder"), &json!([])));
    assert_eq!(one["grounds"][0], "assignment:medco@1", "what binds the actor to others is not told: {one}");

    // An item of somebody else's record that names this person too.
    let mentions = json!({"resourceType": "Bundle", "type": "transaction", "entry": [
        {"fullUrl": "urn:uuid:3", "request": {"method": "POST", "url": "Patient"},
         "resource": {"resourceType": "Patient", "id": "q", "name": [{"family": "Le Goff"}]}},
        {"fullUrl": "urn:uuid:5", "request": {"method": "POST", "url": "Patient"},
         "resource": {"resourceType": "Patient", "id": "s", "name": [{"family": "Le Bihan"}]}},
        {"fullUrl": "urn:uuid:4", "request": {"method": "POST", "url": "Observation"},
         "resource": {"resourceType": "Observation", "id": "o", "status": "final", "code": {"text": "Poids"},
            "subject": {"reference": "urn:uuid:3"}, "performer": [{"reference": "urn:uuid:5"}]}}]});
    desk.write("two.json", &mentions);
    assert_eq!(desk.json(&format!("import {PLACE} --place 990000025 --json two.json")).0, 0);
    let (exit, one) =
        desk.json(&format!("policy explain {PLACE} --actor medco --person s --item Observation/o --json"));
    assert_eq!((exit, &one["decision"], &one["person"]), (0, &json!("permit"), &json!("s")), "{one}");
    let (exit, one) =
        desk.json(&format!("policy explain {PLACE} --actor demo-api --person p --item Condition/c --json"));
    assert_eq!((exit, &one["reach"], &one["open"]), (0, &json!(4), &json!(true)), "{one}");
    let (_, one) = desk.json(&format!("policy explain {PLACE} --actor medco --person p --device obsolete --json"));
    assert_eq!((&one["reach"], &one["device"]), (&json!(2), &json!("obsolete")), "{one}");

    let refused = |more: &str| desk.refused(&format!("policy explain {PLACE} {more}"));
    for (more, code, part) in [
        ("--actor personne --person p", 1, "Aucun compte"),
        ("--actor medco --person zz", 1, "Aucune personne"),
        ("--actor medco --person p --item Condition/zz", 1, "n'est pas dans le dossier"),
        ("--actor medco --person p --item ailleurs", 1, "n'est pas dans le dossier"),
        ("--actor medco --person p --device pc-perdu", 2, "Postes enrôlés"),
        ("--actor medco --person p --item Condition/c/_history/1", 1, "n'est pas dans le dossier"),
        ("--actor demo-api --person p --purpose relabel", 2, "Personne n'entre ainsi"),
        ("--actor medco --person p --strength client", 2, "Personne n'entre ainsi"),
        ("--actor medco --person p --strength forte", 2, "--strength"),
        ("--actor medco --person p --purpose curiosite", 2, "--purpose"),
        ("--actor medco --person p --at hier", 2, "--at"),
        ("--actor medco", 2, "--person"),
    ] {
        let (exit, said) = refused(more);
        assert!(exit == code && said.contains(part), "{more}: {exit} {said}");
    }
    let text = String::from_utf8(desk.run(&format!("policy explain {PLACE} --actor medco --person p")).stdout).unwrap();
    assert!(text.contains("niveau 4 (VIH)") && !text.contains("Quéméner") && !text.contains("B24"), "labels, no text");
}
