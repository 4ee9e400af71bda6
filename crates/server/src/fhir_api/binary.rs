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
            let (status, bytes, range) = part(&ask.headers, bytes)?;
            let mut response = answer::versioned(Response::new(Body::from(bytes)), found.version, found.updated);
            *response.status_mut() = status;
            let all = response.headers_mut();
            all.insert(header::CONTENT_TYPE, headers::value(&name));
            all.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
            all.extend(range.map(|range| (header::CONTENT_RANGE, headers::value(&range))));
            // Whatever it is, it is not a page of this server.
            all.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
            if let Some(context) = found.resource.str_at(&["securityContext", "reference"]) {
                all.insert(CONTEXT, headers::value(context));
            }
            Ok(response)
        }
    }
}

/// The bytes that are wanted (RFC 9110, 14.2): all of them, or one range, with where it lies. Several ranges, another
/// unit, a condition: all of them.
fn part(all: &HeaderMap, mut bytes: Vec<u8>) -> Result<(StatusCode, Vec<u8>, Option<String>), Trouble> {
    let whole = bytes.len();
    // Our tags are weak, and a weak tag never makes a range good (RFC 9110, 13.1.5).
    let asked = headers::text(all, header::RANGE).filter(|_| !all.contains_key(header::IF_RANGE));
    let Some(range) = asked.as_deref().and_then(|asked| Range::parse(asked, whole)) else {
        return Ok((StatusCode::OK, bytes, None));
    };
    match range {
        Range::Beyond => {
            let (fr, en) = ("Ce contenu est plus court.", "The content ends before this range.");
            let trouble = Trouble::new(StatusCode::RANGE_NOT_SATISFIABLE, "value", fr, en);
            Err(trouble.with(header::CONTENT_RANGE, format!("bytes */{whole}")))
        }
        Range::Of(first, last) => {
            bytes.truncate(last + 1);
            let bytes = bytes.split_off(first.min(bytes.len()));
            Ok((StatusCode::PARTIAL_CONTENT, bytes, Some(format!("bytes {first}-{last}/{whole}"))))
        }
    }
}

/// One range of content.
#[derive(Debug, PartialEq, Eq)]
enum Range {
    /// From and to, both within.
    Of(usize, usize),
    /// Past the end.
    Beyond,
}

impl Range {
    /// None for what is no range, or several.
    fn parse(text: &str, whole: usize) -> Option<Self> {
        let (first, last) = text.trim().strip_prefix("bytes=")?.split_once('-')?;
        let number = |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<usize>().ok())?;
        let end = whole.checked_sub(1);
        let (first, last) = match (first, last) {
            ("", last) => {
                let count = number(last)?;
                (whole.saturating_sub(count), if count == 0 { None } else { end })
            }
            (first, "") => (number(first)?, end),
            (first, last) => {
                let (first, last) = (number(first)?, number(last)?);
                if last < first {
                    return None;
                }
                (first, end.map(|end| end.min(last)))
            }
        };
        Some(match last {
            Some(last) if first <= last => Self::Of(first, last),
            _ => Self::Beyond,
        })
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
    fn a_range_is_one_and_within() {
        let all = [
            ("bytes=0-3", Some(Range::Of(0, 3))),
            ("bytes=8-100", Some(Range::Of(8, 9))),
            ("bytes=4-", Some(Range::Of(4, 9))),
            ("bytes=-3", Some(Range::Of(7, 9))),
            ("bytes=-100", Some(Range::Of(0, 9))),
            ("bytes=10-", Some(Range::Beyond)),
            ("bytes=10-12", Some(Range::Beyond)),
            ("bytes=-0", Some(Range::Beyond)),
            ("bytes=3-1", None),
            ("bytes=0-1,3-4", None),
            ("bytes=", None),
            ("bytes=-", None),
            ("bytes=a-b", None),
            ("bytes=+1-2", None),
            ("lines=0-1", None),
            ("bytes=99999999999999999999999-", None),
        ];
        for (text, range) in all {
            assert_eq!(Range::parse(text, 10), range, "{text}");
        }
        assert_eq!(Range::parse("bytes=0-", 0), Some(Range::Beyond));
        assert_eq!(Range::parse("bytes=-1", 0), Some(Range::Beyond));
    }

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
