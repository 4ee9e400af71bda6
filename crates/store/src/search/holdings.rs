//! Of which types a person has items at all.
//!
//! A page asks a dozen questions about one person, several of them of types that the person has nothing of; each would go
//! through all of the person's labels, and so would each count of what is hidden.

use super::gather::Gather;
use super::narrow;
use crate::engine::cells;
use crate::error::Result;
use crate::read::Reader;
use confidentiality::Person;
use fhir::ResourceType;
use std::collections::{BTreeMap, BTreeSet};

/// From so many questions about one person on, it is worth looking first.
pub(super) const SEVERAL: usize = 3;

/// What the live items of one person are, whoever may see them.
pub(super) struct Holdings {
    types: BTreeSet<i64>,
    /// How many may only be counted, of the types that are counted whatever their date.
    hidden: BTreeMap<i64, i64>,
}

impl Holdings {
    /// Those of these types that there are any items of.
    pub(super) fn among(&self, kinds: &[ResourceType]) -> Vec<ResourceType> {
        kinds.iter().copied().filter(|kind| self.types.contains(&kind.code())).collect()
    }

    /// How many of what is asked for may only be counted; none when it was not counted here.
    pub(super) fn hidden(&self, wanted: &Gather) -> Option<i64> {
        if self.among(&wanted.kinds).is_empty() {
            return Some(0);
        }
        let hidden = |kind: &ResourceType| self.hidden.get(&kind.code()).copied().unwrap_or_default();
        let kinds: BTreeSet<ResourceType> = wanted.kinds.iter().copied().collect();
        is_counted_whole(wanted).then(|| kinds.iter().map(hidden).sum())
    }
}

/// Counted whatever its date, of some types.
fn is_counted_whole(wanted: &Gather) -> bool {
    wanted.count && wanted.from.is_none() && wanted.to.is_none() && !wanted.kinds.is_empty()
}

impl Reader<'_> {
    /// What a person has, as far as these questions need it.
    pub(super) fn holdings<'w>(
        &self,
        person: Person,
        wanted: impl IntoIterator<Item = &'w Gather>,
    ) -> Result<Holdings> {
        let text = "SELECT DISTINCT +type FROM resource WHERE tenant = ?1 AND person = ?2 AND deleted = 0";
        let types = self.conn.query(text, &cells![self.call.tenant, person.value()])?;
        let types = types.iter().map(|row| row.int(0)).collect::<Result<_>>()?;
        let mut held = Holdings { types, hidden: BTreeMap::new() };
        let whole = wanted.into_iter().filter(|one| is_counted_whole(one));
        let mut kinds: Vec<ResourceType> = whole.flat_map(|one| held.among(&one.kinds)).collect();
        kinds.sort_unstable();
        kinds.dedup();
        if kinds.is_empty() {
            return Ok(held);
        }
        let mut select = self.select();
        let person = select.bind(person.value());
        let of_kinds = narrow(&mut select, &kinds, &[]);
        let text = format!(
            "SELECT +r.type, COUNT(*) FROM resource r WHERE r.tenant = {} AND r.person = {person} AND r.deleted = 0\
             {of_kinds} AND ({}) GROUP BY +r.type",
            select.tenant, select.placeholder
        );
        for row in select.run(self.conn, &text)? {
            held.hidden.insert(row.int(0)?, row.int(1)?);
        }
        Ok(held)
    }
}
