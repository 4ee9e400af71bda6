//! Recovery shares of the root key: as many as were asked for give it back, one fewer tells nothing of it.
//!
//! Shamir's scheme, byte by byte, over the field of 256 elements that AES uses (FIPS 197, 4.2): each byte of the key is the
//! value at 0 of a random polynomial, a share its values at one other point.

use crate::crypto::{self, Secret};
use crate::error::Error;
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// What a share begins with.
const FORM: &str = "SOCLE1";
/// Bytes of a key.
const KEY: usize = 32;

/// Why shares do not give a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// There can be 2 to 16 of them, and as many needed at most.
    #[error("shares: from 2 to 16, and as many needed at most")]
    Number,
    /// The share at this place, from 1, was not copied as it was written.
    #[error("share {0}: a mistake in copying")]
    Mistake(usize),
    /// The share at this place is of another key, or was made another time.
    #[error("share {0} is of another key")]
    Stranger(usize),
    /// More are needed.
    #[error("{need} different shares are needed, there are {have}")]
    Missing {
        /// How many.
        need: u8,
        /// How many different ones there are.
        have: usize,
    },
    /// They fit together and give something else.
    #[error("these shares do not give a key")]
    NoKey,
}

type Result<T> = std::result::Result<T, Error>;

/// Makes `of` shares, of which any `need` give the key back. Each is one line to print: its first numbers say how many
/// are needed and which one it is; the last ones notice a mistake in copying.
///
/// # Errors
/// [`Trouble::Number`] unless 2 ≤ `need` ≤ `of` ≤ 16.
pub fn split(key: &Secret, need: u8, of: u8) -> Result<Vec<String>> {
    if need < 2 || need > of || of > 16 {
        return Err(Trouble::Number.into());
    }
    let mut shares: Vec<Zeroizing<Vec<u8>>> = vec![Zeroizing::new(Vec::with_capacity(KEY)); usize::from(of)];
    for byte in key.bytes() {
        let random: Zeroizing<[u8; 16]> = Zeroizing::new(crypto::random()?);
        let others = random.iter().take(usize::from(need) - 1);
        for (x, share) in (1..=of).zip(&mut shares) {
            // Horner, the highest power first.
            let value = others.clone().fold(0, |sum, coefficient| times(sum ^ coefficient, x));
            share.push(value ^ byte);
        }
    }
    let set = set(key);
    Ok((1..=of).zip(&shares).map(|(x, share)| written(&set, need, x, share)).collect())
}

/// The key that these shares are of; spaces and the case of letters do not matter.
///
/// # Errors
/// [`Trouble`]: which share has a mistake, that they are of different keys, or how many are missing.
pub fn join(shares: &[String]) -> Result<Secret> {
    let (mut points, mut common) = (BTreeMap::new(), None);
    for (at, text) in shares.iter().enumerate() {
        let share = Share::read(text).ok_or(Trouble::Mistake(at + 1))?;
        let known = common.get_or_insert_with(|| (share.set.clone(), share.need));
        if *known != (share.set, share.need) {
            return Err(Trouble::Stranger(at + 1).into());
        }
        points.insert(share.x, share.values);
    }
    let Some((set_name, need)) = common else { return Err(Trouble::Missing { need: 2, have: 0 }.into()) };
    if points.len() < usize::from(need) {
        return Err(Trouble::Missing { need, have: points.len() }.into());
    }
    let points: Vec<_> = points.into_iter().take(usize::from(need)).collect();
    let mut key = Zeroizing::new(vec![0_u8; KEY]);
    for (x, values) in &points {
        // Lagrange at 0: the product of x' / (x' - x) over the other points, where minus is plus.
        let others = points.iter().map(|(other, _)| *other).filter(|other| other != x);
        let weight = others.fold(1, |product, other| times(product, times(other, inverse(other ^ x))));
        for (byte, value) in key.iter_mut().zip(values.iter()) {
            *byte ^= times(*value, weight);
        }
    }
    let key = Secret::from_slice(&key)?;
    if set(&key) == set_name { Ok(key) } else { Err(Trouble::NoKey.into()) }
}

/// One share, read.
struct Share {
    set: String,
    need: u8,
    x: u8,
    values: Zeroizing<Vec<u8>>,
}

impl Share {
    fn read(text: &str) -> Option<Self> {
        let text: String = text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_uppercase();
        let (said, check) = text.rsplit_once('-')?;
        if check != checked(said) {
            return None;
        }
        let mut parts = said.split('-');
        if parts.next()? != FORM {
            return None;
        }
        let (numbers, set) = (parts.next()?, parts.next()?.to_owned());
        let (x, need) = numbers.split_once('/')?;
        let (x, need): (u8, u8) = (x.parse().ok()?, need.parse().ok()?);
        let digits = Zeroizing::new(parts.collect::<String>());
        let byte = |at: usize| digits.get(2 * at..2 * at + 2).and_then(|two| u8::from_str_radix(two, 16).ok());
        let values = Zeroizing::new((0..KEY).map(byte).collect::<Option<Vec<u8>>>()?);
        (digits.len() == 2 * KEY && x > 0 && need > 1).then_some(Self { set, need, x, values })
    }
}

/// Says which key shares are of, without telling it: 32 bits of 256.
fn set(key: &Secret) -> String {
    upper(crypto::mac(key.bytes(), &[b"socle recovery shares"]).iter().take(4))
}

fn written(set: &str, need: u8, x: u8, values: &[u8]) -> String {
    let groups: Vec<String> = values.chunks(2).map(|two| upper(two.iter())).collect();
    let said = format!("{FORM}-{x}/{need}-{set}-{}", groups.join("-"));
    let check = checked(&said);
    format!("{said}-{check}")
}

fn checked(said: &str) -> String {
    upper(crypto::sha256(&[said.as_bytes()]).iter().take(3))
}

fn upper<'a>(bytes: impl Iterator<Item = &'a u8>) -> String {
    bytes.map(|byte| format!("{byte:02X}")).collect()
}

/// The product in the field of 256 elements, modulo x⁸ + x⁴ + x³ + x + 1.
fn times(mut a: u8, mut b: u8) -> u8 {
    let mut product = 0;
    for _ in 0..8 {
        product ^= a & (b & 1).wrapping_neg();
        a = (a << 1) ^ (0x1b & (a >> 7).wrapping_neg());
        b >>= 1;
    }
    product
}

/// What gives 1 with `a`: its power 254.
fn inverse(a: u8) -> u8 {
    (0..253).fold(a, |power, _| times(power, a))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_field_is_that_of_aes() {
        // FIPS 197, 4.2: {57} • {83} = {c1}, {57} • {13} = {fe}.
        assert_eq!((times(0x57, 0x83), times(0x57, 0x13)), (0xc1, 0xfe));
        for a in 1..=255 {
            assert_eq!(times(a, inverse(a)), 1, "{a}");
        }
    }

    proptest! {
        #[test]
        fn enough_shares_give_the_key_back_and_fewer_do_not(need in 2_u8..6, more in 0_u8..4, skip in 0_usize..4) {
            let key = Secret::random().unwrap();
            let shares = split(&key, need, need + more).unwrap();
            let mut some = shares.clone();
            some.rotate_left(skip.min(usize::from(more)));
            some.truncate(usize::from(need));
            some.reverse();
            prop_assert!(join(&some).unwrap() == key);
            prop_assert!(join(&shares).unwrap() == key);
            some.pop();
            prop_assert!(join(&some).is_err());
            some.push(some.first().unwrap().clone());
            prop_assert!(join(&some).is_err(), "the same share twice is one");
        }
    }

    #[test]
    fn mistakes_are_named() {
        let (key, other) = (Secret::random().unwrap(), Secret::random().unwrap());
        let (shares, others) = (split(&key, 2, 3).unwrap(), split(&other, 2, 3).unwrap());
        let [one, two, _] = &shares[..] else { panic!("three") };
        assert!(join(&[one.to_lowercase().replace('-', " - "), two.clone()]).unwrap() == key);
        for at in 0..one.len() {
            let mut bytes = one.clone().into_bytes();
            bytes[at] = if bytes[at] == b'7' { b'8' } else { b'7' };
            let mistaken = join(&[String::from_utf8(bytes).unwrap(), two.clone()]);
            assert!(mistaken.is_err_and(|error| error.to_string().contains("share 1")), "{at}");
        }
        let mixed = join(&[one.clone(), others[1].clone()]).unwrap_err().to_string();
        assert!(mixed.contains("share 2 is of another key"), "{mixed}");
        assert!(split(&key, 1, 3).is_err() && split(&key, 4, 3).is_err() && split(&key, 2, 17).is_err());
        assert!(join(&[]).is_err());
    }

    #[test]
    fn one_share_tells_nothing() {
        // The same key: every value of a share's first byte comes up.
        let key = Secret::from_slice(&[7; 32]).unwrap();
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..200 {
            let share = Share::read(&split(&key, 2, 2).unwrap()[0]).unwrap();
            seen.extend(share.values.iter().copied());
        }
        assert_eq!(seen.len(), 256);
    }
}
