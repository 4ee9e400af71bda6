//! A folder of one's own, and who enters it.

use crate::{Desk, bundle};
use serde_json::Value;
use std::io::{Read as _, Write as _};

const GIVEN: &str = "une phrase assez longue\n";

/// The status line of an answer, and the cookie it sets.
fn post(url: &str, path: &str, body: &str) -> (String, String) {
    let host = url.trim_start_matches("http://");
    let mut stream = std::net::TcpStream::connect(host).unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nOrigin: {url}\r\nSec-Fetch-Site: same-origin\r\nConnection: close\r\n"
    );
    let form = "Content-Type: application/x-www-form-urlencoded";
    write!(stream, "{head}{form}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).unwrap();
    ask(stream)
}

fn get(url: &str, path: &str, cookie: &str) -> (String, String) {
    let host = url.trim_start_matches("http://");
    let mut stream = std::net::TcpStream::connect(host).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n").unwrap();
    ask(stream)
}

fn ask(mut stream: std::net::TcpStream) -> (String, String) {
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let line = text.lines().next().unwrap_or_default().to_owned();
    let cookie = text.lines().find_map(|line| line.strip_prefix("set-cookie: ")?.split(';').next());
    (line, cookie.unwrap_or_default().to_owned())
}

fn listed(desk: &Desk, login: &str) -> Value {
    let (exit, report) = desk.json("account list --dir data --json");
    assert_eq!(exit, 0);
    let all = report.get("accounts").and_then(Value::as_array).unwrap();
    all.iter().find(|account| account["login"] == login).unwrap().clone()
}

const CAMILLE: &str = "--login camille --name Camille --role ide --place 990000025 --everybody";

/// A folder with what was imported, and no account.
fn house() -> Desk {
    let desk = Desk::new();
    desk.write("in.json", &bundle());
    assert_eq!(desk.json("import --dir data --place 990000025 --json in.json").0, 0);
    desk
}

#[test]
fn what_is_wrong_with_a_newcomer_is_said() {
    let desk = house();
    let add = |more: &str, typed: &str| desk.typed(&format!("account add --dir data {more}"), typed);
    for (more, typed, exit, part) in [
        (CAMILLE, "court\n", 1, "Trop court"),
        (CAMILLE, "", 1, "Trop court"),
        ("--login x --name X --role plombier --place 990000025", GIVEN, 2, "ide : infirmier"),
        ("--login x --name X --role usager --place 990000025", GIVEN, 2, "personne accompagnée"),
        ("--login x --name X --role as --place 990000025 --unit Lilas", GIVEN, 2, "pas encore d'unités"),
        ("--login x --name X --role as --place 990000025 --until 2001-01-01", GIVEN, 2, "déjà passé"),
        ("--login x --name X --role as --place 12", GIVEN, 2, "FINESS"),
        ("--login x --name X --role as --place 990000099", GIVEN, 2, "n'est pas connu"),
        ("--login x --name X --role interim:rep --place 990000025", GIVEN, 2, "personne accompagnée"),
        ("--login x --name X --role interim:ide --place 990000025 --everybody", GIVEN, 2, "--until"),
        ("--login x --name X --role interim:interim --place 990000025", GIVEN, 2, "ide : infirmier"),
        ("--login x --name X --role as --place 990000025 --practitioner p9", GIVEN, 2, "Practitioner"),
        ("--login x\u{7}y --name X --role as --place 990000025", GIVEN, 2, "sans espace"),
        ("--login rose --name Rose --role as --place 990000025 --until 9999-12-31", GIVEN, 0, "n'accompagne personne"),
        (CAMILLE, GIVEN, 0, "Compte ouvert"),
        (CAMILLE, GIVEN, 1, "déjà celui d'un compte"),
        ("--login Camille --name C --role as --place 990000025", GIVEN, 1, "aux majuscules près"),
    ] {
        let (code, said) = add(more, typed);
        assert!(code == exit && said.contains(part), "{more}: {code} {said}");
    }
    assert_eq!(desk.refused("account program --dir data --id camille --name Camille").0, 1, "one name, one account");
}

#[test]
fn whoever_arrives_enters_and_whoever_leaves_does_not() {
    let desk = house();
    assert_eq!(desk.typed(&format!("account add --dir data {CAMILLE}"), GIVEN).0, 0);
    let output = desk.run("account program --dir data --id relais --name Relais --max-level 3");
    let secret = String::from_utf8(output.stdout).unwrap().trim().to_owned();
    let one = listed(&desk, "camille");
    assert_eq!((&one["open"], &one["chosen"], &one["roles"][0]), (&true.into(), &false.into(), &"ide".into()));

    std::fs::write(desk.path("socle.toml"), "dir = \"data\"\nlisten = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\n")
        .unwrap();
    let served = desk.serve("serve --config socle.toml --ready-file ready.json", "ready.json");
    let url = served.ready["url"].as_str().unwrap().to_owned();
    let sign_in = |password: &str| post(&url, "/connexion", &format!("login=camille&password={password}"));
    let token = || {
        let body = format!("grant_type=client_credentials&client_id=relais&client_secret={secret}");
        post(&url, "/oauth/token", &body).0
    };
    let (line, cookie) = sign_in("une+phrase+assez+longue");
    assert!(line.contains("303") && get(&url, "/personnes", &cookie).0.contains("200"), "{line}");
    assert!(token().contains("200"));
    // Beside the server: another password, then none at all.
    let (exit, said) = desk.typed("account password --dir data --login camille", "une autre phrase longue\n");
    assert!(exit == 0 && said.contains("sessions fermées"), "{said}");
    assert!(get(&url, "/personnes", &cookie).0.contains("303"), "whoever was in is out");
    assert!(!sign_in("une+phrase+assez+longue").0.contains("303"));
    let (line, cookie) = sign_in("une+autre+phrase+longue");
    assert!(line.contains("303"), "{line}");
    let output = desk.run("account secret --dir data --login relais");
    let other = String::from_utf8(output.stdout).unwrap().trim().to_owned();
    assert!(!other.is_empty() && other != secret && !token().contains("200"), "the former secret opens nothing");
    assert_eq!(desk.refused("account secret --dir data --login camille").0, 1, "people have none");
    for login in ["camille", "relais"] {
        assert_eq!(desk.refused(&format!("account close --dir data --login {login}")).0, 0);
        assert_eq!(listed(&desk, login)["open"], false);
    }
    assert!(get(&url, "/personnes", &cookie).0.contains("303"));
    assert!(!sign_in("une+autre+phrase+longue").0.contains("303") && !token().contains("200"));
    let (exit, said) = desk.typed("account password --dir data --login camille", GIVEN);
    assert!(exit == 1 && said.contains("fermé"), "{said}");
    assert_eq!(desk.refused("account close --dir data --login personne").0, 1);
    assert_eq!(desk.refused("account open --dir data --login camille --until 2001-01-01").0, 2);
    assert_eq!(desk.refused("account open --dir data --login camille").0, 0);
    assert!(sign_in("une+autre+phrase+longue").0.contains("303"), "opened again, with the password there was");
    served.stop();
    assert_eq!(desk.refused("account list --dir nulle-part").0, 3);
    assert!(!desk.path("nulle-part").exists());
    let (exit, said) = desk.typed("account add --dir neuf --login a --name A --role dir --place 990000033", GIVEN);
    assert!(exit == 0 && said.contains("990000033 créé"), "{exit} {said}");
    assert_eq!(desk.json("audit verify --dir data --json").0, 0);
}
