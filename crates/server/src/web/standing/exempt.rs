//! What the house decides of one thing, until a day: a machine to be replaced, an account, a port.

use crate::trouble::Trouble;
use crate::web::dates;
use crate::web::done;
use crate::web::fields::Fields;
use crate::web::frame::{Frame, Menu, framed, show};
use crate::web::params::Params;
use crate::web::session::Visit;
use app::assets;
use app::measures::{self, House};
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use domain::governance::measures::{ExemptField, ExemptKind, ExemptSheet, Exemption};

const HERE: &str = "/maitrise/exceptions";
/// Decisions kept; those that ended long ago may be taken out.
const MOST: usize = 500;
/// Names of machines offered while one types.
const OFFERED: usize = 500;

#[derive(Template)]
#[template(path = "exemptions.html")]
struct Page {
    head: Frame,
    tab: &'static str,
    id: String,
    sheet: ExemptSheet,
    kinds: Vec<(&'static str, &'static str, bool)>,
    machines: Vec<String>,
    mistakes: Vec<(&'static str, &'static str)>,
    groups: Vec<(&'static str, Vec<Row>)>,
}

struct Row {
    id: String,
    shown: String,
    reason: String,
    who: String,
    until: String,
    over: bool,
}

framed!(Page);

impl Page {
    fn wrong(&self, field: &str) -> Option<&str> {
        self.mistakes.iter().find(|(name, _)| *name == field).map(|(_, text)| *text)
    }
}

fn name(field: ExemptField) -> &'static str {
    match field {
        ExemptField::Kind => "quoi",
        ExemptField::Subject => "sujet",
        ExemptField::Reason => "motif",
        ExemptField::Until => "fin",
    }
}

/// What was decided, and a form; `quoi` and `sujet` fill it in.
pub(crate) async fn page(visit: Visit, params: Params) -> Result<Response, Trouble> {
    let house = measures::house(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    let sheet = ExemptSheet {
        kind: params.text("quoi").to_owned(),
        subject: params.text("sujet").to_owned(),
        ..ExemptSheet::default()
    };
    let id = measures::new_action(&visit.cx);
    shown(&visit, StatusCode::OK, &house, (id, sheet), Vec::new()).await
}

async fn shown(
    visit: &Visit,
    status: StatusCode,
    house: &House,
    (id, sheet): (String, ExemptSheet),
    mistakes: Vec<(&'static str, &'static str)>,
) -> Result<Response, Trouble> {
    let estate = assets::estate(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    let names = visit.cx.app().names().await.map_err(|error| visit.trouble(error))?;
    let today = assets::today(&visit.cx);
    let row = |one: &Exemption| Row {
        id: one.id.clone(),
        shown: one.shown.clone(),
        reason: one.reason.clone(),
        who: names.iter().find(|(actor, _)| actor.value() == one.by).map(|(_, name)| name.clone()).unwrap_or_default(),
        until: dates::short(&one.until.to_string()),
        over: one.until < today,
    };
    let group = |kind: ExemptKind| {
        let own = house.exemptions.iter().filter(|one| one.kind == kind);
        (kind.label(), own.map(row).collect::<Vec<_>>())
    };
    let page = Page {
        tab: "house",
        kinds: ExemptKind::ALL.map(|kind| (kind.code(), kind.label(), kind.code() == sheet.kind)).to_vec(),
        machines: estate.assets.iter().take(OFFERED).map(|asset| asset.name.clone()).collect(),
        groups: ExemptKind::ALL.into_iter().map(group).filter(|(_, rows)| !rows.is_empty()).collect(),
        id,
        sheet,
        head: visit.frame(Menu::Standing).wrong(mistakes.iter().copied()),
        mistakes,
    };
    Ok(show(status, &page, &visit.request))
}

/// Decides. The same form sent twice decides once.
pub(crate) async fn submit(visit: Visit, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    let id = Some(fields.text("id")).filter(|id| fhir::is_id(id)).ok_or_else(Trouble::absent)?.to_owned();
    let estate = assets::estate(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    let text = |name: &str| fields.text(name).to_owned();
    let sheet = ExemptSheet { kind: text("quoi"), subject: text("sujet"), reason: text("motif"), until: text("fin") };
    let machine = |name: &str| {
        let found = estate.assets.iter().find(|asset| asset.name.eq_ignore_ascii_case(name));
        found.map(|asset| asset.key.clone())
    };
    let by = visit.cx.clearance().actor().value();
    let one = match sheet.parse(&id, by, machine, assets::today(&visit.cx)) {
        Ok(one) => one,
        Err(wrong) => {
            let house = measures::house(&visit.cx).await.map_err(|error| visit.trouble(error))?;
            let mistakes = wrong.into_iter().map(|(field, text)| (name(field), text)).collect();
            return shown(&visit, StatusCode::UNPROCESSABLE_ENTITY, &house, (id, sheet), mistakes).await;
        }
    };
    let mut decided = false;
    measures::change(&visit.cx, |house| {
        decided = house.exemptions.iter().any(|known| known.id == one.id);
        if house.exemptions.iter().all(|known| known.id != one.id) && house.exemptions.len() < MOST {
            // A thing is decided once: the newer decision takes the older one's place.
            house.exemptions.retain(|known| (known.kind, &known.subject) != (one.kind, &one.subject));
            house.exemptions.push(one);
            decided = true;
        }
    })
    .await
    .map_err(|error| visit.write_trouble(error))?;
    if !decided {
        let house = measures::house(&visit.cx).await.map_err(|error| visit.trouble(error))?;
        let full = vec![("quoi", "Trop d’exceptions sont gardées\u{a0}: retirez d’abord celles qui sont terminées.")];
        return shown(&visit, StatusCode::UNPROCESSABLE_ENTITY, &house, (id, sheet), full).await;
    }
    Ok(done::to(HERE, "decidee"))
}

/// Takes a decision back.
pub(crate) async fn withdraw(visit: Visit, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    let id = fields.text("id").to_owned();
    let mut there = false;
    measures::change(&visit.cx, |house| {
        there = house.exemptions.iter().any(|one| one.id == id);
        house.exemptions.retain(|one| one.id != id);
    })
    .await
    .map_err(|error| visit.write_trouble(error))?;
    Ok(done::to(HERE, if there { "retiree" } else { "absente" }))
}
