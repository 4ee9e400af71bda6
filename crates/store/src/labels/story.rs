//! Where the label of an item comes from: a person, newer rules, or the rules of its writing.

use super::correct::{aad, reason_key};
use crate::call::{Call, Shown, Undisclosed};
use crate::crypto;
use crate::engine::cells;
use crate::error::{Error, Result};
use crate::read::Reader;
use crate::store::Store;
use crate::stored::Version;
use confidentiality::Actor;
use fhir::ResourceType;

/// An item, and where its label comes from.
#[derive(Debug, Clone)]
pub struct Story {
    /// The item.
    pub item: Version,
    /// The last decision of a person.
    pub decided: Option<Decided>,
    /// Versions of rules that have raised it since, not yet seen by a person.
    pub raised: Vec<i64>,
}

/// A label that a person has set or confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// Who.
    pub actor: Actor,
    /// When (UTC microseconds).
    pub at: i64,
    /// Why.
    pub reason: String,
}

impl Store {
    /// Where the label of an item comes from; the item is shown.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub async fn label_story(&self, call: &Call, kind: ResourceType, id: &str) -> Result<Undisclosed<Option<Story>>> {
        let id = id.to_owned();
        self.look(call, move |reader| {
            let Some(item) = reader.find(kind, &id)?.filter(|found| !found.deleted) else {
                return Ok((None, Shown::default()));
            };
            let story = Story { decided: decided(reader, &item)?, raised: raised(reader, &item)?, item: item.clone() };
            Ok((Some(story), Shown::of([&item])))
        })
        .await
    }
}

fn decided(reader: &Reader<'_>, item: &Version) -> Result<Option<Decided>> {
    let (tenant, rid) = (reader.call.tenant, item.rid.value());
    let sql = "SELECT actor, at, body FROM label_person WHERE tenant = ?1 AND rid = ?2";
    let Some(row) = reader.conn.query_opt(sql, &cells![tenant, rid])? else { return Ok(None) };
    let reason = crypto::open(&reason_key(reader, item.person)?, &aad(tenant, rid), row.blob(2)?)?;
    let reason = String::from_utf8(reason).map_err(|_| Error::Integrity("the reason of a label".into()))?;
    Ok(Some(Decided { actor: Actor::new(row.int(0)?), at: row.int(1)?, reason }))
}

fn raised(reader: &Reader<'_>, item: &Version) -> Result<Vec<i64>> {
    let rows = reader.conn.query(
        "SELECT rules FROM label_raise WHERE tenant = ?1 AND rid = ?2 ORDER BY rules",
        &cells![reader.call.tenant, item.rid.value()],
    )?;
    rows.iter().map(|row| row.int(0)).collect()
}
