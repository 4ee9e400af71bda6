//! *Qui a lu*: who opened or wrote this record, when, and by what right.

use super::Tab;
use super::emergency;
use super::requests::{self, One, Sent};
use crate::headers;
use crate::trouble::Trouble;
use crate::web::dates;
use crate::web::frame::{Frame, Menu, framed, show};
use crate::web::level::counted;
use crate::web::params::{Id, Params};
use crate::web::session::Visit;
use crate::web::strip::StripView;
use app::{Access, Names, accesses, list_requests};
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

/// Who is in nobody's list of names: a client of the API; the work that Socle does by itself, or that is asked of it on its machine.
const PROGRAM: &str = "Un logiciel de l’établissement";
const OWN: &str = "Socle lui-même";
/// Accesses of one page.
const COUNT: u32 = 60;

#[derive(Template)]
#[template(path = "accesses.html")]
struct Page {
    head: Frame,
    strip: StripView,
    tab: Tab,
    /// Openings by others in an emergency, for the référent and those who answer for the record.
    opened: Vec<String>,
    rows: Vec<Row>,
    /// Everyone's accesses, not only the reader's own.
    whole: bool,
    /// They look at the month's sample too.
    reviews: bool,
    /// The reader hands the list over to who asks for it.
    answers: bool,
    older: Option<String>,
    latest: Option<String>,
}

struct Row {
    at: String,
    who: String,
    what: String,
    items: String,
    why: String,
    reason: Option<String>,
    written: bool,
}

framed!(Page);

pub(crate) async fn page(visit: Visit, Id(id): Id, params: Params) -> Result<Response, Trouble> {
    let mark = params.some("page").map(str::to_owned);
    let paged = mark.is_some();
    let found = accesses::of_person(&visit.cx, &id, mark, COUNT).await.map_err(|error| visit.trouble(error))?;
    let (strip, found) = found;
    let names = visit.cx.app().names().await.map_err(|error| visit.trouble(error))?;
    let now = visit.cx.now();
    let here = format!("/personnes/{id}/lectures");
    let page = Page {
        head: visit.frame(Menu::People),
        strip: StripView::of(&strip, dates::local(now).date()),
        tab: Tab::Accesses,
        opened: emergency::told(&visit, &strip.resident, &names).await?,
        rows: found.entries.iter().map(|entry| row(entry, &names, now)).collect(),
        whole: found.whole,
        reviews: visit.cx.clearance().reviews_accesses(),
        answers: list_requests::answers(&visit.cx),
        older: found.next.map(|mark| format!("{here}?page={}", headers::encode(&mark, ""))),
        latest: paged.then_some(here),
    };
    Ok(show(StatusCode::OK, &page, &visit.request))
}

#[derive(Template)]
#[template(path = "accesses_print.html")]
struct Paper {
    head: Frame,
    /// « de Quéméner Jeanne ».
    whose: String,
    back: String,
    now: String,
    rows: Vec<Row>,
    named: bool,
    cut: bool,
    other: String,
    requests: Vec<One>,
    /// Some were in an emergency, which the person may not be told of.
    urgent: bool,
}

framed!(Paper);

/// The list to hand over to the person, who may ask for it (RGPD article 15): roles by default, names if who hands it over
/// decides so.
pub(crate) async fn print(visit: Visit, Id(id): Id, params: Params) -> Result<Response, Trouble> {
    paper(&visit, &id, params.some("noms") == Some("oui"), StatusCode::OK, None).await
}

/// The same, with a request beside it that was sent and could not be kept.
pub(super) async fn paper(
    visit: &Visit,
    id: &str,
    named: bool,
    status: StatusCode,
    sent: Option<Sent>,
) -> Result<Response, Trouble> {
    let requests = requests::of_person(visit, id, sent).await?;
    let (strip, list) = accesses::list(&visit.cx, id).await.map_err(|error| visit.trouble(error))?;
    let names = visit.cx.app().names().await.map_err(|error| visit.trouble(error))?;
    let now = visit.cx.now();
    let mut rows: Vec<Row> = list.entries.iter().map(|entry| row(entry, &names, now)).collect();
    for (row, entry) in rows.iter_mut().zip(&list.entries) {
        row.at = dates::exact(entry.at);
        // Why an access is stated may name somebody, or tell what the person is not to read from a list.
        row.reason = None;
        if !named {
            row.who = role(&row.who);
        }
    }
    let here = format!("/personnes/{id}/lectures");
    let urgent = list.entries.iter().any(|entry| entry.verb.starts_with("emergency"));
    let page = Paper {
        urgent,
        whose: of(&StripView::of(&strip, dates::local(now).date()).who.name),
        other: if named { format!("{here}/impression") } else { format!("{here}/impression?noms=oui") },
        back: here,
        now: dates::exact(now),
        rows,
        named,
        cut: list.cut,
        head: visit.frame(Menu::People).wrong(requests.iter().flat_map(One::wrongs)),
        requests,
    };
    Ok(show(status, &page, &visit.request))
}

/// « de Quéméner », « d’Abgrall »; before an H, which is heard or not, nothing is taken away.
fn of(name: &str) -> String {
    let vowel = name
        .chars()
        .next()
        .is_some_and(|first| "AEIOUÀÂÄÉÈÊËÎÏÔÖÙÛÜŒÆ".contains(first.to_uppercase().next().unwrap_or(first)));
    if vowel { format!("d’{name}") } else { format!("de {name}") }
}

/// What follows the name: `Amina Rahal, aide-soignante`, `claire (essai)`.
fn role(shown: &str) -> String {
    match shown.split_once(',') {
        Some((_, role)) => role.trim().to_owned(),
        None if [PROGRAM, OWN].contains(&shown) => shown.to_owned(),
        None => "Un professionnel de l’établissement".to_owned(),
    }
}

fn row(entry: &Access, names: &Names, now: i64) -> Row {
    let program = || (if app::is_operator(entry.actor) { OWN } else { PROGRAM }).to_owned();
    let items = i64::try_from(entry.items).unwrap_or(i64::MAX);
    Row {
        at: dates::when(entry.at, now),
        who: names.get(&entry.actor).cloned().unwrap_or_else(program),
        what: verb(&entry.verb, entry.written).to_owned(),
        items: if items > 0 { counted(items, "élément", "") } else { String::new() },
        why: if app::is_operator(entry.actor) { "travail du serveur".to_owned() } else { why(&entry.why) },
        reason: entry.reason.clone(),
        written: entry.written,
    }
}

/// What the log calls it, and what one says.
const VERBS: &[(&str, &str)] = &[
    ("persons", "Liste des personnes"),
    ("handover", "Relève"),
    ("print-handover", "Relève imprimée"),
    ("synthesis", "Synthèse"),
    ("timeline", "Fil du dossier"),
    ("everything", "Dossier entier"),
    ("meta", "Étiquettes"),
    ("transmission-form", "Page d’écriture ouverte"),
    ("transmission", "Transmission lue"),
    ("receipts", "Transmission lue"),
    ("accesses", "Consultation de «\u{a0}Qui a lu\u{a0}»"),
    ("accesses-review", "Relecture d’un accès"),
    ("access-mark", "Relecture d’un accès"),
    ("list-request", "Demande de la liste des accès"),
    ("list-requests", "Demande de la liste des accès"),
    ("draw-accesses", "Tirage des accès à relire"),
    ("write-transmission", "Transmission écrite"),
    ("correct-transmission", "Transmission corrigée"),
    ("refile-transmission", "Écrit déplacé vers le bon dossier"),
    ("evaluate", "Suivi évalué"),
    ("undo-transmission", "Transmission annulée"),
    ("health-entry", "Allergie ou traitement\u{a0}: lu"),
    ("health-form", "Formulaire d’allergie ou de traitement"),
    ("write-health", "Allergie ou traitement\u{a0}: noté"),
    ("deny-allergies", "Aucune allergie connue\u{a0}: noté"),
    ("correct-health", "Allergie ou traitement\u{a0}: corrigé"),
    ("end-health", "Allergie ou traitement\u{a0}: terminé"),
    ("undo-health", "Allergie ou traitement\u{a0}: remis comme avant"),
    ("mark-read", "Marqué comme lu"),
    ("unmark-read", "Marqué comme non lu"),
    ("count-rights", "Droits comptés pour les mesures"),
    ("draft", "Brouillon commencé"),
    ("read-draft", "Brouillon rouvert"),
    ("drafts", "Brouillon rouvert"),
    ("preview-readers", "Niveau et lecteurs calculés"),
    ("search", "Recherche"),
    ("history", "Anciennes versions"),
    ("vread", "Anciennes versions"),
    ("persons-move", "Changement d’unité"),
    ("match", "Recherche de doublons"),
    ("admit", "Admission"),
    ("stays", "Séjour"),
    ("stay-move", "Changement d’unité ou de chambre"),
    ("stay-end", "Sortie"),
    ("stay-reopen", "Sortie annulée"),
    ("stay-cancel", "Entrée annulée"),
    ("relabel", "Niveau relevé par de nouvelles règles"),
    ("rollback", "Niveau remis en place"),
    ("emergency", "Accès en urgence ouvert"),
    ("emergency-deep", "Accès en urgence\u{a0}: écrits très sensibles demandés"),
    ("emergency-alone", "Accès en urgence\u{a0}: écrits très sensibles ouverts sans accord"),
    ("emergency-agree", "Accès en urgence\u{a0}: accord donné"),
    ("emergency-refuse", "Accès en urgence\u{a0}: accord refusé"),
    ("emergency-end", "Accès en urgence refermé"),
    ("emergency-page", "Page d’accès en urgence"),
    ("emergencies", "Page d’accès en urgence"),
    ("emergency-mark", "Relecture d’un accès en urgence"),
    ("label", "Niveau et raisons"),
    ("policy-explain", "Droits expliqués, sans contenu"),
    ("labels-to-review", "Niveaux à revoir"),
    ("set-label", "Niveau corrigé"),
    ("export", "Export"),
    ("import", "Import"),
    ("demo", "Création de la démonstration"),
];

/// What was done, as one says it.
pub(crate) fn verb(verb: &str, written: bool) -> &'static str {
    let other = if written { "Écriture" } else { "Lecture" };
    VERBS.iter().find(|(known, _)| *known == verb).map_or(other, |(_, said)| said)
}

/// By what right: the rule of the matrix, in words.
pub(crate) fn why(rules: &[String]) -> String {
    let by = |persona: &str| rules.iter().any(|rule| rule.split([':', '@']).nth(1) == Some(persona));
    if by("usager") {
        return "son propre dossier".to_owned();
    }
    if by("rep") {
        return "représentant légal".to_owned();
    }
    let kinds = [
        ("break_glass", "accès en urgence"),
        ("referent", "référent de la personne"),
        ("grant", "autorisation nominative"),
        ("replacement", "remplacement"),
        ("shift", "présent au planning"),
        ("assignment", "accompagne la personne"),
        ("client", "logiciel enregistré"),
    ];
    let found = kinds.iter().find(|(code, _)| rules.iter().any(|rule| rule.starts_with(code)));
    found.map_or("travaille dans l’établissement", |(_, words)| words).to_owned()
}
