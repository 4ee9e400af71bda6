//! The style sheet and the icon.

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::sync::LazyLock;

const CSS: &str = include_str!("../../assets/socle.css");
const ICON: &str = include_str!("../../assets/socle.svg");
/// The address changes with the content.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

static ADDRESS: LazyLock<String> = LazyLock::new(|| {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, CSS.as_bytes());
    let short: String = URL_SAFE_NO_PAD.encode(digest.as_ref()).chars().take(12).collect();
    format!("/static/socle.css?v={short}")
});

/// Address of the style sheet.
pub(crate) fn address() -> &'static str {
    &ADDRESS
}

pub(crate) async fn css() -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, FOR_EVER)], CSS)
}

pub(crate) async fn icon() -> impl IntoResponse {
    ([(CONTENT_TYPE, "image/svg+xml"), (CACHE_CONTROL, "public, max-age=86400")], ICON)
}
