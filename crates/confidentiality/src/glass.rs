//! Breaking the glass, and by what right something is read: what the audit writes down.

use crate::scope::reason;
use crate::{Clearance, Person, Place, Relation, RelationKind};
use std::collections::BTreeSet;

impl Clearance {
    /// The same for an entry about these persons: `break_glass:as@3` stands in it when the glass was broken for one of them.
    #[must_use]
    pub fn why_of<'a>(&'a self, persons: impl IntoIterator<Item = &'a Person>) -> Vec<String> {
        let broken: BTreeSet<&String> = persons.into_iter().filter_map(|one| self.glass.get(one)).flatten().collect();
        self.why.iter().chain(broken).cloned().collect()
    }

    /// Where a relation that breaks the glass would stand, for records kept at this place: there, or everywhere (0). `None`: no
    /// post of the actor may break it there.
    #[must_use]
    pub fn may_break_glass(&self, place: Place) -> Option<Place> {
        let here = |at: &Place| self.glass_places.contains(at).then_some(*at);
        here(&place).or_else(|| here(&Place::new(0)))
    }

    /// Whether it may be broken somewhere.
    #[must_use]
    pub fn breaks_glass(&self) -> bool {
        !self.glass_places.is_empty()
    }

    /// Whether this person's record is open because the actor broke the glass.
    #[must_use]
    pub fn has_broken_glass(&self, person: Person) -> bool {
        self.glass.contains_key(&person)
    }

    /// Whether the actor is this person's référent.
    #[must_use]
    pub fn is_referent(&self, person: Person) -> bool {
        self.referent_of.contains(&person)
    }

    /// Takes down by what right a relation opens something.
    pub(crate) fn explain(&mut self, relation: &Relation) {
        match relation.kind {
            RelationKind::BreakGlass => self.glass.entry(relation.person).or_default(),
            _ => &mut self.why,
        }
        .insert(reason(relation));
        if relation.kind == RelationKind::Referent {
            self.referent_of.insert(relation.person);
        }
    }
}
