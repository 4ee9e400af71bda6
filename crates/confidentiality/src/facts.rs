//! What the store loads about an actor for one request.

use crate::{Actor, Categories, Level, Person, Place, PlaceProfile, Rid, Workstation};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// Everything a clearance is made from.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Who acts.
    pub actor: Actor,
    /// Where they work and whom they are related to, now.
    pub relations: Vec<Relation>,
    /// What is masked from them.
    pub maskings: Vec<Masking>,
    /// How they signed in.
    pub session: Session,
    /// What for.
    pub purpose: Purpose,
    /// What each place is.
    pub place_profiles: BTreeMap<Place, PlaceProfile>,
    /// Set when the actor is a program.
    pub client: Option<ClientScope>,
}

/// A program's rights, decided when it is registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientScope {
    /// Only this place.
    pub place: Option<Place>,
    /// Up to this level.
    pub cap: Level,
    /// May write.
    pub write: bool,
    /// May choose the ids of what it creates.
    pub chosen_ids: bool,
}

/// How a session was opened. The order is that of the codes, not of the strengths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strength {
    /// Not signed in.
    None = 0,
    /// PIN on a shared, enrolled device.
    Pin = 1,
    /// Password.
    Password = 2,
    /// Password and a second factor.
    SecondFactor = 3,
    /// Passkey.
    Passkey = 4,
    /// A program's secret.
    Client = 5,
}

impl Strength {
    /// Every strength, by code.
    pub const ALL: [Self; 6] = [Self::None, Self::Pin, Self::Password, Self::SecondFactor, Self::Passkey, Self::Client];

    /// As stored.
    #[must_use]
    pub const fn code(self) -> i64 {
        self as i64
    }

    /// From the stored number.
    #[must_use]
    pub fn from_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|strength| strength.code() == code)
    }
}

/// State of the session at the moment of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    /// How it was opened.
    pub strength: Strength,
    /// Seconds since the sign-in.
    pub age_s: i64,
    /// Seconds since the secret was given again, if it was.
    pub step_up_age_s: Option<i64>,
    /// From which machine.
    pub workstation: Workstation,
}

impl Session {
    /// No session.
    #[must_use]
    pub const fn none() -> Self {
        Self { strength: Strength::None, age_s: 0, step_up_age_s: None, workstation: Workstation::Any }
    }
}

/// What a request is for. Closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// Care and support of persons.
    Care,
    /// A program of the entity.
    Api,
    /// Labelling again.
    Relabel,
    /// Indexing again.
    Reindex,
    /// Whole export.
    Export,
    /// Restoration drill.
    Drill,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 6] = [Self::Care, Self::Api, Self::Relabel, Self::Reindex, Self::Export, Self::Drill];

    /// As written in the header `X-Socle-Purpose` and in the audit.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Care => "care",
            Self::Api => "api",
            Self::Relabel => "relabel",
            Self::Reindex => "reindex",
            Self::Export => "export",
            Self::Drill => "drill",
        }
    }

    /// From its code.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.code() == code)
    }

    /// Whether it is a job of the system itself.
    #[must_use]
    pub const fn is_job(self) -> bool {
        match self {
            Self::Relabel | Self::Reindex | Self::Export | Self::Drill => true,
            Self::Care | Self::Api => false,
        }
    }
}

/// Code of a persona in the matrix: `ide`, `medco`… `interim:ide` is an agency nurse.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PersonaCode(String);

impl PersonaCode {
    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for PersonaCode {
    fn from(code: &str) -> Self {
        Self(code.to_owned())
    }
}

impl From<String> for PersonaCode {
    fn from(code: String) -> Self {
        Self(code)
    }
}

impl fmt::Display for PersonaCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why an actor knows a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RelationKind {
    /// Assigned to the person, or to their unit.
    Assignment = 0,
    /// On shift.
    Shift = 1,
    /// Referent of the person.
    Referent = 2,
    /// Replaces someone.
    Replacement = 3,
    /// Named grant, with categories.
    Grant = 4,
    /// Broke the glass, with a reason.
    BreakGlass = 5,
}

impl RelationKind {
    /// Every kind, by code.
    pub const ALL: [Self; 6] =
        [Self::Assignment, Self::Shift, Self::Referent, Self::Replacement, Self::Grant, Self::BreakGlass];

    /// As stored.
    #[must_use]
    pub const fn code(self) -> i64 {
        self as i64
    }

    /// From the stored number.
    #[must_use]
    pub fn from_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// Its short name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Assignment => "assignment",
            Self::Shift => "shift",
            Self::Referent => "referent",
            Self::Replacement => "replacement",
            Self::Grant => "grant",
            Self::BreakGlass => "break_glass",
        }
    }
}

/// A relation in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relation {
    /// With whom; 0 = works at the place.
    pub person: Person,
    /// Where; 0 = the whole entity.
    pub place: Place,
    /// Why.
    pub kind: RelationKind,
    /// Categories of a grant or of a broken glass.
    pub categories: Categories,
    /// As whom.
    pub persona: PersonaCode,
}

/// Something a person masked from the actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Masking {
    /// Whose.
    pub person: Person,
    /// Which item; 0 = all.
    pub rid: Rid,
    /// Which categories; empty = all.
    pub categories: Categories,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_codes_go_both_ways() {
        for kind in RelationKind::ALL {
            assert_eq!(RelationKind::from_code(kind.code()), Some(kind));
        }
        for strength in Strength::ALL {
            assert_eq!(Strength::from_code(strength.code()), Some(strength));
        }
        for purpose in Purpose::ALL {
            assert_eq!(Purpose::parse(purpose.code()), Some(purpose));
        }
        assert_eq!(RelationKind::from_code(6), None);
    }
}
