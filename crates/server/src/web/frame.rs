//! What every page has around its own content.

use super::printing::Paper;
use super::typed::Typed;
use super::words;
use crate::trouble::Trouble;
use app::Damage;
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
    /// Light, dark or night, when the reader chose.
    pub(crate) theme: Option<&'static str>,
    /// The menu the page belongs to.
    pub(crate) menu: Menu,
    /// The reader accompanies people: a handover makes sense.
    pub(crate) cares: bool,
    /// The reader accompanies nobody, or answers for the records too: what waits for them stands in the menu.
    pub(crate) apart: bool,
    /// The reader answers for machines and accounts.
    pub(crate) estate: bool,
    /// A demonstration, with its guided tour.
    pub(crate) demo: bool,
    /// Unfinished writings.
    pub(crate) drafts: usize,
    /// Openings in an emergency that wait for this reader.
    pub(crate) desk: app::emergency::Desk,
    /// What is said of a machine from which less is opened.
    pub(crate) machine: Option<String>,
    /// What is said while the database is away and the page shows a moment that is past.
    pub(crate) past: Option<String>,
    /// What this page could not read.
    pub(crate) damage: Damage,
    /// When the page was made: on paper, what *hier* was.
    pub(crate) made: String,
    /// What was just done, said once.
    pub(crate) said: Option<&'static str>,
    /// What of this page does not go on paper.
    pub(crate) paper: Paper,
    /// What is wrong with what was sent: the id of the field, or nothing, and what is said of it.
    pub(crate) mistakes: Vec<(String, String)>,
}

/// The entries of the main menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Menu {
    Handover,
    Duties,
    People,
    Estate,
    Standing,
    Tour,
    Account,
    None,
}

impl Frame {
    /// The mark of an element whose text is of this level: what stays off paper is counted, and the foot of the page says so.
    pub(crate) fn on_paper(&self, level: &i64) -> &'static str {
        self.paper.mark(*level, 1)
    }

    /// The same of what goes with an element that is counted already.
    pub(crate) fn beside(&self, level: &i64) -> &'static str {
        self.paper.mark(*level, 0)
    }

    /// The head of the page that gives a form back: what is wrong stands above everything else, and takes the focus.
    pub(crate) fn wrong<F: Into<String>, S: Into<String>>(
        mut self,
        mistakes: impl IntoIterator<Item = (F, S)>,
    ) -> Self {
        self.mistakes.extend(mistakes.into_iter().map(|(field, said)| (field.into(), said.into())));
        self
    }

    /// What is said of what could not be read.
    pub(crate) fn damaged(&self) -> Option<String> {
        words::damaged(&self.damage)
    }

    /// Whether the page belongs to the menu of this address.
    pub(crate) fn at(&self, address: &str) -> bool {
        let menu = match self.menu {
            Menu::Handover => "releve",
            Menu::Duties => "a-suivre",
            Menu::People => "personnes",
            Menu::Estate => "parc",
            Menu::Standing => "maitrise",
            Menu::Tour => "essayez",
            Menu::Account => "moi",
            Menu::None => "",
        };
        menu == address
    }
}

/// What `base.html` asks of a page.
macro_rules! framed {
    ($page:ty) => {
        impl $page {
            fn frame(&self) -> Option<&$crate::web::frame::Frame> {
                Some(&self.head)
            }
            fn css(&self) -> &'static str {
                $crate::web::assets::css_address()
            }
            fn js(&self) -> &'static str {
                $crate::web::assets::js_address()
            }
        }
    };
    ($page:ty, signed out) => {
        impl $page {
            fn frame(&self) -> Option<&$crate::web::frame::Frame> {
                None
            }
            fn css(&self) -> &'static str {
                $crate::web::assets::css_address()
            }
            fn js(&self) -> &'static str {
                $crate::web::assets::js_address()
            }
        }
    };
}
pub(crate) use framed;

/// Whatever has a title and may have someone signed in.
#[derive(Template)]
#[template(path = "error.html")]
pub(crate) struct ErrorPage {
    pub(crate) title: &'static str,
    pub(crate) what: Option<String>,
    pub(crate) help: &'static str,
    pub(crate) number: Option<String>,
    /// What was typed in the form that could not be kept.
    pub(crate) typed: Option<Typed>,
}

// The same bytes for everyone: an error page must not tell one reader's nothing from another's.
framed!(ErrorPage, signed out);

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
