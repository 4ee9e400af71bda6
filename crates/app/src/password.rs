//! Argon2id, off the threads that serve.

use crate::error::{Error, Result};
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use std::sync::LazyLock;
use tokio::sync::Semaphore;

/// 19 MiB each (OWASP 2023, Argon2id m=19456 t=2 p=1): two at a time are enough for a morning's sign-ins.
static LANES: Semaphore = Semaphore::const_new(2);

/// What an unknown login is compared with, so that it takes as long as a known one.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash_now("nobody").unwrap_or_default());

fn hash_now(secret: &str) -> Result<String> {
    let hash = Argon2::default().hash_password(secret.as_bytes());
    hash.map(|hash| hash.to_string()).map_err(|_| Error::Bug("password hash".into()))
}

fn verify_now(secret: &str, hash: &str) -> bool {
    let Ok(parsed) = PasswordHash::new(hash) else { return false };
    Argon2::default().verify_password(secret.as_bytes(), &parsed).is_ok()
}

/// The PHC string of a secret.
pub(crate) async fn hash(secret: &str) -> Result<String> {
    let secret = secret.to_owned();
    on_a_lane(move || hash_now(&secret)).await?
}

/// Whether `secret` is the one behind `hash`; without a hash, the same work for a plain no.
pub(crate) async fn verify(secret: &str, hash: Option<&str>) -> Result<bool> {
    let (secret, hash) = (secret.to_owned(), hash.map(str::to_owned));
    on_a_lane(move || match hash {
        Some(hash) => verify_now(&secret, &hash),
        None => {
            verify_now(&secret, &NOBODY);
            false
        }
    })
    .await
}

async fn on_a_lane<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let _lane = LANES.acquire().await.map_err(|_| Error::Bug("lanes are closed".into()))?;
    tokio::task::spawn_blocking(work).await.map_err(|_| Error::Bug("password work stopped".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn knows_its_own_secret_only() {
        let phc = hash("une phrase de passe").await.unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        assert!(verify("une phrase de passe", Some(&phc)).await.unwrap());
        assert!(!verify("une phrase de passé", Some(&phc)).await.unwrap());
        assert!(!verify("nobody", None).await.unwrap());
        assert!(!verify("x", Some("rubbish")).await.unwrap());
    }
}
