//! Patterns run over the words of a sentence.

use super::fold::Words;
use super::pattern::Step;

/// A step of a pattern, ready to run.
#[derive(Debug)]
pub(super) enum Node {
    /// This word.
    Word(u32),
    /// One of several ways.
    Any(Branches),
    /// Up to this many words.
    Gap(usize),
}

/// Alternatives, found by the word they begin with.
#[derive(Debug)]
pub(super) struct Branches {
    rows: Vec<Vec<Node>>,
    /// First atom and row, in order.
    heads: Vec<(u32, u32)>,
    /// Rows that begin with something else than a word.
    loose: Vec<u32>,
    /// All may be absent.
    optional: bool,
}

impl Node {
    pub(super) fn new(step: Step<u32>) -> Self {
        match step {
            Step::Word(atom) => Self::Word(atom),
            Step::Gap(most) => Self::Gap(most),
            Step::One(rows) => Self::Any(Branches::new(rows, false)),
            Step::Maybe(rows) => Self::Any(Branches::new(rows, true)),
        }
    }
}

impl Branches {
    fn new(rows: Vec<Vec<Step<u32>>>, optional: bool) -> Self {
        let rows: Vec<Vec<Node>> = rows.into_iter().map(|row| row.into_iter().map(Node::new).collect()).collect();
        let (mut heads, mut loose) = (Vec::new(), Vec::new());
        for (index, row) in rows.iter().enumerate() {
            match row.first() {
                Some(Node::Word(atom)) => heads.push((*atom, index as u32)),
                _ => loose.push(index as u32),
            }
        }
        heads.sort_unstable();
        Self { rows, heads, loose, optional }
    }

    fn row(&self, index: u32) -> &[Node] {
        self.rows.get(index as usize).map(Vec::as_slice).unwrap_or_default()
    }
}

/// Gathers the atoms a pattern may begin with; whether it wants any word at all.
pub(super) fn firsts(steps: &[Node], atoms: &mut Vec<u32>) -> bool {
    for step in steps {
        match step {
            Node::Word(atom) => {
                atoms.push(*atom);
                return true;
            }
            Node::Any(branches) => {
                // Every alternative is gathered, then all must want a word.
                let required = branches.rows.iter().filter(|row| firsts(row, atoms)).count();
                if required == branches.rows.len() && !branches.optional {
                    return true;
                }
            }
            Node::Gap(_) => {}
        }
    }
    false
}

/// Longest list of alternatives that is looked for ahead.
const AHEAD: usize = 24;

/// What must stand in a sentence for a pattern to be there, its first step apart: one atom of each list, the shortest
/// list first.
pub(super) fn wants(steps: &[Node]) -> Vec<Vec<u32>> {
    let one = |step: &Node| {
        let mut atoms = Vec::new();
        let required = firsts(std::slice::from_ref(step), &mut atoms);
        (required && atoms.len() <= AHEAD).then_some(atoms)
    };
    let mut wants: Vec<_> = steps.iter().skip(1).filter_map(one).collect();
    wants.sort_by_key(Vec::len);
    wants
}

/// Which atoms each word of a text is.
pub(super) struct Table {
    pairs: Vec<(u32, u32)>,
    offsets: Vec<usize>,
}

impl Table {
    /// From pairs of word and atom, in any order, for so many words.
    pub(super) fn new(mut pairs: Vec<(u32, u32)>, words: usize) -> Self {
        pairs.sort_unstable();
        pairs.dedup();
        let mut offsets = vec![0; words + 1];
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
        Self { pairs, offsets }
    }

    /// The atoms of a word, in order, each beside the word.
    pub(super) fn of(&self, word: usize) -> &[(u32, u32)] {
        match (self.offsets.get(word), self.offsets.get(word + 1)) {
            (Some(&from), Some(&to)) => self.pairs.get(from..to).unwrap_or_default(),
            _ => &[],
        }
    }

    fn is(&self, word: usize, atom: u32) -> bool {
        self.of(word).binary_search_by_key(&atom, |pair| pair.1).is_ok()
    }
}

/// The atoms of the sentence at hand, as bits.
pub(super) struct Present {
    bits: Vec<u64>,
    /// The sentence, counted from 1.
    sentence: u32,
}

impl Present {
    pub(super) fn new(atoms: usize) -> Self {
        Self { bits: vec![0; atoms / 64 + 1], sentence: 0 }
    }

    /// Takes in the sentence that begins with the word `at`, unless it is the one at hand.
    pub(super) fn enter(&mut self, sentence: u32, at: usize, words: &Words, table: &Table) {
        if self.sentence == sentence + 1 {
            return;
        }
        self.sentence = sentence + 1;
        self.bits.fill(0);
        let rest = words.words.get(at..).unwrap_or_default();
        let length = rest.iter().take_while(|word| word.sentence == sentence).count();
        for (_, atom) in (at..at + length).flat_map(|word| table.of(word)) {
            if let Some(bits) = self.bits.get_mut(*atom as usize / 64) {
                *bits |= 1 << (atom % 64);
            }
        }
    }

    /// Whether an atom is in the sentence.
    pub(super) fn has(&self, atom: u32) -> bool {
        self.bits.get(atom as usize / 64).is_some_and(|bits| bits >> (atom % 64) & 1 == 1)
    }
}

/// What is left to match after an alternative.
#[derive(Clone, Copy)]
struct Rest<'a> {
    steps: &'a [Node],
    then: Option<&'a Rest<'a>>,
}

/// A text under way.
pub(super) struct Course<'a> {
    /// Its words.
    pub(super) words: &'a Words,
    /// Their atoms.
    pub(super) table: &'a Table,
    /// The sentence at hand.
    pub(super) sentence: u32,
}

impl Course<'_> {
    /// Where a pattern that begins with the word `at` ends (the word after): the longest way through. Never leaves the
    /// sentence.
    pub(super) fn end(&self, steps: &[Node], at: usize) -> Option<usize> {
        self.run(Rest { steps, then: None }, at)
    }

    fn inside(&self, at: usize) -> bool {
        self.words.words.get(at).is_some_and(|word| word.sentence == self.sentence)
    }

    fn run(&self, rest: Rest<'_>, at: usize) -> Option<usize> {
        let Some((step, steps)) = rest.steps.split_first() else {
            return match rest.then {
                Some(then) => self.run(*then, at),
                None => Some(at),
            };
        };
        let after = Rest { steps, ..rest };
        match step {
            Node::Word(atom) if self.inside(at) && self.table.is(at, *atom) => self.run(after, at + 1),
            Node::Word(_) => None,
            Node::Any(branches) => self.through(branches, &after, at),
            Node::Gap(most) => (0..=*most)
                .take_while(|skipped| self.inside(at + skipped))
                .filter_map(|skipped| self.run(after, at + skipped))
                .max(),
        }
    }

    fn through(&self, branches: &Branches, after: &Rest<'_>, at: usize) -> Option<usize> {
        let follow = |row: u32| self.run(Rest { steps: branches.row(row), then: Some(after) }, at);
        let mut best = if branches.optional { self.run(*after, at) } else { None };
        if self.inside(at) {
            for (_, atom) in self.table.of(at) {
                let from = branches.heads.partition_point(|(head, _)| head < atom);
                let heads = branches.heads.get(from..).unwrap_or_default();
                for (_, row) in heads.iter().take_while(|(head, _)| head == atom) {
                    best = best.max(follow(*row));
                }
            }
        }
        branches.loose.iter().fold(best, |best, row| best.max(follow(*row)))
    }
}
