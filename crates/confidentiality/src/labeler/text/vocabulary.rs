//! Every pattern of the rules at once: the words of a text tell which words of the rules they are, then only the patterns
//! whose rarest word is in the sentence are run.

use super::cue::{Hit, Owner};
use super::fold::Words;
use super::lexicon::{Form, Lexicon};
use super::matching::{Course, Present, Programs};
use super::rows::Rows;
use super::typo::Typos;
use std::ops::Range;

/// A pattern, and what says without running it that it is not in a sentence.
#[derive(Debug)]
pub(super) struct Pattern {
    /// Whose.
    pub(super) owner: Owner,
    /// Its steps, in the programs.
    pub(super) steps: u32,
    /// The list of atoms that it may begin with, unless it is looked up by them.
    pub(super) firsts: Option<u32>,
    /// Lists of atoms: one of each must be in the sentence.
    pub(super) wants: Range<u32>,
}

/// The patterns, ready to run.
#[derive(Debug)]
pub(super) struct Vocabulary {
    /// The words of the patterns.
    pub(super) lexicon: Lexicon,
    /// How many atoms.
    pub(super) atoms: usize,
    /// Every pattern.
    pub(super) patterns: Vec<Pattern>,
    /// Their steps.
    pub(super) programs: Programs,
    /// Lists of atoms.
    pub(super) lists: Rows<u32>,
    /// Patterns to look up by an atom: the list of which it is one is the rarest of the pattern.
    pub(super) keys: Rows<u32>,
    /// Long words, misspelled.
    pub(super) typos: Typos,
}

/// A pattern found, in the order that findings are read: by word, by atom, by pattern; then the word after.
type Place = (u32, u32, u32, u32);

impl Vocabulary {
    /// Everything found in a text, in the order of its words.
    pub(super) fn find(&self, words: &Words) -> Vec<Hit> {
        let (table, misspelled) = self.table(words);
        let (mut hits, mut places) = (Vec::new(), Vec::new());
        let mut present = Present::new(self.atoms);
        let mut first = 0;
        for sentence in words.words.chunk_by(|a, b| a.sentence == b.sentence) {
            let end = first + sentence.len() as u32;
            present.enter(first..end, &table);
            let course = Course { programs: &self.programs, table: &table, end };
            self.run(&course, &present, &mut places);
            places.sort_unstable();
            for (at, _, pattern, end) in places.drain(..) {
                let Some(pattern) = self.patterns.get(pattern as usize) else { continue };
                let (first, end) = (at as usize, end as usize);
                let misspelled = misspelled.get(first..end).is_some_and(|marks| marks.contains(&true));
                let hit = Hit { owner: pattern.owner, first, last: end - 1, misspelled };
                if !hits.ends_with(&[hit]) {
                    hits.push(hit);
                }
            }
            first = end;
        }
        hits
    }

    /// Runs the patterns that may be in a sentence.
    fn run(&self, course: &Course<'_>, present: &Present, found: &mut Vec<Place>) {
        let mut begin = |number: u32, pattern: &Pattern, places: &[(u32, u32)]| {
            let end = |at: u32| course.run(pattern.steps, at);
            found.extend(places.iter().filter_map(|(atom, at)| Some((*at, *atom, number, end(*at)?))));
        };
        let wants = |list: u32| self.lists.of(list).iter().any(|atom| present.has(*atom));
        // Looked up by words that they need not begin with; more than once, maybe.
        let mut others = Vec::new();
        for places in present.atoms() {
            let Some(&(atom, _)) = places.first() else { continue };
            for &number in self.keys.of(atom) {
                let Some(pattern) = self.patterns.get(number as usize) else { continue };
                if !pattern.wants.clone().all(wants) {
                    continue;
                }
                match pattern.firsts {
                    None => begin(number, pattern, places),
                    Some(firsts) => others.push((number, firsts)),
                }
            }
        }
        others.sort_unstable();
        others.dedup();
        for (number, firsts) in others {
            let Some(pattern) = self.patterns.get(number as usize) else { continue };
            for atom in self.lists.of(firsts) {
                begin(number, pattern, present.places(*atom));
            }
        }
    }

    /// The atoms of each word, and which words are taken for misspellings.
    fn table(&self, words: &Words) -> (Rows<u32>, Vec<bool>) {
        let (mut table, mut misspelled) = (Rows::default(), Vec::with_capacity(words.words.len()));
        let mut atoms = Vec::new();
        for (index, word) in words.words.iter().enumerate() {
            let written = words.word(index);
            let mut known = word.named;
            self.lexicon.meet(words.from(index), |met| {
                // A stem says little of a longer word: it may still be a misspelling.
                known |= met.form != Form::Stem || met.length + 2 >= written.len();
                if met.form != Form::Known && (met.form != Form::Upper || word.upper) {
                    atoms.push(met.atom);
                }
            });
            let before = atoms.len();
            if !known {
                self.typos.find(written, |atom| atoms.push(atom));
            }
            misspelled.push(atoms.len() > before);
            atoms.sort_unstable();
            atoms.dedup();
            table.push(atoms.drain(..));
        }
        (table, misspelled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labeler::rules;
    use crate::labeler::text::{TextRules, fold};
    use std::collections::BTreeSet;

    /// Every pattern run at every word.
    fn run_all(vocabulary: &Vocabulary, words: &Words) -> BTreeSet<(Owner, usize, usize)> {
        let (table, _) = vocabulary.table(words);
        let mut found = BTreeSet::new();
        let mut end = 0;
        for sentence in words.words.chunk_by(|a, b| a.sentence == b.sentence) {
            let first = end;
            end += sentence.len() as u32;
            let course = Course { programs: &vocabulary.programs, table: &table, end };
            for at in first..end {
                let ends =
                    |pattern: &Pattern| Some((pattern.owner, at as usize, course.run(pattern.steps, at)? as usize - 1));
                found.extend(vocabulary.patterns.iter().filter_map(ends));
            }
        }
        found
    }

    #[test]
    fn what_is_not_run_would_not_be_found() {
        let rules = TextRules::new(&rules::shipped().unwrap()).unwrap();
        let notes = include_str!("../../../tests/cases/health-notes.jsonl").lines();
        let notes = notes.chain(include_str!("../../../tests/cases/social-notes.jsonl").lines());
        for note in notes.step_by(8) {
            let words = fold::cut(note, &rules.reading);
            let found = rules.vocabulary.find(&words).into_iter().map(|hit| (hit.owner, hit.first, hit.last)).collect();
            assert_eq!(run_all(&rules.vocabulary, &words), found, "{note}");
        }
    }
}
