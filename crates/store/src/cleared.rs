//! Whom a connection of SQLite is cleared for: the lists of one clearance, in tables of the connection's own.
//!
//! A page asks some twenty statements under one clearance. Its lists are laid down once, not taken apart anew by each. A
//! connection that served somebody else lays them down again: what is there is compared whole, never trusted.

use crate::engine::{Cell, Conn};
use crate::error::Result;

/// As the clearance gives them: scopes, persons, maskings, places of the staff, visible places.
pub(crate) type Lists = [String; 5];

/// Made with each connection, in memory.
pub(crate) const TABLES: &str = "
    CREATE TEMP TABLE clr_loaded(scopes TEXT, persons TEXT, maskings TEXT, staff TEXT, visible TEXT);
    CREATE TEMP TABLE clr_scope(kind BIGINT, place BIGINT, families BIGINT, l3 BIGINT, l4 BIGINT, core BIGINT, cap BIGINT);
    CREATE TEMP TABLE clr_person(person BIGINT, kind BIGINT, PRIMARY KEY(person, kind)) WITHOUT ROWID;
    CREATE TEMP TABLE clr_masked(person BIGINT, rid BIGINT, categories BIGINT);
    CREATE TEMP TABLE clr_staff(place BIGINT);
    CREATE TEMP TABLE clr_visible(place BIGINT);";

const LOADED: &str = "SELECT 1 FROM temp.clr_loaded
    WHERE scopes = ?1 AND persons = ?2 AND maskings = ?3 AND staff = ?4 AND visible = ?5";

/// What was there goes first: an error in the middle leaves nobody cleared.
const WIPE: [&str; 6] = [
    "DELETE FROM temp.clr_loaded",
    "DELETE FROM temp.clr_scope",
    "DELETE FROM temp.clr_person",
    "DELETE FROM temp.clr_masked",
    "DELETE FROM temp.clr_staff",
    "DELETE FROM temp.clr_visible",
];

const FILL: [&str; 5] = [
    "INSERT INTO temp.clr_scope SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'),
       json_extract(value, '$[2]'), json_extract(value, '$[3]'), json_extract(value, '$[4]'),
       json_extract(value, '$[5]'), json_extract(value, '$[6]') FROM json_each(?1)",
    "INSERT OR IGNORE INTO temp.clr_person SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]')
       FROM json_each(?1)",
    "INSERT INTO temp.clr_masked SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'),
       json_extract(value, '$[2]') FROM json_each(?1)",
    "INSERT INTO temp.clr_staff SELECT value FROM json_each(?1)",
    "INSERT INTO temp.clr_visible SELECT value FROM json_each(?1)",
];

/// Clears a connection for whoever these lists are of.
pub(crate) fn bring(conn: &Conn<'_>, lists: &Lists) -> Result<()> {
    let all: Vec<Cell> = lists.iter().map(|list| Cell::from(list.as_str())).collect();
    if conn.query_opt(LOADED, &all)?.is_some() {
        return Ok(());
    }
    for sql in WIPE {
        conn.execute(sql, &[])?;
    }
    for (sql, list) in FILL.into_iter().zip(&all) {
        conn.execute(sql, std::slice::from_ref(list))?;
    }
    conn.execute("INSERT INTO temp.clr_loaded VALUES(?1, ?2, ?3, ?4, ?5)", &all).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lists(persons: &str) -> Lists {
        ["[[0,1,2,3,4,5,6]]".into(), persons.into(), "[[7,8,9]]".into(), "[1]".into(), "[1,2]".into()]
    }

    #[test]
    fn a_connection_is_cleared_for_one_at_a_time() {
        let sqlite = rusqlite::Connection::open_in_memory().unwrap();
        sqlite.execute_batch(TABLES).unwrap();
        let conn = Conn::Sqlite(&sqlite);
        let persons = || -> Vec<i64> {
            let rows = conn.query("SELECT person FROM clr_person ORDER BY person", &[]).unwrap();
            rows.iter().map(|row| row.int(0).unwrap()).collect()
        };
        bring(&conn, &lists("[[5,0],[6,0],[5,0]]")).unwrap();
        assert_eq!(persons(), [5, 6]);
        bring(&conn, &lists("[[9,0]]")).unwrap();
        assert_eq!(persons(), [9]);
        // What cannot be laid down leaves nobody cleared, and the next one finds nothing of it.
        assert!(bring(&conn, &lists("[[1,0],")).is_err());
        assert_eq!(persons(), [] as [i64; 0]);
        bring(&conn, &lists("[[9,0]]")).unwrap();
        assert_eq!(persons(), [9]);
    }
}
