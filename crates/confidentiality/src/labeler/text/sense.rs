//! Another sense: a name, a title, a joke, a game, an animal, a machine.

use super::cue::{Cue, Hit};
use super::fold::Word;
use super::sentence::Sentence;

/// Words between one of two senses and what says that it is the other.
const PLAY: usize = 6;
/// Words between a writing and its title.
const TITLE: usize = 4;
/// Words between a story and what it tells.
const TALE: usize = 10;
/// Words between an acronym and a game, a meal, a line of the underground.
const BESIDE: usize = 3;

impl Sentence<'_> {
    /// Only a name: « M. Cancer », « rue de la Prison », « arrêt Hôpital psychiatrique ».
    pub(super) fn is_name(&self, finding: &Hit) -> bool {
        let proper = |index: usize| {
            let long = |word: &Word| word.upper && word.end - word.start > 4;
            self.words.words.get(index).is_some_and(|word| word.named || long(word))
        };
        let passed = |index: usize| proper(index) || is_link(self.words.word(index));
        if !proper(finding.last) || !(finding.first..finding.last).all(passed) {
            return false;
        }
        let alone = finding.first == finding.last;
        let named = |index: usize| self.words.words.get(index).is_some_and(|word| word.named);
        let mut before = finding.first;
        while before > 0 && self.same_clause(before - 1, finding.first) {
            before -= 1;
            if self.covers(Cue::Given, before) && named(finding.last) {
                return alone && before + 1 == finding.first;
            }
            if is_civility(self.words.word(before)) {
                // « Mme Lhéritier-Viol » is a name; in a text all in capitals, only what follows « MME » is.
                return alone && (before + 1 == finding.first || (before + 1..=finding.last).all(named));
            }
            if self.covers(Cue::Naming, before) {
                return true;
            }
            if !passed(before) {
                return false;
            }
        }
        false
    }

    /// A title, or a joke; harm done « pour rire » is done.
    pub(super) fn is_fiction(&self, finding: &Hit, harm: bool) -> bool {
        let quoted = self.words.words.get(finding.first).is_some_and(|word| word.quoted);
        // « Après le film, … » is when it happened; « après le film sur … » is what it tells.
        let tells = |cue: &Hit| !self.is_occasion(cue) || self.words.word(cue.last + 1) == "sur";
        // « regarde un film puis frappe son voisin »: one thing after the other.
        let then = |cue: &Hit| {
            (cue.last + 1..finding.first)
                .any(|word| matches!(self.words.word(word), "puis" | "ensuite" | "avant" | "apres"))
        };
        let titled = |cue: &Hit| {
            let near =
                finding.first.saturating_sub(cue.last) <= 4 && self.is_near(cue, finding) && tells(cue) && !then(cue);
            cue.last < finding.first && (quoted || near)
        };
        !harm && self.is_joke(finding)
            || self.is_work(finding)
            || self.is_title(finding)
            || self.cues(Cue::Fiction).any(titled)
    }

    /// « protocole « fin de vie » »: between quotation marks, what a writing for everybody is called.
    pub(super) fn is_entitled(&self, finding: &Hit) -> bool {
        let Some(open) = self.quotation(finding) else { return false };
        let names = |cue: &Hit| cue.last < open && open - cue.last <= TITLE && self.is_near(cue, finding);
        // « guide « préparer sa sortie » »: whose it is, in a title, is nobody.
        let titled = |cue: &Hit| is_own(self.words.word(cue.first)) && self.quotation(cue).is_some();
        let somebody = |cue: &Hit| !titled(cue) && !self.is_of_a_thing(cue);
        !self.cues(Cue::Designated).any(somebody)
            && !self.cues(Cue::Borne).any(somebody)
            && !self.has_kin()
            && !self.has(Cue::Quoting)
            && self.cues(Cue::Entitled).any(names)
    }

    /// The first word of the quotation that a finding is wholly in.
    fn quotation(&self, finding: &Hit) -> Option<usize> {
        let quoted = |word: usize| self.words.words.get(word).is_some_and(|word| word.quoted);
        (finding.first..=finding.last).all(quoted).then(|| {
            let before = (0..finding.first).rev().take_while(|word| quoted(*word));
            before.last().unwrap_or(finding.first)
        })
    }

    /// « « Garde à vue » hier au ciné-club »: a quotation with its capital, beside what is read or seen; nobody speaks in it.
    fn is_title(&self, finding: &Hit) -> bool {
        let Some(open) = self.quotation(finding) else { return false };
        let word = |index: usize| self.words.words.get(index);
        let spoken = (open..).take_while(|index| word(*index).is_some_and(|word| word.quoted)).any(|index| {
            matches!(self.words.word(index), "je" | "j" | "m" | "me" | "moi" | "mon" | "ma" | "mes" | "tu")
        });
        let beside = |cue: &Hit| !self.is_occasion(cue);
        word(open).is_some_and(|word| word.capital)
            && !spoken
            && !self.has(Cue::Quoting)
            && (self.cues(Cue::Fiction).any(beside) || self.cues(Cue::Works).any(beside))
    }

    /// « Dans le roman, le héros sort de prison »: told in a story, and of nobody here.
    pub(super) fn is_story(&self, finding: &Hit) -> bool {
        let nobody = |from: usize, to: usize| !(from..to).any(|word| self.is_somebody(word));
        let told = |cue: &Hit| {
            let before =
                cue.last < finding.first && finding.first - cue.last <= TALE && nobody(cue.last + 1, finding.first);
            let after =
                cue.first > finding.last && cue.first - finding.last <= PLAY && nobody(finding.last + 1, cue.first);
            (before || after) && !self.is_occasion(cue)
        };
        !self.has(Cue::Lived) && !self.is_owned(finding) && self.cues(Cue::Story).any(told)
    }

    /// Somebody here comes: a pronoun, a civility, what somebody did after something else.
    fn is_somebody(&self, index: usize) -> bool {
        let begins = index.checked_sub(1).is_some_and(|before| !self.same_clause(before, index));
        let word = self.words.word(index);
        let does = matches!(word, "a" | "s" | "se" | "est" | "ne" | "n" | "puis" | "et" | "avant");
        matches!(word, "elle" | "lui" | "monsieur" | "madame" | "m" | "mme" | "puis" | "resident" | "residente")
            || begins && does
    }

    /// « son antirétroviral », « ses dettes »: somebody's.
    pub(super) fn is_owned(&self, finding: &Hit) -> bool {
        finding.first.checked_sub(1).is_some_and(|before| is_own(self.words.word(before)))
    }

    /// « Le chat de la résidence est porteur du FIV »: it opens on an animal, and nobody comes.
    pub(super) fn is_of_an_animal(&self, finding: &Hit) -> bool {
        let opens = |cue: &Hit| self.same_clause(cue.last, finding.first) && self.is_opened_by(cue);
        // « sevrage des chiots »
        let theirs = |cue: &Hit| {
            let of = |word: usize| matches!(self.words.word(word), "de" | "du" | "des" | "d");
            let mut between = finding.last + 1..cue.first;
            (1..=2).contains(&between.len())
                && between.clone().any(of)
                && between.all(|word| is_link(self.words.word(word)))
        };
        let alone = !self.has(Cue::Designated) && !self.has_kin();
        self.cues(Cue::Animal).any(|cue| theirs(cue) || alone && opens(cue))
    }

    /// « GPA du bâtiment C », « resto JAP réservé »: an acronym among builders, machines, accounts, games or dishes, and
    /// nobody who suffers or is followed. What is drunk, taken or done to somebody goes with leisure too.
    pub(super) fn is_elsewhere(&self, finding: &Hit, institution: bool) -> bool {
        let short = |word: &Word| word.upper && word.end - word.start <= 5;
        let acronym = finding.first == finding.last && self.words.words.get(finding.first).is_some_and(short);
        let technical = self.cues(Cue::Technical).any(|cue| self.same_clause(cue.first, finding.first));
        let before = finding.first.checked_sub(1).filter(|before| self.same_clause(*before, finding.first));
        // « l’accord de l’UDAF pour la télé » is of the institution; « resto JAP » is not.
        let said = matches!(
            before.map_or("", |before| self.words.word(before)),
            "l" | "la" | "le" | "du" | "de" | "par" | "avec" | "au" | "a" | "chez" | "suivi" | "rdv" | "vous"
        );
        let at_play = institution && !said && self.is_beside_leisure(finding, BESIDE);
        acronym && (technical && !self.has(Cue::Designated) || at_play)
    }

    fn is_beside_leisure(&self, finding: &Hit, within: usize) -> bool {
        let near = |cue: &Hit| self.same_clause(cue.first, finding.first) && cue.first.abs_diff(finding.last) <= within;
        !self.has(Cue::Afflicted) && self.cues(Cue::Leisure).any(near)
    }

    /// Builders, machines, accounts, and nobody.
    pub(super) fn is_workshop(&self) -> bool {
        self.has(Cue::Technical) && !self.has(Cue::Designated) && !self.has_kin()
    }

    /// « la coke est livrée pour la forge du musée »: a word of two senses beside a game, a show, an animal, and nothing
    /// that somebody takes or suffers from.
    pub(super) fn is_at_play(&self, finding: &Hit) -> bool {
        (finding.first..=finding.last).any(|word| self.covers(Cue::Ambiguous, word))
            && self.is_beside_leisure(finding, PLAY)
    }

    /// « relit Le Sursis », « regarde Prison Break »: a title, by its capital.
    fn is_work(&self, finding: &Hit) -> bool {
        let named = |word: usize| self.words.words.get(word).is_some_and(|word| word.named);
        let titled = named(finding.first) || finding.first.checked_sub(1).is_some_and(named);
        let near = |cue: &Hit| {
            let close = cue.last < finding.first && finding.first - cue.last <= 4 && self.is_near(cue, finding);
            close && !self.is_occasion(cue)
        };
        titled && self.cues(Cue::Works).any(near)
    }

    /// « Je vais me pendre, a-t-il plaisanté »; but « a avoué en riant avoir fait deux ans de prison » is an avowal, and
    /// « plaisante de sa schizophrénie » says that there is one.
    fn is_joke(&self, finding: &Hit) -> bool {
        let turns = |cue: &Hit| {
            let (from, to) = (cue.last.min(finding.last), cue.first.max(finding.first));
            (from..to).any(|word| matches!(self.words.word(word), "mais" | "pourtant" | "cependant" | "malgre"))
        };
        let joking = self.cues(Cue::Joke).chain(self.cues(Cue::Jest).filter(|cue| self.is_jested(cue, finding)));
        !self.is_owned(finding) && !self.has(Cue::Earnest) && joking.into_iter().any(|cue| !turns(cue))
    }

    /// Whether what is found is what the joke says: quoted, spoken in the first person, after « en plaisantant que », before
    /// « plaisante-t-il »; « schizophrène, plaisante avec les autres » is said of somebody who jokes.
    fn is_jested(&self, cue: &Hit, finding: &Hit) -> bool {
        let quoted = self.words.words.get(finding.first).is_some_and(|word| word.quoted);
        let word = |index: usize| self.words.word(index);
        let speaker = |index: usize| {
            let appointed =
                word(index) == "vous" && index.checked_sub(1).is_some_and(|before| word(before) == "rendez");
            matches!(word(index), "je" | "j" | "moi" | "mon" | "ma" | "vous" | "tu" | "t")
                && !appointed
                && self.same_clause(index, finding.first)
        };
        let spoken = (finding.first.saturating_sub(PLAY)..finding.first).any(speaker);
        let beside = matches!(word(cue.first), "pour" | "par" | "avec" | "sur" | "en" | "a");
        let pronoun = |index: usize, verbs: &[&str]| {
            matches!(word(index), "il" | "elle")
                && index.checked_sub(1).is_some_and(|before| verbs.contains(&word(before)))
        };
        // « plaisante-t-il », « dit-elle en plaisantant »
        let inverted = (cue.last + 1..=cue.last + 3).any(|index| pronoun(index, &["t"]))
            || beside
                && (cue.first.saturating_sub(4)..cue.first)
                    .any(|index| pronoun(index, &["t", "dit", "lance", "repond"]));
        let reported = |index: usize| {
            matches!(word(index), "que" | "qu" | "sur")
                || self.words.words.get(index).is_some_and(|word| word.after_colon)
        };
        // « s’enfuit pour rire », « avec humour »: how it is done.
        let manner = beside && word(cue.first) != "a" && self.same_clause(cue.first, finding.last);
        let told = cue.last < finding.first && (cue.last + 1..=finding.first.min(cue.last + 4)).any(reported);
        quoted || spoken || told || manner || inverted && finding.last < cue.first
    }

    /// « pendant le film », « après le spectacle »: when something happened.
    fn is_occasion(&self, cue: &Hit) -> bool {
        let mut before = cue.first;
        while before > 0 && self.covers(Cue::Determiner, before - 1) {
            before -= 1;
        }
        before > 0 && matches!(self.words.word(before - 1), "apres" | "pendant" | "durant" | "depuis" | "devant")
    }
}

fn is_civility(word: &str) -> bool {
    matches!(
        word,
        "m" | "mm"
            | "mr"
            | "mme"
            | "mmes"
            | "mlle"
            | "monsieur"
            | "madame"
            | "mademoiselle"
            | "dr"
            | "docteur"
            | "pr"
            | "maitre"
    )
}

fn is_own(word: &str) -> bool {
    matches!(word, "sa" | "son" | "ses")
}

/// Between a kind of place and its name.
fn is_link(word: &str) -> bool {
    matches!(
        word,
        "a" | "au" | "aux" | "d" | "de" | "des" | "du" | "en" | "et" | "l" | "la" | "le" | "les" | "vieille" | "vieux"
    )
}

/// A word that says nothing before what a rule finds.
pub(super) fn is_little(word: &str) -> bool {
    matches!(word, "a" | "au" | "est" | "sont" | "d" | "de" | "des" | "du" | "l" | "la" | "le" | "les" | "un" | "une")
}
