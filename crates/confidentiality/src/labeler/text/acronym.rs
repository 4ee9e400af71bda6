//! Acronyms spelled out where they stand: « TS : temps social », « club de marche (CM) ». What they mean is said by
//! the words, and these are read.

use super::fold::Words;

/// Words between an acronym and the last of its own.
const REACH: usize = 12;

/// Whether an acronym is followed or preceded by the words that it stands for.
pub(super) fn is_spelled_out(text: &str, words: &Words, at: usize) -> bool {
    let acronym = words.word(at);
    let Some(word) = words.words.get(at).filter(|word| word.upper) else { return false };
    if acronym.len() < 2 || !acronym.bytes().all(|letter| letter.is_ascii_lowercase()) {
        return false;
    }
    let gap = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    let after = words.words.get(at + 1).is_some_and(|next| gap(word.end, next.start).contains([':', '=', '(']));
    let before = at.checked_sub(1).and_then(|before| words.words.get(before));
    let before = before.is_some_and(|before| gap(before.end, word.start).contains('('));
    let means = |from: usize| match [0, 1, 2].map(|next| words.word(from + next)) {
        ["c", "est", _] | ["veut", "dire", _] => Some(from + 2),
        ["signifie" | "comme" | "pour", ..] => Some(from + 1),
        _ => None,
    };
    after && spells(acronym.as_bytes(), words, at + 1)
        || means(at + 1).is_some_and(|from| spells(acronym.as_bytes(), words, from))
        || before && (at.saturating_sub(REACH)..at).any(|start| ends_at(acronym.as_bytes(), words, start, at))
}

/// Whether the words from here begin with these letters, but for the little ones.
fn spells(letters: &[u8], words: &Words, from: usize) -> bool {
    end_of(letters, words, from).is_some()
}

/// Whether the words from here to there, and no more, begin with these letters.
fn ends_at(letters: &[u8], words: &Words, from: usize, to: usize) -> bool {
    end_of(letters, words, from) == Some(to)
}

/// The word after the last that these letters stand for.
fn end_of(letters: &[u8], words: &Words, from: usize) -> Option<usize> {
    let (mut rest, mut at) = (letters, from);
    while let Some((letter, others)) = rest.split_first() {
        let word = words.words.get(at).map(|_| words.word(at)).filter(|_| at < from + REACH)?;
        if word.as_bytes().first() == Some(letter) {
            rest = others;
        } else if !is_little(word) {
            return None;
        }
        at += 1;
    }
    Some(at)
}

fn is_little(word: &str) -> bool {
    let little =
        ["de", "du", "des", "la", "le", "les", "et", "en", "au", "aux", "pour", "par", "sur", "dans", "un", "une"];
    word.len() == 1 || little.contains(&word)
}
