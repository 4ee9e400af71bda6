//! Every pattern of the rules in one automaton: one pass over a text gives all that was found.

use super::fold::Words;
use super::pattern::{self, Atom, Classes, Step};
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

/// What a pattern stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Owner {
    /// A term of a rule.
    Rule(u32),
    /// What a rule wants in the sentence.
    Needs(u32),
    /// What silences a rule.
    Unless(u32),
    /// An ordinary expression.
    Neutral(u32),
    /// Something that says how to read the sentence.
    Cue(Cue),
}

/// What says how to read a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Cue {
    Daily,
    Standard,
    Generic,
    Individual,
    Denial,
    NoDenial,
    DenialAfter,
    DenialColon,
    DenialWhole,
    Never,
    Watch,
    Kin,
    OfFamily,
    FamilyAfter,
    Preposition,
    Attribution,
    Speech,
    Subject,
    Determiner,
    Topic,
    Collective,
    Designated,
    Fiction,
    Joke,
}

impl Cue {
    /// Its bit in a set of cues.
    pub(super) const fn bit(self) -> u32 {
        1 << (self as u32)
    }
}

/// A pattern found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hit {
    /// Whose.
    pub(super) owner: Owner,
    /// First word.
    pub(super) first: usize,
    /// Last word.
    pub(super) last: usize,
    /// A word of it is misspelled.
    pub(super) misspelled: bool,
}

#[derive(Debug)]
struct Pattern {
    owner: Owner,
    steps: Vec<Step<u32>>,
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
    starts: Vec<Vec<u32>>,
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
        let spelled = !matches!(owner, Owner::Cue(_));
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
            let steps: Vec<Step<u32>> = steps.into_iter().map(|step| step.map(&mut id)).collect();
            if !firsts(&steps, &mut Vec::new()) {
                return Err(format!("« {term} »: nothing in it is required"));
            }
            let wants = wants(&steps);
            self.patterns.push(Pattern { owner, steps, wants });
        }
        Ok(())
    }

    pub(super) fn build(self, known: &[String]) -> Result<Vocabulary, String> {
        let (mut needles, mut atoms) = (Vec::new(), Vec::new());
        let mut upper = vec![false; self.ids.len()];
        let mut typos = Typos::default();
        let mut ids: Vec<_> = self.ids.into_iter().collect();
        ids.sort_unstable_by_key(|(_, id)| *id);
        for (atom, id) in ids {
            let spelled = self.spelled.contains(&id);
            match atom {
                Atom::Stem(stem) => {
                    if spelled {
                        typos.add(&stem, true, id);
                    }
                    needles.push(format!(" {stem}"));
                }
                Atom::Word(word) => {
                    if word.len() >= 4 && !word.ends_with(['s', 'x', 'z']) {
                        needles.extend([format!(" {word}s "), format!(" {word}x ")]);
                        atoms.extend([id, id]);
                    }
                    if spelled {
                        typos.add(&word, false, id);
                    }
                    needles.push(format!(" {word} "));
                }
                Atom::Upper(word) => {
                    if let Some(flag) = upper.get_mut(id as usize) {
                        *flag = true;
                    }
                    needles.push(format!(" {word} "));
                }
            }
            atoms.push(id);
        }
        let mut starts = vec![Vec::new(); upper.len()];
        for (index, pattern) in self.patterns.iter().enumerate() {
            let mut atoms = Vec::new();
            firsts(&pattern.steps, &mut atoms);
            for atom in atoms {
                if let Some(list) = starts.get_mut(atom as usize).filter(|list| list.last() != Some(&(index as u32))) {
                    list.push(index as u32);
                }
            }
        }
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(&needles)
            .map_err(|error| error.to_string())?;
        let known = known.iter().cloned().collect();
        Ok(Vocabulary { automaton, atoms, upper, patterns: self.patterns, starts, typos, known })
    }
}

/// Which atoms each word of a text is.
struct Table {
    pairs: Vec<(u32, u32)>,
    offsets: Vec<usize>,
    misspelled: Vec<bool>,
}

impl Table {
    fn of(&self, word: usize) -> &[(u32, u32)] {
        match (self.offsets.get(word), self.offsets.get(word + 1)) {
            (Some(&from), Some(&to)) => self.pairs.get(from..to).unwrap_or_default(),
            _ => &[],
        }
    }

    fn is(&self, word: usize, atom: u32) -> bool {
        self.of(word).binary_search_by_key(&atom, |pair| pair.1).is_ok()
    }
}

impl Vocabulary {
    /// Everything found in a text, in the order of its words.
    pub(super) fn find(&self, words: &Words) -> Vec<Hit> {
        let table = self.table(words);
        let mut hits = Vec::new();
        let mut present = Present::new(self.upper.len());
        for (at, word) in words.words.iter().enumerate() {
            let course = Course { words, table: &table, sentence: Some(word.sentence) };
            present.enter(word.sentence, at, words, &table);
            for (_, atom) in table.of(at) {
                for index in self.starts.get(*atom as usize).map(Vec::as_slice).unwrap_or_default() {
                    let Some(pattern) = self.patterns.get(*index as usize) else { continue };
                    if !pattern.wants.iter().all(|atoms| present.any(atoms)) {
                        continue;
                    }
                    let Some(end) = course.run(Rest { steps: &pattern.steps, then: None }, at) else { continue };
                    let misspelled = table.misspelled.get(at..end).is_some_and(|marks| marks.contains(&true));
                    let hit = Hit { owner: pattern.owner, first: at, last: end - 1, misspelled };
                    if !hits.ends_with(&[hit]) {
                        hits.push(hit);
                    }
                }
            }
        }
        hits
    }

    fn table(&self, words: &Words) -> Table {
        let count = words.words.len();
        let mut pairs: Vec<(u32, u32)> = Vec::with_capacity(count * 3);
        let mut seen = vec![false; count];
        for found in self.automaton.find_overlapping_iter(&words.text) {
            let Some(word) = words.at(found.start() + 1) else { continue };
            let Some(&atom) = self.atoms.get(found.pattern().as_usize()) else { continue };
            // A short stem says little of a long word: it may still be a misspelling.
            let length = words.word(word).len();
            if let Some(mark) = seen.get_mut(word) {
                *mark |= (found.len() - 1).min(length) * 4 >= length * 3;
            }
            let wants_capitals = self.upper.get(atom as usize).copied().unwrap_or_default();
            if !wants_capitals || words.words.get(word).is_some_and(|word| word.upper) {
                pairs.push((word as u32, atom));
            }
        }
        let mut misspelled = vec![false; count];
        for (index, _) in seen.iter().enumerate().filter(|(_, seen)| !**seen) {
            let word = words.word(index);
            if self.known.contains(word) || words.words.get(index).is_some_and(|word| word.named) {
                continue;
            }
            self.typos.find(word, |atom| {
                pairs.push((index as u32, atom));
                if let Some(mark) = misspelled.get_mut(index) {
                    *mark = true;
                }
            });
        }
        pairs.sort_unstable();
        pairs.dedup();
        let mut offsets = vec![0; count + 1];
        for (word, _) in &pairs {
            if let Some(offset) = offsets.get_mut(*word as usize + 1) {
                *offset += 1;
            }
        }
        let mut sum = 0;
        for offset in &mut offsets {
            sum += *offset;
            *offset = sum;
        }
        Table { pairs, offsets, misspelled }
    }
}

/// The atoms of the sentence at hand.
struct Present {
    /// Last sentence, counted from 1, in which each atom was.
    seen: Vec<u32>,
    sentence: u32,
}

impl Present {
    fn new(atoms: usize) -> Self {
        Self { seen: vec![0; atoms], sentence: 0 }
    }

    /// Takes in the sentence that begins with the word `at`, unless it is the one at hand.
    fn enter(&mut self, sentence: u32, at: usize, words: &Words, table: &Table) {
        if self.sentence == sentence + 1 {
            return;
        }
        self.sentence = sentence + 1;
        let rest = words.words.get(at..).unwrap_or_default();
        let length = rest.iter().take_while(|word| word.sentence == sentence).count();
        for (_, atom) in (at..at + length).flat_map(|word| table.of(word)) {
            if let Some(seen) = self.seen.get_mut(*atom as usize) {
                *seen = self.sentence;
            }
        }
    }

    fn any(&self, atoms: &[u32]) -> bool {
        atoms.iter().any(|atom| self.seen.get(*atom as usize) == Some(&self.sentence))
    }
}

/// Longest list of alternatives that is looked for ahead.
const AHEAD: usize = 24;

/// What must stand in a sentence for a pattern to be there, its first step apart.
fn wants(steps: &[Step<u32>]) -> Vec<Vec<u32>> {
    let one = |step: &Step<u32>| {
        let mut atoms = Vec::new();
        let required = firsts(std::slice::from_ref(step), &mut atoms);
        (required && atoms.len() <= AHEAD).then_some(atoms)
    };
    let mut wants: Vec<_> = steps.iter().skip(1).filter_map(one).collect();
    wants.sort_by_key(Vec::len);
    wants
}

/// Gathers the atoms a pattern may begin with; whether it wants any word at all.
fn firsts(steps: &[Step<u32>], atoms: &mut Vec<u32>) -> bool {
    for step in steps {
        match step {
            Step::Word(atom) => {
                atoms.push(*atom);
                return true;
            }
            Step::One(rows) => {
                // Every alternative is gathered, then all must want a word.
                if rows.iter().fold(true, |all, row| firsts(row, atoms) && all) {
                    return true;
                }
            }
            Step::Maybe(rows) => {
                for row in rows {
                    firsts(row, atoms);
                }
            }
            Step::Gap(_) => {}
        }
    }
    false
}

/// What is left to match after an alternative.
#[derive(Clone, Copy)]
struct Rest<'a> {
    steps: &'a [Step<u32>],
    then: Option<&'a Rest<'a>>,
}

/// A text under way.
struct Course<'a> {
    words: &'a Words,
    table: &'a Table,
    sentence: Option<u32>,
}

impl Course<'_> {
    fn inside(&self, at: usize) -> bool {
        self.words.words.get(at).is_some_and(|word| Some(word.sentence) == self.sentence)
    }

    /// Where a pattern ends (the word after), from `at` on: the longest way through. Never leaves the sentence.
    fn run(&self, rest: Rest<'_>, at: usize) -> Option<usize> {
        let Some((step, steps)) = rest.steps.split_first() else {
            return match rest.then {
                Some(then) => self.run(*then, at),
                None => Some(at),
            };
        };
        let after = Rest { steps, ..rest };
        let through = |rows: &[Vec<Step<u32>>]| {
            rows.iter().filter_map(|row| self.run(Rest { steps: row, then: Some(&after) }, at)).max()
        };
        match step {
            Step::Word(atom) => (self.inside(at) && self.table.is(at, *atom)).then(|| self.run(after, at + 1))?,
            Step::One(rows) => through(rows),
            Step::Maybe(rows) => through(rows).max(self.run(after, at)),
            Step::Gap(most) => (0..=*most)
                .take_while(|skipped| self.inside(at + skipped))
                .filter_map(|skipped| self.run(after, at + skipped))
                .max(),
        }
    }
}
