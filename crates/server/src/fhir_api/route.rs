//! Which interaction a method and an address ask for.

use crate::trouble::Trouble;
use axum::http::Method;
use fhir::ResourceType;
use fhir::search::Scope;

/// An interaction of the API.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Route {
    Read(ResourceType, String),
    Vread(ResourceType, String, i64),
    History(Option<ResourceType>, Option<String>),
    Search(Scope),
    SearchByForm(Scope),
    Create(ResourceType),
    Update(ResourceType, String),
    UpdateMatching(ResourceType),
    Patch(ResourceType, String),
    PatchMatching(ResourceType),
    Delete(ResourceType, String),
    DeleteMatching(ResourceType),
    Operation(Target, String),
    Bundle,
}

/// What an operation works on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    System,
    Type(ResourceType),
    Instance(ResourceType, String),
}

/// A version id, as this server writes it: another writing of the same number is another id.
fn version_of(text: &str) -> Option<i64> {
    text.parse().ok().filter(|version: &i64| version.to_string() == text)
}

impl Route {
    /// Reads a path below `/fhir`.
    pub(crate) fn parse(method: &Method, path: &str, query: Option<&str>) -> Result<Self, Trouble> {
        let path = path.strip_prefix('/').unwrap_or(path);
        if path.is_empty() {
            return match *method {
                Method::POST => Ok(Self::Bundle),
                Method::GET | Method::HEAD => Ok(Self::Search(Scope::System)),
                _ => Err(Trouble::method("GET, HEAD, POST")),
            };
        }
        let parts: Vec<&str> = path.strip_suffix('/').unwrap_or(path).split('/').collect();
        let (name, rest) = parts.split_first().ok_or_else(Trouble::absent)?;
        if name.starts_with('$') {
            return Ok(Self::Operation(Target::System, parts.join("/")));
        }
        let is = |wanted: &Method| method == wanted;
        let conditional = query.is_some_and(|query| !query.is_empty());
        let reads = is(&Method::GET) || is(&Method::HEAD);
        if parts.as_slice() == ["_history"] {
            return if reads { Ok(Self::History(None, None)) } else { Err(Trouble::method("GET, HEAD")) };
        }
        if let Some(found) = Self::several(method, &parts) {
            return found;
        }
        let kind = ResourceType::parse(name).ok_or_else(unknown_type)?;
        match rest {
            [] if reads => Ok(Self::Search(Scope::Type(kind))),
            [] if is(&Method::POST) => Ok(Self::Create(kind)),
            [] if is(&Method::PUT) && conditional => Ok(Self::UpdateMatching(kind)),
            [] if is(&Method::PATCH) && conditional => Ok(Self::PatchMatching(kind)),
            [] if is(&Method::DELETE) && conditional => Ok(Self::DeleteMatching(kind)),
            // Without criteria there is none of the conditional ones; who asks what there is has no criteria.
            [] if is(&Method::OPTIONS) => Err(Trouble::method("GET, HEAD, POST, PUT, PATCH, DELETE")),
            [] => Err(Trouble::method("GET, HEAD, POST")),
            ["_search"] if is(&Method::POST) => Ok(Self::SearchByForm(Scope::Type(kind))),
            ["_history"] if reads => Ok(Self::History(Some(kind), None)),
            ["_history"] => Err(Trouble::method("GET, HEAD")),
            ["_search"] => Err(Trouble::method("POST")),
            [name] if name.starts_with('$') => Ok(Self::Operation(Target::Type(kind), (*name).to_owned())),
            [id, name] if name.starts_with('$') && fhir::is_id(id) => {
                Ok(Self::Operation(Target::Instance(kind, (*id).to_owned()), (*name).to_owned()))
            }
            [id] if !fhir::is_id(id) && (is(&Method::PUT) || is(&Method::PATCH)) => {
                let (fr, en) = ("Cet identifiant n’a pas la forme d’un id FHIR.", "Not an id of FHIR.");
                Err(Trouble::bad(fr, en))
            }
            [id] if !fhir::is_id(id) => Err(Trouble::absent()),
            [id] if reads => Ok(Self::Read(kind, (*id).to_owned())),
            [id] if is(&Method::PUT) => Ok(Self::Update(kind, (*id).to_owned())),
            [id] if is(&Method::PATCH) => Ok(Self::Patch(kind, (*id).to_owned())),
            [id] if is(&Method::DELETE) => Ok(Self::Delete(kind, (*id).to_owned())),
            [_] => Err(Trouble::method("GET, HEAD, PUT, PATCH, DELETE")),
            [id, "_history"] if fhir::is_id(id) && reads => Ok(Self::History(Some(kind), Some((*id).to_owned()))),
            [id, "_history", version] if fhir::is_id(id) && reads => {
                Ok(Self::Vread(kind, (*id).to_owned(), version_of(version).ok_or_else(Trouble::absent)?))
            }
            [_, "_history"] | [_, "_history", _] => Err(Trouble::method("GET, HEAD")),
            _ => Err(Trouble::absent()),
        }
    }
}

impl Route {
    /// A search of more than one type: of all, or of a compartment.
    fn several(method: &Method, parts: &[&str]) -> Option<Result<Self, Trouble>> {
        let (last, before) = parts.split_last()?;
        if *last == "_search" {
            let scope = Scope::parse(before).filter(|scope| !matches!(scope, Scope::Type(_)))?;
            return Some(if method == Method::POST {
                Ok(Self::SearchByForm(scope))
            } else {
                Err(Trouble::method("POST"))
            });
        }
        let scope = Scope::parse(parts).filter(|_| parts.len() > 1)?;
        let reads = matches!(*method, Method::GET | Method::HEAD);
        Some(if reads { Ok(Self::Search(scope)) } else { Err(Trouble::method("GET, HEAD")) })
    }
}

fn unknown_type() -> Trouble {
    let (fr, en) = ("Ce type de ressource n’existe pas en FHIR R4.", "Not a resource type of FHIR R4.");
    Trouble::new(axum::http::StatusCode::NOT_FOUND, "not-supported", fr, en)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(method: &Method, path: &str) -> u16 {
        Route::parse(method, path, None).map_or_else(|trouble| trouble.status.as_u16(), |_| 200)
    }

    #[test]
    fn reads_every_interaction() {
        let patient = ResourceType::PATIENT;
        let parse = |method, path| Route::parse(&method, path, Some("identifier=a")).ok();
        assert_eq!(parse(Method::GET, "/Patient"), Some(Route::Search(Scope::Type(patient))));
        assert_eq!(parse(Method::POST, "/Patient/_search"), Some(Route::SearchByForm(Scope::Type(patient))));
        assert_eq!(parse(Method::GET, "/"), Some(Route::Search(Scope::System)));
        assert_eq!(parse(Method::POST, "/_search"), Some(Route::SearchByForm(Scope::System)));
        let within = |kind| Scope::Compartment { of: patient, id: "a".into(), kind };
        assert_eq!(parse(Method::GET, "/Patient/a/*"), Some(Route::Search(within(None))));
        assert_eq!(
            parse(Method::POST, "/Patient/a/Observation/_search"),
            Some(Route::SearchByForm(within(Some(ResourceType::OBSERVATION))))
        );
        assert_eq!(parse(Method::PUT, "/Patient"), Some(Route::UpdateMatching(patient)));
        assert_eq!(parse(Method::PATCH, "/Patient"), Some(Route::PatchMatching(patient)));
        assert_eq!(parse(Method::DELETE, "/Patient"), Some(Route::DeleteMatching(patient)));
        assert_eq!(parse(Method::GET, "/Patient/a/_history/2"), Some(Route::Vread(patient, "a".into(), 2)));
        assert_eq!(parse(Method::GET, "/Patient/_history"), Some(Route::History(Some(patient), None)));
        assert_eq!(parse(Method::HEAD, "/_history"), Some(Route::History(None, None)));
        assert_eq!(parse(Method::POST, "/"), Some(Route::Bundle));
        assert_eq!(parse(Method::POST, ""), Some(Route::Bundle));
        let operation = |target, name: &str| Some(Route::Operation(target, name.to_owned()));
        assert_eq!(parse(Method::GET, "/$meta"), operation(Target::System, "$meta"));
        assert_eq!(parse(Method::POST, "/Patient/$meta"), operation(Target::Type(patient), "$meta"));
        let one = Target::Instance(patient, "a".into());
        assert_eq!(parse(Method::GET, "/Patient/a/$everything"), operation(one, "$everything"));
    }

    #[test]
    fn says_what_is_not_there_and_what_is_not_allowed() {
        assert_eq!(status(&Method::GET, "/Nope/1"), 404);
        assert_eq!(status(&Method::GET, "/Patient/a/b"), 404);
        assert_eq!(status(&Method::GET, "/Patient/é"), 404);
        assert_eq!(status(&Method::POST, "/Patient/a"), 405);
        assert_eq!(status(&Method::PATCH, "/Patient"), 405);
        assert_eq!(status(&Method::DELETE, "/Patient"), 405);
        assert_eq!(status(&Method::PUT, "/Patient"), 405);
        assert_eq!(status(&Method::PUT, "/"), 405);
        assert_eq!(status(&Method::GET, "/_search"), 405);
        assert_eq!(status(&Method::GET, "/Observation/a/Patient"), 404);
        assert_eq!(status(&Method::GET, "/Patient/a/Nope"), 404);
        assert_eq!(status(&Method::POST, "/Patient/a/*"), 405);
        assert_eq!(status(&Method::POST, "/Patient/a/_history"), 405);
    }
}
