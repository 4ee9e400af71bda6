//! One entry at a time, as a batch does, and what only reads.

use super::Outcome;
use super::ask::{Ask, ask, hold, wrong};
use super::condition::{Condition, update_matching};
use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::records;
use fhir::bundle::Entry;
use store::{Conflict, Damage};

/// Most resources that the answer to one Bundle shows.
const MOST_SHOWN: usize = 20_000;

/// Why nothing more is read for a Bundle whose answer shows so many resources already.
pub fn surplus(shown: usize) -> Option<Error> {
    let (fr, en) =
        ("Cette réponse est déjà trop longue : demandez moins à la fois.", "Too much for one answer: ask less.");
    (shown > MOST_SHOWN).then(|| Error::invalid("too-costly", None, fr, en))
}

/// One entry of a batch that has been understood.
pub struct One {
    entry: Entry,
    ask: Ask,
}

impl One {
    /// Understands what an entry asks for; `strict`: what a read does not know is refused.
    ///
    /// # Errors
    /// `Invalid` with the path of what is wrong.
    pub async fn read(cx: &Cx, entry: Entry, strict: bool) -> Result<Self> {
        let ask = ask(cx, cx.entry_with_codes(&entry).await?.as_ref(), strict)?;
        let ask = hold(cx, ask, &entry).await?;
        Ok(Self { entry, ask })
    }
}

/// Processes one entry of a batch, which knows nothing of the others.
///
/// # Errors
/// Those of the interaction asked for.
pub async fn single(cx: &Cx, one: One) -> Result<Outcome> {
    let One { entry, ask } = one;
    let index = entry.index;
    let sent = |entry: Entry| {
        entry.resource.ok_or_else(|| Error::from(wrong(index, "resource", "La ressource manque.", "No resource.")))
    };
    let written = match ask {
        Ask::Create(unless) => records::create(cx, sent(entry)?, unless).await?,
        Ask::Update(id, if_match) => {
            let mut resource = sent(entry)?;
            resource.set_id(&id);
            records::update(cx, resource, if_match).await?
        }
        Ask::Make(id) => {
            let mut resource = sent(entry)?;
            resource.set_id(&id);
            let made = records::update_absent(cx, resource).await;
            made.map_err(
                |error| if error.is_taken() { store::Error::Conflict(Conflict::Version).into() } else { error },
            )?
        }
        Ask::UpdateMatching(query, if_match, first) => {
            update_matching(cx, sent(entry)?, query, Condition { if_match, first }).await?
        }
        Ask::Patch(kind, id, if_match, patch) => records::patch(cx, kind, &id, &patch, if_match).await?,
        Ask::PatchMatching(query, if_match, patch) => records::patch_matching(cx, &query, &patch, if_match).await?,
        Ask::Delete(kind, id, if_match) => records::delete(cx, kind, &id, if_match).await?,
        Ask::DeleteMatching(query, if_match) => match records::delete_matching(cx, &query, if_match).await? {
            Some(written) => written,
            None => return Ok(Outcome::Nothing),
        },
        read => return look(cx, read, entry.url.unwrap_or_default()).await,
    };
    Ok(Outcome::Written(Box::new(written)))
}

pub(super) async fn look(cx: &Cx, ask: Ask, url: String) -> Result<Outcome> {
    Ok(match ask {
        Ask::Nothing => Outcome::Nothing,
        Ask::Read(kind, id) => Outcome::Found(Box::new(records::read(cx, kind, &id).await?)),
        Ask::Vread(kind, id, version) => Outcome::Found(Box::new(records::vread(cx, kind, &id, version).await?)),
        Ask::History(query) => {
            let damage = Damage::default();
            let page = crate::history::history(&cx.clone().noting(damage.clone()), &query).await?;
            Outcome::Versions(url, Box::new(query), page, damage)
        }
        Ask::Search(query) => {
            let damage = Damage::default();
            let page = records::search(&cx.clone().noting(damage.clone()), &query).await?;
            Outcome::Searched(url, Box::new(query), page, damage)
        }
        _ => return Err(Error::Bug("not a read".into())),
    })
}
