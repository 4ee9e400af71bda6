//! What `If-Match` says of the version that a write replaces (RFC 9110 §13.1.1), in a header or in an entry of a Bundle.

use crate::cx::Cx;
use crate::error::Result;
use crate::records;
use fhir::ResourceType;
use fhir::search::Query;

/// A version that nothing has: what cannot be met.
pub const NEVER: i64 = 0;

/// Which version must be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IfMatch {
    /// Whichever (`*`).
    Any,
    /// One of these; never empty.
    Versions(Vec<i64>),
}

impl IfMatch {
    /// Reads tags: empty members of the list say nothing (RFC 9110 §5.6.1). None when one is no version, and when there is none.
    pub fn parse(text: &str) -> Option<Self> {
        if text.trim() == "*" {
            return Some(Self::Any);
        }
        let tags = text.split(',').map(str::trim).filter(|tag| !tag.is_empty());
        let versions: Vec<i64> = tags.map(version_of).collect::<Option<_>>()?;
        (!versions.is_empty()).then_some(Self::Versions(versions))
    }

    /// The only version that will do, where there is one: nothing needs to be looked at.
    pub fn only(&self) -> Option<i64> {
        match self {
            Self::Versions(versions) if versions.len() == 1 => versions.first().copied(),
            _ => None,
        }
    }

    /// The version to be replaced, of what this actor can see; none for whichever.
    ///
    /// # Errors
    /// The store's.
    pub async fn version(&self, cx: &Cx, kind: ResourceType, id: Option<&str>) -> Result<Option<i64>> {
        if let Some(only) = self.only() {
            return Ok(Some(only));
        }
        let found = match id {
            Some(id) => records::current(cx, kind, id).await?,
            None => None,
        };
        Ok(match (self, found) {
            (Self::Any, Some(_)) => None,
            (Self::Versions(versions), Some(found)) if versions.contains(&found.version) => Some(found.version),
            _ => Some(NEVER),
        })
    }

    /// The same of the only resource that some criteria meet.
    ///
    /// # Errors
    /// As [`records::only`].
    pub async fn version_matching(&self, cx: &Cx, query: &Query) -> Result<Option<i64>> {
        if let Some(only) = self.only() {
            return Ok(Some(only));
        }
        let found = records::only(cx, query).await?;
        self.version(cx, query.ty, found.as_deref()).await
    }
}

/// A version from an entity tag: `W/"3"`, or what clients make of it; a tag that is none of ours is met by nothing.
fn version_of(tag: &str) -> Option<i64> {
    let bare = tag.strip_prefix("W/").unwrap_or(tag);
    let version = bare.trim_matches('"').parse().ok().filter(|version| *version > 0);
    let quoted = bare.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    version.or_else(|| quoted.filter(|inside| !inside.contains('"')).map(|_| NEVER))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_one_version_or_several_or_any() {
        let versions = |all: &[i64]| Some(IfMatch::Versions(all.to_vec()));
        assert_eq!(IfMatch::parse(" * "), Some(IfMatch::Any));
        assert_eq!(IfMatch::parse("W/\"3\""), versions(&[3]));
        assert_eq!(IfMatch::parse("W/\"9\", \"2\""), versions(&[9, 2]));
        for empty in ["W/\"9\",", ",W/\"9\"", "W/\"9\" , , "] {
            assert_eq!(IfMatch::parse(empty), versions(&[9]), "{empty}");
        }
        assert_eq!(IfMatch::parse("W/\"abc\", \"0\""), versions(&[NEVER, NEVER]));
        for bad in ["", " , ", "x", "W/\"9\", x", "0", "\"", "W/\"9\", *"] {
            assert_eq!(IfMatch::parse(bad), None, "{bad}");
        }
    }
}
