//! Who else an item is about, beside the person in whose record it is.

use crate::engine::{Cell, Db, cells};
use crate::error::Result;
use crate::store::Store;
use crate::write::ALSO;
use confidentiality::{Person, Rid};
use std::collections::HashMap;

impl Store {
    /// The further persons of each of these rows; rows of one person only are left out. Numbers, and nothing of what the rows say:
    /// no entry is written.
    ///
    /// # Errors
    /// The engine's.
    pub async fn others(&self, tenant: i64, rids: &[Rid]) -> Result<HashMap<Rid, Vec<Person>>> {
        if rids.is_empty() {
            return Ok(HashMap::new());
        }
        let each: Vec<Vec<Cell>> = rids.iter().map(|rid| cells![tenant, rid.value()].to_vec()).collect();
        self.engine()
            .read(Db::Main, move |conn| {
                let rows = conn.ask_each(ALSO, &each)?;
                let mut found: HashMap<Rid, Vec<Person>> = HashMap::new();
                for row in conn.answers(rows)? {
                    found.entry(Rid::new(row.int(1)?)).or_default().push(Person::new(row.int(2)?));
                }
                Ok(found)
            })
            .await
    }
}
