//! What an address says: the query of a page, the id in its path.

use crate::state::Server;
use crate::trouble::Trouble;
use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use std::convert::Infallible;

/// The query of a page, in its order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Params(Vec<(String, String)>);

impl Params {
    /// A parameter's value, trimmed; empty when it is not there.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.0.iter().find(|(given, _)| given == name).map_or("", |(_, value)| value.trim())
    }

    /// A parameter's value when there is one.
    pub(crate) fn some(&self, name: &str) -> Option<&str> {
        Some(self.text(name)).filter(|value| !value.is_empty())
    }

    /// A number, when there is one that can be read.
    pub(crate) fn number(&self, name: &str) -> Option<i64> {
        self.some(name)?.parse().ok()
    }
}

impl FromRequestParts<Server> for Params {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Server) -> Result<Self, Infallible> {
        Ok(Self(fhir::search::pairs(parts.uri.query().unwrap_or_default())))
    }
}

/// The id in a path: `/personnes/{id}`.
#[derive(Debug, Clone)]
pub(crate) struct Id(pub(crate) String);

impl FromRequestParts<Server> for Id {
    type Rejection = Trouble;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, Trouble> {
        let path = RawPathParams::from_request_parts(parts, server).await.map_err(|_| Trouble::absent())?;
        let id = path.iter().find(|(name, _)| *name == "id").map(|(_, id)| id).filter(|id| fhir::is_id(id));
        Ok(Self(id.ok_or_else(Trouble::absent)?.to_owned()))
    }
}

#[cfg(test)]
impl Params {
    /// From a query written in a test.
    pub(crate) fn of(query: &str) -> Self {
        Self(fhir::search::pairs(query))
    }
}
