//! Subscriptions: real receivers are told that something has changed, and nothing of what they may not read.

use crate::support::{BASE, NOW, Program, World, create, patient, secret_condition, weight};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::post;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Longer than two rounds.
const A_WHILE: Duration = Duration::from_millis(1_300);
const SECOND: i64 = 1_000_000;

/// A program that listens on this machine.
#[derive(Clone, Default)]
struct Receiver {
    told: Arc<Mutex<Vec<(HeaderMap, Bytes)>>>,
    followed: Arc<AtomicUsize>,
    /// What it answers; 200 when none.
    status: Arc<AtomicU16>,
    address: String,
}

impl Receiver {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let receiver = Self { address, ..Self::default() };
        let routes = Router::new().route("/hook", post(hear)).route("/elsewhere", post(follow));
        let routes = routes.with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        receiver
    }

    fn hook(&self) -> String {
        format!("{}/hook", self.address)
    }

    fn count(&self) -> usize {
        self.told.lock().unwrap().len()
    }

    fn answers(&self, status: u16) {
        self.status.store(status, Ordering::Relaxed);
    }

    async fn told(&self, times: usize) {
        eventually(async || self.count() >= times).await;
        assert_eq!(self.count(), times);
    }

    /// Nobody tells it anything for a while.
    async fn hears_nothing_more(&self) {
        let before = self.count();
        tokio::time::sleep(A_WHILE).await;
        assert_eq!(self.count(), before);
    }
}

async fn hear(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> Response {
    receiver.told.lock().unwrap().push((headers, body));
    match receiver.status.load(Ordering::Relaxed) {
        0 => StatusCode::OK.into_response(),
        307 => Redirect::temporary("/elsewhere").into_response(),
        // Never answers in time.
        1 => std::future::pending().await,
        status => StatusCode::from_u16(status).unwrap().into_response(),
    }
}

async fn follow(State(receiver): State<Receiver>) {
    receiver.followed.fetch_add(1, Ordering::Relaxed);
}

async fn eventually(holds: impl AsyncFn() -> bool) {
    for _ in 0..300 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(holds().await, "not in time");
}

async fn world() -> World {
    let world = World::new().await;
    tokio::spawn(server::notify(world.app.clone(), world.notices.clone(), std::future::pending()));
    world
}

fn wanted(criteria: &str, endpoint: &str) -> Value {
    json!({"resourceType": "Subscription", "status": "requested", "reason": "essai", "criteria": criteria,
        "channel": {"type": "rest-hook", "endpoint": endpoint, "header": ["Authorization: Bearer xyz"]}})
}

async fn status(program: &Program<'_>, at: &str) -> String {
    program.get(&format!("/fhir/{at}")).await.json()["status"].as_str().unwrap_or_default().to_owned()
}

async fn becomes(program: &Program<'_>, at: &str, wanted: &str) {
    eventually(async || status(program, at).await == wanted).await;
}

/// A Subscription that is set up.
async fn subscribe(program: &Program<'_>, criteria: &str, receiver: &Receiver) -> String {
    let at = create(program, wanted(criteria, &receiver.hook())).await;
    becomes(program, &at, "active").await;
    at
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_is_told_of_what_matches_and_of_nothing_in_it() {
    let (world, receiver) = (world().await, Receiver::start().await);
    let program = world.program("full").await;
    let at = subscribe(&program, "Observation?code=http://loinc.org|29463-7", &receiver).await;
    let person = create(&program, patient("Durand")).await;
    receiver.hears_nothing_more().await;
    create(&program, weight(&person, 61)).await;
    receiver.told(1).await;
    let (headers, body) = receiver.told.lock().unwrap()[0].clone();
    assert_eq!((headers["authorization"].to_str().unwrap(), body.len()), ("Bearer xyz", 0));
    assert!(headers.values().all(|value| !String::from_utf8_lossy(value.as_bytes()).contains("Observation")));
    let mut other = weight(&person, 62);
    other["code"] = json!({"coding": [{"system": "http://loinc.org", "code": "8867-4"}]});
    create(&program, other).await;
    receiver.hears_nothing_more().await;
    program.send("DELETE", &format!("/fhir/{at}"), &[], "").await;
    create(&program, weight(&person, 63)).await;
    receiver.hears_nothing_more().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn its_header_is_never_shown_and_stays_with_its_address() {
    let (world, receiver) = (world().await, Receiver::start().await);
    let program = world.program("full").await;
    let made = program.post("/fhir/Subscription", &wanted("Patient?", &receiver.hook())).await.expect(201).json();
    assert_eq!((made["status"].as_str().unwrap(), made["channel"].get("header")), ("requested", None));
    let at = format!("Subscription/{}", made["id"].as_str().unwrap());
    becomes(&program, &at, "active").await;
    let mut shown = program.get(&format!("/fhir/{at}")).await.json();
    assert_eq!(shown["channel"].get("header"), None);
    let history = program.get(&format!("/fhir/{at}/_history")).await.text();
    assert!(!history.contains("xyz"));
    shown["reason"] = json!("autre");
    program.put(&format!("/fhir/{at}"), &shown).await.expect(200);
    becomes(&program, &at, "active").await;
    create(&program, patient("Durand")).await;
    receiver.told(1).await;
    assert_eq!(receiver.told.lock().unwrap()[0].0["authorization"], "Bearer xyz");
    let other = Receiver::start().await;
    shown["channel"]["endpoint"] = json!(other.hook());
    program.put(&format!("/fhir/{at}"), &shown).await.expect(200);
    becomes(&program, &at, "active").await;
    create(&program, patient("Petit")).await;
    other.told(1).await;
    assert_eq!(other.told.lock().unwrap()[0].0.get("authorization"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_program_may_not_read_never_makes_a_sound() {
    let (world, receiver) = (world().await, Receiver::start().await);
    let (full, limited) = (world.program("full").await, world.program("limited").await);
    let person = create(&full, patient("Durand")).await;
    subscribe(&limited, "Condition", &receiver).await;
    create(&full, secret_condition(&person)).await;
    receiver.hears_nothing_more().await;
    let ordinary = json!({"resourceType": "Condition", "subject": {"reference": person}, "recordedDate": "2026-05-02",
        "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "I10"}], "text": "Hypertension"}});
    let at = create(&full, ordinary.clone()).await;
    receiver.told(1).await;
    // It could not be told, and has risen out of reach when it is tried again.
    receiver.answers(500);
    let mut again = ordinary.clone();
    again["id"] = json!(at.split_once('/').unwrap().1);
    again["recordedDate"] = json!("2026-05-03");
    full.put(&format!("/fhir/{at}"), &again).await.expect(200);
    receiver.told(2).await;
    again["code"] = secret_condition(&person)["code"].clone();
    full.put(&format!("/fhir/{at}"), &again).await.expect(200);
    world.clock.fetch_add(3_600 * SECOND, Ordering::Relaxed);
    receiver.hears_nothing_more().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn criteria_are_not_shown_to_lesser_programs() {
    let (world, receiver) = (world().await, Receiver::start().await);
    let (full, limited) = (world.program("full").await, world.program("limited").await);
    let at = subscribe(&full, "Condition?code=B24", &receiver).await;
    limited.get(&format!("/fhir/{at}")).await.expect(404);
    let own = subscribe(&limited, "Condition?code=I10", &receiver).await;
    limited.get(&format!("/fhir/{own}")).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_fails_is_tried_again_then_given_up_with_the_reason() {
    let (world, receiver) = (world().await, Receiver::start().await);
    let program = world.program("full").await;
    let at = subscribe(&program, "Patient", &receiver).await;
    receiver.answers(307);
    create(&program, patient("Durand")).await;
    receiver.told(1).await;
    receiver.hears_nothing_more().await;
    receiver.answers(503);
    for times in 2..=9 {
        world.clock.fetch_add(14_400 * SECOND, Ordering::Relaxed);
        receiver.told(times).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(receiver.followed.load(Ordering::Relaxed), 0, "no redirection is followed");
    let program = world.program("full").await;
    becomes(&program, &at, "error").await;
    let text = program.get(&format!("/fhir/{at}")).await.json()["error"].as_str().unwrap().to_owned();
    assert!(text.contains("503") && !text.contains("Durand"), "{text}");
    let vitals = app::upkeep::vitals(&world.app).await.unwrap();
    assert_eq!((vitals.outbox.waiting, vitals.outbox.dead), (0, 1), "it waits for a person");
    // Asked for again, it starts anew, without what it has missed.
    receiver.answers(0);
    let mut again = program.get(&format!("/fhir/{at}")).await.json();
    again["status"] = json!("requested");
    program.put(&format!("/fhir/{at}"), &again).await.expect(200);
    becomes(&program, &at, "active").await;
    assert_eq!(program.get(&format!("/fhir/{at}")).await.json().get("error"), None);
    receiver.hears_nothing_more().await;
    create(&program, patient("Petit")).await;
    receiver.told(10).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_is_back_hears_what_it_missed() {
    let (world, receiver) = (world().await, Receiver::start().await);
    let program = world.program("full").await;
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = format!("http://{}/hook", closed.local_addr().unwrap());
    drop(closed);
    let gone = create(&program, wanted("Patient", &nobody)).await;
    becomes(&program, &gone, "active").await;
    let at = subscribe(&program, "Patient", &receiver).await;
    // It never answers: others are told meanwhile.
    receiver.answers(1);
    let quick = Receiver::start().await;
    subscribe(&program, "Patient", &quick).await;
    create(&program, patient("Durand")).await;
    receiver.told(1).await;
    quick.told(1).await;
    tokio::time::sleep(Duration::from_secs(11)).await;
    receiver.answers(0);
    world.clock.fetch_add(6 * SECOND, Ordering::Relaxed);
    receiver.told(2).await;
    assert_eq!((status(&program, &at).await, status(&program, &gone).await), ("active".into(), "active".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_kept_is_refused_with_its_path() {
    let world = world().await;
    let program = world.program("full").await;
    let good = wanted("Patient", "https://hook.example.fr/x");
    let mut payload = good.clone();
    payload["channel"]["payload"] = json!("application/fhir+json");
    let mut mail = good.clone();
    mail["channel"]["type"] = json!("email");
    let mut failed = good.clone();
    failed["status"] = json!("error");
    let cases = [
        (payload, "Subscription.channel.payload"),
        (mail, "Subscription.channel.type"),
        (wanted("Patient", "http://hook.example.fr/x"), "Subscription.channel.endpoint"),
        (wanted("Patient?nope=1", "https://hook.example.fr/x"), "Subscription.criteria"),
        (failed, "Subscription.status"),
    ];
    for (wrong, path) in cases {
        let answer = program.post("/fhir/Subscription", &wrong).await.expect(422).json();
        assert_eq!(answer["issue"][0]["expression"][0], path, "{answer}");
    }
    // Well formed, and not of the addresses the operator allows: that is the operator's to change.
    let at = create(&program, good).await;
    becomes(&program, &at, "error").await;
    let text = program.get(&format!("/fhir/{at}")).await.json()["error"].as_str().unwrap().to_owned();
    assert!(text.contains("exploitant"), "{text}");
    let reader = world.program("reader").await;
    reader.post("/fhir/Subscription", &wanted("Patient", "https://hook.example.fr/x")).await.expect(403);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_ends_when_it_says_and_when_it_is_turned_off() {
    let (world, receiver) = (world().await, Receiver::start().await);
    let program = world.program("full").await;
    let mut short = wanted("Patient", &receiver.hook());
    short["end"] = json!(fhir::date::instant(NOW + 60 * SECOND));
    let short = create(&program, short).await;
    becomes(&program, &short, "active").await;
    let at = subscribe(&program, "Patient", &receiver).await;
    let patch = json!([{"op": "replace", "path": "/status", "value": "off"}]).to_string();
    let headers = [("content-type", "application/json-patch+json")];
    program.send("PATCH", &format!("/fhir/{at}"), &headers, &patch).await.expect(200);
    world.clock.fetch_add(61 * SECOND, Ordering::Relaxed);
    becomes(&program, &short, "off").await;
    create(&program, patient("Durand")).await;
    receiver.hears_nothing_more().await;
    assert_eq!(receiver.count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_told_is_in_the_journal() {
    let (world, receiver) = (world().await, Receiver::start().await);
    let program = world.program("full").await;
    subscribe(&program, "Observation", &receiver).await;
    let person = create(&program, patient("Durand")).await;
    let before = entries(&world).await;
    create(&program, weight(&person, 61)).await;
    receiver.told(1).await;
    assert_eq!(entries(&world).await, before + 2, "the writing, and the telling");
}

async fn entries(world: &World) -> i64 {
    app::audit::sequence(&world.app).await.unwrap();
    app::audit::verify(&world.app, None).await.unwrap().tree_size
}

#[tokio::test(flavor = "multi_thread")]
async fn criteria_may_use_an_added_parameter_and_an_address_of_ours() {
    let (world, receiver) = (world().await, Receiver::start().await);
    let program = world.program("full").await;
    let person = create(&program, patient("Durand")).await;
    let parameter = json!({"resourceType": "SearchParameter", "url": "urn:test:unit", "name": "Essai", "status": "active",
        "description": "essai", "code": "x-unit", "base": ["Observation"], "type": "string",
        "expression": "Observation.value.unit"});
    let criteria = format!("Observation?x-unit=kg&patient={BASE}/fhir/{person}");
    program.post("/fhir/Subscription", &wanted(&criteria, &receiver.hook())).await.expect(422);
    create(&program, parameter).await;
    while app::own_params::index(&world.app).await.unwrap() {}
    subscribe(&program, &criteria, &receiver).await;
    let mut other = weight(&person, 62);
    other["valueQuantity"]["unit"] = json!("g");
    create(&program, other).await;
    receiver.hears_nothing_more().await;
    create(&program, weight(&person, 61)).await;
    receiver.told(1).await;
}
