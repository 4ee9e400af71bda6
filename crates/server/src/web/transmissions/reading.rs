//! One transmission, and what surrounds it.

use super::preview::{ReadersView, sentences};
use crate::trouble::Trouble;
use crate::web::dates;
use crate::web::done;
use crate::web::fields::Fields;
use crate::web::frame::{Frame, Menu, framed, show};
use crate::web::level::{LevelMark, categories};
use crate::web::lines::Line;
use crate::web::params::{Id, Params};
use crate::web::person::Tab;
use crate::web::session::Visit;
use crate::web::strip::StripView;
use crate::web::{summary, words};
use app::transmissions::{self, Reading};
use app::{Names, Version, handover};
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use domain::care::transmission::Note;

#[derive(Template)]
#[template(path = "transmission.html")]
struct Page {
    head: Frame,
    strip: StripView,
    tab: Tab,
    id: String,
    version: i64,
    line: Line,
    parts: Vec<(&'static str, String)>,
    written: String,
    level: LevelMark,
    categories: Vec<&'static str>,
    reasons: Vec<String>,
    readers: ReadersView,
    read_by: Vec<(String, String)>,
    read: bool,
    own: bool,
    withdrawn: bool,
    may_move: bool,
    may_undo: bool,
    answers: Vec<Line>,
    follow_ups: Vec<(String, String, bool)>,
    /// Something is still to be looked at again.
    due: bool,
    origins: Vec<(String, String, String)>,
    former: Vec<Former>,
    reply_to: Option<String>,
    said: Option<&'static str>,
    /// What one calls a wrong record here.
    wrong: &'static str,
    /// For how long it may be taken back.
    undo: i64,
}

/// A former version.
struct Former {
    version: i64,
    at: String,
    author: String,
    parts: Vec<(&'static str, String)>,
}

framed!(Page);

/// Seconds during which the page offers to take back; the style sheet counts as many.
const UNDO_SHOWN: i64 = 30;

pub(crate) async fn page(visit: Visit, Id(id): Id, params: Params) -> Result<Response, Trouble> {
    let found = transmissions::read(&visit.cx, &id).await.map_err(|error| visit.trouble(error))?;
    let names = visit.cx.app().names().await.map_err(|error| visit.trouble(error))?;
    let page = view(&visit, id, &found, &names, params.text("fait"));
    Ok(show(StatusCode::OK, &page, &visit.request))
}

fn view(visit: &Visit, id: String, found: &Reading, names: &Names, done: &str) -> Page {
    let now = visit.cx.now();
    let line = Line::whole(&found.item, names, now);
    Page {
        head: visit.frame(Menu::Handover),
        strip: StripView::of(&found.strip, dates::local(now).date()),
        tab: Tab::None,
        id,
        version: found.item.version,
        parts: titled(&found.note),
        written: dates::when(found.item.moment, now),
        level: found.label.level.into(),
        categories: categories(found.label.categories),
        reasons: sentences(&found.label),
        readers: ReadersView::of(&found.readers, if found.own { &found.note.recipients } else { &[] }),
        read_by: found.read_by.iter().map(|(who, at)| (who.clone(), dates::when(*at, now))).collect(),
        read: found.read,
        own: found.own,
        withdrawn: found.note.withdrawn,
        may_move: transmissions::may_move(&visit.cx, &found.item) && !found.note.withdrawn,
        may_undo: found.may_undo,
        answers: found.answers.iter().map(|answer| Line::whole(answer, names, now)).collect(),
        due: found.follow_ups.iter().any(|task| task.resource.str_at(&["status"]).is_some_and(transmissions::is_open)),
        follow_ups: found.follow_ups.iter().map(|task| follow_up(task, now)).collect(),
        origins: found.origins.iter().map(|origin| why(origin, now)).collect(),
        former: found.former.iter().map(|version| former(version, names, now)).collect(),
        reply_to: found.note.reply_to.clone().filter(|id| fhir::is_id(id)),
        said: match done {
            "ecrit" => Some("Transmission enregistrée."),
            "niveau" => Some("Niveau enregistré, avec votre motif."),
            "evalue" => Some("C’est noté\u{a0}: évalué. Pour en écrire le résultat, répondez à cette transmission."),
            "corrige" => Some("Correction enregistrée. L’ancienne version reste consultable plus bas."),
            _ => None,
        },
        wrong: words::wrong_record(visit.cx.app().profile(found.item.place)),
        undo: UNDO_SHOWN,
        line,
    }
}

pub(super) fn titled(note: &Note) -> Vec<(&'static str, String)> {
    if note.withdrawn {
        return vec![("", "Écrit par erreur dans ce dossier. Le texte n’est plus affiché.".to_owned())];
    }
    let texts =
        [("Données", Some(&note.data)), ("Actions", note.actions.as_ref()), ("Résultats", note.results.as_ref())];
    let parts = texts.into_iter().filter_map(|(title, text)| Some((title, text?.clone())));
    parts.filter(|(_, text)| !text.is_empty()).collect()
}

fn follow_up(task: &Version, now: i64) -> (String, String, bool) {
    let end = task.resource.str_at(&["restriction", "period", "end"]).and_then(fhir::date::interval);
    let at = end.map(|(at, _)| at);
    let open = task.resource.str_at(&["status"]).is_some_and(transmissions::is_open);
    let text = task.resource.get(&["code"]).and_then(summary::concept).unwrap_or_else(|| "À évaluer".to_owned());
    let when = at.map(|at| dates::when(at, now)).unwrap_or_default();
    (text, if open { when } else { format!("{when}, terminé") }, open && at.is_some_and(|at| at < now))
}

/// What was done, by whom and when, why.
pub(crate) fn why(origin: &Version, now: i64) -> (String, String, String) {
    let reason = origin.resource.get(&["reason"]).and_then(summary::concept).unwrap_or_default();
    let agent = origin.resource.get(&["agent"]).and_then(|all| all.get(0)).and_then(|one| one.get("who"));
    let who = agent.and_then(|who| who.get("display")).and_then(|display| display.as_str()).unwrap_or_default();
    let activity = origin.resource.get(&["activity", "coding"]).and_then(|all| all.get(0));
    let what = match activity.and_then(|one| one.get("code")).and_then(|code| code.as_str()) {
        Some("UPDATE") => "Corrigé",
        Some("NULLIFY") => "Retiré de ce dossier",
        Some("CREATE") => "Repris ici",
        _ => "Modifié",
    };
    (format!("{what} {}", dates::when(origin.updated, now)), who.to_owned(), reason)
}

fn former(version: &Version, names: &Names, now: i64) -> Former {
    Former {
        version: version.version,
        at: dates::when(version.updated, now),
        author: names.get(&version.author).cloned().unwrap_or_default(),
        parts: titled(&Note::read(&version.resource)),
    }
}

/// Says that what was to be looked at again has been.
pub(crate) async fn evaluate(visit: Visit, Id(id): Id, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    transmissions::evaluate(&visit.cx, &id).await.map_err(|error| visit.write_trouble(error))?;
    Ok(done::to(&format!("/transmissions/{id}"), "evalue"))
}

/// Ticks one transmission as read, or takes the tick away.
pub(crate) async fn mark(visit: Visit, Id(id): Id, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    let read = fields.text("annuler").is_empty();
    let seen = fields.text("version").parse::<i64>().map_or_else(|_| String::new(), |seen| format!("/_history/{seen}"));
    let item = [format!("Communication/{id}{seen}")];
    handover::mark(&visit.cx, &item, read).await.map_err(|error| visit.write_trouble(error))?;
    Ok(done::to(&format!("/transmissions/{id}"), if read { "lue" } else { "non-lue" }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::sample;
    use confidentiality::Level;

    #[test]
    fn the_page_of_a_transmission() {
        let page = Page {
            head: sample::frame(Menu::Handover),
            strip: sample::strip(),
            tab: Tab::None,
            id: "c1".to_owned(),
            version: 2,
            line: sample::line(Level::Standard),
            parts: vec![("Données", "Grimace <au> lever.".to_owned())],
            written: "aujourd’hui à 9 h 30".to_owned(),
            level: Level::Standard.into(),
            categories: vec!["Neurologie"],
            reasons: vec!["Rien de particulier.".to_owned()],
            readers: ReadersView::of(&[], &[]),
            read_by: vec![("Hugo Blanchet, cadre de soins".to_owned(), "hier à 20 h 45".to_owned())],
            read: false,
            own: true,
            withdrawn: false,
            may_move: true,
            may_undo: true,
            answers: vec![sample::line(Level::Sensitive)],
            follow_ups: vec![("À évaluer : Douleur".to_owned(), "demain à 8 h 00".to_owned(), false)],
            due: true,
            origins: vec![("Corrigé hier à 20 h 45".to_owned(), "Inès".to_owned(), "Erreur de jour".to_owned())],
            former: vec![Former {
                version: 1,
                at: "hier à 20 h 40".to_owned(),
                author: "Inès".to_owned(),
                parts: vec![("Données", "Grimace.".to_owned())],
            }],
            reply_to: Some("c0".to_owned()),
            said: Some("Correction enregistrée."),
            wrong: "Mauvais résident",
            undo: UNDO_SHOWN,
        };
        insta::assert_snapshot!(sample::rendered(&page));
    }
}
