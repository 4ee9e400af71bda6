//! Patterns run over the words of a sentence.

use super::rows::Rows;
use rustc_hash::{FxBuildHasher, FxHashMap};
use std::hash::BuildHasher as _;
use std::ops::Range;

/// A step of a pattern, ready to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Node {
    /// This word.
    Word(u32),
    /// One of several ways; all may be absent.
    Any { branches: u32, optional: bool },
    /// Up to this many words.
    Gap(u32),
    /// None: the steps end here.
    End,
}

/// The patterns, and the alternatives in them, in few blocks: a step that is tried is rarely in the cache.
#[derive(Debug, Default)]
pub(super) struct Programs {
    /// Steps of the patterns and of the alternatives, each ended.
    nodes: Vec<Node>,
    /// The first words of alternatives, in order within their branches.
    heads: Vec<u32>,
    /// The steps after each of them.
    rows: Vec<u32>,
    /// Alternatives that begin with something else than a word.
    loose: Vec<u32>,
    branches: Vec<Branch>,
    kept: Kept,
}

/// What is kept so far, by its hash, to be found again: many patterns share their ends, and their articles.
#[derive(Debug, Default)]
struct Kept {
    rows: FxHashMap<u64, u32>,
    branches: FxHashMap<u64, u32>,
}

/// Alternatives.
#[derive(Debug, Clone, Copy)]
struct Branch {
    /// Those that begin with a word, from and to.
    heads: (u32, u32),
    /// These words in short.
    marks: Marks,
    /// The others.
    loose: (u32, u32),
}

/// Some atoms, each as one bit of few: what shares no bit with them has none of them.
#[derive(Debug, Clone, Copy, Default)]
struct Marks(u64);

impl Marks {
    fn of(atoms: &[u32]) -> Self {
        Self(atoms.iter().fold(0, |marks, atom| marks | 1 << (atom % 64)))
    }

    fn may_meet(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

fn part<T>(all: &[T], (from, to): (u32, u32)) -> &[T] {
    all.get(from as usize..to as usize).unwrap_or_default()
}

impl Programs {
    /// Keeps the steps of a pattern, once; where they begin.
    pub(super) fn add(&mut self, steps: &[Node]) -> u32 {
        let hash = FxBuildHasher.hash_one(steps);
        if let Some(&begin) = self.kept.rows.get(&hash)
            && self.steps(begin) == steps
        {
            return begin;
        }
        let begin = self.nodes.len() as u32;
        self.nodes.extend_from_slice(steps);
        self.nodes.push(Node::End);
        self.kept.rows.insert(hash, begin);
        begin
    }

    /// Nothing more is added.
    pub(super) fn ready(self) -> Self {
        Self { kept: Kept::default(), ..self }
    }

    /// The step at a place.
    fn step(&self, at: u32) -> Node {
        self.nodes.get(at as usize).copied().unwrap_or(Node::End)
    }

    /// The steps that begin there.
    pub(super) fn steps(&self, begin: u32) -> &[Node] {
        let rest = self.nodes.get(begin as usize..).unwrap_or_default();
        rest.split(|step| *step == Node::End).next().unwrap_or_default()
    }

    /// Keeps alternatives, once; their number.
    pub(super) fn branch(&mut self, rows: &[Vec<Node>]) -> u32 {
        let (mut heads, mut loose) = (Vec::new(), Vec::new());
        for row in rows {
            match row.split_first() {
                Some((Node::Word(atom), after)) => heads.push((*atom, self.add(after))),
                _ => loose.push(self.add(row)),
            }
        }
        heads.sort_unstable();
        let (heads, rows): (Vec<u32>, Vec<u32>) = heads.into_iter().unzip();
        let hash = FxBuildHasher.hash_one((&heads, &rows, &loose));
        if let Some(&known) = self.kept.branches.get(&hash)
            && self.alternatives(known) == (&heads, &rows, &loose)
        {
            return known;
        }
        let (first, other) = (self.heads.len() as u32, self.loose.len() as u32);
        self.heads.extend(heads);
        self.rows.extend(rows);
        self.loose.extend(loose);
        let heads = (first, self.heads.len() as u32);
        let marks = Marks::of(part(&self.heads, heads));
        self.branches.push(Branch { heads, marks, loose: (other, self.loose.len() as u32) });
        let number = self.branches.len() as u32 - 1;
        self.kept.branches.insert(hash, number);
        number
    }

    /// The first words of alternatives, with the steps after each, and the alternatives that begin with something else.
    fn alternatives(&self, branches: u32) -> (&[u32], &[u32], &[u32]) {
        let Some(branch) = self.branches.get(branches as usize) else { return (&[], &[], &[]) };
        (part(&self.heads, branch.heads), part(&self.rows, branch.heads), part(&self.loose, branch.loose))
    }

    /// How many words a step takes, at least and at most.
    pub(super) fn length(&self, step: Node) -> (u32, u32) {
        match step {
            Node::Word(_) => (1, 1),
            Node::Gap(most) => (0, most),
            Node::End => (0, 0),
            Node::Any { branches, optional } => {
                let ways = self.ways(branches).map(|way| self.length_of(way));
                let around = optional.then_some((0, 0));
                let either = |(a, b): (u32, u32), (c, d): (u32, u32)| (a.min(c), b.max(d));
                around.into_iter().chain(ways).reduce(either).unwrap_or_default()
            }
        }
    }

    /// The same of several.
    pub(super) fn length_of(&self, steps: impl Iterator<Item = Node>) -> (u32, u32) {
        steps.map(|step| self.length(step)).fold((0, 0), |(a, b), (c, d)| (a + c, b + d))
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
            Node::Any { .. } | Node::Gap(_) | Node::End => None,
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
            Node::Gap(_) | Node::End => {}
        }
    }

    /// Keeps each alternative as a pattern of its own.
    pub(super) fn open(&mut self, branches: u32) -> Vec<u32> {
        let rows: Vec<Vec<Node>> = self.ways(branches).map(Iterator::collect).collect();
        rows.iter().map(|row| self.add(row)).collect()
    }

    /// The steps of each alternative.
    fn ways(&self, branches: u32) -> impl Iterator<Item = impl Iterator<Item = Node>> {
        let (heads, rows, loose) = self.alternatives(branches);
        let heads = heads.iter().zip(rows).map(|(atom, row)| (Some(Node::Word(*atom)), *row));
        let all = heads.chain(loose.iter().map(|row| (None, *row)));
        all.map(|(head, row)| head.into_iter().chain(self.steps(row).iter().copied()))
    }
}

/// The atoms of each word of a text.
#[derive(Debug, Default)]
pub(super) struct Table {
    atoms: Rows<u32>,
    /// The same in short.
    marks: Vec<Marks>,
}

impl Table {
    /// Adds a word.
    pub(super) fn push(&mut self, atoms: &[u32]) {
        self.atoms.push(atoms.iter().copied());
        self.marks.push(Marks::of(atoms));
    }

    fn of(&self, word: u32) -> &[u32] {
        self.atoms.of(word)
    }

    fn marks(&self, word: u32) -> Marks {
        self.marks.get(word as usize).copied().unwrap_or_default()
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
    pub(super) fn enter(&mut self, words: Range<u32>, table: &Table) {
        for (atom, _) in self.places.drain(..) {
            if let Some(bits) = self.bits.get_mut(atom as usize / 64) {
                *bits = 0;
            }
        }
        self.places.extend(words.flat_map(|word| table.of(word).iter().map(move |atom| (*atom, word))));
        self.places.sort_unstable();
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
}

/// What is left to match after an alternative.
#[derive(Clone, Copy)]
struct Rest<'a> {
    /// The next step.
    next: u32,
    then: Option<&'a Rest<'a>>,
}

/// A sentence under way.
pub(super) struct Course<'a> {
    /// What is run.
    pub(super) programs: &'a Programs,
    /// The atoms of each word of the text, in order.
    pub(super) table: &'a Table,
    /// Its first word.
    pub(super) first: u32,
    /// After its last word.
    pub(super) end: u32,
}

impl Course<'_> {
    /// Where a pattern that begins with the word `at` ends (the word after): the longest way through. Never leaves the
    /// sentence.
    pub(super) fn run(&self, pattern: u32, at: u32) -> Option<u32> {
        self.follow(Rest { next: pattern, then: None }, at)
    }

    fn is(&self, word: u32, atom: u32) -> bool {
        word < self.end && self.table.of(word).contains(&atom)
    }

    fn follow(&self, mut rest: Rest<'_>, mut at: u32) -> Option<u32> {
        loop {
            let step = self.programs.step(rest.next);
            rest.next += 1;
            match step {
                Node::Word(atom) if self.is(at, atom) => at += 1,
                Node::Word(_) => return None,
                Node::Any { branches, optional } => {
                    let around = if optional { self.follow(rest, at) } else { None };
                    return around.max(self.through(branches, &rest, at));
                }
                Node::Gap(most) => {
                    // Where nothing more is wanted nor found, the words of the gap are none of the pattern's.
                    let end = |to: u32| self.follow(rest, to).map(|end| if end == to { at } else { end });
                    return (at..=self.end.min(at + most)).filter_map(end).max();
                }
                Node::End => match rest.then {
                    Some(then) => rest = *then,
                    None => return Some(at),
                },
            }
        }
    }

    fn through(&self, branches: u32, after: &Rest<'_>, at: u32) -> Option<u32> {
        let programs = self.programs;
        let branch = programs.branches.get(branches as usize)?;
        let way = |row: u32, at: u32| self.follow(Rest { next: row, then: Some(after) }, at);
        let mut best = None;
        if at < self.end && self.table.marks(at).may_meet(branch.marks) {
            let heads = part(&programs.heads, branch.heads);
            for atom in self.table.of(at) {
                let from = heads.partition_point(|head| head < atom);
                let same = heads.iter().skip(from).take_while(|head| *head == atom).count() as u32;
                let from = branch.heads.0 + from as u32;
                for row in part(&programs.rows, (from, from + same)) {
                    best = best.max(way(*row, at + 1));
                }
            }
        }
        part(&programs.loose, branch.loose).iter().fold(best, |best, row| best.max(way(*row, at)))
    }
}
