//! Texts handed out and read back: sealed, so that only this store can have made them.

use crate::crypto;
use crate::error::Result;
use crate::keys::Use;
use crate::store::Store;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

impl Store {
    /// Seals `plain` for one usage (`access-token`…): a text that can be put in a header or an address.
    ///
    /// # Errors
    /// When the tenant is not loaded.
    pub fn seal_token(&self, tenant: i64, usage: &str, plain: &[u8]) -> Result<String> {
        let key = self.keyring().tenant(tenant, Use::Token)?;
        Ok(URL_SAFE_NO_PAD.encode(crypto::seal(&key, &aad(tenant, usage), plain)?))
    }

    /// Reads back a token of the same usage; none when it was not made here.
    pub fn open_token(&self, tenant: i64, usage: &str, token: &str) -> Option<Vec<u8>> {
        let sealed = URL_SAFE_NO_PAD.decode(token).ok()?;
        let key = self.keyring().tenant(tenant, Use::Token).ok()?;
        crypto::open(&key, &aad(tenant, usage), &sealed).ok()
    }
}

fn aad(tenant: i64, usage: &str) -> Vec<u8> {
    format!("token {tenant} {usage}").into_bytes()
}
