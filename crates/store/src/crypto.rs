//! The few cryptographic operations the store uses, over aws-lc. No key management here.

use crate::error::{Error, Result};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::agreement::{PrivateKey, X25519};
use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use aws_lc_rs::{digest, hkdf, hmac};
use rustls::crypto::aws_lc_rs::hpke::DH_KEM_X25519_HKDF_SHA256_AES_256 as HPKE;
use rustls::crypto::hpke::{EncapsulatedSecret, Hpke as _, HpkePrivateKey, HpkePublicKey};
use std::sync::Arc;
use zeroize::Zeroizing;

/// 256 bits of key material; wiped when dropped, never printed. Those that it has replaced may come with it: they open what
/// they have closed, and close nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    bytes: Zeroizing<[u8; 32]>,
    former: Option<Arc<[Self]>>,
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl Secret {
    /// A fresh random secret.
    pub fn random() -> Result<Self> {
        Ok(Self::of(Zeroizing::new(random()?)))
    }

    /// From exactly 32 bytes.
    pub fn from_slice(bytes: &[u8]) -> Result<Self> {
        let array: [u8; 32] = bytes.try_into().map_err(|_| Error::Key("wrong key length".into()))?;
        Ok(Self::of(Zeroizing::new(array)))
    }

    const fn of(bytes: Zeroizing<[u8; 32]>) -> Self {
        Self { bytes, former: None }
    }

    /// With the keys whose place it has taken, or will give way to.
    pub(crate) fn beside(self, former: Vec<Self>) -> Self {
        Self { former: (!former.is_empty()).then(|| former.into()), ..self }
    }

    /// Without those it has replaced: it opens what it has closed itself.
    pub(crate) fn alone(&self) -> Self {
        Self { bytes: self.bytes.clone(), former: None }
    }

    /// The one that closes, then those that only open.
    pub(crate) fn each(&self) -> impl Iterator<Item = &Self> {
        std::iter::once(self).chain(self.former.iter().flat_map(|former| former.iter()))
    }

    /// The bytes, for wrapping and for writing a key file.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.bytes.as_slice()
    }

    /// A key for another use, derived by HKDF-SHA256 (RFC 5869) with the use as info.
    pub(crate) fn derive(&self, usage: &str) -> Result<Self> {
        let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, b"socle").extract(self.bytes());
        let mut out = Zeroizing::new([0_u8; 32]);
        prk.expand(&[usage.as_bytes()], hkdf::HKDF_SHA256)
            .and_then(|okm| okm.fill(out.as_mut_slice()))
            .map_err(|_| Error::bug("hkdf"))?;
        Ok(Self::of(out))
    }
}

/// Random bytes from the system.
pub(crate) fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0_u8; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| Error::Unavailable("no system randomness".into()))?;
    Ok(bytes)
}

/// A random positive integer of 62 bits, never zero.
pub(crate) fn random_id() -> Result<i64> {
    let bytes: [u8; 8] = random()?;
    Ok((i64::from_be_bytes(bytes) & 0x3fff_ffff_ffff_ffff) | 1)
}

/// AES-256-GCM with a random nonce in front. `aad` binds the ciphertext to its place.
pub(crate) fn seal(key: &Secret, aad: &[u8], plain: &[u8]) -> Result<Vec<u8>> {
    let nonce: [u8; NONCE_LEN] = random()?;
    let mut out = Vec::with_capacity(NONCE_LEN + plain.len() + 16);
    out.extend_from_slice(&nonce);
    let mut body = plain.to_vec();
    aead_key(key)?
        .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(aad), &mut body)
        .map_err(|_| Error::bug("encryption failed"))?;
    out.append(&mut body);
    Ok(out)
}

/// Opens what [`seal`] made; any change of key, place or bytes is an integrity error.
pub(crate) fn open(key: &Secret, aad: &[u8], sealed: &[u8]) -> Result<Vec<u8>> {
    let mut opened = Err(damaged());
    for one in key.each() {
        opened = open_by(one, aad, sealed);
        if opened.is_ok() {
            break;
        }
    }
    opened
}

fn open_by(key: &Secret, aad: &[u8], sealed: &[u8]) -> Result<Vec<u8>> {
    let (nonce, body) = sealed.split_first_chunk::<NONCE_LEN>().ok_or_else(damaged)?;
    let mut body = body.to_vec();
    let plain = aead_key(key)?
        .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(aad), &mut body)
        .map_err(|_| damaged())?
        .len();
    body.truncate(plain);
    Ok(body)
}

fn damaged() -> Error {
    Error::Integrity("ciphertext does not match its key and place".into())
}

fn aead_key(key: &Secret) -> Result<LessSafeKey> {
    let key = UnboundKey::new(&AES_256_GCM, key.bytes()).map_err(|_| Error::bug("key length"))?;
    Ok(LessSafeKey::new(key))
}

/// HMAC-SHA256.
pub(crate) fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
    for part in parts {
        context.update(part);
    }
    to_array(context.sign().as_ref())
}

/// A key of HMAC-SHA256 that is used again and again.
#[derive(Clone)]
pub(crate) struct MacKey(Arc<hmac::Key>);

impl MacKey {
    pub(crate) fn new(key: &Secret) -> Self {
        Self(Arc::new(hmac::Key::new(hmac::HMAC_SHA256, key.bytes())))
    }

    /// As [`mac`].
    pub(crate) fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.0);
        for part in parts {
            context.update(part);
        }
        to_array(context.sign().as_ref())
    }
}

/// SHA-256.
pub(crate) fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(part);
    }
    to_array(context.finish().as_ref())
}

fn to_array(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0_u8; 32];
    for (to, from) in out.iter_mut().zip(bytes) {
        *to = *from;
    }
    out
}

/// A key pair anyone entitled may seal to (HPKE, RFC 9180: X25519, HKDF-SHA256, AES-256-GCM): public, private.
pub(crate) fn new_pair() -> Result<(Vec<u8>, Zeroizing<Vec<u8>>)> {
    let (public, private) = HPKE.generate_key_pair().map_err(|_| Error::bug("key pair"))?;
    Ok((public.0, Zeroizing::new(private.secret_bytes().to_vec())))
}

/// Whether the two halves are of one pair: what is sealed to another public key is lost.
pub(crate) fn is_pair(public: &[u8], private: &[u8]) -> bool {
    let own = PrivateKey::from_private_key(&X25519, private).ok().and_then(|key| key.compute_public_key().ok());
    own.is_some_and(|own| own.as_ref() == public)
}

/// Seals to a public key: encapsulated secret (32 bytes), then ciphertext.
pub(crate) fn seal_to(public: &[u8], aad: &[u8], plain: &[u8]) -> Result<Vec<u8>> {
    let (secret, mut body) =
        HPKE.seal(b"socle level 4", aad, plain, &HpkePublicKey(public.to_vec())).map_err(|_| Error::bug("sealing"))?;
    let mut out = secret.0;
    out.append(&mut body);
    Ok(out)
}

/// Opens what [`seal_to`] made.
pub(crate) fn open_sealed(private: &[u8], aad: &[u8], sealed: &[u8]) -> Result<Vec<u8>> {
    let (secret, body) = sealed.split_first_chunk::<32>().ok_or_else(damaged)?;
    HPKE.open(
        &EncapsulatedSecret(secret.to_vec()),
        b"socle level 4",
        aad,
        body,
        &HpkePrivateKey::from(private.to_vec()),
    )
    .map_err(|_| damaged())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_what_it_sealed_and_nothing_else() {
        let key = Secret::random().unwrap();
        let sealed = seal(&key, b"here", b"text").unwrap();
        assert_eq!(open(&key, b"here", &sealed).unwrap(), b"text");
        assert!(open(&key, b"there", &sealed).is_err());
        assert!(open(&Secret::random().unwrap(), b"here", &sealed).is_err());
        let mut flipped = sealed;
        *flipped.last_mut().unwrap() ^= 1;
        assert!(open(&key, b"here", &flipped).is_err());
        assert!(open(&key, b"here", &[1, 2]).is_err());
    }

    #[test]
    fn a_key_opens_what_those_it_replaced_have_closed_and_closes_by_itself() {
        let (first, second) = (Secret::random().unwrap(), Secret::random().unwrap());
        let old = seal(&first, b"here", b"text").unwrap();
        let both = second.clone().beside(vec![first.clone()]);
        assert_eq!(open(&both, b"here", &old).unwrap(), b"text");
        let new = seal(&both, b"here", b"text").unwrap();
        assert!(open(&second, b"here", &new).is_ok() && open(&first, b"here", &new).is_err());
        assert!(open(&both, b"there", &old).is_err());
    }

    #[test]
    fn pair_seals_without_the_private_key_and_binds_its_place() {
        let (public, private) = new_pair().unwrap();
        assert!(is_pair(&public, &private));
        for at in [0, 31] {
            let mut other = public.clone();
            other[at] ^= 1;
            assert!(!is_pair(&other, &private));
        }
        let sealed = seal_to(&public, b"here", b"text").unwrap();
        assert_eq!(open_sealed(&private, b"here", &sealed).unwrap(), b"text");
        assert!(open_sealed(&private, b"there", &sealed).is_err());
    }

    #[test]
    fn derived_keys_differ_by_use() {
        let key = Secret::random().unwrap();
        assert_ne!(key.derive("a").unwrap(), key.derive("b").unwrap());
        assert_eq!(format!("{key:?}"), "***");
    }
}
