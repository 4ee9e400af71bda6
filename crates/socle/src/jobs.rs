//! What a command does once the application is open: here, or in the server that holds the store.

use crate::assets::AssetsJob;
use crate::failure::{Failure, INTEGRITY, Result, UNREADABLE, USAGE};
use crate::upkeep::UpkeepJob;
use app::export::{Ask, Format};
use app::relabel::Pace;
use app::{App, Cx, Origin, import, labels};
use confidentiality::labeler::Labeler;
use confidentiality::labeler::rules::RuleSet;
use confidentiality::{Level, Purpose};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// A job, as it travels on the control socket: one JSON line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Job {
    Import { place: Option<String>, dry_run: bool, files: Vec<PathBuf> },
    Export(ExportJob),
    Verify { checkpoint: Option<String> },
    Checkpoint,
    Relabel,
    Compare { old: Value, new: Value },
    Rollback(RollbackJob),
    Assets(AssetsJob),
    Upkeep(UpkeepJob),
    Explain(app::explain::Question),
    Account(crate::account::AccountJob),
    Place(crate::place::PlaceJob),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RollbackJob {
    pub(crate) rules: i64,
    /// Who asks or approves; nobody: only show.
    pub(crate) who: Option<Proof>,
    pub(crate) approve: bool,
    pub(crate) reason: String,
}

/// A login and its password; nothing prints it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Proof {
    pub(crate) login: String,
    pub(crate) password: String,
}

impl std::fmt::Debug for Proof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
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

impl Job {
    /// It may take minutes, and waits for the one before. An account is closed at once, whatever else goes on.
    pub(crate) fn is_long(&self) -> bool {
        !matches!(self, Self::Account(_) | Self::Place(_) | Self::Explain(_) | Self::Checkpoint)
    }
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
            if checkpoint.as_deref().is_some_and(|text| !text.contains("\n\n\u{2014} ")) {
                let why = "Ce fichier n'est pas un point de contrôle : il n'en a pas la signature.";
                return Err(Failure::new(UNREADABLE, why));
            }
            match app::audit::verify(app, checkpoint).await {
                Ok(report) => done(if report.findings.is_empty() { 0 } else { INTEGRITY }, &report),
                // What cannot be read to its end is a finding all the same.
                Err(app::Error::Store(store::Error::Integrity(why))) => done(INTEGRITY, &damaged(&why)),
                Err(error) => Err(error.into()),
            }
        }
        Job::Relabel => relabel(app, step).await,
        Job::Compare { old, new } => compare(app, old, new, step).await,
        Job::Rollback(job) => rollback(app, job, step).await,
        Job::Upkeep(job) => crate::upkeep::work(app, job, step).await,
        Job::Account(job) => crate::account::work(app, job).await,
        Job::Place(job) => crate::place::work(app, job).await,
        Job::Explain(question) => crate::policy::work(app, question).await,
        Job::Assets(job) => crate::assets::work(app, job, step).await,
        Job::Checkpoint => done(0, &serde_json::json!({ "checkpoint": app::audit::checkpoint(app).await? })),
    }
}

/// The report of a log that could not be read to its end.
fn damaged(why: &str) -> Value {
    let text = "le journal ne se lit pas jusqu'au bout.";
    let finding = serde_json::json!({ "code": "damaged", "detail": why, "text": text });
    serde_json::json!({ "tree_size": null, "root": null, "epoch": null, "checkpoints": null, "gaps": null, "findings": [finding] })
}

pub(crate) fn done(exit: u8, report: &impl Serialize) -> Result<Done> {
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
    let inputs: Vec<import::Input> = files.iter().cloned().map(Into::into).collect();
    let report = import::run(&cx, &inputs, dry_run, &told).await?;
    let exit = if report.is_unreadable() { UNREADABLE } else { u8::from(!report.is_clean()) };
    done(exit, &report)
}

async fn export(app: &App, job: ExportJob, step: OnStep<'_>) -> Result<Done> {
    let format = match job.format.as_str() {
        "bundle" => Format::Bundle,
        "tddui" => Format::Tddui,
        _ => Format::Ndjson,
    };
    replaces_nothing(&job.out)?;
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

/// What is exported goes under a new name, or into what is empty: never in the place of a link, a pipe or a device.
fn replaces_nothing(out: &Path) -> Result<()> {
    match std::fs::symlink_metadata(out) {
        Ok(found) if !found.is_file() && !found.is_dir() => {
            let text = format!(
                "{} existe déjà et n'est ni un fichier ni un dossier : rien n'est remplacé, choisissez un autre nom.",
                out.display()
            );
            Err(Failure::new(USAGE, text))
        }
        _ => Ok(()),
    }
}

async fn relabel(app: &App, step: OnStep<'_>) -> Result<Done> {
    let total = app::relabel::behind(app).await?;
    let told = |resources| step(Step { done: resources, total, resources });
    let report = app::relabel::run(app, &request(), Pace::Straight, &told).await?;
    done(u8::from(report.unreadable > 0), &report)
}

/// Counts what the second set would change; the rules travel whole.
async fn compare(app: &App, old: Value, new: Value, step: OnStep<'_>) -> Result<Done> {
    let labeler = |set: Value| {
        let set = serde_json::from_value::<RuleSet>(set).map_err(|e| Failure::new(UNREADABLE, e.to_string()))?;
        Labeler::new(&set).map_err(|e| Failure::new(UNREADABLE, e.to_string()))
    };
    let told = |resources| step(Step { done: resources, total: 0, resources });
    let report = app::compare::run(app, &request(), (labeler(old)?, labeler(new)?), &told).await?;
    done(0, &report)
}

async fn rollback(app: &App, job: RollbackJob, step: OnStep<'_>) -> Result<Done> {
    let (request, rules) = (request(), job.rules);
    let told = |resources| step(Step { done: resources, total: 0, resources });
    let report = match &job.who {
        None => labels::rollback(app, &request, rules).await?,
        Some(Proof { login, password }) if job.approve => {
            labels::approve_rollback(app, &request, rules, (login, password), &told).await.map_err(
                |error| match error {
                    app::Error::Store(store::Error::Absent) => {
                        Failure::new(1, "Personne n'a demandé cette remise en place, ou il y a plus d'une semaine.")
                    }
                    error => error.into(),
                },
            )?
        }
        Some(Proof { login, password }) => {
            labels::ask_rollback(app, &request, rules, (login, password), &job.reason).await?
        }
    };
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
pub(crate) fn request() -> String {
    app::accounts::random_text().unwrap_or_default()
}
