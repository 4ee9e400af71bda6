//! Who has a reason to know: the seventeen categories.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A category of sensitivity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Category {
    /// Mental health, suicide.
    Psy,
    /// Addictions.
    Add,
    /// HIV.
    Vih,
    /// Sexually transmitted infections, hepatitis B and C, tuberculosis.
    Inf,
    /// Sexual and reproductive health, affective and sexual life.
    Sex,
    /// Genetics.
    Gen,
    /// Cancer, grave illness, end of life.
    Grave,
    /// Neurocognitive and neurodevelopmental disorders.
    Neu,
    /// Violence, maltreatment.
    Vio,
    /// Sexual violence.
    Vsx,
    /// Child protection.
    Ase,
    /// Offences, detention, penal follow-up.
    Pen,
    /// Legal protection of adults.
    Pjm,
    /// Poverty, resources, housing, family life.
    Soc,
    /// Religious, political, trade-union convictions.
    Rel,
    /// Origin, nationality, right of residence.
    Ori,
    /// About a third party, or gathered from one.
    Tiers,
}

impl Category {
    /// Every category, in taxonomy order.
    pub const ALL: [Self; 17] = [
        Self::Psy,
        Self::Add,
        Self::Vih,
        Self::Inf,
        Self::Sex,
        Self::Gen,
        Self::Grave,
        Self::Neu,
        Self::Vio,
        Self::Vsx,
        Self::Ase,
        Self::Pen,
        Self::Pjm,
        Self::Soc,
        Self::Rel,
        Self::Ori,
        Self::Tiers,
    ];

    /// Its code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Psy => "PSY",
            Self::Add => "ADD",
            Self::Vih => "VIH",
            Self::Inf => "INF",
            Self::Sex => "SEX",
            Self::Gen => "GEN",
            Self::Grave => "GRAVE",
            Self::Neu => "NEU",
            Self::Vio => "VIO",
            Self::Vsx => "VSX",
            Self::Ase => "ASE",
            Self::Pen => "PEN",
            Self::Pjm => "PJM",
            Self::Soc => "SOC",
            Self::Rel => "REL",
            Self::Ori => "ORI",
            Self::Tiers => "TIERS",
        }
    }

    /// From its code.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|category| category.code() == code)
    }

    /// Its bit in a [`Categories`].
    #[must_use]
    pub const fn bit(self) -> u32 {
        1 << (self as u32)
    }

    /// The words on a screen.
    #[must_use]
    pub const fn french(self) -> &'static str {
        match self {
            Self::Psy => "Santé mentale",
            Self::Add => "Addictions",
            Self::Vih => "VIH",
            Self::Inf => "Infections transmissibles",
            Self::Sex => "Vie affective et sexuelle",
            Self::Gen => "Génétique",
            Self::Grave => "Maladie grave",
            Self::Neu => "Troubles cognitifs et du développement",
            Self::Vio => "Violences",
            Self::Vsx => "Violences sexuelles",
            Self::Ase => "Protection de l’enfance",
            Self::Pen => "Pénal",
            Self::Pjm => "Protection juridique",
            Self::Soc => "Situation sociale",
            Self::Rel => "Convictions",
            Self::Ori => "Origine et séjour",
            Self::Tiers => "Tiers",
        }
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// A set of categories.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Categories(u32);

/// Which category seals an item of several: the narrowest circle of readers first. Fixed: stored keys depend on it.
const LEAD: [Category; 17] = [
    Category::Vsx,
    Category::Vih,
    Category::Pen,
    Category::Ase,
    Category::Vio,
    Category::Sex,
    Category::Psy,
    Category::Ori,
    Category::Rel,
    Category::Gen,
    Category::Add,
    Category::Inf,
    Category::Grave,
    Category::Neu,
    Category::Pjm,
    Category::Soc,
    Category::Tiers,
];

impl Categories {
    const ALL_BITS: u32 = (1 << 17) - 1;

    /// No category.
    #[must_use]
    pub const fn empty() -> Self {
        Self(0)
    }

    /// Every category.
    #[must_use]
    pub const fn all() -> Self {
        Self(Self::ALL_BITS)
    }

    /// Exactly one.
    #[must_use]
    pub const fn one(category: Category) -> Self {
        Self(category.bit())
    }

    /// Adds one.
    pub const fn insert(&mut self, category: Category) {
        self.0 |= category.bit();
    }

    /// The set without one.
    #[must_use]
    pub const fn without(self, category: Category) -> Self {
        Self(self.0 & !category.bit())
    }

    /// Whether it is in.
    #[must_use]
    pub const fn contains(self, category: Category) -> bool {
        self.0 & category.bit() != 0
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Both sets together.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What both have.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether every category here is in `other`.
    #[must_use]
    pub const fn is_subset(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    /// How many.
    #[must_use]
    pub const fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// In taxonomy order.
    pub fn iter(self) -> impl Iterator<Item = Category> {
        Category::ALL.into_iter().filter(move |category| self.contains(*category))
    }

    /// As stored.
    #[must_use]
    pub const fn bits(self) -> i64 {
        self.0 as i64
    }

    /// From the stored number; unknown bits are dropped.
    #[must_use]
    pub const fn from_bits_truncate(bits: i64) -> Self {
        Self((bits & Self::ALL_BITS as i64) as u32)
    }

    /// The category whose key seals an item of this set, in a fixed order (sexual violence, HIV, penal, child
    /// protection, violence, …, third party). `None`: the general key.
    #[must_use]
    pub fn lead(self) -> Option<Category> {
        LEAD.into_iter().find(|category| self.contains(*category))
    }
}

impl FromIterator<Category> for Categories {
    fn from_iter<T: IntoIterator<Item = Category>>(categories: T) -> Self {
        categories.into_iter().fold(Self::empty(), |mut set, category| {
            set.insert(category);
            set
        })
    }
}

impl Extend<Category> for Categories {
    fn extend<T: IntoIterator<Item = Category>>(&mut self, categories: T) {
        for category in categories {
            self.insert(category);
        }
    }
}

impl From<Category> for Categories {
    fn from(category: Category) -> Self {
        Self::one(category)
    }
}

impl fmt::Debug for Categories {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(Category::code)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_category_has_its_own_code_and_bit() {
        let set: Categories = Category::ALL.into_iter().collect();
        assert_eq!(set, Categories::all());
        assert_eq!(set.len(), 17);
        for category in Category::ALL {
            assert_eq!(Category::parse(category.code()), Some(category));
            assert_eq!(Categories::one(category).lead(), Some(category));
        }
    }

    #[test]
    fn stored_bits_never_change_meaning() {
        assert_eq!(Categories::one(Category::Psy).bits(), 1);
        assert_eq!(Categories::one(Category::Vih).bits(), 4);
        assert_eq!(Categories::one(Category::Tiers).bits(), 1 << 16);
        assert_eq!(Categories::from_bits_truncate(-1), Categories::all());
    }

    #[test]
    fn the_lead_is_the_narrowest_circle() {
        let set: Categories = [Category::Tiers, Category::Psy, Category::Vsx].into_iter().collect();
        assert_eq!(set.lead(), Some(Category::Vsx));
        assert_eq!(Categories::empty().lead(), None);
    }

    #[test]
    fn set_algebra_holds() {
        let few: Categories = [Category::Psy, Category::Add].into_iter().collect();
        assert!(Categories::one(Category::Psy).is_subset(few));
        assert!(!few.is_subset(Categories::one(Category::Psy)));
        assert_eq!(few.without(Category::Psy), Categories::one(Category::Add));
        assert_eq!(few.intersection(Categories::one(Category::Add)), Categories::one(Category::Add));
    }
}
