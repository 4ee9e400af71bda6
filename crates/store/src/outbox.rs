//! The outbox: what is to leave the store, or to be worked on, noted in the transaction that causes it.
//!
//! A job is held by one server for a while (its lease), done with, put off after a failure, or set aside as a dead letter, which
//! waits for a person. Whatever stops a server, its jobs are taken up by another when their lease is over. A job says who and
//! when; what there is to say is kept by its kind, and nothing of it is here.

use crate::call::Call;
use crate::engine::{Conn, Db, Row, cells};
use crate::error::{Error, Result};
use crate::own_params;
use crate::store::Store;
use crate::subscriptions;
use confidentiality::Actor;

/// What a job is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sending {
    /// A program is to be told that something has changed; the subject is the row of its Subscription.
    Notice,
    /// A program has asked for an export, and comes back for what came of it; the subject is a random number.
    Export,
    /// A program has sent an import, which one server does, and comes back for what came of it; the subject is a random
    /// number.
    Import,
    /// Somebody has been shown what files would change, and may say yes; the subject is a random number.
    Preview,
}

impl Sending {
    /// As it is stored.
    pub fn code(self) -> i64 {
        match self {
            Self::Notice => 1,
            Self::Export => 2,
            Self::Import => 3,
            Self::Preview => 4,
        }
    }

    /// The kind of a stored code.
    pub fn from_code(code: i64) -> Option<Self> {
        [Self::Notice, Self::Export, Self::Import, Self::Preview].into_iter().find(|kind| kind.code() == code)
    }
}

/// A job held for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Job {
    /// Kind.
    pub kind: Sending,
    /// What it is about, by number.
    pub subject: i64,
    /// The program it is for.
    pub actor: Actor,
    /// Tries that failed, one after the other.
    pub tries: i64,
    /// Until when it is held, which is also the proof that it is still ours.
    pub(crate) held: i64,
    /// How often something was added to it.
    pub(crate) news: i64,
}

/// A notice as whoever looks after the machine sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// Kind.
    pub kind: Sending,
    /// What it is about, by number.
    pub subject: i64,
    /// The program it is for.
    pub actor: Actor,
    /// Since when there is something to do (UTC microseconds).
    pub since: i64,
    /// When it is tried next.
    pub due: i64,
    /// Tries that failed.
    pub tries: i64,
    /// Why the last one did: a code of the application; 0 = none.
    pub failure: i64,
    /// Since when it is a dead letter; none while it is tried.
    pub dead: Option<i64>,
}

/// How many notices there are of each state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// To be done, dead letters apart.
    pub waiting: i64,
    /// Of these, those whose last try failed.
    pub failing: i64,
    /// Dead letters.
    pub dead: i64,
    /// When the first of those to be done was due (UTC microseconds).
    pub due: Option<i64>,
}

const COLUMNS: &str = "kind, subject, actor, since, due, tries, failure, dead";

impl Store {
    /// Jobs of a kind that are due and held by nobody, each held until `lease` for whoever asked.
    ///
    /// # Errors
    /// The engine's.
    pub async fn claim(&self, tenant: i64, kind: Sending, now: i64, lease: i64, most: i64) -> Result<Vec<Job>> {
        let find = move |conn: &Conn<'_>| {
            let rows = conn.query(
                "SELECT subject, actor, tries, held, news FROM outbox
                 WHERE tenant = ?1 AND dead = 0 AND due <= ?3 AND held <= ?3 AND kind = ?2 ORDER BY due, subject LIMIT ?4",
                &cells![tenant, kind.code(), now, most],
            )?;
            rows.iter().map(|row| job(kind, row)).collect::<Result<Vec<Job>>>()
        };
        let mut due = self.engine().read(Db::Main, find).await?;
        if due.is_empty() {
            return Ok(due);
        }
        // Rows are taken in the order in which writers take them: nobody waits for whoever waits for them.
        due.sort_by_key(|job| job.subject);
        let take = move |conn: &Conn<'_>| {
            let mut held = Vec::with_capacity(due.len());
            for job in due {
                // Another server may have been quicker.
                let taken = conn.execute(
                    "UPDATE outbox SET held = ?5 WHERE tenant = ?1 AND kind = ?2 AND subject = ?3 AND held = ?4 AND dead = 0",
                    &cells![tenant, kind.code(), job.subject, job.held, lease],
                )?;
                held.extend((taken == 1).then_some(Job { held: lease, ..job }));
            }
            Ok(held)
        };
        self.engine().write(Db::Main, take).await
    }

    /// A try has failed: again at `due`, unless somebody else holds the job by now.
    ///
    /// # Errors
    /// The engine's.
    pub async fn put_off(&self, tenant: i64, job: Job, due: i64, failure: i64) -> Result<()> {
        let later = move |conn: &Conn<'_>| {
            conn.execute(
                "UPDATE outbox SET due = ?5, held = 0, tries = tries + 1, failure = ?6
                 WHERE tenant = ?1 AND kind = ?2 AND subject = ?3 AND held = ?4",
                &cells![tenant, job.kind.code(), job.subject, job.held, due, failure],
            )
        };
        self.engine().write(Db::Main, later).await.map(drop)
    }

    /// Notices that wait or have failed, dead letters first: at most so many, and how many there are of each state.
    ///
    /// # Errors
    /// [`Error::Absent`] for whoever does not answer for machines; the engine's.
    pub async fn outbox(&self, call: &Call, most: i64) -> Result<(Vec<Waiting>, Counts)> {
        if !call.clearance.sees_estate() {
            return Err(Error::Absent);
        }
        let tenant = call.tenant;
        let read = move |conn: &Conn<'_>| {
            let text = format!(
                "SELECT {COLUMNS} FROM outbox WHERE tenant = ?1 AND kind = 1
                 ORDER BY CASE WHEN dead > 0 THEN 0 WHEN tries > 0 THEN 1 ELSE 2 END, due, kind, subject LIMIT ?2"
            );
            let rows = conn.query(&text, &cells![tenant, most])?;
            let listed = rows.iter().map(waiting).collect::<Result<Vec<Waiting>>>()?;
            Ok((listed, count(conn, tenant)?))
        };
        self.engine().read(Db::Main, read).await
    }

    /// Has a job tried now, a dead letter from its beginning; false when it is not there, or nothing has failed. Audited.
    ///
    /// # Errors
    /// As [`Store::outbox`].
    pub async fn try_again(&self, call: &Call, kind: Sending, subject: i64) -> Result<bool> {
        let tenant = call.tenant;
        let again = move |conn: &Conn<'_>, now: i64| {
            conn.execute(
                "UPDATE outbox SET due = ?4, tries = CASE WHEN dead > 0 THEN 0 ELSE tries END, dead = 0
                 WHERE tenant = ?1 AND kind = ?2 AND subject = ?3 AND (tries > 0 OR dead > 0)",
                &cells![tenant, kind.code(), subject, now],
            )
        };
        Ok(self.entered(call, "jobs", again).await? > 0)
    }

    /// Gives a dead letter up: nobody will be told. False when there is none. Audited.
    ///
    /// # Errors
    /// As [`Store::outbox`].
    pub async fn abandon(&self, call: &Call, kind: Sending, subject: i64) -> Result<bool> {
        let tenant = call.tenant;
        let give_up = move |conn: &Conn<'_>, _now: i64| {
            if kind == Sending::Notice {
                own_params::alone(conn)?;
            }
            let gone = conn.execute(
                "DELETE FROM outbox WHERE tenant = ?1 AND kind = ?2 AND subject = ?3 AND dead > 0",
                &cells![tenant, kind.code(), subject],
            )?;
            match kind {
                Sending::Notice if gone > 0 => subscriptions::forget(conn, tenant, subject)?,
                Sending::Notice | Sending::Export | Sending::Import | Sending::Preview => {}
            }
            Ok(gone)
        };
        Ok(self.entered(call, "jobs", give_up).await? > 0)
    }
}

fn job(kind: Sending, row: &Row) -> Result<Job> {
    let actor = Actor::new(row.int(1)?);
    Ok(Job { kind, subject: row.int(0)?, actor, tries: row.int(2)?, held: row.int(3)?, news: row.int(4)? })
}

fn waiting(row: &Row) -> Result<Waiting> {
    let kind = Sending::from_code(row.int(0)?).ok_or_else(|| Error::Integrity("a job of no known kind".into()))?;
    Ok(Waiting {
        kind,
        subject: row.int(1)?,
        actor: Actor::new(row.int(2)?),
        since: row.int(3)?,
        due: row.int(4)?,
        tries: row.int(5)?,
        failure: row.int(6)?,
        dead: Some(row.int(7)?).filter(|at| *at > 0),
    })
}

/// How many there are.
pub(crate) fn count(conn: &Conn<'_>, tenant: i64) -> Result<Counts> {
    let row = conn.query_one(
        "SELECT COUNT(*), COALESCE(SUM(CASE WHEN tries > 0 THEN 1 ELSE 0 END), 0), MIN(due) FROM outbox
         WHERE tenant = ?1 AND kind = 1 AND dead = 0",
        &cells![tenant],
    )?;
    let dead =
        conn.query_one("SELECT COUNT(*) FROM outbox WHERE tenant = ?1 AND kind = 1 AND dead > 0", &cells![tenant])?;
    Ok(Counts { waiting: row.int(0)?, failing: row.int(1)?, dead: dead.int(0)?, due: row.opt_int(2)? })
}

/// Notes that there is something to do; of a job that is there already, that there is more.
pub(crate) fn note(conn: &Conn<'_>, tenant: i64, (kind, subject): (Sending, i64), actor: i64, now: i64) -> Result<()> {
    conn.send(
        "INSERT INTO outbox(tenant, kind, subject, actor, since, due, held, news, tries, failure, dead)
         VALUES(?1, ?2, ?3, ?4, ?5, ?5, 0, 1, 0, 0, 0)
         ON CONFLICT(tenant, kind, subject) DO UPDATE SET news = outbox.news + 1",
        &cells![tenant, kind.code(), subject, actor, now],
    )
}

/// The holder has done what there was, and more (`left`) or nothing is to be done; `worked`: the last try did. What was
/// added meanwhile stays, and so does what somebody else holds by now.
pub(crate) fn finish(conn: &Conn<'_>, tenant: i64, job: Job, left: bool, worked: bool, now: i64) -> Result<()> {
    let own = cells![tenant, job.kind.code(), job.subject, job.held, job.news];
    let none_left = !left;
    if none_left {
        let text = "DELETE FROM outbox WHERE tenant = ?1 AND kind = ?2 AND subject = ?3 AND held = ?4 AND news = ?5";
        if conn.execute(text, &own)? > 0 {
            return Ok(());
        }
    }
    conn.execute(
        "UPDATE outbox SET due = ?5, held = 0, tries = CASE WHEN ?6 = 1 THEN 0 ELSE tries END
         WHERE tenant = ?1 AND kind = ?2 AND subject = ?3 AND held = ?4",
        &cells![tenant, job.kind.code(), job.subject, job.held, now, i64::from(worked)],
    )?;
    Ok(())
}

/// Sets a job aside as a dead letter.
pub(crate) fn bury(conn: &Conn<'_>, tenant: i64, (kind, subject): (Sending, i64), now: i64) -> Result<()> {
    conn.execute(
        "UPDATE outbox SET dead = ?4, held = 0 WHERE tenant = ?1 AND kind = ?2 AND subject = ?3 AND dead = 0",
        &cells![tenant, kind.code(), subject, now],
    )?;
    Ok(())
}

/// There is nothing more to do.
pub(crate) fn drop_job(conn: &Conn<'_>, tenant: i64, (kind, subject): (Sending, i64)) -> Result<()> {
    conn.execute(
        "DELETE FROM outbox WHERE tenant = ?1 AND kind = ?2 AND subject = ?3",
        &cells![tenant, kind.code(), subject],
    )?;
    Ok(())
}
