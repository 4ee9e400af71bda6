//! Shifts: who is expected where, and who has taken their post. No person's content is here, so no audit entry either.

use crate::engine::{Cell, Conn, Db, Row, cells};
use crate::error::{Error, Result};
use crate::store::Store;
use confidentiality::Actor;

/// What a shift says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ShiftKind {
    /// The planning expects this actor.
    Planned = 0,
    /// This actor has taken the post.
    Taken = 1,
}

/// An actor in a unit, for a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shift {
    /// Who.
    pub actor: Actor,
    /// In which unit.
    pub unit: i64,
    /// From (UTC microseconds, inclusive) …
    pub starts: i64,
    /// … to (exclusive).
    pub ends: i64,
    /// Expected or real.
    pub kind: ShiftKind,
}

impl Store {
    /// Writes shifts, in one transaction. One that is there already (same actor, unit, start and kind) takes the end
    /// given last.
    ///
    /// # Errors
    /// The engine's.
    pub async fn plan(&self, tenant: i64, shifts: Vec<Shift>) -> Result<()> {
        self.engine().write(Db::Main, move |conn| shifts.iter().try_for_each(|shift| insert(conn, tenant, shift))).await
    }

    /// An actor takes their post in a unit until `ends` at the latest, and leaves any other.
    ///
    /// # Errors
    /// The engine's.
    pub async fn take_post(&self, tenant: i64, actor: Actor, unit: i64, now: i64, ends: i64) -> Result<()> {
        self.engine()
            .write(Db::Main, move |conn| {
                close(conn, tenant, actor, now)?;
                insert(conn, tenant, &Shift { actor, unit, starts: now, ends, kind: ShiftKind::Taken })
            })
            .await
    }

    /// An actor leaves the post they have taken; nothing happens without one.
    ///
    /// # Errors
    /// The engine's.
    pub async fn leave_post(&self, tenant: i64, actor: Actor, now: i64) -> Result<()> {
        self.engine().write(Db::Main, move |conn| close(conn, tenant, actor, now)).await
    }

    /// The shifts of an actor that touch the time from `from` to `to` (exclusive), by start.
    ///
    /// # Errors
    /// The engine's; [`Error::Integrity`] on an unknown kind.
    pub async fn shifts_of(&self, tenant: i64, actor: Actor, from: i64, to: i64) -> Result<Vec<Shift>> {
        const OF_ACTOR: &str = "SELECT actor, unit, starts, ends, kind FROM shift
             WHERE tenant = ?1 AND actor = ?2 AND starts < ?4 AND ends > ?3 ORDER BY starts, unit, kind";
        self.shifts(OF_ACTOR, cells![tenant, actor.value(), from, to]).await
    }

    /// The shifts in a unit that touch the time from `from` to `to` (exclusive), by start.
    ///
    /// # Errors
    /// As [`Store::shifts_of`].
    pub async fn shifts_in(&self, tenant: i64, unit: i64, from: i64, to: i64) -> Result<Vec<Shift>> {
        const IN_UNIT: &str = "SELECT actor, unit, starts, ends, kind FROM shift
             WHERE tenant = ?1 AND unit = ?2 AND starts < ?4 AND ends > ?3 ORDER BY starts, actor, kind";
        self.shifts(IN_UNIT, cells![tenant, unit, from, to]).await
    }

    async fn shifts(&self, sql: &'static str, params: [Cell; 4]) -> Result<Vec<Shift>> {
        self.engine().glance(Db::Main, move |conn| conn.query(sql, &params)?.iter().map(shift).collect()).await
    }
}

fn insert(conn: &Conn<'_>, tenant: i64, shift: &Shift) -> Result<()> {
    conn.execute(
        "INSERT INTO shift(tenant, actor, unit, starts, ends, kind) VALUES(?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT(tenant, actor, unit, starts, kind) DO UPDATE SET ends = excluded.ends",
        &cells![tenant, shift.actor.value(), shift.unit, shift.starts, shift.ends, shift.kind as i64],
    )?;
    Ok(())
}

/// Ends what the actor has taken; one that would only begin later never was.
fn close(conn: &Conn<'_>, tenant: i64, actor: Actor, now: i64) -> Result<()> {
    conn.execute(
        "UPDATE shift SET ends = CASE WHEN starts > ?4 THEN starts ELSE ?4 END
         WHERE tenant = ?1 AND actor = ?2 AND kind = ?3 AND ends > ?4",
        &cells![tenant, actor.value(), ShiftKind::Taken as i64, now],
    )?;
    Ok(())
}

fn shift(row: &Row) -> Result<Shift> {
    let kind = match row.int(4)? {
        0 => ShiftKind::Planned,
        1 => ShiftKind::Taken,
        _ => return Err(Error::Integrity("unknown kind of shift".into())),
    };
    let (actor, unit) = (Actor::new(row.int(0)?), row.int(1)?);
    Ok(Shift { actor, unit, starts: row.int(2)?, ends: row.int(3)?, kind })
}
