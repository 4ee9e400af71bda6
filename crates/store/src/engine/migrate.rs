//! Schema migrations, from one text for both engines. A merged migration is never edited.

use super::{Db, Dialect, dialect::schema};
use crate::error::{Error, NEWER, Result};
use refinery::{Migration, Runner};

/// The ordered migrations of a store.
pub(super) fn texts(db: Db) -> &'static [(&'static str, &'static str)] {
    match db {
        Db::Main => &[
            ("V1__main", include_str!("../migrations/main_1.sql")),
            ("V2__units", include_str!("../migrations/main_2.sql")),
            ("V3__writing", include_str!("../migrations/main_3.sql")),
            ("V4__versions", include_str!("../migrations/main_4.sql")),
            ("V5__labels", include_str!("../migrations/main_5.sql")),
            ("V6__subscriptions", include_str!("../migrations/main_6.sql")),
            ("V7__own_params", include_str!("../migrations/main_7.sql")),
            ("V8__keys", include_str!("../migrations/main_8.sql")),
            ("V9__assets", include_str!("../migrations/main_9.sql")),
            ("V10__workstations", include_str!("../migrations/main_10.sql")),
            ("V11__papers", include_str!("../migrations/main_11.sql")),
            ("V12__how", include_str!("../migrations/main_12.sql")),
            ("V13__sign_ins", include_str!("../migrations/main_13.sql")),
            ("V14__outbox", include_str!("../migrations/main_14.sql")),
            ("V15__tasks", include_str!("../migrations/main_15.sql")),
            ("V16__erasure_requests", include_str!("../migrations/main_16.sql")),
            ("V17__past_by_date", include_str!("../migrations/main_17.sql")),
            ("V18__current_by_date", include_str!("../migrations/main_18.sql")),
            ("V19__no_current_by_date", include_str!("../migrations/main_19.sql")),
            ("V20__long_beginnings", include_str!("../migrations/main_20.sql")),
            ("V21__whereabouts", include_str!("../migrations/main_21.sql")),
        ],
        Db::Audit => &[
            ("V1__audit", include_str!("../migrations/audit_1.sql")),
            ("V2__accesses", include_str!("../migrations/audit_2.sql")),
        ],
        Db::Keys => &[
            ("V1__keys", include_str!("../migrations/keys_1.sql")),
            ("V2__epochs", include_str!("../migrations/keys_2.sql")),
        ],
    }
}

/// How many migrations there are to run: all of them.
#[cfg(not(test))]
fn newest() -> usize {
    usize::MAX
}

#[cfg(test)]
fn newest() -> usize {
    NEWEST.get()
}

#[cfg(test)]
thread_local! {
    /// Stores opened by this thread stop there, as they did when there was nothing newer.
    pub(crate) static NEWEST: std::cell::Cell<usize> = const { std::cell::Cell::new(usize::MAX) };
}

/// What is said of a store that a later version of the program has opened: only that one, or a later one, knows what is in it.
pub(super) fn newer() -> Error {
    Error::Unavailable(NEWER.into())
}

/// Whether what stops the migrations is one that is done and that this version does not know yet.
pub(super) fn is_newer(db: Db, error: &refinery::Error) -> bool {
    let known = texts(db).len() as u64;
    matches!(error.kind(), refinery::error::Kind::MissingVersion(found) if u64::try_from(found.version()).is_ok_and(|version| version > known))
}

/// A runner for one store on one engine.
pub(super) fn runner(db: Db, dialect: Dialect) -> Result<Runner> {
    let mut migrations = Vec::new();
    for (name, text) in texts(db).iter().take(newest()) {
        let migration = Migration::unapplied(name, &schema(dialect, text)).map_err(|e| Error::bug(e.to_string()))?;
        migrations.push(migration);
    }
    // With what says that it was done, in one transaction: apart, a cut between the two leaves a store that never opens again.
    let mut runner = Runner::new(&migrations).set_grouped(true);
    runner.set_migration_table_name(format!("{}_schema_history", db.name()));
    Ok(runner)
}
