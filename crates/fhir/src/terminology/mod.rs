//! Code lists: what a `ValueSet` holds, whether a code is in it, what a `CodeSystem` says of a code (FHIR R4, terminology
//! service). Works on the lists it is given, and on those of the required bindings of R4; never guesses about others.

mod builtin;
mod check;
mod library;
mod rule;
mod set;
mod system;

pub use check::{Asked, Verdict, has, is_code_of};
pub use library::{Canonical, Library};
pub use set::{Expansion, Item};
pub use system::{Concept, Relation, System};

use crate::Invalid;

/// Codes of the largest list that is made.
pub const LARGEST: usize = 100_000;

fn not_supported(what: &str) -> Invalid {
    let (fr, en) = (format!("« {what} » n’est pas pris en charge ici."), format!("'{what}' is not supported here."));
    Invalid::one("not-supported", None, fr, en)
}

/// A list that is not here, by its address: addresses of lists are nobody's.
fn unknown(url: &str) -> Invalid {
    let (fr, en) = (format!("La liste « {url} » n’est pas chargée ici."), format!("'{url}' is not loaded here."));
    Invalid::one("not-found", None, fr, en)
}

fn too_costly() -> Invalid {
    let (fr, en) = ("Cette liste est trop longue.", "This list is too long.");
    Invalid::one("too-costly", None, fr, en)
}

#[cfg(test)]
mod tests;
