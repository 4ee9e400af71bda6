//! *Accès en urgence*, for those who answer for records: who waits for their answer, what they have to look at, what was looked at.

use super::dates;
use super::fields::Fields;
use super::frame::{Frame, Menu, framed, show};
use super::level::categories;
use super::people;
use super::session::Visit;
use crate::trouble::Trouble;
use app::Names;
use app::emergency::{self, Saying, Seen, Unfit};
use app::people::Resident;
use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::governance::emergency::{DeepState, LONGEST, Mark, Told};

const HERE: &str = "/acces-en-urgence";
/// Of those that were looked at, so many are shown: the journal has all.
const SHOWN: usize = 60;

#[derive(Template)]
#[template(path = "emergencies.html")]
struct Page {
    head: Frame,
    /// Somebody waits for an answer.
    asked: Vec<Row>,
    /// Nobody has looked at it.
    fresh: Vec<Row>,
    /// Somebody has.
    seen: Vec<Row>,
    longest: usize,
}

struct Row {
    id: String,
    patient: String,
    at: String,
    who: String,
    whose: String,
    journal: String,
    motive: &'static str,
    /// Of what is very sensitive: what was asked for, and what came of it.
    deep: Option<String>,
    /// What was asked for.
    subjects: String,
    /// Whether the person was told has to be said.
    tell: bool,
    until: String,
    late: bool,
    /// The reader's own: somebody else looks at it.
    own: bool,
    said: Option<String>,
    word: String,
    mistake: Option<&'static str>,
}

framed!(Page);

impl Page {
    fn wrong(&self) -> bool {
        self.fresh.iter().chain(&self.seen).any(|row| row.mistake.is_some())
    }
}

/// What was sent and could not be kept: which, the word, what is wrong.
type Sent<'a> = (&'a str, &'a str, &'static str);

pub(crate) async fn page(visit: Visit) -> Result<Response, Trouble> {
    shown(&visit, StatusCode::OK, None).await
}

async fn shown(visit: &Visit, status: StatusCode, sent: Option<Sent<'_>>) -> Result<Response, Trouble> {
    let (all, residents) = emergency::register(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    let names = visit.cx.app().names().await.map_err(|error| visit.trouble(error))?;
    let own = visit.cx.clearance().actor();
    let waits =
        |one: &&Seen| matches!(one.opening.deep_state(visit.cx.now()), DeepState::Waiting(_)) && one.opening.by != own;
    let row = |one: &Seen| row(visit, one, &residents, &names, sent);
    let marked = |one: &&Seen| one.opening.mark.is_some();
    let page = Page {
        asked: all.iter().filter(waits).filter_map(row).collect(),
        fresh: all.iter().rev().filter(|one| !marked(one)).filter_map(row).collect(),
        seen: all.iter().filter(marked).take(SHOWN).filter_map(row).collect(),
        longest: LONGEST,
        head: visit.frame(Menu::None),
    };
    Ok(show(status, &page, &visit.request))
}

fn row(visit: &Visit, one: &Seen, residents: &[Resident], names: &Names, sent: Option<Sent<'_>>) -> Option<Row> {
    let (now, opening) = (visit.cx.now(), &one.opening);
    let resident = residents.iter().find(|resident| resident.patient.person == one.person)?;
    let resident = people::Row::of(resident, dates::local(now).date());
    let sent = sent.filter(|(id, ..)| *id == opening.id);
    let word = |mark: &Mark| mark.word.clone();
    Some(Row {
        id: opening.id.clone(),
        patient: resident.id.clone(),
        at: dates::exact(opening.at),
        who: name(names, opening.by),
        journal: format!("/personnes/{}/lectures", resident.id),
        whose: resident.who.name,
        motive: opening.motive.label(),
        deep: deep(one, names, now),
        subjects: opening.deep.map(|deep| categories(deep.subjects()).join(", ")).unwrap_or_default(),
        tell: opening.went_deep(),
        until: dates::short(&dates::local(opening.due()).date().to_string()),
        late: opening.mark.is_none() && opening.due() < now,
        own: opening.by == visit.cx.clearance().actor(),
        said: opening.mark.as_ref().map(|mark| said(mark, names, now)),
        word: sent.map(|(_, word, _)| word.to_owned()).or_else(|| opening.mark.as_ref().map(word)).unwrap_or_default(),
        mistake: sent.map(|(.., mistake)| mistake),
    })
}

fn name(names: &Names, actor: confidentiality::Actor) -> String {
    names.get(&actor).cloned().unwrap_or_else(|| "Un compte qui n’existe plus".to_owned())
}

fn deep(one: &Seen, names: &Names, now: i64) -> Option<String> {
    let opening = &one.opening;
    let deep = opening.deep?;
    let subjects = categories(deep.subjects()).join(", ");
    let Some(answer) = deep.answer else {
        let waits = matches!(opening.deep_state(now), DeepState::Waiting(_));
        let end = if waits { "demandés" } else { "demandés, sans réponse" };
        return Some(format!("Écrits très sensibles {end}\u{a0}: {subjects}"));
    };
    let by = name(names, answer.by);
    Some(match answer.until {
        _ if opening.went_alone() => format!("Écrits très sensibles ouverts seul, danger vital\u{a0}: {subjects}"),
        Some(_) => format!("Écrits très sensibles ouverts avec l’accord de {by}\u{a0}: {subjects}"),
        None => format!("Écrits très sensibles refusés par {by}\u{a0}: {subjects}"),
    })
}

fn said(mark: &Mark, names: &Names, now: i64) -> String {
    let what = if mark.justified { "Justifié".to_owned() } else { format!("À expliquer\u{a0}: {}", mark.word) };
    let told = match mark.told {
        Some(Told::Yes) => ", la personne le sait",
        Some(Told::Danger) => ", non dit à la personne\u{a0}: ce serait dangereux pour elle",
        None => "",
    };
    format!("{what}{told} ({}, {})", name(names, mark.by), dates::day(mark.at, now))
}

/// Agrees, or refuses.
pub(crate) async fn answer(visit: Visit, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    let (patient, id) = (fields.text("personne"), fields.text("numero"));
    let yes = match fields.text("reponse") {
        "oui" => true,
        "non" => false,
        _ => return Err(Trouble::absent()),
    };
    emergency::answer(&visit.cx, patient, id, yes).await.map_err(|error| visit.write_trouble(error))?;
    Ok(Redirect::to(HERE).into_response())
}

/// Says what an opening was.
pub(crate) async fn mark(visit: Visit, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    let (patient, id) = (fields.text("personne"), fields.text("numero"));
    let (justified, word) = (fields.text("avis") == "justifie", fields.text("mot"));
    let told = match fields.text("dit") {
        "oui" => Some(Told::Yes),
        "danger" => Some(Told::Danger),
        _ => None,
    };
    // A word left in the field beside does not go with « justifié ».
    let said = Saying { justified, word: if justified { "" } else { word }, told };
    let marked = emergency::mark(&visit.cx, patient, id, said).await;
    let mistake = match marked.map_err(|error| visit.write_trouble(error))? {
        Ok(()) => return Ok(Redirect::to(&format!("{HERE}#{id}")).into_response()),
        Err(Unfit::Own) => "C’est votre propre accès\u{a0}: une autre personne le relit.",
        Err(Unfit::Wordless) => "Dites en un mot ce qui est à expliquer.",
        Err(Unfit::TooLong) => "Texte trop long\u{a0}: 300 caractères au plus.",
        Err(Unfit::Untold) => "Dites si la personne sait que ses écrits très sensibles ont été ouverts.",
    };
    shown(&visit, StatusCode::UNPROCESSABLE_ENTITY, Some((id, word, mistake))).await
}
