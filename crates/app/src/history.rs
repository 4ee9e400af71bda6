//! History of a resource, of a type, of all (FHIR R4 §3.1.0.13).

use crate::cx::Cx;
use crate::error::Result;
use fhir::{Invalid, ResourceType};
use store::{HistoryPage, HistoryQuery, How};

/// What the address of a history may carry; the last five mean nothing to it, or only in part.
pub const KNOWN: [&str; 11] = [
    "_count",
    "_since",
    "_at",
    "_sort",
    "_total",
    "_page",
    "_format",
    "_pretty",
    "_summary",
    "_elements",
    "_contained",
];

/// Reads the parameters of a history; others than [`KNOWN`] are passed over.
///
/// # Errors
/// [`Invalid`] with the parameter that cannot be read.
pub fn parse(
    kind: Option<ResourceType>,
    id: Option<String>,
    pairs: &[(String, String)],
) -> std::result::Result<HistoryQuery, Invalid> {
    let mut query = HistoryQuery { kind, id, ..HistoryQuery::default() };
    for (name, value) in pairs {
        let wrong = || {
            let (fr, en) = ("Ce paramètre est incorrect.", "This parameter cannot be read.");
            Invalid::one("value", Some(name.clone()), fr, en)
        };
        // A plus that was not encoded has become a space.
        let time = || fhir::date::asked(value).ok_or_else(wrong);
        match name.as_str() {
            "_count" => query.count = Some(value.parse().map_err(|_| wrong())?),
            "_since" => query.since = Some(time()?.0),
            "_at" => query.at = Some(time()?),
            "_sort" if value == "-_lastUpdated" => query.ascending = false,
            "_sort" if value == "_lastUpdated" => query.ascending = true,
            "_total" => query.total = value == "accurate",
            "_page" => query.page = Some(value.clone()),
            "_summary" if value == "count" => (query.count, query.total) = (Some(0), true),
            "_sort" => return Err(wrong()),
            _ => {}
        }
    }
    query.total |= query.count == Some(0);
    Ok(query)
}

/// How a version written before that was kept will have been made.
pub fn presumed((version, deleted): (i64, bool), id: &str) -> How {
    match (version, deleted) {
        (_, true) => How::Delete,
        (1, false) if is_given(id) => How::Post,
        (_, false) => How::Put,
    }
}

/// Whether an id is one that this server gives; any other was chosen by whoever wrote first.
pub(crate) fn is_given(id: &str) -> bool {
    uuid::Uuid::parse_str(id).is_ok_and(|uuid| uuid.get_version_num() == 4 && uuid.to_string() == id)
}

/// One page of versions.
///
/// # Errors
/// `Absent` when there is no such resource that this actor may know of; `Invalid` for a page mark that does not fit.
pub async fn history(cx: &Cx, query: &HistoryQuery) -> Result<HistoryPage> {
    let (call, store) = (cx.call("history"), cx.app().store());
    if let (Some(kind), Some(id)) = (query.kind, &query.id)
        && !store.read(&call, kind, id).await?.is_found()
    {
        return Err(store::Error::Absent.into());
    }
    let found = store.history_page(&call, query).await?;
    Ok(store.disclose(&call, found).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> std::result::Result<HistoryQuery, Invalid> {
        parse(None, None, &fhir::search::pairs(text))
    }

    #[test]
    fn knows_the_ids_it_gives() {
        assert!(is_given(&uuid::Uuid::new_v4().to_string()));
        for chosen in ["essai", "1", "6BA7B810-9DAD-41D1-80B4-00C04FD430C8", "6ba7b810-9dad-11d1-80b4-00c04fd430c8"] {
            assert!(!is_given(chosen), "{chosen}");
        }
    }

    #[test]
    fn presumes_how_an_old_version_was_made() {
        let given = uuid::Uuid::new_v4().to_string();
        for (id, version, deleted, how) in [
            ("x", 1, false, How::Put),
            ("x", 2, false, How::Put),
            ("x", 3, true, How::Delete),
            (given.as_str(), 1, false, How::Post),
            (given.as_str(), 2, false, How::Put),
        ] {
            assert_eq!(presumed((version, deleted), id), how, "{id} {version}");
        }
    }

    #[test]
    fn reads_what_it_knows_and_refuses_what_it_cannot_read() {
        let query = read("_count=3&_since=2026-05-28T20:00:00+02:00&_at=2026-05&_sort=_lastUpdated").unwrap();
        assert_eq!((query.count, query.ascending, query.at.is_some()), (Some(3), true, true));
        assert_eq!(query.since, fhir::date::interval("2026-05-28T18:00:00Z").map(|(lo, _)| lo));
        for wrong in ["_count=-1", "_count=x", "_since=yesterday", "_at=", "_sort=name", "_count=99999999999"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        assert!(read("nonsense=1").is_ok());
        assert!(read("_summary=count").unwrap().total);
    }
}
