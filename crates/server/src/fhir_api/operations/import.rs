//! `$import`: lines of NDJSON, sent as the body, go through the import of files; then its status, and what was refused.
//!
//! What was sent stays in memory of the server that does it; how far it is, and what came of it, is in the store. A job that was
//! lost or cancelled is sent again: what is here already is left as it is, and each part of at most 500 lines was written whole
//! or not at all.

use super::jobs;
use crate::fhir_api::{Ask, answer, negotiate};
use crate::incoming;
use crate::trouble::{Doing, Trouble};
use app::import::{self, Line, Report, Sent, State, Told};
use axum::body::Body;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use fhir::{Issue, Severity};
use serde_json::json;
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::task::AbortHandle;

/// Bytes of the longest body.
const LARGEST: usize = 32 << 20;
/// Most lines of a body.
const MOST_LINES: usize = 100_000;
const TYPES: [&str; 3] = ["application/fhir+ndjson", "application/ndjson", "application/x-ndjson"];
/// The only file of a job.
const FILE: &str = "OperationOutcome.ndjson";

/// Imports that this server does, to stop them at once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Running(Arc<Mutex<BTreeMap<String, AbortHandle>>>);

impl Running {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, AbortHandle>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, id: String, work: impl Future<Output = ()> + Send + 'static) {
        // Held meanwhile: work that ends at once is forgotten after it was noted.
        let mut all = self.lock();
        all.insert(id, tokio::spawn(work).abort_handle());
    }

    fn forget(&self, id: &str) {
        self.lock().remove(id);
    }

    fn stop(&self, id: &str) {
        if let Some(running) = self.lock().remove(id) {
            running.abort();
        }
    }
}

/// Kick-off.
pub(super) async fn begin(ask: &Ask, body: Body) -> Result<Response, Trouble> {
    import::may_send(&ask.cx).map_err(|error| ask.trouble(error, Doing::Write { if_match: false }))?;
    jobs::only_async(ask, "$import")?;
    if negotiate::content(&ask.headers, &TYPES).is_err() {
        let fr = "Un import s’envoie en application/fhir+ndjson, une ressource par ligne ; aucune adresse n’est lue.";
        let en = "Send application/fhir+ndjson, a resource a line; nothing is fetched from an address.";
        return Err(Trouble::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-supported", fr, en));
    }
    let lines = incoming::read(&ask.headers, body, LARGEST).await?;
    if lines.iter().filter(|byte| **byte == b'\n').count() > MOST_LINES {
        return Err(Trouble::too_long());
    }
    // Two at once would only wait for each other.
    let doing = import::keep(&ask.cx, jobs::request(ask, "$import")).await;
    let doing = doing.map_err(|error| ask.trouble(error, Doing::Write { if_match: false }))?;
    let doing = doing.ok_or_else(jobs::too_many)?;
    let (id, cx) = (doing.id(), ask.cx.clone());
    let running = ask.server.running();
    let (own, over) = (running.clone(), id.clone());
    running.add(id.clone(), async move {
        if let Err(error) = import::send(&cx, doing, lines.into(), outcomes).await {
            tracing::error!(request = cx.request(), %error, "import failed");
        }
        own.forget(&over);
    });
    Ok(jobs::accepted(ask, "$import-status", &id))
}

/// Status, cancelling, what was refused.
pub(super) async fn follow(ask: &Ask, method: &Method, path: &str) -> Result<Response, Trouble> {
    let mut parts = path.split('/');
    let (step, id, file) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default(), parts.next());
    let found = import::find(&ask.cx, id).await.map_err(|error| ask.trouble(error, Doing::Read))?;
    match (step, file, method) {
        ("$import-status", None, &Method::DELETE) => {
            // Done by another server, it stops within seconds.
            ask.server.running().stop(id);
            import::forget(&ask.cx, id).await.map_err(|error| ask.trouble(error, Doing::Read))?;
            Ok(answer::empty(StatusCode::ACCEPTED))
        }
        ("$import-status", None, &Method::GET | &Method::HEAD) => status(ask, id, &found),
        ("$import-file", Some(FILE), &Method::GET) => match found.state {
            State::Done(told) => Ok(lines(told.outcomes)),
            State::Running(_) | State::Failed | State::Gone => Err(Trouble::absent()),
        },
        _ => Err(Trouble::absent()),
    }
}

fn status(ask: &Ask, id: &str, found: &Sent) -> Result<Response, Trouble> {
    let told = match &found.state {
        State::Failed => return Err(Trouble::bug()),
        State::Gone => {
            let fr = "Le serveur qui faisait cet import s’est arrêté : envoyez de nouveau les mêmes lignes.";
            let en = "The server that did this import is gone: send the same lines again.";
            return Err(Trouble::new(StatusCode::GONE, "incomplete", fr, en));
        }
        State::Running(done) => return Ok(jobs::pending(&format!("{done} resources"))),
        State::Done(told) => told,
    };
    let [created, updated, skipped, conflicts, refused] = told.figures;
    let figures = json!({ "created": created, "updated": updated, "skipped": skipped, "conflicts": conflicts,
        "refused": refused });
    let url = format!("{}/$import-file/{id}/{FILE}", ask.server.fhir_base());
    let file = (told.count > 0).then(|| json!({ "type": "OperationOutcome", "url": url, "count": told.count }));
    let asked = (found.started, found.request.as_str());
    Ok(jobs::manifest(asked, &jobs::Files { output: &[], deleted: None, error: file.as_slice() }, Some(figures)))
}

/// One `OperationOutcome` for each line of which something is said.
fn outcomes(report: &Report) -> Told {
    let (mut text, lines) = (String::new(), by_line(report));
    let count = lines.len();
    for (number, lines) in lines {
        let issues: Vec<Issue> = lines.into_iter().map(|line| issue(number, line)).collect();
        text.push_str(&String::from_utf8_lossy(&fhir::json::to_vec(&fhir::outcome::operation_outcome(&issues))));
        text.push('\n');
    }
    let figures = [report.created, report.updated, report.skipped, report.conflicts, report.refused];
    Told { figures, count, outcomes: text }
}

fn lines(outcomes: String) -> Response {
    let mut response = Response::new(Body::from(outcomes));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/fhir+ndjson"));
    response
}

fn by_line(report: &Report) -> BTreeMap<usize, Vec<&Line>> {
    let mut all: BTreeMap<usize, Vec<&Line>> = BTreeMap::new();
    for line in &report.issues {
        all.entry(line.line.unwrap_or_default()).or_default().push(line);
    }
    all
}

fn issue(number: usize, line: &Line) -> Issue {
    let severity = match line.severity {
        "error" | "fatal" => Severity::Error,
        "warning" => Severity::Warning,
        _ => Severity::Information,
    };
    Issue {
        severity,
        code: line.code,
        expression: line.path.clone(),
        text_fr: format!("Ligne {number} : {}", line.text),
        text_en: format!("Line {number}: {}", line.code),
    }
}
