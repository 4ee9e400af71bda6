//! Telling programs that something has changed (FHIR Subscriptions): empty requests to their address, or a `ping` to those
//! who are connected. What may be told was decided below; here is only where one may go, and how long one waits.

mod address;
mod hook;
pub(crate) mod socket;

pub use address::Allowed;

use app::subscriptions::{self, Failure};
use app::{App, subscriptions::Delivery};
use fhir::subscription::Channel;
use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// How often is looked for something to tell.
const TICK: Duration = Duration::from_millis(500);
/// Deliveries at a time.
const AT_ONCE: usize = 16;
/// How often is looked for exports whose server is gone.
const EXPORTS: Duration = Duration::from_secs(5);

/// Where notifications go. Cheap to clone.
#[derive(Clone)]
pub struct Notices(Arc<Inner>);

struct Inner {
    allowed: Arc<Allowed>,
    hook: hook::Hook,
}

impl fmt::Debug for Notices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Notices({:?})", self.0.allowed)
    }
}

impl Notices {
    /// Goes to these addresses only.
    ///
    /// # Errors
    /// When the certificates of the system cannot be read.
    pub fn new(allowed: Allowed) -> Result<Self, String> {
        let allowed = Arc::new(allowed);
        let hook = hook::Hook::new(allowed.clone())?;
        Ok(Self(Arc::new(Inner { allowed, hook })))
    }

    fn admits(&self, channel: &Channel) -> bool {
        match channel {
            Channel::RestHook { endpoint, .. } => self.0.allowed.admits(endpoint),
            Channel::WebSocket => true,
        }
    }

    async fn deliver(&self, app: &App, delivery: &Delivery) -> app::Result<Result<(), Failure>> {
        match &delivery.channel {
            Channel::RestHook { endpoint, headers } => Ok(self.0.hook.post(endpoint, headers).await),
            Channel::WebSocket => subscriptions::ping(app, delivery).await.map(Ok),
        }
    }

    async fn step(self, app: App, watch: app::Watch) {
        let admits = |channel: &Channel| self.admits(channel);
        let outcome = match subscriptions::step(&app, watch, &admits).await {
            Ok(None) => Ok(()),
            Ok(Some(delivery)) => match self.deliver(&app, &delivery).await {
                Ok(outcome) => subscriptions::settle(&app, delivery, outcome).await,
                Err(error) => Err(error),
            },
            Err(error) => Err(error),
        };
        if let Err(error) = outcome {
            tracing::error!(%error, "a subscription could not be served; it is tried again in a minute");
        }
    }
}

/// Works the outbox until `shutdown`: tells whoever is to be told, and goes on with exports whose server is gone. What is stopped in the middle is told again at the next start.
pub async fn notify(app: App, notices: Notices, shutdown: impl Future<Output = ()>) {
    let mut shutdown = pin!(shutdown);
    let mut every = tokio::time::interval(TICK);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut exports = tokio::time::interval(EXPORTS);
    exports.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut running = JoinSet::new();
    loop {
        tokio::select! {
            () = &mut shutdown => return,
            _ = exports.tick() => {
                take_over(&app, &mut running).await;
                continue;
            }
            _ = every.tick() => {}
        }
        while running.try_join_next().is_some() {}
        let free = AT_ONCE.saturating_sub(running.len());
        if free == 0 {
            continue;
        }
        match subscriptions::due(&app, free).await {
            Ok(due) => due.into_iter().for_each(|watch| {
                running.spawn(notices.clone().step(app.clone(), watch));
            }),
            Err(error) => tracing::error!(%error, "what is to be told could not be read"),
        }
    }
}

/// Goes on with exports whose server is gone.
async fn take_over(app: &App, running: &mut JoinSet<()>) {
    match app::bulk::due(app).await {
        Ok(due) => due.into_iter().for_each(|held| {
            running.spawn(crate::fhir_api::count(app.clone(), held));
        }),
        Err(error) => tracing::error!(%error, "exports to go on with could not be read"),
    }
}
