//! Hearing from the other servers on one database that something they have written is kept in memory here.
//!
//! PostgreSQL tells whoever listens when a transaction commits (`LISTEN`, `NOTIFY`). What was said while the connection was
//! away is not said again: so whoever has connected anew looks at everything.

use super::{Conn, Dialect, cells};
use crate::error::Result;
use std::future::poll_fn;
use std::pin::pin;
use std::time::Duration;
use tokio::sync::{broadcast, watch};
use tokio::task::AbortHandle;
use tokio_postgres::{AsyncMessage, Config, NoTls};

/// Before another connection is tried.
const PAUSE: Duration = Duration::from_secs(1);

/// Pings a slow listener may be behind.
const BEHIND: usize = 1_024;

/// That something has changed for a program that is connected, said to every server: it may be connected to any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ping {
    /// Of this legal entity, the Subscription of this row.
    Of(i64, i64),
    /// This server was cut off, and some may not have been heard.
    Missed,
}

/// Where what is heard goes.
#[derive(Debug, Clone)]
pub(crate) struct Ears {
    /// Counts what was said of what is kept in memory.
    pub(crate) heard: watch::Sender<u64>,
    pub(crate) pings: broadcast::Sender<Ping>,
    /// Which pings are our own.
    own: i64,
}

impl Ears {
    pub(crate) fn new(own: i64) -> Self {
        Self { heard: watch::Sender::new(0), pings: broadcast::Sender::new(BEHIND), own }
    }

    /// Says to the other servers that a Subscription has something new; to those who listen here, it is said at once.
    pub(crate) fn ping(&self, conn: &Conn<'_>, tenant: i64, rid: i64) -> Result<()> {
        if conn.dialect() == Dialect::Postgres {
            let said = format!("{} {tenant} {rid}", self.own);
            conn.execute("SELECT pg_notify('socle', ?1)", &cells![said])?;
        }
        Ok(())
    }

    fn hear(&self, said: &str) {
        let mut numbers = said.split(' ').map(str::parse::<i64>);
        match (numbers.next(), numbers.next(), numbers.next()) {
            (Some(Ok(own)), Some(Ok(tenant)), Some(Ok(rid))) => {
                if own != self.own {
                    // Nobody connected: nobody to tell.
                    let _ = self.pings.send(Ping::Of(tenant, rid));
                }
            }
            _ => self.heard.send_modify(|count| *count += 1),
        }
    }

    fn connected(&self, again: bool) {
        self.heard.send_modify(|count| *count += 1);
        if again {
            let _ = self.pings.send(Ping::Missed);
        }
    }
}

/// A connection that listens, as long as this is kept.
#[derive(Debug)]
pub(crate) struct Listening(AbortHandle);

impl Drop for Listening {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Hears what is said.
pub(super) fn listen(config: Config, ears: Ears) -> Listening {
    let listening = tokio::spawn(async move {
        let mut before = false;
        loop {
            if let Err(error) = listen_once(&config, &ears, &mut before).await {
                tracing::warn!(%error, "other servers are not heard; a connection is tried again");
            }
            tokio::time::sleep(PAUSE).await;
        }
    });
    Listening(listening.abort_handle())
}

async fn listen_once(
    config: &Config,
    ears: &Ears,
    before: &mut bool,
) -> std::result::Result<(), tokio_postgres::Error> {
    let (client, mut connection) = config.connect(NoTls).await?;
    let (mut asked, mut listens) = (pin!(client.batch_execute("LISTEN socle")), false);
    loop {
        tokio::select! {
            result = &mut asked, if !listens => {
                result?;
                listens = true;
                ears.connected(std::mem::replace(before, true));
            }
            message = poll_fn(|cx| connection.poll_message(cx)) => match message {
                Some(message) => if let AsyncMessage::Notification(said) = message? {
                    ears.hear(said.payload());
                },
                None => return Ok(()),
            },
        }
    }
}

/// Once this transaction commits, the other servers hear that something they keep in memory has changed.
pub(crate) fn tell(conn: &Conn<'_>) -> Result<()> {
    if conn.dialect() == Dialect::Postgres {
        conn.execute("SELECT pg_notify('socle', '')", &[])?;
    }
    Ok(())
}
