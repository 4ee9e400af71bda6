//! Entries of reads that wait together become durable together: on SQLite the writer of the file sees to it, here it is one
//! transaction of PostgreSQL after the other, each with all that has come meanwhile.

use super::{Sealed, insert_read};
use crate::engine::{Db, Dialect};
use crate::error::{Error, Result};
use crate::store::Inner;
use std::sync::Arc;
use tokio::sync::oneshot;

/// Entries of one transaction.
const MOST: usize = 512;

/// One that waits, and whom to tell.
pub(crate) type Waiting = (Arc<Sealed>, oneshot::Sender<Result<()>>);

/// Makes the entry of a read durable.
pub(crate) async fn enter(inner: &Arc<Inner>, entry: Arc<Sealed>) -> Result<()> {
    if inner.engine.dialect() == Dialect::Sqlite {
        return inner.engine.write(Db::Audit, move |conn| insert_read(conn, &entry)).await;
    }
    let (reply, answer) = oneshot::channel();
    if inner.reads.add((entry, reply)) {
        // A task of its own: who asked may go away, the others wait for it all the same.
        tokio::spawn(write_all(inner.clone()));
    }
    answer.await.map_err(|_| Error::bug("the log's writer has stopped"))?
}

async fn write_all(inner: Arc<Inner>) {
    loop {
        // What is about to come, comes along.
        tokio::task::yield_now().await;
        let (entries, replies): (Vec<_>, Vec<_>) = inner.reads.take(MOST).into_iter().unzip();
        if entries.is_empty() {
            return;
        }
        let write = move |conn: &crate::engine::Conn<'_>| entries.iter().try_for_each(|entry| insert_read(conn, entry));
        let written = inner.engine.write_rows(Db::Audit, write).await;
        for reply in replies {
            // Who has gone away was not shown anything.
            let _gone = reply.send(written.as_ref().copied().map_err(Error::for_another));
        }
    }
}
