//! What a client says of the version that it replaces (RFC 9110 §13.1): `If-Match`, else `If-Unmodified-Since`.

use super::{Ask, answer};
use crate::headers;
use crate::trouble::{Doing, Trouble};
use app::{IfMatch, NEVER, records};
use axum::http::{HeaderMap, header};
use fhir::ResourceType;
use fhir::search::Query;

/// What must be true of what is there.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Precondition {
    /// Nothing.
    Free,
    /// It has one of these versions, or whichever.
    Is(IfMatch),
    /// Nothing was written after this second.
    Since(i64),
}

impl Precondition {
    /// Reads the headers. A date that is none is passed over, as HTTP has it.
    pub(super) fn of(all: &HeaderMap) -> Result<Self, Trouble> {
        let Some(tags) = headers::list(all, header::IF_MATCH) else {
            let date = headers::text(all, header::IF_UNMODIFIED_SINCE);
            return Ok(date.and_then(|date| answer::parse_http_date(&date)).map_or(Self::Free, Self::Since));
        };
        let (fr, en) = ("If-Match n’est pas une version : W/\"3\".", "If-Match is not a version tag: W/\"3\".");
        IfMatch::parse(&tags).map(Self::Is).ok_or_else(|| Trouble::bad(fr, en))
    }

    /// The version that a write of a resource replaces; none for whichever.
    pub(super) async fn version(&self, ask: &Ask, kind: ResourceType, id: &str) -> Result<Option<i64>, Trouble> {
        match self {
            Self::Free => Ok(None),
            Self::Is(wanted) => {
                let version = wanted.version(&ask.cx, kind, Some(id)).await;
                version.map_err(|error| ask.trouble(error, Doing::Read))
            }
            Self::Since(second) => since(ask, *second, kind, Some(id)).await,
        }
    }

    /// The same of the only resource that some criteria meet.
    pub(super) async fn version_matching(&self, ask: &Ask, query: &Query) -> Result<Option<i64>, Trouble> {
        let trouble = |error| ask.trouble(error, Doing::Write { if_match: true });
        match self {
            Self::Free => Ok(None),
            Self::Is(wanted) => wanted.version_matching(&ask.cx, query).await.map_err(trouble),
            Self::Since(second) => {
                let found = records::only(&ask.cx, query).await.map_err(trouble)?;
                since(ask, *second, query.ty, found.as_deref()).await
            }
        }
    }
}

/// The version that is there, if it was not written after this second; none where nothing is.
async fn since(ask: &Ask, second: i64, kind: ResourceType, id: Option<&str>) -> Result<Option<i64>, Trouble> {
    let Some(id) = id else { return Ok(None) };
    let found = records::current(&ask.cx, kind, id).await.map_err(|error| ask.trouble(error, Doing::Read))?;
    let known = |found: app::Version| {
        if found.updated.div_euclid(1_000_000) <= second { found.version } else { NEVER }
    };
    Ok(found.map(known))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    fn of(all: &[(HeaderName, &'static str)]) -> Option<Precondition> {
        let mut headers = HeaderMap::new();
        for (name, value) in all {
            headers.append(name, HeaderValue::from_static(value));
        }
        Precondition::of(&headers).ok()
    }

    #[test]
    fn reads_tags_then_dates() {
        let (tag, date) = (header::IF_MATCH, header::IF_UNMODIFIED_SINCE);
        let second = "Thu, 01 Jan 1970 00:00:09 GMT";
        assert_eq!(of(&[]), Some(Precondition::Free));
        assert_eq!(of(&[(tag.clone(), "*")]), Some(Precondition::Is(IfMatch::Any)));
        let versions = |all: &[i64]| Some(Precondition::Is(IfMatch::Versions(all.to_vec())));
        assert_eq!(of(&[(tag.clone(), "W/\"9\", \"2\"")]), versions(&[9, 2]));
        assert_eq!(of(&[(tag.clone(), "W/\"9\""), (tag.clone(), "W/\"2\"")]), versions(&[9, 2]));
        assert_eq!(of(&[(date.clone(), second)]), Some(Precondition::Since(9)));
        assert_eq!(of(&[(tag.clone(), "W/\"3\""), (date.clone(), second)]), versions(&[3]));
        assert_eq!(of(&[(date, "yesterday")]), Some(Precondition::Free));
        for bad in ["x", "W/\"9\", x", ""] {
            assert_eq!(of(&[(tag.clone(), bad)]), None, "{bad}");
        }
    }
}
