//! What whoever watches the machine is told, on a listener of its own: figures for Prometheus, whether the process lives,
//! whether the store answers.
//!
//! It must never say anything of anybody: labels come from lists written here, never from what was asked or stored.

mod class;
mod gauges;
mod meters;
mod process;

pub(crate) use class::Class;
pub use meters::Meters;

use app::App;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use gauges::Gauges;
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::registry::Registry;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// How long a scrape waits for the store: figures that need it are then left out.
const PATIENCE: Duration = Duration::from_secs(2);
/// OpenMetrics 1.0, which Prometheus asks for first.
const TEXT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What is watched.
struct Watched {
    app: App,
    version: &'static str,
    meters: Meters,
}

/// `/metrics`, `/healthz`, `/readyz`: for a listener that only the machine, or the network of those who keep it, reaches.
pub fn router(app: App, version: &'static str, meters: Meters) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .with_state(Arc::new(Watched { app, version, meters }))
}

async fn metrics(State(watched): State<Arc<Watched>>) -> Response {
    match written(&watched).await {
        Ok(text) => ([(header::CONTENT_TYPE, TEXT)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "figures could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

async fn written(watched: &Watched) -> Result<String, fmt::Error> {
    let app = &watched.app;
    let vitals = tokio::time::timeout(PATIENCE, app::upkeep::vitals(app)).await;
    let gauges = Gauges {
        version: watched.version,
        engine: app::upkeep::engine(app),
        parts: app::upkeep::parts(app),
        vitals: vitals.ok().and_then(Result::ok),
        outage: app::upkeep::outage(app),
        unwritable: app::upkeep::unwritable(app),
        damaged: app::upkeep::damaged(app),
        shown: app::upkeep::shown_as_of(app),
        now: app.now(),
    };
    let (mut ours, mut usual) = (Registry::with_prefix("socle"), Registry::with_prefix("process"));
    ours.register_collector(Box::new(gauges));
    usual.register_collector(Box::new(process::Process::look()));
    let mut text = String::new();
    for registry in [watched.meters.registry(), &ours, &usual] {
        encode_registry(&mut text, registry)?;
    }
    encode_eof(&mut text)?;
    Ok(text)
}

/// What can be done, of a store that answers.
fn standing(app: &App) -> (StatusCode, &'static str) {
    let app::Unwritable { records, log, replaced } = app::upkeep::unwritable(app);
    if replaced {
        let said = "the files of the store were replaced, nothing is written: stop this server, then start it again\n";
        return (StatusCode::SERVICE_UNAVAILABLE, said);
    }
    let said = if log || app::upkeep::outage(app).is_some() {
        "degraded: the log cannot be written, carers read only\n"
    } else if records {
        "degraded: records cannot be written, see to the room on the disk\n"
    } else {
        "ok\n"
    };
    (StatusCode::OK, said)
}

/// Whether requests can be served: 503 as long as the store does not answer, or is no longer the one of its folder.
async fn ready(State(watched): State<Arc<Watched>>) -> (StatusCode, &'static str) {
    let answered = tokio::time::timeout(PATIENCE, app::upkeep::answers(&watched.app)).await;
    match answered {
        Ok(Ok(())) if app::upkeep::shown_as_of(&watched.app).is_some() => {
            (StatusCode::OK, "degraded: the database is away, carers read from its replica\n")
        }
        Ok(Ok(())) => standing(&watched.app),
        Ok(Err(_)) | Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n"),
    }
}
