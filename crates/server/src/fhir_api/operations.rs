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
    if let Some((what, id)) = list_operation(&target, name) {
        reads(method)?;
        return terminology::run(ask, what, id, &Input::read(ask, body).await?).await;
    }
    match (target, name) {
        (target, "$meta") => {
            reads(method)?;
            meta::show(ask, target).await
        }
        (Target::Instance(kind, id), "$meta-add" | "$meta-delete") => {
            posts(method)?;
            let input = Input::read(ask, body).await?;
            meta::change(ask, kind, &id, &input, name == "$meta-add").await
        }
        (Target::Instance(ResourceType::PATIENT, id), "$everything") => {
            reads(method)?;
            everything::everything(ask, &id, &Input::read(ask, body).await?).await
        }
        (target, "$document") => {
            reads(method)?;
            document::run(ask, target, &Input::read(ask, body).await?).await
        }
        (target, "$validate") => {
            reads(method)?;
            validate::validate(ask, target, body).await
        }
        (Target::Type(ResourceType::PATIENT), "$everything") => {
            let fr = "Un dossier à la fois : Patient/id/$everything.";
            Err(Trouble::new(StatusCode::BAD_REQUEST, "not-supported", fr, "One at a time: Patient/id/$everything."))
        }
        (target, "$export") => {
            reads(method)?;
            bulk::begin(ask, &target, &Input::read(ask, body).await?).await
        }
        (Target::System, "$import") => {
            posts(method)?;
            import::begin(ask, body).await
        }
        (Target::System, path) if path.starts_with("$import-") => import::follow(ask, method, path).await,
        (Target::System, path) if path.starts_with("$export-") => bulk::follow(ask, method, path).await,
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

/// Operations that change nothing are asked either way.
fn reads(method: &Method) -> Result<(), Trouble> {
    if matches!(*method, Method::GET | Method::HEAD | Method::POST) {
        return Ok(());
    }
    Err(Trouble::method("GET, HEAD, POST"))
}

/// Operations that change something are posted.
fn posts(method: &Method) -> Result<(), Trouble> {
    if method == Method::POST { Ok(()) } else { Err(Trouble::method("POST")) }
}

fn unknown() -> Trouble {
    let (fr, en) = ("Cette opération n’est pas proposée ici.", "This operation is not supported here.");
    Trouble::new(StatusCode::NOT_FOUND, "not-supported", fr, en)
}
