//! *Réglages de protection*: what the house sets of sessions, passwords and the journal, and who set it before.

use crate::trouble::Trouble;
use crate::web::dates;
use crate::web::done;
use crate::web::fields::Fields;
use crate::web::frame::{Frame, Menu, framed, show};
use crate::web::session::Visit;
use app::protection::{self, Version};
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use domain::governance::protection::{Protection, Setting};

#[derive(Template)]
#[template(path = "protection.html")]
struct Page {
    head: Frame,
    tab: &'static str,
    /// Of the version that is known; 0: none was ever set.
    version: i64,
    rows: Vec<Row>,
    story: Vec<(String, String, String)>,
}

/// A setting of the form.
struct Row {
    code: &'static str,
    label: &'static str,
    value: String,
    least: u32,
    most: u32,
    advised: String,
    /// What is obeyed is not what the measures expect.
    weak: bool,
    mistake: Option<String>,
}

framed!(Page);

pub(crate) async fn page(visit: Visit) -> Result<Response, Trouble> {
    let versions = protection::versions(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    let now = versions.first().map(|one| one.protection).unwrap_or_default();
    let value = |setting| (now.of(setting).to_string(), false);
    answer(&visit, StatusCode::OK, &versions, value).await
}

async fn answer(
    visit: &Visit,
    status: StatusCode,
    versions: &[Version],
    value: impl Fn(Setting) -> (String, bool),
) -> Result<Response, Trouble> {
    let names = visit.cx.app().names().await.map_err(|error| visit.trouble(error))?;
    let obeyed = versions.first().map(|one| one.protection).unwrap_or_default();
    let row = |setting: Setting| {
        let (value, wrong) = value(setting);
        let (bounds, advised) = (setting.bounds(), setting.advised());
        let (least, most) = (*bounds.start(), *bounds.end());
        let mistake = wrong.then(|| format!("Un nombre de {least} à {most}."));
        let weak = !obeyed.is_sound(setting);
        let advised = match (advised.start() == bounds.start(), advised.end() == bounds.end()) {
            (true, _) => format!("{} au plus pour être conforme", advised.end()),
            (false, true) => format!("{} au moins pour être conforme", advised.start()),
            (false, false) => format!("de {} à {} pour être conforme", advised.start(), advised.end()),
        };
        Row { code: setting.code(), label: setting.label(), value, least, most, advised, weak, mistake }
    };
    let said = |one: &Version| {
        let values = Setting::ALL.map(|setting| format!("{}\u{a0}: {}", short(setting), one.protection.of(setting)));
        let who = names.get(&one.by).cloned().unwrap_or_else(|| "quelqu’un sur la machine".to_owned());
        (dates::when(one.at, visit.cx.now()), who, values.join(", "))
    };
    let rows: Vec<Row> = Setting::ALL.into_iter().map(row).collect();
    let wrong: Vec<_> = rows.iter().filter(|row| row.mistake.is_some()).map(|row| (row.code, row.label)).collect();
    let page = Page {
        tab: "house",
        version: versions.first().map_or(0, |one| one.version),
        head: visit.frame(Menu::Standing).wrong(wrong),
        rows,
        story: versions.iter().map(said).collect(),
    };
    Ok(show(status, &page, &visit.request))
}

/// In the story, where the whole question would be too long.
fn short(setting: Setting) -> &'static str {
    match setting {
        Setting::Idle => "inactivité",
        Setting::Tries => "essais",
        Setting::Shortest => "mot de passe",
        Setting::Trail => "journal",
    }
}

/// Sets them.
pub(crate) async fn submit(visit: Visit, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    match Protection::parse(|setting| fields.text(setting.code())) {
        Ok(wanted) => {
            let known = fields.text("version").parse().unwrap_or_default();
            protection::set(&visit.cx, known, wanted).await.map_err(|error| visit.write_trouble(error))?;
            Ok(done::to("/maitrise/reglages", "regles"))
        }
        Err(wrong) => {
            let versions = protection::versions(&visit.cx).await.map_err(|error| visit.trouble(error))?;
            let value = |setting: Setting| (fields.text(setting.code()).to_owned(), wrong.contains(&setting));
            answer(&visit, StatusCode::UNPROCESSABLE_ENTITY, &versions, value).await
        }
    }
}
