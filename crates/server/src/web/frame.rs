//! What every page has around its own content.

use super::assets;
use crate::trouble::Trouble;
use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

/// The head of a page seen by someone signed in.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) display: String,
    pub(crate) csrf: String,
    /// Level 4 is open for a while.
    pub(crate) confirmed: bool,
}

/// Whatever has a title and may have someone signed in.
#[derive(Template)]
#[template(path = "error.html")]
pub(crate) struct ErrorPage {
    pub(crate) title: &'static str,
    pub(crate) what: Option<String>,
    pub(crate) help: &'static str,
    pub(crate) number: Option<String>,
}

impl ErrorPage {
    // The same bytes for everyone: an error page must not tell one reader's nothing from another's.
    fn frame(&self) -> Option<&Frame> {
        None
    }
    fn css(&self) -> &'static str {
        assets::address()
    }
}

/// Writes a page.
pub(crate) fn show(status: StatusCode, page: &impl Template, request: &str) -> Response {
    match page.render() {
        Ok(text) => (status, Html(text)).into_response(),
        Err(error) => {
            tracing::error!(request, %error, "a page could not be written");
            Trouble::bug().into_response()
        }
    }
}

/// A path of this server to go to next; nothing that leads elsewhere.
pub(crate) fn local(path: Option<&str>) -> Option<&str> {
    let path = path?;
    let fine = path.starts_with('/')
        && !path.starts_with("//")
        && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
        && !path.starts_with("/connexion")
        && !path.starts_with("/deconnexion");
    fine.then_some(path)
}

#[cfg(test)]
mod tests {
    use super::local;

    #[test]
    fn leads_nowhere_else() {
        assert_eq!(local(Some("/personnes/a?page=b")), Some("/personnes/a?page=b"));
        for bad in ["", "personnes", "//ailleurs", "/\\ailleurs", "https://ailleurs", "/a\nb", "/é", "/connexion"] {
            assert_eq!(local(Some(bad)), None, "{bad}");
        }
        assert_eq!(local(None), None);
    }
}
