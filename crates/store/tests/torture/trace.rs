//! What a process asked of its disk, in order: read from a record made by `strace`.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Calls that change what is on a disk, or wait until it is there.
pub(crate) const CALLS: &str =
    "openat,mkdir,mkdirat,pwrite64,write,ftruncate,fsync,fdatasync,unlink,unlinkat,rename,link,linkat";

/// One call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Op {
    /// A file is there from now on, if it was not.
    Create(PathBuf),
    Folder(PathBuf),
    Write {
        path: PathBuf,
        at: u64,
        bytes: Vec<u8>,
    },
    /// Behind what the file already holds.
    Append {
        path: PathBuf,
        bytes: Vec<u8>,
    },
    Cut {
        path: PathBuf,
        length: u64,
    },
    Sync(PathBuf),
    Remove(PathBuf),
    Rename {
        from: PathBuf,
        to: PathBuf,
    },
    /// A second name.
    Link {
        from: PathBuf,
        to: PathBuf,
    },
}

/// Calls of several threads overlap: when one begins, and when its end is known. By its place among [`Trace::ops`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Begin(usize),
    End(usize),
}

/// Calls that came to an end without an error, or were on their way at the end of the record.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    pub(crate) ops: Vec<Op>,
    pub(crate) steps: Vec<Step>,
}

impl Trace {
    /// Reads the output of `strace -f -y -xx -o FILE`.
    pub(crate) fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap();
        let (mut trace, mut open): (Self, HashMap<&str, Option<usize>>) = (Self::default(), HashMap::new());
        for line in text.lines() {
            let Some((process, said)) = line.split_once(' ') else { continue };
            let said = said.trim_start();
            if said.starts_with("<... ") {
                let Some(Some(op)) = open.remove(process) else { continue };
                trace.end(op, said);
            } else if let Some((name, rest)) = said.split_once('(') {
                let op = parse(name, rest).map(|op| trace.begin(op));
                if said.ends_with("<unfinished ...>") {
                    open.insert(process, op);
                } else if let Some(op) = op {
                    trace.end(op, said);
                }
            }
        }
        trace
    }

    fn begin(&mut self, op: Op) -> usize {
        self.ops.push(op);
        self.steps.push(Step::Begin(self.ops.len() - 1));
        self.ops.len() - 1
    }

    /// A call that failed has done nothing.
    fn end(&mut self, op: usize, said: &str) {
        let failed = said.rsplit_once(" = ").is_none_or(|(_, result)| result.starts_with('-'));
        if failed {
            self.steps.retain(|step| *step != Step::Begin(op));
        } else {
            self.steps.push(Step::End(op));
        }
    }
}

fn parse(name: &str, rest: &str) -> Option<Op> {
    let named = |nth: usize| rest.split('"').nth(2 * nth + 1).map(|hex| PathBuf::from(text(hex)));
    match name {
        "openat" if rest.contains("O_CREAT") => named(0).map(Op::Create),
        "mkdir" | "mkdirat" => named(0).map(Op::Folder),
        "unlink" | "unlinkat" => named(0).map(Op::Remove),
        "rename" => Some(Op::Rename { from: named(0)?, to: named(1)? }),
        "link" | "linkat" => Some(Op::Link { from: named(0)?, to: named(1)? }),
        "fsync" | "fdatasync" => descriptor(rest).map(Op::Sync),
        "ftruncate" => Some(Op::Cut { path: descriptor(rest)?, length: number(rest, 1)? }),
        "write" => Some(Op::Append { path: descriptor(rest)?, bytes: content(rest)? }),
        "pwrite64" => {
            let (_, after) = rest.rsplit_once("\", ")?;
            Some(Op::Write { path: descriptor(rest)?, at: number(after, 1)?, bytes: content(rest)? })
        }
        _ => None,
    }
}

/// `7<\x2f…>, …`: the file behind a descriptor.
fn descriptor(rest: &str) -> Option<PathBuf> {
    let (_, rest) = rest.split_once('<')?;
    rest.split_once('>').map(|(hex, _)| PathBuf::from(text(hex)))
}

fn content(rest: &str) -> Option<Vec<u8>> {
    assert!(!rest.contains("\"..."), "strace has cut what was written");
    rest.split('"').nth(1).map(bytes)
}

/// The argument at this place.
fn number(rest: &str, nth: usize) -> Option<u64> {
    let digits: String = rest.split(", ").nth(nth)?.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// `\x2f\x74`
fn bytes(hex: &str) -> Vec<u8> {
    hex.split("\\x").skip(1).map(|digits| u8::from_str_radix(digits, 16).unwrap()).collect()
}

fn text(hex: &str) -> String {
    String::from_utf8(bytes(hex)).unwrap()
}

#[test]
fn a_record_is_read_with_calls_that_overlap() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("record");
    let lines = [
        r#"7  openat(AT_FDCWD<\x2f>, "\x2f\x61", O_RDWR|O_CREAT, 0644) = 3<\x2f\x61>"#,
        r#"7  pwrite64(3<\x2f\x61>, "\x01\xff", 2, 512 <unfinished ...>"#,
        r"8  fdatasync(3<\x2f\x61> <unfinished ...>",
        "7  <... pwrite64 resumed>) = 2",
        r"7  ftruncate(3<\x2f\x61>, 9) = -1 ENOSPC (No space left on device)",
        "8  <... fdatasync resumed>)          = 0",
        r#"7  write(4<\x2f\x62>, "\x0a", 1) = 1"#,
        "7  +++ exited with 0 +++",
    ];
    std::fs::write(&path, lines.join("\n")).unwrap();
    let trace = Trace::read(&path);
    let (a, b) = (PathBuf::from("/a"), PathBuf::from("/b"));
    let ops = [
        Op::Create(a.clone()),
        Op::Write { path: a.clone(), at: 512, bytes: vec![1, 255] },
        Op::Sync(a.clone()),
        Op::Cut { path: a, length: 9 },
        Op::Append { path: b, bytes: vec![10] },
    ];
    assert_eq!(trace.ops, ops);
    let (begin, end) = (Step::Begin, Step::End);
    assert_eq!(trace.steps, [begin(0), end(0), begin(1), begin(2), end(1), end(2), begin(4), end(4)]);
}
