//! Every way out, twice: two stores that differ only by what a reader may not see answer that reader the same, byte for
//! byte, whatever it asks (declared leaks apart, docs/LEAKAGE.md).

mod asks;

use crate::bulk;
use crate::support::{Answer, Program, World};
use app::accounts;
use asks::{addresses, tries};
use confidentiality::{Actor, ClientScope, Level};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use store::AccountKind;

/// Numbers that only depend on the seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, faces: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % u64::try_from(faces).unwrap()).unwrap()
    }

    fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.roll(all.len())]
    }
}

/// One write: by which program, as what; nothing is a deletion.
struct Step {
    by: &'static str,
    name: String,
    body: Option<Value>,
}

const LEVELS: [&str; 5] = ["L", "M", "N", "R", "V"];
const ITEMS: [&str; 8] =
    ["Observation", "Condition", "DocumentReference", "Communication", "Encounter", "Flag", "List", "Binary"];

fn item(kind: &str, number: usize, who: &str, other: &str) -> Value {
    let (text, who) = (format!("mot{number} chose"), json!({"reference": who}));
    let code = json!({"text": text, "coding": [{"system": "urn:code", "code": format!("c{}", number % 3)}]});
    let mut body = match kind {
        "Observation" => json!({"status": "final", "code": code, "subject": who,
            "effectiveDateTime": format!("2026-05-{:02}", 1 + number % 28), "valueQuantity": {"value": number, "unit": "kg"},
            "derivedFrom": [{"reference": other}]}),
        "Condition" => json!({"code": code, "subject": who, "recordedDate": "2026-05-02"}),
        "DocumentReference" => json!({"status": "current", "type": code, "subject": who, "description": text,
            "content": [{"attachment": {"contentType": "text/plain", "title": text}}],
            "context": {"related": [{"reference": other}]}}),
        "Communication" => json!({"status": "completed", "subject": who, "payload": [{"contentString": text}],
            "about": [{"reference": other}]}),
        "Encounter" => json!({"status": "planned", "class": {"code": "AMB"}, "subject": who, "type": [code]}),
        "Flag" => json!({"status": "active", "code": code, "subject": who}),
        "List" => json!({"status": "current", "mode": "working", "subject": who, "title": text,
            "entry": [{"item": {"reference": other}}]}),
        _ => json!({"contentType": "text/plain", "data": "bW90", "securityContext": who}),
    };
    body["resourceType"] = json!(kind);
    body["identifier"] = json!([{"system": "urn:item", "value": format!("n{}", number % 5)}]);
    if matches!(kind, "Communication" | "Binary") {
        body.as_object_mut().unwrap().remove("identifier");
    }
    body
}

/// Writes of two houses at levels 0 to 4, some replaced, some deleted.
fn steps(seed: u64) -> Vec<Step> {
    let (mut dice, mut steps) = (Dice(seed), Vec::new());
    let houses = [("full", ["p0", "p1", "p2"]), ("planter", ["q0", "q1", "q2"])];
    for (by, people) in houses {
        for (at, id) in people.iter().enumerate() {
            let security = json!([{"system": SYSTEM, "code": if at == 2 { "V" } else { "L" }}]);
            let body = json!({"resourceType": "Patient", "id": id, "meta": {"security": security}, "gender": "female",
                "birthDate": format!("193{at}-03-07"), "name": [{"family": format!("Nom{id}")}],
                "identifier": [{"system": "urn:item", "value": format!("n{at}")}]});
            steps.push(Step { by, name: format!("Patient/{id}"), body: Some(body) });
        }
    }
    let mut made: Vec<String> = Vec::new();
    for number in 0..60 {
        let house = dice.roll(2);
        let (by, people) = houses[house];
        let (kind, who) = (*dice.pick(&ITEMS), format!("Patient/{}", dice.pick(&people)));
        // What a link leads to may be hidden, or never come.
        let mut other = if made.is_empty() { "Observation/none".to_owned() } else { dice.pick(&made).clone() };
        if kind == "Observation" && !other.starts_with("Observation") && !other.starts_with("DocumentReference") {
            other = "Observation/none".to_owned();
        }
        let name = format!("{kind}/i{number}");
        let mut body = item(kind, number, &who, &other);
        body["id"] = json!(format!("i{number}"));
        body["meta"] = json!({"security": [{"system": SYSTEM, "code": dice.pick(&LEVELS)}],
            "tag": [{"system": "urn:tag", "code": format!("t{number}")}]});
        steps.push(Step { by, name: name.clone(), body: Some(body.clone()) });
        // Whoever does not see everything does not replace what points at what it may not see.
        if dice.roll(4) == 0 && (by == "full" || !(body.to_string().contains(&other) || who.ends_with('2'))) {
            body["language"] = json!("fr");
            steps.push(Step { by, name: name.clone(), body: Some(body) });
        }
        if dice.roll(8) == 0 {
            steps.push(Step { by, name: name.clone(), body: None });
        }
        made.push(name);
    }
    steps
}

const SYSTEM: &str = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";

/// A world in which what `wanted` says has happened. `planter` chooses ids at the other place.
async fn world(steps: &[Step], wanted: &dyn Fn(&Step) -> bool) -> (World, Vec<(String, u16)>) {
    let world = World::new().await;
    let place = world.app.store().ensure_place(world.app.tenant(), "990000033", PROFILE, "La Clairière").await.unwrap();
    let scope = ClientScope { place: Some(place), cap: Level::VerySensitive, write: true, chosen_ids: true };
    let account = accounts::NewAccount {
        actor: Actor::new(11),
        kind: AccountKind::Client,
        login: "planter".into(),
        display: "planter".into(),
        secret: "secret-planter".into(),
        scope,
        practitioner: None,
    };
    accounts::put(&world.app, account).await.unwrap();
    let mut statuses = Vec::new();
    for by in ["full", "planter"] {
        let program = world.program(by).await;
        for step in steps.iter().filter(|step| step.by == by && wanted(step)) {
            let path = format!("/fhir/{}", step.name);
            let answer = match &step.body {
                Some(body) => program.put(&path, body).await,
                None => program.send("DELETE", &path, &[], "").await,
            };
            statuses.push((step.name.clone(), answer.status));
            assert!(answer.status < 300, "{} {}", step.name, answer.text());
        }
    }
    (world, statuses)
}

const PROFILE: confidentiality::PlaceProfile = confidentiality::PlaceProfile::Ime;

/// What is the same in two stores that are not: without numbers drawn at random, nor marks of pages.
fn plain(answer: &Answer) -> (u16, Vec<(String, String)>, String) {
    let mut headers: Vec<_> =
        answer.headers.iter().map(|(name, value)| (name.to_string(), text(value.to_str().unwrap()))).collect();
    headers.retain(|(name, _)| !matches!(name.as_str(), "x-request-id" | "content-length"));
    (answer.status, headers, text(&String::from_utf8_lossy(&answer.body)))
}

fn text(raw: &str) -> String {
    let mut out = String::new();
    let mut rest = raw;
    while let Some(at) = rest.find("_page=") {
        let (before, after) = rest.split_at(at + "_page=".len());
        out.push_str(before);
        rest = after.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || "-_".contains(c));
    }
    out.push_str(rest);
    let is_random = |word: &&str| word.len() == 36 && word.matches('-').count() == 4;
    let words: BTreeSet<String> =
        out.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).filter(is_random).map(str::to_owned).collect();
    words.iter().fold(out, |text, word| text.replace(word.as_str(), "RANDOM"))
}

/// One page after the other.
async fn walk(program: &Program<'_>, address: &str) -> Vec<(u16, Vec<(String, String)>, String)> {
    let (mut next, mut all) = (Some(format!("/fhir/{address}").replace('|', "%7C")), Vec::new());
    while let Some(url) = next {
        let answer = program.send("GET", &url, &[("accept", "application/fhir+json")], "").await;
        all.push(plain(&answer));
        let page = serde_json::from_slice::<Value>(&answer.body).unwrap_or_default();
        let links = page["link"].as_array().cloned().unwrap_or_default();
        next =
            links.iter().find(|link| link["relation"] == "next").map(|link| link["url"].as_str().unwrap().to_owned());
    }
    all
}

/// Every file of Bulk Data, line by line.
async fn exported(program: &Program<'_>) -> Vec<String> {
    let status = bulk::begin(program, "/fhir/$export", &[]).await;
    let manifest = bulk::manifest(program, &status).await.json();
    let mut all = Vec::new();
    for output in manifest["output"].as_array().unwrap() {
        let file = program.get(output["url"].as_str().unwrap()).await.expect(200);
        all.extend(file.text().lines().map(str::to_owned));
        all.push(format!("{} {}", output["type"], output["count"]));
    }
    all.sort();
    all
}

async fn compare(seed: u64, reader: &str) {
    let steps = steps(seed);
    let (whole, mut done) = world(&steps, &|_| true).await;
    let names: Vec<String> = steps.iter().map(|step| step.name.clone()).collect::<BTreeSet<_>>().into_iter().collect();
    let program = whole.program(reader).await;
    let mut hidden = BTreeSet::new();
    for name in &names {
        if program.get(&format!("/fhir/{name}")).await.status == 404 {
            hidden.insert(name.clone());
        }
    }
    assert!(hidden.len() > 20 && hidden.len() < names.len() - 8, "{} of {}", hidden.len(), names.len());
    let (part, done_without) = world(&steps, &|step| !hidden.contains(&step.name)).await;
    done.retain(|(name, _)| !hidden.contains(name));
    assert_eq!(done, done_without, "seed {seed}, {reader}: the same was written");
    let without = part.program(reader).await;
    let addresses = addresses(&names);
    for address in &addresses {
        let (one, other) = (walk(&program, address).await, walk(&without, address).await);
        assert!(one == other, "seed {seed}, {reader}, GET {address}");
        assert!(one.iter().all(|(status, ..)| *status != 400), "{address} asks something");
        let said: String = one.iter().map(|(_, _, body)| body.as_str()).collect();
        for number in hidden.iter().filter_map(|name| name.split_once("/i")).map(|(_, number)| number) {
            assert!(!said.contains(&format!("mot{number} ")), "seed {seed}, {reader}, {address} tells mot{number}");
        }
    }
    let entries: Vec<Value> =
        addresses.iter().map(|url| json!({"request": {"method": "GET", "url": url.replace('|', "%7C")}})).collect();
    let batch = json!({"resourceType": "Bundle", "type": "batch", "entry": entries});
    let (one, other) = (program.post("/fhir", &batch).await, without.post("/fhir", &batch).await);
    assert_eq!(plain(&one), plain(&other), "seed {seed}, {reader}, batch");
    let (one, other) = (exported(&program).await, exported(&without).await);
    assert_eq!(one, other, "seed {seed}, {reader}, $export");
    for one in tries(&names) {
        let (with, without) = (one.by(&program).await, one.by(&without).await);
        assert_eq!(plain(&with), plain(&without), "seed {seed}, {reader}, {one:?}");
    }
}

/// One pair of stores, or as many as `SOCLE_SEEDS` says.
fn seeds(first: u64) -> std::ops::Range<u64> {
    let count = std::env::var("SOCLE_SEEDS").ok().and_then(|count| count.parse().ok());
    first..first + count.unwrap_or(1)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_hidden_from_a_program_of_a_place_is_nowhere() {
    for seed in seeds(1) {
        compare(seed, "limited").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_hidden_from_a_program_of_the_other_place_is_nowhere() {
    for seed in seeds(3) {
        compare(seed, "elsewhere").await;
    }
}
