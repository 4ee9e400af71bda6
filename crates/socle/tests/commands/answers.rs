//! Where answers go: an answer that nobody could read, and a document whatever happens to who asked for one.

use super::{Desk, bundle};
use serde_json::Value;
use std::process::Stdio;

/// What a command comes to, and says, when its answer goes nowhere.
fn unheard(desk: &Desk, line: &str) -> (Option<i32>, String) {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = desk.command(line).stdout(full).stderr(Stdio::piped()).output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn an_answer_that_could_not_be_written_is_no_success() {
    let desk = Desk::new();
    desk.write("in.json", &bundle());
    assert_eq!(desk.json("import --dir data --json in.json").0, 0);
    std::fs::write(desk.path("profiles.csv"), "profile\nAAAAAAAA\n").unwrap();
    std::fs::write(desk.path("lines.jsonl"), "{\"id\":1,\"kind\":\"text\",\"text\":\"A bien dormi.\"}\n").unwrap();
    for line in [
        "key share --dir data",
        "audit checkpoint --dir data",
        "audit verify --dir data --json",
        "scale score aggir --input profiles.csv",
        "label --input lines.jsonl",
        "account program --dir data --id relais --name Relais",
        "account secret --dir data --login relais",
    ] {
        let (exit, said) = unheard(&desk, line);
        assert!(exit == Some(3) && said.contains("n'a pas pu être écrite : disque plein"), "{line}: {exit:?} {said}");
        assert_eq!(said.contains("socle account secret --login relais"), line.starts_with("account"), "{line}: {said}");
    }
    assert_eq!(unheard(&desk, "account list --dir nowhere --json").0, Some(3));
    let output = desk.run("account secret --dir data --login relais");
    assert_eq!((output.status.code(), output.stdout.len() > 20), (Some(0), true), "made anew");
}

#[test]
fn whoever_asks_for_a_document_has_one_also_of_a_refusal() {
    let desk = Desk::new();
    desk.write("in.json", &bundle());
    assert_eq!(desk.json("import --dir data --json in.json").0, 0);
    for (line, exit) in [
        ("policy explain --dir data --actor inconnu --person p --json", 1),
        ("assets undo 99 --dir data --json", 1),
        ("export --dir data --out out --person nope --json", 1),
        ("person erase --dir data --person nope --json", 1),
        ("store check --dir nowhere --json", 3),
        ("export --dir data --out out --max-level 4 --json", 2),
    ] {
        let (code, document) = desk.json(line);
        let said = document.get("error").and_then(Value::as_str).unwrap_or_default();
        assert!(code == exit && said.ends_with('.'), "{line}: {code} {document}");
    }
    assert!(desk.run("store check --dir nowhere").stdout.is_empty());
}

#[test]
fn a_command_that_comes_to_nothing_makes_no_data() {
    let desk = Desk::new();
    desk.write("in.json", &bundle());
    std::fs::write(desk.path("words.csv"), "bonjour\n").unwrap();
    std::fs::create_dir(desk.path("mounted")).unwrap();
    std::fs::write(desk.path("mounted/note"), "à garder").unwrap();
    for dir in ["neuf", "mounted"] {
        for (line, exit) in [
            ("account add --login a --name A --role dir --place 990000033", 1),
            ("account program --id relais --name Relais --place 12", 2),
            ("import absent.json", 3),
            ("assets import words.csv", 3),
        ] {
            let (code, said) = desk.typed(&format!("{line} --dir {dir}"), "court\n");
            assert_eq!(code, exit, "{line}: {said}");
            let left = [format!("{dir}.root.key"), format!("{dir}.root.key.erasures"), format!("{dir}/main.db")];
            assert!(left.iter().all(|name| !desk.path(name).exists()), "{line}: {said}");
        }
    }
    assert!(!desk.path("neuf").exists());
    let names: Vec<_> =
        std::fs::read_dir(desk.path("mounted")).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(names, ["note"]);
    // What is there, and what comes to something, stays.
    assert_eq!(desk.json("import --dir neuf --json in.json").0, 0);
    assert_eq!(desk.refused("import --dir neuf absent.json").0, 3);
    assert_eq!(desk.json("store check --dir neuf --json").1["items"], 2);
}

/// A key that is named may be another's; what is left of data that were there is theirs.
#[test]
fn a_command_that_comes_to_nothing_takes_nothing_of_others() {
    let desk = Desk::new();
    std::fs::create_dir(desk.path("k")).unwrap();
    let (code, _) = desk.refused("import absent.json --dir a --root-key k/root.key");
    assert_eq!((code, desk.path("a").exists()), (3, false));
    assert!(desk.path("k/root.key").exists(), "others may have begun with it");
    for name in ["audit.db", "keys.db", "main.db-wal"] {
        let dir = desk.path(&format!("left-{name}"));
        std::fs::create_dir(&dir).unwrap();
        std::fs::write(dir.join(name), "ce qui reste").unwrap();
        desk.write("in.json", &bundle());
        let (code, said) = desk.refused(&format!("import in.json --place 990000025 --dir left-{name}"));
        assert!(code == 3 && said.contains("main.db manque"), "{code} {said}");
        assert_eq!(std::fs::read_to_string(dir.join(name)).unwrap(), "ce qui reste");
        assert_eq!(std::fs::read_dir(&dir).unwrap().count(), 1, "nothing is put beside it");
    }
}
