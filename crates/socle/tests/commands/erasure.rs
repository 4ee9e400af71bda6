//! A person erased for ever, by two.

use crate::{Desk, bundle, mode};
use std::process::Command;

const PLACE: &str = "--dir demo --root-key root.key";

#[test]
fn who_two_people_erased_stays_erased_in_an_older_copy() {
    let desk = Desk::new();
    desk.serve("demo --dir demo --small --listen 127.0.0.1:0 --ready-file ready.json", "ready.json").stop();
    std::fs::rename(desk.path("demo/demo-root.key"), desk.path("root.key")).unwrap();
    desk.write("in.json", &bundle());
    let (exit, report) = desk.json(&format!("import {PLACE} --place 990000025 --json in.json"));
    assert_eq!(exit, 0, "{report}");
    let copied = Command::new("cp").arg("-r").arg(desk.path("demo")).arg(desk.path("copy")).status().unwrap();
    assert!(copied.success());

    assert_eq!(desk.refused(&format!("person erase {PLACE} --person nobody")).0, 1);
    let erase = format!("person erase {PLACE} --person p");
    let (exit, counted) = desk.json(&format!("{erase} --json"));
    assert_eq!((exit, counted["items"].as_i64(), counted["erased"].as_bool()), (0, Some(2), Some(false)), "{counted}");
    let step = |login: &str, more: &str| desk.typed(&format!("{erase} --as {login} {more}"), "socle-demo\n");
    let (exit, said) = step("directrice", "--reason demande --items 5");
    assert!(exit == 1 && said.contains("a changé"), "{said}");
    assert_eq!(step("dpo", "--approve").0, 1, "nobody has asked");
    let (exit, said) = step("amina", "--reason demande --items 2");
    assert!(exit == 1 && said.contains("se décide par"), "{said}");
    let (exit, said) = step("directrice", "--reason demande --items 2");
    assert_eq!(exit, 0, "{said}");
    let (exit, said) = step("directrice", "--approve");
    assert!(exit == 1 && said.contains("autre personne"), "{said}");
    let left = |out: &str| {
        let report = desk.json(&format!("export {PLACE} --out {out} --json")).1;
        report["exported"].as_u64().unwrap() + report["not_exported"].as_u64().unwrap()
    };
    let before = left("before");
    assert!(!desk.path("root.key.erasures").exists(), "nothing is erased by one");
    let (exit, said) = step("dpo", "--approve");
    assert_eq!(exit, 0, "{said}");
    assert_eq!(mode(&desk.path("root.key.erasures")), 0o600);
    assert_eq!(left("after"), before - 2);
    assert_eq!(desk.json(&format!("audit verify {PLACE} --json")).0, 0);

    std::fs::remove_dir_all(desk.path("demo")).unwrap();
    std::fs::rename(desk.path("copy"), desk.path("demo")).unwrap();
    let (exit, said) = desk.refused(&format!("export {PLACE} --out again"));
    assert!(exit <= 1 && said.contains("revenues d'une copie"), "{exit} {said}");
    assert_eq!(left("last"), before - 2);
    assert_eq!(desk.json(&format!("audit verify {PLACE} --json")).0, 0);
}
