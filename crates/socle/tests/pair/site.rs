//! A database of one's own, and servers on it.

use crate::cluster::Cluster;
use serde_json::Value;
use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

/// The database, and the folder where each server keeps its key.
pub(crate) struct Base {
    url: String,
    folder: tempfile::TempDir,
    /// The server of the database, when it is ours.
    _cluster: Option<Cluster>,
}

/// One server; killed with its owner.
pub(crate) struct Server {
    child: Child,
    ready: Value,
}

/// One answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Status line and headers.
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{}", self.body))
    }
}

impl Base {
    /// None, aloud, where PostgreSQL is not installed.
    pub(crate) fn start() -> Option<Self> {
        let cluster = Cluster::start().expect("PostgreSQL is installed but does not start");
        if cluster.is_none() {
            let required = env::var("SOCLE_REQUIRE").unwrap_or_default();
            assert!(!required.split(',').any(|word| word.trim() == "pg"), "SOCLE_REQUIRE: PostgreSQL is not installed");
            writeln!(io::stderr(), "SKIPPED: PostgreSQL is not installed").expect("the terminal listens");
        }
        let base = Self::on(cluster.as_ref()?.url());
        Some(Self { _cluster: cluster, ..base })
    }

    /// On a database that is there.
    pub(crate) fn on(url: String) -> Self {
        Self { url, folder: tempfile::tempdir().expect("a temporary folder"), _cluster: None }
    }

    /// Starts a server, with the key of the first.
    pub(crate) fn serve(&self, name: &str) -> Server {
        let folder = self.folder.path().join(name);
        fs::create_dir_all(&folder).unwrap();
        let key = self.folder.path().join("a/demo-root.key");
        if key.exists() {
            fs::copy(key, folder.join("demo-root.key")).unwrap();
        }
        let ready = folder.join("ready.json");
        let mut command = self.program();
        command
            .args(["demo", "--small", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--postgres"])
            .arg(&self.url);
        command.arg("--dir").arg(&folder).arg("--ready-file").arg(&ready);
        Self::started(command, &ready, name)
    }

    /// Starts a server on the same data by a configuration, of which `more` are further lines: not a demonstration any
    /// more.
    pub(crate) fn serve_by(&self, name: &str, more: &str) -> Server {
        let folder = self.folder.path().join(name);
        fs::create_dir_all(&folder).unwrap();
        let (key, settings, ready) = (folder.join("root.key"), folder.join("socle.toml"), folder.join("ready.json"));
        fs::copy(self.folder.path().join("a/demo-root.key"), &key).unwrap();
        fs::write(
            &settings,
            format!("postgres = {:?}\nroot_key = {:?}\n{more}\n", self.url, key.display().to_string()),
        )
        .unwrap();
        let mut command = self.program();
        command.args(["serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--config"]);
        command.arg(&settings).arg("--ready-file").arg(&ready);
        Self::started(command, &ready, name)
    }

    fn started(mut command: Command, ready: &Path, name: &str) -> Server {
        let child = command.stderr(Stdio::null()).spawn().unwrap();
        let mut server = Server { child, ready: Value::Null };
        let until = Instant::now() + Duration::from_secs(180);
        while !ready.exists() {
            assert!(Instant::now() < until && server.child.try_wait().unwrap().is_none(), "{name} is not ready");
            thread::sleep(Duration::from_millis(20));
        }
        server.ready = serde_json::from_slice(&fs::read(ready).unwrap()).unwrap();
        server
    }

    /// Exit code and report of `audit verify`.
    pub(crate) fn verify(&self, name: &str) -> (i32, Value) {
        let settings: PathBuf = self.folder.path().join("socle.toml");
        let key = self.folder.path().join(name).join("demo-root.key");
        let text = format!("postgres = {:?}\nroot_key = {:?}\n", self.url, key.display().to_string());
        fs::write(&settings, text).unwrap();
        let output = self.program().args(["audit", "verify", "--json", "--config"]).arg(&settings).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code().unwrap(), serde_json::from_slice(&output.stdout).unwrap_or(Value::String(said)))
    }

    fn program(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_socle"));
        command.current_dir(self.folder.path()).env_remove("SOCLE_ROOT_KEY");
        command
    }
}

impl Server {
    /// `host:port`.
    pub(crate) fn address(&self) -> String {
        self.ready["url"].as_str().unwrap().trim_start_matches("http://").to_owned()
    }

    /// What the listener for figures says.
    pub(crate) fn watched(&self, path: &str) -> Answer {
        let admin = self.ready["admin"].as_str().unwrap();
        talk(admin.trim_start_matches("http://"), "GET", path, &[], "").unwrap()
    }

    /// A token for the program that sees everything.
    pub(crate) fn token(&self) -> String {
        let client = &self.ready["api_client"];
        let form = format!(
            "grant_type=client_credentials&client_id={}&client_secret={}",
            client["id"].as_str().unwrap(),
            client["secret"].as_str().unwrap()
        );
        let head = "Content-Type: application/x-www-form-urlencoded";
        let answer = talk(&self.address(), "POST", "/oauth/token", &[head], &form).unwrap();
        answer.json()["access_token"].as_str().unwrap_or_else(|| panic!("{}", answer.body)).to_owned()
    }

    /// Signs the first account in; its cookie.
    pub(crate) fn sign_in(&self) -> String {
        let (account, base) = (&self.ready["accounts"][0], self.ready["url"].as_str().unwrap());
        let words = |name: &str| account[name].as_str().unwrap().replace(' ', "+");
        let form = format!("login={}&password={}", words("login"), words("password"));
        let origin = format!("Origin: {base}");
        let heads = [origin.as_str(), "Sec-Fetch-Site: same-origin", "Content-Type: application/x-www-form-urlencoded"];
        let answer = talk(&self.address(), "POST", "/connexion", &heads, &form).unwrap();
        let line = answer.head.lines().find(|line| line.to_lowercase().starts_with("set-cookie: socle="));
        let line = line.unwrap_or_else(|| panic!("{} {}", answer.head, answer.body));
        line.split_once(": ").unwrap().1.split(';').next().unwrap().to_owned()
    }

    /// A page, with this cookie.
    pub(crate) fn page(&self, path: &str, cookie: &str) -> Answer {
        talk(&self.address(), "GET", path, &[&format!("Cookie: {cookie}")], "").unwrap()
    }

    pub(crate) fn get(&self, token: &str, path: &str) -> Answer {
        self.send(token, "GET", path, &[], None)
    }

    pub(crate) fn send(&self, token: &str, method: &str, path: &str, heads: &[&str], body: Option<&Value>) -> Answer {
        exchange(&self.address(), token, method, path, heads, body).unwrap()
    }

    /// At once, as when the power goes.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// As its operator stops it.
    pub(crate) fn stop(mut self) {
        let told = Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        assert!(told.success());
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A request to the API, and its answer.
pub(crate) fn exchange(
    address: &str,
    token: &str,
    method: &str,
    path: &str,
    heads: &[&str],
    body: Option<&Value>,
) -> io::Result<Answer> {
    let proof = format!("Authorization: Bearer {token}");
    let mut all = vec![proof.as_str(), "Content-Type: application/fhir+json"];
    all.extend(heads);
    talk(address, method, &format!("/fhir{path}"), &all, &body.map(Value::to_string).unwrap_or_default())
}

fn talk(address: &str, method: &str, path: &str, heads: &[&str], body: &str) -> io::Result<Answer> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    let path = path.replace('|', "%7C");
    let heads: String = heads.iter().map(|head| format!("{head}\r\n")).collect();
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {length}\r\n{heads}\r\n{body}"
    );
    stream.write_all(request.as_bytes())?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    let text = String::from_utf8(bytes).map_err(io::Error::other)?;
    let cut = || io::Error::new(io::ErrorKind::UnexpectedEof, "the answer is cut off");
    let (head, body) = text.split_once("\r\n\r\n").ok_or_else(cut)?;
    let status = head.split(' ').nth(1).and_then(|word| word.parse().ok()).ok_or_else(cut)?;
    Ok(Answer { status, head: head.to_owned(), body: body.to_owned() })
}
