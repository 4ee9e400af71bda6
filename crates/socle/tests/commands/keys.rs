//! The root key lost and found, and keys that change.

use crate::{Desk, bundle, mode};
use serde_json::json;

#[test]
fn a_lost_root_key_comes_back_from_two_of_three_shares() {
    let desk = Desk::new();
    desk.write("in.json", &bundle());
    assert_eq!(desk.json("import --dir data --json in.json").0, 0);
    let shares = String::from_utf8(desk.run("key share --dir data").stdout).unwrap();
    let shares: Vec<&str> = shares.lines().collect();
    assert_eq!(shares.len(), 3);
    let key = std::fs::read(desk.path("data.root.key")).unwrap();
    std::fs::remove_file(desk.path("data.root.key")).unwrap();
    assert_eq!(desk.refused("audit verify --dir data").0, 4);
    let recover = |typed: &str| desk.typed("key recover --out data.root.key", typed);
    let (exit, said) = recover(shares[1]);
    assert!(exit == 2 && said.contains("Il faut 2 parts"), "{said}");
    let (exit, said) = recover(&format!("{}\n{}", shares[0], shares[1].replace('A', "B")));
    assert!(exit == 2 && said.contains("Part 2"), "{said}");
    assert_eq!(recover(&format!("{}\n\n", [shares[2], shares[0]].join("\n").to_lowercase())).0, 0);
    assert_eq!((std::fs::read(desk.path("data.root.key")).unwrap(), mode(&desk.path("data.root.key"))), (key, 0o600));
    assert_eq!(desk.json("audit verify --dir data --json").0, 0);
}

#[test]
fn keys_change_under_a_server_and_the_root_key_without_one() {
    let desk = Desk::new();
    desk.write("in.json", &bundle());
    assert_eq!(desk.json("import --dir data --json in.json").0, 0);
    let serving = desk.serve("serve --dir data --listen 127.0.0.1:0 --ready-file ready.json", "ready.json");
    let (exit, report) = desk.json("key rotate --dir data --json");
    assert_eq!((exit, &report["unreadable"]), (0, &json!(0)));
    assert!(report["wrapped"].as_u64() > Some(0), "{report}");
    let (exit, report) = desk.json("key rotate --reclose --dir data --json");
    assert!(exit == 0 && report["closed"].as_u64() > Some(0) && report["unreadable"] == json!(0), "{report}");
    assert_eq!(desk.json("key rotate --reclose --dir data --json").1["closed"], json!(0), "once is enough");
    assert_eq!(desk.refused("key rotate --root --dir data").0, 4, "a server has it");
    serving.stop();
    let key = || std::fs::read(desk.path("data.root.key")).unwrap();
    let former = key();
    let (exit, said) = desk.refused("key rotate --root --dir data");
    assert!(exit == 0 && said.contains("data.root.key.former-1"), "{said}");
    assert_ne!(key(), former);
    assert_eq!(std::fs::read(desk.path("data.root.key.former-1")).unwrap(), former);
    assert_eq!(desk.json("store check --dir data --json").0, 0);
    // A change that was interrupted: the store is under the new key, the file still the former one.
    std::fs::rename(desk.path("data.root.key"), desk.path("data.root.key.new")).unwrap();
    std::fs::rename(desk.path("data.root.key.former-1"), desk.path("data.root.key")).unwrap();
    assert_eq!(desk.json("store check --dir data --json").0, 0);
    assert!(key() != former && !desk.path("data.root.key.new").exists());
    // Another key is refused all the same.
    std::fs::rename(desk.path("data.root.key.former-1"), desk.path("data.root.key")).unwrap();
    assert_eq!(desk.refused("store check --dir data").0, 4);
}
