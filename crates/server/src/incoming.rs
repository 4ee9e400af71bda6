//! Reading a body: up to a limit, and not for ever.

use crate::trouble::Trouble;
use axum::body::{Body, HttpBody as _};
use axum::http::{HeaderMap, StatusCode, header};
use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;
use tokio::time::timeout;

/// Longest silence between two pieces of a body.
const SILENCE: Duration = Duration::from_secs(30);

/// The bytes of a body that is not longer than `limit`.
pub(crate) async fn read(headers: &HeaderMap, mut body: Body, limit: usize) -> Result<Vec<u8>, Trouble> {
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    let announced = announced.and_then(|length| length.parse::<u64>().ok());
    if announced.is_some_and(|length| usize::try_from(length).map_or(true, |length| length > limit)) {
        return Err(Trouble::too_long());
    }
    let mut bytes = Vec::new();
    loop {
        let frame = timeout(SILENCE, poll_fn(|cx| Pin::new(&mut body).poll_frame(cx))).await;
        match frame.map_err(|_| cut_off())? {
            None => return Ok(bytes),
            Some(Err(_)) => return Err(cut_off()),
            Some(Ok(frame)) => {
                // Trailers say nothing that is used here.
                let Ok(data) = frame.into_data() else { continue };
                if data.len() > limit - bytes.len() {
                    return Err(Trouble::too_long());
                }
                bytes.extend_from_slice(&data);
            }
        }
    }
}

fn cut_off() -> Trouble {
    let (fr, en) = ("L’envoi s’est interrompu.", "The body was cut off.");
    Trouble::new(StatusCode::REQUEST_TIMEOUT, "incomplete", fr, en)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn stops_at_the_limit_announced_or_not() {
        let none = HeaderMap::new();
        assert_eq!(read(&none, Body::from("abcd"), 4).await.unwrap(), b"abcd");
        assert_eq!(read(&none, Body::from("abcde"), 4).await.unwrap_err().status, StatusCode::PAYLOAD_TOO_LARGE);
        let long = HeaderMap::from_iter([(header::CONTENT_LENGTH, "5".parse().unwrap())]);
        assert_eq!(read(&long, Body::from("a"), 4).await.unwrap_err().status, StatusCode::PAYLOAD_TOO_LARGE);
    }
}
