//! The same cases, misspelled: one long word that carries the meaning loses a letter, doubles one or no longer does,
//! swaps two neighbours, or is written as it sounds. Nothing here is drawn at random.

use super::sets::fnv;
use confidentiality::labeler::score::Case;
use std::collections::HashSet;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Variants wanted.
const WANTED: usize = 150;
/// What is misspelled: what is affirmed, of the person or of a relative.
const ABOUT: [&str; 6] = ["plain", "hist", "hypo", "family", "mixed", "abbr"];

/// Words of eight letters or more by which such sentences say what they say. From the field, not from the rules.
const MEANING: &str = "schizophrénie paranoïde paranoïaque bipolaire dépression dépressif dépressive psychose psychotique \
    psychiatre psychiatrie psychiatrique hallucinations délirante scarifications scarifiée suicidaire \
    suicidaires anorexie boulimie mélancolie neuroleptique neuroleptiques antidépresseur clozapine sertraline \
    venlafaxine quétiapine alcoolodépendance alcoolisme alcoolique alcoolisation alcoolisé alcoolisée toxicomanie \
    polytoxicomanie toxicomane cannabis méthadone addiction addictions addictologie dépendance séropositivité \
    séropositif séropositive trithérapie antirétrovirale hépatite tuberculose syphilis neurosyphilis gonococcie \
    blennorragie chlamydiose grossesse contraception avortement stérilité infertilité transidentité homosexuel \
    homosexuelle homosexualité érectile trisomie mucoviscidose drépanocytose métastases métastatique leucémie \
    carcinome hépatocarcinome adénocarcinome palliatif palliatifs chimiothérapie glioblastome lymphome mésothéliome \
    alzheimer neurocognitif déficience dyspraxie dysphasie dyslexie surendettement expulsion insalubre violences \
    maltraitance étranglement harcèlement séquestration humiliations attouchements attouchement agression agressions \
    placement délaissement incarcération incarcéré condamnation perquisition détention probatoire curatelle sauvegarde \
    habilitation mandataire musulmane catholicisme protestante syndical syndicale militantisme clandestine nationalité \
    naturalisation irrégulière confidence confidences";

/// What is written for what is heard, first come first served.
const SOUNDS: [(&str, &str); 16] = [
    ("schi", "ski"),
    ("ph", "f"),
    ("qu", "k"),
    ("th", "t"),
    ("tion", "sion"),
    ("eau", "o"),
    ("au", "o"),
    ("ence", "anse"),
    ("ance", "ence"),
    ("en", "an"),
    ("an", "en"),
    ("ss", "c"),
    ("ci", "si"),
    ("y", "i"),
    ("z", "s"),
    ("c", "k"),
];

/// Misspelled variants of about 150 of the cases.
pub(crate) fn variants(cases: &[Case]) -> Vec<Case> {
    let meaning: HashSet<String> = MEANING.split_whitespace().map(plain).collect();
    let known: HashSet<String> = cases.iter().flat_map(|case| words(&case.text)).map(plain).collect();
    let told = |case: &&Case| ABOUT.contains(&case.phenomenon.as_str()) && !case.categories.is_empty();
    let mut bases: Vec<&Case> = cases.iter().filter(told).collect();
    bases.sort_by_key(|case| fnv(&case.id));
    let variant = |case: &Case| {
        let word = words(&case.text).find(|word| is_lower(word) && meaning.contains(&plain(word)))?;
        let misspelled = misspell(word, fnv(&case.id), &known)?;
        let text = case.text.replacen(word, &misspelled, 1);
        Some(Case { id: format!("{}-T", case.id), text, phenomenon: "typo".to_owned(), ..case.clone() })
    };
    bases.into_iter().filter_map(variant).take(WANTED).collect()
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty())
}

/// But for its first letter.
fn is_lower(word: &str) -> bool {
    word.chars().skip(1).all(char::is_lowercase)
}

/// In lower case, without accents.
fn plain(word: &str) -> String {
    word.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
}

/// Misspells at a letter, where it can.
type Way = fn(&[char], usize) -> Option<Vec<char>>;

/// A wrong spelling that is no other word: the first and the last letter stay.
fn misspell(word: &str, hash: u64, known: &HashSet<String>) -> Option<String> {
    let letters: Vec<char> = word.chars().collect();
    let ways: [Way; 4] = [drop_letter, double, swap, by_ear];
    let at = 1 + (hash >> 8) as usize % (letters.len() - 2);
    let tries = (0..ways.len()).flat_map(|way| (0..letters.len()).map(move |step| (way, step)));
    tries
        .filter_map(|(way, step)| {
            let way = ways[(hash as usize + way) % ways.len()];
            way(&letters, 1 + (at - 1 + step) % (letters.len() - 2))
        })
        .map(String::from_iter)
        .find(|wrong| plain(wrong) != plain(word) && !known.contains(&plain(wrong)))
}

fn drop_letter(letters: &[char], at: usize) -> Option<Vec<char>> {
    Some([&letters[..at], &letters[at + 1..]].concat())
}

/// Undoubles the first double letter, or doubles a consonant between two vowels.
fn double(letters: &[char], at: usize) -> Option<Vec<char>> {
    let vowel = |c: char| "aeiouyéèêàâîïôûù".contains(c);
    if let Some(pair) = (1..letters.len() - 1).find(|pair| letters[*pair] == letters[pair + 1]) {
        return drop_letter(letters, pair);
    }
    let between = "lmnprtfcs".contains(letters[at]) && vowel(letters[at - 1]) && vowel(letters[at + 1]);
    between.then(|| [&letters[..=at], &letters[at..]].concat())
}

fn swap(letters: &[char], at: usize) -> Option<Vec<char>> {
    let mut letters = letters.to_vec();
    (at + 2 < letters.len()).then(|| letters.swap(at, at + 1))?;
    Some(letters)
}

fn by_ear(letters: &[char], _: usize) -> Option<Vec<char>> {
    let (first, rest) = letters.split_first()?;
    let rest: String = rest.iter().collect();
    let (heard, written) = SOUNDS.iter().find(|(heard, _)| rest.contains(heard))?;
    Some(std::iter::once(*first).chain(rest.replacen(heard, written, 1).chars()).collect())
}
