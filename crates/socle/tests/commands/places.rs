//! What establishments are called, and what they are.

use crate::{Desk, bundle};
use serde_json::{Value, json};

fn listed(desk: &Desk) -> Vec<Value> {
    let (exit, report) = desk.json("place list --dir data --json");
    assert_eq!(exit, 0);
    report.get("places").and_then(Value::as_array).unwrap().clone()
}

#[test]
fn an_establishment_is_named_and_told_what_it_is() {
    let desk = Desk::new();
    desk.write("in.json", &bundle());
    assert_eq!(desk.json("import --dir data --place 990000025 --json in.json").0, 0);
    assert_eq!(listed(&desk), [json!({"finess": "990000025", "name": "Établissement 990000025", "type": null})]);
    for (line, exit, said) in [
        ("place set --dir data --finess 990000025", 2, "Il manque"),
        ("place set --dir data --finess 990000025 --type clinique", 2, "ehpad : EHPAD"),
        ("place set --dir data --finess 12 --type ehpad", 2, "FINESS"),
        ("place set --dir data --finess 990000099 --type ehpad", 1, "n'est pas connu"),
        ("place set --dir data --finess 990000025 --type EHPAD", 0, "Qui lit quoi"),
        ("place set --dir data --finess 990000025 --name Tilleuls", 0, "C'est enregistré"),
        ("place add --dir data --finess 990000025 --name Tilleuls --type ime", 1, "déjà décrit"),
        ("place add --dir data --finess 990000033 --name Ormes --type other", 0, "Établissement ajouté"),
        ("place add --dir other --finess 990000033 --name Ormes --type ime", 0, "Établissement ajouté"),
    ] {
        let (code, text) = desk.refused(line);
        assert!(code == exit && text.contains(said), "{line}: {code} {text}");
    }
    assert_eq!(
        listed(&desk),
        [
            json!({"finess": "990000025", "name": "Tilleuls", "type": "ehpad"}),
            json!({"finess": "990000033", "name": "Ormes", "type": "other"})
        ]
    );
    assert_eq!(desk.json("place list --dir other --json").1["places"].as_array().unwrap().len(), 1);
    // The server that holds the data does it, and shows it at once.
    let served = desk.serve("serve --dir data --listen 127.0.0.1:0 --admin 127.0.0.1:0 --ready-file ready", "ready");
    assert_eq!(desk.refused("place add --dir data --finess 990000041 --name Saules --type mecs").0, 0);
    assert_eq!(listed(&desk).len(), 3);
    drop(served);
}
