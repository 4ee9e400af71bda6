//! Somebody's word for what no rule computes: dated, with a name, with where the proof is, and worth something for a while.
//! It is evidence of the weakest kind: it counts as conformity, never as proof, and never against what a machine sees.

use super::catalogue::{Measure, Proof, find};
use super::evidence::{Connector, Evidence, Names, Scope};
use jiff::ToSpan as _;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// The longest name and the longest place of a proof, in signs.
const NAME: usize = 80;
const PLACE: usize = 300;
/// Months a word is worth at most, unless [`LONGEST`] says otherwise.
const USUAL: i16 = 12;
/// What the catalogue asks for, in months.
const LONGEST: [(&str, i16); 20] = [
    ("GOUV-01", 36),
    ("GOUV-02", 36),
    ("GOUV-04", 6),
    ("GOUV-06", 36),
    ("ADM-01", 6),
    ("SAUV-05", 3),
    ("SAUV-11", 36),
    ("SAUV-04", 1),
    ("SAUV-01", 1),
    ("SAUV-02", 1),
    ("SAUV-03", 1),
    ("CONT-01", 3),
    ("CONT-03", 36),
    ("CONT-06", 6),
    ("INC-01", 24),
    ("SENS-04", 24),
    ("RGPD-03", 36),
    ("MAJ-08", 1),
    ("PREST-05", 3),
    ("PREST-06", 3),
];

/// A declaration.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declared {
    /// The measure, by id.
    pub measure: String,
    /// It is said to hold.
    pub holds: bool,
    /// The day of what is declared: of the test, of the signature, of the review.
    pub on: Date,
    /// Who vouches for it.
    pub who: String,
    /// Where the proof is: a file, a binder, an address.
    pub proof: String,
    /// Months it is worth something.
    pub months: i16,
}

impl std::fmt::Debug for Declared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Declared({}, {}, {})", self.measure, self.holds, self.on)
    }
}

/// A field of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the fields of a declaration")]
pub enum DeclaredField {
    Holds,
    On,
    Who,
    Proof,
    Months,
}

/// What a form says of a declaration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in `Declared`")]
pub struct DeclaredSheet {
    pub holds: String,
    pub on: String,
    pub who: String,
    pub proof: String,
    pub months: String,
}

/// Months that a word on a measure is worth at most.
pub fn longest(measure: &Measure) -> i16 {
    LONGEST.iter().find(|(id, _)| *id == measure.id).map_or(USUAL, |(_, months)| *months)
}

impl DeclaredSheet {
    /// A declaration that cannot be wrong, or every mistake with its field.
    ///
    /// # Errors
    /// Every mistake, in the order of the form.
    pub fn parse(&self, measure: &Measure, today: Date) -> Result<Declared, Vec<(DeclaredField, String)>> {
        let mut wrong = Vec::new();
        let mut say = |field, french: String| wrong.push((field, french));
        let holds = match self.holds.as_str() {
            "oui" => Some(true),
            "non" => Some(false),
            _ => None,
        };
        if holds.is_none() {
            say(DeclaredField::Holds, "Dites si c’est vrai aujourd’hui.".to_owned());
        }
        let on = self.on.trim().parse::<Date>().ok();
        match on {
            None => say(DeclaredField::On, "Donnez la date du document, de l’essai ou de la revue.".to_owned()),
            Some(on) if on > today => say(DeclaredField::On, "Cette date est à venir.".to_owned()),
            Some(on) if on.year() < 1990 => say(DeclaredField::On, "Cette date est trop ancienne.".to_owned()),
            Some(_) => {}
        }
        let who = self.who.trim().to_owned();
        if who.is_empty() {
            say(DeclaredField::Who, "Dites qui en répond.".to_owned());
        } else if who.chars().count() > NAME {
            say(DeclaredField::Who, format!("Nom trop long\u{a0}: {NAME} caractères au plus."));
        }
        let proof = self.proof.trim().to_owned();
        if proof.is_empty() && holds == Some(true) {
            say(
                DeclaredField::Proof,
                "Dites où trouver la preuve\u{a0}: un fichier, un classeur, une adresse.".to_owned(),
            );
        } else if proof.chars().count() > PLACE {
            say(DeclaredField::Proof, format!("Texte trop long\u{a0}: {PLACE} caractères au plus."));
        }
        let most = longest(measure);
        let months = self.months.trim().parse::<i16>().ok().filter(|months| (1..=most).contains(months));
        if months.is_none() {
            say(DeclaredField::Months, format!("De 1 à {most} mois pour cette mesure."));
        }
        match (holds, on, months) {
            (Some(holds), Some(on), Some(months)) if wrong.is_empty() => {
                Ok(Declared { measure: measure.id.to_owned(), holds, on, who, proof, months })
            }
            _ => Err(wrong),
        }
    }
}

impl From<&Declared> for DeclaredSheet {
    fn from(one: &Declared) -> Self {
        Self {
            holds: if one.holds { "oui" } else { "non" }.to_owned(),
            on: one.on.to_string(),
            who: one.who.clone(),
            proof: one.proof.clone(),
            months: one.months.to_string(),
        }
    }
}

impl Declared {
    /// The first day it is worth nothing.
    pub fn until(&self) -> Date {
        self.on.saturating_add(self.months.months())
    }

    /// What was declared at an instant, as evidence.
    pub fn evidence(&self, at: i64) -> Option<Evidence> {
        let measure = find(&self.measure)?;
        let instant = |day: Date| crate::local_time::instant(day.at(0, 0, 0, 0));
        let says = if self.holds { "c’est en place" } else { "ce n’est pas en place" };
        let place = if self.proof.is_empty() { String::new() } else { format!(" Preuve\u{a0}: {}.", self.proof) };
        let failing = if self.holds { Vec::new() } else { vec![String::new()] };
        Some(Evidence {
            measure: measure.id,
            rule: "declaration",
            connector: if measure.proof == Proof::Document { Connector::Doc } else { Connector::Dec },
            collector: env!("CARGO_PKG_VERSION"),
            collected_at: at,
            effective_from: instant(self.on),
            effective_to: instant(self.on),
            scope: Scope { what: "déclaration", covered: 1, not_covered: Names::default() },
            failing: Names(failing),
            value: format!("{} déclare\u{a0}: {says}.{place}", self.who),
            holds: self.holds,
            raw: Vec::new(),
            valid_until: instant(self.until()),
        })
    }
}
