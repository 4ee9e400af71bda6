//! Headers of every answer, and the few that are read.

use axum::http::header::{self, HeaderName};
use axum::http::{HeaderMap, HeaderValue};

/// What a page may load and do: nothing from elsewhere, no script but our own file.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; \
     form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
/// Data is never a page.
const DATA_POLICY: &str = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

const COMMON: [(HeaderName, &str); 3] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // `no-referrer` would also take the origin away from our own forms, by which they are recognised.
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

const PAGE: [(HeaderName, &str); 4] = [
    (header::CONTENT_SECURITY_POLICY, PAGE_POLICY),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
    ),
    (header::X_FRAME_OPTIONS, "DENY"),
];

/// Puts on what every page carries.
pub(crate) fn page(headers: &mut HeaderMap) {
    put(headers, &COMMON);
    put(headers, &PAGE);
    no_store(headers);
}

/// Puts on what every answer of the API carries.
pub(crate) fn data(headers: &mut HeaderMap) {
    put(headers, &COMMON);
    put(headers, &[(header::CONTENT_SECURITY_POLICY, DATA_POLICY)]);
    no_store(headers);
}

fn no_store(headers: &mut HeaderMap) {
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

fn put(headers: &mut HeaderMap, all: &[(HeaderName, &'static str)]) {
    for (name, value) in all {
        headers.insert(name.clone(), HeaderValue::from_static(value));
    }
}

/// A header as text; bytes that are not UTF-8 become U+FFFD.
pub(crate) fn text(headers: &HeaderMap, name: impl header::AsHeaderName) -> Option<String> {
    let value = headers.get(name)?;
    Some(String::from_utf8_lossy(value.as_bytes()).trim().to_owned())
}

/// A header that is a list, whose lines are one list (RFC 9110 §5.3).
pub(crate) fn list(headers: &HeaderMap, name: impl header::AsHeaderName) -> Option<String> {
    let lines: Vec<_> = headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
    let text = lines.join(", ");
    (!lines.is_empty()).then(|| text.trim().to_owned())
}

/// The type of a body, in small letters and without parameters.
pub(crate) fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = text(headers, header::CONTENT_TYPE)?;
    Some(value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}

/// A value for a header; nothing when it holds what a header cannot.
pub(crate) fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(""))
}

/// Percent-encodes all but unreserved characters and `keep`.
pub(crate) fn encode(text: &str, keep: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        let letter = char::from(byte);
        if byte.is_ascii_alphanumeric() || "-._~".contains(letter) || (byte.is_ascii() && keep.contains(letter)) {
            out.push(letter);
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
