//! Units: the parts of a place whose persons are accompanied together. Their names are sealed, their numbers are clear.

use crate::assets::enter;
use crate::audit::{self, Part};
use crate::call::Call;
use crate::check::SealedRows;
use crate::crypto::{self, Secret};
use crate::engine::{Conn, Db, Row, cells, hold};
use crate::error::{Conflict, Error, Result};
use crate::keys::Use;
use crate::relations::{FOREVER, NewRelation, insert_relation};
use crate::store::{Store, bump};
use confidentiality::{Categories, Person, Place, RelationKind};
use std::collections::{BTreeMap, BTreeSet};

/// Units are numbered down from here: never an actor's number (above zero), nor that of a whole place (its negative).
pub(crate) const FIRST: i64 = -1_000_000;

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

/// Somebody goes from a unit of a place to another; 0: none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Move {
    /// Who.
    pub person: Person,
    /// The unit they were read to be in.
    pub from: i64,
    /// The unit they are to be in.
    pub to: i64,
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
        let put = self.sealed_unit(tenant, place, name)?;
        self.engine().write(Db::Main, move |conn| put.ensure(conn)).await
    }

    /// The same, asked for by somebody, with the entry of the log.
    ///
    /// # Errors
    /// [`Error::Absent`] for whoever does not admit persons at this place; the engine's.
    pub async fn make_unit(&self, call: &Call, place: Place, name: &str) -> Result<i64> {
        call.clearance.may_admit(place).map_err(|_| Error::Absent)?;
        let (put, inner, call) = (self.sealed_unit(call.tenant, place, name)?, self.0.clone(), call.clone());
        self.engine()
            .write(Db::Main, move |conn| {
                let unit = put.ensure(conn)?;
                enter(&inner, conn, &call, BTreeMap::from([("units".to_owned(), 1)]))?;
                Ok(unit)
            })
            .await
    }

    /// A unit of a place is called otherwise, with the entry of the log.
    ///
    /// # Errors
    /// As [`Store::make_unit`]; [`Error::Absent`] when there is no such unit; [`Error::Conflict`] when another has that name.
    pub async fn rename_unit(&self, call: &Call, place: Place, unit: i64, name: &str) -> Result<()> {
        call.clearance.may_admit(place).map_err(|_| Error::Absent)?;
        let (put, inner, call) = (self.sealed_unit(call.tenant, place, name)?, self.0.clone(), call.clone());
        self.engine()
            .write(Db::Main, move |conn| {
                if put.find(conn)?.is_some_and(|known| known != unit) {
                    return Err(Error::Conflict(Conflict::Overtaken));
                }
                let touched = conn.execute(
                    "UPDATE unit SET name = ?4, body = ?5 WHERE tenant = ?1 AND unit = ?2 AND place = ?3",
                    &cells![put.tenant, unit, put.place.value(), put.hash, put.body.clone()],
                )?;
                if touched != 1 {
                    return Err(Error::Absent);
                }
                enter(&inner, conn, &call, BTreeMap::from([("units".to_owned(), 1)]))
            })
            .await
    }

    /// A unit in which nobody is, and in which nobody works nor will, is there no longer, with the entry of the log. Its number is
    /// never given again.
    ///
    /// # Errors
    /// As [`Store::make_unit`]; [`Error::Absent`] when there is no such unit; [`Error::Conflict`] when it is not empty.
    pub async fn close_unit(&self, call: &Call, place: Place, unit: i64) -> Result<()> {
        const LODGED: &str = "SELECT 1 FROM relation WHERE tenant = ?1 AND subject = ?2 AND ends > ?3 LIMIT 1";
        const STAFFED: &str = "SELECT 1 FROM post WHERE tenant = ?1 AND place = ?2 AND unit = ?3 AND ends > ?4 LIMIT 1";
        call.clearance.may_admit(place).map_err(|_| Error::Absent)?;
        let (inner, call) = (self.0.clone(), call.clone());
        self.engine()
            .write(Db::Main, move |conn| {
                // Taken away first: whoever moves somebody there has the row until they are done, and is then seen.
                let touched = conn.execute(
                    "DELETE FROM unit WHERE tenant = ?1 AND unit = ?2 AND place = ?3",
                    &cells![call.tenant, unit, place.value()],
                )?;
                if touched != 1 {
                    return Err(Error::Absent);
                }
                let lodged = conn.query_opt(LODGED, &cells![call.tenant, unit, call.now])?;
                let staffed = conn.query_opt(STAFFED, &cells![call.tenant, place.value(), unit, call.now])?;
                if lodged.is_some() || staffed.is_some() {
                    return Err(Error::Conflict(Conflict::Overtaken));
                }
                enter(&inner, conn, &call, BTreeMap::from([("units".to_owned(), 1)]))
            })
            .await
    }

    fn sealed_unit(&self, tenant: i64, place: Place, name: &str) -> Result<Put> {
        let hash = self.hasher(tenant)?.number("unit", &[&place.to_string(), name]);
        let key = self.keyring().tenant(tenant, Use::Data)?;
        let body = crypto::seal(&key, &aad(tenant, place, hash), name.as_bytes())?;
        Ok(Put { tenant, place, hash, body })
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

    /// Who is in each of these units, or at a whole place, at `now`.
    ///
    /// # Errors
    /// The engine's.
    pub async fn members(&self, tenant: i64, units: Vec<i64>, now: i64) -> Result<BTreeMap<i64, BTreeSet<Person>>> {
        let read = move |conn: &Conn<'_>| {
            let of = |unit: &i64| {
                let rows = conn.query(
                    "SELECT person FROM relation WHERE tenant = ?1 AND subject = ?2 AND kind = ?3 AND starts <= ?4 AND ends > ?4",
                    &cells![tenant, *unit, RelationKind::Assignment.code(), now],
                )?;
                let persons = rows.iter().map(|row| Ok(Person::new(row.int(0)?))).collect::<Result<_>>()?;
                Ok((*unit, persons))
            };
            units.iter().map(of).collect()
        };
        self.engine().read(Db::Main, read).await
    }

    /// Moves persons between the units of a place, in one transaction with the entry of the log: whoever has a post in a unit
    /// accompanies those who are in it from now on, and no longer those who are not.
    ///
    /// # Errors
    /// [`Error::Conflict`] when somebody is no longer where they were read to be: nothing is changed. [`Error::Absent`] for whoever
    /// does not admit persons at this place; the engine's.
    pub async fn move_persons(&self, call: &Call, place: Place, moves: Vec<Move>) -> Result<()> {
        call.clearance.may_admit(place).map_err(|_| Error::Absent)?;
        let (inner, call) = (self.0.clone(), call.clone());
        self.engine()
            .write(Db::Main, move |conn| {
                moves.iter().try_for_each(|one| go(conn, &call, place, *one))?;
                let count = i64::try_from(moves.len()).unwrap_or(i64::MAX);
                let envelope = call.envelope(BTreeMap::from([("persons".to_owned(), count)]));
                // No item is moved: whoever is, finds it in their journal.
                let part = |person| Part { person, content: serde_json::json!({ "moved": [] }) };
                let parts = moves.iter().map(|one| one.person).collect::<BTreeSet<_>>().into_iter().map(part).collect();
                let entry = audit::seal(&inner.keyring, &inner.engine, conn, call.tenant, envelope, parts)?;
                audit::insert_beside_write(conn, &entry)
            })
            .await
    }
}

/// A unit, closed, ready to be written.
struct Put {
    tenant: i64,
    place: Place,
    hash: i64,
    body: Vec<u8>,
}

impl Put {
    /// The unit of this name.
    fn find(&self, conn: &Conn<'_>) -> Result<Option<i64>> {
        const BY_NAME: &str = "SELECT unit FROM unit WHERE tenant = ?1 AND place = ?2 AND name = ?3";
        let found = conn.query_opt(BY_NAME, &cells![self.tenant, self.place.value(), self.hash])?;
        found.map(|row| row.int(0)).transpose()
    }

    fn ensure(&self, conn: &Conn<'_>) -> Result<i64> {
        if let Some(unit) = self.find(conn)? {
            return Ok(unit);
        }
        // Whoever else makes a unit waits here, then finds the first one's.
        let unit = FIRST - bump(conn, "unit", 1)?;
        conn.execute(
            "INSERT INTO unit(tenant, unit, place, name, body) VALUES(?1, ?2, ?3, ?4, ?5)
             ON CONFLICT(tenant, place, name) DO NOTHING",
            &cells![self.tenant, unit, self.place.value(), self.hash, self.body.clone()],
        )?;
        self.find(conn)?.ok_or(Error::Absent)
    }
}

/// One move, of somebody who is at the place, and still where they were read to be.
fn go(conn: &Conn<'_>, call: &Call, place: Place, Move { person, from, to }: Move) -> Result<()> {
    const AT: &str =
        "SELECT relation FROM relation WHERE tenant = ?1 AND subject = ?2 AND person = ?3 AND kind = ?4 AND ends > ?5";
    const IN: &str =
        "SELECT subject FROM relation WHERE tenant = ?1 AND person = ?2 AND kind = ?3 AND place = ?4 AND ends > ?5";
    const THERE: &str = "SELECT unit FROM unit WHERE tenant = ?1 AND unit = ?2 AND place = ?3";
    let (kind, everybody) = (RelationKind::Assignment, everybody(place));
    // Whoever else moves them waits here; what they have done is seen by the next statement, and not by this one. Whatever began
    // after this request did counts too.
    let text = format!("{AT}{}", hold(conn.dialect()));
    let at = conn.query(&text, &cells![call.tenant, everybody, person.value(), kind.code(), call.now])?;
    let rows = conn.query(IN, &cells![call.tenant, person.value(), kind.code(), place.value(), call.now])?;
    let subjects = rows.iter().map(|row| row.int(0)).collect::<Result<BTreeSet<i64>>>()?;
    let units: BTreeSet<i64> = subjects.into_iter().filter(|subject| *subject < FIRST).collect();
    let there = if from == 0 { units.is_empty() } else { units.contains(&from) };
    if !there || at.is_empty() || units.contains(&to) {
        return Err(Error::Conflict(Conflict::Overtaken));
    }
    conn.execute(
        "UPDATE relation SET ends = ?5 WHERE tenant = ?1 AND subject = ?2 AND person = ?3 AND kind = ?4 AND place = ?6 AND ends > ?5",
        &cells![call.tenant, from, person.value(), kind.code(), call.now, place.value()],
    )?;
    if to == 0 {
        return Ok(());
    }
    let text = format!("{THERE}{}", hold(conn.dialect()));
    if conn.query_opt(&text, &cells![call.tenant, to, place.value()])?.is_none() {
        return Err(Error::Conflict(Conflict::Overtaken));
    }
    let (starts, categories) = (call.now, Categories::empty());
    let relation = NewRelation { subject: to, person, place, kind, categories, starts, ends: FOREVER };
    insert_relation(conn, call.tenant, &relation)
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
