//! What this process keeps in memory and others may change: heard of, then read anew.

use crate::engine::{Db, Dialect, Listening, Ping};
use crate::error::Result;
use crate::store::Store;
use tokio::sync::{broadcast, watch};

/// Says when something kept in memory has changed. On PostgreSQL it holds a connection.
#[derive(Debug)]
pub struct Heard {
    count: watch::Receiver<u64>,
    _listening: Option<Listening>,
}

impl Heard {
    /// Waits until something has changed since it was last asked. What changes at once is heard once.
    pub async fn changed(&mut self) {
        if self.count.changed().await.is_err() {
            // The store is gone: nothing will change any more.
            std::future::pending::<()>().await;
        }
    }
}

impl Store {
    /// Hears what other servers on the same database change of places, accounts and search parameters, and this one too.
    pub fn heard(&self) -> Heard {
        let count = self.0.ears.heard.subscribe();
        Heard { count, _listening: self.engine().listen(&self.0.ears) }
    }

    /// What programs that are connected are told, by this server or by another: as long as somebody has asked for
    /// [`Store::heard`].
    pub fn pings(&self) -> broadcast::Receiver<Ping> {
        self.0.ears.pings.subscribe()
    }

    /// Tells every server that a Subscription has something new, for the program that may be connected to it.
    ///
    /// # Errors
    /// The engine's; then those connected elsewhere have not been told.
    pub async fn ping(&self, tenant: i64, rid: i64) -> Result<()> {
        let ears = self.0.ears.clone();
        // Nobody connected here: nobody to tell, and no fault.
        let _ = ears.pings.send(Ping::Of(tenant, rid));
        if self.engine().dialect() == Dialect::Sqlite {
            return Ok(());
        }
        self.engine().write(Db::Main, move |conn| ears.ping(conn, tenant, rid)).await
    }

    /// This process has changed something that it keeps in memory.
    pub(crate) fn said(&self) {
        self.0.ears.heard.send_modify(|count| *count += 1);
    }

    /// Reads anew what the store itself keeps, where it has changed.
    ///
    /// # Errors
    /// The engine's.
    pub async fn read_anew(&self, tenant: i64) -> Result<()> {
        self.follow_own(tenant).await
    }
}
