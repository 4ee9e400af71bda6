//! What a heading says of the lines below it: « Antécédents familiaux : », « Programme de formation : ».

use super::cue::Cue;
use super::fold::{Word, Words};
use super::sentence::Sentence;

/// Words of a heading at most.
const HEADING: usize = 8;
/// Within this many words a colon opens a line of its own: « Antécédents personnels : … ».
const OPENING: usize = 4;

/// The heading above a sentence.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Heading {
    /// What follows is about relatives.
    pub(super) family: bool,
    /// What follows is for everybody.
    pub(super) collective: bool,
}

impl Heading {
    /// What still stands above a sentence: nothing after a blank line, another heading, somebody spoken of anew.
    pub(super) fn above(self, text: &str, words: &Words, first: usize, sentence: &[Word], kin: bool) -> Self {
        if self == Self::default() {
            return self;
        }
        let before = first.checked_sub(1).and_then(|before| words.words.get(before));
        let gap = before.zip(sentence.first()).and_then(|(before, word)| text.get(before.end..word.start));
        let blank = gap.is_some_and(|gap| gap.matches('\n').count() > 1 && !gap.contains(':'));
        let another = !kin && sentence.iter().skip(1).take(OPENING).any(|word| word.after_colon);
        let anew =
            matches!(words.word(first), "il" | "elle" | "m" | "mme" | "mr" | "monsieur" | "madame" | "on" | "nous");
        if blank || anew || another {
            return Self::default();
        }
        Self { collective: self.collective && !sentence.iter().any(|word| word.named), ..self }
    }

    /// The heading that a sentence is, if a colon ends it and the next sentence begins after; or what goes on after a
    /// semicolon, a number: « ordre du jour : 1. … ; 2. … ».
    pub(super) fn of(text: &str, sentence: &Sentence<'_>, read: &[Word], next: Option<&Word>) -> Option<Self> {
        let next = next?;
        if next.after_colon && read.len() <= HEADING {
            let family = sentence.has(Cue::OfFamily) || sentence.has(Cue::FamilyAfter);
            return Some(Self { family, collective: sentence.is_collective() });
        }
        let last = read.last()?;
        let number = text.get(last.start..last.end)?.bytes().all(|letter| letter.is_ascii_digit());
        let gap = text.get(last.end..next.start)?;
        // « Affiche : « On ne juge pas. Écoute, gratuit. » »: the same words are quoted on.
        let quoted = last.quoted && !gap.contains(['»', '”', '"', '\n']);
        let goes_on = number || quoted || gap.contains(';');
        (goes_on && sentence.is_collective()).then_some(Self { family: false, collective: true })
    }
}
