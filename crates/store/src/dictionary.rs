//! zstd with a dictionary. Dictionaries are numbered, shipped, and kept for ever: an old body names its own.

use crate::body::MAX_PLAIN;
use crate::error::{Error, Result};
use std::cell::RefCell;
use std::io::Read as _;
use zstd::dict::{DecoderDictionary, EncoderDictionary};

const LEVEL: i32 = 3;
/// The dictionary new bodies use.
const CURRENT: u16 = 1;

fn bytes(id: u16) -> Option<&'static [u8]> {
    match id {
        0 => Some(&[]),
        1 => Some(include_bytes!("../dictionaries/1.zdict")),
        _ => None,
    }
}

thread_local! {
    static PACKER: RefCell<Option<zstd::bulk::Compressor<'static>>> = const { RefCell::new(None) };
}

/// Packs with the current dictionary: its id, the packed bytes.
pub(crate) fn pack(plain: &[u8]) -> Result<(u16, Vec<u8>)> {
    use std::sync::LazyLock;
    static ENCODER: LazyLock<EncoderDictionary<'static>> =
        LazyLock::new(|| EncoderDictionary::copy(bytes(CURRENT).unwrap_or_default(), LEVEL));
    PACKER.with_borrow_mut(|slot| {
        let packer = match slot {
            Some(packer) => packer,
            None => slot.insert(
                zstd::bulk::Compressor::with_prepared_dictionary(&ENCODER).map_err(|_| Error::bug("compressor"))?,
            ),
        };
        let packed = packer.compress(plain).map_err(|_| Error::bug("compression"))?;
        Ok((CURRENT, packed))
    })
}

/// Unpacks with the dictionary the body names.
pub(crate) fn unpack(id: u16, packed: &[u8]) -> Result<Vec<u8>> {
    use std::sync::LazyLock;
    static DECODER: LazyLock<DecoderDictionary<'static>> =
        LazyLock::new(|| DecoderDictionary::copy(bytes(CURRENT).unwrap_or_default()));
    let damaged = |_| Error::Integrity("body does not unpack".into());
    let mut plain = Vec::new();
    let limit = MAX_PLAIN as u64;
    if id == CURRENT {
        let reader = std::io::BufReader::new(packed);
        let decoder = zstd::Decoder::with_prepared_dictionary(reader, &DECODER).map_err(damaged)?;
        decoder.take(limit).read_to_end(&mut plain).map_err(damaged)?;
    } else {
        let dictionary = bytes(id).ok_or_else(|| Error::Integrity("unknown dictionary".into()))?;
        let reader = std::io::BufReader::new(packed);
        let decoder = zstd::Decoder::with_dictionary(reader, dictionary).map_err(damaged)?;
        decoder.take(limit).read_to_end(&mut plain).map_err(damaged)?;
    }
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packs_and_unpacks_and_refuses_unknown_dictionaries() {
        let text = br#"{"resourceType":"Observation","status":"final"}"#.repeat(3);
        let (id, packed) = pack(&text).unwrap();
        assert_eq!(unpack(id, &packed).unwrap(), text);
        assert!(packed.len() < text.len());
        assert!(matches!(unpack(999, &packed), Err(Error::Integrity(_))));
    }
}
