//! Files into the estate: shown first, imported on a yes, taken back as long as one likes.

use super::upload::Upload;
use crate::trouble::Trouble;
use crate::web::dates;
use crate::web::done;
use crate::web::fields::Fields;
use crate::web::frame::{Frame, Menu, framed, show};
use crate::web::params::Id;
use crate::web::session::Visit;
use crate::web::sheets;
use app::assets::{self, FileOutcome, Import, Lot, Outcome, Status};
use app::{Names, StoreError};
use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::agreement::shown;
use domain::governance::estate::{REGISTERS, Register};

/// Lines shown of one file.
const LINES: usize = 200;

#[derive(Template)]
#[template(path = "estate_import.html")]
struct Page {
    head: Frame,
    error: Option<&'static str>,
    registers: &'static [Register],
    imports: Vec<Row>,
}

struct Row {
    import: i64,
    file: String,
    format: &'static str,
    lines: u64,
    at: String,
    who: String,
    undone: Option<String>,
}

/// What an import would do, or has done.
#[derive(Template)]
#[template(path = "estate_outcome.html")]
struct Told {
    head: Frame,
    /// The word that imports what was shown; none once it is done, or when there is nothing to do.
    token: Option<String>,
    trial: bool,
    /// It is being imported: what comes of it is told later.
    doing: bool,
    created: u64,
    matched: u64,
    unmatched: u64,
    files: Vec<FileOutcome>,
}

framed!(Page);
framed!(Told);

impl Told {
    fn of(visit: &Visit, outcome: Outcome, token: Option<String>) -> Self {
        let Outcome { dry_run: trial, created, matched, unmatched, files, .. } = outcome;
        Self { head: visit.frame(Menu::Estate), token, trial, doing: false, created, matched, unmatched, files }
    }

    /// The lines of a file that are shown, what is wrong first.
    fn lines<'a>(&self, file: &'a FileOutcome) -> Vec<&'a assets::LineOutcome> {
        let mut lines: Vec<_> = file.lines.iter().collect();
        lines.sort_by_key(|line| (line.code.is_none(), line.line));
        lines.truncate(LINES);
        lines
    }

    /// How many lines, as French writes it.
    fn count(&self, lines: &u64) -> String {
        usize::try_from(*lines).map_or_else(|_| lines.to_string(), shown)
    }

    /// How many lines a file has, and how many of them are shown where that is fewer.
    fn read(&self, file: &FileOutcome) -> (String, Option<usize>) {
        let lines = file.lines.len();
        (shown(lines), Some(LINES).filter(|shown| lines > *shown))
    }

    fn is_refused(&self, file: &FileOutcome) -> bool {
        file.status == Status::Refused
    }

    fn is_known(&self, file: &FileOutcome) -> bool {
        file.status == Status::Known
    }

    fn is_taken_back(&self, file: &FileOutcome) -> bool {
        file.status == Status::TakenBack
    }
}

pub(crate) async fn page(visit: Visit) -> Result<Response, Trouble> {
    form(&visit, StatusCode::OK, None).await
}

async fn form(visit: &Visit, status: StatusCode, error: Option<&'static str>) -> Result<Response, Trouble> {
    let imports = assets::imports(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    let names = visit.cx.app().names().await.map_err(|error| visit.trouble(error))?;
    let imports = imports.into_iter().map(|import| row(import, &names, visit.cx.now())).collect();
    let head = visit.frame(Menu::Estate).wrong(error.map(|said| ("fichiers", said)));
    Ok(show(status, &Page { head, error, registers: &REGISTERS, imports }, &visit.request))
}

fn row(import: Import, names: &Names, now: i64) -> Row {
    let name = |actor| names.get(&actor).cloned().unwrap_or_else(|| "l’exploitant du serveur".to_owned());
    Row {
        import: import.import,
        file: import.file,
        format: import.format.french(),
        lines: import.lines,
        at: dates::when(import.at, now),
        who: name(import.actor),
        undone: import.undone.map(|(at, actor)| format!("{}, par {}", dates::when(at, now), name(actor))),
    }
}

/// A blank table to fill, with one line as an example.
pub(crate) async fn blank(visit: Visit, Id(file): Id) -> Result<Response, Trouble> {
    if !visit.cx.clearance().sees_estate() {
        return Err(Trouble::absent());
    }
    let register = REGISTERS.iter().find(|one| one.file == file).ok_or_else(Trouble::absent)?;
    let head: Vec<String> = register.columns.iter().map(|column| column.title.to_owned()).collect();
    let example = register.columns.iter().map(|column| column.example.to_owned()).collect();
    Ok(sheets::csv(register.file, &head, [example]))
}

/// Keeps the files for a while, and leads to what they would change.
pub(crate) async fn submit(visit: Visit, upload: Upload) -> Result<Response, Trouble> {
    visit.check_token(upload.text("csrf"))?;
    if upload.files.is_empty() {
        return form(&visit, StatusCode::UNPROCESSABLE_ENTITY, Some("Choisissez au moins un fichier.")).await;
    }
    let token = assets::hold(&visit.cx, upload.files).await.map_err(|error| visit.write_trouble(error))?;
    Ok(to_lot(&token))
}

fn to_lot(token: &str) -> Response {
    Redirect::to(&format!("/parc/import/lots/{token}")).into_response()
}

/// What the files of a lot would change, or have changed.
pub(crate) async fn lot(visit: Visit, Id(token): Id) -> Result<Response, Trouble> {
    let told = match assets::lot(&visit.cx, &token).await {
        Ok(Lot::Waits(outcome)) => {
            let useful = outcome.files.iter().any(|file| file.status == Status::Imported);
            Told::of(&visit, outcome, useful.then_some(token))
        }
        Ok(Lot::Done(outcome)) => Told::of(&visit, outcome, None),
        Ok(Lot::Doing) => Told { doing: true, ..Told::of(&visit, Outcome::default(), None) },
        Err(error) => return gone(&visit, StatusCode::NOT_FOUND, error).await,
    };
    Ok(show(StatusCode::OK, &told, &visit.request))
}

/// Imports what was shown; said twice, it is done once.
pub(crate) async fn confirm(visit: Visit, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    let token = fields.text("lot");
    match assets::confirm(&visit.cx, token).await {
        Ok(()) => Ok(to_lot(token)),
        Err(error) => gone(&visit, StatusCode::UNPROCESSABLE_ENTITY, error).await,
    }
}

/// Says that a lot is not kept any more, where files are chosen.
async fn gone(visit: &Visit, status: StatusCode, error: app::Error) -> Result<Response, Trouble> {
    match error {
        app::Error::Store(StoreError::Absent) if visit.cx.clearance().sees_estate() => {
            let said = "Ces fichiers n’attendent plus\u{a0}: ils sont gardés un quart d’heure, et seul le dernier envoi l’est. \
                        Ce qui a été importé est dans la liste, plus bas\u{a0}; sinon, choisissez-les à nouveau.";
            form(visit, status, Some(said)).await
        }
        error => Err(visit.write_trouble(error)),
    }
}

/// Takes an import back.
pub(crate) async fn undo(visit: Visit, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    let import = fields.text("import").parse().map_err(|_| Trouble::absent())?;
    let undone = assets::undo(&visit.cx, import).await.map_err(|error| visit.write_trouble(error))?;
    Ok(done::to("/parc/import", if undone { "annule" } else { "deja" }))
}
