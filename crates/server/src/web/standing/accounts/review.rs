//! *Relire les comptes d'une unité*: keep each, until a day if need be, or close it.

use crate::trouble::Trouble;
use crate::web::dates;
use crate::web::done;
use crate::web::fields::Fields;
use crate::web::frame::{Frame, Menu, framed, show};
use crate::web::level::counted;
use crate::web::params::Id;
use crate::web::session::Visit;
use crate::web::sign_in::said_of_own;
use app::accounts;
use app::reviews::{self, Decision, Group, Held, Unfit};
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::civil::Date;

#[derive(Template)]
#[template(path = "accounts_review.html")]
struct Page {
    head: Frame,
    number: i64,
    name: String,
    place: String,
    version: i64,
    last: Option<String>,
    rows: Vec<Row>,
    /// Some are closed: to open one again takes a password, as on the sheet of the account.
    reopens: bool,
    /// What is wrong with that password.
    unconfirmed: Option<String>,
}

struct Row {
    actor: i64,
    display: String,
    login: String,
    functions: String,
    last: String,
    open: bool,
    /// What the form says of it.
    kept: bool,
    closed: bool,
    until: String,
    mistake: Option<&'static str>,
}

framed!(Page);

async fn group(visit: &Visit, id: &str) -> Result<Group, Trouble> {
    let number: i64 = id.parse().map_err(|_| Trouble::absent())?;
    let groups = reviews::groups(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    groups.into_iter().find(|group| group.number == number).ok_or_else(Trouble::absent)
}

pub(crate) async fn page(visit: Visit, Id(id): Id) -> Result<Response, Trouble> {
    let group = group(&visit, &id).await?;
    let given = |one: &Held| {
        let until = one.until.filter(|_| one.open).map(|day| day.to_string()).unwrap_or_default();
        // Nothing is decided beforehand of an open account: somebody looks at each.
        ((!one.open).then_some(false), until, None)
    };
    shown(&visit, StatusCode::OK, &group, None, given).await
}

/// The field that confirms.
const CONFIRM: &str = "confirmation";

type Given = (Option<bool>, String, Option<&'static str>);

async fn shown(
    visit: &Visit,
    status: StatusCode,
    group: &Group,
    unconfirmed: Option<String>,
    given: impl Fn(&Held) -> Given,
) -> Result<Response, Trouble> {
    let names = visit.cx.app().names().await.map_err(|error| visit.trouble(error))?;
    let now = visit.cx.now();
    let row = |one: &Held| {
        let (kept, until, mistake) = given(one);
        Row {
            actor: one.actor,
            display: one.display.clone(),
            login: one.login.clone(),
            functions: one.functions.join(", "),
            last: one.last.map_or_else(|| "jamais".to_owned(), |at| dates::day(at, now)),
            open: one.open,
            kept: kept == Some(true),
            closed: kept == Some(false),
            until,
            mistake,
        }
    };
    let last = group.last.as_ref().map(|last| {
        let who = names.get(&last.by).cloned().unwrap_or_else(|| "quelqu’un".to_owned());
        let (kept, closed) = last.counts;
        let many = |count: usize, word: &str| counted(i64::try_from(count).unwrap_or(i64::MAX), word, "");
        format!("{} par {who}\u{a0}: {}, {}", dates::day(last.at, now), many(kept, "gardé"), many(closed, "fermé"))
    });
    let rows: Vec<Row> = group.held.iter().map(row).collect();
    let wrong = |row: &Row| Some((format!("compte-{}", row.actor), format!("{}\u{a0}: {}", row.display, row.mistake?)));
    let of_confirm = unconfirmed.clone().map(|text| (CONFIRM.to_owned(), text));
    let page = Page {
        number: group.number,
        name: group.name.clone(),
        place: group.place.clone(),
        version: group.last.as_ref().map_or(0, |last| last.version),
        last,
        head: visit.frame(Menu::Standing).wrong(rows.iter().filter_map(wrong).chain(of_confirm)),
        reopens: rows.iter().any(|row| !row.open),
        rows,
        unconfirmed,
    };
    Ok(show(status, &page, &visit.request))
}

fn until(fields: &Fields, actor: i64) -> Option<Result<Date, ()>> {
    let text = fields.text(&format!("fin-{actor}")).trim().to_owned();
    (!text.is_empty()).then(|| text.parse().map_err(|_| ()))
}

pub(crate) async fn submit(visit: Visit, Id(id): Id, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    let group = group(&visit, &id).await?;
    // « Garder », said of an account that was open, does not open one that has been closed since; nor does « Laisser fermé » close
    // one that was opened.
    let changed_since = |one: &Held| {
        let other = if one.open { "ferme" } else { "ouvert" };
        fields.text(&format!("etait-{}", one.actor)) == other
    };
    if group.held.iter().any(changed_since) {
        return Err(visit.write_trouble(app::StoreError::Conflict(app::Conflict::Overtaken).into()));
    }
    let chosen = |actor: i64| fields.text(&format!("compte-{actor}"));
    let decide = |actor: i64| match (chosen(actor), until(&fields, actor)) {
        ("fermer", _) => Some(Decision::Close),
        ("garder", None) => Some(Decision::Keep { until: None }),
        ("garder", Some(Ok(until))) => Some(Decision::Keep { until: Some(until) }),
        _ => None,
    };
    if let Some((status, text)) = unconfirmed(&visit, &group, &fields).await? {
        return shown(&visit, status, &group, Some(text), |one| said(&fields, one, None)).await;
    }
    let known = fields.text("version").parse().unwrap_or_default();
    let closed = reviews::close(&visit.cx, &group, known, decide).await;
    let unfit = match closed.map_err(|error| visit.write_trouble(error))? {
        Ok(()) => return Ok(done::to("/maitrise/comptes", "relus")),
        Err(unfit) => unfit,
    };
    let mistake = |actor: i64| {
        unfit.iter().find_map(|one| match *one {
            Unfit::Undecided(of) if of == actor && chosen(actor) == "garder" => Some("Cette date ne se lit pas."),
            Unfit::Undecided(of) if of == actor => Some("Gardez ce compte ou fermez-le."),
            Unfit::Past(of) if of == actor => Some("Cette date est passée\u{a0}: fermez plutôt le compte."),
            Unfit::Own(of) if of == actor => {
                Some("C’est votre propre compte\u{a0}: gardez-le sans date, ou laissez une autre personne le fermer.")
            }
            _ => None,
        })
    };
    let given = |one: &Held| said(&fields, one, mistake(one.actor));
    shown(&visit, StatusCode::UNPROCESSABLE_ENTITY, &group, None, given).await
}

/// What the form says of an account.
fn said(fields: &Fields, one: &Held, mistake: Option<&'static str>) -> Given {
    let kept = match fields.text(&format!("compte-{}", one.actor)) {
        "garder" => Some(true),
        "fermer" => Some(false),
        _ => None,
    };
    (kept, fields.text(&format!("fin-{}", one.actor)).to_owned(), mistake)
}

/// Why the password that opens accounts again is not the reader's, where one is to be opened.
async fn unconfirmed(visit: &Visit, group: &Group, fields: &Fields) -> Result<Option<(StatusCode, String)>, Trouble> {
    let reopened = |one: &Held| !one.open && fields.text(&format!("compte-{}", one.actor)) == "garder";
    if !group.held.iter().any(reopened) {
        return Ok(None);
    }
    match accounts::verify(&visit.cx, &visit.login, fields.text(CONFIRM)).await {
        Ok(()) => Ok(None),
        Err(error) => said_of_own(error, &visit.request).map(Some),
    }
}
