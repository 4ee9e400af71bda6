//! The mark between two pages: sealed, and good for one actor and one query only.

use crate::call::Call;
use crate::crypto;
use crate::error::{Error, Result};
use crate::keys::{Keyring, Use};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Where the next page starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cursor {
    /// What was there when page one was read.
    pub(crate) ceiling: i64,
    /// Sort value of the last row.
    pub(crate) value: i64,
    /// Row number of the last row.
    pub(crate) rid: i64,
}

impl Cursor {
    /// The text handed to the reader.
    pub(crate) fn seal(self, keyring: &Keyring, call: &Call, query: &str) -> Result<String> {
        seal(&self, keyring, call, query)
    }

    /// Reads it back; a mark of another actor, another query or another store is refused.
    pub(crate) fn open(text: &str, keyring: &Keyring, call: &Call, query: &str) -> Result<Self> {
        open(text, keyring, call, query)
    }
}

/// The text of any mark, for this actor and this query.
pub(crate) fn seal(mark: &impl Serialize, keyring: &Keyring, call: &Call, query: &str) -> Result<String> {
    let plain = serde_json::to_vec(mark).map_err(|_| Error::bug("cursor"))?;
    let key = keyring.tenant(call.tenant, Use::Token)?;
    Ok(URL_SAFE_NO_PAD.encode(crypto::seal(&key, &bound(call, query), &plain)?))
}

/// Reads back what [`seal`] made.
pub(crate) fn open<T: DeserializeOwned>(text: &str, keyring: &Keyring, call: &Call, query: &str) -> Result<T> {
    let invalid = || {
        Error::Invalid(fhir::Invalid::one(
            "value",
            Some("_page".to_owned()),
            "Ce lien de page ne correspond pas à cette recherche ; relancez la recherche.",
            "This page link does not belong to this search; run the search again.",
        ))
    };
    let sealed = URL_SAFE_NO_PAD.decode(text).map_err(|_| invalid())?;
    let key = keyring.tenant(call.tenant, Use::Token)?;
    let plain = crypto::open(&key, &bound(call, query), &sealed).map_err(|_| invalid())?;
    serde_json::from_slice(&plain).map_err(|_| invalid())
}

fn bound(call: &Call, query: &str) -> Vec<u8> {
    let mut aad = format!("cursor {} {} ", call.tenant, call.actor().value()).into_bytes();
    aad.extend_from_slice(&crypto::sha256(&[query.as_bytes()]));
    aad
}
