//! Every pattern of the rules at once: the words of a text tell which words of the rules they are, then only the patterns
//! whose rarest word is in the sentence are run.

use super::cue::{Hit, Owner};
use super::fold::Words;
use super::lexicon::{Form, Lexicon};
use super::matching::{Course, Present, Programs, Table};
use super::rows::Rows;
use super::typo::Typos;

/// A pattern to look up by a word, or one of its alternatives if it is nothing else.
pub(super) struct Way<'a> {
    /// The number of the pattern.
    pub(super) pattern: u32,
    /// Its steps, in the programs.
    pub(super) steps: u32,
    /// Words before the one that it is looked up by, at least.
    pub(super) near: u32,
    /// And at most.
    pub(super) far: u32,
    /// Which list of lists of atoms: one of each must be in the sentence.
    pub(super) wants: u32,
    /// One of these must be there too, unless there are none.
    pub(super) also: &'a [u32],
}

impl<'a> Way<'a> {
    /// As it is kept.
    pub(super) fn row(&self) -> impl Iterator<Item = u32> {
        let head = [self.pattern, self.steps, self.near, self.far, self.wants, self.also.len() as u32];
        head.into_iter().chain(self.also.iter().copied())
    }

    /// Takes the next one.
    fn next(rows: &mut &'a [u32]) -> Option<Self> {
        let (&[pattern, steps, near, far, wants, count], rest) = rows.split_first_chunk()?;
        let (also, rest) = rest.split_at_checked(count as usize)?;
        *rows = rest;
        Some(Self { pattern, steps, near, far, wants, also })
    }
}

/// The patterns, ready to run.
#[derive(Debug)]
pub(super) struct Vocabulary {
    /// The words of the patterns.
    pub(super) lexicon: Lexicon,
    /// How many atoms.
    pub(super) atoms: usize,
    /// Whose each pattern is, and its steps.
    pub(super) patterns: Vec<(Owner, u32)>,
    /// Their steps.
    pub(super) programs: Programs,
    /// Patterns that one word is, by this word.
    pub(super) alone: Rows<u32>,
    /// The others, and the alternatives of those that are nothing else, by the rarest words of which they want one: rows
    /// of [`Way`], for they are looked through at every word.
    pub(super) keys: Rows<u32>,
    /// Lists of atoms, and lists of such lists.
    pub(super) lists: (Rows<u32>, Rows<u32>),
    /// Long words, misspelled.
    pub(super) typos: Typos,
}

/// A pattern found, in the order that findings are read: by word, by pattern; then the word after.
type Place = (u32, u32, u32);

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
            let course = Course { programs: &self.programs, table: &table, first, end };
            self.run(&course, &present, &mut places);
            places.sort_unstable();
            // The longest way of each pattern from each word.
            places.dedup_by(|next, kept| {
                let same = (next.0, next.1) == (kept.0, kept.1);
                kept.2 = if same { next.2 } else { kept.2 };
                same
            });
            for (at, pattern, end) in places.drain(..) {
                let Some((owner, _)) = self.patterns.get(pattern as usize) else { continue };
                let (first, end) = (at as usize, end as usize);
                let misspelled = misspelled.get(first..end).is_some_and(|marks| marks.contains(&true));
                let hit = Hit { owner: *owner, first, last: end - 1, misspelled };
                if !hits.ends_with(&[hit]) {
                    hits.push(hit);
                }
            }
            first = end;
        }
        hits
    }

    /// Runs the patterns that may be in a sentence; what is found twice is told twice.
    fn run(&self, course: &Course<'_>, present: &Present, found: &mut Vec<Place>) {
        let (atoms, lists) = &self.lists;
        let one_of = |atoms: &[u32]| atoms.iter().any(|atom| present.has(*atom));
        for places in present.atoms() {
            let Some(&(atom, _)) = places.first() else { continue };
            for number in self.alone.of(atom) {
                found.extend(places.iter().map(|(_, at)| (*at, *number, at + 1)));
            }
            let mut ways = self.keys.of(atom);
            while let Some(way) = Way::next(&mut ways) {
                let may_be = (way.also.is_empty() || one_of(way.also))
                    && (way.wants == 0 || lists.of(way.wants).iter().all(|list| one_of(atoms.of(*list))));
                if !may_be {
                    continue;
                }
                // Windows of words near one another overlap: each start is tried once.
                let mut from = course.first;
                for (_, place) in places {
                    let begins = from.max(place.saturating_sub(way.far))..(place + 1).saturating_sub(way.near);
                    from = from.max(begins.end);
                    found.extend(begins.filter_map(|at| Some((at, way.pattern, course.run(way.steps, at)?))));
                }
            }
        }
    }

    /// The atoms of each word, and which words are taken for misspellings.
    fn table(&self, words: &Words) -> (Table, Vec<bool>) {
        let (mut table, mut misspelled) = (Table::default(), Vec::with_capacity(words.words.len()));
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
            if let Some(heard) = confused(words, index) {
                self.lexicon.meet(&heard, |met| {
                    if met.form == Form::Word {
                        atoms.push(met.atom);
                    }
                });
            }
            misspelled.push(atoms.len() > before);
            atoms.sort_unstable();
            atoms.dedup();
            table.push(&atoms);
            atoms.clear();
        }
        (table, misspelled)
    }
}

/// Letters of a verb whose ending may be confused.
const VERB: usize = 5;

/// The other way to write an ending that is heard alike, where the verb before asks for it: « il l’a frapper », « va la frappé ». A
/// space follows it.
fn confused(words: &Words, index: usize) -> Option<Vec<u8>> {
    let written = words.word(index);
    let back = |count: usize| index.checked_sub(count).filter(|before| words.is_one_sentence(*before, index));
    let word = |before: Option<usize>| before.map_or("", |before| words.word(before));
    let auxiliary = |before: Option<usize>| match word(before) {
        "a" => before.and_then(|before| words.words.get(before)).is_some_and(|word| word.bare),
        word => {
            matches!(word, "ont" | "ai" | "avait" | "avaient" | "aurait" | "est" | "sont" | "etait" | "ete" | "avoir")
        }
    };
    let modal = |before: Option<usize>| {
        matches!(
            word(before),
            "va" | "vais" | "vont" | "allait" | "veut" | "veux" | "voulait" | "voudrait" | "peut" | "doit" | "faut"
        )
    };
    let pronoun = |before: Option<usize>| {
        matches!(word(before), "la" | "le" | "les" | "l" | "me" | "m" | "se" | "s" | "lui" | "nous" | "te")
    };
    let heard = match written.strip_suffix("er") {
        Some(stem) if written.len() > VERB && auxiliary(back(1)) => format!("{stem}e "),
        None if written.len() >= VERB
            && written.ends_with('e')
            && (modal(back(1)) || pronoun(back(1)) && modal(back(2))) =>
        {
            format!("{written}r ")
        }
        _ => return None,
    };
    Some(heard.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labeler::rules;
    use crate::labeler::text::builder::Builder;
    use crate::labeler::text::{TextRules, fold};
    use std::collections::{BTreeMap, BTreeSet};

    /// Every pattern run at every word.
    fn run_all(vocabulary: &Vocabulary, words: &Words) -> BTreeSet<(Owner, usize, usize)> {
        let (table, _) = vocabulary.table(words);
        let mut found = BTreeSet::new();
        let mut end = 0;
        for sentence in words.words.chunk_by(|a, b| a.sentence == b.sentence) {
            let first = end;
            end += sentence.len() as u32;
            let course = Course { programs: &vocabulary.programs, table: &table, first, end };
            for at in first..end {
                let end =
                    |(owner, steps): &(Owner, u32)| Some((*owner, at as usize, course.run(*steps, at)? as usize - 1));
                found.extend(vocabulary.patterns.iter().filter_map(end));
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

    #[test]
    fn an_ending_heard_alike_is_found_where_the_verb_before_asks_for_it() {
        let terms = ["a frappe", "va (la|le)? frapper"].map(str::to_owned);
        let none = BTreeMap::new();
        let mut builder = Builder::new(&none).unwrap();
        builder.add(Owner::Rule(0), &terms).unwrap();
        let vocabulary = builder.build(&[]);
        let found = |text: &str| !vocabulary.find(&fold::cut(text, &fold::Reading::default())).is_empty();
        assert!(found("Il l’a frapper hier") && found("Il va la frappé") && found("Il va frappé"));
        assert!(!found("Se met à frapper") && !found("Il a la frappe") && !found("Il va. Frappe tôt"));
    }

    #[test]
    fn a_pattern_ends_with_its_last_word_and_a_gap_may_be_empty() {
        let terms = ["cluedo .. (crime|meurtre)?", "(le|un) (petit)? (mal|haut mal) ... fini"].map(str::to_owned);
        let none = BTreeMap::new();
        let mut builder = Builder::new(&none).unwrap();
        builder.add(Owner::Neutral(0), &terms).unwrap();
        let vocabulary = builder.build(&[]);
        let found = |text: &str| -> Vec<(usize, usize)> {
            let words = fold::cut(text, &fold::Reading::default());
            vocabulary.find(&words).into_iter().map(|hit| (hit.first, hit.last)).collect()
        };
        assert_eq!(found("Après le cluedo"), [(2, 2)]);
        assert_eq!(found("Après le cluedo, scarification constatée"), [(2, 2)]);
        assert_eq!(found("Le cluedo et son crime"), [(1, 4)]);
        assert_eq!(found("Un petit haut mal est fini"), [(0, 5)]);
        assert_eq!(found("Le mal fini, le mal a vite fini"), [(0, 7), (3, 7)]);
    }
}
