//! Commands beside a running server: JSON lines over `DIR/control.sock`, which only the owner of the folder may open.
//!
//! One job a connection: the client writes the job, the server answers steps and then how it ended.

use crate::failure::{Failure, Result, UNREADABLE};
use crate::jobs::{self, Done, Job, OnStep, Step};
use app::App;
use serde::{Deserialize, Serialize};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixListener;
use tokio::sync::Mutex;
use tokio::task::JoinSet;

const NAME: &str = "control.sock";
/// How long a command may take to say what it wants.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(5);

/// What the server says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Word {
    Step(Step),
    Done(Done),
    Failed(Failure),
}

/// Asks the server that holds `dir` to do a job; `None` when there is no such server.
pub(crate) fn ask(dir: &Path, job: &Job, step: OnStep<'_>) -> Option<Result<Done>> {
    let stream = reach(dir, |path| UnixStream::connect(path)).ok()?;
    Some(converse(stream, job, step))
}

/// The socket of a folder. The system knows none at the end of a path of more than about a hundred bytes: such a folder is opened,
/// and its socket named from there.
fn reach<T>(dir: &Path, with: impl Fn(&Path) -> std::io::Result<T>) -> std::io::Result<T> {
    match with(&dir.join(NAME)) {
        Err(error) if error.kind() == std::io::ErrorKind::InvalidInput => {
            let folder = std::fs::File::open(dir)?;
            with(&Path::new("/proc/self/fd").join(folder.as_raw_fd().to_string()).join(NAME))
        }
        reached => reached,
    }
}

fn converse(mut stream: UnixStream, job: &Job, step: OnStep<'_>) -> Result<Done> {
    let broken = || Failure::new(UNREADABLE, "Le serveur s'est arrêté avant la fin : relancez la commande.");
    let mut line = serde_json::to_string(job).map_err(|_| broken())?;
    line.push('\n');
    stream.write_all(line.as_bytes()).map_err(|_| broken())?;
    for line in BufReader::new(stream).lines() {
        match serde_json::from_str(&line.map_err(|_| broken())?).map_err(|_| broken())? {
            Word::Step(at) => step(at),
            Word::Done(done) => return Ok(done),
            Word::Failed(failure) => return Err(failure),
        }
    }
    Err(broken())
}

/// The open socket; gone when dropped.
#[derive(Debug)]
pub(crate) struct Control {
    listener: UnixListener,
    path: PathBuf,
}

impl Control {
    /// Opens the socket of a folder whose store is held by this process: an old one is nobody's.
    pub(crate) fn open(dir: &Path) -> Result<Self> {
        let path = dir.join(NAME);
        let _ = std::fs::remove_file(&path);
        let listener = reach(dir, |path| UnixListener::bind(path)).map_err(|e| Failure::file(&path, &e))?;
        let control = Self { listener, path };
        let only_owner = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(&control.path, only_owner).map_err(|e| Failure::file(&control.path, &e))?;
        Ok(control)
    }

    /// Does the jobs that come, one long one at a time. What waits for its turn when this is dropped is not done.
    pub(crate) async fn work(self, app: App) {
        let (turn, mut answers) = (Arc::new(Mutex::new(())), JoinSet::new());
        loop {
            while answers.try_join_next().is_some() {}
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let (app, turn) = (app.clone(), turn.clone());
                    answers.spawn(async move {
                        if let Err(error) = answer(&app, stream, &turn).await {
                            tracing::warn!(%error, "a command went away before its end");
                        }
                    });
                }
                Err(error) => {
                    tracing::error!(%error, "the control socket does not answer");
                    return;
                }
            }
        }
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

async fn answer(app: &App, stream: tokio::net::UnixStream, turn: &Mutex<()>) -> std::io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut line = String::new();
    // Whoever connects and says nothing must not keep the next one waiting.
    let mut reader = tokio::io::BufReader::new(reader);
    tokio::time::timeout(PATIENCE, reader.read_line(&mut line)).await??;
    let job: Job = serde_json::from_str(&line)?;
    let _turn = if job.is_long() { Some(turn.lock().await) } else { None };
    let (steps, mut told) = tokio::sync::mpsc::unbounded_channel();
    let app = app.clone();
    // The job goes on to its end even when nobody listens any more: an import stops between two files, not inside.
    let working = tokio::spawn(async move {
        let told = |step| {
            let _ = steps.send(step);
        };
        jobs::run(&app, job, &told).await
    });
    // The next waits for its end even when nobody hears how this one went.
    let mut heard = true;
    while let Some(step) = told.recv().await {
        heard = heard && say(&mut writer, &Word::Step(step)).await.is_ok();
    }
    let word = match working.await {
        Ok(Ok(done)) => Word::Done(done),
        Ok(Err(failure)) => Word::Failed(failure),
        Err(_) => Word::Failed(Failure::new(1, "Défaut de Socle, à signaler : la commande a été interrompue.")),
    };
    say(&mut writer, &word).await
}

async fn say(writer: &mut tokio::net::unix::OwnedWriteHalf, word: &Word) -> std::io::Result<()> {
    let mut line = serde_json::to_vec(word)?;
    line.push(b'\n');
    writer.write_all(&line).await
}
