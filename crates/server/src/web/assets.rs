//! The style sheet, the script and the icon. Their addresses change with their content: browsers keep them for ever.

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::sync::LazyLock;

/// Dark and night are lists of tokens, put in where the base asks for them.
static CSS: LazyLock<String> = LazyLock::new(|| {
    let base = include_str!("../../assets/base.css");
    let themed = base
        .replace("/* dark */", include_str!("../../assets/dark.css").trim_end())
        .replace("/* night */", include_str!("../../assets/night.css").trim_end());
    themed
        + include_str!("../../assets/care.css")
        + include_str!("../../assets/estate.css")
        + include_str!("../../assets/standing.css")
});
const JS: &str = include_str!("../../assets/socle.js");
const ICON: &str = include_str!("../../assets/socle.svg");
const FOR_EVER: &str = "public, max-age=31536000, immutable";

static CSS_ADDRESS: LazyLock<String> = LazyLock::new(|| address("css", &CSS));
static JS_ADDRESS: LazyLock<String> = LazyLock::new(|| address("js", JS));

fn address(end: &str, content: &str) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, content.as_bytes());
    let short: String = URL_SAFE_NO_PAD.encode(digest.as_ref()).chars().take(12).collect();
    format!("/static/socle.{end}?v={short}")
}

/// Address of the style sheet.
pub(crate) fn css_address() -> &'static str {
    &CSS_ADDRESS
}

/// Address of the script.
pub(crate) fn js_address() -> &'static str {
    &JS_ADDRESS
}

pub(crate) async fn css() -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, FOR_EVER)], CSS.as_str())
}

pub(crate) async fn js() -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/javascript; charset=utf-8"), (CACHE_CONTROL, FOR_EVER)], JS)
}

pub(crate) async fn icon() -> impl IntoResponse {
    ([(CONTENT_TYPE, "image/svg+xml"), (CACHE_CONTROL, "public, max-age=86400")], ICON)
}
