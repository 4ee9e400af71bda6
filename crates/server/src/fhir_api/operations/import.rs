//! `$import`: lines of NDJSON, sent as the body, go through the import of files; then its status, and what was refused.
//!
//! What was sent stays in memory. A job that was lost or cancelled is sent again: what is here already is left as it is,
//! and each part of at most 500 lines was written whole or not at all.

use super::jobs::{self, Jobs};
use crate::fhir_api::{Ask, answer, negotiate};
use crate::incoming;
use crate::trouble::{Doing, Trouble};
use app::import::{self, Line, Report};
use axum::body::Body;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use fhir::{Issue, Severity};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::task::AbortHandle;

/// Bytes of the longest body.
const LARGEST: usize = 32 << 20;
/// Most lines of a body.
const MOST_LINES: usize = 100_000;
const TYPES: [&str; 3] = ["application/fhir+ndjson", "application/ndjson", "application/x-ndjson"];
/// The only file of a job.
const FILE: &str = "OperationOutcome.ndjson";

/// Imports under way.
pub(crate) type Imports = Jobs<Import>;

/// One of them.
#[derive(Debug, Clone)]
pub(crate) struct Import {
    done: Arc<AtomicU64>,
    /// Stops it; what has been written stays.
    stop: Option<AbortHandle>,
    state: State,
}

#[derive(Debug, Clone)]
enum State {
    Running,
    Done(Arc<Report>),
    Failed,
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
    let done = Arc::new(AtomicU64::new(0));
    let work = Import { done: done.clone(), stop: None, state: State::Running };
    // Two at once would only wait for each other.
    let id = ask.server.imports().add(ask, "$import", work, |other| matches!(other.state, State::Running))?;
    let running = tokio::spawn(run(ask.server.clone(), ask.cx.clone(), id.clone(), lines.into(), done));
    let stop = Some(running.abort_handle());
    ask.server.imports().change(&id, |import| import.stop = stop);
    Ok(jobs::accepted(ask, "$import-status", &id))
}

async fn run(server: crate::state::Server, cx: app::Cx, id: String, lines: Arc<[u8]>, done: Arc<AtomicU64>) {
    let state = match import::send(&cx, lines, &done).await {
        Ok(report) => State::Done(Arc::new(report)),
        Err(error) => {
            tracing::error!(request = cx.request(), %error, "import failed");
            State::Failed
        }
    };
    server.imports().change(&id, |import| import.state = state);
}

/// Status, cancelling, what was refused.
pub(super) fn follow(ask: &Ask, method: &Method, path: &str) -> Result<Response, Trouble> {
    let mut parts = path.split('/');
    let (step, id, file) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default(), parts.next());
    let found = ask.server.imports().find(ask, id)?;
    match (step, file, method) {
        ("$import-status", None, &Method::DELETE) => {
            found.work.stop.iter().for_each(AbortHandle::abort);
            ask.server.imports().remove(id);
            Ok(answer::empty(StatusCode::ACCEPTED))
        }
        ("$import-status", None, &Method::GET | &Method::HEAD) => status(ask, id, &found),
        ("$import-status", None, _) => Err(Trouble::method("GET, HEAD, DELETE")),
        ("$import-file", Some(FILE), &Method::GET) => match &found.work.state {
            State::Done(report) => Ok(outcomes(report)),
            State::Running | State::Failed => Err(Trouble::absent()),
        },
        ("$import-file", Some(FILE), _) => Err(Trouble::method("GET")),
        _ => Err(Trouble::absent()),
    }
}

fn status(ask: &Ask, id: &str, found: &jobs::Job<Import>) -> Result<Response, Trouble> {
    let report = match &found.work.state {
        State::Failed => return Err(Trouble::bug()),
        State::Running => {
            return Ok(jobs::pending(&format!("{} resources", found.work.done.load(Ordering::Relaxed))));
        }
        State::Done(report) => report,
    };
    let figures = json!({ "created": report.created, "updated": report.updated, "skipped": report.skipped,
        "conflicts": report.conflicts, "refused": report.refused });
    let count = by_line(report).len();
    let url = format!("{}/$import-file/{id}/{FILE}", ask.server.fhir_base());
    let file = (count > 0).then(|| json!({ "type": "OperationOutcome", "url": url, "count": count }));
    Ok(jobs::manifest(
        (found.started, &found.request),
        &jobs::Files { output: &[], deleted: None, error: file.as_slice() },
        Some(figures),
    ))
}

/// One `OperationOutcome` for each line of which something is said.
fn outcomes(report: &Report) -> Response {
    let mut text = Vec::new();
    for (number, lines) in by_line(report) {
        let issues: Vec<Issue> = lines.into_iter().map(|line| issue(number, line)).collect();
        text.extend(fhir::json::to_vec(&fhir::outcome::operation_outcome(&issues)));
        text.push(b'\n');
    }
    let mut response = Response::new(Body::from(text));
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
