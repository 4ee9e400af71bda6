//! Erasing a person, by the operator of the machine: counted first, then for ever.

use crate::app::App;
use crate::cx::{Cx, Origin};
use crate::error::Result;
use confidentiality::{Level, Purpose};
use store::{Call, Erasure};

/// What erasing the person of this Patient would take away; none when there is no such person. Nothing is changed, and
/// the question is in the log.
///
/// # Errors
/// The store's.
pub async fn plan(app: &App, request: &str, patient: &str, reason: &str) -> Result<Option<Erasure>> {
    Ok(app.store().erasure_of(&call(app, request, reason, "count_erasure"), patient).await?)
}

/// Erases the person of this Patient. `items`: what [`plan`] has said; a record that has changed since is left alone.
///
/// # Errors
/// The store's: absent when there is no such person, a conflict when the record has another number of items.
pub async fn run(app: &App, request: &str, patient: &str, items: i64, reason: &str) -> Result<Erasure> {
    Ok(app.store().erase(&call(app, request, reason, "erase"), patient, items).await?)
}

fn call(app: &App, request: &str, reason: &str, verb: &str) -> Call {
    let origin = Origin { request: request.to_owned(), reason: Some(reason.to_owned()), device: None };
    Cx::operator(app, None, Level::VerySensitive, Purpose::Api, origin).call(verb)
}
