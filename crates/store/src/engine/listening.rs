//! Hearing from the other servers on one database that something they have written is kept in memory here.
//!
//! PostgreSQL tells whoever listens when a transaction commits (`LISTEN`, `NOTIFY`). What was said while the connection was
//! away is not said again: so whoever has connected anew looks at everything.

use super::{Conn, Dialect};
use crate::error::Result;
use std::future::poll_fn;
use std::pin::pin;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio_postgres::{AsyncMessage, Config, NoTls};

/// Before another connection is tried.
const PAUSE: Duration = Duration::from_secs(1);

/// A connection that listens, as long as this is kept.
#[derive(Debug)]
pub(crate) struct Listening(AbortHandle);

impl Drop for Listening {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Counts what is heard.
pub(super) fn listen(config: Config, heard: watch::Sender<u64>) -> Listening {
    let listening = tokio::spawn(async move {
        loop {
            if let Err(error) = listen_once(&config, &heard).await {
                tracing::warn!(%error, "other servers are not heard; a connection is tried again");
            }
            tokio::time::sleep(PAUSE).await;
        }
    });
    Listening(listening.abort_handle())
}

async fn listen_once(config: &Config, heard: &watch::Sender<u64>) -> std::result::Result<(), tokio_postgres::Error> {
    let (client, mut connection) = config.connect(NoTls).await?;
    let (mut asked, mut listens) = (pin!(client.batch_execute("LISTEN socle")), false);
    loop {
        let said = tokio::select! {
            result = &mut asked, if !listens => {
                result?;
                listens = true;
                true
            }
            message = poll_fn(|cx| connection.poll_message(cx)) => match message {
                Some(message) => matches!(message?, AsyncMessage::Notification(_)),
                None => return Ok(()),
            },
        };
        if said {
            heard.send_modify(|count| *count += 1);
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
