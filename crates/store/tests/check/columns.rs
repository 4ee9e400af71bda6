//! What the files of a store hold, table by table: what has changed, and matters.

use rusqlite::Connection;
use rusqlite::types::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The values of a row, by column.
pub(crate) type Named = BTreeMap<String, Value>;

/// What must not go unseen. The rest is in the clear, with neither seal nor index beside it (dates of drafts, relations, counters…): only
/// as safe as its page, which SQLite looks at as a whole.
const WATCHED: [(&str, &str); 16] = [
    ("main.resource", "rid version type seal body self keys params"),
    ("main.history", "rid version seal body"),
    ("main.exact_key", "param hash rid"),
    ("main.lossy_key", "param hash rid"),
    ("main.range_key", "param rid lo hi"),
    ("main.entry_out", "entry at commitment salt envelope"),
    ("main.entry_out_part", "entry person body"),
    ("main.safety", "body"),
    ("main.paper", "body"),
    ("audit.entry", "entry at commitment salt envelope"),
    ("audit.entry_part", "entry person body"),
    ("audit.leaf", "position entry hash"),
    ("audit.node", "height position hash"),
    ("keys.tenant_key", "kind epoch wrapped"),
    ("keys.person_key", "person key_id wrapped"),
    ("keys.pair_key", "person category key_id wrapped public"),
];

/// Every value of every table, but when a migration ran.
pub(crate) fn dump(data: &Path) -> rusqlite::Result<BTreeMap<String, Vec<Named>>> {
    let mut all = BTreeMap::new();
    for file in ["main", "audit", "keys"] {
        let conn = Connection::open(data.join(format!("{file}.db")))?;
        let mut names =
            conn.prepare("SELECT CAST(name AS TEXT) FROM sqlite_schema WHERE type = 'table' ORDER BY name")?;
        let names: Vec<String> = names.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        for table in names {
            let mut statement = conn.prepare(&format!("SELECT * FROM {table}"))?;
            // SQL does not tell the case of letters.
            let columns: Vec<String> = statement.column_names().map(str::to_lowercase).collect();
            let value = |row: &rusqlite::Row<'_>, column: &String| Ok((column.clone(), row.get(column.as_str())?));
            let kept = || columns.iter().filter(|column| *column != "applied_on");
            let rows = statement.query_map([], |row| kept().map(|column| value(row, column)).collect())?;
            let name = format!("{file}.{table}");
            let rows = rows.collect::<rusqlite::Result<_>>();
            all.insert(
                name.clone(),
                rows.map_err(|error| rusqlite::Error::InvalidColumnName(format!("{name}: {error}")))?,
            );
        }
    }
    Ok(all)
}

/// Which columns are not what they were; a file that cannot be read is another.
pub(crate) fn changed(data: &Path, sound: &BTreeMap<String, Vec<Named>>) -> BTreeSet<String> {
    let now = match dump(data) {
        Ok(now) => now,
        Err(error) => return BTreeSet::from([format!("a whole table: {error}")]),
    };
    let mut columns = BTreeSet::new();
    for (table, rows) in sound {
        let there = now.get(table).map_or(&[][..], Vec::as_slice);
        if there.len() != rows.len() {
            columns.insert(format!("{table}: rows"));
        }
        for (one, other) in rows.iter().zip(there) {
            let other = |column: &String, value: &Value| other.get(column) != Some(value);
            let differ = one.iter().filter(|(column, value)| other(column, value));
            columns.extend(differ.map(|(column, _)| format!("{table}.{column}")));
        }
    }
    let watched = |column: &String| {
        let (table, column) = column.rsplit_once('.').unwrap_or((column, ""));
        WATCHED.iter().any(|(of, columns)| *of == table && columns.split(' ').any(|one| one == column))
    };
    let whole = |column: &String| column.starts_with("a whole table") || column.ends_with(": rows");
    columns.retain(|column| whole(column) || watched(column));
    columns
}
