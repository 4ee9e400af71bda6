//! A store that a command makes: kept once the command has come to something, else gone as if nobody had asked.

use crate::failure::Result;
use crate::opening::Data;
use std::path::{Path, PathBuf};
use store::Store;

/// What a store is made of.
pub(crate) const FILES: [&str; 3] = ["main.db", "audit.db", "keys.db"];
const BESIDE: [&str; 2] = ["lock", "reserve"];

/// What is not there before a command that may make a store.
#[derive(Debug)]
pub(crate) struct Before {
    absent: Option<Absent>,
}

#[derive(Debug)]
struct Absent {
    dir: PathBuf,
    is_folder_new: bool,
    /// The key made for this folder alone. One that is named may be another's by now: it stays.
    key: Option<PathBuf>,
}

impl Before {
    pub(crate) fn new(data: &Data, make: bool) -> Self {
        let dir = data.dir().filter(|_| make && data.is_absent());
        let absent = dir.map(|dir| Absent {
            dir: dir.to_owned(),
            is_folder_new: !dir.exists(),
            key: data.own_key().filter(|path| !path.exists()),
        });
        Self { absent }
    }

    /// Once it is open, and so held: whether it was this command that made it.
    pub(crate) async fn begun(self, store: &Store) -> Result<Begun> {
        let is_new = self.absent.is_some() && store.tenants().await?.is_empty();
        Ok(Begun(self.absent.filter(|_| is_new).map(|absent| (absent, store.clone()))))
    }
}

/// A store that has just been made, held for as long as it may go: whoever comes next finds nothing, or all of it.
#[derive(Debug)]
pub(crate) struct Begun(Option<(Absent, Store)>);

impl Begun {
    /// The command has come to something.
    pub(crate) fn keep(mut self) {
        self.0 = None;
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        // A command that was stopped half-way has come to something: what is there goes on being there.
        if let Some((absent, _held)) = self.0.take()
            && store::copy::is_untouched(&absent.dir)
        {
            undo(&absent);
        }
    }
}

fn undo(absent: &Absent) {
    let gone = |path: &Path| {
        let _ = std::fs::remove_file(path);
    };
    for name in FILES {
        ["", "-wal", "-shm"].iter().for_each(|end| gone(&absent.dir.join(format!("{name}{end}"))));
    }
    BESIDE.iter().for_each(|name| gone(&absent.dir.join(name)));
    if absent.is_folder_new {
        let _ = std::fs::remove_dir(&absent.dir);
    }
    absent.key.iter().for_each(|path| gone(path));
    crate::screen::say("Rien n'a été gardé de cette commande : ni données, ni établissement n'ont été créés.");
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::{Location, Secret};

    fn begun(dir: &Path, store: &Store) -> Begun {
        Begun(Some((Absent { dir: dir.to_owned(), is_folder_new: true, key: None }, store.clone())))
    }

    #[tokio::test]
    async fn what_has_come_to_something_stays_whatever_stops_the_command() {
        let parent = tempfile::tempdir().unwrap();
        let dir = parent.path().join("neuf");
        let location = Location::Directory(dir.clone());
        let store = Store::open(&location, Secret::random().unwrap(), 0).await.unwrap();
        store.ensure_tenant("000000000", 0).await.unwrap();
        let main = rusqlite::Connection::open(dir.join("main.db")).unwrap();
        let columns: i64 =
            main.query_row("SELECT COUNT(*) FROM pragma_table_info('account')", [], |row| row.get(0)).unwrap();
        let zeros = vec!["0"; usize::try_from(columns).unwrap()].join(", ");
        main.execute(&format!("INSERT INTO account VALUES({zeros})"), []).unwrap();
        drop(begun(&dir, &store));
        assert!(dir.join("main.db").exists());
        main.execute("DELETE FROM account", []).unwrap();
        drop(begun(&dir, &store));
        assert!(!dir.exists());
    }
}
