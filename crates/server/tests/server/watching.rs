//! What whoever watches the machine is told.

use crate::support::{Answer, PASSWORD, World, create, patient, secret_condition, send};
use axum::Router;
use std::collections::BTreeSet;

fn admin(world: &World) -> Router {
    server::admin(world.app.clone(), "0.0.0-test", world.meters.clone())
}

async fn scrape(world: &World) -> String {
    let answer = send(&admin(world), "GET", "/metrics", &[("accept", "application/openmetrics-text")], "").await;
    assert!(answer.header("content-type").starts_with("application/openmetrics-text; version=1.0.0"));
    let text = answer.expect(200).text();
    assert!(text.ends_with("# EOF\n"));
    text
}

/// The value of a series, named as it is written.
fn value(text: &str, series: &str) -> f64 {
    let line = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    assert!(line.is_some(), "{series} is not in\n{text}");
    line.unwrap().parse().unwrap()
}

/// Names and values of all labels.
fn labels(text: &str) -> BTreeSet<(String, String)> {
    let lists = text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('{'));
    let lists = lists.map(|(_, rest)| rest.split_once('}').unwrap().0);
    let pairs = lists.flat_map(|list| list.split(',')).map(|pair| pair.split_once('=').unwrap());
    pairs.map(|(name, value)| (name.to_owned(), value.trim_matches('"').to_owned())).collect()
}

async fn busy(world: &World) -> Vec<Answer> {
    let full = world.program("full").await;
    let limited = world.program("limited").await;
    let patient = create(&full, patient("Quemener")).await;
    create(&full, secret_condition(&patient)).await;
    let mut answers = Vec::new();
    for path in [
        format!("/fhir/{patient}"),
        "/fhir/Patient?name=Quemener".into(),
        "/fhir/Patient/odette-quemener".into(),
        "/fhir/Odette/quemener".into(),
        format!("/fhir/{patient}/$everything?_type=Condition"),
        "/fhir/Patient?identifier=urn:oid:1.2.250.1.213.1.4.10|238039912345678".replace('|', "%7C"),
    ] {
        answers.push(full.get(&path).await);
        answers.push(limited.get(&path).await);
    }
    let cookie = world.sign_in("amina").await;
    answers.push(world.page("/personnes?nom=quemener", &cookie).await);
    answers.push(world.page("/odette-quemener", &cookie).await);
    answers.push(send(&world.router, "QUEMENER", "/fhir/Patient", &[], "").await);
    answers
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_say_nothing_of_anybody() {
    let world = World::new().await;
    let answers = busy(&world).await;
    assert!(answers.iter().any(|answer| answer.status == 200) && answers.iter().any(|answer| answer.status == 404));
    let text = scrape(&world).await;
    // A measured time may be of any figures: names and labels are what could tell of somebody.
    let told =
        |line: &str| line.rsplit_once(' ').filter(|_| !line.starts_with('#')).map_or(line, |(name, _)| name).to_owned();
    let lower = text.lines().map(told).collect::<Vec<_>>().join("\n").to_lowercase();
    for word in [
        "quemener",
        "odette",
        "2380399",
        "b24",
        "immuno",
        "amina",
        "claire",
        "hugo",
        "full",
        "limited",
        "tilleuls",
        "9900000",
        "patient",
        "condition",
        "/personnes",
        "/fhir",
        "dui.test",
        PASSWORD,
        world.dir.path().to_str().unwrap(),
    ] {
        assert!(!lower.contains(&word.to_lowercase()), "{word} is in\n{text}");
    }
    let ids = answers.iter().filter(|answer| answer.header("content-type").contains("json"));
    for id in ids.filter_map(|answer| answer.json()["id"].as_str().map(str::to_owned)) {
        assert!(!text.contains(&id));
    }
    let known =
        ["page", "form", "static", "token", "websocket", "other", "main", "audit", "keys", "sqlite", "0.0.0-test"];
    for (name, value) in labels(&text) {
        let fine = match name.as_str() {
            "class" => known.contains(&value.as_str()) || value.starts_with("fhir_"),
            "database" | "version" | "engine" => known.contains(&value.as_str()),
            "status" => value.parse::<u16>().is_ok(),
            "le" => value == "+Inf" || value.parse::<f64>().is_ok(),
            _ => false,
        };
        assert!(fine, "{name}={value}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_makes_no_series() {
    let world = World::new().await;
    for n in 0..60 {
        for path in [format!("/fhir/Patient/p{n}"), format!("/fhir/T{n}"), format!("/rien/{n}")] {
            send(&world.router, if n % 2 == 0 { "GET" } else { "PUT" }, &path, &[], "").await;
        }
    }
    let text = scrape(&world).await;
    let series = text.lines().filter(|line| line.starts_with("socle_requests_total")).count();
    assert!(series <= 8, "{series}\n{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_count_what_was_done() {
    let world = World::new().await;
    busy(&world).await;
    let text = scrape(&world).await;
    assert_eq!(value(&text, "socle_requests_total{class=\"fhir_create\",status=\"201\"}"), 2.0);
    assert_eq!(value(&text, "socle_requests_total{class=\"token\",status=\"200\"}"), 2.0);
    let searched = value(&text, "socle_requests_total{class=\"fhir_search\",status=\"200\"}");
    assert_eq!(value(&text, "socle_request_seconds_count{class=\"fhir_search\"}"), searched);
    assert_eq!(value(&text, "socle_request_seconds_bucket{le=\"+Inf\",class=\"fhir_search\"}"), searched);
    assert_eq!(value(&text, "socle_requests_running"), 0.0);
    assert_eq!(value(&text, "socle_store_up"), 1.0);
    assert_eq!(value(&text, "socle_build_info{version=\"0.0.0-test\",engine=\"sqlite\"}"), 1.0);
    assert!(value(&text, "socle_log_behind") > 2.0);
    let commits = value(&text, "socle_commit_seconds_count{database=\"main\"}");
    assert!(commits > 2.0 && commits == value(&text, "socle_commit_writes_count{database=\"main\"}"));
    assert!(value(&text, "socle_store_bytes{database=\"main\"}") > 4_096.0);
    assert!(value(&text, "process_resident_memory_bytes") > 1e6);
    app::audit::sequence(&world.app).await.unwrap();
    app::audit::checkpoint(&world.app).await.unwrap();
    let text = scrape(&world).await;
    assert_eq!((value(&text, "socle_log_behind"), value(&text, "socle_log_behind_seconds")), (0.0, 0.0));
    assert_eq!(value(&text, "socle_log_signed_timestamp_seconds"), 1_780_000_000.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_figures_are_on_their_own_listener_only() {
    let world = World::new().await;
    for path in ["/healthz", "/readyz"] {
        assert_eq!(send(&admin(&world), "GET", path, &[], "").await.expect(200).text(), "ok\n");
    }
    for path in ["/metrics", "/healthz", "/readyz"] {
        send(&world.router, "GET", path, &[], "").await.expect(404);
    }
    send(&admin(&world), "GET", "/fhir/metadata", &[], "").await.expect(404);
}
