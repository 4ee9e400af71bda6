//! Odd targets, long paths and mistyped settings.

use super::{Desk, bundle};
use std::os::unix::fs::{FileTypeExt as _, symlink};
use std::process::Command;

fn house() -> Desk {
    let desk = Desk::new();
    desk.write("in.json", &bundle());
    assert_eq!(desk.json("import --dir data --json in.json").0, 0);
    desk
}

#[test]
fn an_export_takes_the_place_of_no_link_and_no_pipe() {
    let desk = house();
    assert!(Command::new("mkfifo").arg(desk.path("pipe")).status().unwrap().success());
    std::fs::write(desk.path("empty"), "").unwrap();
    symlink("empty", desk.path("link")).unwrap();
    symlink("nowhere", desk.path("loose")).unwrap();
    for name in ["pipe", "link", "loose"] {
        for format in ["bundle", "ndjson", "tddui"] {
            let (exit, said) = desk.refused(&format!("export --dir data --format {format} --out {name}"));
            assert!(exit == 2 && said.contains("rien n'est remplacé"), "{name}: {exit} {said}");
        }
    }
    assert!(std::fs::metadata(desk.path("pipe")).unwrap().file_type().is_fifo());
    assert!(std::fs::read_link(desk.path("link")).is_ok() && !desk.path("nowhere").exists());
    assert_eq!(desk.json("export --dir data --format bundle --out empty --json").0, 0);
}

#[test]
fn commands_pass_by_a_server_whatever_the_length_of_its_path() {
    let desk = house();
    let deep = format!("{0}/{0}", "e".repeat(90));
    std::fs::create_dir_all(desk.path(&deep)).unwrap();
    std::fs::rename(desk.path("data"), desk.path(&deep).join("data")).unwrap();
    let dir = format!("--dir {deep}/data --root-key data.root.key");
    let served = desk.serve(&format!("serve {dir} --listen 127.0.0.1:0 --ready-file ready.json"), "ready.json");
    assert_eq!(desk.json(&format!("audit verify {dir} --json")).0, 0);
    assert_eq!(desk.json(&format!("import {dir} --json in.json")).1["skipped"], 2);
    served.stop();
    assert!(!desk.path(&deep).join("data/control.sock").exists());
}

#[test]
fn what_is_mistyped_is_named_with_its_line() {
    let desk = house();
    for (text, said) in [
        ("dir=\"data\"\ndirr=\"data\"\n", "ligne 2 : « dirr » n'est pas une clé"),
        ("dir=\"data\"\n\n[notifications]\nalow = []\n", "ligne 4 : « alow »"),
        ("dir=\"data\"\nlisten = \"secret\"\n", "ligne 2 : configuration incorrecte"),
        ("dir=\n", "ligne 1 : configuration incorrecte"),
    ] {
        std::fs::write(desk.path("socle.toml"), text).unwrap();
        let (exit, told) = desk.refused("serve --config socle.toml");
        assert!(exit == 2 && told.contains(said) && !told.contains("secret"), "{told}");
    }
    let (exit, said) = desk.refused("import --dir in.json in.json");
    assert!(exit == 3 && said.contains("in.json : ce n'est pas un dossier"), "{said}");
    for address in ["ftp://x", "https://", "dui.fr"] {
        let (exit, said) = desk.refused(&format!("serve --dir data --base-url {address}"));
        assert!(exit == 2 && said.contains("n'est pas l'adresse d'un serveur"), "{said}");
    }
}

#[test]
fn what_is_no_file_is_refused_and_not_waited_for() {
    let desk = house();
    std::fs::create_dir(desk.path("nas")).unwrap();
    assert_eq!(desk.json("store backup --dir data --to nas --json").0, 0);
    let copy = std::fs::read_dir(desk.path("nas")).unwrap().next().unwrap().unwrap().path();
    for (name, said) in
        [("main.db", "main.db : ce n'est pas"), ("keys.db", "keys.db : ce n'est pas"), ("lock", "verrou")]
    {
        let path = desk.path("data").join(name);
        std::fs::rename(&path, desk.path("aside")).unwrap();
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        let (exit, told) = desk.refused("store check --dir data");
        assert!([4, 5].contains(&exit) && told.contains(said), "{name}: {exit} {told}");
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        let (exit, told) = desk.refused("audit verify --dir data");
        assert!([4, 5].contains(&exit) && told.contains(said), "{name}: {exit} {told}");
        std::fs::remove_dir(&path).unwrap();
        std::fs::rename(desk.path("aside"), &path).unwrap();
    }
    std::fs::remove_file(copy.join("audit.db")).unwrap();
    assert!(Command::new("mkfifo").arg(copy.join("audit.db")).status().unwrap().success());
    let (exit, told) = desk.refused(&format!("store drill --dir data --copy {}", copy.display()));
    assert!(exit == 5 && told.contains("audit.db n'est pas un fichier ordinaire"), "{exit} {told}");
}

#[test]
fn a_root_key_named_beside_a_server_is_the_one_of_its_data() {
    let desk = house();
    desk.write("in.json", &bundle());
    assert_eq!(desk.json("import --dir other --json in.json").0, 0);
    let served = desk.serve("serve --dir data --listen 127.0.0.1:0 --ready-file ready.json", "ready.json");
    for (key, said) in [("other.root.key", "n'est pas celle de ces données"), ("nowhere.key", "introuvable")] {
        let (exit, told) = desk.refused(&format!("audit verify --dir data --root-key {key}"));
        assert!(exit == 4 && told.contains(said), "{key}: {exit} {told}");
    }
    assert_eq!(desk.json("audit verify --dir data --root-key data.root.key --json").0, 0);
    // Of a key that the configuration names and that was taken away since, the server has its own.
    std::fs::write(desk.path("socle.toml"), "dir = \"data\"\nroot_key = \"taken.key\"\n").unwrap();
    assert_eq!(desk.json("audit verify --config socle.toml --json").0, 0);
    served.stop();
}

#[test]
fn what_is_opened_in_vain_is_left_as_it_was() {
    let desk = house();
    let names = || {
        let all = std::fs::read_dir(desk.path("data")).unwrap().map(|one| one.unwrap().file_name());
        all.collect::<std::collections::BTreeSet<_>>()
    };
    let before = names();
    assert!(!before.iter().any(|name| name.to_string_lossy().contains("-wal")), "{before:?}");
    assert_eq!(desk.json("import --dir other --json in.json").0, 0);
    assert_eq!(desk.refused("store check --dir data --root-key other.root.key").0, 4);
    assert_eq!(names(), before);
}
