//! Units: the parts of a place whose persons are accompanied together. Their names are sealed, their numbers are clear.

use crate::check::SealedRows;
use crate::crypto::{self, Secret};
use crate::engine::{Db, Row, cells};
use crate::error::{Error, Result};
use crate::keys::Use;
use crate::relations::{FOREVER, NewRelation};
use crate::store::{Store, bump};
use confidentiality::{Categories, Person, Place, RelationKind};

/// Units are numbered down from here: never an actor's number (above zero), nor that of a whole place (its negative).
const FIRST: i64 = -1_000_000;

/// A unit of a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitRow {
    /// Its number, the subject of its relations.
    pub unit: i64,
    /// Where it is.
    pub place: Place,
    /// Its name, as the screens show it.
    pub name: String,
}

/// The unit of everybody at a place, whatever their smaller unit: its number is the place's, negated.
pub fn everybody(place: Place) -> i64 {
    -place.value()
}

impl Store {
    /// The unit of this name at a place, made on first use.
    ///
    /// # Errors
    /// The engine's.
    pub async fn ensure_unit(&self, tenant: i64, place: Place, name: &str) -> Result<i64> {
        let hash = self.hasher(tenant)?.number("unit", &[&place.to_string(), name]);
        let key = self.keyring().tenant(tenant, Use::Data)?;
        let body = crypto::seal(&key, &aad(tenant, place, hash), name.as_bytes())?;
        self.engine()
            .write(Db::Main, move |conn| {
                const BY_NAME: &str = "SELECT unit FROM unit WHERE tenant = ?1 AND place = ?2 AND name = ?3";
                let named = cells![tenant, place.value(), hash];
                if let Some(row) = conn.query_opt(BY_NAME, &named)? {
                    return row.int(0);
                }
                // Whoever else makes a unit waits here, then finds the first one's.
                let unit = FIRST - bump(conn, "unit", 1)?;
                conn.execute(
                    "INSERT INTO unit(tenant, unit, place, name, body) VALUES(?1, ?2, ?3, ?4, ?5)
                     ON CONFLICT(tenant, place, name) DO NOTHING",
                    &cells![tenant, unit, place.value(), hash, body],
                )?;
                conn.query_one(BY_NAME, &named)?.int(0)
            })
            .await
    }

    /// The units of a tenant, in the order they were made.
    ///
    /// # Errors
    /// The engine's; [`Error::Integrity`] when a name does not open.
    pub async fn units(&self, tenant: i64) -> Result<Vec<UnitRow>> {
        let key = self.keyring().tenant(tenant, Use::Data)?;
        self.engine()
            .glance(Db::Main, move |conn| {
                let rows = conn.query(
                    "SELECT unit, place, name, body FROM unit WHERE tenant = ?1 ORDER BY unit DESC",
                    &cells![tenant],
                )?;
                rows.iter().map(|row| open(&key, tenant, row)).collect()
            })
            .await
    }

    /// Gives persons to a unit at a place, from `starts` on, in one transaction: whoever has a post in this unit there
    /// accompanies them.
    ///
    /// # Errors
    /// The engine's.
    pub async fn assign(&self, tenant: i64, unit: i64, persons: Vec<Person>, place: Place, starts: i64) -> Result<()> {
        let (kind, categories) = (RelationKind::Assignment, Categories::empty());
        let relation = |person| NewRelation { subject: unit, person, place, kind, categories, starts, ends: FOREVER };
        self.add_relations(tenant, persons.into_iter().map(relation).collect()).await
    }
}

fn open(key: &Secret, tenant: i64, row: &Row) -> Result<UnitRow> {
    let place = Place::new(row.int(1)?);
    let name = crypto::open(key, &aad(tenant, place, row.int(2)?), row.blob(3)?)?;
    let name = String::from_utf8(name).map_err(|_| Error::Integrity("unit name".into()))?;
    Ok(UnitRow { unit: row.int(0)?, place, name })
}

/// For who looks for damage.
pub(crate) const CLOSED: SealedRows = SealedRows {
    what: "unit",
    fr: "unité",
    text: "SELECT 0, unit, place, name, body FROM unit WHERE tenant = ?1 ORDER BY unit LIMIT ?2 OFFSET ?3",
    body: 4,
    spot: Some(["unit", "body", "unit = ?4 AND place = ?5 AND name = ?6"]),
    usage: "",
    aad: |tenant, row| Ok(aad(tenant, Place::new(row.int(2)?), row.int(3)?)),
};

fn aad(tenant: i64, place: Place, hash: i64) -> Vec<u8> {
    format!("unit {tenant} {place} {hash}").into_bytes()
}
