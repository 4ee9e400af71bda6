//! *Accès en urgence*, for those who answer for records: who waits for their answer, what they have to look at, what was looked at.

use super::alike::Alike;
use super::dates;
use super::done;
use super::fields::Fields;
use super::frame::{Frame, Menu, framed, show};
use super::level::categories;
use super::person::emergency::lasting;
use super::session::Visit;
use super::sign_in;
use crate::state::Server;
use crate::trouble::Trouble;
use app::Names;
use app::accounts;
use app::emergency::{self, Saying, Seen, Unfit};
use app::people::Resident;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use confidentiality::Level;
use domain::governance::emergency::{Deep, LONGEST, Mark, Opening, Told};

const HERE: &str = "/acces-en-urgence";

#[derive(Template)]
#[template(path = "emergencies.html")]
struct Page {
    head: Frame,
    /// Somebody waits for an answer.
    asked: Vec<Row>,
    /// How long what is very sensitive opens, in words.
    lasts: String,
    /// Nobody has looked at it.
    fresh: Vec<Row>,
    /// So many others are to be looked at after these.
    more: usize,
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
    /// Of what is very sensitive: what was asked for, and what came of it, each time.
    deep: Vec<String>,
    /// What was asked for last, and when, as a form says it.
    subjects: String,
    asked: String,
    /// Whether the person was told has to be said, and what was.
    tell: bool,
    told: &'static str,
    until: String,
    late: bool,
    /// The reader's own: somebody else looks at it.
    own: bool,
    said: Option<String>,
    word: String,
    /// What is wrong with what was said of it, beside the word or, `untold`, beside the choice.
    mistake: Option<String>,
    untold: bool,
    /// Why no agreement was taken.
    refused: Option<String>,
}

framed!(Page);

/// What was sent and could not be kept.
struct Sent {
    id: String,
    word: String,
    told: Option<Told>,
    mistake: String,
    of: Of,
}

impl Sent {
    /// What is wrong, for the head of the page.
    fn wrong(&self) -> (String, &str) {
        let field = match self.of {
            Of::Word => "mot",
            Of::Told => "dit",
            Of::Password => "password",
        };
        (format!("{field}-{}", self.id), &self.mistake)
    }
}

/// What the mistake is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    Word,
    Told,
    Password,
}

pub(crate) async fn page(visit: Visit) -> Result<Response, Trouble> {
    shown(&visit, StatusCode::OK, None).await
}

async fn shown(visit: &Visit, status: StatusCode, sent: Option<Sent>) -> Result<Response, Trouble> {
    let found = emergency::register(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    let names = visit.cx.app().names().await.map_err(|error| visit.trouble(error))?;
    let (own, all) = (visit.cx.clearance().actor(), &found.openings);
    let waits = |one: &&Seen| one.opening.waits(visit.cx.now()) && one.opening.by != own;
    let alike = Alike::among(&found.residents, dates::local(visit.cx.now()).date());
    let row = |one: &Seen| row(visit, one, (&found.residents, &alike), &names, sent.as_ref());
    let marked = |one: &&Seen| one.opening.mark.is_some();
    let lasts = visit.cx.app().matrix().measures(Level::VerySensitive).break_glass.map_or(0, |glass| glass.lasts_s);
    let mut fresh: Vec<&Seen> = all.iter().filter(|one| !marked(one)).collect();
    fresh.sort_by_key(|one| one.opening.at);
    let page = Page {
        asked: all.iter().filter(waits).filter_map(row).collect(),
        lasts: lasting(lasts.saturating_mul(1_000_000)),
        fresh: fresh.into_iter().filter_map(row).collect(),
        more: found.more,
        seen: all.iter().filter(marked).filter_map(row).collect(),
        longest: LONGEST,
        head: visit.frame(Menu::None).wrong(sent.as_ref().map(Sent::wrong)),
    };
    Ok(show(status, &page, &visit.request))
}

fn row(
    visit: &Visit,
    one: &Seen,
    (residents, alike): (&[Resident], &Alike),
    names: &Names,
    sent: Option<&Sent>,
) -> Option<Row> {
    let (now, opening) = (visit.cx.now(), &one.opening);
    let resident = residents.iter().find(|resident| resident.patient.person == one.person)?;
    let resident = alike.row(resident);
    let (sent, mark) = (sent.filter(|sent| sent.id == opening.id), opening.mark.as_ref());
    let told = sent.map_or_else(|| mark.and_then(|mark| mark.told), |sent| sent.told);
    Some(Row {
        id: opening.id.clone(),
        patient: resident.id.clone(),
        at: dates::exact(opening.at),
        who: name(names, opening.by),
        journal: format!("/personnes/{}/lectures", resident.id),
        whose: resident.named(),
        motive: opening.motive.label(),
        deep: opening.deep.iter().map(|deep| went(opening, deep, names, now)).collect(),
        subjects: categories(opening.asked()).join(", "),
        asked: opening.deep.last().map(|deep| deep.asked.to_string()).unwrap_or_default(),
        tell: opening.went_deep(),
        told: told.map_or("", code),
        until: dates::short(&dates::local(opening.due()).date().to_string()),
        late: opening.mark.is_none() && opening.due() < now,
        own: opening.by == visit.cx.clearance().actor(),
        said: mark.map(|mark| said(mark, names, now)),
        word: sent.map(|sent| sent.word.clone()).or_else(|| Some(mark?.word.clone())).unwrap_or_default(),
        mistake: sent.filter(|sent| sent.of != Of::Password).map(|sent| sent.mistake.clone()),
        untold: sent.is_some_and(|sent| sent.of == Of::Told),
        refused: sent.filter(|sent| sent.of == Of::Password).map(|sent| sent.mistake.clone()),
    })
}

fn code(told: Told) -> &'static str {
    match told {
        Told::Yes => "oui",
        Told::Danger => "danger",
    }
}

fn name(names: &Names, actor: confidentiality::Actor) -> String {
    names.get(&actor).cloned().unwrap_or_else(|| "Un compte qui n’existe plus".to_owned())
}

/// What came of asking for what is very sensitive.
fn went(opening: &Opening, deep: &Deep, names: &Names, now: i64) -> String {
    let subjects = categories(deep.subjects()).join(", ");
    let end = match deep.answer {
        None if opening.deep.last() == Some(deep) && opening.is_open(now) => "demandés".to_owned(),
        None => "demandés, sans réponse".to_owned(),
        Some(answer) if answer.until.is_some() && answer.by == opening.by => {
            "ouverts sans accord, pour un danger vital".to_owned()
        }
        Some(answer) if answer.until.is_some() => format!("ouverts avec l’accord de {}", name(names, answer.by)),
        Some(answer) => format!("refusés par {}", name(names, answer.by)),
    };
    format!("Écrits très sensibles {end}\u{a0}: {subjects}")
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

/// Agrees, with the password typed again: a screen left open agrees to nothing. Or refuses.
pub(crate) async fn answer(State(server): State<Server>, visit: Visit, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    let (patient, id) = (fields.text("personne"), fields.text("numero"));
    let yes = match fields.text("reponse") {
        "oui" => true,
        "non" => false,
        _ => return Err(Trouble::absent()),
    };
    if yes && visit.cx.clearance().reviews_accesses() {
        match accounts::step_up(server.app(), &visit.token, fields.text("password")).await {
            Ok(()) => {}
            Err(app::Error::SignedOut) => return Ok(Redirect::to("/connexion").into_response()),
            Err(error) => {
                let (status, mistake) = sign_in::said_of_own(error, &visit.request)?;
                let sent = Sent { id: id.to_owned(), word: String::new(), told: None, mistake, of: Of::Password };
                return shown(&visit, status, Some(sent)).await;
            }
        }
    }
    let asked = fields.text("demande").parse().map_err(|_| Trouble::absent())?;
    let answered = emergency::answer(&visit.cx, patient, (id, asked), yes).await;
    // Where somebody else was quicker, the page says who.
    let word = match answered.map_err(|error| visit.write_trouble(error))? {
        true if yes => "accord",
        true => "refus",
        false => "trop-tard",
    };
    Ok(done::to(HERE, word))
}

/// Says what an opening was.
pub(crate) async fn mark(visit: Visit, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    let (patient, id) = (fields.text("personne"), fields.text("numero"));
    let (justified, word) = (fields.text("avis") == "justifie", fields.text("mot"));
    let told = [Told::Yes, Told::Danger].into_iter().find(|told| code(*told) == fields.text("dit"));
    // A word left in the field beside does not go with « justifié ».
    let said = Saying { justified, word: if justified { "" } else { word }, told };
    let marked = emergency::mark(&visit.cx, patient, id, said).await.map_err(|error| visit.write_trouble(error))?;
    let Err(unfit) = marked else { return Ok(done::to(&format!("{HERE}#{id}"), "avis")) };
    let mistake = match unfit {
        Unfit::Own => "C’est votre propre accès\u{a0}: une autre personne le relit.",
        Unfit::Wordless => "Dites en un mot ce qui est à expliquer.",
        Unfit::TooLong => "Texte trop long\u{a0}: 300 caractères au plus.",
        Unfit::Untold => "Dites si la personne sait que ses écrits très sensibles ont été ouverts.",
    };
    let (id, word, mistake) = (id.to_owned(), word.to_owned(), mistake.to_owned());
    let sent = Sent { id, word, told, mistake, of: if unfit == Unfit::Untold { Of::Told } else { Of::Word } };
    shown(&visit, StatusCode::UNPROCESSABLE_ENTITY, Some(sent)).await
}
