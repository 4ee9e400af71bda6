//! What a search asks, once its text has been read.

use super::scope::Scope;
use super::table::Param;
use super::value::{DateTest, NumTest};
use crate::{ResourceType, refs};

/// A search.
#[derive(Debug, Clone)]
pub struct Query {
    /// Where it looks.
    pub scope: Scope,
    /// The type searched, or the first of them.
    pub ty: ResourceType,
    /// All must hold.
    pub filters: Vec<Filter>,
    /// The other types searched, and what must hold there.
    pub also: Vec<(ResourceType, Vec<Filter>)>,
    /// In order of importance.
    pub sort: Vec<SortKey>,
    /// Page size asked for.
    pub count: Option<u32>,
    /// Whether a total is wanted.
    pub total: Total,
    /// What of each resource is wanted.
    pub summary: Summary,
    /// Elements wanted.
    pub elements: Vec<String>,
    /// Resources to add.
    pub includes: Vec<Include>,
    /// Mark of a page.
    pub page: Option<String>,
    /// Parameters that were not understood, in lenient handling.
    pub ignored: Vec<String>,
}

impl Query {
    /// A search for everything of a type.
    pub fn all(ty: ResourceType) -> Self {
        Self {
            scope: Scope::Type(ty),
            ty,
            filters: Vec::new(),
            also: Vec::new(),
            sort: Vec::new(),
            count: None,
            total: Total::Accurate,
            summary: Summary::False,
            elements: Vec::new(),
            includes: Vec::new(),
            page: None,
            ignored: Vec::new(),
        }
    }

    /// The address of a resource below `base` says the same as a relative reference (FHIR R4, search §3.1.1.4.11).
    #[must_use]
    pub fn at(mut self, base: &str) -> Self {
        let others = self.also.iter_mut().flat_map(|(_, filters)| filters);
        self.filters.iter_mut().chain(others).for_each(|filter| filter.localize(base));
        self
    }
}

/// One condition.
#[derive(Debug, Clone)]
pub enum Filter {
    /// `_id`: one of these.
    Id(Vec<String>),
    /// `_lastUpdated`: one of these holds.
    LastUpdated(Vec<DateTest>),
    /// In the compartment of this resource.
    Within {
        /// Its type.
        of: ResourceType,
        /// Its id.
        id: String,
    },
    /// A search parameter: one of the values.
    Param {
        /// The parameter.
        param: &'static Param,
        /// How.
        modifier: Modifier,
        /// One of these.
        values: Vec<Operand>,
    },
    /// A condition on what a reference points at.
    Chain {
        /// The reference.
        param: &'static Param,
        /// What it points at.
        target: ResourceType,
        /// The condition there.
        filter: Box<Filter>,
    },
    /// One of these holds: a chain through a reference to several types.
    Either(Vec<Filter>),
    /// A condition on what points here.
    Has {
        /// What points here.
        ty: ResourceType,
        /// By which reference.
        param: &'static Param,
        /// The condition there.
        filter: Box<Filter>,
    },
}

impl Filter {
    fn localize(&mut self, base: &str) {
        match self {
            Self::Param { modifier, values, .. } => values.iter_mut().for_each(|value| value.localize(modifier, base)),
            Self::Chain { filter, .. } | Self::Has { filter, .. } => filter.localize(base),
            Self::Either(filters) => filters.iter_mut().for_each(|filter| filter.localize(base)),
            Self::Id(_) | Self::LastUpdated(_) | Self::Within { .. } => {}
        }
    }
}

/// A modifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Modifier {
    /// None.
    None,
    /// `:exact`.
    Exact,
    /// `:contains`.
    Contains,
    /// `:missing=true|false`.
    Missing(bool),
    /// `:not`.
    Not,
    /// `:identifier`.
    Identifier,
    /// `:Patient`.
    Type(ResourceType),
    /// `:text`.
    Text,
    /// `:above`.
    Above,
    /// `:below`.
    Below,
    /// `:of-type`.
    OfType,
}

/// A value asked for.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// `system|code`: an absent system is any, an empty one is none.
    Token {
        /// System.
        system: Option<String>,
        /// Code.
        code: Option<String>,
    },
    /// A relative or absolute reference.
    Reference {
        /// Type, if given.
        ty: Option<ResourceType>,
        /// Id, when relative.
        id: Option<String>,
        /// Absolute address.
        url: Option<String>,
    },
    /// Words.
    String(String),
    /// A date.
    Date(DateTest),
    /// A number.
    Number(NumTest),
    /// A number with a unit.
    Quantity {
        /// The number.
        test: NumTest,
        /// System of the unit.
        system: Option<String>,
        /// Unit.
        code: Option<String>,
    },
    /// An address.
    Uri(String),
    /// An identifier and its type, all three as given.
    OfType {
        /// System of the type.
        system: String,
        /// Type.
        code: String,
        /// The identifier.
        value: String,
    },
    /// One value for each part of a composite.
    Parts(Vec<Operand>),
}

impl Operand {
    fn localize(&mut self, modifier: &Modifier, base: &str) {
        match self {
            Self::Reference { ty, id, url } => {
                let own = url.as_deref().and_then(|url| url.strip_prefix(base)?.strip_prefix('/'));
                let Some((kind, found)) = own.and_then(refs::local) else { return };
                if !matches!(modifier, Modifier::Type(wanted) if *wanted != kind) {
                    (*ty, *id, *url) = (Some(kind), Some(found), None);
                }
            }
            Self::Parts(parts) => parts.iter_mut().for_each(|part| part.localize(&Modifier::None, base)),
            _ => {}
        }
    }
}

/// `_sort`.
#[derive(Debug, Clone)]
pub struct SortKey {
    /// By what.
    pub on: SortOn,
    /// `-`.
    pub descending: bool,
}

/// What a search is sorted by.
#[derive(Debug, Clone)]
pub enum SortOn {
    /// `_id`.
    Id,
    /// `_lastUpdated`.
    LastUpdated,
    /// A parameter.
    Param(&'static Param),
}

/// `_total`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Total {
    /// Not wanted.
    None,
    /// A guess will do.
    Estimate,
    /// Exact.
    Accurate,
}

/// `_summary`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Summary {
    /// The whole resource.
    False,
    /// Summary elements.
    True,
    /// Narrative and required elements.
    Text,
    /// All but the narrative.
    Data,
    /// Only the total.
    Count,
}

/// `_include` or `_revinclude`.
#[derive(Debug, Clone)]
pub struct Include {
    /// The type that holds the reference.
    pub source: ResourceType,
    /// The reference.
    pub param: &'static Param,
    /// Only targets of this type.
    pub target: Option<ResourceType>,
    /// `_revinclude`.
    pub reverse: bool,
    /// `:iterate`.
    pub iterate: bool,
}

impl Include {
    /// Whether both ask the same.
    pub(super) fn is(&self, other: &Self) -> bool {
        let marks = |one: &Self| (one.source, one.target, one.reverse, one.iterate);
        marks(self) == marks(other) && std::ptr::eq(self.param, other.param)
    }

    /// The references to follow.
    pub fn params(&self) -> impl Iterator<Item = &'static Param> + use<> {
        std::iter::once(self.param)
    }
}
