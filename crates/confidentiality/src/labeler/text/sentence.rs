//! How a sentence is read around a finding: denied, about a relative, for everybody, only a title.

use super::cue::{Cue, Hit, Owner};
use super::fold::{Word, Words};
use super::heading::Heading;
use crate::PlaceProfile;

/// Words between a denial and what it denies.
const REACH: usize = 7;
/// Words between a finding and what silences it, over the end of a clause.
const NEAR: usize = 3;
/// Words before the relative on whom a sentence opens.
const OPENING: usize = 4;
/// Words between a finding and a denial that follows it.
const AFTER: usize = 3;

/// One sentence of a text, with all that was found in it.
pub(super) struct Sentence<'a> {
    /// The text.
    pub(super) words: &'a Words,
    /// What was found, in order.
    pub(super) hits: &'a [Hit],
    /// Where `covers` begins.
    first: usize,
    /// The cues that cover each word, as bits.
    covers: Vec<u64>,
    /// All of them.
    all: u64,
    /// What it stands under.
    pub(super) heading: Heading,
    /// Where it was written.
    pub(super) place: Option<PlaceProfile>,
}

impl<'a> Sentence<'a> {
    /// A sentence of which something was found.
    pub(super) fn new(words: &'a Words, hits: &'a [Hit], heading: Heading, place: Option<PlaceProfile>) -> Self {
        let first = hits.iter().map(|hit| hit.first).min().unwrap_or_default();
        let last = hits.iter().map(|hit| hit.last).max().unwrap_or_default();
        let (mut covers, mut all) = (vec![0; last + 1 - first], 0);
        for hit in hits {
            let Owner::Cue(cue) = hit.owner else { continue };
            all |= cue.bit();
            for word in covers.iter_mut().take(hit.last + 1 - first).skip(hit.first - first) {
                *word |= cue.bit();
            }
        }
        Self { words, hits, first, covers, all, heading, place }
    }
}

impl Sentence<'_> {
    pub(super) fn cues(&self, cue: Cue) -> impl Iterator<Item = &Hit> {
        self.hits.iter().filter(move |hit| hit.owner == Owner::Cue(cue))
    }

    fn kin(&self) -> impl Iterator<Item = &Hit> {
        let none = |kin: &Hit| self.cues(Cue::NoKin).any(|no| no.first <= kin.last && kin.first <= no.last);
        self.cues(Cue::Kin).filter(move |kin| !none(kin))
    }

    /// Whether it holds this cue.
    pub(super) fn has(&self, cue: Cue) -> bool {
        self.all & cue.bit() != 0
    }

    fn clause(&self, word: usize) -> Option<u32> {
        self.words.words.get(word).map(|word| word.clause)
    }

    pub(super) fn same_clause(&self, a: usize, b: usize) -> bool {
        self.clause(a) == self.clause(b)
    }

    /// Whether an expression is said in one breath, but for a colon.
    pub(super) fn is_one(&self, hit: &Hit) -> bool {
        self.same_clause(hit.first, hit.last)
            || (hit.first + 1..=hit.last).any(|word| self.words.words.get(word).is_some_and(|word| word.after_colon))
    }

    /// Whether what comes after a finding is in its clause, or only a colon apart.
    pub(super) fn is_joined(&self, finding: &Hit, after: &Hit) -> bool {
        let (Some(from), Some(to)) = (self.clause(finding.last), self.clause(after.first)) else { return true };
        let after_colon = |word: usize| self.words.words.get(word).is_some_and(|word| word.after_colon);
        // « violences contre les femmes » is one thing said.
        let joins = |word: &usize| after_colon(*word) || self.words.word(*word) == "contre";
        to <= from + (finding.last + 1..=after.first).filter(joins).count() as u32
    }

    /// Whether two findings are in one clause, on both sides of a colon, or a few words apart.
    pub(super) fn is_near(&self, one: &Hit, other: &Hit) -> bool {
        let (before, after) = if one.first <= other.first { (one, other) } else { (other, one) };
        let (Some(from), Some(to)) = (self.clause(before.last), self.clause(after.first)) else { return true };
        let between = self.words.words.get(before.last + 1..=after.first).unwrap_or_default();
        // « École : jour férié » is one thing said.
        let colons = between.iter().filter(|word| word.after_colon).count() as u32;
        to <= from + colons || between.len() <= NEAR
    }

    /// Whether a cue of this kind covers a word.
    pub(super) fn covers(&self, cue: Cue, word: usize) -> bool {
        let cues = word.checked_sub(self.first).and_then(|word| self.covers.get(word));
        cues.is_some_and(|cues| cues & cue.bit() != 0)
    }

    /// Whether nothing is said from this word on, for so many words, but what is organised, when, where, with whom by name.
    pub(super) fn is_practical(&self, from: usize, count: usize) -> bool {
        (from..from + count).all(|index| {
            let name = |word: &Word| word.named && !word.upper;
            self.covers(Cue::Practical, index)
                || self.covers(Cue::Given, index)
                || self.words.word(index).starts_with(|c: char| c.is_ascii_digit())
                || self.words.words.get(index).is_some_and(name)
        })
    }

    /// Whether the sentence denies a finding, and nothing shows that it is still watched.
    pub(super) fn denies(&self, finding: &Hit) -> bool {
        let before = |cue: &Hit| {
            cue.last < finding.first
                && finding.first - cue.last <= REACH + 1
                && self.carries(cue.last, finding.first)
                && !(finding.first..finding.last).any(|word| self.turns(word))
                && !self.affirms(finding)
                && !self.cues(Cue::NoDenial).any(|no| no.first <= cue.last && cue.first <= no.last)
        };
        let after = |cue: &Hit| {
            let plural = self.words.word(cue.last).ends_with('s');
            cue.first > finding.last
                && (self.same_clause(cue.first, finding.last) && cue.first - finding.last <= AFTER + 1
                    || self.answers(cue, finding)
                    || plural && cue.first - finding.last <= 2 * REACH)
                && !self.cues(Cue::NoDenial).any(|no| no.first <= cue.last && cue.first <= no.last)
        };
        let answered = |cue: &Hit| self.answers(cue, finding);
        let denied = self.has(Cue::DenialWhole)
            || self.cues(Cue::Denial).any(before)
            || self.cues(Cue::DenialAfter).any(after)
            || self.cues(Cue::DenialColon).any(answered);
        denied && !self.is_watched()
    }

    /// « Pas d’AEMO. », « aucun TIG à ce jour »: the denial, the thing, and nothing that says more of it.
    pub(super) fn flatly_denies(&self, finding: &Hit) -> bool {
        let next = finding.last + 1;
        let ends = !self.same_clause(finding.last, next)
            || matches!(self.words.word(next), "a" | "en")
                && matches!(self.words.word(next + 1), "ce" | "cours" | "autre" | "aucun" | "aucune" | "prevoir")
            || self.words.word(next) == "ni"
            || matches!(
                self.words.word(next),
                "connu"
                    | "connue"
                    | "actuellement"
                    | "retrouve"
                    | "retrouvee"
                    | "fait"
                    | "faite"
                    | "deposee"
                    | "signalee"
            );
        let noun =
            |cue: &Hit| matches!(self.words.word(cue.last), "de" | "d" | "aucun" | "aucune" | "ni" | "sans" | "jamais");
        let touches = |cue: &Hit| {
            cue.last < finding.first
                && (cue.last + 1..finding.first).all(|word| is_filler(self.words.word(word)))
                && noun(cue)
                && self.same_clause(cue.last, finding.first)
                && !self.cues(Cue::NoDenial).any(|no| no.first <= cue.last && cue.first <= no.last)
        };
        ends && !self.is_watched()
            && (self.cues(Cue::Denial).any(touches)
                || self.cues(Cue::DenialColon).any(|cue| self.answers(cue, finding)))
    }

    /// Something is still watched; « rien à surveiller » is nothing.
    fn is_watched(&self) -> bool {
        let nothing = |word: &str| matches!(word, "rien" | "pas" | "plus" | "aucune" | "sans");
        self.cues(Cue::Watch)
            .any(|cue| !cue.first.checked_sub(1).is_some_and(|before| nothing(self.words.word(before))))
    }

    /// Whether it never was so, or all of it is wrong.
    pub(super) fn never(&self, finding: &Hit) -> bool {
        (self.has(Cue::DenialWhole)
            || self.cues(Cue::Never).any(|cue| cue.last < finding.first && self.same_clause(cue.last, finding.first)))
            && !self.is_watched()
    }

    /// « Alcool : 0 », « VIH : négatif ».
    fn answers(&self, cue: &Hit, finding: &Hit) -> bool {
        cue.first == finding.last + 1 && self.words.words.get(cue.first).is_some_and(|word| word.after_colon)
    }

    /// A denial holds within its clause, and through an enumeration that ends in « ou » or « ni ».
    fn carries(&self, denial: usize, finding: usize) -> bool {
        if self.same_clause(denial, finding) {
            return true;
        }
        let (Some(from), Some(to)) = (self.clause(denial), self.clause(finding)) else { return false };
        let listed = |word: usize| self.same_clause(word, finding) && matches!(self.words.word(word), "ou" | "ni");
        to - from <= 3 && !(denial..finding).any(|word| self.breaks(word)) && (finding..finding + 6).any(listed)
    }

    /// A word that ends an enumeration: another clause with its own verb.
    fn breaks(&self, word: usize) -> bool {
        self.turns(word) || matches!(self.words.word(word), "malgre" | "est" | "a")
    }

    /// A word after which the contrary is said: « pas d’hépatite au test, mais VIH confirmé » is one finding, on both sides of it.
    fn turns(&self, word: usize) -> bool {
        match self.words.word(word) {
            "mais" | "cependant" | "toutefois" | "pourtant" | "neanmoins" | "revanche" | "sauf" | "hormis" => true,
            // Not « violence contre ».
            "contre" => word.checked_sub(1).is_some_and(|before| self.words.word(before) == "par"),
            _ => false,
        }
    }

    /// « Pas d’hépatite C et VIH positif »: what comes after « et », and says that it is there.
    fn affirms(&self, finding: &Hit) -> bool {
        let positive = |word: usize| {
            let word = self.words.word(word);
            ["positi", "confirme", "retrouve", "decouvert", "avere"].iter().any(|known| word.starts_with(known))
        };
        let joined = finding.first.checked_sub(1).is_some_and(|word| self.words.word(word) == "et");
        joined && (finding.first..=finding.last + 1).any(positive)
    }

    /// Whether a finding is said of a relative.
    pub(super) fn is_of_family(&self, finding: &Hit) -> bool {
        self.heading.family
            || self.cues(Cue::OfFamily).any(|cue| cue.last < finding.first)
            || self.cues(Cue::FamilyAfter).any(|cue| {
                cue.first > finding.last && cue.first - finding.last <= 2 && self.same_clause(cue.first, finding.last)
            })
            || self.kin().any(|kin| self.is_whose(kin, finding) || self.is_topic(kin, finding))
    }

    /// « Sa sœur a subi … », « C’est la cousine qui a été … »: harm told of a relative, not done to somebody by them.
    pub(super) fn befalls_a_relative(&self, finding: &Hit) -> bool {
        let opens = |kin: &Hit| {
            let sentence = |word: usize| self.words.words.get(word).map(|word| word.sentence);
            let before = kin.first.checked_sub(OPENING);
            before.is_none_or(|word| sentence(word) != sentence(kin.first))
        };
        let done = |kin: &Hit| (kin.last + 1..=finding.first).any(|word| self.is_object(word));
        self.is_of_family(finding) || self.kin().any(|kin| kin.last < finding.first && opens(kin) && !done(kin))
    }

    /// « pour sa mère aussi, … », « du côté de son frère : … »: the sentence opens on the relative, and nobody else comes.
    fn is_topic(&self, kin: &Hit, finding: &Hit) -> bool {
        let Some(first) = self.hits.first().map(|hit| hit.first) else { return false };
        let opens = |topic: &Hit| topic.first <= first + 1 && topic.last < kin.first && kin.first - topic.last <= 3;
        let between = (kin.last + 1..finding.first).any(|word| self.is_subject(word));
        kin.last < finding.first && self.cues(Cue::Topic).any(opens) && !between
    }

    fn is_whose(&self, kin: &Hit, finding: &Hit) -> bool {
        if kin.last < finding.first {
            let apart = finding.first - kin.last - 1;
            // « sa mère, schizophrène, » is said of her; « chez sa mère, schizophrénie connue » is not.
            let apposed = apart == 0 && !self.is_preposed(kin);
            let near = self.same_clause(kin.last, finding.first);
            apposed || near && (apart <= 1 && self.describes(kin, finding) || self.acts(kin, finding))
        } else if kin.first > finding.last {
            self.is_attributed(kin, finding) || self.is_in_brackets(kin, finding)
        } else {
            false
        }
    }

    /// « père alcoolique », « mère très dépressive »: said right after the relative.
    fn describes(&self, kin: &Hit, finding: &Hit) -> bool {
        !(kin.last + 1..finding.first)
            .any(|word| self.covers(Cue::Preposition, word) || self.covers(Cue::Subject, word))
            && !self.covers(Cue::Speech, kin.last + 1)
            && !self.is_object(kin.last + 1)
    }

    /// The relative is the subject of what is said, and says it of nobody else.
    fn acts(&self, kin: &Hit, finding: &Hit) -> bool {
        let after = self.past_complement(kin.last + 1);
        let between = |test: &dyn Fn(usize) -> bool| (after..finding.first).any(test);
        let tells = |word: usize| {
            let next = self.words.word(word + 1);
            let just = self.words.word(word) == "vient" && matches!(next, "d" | "de");
            self.covers(Cue::Speech, word) && (just || matches!(next, "etre" | "avoir" | "souffrir"))
        };
        // « sa voisine lui a dit être suivie »: she speaks, of herself.
        let of_oneself = between(&tells);
        !self.is_preposed(kin)
            && (of_oneself || !between(&|word| self.covers(Cue::Speech, word)) && !self.is_object(after))
            && !between(&|word| self.is_subject(word))
    }

    /// Somebody is a new subject here; « il y a », « il faut » are nobody.
    fn is_subject(&self, word: usize) -> bool {
        let nobody = match self.words.word(word) {
            "il" => matches!(self.words.word(word + 1), "y" | "faut" | "reste" | "s"),
            // Who writes.
            "on" | "nous" | "je" | "j" => true,
            _ => false,
        };
        self.covers(Cue::Subject, word) && !nobody
    }

    fn is_preposed(&self, kin: &Hit) -> bool {
        let mut before = kin.first;
        while before > 0 && self.covers(Cue::Determiner, before - 1) {
            before -= 1;
        }
        before > 0 && self.same_clause(before - 1, kin.first) && self.covers(Cue::Preposition, before - 1)
    }

    /// Past « de M. Lagarde », « de chambre »: whose relative it is.
    fn past_complement(&self, word: usize) -> usize {
        if !matches!(self.words.word(word), "de" | "du" | "d" | "des") {
            return word;
        }
        let named = |word: usize| {
            self.covers(Cue::Subject, word) || self.words.words.get(word).is_some_and(|word| word.named || word.upper)
        };
        let mut past = word + 2;
        while named(past) || matches!(self.words.word(past), "de" | "du") && named(past + 1) {
            past += 1;
        }
        past
    }

    /// « sa mère l'accompagne »: the relative does something to the person.
    fn is_object(&self, word: usize) -> bool {
        let word = if matches!(self.words.word(word), "ne" | "n") { word + 1 } else { word };
        matches!(self.words.word(word), "l" | "le" | "la" | "lui" | "les" | "nous" | "m" | "me")
    }

    /// « schizophrénie chez sa mère », « alcoolisme du père ».
    fn is_attributed(&self, kin: &Hit, finding: &Hit) -> bool {
        if kin.first - finding.last > 4 || !self.same_clause(kin.first, finding.last) {
            return false;
        }
        let mut word = kin.first;
        while word > finding.last + 1 && self.covers(Cue::Determiner, word - 1) {
            word -= 1;
        }
        word > finding.last + 1 && word - finding.last <= 3 && self.covers(Cue::Attribution, word - 1)
    }

    /// « schizophrénie (mère) ».
    fn is_in_brackets(&self, kin: &Hit, finding: &Hit) -> bool {
        kin.first == finding.last + 1
            && !self.same_clause(kin.first, finding.last)
            && !self.same_clause(kin.last, kin.last + 1)
    }

    /// Whether a relative is named in the sentence of a finding.
    pub(super) fn has_kin(&self) -> bool {
        self.kin().next().is_some() || self.has(Cue::FamilyAfter)
    }
}

/// Between « aucun » and what there is none of.
fn is_filler(word: &str) -> bool {
    matches!(
        word,
        "de" | "d"
            | "suivi"
            | "mesure"
            | "antecedent"
            | "antecedents"
            | "signe"
            | "trace"
            | "notion"
            | "procedure"
            | "dossier"
    )
}
