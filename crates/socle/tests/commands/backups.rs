//! Copies and drills: measures change by what was really done.

use super::{Desk, bundle};
use serde_json::Value;
use std::io::{Seek as _, SeekFrom, Write as _};

fn state(desk: &Desk, measure: &str) -> String {
    let (exit, report) = desk.json("assets measures --dir data --json");
    assert_eq!(exit, 0);
    let all = report.get("measures").and_then(Value::as_array).unwrap();
    let one = all.iter().find(|one| one.get("id").is_some_and(|id| id == measure)).unwrap();
    one.get("state").and_then(Value::as_str).unwrap().to_owned()
}

fn states(desk: &Desk, wanted: &[(&str, &str)]) {
    for (measure, wanted) in wanted {
        assert_eq!(state(desk, measure), *wanted, "{measure}");
    }
}

#[test]
fn backups_and_drills_that_were_really_done_prove_their_measures() {
    let desk = Desk::new();
    desk.write("in.json", &bundle());
    assert_eq!(desk.json("import --dir data --place 990000025 --json in.json").0, 0);
    let untold: Vec<_> = ["SAUV-01", "SAUV-02", "SAUV-03", "SAUV-04", "SAUV-05", "SAUV-10", "SAUV-12"]
        .map(|id| (id, "not_covered"))
        .into();
    states(&desk, &untold);
    assert!(
        desk.refused("store backup --dir data --to copies").1.contains("introuvable"),
        "no folder is made by mistake"
    );
    // A copy beside what it copies goes with it.
    for within in ["data", "./data/../data"] {
        assert!(
            desk.refused(&format!("store backup --dir data --to {within}")).1.contains("dossier des données"),
            "{within}"
        );
    }
    std::fs::create_dir(desk.path("copies")).unwrap();
    let (exit, first) = desk.json("store backup --dir data --to copies --json");
    assert_eq!((exit, &first["canary"]), (0, &Value::Null));
    let copy = format!("copies/{}", first["folder"].as_str().unwrap());
    states(
        &desk,
        &[("SAUV-01", "conform"), ("SAUV-02", "failing"), ("SAUV-03", "not_covered"), ("SAUV-12", "conform")],
    );
    let (exit, drill) = desk.json(&format!("store drill --dir data --copy {copy} --json"));
    assert_eq!((exit, drill["findings"].as_u64()), (0, Some(0)), "{drill}");
    assert!(drill["items"].as_u64() >= Some(2) && drill["entries"].as_u64() > Some(0), "{drill}");
    states(&desk, &[("SAUV-04", "conform"), ("SAUV-05", "conform"), ("SAUV-10", "to_prove")]);
    // Whoever may delete the copy before may delete them all.
    std::thread::sleep(std::time::Duration::from_secs(1));
    assert_eq!(desk.json("store backup --dir data --to copies --json").1["canary"], false);
    states(&desk, &[("SAUV-03", "failing")]);
    for (folder, site) in [("two", "--site Siège"), ("three", "")] {
        std::fs::create_dir(desk.path(folder)).unwrap();
        assert_eq!(desk.json(&format!("store backup --dir data --to {folder} {site} --json")).0, 0);
    }
    // Three copies, one elsewhere, and all on one medium.
    states(&desk, &[("SAUV-02", "failing")]);
    // One byte of a page.
    let file = desk.path(&copy).join("main.db");
    let middle = std::fs::metadata(&file).unwrap().len() / 2;
    let mut file = std::fs::OpenOptions::new().write(true).open(file).unwrap();
    file.seek(SeekFrom::Start(middle)).unwrap();
    file.write_all(&[0xA5; 4096]).unwrap();
    let (exit, drill) = desk.json(&format!("store drill --dir data --copy {copy} --json"));
    assert!(exit == 5 && drill["findings"].as_u64() > Some(0), "{drill}");
    states(&desk, &[("SAUV-04", "failing"), ("SAUV-05", "failing"), ("SAUV-10", "failing")]);
    assert_eq!(desk.refused("store drill --dir data --copy data").0, 3);
}

#[test]
fn a_copy_is_made_while_the_server_writes_and_old_ones_go_by_age_only() {
    let desk = Desk::new();
    desk.write("in.json", &bundle());
    assert_eq!(desk.json("import --dir data --place 990000025 --json in.json").0, 0);
    std::fs::create_dir(desk.path("copies")).unwrap();
    let server = desk.serve("serve --dir data --listen 127.0.0.1:0 --ready-file ready.json", "ready.json");
    let (exit, first) = desk.json("store backup --dir data --to copies --json");
    assert_eq!(exit, 0);
    let copy = desk.path("copies").join(first["folder"].as_str().unwrap());
    // Made long ago, by what it says itself.
    let mut told: Value = serde_json::from_slice(&std::fs::read(copy.join("copie.json")).unwrap()).unwrap();
    told["at"] = (first["at"].as_i64().unwrap() - 40 * 86_400_000_000).into();
    std::fs::write(copy.join("copie.json"), told.to_string()).unwrap();
    std::thread::sleep(std::time::Duration::from_secs(1));
    let (_, kept) = desk.json("store backup --dir data --to copies --keep-days 60 --json");
    assert_eq!(kept["purged"], serde_json::json!([]));
    std::thread::sleep(std::time::Duration::from_secs(1));
    let (_, purged) = desk.json("store backup --dir data --to copies --keep-days 30 --json");
    assert_eq!(purged["purged"][0], first["folder"]);
    assert!(!copy.exists() && desk.path("copies").join(kept["folder"].as_str().unwrap()).exists());
    let last = format!("copies/{}", purged["folder"].as_str().unwrap());
    assert_eq!(desk.json(&format!("store drill --dir data --copy {last} --json")).0, 0);
    server.stop();
}
