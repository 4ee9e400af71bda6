//! `$validate`: whether a resource would be accepted, and what is wrong with it. Nothing is written.

use crate::cx::Cx;
use crate::error::Result;
use crate::{profiles, records};
use fhir::{Issue, Resource, ResourceType};

/// What the resource is checked for (FHIR R4, resource-validation-mode).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// To be created.
    Create,
    /// To replace what is there.
    Update,
    /// To be deleted: its content does not matter.
    Delete,
}

impl Mode {
    /// The mode of this code.
    pub fn parse(code: &str) -> Option<Self> {
        match code {
            "create" => Some(Self::Create),
            "update" => Some(Self::Update),
            "delete" => Some(Self::Delete),
            _ => None,
        }
    }
}

/// What is asked: on which instance, for what, beside which profiles.
#[derive(Debug, Default)]
pub struct Wanted {
    /// The instance of the address.
    pub instance: Option<(ResourceType, String)>,
    /// Checked for what.
    pub mode: Option<Mode>,
    /// Canonical addresses of profiles.
    pub profiles: Vec<String>,
}

/// Checks a resource; without one, the instance as this actor reads it.
///
/// # Errors
/// `Absent` or `Gone` for the instance, when it is the one to be checked or deleted.
pub async fn validate(cx: &Cx, resource: Option<Resource>, wanted: &Wanted) -> Result<Vec<Issue>> {
    let stored = match (&wanted.instance, &resource) {
        (Some((kind, id)), None) => Some(records::read(cx, *kind, id).await?.resource),
        (Some((kind, id)), Some(_)) if wanted.mode == Some(Mode::Delete) => {
            records::read(cx, *kind, id).await?;
            None
        }
        _ => None,
    };
    let Some(resource) = resource.or(stored) else { return Ok(Vec::new()) };
    if wanted.mode == Some(Mode::Delete) {
        return Ok(Vec::new());
    }
    let mut issues = fhir::validate::check(&resource);
    let known = profiles::known(cx, [&resource], &wanted.profiles).await?;
    issues.extend(known.check(&resource, &wanted.profiles));
    issues.extend(fhir::meta::partial(&resource));
    issues.extend(addressed(&resource, wanted));
    Ok(issues)
}

/// An update names what it replaces.
fn addressed(resource: &Resource, wanted: &Wanted) -> Option<Issue> {
    let path = || Some(format!("{}.id", resource.kind()));
    match (&wanted.instance, resource.id()) {
        (None, None) if wanted.mode == Some(Mode::Update) => Some(Issue::error(
            "required",
            path(),
            "Une mise à jour a besoin d'un identifiant.",
            "An update needs an id.",
        )),
        (Some((_, id)), found) if wanted.mode != Some(Mode::Create) && found != Some(id) => {
            let fr = "L'identifiant de la ressource doit être celui de l'adresse.";
            Some(Issue::error("value", path(), fr, "The id must be that of the address."))
        }
        _ => None,
    }
}
