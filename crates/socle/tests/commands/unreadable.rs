//! What cannot be read, and what is damaged: the exit code says which, the words are French.

use super::{Desk, bundle};
use serde_json::Value;

fn put(desk: &Desk, name: &str, text: &str) {
    std::fs::write(desk.path(name), text).unwrap();
}

#[test]
fn a_file_that_is_none_and_a_file_with_a_mistake_are_told_apart() {
    let desk = Desk::new();
    for (name, text) in [("empty.json", ""), ("cut.json", "{\"resourceType\""), ("words.json", "bonjour")] {
        put(&desk, name, text);
        let (exit, report) = desk.json(&format!("import --dir data --json {name}"));
        assert_eq!((exit, report["refused"].as_u64()), (3, Some(1)), "{name}: {report}");
    }
    std::fs::create_dir(desk.path("vide")).unwrap();
    let (exit, said) = desk.refused("import --dir data vide");
    assert!(exit == 3 && said.contains("aucun fichier"), "{exit} {said}");
    put(&desk, "lines.ndjson", "{\"resourceType\":\"Patient\",\"id\":\"a\"}\n{bad\n");
    assert_eq!(desk.json("import --dir data --json lines.ndjson").0, 1);
    let gone = r#"{"resourceType":"Bundle","type":"transaction","entry":[
        {"request":{"method":"DELETE","url":"Patient/a"}},
        {"resource":{"resourceType":"Patient"},"request":{"method":"POST","url":"Patient"}}]}"#;
    put(&desk, "gone.json", gone);
    let (exit, report) = desk.json("import --dir data --json gone.json");
    assert_eq!((exit, report["created"].as_u64()), (1, Some(0)), "{report}");
}

#[test]
fn what_is_no_checkpoint_is_no_alarm_and_a_damaged_log_has_a_report() {
    let desk = Desk::new();
    desk.write("in.json", &bundle());
    assert_eq!(desk.json("import --dir data --json in.json").0, 0);
    put(&desk, "words.txt", "bonjour\n");
    let (exit, said) = desk.refused("audit verify --dir data --checkpoint words.txt");
    assert!(exit == 3 && said.contains("point de contrôle"), "{exit} {said}");
    let (exit, point) = desk.json("audit checkpoint --dir data --json");
    assert_eq!(exit, 0);
    put(&desk, "point.txt", point["checkpoint"].as_str().unwrap());
    assert_eq!(desk.json("audit verify --dir data --checkpoint point.txt --json").0, 0);
    let log = rusqlite::Connection::open(desk.path("data/audit.db")).unwrap();
    assert!(log.execute("DELETE FROM node", []).unwrap() > 0);
    drop(log);
    let (exit, report) = desk.json("audit verify --dir data --json");
    assert_eq!(exit, 5);
    assert!(report["findings"].as_array().is_some_and(|all| !all.is_empty()), "{report}");
}

#[test]
fn lost_leaves_of_the_log_are_said_once_and_in_french() {
    let desk = Desk::new();
    desk.write("in.json", &bundle());
    assert_eq!(desk.json("import --dir data --json in.json").0, 0);
    for number in 0..3 {
        assert_eq!(desk.json(&format!("export --dir data --out out{number} --json")).0, 0);
    }
    // What was written is put in order when it is looked at.
    let (exit, report) = desk.json("audit verify --dir data --json");
    assert!(exit == 0 && report["tree_size"].as_u64().is_some_and(|size| size > 4), "{report}");
    let lose = |positions: &str| {
        let log = rusqlite::Connection::open(desk.path("data/audit.db")).unwrap();
        assert!(log.execute(&format!("DELETE FROM leaf WHERE {positions}"), []).unwrap() > 0);
    };
    for (positions, said, detail) in [
        ("position = 1", "constat : il manque la feuille 1.", "1 is missing"),
        ("position IN (2, 3)", "constat : il manque les feuilles 1 à 3 (3).", "1 to 3 are missing"),
    ] {
        lose(positions);
        let (exit, report) = desk.json("audit verify --dir data --json");
        let found: Vec<_> =
            report["findings"].as_array().unwrap().iter().map(|one| (&one["code"], &one["detail"])).collect();
        assert_eq!((exit, found), (5, vec![(&"leaf".into(), &detail.into())]), "{report}");
        let (exit, told) = desk.refused("audit verify --dir data");
        assert!(exit == 5 && told.lines().any(|line| line == said), "{told}");
    }
    let (exit, told) = desk.refused("store check --dir data");
    assert!(exit == 5 && told.contains("constat : journal : il manque les feuilles 1 à 3 (3)."), "{told}");
}

#[test]
fn a_line_that_is_none_is_answered_in_french() {
    let desk = Desk::new();
    let lines = "[\"x\",\"text\"]\n{\"id\":1,\"text\":\"a\"}\n{\"id\":2,\"kind\":\"blob\"}\n{bad\n{\"id\":3,\"kind\":\"text\",\"text\":4}\n{\"id\":5,\"kind\":\"text\",\"text\":\"A bien dormi.\"}\n";
    put(&desk, "lines.jsonl", lines);
    let output = desk.run("label --input lines.jsonl");
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    let answers: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let why: Vec<&str> = answers.iter().map(|one| one["error"].as_str().unwrap_or_default()).collect();
    let expected = ["objet JSON", "« kind » manque", "coded", "colonne", "« text » est un texte", ""];
    assert_eq!(why.len(), expected.len());
    assert!(why.iter().zip(expected).all(|(why, part)| why.contains(part)), "{why:?}");
    assert_eq!((&answers[1]["id"], &answers[5]["level"]), (&Value::from(1), &Value::from(1)));
}
