//! Two PostgreSQL servers under Patroni, with synchronous replication, and the etcd where they agree on who leads. All on
//! loopback, in a folder that goes with it.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, thread};

/// The two servers and etcd; killed with their owner.
pub(crate) struct Pair {
    folder: tempfile::TempDir,
    etcd: Child,
    nodes: Vec<Node>,
}

struct Node {
    patroni: Child,
    data: PathBuf,
    port: u16,
    api: u16,
}

impl Pair {
    /// Starts them, and waits until one leads and the other follows it synchronously.
    pub(crate) fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("socle-patroni-").tempdir_in("/tmp").unwrap();
        own(folder.path());
        let (client, peer) = (free_port(), free_port());
        let mut etcd = postgres("etcd");
        etcd.arg("--name=e").arg("--data-dir").arg(folder.path().join("etcd"));
        etcd.arg(format!("--listen-client-urls=http://127.0.0.1:{client}"));
        etcd.arg(format!("--advertise-client-urls=http://127.0.0.1:{client}"));
        etcd.arg(format!("--listen-peer-urls=http://127.0.0.1:{peer}"));
        etcd.arg(format!("--initial-advertise-peer-urls=http://127.0.0.1:{peer}"));
        etcd.arg(format!("--initial-cluster=e=http://127.0.0.1:{peer}"));
        let etcd = etcd.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let mut pair = Self { folder, etcd, nodes: Vec::new() };
        for name in ["one", "two"] {
            let node = pair.node(name, client);
            pair.nodes.push(node);
            if name == "one" {
                pair.wait("the first server leads", |pair| pair.nodes.iter().any(|node| node.is("primary")));
            }
        }
        pair.wait("the second follows", |pair| pair.nodes.iter().any(|node| node.is("sync")));
        pair
    }

    fn node(&self, name: &str, etcd: u16) -> Node {
        let (port, api, data) = (free_port(), free_port(), self.folder.path().join(name));
        let settings = self.folder.path().join(format!("{name}.yml"));
        let bin = programs();
        let text = format!(
            "scope: socle\nname: {name}\nrestapi: {{listen: '127.0.0.1:{api}', connect_address: '127.0.0.1:{api}'}}\n\
             etcd3: {{host: '127.0.0.1:{etcd}'}}\n\
             bootstrap:\n  dcs: {{ttl: 20, loop_wait: 2, retry_timeout: 3, synchronous_mode: true, postgresql: {{\
             parameters: {{max_connections: 200, shared_buffers: 32MB, synchronous_commit: 'on'}}}}}}\n  \
             initdb: [{{encoding: UTF8}}, {{locale: C.UTF-8}}, {{auth: trust}}]\n  \
             pg_hba: ['host all all 127.0.0.1/32 trust', 'host replication all 127.0.0.1/32 trust', 'local all all trust']\n\
             postgresql:\n  listen: 127.0.0.1:{port}\n  connect_address: 127.0.0.1:{port}\n  data_dir: {data}\n  \
             bin_dir: {bin}\n  pgpass: {folder}/{name}.pgpass\n  authentication: {{superuser: {{username: postgres}}, replication: {{username: replicator}}}}\n  \
             parameters: {{unix_socket_directories: '{folder}'}}\n",
            data = data.display(),
            bin = bin.display(),
            folder = self.folder.path().display(),
        );
        fs::write(&settings, text).unwrap();
        let log = fs::File::create(self.folder.path().join(format!("{name}.log"))).unwrap();
        let mut patroni = postgres("patroni");
        let patroni = patroni.arg(settings).stdout(Stdio::null()).stderr(log).spawn().unwrap();
        Node { patroni, data, port, api }
    }

    /// Leads to whichever of the two takes writes.
    pub(crate) fn url(&self) -> String {
        let ports: Vec<String> = self.nodes.iter().map(|node| node.port.to_string()).collect();
        let (ports, hosts) = (ports.join(","), vec!["127.0.0.1"; ports.len()].join(","));
        format!(
            "host={hosts} port={ports} user=postgres dbname=postgres target_session_attrs=read-write connect_timeout=2"
        )
    }

    /// Kills the server that leads and what watches it, as when the machine goes; waits until the other leads.
    pub(crate) fn kill_leader(&mut self) -> Duration {
        let at = self.nodes.iter().position(|node| node.is("primary")).unwrap();
        let mut node = self.nodes.remove(at);
        node.kill();
        let begun = Instant::now();
        self.wait("the other leads", |pair| pair.nodes.iter().any(|node| node.is("primary")));
        begun.elapsed()
    }

    fn wait(&self, what: &str, ready: impl Fn(&Self) -> bool) {
        let until = Instant::now() + Duration::from_secs(90);
        while !ready(self) {
            if Instant::now() > until {
                let logs = ["one.log", "two.log"].map(|name| fs::read_to_string(self.folder.path().join(name)));
                panic!("{what}: {logs:?}");
            }
            thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Node {
    /// Whether Patroni says that it is `primary`, or `sync`: a replica that lacks nothing.
    fn is(&self, role: &str) -> bool {
        let path = if role == "sync" { "/sync" } else { "/primary" };
        status(self.api, path) == Some(200)
    }

    fn kill(&mut self) {
        let _ = self.patroni.kill();
        let _ = self.patroni.wait();
        let master = fs::File::open(self.data.join("postmaster.pid")).ok();
        let pid = master.and_then(|file| BufReader::new(file).lines().next()?.ok());
        if let Some(pid) = pid {
            let _ = Command::new("pkill").args(["-9", "-P", &pid]).status();
            let _ = Command::new("kill").args(["-9", &pid]).status();
        }
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        self.nodes.iter_mut().for_each(Node::kill);
        let _ = self.etcd.kill();
        let _ = self.etcd.wait();
    }
}

/// Status of a page of Patroni's.
fn status(port: u16, path: &str) -> Option<u16> {
    use std::io::{Read as _, Write as _};
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(2))).ok()?;
    stream.write_all(format!("GET {path} HTTP/1.0\r\n\r\n").as_bytes()).ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    text.split(' ').nth(1)?.parse().ok()
}

/// A program run as the user that PostgreSQL accepts.
fn postgres(program: &str) -> Command {
    let mut command = Command::new(program);
    if let Some((uid, gid)) = owner() {
        command.uid(uid).gid(gid);
    }
    command.current_dir("/");
    command
}

fn own(folder: &Path) {
    if let Some((uid, gid)) = owner() {
        std::os::unix::fs::chown(folder, Some(uid), Some(gid)).unwrap();
    }
}

/// `postgres`, when we are root.
fn owner() -> Option<(u32, u32)> {
    use std::os::unix::fs::MetadataExt as _;
    if fs::metadata("/proc/self").unwrap().uid() != 0 {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").unwrap();
    let line = users.lines().find(|line| line.starts_with("postgres:")).unwrap();
    let mut fields = line.split(':').skip(2).map(|field| field.parse().unwrap());
    Some((fields.next().unwrap(), fields.next().unwrap()))
}

/// Where PostgreSQL's programs are.
fn programs() -> PathBuf {
    let mut versions: Vec<PathBuf> =
        fs::read_dir("/usr/lib/postgresql").unwrap().map(|entry| entry.unwrap().path().join("bin")).collect();
    versions.sort();
    versions.pop().unwrap()
}

fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}
