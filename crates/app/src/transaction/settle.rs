//! What stands for what: a patch is what it makes, a conditional delete the deletion of what it finds.

use super::ask::Ask;
use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::records;
use fhir::ResourceType;
use fhir::bundle::Entry;
use fhir::search::Query;
use std::borrow::Cow;

type Settled<'a> = (Cow<'a, [Entry]>, Cow<'a, [Ask]>);

/// The same entries, in which every patch has been applied to what is there now.
///
/// # Errors
/// `Absent` and `Gone` for what is to be patched, `Conflict`, and `Invalid` with the entry whose patch fails.
pub(super) async fn settle<'a>(cx: &Cx, entries: &'a [Entry], asks: &'a [Ask]) -> Result<Settled<'a>> {
    let waits = |ask: &Ask| matches!(ask, Ask::Patch(..) | Ask::PatchMatching(..) | Ask::DeleteMatching(..));
    if !asks.iter().any(waits) {
        return Ok((Cow::Borrowed(entries), Cow::Borrowed(asks)));
    }
    let (mut entries, mut asks) = (entries.to_vec(), asks.to_vec());
    for (entry, ask) in entries.iter_mut().zip(&mut asks) {
        let (kind, id, if_match, patch) = match ask {
            Ask::Patch(kind, id, if_match, patch) => (*kind, id.clone(), *if_match, patch),
            Ask::PatchMatching(query, if_match, patch) => {
                let id = only(cx, query, entry)
                    .await?
                    .ok_or_else(|| Error::from(store::Error::Absent).of_entry(entry.index))?;
                (query.ty, id, *if_match, patch)
            }
            Ask::DeleteMatching(query, if_match) => {
                let found = only(cx, query, entry).await?;
                *ask = found.map_or(Ask::Nothing, |id| Ask::Delete(query.ty, id, *if_match));
                continue;
            }
            _ => continue,
        };
        let (resource, before) = match records::patched(cx, kind, &id, patch, if_match).await {
            Err(Error::Store(store::Error::Invalid(invalid))) => {
                let whole = entry.resource.as_ref().is_some_and(|sent| sent.kind() == ResourceType::PARAMETERS);
                let path = format!("Bundle.entry[{}].resource{}", entry.index, if whole { "" } else { ".data" });
                return Err(fhir::bundle::within(&path, invalid).into());
            }
            other => other.map_err(|error| error.of_entry(entry.index))?,
        };
        entry.resource = Some(resource);
        *ask = Ask::Patched(id, before.version, Box::new(before.resource));
    }
    Ok((Cow::Owned(entries), Cow::Owned(asks)))
}

async fn only(cx: &Cx, query: &Query, entry: &Entry) -> Result<Option<String>> {
    records::only(cx, query).await.map_err(|error| error.of_entry(entry.index))
}
