//! Which passwords are taken: long ones, and none of those that are tried first. No classes of signs are asked for: length
//! protects, and a phrase is remembered (CNIL 2022, ANSSI 2021).

use super::obsolescence::normalise;
use std::collections::BTreeSet;

/// The longest that is read.
pub const LONGEST: usize = 200;
/// Fewer different signs than this is one sign typed again and again.
const VARIED: usize = 5;

/// Words that passwords which everybody uses are made of: tried first by whoever guesses.
const USUAL: [&str; 36] = [
    "123",
    "1234",
    "12345",
    "123456",
    "1234567",
    "12345678",
    "123456789",
    "1234567890",
    "abc",
    "abcd",
    "abcdef",
    "admin",
    "administrateur",
    "azerty",
    "azertyuiop",
    "bienvenue",
    "bonjour",
    "changeme",
    "demo",
    "doudou",
    "ehpad",
    "france",
    "ime",
    "iloveyou",
    "infirmiere",
    "loulou",
    "marseille",
    "motdepasse",
    "mdp",
    "password",
    "passw0rd",
    "qwerty",
    "qwertyuiop",
    "soleil",
    "socle",
    "welcome",
];

/// Why a password is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weak {
    /// So many signs at least.
    Short(u32),
    /// More than [`LONGEST`] signs.
    Long,
    /// Made of words that are tried first, of one sign again and again, or of the login and the name.
    Usual,
    /// The one there was.
    Same,
}

impl Weak {
    /// In French, for the person who chooses.
    #[must_use]
    pub fn said(self) -> String {
        match self {
            Self::Short(least) => {
                format!("Trop court\u{a0}: {least} caractères au moins. Une phrase que vous retenez convient très bien.")
            }
            Self::Long => format!("Trop long\u{a0}: {LONGEST} caractères au plus."),
            Self::Usual => {
                "Trop facile à deviner\u{a0}: ni votre nom, ni des mots que tout le monde emploie, ni une suite de touches."
                    .to_owned()
            }
            Self::Same => "C’est le mot de passe que vous aviez\u{a0}: choisissez-en un autre.".to_owned(),
        }
    }
}

/// Whether a password is taken; `known`: the login and the name of who chooses it.
///
/// # Errors
/// Why not.
pub fn judge(secret: &str, shortest: u32, known: &[&str]) -> Result<(), Weak> {
    let signs = secret.chars().count();
    if signs > LONGEST {
        return Err(Weak::Long);
    }
    if signs < usize::try_from(shortest).unwrap_or(LONGEST) {
        return Err(Weak::Short(shortest));
    }
    let varied: BTreeSet<char> = secret.to_lowercase().chars().collect();
    if varied.len() < VARIED || is_usual(secret, known) {
        return Err(Weak::Usual);
    }
    Ok(())
}

/// Nothing is left once usual words, the login, the name and figures are taken out.
fn is_usual(secret: &str, known: &[&str]) -> bool {
    let plain = |text: &str| normalise(text).chars().filter(|sign| sign.is_alphanumeric()).collect::<String>();
    let mut left = plain(secret);
    let own = known.iter().flat_map(|text| text.split(|sign: char| !sign.is_alphanumeric())).map(plain);
    let mut words: Vec<String> = own.filter(|word| word.chars().count() >= 3).collect();
    words.extend(USUAL.iter().map(|word| (*word).to_owned()));
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    for word in &words {
        left = left.replace(word.as_str(), "");
    }
    // A year or a number at the end makes no secret of a usual word.
    left.retain(|sign| !sign.is_ascii_digit());
    left.chars().count() < 4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phrase_is_taken_and_what_is_tried_first_is_not() {
        let known = ["m.durand", "Martine DURAND, infirmière"];
        for fine in ["une phrase de passe", "le chat dort sous la table", "Kz7!mmQpX2#v", "bonjour les hirondelles"] {
            assert_eq!(judge(fine, 12, &known), Ok(()), "{fine}");
        }
        for usual in [
            "azertyuiop123",
            "motdepasse2026",
            "Mot-De-Passe-2026",
            "aaaaaaaaaaaaaaaa",
            "durandmartine1",
            "socle-demo-2026",
            "Infirmière2026!",
            "1234567890123",
            "bienvenue-ehpad",
        ] {
            assert_eq!(judge(usual, 12, &known), Err(Weak::Usual), "{usual}");
        }
        assert_eq!(judge("court", 12, &known), Err(Weak::Short(12)));
        assert_eq!(judge(&"né".repeat(101), 12, &known), Err(Weak::Long));
        assert_eq!(judge("éééèèèàààùù", 12, &known), Err(Weak::Short(12)), "signs are counted, not bytes");
    }
}
