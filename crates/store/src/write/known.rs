//! What a row has before its new version, read together with it: its transaction has nothing to ask before it writes, and finds
//! whether all that is still so.

use super::keys::Had;
use crate::call::{Call, Shown, Undisclosed};
use crate::engine::{Ahead, Row};
use crate::error::{Error, Result};
use crate::read::{Reader, named};
use crate::store::Store;
use crate::stored::{STORED, STORED_COLUMNS, Stored, Version};
use confidentiality::Place;
use fhir::ResourceType;

/// What comes after the columns of [`Stored`].
const HAS: &str = "r.keys, (SELECT COUNT(*) FROM label_raise m WHERE m.tenant = r.tenant AND m.rid = r.rid), \
     (SELECT string_agg(CAST(a.person AS TEXT), ' ') FROM also_person a WHERE a.tenant = r.tenant AND a.rid = r.rid)";

impl Store {
    /// The place of one that this call may see, for who has asked for it together with the account: then nothing is asked. Nothing
    /// of it leaves but that: no entry is written.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub async fn place_ahead(&self, ahead: Ahead, call: &Call, kind: ResourceType, id: &str) -> Result<Option<Place>> {
        let id = id.to_owned();
        let find = move |reader: &Reader<'_>| {
            let found = reader.current(&columns(), kind, &id)?;
            let place = found.first().map(|row| Ok::<_, Error>(Stored::parse(row)?.place)).transpose()?;
            Ok((place, Shown::default()))
        };
        let Undisclosed { value, .. } = self.glance_from(ahead, call, find).await?;
        Ok(value)
    }
}

impl Reader<'_> {
    /// As [`Reader::find`], with what the row has; without it, for a row that has no list of its keys.
    pub(crate) fn find_to_change(&self, kind: ResourceType, id: &str) -> Result<Option<(Version, Option<Had>)>> {
        for row in self.current(&columns(), kind, id)? {
            let found = self.open_all(std::slice::from_ref(&row))?.pop().filter(|found| named(found, kind, id));
            if let Some(found) = found {
                return Ok(Some((found, has(&row)?)));
            }
        }
        Ok(None)
    }
}

fn columns() -> String {
    format!("{STORED}, {HAS}")
}

fn has(row: &Row) -> Result<Option<Had>> {
    // A damaged list is told of by the transaction, if there is one.
    let Some(mut had) = row.opt_blob(STORED_COLUMNS)?.and_then(|list| Had::listed(list).ok()) else { return Ok(None) };
    had.raises = row.int(STORED_COLUMNS + 1)?;
    had.also = numbers(row.opt_text(STORED_COLUMNS + 2)?)?.into_iter().collect();
    Ok(Some(had))
}

fn numbers(text: Option<&str>) -> Result<Vec<i64>> {
    let words = text.unwrap_or_default().split(' ').filter(|word| !word.is_empty());
    words.map(|word| word.parse().map_err(|_| Error::bug("a number was expected"))).collect()
}
