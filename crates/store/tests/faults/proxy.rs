//! A way to PostgreSQL that fails: it can cut every connection, refuse new ones, or lose the server's answers.

use std::cell::Cell;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

/// One way in. Each connection is carried by two threads.
pub(crate) struct Proxy {
    address: SocketAddr,
    state: Arc<State>,
}

struct State {
    socket: PathBuf,
    refuses: AtomicBool,
    /// Bytes of answers still let through before every connection is cut; below zero: no limit.
    answers: AtomicI64,
    /// The answer to the next commit is to be lost.
    commit: AtomicBool,
    open: Mutex<Vec<TcpStream>>,
}

impl Proxy {
    /// Before a server that listens in this folder.
    pub(crate) fn start(folder: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let state = State {
            socket: folder.join(".s.PGSQL.5432"),
            refuses: AtomicBool::new(false),
            answers: AtomicI64::new(-1),
            commit: AtomicBool::new(false),
            open: Mutex::default(),
        };
        let (address, state) = (listener.local_addr().unwrap(), Arc::new(state));
        let accepting = state.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                accepting.accept(stream);
            }
        });
        Self { address, state }
    }

    /// Where the store connects.
    pub(crate) fn url(&self, database: &str) -> String {
        format!("host=127.0.0.1 port={} user=postgres dbname={database}", self.address.port())
    }

    /// Cuts what is open.
    pub(crate) fn cut(&self) {
        self.state.cut();
    }

    /// Cuts what is open, and lets nobody in until told otherwise.
    pub(crate) fn refuse(&self, refuses: bool) {
        self.state.refuses.store(refuses, Ordering::SeqCst);
        if refuses {
            self.state.cut();
        }
    }

    /// Cuts everything once somebody has asked to commit a write: the server hears it, the client does not hear the server.
    pub(crate) fn lose_a_commit(&self) {
        self.state.commit.store(true, Ordering::SeqCst);
    }

    /// Cuts everything once the server has answered so many bytes: in the middle of a transaction.
    pub(crate) fn cut_after(&self, bytes: i64) {
        self.state.answers.store(bytes, Ordering::SeqCst);
    }
}

impl State {
    fn cut(&self) {
        for stream in self.open.lock().unwrap().drain(..) {
            let _already = stream.shutdown(Shutdown::Both);
        }
    }

    fn accept(self: &Arc<Self>, client: TcpStream) {
        if self.refuses.load(Ordering::SeqCst) {
            return;
        }
        let Ok(server) = UnixStream::connect(&self.socket) else { return };
        let _ = client.set_nodelay(true);
        self.open.lock().unwrap().push(client.try_clone().unwrap());
        let (from, to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        let state = self.clone();
        std::thread::spawn(move || {
            let writing = Cell::new(false);
            carry(&from, &to, |bytes| state.hears(bytes, &writing));
            let _ = to.shutdown(Shutdown::Both);
        });
        let state = self.clone();
        std::thread::spawn(move || {
            carry(&server, &client, |bytes| state.lets(bytes.len()));
            let _ = client.shutdown(Shutdown::Both);
            let _ = server.shutdown(Shutdown::Both);
        });
    }

    /// Everything reaches the server.
    fn hears(&self, bytes: &[u8], writing: &Cell<bool>) -> bool {
        let says = |text: &[u8]| bytes.windows(text.len()).any(|word| word == text);
        if says(b"BEGIN") {
            writing.set(!says(b"READ ONLY"));
        }
        if writing.get() && says(b"COMMIT") && self.commit.swap(false, Ordering::SeqCst) {
            self.answers.store(0, Ordering::SeqCst);
        }
        true
    }

    /// Whether so many bytes of an answer still pass.
    fn lets(&self, count: usize) -> bool {
        let left = self.answers.load(Ordering::SeqCst);
        if left < 0 {
            return true;
        }
        let after = left - i64::try_from(count).unwrap();
        self.answers.store(after.max(-1), Ordering::SeqCst);
        if after < 0 {
            self.cut();
        }
        after >= 0
    }
}

fn carry<'a, R, W>(from: &'a R, to: &'a W, lets: impl Fn(&[u8]) -> bool)
where
    &'a R: std::io::Read,
    &'a W: std::io::Write,
{
    let (mut from, mut to, mut buffer) = (from, to, [0; 16_384]);
    while let Ok(count) = from.read(&mut buffer) {
        let Some(bytes) = buffer.get(..count).filter(|bytes| !bytes.is_empty()) else { return };
        if !lets(bytes) || to.write_all(bytes).is_err() {
            return;
        }
    }
}
