//! *Parc informatique*: machines and what is still supported, for the director and the technician.

pub(crate) mod intake;
pub(crate) mod list;
pub(crate) mod machine;
pub(crate) mod movements;
pub(crate) mod parts;
mod sheet;
mod upload;
pub(crate) mod work;

use domain::governance::estate::{Kind, State};
use domain::governance::obsolescence::Verdict;

/// The class and the sign of a verdict: its colour never speaks alone.
fn tone(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Supported => "fine",
        Verdict::EndsWithinYear | Verdict::FreeExtended | Verdict::Partial => "soon",
        Verdict::EndedUnlessProven | Verdict::Ended => "over",
        Verdict::Unknown => "unknown",
    }
}

fn kind(kind: Option<Kind>) -> &'static str {
    match kind {
        Some(Kind::Desktop) => "Poste fixe",
        Some(Kind::Laptop) => "Portable",
        Some(Kind::Server) => "Serveur",
        Some(Kind::Mobile) => "Téléphone ou tablette",
        Some(Kind::Network) => "Équipement de réseau",
        Some(Kind::Printer) => "Imprimante",
        Some(Kind::Other) => "Autre appareil",
        None => "",
    }
}

fn state(state: State) -> &'static str {
    match state {
        State::Yes => "oui",
        State::No => "non",
        State::Unknown => "inconnu",
    }
}
