//! Patterns gathered from the rules and made ready to run.

use super::cue::Owner;
use super::lexicon::{Form, Lexicon};
use super::matching::{Node, Programs};
use super::pattern::{self, Atom, Classes, Step, Ways};
use super::rows::Rows;
use super::typo::Typos;
use super::vocabulary::{Vocabulary, Way};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// Gathers patterns.
#[derive(Default)]
pub(super) struct Builder<'a> {
    classes: Classes<'a>,
    words: Words<'a>,
    programs: Programs,
    /// Branches of the classes met so far, by whether their words may be misspelled.
    met: FxHashMap<(&'a str, bool), u32>,
    patterns: Vec<(Owner, u32)>,
}

/// The words of the patterns, each as a number.
#[derive(Default)]
struct Words<'a> {
    ids: FxHashMap<Atom<'a>, u32>,
    /// How often each is in a pattern: what is common there is common in a text.
    counts: Vec<u32>,
    /// Which may be misspelled.
    spelled: Vec<bool>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(lists: &'a BTreeMap<String, Vec<String>>) -> Result<Self, String> {
        Ok(Self { classes: pattern::classes(lists)?, ..Self::default() })
    }

    /// Adds the patterns of a list.
    pub(super) fn add(&mut self, owner: Owner, terms: &'a [String]) -> Result<(), String> {
        // What silences or says how to read is never a misspelled word.
        let spelled = matches!(owner, Owner::Rule(_) | Owner::Needs(_));
        for term in terms {
            let steps = pattern::parse(term, &self.classes)?;
            let steps = self.steps(steps, spelled);
            if self.programs.lightest(steps.iter().copied(), &self.words.counts).is_none() {
                return Err(format!("« {term} »: nothing in it is required"));
            }
            self.patterns.push((owner, self.programs.add(&steps)));
        }
        Ok(())
    }

    fn steps(&mut self, steps: Vec<Step<'a>>, spelled: bool) -> Vec<Node> {
        let node = |step| match step {
            Step::Word(atom) => Node::Word(self.words.number(atom, spelled)),
            Step::One(ways) => Node::Any { branches: self.branches(ways, spelled), optional: false },
            Step::Maybe(ways) => Node::Any { branches: self.branches(ways, spelled), optional: true },
            Step::Gap(most) => Node::Gap(most),
        };
        steps.into_iter().map(node).collect()
    }

    fn branches(&mut self, ways: Ways<'a>, spelled: bool) -> u32 {
        let (rows, class) = match ways {
            Ways::Rows(rows) => (rows, None),
            Ways::Class(name) => {
                if let Some(branches) = self.met.get(&(name, spelled)) {
                    return *branches;
                }
                (self.classes.get(name).cloned().unwrap_or_default(), Some(name))
            }
        };
        let rows: Vec<_> = rows.into_iter().map(|row| self.steps(row, spelled)).collect();
        let branches = self.programs.branch(&rows);
        if let Some(name) = class {
            self.met.insert((name, spelled), branches);
        }
        branches
    }

    /// The patterns, ready to run.
    pub(super) fn build(mut self, known: &[String]) -> Vocabulary {
        let (mut ways, mut keys, mut alone) = (Rows::default(), Vec::new(), Vec::new());
        let (mut atoms, mut lists) = (Rows::default(), Rows::default());
        // Most want no more.
        let nothing = lists.push([]);
        for pattern in 0..self.patterns.len() as u32 {
            for steps in self.ways(pattern) {
                if let [Node::Word(atom)] = self.programs.steps(steps) {
                    alone.push((*atom, pattern));
                    continue;
                }
                let Anchor { key, near, far, mut wants } = self.anchor(self.programs.steps(steps));
                let also = wants.drain(..wants.len().min(1)).next().unwrap_or_default();
                let wanted: Vec<u32> = wants.into_iter().map(|list| atoms.push(list)).collect();
                let wants = if wanted.is_empty() { nothing } else { lists.push(wanted) };
                let way = ways.push(Way { pattern, steps, near, far, wants, also: &also }.row());
                keys.extend(key.into_iter().map(|atom| (atom, way)));
            }
        }
        let lists = (atoms, lists);
        let atoms = self.words.ids.len();
        let (lexicon, typos) = self.words.index(known);
        let (alone, each) = (Rows::grouped(atoms, &alone), Rows::grouped(atoms, &keys));
        let mut keys = Rows::default();
        for atom in 0..atoms as u32 {
            keys.push(each.of(atom).iter().flat_map(|way| ways.of(*way).iter().copied()));
        }
        let Self { patterns, programs, .. } = self;
        Vocabulary { lexicon, atoms, patterns, programs: programs.ready(), alone, keys, lists, typos }
    }

    /// The steps of a pattern, or of each of its alternatives where it is nothing else: they are looked up one by one.
    fn ways(&mut self, pattern: u32) -> Vec<u32> {
        let mut rest: Vec<u32> = self.patterns.get(pattern as usize).map(|(_, steps)| *steps).into_iter().collect();
        let mut ways = Vec::new();
        while let Some(steps) = rest.pop() {
            match *self.programs.steps(steps) {
                [Node::Any { branches, optional: false }] => rest.extend(self.programs.open(branches)),
                _ => ways.push(steps),
            }
        }
        ways
    }

    fn anchor(&self, steps: &[Node]) -> Anchor {
        let weights = &self.words.counts;
        let weighed =
            steps.iter().enumerate().filter_map(|(at, step)| Some((self.programs.weight(*step, weights)?, at)));
        let lightest = weighed.min().map_or(0, |(_, at)| at);
        let wants = |step: &Node| {
            let mut atoms = Vec::new();
            self.programs.wants(*step, weights, &mut atoms);
            atoms.sort_unstable();
            atoms.dedup();
            atoms
        };
        let others = steps.iter().enumerate().skip(1).filter(|(at, _)| *at != lightest);
        let others = others.filter(|(_, step)| self.programs.weight(**step, weights).is_some());
        let mut others: Vec<_> = others.map(|(_, step)| wants(step)).filter(|atoms| atoms.len() <= AHEAD).collect();
        others.sort_by_key(Vec::len);
        let before = |count: usize| self.programs.length_of(steps.iter().take(count).copied());
        let far = before(lightest + 1).1.saturating_sub(1);
        Anchor { key: steps.get(lightest).map(wants).unwrap_or_default(), near: before(lightest).0, far, wants: others }
    }
}

/// Where a pattern is looked up.
struct Anchor {
    /// The rarest atoms of which it wants one.
    key: Vec<u32>,
    /// Words of the pattern before that one, at least.
    near: u32,
    /// And at most.
    far: u32,
    /// Of each of these too it wants one; the shortest first.
    wants: Vec<Vec<u32>>,
}

/// Longest list of atoms that is looked for ahead.
const AHEAD: usize = 24;

impl<'a> Words<'a> {
    /// The number of a word, in the order that they come.
    fn number(&mut self, atom: Atom<'a>, spelled: bool) -> u32 {
        let next = self.counts.len() as u32;
        let id = *self.ids.entry(atom).or_insert(next);
        if id == next {
            self.counts.push(0);
            self.spelled.push(false);
        }
        if let (Some(count), Some(mark)) = (self.counts.get_mut(id as usize), self.spelled.get_mut(id as usize)) {
            *count += 1;
            *mark |= spelled;
        }
        id
    }

    /// Where the words are looked up, and where misspelled ones are.
    fn index<'b>(&'b self, known: &[String]) -> (Lexicon, Typos) {
        let form = |atom: &'b Atom<'a>| match atom {
            Atom::Word(word) => (word.as_ref(), Form::Word),
            Atom::Upper(word) => (word.as_ref(), Form::Upper),
            Atom::Stem(stem) => (stem.as_ref(), Form::Stem),
        };
        let words: Vec<_> = self.ids.iter().map(|(atom, id)| (form(atom), *id)).collect();
        let spelled = |id: u32| self.spelled.get(id as usize) == Some(&true);
        let misspelled = words.iter().filter(|((_, form), id)| *form != Form::Upper && spelled(*id));
        let typos = Typos::new(misspelled.map(|((word, form), id)| (*word, *form == Form::Stem, *id)));
        let known = known.iter().map(|word| (word.as_str(), 0, Form::Known));
        (Lexicon::new(words.iter().map(|((word, form), id)| (*word, *id, *form)).chain(known)), typos)
    }
}
