//! zstd with a dictionary. Dictionaries are numbered, shipped, and kept for ever: an old body names its own.

use crate::body::MAX_PLAIN;
use crate::error::{Error, Result};
use std::cell::RefCell;
use std::io::Read as _;
use std::sync::LazyLock;
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

static ENCODER: LazyLock<EncoderDictionary<'static>> =
    LazyLock::new(|| EncoderDictionary::copy(bytes(CURRENT).unwrap_or_default(), LEVEL));
static DECODER: LazyLock<DecoderDictionary<'static>> =
    LazyLock::new(|| DecoderDictionary::copy(bytes(CURRENT).unwrap_or_default()));

thread_local! {
    static PACKER: RefCell<Option<zstd::bulk::Compressor<'static>>> = const { RefCell::new(None) };
    static UNPACKER: RefCell<Option<zstd::bulk::Decompressor<'static>>> = const { RefCell::new(None) };
}

/// Packs with the current dictionary: its id, the packed bytes.
pub(crate) fn pack(plain: &[u8]) -> Result<(u16, Vec<u8>)> {
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
    let damaged = || Error::Integrity("body does not unpack".into());
    if id != CURRENT {
        return unpack_old(id, packed);
    }
    // The packer writes the size in the frame; a frame that claims too much, or nothing, is not one of ours.
    let size = zstd::zstd_safe::get_frame_content_size(packed).ok().flatten().ok_or_else(damaged)?;
    let size = usize::try_from(size).ok().filter(|size| *size <= MAX_PLAIN).ok_or_else(damaged)?;
    UNPACKER.with_borrow_mut(|slot| {
        let unpacker = match slot {
            Some(unpacker) => unpacker,
            None => slot.insert(
                zstd::bulk::Decompressor::with_prepared_dictionary(&DECODER).map_err(|_| Error::bug("decompressor"))?,
            ),
        };
        unpacker.decompress(packed, size).map_err(|_| damaged())
    })
}

/// Unpacks what was packed with a dictionary of the past.
fn unpack_old(id: u16, packed: &[u8]) -> Result<Vec<u8>> {
    let damaged = |_| Error::Integrity("body does not unpack".into());
    let dictionary = bytes(id).ok_or_else(|| Error::Integrity("unknown dictionary".into()))?;
    let reader = std::io::BufReader::new(packed);
    let decoder = zstd::Decoder::with_dictionary(reader, dictionary).map_err(damaged)?;
    let mut plain = Vec::new();
    decoder.take(MAX_PLAIN as u64).read_to_end(&mut plain).map_err(damaged)?;
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

    /// Resources of one type from people the dictionary has never seen.
    fn generated(kind: &str) -> Vec<Vec<u8>> {
        let dossiers = domain::demo::dossiers(4_711, jiff::civil::date(2025, 6, 1));
        let resources = dossiers.step_by(9).flat_map(|dossier| dossier.resources).map(|(_, resource)| resource);
        resources.filter(|resource| resource["resourceType"] == kind).map(|r| r.to_string().into_bytes()).collect()
    }

    #[test]
    fn the_dictionary_makes_a_typical_observation_markedly_smaller() {
        for (kind, percent) in [("Observation", 45), ("Patient", 60)] {
            let all = generated(kind);
            assert!(all.len() > 20, "{kind}");
            let with: usize = all.iter().map(|plain| pack(plain).unwrap().1.len()).sum();
            let without: usize = all.iter().map(|plain| zstd::bulk::compress(plain, LEVEL).unwrap().len()).sum();
            assert!(with * 100 < without * percent, "{kind}: {with} bytes with, {without} without");
        }
    }

    #[test]
    fn bodies_written_without_a_dictionary_still_open() {
        for plain in generated("Observation").iter().take(20) {
            let packed = zstd::bulk::compress(plain, LEVEL).unwrap();
            assert_eq!(&unpack(0, &packed).unwrap(), plain);
            let (id, packed) = pack(plain).unwrap();
            assert_eq!(&unpack(id, &packed).unwrap(), plain);
            assert_ne!(unpack(0, &packed).ok().as_ref(), Some(plain), "it is the dictionary that opens it");
        }
    }
}
