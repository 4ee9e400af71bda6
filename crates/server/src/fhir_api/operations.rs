//! Operations (`$name`) on the whole server, a type or an instance.

mod bulk;
mod document;
mod everything;
mod import;
mod input;
mod jobs;
mod meta;
mod terminology;
mod validate;

use super::Ask;
use super::route::Target;
use crate::trouble::Trouble;
use axum::body::Body;
use axum::http::{Method, StatusCode};
use axum::response::Response;
pub(crate) use bulk::count;
use fhir::ResourceType;
pub(crate) use import::Running;
use input::Input;

/// Runs an operation.
pub(crate) async fn run(
    ask: &Ask,
    method: &Method,
    target: Target,
    name: &str,
    body: Body,
) -> Result<Response, Trouble> {
    let allow = methods(&target, name)?;
    if !allow.split(", ").any(|one| one == method.as_str()) {
        return Err(Trouble::method(allow));
    }
    if let Some((what, id)) = list_operation(&target, name) {
        return terminology::run(ask, what, id, &Input::read(ask, body).await?).await;
    }
    match (target, name) {
        (target, "$meta") => meta::show(ask, target).await,
        (Target::Instance(kind, id), "$meta-add" | "$meta-delete") => {
            let input = Input::read(ask, body).await?;
            meta::change(ask, kind, &id, &input, name == "$meta-add").await
        }
        (Target::Instance(ResourceType::PATIENT, id), "$everything") => {
            everything::everything(ask, &id, &Input::read(ask, body).await?).await
        }
        (target, "$document") => document::run(ask, target, &Input::read(ask, body).await?).await,
        (target, "$validate") => validate::validate(ask, target, body).await,
        (Target::Type(ResourceType::PATIENT), "$everything") => {
            let fr = "Un dossier à la fois : Patient/id/$everything.";
            Err(Trouble::new(StatusCode::BAD_REQUEST, "not-supported", fr, "One at a time: Patient/id/$everything."))
        }
        (target, "$export") => bulk::begin(ask, &target, &Input::read(ask, body).await?).await,
        (Target::System, "$import") => import::begin(ask, body).await,
        (Target::System, path) if path.starts_with("$import-") => import::follow(ask, method, path).await,
        (Target::System, path) if path.starts_with("$export-") => bulk::follow(ask, method, path).await,
        _ => Err(unknown()),
    }
}

/// The methods by which an operation is asked.
///
/// # Errors
/// Not found, for one that is not proposed there.
pub(crate) fn methods(target: &Target, name: &str) -> Result<&'static str, Trouble> {
    // What changes nothing is asked either way; what changes something is posted.
    let (asked, posted) = ("GET, HEAD, POST", "POST");
    if list_operation(target, name).is_some() {
        return Ok(asked);
    }
    let step = name.split('/').next().unwrap_or_default();
    match (target, step) {
        (_, "$meta" | "$validate") => Ok(asked),
        (Target::Instance(..), "$meta-add" | "$meta-delete") | (Target::System, "$import") => Ok(posted),
        (Target::Type(ResourceType::PATIENT) | Target::Instance(ResourceType::PATIENT, _), "$everything")
        | (Target::Instance(ResourceType::PATIENT, _), "$document")
        | (Target::System | Target::Type(ResourceType::PATIENT), "$export") => Ok(asked),
        (Target::Type(kind) | Target::Instance(kind, _), "$document") if kind.name() == "Composition" => Ok(asked),
        (Target::Instance(kind, _), "$export") if kind.name() == "Group" => Ok(asked),
        (Target::System, "$import-status" | "$export-status") => Ok("GET, HEAD, DELETE"),
        (Target::System, "$import-file" | "$export-file") => Ok("GET"),
        _ => Err(unknown()),
    }
}

/// What is asked of a code list.
fn list_operation(target: &Target, name: &str) -> Option<(terminology::Operation, Option<String>)> {
    let (kind, id) = match target {
        Target::System => return None,
        Target::Type(kind) => (*kind, None),
        Target::Instance(kind, id) => (*kind, Some(id.clone())),
    };
    Some((terminology::named(kind, id.as_deref(), name)?, id))
}

fn unknown() -> Trouble {
    let (fr, en) = ("Cette opération n’est pas proposée ici.", "This operation is not supported here.");
    Trouble::new(StatusCode::NOT_FOUND, "not-supported", fr, en)
}
