//! Words that weigh, where no rule speaks: a sum of signed numbers, counted beforehand over labelled texts. It only raises.

use super::cue::{Hit, Owner};
use super::fold::Words;
use super::sentence::Sentence;
use super::{Read, Setting, TextRules};
use crate::labeler::rules::Weights as Table;
use crate::labeler::{RulesError, categories, reason};
use crate::{Categories, Category, Level, Reason};
use rustc_hash::FxHashMap;

/// The rule that the reason names.
const RULE: &str = "poids-des-mots";
/// What a carer is told.
const WHY: &str = "Plusieurs mots de cette phrase se rencontrent surtout, ensemble, dans des écrits sensibles.";

/// Words of a sentence too short to be weighed.
const FEW: usize = 4;
/// What the heaviest sign of a category must weigh beside an ordinary fact that a rule knows, in hundredths.
const OWN: i32 = 30;
/// What a word must weigh by itself to be one of sexual violence.
const VERY: i32 = 40;
/// The sum below which sexual violence is too unlikely to be named.
const UNLIKELY: i32 = -100;
/// The same for HIV, which is never given its level by weight alone.
const CERTAIN: i32 = 0;
/// Words of five letters that are in any sentence.
const SMALL: [&str; 8] = ["avoir", "etait", "cette", "entre", "quand", "apres", "avant", "toute"];
/// Letters of a beginning of word that weighs by itself.
const BEGINNING: usize = 5;

/// Letters of a stem, at least.
const SHORTEST: usize = 3;
/// Endings that a stem is without, the longest first.
const ENDINGS: [&str; 25] = [
    "eraient", "aient", "erait", "erais", "eront", "erons", "erai", "eras", "erez", "era", "ions", "iez", "ait", "ais",
    "ant", "ees", "ee", "er", "ez", "ent", "es", "ie", "e", "s", "x",
];

/// The weights, ready to be summed.
#[derive(Debug, Default)]
pub(super) struct Weights {
    threshold: i32,
    all: Sum,
    by_category: Vec<(Category, Sum)>,
}

/// What a sentence weighs enough to be.
pub(super) struct Weighed {
    level: Level,
    category: Category,
    first: usize,
    last: usize,
}

/// A sum over words.
#[derive(Debug, Default)]
struct Sum {
    bias: i32,
    words: FxHashMap<u64, i32>,
}

impl Weights {
    pub(super) fn new(table: &Table) -> Result<Self, RulesError> {
        let by_category = table.categories.iter().map(|(code, words)| {
            let one = categories(RULE, std::slice::from_ref(code))?.iter().next();
            let category = one.ok_or_else(|| RulesError(format!("{RULE}: category {code}")))?;
            Ok((category, Sum::new(words)?))
        });
        let by_category = by_category.collect::<Result<_, RulesError>>()?;
        Ok(Self { threshold: table.threshold, all: Sum::new(&table.words)?, by_category })
    }

    /// What a sentence of `count` words weighs enough to be, if anything; of an ordinary fact that is `known` as such, less is believed.
    pub(super) fn read(&self, words: &Words, first: usize, count: usize, known: bool) -> Option<Weighed> {
        if self.by_category.is_empty() || count < FEW {
            return None;
        }
        let signs = signs(words, first, count);
        if self.all.of(&signs) < self.threshold {
            return None;
        }
        // HIV and sexual violence are not named by chance.
        let likely = |(category, sum): &&(Category, Sum)| match category {
            Category::Vih => sum.of(&signs) >= CERTAIN,
            Category::Vsx => sum.of(&signs) >= UNLIKELY,
            _ => true,
        };
        let (category, sum) = self.by_category.iter().filter(likely).max_by_key(|(_, sum)| sum.of(&signs))?;
        if known && sum.heaviest(&signs) < OWN {
            return None;
        }
        // The gravest level only where a word by itself is one of sexual violence.
        let very = *category == Category::Vsx && sum.heaviest(&telling(words, first, count)) >= VERY;
        let level = if very { Level::VerySensitive } else { Level::Sensitive };
        Some(Weighed { level, category: *category, first, last: first + count - 1 })
    }
}

impl TextRules {
    /// Whether a grave rule spoke in a sentence, or was silenced there, or it is meant for everybody: then nothing is weighed.
    pub(super) fn is_touched(&self, sentence: &Sentence<'_>, told: bool, setting: &Setting) -> bool {
        let said = |owner: Owner| sentence.hits.iter().any(|hit| hit.owner == owner);
        let grave = |owner: Owner| match owner {
            Owner::Rule(index) => {
                self.rules.get(index as usize).filter(|rule| rule.is_for(setting)).is_some_and(|rule| {
                    rule.label.level >= Level::Sensitive && (!rule.needs || said(Owner::Needs(index)))
                })
            }
            _ => false,
        };
        !told && sentence.is_collective() || sentence.hits.iter().any(|hit| grave(hit.owner))
    }

    /// Whether a rule knows an ordinary fact in a sentence: « RQTH », « dyslexie », « zopiclone ».
    pub(super) fn is_known(&self, hits: &[Hit]) -> bool {
        hits.iter().any(|hit| match hit.owner {
            Owner::Rule(index) => {
                self.rules.get(index as usize).is_some_and(|rule| rule.label.level == Level::Standard)
            }
            _ => false,
        })
    }

    /// Adds what a sentence weighs.
    pub(super) fn weigh(&self, weighed: &Weighed, words: &Words, read: &mut Read) {
        read.label.level = read.label.level.max(weighed.level);
        read.label.categories = read.label.categories.union(Categories::one(weighed.category));
        if !read.label.reasons.iter().any(|old| old.rule == RULE) {
            let span = words.span(weighed.first, weighed.last);
            let place = read.levels.partition_point(|known| *known >= weighed.level);
            read.levels.insert(place, weighed.level);
            read.label.reasons.insert(place, Reason { span, ..reason(RULE, self.version, WHY) });
        }
    }
}

impl Sum {
    /// « mot 23, un_mot -4 »; « . » is what is added to every sum.
    fn new(table: &str) -> Result<Self, RulesError> {
        let mut sum = Self::default();
        for one in table.split(',').map(str::trim).filter(|one| !one.is_empty()) {
            let wrong = || RulesError(format!("{RULE}: « {one} »"));
            let (sign, weight) = one.rsplit_once(' ').ok_or_else(wrong)?;
            let weight = weight.parse().map_err(|_| wrong())?;
            if sign == "." {
                sum.bias = weight;
            } else {
                sum.words.insert(hash(sign.bytes()), weight);
            }
        }
        Ok(sum)
    }

    fn of(&self, signs: &[u64]) -> i32 {
        self.bias + signs.iter().filter_map(|sign| self.words.get(sign)).sum::<i32>()
    }

    /// The weight of the sign that speaks most for it.
    fn heaviest(&self, signs: &[u64]) -> i32 {
        signs.iter().filter_map(|sign| self.words.get(sign)).copied().max().unwrap_or_default()
    }
}

/// The signs of a sentence of `count` words by their hashes, each once.
fn signs(words: &Words, first: usize, count: usize) -> Vec<u64> {
    let mut signs = Vec::with_capacity(3 * count);
    each_sign(words, first, count, |parts| signs.push(hash(parts.iter().flat_map(|part| part.bytes()))));
    signs.sort_unstable();
    signs.dedup();
    signs
}

/// Of these signs, those of words that say something by themselves: not « elle », « dans », « par un ».
fn telling(words: &Words, first: usize, count: usize) -> Vec<u64> {
    let mut signs = Vec::new();
    each_sign(words, first, count, |parts| match parts {
        [word] if word.len() > 4 && !SMALL.contains(word) => signs.push(hash(word.bytes())),
        [beginning, "*"] => signs.push(hash(beginning.bytes().chain(*b"*"))),
        _ => {}
    });
    signs
}

/// The same as they are written in the file of weights, for who counts them.
pub(super) fn written(words: &Words, first: usize, count: usize) -> Vec<String> {
    let mut signs = Vec::new();
    each_sign(words, first, count, |parts| signs.push(parts.concat()));
    signs
}

/// The words, the beginnings of the long ones, and each two neighbours, in parts; then, of the words that say something, their
/// stems (`~frap`), and each two of these with one between them at most (`per+frap`): « son père la frappait », « le père frappe ».
fn each_sign(words: &Words, first: usize, count: usize, mut see: impl FnMut(&[&str])) {
    let (mut before, mut stems) = (None, [None; 2]);
    for index in first..first + count {
        let word = words.word(index);
        see(&[word]);
        if let Some(beginning) = word.get(..BEGINNING).filter(|beginning| beginning.len() < word.len()) {
            see(&[beginning, "*"]);
        }
        if let Some(before) = before.replace(word) {
            see(&[before, "_", word]);
        }
        if !is_empty(word) {
            let stem = stem(word);
            see(&["~", stem]);
            for before in stems.into_iter().flatten() {
                see(&[before, "+", stem]);
            }
            let [_, last] = stems;
            stems = [last, Some(stem)];
        }
    }
}

/// What a word is without its endings of number, gender, person and tense, roughly, and without a doubled last letter.
fn stem(word: &str) -> &str {
    if word.len() <= SHORTEST || !word.is_ascii() || word.starts_with(|c: char| c.is_ascii_digit()) {
        return word;
    }
    let cut = |ending: &&str| word.strip_suffix(ending).filter(|stem| stem.len() >= SHORTEST);
    let stem = ENDINGS.iter().find_map(cut).unwrap_or(word);
    match stem.as_bytes() {
        [.., a, b] if a == b && stem.len() > SHORTEST => stem.get(..stem.len() - 1).unwrap_or(stem),
        _ => stem,
    }
}

/// A word that only links the others.
fn is_empty(word: &str) -> bool {
    matches!(
        word,
        "le" | "la"
            | "les"
            | "l"
            | "un"
            | "une"
            | "des"
            | "de"
            | "d"
            | "du"
            | "au"
            | "aux"
            | "et"
            | "ou"
            | "a"
            | "en"
            | "dans"
            | "sur"
            | "par"
            | "pour"
            | "avec"
            | "que"
            | "qu"
            | "qui"
            | "se"
            | "s"
            | "ne"
            | "n"
            | "y"
            | "ce"
            | "c"
            | "cette"
            | "ces"
            | "est"
            | "sont"
            | "ont"
            | "etait"
            | "ete"
            | "avait"
            | "tres"
            | "bien"
            | "plus"
            | "aussi"
            | "puis"
            | "mais"
            | "car"
            | "m"
            | "mme"
            | "depuis"
            | "apres"
            | "avant"
            | "vers"
            | "chez"
            | "sans"
    )
}

/// The hash of Fowler, Noll and Vo.
fn hash(letters: impl Iterator<Item = u8>) -> u64 {
    letters.fold(0xcbf2_9ce4_8422_2325, |hash, letter| (hash ^ u64::from(letter)).wrapping_mul(0x0100_0000_01b3))
}
