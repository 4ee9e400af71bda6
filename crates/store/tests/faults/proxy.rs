//! A way to PostgreSQL that fails: it can cut every connection, refuse new ones, or lose the server's answers.

use std::cell::RefCell;
use std::collections::BTreeSet;
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
    /// The answer to the next commit of a new version is to be lost.
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

    /// Cuts everything once the server has committed a new version of a resource: the client has heard nothing of what it sent
    /// along with that. Entries of the log are committed more often than versions, and do not count.
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
        let lost = Arc::new(AtomicBool::new(false));
        let (state, hearing) = (self.clone(), lost.clone());
        std::thread::spawn(move || {
            let said = RefCell::new(Said::default());
            carry(&from, &to, |bytes| state.hears(bytes, &said, &hearing));
            let _ = to.shutdown(Shutdown::Both);
        });
        let state = self.clone();
        std::thread::spawn(move || {
            carry(&server, &client, |bytes| state.lets(bytes, &lost));
            let _ = client.shutdown(Shutdown::Both);
            let _ = server.shutdown(Shutdown::Both);
        });
    }

    /// Everything reaches the server. `lost`: its answers on this connection are, from now on.
    fn hears(&self, bytes: &[u8], said: &RefCell<Said>, lost: &AtomicBool) -> Passes {
        if said.borrow_mut().commits(bytes) && self.commit.swap(false, Ordering::SeqCst) {
            lost.store(true, Ordering::SeqCst);
        }
        Passes::Through
    }

    /// Whether so many bytes of an answer still pass. One that is lost is lost as a whole: the server must get as far as its
    /// commit before it notices that nobody listens.
    fn lets(&self, bytes: &[u8], lost: &AtomicBool) -> Passes {
        if lost.load(Ordering::SeqCst) {
            if !says(bytes, b"COMMIT") && !says(bytes, b"ROLLBACK") {
                return Passes::Nowhere;
            }
            self.cut();
            return Passes::Ends;
        }
        let left = self.answers.load(Ordering::SeqCst);
        if left < 0 {
            return Passes::Through;
        }
        let after = left - i64::try_from(bytes.len()).unwrap();
        self.answers.store(after.max(-1), Ordering::SeqCst);
        if after < 0 {
            self.cut();
            return Passes::Ends;
        }
        Passes::Through
    }
}

/// What a client has said so far on its connection, message by message.
#[derive(Default)]
struct Said {
    started: bool,
    /// Of a message that is not whole yet.
    rest: Vec<u8>,
    /// Names of prepared statements that put a new version of a resource.
    puts: BTreeSet<Vec<u8>>,
    /// One of them was run in this transaction.
    put: bool,
}

impl Said {
    /// Whether these bytes ask to commit a new version of a resource.
    fn commits(&mut self, bytes: &[u8]) -> bool {
        self.rest.extend_from_slice(bytes);
        let mut commits = false;
        while let Some((kind, body)) = self.message() {
            let mut words = body.split(|byte| *byte == 0).map(<[u8]>::to_vec);
            match kind {
                b'P' if says(&body, b"UPDATE resource SET version") => self.puts.extend(words.next()),
                b'B' => self.put |= words.nth(1).is_some_and(|statement| self.puts.contains(&statement)),
                b'Q' if says(&body, b"BEGIN") => self.put = false,
                b'Q' if says(&body, b"COMMIT") => commits |= self.put,
                _ => {}
            }
        }
        commits
    }

    /// The next message that is whole: its kind, and what it says. The first one of a connection has no kind.
    fn message(&mut self) -> Option<(u8, Vec<u8>)> {
        let head = usize::from(self.started);
        let length: [u8; 4] = self.rest.get(head..head + 4)?.try_into().unwrap();
        let end = head + usize::try_from(u32::from_be_bytes(length)).unwrap();
        let body = self.rest.get(head + 4..end)?.to_vec();
        let kind = if self.started { *self.rest.first()? } else { 0 };
        self.rest.drain(..end);
        self.started = true;
        Some((kind, body))
    }
}

/// What becomes of bytes on their way.
#[derive(PartialEq, Eq)]
enum Passes {
    Through,
    Nowhere,
    /// They and all that would follow are lost.
    Ends,
}

fn says(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|word| word == text)
}

fn carry<'a, R, W>(from: &'a R, to: &'a W, lets: impl Fn(&[u8]) -> Passes)
where
    &'a R: std::io::Read,
    &'a W: std::io::Write,
{
    let (mut from, mut to, mut buffer) = (from, to, [0; 16_384]);
    while let Ok(count) = from.read(&mut buffer) {
        let Some(bytes) = buffer.get(..count).filter(|bytes| !bytes.is_empty()) else { return };
        match lets(bytes) {
            Passes::Nowhere => {}
            Passes::Through if to.write_all(bytes).is_ok() => {}
            Passes::Through | Passes::Ends => return,
        }
    }
}
