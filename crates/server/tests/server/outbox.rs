//! What programs are still to be told, for whoever looks after the machine: seen, tried again, given up.

use crate::support::{Answer, Program, World, create, csrf, patient};
use app::accounts::{self, NewAccount};
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use confidentiality::{Actor, ClientScope, Level, Place};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};
use std::time::Duration;
use store::{AccountKind, FOREVER, Post};

const SECOND: i64 = 1_000_000;
const PAGE: &str = "/maitrise/envois";

/// Answers a status, and counts.
#[derive(Clone, Default)]
struct Receiver(Arc<(AtomicU16, AtomicUsize)>);

impl Receiver {
    async fn start(&self) -> String {
        let hear = async |State(own): State<Self>| {
            own.0.1.fetch_add(1, Ordering::SeqCst);
            StatusCode::from_u16(own.0.0.load(Ordering::SeqCst)).unwrap()
        };
        let router = Router::new().route("/hook", post(hear)).with_state(self.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        format!("http://{address}/hook")
    }

    fn answers(&self, status: u16) {
        self.0.0.store(status, Ordering::SeqCst);
    }

    fn told(&self) -> usize {
        self.0.1.load(Ordering::SeqCst)
    }
}

/// The technician: answers for machines, reads nothing about anybody.
async fn technician(world: &World) -> String {
    let (actor, place) = (Actor::new(44), Place::new(1));
    let post = Post { actor, place, unit: -1, persona: "info".into(), starts: 0, ends: FOREVER };
    world.app.store().add_post(world.app.tenant(), post).await.unwrap();
    let scope = ClientScope { place: None, cap: Level::Open, write: false, chosen_ids: false };
    let (login, display, secret) = ("loic".into(), "Loïc (essai)".into(), crate::support::PASSWORD.into());
    let new = NewAccount { actor, kind: AccountKind::Person, login, display, secret, scope, practitioner: None };
    accounts::put(&world.app, new).await.unwrap();
    world.sign_in("loic").await
}

async fn eventually(what: &str, holds: impl AsyncFn() -> bool) {
    for _ in 0..200 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(holds().await, "{what}");
}

async fn status(program: &Program<'_>, at: &str) -> String {
    program.get(&format!("/fhir/{at}")).await.json()["status"].as_str().unwrap_or_default().to_owned()
}

/// The number in the first form of the page.
fn number(page: &Answer) -> String {
    let text = page.text();
    text.split("/maitrise/envois/").nth(1).unwrap().split('/').next().unwrap().to_owned()
}

/// A world that tells, a program, and its Subscription set up towards a receiver.
async fn world(receiver: &Receiver) -> (World, String) {
    let world = World::new().await;
    tokio::spawn(server::notify(world.app.clone(), world.notices.clone(), std::future::pending()));
    let program = world.program("full").await;
    let wanted = json!({"resourceType": "Subscription", "status": "requested", "reason": "essai", "criteria": "Patient",
        "channel": {"type": "rest-hook", "endpoint": receiver.start().await}});
    let at = create(&program, wanted).await;
    eventually("set up", async || status(&program, &at).await == "active").await;
    (world, at)
}

/// Fails until it is given up.
async fn give_up(world: &World, receiver: &Receiver, at: &str) {
    receiver.answers(503);
    create(&world.program("full").await, patient("Durand")).await;
    for _ in 0..20 {
        let before = receiver.told();
        tokio::time::sleep(Duration::from_millis(700)).await;
        if receiver.told() == before && status(&world.program("full").await, at).await == "error" {
            return;
        }
        world.clock.fetch_add(14_401 * SECOND, Ordering::SeqCst);
    }
    unreachable!("never given up");
}

async fn entries(world: &World) -> i64 {
    app::audit::sequence(&world.app).await.unwrap();
    app::audit::verify(&world.app, None).await.unwrap().tree_size
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_tried_again_tells_what_was_missed_meanwhile() {
    let receiver = Receiver::default();
    let (world, at) = world(&receiver).await;
    let cookie = technician(&world).await;
    let empty = world.page(PAGE, &cookie).await.expect(200).text();
    assert!(empty.contains("Rien n’attend") && !empty.contains("<table"), "{empty}");
    receiver.answers(503);
    create(&world.program("full").await, patient("Durand")).await;
    eventually("it fails", async || world.page(PAGE, &cookie).await.text().contains("Réessayer maintenant")).await;
    let failing = world.page(PAGE, &cookie).await.expect(200).text();
    assert!(
        failing.contains("Réponse 503") && failing.contains("full (essai)") && !failing.contains("Durand"),
        "{failing}"
    );
    give_up(&world, &receiver, &at).await;
    create(&world.program("full").await, patient("Pendant")).await;
    let told = receiver.told();
    // A session of that time: the clock has moved on.
    let cookie = world.sign_in("loic").await;
    let page = world.page(PAGE, &cookie).await.expect(200);
    assert!(page.text().contains("À décider") && page.text().contains("Abandonner…"), "{}", page.text());
    receiver.answers(200);
    let before = entries(&world).await;
    let form = format!("csrf={}", csrf(&page));
    let again = format!("{PAGE}/{}/reessayer", number(&page));
    world.form(&again, &cookie, "csrf=x").await.expect(403);
    assert_eq!(
        world.form(&again, &cookie, &form).await.expect(303).header("location"),
        "/maitrise/envois?fait=reessaye"
    );
    let program = world.program("full").await;
    eventually("told", async || receiver.told() > told).await;
    eventually("it goes on", async || status(&program, &at).await == "active").await;
    assert!(entries(&world).await > before, "audited");
    eventually("nothing is left", async || world.page(PAGE, &cookie).await.text().contains("Rien n’attend")).await;
    // From a page that was opened before, not by the same click.
    let form = format!("csrf={}", csrf(&world.page(PAGE, &cookie).await));
    assert_eq!(world.form(&again, &cookie, &form).await.expect(303).header("location"), "/maitrise/envois?fait=absent");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_is_given_up_for_a_reason_and_by_who_answers_for_machines_only() {
    let receiver = Receiver::default();
    let (world, at) = world(&receiver).await;
    technician(&world).await;
    give_up(&world, &receiver, &at).await;
    let carer = world.sign_in("amina").await;
    world.page(PAGE, &carer).await.expect(404);
    let cookie = world.sign_in("loic").await;
    let page = world.page(PAGE, &cookie).await.expect(200);
    let abandon = format!("{PAGE}/{}/abandonner", number(&page));
    world.page(&abandon, &carer).await.expect(404);
    let own = csrf(&world.page("/moi", &carer).await);
    world.form(&abandon, &carer, &format!("csrf={own}&motif=x")).await.expect(404);
    let asked = world.page(&abandon, &cookie).await.expect(200);
    assert!(asked.text().contains("ne sera pas prévenu") && asked.text().contains("Réponse 503"), "{}", asked.text());
    let form = format!("csrf={}&motif=", csrf(&asked));
    let wrong = crate::mistakes::mistaken(&world.form(&abandon, &cookie, &form).await.expect(422));
    assert!(wrong.contains("aria-invalid") && wrong.contains("Dites pourquoi"), "{wrong}");
    let before = entries(&world).await;
    let gone = world.form(&abandon, &cookie, &format!("{form}machine+rendue")).await.expect(303);
    assert_eq!(gone.header("location"), "/maitrise/envois?fait=abandonne");
    assert_eq!(entries(&world).await, before + 1, "audited");
    assert!(world.page(PAGE, &cookie).await.text().contains("Rien n’attend"));
    assert_eq!(status(&world.program("full").await, &at).await, "error", "the program sees it, and may ask again");
    let told = receiver.told();
    receiver.answers(200);
    create(&world.program("full").await, patient("Petit")).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(receiver.told(), told, "nobody is told any more");
    assert_eq!(world.page(&abandon, &cookie).await.expect(303).header("location"), "/maitrise/envois?fait=absent");
}
