//! Patterns gathered from the rules and made ready to run.

use super::cue::Owner;
use super::lexicon::{Form, Lexicon};
use super::matching::{Node, Programs};
use super::pattern::{self, Atom, Classes, Step, Ways};
use super::rows::Rows;
use super::typo::Typos;
use super::vocabulary::{Pattern, Vocabulary};
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasherDefault, Hasher};

/// Gathers patterns.
#[derive(Default)]
pub(super) struct Builder<'a> {
    classes: Classes<'a>,
    words: Words<'a>,
    programs: Programs,
    /// Branches of the classes met so far, by whether their words may be misspelled.
    met: HashMap<(&'a str, bool), u32>,
    patterns: Vec<(Owner, u32)>,
}

/// The words of the patterns, each as a number.
#[derive(Default)]
struct Words<'a> {
    ids: HashMap<Atom<'a>, u32, BuildHasherDefault<Fnv>>,
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
            if !self.programs.firsts(&steps, &mut Vec::new()) {
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
    pub(super) fn build(self, known: &[String]) -> Vocabulary {
        let atoms = self.words.ids.len();
        let (mut lists, mut keys, mut patterns) =
            (Rows::default(), Vec::new(), Vec::with_capacity(self.patterns.len()));
        for (owner, steps) in &self.patterns {
            let anchor = self.anchor(self.programs.steps(*steps));
            keys.extend(anchor.key.into_iter().map(|atom| (atom, patterns.len() as u32)));
            let firsts = anchor.firsts.map(|atoms| lists.push(atoms));
            let from = lists.len() as u32;
            anchor.wants.into_iter().for_each(|atoms| _ = lists.push(atoms));
            patterns.push(Pattern { owner: *owner, steps: *steps, firsts, wants: from..lists.len() as u32 });
        }
        let (lexicon, typos) = self.words.index(known);
        let keys = Rows::grouped(atoms, &keys);
        Vocabulary { lexicon, atoms, patterns, programs: self.programs, lists, keys, typos }
    }

    fn anchor(&self, steps: &[Node]) -> Anchor {
        if let [Node::Word(atom)] = steps {
            return Anchor { key: vec![*atom], firsts: None, wants: Vec::new() };
        }
        let weights = &self.words.counts;
        let lightest = self.programs.lightest(steps.iter().copied(), weights).map(|(_, step)| step);
        let gathered = |gather: &dyn Fn(&mut Vec<u32>)| {
            let mut atoms = Vec::new();
            gather(&mut atoms);
            atoms.sort_unstable();
            atoms.dedup();
            atoms
        };
        let wants = |step: Node| gathered(&|atoms| self.programs.wants(step, weights, atoms));
        let firsts = gathered(&|atoms| _ = self.programs.firsts(steps, atoms));
        let key = lightest.map_or_else(|| firsts.clone(), wants);
        let others = steps.iter().skip(1).copied().filter(|step| Some(*step) != lightest);
        let others = others.filter(|step| self.programs.weight(*step, weights).is_some()).map(wants);
        let mut wants: Vec<_> = others.filter(|atoms| atoms.len() <= AHEAD).collect();
        wants.sort_by_key(Vec::len);
        Anchor { firsts: (firsts != key).then_some(firsts), key, wants }
    }
}

/// Where a pattern is looked up.
struct Anchor {
    /// The rarest atoms of which it wants one.
    key: Vec<u32>,
    /// The atoms that it may begin with, if they are others.
    firsts: Option<Vec<u32>>,
    /// Of each of these too it wants one; the shortest first.
    wants: Vec<Vec<u32>>,
}

/// Longest list of atoms that is looked for ahead.
const AHEAD: usize = 24;

/// The hash of Fowler, Noll and Vo: words are short, and come from the rules.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

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
