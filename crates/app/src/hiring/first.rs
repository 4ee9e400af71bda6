//! A first password: made by the server, given by hand, replaced by its holder.

use crate::app::App;
use crate::error::{Error, Result};
use crate::protection;
use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};

/// Of letters that are not taken for one another on paper, and are in the same place on all keyboards in use here.
const FIRST: &[u8; 12] = b"bdfgknprstvx";
const SECOND: &[u8; 4] = b"eiou";
/// Words of two syllables: each is one of 2,304.
const WORDS: usize = 6;
/// Signs of a word, and the hyphen behind it.
const SIGNS: usize = 5;

/// A password that is read from paper and typed once: six words, some 67 bits, or more where the house wants longer ones.
///
/// # Errors
/// When the system gives no randomness.
pub async fn first_password(app: &App) -> Result<String> {
    draw(usize::try_from(protection::obeyed(app).await.shortest).unwrap_or(usize::MAX))
}

fn draw(least: usize) -> Result<String> {
    let many = WORDS.max(least.div_ceil(SIGNS) + 1);
    let mut words = Vec::with_capacity(many);
    for _ in 0..many {
        let mut word = String::with_capacity(4);
        for _ in 0..2 {
            word.push(pick(FIRST)?);
            word.push(pick(SECOND)?);
        }
        words.push(word);
    }
    Ok(words.join("-"))
}

/// One of these, each as likely.
fn pick(of: &[u8]) -> Result<char> {
    let random = SystemRandom::new();
    let even = 256 - 256 % of.len();
    loop {
        let mut byte = [0_u8; 1];
        random.fill(&mut byte).map_err(|_| Error::Bug("no randomness".into()))?;
        let [drawn] = byte.map(usize::from);
        if let Some(letter) = of.get(drawn % of.len()).filter(|_| drawn < even) {
            return Ok(char::from(*letter));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::governance::passwords::judge;
    use std::collections::BTreeSet;

    #[test]
    fn a_first_password_is_long_varied_and_never_the_same() {
        let drawn: BTreeSet<String> = (0..200).map(|_| draw(12).unwrap()).collect();
        assert_eq!(drawn.len(), 200);
        let letters: BTreeSet<char> = drawn.iter().flat_map(|one| one.chars()).collect();
        assert_eq!(letters.len(), FIRST.len() + SECOND.len() + 1, "each letter is drawn");
        for one in &drawn {
            assert_eq!(one.len(), 29, "{one}");
            judge(one, 20, &["camille", "Camille Roy, infirmière"]).unwrap();
        }
        (8..=64).for_each(|least| judge(&draw(least).unwrap(), u32::try_from(least).unwrap(), &[]).unwrap());
    }
}
