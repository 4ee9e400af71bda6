//! A text as words: lower case, without accents, each with its place in the original, its sentence and its clause.

use crate::labeler::rules::Context;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeSet;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// What is needed to cut a text.
#[derive(Debug, Default)]
pub(super) struct Reading {
    /// One word for one or several.
    pub(super) abbreviations: FxHashMap<String, String>,
    /// Short forms that a full stop may follow.
    pub(super) dotted: BTreeSet<String>,
    /// Words that begin a clause.
    pub(super) breaks: FxHashSet<String>,
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

/// One word.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word {
    /// First byte in the original.
    pub(super) start: usize,
    /// Byte after the last, in the original.
    pub(super) end: usize,
    /// First byte in [`Words::text`].
    at: usize,
    /// Byte after the last, in [`Words::text`].
    until: usize,
    /// Written in capitals.
    pub(super) upper: bool,
    /// Sentence it is in.
    pub(super) sentence: u32,
    /// Clause it is in; clauses are numbered over the whole text.
    pub(super) clause: u32,
    /// A colon stands just before.
    pub(super) after_colon: bool,
    /// Begins with a capital although no sentence begins here: a name, most often.
    pub(super) named: bool,
    /// Begins with a capital, or is in capitals.
    pub(super) capital: bool,
    /// « a », « A » without its accent: most often the verb.
    pub(super) bare: bool,
    /// Inside quotation marks.
    pub(super) quoted: bool,
}

/// A text cut into words.
#[derive(Debug, Default)]
pub(super) struct Words {
    /// Folded words, one space before each and one at the end: a pattern that begins and ends with a space is a whole word.
    pub(super) text: String,
    /// In order.
    pub(super) words: Vec<Word>,
}

/// Lower case without accents, ligatures opened.
pub(in crate::labeler) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars() {
        fold_char(c, &mut folded);
    }
    folded
}

fn fold_char(c: char, out: &mut String) {
    match c {
        'a'..='z' | '0'..='9' => out.push(c),
        'A'..='Z' => out.push(c.to_ascii_lowercase()),
        'é' | 'è' | 'ê' | 'ë' | 'É' | 'È' | 'Ê' => out.push('e'),
        'à' | 'â' | 'À' | 'Â' => out.push('a'),
        'ç' | 'Ç' => out.push('c'),
        'œ' | 'Œ' => out.push_str("oe"),
        'æ' | 'Æ' => out.push_str("ae"),
        _ => out.extend(c.nfkd().filter(|part| !is_combining_mark(*part)).flat_map(char::to_lowercase)),
    }
}

/// Folds a word; whether it has letters, and small ones. Most words are plain.
fn fold_word(word: &str, folded: &mut String) -> (bool, bool) {
    folded.clear();
    if word.is_ascii() {
        folded.push_str(word);
        folded.make_ascii_lowercase();
        let has = |is: fn(&u8) -> bool| word.as_bytes().iter().any(is);
        return (has(u8::is_ascii_alphabetic), has(u8::is_ascii_lowercase));
    }
    word.chars().for_each(|c| fold_char(c, folded));
    let small = |c: char| c.is_alphabetic() && !c.is_uppercase();
    (word.contains(char::is_alphabetic), word.contains(small))
}

/// Words after which a sentence ends at the next clause, and after which it ends anyway: the reading of a sentence is
/// never longer than this, whatever the text.
const LONG: usize = 60;
const LONGEST: usize = 100;

/// What separates clauses without a word.
fn ends_clause(c: char) -> bool {
    matches!(c, ',' | ':' | '(' | ')' | '–' | '—' | '→' | '[' | ']')
}

/// A character that stands for a word by itself.
fn is_sign(c: char) -> bool {
    matches!(c, '+' | '%' | '⊕' | '⊖' | 'Ø')
}

struct Cutter<'a> {
    reading: &'a Reading,
    source: &'a str,
    out: Words,
    /// The word under way, folded.
    folded: String,
    sentence: u32,
    /// Words of the sentence so far.
    length: usize,
    clause: u32,
    colon: bool,
    quoted: bool,
}

/// Cuts a text; abbreviations are opened, and full stops told from those that end nothing.
pub(super) fn cut(text: &str, reading: &Reading) -> Words {
    let out = Words { text: String::with_capacity(text.len() + text.len() / 8 + 2), words: Vec::new() };
    let (sentence, length, clause) = (0, 0, 0);
    let folded = String::new();
    let mut cutter =
        Cutter { reading, source: text, out, folded, sentence, length, clause, colon: false, quoted: false };
    let mut start = None;
    for (at, c) in text.char_indices() {
        if c.is_alphanumeric() || (start.is_some() && is_combining_mark(c)) {
            start.get_or_insert(at);
            continue;
        }
        if let Some(start) = start.take() {
            cutter.word(start, at);
        }
        cutter.between(at, c);
    }
    if let Some(start) = start {
        cutter.word(start, text.len());
    }
    cutter.out.text.push(' ');
    cutter.out
}

impl Cutter<'_> {
    fn word(&mut self, start: usize, end: usize) {
        let Some(written) = self.source.get(start..end) else { return };
        let mut folded = std::mem::take(&mut self.folded);
        let (letters, small) = fold_word(written, &mut folded);
        let upper = letters && !small;
        let capital = !upper && written.starts_with(char::is_uppercase);
        let opened = self.reading.abbreviations.get(folded.as_str());
        // A short form in capitals is itself: « SS » is social security, « ss » is « sous ».
        match opened.filter(|_| !upper || written.len() > 3) {
            Some(opened) => opened.split(' ').for_each(|part| self.push(part, start, end, upper, capital)),
            None => self.push(&folded, start, end, upper, capital),
        }
        self.folded = folded;
    }

    fn push(&mut self, part: &str, start: usize, end: usize, upper: bool, capital: bool) {
        if self.reading.breaks.contains(part) {
            self.clause += 1;
        }
        let first = self.out.words.last().is_none_or(|last| last.sentence != self.sentence);
        if self.length >= LONGEST {
            self.end_sentence();
        }
        self.length += 1;
        self.out.text.push(' ');
        let at = self.out.text.len();
        self.out.text.push_str(part);
        self.out.words.push(Word {
            start,
            end,
            at,
            until: self.out.text.len(),
            upper,
            sentence: self.sentence,
            clause: self.clause,
            after_colon: std::mem::take(&mut self.colon),
            named: capital && !first,
            capital: capital || upper,
            bare: matches!(self.source.get(start..end), Some("a" | "A")),
            quoted: self.quoted,
        });
    }

    fn between(&mut self, at: usize, c: char) {
        let rest = self.source.get(at + c.len_utf8()..).unwrap_or_default();
        match c {
            '!' | '?' | ';' | '\n' | '\r' | '•' | '…' => self.end_sentence(),
            '.' if self.stop_ends(rest) => self.end_sentence(),
            '«' | '“' => self.quoted = true,
            '»' | '”' => self.quoted = false,
            '"' => self.quoted = !self.quoted,
            ':' => {
                self.clause += 1;
                self.colon = true;
            }
            _ if ends_clause(c) && self.length >= LONG => self.end_sentence(),
            _ if ends_clause(c) => self.clause += 1,
            '-' if self.spaced(at, rest) => self.clause += 1,
            _ if is_sign(c) => {
                let mut sign = [0; 4];
                let sign = c.encode_utf8(&mut sign);
                self.push(sign, at, at + c.len_utf8(), false, false);
            }
            _ => {}
        }
    }

    fn end_sentence(&mut self) {
        self.sentence += 1;
        self.length = 0;
        self.clause += 1;
        self.quoted = false;
    }

    /// A dash with spaces around, or at the head of a line: not a hyphen.
    fn spaced(&self, at: usize, rest: &str) -> bool {
        let before = self.source.get(..at).and_then(|text| text.chars().next_back());
        before.is_none_or(char::is_whitespace) && rest.starts_with(char::is_whitespace)
    }

    /// Whether a full stop ends the sentence: not inside a number, nor after a short form or an initial.
    fn stop_ends(&self, rest: &str) -> bool {
        if rest.starts_with(|c: char| c.is_alphanumeric()) {
            return false;
        }
        let Some(last) = self.out.words.last().filter(|last| last.sentence == self.sentence) else { return true };
        let word = self.out.text.get(last.at..last.until).unwrap_or_default();
        let initial = last.upper && word.len() == 1;
        // A few blanks are looked at, not a whole page of them.
        let blank = rest.chars().take(4).take_while(|c| c.is_whitespace()).collect::<String>();
        blank.contains('\n') || blank.len() == rest.len() || !(initial || self.reading.dotted.contains(word))
    }
}

impl Words {
    /// Whether two words are of one sentence.
    pub(super) fn is_one_sentence(&self, a: usize, b: usize) -> bool {
        let sentence = |word: usize| self.words.get(word).map(|word| word.sentence);
        sentence(a) == sentence(b)
    }

    /// « Merci ! », « Cordialement, Hélène Vasseur »: how a message opens and ends.
    pub(super) fn is_courtesy(&self, first: usize, count: usize) -> bool {
        let polite = |word: &str| {
            matches!(
                word,
                "bonjour" | "bonsoir" | "coucou" | "merci" | "bises" | "bisous" | "cordialement" | "amicalement"
            )
        };
        let named = |index: usize| self.words.get(index).is_some_and(|word| word.capital || word.named);
        // « À lundi, Paul »
        let soon = |word: &str| matches!(word, "demain" | "bientot" | "plus") || word.ends_with("di");
        let little = |index: usize| matches!(self.word(index), "a" | "tous" | "toutes") || soon(self.word(index));
        (polite(self.word(first)) || self.word(first) == "a" && soon(self.word(first + 1)))
            && (first + 1..first + count).all(|index| named(index) || little(index))
    }

    /// The folded word at `index`.
    pub(super) fn word(&self, index: usize) -> &str {
        self.words.get(index).and_then(|word| self.text.get(word.at..word.until)).unwrap_or_default()
    }

    /// The folded text from the word at `index` on.
    pub(super) fn from(&self, index: usize) -> &[u8] {
        self.words.get(index).and_then(|word| self.text.as_bytes().get(word.at..)).unwrap_or_default()
    }

    /// Whether « a mangé », « a dit » begins a clause of these words, or is said of a first name: somebody is meant.
    pub(super) fn has_bare_verb(&self, first: usize, count: usize) -> bool {
        let begins = |index: usize| {
            index == first
                || self.words.get(index).map(|word| word.clause) != self.words.get(index - 1).map(|word| word.clause)
                || self.is_first_name(index - 1)
        };
        let verb = |index: usize| {
            self.words.get(index).is_some_and(|word| word.bare) && begins(index) && is_participle(self.word(index + 1))
        };
        (first..first + count).any(verb)
    }

    /// « Paul », not « de Lyon » nor « le Dr Petit ».
    fn is_first_name(&self, index: usize) -> bool {
        let named = |index: usize| self.words.get(index).is_some_and(|word| word.named);
        let before = index.checked_sub(1).map_or("", |before| self.word(before));
        let other = matches!(before, "a" | "d" | "de" | "du" | "des" | "la" | "le" | "l" | "les" | "dr" | "pr");
        named(index) && !other && !index.checked_sub(1).is_some_and(named)
    }

    /// Whether the words after this one say whose it is by a name: « de Tom ».
    pub(super) fn is_named_s(&self, index: usize) -> bool {
        matches!(self.word(index + 1), "de" | "d" | "sur" | "par" | "contre")
            && self.words.get(index + 2).is_some_and(|word| word.named)
    }

    /// Words of the original between two words, both included, as a byte span.
    pub(super) fn span(&self, first: usize, last: usize) -> Option<[usize; 2]> {
        Some([self.words.get(first)?.start, self.words.get(last)?.end])
    }
}

/// What may follow the verb « a » and not the preposition « à ».
fn is_participle(word: &str) -> bool {
    const NEVER: [&str; 14] = [
        "la", "le", "les", "ce", "cette", "tous", "toutes", "cote", "cause", "domicile", "suite", "droite", "chaque",
        "peu",
    ];
    word.len() > 1
        && word.ends_with(['e', 'i', 'u', 's', 't'])
        && !word.ends_with("re")
        && !NEVER.contains(&word)
        && !word.starts_with(|c: char| c.is_ascii_digit())
}
