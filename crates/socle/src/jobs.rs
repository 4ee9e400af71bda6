//! What a command does once the application is open: here, or in the server that holds the store.

use crate::failure::{Failure, INTEGRITY, Result, USAGE};
use app::export::{Ask, Format};
use app::{App, Cx, Origin, import};
use confidentiality::{Level, Purpose};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::PathBuf;

/// A job, as it travels on the control socket: one JSON line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Job {
    Import { place: Option<String>, dry_run: bool, files: Vec<PathBuf> },
    Export(ExportJob),
    Verify { checkpoint: Option<String> },
    Checkpoint,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ExportJob {
    pub(crate) out: PathBuf,
    pub(crate) format: String,
    pub(crate) person: Option<String>,
    pub(crate) max_level: i64,
    pub(crate) purpose: Option<String>,
    pub(crate) reason: Option<String>,
}

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Step {
    /// Bytes read, or resources written.
    pub(crate) done: u64,
    /// Bytes to read; 0 when it is not known.
    pub(crate) total: u64,
    /// Resources so far.
    pub(crate) resources: u64,
}

/// What a job has to say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Done {
    /// Exit code.
    pub(crate) exit: u8,
    /// The document `--json` prints.
    pub(crate) report: Value,
}

/// Told of each step.
pub(crate) type OnStep<'a> = &'a (dyn Fn(Step) + Send + Sync);

/// Runs a job.
pub(crate) async fn run(app: &App, job: Job, step: OnStep<'_>) -> Result<Done> {
    match job {
        Job::Import { place, dry_run, files } => import(app, place.as_deref(), dry_run, &files, step).await,
        Job::Export(job) => export(app, job, step).await,
        Job::Verify { checkpoint } => {
            let report = app::audit::verify(app, checkpoint).await?;
            let exit = if report.findings.is_empty() { 0 } else { INTEGRITY };
            done(exit, &report)
        }
        Job::Checkpoint => done(0, &serde_json::json!({ "checkpoint": app::audit::checkpoint(app).await? })),
    }
}

fn done(exit: u8, report: &impl Serialize) -> Result<Done> {
    let report =
        serde_json::to_value(report).map_err(|e| Failure::new(1, format!("Défaut de Socle, à signaler : {e}.")))?;
    Ok(Done { exit, report })
}

async fn import(app: &App, place: Option<&str>, dry_run: bool, files: &[PathBuf], step: OnStep<'_>) -> Result<Done> {
    let place = match place {
        None => None,
        Some(finess) => Some(app.place(finess).map(|row| row.place).ok_or_else(|| {
            Failure::new(USAGE, format!("L'établissement {finess} n'est pas connu du serveur en marche."))
        })?),
    };
    let origin = Origin { request: request(), reason: None, device: None };
    let cx = Cx::operator(app, place, Level::VerySensitive, Purpose::Api, origin);
    let told = |progress: import::Progress<'_>| {
        step(Step { done: progress.done, total: progress.total, resources: progress.resources });
    };
    let report = import::run(&cx, files, dry_run, &told).await?;
    done(u8::from(!report.is_clean()), &report)
}

async fn export(app: &App, job: ExportJob, step: OnStep<'_>) -> Result<Done> {
    let format = match job.format.as_str() {
        "bundle" => Format::Bundle,
        "tddui" => Format::Tddui,
        _ => Format::Ndjson,
    };
    let (purpose, reason) = stated(job.purpose.as_deref(), job.reason)?;
    let ask = Ask {
        out: job.out,
        format,
        person: job.person,
        max_level: Level::from_code(job.max_level).ok_or_else(|| Failure::new(USAGE, "Le niveau va de 0 à 4."))?,
        purpose,
        reason,
    };
    let told = |resources| step(Step { done: resources, total: 0, resources });
    let report = app::export::run(app, &request(), &ask, &told).await?;
    done(0, &report)
}

/// The purpose under which the export opens, and the reason the audit keeps. What leaves for care leaves as an export
/// too: nobody is there to type a password again.
fn stated(code: Option<&str>, reason: Option<String>) -> Result<(Option<Purpose>, Option<String>)> {
    match code.map(|code| (code, Purpose::parse(code))) {
        None => Ok((None, reason)),
        Some((_, Some(purpose @ (Purpose::Api | Purpose::Export)))) => Ok((Some(purpose), reason)),
        Some((_, Some(Purpose::Care))) => {
            let reason = reason.map_or_else(|| "soins".to_owned(), |reason| format!("soins : {reason}"));
            Ok((Some(Purpose::Export), Some(reason)))
        }
        Some((code, _)) => {
            Err(Failure::new(USAGE, format!("« {code} » n'est pas une finalité d'export : care, api ou export.")))
        }
    }
}

/// A request id for the audit.
fn request() -> String {
    app::accounts::random_text().unwrap_or_default()
}
