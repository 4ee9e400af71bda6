//! `websocket`: `bind ID` is answered by `bound ID`; each change by `ping ID` (FHIR R4, Subscription, channel websocket).
//!
//! The token is looked at when the connection opens, when an id is bound, and before each ping.

use crate::fhir_api::caller;
use crate::request;
use crate::state::Server;
use crate::trouble::Trouble;
use app::{Cx, records, subscriptions};
use axum::Router;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{FromRequestParts as _, Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::any;
use confidentiality::Rid;
use fhir::ResourceType;
use fhir::subscription::{self, Channel, Status, Subscription};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Where programs connect.
pub(crate) const PATH: &str = "/websocket";
/// Bytes of the longest message.
const LONGEST: usize = 1_024;
/// Ids bound on one connection.
const BOUND: usize = 100;
/// Connections at a time.
const CONNECTIONS: usize = 256;
/// How often a silent connection is shown to be alive.
const ALIVE: Duration = Duration::from_secs(30);

static OPEN: AtomicUsize = AtomicUsize::new(0);

/// One of the connections there may be.
struct Place;

impl Place {
    fn take() -> Option<Self> {
        let taken = OPEN.fetch_add(1, Ordering::Relaxed);
        // Given back when dropped.
        Some(Self).filter(|_| taken < CONNECTIONS)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        OPEN.fetch_sub(1, Ordering::Relaxed);
    }
}

pub(crate) fn routes() -> Router<Server> {
    Router::new().route(PATH, any(connect)).layer(axum::middleware::from_fn(crate::fhir_api::finish))
}

async fn connect(State(server): State<Server>, request: Request) -> Result<Response, Trouble> {
    let id = request::id_of(request.extensions());
    let (mut parts, _) = request.into_parts();
    let headers = parts.headers.clone();
    caller::caller(&server, &headers, &id).await?;
    let Ok(upgrade) = WebSocketUpgrade::from_request_parts(&mut parts, &server).await else {
        return Err(Trouble::bad("Une connexion WebSocket était attendue.", "A WebSocket upgrade was expected."));
    };
    let busy = || {
        let (fr, en) = ("Trop de connexions : réessayez plus tard.", "Too many connections: retry later.");
        Trouble::new(axum::http::StatusCode::SERVICE_UNAVAILABLE, "throttled", fr, en)
    };
    let place = Place::take().ok_or_else(busy)?;
    let connection = Connection { server, headers, id, bound: BTreeMap::new() };
    Ok(upgrade.max_message_size(LONGEST).max_frame_size(LONGEST).on_upgrade(move |socket| async move {
        connection.run(socket).await;
        drop(place);
    }))
}

/// A program that is connected.
struct Connection {
    server: Server,
    headers: HeaderMap,
    id: String,
    bound: BTreeMap<Rid, String>,
}

impl Connection {
    async fn run(mut self, mut socket: WebSocket) {
        let mut pings = subscriptions::pings(self.server.app());
        let mut alive = tokio::time::interval(ALIVE);
        loop {
            let say = tokio::select! {
                received = socket.recv() => match received {
                    Some(Ok(Message::Text(text))) => match self.bind(text.as_str()).await {
                        Some(answer) => Message::text(answer),
                        None => return,
                    },
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
                    Some(Ok(Message::Binary(_) | Message::Close(_)) | Err(_)) | None => return,
                },
                ping = pings.next() => match ping.map(|rid| self.bound.get(&rid).cloned()) {
                    Some(Some(id)) => {
                        if self.caller().await.is_none() {
                            return;
                        }
                        Message::text(format!("ping {id}"))
                    }
                    Some(None) => continue,
                    // One that has missed some connects again, and reads.
                    None => return,
                },
                _ = alive.tick() => match self.caller().await {
                    Some(_) => Message::Ping(axum::body::Bytes::new()),
                    None => return,
                },
            };
            if socket.send(say).await.is_err() {
                return;
            }
        }
    }

    /// The program, as long as its token is good.
    async fn caller(&self) -> Option<Cx> {
        caller::caller(&self.server, &self.headers, &self.id).await.ok()
    }

    /// What `bind ID` is answered; none when the token is no longer good.
    async fn bind(&mut self, text: &str) -> Option<String> {
        let cx = self.caller().await?;
        let Some(id) = text.trim().strip_prefix("bind ").map(str::trim).filter(|id| fhir::is_id(id)) else {
            return Some("error: bind ID was expected".to_owned());
        };
        if self.bound.len() >= BOUND {
            return Some(format!("error {id}: too many are bound"));
        }
        let Some(rid) = own(&cx, id).await else {
            return Some(format!("error {id}: no active websocket Subscription of this client"));
        };
        self.bound.insert(rid, id.to_owned());
        Some(format!("bound {id}"))
    }
}

/// The row of a Subscription by websocket, set up, that this very program has asked for.
async fn own(cx: &Cx, id: &str) -> Option<Rid> {
    let found = records::read(cx, ResourceType::SUBSCRIPTION, id).await.ok()?;
    let wanted = Subscription::parse_with(&cx.app().own_params(), &found.resource);
    let own = found.author == cx.clearance().actor()
        && subscription::status(&found.resource) == Some(Status::Active)
        && wanted.is_ok_and(|wanted| wanted.channel == Channel::WebSocket);
    own.then_some(found.rid)
}
