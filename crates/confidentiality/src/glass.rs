//! Breaking the glass, and by what right something is read: what the audit writes down.

use crate::scope::reason;
use crate::{Categories, Clearance, Level, Person, Place, Relation, RelationKind};
use std::collections::BTreeSet;

/// Between the right of a glass that was broken, and whose it was.
const OF: char = '~';

impl Clearance {
    /// By what right, for the audit: `ide@3`, `referent:educ@3`, `client`. No content; a glass that was broken names the person for
    /// whom it was, by number (`break_glass:as@3~17`): [`why_about`] says it of that person, and of no other.
    #[must_use]
    pub fn why(&self) -> Vec<String> {
        let broken =
            self.glass.iter().flat_map(|(person, rights)| rights.iter().map(move |one| format!("{one}{OF}{person}")));
        self.why.iter().cloned().chain(broken).collect()
    }

    /// Where a relation that breaks the glass would stand, for records kept at this place: there, or everywhere (0); and the highest
    /// level that it could open. `None`: no post of the actor may break it there.
    #[must_use]
    pub fn may_break_glass(&self, place: Place) -> Option<(Place, Level)> {
        let here = |at: Place| Some((at, *self.glass_places.get(&at)?));
        here(place).or_else(|| here(Place::new(0)))
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

    /// On which categories of level 4 the glass is broken for this person.
    #[must_use]
    pub fn broken_at_level4(&self, person: Person) -> Categories {
        let scopes = self.scopes.iter().filter(|scope| scope.break_glass && scope.person == person);
        scopes.fold(Categories::empty(), |all, scope| all.union(scope.level4))
    }

    /// Whether the actor accompanies people: what is open for an emergency is not theirs.
    #[must_use]
    pub fn accompanies(&self) -> bool {
        self.is_universal() || self.scopes.iter().any(|scope| !scope.person.is_zero() && !scope.break_glass)
    }

    /// Whether the actor answers for the records kept at this place, everybody's: not only for their own.
    #[must_use]
    pub fn answers_for(&self, place: Place) -> bool {
        self.journals.iter().any(|(whose, at)| whose.is_zero() && (at.is_zero() || *at == place))
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

    /// Takes down where a post may break the glass, and up to which level.
    pub(crate) fn let_break(&mut self, place: Place, cap: Level) {
        let highest = self.glass_places.entry(place).or_insert(cap);
        *highest = (*highest).max(cap);
    }
}

/// By what right this person's record was opened, of what an entry about several says.
#[must_use]
pub fn why_about(why: &[String], person: Person) -> Vec<String> {
    let number = person.to_string();
    let about = |one: &String| match one.split_once(OF) {
        Some((right, of)) => (of == number).then(|| right.to_owned()),
        None => Some(one.clone()),
    };
    let found: BTreeSet<String> = why.iter().filter_map(about).collect();
    found.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_glass_is_said_of_one_person() {
        let why: Vec<String> = ["as@3", "break_glass:as@3~17", "break_glass:as@3~171"].map(String::from).into();
        assert_eq!(why_about(&why, Person::new(17)), ["as@3", "break_glass:as@3"]);
        assert_eq!(why_about(&why, Person::new(1)), ["as@3"]);
    }
}
