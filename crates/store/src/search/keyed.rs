//! Which filter gives the rows of a search, and how the others are asked of each.

use super::security;
use crate::select::Select;
use fhir::search::{Filter, Modifier, ParamKind};

/// Of a filter that is asked of each row: no key finds what meets it.
const OF_EACH: u8 = 9;

/// How many rows a filter may find, roughly: the one that finds the fewest gives the rows, the others are asked of each.
pub(super) fn spread(filter: &Filter) -> u8 {
    match filter {
        Filter::Id(_) => 0,
        Filter::Within { .. } => 1,
        Filter::Chain { .. } | Filter::Either(_) => 3,
        Filter::Has { .. } => 4,
        Filter::LastUpdated(_) => OF_EACH,
        filter if security::is_asked(filter) => OF_EACH,
        Filter::Param { modifier: Modifier::Missing(_) | Modifier::Not, .. } => OF_EACH,
        Filter::Param { param, .. } => match param.kind {
            ParamKind::Reference => 1,
            ParamKind::Token if param.code.contains("identifier") => 1,
            ParamKind::Uri => 2,
            ParamKind::String => 4,
            ParamKind::Token => 5,
            ParamKind::Composite => 6,
            _ => 7,
        },
    }
}

/// Whether one of these filters, that all rows must meet, finds them by their keys.
pub(super) fn gives_rows(filters: &[Filter]) -> bool {
    filters.iter().map(spread).min().is_some_and(|least| least < OF_EACH)
}

/// The rows whose keys in `table` meet `test`: found by the key, or asked of each row that another filter has found.
pub(super) fn keyed(select: &Select, table: &str, test: &str) -> String {
    let tenant = &select.tenant;
    if select.probing {
        return format!("EXISTS (SELECT 1 FROM {table} k WHERE k.tenant = {tenant} AND {test} AND k.rid = r.rid)");
    }
    format!("r.rid IN (SELECT k.rid FROM {table} k WHERE k.tenant = {tenant} AND {test})")
}

/// The rows whose dates or numbers meet `test`, as [`keyed`].
pub(super) fn ranged(select: &Select, param: i64, test: &str) -> String {
    keyed(select, "range_key", &format!("k.param = {param} AND ({test})"))
}
