//! What a client says of the version that it replaces (RFC 9110 §13.1): `If-Match`, else `If-Unmodified-Since`.

use super::{Ask, answer};
use crate::headers;
use crate::trouble::{Doing, Trouble};
use app::{records, transaction};
use axum::http::{HeaderMap, header};
use fhir::ResourceType;
use fhir::search::Query;

/// A version that nothing has: what cannot be met.
const NONE: i64 = 0;

/// What must be true of what is there.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Precondition {
    /// Nothing.
    Free,
    /// There is a version, whichever (`*`).
    Present,
    /// It is one of these versions; never empty.
    Versions(Vec<i64>),
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
        if tags == "*" {
            return Ok(Self::Present);
        }
        let versions: Option<Vec<i64>> = tags.split(',').map(|tag| transaction::version_of(tag.trim())).collect();
        let (fr, en) = ("If-Match n’est pas une version : W/\"3\".", "If-Match is not a version tag.");
        versions.map(Self::Versions).ok_or_else(|| Trouble::bad(fr, en))
    }

    /// The version that a write of a resource replaces; none for whichever.
    pub(super) async fn version(&self, ask: &Ask, kind: ResourceType, id: &str) -> Result<Option<i64>, Trouble> {
        match self {
            Self::Free => Ok(None),
            Self::Versions(versions) if versions.len() == 1 => Ok(versions.first().copied()),
            _ => self.held(ask, kind, Some(id)).await,
        }
    }

    /// The same of the only resource that some criteria meet.
    pub(super) async fn version_matching(&self, ask: &Ask, query: &Query) -> Result<Option<i64>, Trouble> {
        match self {
            Self::Free => Ok(None),
            Self::Versions(versions) if versions.len() == 1 => Ok(versions.first().copied()),
            _ => {
                let found = records::only(&ask.cx, query).await;
                let found = found.map_err(|error| ask.trouble(error, Doing::Write { if_match: true }))?;
                self.held(ask, query.ty, found.as_deref()).await
            }
        }
    }

    async fn held(&self, ask: &Ask, kind: ResourceType, id: Option<&str>) -> Result<Option<i64>, Trouble> {
        let found = match id {
            Some(id) => records::current(&ask.cx, kind, id).await.map_err(|error| ask.trouble(error, Doing::Read))?,
            None => None,
        };
        let known = found.as_ref().map(|found| found.version);
        Ok(match (self, found) {
            (Self::Free, _) | (Self::Since(_), None) => None,
            (Self::Present, Some(_)) => None,
            (Self::Present, None) => Some(NONE),
            (Self::Versions(versions), _) => known.filter(|version| versions.contains(version)).or(Some(NONE)),
            (Self::Since(second), Some(found)) if found.updated.div_euclid(1_000_000) <= *second => known,
            (Self::Since(_), Some(_)) => Some(NONE),
        })
    }
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
        assert_eq!(of(&[(tag.clone(), "*")]), Some(Precondition::Present));
        assert_eq!(of(&[(tag.clone(), "W/\"9\", \"2\"")]), Some(Precondition::Versions(vec![9, 2])));
        assert_eq!(of(&[(tag.clone(), "W/\"9\""), (tag.clone(), "W/\"2\"")]), Some(Precondition::Versions(vec![9, 2])));
        assert_eq!(of(&[(date.clone(), second)]), Some(Precondition::Since(9)));
        assert_eq!(of(&[(tag.clone(), "W/\"3\""), (date.clone(), second)]), Some(Precondition::Versions(vec![3])));
        assert_eq!(of(&[(date, "yesterday")]), Some(Precondition::Free));
        for bad in ["x", "W/\"9\", x", "", "W/\"9\","] {
            assert_eq!(of(&[(tag.clone(), bad)]), None, "{bad}");
        }
    }
}
