//! Work that goes on after the answer (Asynchronous Request Pattern): who asked, how far it is, its end.
//!
//! A job is kept for an hour, and told to nobody but whoever asked. Exports are in the store, for every server; what is held
//! here, in memory, are imports.

use crate::fhir_api::{Ask, answer};
use crate::headers;
use crate::trouble::Trouble;
use app::bulk::LIFE;
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use confidentiality::Actor;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Jobs of a kind kept at once.
const MOST: usize = 100;

/// Jobs of a kind, by their number.
#[derive(Debug)]
pub(crate) struct Jobs<T>(Arc<Mutex<BTreeMap<String, Job<T>>>>);

impl<T> Default for Jobs<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

/// One job.
#[derive(Debug, Clone)]
pub(crate) struct Job<T> {
    actor: Actor,
    pub(crate) started: i64,
    /// The request, as its manifest repeats it.
    pub(crate) request: String,
    /// What is done, and how far it is.
    pub(crate) work: T,
}

impl<T: Clone> Jobs<T> {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Job<T>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a job of the caller; its number. Refused when there are too many, or when one under way excludes it.
    pub(crate) fn add(&self, ask: &Ask, path: &str, work: T, excludes: impl Fn(&T) -> bool) -> Result<String, Trouble> {
        let now = ask.cx.now();
        let request = request(ask, path);
        let mut all = self.lock();
        all.retain(|_, job| job.started + LIFE > now);
        if all.len() >= MOST || all.values().any(|job| excludes(&job.work)) {
            return Err(too_many());
        }
        let id = uuid::Uuid::new_v4().to_string();
        all.insert(id.clone(), Job { actor: ask.cx.clearance().actor(), started: now, request, work });
        Ok(id)
    }

    /// A job of the caller.
    pub(crate) fn find(&self, ask: &Ask, id: &str) -> Result<Job<T>, Trouble> {
        let (actor, now) = (ask.cx.clearance().actor(), ask.cx.now());
        let own = |job: &&Job<T>| job.actor == actor && job.started + LIFE > now;
        self.lock().get(id).filter(own).cloned().ok_or_else(Trouble::absent)
    }

    /// Says how far a job is, if it is still there.
    pub(crate) fn change(&self, id: &str, work: impl FnOnce(&mut T)) {
        if let Some(job) = self.lock().get_mut(id) {
            work(&mut job.work);
        }
    }

    /// Forgets a job.
    pub(crate) fn remove(&self, id: &str) {
        self.lock().remove(id);
    }
}

/// The request, as the manifest repeats it.
pub(crate) fn request(ask: &Ask, path: &str) -> String {
    let query = ask.query.as_ref().map_or_else(String::new, |query| format!("?{query}"));
    format!("{}/{path}{query}", ask.server.fhir_base())
}

pub(crate) fn too_many() -> Trouble {
    let (fr, en) = ("Trop de travaux de cette sorte en cours.", "Too many such jobs under way.");
    Trouble::new(StatusCode::TOO_MANY_REQUESTS, "throttled", fr, en).with(header::RETRY_AFTER, "60")
}

/// Refuses who would wait for the answer. `what`: the operation's name.
pub(crate) fn only_async(ask: &Ask, what: &str) -> Result<(), Trouble> {
    if prefers(ask, "respond-async") {
        return Ok(());
    }
    let (fr, en) = (
        format!("{what} se demande avec « Prefer: respond-async »."),
        format!("{what} requires 'Prefer: respond-async'."),
    );
    Err(Trouble::bad(&fr, &en))
}

/// Whether a wish is among those of `Prefer`.
pub(crate) fn prefers(ask: &Ask, wish: &str) -> bool {
    headers::list(&ask.headers, "prefer").unwrap_or_default().to_ascii_lowercase().contains(wish)
}

/// Where to follow what has begun.
pub(crate) fn accepted(ask: &Ask, step: &str, id: &str) -> Response {
    let mut response = answer::empty(StatusCode::ACCEPTED);
    let status = format!("{}/{step}/{id}", ask.server.fhir_base());
    response.headers_mut().insert(header::CONTENT_LOCATION, headers::value(&status));
    response
}

/// Not at its end yet.
pub(crate) fn pending(progress: &str) -> Response {
    let mut response = answer::empty(StatusCode::ACCEPTED);
    response.headers_mut().insert("x-progress", headers::value(progress));
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    response
}

/// What came of a job.
pub(crate) struct Files<'a> {
    /// What was asked for.
    pub(crate) output: &'a [Value],
    /// What is no longer there, where that is told.
    pub(crate) deleted: Option<&'a [Value]>,
    /// What was wrong.
    pub(crate) error: &'a [Value],
}

/// What came of it: files, and figures.
pub(crate) fn manifest((started, request): (i64, &str), files: &Files<'_>, figures: Option<Value>) -> Response {
    let mut manifest = json!({
        "transactionTime": fhir::date::instant(started),
        "request": request,
        "requiresAccessToken": true,
        "output": files.output,
        "error": files.error,
    });
    if let (Some(deleted), Some(object)) = (files.deleted, manifest.as_object_mut()) {
        object.insert("deleted".into(), deleted.into());
    }
    if let (Some(figures), Some(object)) = (figures, manifest.as_object_mut()) {
        object.insert("extension".into(), figures);
    }
    let mut response = Response::new(Body::from(manifest.to_string()));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let ends = answer::http_date(started + LIFE);
    response.headers_mut().insert(header::EXPIRES, headers::value(&ends));
    response
}
