//! Patterns run over the words of a sentence.

use super::rows::Rows;
use std::ops::Range;

/// A step of a pattern, ready to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Node {
    /// This word.
    Word(u32),
    /// One of several ways; all may be absent.
    Any { branches: u32, optional: bool },
    /// Up to this many words.
    Gap(u32),
}

/// The patterns, and the alternatives in them.
#[derive(Debug, Default)]
pub(super) struct Programs {
    /// Steps of the patterns and of the alternatives.
    rows: Rows<Node>,
    /// Alternatives that begin with a word, by their branches: the word, in order, and the steps after it.
    heads: Rows<(u32, u32)>,
    /// Alternatives that begin with something else, by their branches.
    loose: Rows<u32>,
}

impl Programs {
    /// Keeps the steps of a pattern; its number.
    pub(super) fn add(&mut self, steps: &[Node]) -> u32 {
        self.rows.push(steps.iter().copied())
    }

    /// The steps of a pattern.
    pub(super) fn steps(&self, pattern: u32) -> &[Node] {
        self.rows.of(pattern)
    }

    /// Keeps alternatives; their number.
    pub(super) fn branch(&mut self, rows: &[Vec<Node>]) -> u32 {
        let (mut heads, mut loose) = (Vec::new(), Vec::new());
        for row in rows {
            match row.split_first() {
                Some((Node::Word(atom), after)) => heads.push((*atom, self.add(after))),
                _ => loose.push(self.add(row)),
            }
        }
        heads.sort_unstable();
        self.heads.push(heads);
        self.loose.push(loose)
    }

    /// Gathers the atoms that steps may begin with; whether they want any word at all.
    pub(super) fn firsts(&self, steps: &[Node], atoms: &mut Vec<u32>) -> bool {
        steps.iter().any(|step| match step {
            Node::Word(atom) => {
                atoms.push(*atom);
                true
            }
            Node::Any { branches, optional } => {
                atoms.extend(self.heads.of(*branches).iter().map(|(atom, _)| *atom));
                let loose = self.loose.of(*branches);
                // Every alternative is gathered, then all must want a word.
                let required = loose.iter().filter(|row| self.firsts(self.rows.of(**row), atoms)).count();
                required == loose.len() && !optional
            }
            Node::Gap(_) => false,
        })
    }

    /// The lightest of steps: of the atoms that it wants, one must be there for the steps to be.
    pub(super) fn lightest(&self, steps: impl Iterator<Item = Node>, weights: &[u32]) -> Option<(u32, Node)> {
        steps.filter_map(|step| Some((self.weight(step, weights)?, step))).min_by_key(|(weight, _)| *weight)
    }

    /// The weight of the lightest atoms of which a step wants one; none when it wants no word.
    pub(super) fn weight(&self, step: Node, weights: &[u32]) -> Option<u32> {
        match step {
            Node::Word(atom) => weights.get(atom as usize).copied(),
            Node::Any { branches, optional: false } => self
                .ways(branches)
                .map(|way| self.lightest(way, weights))
                .try_fold(0, |sum: u32, lightest| Some(sum.saturating_add(lightest?.0))),
            Node::Any { .. } | Node::Gap(_) => None,
        }
    }

    /// Gathers these atoms.
    pub(super) fn wants(&self, step: Node, weights: &[u32], atoms: &mut Vec<u32>) {
        match step {
            Node::Word(atom) => atoms.push(atom),
            Node::Any { branches, .. } => {
                for (_, step) in self.ways(branches).filter_map(|way| self.lightest(way, weights)) {
                    self.wants(step, weights, atoms);
                }
            }
            Node::Gap(_) => {}
        }
    }

    /// The steps of each alternative.
    fn ways(&self, branches: u32) -> impl Iterator<Item = impl Iterator<Item = Node>> {
        let heads = self.heads.of(branches).iter().map(|(atom, row)| (Some(Node::Word(*atom)), *row));
        let all = heads.chain(self.loose.of(branches).iter().map(|row| (None, *row)));
        all.map(|(head, row)| head.into_iter().chain(self.rows.of(row).iter().copied()))
    }
}

/// The atoms of a sentence, with the words that they are.
pub(super) struct Present {
    /// Atom and word, in order.
    places: Vec<(u32, u32)>,
    /// The atoms, as bits.
    bits: Vec<u64>,
}

impl Present {
    /// None yet, of so many atoms.
    pub(super) fn new(atoms: usize) -> Self {
        Self { places: Vec::new(), bits: vec![0; atoms / 64 + 1] }
    }

    /// Takes in the words of a sentence.
    pub(super) fn enter(&mut self, words: Range<u32>, table: &Rows<u32>) {
        self.places.clear();
        self.places.extend(words.flat_map(|word| table.of(word).iter().map(move |atom| (*atom, word))));
        self.places.sort_unstable();
        self.bits.fill(0);
        for (atom, _) in &self.places {
            if let Some(bits) = self.bits.get_mut(*atom as usize / 64) {
                *bits |= 1 << (atom % 64);
            }
        }
    }

    /// Whether an atom is in the sentence.
    pub(super) fn has(&self, atom: u32) -> bool {
        self.bits.get(atom as usize / 64).is_some_and(|bits| bits >> (atom % 64) & 1 == 1)
    }

    /// Each atom with its words.
    pub(super) fn atoms(&self) -> impl Iterator<Item = &[(u32, u32)]> {
        self.places.chunk_by(|(a, _), (b, _)| a == b)
    }

    /// The words that an atom is.
    pub(super) fn places(&self, atom: u32) -> &[(u32, u32)] {
        if !self.has(atom) {
            return &[];
        }
        let from = self.places.partition_point(|(one, _)| *one < atom);
        let rest = self.places.get(from..).unwrap_or_default();
        rest.get(..rest.partition_point(|(one, _)| *one == atom)).unwrap_or_default()
    }
}

/// What is left to match after an alternative.
#[derive(Clone, Copy)]
struct Rest<'a> {
    steps: &'a [Node],
    then: Option<&'a Rest<'a>>,
}

/// A sentence under way.
pub(super) struct Course<'a> {
    /// What is run.
    pub(super) programs: &'a Programs,
    /// The atoms of each word of the text, in order.
    pub(super) table: &'a Rows<u32>,
    /// After its last word.
    pub(super) end: u32,
}

impl Course<'_> {
    /// Where a pattern that begins with the word `at` ends (the word after): the longest way through. Never leaves the
    /// sentence.
    pub(super) fn run(&self, pattern: u32, at: u32) -> Option<u32> {
        self.follow(Rest { steps: self.programs.rows.of(pattern), then: None }, at)
    }

    fn is(&self, word: u32, atom: u32) -> bool {
        word < self.end && self.table.of(word).contains(&atom)
    }

    fn follow(&self, rest: Rest<'_>, at: u32) -> Option<u32> {
        let Some((step, steps)) = rest.steps.split_first() else {
            return match rest.then {
                Some(then) => self.follow(*then, at),
                None => Some(at),
            };
        };
        let after = Rest { steps, ..rest };
        match step {
            Node::Word(atom) if self.is(at, *atom) => self.follow(after, at + 1),
            Node::Word(_) => None,
            Node::Any { branches, optional } => {
                let around = if *optional { self.follow(after, at) } else { None };
                around.max(self.through(*branches, &after, at))
            }
            Node::Gap(most) => {
                let until = self.end.min(at + most + 1);
                (at..until).filter_map(|at| self.follow(after, at)).max()
            }
        }
    }

    fn through(&self, branches: u32, after: &Rest<'_>, at: u32) -> Option<u32> {
        let way = |row: u32, at: u32| self.follow(Rest { steps: self.programs.rows.of(row), then: Some(after) }, at);
        let mut best = None;
        if at < self.end {
            let heads = self.programs.heads.of(branches);
            for atom in self.table.of(at) {
                let from = heads.partition_point(|(head, _)| head < atom);
                for (_, row) in heads.iter().skip(from).take_while(|(head, _)| head == atom) {
                    best = best.max(way(*row, at + 1));
                }
            }
        }
        self.programs.loose.of(branches).iter().fold(best, |best, row| best.max(way(*row, at)))
    }
}
