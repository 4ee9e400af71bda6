//! For everybody: what a sentence says of no person, by its words or by how it opens.

use super::cue::{Cue, Hit};
use super::sentence::Sentence;

/// Little words before the first that says something.
const LEADING: usize = 3;

impl Sentence<'_> {
    /// For everybody: training, posters; nobody is designated.
    pub(super) fn is_collective(&self) -> bool {
        (self.has(Cue::Collective) || self.opens_for_all() || self.heading.collective || self.is_notice())
            && !self.is_designated()
            && !self.names_a_family()
            && !self.opens_on_a_name()
    }

    /// Whether what makes the sentence one for everybody bears on a finding: not « …, pour affichage au dossier », which comes
    /// after it and apart.
    pub(super) fn is_for_all(&self, finding: &Hit) -> bool {
        let bears = |cue: &Hit| cue.first <= finding.last || self.is_joined(finding, cue);
        self.heading.collective || self.opens_for_all() || self.is_notice() || self.cues(Cue::Collective).any(bears)
    }

    /// « Rappel : tout soupçon se déclare … », « Formation …, inscription avant le 3 »: what a notice is about, and what makes it
    /// public; nobody in it, named or not.
    fn is_notice(&self) -> bool {
        let opens = self.cues(Cue::Notice).any(|cue| self.is_opened_by(cue));
        opens && self.has(Cue::Public) && !self.is_borne() && !self.has_a_relative()
    }

    /// Somebody is designated; « a été mis à jour » and « se déclare » are said of a thing.
    pub(super) fn is_designated(&self) -> bool {
        self.cues(Cue::Designated).any(|hit| !self.is_of_a_thing(hit))
    }

    /// Somebody is concerned, who is not named.
    pub(super) fn is_borne(&self) -> bool {
        self.cues(Cue::Borne).any(|hit| !self.is_of_a_thing(hit))
    }

    pub(super) fn is_of_a_thing(&self, hit: &Hit) -> bool {
        self.cues(Cue::Impersonal).any(|cue| cue.first <= hit.first && hit.last <= cue.last)
    }

    /// « sa mère », « la mère », but not « les familles », « violences faites aux femmes ».
    fn has_a_relative(&self) -> bool {
        let one = |cue: &Hit| {
            let word = self.words.word(cue.last);
            let before = cue.first.checked_sub(1).map_or("", |before| self.words.word(before));
            !word.ends_with('s') || matches!(before, "ses" | "leurs" | "mes")
        };
        self.cues(Cue::Kin).any(one)
    }

    /// « famille Haidari »
    fn names_a_family(&self) -> bool {
        let named = |cue: &Hit| self.words.words.get(cue.last + 1).is_some_and(|word| word.named);
        self.cues(Cue::Kin).any(|cue| self.words.word(cue.last) == "famille" && named(cue))
    }

    /// « …, Joël passe à l’atelier »: a clause that opens on a first name, and no surname.
    fn opens_on_a_name(&self) -> bool {
        let named = |word: usize| self.words.words.get(word).is_some_and(|word| word.named);
        let opens = |word: usize| word.checked_sub(1).is_none_or(|before| !self.same_clause(before, word));
        self.cues(Cue::Given).any(|cue| named(cue.first) && opens(cue.first) && !named(cue.last + 1))
    }

    /// « CVS : … », « Rapport d’activité 2025, … »: a writing of the place, by its first words.
    fn opens_for_all(&self) -> bool {
        let opens = |cue: &Hit| self.is_opened_by(cue);
        let colon = |cue: &Hit| {
            let after = (cue.last + 1..cue.last + 1 + LEADING).take_while(|word| self.is_with(*word, cue.first));
            after.filter_map(|word| self.words.words.get(word)).any(|word| word.after_colon)
        };
        self.cues(Cue::Opening).any(opens) || self.cues(Cue::OpeningColon).any(|cue| opens(cue) && colon(cue))
    }

    /// Whether only little words come before this in the sentence.
    pub(super) fn is_opened_by(&self, cue: &Hit) -> bool {
        let before = (0..cue.first).rev().take_while(|word| self.is_with(*word, cue.first));
        before.take(LEADING + 1).enumerate().all(|(count, word)| count < LEADING && self.leads(word))
    }

    /// Whether two words are in one sentence.
    fn is_with(&self, one: usize, other: usize) -> bool {
        let sentence = |word: usize| self.words.words.get(word).map(|word| word.sentence);
        sentence(one) == sentence(other)
    }

    /// An article, a date, « nouveau », before the first word that says something.
    fn leads(&self, word: usize) -> bool {
        let word_is = self.words.word(word);
        self.covers(Cue::Determiner, word)
            || word_is.starts_with(|letter: char| letter.is_ascii_digit())
            || word_is.starts_with("nouve")
            || matches!(word_is, "prochain" | "prochaine" | "rappel" | "info" | "pour" | "memoire" | "projet")
    }
}
