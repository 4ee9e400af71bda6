//! Commands beside a running server: JSON lines over `DIR/control.sock`, which only the owner of the folder may open.
//!
//! One job a connection: the client writes the job, the server answers steps and then how it ended.

use crate::failure::{Failure, LOCKED, Result, UNREADABLE};
use crate::jobs::{self, Done, Job, OnStep, Step};
use crate::screen;
use app::App;
use serde::{Deserialize, Serialize};
use std::io::{BufRead as _, BufReader, ErrorKind, Write as _};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixListener;
use tokio::net::unix::OwnedWriteHalf;
use tokio::sync::{Mutex, MutexGuard};
use tokio::task::JoinSet;
use tokio::time::{Interval, MissedTickBehavior};

const NAME: &str = "control.sock";
/// How long a command may take to say what it wants.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often a server at work says that it is.
const BEAT: Duration = Duration::from_secs(2);
/// How long a command may leave unread what it is told.
const UNREAD: Duration = Duration::from_secs(10);
/// After how long a silence the user is told, and after how many such silences the command gives up.
const SILENCE: (Duration, u32) = (Duration::from_secs(5), 12);

/// What the server says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Word {
    /// It has heard, and works or waits for the job before.
    Alive,
    Step(Step),
    Done(Done),
    Failed(Failure),
}

/// The way to a server that holds a folder.
#[derive(Debug)]
pub(crate) struct Server(UnixStream);

impl Server {
    /// The one that holds `dir`; `None` when there is none.
    pub(crate) fn of(dir: &Path) -> Option<Self> {
        reach(dir, |path| UnixStream::connect(path)).ok().map(Self)
    }

    /// Asks it to do a job.
    pub(crate) fn ask(self, job: &Job, step: OnStep<'_>) -> Result<Done> {
        converse(self.0, job, step, SILENCE)
    }
}

/// The socket of a folder. The system knows none at the end of a path of more than about a hundred bytes: such a folder is opened,
/// and its socket named from there.
fn reach<T>(dir: &Path, with: impl Fn(&Path) -> std::io::Result<T>) -> std::io::Result<T> {
    match with(&dir.join(NAME)) {
        Err(error) if error.kind() == ErrorKind::InvalidInput => {
            let folder = std::fs::File::open(dir)?;
            with(&Path::new("/proc/self/fd").join(folder.as_raw_fd().to_string()).join(NAME))
        }
        reached => reached,
    }
}

fn broken() -> Failure {
    Failure::new(UNREADABLE, "Le serveur s'est arrêté avant la fin : relancez la commande.")
}

/// `silence`: as [`SILENCE`].
fn converse(mut stream: UnixStream, job: &Job, step: OnStep<'_>, silence: (Duration, u32)) -> Result<Done> {
    let (pause, most) = silence;
    let bounded = stream.set_write_timeout(Some(pause * most)).and_then(|()| stream.set_read_timeout(Some(pause)));
    bounded.map_err(|_| broken())?;
    let mut line = serde_json::to_vec(job).map_err(|_| broken())?;
    line.push(b'\n');
    stream.write_all(&line).map_err(|error| if is_silent(&error) { silent(false) } else { broken() })?;
    let (mut reader, mut heard) = (BufReader::new(stream), false);
    loop {
        let line = next_line(&mut reader, most)?.ok_or_else(|| silent(heard))?;
        match serde_json::from_slice(&line).map_err(|_| broken())? {
            Word::Alive => {}
            Word::Step(at) => step(at),
            Word::Done(done) => return Ok(done),
            Word::Failed(failure) => return Err(failure),
        }
        heard = true;
    }
}

fn is_silent(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

/// What the server says next; `None` after so many silences, of which the user is told the first.
fn next_line(reader: &mut BufReader<UnixStream>, most: u32) -> Result<Option<Vec<u8>>> {
    let (mut line, mut silences) = (Vec::new(), 0);
    loop {
        match reader.read_until(b'\n', &mut line) {
            Ok(0) => return Err(broken()),
            Ok(_) => return Ok(Some(line)),
            Err(error) if is_silent(&error) && silences < most => {
                if silences == 0 {
                    screen::say(
                        "Le serveur qui tient ces données ne répond pas : suspendu, ou très chargé. Une minute d'attente, au plus…",
                    );
                }
                silences += 1;
            }
            Err(error) if is_silent(&error) => return Ok(None),
            Err(_) => return Err(broken()),
        }
    }
}

/// `heard`: it had begun.
fn silent(heard: bool) -> Failure {
    let text = "Le serveur qui tient ces données ne répond pas. Regardez s'il est suspendu, arrêtez-le et relancez-le, puis relancez la commande.";
    let done = if heard { "Ce qu'il avait commencé est peut-être fait." } else { "Rien n'a été fait." };
    Failure::new(LOCKED, format!("{text} {done}"))
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
    let mut beat = tokio::time::interval(BEAT);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // Whoever has gone by now was told that nothing was done.
    let turn = if job.is_long() { Some(in_turn(turn, &mut writer, &mut beat).await?) } else { None };
    say(&mut writer, &Word::Alive).await?;
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
    loop {
        let word = tokio::select! {
            step = told.recv() => match step {
                Some(step) => Word::Step(step),
                None => break,
            },
            _ = beat.tick() => Word::Alive,
        };
        heard = heard && say(&mut writer, &word).await.is_ok();
    }
    let word = match working.await {
        Ok(Ok(done)) => Word::Done(done),
        Ok(Err(failure)) => Word::Failed(failure),
        Err(_) => Word::Failed(Failure::new(1, "Défaut de Socle, à signaler : la commande a été interrompue.")),
    };
    drop(turn);
    if heard { say(&mut writer, &word).await } else { Err(ErrorKind::BrokenPipe.into()) }
}

/// Waits until the job before is done, and says meanwhile that it waits.
async fn in_turn<'a>(
    turn: &'a Mutex<()>,
    writer: &mut OwnedWriteHalf,
    beat: &mut Interval,
) -> std::io::Result<MutexGuard<'a, ()>> {
    let mut waiting = std::pin::pin!(turn.lock());
    loop {
        tokio::select! {
            biased;
            held = &mut waiting => return Ok(held),
            _ = beat.tick() => say(writer, &Word::Alive).await?,
        }
    }
}

/// Whoever does not read, suspended perhaps, has gone.
async fn say(writer: &mut OwnedWriteHalf, word: &Word) -> std::io::Result<()> {
    say_within(writer, word, UNREAD).await
}

async fn say_within(writer: &mut OwnedWriteHalf, word: &Word, limit: Duration) -> std::io::Result<()> {
    let mut line = serde_json::to_vec(word)?;
    line.push(b'\n');
    tokio::time::timeout(limit, writer.write_all(&line)).await?
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;

    const SHORT: (Duration, u32) = (Duration::from_millis(20), 3);

    fn asked(says: impl FnOnce(UnixStream) + Send + 'static) -> Result<Done> {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let server = std::thread::spawn(move || says(theirs));
        let done = converse(ours, &Job::Checkpoint, &|_| (), SHORT);
        server.join().unwrap();
        done
    }

    #[tokio::test]
    async fn a_command_that_is_suspended_is_not_waited_for_for_ever() {
        let (ours, _unread) = tokio::net::UnixStream::pair().unwrap();
        let (_, mut writer) = ours.into_split();
        let error = loop {
            if let Err(error) = say_within(&mut writer, &Word::Alive, Duration::from_millis(50)).await {
                break error;
            }
        };
        assert_eq!(error.kind(), ErrorKind::TimedOut);
    }

    #[test]
    fn a_server_that_is_suspended_is_not_waited_for_for_ever() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let failure = converse(ours, &Job::Checkpoint, &|_| (), SHORT).unwrap_err();
        assert!(failure.exit == LOCKED && failure.text.ends_with("Rien n'a été fait."), "{}", failure.text);
        // Once it goes on, it finds that nobody waits.
        assert!((&theirs).write_all(b"\"alive\"\n").is_err());
        let failure = asked(|mut stream| {
            stream.write_all(b"\"alive\"\n\"ali").unwrap();
            // Until the command has gone.
            let _job = stream.read_to_end(&mut Vec::new()).unwrap();
        });
        assert!(failure.unwrap_err().text.contains("peut-être fait"));
    }

    #[test]
    fn a_server_that_says_it_is_at_work_is_heard_to_the_end() {
        let done = asked(|mut stream| {
            for part in ["\"alive\"\n", "\"al", "ive\"\n", "{\"done\":{\"exit\":0,\"report\":{}}}\n"] {
                stream.write_all(part.as_bytes()).unwrap();
            }
        });
        assert_eq!(done.unwrap().exit, 0);
    }
}
