//! *Traces*: what Socle tries on its own journal, and the witness that somebody outside keeps.

use crate::trouble::Trouble;
use crate::web::dates;
use crate::web::done;
use crate::web::fields::Fields;
use crate::web::frame::{Frame, Menu, framed, show};
use crate::web::session::Visit;
use app::measures;
use app::witness::{self, Brought, Witness};
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use domain::governance::measures::find;

/// The longest name of who keeps the witness, in signs.
const LONGEST: usize = 120;
/// What is shown, in this order.
const MEASURES: [&str; 6] = ["TRACE-01", "TRACE-02", "TRACE-03", "TRACE-04", "TRACE-05", "TRACE-06"];

#[derive(Template)]
#[template(path = "trail.html")]
struct Page {
    head: Frame,
    tab: &'static str,
    rows: Vec<Row>,
    /// The reader looks at the accesses of the month.
    reviews: bool,
    /// The last comparison, and whether it agreed.
    last: Option<(String, bool)>,
    /// What is to be kept outside.
    checkpoint: Option<String>,
    holder: String,
    note: String,
    /// What is wrong with the text, and with who keeps it.
    mistakes: [Option<&'static str>; 2],
}

struct Row {
    id: &'static str,
    title: &'static str,
    state: super::Shown,
    said: Vec<String>,
}

framed!(Page);

impl Page {
    fn wrong_note(&self) -> Option<&'static str> {
        let [note, _] = self.mistakes;
        note
    }

    fn wrong_holder(&self) -> Option<&'static str> {
        let [_, holder] = self.mistakes;
        holder
    }
}

pub(crate) async fn page(visit: Visit) -> Result<Response, Trouble> {
    answer(&visit, StatusCode::OK, "", None, [None, None]).await
}

async fn answer(
    visit: &Visit,
    status: StatusCode,
    note: &str,
    holder: Option<&str>,
    mistakes: [Option<&'static str>; 2],
) -> Result<Response, Trouble> {
    let board = measures::board(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    let last = witness::last(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    let row = |id: &'static str| {
        let status = board.statuses.iter().find(|status| status.measure == id)?;
        let mut said: Vec<String> = status.evidence.iter().map(|one| one.value.clone()).collect();
        said.extend(status.remaining.iter().cloned());
        Some(Row { id, title: find(id)?.title, state: super::stands(status), said })
    };
    let [wrong_note, wrong_holder] = mistakes;
    let wrong = [("temoin", wrong_holder), ("point", wrong_note)];
    let page = Page {
        tab: "trail",
        rows: MEASURES.into_iter().filter_map(row).collect(),
        reviews: visit.cx.clearance().reviews_accesses(),
        holder: holder.map(str::to_owned).or_else(|| Some(last.as_ref()?.holder.clone())).unwrap_or_default(),
        note: note.to_owned(),
        checkpoint: last.as_ref().map(|witness| witness.checkpoint.clone()),
        last: last.as_ref().map(|witness| said(witness, visit.cx.now())),
        head: visit.frame(Menu::Standing).wrong(wrong.into_iter().filter_map(|(field, said)| Some((field, said?)))),
        mistakes,
    };
    Ok(show(status, &page, &visit.request))
}

fn said(witness: &Witness, now: i64) -> (String, bool) {
    let when = dates::when(witness.at, now);
    let text = match witness.agrees {
        None => format!("Remis pour la première fois {when}, à {}.", witness.holder),
        Some(true) => {
            format!("Comparé {when} avec ce que garde {}\u{a0}: le journal n’a pas été réécrit.", witness.holder)
        }
        Some(false) => format!(
            "Comparé {when} avec ce que garde {}\u{a0}: le journal ne correspond plus. Gardez les deux textes et prévenez l’éditeur.",
            witness.holder
        ),
    };
    (text, witness.agrees != Some(false))
}

/// Compares what somebody outside kept, and gives them the next one; the very first time there is nothing to compare.
pub(crate) async fn submit(visit: Visit, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    let (note, holder) = (fields.text("point"), fields.text("temoin").trim());
    let wrong_holder = match holder.chars().count() {
        0 => Some("Dites qui le garde, et où."),
        long if long > LONGEST => Some("Texte trop long\u{a0}: 120 caractères au plus."),
        _ => None,
    };
    let wrong_note =
        (note.chars().count() > witness::LONGEST).then_some("Ce texte est trop long pour être un point de contrôle.");
    let wrong = StatusCode::UNPROCESSABLE_ENTITY;
    if wrong_holder.is_some() || wrong_note.is_some() {
        return answer(&visit, wrong, note, Some(holder), [wrong_note, wrong_holder]).await;
    }
    let first = note.trim().is_empty();
    if first {
        let before = witness::last(&visit.cx).await.map_err(|error| visit.trouble(error))?;
        if before.is_some() {
            let missing = Some("Collez le point de contrôle que garde votre témoin.");
            return answer(&visit, wrong, note, Some(holder), [missing, None]).await;
        }
        witness::hand_over(&visit.cx, holder).await.map_err(|error| visit.write_trouble(error))?;
        return Ok(done::to("/maitrise/traces", "remis"));
    }
    match witness::compare(&visit.cx, note, holder).await.map_err(|error| visit.write_trouble(error))? {
        Brought::Compared(_) => Ok(done::to("/maitrise/traces", "compare")),
        Brought::NotOurs => {
            let unknown = Some(
                "Ce texte n’est pas un point de contrôle signé par ce journal. Collez-le en entier, de « socle/ » à la dernière ligne.",
            );
            answer(&visit, wrong, note, Some(holder), [unknown, None]).await
        }
    }
}
