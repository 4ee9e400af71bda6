//! One connection to PostgreSQL, driven by the thread that uses it: an answer wakes nobody else.

use super::dialect::rewrite;
use crate::error::{Error, Result};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use tokio_postgres::{Client, Config, NoTls, Statement};

/// Prepared statements kept on a connection; a stranger's searches may have any number of texts.
const STATEMENTS: usize = 512;

/// A connection, and what runs it. Only blocking threads may use it.
pub(super) struct Session {
    client: Arc<Client>,
    statements: RefCell<HashMap<String, Statement>>,
    /// A transaction on it could not be undone.
    broken: Cell<bool>,
    /// Always there until it is dropped.
    runtime: Option<tokio::runtime::Runtime>,
}

impl Session {
    /// Connects.
    pub(super) fn open(config: &Config) -> Result<Self> {
        let unavailable = |error: std::io::Error| Error::Unavailable(error.to_string());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(unavailable)?;
        let (client, connection) = runtime.block_on(config.connect(NoTls))?;
        // How it ended is told to whoever uses the connection next.
        runtime.spawn(async move { drop(connection.await) });
        Ok(Self {
            client: Arc::new(client),
            statements: RefCell::default(),
            broken: Cell::new(false),
            runtime: Some(runtime),
        })
    }

    pub(super) fn client(&self) -> &Arc<Client> {
        &self.client
    }

    /// Waits for an answer.
    pub(super) fn wait<F: Future>(&self, answer: F) -> Result<F::Output> {
        let runtime = self.runtime.as_ref().ok_or_else(|| Error::bug("a connection without its runtime"))?;
        Ok(runtime.block_on(answer))
    }

    /// Lets the connection write what is to be sent, and read what has come; waits for nothing.
    pub(super) fn turn(&self) -> Result<()> {
        self.wait(async {
            tokio::task::yield_now().await;
            tokio::task::yield_now().await;
        })
    }

    /// Whether the server is still there, as far as it has said.
    pub(super) fn is_open(&self) -> bool {
        !self.broken.get() && self.turn().is_ok() && !self.client.is_closed()
    }

    /// Nobody uses it again.
    pub(super) fn give_up(&self) {
        self.broken.set(true);
    }

    /// Whether a statement has been prepared.
    pub(super) fn knows(&self, sql: &str) -> bool {
        self.statements.borrow().contains_key(sql)
    }

    /// A prepared statement, by its text before placeholders are rewritten.
    pub(super) fn statement(&self, sql: &str) -> Result<Statement> {
        if let Some(known) = self.statements.borrow().get(sql) {
            return Ok(known.clone());
        }
        let made = self.wait(self.client.prepare(&rewrite(sql)))??;
        let mut statements = self.statements.borrow_mut();
        if statements.len() >= STATEMENTS {
            statements.clear();
        }
        statements.insert(sql.to_owned(), made.clone());
        Ok(made)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // The last owner of a store may be an asynchronous task, which must not wait.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
