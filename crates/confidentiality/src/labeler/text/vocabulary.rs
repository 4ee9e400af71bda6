//! Every pattern of the rules in one automaton: one pass over a text gives the words of the rules that it holds, then
//! only the patterns that may be there are run.

use super::cue::{Hit, Owner};
use super::fold::Words;
use super::matching::{Course, Node, Present, Table, firsts, wants};
use super::pattern::{self, Atom, Classes};
use super::typo::Typos;
use crate::labeler::rules::Context;
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What is needed to cut a text.
#[derive(Debug, Default)]
pub(super) struct Reading {
    /// One word for one or several.
    pub(super) abbreviations: HashMap<String, String>,
    /// Short forms that a full stop may follow.
    pub(super) dotted: BTreeSet<String>,
    /// Words that begin a clause.
    pub(super) breaks: BTreeSet<String>,
}

impl Reading {
    pub(super) fn new(context: &Context) -> Self {
        Self {
            abbreviations: context.abbreviations.iter().map(|(short, long)| (short.clone(), long.clone())).collect(),
            dotted: context.dotted.iter().cloned().collect(),
            breaks: context.breaks.iter().cloned().collect(),
        }
    }
}

/// A pattern that may begin here, with the shortest list of what it wants beside it: most are dropped on it.
#[derive(Debug)]
struct Start {
    pattern: u32,
    /// [`NO_ATOM`] after the last; nothing but it: no short list.
    want: [u32; 4],
}

const NO_ATOM: u32 = u32::MAX;

impl Start {
    fn new(pattern: usize, wants: &[Vec<u32>]) -> Self {
        let mut want = [NO_ATOM; 4];
        let short = wants.first().filter(|atoms| atoms.len() <= want.len());
        for (place, atom) in want.iter_mut().zip(short.into_iter().flatten()) {
            *place = *atom;
        }
        Self { pattern: pattern as u32, want }
    }

    fn is_open(&self, present: &Present) -> bool {
        self.want[0] == NO_ATOM || self.want.iter().any(|atom| *atom != NO_ATOM && present.has(*atom))
    }
}

#[derive(Debug)]
struct Pattern {
    owner: Owner,
    steps: Vec<Node>,
    /// After the first step: one atom of each of these must be in the sentence, or the pattern is not there.
    wants: Vec<Vec<u32>>,
}

/// The patterns, ready to run.
#[derive(Debug)]
pub(super) struct Vocabulary {
    automaton: AhoCorasick,
    /// Atom of each pattern of the automaton.
    atoms: Vec<u32>,
    /// Whether an atom wants capitals.
    upper: Vec<bool>,
    patterns: Vec<Pattern>,
    /// Patterns that may begin with an atom.
    starts: Vec<Vec<Start>>,
    typos: Typos,
    known: BTreeSet<String>,
}

/// Gathers patterns.
#[derive(Default)]
pub(super) struct Builder {
    classes: Classes,
    ids: HashMap<Atom, u32>,
    patterns: Vec<Pattern>,
    spelled: BTreeSet<u32>,
}

impl Builder {
    pub(super) fn new(lists: &BTreeMap<String, Vec<String>>) -> Result<Self, String> {
        Ok(Self { classes: pattern::classes(lists)?, ..Self::default() })
    }

    /// Adds the patterns of a list.
    pub(super) fn add(&mut self, owner: Owner, terms: &[String]) -> Result<(), String> {
        // What silences or says how to read is never a misspelled word.
        let spelled = matches!(owner, Owner::Rule(_) | Owner::Needs(_));
        for term in terms {
            let steps = pattern::parse(term, &self.classes)?;
            let mut id = |atom: Atom| {
                let next = self.ids.len() as u32;
                let id = *self.ids.entry(atom).or_insert(next);
                if spelled {
                    self.spelled.insert(id);
                }
                id
            };
            let steps: Vec<Node> = steps.into_iter().map(|step| Node::new(step.map(&mut id))).collect();
            if !firsts(&steps, &mut Vec::new()) {
                return Err(format!("« {term} »: nothing in it is required"));
            }
            let wants = wants(&steps);
            self.patterns.push(Pattern { owner, steps, wants });
        }
        Ok(())
    }

    pub(super) fn build(self, known: &[String]) -> Result<Vocabulary, String> {
        let mut needles = Needles { upper: vec![false; self.ids.len()], ..Needles::default() };
        let mut ids: Vec<_> = self.ids.into_iter().collect();
        ids.sort_unstable_by_key(|(_, id)| *id);
        for (atom, id) in ids {
            needles.add(atom, id, self.spelled.contains(&id));
        }
        let mut starts: Vec<Vec<Start>> = Vec::new();
        starts.resize_with(needles.upper.len(), Vec::new);
        for (index, pattern) in self.patterns.iter().enumerate() {
            let mut atoms = Vec::new();
            firsts(&pattern.steps, &mut atoms);
            atoms.sort_unstable();
            atoms.dedup();
            for atom in atoms {
                if let Some(list) = starts.get_mut(atom as usize) {
                    list.push(Start::new(index, &pattern.wants));
                }
            }
        }
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(&needles.texts)
            .map_err(|error| error.to_string())?;
        let known = known.iter().cloned().collect();
        let Needles { atoms, upper, typos, .. } = needles;
        Ok(Vocabulary { automaton, atoms, upper, patterns: self.patterns, starts, typos, known })
    }
}

/// What the automaton looks for.
#[derive(Default)]
struct Needles {
    texts: Vec<String>,
    /// Atom of each text.
    atoms: Vec<u32>,
    upper: Vec<bool>,
    typos: Typos,
}

impl Needles {
    fn add(&mut self, atom: Atom, id: u32, spelled: bool) {
        match atom {
            Atom::Stem(stem) => {
                if spelled {
                    self.typos.add(&stem, true, id);
                }
                self.push(format!(" {stem}"), id);
            }
            Atom::Word(word) => {
                if word.len() >= 4 && !word.ends_with(['s', 'x', 'z']) {
                    self.push(format!(" {word}s "), id);
                    self.push(format!(" {word}x "), id);
                }
                if spelled {
                    self.typos.add(&word, false, id);
                }
                self.push(format!(" {word} "), id);
            }
            Atom::Upper(word) => {
                if let Some(flag) = self.upper.get_mut(id as usize) {
                    *flag = true;
                }
                self.push(format!(" {word} "), id);
            }
        }
    }

    fn push(&mut self, text: String, id: u32) {
        self.texts.push(text);
        self.atoms.push(id);
    }
}

impl Vocabulary {
    /// Everything found in a text, in the order of its words.
    pub(super) fn find(&self, words: &Words) -> Vec<Hit> {
        let (table, misspelled) = self.table(words);
        let mut hits = Vec::new();
        let mut present = Present::new(self.upper.len());
        for (at, word) in words.words.iter().enumerate() {
            let course = Course { words, table: &table, sentence: word.sentence };
            present.enter(word.sentence, at, words, &table);
            for (_, atom) in table.of(at) {
                let starts = self.starts.get(*atom as usize).map(Vec::as_slice).unwrap_or_default();
                for start in starts.iter().filter(|start| start.is_open(&present)) {
                    let Some(pattern) = self.patterns.get(start.pattern as usize) else { continue };
                    if !pattern.wants.iter().all(|atoms| atoms.iter().any(|atom| present.has(*atom))) {
                        continue;
                    }
                    let Some(end) = course.end(&pattern.steps, at) else { continue };
                    let misspelled = misspelled.get(at..end).is_some_and(|marks| marks.contains(&true));
                    let hit = Hit { owner: pattern.owner, first: at, last: end - 1, misspelled };
                    if !hits.ends_with(&[hit]) {
                        hits.push(hit);
                    }
                }
            }
        }
        hits
    }

    /// The atoms of each word, and which words are taken for misspellings.
    fn table(&self, words: &Words) -> (Table, Vec<bool>) {
        let count = words.words.len();
        let mut pairs: Vec<(u32, u32)> = Vec::with_capacity(count * 3);
        let mut seen = vec![false; count];
        for found in self.automaton.find_overlapping_iter(&words.text) {
            let Some(word) = words.at(found.start() + 1) else { continue };
            let Some(&atom) = self.atoms.get(found.pattern().as_usize()) else { continue };
            // A stem says little of a longer word: it may still be a misspelling.
            let length = words.word(word).len();
            if let Some(mark) = seen.get_mut(word) {
                *mark |= found.len() + 1 >= length;
            }
            let wants_capitals = self.upper.get(atom as usize).copied().unwrap_or_default();
            if !wants_capitals || words.words.get(word).is_some_and(|word| word.upper) {
                pairs.push((word as u32, atom));
            }
        }
        let mut misspelled = vec![false; count];
        for (index, mark) in misspelled.iter_mut().enumerate() {
            let word = words.word(index);
            let named = words.words.get(index).is_some_and(|word| word.named);
            if named || seen.get(index) == Some(&true) || self.known.contains(word) {
                continue;
            }
            self.typos.find(word, |atom| {
                pairs.push((index as u32, atom));
                *mark = true;
            });
        }
        (Table::new(pairs, count), misspelled)
    }
}
