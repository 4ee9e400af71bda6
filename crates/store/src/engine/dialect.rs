//! The few places where the two engines really differ.

use super::lookup;
pub(crate) use confidentiality::Dialect;

/// The text that PostgreSQL is given, quotes left alone: placeholders are `$1`, and a list is looked up in an index, as on
/// SQLite, whatever the planner thinks of its length and of the rows; else it may well go through all rows of a legal entity,
/// and look for each in the list.
///
/// A list given in a parameter, of persons, or of rows found by their keys: `IN (SELECT …)` → `= ANY(…)`, made once. Not under
/// a `NOT`, where nothing is looked up: there PostgreSQL hashes the list. Hashes of keys, and the rows a search is about: each is looked up in turn ([`lookup`]).
///
/// Which index to take is said to SQLite only, which knows nothing of how large they are.
pub(crate) fn rewrite(sql: &str) -> String {
    let sql = lookup::one_by_one(&sql.replace(" INDEXED BY resource_whereabouts", ""));
    let mut out = String::with_capacity(sql.len() + 64);
    let (mut quoted, mut rest) = (false, sql.as_str());
    let mut open: Vec<Open> = Vec::new();
    while let Some(c) = rest.chars().next() {
        let denied = open.last().is_some_and(|open| open.denied);
        if let Some(list) = rest.strip_prefix(LIST).filter(|list| !quoted && !denied && is_looked_up(&out, list)) {
            if let Some((array, after)) = list.strip_prefix(ARRAY).and_then(|list| list.split_once(") value)")) {
                out.push_str(&format!(" = ANY({})", array.replace('?', "$")));
                rest = after;
            } else {
                out.push_str(" = ANY(ARRAY(SELECT ");
                open.push(Open { list: true, denied: false });
                rest = list;
            }
            continue;
        }
        rest = rest.strip_prefix(c).unwrap_or_default();
        match c {
            '\'' => quoted = !quoted,
            '(' if !quoted => {
                let denied = !rest.starts_with("SELECT ") && (denied || out.ends_with("NOT "));
                open.push(Open { list: false, denied });
            }
            ')' if !quoted && open.pop().is_some_and(|open| open.list) => out.push(')'),
            _ => {}
        }
        out.push(if c == '?' && !quoted { '$' } else { c });
    }
    out
}

/// A parenthesis that is open.
struct Open {
    /// Around a list that became an array.
    list: bool,
    /// What is in it is denied.
    denied: bool,
}

const LIST: &str = " IN (SELECT ";
/// A list given as one parameter, as [`crate::select::Select::list`] writes it.
const ARRAY: &str = "value FROM unnest(";

/// A list of a parameter, of persons or of rows, in which one column is to be.
fn is_looked_up(before: &str, list: &str) -> bool {
    let column = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let rows = before.ends_with(".person") || before.ends_with(" r.rid") || before.ends_with("(r.rid");
    before.ends_with(column) && !before.ends_with(" NOT") && (list.starts_with("value") || rows)
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
    fn which_index_to_take_is_said_to_one_engine() {
        let text = "SELECT r.rid FROM resource r INDEXED BY resource_whereabouts WHERE r.tenant = ?1";
        assert_eq!(rewrite(text), "SELECT r.rid FROM resource r WHERE r.tenant = $1");
    }

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
            "NOT (r.rid IN (SELECT k.rid FROM k))",
            "NOT ((r.rid IN (SELECT k.rid FROM k)) OR a = 1)",
            "rid IN (SELECT k.rid FROM k)",
            "'a IN (SELECT value '",
        ] {
            assert_eq!(rewrite(other), other);
        }
    }

    #[test]
    fn a_list_in_a_parameter_is_an_array() {
        let list = "a = 1 AND r.rid IN (SELECT value FROM unnest(?14::bigint[]) value) AND b = ?15";
        assert_eq!(rewrite(list), "a = 1 AND r.rid = ANY($14::bigint[]) AND b = $15");
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
