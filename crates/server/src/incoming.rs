//! Reading a body: up to a limit, and not for ever.

use crate::trouble::Trouble;
use axum::body::{Body, Bytes, HttpBody as _};
use axum::http::{HeaderMap, StatusCode, header};
use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;
use tokio::time::timeout;

/// Longest silence between two pieces of a body.
const SILENCE: Duration = Duration::from_secs(30);

/// Most bytes read of a body that is refused.
const LINGER: usize = 128 << 20;

/// The bytes of a body that is not longer than `limit`.
pub(crate) async fn read(headers: &HeaderMap, mut body: Body, limit: usize) -> Result<Vec<u8>, Trouble> {
    let fits = plain(headers).and_then(|()| if announced(headers) > limit { Err(Trouble::too_long()) } else { Ok(()) });
    if let Err(trouble) = fits {
        discard(headers, body).await;
        return Err(trouble);
    }
    let mut bytes = Vec::new();
    while let Some(data) = piece(&mut body).await? {
        if data.len() > limit - bytes.len() {
            discard(headers, body).await;
            return Err(Trouble::too_long());
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes)
}

/// Reads what is refused and forgets it, within bounds: a client that is still sending would never see the answer. One
/// that waits to be told to go on sees it.
pub(crate) async fn discard(headers: &HeaderMap, mut body: Body) {
    if headers.contains_key(header::EXPECT) {
        return;
    }
    let all = async {
        let mut left = LINGER;
        while let Ok(Some(data)) = piece(&mut body).await {
            left = left.saturating_sub(data.len());
            if left == 0 {
                break;
            }
        }
    };
    // Late is as good as over.
    drop(timeout(SILENCE, all).await);
}

/// The next bytes; nothing at the end.
async fn piece(body: &mut Body) -> Result<Option<Bytes>, Trouble> {
    let frame = timeout(SILENCE, poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx))).await;
    match frame.map_err(|_| cut_off())? {
        None => Ok(None),
        Some(Err(_)) => Err(cut_off()),
        // Trailers say nothing that is used here.
        Some(Ok(frame)) => Ok(Some(frame.into_data().unwrap_or_default())),
    }
}

/// The length a body is said to have.
fn announced(headers: &HeaderMap) -> usize {
    let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    length.map_or(0, |length| usize::try_from(length).unwrap_or(usize::MAX))
}

/// Nothing is unpacked here: a small body stays small.
fn plain(headers: &HeaderMap) -> Result<(), Trouble> {
    let coded = |value: &axum::http::HeaderValue| !value.as_bytes().eq_ignore_ascii_case(b"identity");
    if headers.get_all(header::CONTENT_ENCODING).iter().any(coded) {
        let (fr, en) = ("Un envoi compressé n’est pas accepté ici.", "Compressed bodies are not accepted.");
        let trouble = Trouble::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-supported", fr, en);
        return Err(trouble.with(header::ACCEPT_ENCODING, "identity"));
    }
    Ok(())
}

fn cut_off() -> Trouble {
    let (fr, en) = ("L’envoi s’est interrompu.", "The body was cut off.");
    Trouble::new(StatusCode::REQUEST_TIMEOUT, "incomplete", fr, en)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn unpacks_nothing() {
        let coded = |name: &str| HeaderMap::from_iter([(header::CONTENT_ENCODING, name.parse().unwrap())]);
        assert_eq!(read(&coded("identity"), Body::from("ab"), 4).await.unwrap(), b"ab");
        for name in ["gzip", "deflate", "br", "gzip, gzip"] {
            let refused = read(&coded(name), Body::from("ab"), 4).await.unwrap_err();
            assert_eq!(refused.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
        }
    }

    #[tokio::test]
    async fn stops_at_the_limit_announced_or_not() {
        let none = HeaderMap::new();
        assert_eq!(read(&none, Body::from("abcd"), 4).await.unwrap(), b"abcd");
        assert_eq!(read(&none, Body::from("abcde"), 4).await.unwrap_err().status, StatusCode::PAYLOAD_TOO_LARGE);
        let long = HeaderMap::from_iter([(header::CONTENT_LENGTH, "5".parse().unwrap())]);
        assert_eq!(read(&long, Body::from("a"), 4).await.unwrap_err().status, StatusCode::PAYLOAD_TOO_LARGE);
    }
}
