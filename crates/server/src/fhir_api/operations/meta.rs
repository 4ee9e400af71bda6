//! `$meta`, `$meta-add`, `$meta-delete` (FHIR R4, resource-operations).

use super::input::Input;
use crate::fhir_api::route::Target;
use crate::fhir_api::{Ask, answer};
use crate::trouble::{Doing, Trouble};
use axum::http::StatusCode;
use axum::response::Response;
use fhir::json::Object;
use fhir::{Resource, ResourceType};

pub(super) async fn show(ask: &Ask, target: Target) -> Result<Response, Trouble> {
    let found = match target {
        Target::System => app::meta::summary(&ask.cx, ResourceType::all()).await,
        Target::Type(kind) => app::meta::summary(&ask.cx, [kind]).await,
        Target::Instance(kind, id) => app::meta::of(&ask.cx, kind, &id).await,
    };
    Ok(said(found.map_err(|error| ask.trouble(error, Doing::Read))?))
}

pub(super) async fn change(
    ask: &Ask,
    kind: ResourceType,
    id: &str,
    input: &Input,
    adds: bool,
) -> Result<Response, Trouble> {
    let bad = |invalid| Trouble::invalid(StatusCode::BAD_REQUEST, invalid);
    let nothing = Resource::new(ResourceType::BUNDLE, "none");
    let given = fhir::meta::given(input.resource.as_ref().unwrap_or(&nothing)).map_err(bad)?;
    let changed = if adds {
        app::meta::add(&ask.cx, kind, id, &given).await
    } else {
        app::meta::remove(&ask.cx, kind, id, &given).await
    };
    Ok(said(changed.map_err(|error| ask.trouble(error, Doing::Write { if_match: false }))?))
}

fn said(meta: Object) -> Response {
    answer::json(StatusCode::OK, fhir::json::to_vec(&fhir::meta::answer(meta)))
}
