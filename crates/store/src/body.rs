//! The stored form of a resource: JSON → zstd with a dictionary → AES-256-GCM, or sealed to a key pair at level 4.
//!
//! Layout: format (1 byte), seal (1), key id (4, big endian), dictionary id (2), then the ciphertext.
//! Associated data: the header, tenant, rid, version.

use crate::crypto::{self, Secret};
use crate::error::{Error, Result};

const FORMAT: u8 = 1;
const HEADER: usize = 8;
/// No resource is larger than this once unpacked; a larger claim is damage.
pub(crate) const MAX_PLAIN: usize = 64 << 20;

/// Which key closes a body. The number is the `seal` column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seal {
    /// About nobody: the tenant's data key.
    Tenant,
    /// About a person, levels 0 to 3: the person's key.
    Person,
    /// Level 4: the key pair of (person, lead category).
    Pair,
}

impl Seal {
    pub(crate) fn code(self) -> i64 {
        match self {
            Self::Tenant => 0,
            Self::Person => 1,
            Self::Pair => 2,
        }
    }

    pub(crate) fn parse(code: i64) -> Result<Self> {
        match code {
            0 => Ok(Self::Tenant),
            1 => Ok(Self::Person),
            2 => Ok(Self::Pair),
            _ => Err(Error::Integrity("unknown kind of seal".into())),
        }
    }
}

/// Where a body belongs; part of what is authenticated.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Address {
    pub(crate) tenant: i64,
    pub(crate) rid: i64,
    pub(crate) version: i64,
}

/// What the header of a stored body says.
pub(crate) struct Header {
    pub(crate) seal: Seal,
    pub(crate) key_id: u32,
    dictionary: u16,
}

impl Header {
    /// The category of the key pair that opens a body of level 4.
    pub(crate) fn category(&self) -> i64 {
        i64::from(self.key_id >> crate::keys::CATEGORY_SHIFT)
    }
}

/// The key that closes, or opens, one body.
pub(crate) enum Key<'a> {
    /// Symmetric: tenant or person.
    Shared(&'a Secret),
    /// Public half when closing, private half when opening.
    Pair(&'a [u8]),
}

/// Closes `plain` for its address.
pub(crate) fn close(at: Address, seal: Seal, key_id: u32, key: &Key<'_>, plain: &[u8]) -> Result<Vec<u8>> {
    let (dictionary, packed) = crate::dictionary::pack(plain)?;
    let mut out = Vec::with_capacity(HEADER + packed.len() + 64);
    out.push(FORMAT);
    out.push(u8::try_from(seal.code()).map_err(|_| Error::bug("seal code"))?);
    out.extend_from_slice(&key_id.to_be_bytes());
    out.extend_from_slice(&dictionary.to_be_bytes());
    let aad = associated(&out, at);
    let mut sealed = match key {
        Key::Shared(key) => crypto::seal(key, &aad, &packed)?,
        Key::Pair(public) => crypto::seal_to(public, &aad, &packed)?,
    };
    out.append(&mut sealed);
    Ok(out)
}

/// Reads the header: which key is needed.
pub(crate) fn header(stored: &[u8]) -> Result<Header> {
    let Some([format, seal, k0, k1, k2, k3, d0, d1]) = stored.first_chunk::<HEADER>() else {
        return Err(Error::Integrity("body is too short".into()));
    };
    if *format != FORMAT {
        return Err(Error::Integrity("unknown body format".into()));
    }
    Ok(Header {
        seal: Seal::parse(i64::from(*seal))?,
        key_id: u32::from_be_bytes([*k0, *k1, *k2, *k3]),
        dictionary: u16::from_be_bytes([*d0, *d1]),
    })
}

/// Opens a stored body.
pub(crate) fn open(at: Address, key: &Key<'_>, stored: &[u8]) -> Result<Vec<u8>> {
    let parsed = header(stored)?;
    let (head, sealed) = stored.split_at_checked(HEADER).ok_or_else(|| Error::Integrity("body is too short".into()))?;
    let aad = associated(head, at);
    let packed = match key {
        Key::Shared(key) => crypto::open(key, &aad, sealed)?,
        Key::Pair(private) => crypto::open_sealed(private, &aad, sealed)?,
    };
    crate::dictionary::unpack(parsed.dictionary, &packed)
}

fn associated(head: &[u8], at: Address) -> Vec<u8> {
    let mut aad = head.to_vec();
    for number in [at.tenant, at.rid, at.version] {
        aad.extend_from_slice(&number.to_be_bytes());
    }
    aad
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Address = Address { tenant: 1, rid: 2, version: 3 };

    #[test]
    fn body_opens_only_at_its_own_address() {
        let key = Secret::random().unwrap();
        let stored = close(AT, Seal::Person, 1, &Key::Shared(&key), b"{\"a\":1}").unwrap();
        assert_eq!(open(AT, &Key::Shared(&key), &stored).unwrap(), b"{\"a\":1}");
        for moved in [Address { tenant: 9, ..AT }, Address { rid: 9, ..AT }, Address { version: 9, ..AT }] {
            assert!(open(moved, &Key::Shared(&key), &stored).is_err());
        }
    }

    #[test]
    fn every_flipped_byte_is_noticed() {
        let key = Secret::random().unwrap();
        let stored = close(AT, Seal::Person, 1, &Key::Shared(&key), b"{\"a\":1}").unwrap();
        for index in 0..stored.len() {
            let mut damaged = stored.clone();
            damaged[index] ^= 1;
            assert!(open(AT, &Key::Shared(&key), &damaged).is_err(), "byte {index}");
        }
    }
}
