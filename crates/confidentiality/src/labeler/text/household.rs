//! Monsieur and Madame where children are who is cared for: neither is, and what is told of them is told of a third party.

use super::cue::{Cue, Hit};
use super::sentence::Sentence;
use crate::PlaceProfile;

impl Sentence<'_> {
    /// « Monsieur a repris l’alcool, les enfants … »: a parent is named, in child protection or beside children.
    pub(super) fn names_a_parent(&self) -> bool {
        self.has(Cue::Parent) && (self.place == Some(PlaceProfile::Mecs) || self.has(Cue::Children))
    }

    /// Whether a finding is said of such a parent: the last that comes before it, and no child in between.
    pub(super) fn is_of_a_parent(&self, finding: &Hit) -> bool {
        let before = self.cues(Cue::Parent).filter(|cue| cue.first <= finding.first).last();
        let child = |from: usize| (from..finding.first).any(|word| self.covers(Cue::Children, word));
        let owned = self.cues(Cue::Parent).any(|cue| {
            (finding.last + 1..=finding.last + 3).contains(&cue.first) && self.same_clause(cue.first, finding.last)
        });
        self.names_a_parent() && (before.is_some_and(|cue| !child(cue.last + 1)) || owned)
    }
}
