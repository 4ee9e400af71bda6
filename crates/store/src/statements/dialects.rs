//! How the two engines' texts of one statement differ.

/// The declared differences: how a list in a parameter is read, where those of a clearance are. Advisory locks are PostgreSQL's alone.
pub(super) fn as_on_sqlite(sql: &str) -> String {
    let mut text = without_lists(sql)
        .replace(" BYTEA", " BLOB")
        .replace("::text::json", "")
        .replace("::json", "")
        .replace("FROM unnest(", "FROM json_each(")
        .replace("::bigint[]) value", ")");
    text = text.replace("json_array_elements_text(", "json_each(").replace("json_array_elements(", "json_each(");
    text = text.replace(
        " AND NOT EXISTS(SELECT 1 FROM leaf l WHERE l.tenant = e.tenant AND l.entry = e.entry) ORDER BY e.seq LIMIT ?3",
        " ORDER BY e.seq LIMIT ?3",
    );
    text = text.replace(" FOR UPDATE OF r SKIP LOCKED", "").replace(" FOR UPDATE OF r", "");
    text = text.replace(" FOR UPDATE", "").replace(" FOR SHARE", "").replace(" h(value)", " h");
    text = text.replace("position(decode(h.value, 'hex') IN r.keys)", "instr(r.keys, unhex(h.value))");
    while let Some((before, rest)) = text.split_once("position(") {
        let (placeholder, rest) = rest.split_once(" IN ").unwrap();
        let (column, rest) = rest.split_once(')').unwrap();
        text = format!("{before}instr({column}, {placeholder}){rest}");
    }
    text
}

/// The lists of a clearance are common table expressions on PostgreSQL alone.
fn without_lists(sql: &str) -> &str {
    let begins = ["WITH clr_scope(", "WITH "];
    let Some(lists) = begins.into_iter().find_map(|begin| sql.strip_prefix(begin)) else { return sql };
    let Some((_, given)) = lists.split_once("given AS (SELECT CAST(") else { return sql };
    given.split_once(" AS BIGINT)) ").unwrap().1
}
