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
use domain::care::function::{self, Function};

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
    /// Their names may be told.
    pub(crate) named: bool,
    pub(crate) groups: Vec<Group>,
    /// Whom it will not reach, and what to do.
    pub(crate) warnings: Vec<String>,
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
            readers: ReadersView::of(&preview.readers, &preview.recipients),
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
    /// `recipients`: persona codes of the functions it is addressed to.
    pub(crate) fn of(readers: &[Readers], recipients: &[String]) -> Self {
        let total: usize = readers.iter().map(|group| group.count).sum();
        let groups = readers.iter().map(|group| Group {
            function: group.function.clone(),
            count: group.count,
            names: group.names.join(" ; "),
        });
        let total = i64::try_from(total).unwrap_or(i64::MAX);
        let named = readers.iter().any(|group| !group.names.is_empty());
        Self {
            total: counted(total, "personne", ""),
            named,
            groups: groups.collect(),
            warnings: warnings(readers, recipients),
        }
    }
}

/// What is addressed to somebody who will not see it has to be told otherwise.
fn warnings(readers: &[Readers], recipients: &[String]) -> Vec<String> {
    if readers.iter().map(|group| group.count).sum::<usize>() == 1 {
        let alone = "Personne d’autre que vous ne lira ceci. Si quelqu’un doit agir, prévenez-le de vive voix.";
        return vec![alone.to_owned()];
    }
    let reads = |function: &Function| readers.iter().any(|one| one.codes.contains(function.code));
    let asked = recipients.iter().filter_map(|code| function::find(code));
    let missed = asked.filter(|function| !readers.is_empty() && !reads(function)).map(|function| {
        format!("Aucun collègue de la fonction «\u{a0}{}\u{a0}» ne pourra lire ceci\u{a0}: prévenez de vive voix, ou adressez-le à une autre fonction.", function.many)
    });
    missed.collect()
}

#[derive(Template)]
#[template(
    source = "<p class=\"soft\">Choisissez la personne\u{a0}: le niveau et les lecteurs s’afficheront ici.</p>",
    ext = "html"
)]
struct Nobody;

/// Id of what the form corrects.
fn corrected(fields: &Fields) -> Option<&str> {
    Some(fields.text("corrige")).filter(|id| fhir::is_id(id))
}

/// The fragment that the script puts beside the button.
pub(crate) async fn fragment(visit: Visit, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    let found = transmissions::preview(&visit.cx, &sheet_of(&fields), corrected(&fields))
        .await
        .map_err(|error| visit.trouble(error))?;
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
        let readers = ReadersView::of(
            &[Readers { function: "infirmiers".to_owned(), count: 2, names, codes: ["ide"].into() }],
            &[],
        );
        PreviewView {
            level: Level::Sensitive.into(),
            categories: vec!["Psychique"],
            reasons: vec!["Des idées suicidaires sont écrites.".to_owned()],
            readers,
        }
    }

    #[test]
    fn whom_it_will_not_reach_is_said() {
        let group = |function: &str, count, code| Readers {
            function: function.to_owned(),
            count,
            names: Vec::new(),
            codes: [code].into(),
        };
        let told = |readers: &[Readers], to: &[&str]| {
            ReadersView::of(readers, &to.iter().map(|code| (*code).to_owned()).collect::<Vec<_>>()).warnings
        };
        assert!(told(&[group("éducateur", 1, "educ")], &["chef"])[0].starts_with("Personne d’autre que vous"));
        assert!(told(&[group("infirmiers", 2, "ide"), group("médecin", 1, "medco")], &["ide", "medco"]).is_empty());
        let missed = told(&[group("infirmiers", 2, "ide")], &["ide", "chef", "dir"]);
        assert!(missed.len() == 2 && missed[0].contains("chefs de service"), "{missed:?}");
        assert!(told(&[], &["ide"]).is_empty(), "not known yet");
    }

    #[test]
    fn the_level_and_who_will_read() {
        insta::assert_snapshot!(sample::rendered(&sample_preview()));
    }
}
