//! What the files of a store hold of a person, byte by byte.

use confidentiality::Person;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const FILES: [&str; 3] = ["main", "audit", "keys"];

fn open(data: &Path, name: &str) -> Connection {
    let path = data.join(format!("{name}.db"));
    Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap()
}

fn tables(conn: &Connection) -> Vec<String> {
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
    let mut statement = conn.prepare(sql).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

fn columns(conn: &Connection, table: &str) -> Vec<String> {
    let mut statement = conn.prepare(&format!("SELECT name FROM pragma_table_info('{table}')")).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

/// Every ciphertext, key and hash that is this person's alone, as bytes.
pub(crate) fn of(data: &Path, person: Person) -> Vec<Vec<u8>> {
    let (mut own, mut others) = (BTreeSet::new(), BTreeSet::new());
    for name in FILES {
        let conn = open(data, name);
        for table in tables(&conn) {
            let known = columns(&conn, &table);
            let rows = format!("SELECT rid FROM main.resource WHERE person = {}", person.value());
            let is_own = match (known.iter().any(|c| c == "person"), known.iter().any(|c| c == "rid")) {
                (true, _) => format!("person = {}", person.value()),
                (false, true) => format!("rid IN ({rows})"),
                (false, false) => "0".to_owned(),
            };
            let secret = ["body", "wrapped", "hash", "source_version", "content"];
            for column in known.iter().filter(|column| secret.contains(&column.as_str())) {
                let mut statement = conn.prepare(&format!("SELECT {column}, {is_own} FROM {table}")).unwrap();
                let mut found = statement.query([]).unwrap();
                while let Some(row) = found.next().unwrap() {
                    let bytes = match row.get_ref(0).unwrap() {
                        ValueRef::Blob(bytes) => bytes.to_vec(),
                        // As it lies in a record.
                        ValueRef::Integer(hash) => hash.to_be_bytes().to_vec(),
                        _ => continue,
                    };
                    if row.get::<_, i64>(1).unwrap() != 0 {
                        own.insert(bytes)
                    } else {
                        others.insert(bytes)
                    };
                }
            }
        }
    }
    // Short content may be there by chance; a hash may be shared with another person's item.
    own.into_iter().filter(|bytes| bytes.len() >= 8 && !others.contains(bytes)).collect()
}

/// Which of these are in the files: file, and how many bytes they have.
pub(crate) fn found(data: &Path, known: &[Vec<u8>]) -> Vec<(String, usize)> {
    let search = aho_corasick::AhoCorasick::builder().build(known).unwrap();
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(data).unwrap() {
        let path = entry.unwrap().path();
        // A journal goes when its store is closed.
        let Ok(bytes) = std::fs::read(&path) else { continue };
        for hit in search.find_overlapping_iter(&bytes) {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            found.insert((name, hit.pattern().as_usize()));
        }
    }
    found.into_iter().map(|(name, at)| (name, known.get(at).unwrap().len())).collect()
}

/// Tables where the person's number still stands.
pub(crate) fn tables_with(data: &Path, person: Person) -> Vec<String> {
    let mut found = Vec::new();
    for name in FILES {
        let conn = open(data, name);
        for table in tables(&conn) {
            if columns(&conn, &table).iter().any(|column| column == "person") {
                let sql = format!("SELECT COUNT(*) FROM {table} WHERE person = {}", person.value());
                if conn.query_row(&sql, [], |row| row.get::<_, i64>(0)).unwrap() > 0 {
                    found.push(format!("{name}.{table}"));
                }
            }
        }
    }
    found
}

/// A copy of an open store, as a backup makes one.
pub(crate) fn copy(data: &Path, to: &Path) -> PathBuf {
    std::fs::create_dir(to).unwrap();
    for name in FILES {
        let target = to.join(format!("{name}.db"));
        open(data, name).execute("VACUUM INTO ?1", [target.to_str().unwrap()]).unwrap();
    }
    to.to_owned()
}
