//! Recovery shares of the root key: as many as were asked for give it back, one fewer tells nothing of it.
//!
//! Shamir's scheme, byte by byte, over the field of 256 elements that AES uses (FIPS 197, 4.2), by `vsss-rs`; the written form is
//! ours: it says which key a share is of, and notices a mistake in copying.

use crate::crypto::{self, Secret};
use crate::error::Error;
use rand_core::{TryCryptoRng, TryRng, UnwrapErr};
use std::collections::BTreeMap;
use vsss_rs::Gf256;
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
    let failed = |error: vsss_rs::Error| Error::bug(format!("shares: {error}"));
    let shares =
        Gf256::split_bytes(usize::from(need), usize::from(of), key.bytes(), UnwrapErr(System)).map_err(failed)?;
    let shares: Vec<Zeroizing<Vec<u8>>> = shares.into_iter().map(Zeroizing::new).collect();
    let set = set(key);
    let line = |share: &Zeroizing<Vec<u8>>| Some(written(&set, need, *share.first()?, share.get(1..)?));
    shares.iter().map(|share| line(share).ok_or_else(|| Error::bug("an empty share"))).collect()
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
    let points = points.iter().take(usize::from(need));
    let points = Zeroizing::new(points.map(|(x, values)| [&[*x], values.as_slice()].concat()).collect::<Vec<_>>());
    let key = Zeroizing::new(Gf256::combine_bytes(points.as_slice()).map_err(|_| Trouble::NoKey)?);
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

/// The system's randomness, as that library asks for it.
struct System;

impl TryRng for System {
    type Error = Error;

    fn try_next_u32(&mut self) -> Result<u32> {
        crypto::random().map(u32::from_le_bytes)
    }

    fn try_next_u64(&mut self) -> Result<u64> {
        crypto::random().map(u64::from_le_bytes)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<()> {
        bytes.iter_mut().try_for_each(|byte| crypto::random::<1>().map(|[random]| *byte = random))
    }
}

impl TryCryptoRng for System {}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    #[test]
    fn shares_printed_by_earlier_versions_give_their_key_back() {
        let printed = [
            "SOCLE1-1/3-1698A47A-F5C6-03E7-760D-7C7A-F281-5128-A045-85C5-8A03-E0D2-6690-97B8-FB42-E320-6EBE-B407-080A9E",
            "SOCLE1-2/3-1698A47A-FD36-A25F-890A-738B-CA27-131D-05A6-A5C0-2A59-6BBC-4046-7DC5-E705-972B-01E0-2358-C23F38",
            "SOCLE1-3/3-1698A47A-5FD7-AFBE-8D86-D256-BE95-A95D-C610-CB9C-BCCD-BCE4-31C8-B8DD-62FB-6116-207F-7B21-B309B2",
            "SOCLE1-4/3-1698A47A-E108-A382-7E9A-6BFD-B8AC-6A7B-6ED1-0982-74C9-06C8-5BC9-C225-41B6-C55A-E305-8E4F-686CCD",
            "SOCLE1-5/3-1698A47A-43E9-AE63-7A16-CA20-CC1E-D03B-AD67-67DE-E25D-D190-2A47-073D-C448-3367-C29A-D636-E5CE28",
        ];
        let key = STANDARD.decode("VycOBnKB3aeGM+toY/PrmRyXN4oXHlKgfrwVHU8h7H4=").unwrap();
        for which in [[0, 1, 2], [4, 2, 0], [3, 1, 4]] {
            let shares = which.map(|at| printed[at].to_owned());
            assert_eq!(join(&shares).unwrap().bytes(), key);
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
