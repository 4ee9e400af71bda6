//! *Accès en urgence* to one person's record: the reason, then what is open and until when, and what is very sensitive.

use super::Tab;
use crate::trouble::Trouble;
use crate::web::dates;
use crate::web::done;
use crate::web::fields::Fields;
use crate::web::frame::{Frame, Menu, framed, show};
use crate::web::level::{categories, counted};
use crate::web::params::{Id, Params};
use crate::web::session::Visit;
use crate::web::strip::StripView;
use app::Names;
use app::emergency::{self, Sight};
use app::people::Resident;
use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use confidentiality::Category;
use domain::governance::emergency::{DeepState, EmergencyField, EmergencySheet, LONGEST, Motive, Opening, subjects};

const MINUTE: i64 = 60_000_000;
const SECOND: i64 = 1_000_000;
/// An answer is awaited so long after the page may be opened without: a screen that nobody looks at does not go on for ever.
const AWAITED: i64 = 2 * MINUTE;

/// What stands on a person's pages for who may open the record in an emergency, or has.
pub(crate) struct Urgent {
    pub(crate) link: String,
    pub(crate) open: bool,
    /// The reader accompanies this person.
    pub(crate) known: bool,
}

/// Nothing for whoever opens nothing in an emergency. Whether anything is hidden does not count: what is masked, or secret, is not
/// told of.
pub(crate) fn urgent(visit: &Visit, resident: &Resident) -> Option<Urgent> {
    let (clearance, at) = (visit.cx.clearance(), &resident.patient);
    let (open, known) = (clearance.has_broken_glass(at.person), clearance.knows(at.person));
    let link = format!("/personnes/{}/urgence", resident.id());
    clearance.may_break_glass(at.place).map(|_| Urgent { link, open, known })
}

/// Openings by others that the référent and those who answer for the record are told of.
pub(crate) async fn told(visit: &Visit, resident: &Resident, names: &Names) -> Result<Vec<String>, Trouble> {
    let recent = emergency::recent(&visit.cx, resident).await.map_err(|error| visit.trouble(error))?;
    Ok(recent.iter().map(|one| line(one, names)).collect())
}

/// `Ouvert en urgence le 28/11/2026 à 22 h 10 par Amina Rahal, aide-soignante : crise…`
fn line(one: &Opening, names: &Names) -> String {
    let who = names.get(&one.by).map_or("un compte qui n’existe plus", String::as_str);
    let deep = if one.went_deep() { ", écrits très sensibles compris" } else { "" };
    format!("Ouvert en urgence le {} par {who}{deep}\u{a0}: {}.", dates::exact(one.at), lower(one.motive.label()))
}

fn lower(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

#[derive(Template)]
#[template(path = "emergency.html")]
struct Page {
    head: Frame,
    strip: StripView,
    tab: Tab,
    lasts: String,
    /// Up to which level, in words.
    reach: &'static str,
    longest: usize,
    motives: Vec<(&'static str, &'static str, bool)>,
    words: String,
    wrong: Vec<(EmergencyField, &'static str)>,
    open: Option<Open>,
}

/// An opening that runs.
struct Open {
    until: String,
    motive: String,
    /// What is very sensitive may be asked for, for so long.
    deep_lasts: Option<String>,
    deep: Deep,
    subjects: Vec<(&'static str, &'static str)>,
    /// What was asked for, in words.
    asked: String,
    /// The same, as a form says it.
    codes: Vec<&'static str>,
    /// What is very sensitive is open, where it is said to be.
    held: bool,
    unchosen: bool,
    /// The page is asked for again by itself: not for ever.
    awaited: bool,
    /// The page is not asked for again by itself.
    still: bool,
    /// The password was typed again a short while ago.
    confirmed: bool,
}

/// Where what is very sensitive stands, as the page shows it.
#[derive(PartialEq, Eq)]
enum Deep {
    None,
    /// How long before it may be opened alone, in words.
    Waiting(String),
    Alone,
    Open(String),
    Refused(String),
    Over,
}

framed!(Page);

impl Page {
    fn mistake(&self, field: EmergencyField) -> Option<&'static str> {
        self.wrong.iter().find(|(of, _)| *of == field).map(|(_, said)| *said)
    }

    fn wrong_motive(&self) -> Option<&'static str> {
        self.mistake(EmergencyField::Motive)
    }

    fn wrong_words(&self) -> Option<&'static str> {
        self.mistake(EmergencyField::Words)
    }
}

pub(crate) async fn page(visit: Visit, Id(id): Id, params: Params) -> Result<Response, Trouble> {
    let how = How { unchosen: false, still: params.text("actualiser") == "non" };
    answer(&visit, &id, StatusCode::OK, (EmergencySheet::default(), Vec::new()), how).await
}

/// What is wrong, for the head of the page.
fn wrongs(wrong: &[(EmergencyField, &'static str)], how: How) -> Vec<(&'static str, &'static str)> {
    let field = |of| if of == EmergencyField::Motive { "motifs" } else { "mots" };
    let fields = wrong.iter().map(|(of, said)| (field(*of), *said));
    fields.chain(how.unchosen.then_some(("sujets", "Choisissez au moins un sujet."))).collect()
}

/// How the page is shown.
#[derive(Default, Clone, Copy)]
struct How {
    /// Nothing was chosen of what is very sensitive.
    unchosen: bool,
    /// It is not asked for again by itself.
    still: bool,
}

type Sent = (EmergencySheet, Vec<(EmergencyField, &'static str)>);

async fn answer(visit: &Visit, id: &str, status: StatusCode, sent: Sent, how: How) -> Result<Response, Trouble> {
    let sight = emergency::look(&visit.cx, id).await.map_err(|error| visit.trouble(error))?;
    let names = visit.cx.app().names().await.map_err(|error| visit.trouble(error))?;
    let (sheet, wrong) = sent;
    let open = sight.opening.as_ref().map(|one| opened(visit, &sight, one, &names, how));
    let waits = open.as_ref().is_some_and(|open| open.awaited);
    let page = Page {
        strip: StripView::of(&sight.strip, dates::local(visit.cx.now()).date()),
        tab: Tab::None,
        lasts: lasting(sight.lasts),
        reach: sight.reach.french(),
        longest: LONGEST,
        motives: Motive::ALL.map(|one| (one.code(), one.label(), one.code() == sheet.motive)).to_vec(),
        words: sheet.words,
        head: visit.frame(Menu::People).wrong(wrongs(&wrong, how)),
        wrong,
        open,
    };
    let mut response = show(status, &page, &visit.request);
    if waits && !how.still && status == StatusCode::OK {
        // The answer shows by itself.
        response.headers_mut().insert(header::REFRESH, HeaderValue::from_static("10"));
    }
    Ok(response)
}

fn opened(visit: &Visit, sight: &Sight, one: &Opening, names: &Names, how: How) -> Open {
    let now = visit.cx.now();
    let name = |actor| names.get(&actor).cloned().unwrap_or_else(|| "quelqu’un".to_owned());
    let deep = match one.deep_state(now) {
        DeepState::None => Deep::None,
        DeepState::Waiting(alone) if alone <= now => Deep::Alone,
        DeepState::Waiting(alone) => Deep::Waiting(counted((alone - now + SECOND - 1) / SECOND, "seconde", "")),
        DeepState::Open(until) => Deep::Open(hour(until)),
        DeepState::Refused(by) => Deep::Refused(name(by)),
        DeepState::Over => Deep::Over,
    };
    Open {
        until: hour(one.until),
        motive: lower(one.motive.label()),
        deep_lasts: sight.deep_lasts.map(lasting),
        deep,
        subjects: Category::ALL.map(|one| (one.code(), one.french())).to_vec(),
        asked: categories(one.asked()).join(", "),
        codes: one.asked().iter().map(Category::code).collect(),
        held: one.asked().is_subset(visit.cx.clearance().broken_at_level4(sight.strip.resident.patient.person)),
        unchosen: how.unchosen,
        awaited: matches!(one.deep_state(now), DeepState::Waiting(alone) if now < alone + AWAITED),
        still: how.still,
        confirmed: visit.confirmed(),
    }
}

fn hour(at: i64) -> String {
    dates::hour(dates::local(at))
}

/// `2 heures`, `30 minutes`.
pub(crate) fn lasting(micros: i64) -> String {
    let minutes = micros / MINUTE;
    match (minutes / 60, minutes % 60) {
        (1, 0) => "une heure".to_owned(),
        (hours, 0) => format!("{hours}\u{a0}heures"),
        _ => format!("{minutes}\u{a0}minutes"),
    }
}

pub(crate) async fn open(visit: Visit, Id(id): Id, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    let text = |name: &str| fields.text(name).to_owned();
    let sheet = EmergencySheet { motive: text("motif"), words: text("mots") };
    match sheet.parse() {
        Ok((motive, words)) => {
            let opened = emergency::open(&visit.cx, &id, motive, &words).await;
            opened.map_err(|error| visit.write_trouble(error))?;
            Ok(done::to(&format!("/personnes/{id}"), "urgence"))
        }
        Err(wrong) => answer(&visit, &id, StatusCode::UNPROCESSABLE_ENTITY, (sheet, wrong), How::default()).await,
    }
}

pub(crate) async fn close(visit: Visit, Id(id): Id, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    emergency::close(&visit.cx, &id).await.map_err(|error| visit.write_trouble(error))?;
    Ok(done::to(&format!("/personnes/{id}"), "referme"))
}

/// Asks for what is very sensitive.
pub(crate) async fn deepen(visit: Visit, Id(id): Id, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    let codes = fields.all("sujet");
    let chosen = subjects(codes.iter().map(String::as_str));
    if chosen.is_empty() {
        let (none, how) = ((EmergencySheet::default(), Vec::new()), How { unchosen: true, still: false });
        return answer(&visit, &id, StatusCode::UNPROCESSABLE_ENTITY, none, how).await;
    }
    emergency::ask(&visit.cx, &id, chosen).await.map_err(|error| visit.write_trouble(error))?;
    Ok(back(&id))
}

/// *Danger vital*.
pub(crate) async fn alone(visit: Visit, Id(id): Id, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    emergency::alone(&visit.cx, &id).await.map_err(|error| visit.write_trouble(error))?;
    Ok(back(&id))
}

fn back(id: &str) -> Response {
    Redirect::to(&format!("/personnes/{id}/urgence#tres-sensible")).into_response()
}

#[cfg(test)]
mod tests {
    use super::{MINUTE, lasting, lower};

    #[test]
    fn a_length_is_said_in_words() {
        assert_eq!(lasting(120 * MINUTE), "2\u{a0}heures");
        assert_eq!(lasting(60 * MINUTE), "une heure");
        assert_eq!(lasting(30 * MINUTE), "30\u{a0}minutes");
        assert_eq!(lasting(90 * MINUTE), "90\u{a0}minutes");
        assert_eq!(lower("Été"), "été");
    }
}
