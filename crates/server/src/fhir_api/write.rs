//! `create`, `update`, `patch`, `delete`, on condition or not.

use super::precondition::Precondition;
use super::{Ask, answer, unknown};
use crate::headers;
use crate::trouble::{Doing, Trouble};
use app::transaction::{self, Condition};
use app::{IfMatch, Written, records};
use axum::http::{StatusCode, header};
use axum::response::Response;
use fhir::patch::Patch;
use fhir::search::Query;
use fhir::{Invalid, Resource, ResourceType};

pub(crate) async fn create(ask: &Ask, kind: ResourceType, resource: Resource) -> Result<Response, Trouble> {
    same_type(kind, &resource)?;
    let ignored = unknown::of_write(ask, Some(kind))?;
    let unless = match ask.headers.get("if-none-exist") {
        Some(text) => Some(criteria(ask, kind, legible(text)?).await?),
        None => None,
    };
    say(ask, records::create(&ask.cx, resource, unless).await, false, &ignored)
}

pub(crate) async fn update(ask: &Ask, kind: ResourceType, id: &str, resource: Resource) -> Result<Response, Trouble> {
    same_type(kind, &resource)?;
    if resource.id() != Some(id) {
        return Err(Trouble::invalid(
            StatusCode::BAD_REQUEST,
            Invalid::one(
                "value",
                Some(format!("{kind}.id")),
                "L’identifiant de la ressource doit être celui de l’adresse.",
                "The id must be that of the address.",
            ),
        ));
    }
    let ignored = unknown::of_write(ask, None)?;
    if headers::text(&ask.headers, header::IF_NONE_MATCH).as_deref() == Some("*") {
        return created(ask, records::update_absent(&ask.cx, resource).await, &ignored);
    }
    let condition = Precondition::of(&ask.headers)?;
    if condition == Precondition::Is(IfMatch::Any) {
        return say(ask, records::update_present(&ask.cx, resource).await, true, &ignored);
    }
    let if_match = condition.version(ask, kind, id).await?;
    say(ask, records::update(&ask.cx, resource, if_match).await, if_match.is_some(), &ignored)
}

/// What was to be the first is not: the condition has failed.
fn created(ask: &Ask, outcome: app::Result<Written>, ignored: &[String]) -> Result<Response, Trouble> {
    match outcome {
        Err(app::Error::Store(app::StoreError::Conflict(app::Conflict::IdTaken))) => {
            let (fr, en) = ("Il y a déjà une ressource à cette adresse.", "There is a resource already.");
            Err(Trouble::new(StatusCode::PRECONDITION_FAILED, "conflict", fr, en))
        }
        other => say(ask, other, false, ignored),
    }
}

pub(crate) async fn update_matching(ask: &Ask, kind: ResourceType, resource: Resource) -> Result<Response, Trouble> {
    same_type(kind, &resource)?;
    let query = criteria(ask, kind, ask.query.as_deref().unwrap_or_default()).await?;
    let first = headers::text(&ask.headers, header::IF_NONE_MATCH).as_deref() == Some("*");
    let if_match = Precondition::of(&ask.headers)?.version_matching(ask, &query).await?;
    let condition = Condition { if_match, first };
    let outcome = transaction::update_matching(&ask.cx, resource, query, condition).await;
    say(ask, outcome, first || condition.if_match.is_some(), &[])
}

pub(crate) async fn delete(ask: &Ask, kind: ResourceType, id: &str) -> Result<Response, Trouble> {
    let ignored = unknown::of_write(ask, None)?;
    let if_match = Precondition::of(&ask.headers)?.version(ask, kind, id).await?;
    let written = records::delete(&ask.cx, kind, id, if_match).await;
    let written = written.map_err(|error| ask.trouble(error, Doing::Write { if_match: if_match.is_some() }))?;
    Ok(answer::deleted(ask, Some(&written), &ignored))
}

pub(crate) async fn delete_matching(ask: &Ask, kind: ResourceType) -> Result<Response, Trouble> {
    let query = criteria(ask, kind, ask.query.as_deref().unwrap_or_default()).await?;
    let if_match = Precondition::of(&ask.headers)?.version_matching(ask, &query).await?;
    let written = records::delete_matching(&ask.cx, &query, if_match).await;
    let written = written.map_err(|error| ask.trouble(error, Doing::Write { if_match: if_match.is_some() }))?;
    Ok(answer::deleted(ask, written.as_ref(), &[]))
}

pub(crate) async fn patch(ask: &Ask, kind: ResourceType, id: &str, patch: &Patch) -> Result<Response, Trouble> {
    let ignored = unknown::of_write(ask, None)?;
    let if_match = Precondition::of(&ask.headers)?.version(ask, kind, id).await?;
    patched(ask, records::patch(&ask.cx, kind, id, patch, if_match).await, if_match.is_some(), &ignored)
}

pub(crate) async fn patch_matching(ask: &Ask, kind: ResourceType, patch: &Patch) -> Result<Response, Trouble> {
    let query = criteria(ask, kind, ask.query.as_deref().unwrap_or_default()).await?;
    let if_match = Precondition::of(&ask.headers)?.version_matching(ask, &query).await?;
    patched(ask, records::patch_matching(&ask.cx, &query, patch, if_match).await, if_match.is_some(), &[])
}

/// What the patch makes is wrong, not its form: 422, whatever is wrong.
fn patched(ask: &Ask, outcome: app::Result<Written>, if_match: bool, ignored: &[String]) -> Result<Response, Trouble> {
    match outcome {
        Err(app::Error::Store(app::StoreError::Invalid(invalid))) => {
            Err(Trouble::invalid(StatusCode::UNPROCESSABLE_ENTITY, invalid))
        }
        other => say(ask, other, if_match, ignored),
    }
}

/// `ignored`: what the address said that means nothing there.
fn say(ask: &Ask, outcome: app::Result<Written>, if_match: bool, ignored: &[String]) -> Result<Response, Trouble> {
    match outcome {
        Ok(written) => Ok(answer::written(ask, &written, ignored)),
        Err(error) => Err(ask.trouble(error, Doing::Write { if_match })),
    }
}

fn same_type(kind: ResourceType, resource: &Resource) -> Result<(), Trouble> {
    if resource.kind() == kind {
        return Ok(());
    }
    Err(Trouble::invalid(
        StatusCode::BAD_REQUEST,
        Invalid::one(
            "value",
            Some("resourceType".to_owned()),
            "Le type de la ressource n’est pas celui de l’adresse.",
            "Type and address differ.",
        ),
    ))
}

async fn criteria(ask: &Ask, kind: ResourceType, text: &str) -> Result<Query, Trouble> {
    ask.cx.condition(kind, text).await.map_err(|error| {
        let mut trouble = ask.trouble(error, Doing::Read);
        if trouble.issues.iter().any(|issue| issue.code == "required") {
            trouble.status = StatusCode::PRECONDITION_FAILED;
        }
        trouble
    })
}

/// A header that is a condition: bytes that are not UTF-8 would make another one of it.
fn legible(text: &axum::http::HeaderValue) -> Result<&str, Trouble> {
    let (fr, en) = ("If-None-Exist n’est pas de l’UTF-8.", "If-None-Exist is not UTF-8.");
    std::str::from_utf8(text.as_bytes()).map(str::trim).map_err(|_| Trouble::bad(fr, en))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn a_condition_is_utf8() {
        let of =
            |bytes: &[u8]| HeaderValue::from_bytes(bytes).ok().and_then(|text| legible(&text).ok().map(str::to_owned));
        assert_eq!(of(" identifier=é".as_bytes()).as_deref(), Some("identifier=é"));
        assert_eq!(of(b"identifier=\xE9"), None);
    }
}
