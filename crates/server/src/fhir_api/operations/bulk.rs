//! Bulk Data Access 2.0: kick-off, status, files.
//!
//! No file is ever written: each is read from the store as it is downloaded.

use super::input::{self, Input};
use super::jobs;
use crate::fhir_api::route::Target;
use crate::fhir_api::{Ask, answer};
use crate::trouble::{Doing, Trouble};
use app::bulk::{self, Export, Held, Job, Output, State, Whose, Wish};
use axum::body::{Body, Bytes, HttpBody};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use fhir::ResourceType;
use http_body::Frame;
use serde_json::{Value, json};
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::mpsc::{Receiver, Sender, channel};

const FORMATS: [&str; 3] = ["application/fhir+ndjson", "application/ndjson", "ndjson"];
const TAKEN: [&str; 4] = ["_type", "_since", "_outputFormat", "_typeFilter"];
/// The file of what has been deleted.
const DELETED: &str = "deleted.ndjson";

/// Kick-off.
pub(super) async fn begin(ask: &Ask, target: &Target, input: &Input) -> Result<Response, Trouble> {
    let (whose, path) = match target {
        Target::System => (Whose::All, "$export".to_owned()),
        Target::Type(ResourceType::PATIENT) => (Whose::Patients, "Patient/$export".to_owned()),
        Target::Instance(kind, id) if kind.name() == "Group" => {
            (Whose::Group(id.clone()), format!("Group/{id}/$export"))
        }
        _ => return Err(super::unknown()),
    };
    jobs::only_async(ask, "$export")?;
    if let Some(format) = input.text("_outputFormat")
        && !FORMATS.contains(&format.replace(' ', "+").as_str())
    {
        return Err(input::wrong("_outputFormat", "application/fhir+ndjson", "application/fhir+ndjson"));
    }
    if let Some(name) = input.names().find(|name| !TAKEN.contains(name)).filter(|_| !jobs::prefers(ask, "lenient")) {
        let (fr, en) = (format!("« {name} » n’est pas pris en charge."), format!("'{name}' is not supported."));
        return Err(Trouble::new(StatusCode::BAD_REQUEST, "not-supported", &fr, &en));
    }
    let since = input.time("_since")?.map(|(lo, _)| lo);
    let filters = input.all("_typeFilter").map(str::to_owned).collect();
    let job = Job::begin(&ask.cx, whose, Wish { kinds: input.types()?, since, filters }).await;
    let job = job.map_err(|error| ask.trouble(error, Doing::Read))?;
    let request = jobs::request(ask, &path);
    let held = bulk::keep(&ask.cx, &job, request).await.map_err(|error| ask.trouble(error, Doing::Read))?;
    let held = held.ok_or_else(jobs::too_many)?;
    let id = held.id();
    tokio::spawn(count(ask.server.app().clone(), held));
    Ok(jobs::accepted(ask, "$export-status", &id))
}

/// Finds out which files there are, aside.
pub(crate) async fn count(app: app::App, held: Held) {
    let id = held.id();
    if let Err(error) = bulk::count(&app, held).await {
        tracing::error!(job = id, %error, "the files of an export could not be counted");
    }
}

/// Status, cancelling, files.
pub(super) async fn follow(ask: &Ask, method: &Method, path: &str) -> Result<Response, Trouble> {
    let mut parts = path.split('/');
    let (step, id, file) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default(), parts.next());
    let found = bulk::find(&ask.cx, id).await.map_err(|error| ask.trouble(error, Doing::Read))?;
    match (step, file, method) {
        ("$export-status", None, &Method::DELETE) => {
            bulk::cancel(&ask.cx, id).await.map_err(|error| ask.trouble(error, Doing::Read))?;
            Ok(answer::empty(StatusCode::ACCEPTED))
        }
        ("$export-status", None, &Method::GET | &Method::HEAD) => status(ask, id, &found),
        ("$export-file", Some(DELETED), &Method::GET) => {
            let deleted = found.job.deleted(&ask.cx).map_err(|error| ask.trouble(error, Doing::Read))?;
            Ok(download(ask, Lines::Deleted(Box::new(deleted))))
        }
        ("$export-file", Some(name), &Method::GET) => {
            let kind = name.strip_suffix(".ndjson").and_then(ResourceType::parse).ok_or_else(Trouble::absent)?;
            let file = found.job.file(&ask.cx, kind).map_err(|error| ask.trouble(error, Doing::Read))?;
            Ok(download(ask, Lines::File(Box::new(file))))
        }
        _ => Err(Trouble::absent()),
    }
}

fn status(ask: &Ask, id: &str, found: &Export) -> Result<Response, Trouble> {
    let (outputs, deleted) = match &found.state {
        State::Failed => return Err(Trouble::bug()),
        State::Counting => return Ok(jobs::pending("counting")),
        State::Ready(outputs, deleted) => (outputs, *deleted),
    };
    let base = ask.server.fhir_base();
    let file = |output: &Output| {
        let url = format!("{base}/$export-file/{id}/{}.ndjson", output.kind);
        let mut said = json!({ "type": output.kind.name(), "url": url });
        if let (Some(count), Some(object)) = (output.count, said.as_object_mut()) {
            object.insert("count".into(), count.into());
        }
        said
    };
    let files: Vec<Value> = outputs.iter().map(file).collect();
    let gone = json!({ "type": "Bundle", "url": format!("{base}/$export-file/{id}/{DELETED}") });
    let gone: Vec<Value> = deleted.then_some(gone).into_iter().collect();
    let asked = (found.job.started, found.request.as_str());
    Ok(jobs::manifest(asked, &jobs::Files { output: &files, deleted: Some(&gone), error: &[] }, None))
}

/// Sends a file while it is being read; what fails cuts it off, so that no half passes for a whole.
fn download(ask: &Ask, file: Lines) -> Response {
    let (sender, receiver) = channel(1);
    tokio::spawn(send(file, sender, ask.request.clone()));
    let mut response = Response::new(Body::new(Pages(receiver)));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/fhir+ndjson"));
    response
}

/// What a file holds.
enum Lines {
    File(Box<bulk::File>),
    Deleted(Box<bulk::Deleted>),
}

impl Lines {
    async fn next(&mut self) -> app::Result<Option<Vec<u8>>> {
        match self {
            Self::File(file) => file.next().await,
            Self::Deleted(deleted) => deleted.next().await,
        }
    }
}

type Piece = Result<Bytes, std::io::Error>;

async fn send(mut file: Lines, sender: Sender<Piece>, request: String) {
    loop {
        // Nothing is read for whoever has gone.
        let Ok(place) = sender.reserve().await else { return };
        match file.next().await {
            Ok(Some(lines)) => place.send(Ok(lines.into())),
            Ok(None) => return,
            Err(error) => {
                tracing::error!(request, %error, "an export was cut off");
                return place.send(Err(std::io::Error::other("cut off")));
            }
        }
    }
}

/// A body that comes page by page.
struct Pages(Receiver<Piece>);

impl HttpBody for Pages {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.0.poll_recv(cx).map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }
}
