//! The level of what is being written, and *Qui lira ceci*.

use super::sheet_of;
use crate::trouble::Trouble;
use crate::web::fields::Fields;
use crate::web::frame::show;
use crate::web::level::{LevelMark, categories, counted};
use crate::web::session::Visit;
use app::transmissions::{self, Preview, Readers};
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

/// A preview as a template reads it.
#[derive(Debug, Template)]
#[template(path = "preview.html")]
pub(crate) struct PreviewView {
    level: LevelMark,
    categories: Vec<&'static str>,
    reasons: Vec<String>,
    pub(crate) readers: ReadersView,
}

/// Who reads.
#[derive(Debug)]
pub(crate) struct ReadersView {
    pub(crate) total: String,
    pub(crate) groups: Vec<Group>,
}

/// Readers of one function.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) function: String,
    pub(crate) count: usize,
    pub(crate) names: String,
}

impl PreviewView {
    pub(crate) fn of(preview: &Preview) -> Self {
        Self {
            level: preview.label.level.into(),
            categories: categories(preview.label.categories),
            reasons: sentences(&preview.label),
            readers: ReadersView::of(&preview.readers),
        }
    }
}

/// Each reason once.
pub(crate) fn sentences(label: &confidentiality::Label) -> Vec<String> {
    let mut sentences: Vec<String> = Vec::new();
    for reason in &label.reasons {
        if !sentences.contains(&reason.text) {
            sentences.push(reason.text.clone());
        }
    }
    sentences
}

impl ReadersView {
    pub(crate) fn of(readers: &[Readers]) -> Self {
        let total: usize = readers.iter().map(|group| group.names.len()).sum();
        let groups = readers.iter().map(|group| Group {
            function: group.function.clone(),
            count: group.names.len(),
            names: group.names.join(" ; "),
        });
        let total = i64::try_from(total).unwrap_or(i64::MAX);
        Self { total: counted(total, "personne", ""), groups: groups.collect() }
    }
}

#[derive(Template)]
#[template(
    source = "<p class=\"soft\">Choisissez la personne\u{a0}: le niveau et les lecteurs s’afficheront ici.</p>",
    ext = "html"
)]
struct Nobody;

/// The fragment that the script puts beside the button.
pub(crate) async fn fragment(visit: Visit, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    let found = transmissions::preview(&visit.cx, &sheet_of(&fields)).await.map_err(|error| visit.trouble(error))?;
    Ok(match found {
        Some(preview) => show(StatusCode::OK, &PreviewView::of(&preview), &visit.request),
        None => show(StatusCode::OK, &Nobody, &visit.request),
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::web::sample;
    use confidentiality::Level;

    pub(crate) fn sample_preview() -> PreviewView {
        let names = vec!["Inès Le Goff, infirmière".to_owned(), "Thibaut <Roy>, infirmier".to_owned()];
        let readers = ReadersView::of(&[Readers { function: "infirmiers".to_owned(), names }]);
        PreviewView {
            level: Level::Sensitive.into(),
            categories: vec!["Psychique"],
            reasons: vec!["Des idées suicidaires sont écrites.".to_owned()],
            readers,
        }
    }

    #[test]
    fn the_level_and_who_will_read() {
        insta::assert_snapshot!(sample::rendered(&sample_preview()));
    }
}
