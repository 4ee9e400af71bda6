//! Which of some rows match a search, under a clearance.

use super::{condition, live};
use crate::error::Result;
use crate::read::Reader;
use crate::stored::{STORED, Stored};
use fhir::search::Query;

impl Reader<'_> {
    /// Those of the rows that this reader may read now, that live, and that match.
    pub(crate) fn among(&self, query: &Query, rids: impl IntoIterator<Item = i64>) -> Result<Vec<Stored>> {
        let mut select = self.select();
        let condition = condition::all(self, &mut select, &[query.ty], &query.filters)?;
        let list = select.list(rids);
        let text = format!(
            "SELECT {STORED} FROM resource r WHERE {} AND r.rid IN ({list}) ORDER BY r.rid",
            live(&select, &[query.ty], &condition.text)
        );
        let found = self.parsed(&select.run(self.conn, &text)?)?;
        if condition.verify { self.really(found, &query.filters) } else { Ok(found) }
    }
}
