//! The parts of a clearance: scopes, a program's reach, the token of level 4.

use crate::persona::Persona;
use crate::{Categories, Families, Level, Person, Place, Purpose, Relation, RelationKind};
use std::collections::BTreeMap;

/// The right to open what level 4 seals. Made only by this crate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open4 {
    pub(crate) purpose: Purpose,
}

impl Open4 {
    /// For a job of the system itself; `None` for any other purpose.
    #[must_use]
    pub fn for_job(purpose: Purpose) -> Option<Self> {
        purpose.is_job().then_some(Self { purpose })
    }

    /// What it was given for.
    #[must_use]
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }
}

/// A program of the entity: everything, in one place or all, up to a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Universal {
    /// Only this place.
    pub place: Option<Place>,
    /// Up to this level.
    pub cap: Level,
    pub(crate) write: bool,
    pub(crate) chosen_ids: bool,
}

/// What a relation to a person opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Scope {
    /// With whom; 0 = items about nobody.
    pub person: Person,
    /// Items of this place; 0 = of the whole entity.
    pub place: Place,
    pub(crate) families: Families,
    pub(crate) level3: Categories,
    pub(crate) level4: Categories,
    pub(crate) core: Categories,
    /// Up to this level.
    pub cap: Level,
    /// Opened by breaking the glass.
    pub break_glass: bool,
    /// The relation lets the actor write.
    pub write: bool,
}

impl Scope {
    /// Families it opens.
    #[must_use]
    pub fn families(&self) -> Families {
        self.families
    }

    /// Categories cleared at level 3 (at its own place, [`Scope::core`] comes on top).
    #[must_use]
    pub fn level3(&self) -> Categories {
        self.level3
    }

    /// Categories cleared at level 4.
    #[must_use]
    pub fn level4(&self) -> Categories {
        self.level4
    }

    /// Core business: cleared at level 3 where item and scope share the place.
    #[must_use]
    pub fn core(&self) -> Categories {
        self.core
    }

    /// Whether it reaches items of this place. Items of the whole entity are reached from everywhere.
    pub(crate) fn reaches(&self, place: Place) -> bool {
        self.place == place || self.place.is_zero() || place.is_zero()
    }

    /// Whether the item is of the team of this scope.
    pub(crate) fn own_team(&self, place: Place) -> bool {
        self.place == place && !place.is_zero()
    }
}

/// Categories granted by name, per person and place.
pub(crate) fn grants(relations: &[Relation]) -> BTreeMap<(Person, Place), Categories> {
    let mut granted = BTreeMap::new();
    for relation in relations.iter().filter(|r| r.kind == RelationKind::Grant) {
        let set: &mut Categories = granted.entry((relation.person, relation.place)).or_default();
        *set = set.union(relation.categories);
    }
    granted
}

/// Scopes that differ only by their categories become one: an item of two categories needs both in one scope.
pub(crate) type Key = (Person, Place, Families, Level, bool, bool);

pub(crate) fn merge(merged: &mut BTreeMap<Key, Scope>, scope: Scope) {
    let key = (scope.person, scope.place, scope.families, scope.cap, scope.break_glass, scope.write);
    let kept = merged.entry(key).or_insert(scope);
    kept.level3 = kept.level3.union(scope.level3);
    kept.level4 = kept.level4.union(scope.level4);
    kept.core = kept.core.union(scope.core);
}

pub(crate) fn scopes_of<'a>(
    persona: &'a Persona,
    cap: Level,
    relation: &'a Relation,
    core: Categories,
    extra: Categories,
) -> impl Iterator<Item = Scope> + 'a {
    let place = if persona.everywhere { Place::new(0) } else { relation.place };
    let base = Scope {
        person: relation.person,
        place,
        families: Families::empty(),
        level3: Categories::empty(),
        level4: Categories::empty(),
        core,
        cap,
        break_glass: false,
        write: persona.write,
    };
    let glass = relation.kind == RelationKind::BreakGlass;
    // Level 4 opens only for the categories that a second person approved.
    let top = if relation.categories.is_empty() { Level::Sensitive } else { Level::VerySensitive };
    let broken = glass.then_some(Scope {
        families: Families::all(),
        level3: Categories::all(),
        level4: relation.categories,
        cap: cap.min(top),
        break_glass: true,
        ..base
    });
    let blocks = persona
        .blocks
        .iter()
        .filter(move |block| !glass && (block.when.is_empty() || block.when.contains(&relation.kind)));
    let usual = blocks.map(move |block| Scope {
        families: block.families,
        level3: block.level3.union(extra),
        level4: block.level4.union(extra),
        cap: cap.min(block.cap),
        ..base
    });
    usual.chain(broken)
}

pub(crate) fn reason(relation: &Relation) -> String {
    let at = format!("{}@{}", relation.persona, relation.place);
    if relation.person.is_zero() { at } else { format!("{}:{at}", relation.kind.name()) }
}
