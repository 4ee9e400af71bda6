//! `$validate` (FHIR R4, Resource-validate): the answer is 200 whenever there was something to check.

use super::input::{Input, wrong};
use crate::fhir_api::route::Target;
use crate::fhir_api::{Ask, answer, body};
use crate::trouble::{Doing, Trouble};
use app::validation::{self, Mode, Wanted};
use axum::body::Body;
use axum::http::StatusCode;
use axum::response::Response;
use fhir::json::Value;
use fhir::{Invalid, Issue, Resource, ResourceType, Severity};

pub(super) async fn validate(ask: &Ask, target: Target, sent: Body) -> Result<Response, Trouble> {
    let sent = body::maybe_value(&ask.headers, sent).await?;
    let (parameters, value) = match sent {
        Some(value) if is_input(&value) => {
            let given = value.get("parameter").and_then(Value::as_array).into_iter().flatten();
            let resource = given.filter(|one| one.get("name").and_then(Value::as_str) == Some("resource"));
            let resource = resource.filter_map(|one| one.get("resource")).next().cloned();
            (Some(value), resource)
        }
        other => (None, other),
    };
    let input = Input::given(ask.pairs(), parameters.as_ref());
    let mut wanted = Wanted { profiles: input.every("profile"), ..Wanted::default() };
    let mode = input.text("mode");
    if let Some(mode) = mode.filter(|mode| *mode != "profile") {
        let known = Mode::parse(mode).ok_or_else(|| wrong("mode", "un mode connu", "a known mode"))?;
        wanted.mode = Some(known);
    }
    if mode == Some("profile") && wanted.profiles.is_empty() {
        return Err(wrong("profile", "donné avec ce mode", "given with this mode"));
    }
    let kind = match &target {
        Target::System => None,
        Target::Type(kind) | Target::Instance(kind, _) => Some(*kind),
    };
    if let Target::Instance(kind, id) = target {
        wanted.instance = Some((kind, id));
    }
    let resource = match value.map(|value| read(value, kind)).transpose() {
        Ok(resource) => resource,
        Err(invalid) => return Ok(said(invalid.issues)),
    };
    if resource.is_none() && wanted.instance.is_none() {
        let (fr, en) = ("Il n’y a rien à vérifier.", "There is nothing to validate.");
        return Err(Trouble::new(StatusCode::BAD_REQUEST, "required", fr, en));
    }
    let issues = validation::validate(&ask.cx, resource, &wanted).await;
    Ok(said(issues.map_err(|error| ask.trouble(error, Doing::Read))?))
}

/// `Parameters` are what is asked, unless they hold nothing this operation knows: then they are what is to be checked.
fn is_input(value: &Value) -> bool {
    let known = |one: &Value| one.get("name").and_then(Value::as_str).is_some_and(|name| NAMES.contains(&name));
    value.get("resourceType").and_then(Value::as_str) == Some("Parameters")
        && value.get("parameter").and_then(Value::as_array).is_some_and(|all| all.iter().any(known))
}

const NAMES: [&str; 3] = ["resource", "mode", "profile"];

fn read(value: Value, kind: Option<ResourceType>) -> Result<Resource, Invalid> {
    let resource = Resource::from_value(value)?;
    if kind.is_some_and(|kind| kind != resource.kind()) {
        let (fr, en) = ("Le type de la ressource n’est pas celui de l’adresse.", "Type and address differ.");
        return Err(Invalid::one("value", Some("resourceType".to_owned()), fr, en));
    }
    Ok(resource)
}

fn said(mut issues: Vec<Issue>) -> Response {
    if !issues.is_empty() && issues.iter().all(|issue| issue.severity != Severity::Error) {
        let (text_fr, text_en) = ("La ressource est acceptable.".to_owned(), "The resource is acceptable.".to_owned());
        let severity = Severity::Information;
        // The verdict comes before its reserves.
        issues.insert(0, Issue { severity, code: "informational", expression: None, text_fr, text_en });
    }
    answer::json(StatusCode::OK, fhir::json::to_vec(&fhir::outcome::operation_outcome(&issues)))
}
