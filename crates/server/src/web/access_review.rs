//! *Accès à relire*: the month's sample, for whoever answers for records; of each access they say that it is normal, or with a
//! word what is to be explained.

use super::alike::Alike;
use super::dates;
use super::fields::Fields;
use super::frame::{Frame, Menu, framed, show};
use super::person::accesses::{verb, why};
use super::session::Visit;
use crate::trouble::Trouble;
use app::Names;
use app::access_review::{self, LONGEST, Mark, Month, Seen, Unfit};
use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::governance::sample::Unusual;

const HERE: &str = "/acces-a-relire";

#[derive(Template)]
#[template(path = "access_review.html")]
struct Page {
    head: Frame,
    month: Option<Shown>,
    longest: usize,
}

/// A month.
struct Shown {
    name: String,
    lead: String,
    /// What is left to do, in words.
    left: String,
    done: bool,
    elsewhere: usize,
    /// The reader sees who opened records, not whose, and others say what is to be said.
    blind: bool,
    rows: Vec<Row>,
}

struct Row {
    turn: usize,
    at: String,
    who: String,
    whose: String,
    journal: String,
    what: &'static str,
    why: String,
    /// Why it is proposed.
    unusual: Vec<&'static str>,
    /// The reader's own: somebody else says it.
    own: bool,
    /// What was said.
    said: Option<String>,
    word: String,
    mistake: Option<&'static str>,
}

framed!(Page);

pub(crate) async fn page(visit: Visit) -> Result<Response, Trouble> {
    answer(&visit, StatusCode::OK, None).await
}

/// What was sent and could not be kept: the turn, the word, what is wrong with it.
type Sent<'a> = (usize, &'a str, &'static str);

async fn answer(visit: &Visit, status: StatusCode, sent: Option<Sent<'_>>) -> Result<Response, Trouble> {
    let month = access_review::load(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    let names = visit.cx.app().names().await.map_err(|error| visit.trouble(error))?;
    let page = Page {
        month: month.map(|month| shown(visit, &month, &names, sent)),
        longest: LONGEST,
        head: visit.frame(Menu::None).wrong(sent.map(|(turn, _, said)| (format!("mot-{turn}"), said))),
    };
    Ok(show(status, &page, &visit.request))
}

fn shown(visit: &Visit, month: &Month, names: &Names, sent: Option<Sent<'_>>) -> Shown {
    let now = visit.cx.now();
    let alike = Alike::among(month.seen.iter().filter_map(|one| month.resident(one.person)), dates::local(now).date());
    let left = month.seen.iter().filter(|one| one.mark.is_none()).count();
    let day = |at: i64| dates::short(&dates::local(at).date().to_string());
    Shown {
        name: month.name.clone(),
        lead: format!(
            "Tirés le {} par Socle parmi {} accès aux dossiers depuis le {}.",
            day(month.at),
            month.of,
            day(month.from)
        ),
        left: match left {
            0 => "Tout est relu.".to_owned(),
            many if month.blind => {
                format!("{many} sur {} à relire encore, par ceux qui répondent des dossiers.", month.seen.len())
            }
            many if now > month.until => {
                format!("{many} à relire\u{a0}: le délai est passé depuis le {}.", day(month.until))
            }
            many => format!("{many} à relire avant le {}.", day(month.until)),
        },
        done: left == 0,
        elsewhere: month.elsewhere,
        blind: month.blind,
        rows: month.seen.iter().map(|one| row(visit, (month, &alike), one, names, sent)).collect(),
    }
}

fn row(visit: &Visit, (month, alike): (&Month, &Alike), one: &Seen, names: &Names, sent: Option<Sent<'_>>) -> Row {
    let (now, opening) = (visit.cx.now(), &one.picked.opening);
    let resident = month.resident(one.person).map(|resident| alike.row(resident));
    let sent = sent.filter(|(turn, ..)| *turn == one.turn);
    let known = |mark: &Mark| mark.word.clone();
    let shows = |unusual: &Unusual| !(month.blind && unusual.tells_whose());
    Row {
        turn: one.turn,
        at: dates::exact(opening.at),
        who: names.get(&opening.actor).cloned().unwrap_or_else(|| "Un compte qui n’existe plus".to_owned()),
        journal: resident.as_ref().map(|of| format!("/personnes/{}/lectures", of.id)).unwrap_or_default(),
        whose: resident.map(|of| of.named()).unwrap_or_default(),
        what: verb(&opening.verb, opening.written),
        why: why(&opening.why),
        unusual: one.picked.unusual.iter().filter(|one| shows(one)).map(|unusual| unusual.label()).collect(),
        own: opening.actor == visit.cx.clearance().actor(),
        said: one.mark.as_ref().map(|mark| said(mark, month.blind, names, now)),
        word: match sent {
            Some((_, word, _)) => word.to_owned(),
            None => one.mark.as_ref().filter(|_| !month.blind).map(known).unwrap_or_default(),
        },
        mistake: sent.map(|(.., mistake)| mistake),
    }
}

/// What was said, by whom. A word may name somebody: whoever is not to know whose record it was is not shown it.
fn said(mark: &Mark, blind: bool, names: &Names, now: i64) -> String {
    let who = names.get(&mark.by).map_or("quelqu’un", String::as_str);
    let what = match (mark.normal, blind) {
        (true, _) => "Normal".to_owned(),
        (false, true) => "À expliquer".to_owned(),
        (false, false) => format!("À expliquer\u{a0}: {}", mark.word),
    };
    format!("{what} ({who}, {})", dates::day(mark.at, now))
}

pub(crate) async fn submit(visit: Visit, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    let (month, word, normal) = (fields.text("mois"), fields.text("mot"), fields.text("avis") == "normal");
    let turn: usize = fields.text("ligne").parse().map_err(|_| Trouble::absent())?;
    // A word left in the field beside does not go with « normal ».
    let kept = if normal { "" } else { word };
    let marked = access_review::mark(&visit.cx, month, turn, normal, kept).await;
    let mistake = match marked.map_err(|error| visit.write_trouble(error))? {
        Ok(()) => return Ok(Redirect::to(&format!("{HERE}#ligne-{turn}")).into_response()),
        Err(Unfit::Own) => "C’est votre propre accès\u{a0}: une autre personne le relit.",
        Err(Unfit::Wordless) => "Dites en un mot ce qui est à expliquer.",
        Err(Unfit::TooLong) => "Texte trop long\u{a0}: 200 caractères au plus.",
    };
    answer(&visit, StatusCode::UNPROCESSABLE_ENTITY, Some((turn, word, mistake))).await
}
