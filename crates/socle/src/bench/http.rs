//! A client that keeps its connection: what a browser or a program is to the server.

use crate::failure::{Failure, LOCKED, Result};
use http_body_util::{BodyExt as _, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

/// What every request of a client carries.
#[derive(Debug, Clone)]
pub(super) struct Who {
    /// `host:port`.
    pub(super) address: String,
    /// Name and value of the header that says who asks.
    pub(super) proof: (&'static str, String),
}

/// One request.
#[derive(Debug, Clone)]
pub(super) struct Ask {
    pub(super) method: &'static str,
    pub(super) path: String,
    pub(super) body: Bytes,
}

impl Ask {
    pub(super) fn get(path: impl Into<String>) -> Self {
        Self { method: "GET", path: path.into(), body: Bytes::new() }
    }

    pub(super) fn json(method: &'static str, path: impl Into<String>, body: &Value) -> Self {
        Self { method, path: path.into(), body: Bytes::from(body.to_string()) }
    }
}

/// One answer, read to its end.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) cookie: Option<String>,
    pub(super) body: Bytes,
}

impl Reply {
    pub(super) fn json(&self) -> Result<Value> {
        serde_json::from_slice(&self.body).map_err(|error| broken(&error))
    }

    /// The answer, when its status says that it was done.
    pub(super) fn done(self, what: &str) -> Result<Self> {
        if self.status < 400 {
            return Ok(self);
        }
        let said: String = String::from_utf8_lossy(&self.body).chars().take(300).collect();
        Err(Failure::new(LOCKED, format!("Le serveur mesuré a refusé ({what}, {}) : {said}", self.status)))
    }
}

/// One kept connection.
#[derive(Debug)]
pub(super) struct Client {
    sender: SendRequest<Full<Bytes>>,
    who: Who,
}

impl Client {
    pub(super) async fn connect(who: &Who) -> Result<Self> {
        let stream = TcpStream::connect(&who.address).await.map_err(|error| broken(&error))?;
        stream.set_nodelay(true).map_err(|error| broken(&error))?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(|error| broken(&error))?;
        tokio::spawn(connection);
        Ok(Self { sender, who: who.clone() })
    }

    pub(super) async fn send(&mut self, ask: &Ask) -> Result<Reply> {
        let form = ask.path.starts_with("/connexion") || ask.path.starts_with("/oauth");
        let kind = if form { "application/x-www-form-urlencoded" } else { "application/fhir+json" };
        let (name, value) = &self.who.proof;
        let request = Request::builder()
            .method(ask.method)
            .uri(&ask.path)
            .header("host", &self.who.address)
            .header("content-type", kind)
            .header("origin", format!("http://{}", self.who.address))
            .header("sec-fetch-site", "same-origin")
            .header(*name, value)
            .body(Full::new(ask.body.clone()))
            .map_err(|error| broken(&error))?;
        self.sender.ready().await.map_err(|error| broken(&error))?;
        let response = self.sender.send_request(request).await.map_err(|error| broken(&error))?;
        let status = response.status().as_u16();
        let cookie = response.headers().get("set-cookie").and_then(|value| value.to_str().ok());
        let cookie = cookie.and_then(|text| text.split(';').next()).map(str::to_owned);
        let body = response.into_body().collect().await.map_err(|error| broken(&error))?.to_bytes();
        Ok(Reply { status, cookie, body })
    }
}

fn broken(error: &dyn std::fmt::Display) -> Failure {
    Failure::new(LOCKED, format!("La liaison avec le serveur mesuré est coupée ({error})."))
}
