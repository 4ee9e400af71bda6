//! Going through every current resource, to count what rules would say of it. Content does not leave this module: only what
//! the caller's function answers does.

use super::for_everything;
use crate::call::Call;
use crate::engine::Db;
use crate::error::{Error, Result};
use crate::read::Reader;
use crate::store::Store;
use crate::stored::{STORED, Stored};
use confidentiality::{Actor, Categories, Level, Place};
use fhir::Resource;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A current version, as a labeler needs it.
#[derive(Debug)]
pub struct Sheet<'a> {
    /// As it was received, without the server's own security labels.
    pub resource: &'a Resource,
    /// Where it was produced.
    pub place: Place,
    /// Who wrote it.
    pub author: Actor,
    /// When (UTC microseconds).
    pub updated: i64,
    /// Its level now.
    pub level: Level,
    /// Its categories now.
    pub categories: Categories,
}

/// Some of what was gone through.
#[derive(Debug, Clone)]
pub struct Survey<T> {
    /// What was answered of each, in order of rows.
    pub answers: Vec<T>,
    /// Bodies that do not open: damaged, or of someone erased.
    pub unreadable: u64,
    /// The row to go on after; none at the end.
    pub next: Option<i64>,
}

impl<'a> Sheet<'a> {
    pub(super) fn of(row: &Stored, resource: &'a Resource) -> Self {
        Self {
            resource,
            place: row.place,
            author: row.author,
            updated: row.updated,
            level: row.level,
            categories: row.categories,
        }
    }
}

impl Store {
    /// How many live resources there are.
    ///
    /// # Errors
    /// The engine's.
    pub async fn live(&self, tenant: i64) -> Result<u64> {
        self.engine()
            .read(Db::Main, move |conn| {
                let sql = "SELECT COUNT(*) FROM resource WHERE tenant = ?1 AND deleted = 0";
                let row = conn.query_one(sql, &crate::engine::cells![tenant])?;
                Ok(u64::try_from(row.int(0)?).unwrap_or_default())
            })
            .await
    }

    /// Asks `look` about the live resources after row `after`, `most` at a time. Each call is one entry of the log, with
    /// counts only: nobody is shown anything.
    ///
    /// # Errors
    /// The engine's; a defect for a call that does not see everything for the purpose `relabel`.
    pub async fn survey<T: Send + 'static>(
        &self,
        call: &Call,
        after: i64,
        most: u32,
        look: Arc<dyn Fn(&Sheet<'_>) -> T + Send + Sync>,
    ) -> Result<Survey<T>> {
        for_everything(call)?;
        let (inner, asked, hasher) = (self.0.clone(), call.clone(), self.hasher(call.tenant)?);
        let (survey, level4) = self
            .engine()
            .read(Db::Main, move |conn| {
                walk(&Reader { inner: &inner, conn, call: &asked, hasher }, after, most, &*look)
            })
            .await?;
        let items = i64::try_from(survey.answers.len()).unwrap_or(i64::MAX);
        self.note_read(call, BTreeMap::from([("items".to_owned(), items), ("level4".to_owned(), level4)])).await?;
        Ok(survey)
    }
}

fn walk<T>(reader: &Reader<'_>, after: i64, most: u32, look: &dyn Fn(&Sheet<'_>) -> T) -> Result<(Survey<T>, i64)> {
    let mut select = reader.select();
    let (after, limit) = (select.bind(after), select.bind(i64::from(most)));
    let text = format!(
        "SELECT {STORED} FROM resource r WHERE r.tenant = {} AND r.deleted = 0 AND r.rid > {after} AND ({}) \
         ORDER BY r.rid LIMIT {limit}",
        select.tenant, select.permit
    );
    let rows = select.run(reader.conn, &text)?.iter().map(Stored::parse).collect::<Result<Vec<_>>>()?;
    let full = rows.len() == usize::try_from(most).unwrap_or(usize::MAX);
    let next = rows.last().map(|row| row.rid).filter(|_| full);
    let mut survey = Survey { answers: Vec::with_capacity(rows.len()), unreadable: 0, next };
    let mut level4 = 0;
    for row in &rows {
        match opened(reader, row)? {
            Some(resource) => survey.answers.push(look(&Sheet::of(row, &resource))),
            None => survey.unreadable += 1,
        }
        level4 += i64::from(row.level == Level::VerySensitive);
    }
    Ok((survey, level4))
}

/// What a row says; nothing when it does not open: it is damaged, or its person was erased.
pub(super) fn opened(reader: &Reader<'_>, row: &Stored) -> Result<Option<Resource>> {
    match row.open(reader.inner, reader.conn, reader.call.tenant, reader.call.clearance.open4()) {
        Ok(resource) => Ok(Some(resource)),
        Err(Error::Absent | Error::Integrity(_)) => Ok(None),
        Err(error) => Err(error),
    }
}
