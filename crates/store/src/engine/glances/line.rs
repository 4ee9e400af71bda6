//! A connection that many reads share.

use super::alike::{Sent, statements};
use super::{Question, STATEMENTS};
use crate::engine::conn::Row;
use crate::engine::dialect::rewrite;
use crate::engine::pipe::{poll_once, references};
use crate::engine::postgres::PATIENCE;
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
        // A server that takes the connection and says nothing is waited for no longer than one that is not there.
        let made = tokio::time::timeout(PATIENCE, config.connect(NoTls)).await;
        let (client, connection) = made.map_err(|_| Error::Unavailable("the database says nothing".into()))??;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{OPTIONS, cells};

    #[tokio::test]
    async fn what_one_question_meets_the_others_of_its_statement_do_not() {
        let Some(cluster) = crate::statements::postgres() else { return };
        let mut config: Config = cluster.url().parse().unwrap();
        config.options(OPTIONS.replace("-c search_path=main,audit,keys ", ""));
        let mut line = Line::open(&config).await.unwrap();
        let asked = |sql: &str, n: i64| (sql.to_owned(), cells![n].to_vec());
        let parts = "SELECT 12 / CAST(?1 AS BIGINT) FROM pg_class WHERE relname = 'pg_class'";
        let (three, none, four, absent) =
            (asked(parts, 4), asked(parts, 0), asked(parts, 3), asked("SELECT ?1 FROM no", 1));
        let answers = line.ask(&[&three, &none, &four, &absent, &three]).await;
        let found: Vec<Option<i64>> =
            answers.iter().map(|rows| rows.as_ref().ok().map(|rows| rows.first().unwrap().int(0).unwrap())).collect();
        assert_eq!(found, [Some(3), None, Some(4), None, Some(3)]);
        assert!(matches!(answers.get(1), Some(Err(Error::Bug(why))) if why.contains("22012")), "a division by zero");
        assert!(line.is_open());
    }
}
