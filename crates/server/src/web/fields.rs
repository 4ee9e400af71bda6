//! The fields of a form posted by one of our own pages.

use crate::headers;
use crate::incoming;
use crate::state::Server;
use crate::trouble::Trouble;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};

/// Largest form of a page: three long texts, each letter percent-encoded, and as much again to say that it is too long.
pub(crate) const LARGEST: usize = 256 << 10;

/// Names and values. Reading them has checked that they come from our own origin.
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    /// From the body of a form. What nobody would see counts as left empty: a reason of invisible letters is none.
    pub(crate) fn read(body: &[u8]) -> Self {
        let mut pairs = fhir::search::pairs(&String::from_utf8_lossy(body));
        for (_, value) in pairs.iter_mut().filter(|(_, value)| !value.is_ascii() && domain::text::is_blank(value)) {
            value.clear();
        }
        Self(pairs)
    }

    /// A field's value; empty when it is not there.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.0.iter().find(|(given, _)| given == name).map_or("", |(_, value)| value.as_str())
    }
}

impl Fields {
    /// Every value of a field that comes several times.
    pub(crate) fn all(&self, name: &str) -> Vec<String> {
        self.0.iter().filter(|(given, _)| given == name).map(|(_, value)| value.clone()).collect()
    }

    /// Everything, in the order of the form.
    pub(crate) fn pairs(&self) -> &[(String, String)] {
        &self.0
    }
}

impl FromRequest<Server> for Fields {
    type Rejection = Trouble;

    async fn from_request(request: Request, server: &Server) -> Result<Self, Trouble> {
        let (parts, body) = request.into_parts();
        if !same_origin(&parts.headers, &server.config().base) {
            return Err(foreign());
        }
        if headers::media_type(&parts.headers).as_deref() != Some("application/x-www-form-urlencoded") {
            let (fr, en) = ("Un formulaire était attendu.", "A form was expected.");
            return Err(Trouble::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-supported", fr, en));
        }
        let bytes = incoming::read(&parts.headers, body, LARGEST).await?;
        Ok(Self::read(&bytes))
    }
}

/// What is said to a form that our pages did not send.
pub(crate) fn foreign() -> Trouble {
    let (fr, en) = ("Ce formulaire ne vient pas de cette page, ou il est trop ancien.", "Cross-site request.");
    Trouble::new(StatusCode::FORBIDDEN, "forbidden", fr, en)
}

/// Browsers say where a form comes from. A request that says nothing is no browser's, and carries nobody's cookie
/// unawares.
pub(crate) fn same_origin(all: &HeaderMap, base: &str) -> bool {
    if let Some(site) = headers::text(all, "sec-fetch-site") {
        return site == "same-origin";
    }
    let Some(origin) = headers::text(all, header::ORIGIN) else { return true };
    let here = origin.split_once("://").map(|(_, host)| host);
    origin == base || (here.is_some() && here == headers::text(all, header::HOST).as_deref())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    fn ours(pairs: &[(&'static str, &'static str)]) -> bool {
        let pairs = pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        same_origin(&HeaderMap::from_iter(pairs), "https://dui.example")
    }

    #[test]
    fn what_nobody_sees_was_left_empty() {
        let fields = Fields::read("motif=%C2%A0%E2%80%8B%E2%80%8B&texte=%E2%80%8Ba&vide=+".as_bytes());
        let texts = ["motif", "texte", "vide"].map(|name| fields.text(name));
        assert_eq!(texts, ["", "\u{200b}a", " "]);
    }

    #[test]
    fn only_our_own_pages_post() {
        assert!(ours(&[("sec-fetch-site", "same-origin")]));
        assert!(!ours(&[("sec-fetch-site", "same-site"), ("origin", "https://dui.example")]));
        assert!(ours(&[("origin", "https://dui.example")]));
        assert!(ours(&[("origin", "http://127.0.0.1:8080"), ("host", "127.0.0.1:8080")]));
        assert!(!ours(&[("origin", "http://ailleurs"), ("host", "127.0.0.1:8080")]));
        assert!(!ours(&[("origin", "null"), ("host", "null")]));
        assert!(ours(&[]));
    }
}
