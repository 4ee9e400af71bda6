//! Chained searches: `subject.name`, `_has:Observation:patient:code`. The permit is asked in each.

use super::condition::{self, Condition};
use crate::error::Result;
use crate::index::{ID_PARAM, param_number};
use crate::key_list::KeyList;
use crate::read::Reader;
use crate::select::Select;
use fhir::ResourceType;
use fhir::search::{Filter, Param};
use std::collections::BTreeSet;

/// Rows whose lists of keys are read at a time.
const ROWS: i64 = 10_000;

/// Rows that refer, by `param`, to what matches `filter`.
pub(super) fn chain(
    reader: &Reader<'_>,
    select: &mut Select,
    param: &'static Param,
    target: ResourceType,
    filter: &Filter,
) -> Result<Condition> {
    let inner = nested(reader, select, target, filter)?;
    let hashes = format!("SELECT r.self FROM resource r WHERE {inner}");
    Ok(Condition::decisive(condition::exact(select, param_number(param), &hashes)))
}

/// Rows that something which matches `filter` refers to, by `param`. What is referred to is read from the lists of keys of the rows that refer: no index gives the keys of a row.
pub(super) fn has(
    reader: &Reader<'_>,
    select: &mut Select,
    kind: ResourceType,
    param: &'static Param,
    filter: &Filter,
) -> Result<Condition> {
    let number = param_number(param);
    let (mut after, mut hashes) = (0, BTreeSet::new());
    loop {
        let mut inner = reader.select();
        let text = nested(reader, &mut inner, kind, filter)?;
        let (from, most) = (inner.bind(after), inner.bind(ROWS));
        let text =
            format!("SELECT r.rid, r.keys FROM resource r WHERE {text} AND r.rid > {from} ORDER BY r.rid LIMIT {most}");
        let rows = inner.run(reader.conn, &text)?;
        for row in &rows {
            let list = row.opt_blob(1)?.map(KeyList::parse).transpose()?.unwrap_or_default();
            hashes.extend(list.exact.range((number, i64::MIN)..=(number, i64::MAX)).map(|(_, hash)| *hash));
        }
        match rows.last() {
            Some(last) if i64::try_from(rows.len()) == Ok(ROWS) => after = last.int(0)?,
            _ => return Ok(Condition::decisive(condition::hashed(select, ID_PARAM, hashes))),
        }
    }
}

/// The condition of a chained filter on its own `r`; what must be verified is verified first, and becomes a list.
fn nested(reader: &Reader<'_>, select: &mut Select, kind: ResourceType, filter: &Filter) -> Result<String> {
    let mark = select.mark();
    let outer = std::mem::take(&mut select.probing);
    let inner = condition::one(reader, select, &[kind], filter)?;
    select.probing = outer;
    let text = if inner.verify {
        select.reset(mark);
        let rids = reader.verified(&[kind], std::slice::from_ref(filter))?;
        let list = select.list(rids);
        format!("r.rid IN ({list})")
    } else {
        inner.text
    };
    Ok(format!(
        "r.tenant = {} AND r.type = {} AND r.deleted = 0 AND ({}) AND ({text})",
        select.tenant,
        kind.code(),
        select.permit
    ))
}
