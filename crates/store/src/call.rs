//! What every store call carries, and the rule "no audit, no access" as a type.

use crate::audit::Envelope;
use crate::damage::Damage;
use crate::history::HistoryPage;
use crate::search::{Gathered, Page};
use crate::stored::{Stored, Version};
use confidentiality::{Actor, Clearance, Level, Person, Place};
use std::collections::{BTreeMap, BTreeSet};

/// One request: who, with which clearance, when, and what the audit will say of it.
#[derive(Debug, Clone)]
pub struct Call {
    /// The legal entity.
    pub tenant: i64,
    /// Decides every read in the query itself.
    pub clearance: Clearance,
    /// UTC microseconds.
    pub now: i64,
    /// The request, as the audit knows it.
    pub origin: Origin,
}

/// Where a request comes from.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    /// What is done, a fixed word: `read`, `search`, `timeline`, `create`…
    pub verb: String,
    /// Where the actor works in this session.
    pub place: Place,
    /// The workstation, if it is known.
    pub device: Option<String>,
    /// The reason stated by the actor; kept in the sealed envelope only.
    pub reason: Option<String>,
    /// The declared purpose.
    pub purpose: String,
    /// The request's own id, also shown with an error.
    pub request: String,
    /// References to what has never been here are shown as they are written, apart from those that may not be followed. Only for the
    /// operator's export of a whole store, where nobody has ever been erased ([`Store::has_erased`](crate::Store::has_erased)).
    pub tells_unknown: bool,
    /// Where what does not open is noted, to be said with what does. Without one, a read that meets it fails.
    pub damage: Option<Damage>,
}

impl Call {
    /// Who acts.
    pub fn actor(&self) -> Actor {
        self.clearance.actor()
    }

    pub(crate) fn envelope(&self, counts: BTreeMap<String, i64>) -> Envelope {
        Envelope {
            verb: self.origin.verb.clone(),
            actor: self.actor().value(),
            place: self.origin.place.value(),
            device: self.origin.device.clone(),
            reason: self.origin.reason.clone(),
            purpose: self.origin.purpose.clone(),
            request: self.origin.request.clone(),
            why: self.clearance.why(),
            counts,
            at: self.now,
        }
    }
}

/// A value read from the store that may not leave before its audit entry is durable.
///
/// The only way out is [`crate::Store::disclose`].
#[must_use = "nothing is disclosed, and nothing may be shown, until Store::disclose has returned it"]
#[derive(Debug)]
pub struct Undisclosed<T> {
    pub(crate) value: T,
    pub(crate) shown: Shown,
}

/// Stands, in the audit, for what has no row of its own: a draft. Row numbers begin at 1.
pub(crate) const NO_ROW: (i64, i64) = (0, 0);

/// Stands, in the audit, for the safety projection of a person.
pub(crate) const SAFETY: (i64, i64) = (0, 1);

/// Which versions of which persons' items a value shows.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) persons: BTreeMap<Person, BTreeSet<(i64, i64)>>,
    level4: BTreeSet<(i64, i64)>,
}

impl Shown {
    /// What these versions show.
    pub(crate) fn of<'a>(versions: impl IntoIterator<Item = &'a Version>) -> Self {
        let mut shown = Self::default();
        for version in versions {
            let at = (version.rid.value(), version.version);
            shown.persons.entry(version.person).or_default().insert(at);
            if version.level == Level::VerySensitive {
                shown.level4.insert(at);
            }
        }
        shown
    }

    /// What is said of these rows, without showing them.
    pub(crate) fn of_rows(rows: &[Stored]) -> Self {
        let mut shown = Self::default();
        for row in rows {
            shown.persons.entry(row.person).or_default().insert((row.rid, row.version));
            if row.level == Level::VerySensitive {
                shown.level4.insert((row.rid, row.version));
            }
        }
        shown
    }

    /// Something about this person that has no row of its own.
    pub(crate) fn add_rowless(&mut self, person: Person) {
        self.persons.entry(person).or_default().insert(NO_ROW);
    }

    /// What matters for this person's safety: of which items is not said.
    pub(crate) fn add_safety(&mut self, person: Person) {
        self.persons.entry(person).or_default().insert(SAFETY);
    }

    pub(crate) fn has_level4(&self) -> bool {
        !self.level4.is_empty()
    }

    /// Takes off what is no longer shown.
    fn remove(&mut self, dropped: &Self) {
        for (person, items) in &dropped.persons {
            if let Some(kept) = self.persons.get_mut(person) {
                kept.retain(|at| !items.contains(at));
            }
        }
        self.persons.retain(|_, items| !items.is_empty());
        self.level4.retain(|at| !dropped.level4.contains(at));
    }

    fn merge(&mut self, other: Self) {
        for (person, items) in other.persons {
            self.persons.entry(person).or_default().extend(items);
        }
        self.level4.extend(other.level4);
    }

    pub(crate) fn counts(&self) -> BTreeMap<String, i64> {
        let items: usize = self.persons.values().map(BTreeSet::len).sum();
        let persons = self.persons.keys().filter(|p| p.value() != 0).count();
        BTreeMap::from([
            ("items".to_owned(), i64::try_from(items).unwrap_or(i64::MAX)),
            ("persons".to_owned(), i64::try_from(persons).unwrap_or(i64::MAX)),
            ("level4".to_owned(), i64::try_from(self.level4.len()).unwrap_or(i64::MAX)),
        ])
    }
}

impl<T> Undisclosed<T> {
    pub(crate) fn new(value: T, shown: Shown) -> Self {
        Self { value, shown }
    }

    /// Works on the value without letting it out.
    pub fn map<U>(self, work: impl FnOnce(T) -> U) -> Undisclosed<U> {
        Undisclosed { value: work(self.value), shown: self.shown }
    }

    /// Two reads of one request become one entry.
    pub fn zip<U>(mut self, other: Undisclosed<U>) -> Undisclosed<(T, U)> {
        self.shown.merge(other.shown);
        Undisclosed { value: (self.value, other.value), shown: self.shown }
    }
}

impl<T> Undisclosed<T> {
    /// Reads more, chosen by what was read: one entry for both. Nothing of either is let out before it.
    ///
    /// # Errors
    /// Those of `next`.
    pub async fn and_read<U, E>(
        self,
        next: impl AsyncFnOnce(&T) -> Result<Option<Undisclosed<U>>, E>,
    ) -> Result<Undisclosed<(T, Option<U>)>, E> {
        let Self { value, mut shown } = self;
        let more = next(&value).await?.map(|more| {
            shown.merge(more.shown);
            more.value
        });
        Ok(Undisclosed { value: (value, more), shown })
    }
}

impl<T> Undisclosed<Option<T>> {
    /// Whether something was found; says nothing of what.
    pub fn is_found(&self) -> bool {
        self.value.is_some()
    }
}

impl Undisclosed<Vec<Version>> {
    /// Drops versions before they are disclosed: the entry will name only what is kept.
    pub fn retain(self, keep: impl FnMut(&Version) -> bool) -> Self {
        sieve(self, |versions| versions, keep)
    }
}

impl Undisclosed<HistoryPage> {
    /// How many versions it holds; says nothing of which.
    #[expect(clippy::len_without_is_empty, reason = "nobody asks")]
    pub fn len(&self) -> usize {
        self.value.versions.len()
    }
}

impl Undisclosed<Page> {
    /// How many resources it holds; says nothing of which.
    #[expect(clippy::len_without_is_empty, reason = "nobody asks")]
    pub fn len(&self) -> usize {
        self.value.matches.len() + self.value.included.len()
    }

    /// Drops matches before they are disclosed: the entry will name only what is kept.
    pub fn retain(self, keep: impl FnMut(&Version) -> bool) -> Self {
        sieve(self, |page| &mut page.matches, keep)
    }
}

impl Undisclosed<Gathered> {
    /// Two looks as one.
    pub fn join(self, other: Self) -> Self {
        self.zip(other).map(|(mut one, other)| {
            one.items.extend(other.items);
            one.marks.extend(other.marks);
            Gathered { more: one.more || other.more, hidden: one.hidden + other.hidden, ..one }
        })
    }

    /// Drops items before they are disclosed: the entry will name only what is kept. `more` and `hidden` stay as read.
    pub fn retain(self, keep: impl FnMut(&Version) -> bool) -> Self {
        sieve(self, |gathered| &mut gathered.items, keep)
    }
}

/// Takes off the audit what `keep` drops and nothing else: what was read beside these versions stays.
fn sieve<T>(
    read: Undisclosed<T>,
    versions: impl FnOnce(&mut T) -> &mut Vec<Version>,
    mut keep: impl FnMut(&Version) -> bool,
) -> Undisclosed<T> {
    let Undisclosed { mut value, mut shown } = read;
    let versions = versions(&mut value);
    let mut dropped = Shown::default();
    versions.retain(|version| {
        let kept = keep(version);
        if !kept {
            dropped.merge(Shown::of([version]));
        }
        kept
    });
    // A version that stands there twice and is kept once is still shown.
    dropped.remove(&Shown::of(versions.iter()));
    shown.remove(&dropped);
    Undisclosed { value, shown }
}

#[cfg(test)]
mod tests {
    use super::*;
    use confidentiality::{Categories, Family, MaskFlags, Rid};
    use fhir::{Resource, ResourceType};

    fn version(rid: i64, person: i64, level: Level) -> Version {
        Version {
            resource: Resource::new(ResourceType::CONDITION, "c1"),
            rid: Rid::new(rid),
            person: Person::new(person),
            place: Place::new(1),
            version: 1,
            updated: 0,
            level,
            categories: Categories::empty(),
            family: Family::Soin,
            mask: MaskFlags::empty(),
            rules: 1,
            author: Actor::new(41),
            moment: 0,
            deleted: false,
            how: None,
        }
    }

    fn read(versions: &[Version]) -> Undisclosed<Vec<Version>> {
        Undisclosed::new(versions.to_vec(), Shown::of(versions))
    }

    fn counts(shown: &Shown) -> Vec<i64> {
        ["items", "persons", "level4"].map(|name| shown.counts().get(name).copied().unwrap()).to_vec()
    }

    #[test]
    fn what_is_dropped_before_disclosure_is_not_in_the_entry() {
        let all =
            [version(1, 5, Level::VerySensitive), version(2, 5, Level::VerySensitive), version(3, 6, Level::Open)];
        let everything = read(&all);
        assert_eq!(counts(&everything.shown), [3, 2, 2]);
        let kept = everything.retain(|version| version.rid.value() == 1);
        assert_eq!(kept.value.len(), 1);
        assert_eq!(kept.shown, Shown::of(&all[..1]));
        assert_eq!(counts(&kept.shown), [1, 1, 1]);
        let items = all.to_vec();
        let gathered = Gathered { items, more: true, hidden: 4, ..Gathered::default() };
        let gathered = Undisclosed::new(gathered, Shown::of(&all));
        let none = gathered.retain(|_| false);
        assert_eq!((none.value.items.len(), none.value.more, none.value.hidden), (0, true, 4));
        assert_eq!(none.shown, Shown::default());
    }

    #[test]
    fn what_was_read_beside_stays_in_the_entry() {
        let (one, two) = (version(1, 5, Level::VerySensitive), version(2, 6, Level::Open));
        let both = read(&[one.clone(), two]).zip(read(std::slice::from_ref(&one)));
        let first = both.map(|(first, _)| first);
        assert_eq!(counts(&first.shown), [2, 2, 1], "one item read twice is one item");
        assert_eq!(counts(&first.retain(|version| version.person.value() == 5).shown), [1, 1, 1]);
        let beside =
            read(&[version(3, 7, Level::Open)]).zip(read(std::slice::from_ref(&one))).map(|(_, second)| second);
        assert_eq!(counts(&beside.retain(|_| false).shown), [1, 1, 0]);
    }

    #[test]
    fn a_version_kept_once_is_shown() {
        let one = version(1, 5, Level::VerySensitive);
        let mut first = true;
        let kept = read(&[one.clone(), one]).retain(|_| std::mem::take(&mut first));
        assert_eq!((kept.value.len(), counts(&kept.shown)), (1, vec![1, 1, 1]));
    }
}
