//! The axum router: pages in French, the FHIR API, sign-in of people and of programs.
//!
//! From bytes to a use case of `app` and back. It must never hold a rule of the trade, and takes no access decision:
//! what may be read or written was decided below.

mod admin;
mod connections;
mod fhir_api;
mod headers;
mod incoming;
mod notices;
mod oauth;
mod request;
mod state;
mod trouble;
mod web;

pub use admin::{Meters, router as admin};
pub use connections::{listen, serve};
pub use notices::{Allowed, Notices, notify};
pub use state::{Config, Demo, DemoAccount};
pub use web::packs::{PackWritten, write_packs};

use axum::Router;
use std::future::Future;
use std::pin::pin;
use std::time::Duration;

/// Every route of the server.
pub fn router(config: Config) -> Router {
    let meters = config.meters.clone();
    let server = state::Server::new(config);
    Router::new()
        .merge(web::routes(&server))
        .merge(fhir_api::routes())
        .merge(oauth::routes())
        .merge(notices::socket::routes())
        .layer(axum::middleware::from_fn_with_state(meters, request::number))
        .with_state(server)
}

/// Indexes what was there before a search parameter was added, until `shutdown`: resting as long as it works, and looking
/// for something to do every half second. What is stopped goes on at the next start.
pub async fn keep_index(app: app::App, shutdown: impl Future<Output = ()>) {
    const IDLE: Duration = Duration::from_millis(500);
    let mut shutdown = pin!(shutdown);
    loop {
        let begun = std::time::Instant::now();
        let rest = match app::own_params::index(&app).await {
            Ok(true) => begun.elapsed().clamp(Duration::from_millis(1), IDLE),
            Ok(false) => IDLE,
            // That is said already, and once.
            Err(_) if app::upkeep::unwritable(&app).replaced => IDLE,
            Err(error) => {
                tracing::error!(%error, "indexing by an added search parameter has stopped; it is tried again");
                IDLE
            }
        };
        tokio::select! {
            () = &mut shutdown => return,
            () = tokio::time::sleep(rest) => {}
        }
    }
}

/// Reads anew what is kept in memory when another server on the same database has changed it, until `shutdown`. What was
/// not heard is seen within five seconds.
pub async fn keep_up(app: app::App, shutdown: impl Future<Output = ()>) {
    const UNHEARD: Duration = Duration::from_secs(5);
    let (mut heard, mut shutdown) = (app::upkeep::heard(&app), pin!(shutdown));
    loop {
        let said = tokio::select! {
            () = &mut shutdown => return,
            () = heard.changed() => true,
            () = tokio::time::sleep(UNHEARD) => false,
        };
        if let Err(error) = app::upkeep::follow(&app, said).await {
            tracing::warn!(%error, "what other servers have changed could not be read");
        }
    }
}

/// Seconds between two looks at how much was written.
const LOOK_S: u64 = 5;
/// Seconds between two checkpoints of the audit log.
const CHECKPOINT_S: u64 = 3_600;
/// Seconds between two looks at whether there is room on the disk.
const ROOM_S: u64 = 60;
/// Room kept for the log of reads, for the day the disk is full.
const RESERVE: u64 = 64 << 20;

/// What has to be done while serving: puts the audit entries into the log tree every second and signs it every hour,
/// and both once more at the end; sees that its files are still those of the folder; every minute, sees that there is room on the disk; every hour, throws away old drafts and judges
/// enrolled machines.
pub async fn keep_house(app: app::App, shutdown: impl Future<Output = ()>) {
    let mut shutdown = pin!(shutdown);
    let mut every = tokio::time::interval(Duration::from_secs(1));
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut seconds: u64 = 0;
    loop {
        let over = tokio::select! {
            () = &mut shutdown => true,
            _ = every.tick() => false,
        };
        match app::upkeep::look_at_files(&app).await {
            Ok(true) => {}
            // It is said; nothing of what follows could be written.
            Ok(false) if over => return app::upkeep::leave_replaced(&app).await,
            Ok(false) => continue,
            Err(error) => tracing::error!(%error, "the files of the store could not be looked at"),
        }
        if let Err(error) = app::audit::sequence(&app).await {
            tracing::error!(%error, "the audit log could not be sequenced");
        }
        seconds += 1;
        if seconds.is_multiple_of(LOOK_S)
            && let Err(error) = app::upkeep::look_again(&app).await
        {
            tracing::warn!(%error, "the planner's statistics could not be brought up to date");
        }
        if seconds % ROOM_S == 1 {
            keep_room(&app).await;
        }
        if seconds.is_multiple_of(CHECKPOINT_S)
            && let Err(error) = app::transmissions::sweep(&app).await
        {
            tracing::error!(%error, "old drafts could not be thrown away");
        }
        if seconds.is_multiple_of(CHECKPOINT_S)
            && let Err(error) = app::workstations::judge(&app).await
        {
            tracing::error!(%error, "enrolled machines could not be judged");
        }
        if seconds % CHECKPOINT_S == ROOM_S {
            let synchronised = tokio::task::spawn_blocking(app::probes::synchronised).await.ok().flatten();
            app::probes::run(&app, synchronised).await;
        }
        // A minute after the start, then every hour: the first time each day counts.
        if seconds % CHECKPOINT_S == ROOM_S
            && let Err(error) = app::measures::keep_figures(&app).await
        {
            tracing::error!(%error, "today's figures could not be kept");
        }
        if (over || seconds.is_multiple_of(CHECKPOINT_S))
            && let Err(error) = app::audit::checkpoint(&app).await
        {
            tracing::error!(%error, "the audit log could not be signed");
        }
        if over {
            return;
        }
    }
}

async fn keep_room(app: &app::App) {
    match app.store().keep_reserve(RESERVE).await {
        Ok(true) => {}
        Ok(false) => tracing::error!("the disk is full: there is no room for the reserve, nor for records"),
        Err(error) => tracing::error!(%error, "room for the log could not be kept"),
    }
}

/// A handler that answers the same bytes to everybody: the denominator of the benchmark's figures, never served to people.
pub fn bare(body: &'static [u8]) -> Router {
    Router::new().fallback(move || async move { ([(axum::http::header::CONTENT_TYPE, "application/fhir+json")], body) })
}
