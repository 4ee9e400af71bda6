//! Whatever is sent is answered in the 400s, with an OperationOutcome, soon; and the server goes on.

use crate::support::{Program, World, patient};
use serde_json::json;
use std::time::{Duration, Instant};

const FHIR: (&str, &str) = ("content-type", "application/fhir+json");
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
/// Far more than any of these takes, even built for tests on a machine that does something else.
const SOON: Duration = Duration::from_secs(30);

/// Sends what is refused; the code of the first issue.
async fn refused(program: &Program<'_>, method: &str, path: &str, header: (&str, &str), body: &[u8]) -> String {
    let began = Instant::now();
    let answer = program.send_bytes(method, path, &[header], body.to_vec()).await;
    assert!((400..500).contains(&answer.status), "{} {}", answer.status, answer.text());
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    let outcome = answer.json();
    assert_eq!(outcome["resourceType"], "OperationOutcome");
    format!("{} {}", answer.status, outcome["issue"][0]["code"].as_str().unwrap())
}

async fn post(program: &Program<'_>, body: impl AsRef<[u8]>) -> String {
    refused(program, "POST", "/fhir/Patient", FHIR, body.as_ref()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_one_json_resource_is_refused() {
    let world = World::new().await;
    let full = world.program("full").await;
    let nested = |open: &str, close: &str, depth: usize| open.repeat(depth) + "1" + &close.repeat(depth);
    for depth in [65, 1_000, 200_000] {
        assert_eq!(post(&full, nested("[", "]", depth)).await, "400 structure");
        assert_eq!(post(&full, nested("{\"a\":", "}", depth)).await, "400 structure");
        assert_eq!(post(&full, "[".repeat(depth)).await, "400 structure");
    }
    for text in [
        "",
        "[]",
        "null",
        "{\"resourceType\":1}",
        "{\"resourceType\":[\"Patient\"]}",
        "{\"resourceType\":\"patient\"}",
        "{\"resourceType\":\"Patient\"}{}",
        "{\"resourceType\":\"Patient\",}",
        "{'resourceType':'Patient'}",
        "/**/{\"resourceType\":\"Patient\"}",
        "{\"resourceType\":\"Patient\",\"gender\":\"male\",\"gender\":\"male\"}",
        "{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"\\ud800\"}]}",
        "{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"\\udc00a\"}]}",
        "{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"\\u0000\"}]}",
        "{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"\u{0}\"}]}",
        "{\"resourceType\":\"Patient\",\"__proto__\":{\"admin\":true}}",
        "{\"resourceType\":\"Patient\",\"\":1}",
        "{\"resourceType\":\"Patient\",\"meta\":[{}]}",
        "{\"resourceType\":\"Patient\",\"meta\":{\"security\":\"x\"}}",
        "{\"resourceType\":\"Patient\",\"contained\":[\"x\"]}",
        "{\"resourceType\":\"Patient\",\"contained\":[{\"resourceType\":\"Nope\"}]}",
        "{\"resourceType\":\"Patient\",\"id\":1}",
        "{\"resourceType\":\"Patient\",\"multipleBirthInteger\":2147483648}",
        "{\"resourceType\":\"Patient\",\"multipleBirthInteger\":1.5}",
        "{\"resourceType\":\"Patient\",\"multipleBirthInteger\":01}",
        "{\"resourceType\":\"Patient\",\"multipleBirthInteger\":NaN}",
    ] {
        post(&full, text).await;
    }
    post(&full, b"{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"\xff\"}]}").await;
    post(&full, b"{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"\xc0\xaf\"}]}").await;
    post(&full, b"\xff\xfe{\0}\0").await;
    let marked = "\u{feff}{\"resourceType\":\"Patient\"}";
    full.send("POST", "/fhir/Patient", &[FHIR], marked).await.expect(201);
    let smile = "{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"\\ud83d\\ude00\"}]}";
    full.send("POST", "/fhir/Patient", &[FHIR], smile).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_keep_every_digit_or_are_refused() {
    let world = World::new().await;
    let full = world.program("full").await;
    let observation = |number: &str| {
        format!(
            "{{\"resourceType\":\"Observation\",\"status\":\"final\",\"code\":{{\"text\":\"x\"}},\
             \"valueQuantity\":{{\"value\":{number}}}}}"
        )
    };
    let (whole, digits) = ("9".repeat(400), format!("0.{}", "1".repeat(400)));
    for number in ["9".repeat(300).as_str(), &digits, "1.10", "-0.00", "1e-999999", "1e+308"] {
        let made = full.send("POST", "/fhir/Observation", &[FHIR], &observation(number)).await.expect(201);
        let read = full.get(&format!("/fhir/Observation/{}", made.json()["id"].as_str().unwrap())).await.expect(200);
        assert!(read.text().contains(&format!("\"value\":{number}}}")), "{number}");
    }
    for number in [whole.as_str(), "1e+999999", "-1e309"] {
        assert_eq!(
            refused(&full, "POST", "/fhir/Observation", FHIR, observation(number).as_bytes()).await,
            "422 value"
        );
    }
    let endless = observation(&"1".repeat(100_000));
    assert_eq!(refused(&full, "POST", "/fhir/Observation", FHIR, endless.as_bytes()).await, "422 too-long");
    for text in ["gt1e999999", "1e-999999", &whole, "ap0", "NaN", "1|2|3|4"] {
        let found = full.get(&format!("/fhir/Observation?value-quantity={text}")).await;
        assert!(found.status == 200 || found.status == 400, "{text} {}", found.status);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_is_refused_in_bounded_room() {
    let world = World::new().await;
    let full = world.program("full").await;
    assert_eq!(post(&full, vec![b' '; 33 << 20]).await, "413 too-long");
    assert_eq!(
        post(&full, format!("{{\"resourceType\":\"Patient\",\"x\":[{}1]}}", "1,".repeat(3 << 20))).await,
        "400 structure"
    );
    let many = "{\"family\":\"a\"},".repeat(100_000);
    assert_eq!(
        post(&full, format!("{{\"resourceType\":\"Patient\",\"name\":[{many}{{\"family\":\"a\"}}]}}")).await,
        "422 too-long"
    );
    let long = "a".repeat(2 << 20);
    assert_eq!(
        post(&full, format!("{{\"resourceType\":\"Patient\",\"name\":[{{\"family\":\"{long}\"}}]}}")).await,
        "422 too-long"
    );
    let gzip = [FHIR, ("content-encoding", "gzip")];
    let refused = full.send_bytes("POST", "/fhir/Patient", &gzip, vec![0x1f, 0x8b, 8, 0]).await.expect(415);
    assert_eq!(refused.header("accept-encoding"), "identity");
    for kind in ["transaction", "batch"] {
        let entry = "{\"request\":{\"method\":\"GET\",\"url\":\"Patient/x\"}},".repeat(100_000);
        let bundle = format!("{{\"resourceType\":\"Bundle\",\"type\":\"{kind}\",\"entry\":[{entry}3]}}");
        assert_eq!(self::refused(&full, "POST", "/fhir", FHIR, bundle.as_bytes()).await, "400 too-costly");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_that_asks_too_much_is_refused() {
    let world = World::new().await;
    let full = world.program("full").await;
    full.post("/fhir/Patient", &patient("Le Goff")).await.expect(201);
    let list = |count: usize| (0..count).map(|at| format!("a{at}")).collect::<Vec<_>>().join(",");
    for form in [
        "name=a&".repeat(10_000),
        (0..10_000).map(|at| format!("x{at}=a&")).collect(),
        format!("name={}", list(10_000)),
        format!("_id={}", list(10_000)),
        format!("identifier={}", list(10_000)),
        format!("birthdate={}", vec!["gt2000-01-01"; 10_000].join(",")),
        format!("_sort={}", vec!["name"; 10_000].join(",")),
        format!("_elements={}", list(10_000)),
        "_include=Patient:organization&".repeat(10_000),
        "_has:Observation:patient:code=x&".repeat(10_000),
        format!("{}code=x", "_has:Observation:patient:".repeat(100)),
        format!("general-practitioner{}.name=x", ".organization".repeat(100)),
        format!("name={}", "a".repeat(500_000)),
        format!("name:contains={}", "ab".repeat(3_000)),
        format!("{}=a", "a".repeat(500_000)),
    ] {
        refused(&full, "POST", "/fhir/Patient/_search", FORM, form.as_bytes()).await;
    }
    let large = format!("name={}", "a".repeat(2 << 20));
    assert_eq!(refused(&full, "POST", "/fhir/Patient/_search", FORM, large.as_bytes()).await, "413 too-long");
    for fine in [
        format!("name={}", list(200)),
        format!("_id={}", list(3_000)),
        format!("identifier={}", list(3_000)),
        format!("name:contains={}", "ab".repeat(2_000)),
        "name=a&".repeat(100),
        format!("birthdate={}", vec!["gt2000-01-01"; 200].join(",")),
    ] {
        full.send("POST", "/fhir/Patient/_search", &[FORM], &fine).await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_values_are_only_values() {
    let world = World::new().await;
    let full = world.program("full").await;
    full.post("/fhir/Patient", &patient("Le Goff")).await.expect(201);
    for value in [
        "(a%2B)%2B$",
        "%25",
        "_",
        "%00",
        "%5C",
        "%5C,",
        "$",
        "%7C",
        "%7C%7C",
        "a%7Cb%7Cc",
        "*",
        ".*",
        "[",
        "'%20OR%201=1--",
        "%22;DROP",
        "%FF",
        "%C0%AF",
        "%zz",
        "%E2%80%AE",
        "%F0%9F%98%80",
    ] {
        for name in [
            "name",
            "name:contains",
            "name:exact",
            "identifier",
            "birthdate",
            "organization",
            "_id",
            "_lastUpdated",
            "_profile",
            "gender:not",
            "organization.name",
            "_has:Observation:patient:code",
            "_count",
            "_sort",
            "_include",
            "_page",
            "_total",
            "_summary",
            "_elements",
            "name:missing",
            "_has:x",
            "name:nope",
            ":",
            "general-practitioner",
        ] {
            let began = Instant::now();
            let answer = full.get(&format!("/fhir/Patient?{name}={value}")).await;
            assert!(matches!(answer.status, 200 | 400), "{name}={value} {}", answer.status);
            assert!(began.elapsed() < SOON);
            // The person is found by those that say nothing or everything only, never by an escape.
            if answer.status == 200 && name == "name:exact" {
                assert_eq!(answer.json()["total"], 0, "{value}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_patch_cannot_swell() {
    let world = World::new().await;
    let full = world.program("full").await;
    let made = full.post("/fhir/Patient", &patient("Le Goff")).await.expect(201).json();
    let path = format!("/fhir/Patient/{}", made["id"].as_str().unwrap());
    let header = ("content-type", "application/json-patch+json");
    let copies = |from: &str, to: &str| vec![json!({"op": "copy", "from": from, "path": to}); 100];
    for operations in [copies("/name", "/name/-"), copies("/name", "/name/0/extension"), copies("", "/name/-")] {
        refused(&full, "PATCH", &path, header, json!(operations).to_string().as_bytes()).await;
    }
    for text in [
        "[".repeat(100_000),
        " ".repeat(2 << 20),
        "[{\"op\":\"add\",\"path\":\"/name/99999999999999999999\",\"value\":1}]".into(),
    ] {
        refused(&full, "PATCH", &path, header, text.as_bytes()).await;
    }
    assert_eq!(full.get(&path).await.expect(200).header("etag"), "W/\"1\"");
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_headers_are_answered() {
    let world = World::new().await;
    let full = world.program("full").await;
    let made = full.post("/fhir/Patient", &patient("Le Goff")).await.expect(201).json();
    let path = format!("/fhir/Patient/{}", made["id"].as_str().unwrap());
    let (commas, digits) = (",".repeat(8_000), format!("W/\"{}\"", "9".repeat(1_000)));
    for (name, value) in [
        ("if-match", digits.as_str()),
        ("if-match", &commas),
        ("if-none-match", &commas),
        ("if-modified-since", &commas),
        ("accept", &commas),
        ("accept", "application/fhir+json;q=x"),
        ("prefer", ";;==,,"),
        ("if-none-exist", "&&&&"),
        ("x-socle-reason", &commas),
        ("content-type", ";;;"),
        ("content-length", "-1"),
    ] {
        for (method, path) in
            [("GET", path.as_str()), ("PUT", &path), ("POST", "/fhir/Patient"), ("DELETE", "/fhir/Patient/no")]
        {
            let answer = full.send(method, path, &[(name, value)], &made.to_string()).await;
            assert!(answer.status < 500, "{name} {method} {}", answer.status);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mark_of_a_page_is_taken_whole_or_not_at_all() {
    let world = World::new().await;
    let full = world.program("full").await;
    for family in ["A", "B", "C"] {
        full.post("/fhir/Patient", &patient(family)).await.expect(201);
    }
    for path in ["/fhir/Patient?_count=1&", "/fhir/Patient?_count=1&_sort=family&", "/fhir/Patient/_history?_count=1&"]
    {
        let page = full.get(path).await.expect(200).json();
        let next = page["link"].as_array().unwrap().iter().find(|link| link["relation"] == "next").unwrap();
        let mark = next["url"].as_str().unwrap().split_once("_page=").unwrap().1.to_owned();
        full.get(&format!("{path}_page={mark}")).await.expect(200);
        for at in 0..mark.len() {
            let mut other = mark.clone().into_bytes();
            other[at] = if other[at] == b'A' { b'B' } else { b'A' };
            for text in [String::from_utf8(other).unwrap(), mark.chars().take(at).collect()] {
                let refused = full.get(&format!("{path}_page={text}")).await;
                assert!(refused.status == 400 || text.is_empty(), "{} {path} {at}", refused.status);
            }
        }
        full.get(&format!("{path}_page={mark}A")).await.expect(400);
    }
}
