//! The demo: an invented organisation, laid into an empty store as its staff would have written it.

use crate::accounts::{self, NewAccount};
use crate::app::{App, Clock};
use crate::cx::{Cx, Origin};
use crate::error::{Error, Result};
use crate::records;
use confidentiality::{
    Actor, Categories, ClientScope, Level, Place, PlaceProfile, Purpose, RelationKind, Session, Strength,
};
use domain::demo::{self, Account, Dossier, Edition};
use domain::local_time;
use fhir::{Resource, ResourceType};
use jiff::civil::Date;
use serde_json::Value;
use std::collections::BTreeMap;
use store::{AccountKind, Change, FOREVER, NewRelation, Post, Store};
use tokio::task::JoinSet;

/// The password of every account of the demo; the demo says it on its sign-in page.
pub const PASSWORD: &str = "socle-demo";
/// Actors of the demo's accounts begin here.
const FIRST_ACTOR: i64 = 100;
const CLIENT: i64 = 90;
const LIMITED_CLIENT: i64 = 91;

/// A program that may use the API of the demo. Its secret is made anew at each start.
#[derive(Debug, Clone)]
pub struct Client {
    /// Client id.
    pub id: String,
    /// Client secret.
    pub secret: String,
    /// SMART scope.
    pub scope: &'static str,
}

/// What a started demo offers.
#[derive(Debug)]
pub struct Demo {
    /// The application, open on the demo.
    pub app: App,
    /// Whole organisation, every level, chosen ids.
    pub client: Client,
    /// One place, up to level 2, reads only.
    pub limited: Client,
    /// The people who can sign in, with [`PASSWORD`].
    pub accounts: &'static [Account],
    /// Resources written by this start; 0 when the demo was already there.
    pub written: usize,
}

/// Which demo is written. The same wish of a day gives the same resources, whenever it is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish {
    /// Of the invented people.
    pub seed: u64,
    /// Day of the demo, as it stands at two in the afternoon; none = today, up to the hour that has struck, so that the
    /// last writings are of this morning or of this evening and never of a moment to come.
    pub at: Option<Date>,
    /// Ten times fewer people, in every unit.
    pub small: bool,
}

const HOUR: i64 = 3_600_000_000;

impl Wish {
    /// What it gives when it is made at `now` (UTC microseconds).
    fn edition(self, now: i64) -> Edition {
        let struck = now.div_euclid(HOUR) * HOUR;
        match self.at {
            Some(at) => Edition::of(self.seed, at),
            None => Edition { seed: self.seed, at: local_time::local(struck).date(), until: struck },
        }
    }
}

/// Opens the demo, writing it first when the store is empty.
///
/// # Errors
/// The store's.
pub async fn open(store: Store, clock: Clock, wish: Wish) -> Result<Demo> {
    let now = clock();
    let tenant = store.ensure_tenant(demo::ENTITY, now).await?;
    for place in demo::PLACES {
        store.ensure_place(tenant, place.finess, PlaceProfile::parse(place.profile), place.name).await?;
    }
    let app = App::open(store, tenant, clock).await?;
    let operator = Cx::operator(&app, None, Level::VerySensitive, Purpose::Api, Origin::default());
    let written = match records::read(&operator, ResourceType::ORGANIZATION, "demo-entite").await {
        Ok(_) => 0,
        Err(Error::Store(store::Error::Absent)) => lay(&app, &operator, wish.edition(now), wish.small).await?,
        Err(error) => return Err(error),
    };
    let everything = ClientScope { place: None, cap: Level::VerySensitive, write: true, chosen_ids: true };
    let client = client(&app, CLIENT, "demo-api", everything).await?;
    let share = ClientScope { place: Some(app.default_place()), cap: Level::Standard, write: false, chosen_ids: false };
    let limited = self::client(&app, LIMITED_CLIENT, "demo-api-limite", share).await?;
    Ok(Demo { app, client, limited, accounts: demo::accounts(), written })
}

async fn client(app: &App, actor: i64, id: &str, scope: ClientScope) -> Result<Client> {
    let secret = accounts::random_text()?;
    let new = NewAccount {
        actor: Actor::new(actor),
        kind: AccountKind::Client,
        login: id.to_owned(),
        display: id.to_owned(),
        secret: secret.clone(),
        scope,
    };
    accounts::put(app, new).await?;
    Ok(Client { id: id.to_owned(), secret, scope: accounts::scope_of(scope.write) })
}

/// Persons written together.
const TOGETHER: usize = 8;
/// Resources of one transaction.
const BATCH: usize = 500;

/// Staff first, then, each place beside the others, its people and what each author has written about them. The
/// organisation comes last: its presence says that the rest is there.
async fn lay(app: &App, operator: &Cx, edition: Edition, small: bool) -> Result<usize> {
    for (index, account) in demo::accounts().iter().enumerate() {
        hire(app, account, actor(index)).await?;
    }
    let mut places = JoinSet::new();
    for index in 0..demo::PLACES.len() {
        let app = app.clone();
        places.spawn(async move { settle(&app, index, edition, small).await });
    }
    let mut written = 0;
    while let Some(settled) = places.join_next().await {
        written += settled.map_err(|_| Error::Bug("the demo was interrupted".into()))??;
    }
    relate(app, operator, edition).await?;
    let practitioners = demo::accounts().iter().filter(|account| account.of.is_none()).map(demo::practitioner);
    let structure: Vec<Value> = practitioners.chain(demo::structure()).collect();
    let changes = structure.into_iter().map(|value| change(operator, value, None)).collect::<Result<Vec<_>>>()?;
    Ok(written + records::write(operator, "demo", changes).await?.len())
}

/// Accounts that are close to one person only.
async fn relate(app: &App, operator: &Cx, edition: Edition) -> Result<()> {
    for (index, account) in demo::accounts().iter().enumerate() {
        let Some(rank) = account.of else { continue };
        let dossier = edition.dossier(account.place, rank);
        let id = dossier.resources.first().and_then(|(_, patient)| patient.get("id")).and_then(Value::as_str);
        let patient = records::read(operator, ResourceType::PATIENT, id.unwrap_or_default()).await?;
        let relation = NewRelation {
            subject: actor(index).value(),
            person: patient.person,
            place: place(app, account.place),
            kind: RelationKind::Assignment,
            categories: Categories::empty(),
            starts: 0,
            ends: FOREVER,
        };
        app.store().add_relations(app.tenant(), vec![relation]).await?;
    }
    Ok(())
}

/// The people of one place.
async fn settle(app: &App, index: usize, edition: Edition, small: bool) -> Result<usize> {
    let here = Cx::operator(app, Some(place(app, index)), Level::VerySensitive, Purpose::Api, Origin::default());
    let ranks = demo::PLACES.get(index).map(|place| place.ranks(small)).unwrap_or_default();
    let mut written = 0;
    for ranks in ranks.chunks(TOGETHER) {
        let dossiers: Vec<Dossier> = ranks.iter().map(|rank| edition.dossier(index, *rank)).collect();
        written += admit(&here, &dossiers).await?;
        written += write_up(app, &dossiers).await?;
    }
    Ok(written)
}

/// The persons, each with a first resource: the Patient.
async fn admit(cx: &Cx, dossiers: &[Dossier]) -> Result<usize> {
    let patients = dossiers.iter().filter_map(|dossier| dossier.resources.first());
    let changes = patients.map(|(_, value)| change(cx, value.clone(), None)).collect::<Result<Vec<_>>>()?;
    Ok(records::write(cx, "demo", changes).await?.len())
}

/// What each author has written, under that author's own rights.
async fn write_up(app: &App, dossiers: &[Dossier]) -> Result<usize> {
    let mut by_author: BTreeMap<&str, Vec<(&Value, Option<&str>)>> = BTreeMap::new();
    for dossier in dossiers {
        for ((login, value), kind) in dossier.resources.iter().zip(&dossier.kinds).skip(1) {
            by_author.entry(login).or_default().push((value, *kind));
        }
    }
    let mut written = 0;
    for (login, writings) in by_author {
        let index = demo::accounts().iter().position(|account| account.login == login);
        let index = index.ok_or_else(|| Error::Bug(format!("{login} writes without an account")))?;
        let session = Session { strength: Strength::Password, age_s: 0, step_up_age_s: Some(0) };
        let author = Cx::person(app, actor(index), session, Origin::default()).await?;
        for batch in writings.chunks(BATCH) {
            let changes = batch.iter().map(|(value, kind)| change(&author, (*value).clone(), *kind));
            written += records::write(&author, "demo", changes.collect::<Result<Vec<_>>>()?).await?.len();
        }
    }
    Ok(written)
}

fn change(cx: &Cx, value: Value, kind: Option<&str>) -> Result<Change> {
    let resource = Resource::from_value(value)?;
    let graded = cx.grade(&resource, kind);
    Ok(Change::Create { resource, graded, if_none_exist: None, import: None })
}

/// Gives an account, and a post in the unit of its place where it accompanies people there.
async fn hire(app: &App, account: &Account, actor: Actor) -> Result<()> {
    let new = NewAccount {
        actor,
        kind: AccountKind::Person,
        login: account.login.to_owned(),
        display: account.display.to_owned(),
        secret: PASSWORD.to_owned(),
        scope: ClientScope { place: None, cap: Level::Open, write: false, chosen_ids: false },
    };
    accounts::put(app, new).await?;
    let here = place(app, account.place);
    let unit = if account.related { records::unit_of(here) } else { 0 };
    let post = Post { actor, place: here, unit, persona: account.persona.to_owned(), starts: 0, ends: FOREVER };
    Ok(app.store().add_post(app.tenant(), post).await?)
}

fn actor(index: usize) -> Actor {
    Actor::new(FIRST_ACTOR + i64::try_from(index).unwrap_or_default())
}

fn place(app: &App, index: usize) -> Place {
    let finess = demo::PLACES.get(index).map(|place| place.finess).unwrap_or_default();
    app.place(finess).map(|row| row.place).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn the_demo_of_today_stops_at_the_hour_that_has_struck() {
        let at = date(2026, 11, 24);
        let now = local_time::instant(at.at(0, 20, 0, 0));
        let today = Wish { seed: 1, at: None, small: true };
        let midnight = local_time::instant(at.at(0, 0, 0, 0));
        assert_eq!(today.edition(now), Edition { seed: 1, at, until: midnight });
        let named = Wish { at: Some(at), ..today };
        assert_eq!(named.edition(now), named.edition(0), "a demo of a day does not depend on the moment it is made");
    }
}
