//! The few places where the two engines really differ.

pub(crate) use confidentiality::Dialect;

/// Rewrites `?1` placeholders to `$1`. Question marks inside quotes are left alone.
pub(crate) fn rewrite(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len());
    let mut quoted = false;
    for c in sql.chars() {
        match c {
            '\'' => {
                quoted = !quoted;
                out.push(c);
            }
            '?' if !quoted => out.push('$'),
            _ => out.push(c),
        }
    }
    out
}

/// What makes a `SELECT` hold its rows until the transaction ends. SQLite has one writer.
pub(crate) fn hold(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => "",
        Dialect::Postgres => " FOR UPDATE",
    }
}

/// What makes a `SELECT` keep its rows from being deleted until the transaction ends. SQLite has one writer.
pub(crate) fn share(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => "",
        Dialect::Postgres => " FOR SHARE",
    }
}

/// A test that `bytes` holds the bytes of a placeholder.
pub(crate) fn holds(dialect: Dialect, bytes: &str, placeholder: &str) -> String {
    match dialect {
        Dialect::Sqlite => format!("instr({bytes}, {placeholder}) > 0"),
        Dialect::Postgres => format!("position({placeholder} IN {bytes}) > 0"),
    }
}

/// Turns the shared schema text into the text of one engine.
///
/// `BLOB` → `BYTEA`, `IDENTITY` → an ever-growing integer key, `CLUSTERED` → a table stored in key order.
pub(crate) fn schema(dialect: Dialect, sql: &str) -> String {
    match dialect {
        Dialect::Sqlite => sql
            .replace("BIGINT IDENTITY", "INTEGER PRIMARY KEY AUTOINCREMENT")
            .replace(") CLUSTERED", ") WITHOUT ROWID"),
        Dialect::Postgres => sql
            .replace("BIGINT IDENTITY", "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY")
            .replace(") CLUSTERED", ")")
            .replace(" BLOB", " BYTEA"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rewrites_placeholders_outside_quotes_only() {
        assert_eq!(rewrite("SELECT ?1, '?2' WHERE a = ?12"), "SELECT $1, '?2' WHERE a = $12");
    }

    #[test]
    fn schema_text_fits_each_engine() {
        let shared = "CREATE TABLE t(seq BIGINT IDENTITY, body BLOB NOT NULL, PRIMARY KEY(seq)) CLUSTERED;";
        let lite = schema(Dialect::Sqlite, shared);
        assert!(lite.contains("AUTOINCREMENT") && lite.contains("WITHOUT ROWID") && lite.contains("BLOB"));
        let pg = schema(Dialect::Postgres, shared);
        assert!(pg.contains("GENERATED ALWAYS") && !pg.contains("ROWID") && pg.contains("BYTEA"));
    }
}
