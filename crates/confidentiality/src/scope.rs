//! The parts of a clearance: scopes, a program's reach, the token of level 4.

use crate::{Categories, Families, Level, Person, Place, Purpose};

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
