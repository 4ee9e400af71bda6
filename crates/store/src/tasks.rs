//! Work that a program has asked for and comes back for: a job of the outbox with a sealed body, which says what was asked and
//! what came of it. Any server on the same database answers for it; one goes on when the one that held it is gone.

use crate::check::SealedRows;
use crate::crypto::{self, Secret};
use crate::engine::{Conn, Db, Dialect, Row, cells};
use crate::error::Result;
use crate::keys::Use;
use crate::outbox::{self, Job, Sending};
use crate::store::Store;
use confidentiality::Actor;

/// A piece of work.
#[derive(Clone, PartialEq, Eq)]
pub struct Task {
    /// Its job, as it is held by whoever works on it.
    pub job: Job,
    /// When it was asked for (UTC microseconds).
    pub since: i64,
    /// What was asked, and what came of it.
    pub body: Vec<u8>,
}

/// A piece of work to note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// Its kind.
    pub kind: Sending,
    /// Who asks.
    pub actor: Actor,
    /// When (UTC microseconds).
    pub since: i64,
    /// From when on another server takes it, once it is not held any more.
    pub due: i64,
    /// Until when it is held by whoever notes it.
    pub lease: i64,
    /// How many of its kind are kept.
    pub most: i64,
    /// Only when no other of its kind is held.
    pub alone: bool,
}

impl std::fmt::Debug for Task {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Task({:?} ***)", self.job)
    }
}

impl Task {
    /// Whether somebody works on it.
    pub fn is_held(&self, now: i64) -> bool {
        self.job.held > now
    }
}

impl Store {
    /// Notes a piece of work, held by whoever asked; none when there are too many, or another is held and it is to be alone,
    /// also of servers that ask at the same instant.
    ///
    /// # Errors
    /// The engine's.
    pub async fn begin_task(&self, tenant: i64, wanted: Wanted, body: &[u8]) -> Result<Option<Job>> {
        let (job, body) = self.closed(tenant, wanted, body)?;
        let begin = move |conn: &Conn<'_>| {
            one_at_a_time(conn, tenant)?;
            let row = conn.query_one(
                "SELECT COUNT(*), COALESCE(SUM(CASE WHEN held > ?3 THEN 1 ELSE 0 END), 0) FROM outbox
                 WHERE tenant = ?1 AND kind = ?2",
                &cells![tenant, job.kind.code(), wanted.since],
            )?;
            if row.int(0)? >= wanted.most || wanted.alone && row.int(1)? > 0 {
                return Ok(None);
            }
            insert(conn, tenant, job, wanted, body)?;
            Ok(Some(job))
        };
        self.engine().write(Db::Main, begin).await
    }

    /// Notes a piece of work in the place of the same actor's earlier one; those that are over go, and beyond so many the oldest.
    ///
    /// # Errors
    /// The engine's.
    pub async fn replace_task(&self, tenant: i64, wanted: Wanted, body: &[u8]) -> Result<Job> {
        let (job, body) = self.closed(tenant, wanted, body)?;
        let (kind, actor) = (job.kind.code(), job.actor.value());
        let replace = move |conn: &Conn<'_>| {
            one_at_a_time(conn, tenant)?;
            conn.execute(
                "DELETE FROM outbox WHERE tenant = ?1 AND kind = ?2 AND (actor = ?3 OR due <= ?4)",
                &cells![tenant, kind, actor, wanted.since],
            )?;
            conn.execute(
                "DELETE FROM outbox WHERE tenant = ?1 AND kind = ?2 AND subject NOT IN (
                   SELECT o.subject FROM outbox o WHERE o.tenant = ?1 AND o.kind = ?2 ORDER BY o.since DESC, o.subject LIMIT ?3)",
                &cells![tenant, kind, wanted.most - 1],
            )?;
            insert(conn, tenant, job, wanted, body)?;
            Ok(job)
        };
        self.engine().write(Db::Main, replace).await
    }

    /// A new job, and its body closed.
    fn closed(&self, tenant: i64, wanted: Wanted, body: &[u8]) -> Result<(Job, Vec<u8>)> {
        let Wanted { kind, actor, lease, .. } = wanted;
        let job = Job { kind, subject: crypto::random_id()?, actor, tries: 0, held: lease, news: 1 };
        let key = self.keyring().tenant(tenant, Use::Data)?;
        Ok((job, crypto::seal(&key, &aad(tenant, kind, job.subject), body)?))
    }

    /// A piece of work.
    ///
    /// # Errors
    /// The engine's; [`crate::Error::Integrity`] when it does not open.
    pub async fn task(&self, tenant: i64, kind: Sending, subject: i64) -> Result<Option<Task>> {
        let key = self.keyring().tenant(tenant, Use::Data)?;
        let find = move |conn: &Conn<'_>| {
            let row = conn.query_opt(
                "SELECT actor, tries, held, news, since, body FROM outbox WHERE tenant = ?1 AND kind = ?2 AND subject = ?3",
                &cells![tenant, kind.code(), subject],
            )?;
            row.map(|row| open(&key, (tenant, kind, subject), &row)).transpose()
        };
        self.engine().glance(Db::Main, find).await
    }

    /// Holds a job longer; none when somebody else holds it by now, or it is gone.
    ///
    /// # Errors
    /// The engine's.
    pub async fn hold(&self, tenant: i64, job: Job, lease: i64) -> Result<Option<Job>> {
        let hold = move |conn: &Conn<'_>| {
            conn.execute(
                "UPDATE outbox SET held = ?5 WHERE tenant = ?1 AND kind = ?2 AND subject = ?3 AND held = ?4",
                &cells![tenant, job.kind.code(), job.subject, job.held, lease],
            )
        };
        let held = self.engine().write(Db::Main, hold).await?;
        Ok((held > 0).then_some(Job { held: lease, ..job }))
    }

    /// Keeps what has come of a piece of work, held until `lease` (0: no longer) and looked at again at `due`; none when
    /// somebody else holds it by now, or it is gone.
    ///
    /// # Errors
    /// The engine's.
    pub async fn keep_task(&self, tenant: i64, job: Job, body: &[u8], (due, lease): (i64, i64)) -> Result<Option<Job>> {
        let place = aad(tenant, job.kind, job.subject);
        let body = crypto::seal(&self.keyring().tenant(tenant, Use::Data)?, &place, body)?;
        let keep = move |conn: &Conn<'_>| {
            conn.execute(
                "UPDATE outbox SET body = ?5, due = ?6, held = ?7, tries = 0
                 WHERE tenant = ?1 AND kind = ?2 AND subject = ?3 AND held = ?4",
                &cells![tenant, job.kind.code(), job.subject, job.held, body, due, lease],
            )
        };
        let kept = self.engine().write(Db::Main, keep).await?;
        Ok((kept > 0).then_some(Job { held: lease, ..job }))
    }

    /// Forgets a piece of work, whoever holds it.
    ///
    /// # Errors
    /// The engine's.
    pub async fn drop_task(&self, tenant: i64, kind: Sending, subject: i64) -> Result<()> {
        self.engine().write(Db::Main, move |conn| outbox::drop_job(conn, tenant, (kind, subject))).await
    }
}

/// Whoever counts what there is, to add to it, is alone with it until the end of the transaction. On SQLite every writer is.
fn one_at_a_time(conn: &Conn<'_>, tenant: i64) -> Result<()> {
    match conn.dialect() {
        Dialect::Sqlite => Ok(()),
        Dialect::Postgres => conn.send("SELECT pg_advisory_xact_lock(7346, CAST(?1 AS BIGINT)::int)", &cells![tenant]),
    }
}

fn insert(conn: &Conn<'_>, tenant: i64, job: Job, wanted: Wanted, body: Vec<u8>) -> Result<()> {
    conn.execute(
        "INSERT INTO outbox(tenant, kind, subject, actor, since, due, held, news, tries, failure, dead, body)
         VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, 1, 0, 0, 0, ?8)",
        &cells![tenant, job.kind.code(), job.subject, job.actor.value(), wanted.since, wanted.due, wanted.lease, body],
    )
    .map(drop)
}

fn open(key: &Secret, (tenant, kind, subject): (i64, Sending, i64), row: &Row) -> Result<Task> {
    let body = crypto::open(key, &aad(tenant, kind, subject), row.blob(5)?)?;
    let actor = Actor::new(row.int(0)?);
    let job = Job { kind, subject, actor, tries: row.int(1)?, held: row.int(2)?, news: row.int(3)? };
    Ok(Task { job, since: row.int(4)?, body })
}

/// For who looks for damage.
pub(crate) const CLOSED: SealedRows = SealedRows {
    what: "task",
    fr: "tâche",
    text: "SELECT 0, subject, kind, body FROM outbox WHERE tenant = ?1 AND body IS NOT NULL
           ORDER BY kind, subject LIMIT ?2 OFFSET ?3",
    body: 3,
    spot: Some(["outbox", "body", "subject = ?4 AND kind = ?5"]),
    usage: "",
    aad: |tenant, row| {
        let kind = Sending::from_code(row.int(2)?).unwrap_or(Sending::Notice);
        Ok(aad(tenant, kind, row.int(1)?))
    },
};

fn aad(tenant: i64, kind: Sending, subject: i64) -> Vec<u8> {
    format!("outbox {tenant} {} {subject}", kind.code()).into_bytes()
}
