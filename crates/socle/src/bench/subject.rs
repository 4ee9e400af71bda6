//! The server that is measured: this same program, in a process of its own, on a demonstration of its own.

use super::http::{Ask, Client, Who};
use crate::failure::{Failure, LOCKED, Result};
use hyper::body::Bytes;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use store::Location;

/// Longest time to begin: the demonstration is written first.
const PATIENCE: Duration = Duration::from_secs(300);

/// What a server has used.
#[derive(Debug, Clone, Copy)]
pub(super) struct Used {
    /// Processor seconds.
    pub(super) processor_s: f64,
    /// Bytes given to the disk.
    pub(super) written: f64,
}

/// A running server. Dropping it stops it.
#[derive(Debug)]
pub(super) struct Subject {
    child: Child,
    ready: Value,
    /// From the start of the process to its first answer.
    pub(super) started: Duration,
}

impl Subject {
    /// Starts the server on a folder, with a small demonstration in it the first time.
    pub(super) async fn start(folder: &Path, location: &Location) -> Result<Self> {
        let ready_file = folder.join("pret.json");
        let program = std::env::current_exe().map_err(|e| Failure::file(Path::new("socle"), &e))?;
        // One that was killed has left where it could be found.
        let _gone = std::fs::remove_file(&ready_file);
        let begun = Instant::now();
        let mut command = Command::new(&program);
        command.args(["demo", "--small", "--listen", "127.0.0.1:0", "--dir"]).arg(folder.join("donnees"));
        command.arg("--ready-file").arg(&ready_file).stdin(Stdio::null()).stderr(Stdio::null());
        if let Location::Postgres(url) = location {
            command.arg("--postgres").arg(url);
        }
        let child = command.spawn().map_err(|e| Failure::file(&program, &e))?;
        let mut subject = Self { child, ready: Value::Null, started: Duration::ZERO };
        subject.ready = subject.wait(&ready_file).await?;
        let who = Who { address: subject.address(), proof: ("accept", "application/fhir+json".to_owned()) };
        Client::connect(&who).await?.send(&Ask::get("/fhir/metadata")).await?.done("metadata")?;
        subject.started = begun.elapsed();
        Ok(subject)
    }

    async fn wait(&mut self, ready_file: &Path) -> Result<Value> {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if let Ok(text) = std::fs::read_to_string(ready_file) {
                return serde_json::from_str(&text)
                    .map_err(|_| Failure::new(LOCKED, "Le fichier du serveur mesuré ne se lit pas."));
            }
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(Failure::new(LOCKED, format!("Le serveur mesuré s'est arrêté ({status}).")));
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Err(Failure::new(LOCKED, "Le serveur mesuré n'a pas répondu à temps."))
    }

    fn address(&self) -> String {
        text(&self.ready, "url").trim_start_matches("http://").to_owned()
    }

    /// The program that may read and write everything.
    pub(super) async fn program(&self) -> Result<Who> {
        let client = self.ready.get("api_client").unwrap_or(&Value::Null);
        let form = format!(
            "grant_type=client_credentials&client_id={}&client_secret={}",
            text(client, "id"),
            text(client, "secret")
        );
        let reply = self.post_form("/oauth/token", form).await?.done("jeton")?.json()?;
        Ok(Who {
            address: self.address(),
            proof: ("authorization", format!("Bearer {}", text(&reply, "access_token"))),
        })
    }

    /// A person of the demonstration, signed in.
    pub(super) async fn person(&self, login: &str) -> Result<Who> {
        let accounts = self.ready.get("accounts").and_then(Value::as_array).into_iter().flatten();
        let account = accounts.into_iter().find(|account| text(account, "login") == login);
        let password = text(account.unwrap_or(&Value::Null), "password").replace(' ', "+");
        let reply = self.post_form("/connexion", format!("login={login}&password={password}")).await?;
        let cookie = reply.done("connexion")?.cookie;
        let cookie = cookie.ok_or_else(|| Failure::new(LOCKED, format!("{login} n'a pas pu se connecter.")))?;
        Ok(Who { address: self.address(), proof: ("cookie", cookie) })
    }

    async fn post_form(&self, path: &str, form: String) -> Result<super::http::Reply> {
        let who = Who { address: self.address(), proof: ("accept", "*/*".to_owned()) };
        let ask = Ask { method: "POST", path: path.to_owned(), body: Bytes::from(form) };
        Client::connect(&who).await?.send(&ask).await
    }

    /// Resident memory, in megabytes of 10⁶ bytes; `None` where the system does not say.
    pub(super) fn resident_mb(&self) -> Option<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
        Some(line.split_whitespace().nth(1)?.parse::<f64>().ok()? * 1.024 / 1_000.0)
    }

    /// What it has used up to now; `None` where the system does not say.
    pub(super) fn used(&self) -> Option<Used> {
        let io = std::fs::read_to_string(format!("/proc/{}/io", self.child.id())).ok()?;
        let written = io.lines().find_map(|line| line.strip_prefix("write_bytes:"))?.trim().parse().ok()?;
        Some(Used { processor_s: self.processor_s()?, written })
    }

    fn processor_s(&self) -> Option<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).ok()?;
        // After the name, which may hold spaces: user and system time are the 12th and 13th, in ticks of 10 ms.
        let fields: Vec<&str> = stat.rsplit(')').next()?.split_whitespace().collect();
        let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok());
        Some((ticks(11)? + ticks(12)?) / 100.0)
    }

    /// Stops it as the system does, so that it ends well.
    pub(super) fn stop(mut self) {
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(20) && matches!(self.child.try_wait(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Subject {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// A folder of this run, gone with it.
#[derive(Debug)]
pub(super) struct Folder(pub(super) PathBuf);

impl Folder {
    pub(super) fn new(parent: &Path) -> Result<Self> {
        let path = parent.join(format!("socle-mesure-{}", std::process::id()));
        crate::opening::folder(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
