//! The keys of one row, in short, beside its body: a new version, or an erasure, finds by it the key rows to take away. So
//! no key table has an index by row, and each key is written once.
//!
//! Two columns of `resource`. `params`: the parameters that have a value, in a form in which one is found as bytes among
//! bytes. `keys`: four lists, each with its length before it, of exact keys, of lossy keys (parameter as what it adds to the
//! one before, hash of 8 bytes), of the parameters of range rows, and of marks: hashes that are looked for in this column only,
//! as bytes among bytes. Numbers are in groups of 7 bits, the lowest first.

use crate::error::{Error, Result};
use crate::index::Keys;
use std::collections::BTreeSet;

/// The keys that a row has by its `keys` column.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct KeyList {
    /// (param, hash)
    pub(crate) exact: BTreeSet<(i64, i64)>,
    /// (param, hash)
    pub(crate) lossy: BTreeSet<(i64, i64)>,
    /// The parameters of its range rows.
    pub(crate) ranges: BTreeSet<i64>,
    /// What has no key row.
    pub(crate) marks: BTreeSet<i64>,
}

impl KeyList {
    pub(crate) fn of(keys: &Keys) -> Self {
        let ranges = keys.range.iter().map(|(param, ..)| *param).collect();
        Self { exact: keys.exact.clone(), lossy: keys.lossy.clone(), ranges, marks: keys.marks.clone() }
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity((self.exact.len() + self.lossy.len() + self.marks.len()) * 10 + 8);
        for keys in [&self.exact, &self.lossy] {
            number(&mut out, keys.len() as u64);
            let mut last = 0;
            for (param, hash) in keys {
                number(&mut out, param.wrapping_sub(last).cast_unsigned());
                out.extend_from_slice(&hash.to_be_bytes());
                last = *param;
            }
        }
        number(&mut out, self.ranges.len() as u64);
        for param in &self.ranges {
            number(&mut out, param.cast_unsigned());
        }
        number(&mut out, self.marks.len() as u64);
        out.extend(self.marks.iter().flat_map(|hash| hash.to_be_bytes()));
        out
    }

    /// Reads what [`KeyList::to_bytes`] wrote.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self> {
        Self::read(bytes).ok_or_else(|| Error::Integrity("the list of keys of a row is damaged".into()))
    }

    fn read(mut bytes: &[u8]) -> Option<Self> {
        let mut list = Self::default();
        for keys in [&mut list.exact, &mut list.lossy] {
            let mut param: i64 = 0;
            for _ in 0..take(&mut bytes)? {
                param = param.wrapping_add(take(&mut bytes)?.cast_signed());
                let (hash, rest) = bytes.split_first_chunk::<8>()?;
                bytes = rest;
                keys.insert((param, i64::from_be_bytes(*hash)));
            }
        }
        for _ in 0..take(&mut bytes)? {
            list.ranges.insert(take(&mut bytes)?.cast_signed());
        }
        // A list of before has no marks: its hashes are all among the exact keys.
        let marks = if bytes.is_empty() { 0 } else { take(&mut bytes)? };
        for _ in 0..marks {
            let (hash, rest) = bytes.split_first_chunk::<8>()?;
            bytes = rest;
            list.marks.insert(i64::from_be_bytes(*hash));
        }
        bytes.is_empty().then_some(list)
    }
}

fn number(out: &mut Vec<u8>, mut value: u64) {
    while value > 0x7f {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..63).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// The `params` column.
pub(crate) fn params(present: &BTreeSet<i64>) -> Vec<u8> {
    present.iter().flat_map(|param| mark(*param)).collect()
}

/// The parameters of a `params` column.
pub(crate) fn marked(mut bytes: &[u8]) -> Result<BTreeSet<i64>> {
    let damaged = || Error::Integrity("the parameters of a row are damaged".into());
    let mut found = BTreeSet::new();
    while let Some(first) = bytes.first() {
        let length = match first {
            0xc0..0xe0 => 2,
            0xe0..0xf0 => 3,
            0xf0..0xf8 => 4,
            _ => return Err(damaged()),
        };
        let (one, rest) = bytes.split_at_checked(length).ok_or_else(damaged)?;
        let bits = i64::from(first & (0x7f >> length));
        found.insert(one.iter().skip(1).fold(bits, |sum, byte| sum << 6 | i64::from(byte & 0x3f)));
        bytes = rest;
    }
    Ok(found)
}

/// A parameter as it stands in `params`: as UTF-8 would write a character of two bytes or more, so that no end of one and
/// beginning of another is taken for a third.
pub(crate) fn mark(param: i64) -> Vec<u8> {
    let low = |shift: u32| 0x80 | (param >> shift & 0x3f) as u8;
    match param {
        ..0x800 => vec![0xc0 | (param >> 6 & 0x1f) as u8, low(0)],
        0x800..0x1_0000 => vec![0xe0 | (param >> 12) as u8, low(6), low(0)],
        _ => vec![0xf0 | (param >> 18 & 0x07) as u8, low(12), low(6), low(0)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_list_is_read_as_it_was_written(
            exact in prop::collection::btree_set((1_i64..3_000_000, any::<i64>()), 0..40),
            lossy in prop::collection::btree_set((1_i64..3_000, any::<i64>()), 0..40),
            ranges in prop::collection::btree_set(1_i64..2_000_000, 0..9),
            marks in prop::collection::btree_set(any::<i64>(), 1..9),
        ) {
            let list = KeyList { exact, lossy, ranges, marks };
            let bytes = list.to_bytes();
            prop_assert_eq!(KeyList::parse(&bytes).unwrap(), list);
            let (_, cut) = bytes.split_last().unwrap();
            prop_assert!(KeyList::parse(cut).is_err());
        }

        #[test]
        fn a_parameter_is_found_where_it_is_and_nowhere_else(
            present in prop::collection::btree_set(1_i64..2_000_000, 0..30), other in 1_i64..2_000_000,
        ) {
            let bytes = params(&present);
            let found = |param: i64| {
                let wanted = mark(param);
                bytes.windows(wanted.len()).any(|window| window == wanted)
            };
            prop_assert!(present.iter().all(|param| found(*param)));
            prop_assert_eq!(found(other), present.contains(&other));
            prop_assert_eq!(marked(&bytes).unwrap(), present);
        }
    }
}
