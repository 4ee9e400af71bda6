//! Search parameters one has added: indexing what was there before them, beside people at work.

use crate::app::App;
use crate::cx::{Cx, Origin};
use crate::error::Result;
use confidentiality::{Level, Purpose};
use fhir::search::{Own, Query, Scope};
use fhir::{Invalid, ResourceType};

/// Rows of one transaction: a few milliseconds of the writer.
const BATCH: u32 = 200;

impl App {
    /// The search parameters added here.
    pub fn own_params(&self) -> Own {
        self.store().own_params(self.tenant())
    }

    /// The same query, where an address of ours is a relative reference.
    pub(crate) fn here(&self, query: Query) -> Query {
        match self.base() {
            Some(base) => query.at(base),
            None => query,
        }
    }
}

impl Cx {
    /// Reads a search, by the parameters of R4 and those added here.
    ///
    /// # Errors
    /// As [`fhir::search::parse_in`].
    pub fn query(
        &self,
        scope: &Scope,
        pairs: &[(String, String)],
        strict: bool,
    ) -> std::result::Result<Query, Invalid> {
        fhir::search::parse_in_with(&self.app().own_params(), scope, pairs, strict).map(|query| self.app().here(query))
    }

    /// Reads the criteria of a condition likewise.
    ///
    /// # Errors
    /// As [`fhir::search::criteria`].
    pub fn criteria(&self, kind: ResourceType, text: &str) -> std::result::Result<Query, Invalid> {
        fhir::search::criteria_with(&self.app().own_params(), kind, text).map(|query| self.app().here(query))
    }
}

/// One step of indexing; false when there is nothing to do.
///
/// # Errors
/// The store's; the step is taken again.
pub async fn index(app: &App) -> Result<bool> {
    let origin = Origin { request: uuid::Uuid::new_v4().to_string(), ..Origin::default() };
    let call = Cx::operator(app, None, Level::VerySensitive, Purpose::Reindex, origin).call("reindex");
    Ok(app.store().index_own(&call, BATCH).await?)
}
