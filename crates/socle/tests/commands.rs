//! The program from outside: what its user types, what it prints, how it exits.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

#[path = "commands/accounts.rs"]
mod accounts;
#[path = "commands/answers.rs"]
mod answers;
#[path = "commands/backups.rs"]
mod backups;
#[path = "commands/copies.rs"]
mod copies;
#[path = "commands/downtime.rs"]
mod downtime;
#[path = "commands/edges.rs"]
mod edges;
#[path = "commands/erasure.rs"]
mod erasure;
#[path = "commands/keys.rs"]
mod keys;
#[path = "commands/places.rs"]
mod places;
#[path = "commands/rights.rs"]
mod rights;
#[path = "commands/unreadable.rs"]
mod unreadable;

use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// A folder, and the program run in it.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, line: &str) -> Output {
        self.command(line).output().unwrap()
    }

    fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_socle"));
        command.args(line.split_whitespace()).current_dir(self.0.path()).env_remove("SOCLE_ROOT_KEY");
        command
    }

    /// Exit code and the JSON document of a command.
    fn json(&self, line: &str) -> (i32, Value) {
        let output = self.run(line);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let document = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{line}: {said}"));
        (output.status.code().unwrap(), document)
    }

    /// Exit code and what standard error says.
    fn refused(&self, line: &str) -> (i32, String) {
        let output = self.run(line);
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    }

    /// The same, of a command that is given `typed`.
    fn typed(&self, line: &str, typed: &str) -> (i32, String) {
        let mut command = self.command(line);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), typed.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    }

    fn write(&self, name: &str, value: &Value) {
        std::fs::write(self.path(name), value.to_string()).unwrap();
    }

    fn serve(&self, line: &str, ready: &str) -> Served {
        let child = self.command(line).stderr(Stdio::null()).spawn().unwrap();
        let mut served = Served { child, ready: Value::Null };
        let path = self.path(ready);
        let until = Instant::now() + Duration::from_secs(60);
        while !path.exists() {
            assert!(Instant::now() < until && served.child.try_wait().unwrap().is_none(), "{line}: not ready");
            std::thread::sleep(Duration::from_millis(20));
        }
        served.ready = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        served
    }
}

/// A running server, stopped with its owner.
struct Served {
    child: Child,
    ready: Value,
}

impl Served {
    /// As a terminal or a service manager stops it.
    fn stop(mut self) {
        Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn bundle() -> Value {
    json!({"resourceType": "Bundle", "type": "transaction", "entry": [
        {"fullUrl": "urn:uuid:1", "request": {"method": "POST", "url": "Patient"},
         "resource": {"resourceType": "Patient", "id": "p", "name": [{"family": "Quéméner"}]}},
        {"fullUrl": "urn:uuid:2", "request": {"method": "POST", "url": "Condition"},
         "resource": {"resourceType": "Condition", "id": "c", "subject": {"reference": "urn:uuid:1"},
            "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "B24"}]}}}]})
}

fn counts(report: &Value) -> Vec<u64> {
    ["created", "updated", "skipped", "conflicts", "refused"].iter().map(|key| report[key].as_u64().unwrap()).collect()
}

#[test]
fn a_file_goes_in_twice_and_out_and_the_log_is_whole() {
    let desk = Desk::new();
    desk.write("in.json", &bundle());
    let (exit, report) = desk.json("import --dir data --place 990000025 --json in.json");
    assert_eq!((exit, counts(&report)), (0, vec![2, 0, 0, 0, 0]), "{report}");
    assert_eq!((mode(&desk.path("data")), mode(&desk.path("data.root.key"))), (0o700, 0o600));
    // What the command leaves is whole by itself, and a checkpoint is of all of it.
    let journals = ["main", "audit", "keys"].map(|name| desk.path(&format!("data/{name}.db-wal")));
    assert!(journals.iter().all(|path| path.metadata().map_or(0, |known| known.len()) == 0), "{journals:?}");
    let signed = desk.json("audit checkpoint --dir data --json").1["checkpoint"].as_str().unwrap().to_owned();
    assert!(signed.lines().nth(1).unwrap().parse::<u64>().unwrap() > 0, "{signed}");
    let (exit, report) = desk.json("import --dir data --json in.json");
    assert_eq!((exit, counts(&report)), (0, vec![0, 0, 2, 0, 0]));
    let (exit, report) = desk.json("export --dir data --out all --json");
    assert_eq!((exit, report["exported"].as_u64(), report["not_exported"].as_u64()), (0, Some(1), Some(1)));
    let (exit, report) =
        desk.json("export --dir data --out one.json --format bundle --person p --max-level 4 --purpose care --json");
    assert_eq!((exit, report["exported"].as_u64(), report["not_exported"].as_u64()), (0, Some(2), Some(0)));
    assert_eq!(mode(&desk.path("one.json")), 0o600);
    let (exit, _) = desk.json("import --dir other --json all one.json");
    assert_eq!(exit, 0);
    let (exit, said) = desk.refused("export --dir data --out zero.json --format bundle --person p --max-level 0");
    assert!(exit == 2 && said.contains("niveau 1") && said.contains("--max-level 0"), "{exit} {said}");
    let note = desk.json("audit checkpoint --dir data --json").1["checkpoint"].as_str().unwrap().to_owned();
    std::fs::write(desk.path("note"), &note).unwrap();
    let (exit, report) = desk.json("audit verify --dir data --checkpoint note --json");
    assert_eq!((exit, &report["findings"]), (0, &json!([])));
    assert!(report["tree_size"].as_u64().unwrap() > 3);
    std::fs::write(desk.path("note"), note.replace("socle/", "socle/0")).unwrap();
    assert_eq!(desk.json("audit verify --dir data --checkpoint note --json").0, 5);
}

#[test]
fn refusals_and_mistakes_have_their_exit_codes() {
    let desk = Desk::new();
    desk.write("in.json", &bundle());
    let (exit, report) = desk.json("import --dir trial --dry-run --json in.json");
    assert_eq!((exit, counts(&report)), (0, vec![2, 0, 0, 0, 0]));
    assert!(!desk.path("trial").exists() && !desk.path("trial.root.key").exists());
    let said = String::from_utf8(desk.run("import --dir trial --dry-run --place 990000025 in.json").stderr).unwrap();
    assert!(said.contains("Établissement 990000025 serait créé."), "{said}");
    let mut broken = bundle();
    broken["entry"][1]["resource"]["subject"]["reference"] = json!("urn:uuid:nowhere");
    desk.write("broken.json", &broken);
    let (exit, report) = desk.json("import --dir data --json broken.json");
    assert_eq!((exit, counts(&report)), (1, vec![0, 0, 0, 0, 2]));
    assert_eq!(report["issues"][0]["path"], "Bundle.entry[1].resource.subject.reference");
    assert_eq!(report["issues"][0]["file"], "broken.json");
    for (line, exit, word) in [
        ("import --dir data missing.json", 3, "introuvable"),
        ("import --dir data --place 12 broken.json", 2, "FINESS"),
        ("import broken.json", 2, "Il manque"),
        ("export --dir data --out out --max-level 4", 2, "niveau 4"),
        ("export --dir data --out out --max-level 5", 2, "ne convient pas"),
        ("export --dir data --out out --person p --max-level 4 --purpose relabel", 2, "finalité"),
        ("export --dir data --out out.json --format bundle --person nobody", 1, "rien ici"),
        ("export --dir data --out broken.json", 2, "existe déjà et n'est pas vide"),
        ("export --dir data --out broken.json --format bundle", 2, "choisissez un autre nom"),
        ("export --dir nowhere --out out", 3, "pas de données"),
        ("audit verify --dir nowhere", 3, "pas de données"),
        ("nothing", 2, "Commande inconnue"),
    ] {
        let (code, said) = desk.refused(line);
        assert!(code == exit && said.contains(word), "{line}: {code} {said}");
    }
    assert!(!desk.path("nowhere").exists() && !desk.path("out").exists());
    let (exit, said) = desk.refused("import --dir data --dry-run --place 990000099 in.json");
    assert!(exit == 2 && said.contains("n'est pas connu"), "{said}");
    std::fs::rename(desk.path("data.root.key"), desk.path("hidden")).unwrap();
    assert_eq!(desk.refused("audit verify --dir data").0, 4);
    assert_eq!(desk.json("audit verify --dir data --root-key hidden --json").0, 0);
}

fn machine(name: &str) -> Value {
    json!({"deviceid": format!("{name}-2026-01-01-00-00-00"), "itemtype": "Computer", "content": {
        "hardware": {"name": name}, "operatingsystem": {"name": "Windows", "full_name": "Microsoft Windows 11 Pro"}}})
}

#[test]
fn an_estate_comes_in_is_reported_and_goes_out_again() {
    let desk = Desk::new();
    desk.write("pc.json", &machine("PC-1"));
    desk.write("other.json", &json!({"resourceType": "Patient"}));
    std::fs::write(desk.path("wsus.csv"), "FullDomainName,NeededCount\npc-1.x.local,3\n,1\n").unwrap();
    let (exit, trial) = desk.json("assets import --dir data --dry-run --json pc.json");
    assert_eq!((exit, trial["created"].as_u64(), desk.path("data").exists()), (0, Some(1), false));
    let (exit, done) = desk.json("assets import --dir data --json pc.json wsus.csv other.json");
    let counts = ["created", "matched", "unmatched", "refused"].map(|key| done[key].as_u64().unwrap());
    assert_eq!((exit, counts), (1, [1, 1, 1, 1]));
    let lines = &done["files"][1]["lines"];
    assert_eq!(lines[0], json!({"line": 2, "fate": "matched", "about": "PC-1", "code": null, "text": null}));
    assert_eq!(lines[1]["code"], "empty");
    assert_eq!(done["files"][2]["code"], "unknown-format");
    assert_eq!(desk.json("assets import --dir data --json pc.json").1["known"], 1);
    assert_eq!(desk.refused("assets import --dir data other.json").0, 3, "nothing was read");
    assert_eq!(desk.refused("assets import --dir data absent.json").0, 3);
    let (exit, report) = desk.json("assets report --dir data --at 2026-11-23 --json");
    assert_eq!((exit, report.as_object().unwrap().keys().map(String::as_str).collect::<Vec<_>>()), (0, vec!["PC-1"]));
    assert_eq!(report["PC-1"].as_object().unwrap().len(), 5);
    let (_, imports) = desk.json("assets imports --dir data --json");
    assert_eq!(
        (imports["imports"][1]["file"].as_str(), imports["imports"][1]["import"].as_i64()),
        (Some("pc.json"), Some(1))
    );
    assert_eq!(desk.json("assets undo --dir data --json 1"), (0, json!({"undone": 1})));
    assert_eq!(desk.refused("assets undo --dir data 1").0, 1);
    assert_eq!(
        desk.json("assets report --dir data --json").1.as_object().unwrap().keys().collect::<Vec<_>>(),
        ["pc-1"]
    );
    assert_eq!(desk.refused("assets report --dir nowhere --json").0, 3);
    assert_eq!(desk.json("audit verify --dir data --json").0, 0);
}

#[test]
fn commands_work_beside_a_running_demo() {
    let desk = Desk::new();
    desk.write("in.json", &bundle());
    let demo = desk.serve("demo --small --dir d --listen 127.0.0.1:0 --ready-file ready.json", "ready.json");
    assert_eq!((mode(&desk.path("ready.json")), mode(&desk.path("d/control.sock"))), (0o600, 0o600));
    for key in ["url", "fhir", "oauth_token_url", "version"] {
        assert!(!demo.ready[key].as_str().unwrap().ends_with('/'), "{key}");
    }
    assert_eq!(demo.ready["pid"].as_u64(), Some(demo.child.id().into()));
    assert_eq!(demo.ready["accounts"][0]["role"], "as");
    let (exit, report) = desk.json("import --dir d --json in.json");
    assert_eq!((exit, counts(&report)), (0, vec![2, 0, 0, 0, 0]));
    assert_eq!(desk.json("audit verify --dir d --json").0, 0);
    desk.write("pc.json", &machine("PC-BESIDE"));
    let (exit, done) = desk.json("assets import --dir d --json pc.json");
    assert_eq!((exit, done["created"].as_u64()), (0, Some(1)));
    assert!(desk.json("assets report --dir d --json").1.get("PC-BESIDE").is_some());
    assert_eq!(desk.refused("demo --dir d --listen 127.0.0.1:0").0, 4, "two servers on one store");
    let taken = demo.ready["url"].as_str().unwrap().trim_start_matches("http://").to_owned();
    let (exit, said) = desk.refused(&format!("demo --small --dir late --listen {taken}"));
    assert!(exit == 3 && said.contains("déjà utilisée") && !desk.path("late").exists(), "{said}");
    demo.stop();
    assert!(!desk.path("d/control.sock").exists() && !desk.path("ready.json").exists());
    let (exit, report) = desk.json("import --dir d --json in.json");
    assert_eq!((exit, counts(&report)), (0, vec![0, 0, 2, 0, 0]));
    for line in ["serve --dir d", "serve --dir d --root-key d/demo-root.key"] {
        assert_eq!(desk.refused(line).0, 4, "a demo's key is refused");
    }
}

#[test]
fn what_was_imported_is_served() {
    let desk = Desk::new();
    desk.write("in.json", &bundle());
    assert_eq!(desk.refused("serve --dir data --listen 127.0.0.1:0").0, 3);
    assert_eq!(desk.json("import --dir data --json in.json").0, 0);
    std::fs::write(desk.path("socle.toml"), "dir = \"data\"\nlisten = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\n")
        .unwrap();
    let served = desk.serve("serve --config socle.toml --ready-file ready.json", "ready.json");
    assert!(served.ready["url"].as_str().unwrap().starts_with("http://127.0.0.1:"));
    assert!(scraped(served.ready["admin"].as_str().unwrap()).contains("\nsocle_store_up 1.0\n"));
    served.stop();
    for journal in ["main.db-wal", "audit.db-wal", "keys.db-wal"] {
        let left = std::fs::metadata(desk.path("data").join(journal)).map_or(0, |file| file.len());
        assert_eq!(left, 0, "{journal}: a server that stops leaves whole files");
    }
    std::fs::write(desk.path("socle.toml"), "folder = \"data\"").unwrap();
    assert_eq!(desk.refused("serve --config socle.toml").0, 2);
}

/// What the listener for figures says.
fn scraped(url: &str) -> String {
    let mut stream = std::net::TcpStream::connect(url.trim_start_matches("http://")).unwrap();
    std::io::Write::write_all(&mut stream, b"GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").unwrap();
    std::io::read_to_string(stream).unwrap()
}

/// The shipped rules as a folder, without one of its files.
fn rules_without(desk: &Desk, file: &str) {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../confidentiality/data/rules");
    for part in ["", "codes", "text"] {
        std::fs::create_dir_all(desk.path("regles").join(part)).unwrap();
        for entry in std::fs::read_dir(shipped.join(part)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() && !path.ends_with(file) {
                std::fs::copy(&path, desk.path("regles").join(part).join(path.file_name().unwrap())).unwrap();
            }
        }
    }
}

#[test]
fn other_rules_are_tried_on_real_data_before_they_serve() {
    let desk = Desk::new();
    desk.write("in.json", &bundle());
    desk.json("import --dir data --place 990000025 --json in.json");
    rules_without(&desk, "codes/cim10.toml");
    let tried = |line: &str| {
        let (exit, report) = desk.json(line);
        let number = |key: &str| report["store"][key].as_u64().unwrap();
        assert_eq!((exit, number("items")), (0, 2), "{report}");
        assert!(!report.to_string().contains("Quéméner"), "numbers only");
        (number("raised"), number("lowered_ignored"), number("level4"))
    };
    assert_eq!(tried("rules diff livrees livrees --dir data --json"), (0, 0, 0));
    assert_eq!(tried("rules diff livrees regles --dir data --json"), (0, 1, 0));
    assert_eq!(desk.json("rules diff livrees regles --json").1.get("store"), None, "no data was named");
    let (exit, report) = desk.json("rules apply --dir data --json");
    assert_eq!((exit, report["items"].as_u64(), report["raised"].as_u64()), (0, Some(0), Some(0)), "{report}");
    assert_eq!(desk.json("audit verify --dir data --json").0, 0);
    assert_eq!(desk.refused("rules apply --dir nowhere").0, 3);
}

#[test]
fn what_rules_raised_is_put_back_by_two_people_only() {
    let desk = Desk::new();
    let served = desk.serve("demo --dir demo --small --listen 127.0.0.1:0 --ready-file ready.json", "ready.json");
    let (exit, shown) = desk.json("rules rollback --dir demo --version 2 --json");
    assert_eq!((exit, shown["items"].as_u64(), shown["asked"].is_null()), (0, Some(0), true), "{shown}");
    let asked = |login: &str, password: &str, more: &str| {
        desk.typed(&format!("rules rollback --dir demo --version 2 --as {login} {more}"), &format!("{password}\n"))
    };
    let accounts = served.ready["accounts"].as_array().unwrap().clone();
    let of = |role: &str| {
        let found = accounts.iter().find(|account| account["role"] == role).unwrap();
        (found["login"].as_str().unwrap().to_owned(), found["password"].as_str().unwrap().to_owned())
    };
    let (head, aide) = (of("idec"), of("as"));
    assert_eq!(asked(&head.0, "autre chose", "--reason essai").0, 1);
    let (exit, said) = asked(&aide.0, &aide.1, "--reason essai");
    assert!(exit == 1 && said.contains("relit les écrits"), "{said}");
    let (exit, said) = asked(&head.0, &head.1, "");
    assert!(exit == 2 && said.contains("--reason"), "{said}");
    let (exit, said) = asked(&head.0, &head.1, "--reason essai");
    assert!(exit == 2 && said.contains("rien relevé"), "{said}");
    let (exit, said) = asked(&head.0, &head.1, "--approve");
    assert!(exit == 1 && said.contains("Personne n'a demandé"), "{said}");
    assert_eq!(desk.refused("rules rollback --dir demo --version 2 --approve").0, 2);
    served.stop();
}

#[test]
fn damage_has_its_exit_code_and_its_place() {
    let desk = Desk::new();
    desk.write("in.json", &bundle());
    assert_eq!(desk.json("import --dir data --json in.json").0, 0);
    let (exit, report) = desk.json("store check --dir data --json");
    assert_eq!((exit, &report["findings"], report["items"].as_i64()), (0, &json!([]), Some(2)));
    // Torn, with the journal that could have mended it. Of a whole copy: here, all may still be in the journal.
    std::fs::create_dir(desk.path("copies")).unwrap();
    assert_eq!(desk.run("store backup --dir data --to copies").status.code(), Some(0));
    let copy = std::fs::read_dir(desk.path("copies")).unwrap().next().unwrap().unwrap().path();
    let whole = std::fs::read(copy.join("audit.db")).unwrap();
    std::fs::write(desk.path("data").join("audit.db"), whole.get(..whole.len() / 2).unwrap()).unwrap();
    for beside in ["audit.db-wal", "audit.db-shm"] {
        let _none = std::fs::remove_file(desk.path("data").join(beside));
    }
    let output = desk.run("store check --dir data --json");
    let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(5), "{said}");
    assert!(said.contains("audit"), "{said}");
}
