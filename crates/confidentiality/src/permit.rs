//! The right to write.

use crate::{Actor, Clearance, Label, Level, Person, Place};

/// What is about to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Write something new about a person already known, or about nobody.
    Create,
    /// Open the record of a new person.
    Admit,
    /// Say where a known person stays, and since when: their stay, and who they are.
    Lodge,
    /// Write a new version.
    Update,
    /// Delete.
    Delete,
}

/// Why a write is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Refusal {
    /// The client may only read.
    #[error("this client may not write")]
    ClientReadOnly,
    /// The client is bound to another place.
    #[error("this client is bound to another place")]
    ClientPlace,
    /// The client has not every right.
    #[error("only a client with every right may do this")]
    ClientLimited,
    /// No relation to the person lets the actor write.
    #[error("no relation to this person lets you write")]
    NoRelation,
    /// The actor does not work there.
    #[error("not on the staff of this place")]
    NotStaff,
    /// The function does not open records.
    #[error("this function does not admit persons")]
    NoAdmission,
    /// The session cannot write.
    #[error("the session is too weak to write")]
    WeakSession,
    /// Another person wrote it.
    #[error("only its author may change it")]
    NotAuthor,
    /// It was withdrawn from this record.
    #[error("withdrawn from this record, never written again")]
    Withdrawn,
    /// It can no longer be taken back.
    #[error("too late to take it back")]
    TooLate,
    /// A label is changed by those who review.
    #[error("only those who review writings change a label")]
    NotReviewer,
    /// Allergies and treatments are kept by those who care by them.
    #[error("this function keeps neither allergies nor treatments")]
    NotHealth,
    /// A record is erased by decision of those who answer for records.
    #[error("only those who read everybody's journal of accesses decide to erase")]
    NotDecider,
    /// Two different persons are needed.
    #[error("a second person is needed")]
    SamePerson,
}

impl Refusal {
    /// A fixed word for screens and the API.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::ClientReadOnly => "client-read-only",
            Self::ClientPlace => "client-place",
            Self::ClientLimited => "client-limited",
            Self::NoRelation => "no-relation",
            Self::NotStaff => "not-staff",
            Self::NoAdmission => "no-admission",
            Self::WeakSession => "weak-session",
            Self::NotAuthor => "not-author",
            Self::Withdrawn => "withdrawn",
            Self::TooLate => "too-late",
            Self::NotReviewer => "not-reviewer",
            Self::NotHealth => "not-health",
            Self::NotDecider => "not-decider",
            Self::SamePerson => "same-person",
        }
    }

    /// One sentence for the screen: what happened, what to do.
    #[must_use]
    pub const fn french(self) -> &'static str {
        match self {
            Self::ClientLimited => {
                "Seul un logiciel qui a tous les droits peut faire cela. Demandez à l’administrateur de l’établissement."
            }
            Self::ClientReadOnly => {
                "Ce logiciel n’a que le droit de lire. Demandez à l’administrateur de l’établissement."
            }
            Self::ClientPlace => "Ce logiciel est limité à un autre établissement.",
            Self::NoRelation => {
                "Vous n’accompagnez pas cette personne. Demandez votre affectation au cadre ou au chef de service."
            }
            Self::NotStaff => "Vous ne travaillez pas dans cet établissement. Vérifiez le lieu choisi.",
            Self::NoAdmission => "Votre fonction n’ouvre pas de dossier. Adressez-vous au secrétariat.",
            Self::WeakSession => "Connectez-vous à nouveau pour écrire.",
            Self::NotAuthor => {
                "Seule la personne qui l’a écrit peut le changer. Répondez à cet écrit, ou prévenez le cadre."
            }
            Self::Withdrawn => {
                "Cet écrit a été retiré de ce dossier, où il était par erreur : il ne s’y corrige plus. Cherchez-le dans le bon dossier."
            }
            Self::TooLate => "Il est trop tard pour annuler : corrigez cet écrit, votre motif sera gardé.",
            Self::NotReviewer => {
                "Un niveau est changé par qui relit les écrits. Adressez-vous au cadre de soins ou au chef de service."
            }
            Self::NotHealth => {
                "Les allergies et les traitements sont notés par un infirmier, un cadre de soins ou un médecin. Prévenez-les de vive voix, puis écrivez une transmission."
            }
            Self::NotDecider => {
                "Effacer un dossier se décide par la direction, le délégué à la protection des données, ou qui lit le journal des accès, dans l’établissement qui tient ce dossier."
            }
            Self::SamePerson => "Une autre personne doit approuver votre demande.",
        }
    }
}

/// The right to write one item. Made only by [`permit`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permit {
    actor: Actor,
    action: Action,
    person: Person,
    place: Place,
    level: Level,
}

impl Permit {
    /// Who writes.
    #[must_use]
    pub fn actor(&self) -> Actor {
        self.actor
    }

    /// What is done.
    #[must_use]
    pub fn action(&self) -> Action {
        self.action
    }

    /// About whom; 0 = nobody.
    #[must_use]
    pub fn person(&self) -> Person {
        self.person
    }

    /// Where.
    #[must_use]
    pub fn place(&self) -> Place {
        self.place
    }

    /// At which level.
    #[must_use]
    pub fn level(&self) -> Level {
        self.level
    }
}

/// Decides on a write. Writing is wider than reading: whoever has a relation may write at any level, so that nothing
/// goes unsaid. What exists already must also be readable to be changed: that is the reader's part.
///
/// # Errors
/// Why not.
pub fn permit(
    clearance: &Clearance,
    action: Action,
    person: Person,
    place: Place,
    label: &Label,
) -> Result<Permit, Refusal> {
    check(clearance, action, person, place)?;
    Ok(Permit { actor: clearance.actor, action, person, place, level: label.level })
}

impl Clearance {
    /// Whether the actor writes at all, whatever and wherever.
    ///
    /// # Errors
    /// Why not.
    pub fn may_write(&self) -> Result<(), Refusal> {
        match self.universal {
            Some(own) if !own.write => Err(Refusal::ClientReadOnly),
            None if self.reach < Some(Level::Daily) => Err(Refusal::WeakSession),
            _ => Ok(()),
        }
    }

    /// Whether the actor opens records, and says who goes where, at a place.
    ///
    /// # Errors
    /// Why not.
    pub fn may_admit(&self, place: Place) -> Result<(), Refusal> {
        check(self, Action::Admit, Person::new(0), place)
    }
}

fn check(clearance: &Clearance, action: Action, person: Person, place: Place) -> Result<(), Refusal> {
    clearance.may_write()?;
    if let Some(universal) = clearance.universal {
        return if universal.place.is_none_or(|own| own == place) { Ok(()) } else { Err(Refusal::ClientPlace) };
    }
    let at = |places: &std::collections::BTreeSet<Place>| {
        places.contains(&place) || places.contains(&Place::new(0)) || (place.is_zero() && !places.is_empty())
    };
    match action {
        Action::Admit if at(&clearance.admit_places) => Ok(()),
        Action::Admit => Err(Refusal::NoAdmission),
        // Whoever admits persons at the place says what becomes of it, without accompanying anybody there.
        Action::Lodge if !person.is_zero() && at(&clearance.admit_places) => Ok(()),
        Action::Create | Action::Lodge | Action::Update | Action::Delete if person.is_zero() => {
            if at(&clearance.write_places) { Ok(()) } else { Err(Refusal::NotStaff) }
        }
        Action::Create | Action::Lodge | Action::Update | Action::Delete => {
            let related = clearance.scopes.iter().any(|s| s.write && s.person == person && s.reaches(place));
            if related { Ok(()) } else { Err(Refusal::NoRelation) }
        }
    }
}
