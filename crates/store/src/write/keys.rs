//! The key rows of one resource, brought to what its current version says. A new version mostly keeps its keys: only what
//! differs is written.

use super::close::Write;
use crate::engine::cells;
use crate::error::Result;
use crate::read::Reader;
use std::collections::BTreeSet;

/// Writes the keys, ranges and further persons of a version. `new`: the row has none yet.
pub(super) fn renew(reader: &Reader<'_>, write: &Write, new: bool) -> Result<()> {
    let person = write.planned.owner.person.value();
    let keyed = |keys: &BTreeSet<(i64, i64)>| keys.iter().map(|(param, hash)| [*param, *hash, person]).collect();
    let row = Row { reader, rid: write.rid, new };
    row.bring(&EXACT, &keyed(&write.keys.exact))?;
    row.bring(&LOSSY, &keyed(&write.keys.lossy))?;
    row.bring(&RANGE, &write.keys.range.iter().map(|(param, lo, hi)| [*param, person, *lo, *hi]).collect())?;
    row.bring(&ALSO, &write.planned.owner.also.iter().map(|person| [person.value()]).collect())
}

/// The statements of one table, whose rows have `N` columns beside tenant (`?1`) and row number (`?2`).
struct Table<const N: usize> {
    select: &'static str,
    delete: &'static str,
    insert: &'static str,
}

const EXACT: Table<3> = Table {
    select: "SELECT param, hash, person FROM exact_key WHERE tenant = ?1 AND rid = ?2",
    delete: "DELETE FROM exact_key WHERE tenant = ?1 AND rid = ?2 AND param = ?3 AND hash = ?4 AND person = ?5",
    insert: "INSERT INTO exact_key(tenant, rid, param, hash, person) VALUES(?1, ?2, ?3, ?4, ?5)",
};
const LOSSY: Table<3> = Table {
    select: "SELECT param, hash, person FROM lossy_key WHERE tenant = ?1 AND rid = ?2",
    delete: "DELETE FROM lossy_key WHERE tenant = ?1 AND rid = ?2 AND param = ?3 AND hash = ?4 AND person = ?5",
    insert: "INSERT INTO lossy_key(tenant, rid, param, hash, person) VALUES(?1, ?2, ?3, ?4, ?5)",
};
const RANGE: Table<4> = Table {
    select: "SELECT param, person, lo, hi FROM range_key WHERE tenant = ?1 AND rid = ?2",
    delete: "DELETE FROM range_key WHERE tenant = ?1 AND rid = ?2 AND param = ?3 AND person = ?4 AND lo = ?5 AND hi = ?6",
    insert: "INSERT INTO range_key(tenant, rid, param, person, lo, hi) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
};
const ALSO: Table<1> = Table {
    select: "SELECT person FROM also_person WHERE tenant = ?1 AND rid = ?2",
    delete: "DELETE FROM also_person WHERE tenant = ?1 AND rid = ?2 AND person = ?3",
    insert: "INSERT INTO also_person(tenant, rid, person) VALUES(?1, ?2, ?3)",
};

struct Row<'a> {
    reader: &'a Reader<'a>,
    rid: i64,
    new: bool,
}

impl Row<'_> {
    /// Deletes what the table has too much, and inserts what it lacks.
    fn bring<const N: usize>(&self, table: &Table<N>, wanted: &BTreeSet<[i64; N]>) -> Result<()> {
        let found = if self.new { BTreeSet::new() } else { self.found(table)? };
        for stale in found.difference(wanted) {
            self.execute(table.delete, stale)?;
        }
        for missing in wanted.difference(&found) {
            self.execute(table.insert, missing)?;
        }
        Ok(())
    }

    fn found<const N: usize>(&self, table: &Table<N>) -> Result<BTreeSet<[i64; N]>> {
        let rows = self.reader.conn.query(table.select, &cells![self.reader.call.tenant, self.rid])?;
        let mut found = BTreeSet::new();
        for row in rows {
            let mut columns = [0; N];
            for (index, column) in columns.iter_mut().enumerate() {
                *column = row.int(index)?;
            }
            found.insert(columns);
        }
        Ok(found)
    }

    fn execute(&self, sql: &str, columns: &[i64]) -> Result<()> {
        let mut params = cells![self.reader.call.tenant, self.rid].to_vec();
        params.extend(columns.iter().map(|column| (*column).into()));
        self.reader.conn.execute(sql, &params).map(drop)
    }
}
