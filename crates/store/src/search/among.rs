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
        let mut found = Vec::new();
        for row in select.run(self.conn, &text)? {
            let stored = Stored::parse(&row)?;
            let really = !condition.verify || {
                let resource = stored.open(self.inner, self.conn, self.call.tenant, self.call.clearance.open4())?;
                query.filters.iter().all(|filter| fhir::search::matches(&resource, filter))
            };
            if really {
                found.push(stored);
            }
        }
        Ok(found)
    }
}
