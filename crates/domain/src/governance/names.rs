//! Names of people, compared as words.

use super::obsolescence::normalise;

/// Only letters, in words, without case or accents.
pub(in crate::governance) fn letters(text: &str) -> Vec<String> {
    let plain = normalise(text);
    plain.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}
