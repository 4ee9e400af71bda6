//! The decision on one item, in memory. [`crate::Clearance::predicate`] prints the same rules as SQL.

use crate::measures::{Export, ListView, Print};
use crate::{Categories, Category, Clearance, Item, Level, Masking, Person, Place, Scope};

/// What a reader owes when an item is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Obligation {
    /// Print with name and date only.
    Watermark,
    /// Count each copy, mark it "Ne pas diffuser".
    CountedCopy,
    /// Do not print.
    NoPrint,
    /// Export to the team only.
    TeamExport,
    /// Export one by one, with a reason.
    ReasonedExport,
    /// Do not export.
    NoExport,
    /// Close it when the screen is left.
    CloseOnLeave,
}

impl Obligation {
    /// A fixed word, for programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Watermark => "watermark",
            Self::CountedCopy => "counted-copy",
            Self::NoPrint => "no-print",
            Self::TeamExport => "team-export",
            Self::ReasonedExport => "reasoned-export",
            Self::NoExport => "no-export",
            Self::CloseOnLeave => "close-on-leave",
        }
    }
}

/// Why an item is only counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Withheld {
    /// The actor is cleared: the secret must be given again.
    StepUp,
    /// The actor is not cleared for it.
    NotCleared,
}

/// What becomes of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It may be read.
    Permit {
        /// What the reader owes.
        obligations: Vec<Obligation>,
    },
    /// It is counted among what is not shown.
    Placeholder {
        /// Why.
        why: Withheld,
        /// How it appears.
        view: ListView,
    },
    /// Nothing: it might as well not exist.
    Hidden,
}

impl Decision {
    /// A fixed word, for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Permit { .. } => "permit",
            Self::Placeholder { .. } => "placeholder",
            Self::Hidden => "hidden",
        }
    }

    /// Whether it may be read.
    #[must_use]
    pub fn is_permit(&self) -> bool {
        matches!(self, Self::Permit { .. })
    }

    /// Whether it is only counted.
    #[must_use]
    pub fn is_placeholder(&self) -> bool {
        matches!(self, Self::Placeholder { .. })
    }
}

/// A decision and the rules that made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The decision.
    pub decision: Decision,
    /// Ids of the rules, in order.
    pub rules: Vec<&'static str>,
}

/// Decides on one item.
#[must_use]
pub fn decide(clearance: &Clearance, item: &Item) -> Verdict {
    if let Some(universal) = clearance.universal {
        let here = universal.place.is_none_or(|place| place == item.place);
        return if here && item.level.code() <= clearance.universal_reach() {
            clearance.permit_verdict(item.level, "client")
        } else {
            hidden("client.scope")
        };
    }
    let Some(reach) = clearance.reach else {
        return hidden("session.none");
    };
    if item.mask.intersects(clearance.blocked) {
        return hidden("mask.flags");
    }
    if clearance.maskings.iter().any(|masking| covers(masking, item)) {
        return hidden("mask.person");
    }
    match cleared(clearance, item) {
        Some(rule) if item.level <= reach => clearance.permit_verdict(item.level, rule),
        Some(rule) => Verdict {
            decision: Decision::Placeholder { why: Withheld::StepUp, view: clearance.measures(item.level).list },
            rules: vec![rule, "session.step-up"],
        },
        None => clearance.withhold(item),
    }
}

fn hidden(rule: &'static str) -> Verdict {
    Verdict { decision: Decision::Hidden, rules: vec![rule] }
}

impl Clearance {
    fn permit_verdict(&self, level: Level, rule: &'static str) -> Verdict {
        Verdict { decision: Decision::Permit { obligations: self.obligations(level) }, rules: vec![rule] }
    }

    /// What a reader owes at a level.
    #[must_use]
    pub fn obligations(&self, level: Level) -> Vec<Obligation> {
        let measures = self.measures(level);
        let print = match measures.print {
            Print::Free => None,
            Print::Watermark => Some(Obligation::Watermark),
            Print::Counted => Some(Obligation::CountedCopy),
            Print::Off => Some(Obligation::NoPrint),
        };
        let export = match measures.export {
            Export::Free => None,
            Export::Team => Some(Obligation::TeamExport),
            Export::OneByOne => Some(Obligation::ReasonedExport),
            Export::Never => Some(Obligation::NoExport),
        };
        let close = measures.step_up_s.map(|_| Obligation::CloseOnLeave);
        print.into_iter().chain(export).chain(close).collect()
    }

    /// Not cleared: counted for those related to the person, unless its existence is a secret.
    fn withhold(&self, item: &Item) -> Verdict {
        if !self.scopes.iter().any(|s| s.person == item.person && s.reaches(item.place)) {
            return hidden("relation.none");
        }
        let secret = item.level == Level::VerySensitive && !item.categories.intersection(self.secret).is_empty();
        let view = self.measures(item.level).list;
        if secret || view == ListView::Nothing {
            return hidden("existence.secret");
        }
        Verdict { decision: Decision::Placeholder { why: Withheld::NotCleared, view }, rules: vec!["clearance.none"] }
    }
}

fn covers(masking: &Masking, item: &Item) -> bool {
    let whose = masking.person == item.person || item.also.contains(&masking.person);
    let which = masking.rid.is_zero() || masking.rid == item.rid;
    let what = masking.categories.is_empty() || !masking.categories.intersection(item.categories).is_empty();
    whose && which && what
}

/// Whether the actor is cleared, were the session strong enough; by which rule.
fn cleared(clearance: &Clearance, item: &Item) -> Option<&'static str> {
    let nobody = item.person.is_zero() && item.also.is_empty();
    if item.level == Level::Open && nobody && (item.place.is_zero() || holds(&clearance.visible_places, item.place)) {
        return Some("level0.place");
    }
    // About somebody, what is open is the staff's as daily life is: never a technical administrator's.
    if item.level <= Level::Daily {
        let about_nobody = item.place.is_zero() && item.person.is_zero() && !clearance.staff_places.is_empty();
        if about_nobody || holds(&clearance.staff_places, item.place) {
            return Some("level1.staff");
        }
    }
    let rule = subject(clearance, item, item.person)?;
    item.also.iter().all(|person| subject(clearance, item, *person).is_some()).then_some(rule)
}

fn holds(places: &std::collections::BTreeSet<Place>, place: Place) -> bool {
    places.contains(&place) || places.contains(&Place::new(0))
}

/// Whether the actor is cleared for this item as far as one of its persons is concerned.
fn subject(clearance: &Clearance, item: &Item, person: Person) -> Option<&'static str> {
    let mut scopes = clearance.scopes.iter().filter(|s| s.person == person);
    if item.author == clearance.actor {
        return scopes.next().map(|_| "author");
    }
    scopes.find(|scope| opens(scope, item)).map(|scope| if scope.break_glass { "scope.break-glass" } else { "scope" })
}

fn opens(scope: &Scope, item: &Item) -> bool {
    let within = scope.reaches(item.place) && item.level <= scope.cap;
    within
        && match item.level {
            Level::Open | Level::Daily => true,
            Level::Standard => scope.families.contains(item.family),
            Level::Sensitive => scope.families.contains(item.family) && opens3(scope, item),
            Level::VerySensitive => scope.families.contains(item.family) && opens4(scope, item),
        }
}

/// Level 3: every category cleared; the place's core business and `TIERS` do not block the item's own team.
fn opens3(scope: &Scope, item: &Item) -> bool {
    let mut open = scope.level3;
    if scope.own_team(item.place) {
        open = open.union(scope.core).union(Category::Tiers.into());
    }
    or_grave(item.categories).is_subset(open)
}

/// Level 4: every category cleared by name or function; `TIERS` does not block the own team, but never opens alone.
fn opens4(scope: &Scope, item: &Item) -> bool {
    let needed = if scope.own_team(item.place) { item.categories.without(Category::Tiers) } else { item.categories };
    or_grave(needed).is_subset(scope.level4)
}

fn or_grave(categories: Categories) -> Categories {
    if categories.is_empty() { Category::Grave.into() } else { categories }
}
