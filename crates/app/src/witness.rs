//! The witness of the log: what was signed is kept by somebody outside, and brought back to be compared. Without one, the log has
//! only a promise's worth: who holds the machine could write it anew.

use crate::app::App;
use crate::audit;
use crate::cx::{Cx, Origin};
use crate::error::{Error, Result};
use confidentiality::{Level, Purpose};
use serde::{Deserialize, Serialize};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

const NAME: &str = "witness";
const KIND: &str = "outside";
/// The longest text that is read: a checkpoint has some two hundred signs.
pub const LONGEST: usize = 4_000;

/// A comparison with what was kept outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Witness {
    /// When, UTC microseconds.
    pub at: i64,
    /// Who keeps it, and where.
    pub holder: String,
    /// What was kept outside and today's log agree; none: nothing was kept there yet.
    pub agrees: Option<bool>,
    /// What is kept outside from now on.
    pub checkpoint: String,
}

/// What is asked of a witness file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// The file, on something that this machine alone does not hold.
    pub to: PathBuf,
    /// Who holds it, and where.
    pub holder: String,
}

/// What is said of a text that was brought back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Brought {
    /// This log never signed it.
    NotOurs,
    /// It was signed by this log: whether today's log still agrees with it.
    Compared(Witness),
}

fn name() -> String {
    format!("{KIND}/{NAME}")
}

/// Compares a text that somebody outside kept, and signs the log anew for them to keep.
///
/// # Errors
/// Absence for whoever does not answer for machines; the store's.
pub async fn compare(cx: &Cx, note: &str, holder: &str) -> Result<Brought> {
    // Whoever may not see what comes of it asks for nothing.
    last(cx).await?;
    let Some(agrees) = agrees(cx.app(), note).await? else { return Ok(Brought::NotOurs) };
    Ok(Brought::Compared(keep(cx, Some(agrees), holder).await?))
}

/// Signs the log for somebody outside who keeps nothing yet.
///
/// # Errors
/// As [`compare`].
pub async fn hand_over(cx: &Cx, holder: &str) -> Result<Witness> {
    keep(cx, None, holder).await
}

/// Whether today's log agrees with a checkpoint; none when it never signed it.
async fn agrees(app: &App, note: &str) -> Result<Option<bool>> {
    let mut note = note.trim().replace("\r\n", "\n");
    note.push('\n');
    let report = audit::verify(app, Some(note)).await?;
    let not_ours = |finding: &store::Finding| finding.code == "external-checkpoint" && finding.detail == NOT_OURS;
    Ok((!report.findings.iter().any(not_ours)).then_some(report.findings.is_empty()))
}

/// How the store says that a checkpoint is not of this log.
const NOT_OURS: &str = "is not signed by this log";

/// Compares the file with the log, when it is there, then writes a new checkpoint into it and reads it back. A file that does
/// not agree is left as it is: it is proof.
///
/// # Errors
/// A file that cannot be read or written, or that is none of ours; the store's.
pub async fn write(app: &App, request: &str, wish: &Wish) -> Result<Witness> {
    let origin = Origin { request: request.to_owned(), ..Origin::default() };
    let cx = Cx::operator(app, None, Level::VerySensitive, Purpose::Api, origin);
    let failed = |error: std::io::Error| Error::file(&wish.to, &error);
    let agrees = match std::fs::read_to_string(&wish.to) {
        Ok(note) => match agrees(app, &note).await? {
            Some(agrees) => Some(agrees),
            None => {
                let fr = "Ce fichier n'est pas un point de contrôle de ce journal : il n'est pas remplacé.";
                return Err(Error::invalid("witness", None, fr, "Not a checkpoint of this log: left as it is."));
            }
        },
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(failed(error)),
    };
    let witness = keep(&cx, agrees, &wish.holder).await?;
    if agrees != Some(false) {
        replace(&wish.to, &witness.checkpoint).map_err(failed)?;
    }
    Ok(witness)
}

/// Written aside, renamed, read back.
fn replace(to: &Path, text: &str) -> std::io::Result<()> {
    let name = to.file_name().and_then(|name| name.to_str()).unwrap_or("temoin");
    let aside = to.with_file_name(format!(".{name}.partiel"));
    std::fs::write(&aside, text)?;
    std::fs::File::open(&aside)?.sync_all()?;
    std::fs::rename(&aside, to)?;
    if std::fs::read_to_string(to)? == text { Ok(()) } else { Err(ErrorKind::InvalidData.into()) }
}

async fn keep(cx: &Cx, agrees: Option<bool>, holder: &str) -> Result<Witness> {
    let witness = Witness {
        at: cx.now(),
        holder: holder.trim().to_owned(),
        agrees,
        checkpoint: audit::checkpoint(cx.app()).await?,
    };
    let known = last_version(cx).await?.map_or(0, |(version, _)| version);
    let body = serde_json::to_vec(&witness).map_err(|e| Error::Bug(e.to_string()))?;
    cx.app().store().keep_paper(&cx.call("witness"), &name(), known, &body).await?;
    Ok(witness)
}

async fn last_version(cx: &Cx) -> Result<Option<(i64, Witness)>> {
    let (call, store) = (cx.call("witness-last"), cx.app().store());
    let paper = store.disclose(&call, store.paper(&call, &name()).await?).await?;
    paper.map(|paper| Ok((paper.version, read(&paper.body)?))).transpose()
}

fn read(body: &[u8]) -> Result<Witness> {
    let damaged = |_| Error::Store(store::Error::Integrity("a witness of the log does not decode".into()));
    serde_json::from_slice(body).map_err(damaged)
}

/// The last comparison.
///
/// # Errors
/// Absence for whoever does not answer for machines; the store's.
pub async fn last(cx: &Cx) -> Result<Option<Witness>> {
    Ok(last_version(cx).await?.map(|(_, witness)| witness))
}

/// When what was kept outside was last compared and agreed; none when it never was, or does not agree. What was handed over for
/// the first time agrees with nothing yet, and says that somebody holds it.
pub(crate) async fn kept(app: &App) -> Result<Option<i64>> {
    let paper = app.store().setting(app.tenant(), &name()).await?;
    let witness = paper.map(|paper| read(&paper.body)).transpose()?;
    Ok(witness.filter(|witness| witness.agrees != Some(false)).map(|witness| witness.at))
}
