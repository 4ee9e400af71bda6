//! What an entry of a Bundle asks for.

use crate::cx::Cx;
use crate::if_match::{IfMatch, NEVER};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fhir::bundle::{Entry, Method};
use fhir::patch::Patch;
use fhir::search::{Query, Scope};
use fhir::{Invalid, Resource, ResourceType};
use store::HistoryQuery;

type Result<T> = std::result::Result<T, Invalid>;

/// What an entry asks for.
#[derive(Clone)]
pub(super) enum Ask {
    Create(Option<Query>),
    Update(String, Option<i64>),
    /// A version that must be the first (`ifNoneMatch: *`).
    Make(String),
    /// An update of what matches; only if nothing does.
    UpdateMatching(Query, Option<i64>, bool),
    Patch(ResourceType, String, Option<i64>, Patch),
    /// What a patch has made of a version: its id, its number, what it was.
    Patched(String, i64, Box<Resource>),
    PatchMatching(Query, Option<i64>, Patch),
    Delete(ResourceType, String, Option<i64>),
    DeleteMatching(Query, Option<i64>),
    /// A conditional delete that has found nothing.
    Nothing,
    Read(ResourceType, String),
    Vread(ResourceType, String, i64),
    History(HistoryQuery),
    Search(Query),
}

pub(super) fn wrong(index: usize, part: &str, fr: &str, en: &str) -> Invalid {
    Invalid::one("value", Some(format!("Bundle.entry[{index}].{part}")), fr, en)
}

/// Reads what an entry asks for.
pub(super) fn ask(cx: &Cx, entry: &Entry, strict: bool) -> Result<Ask> {
    let at = entry.index;
    let url = entry.url.as_deref().unwrap_or_default();
    let method = entry.method.ok_or_else(|| wrong(at, "request.method", "La méthode manque.", "No method."))?;
    let (path, criteria) = url.split_once('?').map_or((url, None), |(path, criteria)| (path, Some(criteria)));
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let bad_url = || wrong(at, "request.url", "Adresse incorrecte.", "Not an address of this method.");
    let here = |invalid| fhir::bundle::within(&format!("Bundle.entry[{at}].request"), invalid);
    let history = |kind, id, text: Option<&str>| versions(kind, id, text, strict).map_err(here);
    if let (Method::Get | Method::Head, ["_history"]) = (method, parts.as_slice()) {
        return history(None, None, criteria);
    }
    if let (Method::Get | Method::Head, Some(scope)) = (method, Scope::parse(&parts))
        && !matches!(scope, Scope::Type(_))
    {
        let pairs = fhir::search::pairs(criteria.unwrap_or_default());
        return cx.query(&scope, &pairs, strict).map(Ask::Search).map_err(here);
    }
    let kind = parts.first().and_then(|name| ResourceType::parse(name));
    let kind = kind.or_else(|| named_by_profile(entry, path)).ok_or_else(bad_url)?;
    let query = |text: &str| cx.criteria(kind, text).map_err(here);
    let search = |text: &str| cx.query(&Scope::Type(kind), &fhir::search::pairs(text), strict).map_err(here);
    if matches!(method, Method::Post | Method::Put) && parts.get(1) != Some(&"_search") {
        let sent = entry.resource.as_ref().map(Resource::kind);
        if sent != Some(kind) {
            return Err(wrong(at, "resource", "Le type n'est pas celui de l'adresse.", "Type and address differ."));
        }
    }
    let (if_match, first) = conditions(entry)?;
    match (method, parts.as_slice(), criteria) {
        (Method::Post, [_], None) => Ok(Ask::Create(entry.if_none_exist.as_deref().map(query).transpose()?)),
        (Method::Put, [_, id], None) if fhir::is_id(id) => {
            same_id(entry, id).map(|id| if first { Ask::Make(id) } else { Ask::Update(id, if_match) })
        }
        (Method::Put, [_], Some(criteria)) => Ok(Ask::UpdateMatching(query(criteria)?, if_match, first)),
        (Method::Patch, [_, id], None) if fhir::is_id(id) => {
            Ok(Ask::Patch(kind, (*id).to_owned(), if_match, patch(entry)?))
        }
        (Method::Patch, [_], Some(criteria)) => Ok(Ask::PatchMatching(query(criteria)?, if_match, patch(entry)?)),
        (Method::Delete, [_], Some(criteria)) => Ok(Ask::DeleteMatching(query(criteria)?, if_match)),
        (Method::Delete, [_, id], None) if fhir::is_id(id) => Ok(Ask::Delete(kind, (*id).to_owned(), if_match)),
        (Method::Get | Method::Head, [_, id], text) if fhir::is_id(id) => {
            part(kind, text, strict).map_err(here)?;
            Ok(Ask::Read(kind, (*id).to_owned()))
        }
        (Method::Get | Method::Head, [_, id, "_history"], text) if fhir::is_id(id) => {
            history(Some(kind), Some((*id).to_owned()), text)
        }
        (Method::Get | Method::Head, [_, "_history"], text) => history(Some(kind), None, text),
        (Method::Get | Method::Head, [_, id, "_history", version], text) if fhir::is_id(id) => {
            part(kind, text, strict).map_err(here)?;
            Ok(Ask::Vread(kind, (*id).to_owned(), version.parse().map_err(|_| bad_url())?))
        }
        (Method::Get | Method::Head, [_], criteria) | (Method::Post, [_, "_search"], criteria) => {
            Ok(Ask::Search(search(criteria.unwrap_or_default())?))
        }
        _ => Err(bad_url()),
    }
}

fn versions(kind: Option<ResourceType>, id: Option<String>, text: Option<&str>, strict: bool) -> Result<Ask> {
    let pairs = fhir::search::pairs(text.unwrap_or_default());
    known(&pairs, &crate::history::KNOWN, strict)?;
    crate::history::parse(kind, id, &pairs).map(Ask::History)
}

/// The version that must be there, or whether none may be. Of several versions, or of whichever, see [`hold`].
fn conditions(entry: &Entry) -> Result<(Option<i64>, bool)> {
    misplaced(entry)?;
    let not_one =
        || wrong(entry.index, "request.ifMatch", "Version incorrecte : W/\"3\".", "Not a version tag: W/\"3\".");
    let if_match = entry.if_match.as_deref().map(|tags| IfMatch::parse(tags).ok_or_else(not_one));
    Ok((if_match.transpose()?.and_then(|one| one.only()), must_be_first(entry)?))
}

/// The same ask on condition of the version that is there, where several would do, or any.
pub(super) async fn hold(cx: &Cx, ask: Ask, entry: &Entry) -> crate::error::Result<Ask> {
    let wanted = entry.if_match.as_deref().and_then(IfMatch::parse).filter(|wanted| wanted.only().is_none());
    let Some(wanted) = wanted else { return Ok(ask) };
    Ok(match ask {
        Ask::Update(id, _) => {
            let version = match entry.resource.as_ref().map(Resource::kind) {
                Some(kind) => wanted.version(cx, kind, Some(&id)).await?,
                None => Some(NEVER),
            };
            Ask::Update(id, version)
        }
        Ask::Patch(kind, id, _, patch) => {
            let version = wanted.version(cx, kind, Some(&id)).await?;
            Ask::Patch(kind, id, version, patch)
        }
        Ask::Delete(kind, id, _) => {
            let version = wanted.version(cx, kind, Some(&id)).await?;
            Ask::Delete(kind, id, version)
        }
        Ask::UpdateMatching(query, _, first) => {
            let version = wanted.version_matching(cx, &query).await?;
            Ask::UpdateMatching(query, version, first)
        }
        Ask::PatchMatching(query, _, patch) => {
            let version = wanted.version_matching(cx, &query).await?;
            Ask::PatchMatching(query, version, patch)
        }
        Ask::DeleteMatching(query, _) => {
            let version = wanted.version_matching(cx, &query).await?;
            Ask::DeleteMatching(query, version)
        }
        other => other,
    })
}

/// A condition that the method does not have is refused: passed over, it would not be held.
fn misplaced(entry: &Entry) -> Result<()> {
    let (read, put) = (matches!(entry.method, Some(Method::Get | Method::Head)), entry.method == Some(Method::Put));
    let post = entry.method == Some(Method::Post);
    let wrong_ones = [
        ("request.ifNoneExist", entry.if_none_exist.is_some() && !post),
        ("request.ifMatch", entry.if_match.is_some() && post),
        ("request.ifNoneMatch", entry.if_none_match.is_some() && !read && !(put && entry.if_match.is_none())),
    ];
    match wrong_ones.into_iter().find(|(_, is_wrong)| *is_wrong) {
        None => Ok(()),
        Some((part, _)) => {
            Err(wrong(entry.index, part, "Cette condition ne va pas ici.", "This condition does not go here."))
        }
    }
}

/// Whether a version is written only where there is none: `*` is all that this condition can be of a write.
fn must_be_first(entry: &Entry) -> Result<bool> {
    match entry.if_none_match.as_deref().filter(|_| entry.method == Some(Method::Put)) {
        None => Ok(false),
        Some("*") => Ok(true),
        Some(_) => Err(wrong(
            entry.index,
            "request.ifNoneMatch",
            "Seule la valeur * est possible ici.",
            "Only * is possible here.",
        )),
    }
}

/// The type of what is created at an address that is the name of a profile it claims, as the first examples of TDDUI do.
fn named_by_profile(entry: &Entry, path: &str) -> Option<ResourceType> {
    let resource = entry.resource.as_ref().filter(|_| entry.method == Some(Method::Post))?;
    let letters = |text: &str| text.replace('-', "").to_lowercase();
    let path = path.trim_start_matches('/');
    let profiles = resource.get(&["meta", "profile"])?.as_array()?;
    let mut names = profiles.iter().filter_map(|url| url.as_str()?.split('|').next()?.rsplit('/').next());
    names.any(|name| !name.is_empty() && letters(name) == letters(path)).then_some(resource.kind())
}

/// Refuses, where that is asked for, the names that a read does not know.
fn known(pairs: &[(String, String)], names: &[&str], strict: bool) -> Result<()> {
    let unknown = fhir::search::unknown(pairs.iter().map(|(name, _)| name.as_str()), names);
    if strict { fhir::search::refuse(&unknown) } else { Ok(()) }
}

/// Whoever answers leaves what a query asks of one resource, `_elements` and `_summary`: that must be understood.
fn part(kind: ResourceType, text: Option<&str>, strict: bool) -> Result<()> {
    let mut pairs = fhir::search::pairs(text.unwrap_or_default());
    known(&pairs, &["_summary", "_elements"], strict)?;
    pairs.retain(|(name, _)| name == "_summary" || name == "_elements");
    fhir::search::parse(kind, &pairs, false).map(drop)
}

/// The patch of an entry: a Parameters resource, or a Binary that holds it as JSON (FHIR R4 §3.1.0.11.2).
fn patch(entry: &Entry) -> Result<Patch> {
    let at = |part: &str| Some(format!("Bundle.entry[{}].resource{part}", entry.index));
    let of_resource = |invalid| fhir::bundle::within(&at("").unwrap_or_default(), invalid);
    if let Some(parameters) = entry.resource.as_ref().filter(|resource| resource.kind() == ResourceType::PARAMETERS) {
        return Patch::from_parameters(parameters).map_err(of_resource);
    }
    let sent = entry.resource.as_ref().filter(|resource| resource.kind() == ResourceType::BINARY);
    let (fr, en) = (
        "Un patch est un Parameters, ou un Binary application/json-patch+json.",
        "A patch is a Parameters, or a Binary (JSON Patch).",
    );
    let binary = sent.ok_or_else(|| Invalid::one("not-supported", at(""), fr, en))?;
    if binary.str_at(&["contentType"]).and_then(|name| name.split(';').next()) != Some("application/json-patch+json") {
        return Err(Invalid::one("not-supported", at(".contentType"), fr, en));
    }
    let (fr, en) = ("data n’est pas du base64.", "data is not base64.");
    let bytes = binary.str_at(&["data"]).and_then(|data| STANDARD.decode(data).ok());
    let bytes = bytes.ok_or_else(|| Invalid::one("structure", at(".data"), fr, en))?;
    Patch::from_slice(&bytes)
        .map_err(|invalid| fhir::bundle::within(&format!("Bundle.entry[{}].resource.data", entry.index), invalid))
}

fn same_id(entry: &Entry, id: &str) -> Result<String> {
    match entry.resource.as_ref().and_then(Resource::id) {
        Some(other) if other != id => Err(wrong(
            entry.index,
            "resource.id",
            "L'identifiant n'est pas celui de l'adresse.",
            "Id and address differ.",
        )),
        _ => Ok(id.to_owned()),
    }
}
