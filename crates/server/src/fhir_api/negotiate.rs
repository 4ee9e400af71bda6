//! What form the client sends and wants.

use crate::headers;
use crate::trouble::Trouble;
use axum::http::{HeaderMap, StatusCode, header};

/// What JSON is called here; the last, as it was before R4 (FHIR R4 §3.1.0.1.10).
pub(crate) const JSON: [&str; 3] = ["application/fhir+json", "application/json", "application/json+fhir"];

/// What the client prefers (`Prefer`, RFC 7240).
#[derive(Debug, Default, PartialEq, Eq, Clone, Copy)]
pub(crate) struct Prefer {
    pub(crate) answer: Return,
    /// Refuse unknown search parameters.
    pub(crate) strict: bool,
}

/// What the answer to a write holds.
#[derive(Debug, Default, PartialEq, Eq, Clone, Copy)]
pub(crate) enum Return {
    /// The resource.
    #[default]
    Representation,
    /// Nothing.
    Minimal,
    /// An OperationOutcome.
    Outcome,
}

impl Prefer {
    pub(crate) fn parse(all: &HeaderMap) -> Self {
        let text = headers::list(all, "prefer").unwrap_or_default().to_ascii_lowercase();
        let (mut answer, mut strict) = (None, None);
        // Of several wishes for the same, the first counts (RFC 7240 §2).
        for wish in text.split([',', ';']).map(|wish| wish.replace([' ', '"'], "")) {
            match wish.as_str() {
                "return=minimal" => drop(answer.get_or_insert(Return::Minimal)),
                "return=representation" => drop(answer.get_or_insert(Return::Representation)),
                "return=operationoutcome" => drop(answer.get_or_insert(Return::Outcome)),
                "handling=strict" => drop(strict.get_or_insert(true)),
                "handling=lenient" => drop(strict.get_or_insert(false)),
                _ => {}
            }
        }
        Self { answer: answer.unwrap_or_default(), strict: strict.unwrap_or_default() }
    }
}

/// Refuses a client that wants something other than FHIR R4 as JSON.
pub(crate) fn accepts(all: &HeaderMap, query: Option<&str>) -> Result<(), Trouble> {
    let pairs = fhir::search::pairs(query.unwrap_or_default());
    let format = pairs.iter().find(|(name, _)| name == "_format").map(|(_, value)| value.as_str());
    let fine = match format {
        // A plus that was not encoded has become a space.
        Some(format) => is_ours(&format.replace(' ', "+")),
        None => match headers::list(all, header::ACCEPT) {
            Some(accept) if !accept.is_empty() => accept.split(',').any(is_ours),
            _ => true,
        },
    };
    if fine {
        return Ok(());
    }
    let (fr, en) = ("Seul FHIR R4 en JSON est servi ici.", "Only FHIR R4 as JSON is served here.");
    Err(Trouble::new(StatusCode::NOT_ACCEPTABLE, "not-supported", fr, en))
}

fn is_ours(range: &str) -> bool {
    let mut parts = range.split(';').map(|part| part.trim().to_ascii_lowercase());
    let name = parts.next().unwrap_or_default();
    let known =
        matches!(name.as_str(), "*/*" | "application/*" | "text/json" | "json") || JSON.contains(&name.as_str());
    known && parts.all(|part| fits(&part))
}

/// How content that has a type of its own is given.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// In a resource.
    Fhir,
    /// As it is.
    Own,
}

/// The form wanted of content of a type: a resource for who names FHIR or JSON, the content for everybody else.
pub(crate) fn form(all: &HeaderMap, query: Option<&str>, name: &str) -> Result<Form, Trouble> {
    let pairs = fhir::search::pairs(query.unwrap_or_default());
    let accept = headers::list(all, header::ACCEPT).filter(|accept| !accept.is_empty());
    let Some(accept) = accept.filter(|_| !pairs.iter().any(|(name, _)| name == "_format")) else {
        let named = pairs.iter().any(|(name, _)| name == "_format");
        return if named { accepts(all, query).map(|()| Form::Fhir) } else { Ok(Form::Own) };
    };
    let essence = name.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let group = essence.split_once('/').map(|(group, _)| format!("{group}/*")).unwrap_or_default();
    let (mut fhir, mut own) = (0.0_f32, 0.0_f32);
    for range in accept.split(',') {
        let wanted = range.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let weight = weight(range);
        if [essence.as_str(), group.as_str(), "*/*"].contains(&wanted.as_str()) {
            own = own.max(weight);
        } else if is_ours(range) && wanted != "application/*" {
            fhir = fhir.max(weight);
        }
    }
    if fhir > 0.0 && fhir >= own {
        return Ok(Form::Fhir);
    }
    if own > 0.0 {
        return Ok(Form::Own);
    }
    let (fr, en) = ("Ce contenu est d’un autre type.", "This content is of another type.");
    Err(Trouble::new(StatusCode::NOT_ACCEPTABLE, "not-supported", fr, en))
}

fn weight(range: &str) -> f32 {
    let q = range.split(';').skip(1).find_map(|part| part.trim().to_ascii_lowercase().strip_prefix("q=")?.parse().ok());
    q.unwrap_or(1.0)
}

/// Whether a parameter of a media type is one we can satisfy.
fn fits(parameter: &str) -> bool {
    match parameter.split_once('=').map(|(name, value)| (name.trim(), value.trim().trim_matches('"'))) {
        Some(("fhirversion", version)) => version == "4.0" || version == "4.0.1",
        Some(("q", weight)) => weight.parse::<f32>().is_ok_and(|weight| weight > 0.0),
        _ => true,
    }
}

/// Refuses a body of another type than these.
pub(crate) fn content(all: &HeaderMap, types: &[&str]) -> Result<(), Trouble> {
    let given = headers::text(all, header::CONTENT_TYPE).unwrap_or_default().to_ascii_lowercase();
    let mut parts = given.split(';').map(str::trim);
    let known = parts.next().is_some_and(|name| types.contains(&name));
    let fine = parts.all(|part| match part.split_once('=') {
        Some(("charset", charset)) => matches!(charset.trim_matches('"'), "utf-8" | "utf8"),
        _ => fits(part),
    });
    if known && fine {
        return Ok(());
    }
    let (fr, en) = ("Ce type de contenu n’est pas accepté ici.", "Unsupported content type.");
    Err(Trouble::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-supported", fr, en))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn with(name: &'static str, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name.parse().unwrap(), HeaderValue::from_static(value))])
    }

    #[test]
    fn serves_json_to_whoever_can_take_it() {
        for fine in ["*/*", "application/fhir+json", "text/html, */*;q=0.1", "application/fhir+json; fhirVersion=4.0"] {
            assert!(accepts(&with("accept", fine), None).is_ok(), "{fine}");
        }
        for other in ["application/fhir+xml", "text/html", "*/*;q=0", "application/fhir+json; fhirVersion=3.0"] {
            assert!(accepts(&with("accept", other), None).is_err(), "{other}");
        }
        assert!(accepts(&with("accept", "application/xml"), Some("_format=application/fhir+json")).is_ok());
        assert!(accepts(&HeaderMap::new(), Some("_format=xml")).is_err());
        assert!(accepts(&HeaderMap::new(), None).is_ok());
    }

    #[test]
    fn gives_content_as_it_is_unless_fhir_is_named() {
        let form = |accept| form(&with("accept", accept), None, "text/plain; charset=utf-8").ok();
        for own in ["*/*", "text/*", "text/plain", "text/plain, application/fhir+json;q=0.5", "text/html, */*;q=0.1"] {
            assert_eq!(form(own), Some(Form::Own), "{own}");
        }
        for fhir in ["application/fhir+json", "application/json", "application/fhir+json, */*;q=0.1"] {
            assert_eq!(form(fhir), Some(Form::Fhir), "{fhir}");
        }
        assert_eq!(form("application/pdf"), None);
        assert_eq!(super::form(&HeaderMap::new(), None, "a/b").ok(), Some(Form::Own));
        assert_eq!(super::form(&with("accept", "*/*"), Some("_format=json"), "a/b").ok(), Some(Form::Fhir));
        assert!(super::form(&with("accept", "*/*"), Some("_format=xml"), "a/b").is_err());
    }

    #[test]
    fn takes_utf8_only() {
        let types = ["application/fhir+json"];
        assert!(content(&with("content-type", "application/fhir+json; charset=UTF-8"), &types).is_ok());
        assert!(content(&with("content-type", "application/fhir+json; charset=latin1"), &types).is_err());
        assert!(content(&with("content-type", "text/plain"), &types).is_err());
        assert!(content(&HeaderMap::new(), &types).is_err());
    }

    #[test]
    fn reads_preferences() {
        let prefer = Prefer::parse(&with("prefer", "handling=strict, return=minimal"));
        assert_eq!(prefer, Prefer { answer: Return::Minimal, strict: true });
        assert_eq!(Prefer::parse(&with("prefer", "return=OperationOutcome")).answer, Return::Outcome);
    }
}
