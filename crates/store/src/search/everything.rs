//! A page of one person's record together with what it refers to that is about nobody: one snapshot, one audit entry.

use super::cursor;
use super::timeline::{Timeline, TimelineFilter};
use crate::call::{Call, Shown, Undisclosed};
use crate::error::Result;
use crate::index::ID_PARAM;
use crate::read::{Reader, local_targets};
use crate::store::Store;
use crate::stored::{STORED, Version};
use confidentiality::Person;
use fhir::{Invalid, ResourceType};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Professionals, organisations, places and drugs of one page.
const LIMIT: usize = 1_000;
/// Most that one item may lead to, over pages of its own.
const MOST: usize = 20_000;

/// Where the pages of what one item refers to go on.
#[derive(Debug, Serialize, Deserialize)]
struct Rest {
    /// The mark of the item's own page.
    page: Option<String>,
    /// Row number of the last one shown.
    after: i64,
}

/// A page of `$everything`.
#[derive(Debug, Clone, Default)]
pub struct Everything {
    /// On the first page, the person, then their items, the newest first.
    pub items: Vec<Version>,
    /// What these refer to, and what that refers to in turn, of nobody's record.
    pub referred: Vec<Version>,
    /// How many `items` there are on all pages, where it is known without reading them.
    pub total: Option<i64>,
    /// The mark of the next page.
    pub next: Option<String>,
}

impl Store {
    /// One page of a person's items and what they refer to; none when the person is not visible.
    ///
    /// # Errors
    /// As [`Store::timeline`].
    pub async fn everything(
        &self,
        call: &Call,
        patient: &str,
        filter: &TimelineFilter,
        page: Option<String>,
        count: u32,
    ) -> Result<Undisclosed<Option<Everything>>> {
        let (patient, filter) = (patient.to_owned(), filter.clone());
        self.look(call, move |reader| {
            let Some(found) = reader.find(ResourceType::PATIENT, &patient)?.filter(|found| !found.deleted) else {
                return Ok((None, Shown::default()));
            };
            let all = reader.everything(found, filter, page.as_deref(), count)?;
            let shown = Shown::of(all.items.iter().chain(&all.referred));
            Ok((Some(all), shown))
        })
        .await
    }
}

impl Store {
    /// These targets, and what they refer to in turn, as far as it is about this person or about nobody and may be read.
    ///
    /// # Errors
    /// [`crate::Error::Invalid`], `too-costly`, when there are more than a thousand.
    pub async fn referred(
        &self,
        call: &Call,
        targets: BTreeSet<(ResourceType, String)>,
        person: Person,
    ) -> Result<Undisclosed<Vec<Version>>> {
        self.look(call, move |reader| {
            let found = reader.referred(targets, person, LIMIT)?;
            if found.len() >= LIMIT {
                let (fr, en) = ("Ce document serait trop long.", "This document would be too long.");
                return Err(Invalid::one("too-costly", None, fr, en).into());
            }
            let shown = Shown::of(&found);
            Ok((found, shown))
        })
        .await
    }
}

impl Reader<'_> {
    /// A page of fewer items than asked for, when these lead to more than a page holds; of one item, over several.
    fn everything(
        &self,
        patient: Version,
        filter: TimelineFilter,
        page: Option<&str>,
        mut count: u32,
    ) -> Result<Everything> {
        let identity = format!("everything {} {filter:?}", patient.person);
        let keyring = &self.inner.keyring;
        if let Some(rest) = page.and_then(|text| cursor::open::<Rest>(text, keyring, self.call, &identity).ok()) {
            let mut all = whole(self.together(patient, filter, rest.page.as_deref(), 1, MOST)?)?;
            all.items.clear();
            return self.cut(all, rest.page, rest.after, &identity);
        }
        loop {
            let limit = if count > 1 { LIMIT } else { MOST };
            let (all, complete) = self.together(patient.clone(), filter.clone(), page, count, limit)?;
            if complete && all.referred.len() <= LIMIT {
                return Ok(all);
            }
            if count == 1 {
                return self.cut(whole((all, complete))?, page.map(str::to_owned), 0, &identity);
            }
            count /= 2;
        }
    }

    /// The part of what is referred to that one page holds.
    fn cut(&self, mut all: Everything, page: Option<String>, after: i64, identity: &str) -> Result<Everything> {
        all.referred.sort_unstable_by_key(|version| version.rid);
        all.referred.retain(|version| version.rid.value() > after);
        if all.referred.len() > LIMIT {
            all.referred.truncate(LIMIT);
            let after = all.referred.last().map_or(after, |last| last.rid.value());
            all.next = Some(cursor::seal(&Rest { page, after }, &self.inner.keyring, self.call, identity)?);
        }
        Ok(all)
    }

    /// Items with all that they lead to, and whether that is all: it is not past `limit`.
    fn together(
        &self,
        patient: Version,
        mut filter: TimelineFilter,
        page: Option<&str>,
        count: u32,
        limit: usize,
    ) -> Result<(Everything, bool)> {
        let kinds = filter.kinds.clone();
        let wanted = |version: &Version| kinds.is_empty() || kinds.contains(&version.resource.kind());
        // What is of nobody is only found through what refers to it.
        let exact = kinds.iter().all(|kind| fhir::compartment::of_patient(*kind));
        if !exact {
            filter.kinds = Vec::new();
        }
        let Timeline { patient, mut items, readable, next, .. } = self.timeline(patient, &filter, page, count)?;
        let itself = wanted(&patient) && filter.since.is_none_or(|since| patient.updated >= since);
        let total = exact.then(|| readable + i64::from(itself));
        let first = page.is_none().then_some(patient);
        let targets = items.iter().chain(&first).flat_map(|version| local_targets(&version.resource));
        let mut referred = self.referred(targets.collect(), Person::default(), limit + 1)?;
        let complete = referred.len() <= limit;
        items.retain(wanted);
        // What has not been written since is not asked for, whoever refers to it.
        let since = filter.since;
        referred.retain(|version| wanted(version) && since.is_none_or(|since| version.updated >= since));
        items.splice(0..0, first.filter(|_| itself));
        Ok((Everything { items, referred, total, next }, complete))
    }
}

/// Refuses to leave anything out.
fn whole((all, complete): (Everything, bool)) -> Result<Everything> {
    let (fr, en) = ("Un élément renvoie à trop d’autres.", "One item refers to too many others.");
    if complete { Ok(all) } else { Err(Invalid::one("too-costly", None, fr, en).into()) }
}

impl Reader<'_> {
    /// These targets, and what they refer to, round after round, as far as it is about this person or about nobody and
    /// may be read; no more than `limit`.
    fn referred(
        &self,
        mut next: BTreeSet<(ResourceType, String)>,
        person: Person,
        limit: usize,
    ) -> Result<Vec<Version>> {
        let mut seen: BTreeSet<(ResourceType, String)> = BTreeSet::new();
        let mut all = Vec::new();
        while !next.is_empty() && all.len() < limit {
            let wanted: Vec<_> =
                std::mem::take(&mut next).into_iter().filter(|target| seen.insert(target.clone())).collect();
            let found = self.about(&wanted, person)?;
            next.extend(found.iter().flat_map(|version| local_targets(&version.resource)));
            all.extend(found);
        }
        all.truncate(limit);
        Ok(all)
    }

    fn about(&self, wanted: &[(ResourceType, String)], person: Person) -> Result<Vec<Version>> {
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let mut select = self.select();
        let whose = select.bind(person.value());
        let hashes = select.list(wanted.iter().map(|(kind, id)| self.hasher.id(*kind, id)));
        let text = format!(
            "SELECT {STORED} FROM resource r WHERE r.deleted = 0 AND r.person IN (0, {whose}) AND r.tenant = {0} AND r.rid IN \
             (SELECT k.rid FROM exact_key k WHERE k.tenant = {0} AND k.param = {ID_PARAM} AND k.hash IN ({hashes})) \
             AND ({1}) ORDER BY r.rid",
            select.tenant, select.permit
        );
        let mut found = self.open(&select.run(self.conn, &text)?)?;
        // Guards against two ids with the same hash.
        found.retain(|version| {
            let id = version.resource.id().unwrap_or_default();
            wanted.iter().any(|(kind, wanted)| *kind == version.resource.kind() && wanted == id)
        });
        Ok(found)
    }
}
