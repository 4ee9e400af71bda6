//! Subscriptions: a program is told that something it may read has changed, and nothing more.
//!
//! Asked for, set up, told, given up: each step is a job whose state is in the store, so whatever stops one, another goes
//! on. Everything is asked anew at the time of telling: whether the program is still there, what it may read now, whether
//! the change matches.

use crate::accounts;
use crate::app::App;
use crate::cx::{Cx, Origin};
use crate::error::{Error, Result};
use confidentiality::{ClientScope, Level, Purpose, Rid};
use fhir::subscription::{self, Channel, Status, Subscription};
use fhir::{Resource, ResourceType};
use store::{Change, Changes, Conflict, Graded, Ping, Told, Watch};
use tokio::sync::broadcast;

const SECOND: i64 = 1_000_000;
/// How long a job is held: longer than any attempt.
const LEASE: i64 = 60 * SECOND;
/// How long to wait after each failure; after the last, it is given up.
const WAITS: [i64; 8] = [5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400];
/// Subscriptions of one program.
const MOST: i64 = 100;

/// Why somebody could not be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The operator does not allow this address, or it leads into the private network.
    NotAllowed,
    /// No answer in time.
    Late,
    /// No connection.
    Unreachable,
    /// The program may no longer read its own Subscription.
    NoRight,
    /// What it asks for can no longer be read: a parameter that is gone.
    Unreadable,
    /// Another status than success; a redirection is not followed.
    Status(u16),
}

impl Failure {
    fn text(self) -> String {
        match self {
            Self::NotAllowed => {
                "adresse que l’exploitant n’autorise pas / the operator does not allow this endpoint".to_owned()
            }
            Self::Late => "pas de réponse à temps / no answer in time".to_owned(),
            Self::Unreachable => "connexion impossible / unreachable".to_owned(),
            Self::NoRight => {
                "le logiciel n’a plus le droit de lire ceci / this client may no longer read this".to_owned()
            }
            Self::Unreadable => "la demande n’est plus lisible / the request can no longer be read".to_owned(),
            Self::Status(status) => format!("réponse {status} / answered {status}"),
        }
    }

    /// As the outbox keeps it. Statuses of HTTP are themselves.
    pub fn code(self) -> i64 {
        match self {
            Self::NotAllowed => 1,
            Self::Late => 2,
            Self::Unreachable => 3,
            Self::NoRight => 4,
            Self::Unreadable => 5,
            Self::Status(status) => i64::from(status),
        }
    }

    /// What a code of the outbox says; none for one that is not known.
    pub fn from_code(code: i64) -> Option<Self> {
        let known = [Self::NotAllowed, Self::Late, Self::Unreachable, Self::NoRight, Self::Unreadable];
        let status = u16::try_from(code).ok().filter(|status| *status >= 100).map(Self::Status);
        known.into_iter().find(|one| one.code() == code).or(status)
    }
}

/// Somebody to tell. Entered in the audit already.
#[derive(Debug)]
pub struct Delivery {
    watch: Watch,
    changes: Changes,
    /// How.
    pub channel: Channel,
}

/// Checks what a program writes. Whatever status it says, a Subscription it wants is to be set up.
///
/// # Errors
/// `Invalid` with each path.
pub(crate) fn accept(cx: &Cx, resource: &mut Resource) -> Result<()> {
    if resource.kind() != ResourceType::SUBSCRIPTION {
        return Ok(());
    }
    match subscription::status(resource) {
        Some(Status::Off) => Ok(()),
        Some(Status::Requested | Status::Active) => {
            Subscription::parse_with(&cx.app().own_params(), resource)?;
            subscription::set_status(resource, Status::Requested, None);
            Ok(())
        }
        Some(Status::Error) | None => Err(Error::invalid(
            "value",
            Some("Subscription.status".to_owned()),
            "Un logiciel demande (requested) ou arrête (off) une surveillance ; les autres états sont au serveur.",
            "A client requests a Subscription or turns it off; other statuses are the server's.",
        )),
    }
}

/// Criteria may name a person and what is looked for: as grave as what the program reads, up to level 3.
pub(crate) fn floor(cx: &Cx, resource: &Resource, mut graded: Graded) -> Graded {
    if resource.kind() == ResourceType::SUBSCRIPTION {
        let cap = cx.clearance().universal().map_or(Level::Sensitive, |client| client.cap);
        graded.label.level = graded.label.level.max(cap.min(Level::Sensitive));
    }
    graded
}

/// Subscriptions with something to do, at most so many, held for a minute.
///
/// # Errors
/// The store's.
pub async fn due(app: &App, most: usize) -> Result<Vec<Watch>> {
    let (now, most) = (app.now(), i64::try_from(most).unwrap_or(i64::MAX));
    Ok(app.store().claim_watches(app.tenant(), now, now + LEASE, most).await?)
}

/// The next step of a Subscription: somebody to tell, or none when the step is done. `admits` says whether an address may
/// be gone to.
///
/// # Errors
/// The store's; the step is taken again when the hold is over.
pub async fn step(
    app: &App,
    watch: Watch,
    admits: &(dyn Fn(&Channel) -> bool + Send + Sync),
) -> Result<Option<Delivery>> {
    let cx = match accounts::client(app, watch.job.actor, Purpose::Api, origin()).await {
        Ok(cx) => cx,
        Err(Error::SignedOut) => return end(app, watch, Status::Off, None).await,
        Err(error) => return Err(error),
    };
    let call = cx.call("notify");
    let Some((resource, _)) = app.store().watched(&call, watch.rid()).await? else {
        return give_up(app, watch, Failure::NoRight, &Failure::NoRight.text()).await;
    };
    let wanted = match Subscription::parse_with(&app.own_params(), &resource) {
        Ok(wanted) => Subscription { query: app.here(wanted.query), ..wanted },
        Err(invalid) => {
            let texts: Vec<&str> = invalid.issues.iter().map(|issue| issue.text_fr.as_str()).collect();
            return give_up(app, watch, Failure::Unreadable, &texts.join(" ")).await;
        }
    };
    if watch.ended {
        return end(app, watch, Status::Off, None).await;
    }
    if !admits(&wanted.channel) {
        return give_up(app, watch, Failure::NotAllowed, &Failure::NotAllowed.text()).await;
    }
    if !watch.live {
        return set_up(app, watch).await;
    }
    if subscription::status(&resource) == Some(Status::Error) {
        // A dead letter that a person has tried again: it goes on with what was noted meanwhile.
        return end(app, watch, Status::Active, None).await;
    }
    let mut changes = app.store().changes(&call, watch.rid(), &wanted.query).await?;
    let Some(matching) = changes.matching.take() else {
        app.store().settle_changes(app.tenant(), watch.job, changes, Told::Nothing, app.now()).await?;
        return Ok(None);
    };
    app.store().disclose(&call, matching).await?;
    Ok(Some(Delivery { watch, changes, channel: wanted.channel }))
}

async fn set_up(app: &App, watch: Watch) -> Result<Option<Delivery>> {
    if app.store().live_watches(app.tenant(), watch.job.actor).await? < MOST {
        return end(app, watch, Status::Active, None).await;
    }
    let text = format!("Ce logiciel a déjà {MOST} surveillances. / This client has {MOST} subscriptions already.");
    end(app, watch, Status::Error, Some(&text)).await
}

/// Tells the program that is connected, to whichever server. Nobody connected is no fault.
///
/// # Errors
/// The store's; then it may not have been told.
pub async fn ping(app: &App, delivery: &Delivery) -> Result<()> {
    Ok(app.store().ping(app.tenant(), delivery.watch.rid()).await?)
}

/// What is said to programs that are connected to this server.
pub fn pings(app: &App) -> Pings {
    Pings { tenant: app.tenant(), said: app.store().pings() }
}

/// See [`pings`].
#[derive(Debug)]
pub struct Pings {
    tenant: i64,
    said: broadcast::Receiver<Ping>,
}

impl Pings {
    /// Waits for the next; none when some were missed, so that whoever is connected must connect again, and read.
    pub async fn next(&mut self) -> Option<Rid> {
        loop {
            match self.said.recv().await {
                Ok(Ping::Of(tenant, rid)) if tenant == self.tenant => return Some(Rid::new(rid)),
                Ok(Ping::Of(..)) => {}
                Ok(Ping::Missed) | Err(_) => return None,
            }
        }
    }
}

/// Says what became of a delivery: done with, to be tried again, or given up.
///
/// # Errors
/// The store's; then somebody may be told twice.
pub async fn settle(app: &App, delivery: Delivery, outcome: std::result::Result<(), Failure>) -> Result<()> {
    let Delivery { watch, changes, .. } = delivery;
    let (store, tenant, now) = (app.store(), app.tenant(), app.now());
    let Err(failure) = outcome else {
        store.settle_changes(tenant, watch.job, changes, Told::Reached, now).await?;
        return Ok(());
    };
    match usize::try_from(watch.job.tries).ok().and_then(|tries| WAITS.get(tries)) {
        Some(wait) => Ok(store.put_off(tenant, watch.job, now + wait * SECOND, failure.code()).await?),
        None => {
            let text = format!("Abandon après {} essais : {}", WAITS.len() + 1, failure.text());
            give_up(app, watch, failure, &text).await.map(|_| ())
        }
    }
}

/// Says why, then sets the job aside with the status of the Subscription. Stopped between the two, it is given up again a
/// minute later.
async fn give_up(app: &App, watch: Watch, failure: Failure, text: &str) -> Result<Option<Delivery>> {
    app.store().put_off(app.tenant(), watch.job, app.now() + LEASE, failure.code()).await?;
    end(app, watch, Status::Error, Some(text)).await
}

/// Writes the status the server gives: in the program's name, which stays the author, whatever it may do now.
async fn end(app: &App, watch: Watch, status: Status, error: Option<&str>) -> Result<Option<Delivery>> {
    let scope = ClientScope { place: None, cap: Level::VerySensitive, write: true, chosen_ids: false };
    let cx = Cx::client(app, watch.job.actor, scope, Purpose::Api, origin());
    let call = cx.call("subscription-status");
    let Some((mut resource, version)) = app.store().watched(&call, watch.rid()).await? else {
        app.store().forget_watch(app.tenant(), watch.rid()).await?;
        return Ok(None);
    };
    subscription::set_status(&mut resource, status, error);
    // One that was imported has not been graded for who may read its criteria.
    let graded = match accounts::client(app, watch.job.actor, Purpose::Api, origin()).await {
        Ok(own) => floor(&own, &resource, own.grade(&resource, None)),
        Err(_) => cx.grade(&resource, None),
    };
    let change = Change::Update { resource, graded, if_match: Some(version), upsert: false, import: None };
    match app.store().write(&call, vec![change]).await {
        // Written again meanwhile: that version is looked at next.
        Ok(_) | Err(store::Error::Conflict(Conflict::Version)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn origin() -> Origin {
    Origin { request: uuid::Uuid::new_v4().to_string(), ..Origin::default() }
}
