//! `POST /` of a Bundle: a transaction happens whole or not at all, a batch entry by entry (FHIR R4 §3.1.0.11).

mod ask;
mod batch;
mod condition;
mod lost;
mod prepare;
mod rehearse;
mod settle;

pub use batch::{One, single, surplus};
pub use condition::{Condition, update_matching};

use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::records;
use ask::{Ask, ask, hold};
use batch::look;
use fhir::bundle::Entry;
use fhir::search::Query;
use fhir::{Invalid, Issue};
use prepare::{Prepared, prepare};
use rehearse::rehearse;
use settle::settle;
use std::collections::{HashMap, HashSet};
use store::{Conflict, Damage, HistoryPage, HistoryQuery, Page, Version, Written};

/// Most entries of one Bundle.
const MOST: usize = 20_000;
/// How often a transaction is prepared again when another writer creates what it would have created.
const ATTEMPTS: usize = 4;

/// What became of one entry.
#[derive(Debug)]
pub enum Outcome {
    /// Written, or already there for a conditional create.
    Written(Box<Written>),
    /// Read.
    Found(Box<Version>),
    /// A history: the address asked for, its page, and what of it does not open.
    Versions(String, Box<HistoryQuery>, HistoryPage, Damage),
    /// Searched: the same.
    Searched(String, Box<Query>, Page, Damage),
    /// A conditional delete has found nothing.
    Nothing,
    /// Failed; only in a batch.
    Failed(Error),
}

impl Outcome {
    /// How many resources that were read it shows.
    pub fn shown(&self) -> usize {
        match self {
            Self::Written(_) | Self::Nothing | Self::Failed(_) => 0,
            Self::Found(_) => 1,
            Self::Versions(_, _, page, _) => page.versions.len(),
            Self::Searched(_, _, page, _) => page.matches.len() + page.included.len(),
        }
    }
}

/// Refuses a Bundle of more entries than are processed at once.
///
/// # Errors
/// `Invalid` (`too-costly`).
pub fn bounded(entries: usize) -> Result<()> {
    if entries <= MOST {
        return Ok(());
    }
    let (fr, en) = (format!("Plus de {MOST} entrées."), format!("More than {MOST} entries."));
    Err(Error::invalid("too-costly", Some("Bundle.entry".into()), fr, en))
}

/// The entries of a transaction that have been understood.
pub struct All {
    entries: Vec<Entry>,
    asks: Vec<Ask>,
}

impl All {
    /// Understands what every entry asks for; `strict`: what a read does not know is refused.
    ///
    /// # Errors
    /// `Invalid` with the path of each wrong entry.
    pub async fn read(cx: &Cx, entries: Vec<Entry>, strict: bool) -> Result<Self> {
        let (mut asks, mut issues) = (Vec::with_capacity(entries.len()), Vec::new());
        for entry in &entries {
            let asked = cx.entry_with_codes(entry).await.and_then(|entry| Ok(ask(cx, entry.as_ref(), strict)?));
            match asked {
                Ok(ask) => asks.push(hold(cx, ask, entry).await.map_err(|error| error.of_entry(entry.index))?),
                Err(Error::Store(store::Error::Invalid(invalid))) => issues.extend(invalid.issues),
                Err(error) => return Err(error),
            }
        }
        issues.extend(same_full_url(&entries));
        if issues.is_empty() { Ok(Self { entries, asks }) } else { Err(Invalid { issues }.into()) }
    }

    /// Where each stands in the Bundle, in the order of [`process`]'s answer.
    pub fn places(&self) -> impl Iterator<Item = usize> + '_ {
        self.entries.iter().map(|entry| entry.index)
    }
}

/// Processes the entries of a transaction: all of them or none.
///
/// # Errors
/// Whatever fails first; `Invalid` with the path of each wrong resource.
pub async fn process(cx: &Cx, all: &All) -> Result<Vec<Outcome>> {
    let All { entries, asks } = all;
    for _ in 1..ATTEMPTS {
        match attempt(cx, entries, asks).await {
            Err(error) if error.is_overtaken() => {}
            done => return done,
        }
    }
    attempt(cx, entries, asks).await
}

/// Entries with a resource whose `fullUrl` another one has already: what points there could mean either.
fn same_full_url(entries: &[Entry]) -> impl Iterator<Item = Issue> {
    let mut seen = HashSet::new();
    let (fr, en) = ("Une autre entrée a la même fullUrl.", "Another entry has the same fullUrl.");
    entries.iter().filter(|entry| entry.resource.is_some()).filter_map(move |entry| {
        let again = !seen.insert(entry.full_url.as_deref()?);
        again.then(|| Issue::error("duplicate", Some(format!("Bundle.entry[{}].fullUrl", entry.index)), fr, en))
    })
}

async fn attempt(cx: &Cx, entries: &[Entry], asks: &[Ask]) -> Result<Vec<Outcome>> {
    let (entries, asks) = settle(cx, entries, asks).await?;
    let (entries, asks) = (entries.as_ref(), asks.as_ref());
    let mut outcomes: HashMap<usize, Written> = HashMap::new();
    let (mut at, mut changes, mut repeated) = (Vec::new(), Vec::new(), Vec::new());
    for one in prepare(cx, entries, asks).await? {
        match one {
            Prepared::Change(index, change) => {
                at.push(index);
                changes.push(*change);
            }
            Prepared::Found(index, version) => drop(outcomes.insert(index, existing(*version))),
            Prepared::Same(index, first) => repeated.push((index, first)),
        }
    }
    let writes = !changes.is_empty();
    if writes {
        rehearse(cx, entries, asks, &changes).await?;
        let written = records::write_each(cx, "transaction", changes).await;
        let written = written.map_err(|error| blame(error, &at, entries))?;
        outcomes.extend(at.into_iter().zip(written));
    }
    for (index, first) in repeated {
        let same = outcomes.get(&first).map(|one| Written { effect: store::Effect::Existing, ..one.clone() });
        outcomes.extend(same.map(|same| (index, same)));
    }
    let (mut all, mut shown) = (Vec::with_capacity(entries.len()), 0);
    for (entry, ask) in entries.iter().zip(asks) {
        all.push(match outcomes.remove(&entry.index) {
            Some(written) => Outcome::Written(Box::new(written)),
            None => {
                let url = entry.url.clone().unwrap_or_default();
                match look(cx, ask.clone(), url).await {
                    // Rehearsed, it led somewhere a moment ago: what has been written stays.
                    Err(error) if writes => Outcome::Failed(error),
                    seen => seen.map_err(|error| error.of_entry(entry.index))?,
                }
            }
        });
        shown += all.last().map_or(0, Outcome::shown);
        if let Some(error) = surplus(shown).filter(|_| !writes) {
            return Err(error);
        }
    }
    Ok(all)
}

/// The entry whose change failed, of those at these places. Which version there was is what was just read here, unless its client
/// said which: then somebody else was quicker.
fn blame(error: store::Error, at: &[usize], entries: &[Entry]) -> Error {
    use store::Error as E;
    let (index, error) = match error {
        E::OfChange { index, error } => (index, *error),
        // The only one there is.
        error @ (E::Refused(_) | E::Absent | E::Gone(_) | E::Conflict(_)) if at.len() == 1 => (0, error),
        error => return error.into(),
    };
    let Some(entry) = at.get(index).and_then(|at| entries.iter().find(|entry| entry.index == *at)) else {
        return error.into();
    };
    let free = entry.if_match.is_none() && entry.if_none_match.is_none();
    match error {
        E::Conflict(Conflict::Version) if free => E::Conflict(Conflict::Overtaken).into(),
        error => Error::from(error).of_entry(entry.index),
    }
}

fn existing(version: Version) -> Written {
    Written {
        kind: version.resource.kind(),
        id: version.resource.id().unwrap_or_default().to_owned(),
        version: version.version,
        updated: version.updated,
        effect: store::Effect::Existing,
        person: version.person,
        resource: Some(version.resource),
    }
}
