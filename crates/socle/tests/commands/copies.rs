//! Copies of several establishments side by side, whom they show themselves to, and why one would not do.

use super::{Desk, bundle, mode};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Establishments with their data, and a folder for the copies of all.
fn houses(names: &[&str]) -> Desk {
    let desk = Desk::new();
    desk.write("in.json", &bundle());
    for name in names {
        assert_eq!(desk.json(&format!("import --dir {name} --json in.json")).0, 0);
    }
    std::fs::create_dir(desk.path("nas")).unwrap();
    desk
}

fn backup(desk: &Desk, dir: &str) -> PathBuf {
    let (exit, saved) = desk.json(&format!("store backup --dir {dir} --to nas --json"));
    assert_eq!(exit, 0, "{saved}");
    let folder = saved.get("folder").and_then(Value::as_str).unwrap();
    desk.path("nas").join(folder)
}

fn drill(desk: &Desk, dir: &str, copy: &Path) -> (i32, Value) {
    desk.json(&format!("store drill --dir {dir} --copy {} --json", copy.display()))
}

fn codes(drill: &Value) -> Vec<&str> {
    let causes = drill.get("causes").and_then(Value::as_array).unwrap();
    causes.iter().map(|cause| cause.get("code").and_then(Value::as_str).unwrap()).collect()
}

#[test]
fn two_establishments_keep_their_copies_in_one_folder_at_one_instant() {
    let desk = houses(&["ours", "theirs"]);
    let mut started = ["ours", "theirs", "ours"].map(|dir| {
        let line = format!("store backup --dir {dir} --to nas --keep-days 1 --json");
        (dir, desk.command(&line).stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn())
    });
    let mut whole = 0;
    for (dir, child) in &mut started {
        let child = child.as_mut().unwrap();
        let status = child.wait().unwrap();
        let document: Value = serde_json::from_reader(child.stdout.take().unwrap()).unwrap();
        if status.code() == Some(4) {
            // Two commands on one store at once: the second is told to wait.
            assert!(document["error"].as_str().is_some_and(|said| said.contains("autre programme")), "{document}");
            continue;
        }
        assert_eq!(status.code(), Some(0), "{document}");
        let copy = desk.path("nas").join(document["folder"].as_str().unwrap());
        let (exit, drill) = drill(&desk, dir, &copy);
        assert_eq!((exit, drill["findings"].as_u64()), (0, Some(0)), "{dir}: {drill}");
        assert_eq!(mode(&copy), 0o700);
        for file in std::fs::read_dir(&copy).unwrap() {
            assert_eq!(mode(&file.unwrap().path()), 0o600, "{}", copy.display());
        }
        whole += 1;
    }
    assert!(whole >= 2);
    assert_eq!(std::fs::read_dir(desk.path("nas")).unwrap().count(), whole, "nothing else is left");
}

#[test]
fn the_copies_of_another_store_are_neither_deleted_nor_tried_nor_drilled() {
    let desk = houses(&["ours", "theirs"]);
    let copy = backup(&desk, "theirs");
    let mut told: Value = serde_json::from_slice(&std::fs::read(copy.join("copie.json")).unwrap()).unwrap();
    told["at"] = (told["at"].as_i64().unwrap() - 40 * 86_400_000_000).into();
    for old in [false, true] {
        if old {
            // Made before copies said whose they are.
            told.as_object_mut().unwrap().remove("store");
        }
        std::fs::write(copy.join("copie.json"), told.to_string()).unwrap();
        let (exit, saved) = desk.json("store backup --dir ours --to nas --keep-days 30 --json");
        assert_eq!((exit, &saved["purged"]), (0, &serde_json::json!([])));
        assert!(copy.join("temoin").exists() && copy.join("main.db").exists());
    }
    let (exit, said) = desk.refused(&format!("store drill --dir ours --copy {}", copy.display()));
    assert!(exit == 3 && said.contains("celle d'autres données"), "{exit} {said}");
    let (_, saved) = desk.json("store backup --dir theirs --to nas --keep-days 30 --json");
    assert_eq!(saved["purged"].as_array().map(Vec::len), Some(1), "its own does: {saved}");
}

#[test]
fn a_drill_says_why_a_copy_would_not_do() {
    let desk = houses(&["ours", "theirs"]);
    let (copy, other) = (backup(&desk, "ours"), backup(&desk, "theirs"));
    let keys = std::fs::read(copy.join("keys.db")).unwrap();
    for (bytes, code) in [(keys.get(..keys.len() / 2), "truncated"), (Some(&[][..]), "truncated")] {
        std::fs::write(copy.join("keys.db"), bytes.unwrap()).unwrap();
        let (exit, drill) = drill(&desk, "ours", &copy);
        assert_eq!((exit, codes(&drill), drill["findings"].as_u64()), (5, vec![code], Some(1)), "{drill}");
    }
    std::fs::remove_file(copy.join("keys.db")).unwrap();
    let (exit, said) = desk.refused(&format!("store drill --dir ours --copy {}", copy.display()));
    assert!(exit == 5 && said.contains("keys.db manque"), "{exit} {said}");
    std::fs::copy(other.join("keys.db"), copy.join("keys.db")).unwrap();
    let (exit, said) = desk.refused(&format!("store drill --dir ours --copy {}", copy.display()));
    assert!(exit == 5 && said.contains("keys.db n'est plus celui qui a été copié"), "{exit} {said}");
    std::fs::write(copy.join("keys.db"), keys).unwrap();
    assert_eq!(drill(&desk, "ours", &copy).0, 0);
}

#[test]
fn a_copy_from_before_the_root_key_changed_opens_under_the_former_one_as_long_as_it_is_kept() {
    let desk = houses(&["ours"]);
    let copy = backup(&desk, "ours");
    for _ in 0..2 {
        assert_eq!(desk.refused("key rotate --root --dir ours").0, 0);
    }
    let (exit, found) = drill(&desk, "ours", &copy);
    assert_eq!((exit, &found["former_key"], codes(&found).len()), (0, &true.into(), 0), "{found}");
    let line = format!("store drill --dir ours --root-key ours.root.key.former-1 --copy {}", copy.display());
    let (exit, said) = desk.refused(&line);
    assert!(exit == 2 && said.contains("d'aujourd'hui (ours.root.key)"), "{exit} {said}");
    std::fs::remove_file(desk.path("ours.root.key.former-1")).unwrap();
    let (exit, found) = drill(&desk, "ours", &copy);
    assert_eq!((exit, codes(&found)), (5, vec!["key"]), "{found}");
    assert_eq!(drill(&desk, "ours", &backup(&desk, "ours")).1["former_key"], false);
}

#[test]
fn a_folder_that_others_enter_shows_them_no_database() {
    use std::os::unix::fs::PermissionsExt as _;
    let desk = Desk::new();
    desk.write("in.json", &bundle());
    std::fs::create_dir(desk.path("data")).unwrap();
    let open = |name: &str, mode: u32| {
        std::fs::set_permissions(desk.path(name), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    open("data", 0o755);
    let names = ["data/main.db", "data/audit.db", "data/keys.db"];
    for _ in 0..2 {
        assert_eq!(desk.json("import --dir data --json in.json").0, 0);
        for name in names {
            assert_eq!(mode(&desk.path(name)), 0o600, "{name}");
            // As an earlier version left it.
            open(name, 0o644);
        }
    }
}

#[test]
fn data_of_a_newer_version_are_not_called_damaged() {
    let desk = houses(&["ours"]);
    let main = rusqlite::Connection::open(desk.path("ours/main.db")).unwrap();
    let row = "INSERT INTO main_schema_history SELECT 999, 'futur', applied_on, checksum FROM main_schema_history WHERE version = 1";
    assert_eq!(main.execute(row, []).unwrap(), 1);
    drop(main);
    let (exit, said) = desk.refused("store check --dir ours");
    assert!(exit == 4 && said.contains("version plus récente") && !said.contains("migration"), "{exit} {said}");
}
