//! What ordinary words say where no rule speaks.

use crate::Level;

/// What ordinary words say of a sentence.
#[derive(Clone, Copy)]
pub(super) struct Shown {
    pub(super) daily: bool,
    pub(super) standard: bool,
    pub(super) generic: bool,
    /// For everybody by more than a word.
    pub(super) announced: bool,
    pub(super) individual: bool,
}

/// What ordinary words say of a text.
#[derive(Default)]
pub(super) struct Evidence {
    /// There is a sentence without any known word.
    pub(super) blank: bool,
    pub(super) daily: bool,
    pub(super) standard: bool,
    pub(super) generic: bool,
    pub(super) announced: bool,
    pub(super) individual: bool,
    /// A finding was denied.
    pub(super) denied: bool,
}

impl Evidence {
    pub(super) fn add(&mut self, shown: Shown, collective: bool) {
        self.daily |= shown.daily;
        self.standard |= shown.standard && !collective;
        self.generic |= shown.generic;
        self.announced |= shown.announced;
        self.individual |= shown.individual;
    }

    /// Level of what no rule speaks of.
    pub(super) fn level(&self) -> (Level, &'static str) {
        if self.standard || self.denied || self.blank {
            (Level::Standard, "Un écrit habituel du dossier.")
        } else if self.generic && !self.individual && (self.announced || !self.daily) {
            (Level::Open, "La vie de l’établissement : personne n’est désigné.")
        } else if self.daily || self.generic {
            (Level::Daily, "La vie quotidienne : rien sur la santé, rien d’intime.")
        } else {
            (Level::Standard, "Rien de particulier n’a été reconnu : niveau habituel de ce type d’information.")
        }
    }
}
