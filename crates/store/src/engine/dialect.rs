//! The few places where the two engines really differ.

pub(crate) use confidentiality::Dialect;

/// The text that PostgreSQL is given, quotes left alone.
///
/// Placeholders: `?1` → `$1`. Of a list given in a parameter, and of persons, `IN (SELECT …)` → `= ANY(ARRAY(SELECT …))`: the
/// list is then made once and looked up in an index, as on SQLite, whatever the planner thinks of its length; else it may well
/// go through all rows of a legal entity, and look for each in the list. Not of rows found by a key: there may be many, and in
/// an array one is found by going through it.
pub(crate) fn rewrite(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len() + 64);
    let (mut quoted, mut rest) = (false, sql);
    // For each parenthesis that is open, whether it is such a list.
    let mut open: Vec<bool> = Vec::new();
    while let Some(c) = rest.chars().next() {
        if let Some(list) = rest.strip_prefix(LIST).filter(|list| !quoted && is_short(&out, list)) {
            out.push_str(" = ANY(ARRAY(SELECT ");
            open.push(true);
            rest = list;
            continue;
        }
        rest = rest.strip_prefix(c).unwrap_or_default();
        match c {
            '\'' => quoted = !quoted,
            '(' if !quoted => open.push(false),
            ')' if !quoted && open.pop() == Some(true) => out.push(')'),
            _ => {}
        }
        out.push(if c == '?' && !quoted { '$' } else { c });
    }
    out
}

const LIST: &str = " IN (SELECT ";

/// A list of a parameter, or of persons, in which one column is to be.
fn is_short(before: &str, list: &str) -> bool {
    let column = |c: char| c.is_ascii_alphanumeric() || c == '_';
    before.ends_with(column) && !before.ends_with(" NOT") && (list.starts_with("value") || before.ends_with(".person"))
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
    fn a_list_is_made_once_and_looked_up() {
        let nested = "t.person IN (SELECT b FROM u WHERE (b > ?1) AND c IN (SELECT value FROM v)) AND e = 1";
        let wanted =
            "t.person = ANY(ARRAY(SELECT b FROM u WHERE (b > $1) AND c = ANY(ARRAY(SELECT value FROM v)))) AND e = 1";
        assert_eq!(rewrite(nested), wanted);
        for other in [
            "(a, b) IN (SELECT value, d FROM t)",
            "a NOT IN (SELECT value FROM t)",
            "a IN (1, 2)",
            "r.rid IN (SELECT k.rid FROM k)",
            "'a IN (SELECT value '",
        ] {
            assert_eq!(rewrite(other), other);
        }
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
