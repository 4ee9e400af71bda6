//! A connection that many reads share.

use super::alike::{Sent, statements};
use super::{Question, STATEMENTS};
use crate::engine::conn::Row;
use crate::engine::dialect::rewrite;
use crate::engine::pipe::{poll_once, references};
use crate::error::{Error, Result};
use std::collections::HashMap;
use std::task::Poll;
use tokio::task::AbortHandle;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Config, NoTls, Statement};

pub(in crate::engine) struct Line {
    client: Client,
    driver: AbortHandle,
    statements: HashMap<String, Statement>,
}

impl Line {
    pub(in crate::engine) async fn open(config: &Config) -> Result<Self> {
        let (client, connection) = config.connect(NoTls).await?;
        // How it ended is told to whoever asks next.
        let driver = tokio::spawn(async move { drop(connection.await) }).abort_handle();
        Ok(Self { client, driver, statements: HashMap::new() })
    }

    pub(in crate::engine) fn is_open(&self) -> bool {
        !self.driver.is_finished() && !self.client.is_closed()
    }

    /// Nobody waits any longer behind a question that is not answered: a lock is held, or the way is cut.
    pub(in crate::engine) fn give_up(&self) {
        self.driver.abort();
    }

    /// The rows of each question, all sent before the first is answered.
    pub(super) async fn ask(&mut self, questions: &[&Question]) -> Vec<Result<Vec<Row>>> {
        let mut answers: Vec<Result<Vec<Row>>> = questions.iter().map(|_| Ok(Vec::new())).collect();
        let sent = statements(questions);
        for (one, told) in sent.iter().zip(self.send(&sent).await) {
            match told {
                Ok(rows) => one.tell(&rows, &mut answers),
                // Whatever one of them met, each meets, or not, by itself.
                Err(error) if one.is_shared() && !matches!(error, Error::Unavailable(_)) => {
                    for at in one.whose() {
                        let alone = statements(questions.get(at).map(std::slice::from_ref).unwrap_or_default());
                        let told = self.send(&alone).await;
                        let answer = answers.get_mut(at).map(std::slice::from_mut).unwrap_or_default();
                        for (alone, told) in alone.iter().zip(told) {
                            match told {
                                Ok(rows) => alone.tell(&rows, answer),
                                Err(error) => alone.fail(&error, answer),
                            }
                        }
                    }
                }
                Err(error) => one.fail(&error, &mut answers),
            }
        }
        answers
    }

    /// Runs a statement outside any transaction.
    pub(in crate::engine) async fn execute(&mut self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<()> {
        let statement = self.statement(sql).await?;
        self.client.execute(&statement, params).await?;
        Ok(())
    }

    async fn send(&mut self, sent: &[Sent]) -> Vec<Result<Vec<tokio_postgres::Row>>> {
        let mut prepared = Vec::with_capacity(sent.len());
        for one in sent {
            prepared.push(self.statement(&one.text).await);
        }
        let mut waiting = Vec::with_capacity(sent.len());
        for (one, statement) in sent.iter().zip(prepared) {
            let client = &self.client;
            let mut rows = Box::pin(async move { Ok(client.query(&statement?, &references(&one.params)).await?) });
            waiting.push(match poll_once(rows.as_mut()) {
                Poll::Ready(early) => Err(early),
                Poll::Pending => Ok(rows),
            });
        }
        let mut told = Vec::with_capacity(sent.len());
        for one in waiting {
            told.push(match one {
                Ok(rows) => rows.await,
                Err(early) => early,
            });
        }
        told
    }

    async fn statement(&mut self, sql: &str) -> Result<Statement> {
        if let Some(known) = self.statements.get(sql) {
            return Ok(known.clone());
        }
        let made = self.client.prepare(&rewrite(sql)).await?;
        if self.statements.len() >= STATEMENTS {
            self.statements.clear();
        }
        self.statements.insert(sql.to_owned(), made.clone());
        Ok(made)
    }
}
