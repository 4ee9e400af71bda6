//! A statement that is written for one row, as one for many: what the engine is sent once costs it one plan to begin and end.

use super::cell::Cell;
use bytes::BytesMut;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

/// One column of many rows, as an array.
#[derive(Debug)]
pub(super) enum Column {
    Ints(Vec<Option<i64>>),
    Texts(Vec<Option<String>>),
    Blobs(Vec<Option<Vec<u8>>>),
}

impl Column {
    /// An empty one, of the kind that the cells of one column are; none when nothing says which.
    fn of(rows: &[Vec<Cell>], index: usize) -> Option<Self> {
        let first = rows.iter().filter_map(|row| row.get(index)).find(|cell| **cell != Cell::Null)?;
        Some(match first {
            Cell::Int(_) => Self::Ints(Vec::with_capacity(rows.len())),
            Cell::Text(_) => Self::Texts(Vec::with_capacity(rows.len())),
            _ => Self::Blobs(Vec::with_capacity(rows.len())),
        })
    }

    fn push(&mut self, cell: Option<Cell>) {
        match (self, cell) {
            (Self::Ints(values), Some(Cell::Int(value))) => values.push(Some(value)),
            (Self::Texts(values), Some(Cell::Text(value))) => values.push(Some(value)),
            (Self::Blobs(values), Some(Cell::Blob(value))) => values.push(Some(value)),
            (Self::Ints(values), _) => values.push(None),
            (Self::Texts(values), _) => values.push(None),
            (Self::Blobs(values), _) => values.push(None),
        }
    }

    pub(super) fn array(&self) -> &'static str {
        match self {
            Self::Ints(_) => "bigint[]",
            Self::Texts(_) => "text[]",
            Self::Blobs(_) => "bytea[]",
        }
    }
}

impl ToSql for Column {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Ints(values) => values.to_sql(ty, out),
            Self::Texts(values) => values.to_sql(ty, out),
            Self::Blobs(values) => values.to_sql(ty, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// The statement for all of these rows, each parameter an array; the rows again for one row, or when it is written otherwise.
pub(super) fn many(sql: &str, rows: Vec<Vec<Cell>>) -> Result<(String, Vec<Column>), Vec<Vec<Cell>>> {
    let Some((text, mut columns)) = text_of_many(sql, &rows) else { return Err(rows) };
    for row in rows {
        let mut cells = row.into_iter();
        columns.iter_mut().for_each(|column| column.push(cells.next()));
    }
    Ok((text, columns))
}

/// Its text, and its columns, which are still empty.
fn text_of_many(sql: &str, rows: &[Vec<Cell>]) -> Option<(String, Vec<Column>)> {
    let width = rows.get(1)?.len();
    let columns = (0..width).map(|index| Column::of(rows, index)).collect::<Option<Vec<_>>>()?;
    let names: Vec<String> = (1..=width).map(|n| format!("c{n}")).collect();
    let arrays: Vec<String> = (1..).zip(&columns).map(|(n, column)| format!("?{n}::{}", column.array())).collect();
    let given = format!("unnest({}) AS w({})", arrays.join(", "), names.join(", "));
    Some((for_many(sql, &given)?, columns))
}

/// The text of one row, whose parameters are columns of what is `given`.
pub(super) fn for_many(sql: &str, given: &str) -> Option<String> {
    if let Some((head, rest)) = sql.split_once("VALUES(") {
        let (tuple, tail) = rest.split_once(')')?;
        return Some(format!("{} SELECT {} FROM {given}{tail}", head.trim_end(), tuple.replace('?', "w.c")));
    }
    if !sql.contains(" FROM ") && sql.starts_with("SELECT ") {
        return Some(format!("{} FROM {given}", sql.replace('?', "w.c")));
    }
    // What is given is gone through, and each row of it looked up as it would be alone, whatever is known of the tables.
    let at = outermost(sql, "WHERE ")?;
    let joins = match sql.split(' ').next()? {
        "UPDATE" => " FROM ",
        "DELETE" => " USING ",
        _ => {
            let (head, rest) = sql.split_at_checked(outermost(sql, "SELECT ")?)?;
            let (select, tail) = rest.split_at_checked(rest.find(" ON CONFLICT").unwrap_or(rest.len()))?;
            let select = select.replace('?', "w.c");
            return Some(format!("{head}SELECT x.* FROM {given} CROSS JOIN LATERAL ({select} OFFSET 0) x{tail}"));
        }
    };
    let (head, condition) = sql.split_at_checked(at)?;
    Some(format!("{}{joins}{given} {}", head.trim_end().replace('?', "w.c"), condition.replace('?', "w.c")))
}

/// Where a word of the statement itself is first.
pub(super) fn outermost(sql: &str, word: &str) -> Option<usize> {
    let mut depth = 0;
    for (at, c) in sql.char_indices() {
        depth += i32::from(c == '(') - i32::from(c == ')');
        if depth == 0 && sql.get(at..).is_some_and(|rest| rest.starts_with(word)) {
            return Some(at);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::cells;

    #[test]
    fn rows_of_one_text_become_arrays() {
        let sql = "INSERT INTO t(a, b, c) VALUES(?1, 0, ?2) ON CONFLICT DO NOTHING";
        let rows = [cells![1, "x"].to_vec(), [Cell::Null, Cell::from("y")].to_vec()];
        assert!(many(sql, rows[..1].to_vec()).is_err(), "one row stays as it is");
        let (text, columns) = many(sql, rows.into()).unwrap();
        let wanted = "INSERT INTO t(a, b, c) SELECT w.c1, 0, w.c2 FROM unnest(?1::bigint[], ?2::text[]) AS w(c1, c2) \
                      ON CONFLICT DO NOTHING";
        assert_eq!(text, wanted);
        assert!(matches!(&columns[..], [Column::Ints(ints), Column::Texts(_)] if *ints == [Some(1), None]));
        assert!(many(sql, vec![vec![Cell::Null], vec![Cell::Null]]).is_err(), "of no kind");
    }

    #[test]
    fn what_changes_deletes_or_reads_one_row_does_so_for_each_that_is_given() {
        for (one, each) in [
            ("UPDATE t SET a = ?2 WHERE b = ?1", "UPDATE t SET a = w.c2 FROM given WHERE b = w.c1"),
            ("DELETE FROM t WHERE b = ?1", "DELETE FROM t USING given WHERE b = w.c1"),
            (
                "SELECT t.a FROM t WHERE t.b = ?1 AND c = ?12",
                "SELECT x.* FROM given CROSS JOIN LATERAL (SELECT t.a FROM t WHERE t.b = w.c1 AND c = w.c12 OFFSET 0) x",
            ),
            (
                "INSERT INTO h(a)\n SELECT (SELECT a FROM m WHERE m.b = t.b) FROM t\n WHERE t.b = ?1 ON CONFLICT DO NOTHING",
                "INSERT INTO h(a)\n SELECT x.* FROM given CROSS JOIN LATERAL (SELECT (SELECT a FROM m WHERE m.b = t.b) FROM t\n \
                 WHERE t.b = w.c1 OFFSET 0) x ON CONFLICT DO NOTHING",
            ),
        ] {
            assert_eq!(for_many(one, "given").as_deref(), Some(each));
        }
        assert_eq!(for_many("SELECT lock(?1)", "given").as_deref(), Some("SELECT lock(w.c1) FROM given"));
        assert_eq!(for_many("DELETE FROM t", "given"), None);
    }
}
