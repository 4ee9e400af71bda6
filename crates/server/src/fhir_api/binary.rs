//! Binary as itself: read as the bytes it holds, written from them (FHIR R4, Binary, "Serving Binary Resources").

use super::negotiate::{self, Form};
use super::{Ask, answer, body};
use crate::headers;
use crate::incoming;
use crate::trouble::Trouble;
use app::Version;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fhir::{Resource, ResourceType};
use serde_json::json;

/// Largest content: as base64 it is a third longer.
const LARGEST: usize = 24 << 20;
/// Longest name of a type.
const TYPE: usize = 200;
/// The resource by whose rules the content may be seen (`Binary.securityContext`).
const CONTEXT: HeaderName = HeaderName::from_static("x-security-context");

/// What is in a Binary, in the form the client wants: FHIR when it names FHIR, else the content under its own type.
pub(crate) fn show(ask: &Ask, found: &Version) -> Result<Response, Trouble> {
    let Some((name, bytes)) = content(&found.resource) else {
        negotiate::accepts(&ask.headers, ask.query.as_deref())?;
        return Ok(answer::version(found));
    };
    match negotiate::form(&ask.headers, ask.query.as_deref(), &name)? {
        Form::Fhir => Ok(answer::version(found)),
        Form::Own => {
            let mut response = answer::versioned(Response::new(Body::from(bytes)), found.version, found.updated);
            let all = response.headers_mut();
            all.insert(header::CONTENT_TYPE, headers::value(&name));
            // Whatever it is, it is not a page of this server.
            all.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
            if let Some(context) = found.resource.str_at(&["securityContext", "reference"]) {
                all.insert(CONTEXT, headers::value(context));
            }
            Ok(response)
        }
    }
}

/// Type and bytes, when there are any and the type can stand in a header.
fn content(resource: &Resource) -> Option<(String, Vec<u8>)> {
    let name = resource.str_at(&["contentType"]).filter(|name| is_type(name))?;
    let data: String = resource.str_at(&["data"])?.split_ascii_whitespace().collect();
    Some((name.to_owned(), STANDARD.decode(data).ok()?))
}

fn is_type(name: &str) -> bool {
    let essence = name.split(';').next().unwrap_or_default().trim();
    let token =
        |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&b));
    name.len() <= TYPE
        && name.bytes().all(|b| (b' '..=b'~').contains(&b))
        && essence.split_once('/').is_some_and(|(kind, rest)| token(kind) && token(rest))
}

/// A Binary sent as itself or as a resource. `id` is that of the address, for content has none.
pub(crate) async fn receive(all: &HeaderMap, sent: Body, id: Option<&str>) -> Result<Resource, Trouble> {
    let name = headers::text(all, header::CONTENT_TYPE).unwrap_or_default();
    let essence = headers::media_type(all).unwrap_or_default();
    if essence.is_empty() || essence.contains("fhir") || negotiate::JSON.contains(&essence.as_str()) {
        return body::resource(all, sent).await;
    }
    if !is_type(&name) {
        let (fr, en) = ("Ce type de contenu n’en est pas un.", "Not a media type.");
        return Err(Trouble::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-supported", fr, en));
    }
    let bytes = incoming::read(all, sent, LARGEST).await?;
    let mut value = json!({ "resourceType": ResourceType::BINARY.name(), "contentType": name });
    if let Some(object) = value.as_object_mut() {
        object.extend(id.map(|id| ("id".to_owned(), id.into())));
        let context = headers::text(all, CONTEXT).filter(|context| !context.is_empty());
        object.extend(context.map(|context| ("securityContext".to_owned(), json!({ "reference": context }))));
        if !bytes.is_empty() {
            object.insert("data".to_owned(), STANDARD.encode(bytes).into());
        }
    }
    Resource::from_value(value).map_err(|invalid| Trouble::invalid(StatusCode::BAD_REQUEST, invalid))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_a_media_type() {
        for fine in ["text/plain", "application/pdf", "text/plain; charset=utf-8", "application/vnd.x+json"] {
            assert!(is_type(fine), "{fine}");
        }
        for wrong in ["", "text", "/", "text/", "text/pl ain", "text/plain\r\nx: y", "texte/éa"] {
            assert!(!is_type(wrong), "{wrong}");
        }
    }
}
