//! Subscriptions by websocket, with a real client on a real connection.

use crate::support::{BASE, Program, World, create, patient, secret_condition};
use axum::http::Request;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::json;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

pub(crate) type Socket = WebSocketStream<TcpStream>;

/// The server on a port of this machine.
async fn serve() -> (World, std::net::SocketAddr) {
    let world = World::new().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(server::serve(listener, world.router.clone(), std::future::pending()));
    tokio::spawn(server::notify(world.app.clone(), world.notices.clone(), std::future::pending()));
    (world, address)
}

pub(crate) async fn connect(address: std::net::SocketAddr, token: Option<&str>) -> Result<Socket, u16> {
    let mut request = Request::builder().uri("ws://dui.test/websocket").header("host", "dui.test");
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let request = request
        .header("connection", "Upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
    let stream = TcpStream::connect(address).await.unwrap();
    match client_async(request.body(()).unwrap(), stream).await {
        Ok((socket, _)) => Ok(socket),
        Err(Error::Http(answer)) => Err(answer.status().as_u16()),
        // Not an answer of HTTP at all.
        Err(_) => Err(0),
    }
}

/// The next text; none when the connection ends, or nothing comes for a while.
pub(crate) async fn hear(socket: &mut Socket) -> Option<String> {
    loop {
        match tokio::time::timeout(Duration::from_millis(1_500), socket.next()).await {
            Ok(Some(Ok(Message::Text(text)))) => return Some(text.to_string()),
            Ok(Some(Ok(Message::Ping(_)))) => {}
            _ => return None,
        }
    }
}

pub(crate) async fn ask(socket: &mut Socket, text: &str) -> Option<String> {
    socket.send(Message::text(text)).await.unwrap();
    hear(socket).await
}

/// A Subscription by websocket that is set up; its id.
pub(crate) async fn subscribe(program: &Program<'_>, criteria: &str) -> String {
    let wanted = json!({"resourceType": "Subscription", "status": "requested", "reason": "essai", "criteria": criteria,
        "channel": {"type": "websocket"}});
    let at = create(program, wanted).await;
    for _ in 0..100 {
        if program.get(&format!("/fhir/{at}")).await.json()["status"] == "active" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    at.split_once('/').unwrap().1.to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_is_connected_hears_of_what_it_has_bound() {
    let (world, address) = serve().await;
    let (full, limited) = (world.program("full").await, world.program("limited").await);
    let id = subscribe(&limited, "Condition").await;
    let mut socket = connect(address, Some(&limited.token)).await.unwrap();
    assert_eq!(ask(&mut socket, &format!("bind {id}")).await.unwrap(), format!("bound {id}"));
    let person = create(&full, patient("Durand")).await;
    create(&full, secret_condition(&person)).await;
    assert_eq!(hear(&mut socket).await, None, "neither another type nor what it may not read");
    let ordinary = json!({"resourceType": "Condition", "subject": {"reference": person}, "recordedDate": "2026-05-02",
        "code": {"text": "Hypertension"}});
    create(&full, ordinary).await;
    assert_eq!(hear(&mut socket).await.unwrap(), format!("ping {id}"));
    assert_eq!(hear(&mut socket).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_its_own_program_binds_and_with_a_good_token() {
    let (world, address) = serve().await;
    let (full, limited) = (world.program("full").await, world.program("limited").await);
    let id = subscribe(&limited, "Patient").await;
    assert_eq!(connect(address, None).await.unwrap_err(), 401);
    assert_eq!(connect(address, Some("not-a-token")).await.unwrap_err(), 401);
    let mut other = connect(address, Some(&full.token)).await.unwrap();
    for text in [format!("bind {id}"), "bind nobody".into(), "bind".into(), "hello".into(), "bind ../../etc".into()] {
        let answer = ask(&mut other, &text).await.unwrap();
        assert!(answer.starts_with("error"), "{answer}");
    }
    let mut socket = connect(address, Some(&limited.token)).await.unwrap();
    assert_eq!(ask(&mut socket, &format!("bind {id}")).await.unwrap(), format!("bound {id}"));
    create(&full, patient("Durand")).await;
    assert_eq!(hear(&mut socket).await.unwrap(), format!("ping {id}"));
    assert_eq!(hear(&mut other).await, None);
    // The token ends: so does the connection, before anything more is said.
    world.clock.fetch_add(2 * 3_600_000_000, Ordering::Relaxed);
    let again = world.program("full").await;
    create(&again, patient("Petit")).await;
    assert_eq!(hear(&mut socket).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_to_connect_is_told() {
    let (world, _) = serve().await;
    let rest = world.program("full").await.get("/fhir/metadata").await.json()["rest"][0].clone();
    let extension = rest["extension"].as_array().unwrap().iter().find(|one| one["valueUri"].is_string()).unwrap();
    assert_eq!(extension["url"], "http://hl7.org/fhir/StructureDefinition/capabilitystatement-websocket");
    assert_eq!(extension["valueUri"].as_str().unwrap(), format!("{}/websocket", BASE.replace("http", "ws")));
}
