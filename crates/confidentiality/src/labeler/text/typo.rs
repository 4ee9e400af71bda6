//! Misspelled words: what a word sounds like, and one slip of the pen. Only long words are looked up, and never a word
//! that is known.

use super::rows::Rows;

/// Letters a word must have before it can be a misspelling.
const LONG: usize = 6;
/// Letters, or sounds, before one slip is forgiven too.
const SLIP: usize = 8;

/// What may be misspelled: by its sound, and by its letters.
#[derive(Debug)]
pub(super) struct Typos {
    sounds: Index,
    letters: Index,
}

/// Entries under their first four letters, and under these less one: a slip among them is found by what is left, a
/// later one by all four.
#[derive(Debug, Default)]
struct Index {
    letters: Rows<u8>,
    entries: Vec<Entry>,
    /// By what is left of a head when it is mixed.
    heads: Rows<Head>,
}

/// A way to an entry.
#[derive(Debug, Clone, Copy)]
struct Head {
    head: u32,
    entry: u32,
    /// How long a word must be, at least and at most, to be like the entry.
    lengths: (u32, u32),
}

/// What a misspelled word may be.
#[derive(Debug, Clone, Copy)]
struct Entry {
    /// The word may go on.
    stem: bool,
    atom: u32,
}

impl Typos {
    /// From words and stems in folded letters, whether each is a stem, and its atom.
    pub(super) fn new<'a>(words: impl Iterator<Item = (&'a str, bool, u32)> + Clone) -> Self {
        let long = words.filter(|(word, ..)| is_long(word));
        let sounds = long.clone().map(|(word, stem, atom)| (sound(word, stem), Entry { stem, atom }));
        let letters = long.map(|(word, stem, atom)| (word.as_bytes().to_vec(), Entry { stem, atom }));
        Self { sounds: Index::new(sounds), letters: Index::new(letters) }
    }

    /// Tells the atoms that an unknown word may be; one may come twice.
    pub(super) fn find(&self, word: &str, mut found: impl FnMut(u32)) {
        if is_long(word) {
            self.sounds.find(&sound(word, false), &mut found);
            self.letters.find(word.as_bytes(), &mut found);
        }
    }
}

impl Index {
    fn new(words: impl Iterator<Item = (Vec<u8>, Entry)>) -> Self {
        let (mut index, mut heads) = (Self::default(), Vec::new());
        for (letters, entry) in words {
            let count = if letters.len() < SLIP { 1 } else { 5 };
            let (number, length) = (index.entries.len() as u32, letters.len() as u32);
            let lengths = (length.saturating_sub(1), if entry.stem { u32::MAX } else { length + 2 });
            let head = |head| (mixed(head), Head { head, entry: number, lengths });
            heads.extend(heads_of(&letters).into_iter().flatten().take(count).map(head));
            index.letters.push(letters);
            index.entries.push(entry);
        }
        index.heads = Rows::grouped(1 << MIXED, &heads);
        index
    }

    fn find(&self, word: &[u8], found: &mut impl FnMut(u32)) {
        let length = word.len() as u32;
        for head in heads_of(word).into_iter().flatten() {
            let may_be = |one: &&Head| one.head == head && one.lengths.0 <= length && length <= one.lengths.1;
            for one in self.heads.of(mixed(head)).iter().filter(may_be) {
                let Some(entry) = self.entries.get(one.entry as usize) else { continue };
                if is_like(word, self.letters.of(one.entry), entry.stem) {
                    found(entry.atom);
                }
            }
        }
    }
}

/// Bits left of a head when it is mixed.
const MIXED: u32 = 15;

/// Spreads heads evenly: letters are few, and some come much more often.
fn mixed(head: u32) -> u32 {
    head.wrapping_mul(0x9E37_79B1) >> (u32::BITS - MIXED)
}

/// The first four letters, then the four ways to leave one out; nothing for a shorter word.
fn heads_of(word: &[u8]) -> Option<[u32; 5]> {
    let &[a, b, c, d, ..] = word else { return None };
    let head = |letters: [u8; 4]| u32::from_be_bytes(letters);
    Some([head([a, b, c, d]), head([0, b, c, d]), head([0, a, c, d]), head([0, a, b, d]), head([0, a, b, c])])
}

fn is_long(word: &str) -> bool {
    word.len() >= LONG && word.bytes().all(|letter| letter.is_ascii_lowercase())
}

/// Whether a word `a`, of a length that may be, is the word `b`, or goes on after it for a stem, but for one letter in the
/// long ones.
fn is_like(a: &[u8], b: &[u8], stem: bool) -> bool {
    let same = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let slips = b.len() >= SLIP && same > 0;
    if same + 3 < b.len() && !slips {
        return false;
    }
    let ends = |a: Option<&[u8]>, b: Option<&[u8]>| match (a, b) {
        (Some(a), Some(b)) if stem => a.starts_with(b),
        (Some(a), Some(b)) => a.strip_prefix(b).is_some_and(|rest| matches!(rest, [] | b"s" | b"x")),
        _ => false,
    };
    if ends(a.get(same..), b.get(same..)) {
        return true;
    }
    let swapped = matches!((a.get(same), a.get(same + 1), b.get(same), b.get(same + 1)),
        (Some(a1), Some(a2), Some(b1), Some(b2)) if a1 == b2 && a2 == b1);
    slips
        && (ends(a.get(same + 1..), b.get(same + 1..))
            || ends(a.get(same + 1..), b.get(same..))
            || ends(a.get(same..), b.get(same + 1..))
            || (swapped && ends(a.get(same + 2..), b.get(same + 2..))))
}

/// What a folded French word sounds like, roughly: one letter a sound, no double letters, no mute ending.
fn sound(word: &str, stem: bool) -> Vec<u8> {
    let mut single = word.as_bytes().to_vec();
    single.dedup();
    let letters = if stem { single.as_slice() } else { mute_ending(&single) };
    let mut out: Vec<u8> = Vec::with_capacity(letters.len());
    let mut at = 0;
    while let Some(&letter) = letters.get(at) {
        let next = letters.get(at + 1).copied().unwrap_or_default();
        let after = letters.get(at + 2).copied().unwrap_or_default();
        let soft = matches!(next, b'e' | b'i' | b'y');
        let (heard, read): (u8, usize) = match (letter, next, after) {
            (b's', b'c', b'h') => (b'S', 3),
            (b'p', b'h', _) => (b'f', 2),
            (b'c', b'h', _) => (b'C', 2),
            (b'e', b'a', b'u') => (b'o', 3),
            (b'a', b'u', _) => (b'o', 2),
            (b'a' | b'e', b'i', _) if !matches!(after, b'n' | b'l') => (b'e', 2),
            (b'e' | b'a', b'n' | b'm', c) if !is_vowel(c) && c != next => (b'A', 2),
            (b'q', b'u', _) => (b'k', 2),
            (b'g', b'u', b'e' | b'i') => (b'g', 2),
            (b't', b'i', b'o') => (b's', 1),
            (b's', b'c', b'e' | b'i') => (b's', 2),
            (b'c', _, _) if soft => (b's', 1),
            (b'c' | b'k' | b'q', _, _) => (b'k', 1),
            (b'z', _, _) => (b's', 1),
            (b'y', _, _) => (b'i', 1),
            (b'h', _, _) => (0, 1),
            _ => (letter, 1),
        };
        if heard == b'S' {
            out.extend(if out.is_empty() { b"sk".as_slice() } else { b"C".as_slice() });
        } else if heard != 0 && out.last() != Some(&heard) {
            out.push(heard);
        }
        at += read;
    }
    out
}

fn is_vowel(letter: u8) -> bool {
    matches!(letter, b'a' | b'e' | b'i' | b'o' | b'u' | b'y')
}

fn mute_ending(word: &[u8]) -> &[u8] {
    let cut = |word: &[u8], ending: &[u8]| word.strip_suffix(ending).map(<[u8]>::len);
    let kept = [b"es".as_slice(), b"e", b"s", b"x"].iter().find_map(|ending| cut(word, ending));
    word.get(..kept.unwrap_or(word.len())).unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn like(written: &str, word: &str) -> bool {
        let (word, stem) = word.strip_suffix('*').map_or((word, false), |stem| (stem, true));
        let typos = Typos::new([(word, stem, 7)].into_iter());
        let mut found = false;
        typos.find(written, |atom| found |= atom == 7);
        found
    }

    #[test]
    fn the_same_sound_is_the_same_word() {
        for (written, word) in [
            ("squizophrenie", "schizophren*"),
            ("atouchement", "attouchement*"),
            ("mourrir", "mourir"),
            ("tantion", "tension"),
            ("alcolique", "alcooliqu*"),
            ("hepatithe", "hepatite"),
            ("syphillis", "syphilis"),
            ("dependence", "dependance"),
            ("scarifications", "scarificat*"),
        ] {
            assert!(like(written, word), "{written} {word}: {:?}", String::from_utf8(sound(written, false)));
        }
    }

    #[test]
    fn one_slip_is_forgiven_in_long_words_only() {
        assert!(like("schizohprenie", "schizophrenie") && like("toxicomnaie", "toxicomanie"));
        assert!(like("tuberculsoe", "tuberculose") && like("cirhose", "cirrhose") && like("mthadone", "methadone"));
        assert!(like("viloences", "violence") && like("cennabis", "cannabis") && like("leuccemie", "leucemie"));
        assert!(
            !like("debuter", "deboute*")
                && !like("poison", "prison")
                && !like("violet", "violee")
                && !like("raison", "prison")
        );
    }
}
