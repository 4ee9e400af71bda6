//! The demo: an invented organisation, laid into an empty store as its staff would have written it.

mod days;
mod lay;

pub use days::{add_missing_days, last_moment, missing_days};

use crate::accounts::{self, NewAccount};
use crate::app::{App, Clock};
use crate::cx::{Cx, Origin};
use crate::error::{Error, Result};
use crate::records;
use confidentiality::{Actor, ClientScope, Level, PlaceProfile, Purpose};
use domain::demo::{self, Account, Edition};
use domain::local_time;
use fhir::ResourceType;
use jiff::civil::Date;
use store::{AccountKind, Store};

/// The password of every account of the demo; the demo says it on its sign-in page.
pub const PASSWORD: &str = "socle-demo";
/// Its Organization is written last: its presence says that the rest is there.
const ENTITY: &str = "demo-entite";
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
    /// When its last thing was written (UTC microseconds).
    pub until: i64,
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
    let written = match records::read(&operator(&app), ResourceType::ORGANIZATION, ENTITY).await {
        Ok(_) => 0,
        Err(Error::Store(store::Error::Absent)) => lay::lay(&app, wish.edition(now), wish.small).await?,
        Err(error) => return Err(error),
    };
    let everything = ClientScope { place: None, cap: Level::VerySensitive, write: true, chosen_ids: true };
    let client = client(&app, CLIENT, "demo-api", everything).await?;
    let share = ClientScope { place: Some(app.default_place()), cap: Level::Standard, write: false, chosen_ids: false };
    let limited = self::client(&app, LIMITED_CLIENT, "demo-api-limite", share).await?;
    let until = last_moment(&app).await?;
    Ok(Demo { app, client, limited, accounts: demo::accounts(), written, until })
}

/// Who lays the demo: sees and writes everything.
fn operator(app: &App) -> Cx {
    Cx::operator(app, None, Level::VerySensitive, Purpose::Api, Origin::default())
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
        practitioner: None,
    };
    accounts::put(app, new).await?;
    Ok(Client { id: id.to_owned(), secret, scope: accounts::scope_of(scope.write) })
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
