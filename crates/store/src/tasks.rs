//! Work that a program has asked for and comes back for: a job of the outbox with a sealed body, which says what was asked and
//! what came of it. Any server on the same database answers for it; one goes on when the one that held it is gone.

use crate::check::SealedRows;
use crate::crypto::{self, Secret};
use crate::engine::{Conn, Db, Row, cells};
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

impl std::fmt::Debug for Task {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Task({:?} ***)", self.job)
    }
}

impl Store {
    /// Notes a piece of work, held until `lease` by whoever asked; none when there are `most` of its kind.
    ///
    /// # Errors
    /// The engine's.
    pub async fn begin_task(
        &self,
        tenant: i64,
        (kind, actor): (Sending, Actor),
        body: &[u8],
        (now, lease): (i64, i64),
        most: i64,
    ) -> Result<Option<Job>> {
        let job = Job { kind, subject: crypto::random_id()?, actor, tries: 0, held: lease, news: 1 };
        let body = crypto::seal(&self.keyring().tenant(tenant, Use::Data)?, &aad(tenant, kind, job.subject), body)?;
        let begin = move |conn: &Conn<'_>| {
            let text = "SELECT COUNT(*) FROM outbox WHERE tenant = ?1 AND kind = ?2";
            if conn.query_one(text, &cells![tenant, kind.code()])?.int(0)? >= most {
                return Ok(None);
            }
            conn.execute(
                "INSERT INTO outbox(tenant, kind, subject, actor, since, due, held, news, tries, failure, dead, body)
                 VALUES(?1, ?2, ?3, ?4, ?5, ?5, ?6, 1, 0, 0, 0, ?7)",
                &cells![tenant, kind.code(), job.subject, actor.value(), now, lease, body],
            )?;
            Ok(Some(job))
        };
        self.engine().write(Db::Main, begin).await
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

    /// Keeps what came of a piece of work, which is held no longer and looked at again at `due`; false when somebody else
    /// holds it by now, or it is gone.
    ///
    /// # Errors
    /// The engine's.
    pub async fn keep_task(&self, tenant: i64, job: Job, body: &[u8], due: i64) -> Result<bool> {
        let place = aad(tenant, job.kind, job.subject);
        let body = crypto::seal(&self.keyring().tenant(tenant, Use::Data)?, &place, body)?;
        let keep = move |conn: &Conn<'_>| {
            conn.execute(
                "UPDATE outbox SET body = ?5, due = ?6, held = 0, tries = 0
                 WHERE tenant = ?1 AND kind = ?2 AND subject = ?3 AND held = ?4",
                &cells![tenant, job.kind.code(), job.subject, job.held, body, due],
            )
        };
        Ok(self.engine().write(Db::Main, keep).await? > 0)
    }

    /// Forgets a piece of work, whoever holds it.
    ///
    /// # Errors
    /// The engine's.
    pub async fn drop_task(&self, tenant: i64, kind: Sending, subject: i64) -> Result<()> {
        self.engine().write(Db::Main, move |conn| outbox::drop_job(conn, tenant, (kind, subject))).await
    }
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
    text: "SELECT 0, subject, kind, body FROM outbox WHERE tenant = ?1 AND body IS NOT NULL
           ORDER BY kind, subject LIMIT ?2 OFFSET ?3",
    body: 3,
    usage: "",
    aad: |tenant, row| {
        let kind = Sending::from_code(row.int(2)?).unwrap_or(Sending::Notice);
        Ok(aad(tenant, kind, row.int(1)?))
    },
};

fn aad(tenant: i64, kind: Sending, subject: i64) -> Vec<u8> {
    format!("outbox {tenant} {} {subject}", kind.code()).into_bytes()
}
