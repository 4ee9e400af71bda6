//! The order of `_sort` (FHIR R4, search §3.1.1.5.1): what a resource is sorted by, and how two are compared.

use super::extract::{IndexValue, extract_one};
use super::letters::normalise;
use super::own::FIRST;
use super::query::{SortKey, SortOn};
use super::table::param;
use crate::Resource;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// Characters of a text that count: the mark of a page holds them.
const LONGEST: usize = 64;

/// What one key of `_sort` finds in a resource.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum SortValue {
    /// A moment, UTC microseconds.
    Time(i64),
    /// A number, whatever its unit.
    Number(f64),
    /// Words, a code or an address, without case and accents.
    Text(String),
    /// Nothing: last in either direction.
    Missing,
}

/// What each key finds. Of several values the first in the direction of the sort counts: the earliest when ascending,
/// the latest when descending. `updated` is the moment of the version, UTC microseconds.
pub fn sort_values(resource: &Resource, updated: i64, sort: &[SortKey]) -> Vec<SortValue> {
    sort.iter().map(|key| sort_value(resource, updated, key)).collect()
}

fn sort_value(resource: &Resource, updated: i64, key: &SortKey) -> SortValue {
    let named = match &key.on {
        SortOn::Id => return SortValue::Text(resource.id().unwrap_or_default().to_owned()),
        SortOn::LastUpdated => return SortValue::Time(updated),
        SortOn::Param(named) => named,
    };
    // Of several types, each has a parameter of its own under the same name.
    let itself = (named.id >= FIRST).then_some(*named);
    let Some(own) = itself.or_else(|| param(resource.kind(), named.code)) else { return SortValue::Missing };
    let found = extract_one(resource, own).into_iter().map(|entry| of_index(entry.value, key.descending));
    found.min_by(|left, right| one(left, right, key.descending)).unwrap_or(SortValue::Missing)
}

fn of_index(value: IndexValue, descending: bool) -> SortValue {
    let end = |lo, hi| if descending { hi } else { lo };
    match value {
        IndexValue::Date { lo, hi } => SortValue::Time(end(lo, hi)),
        IndexValue::Number { lo, hi } | IndexValue::Quantity { lo, hi, .. } => {
            SortValue::Number(if descending { hi } else { lo })
        }
        IndexValue::String(words) | IndexValue::Uri(words) => text(&words),
        IndexValue::Token { system, code, text: words, .. } => match (code, words, system) {
            (Some(code), ..) => text(&code),
            (None, Some(words), _) => text(&words),
            (None, None, Some(system)) => text(&system),
            (None, None, None) => SortValue::Missing,
        },
        IndexValue::Reference { ty, id, url, identifier } => match (ty, id, url, identifier) {
            (Some(ty), Some(id), ..) => SortValue::Text(format!("{ty}/{id}")),
            (_, _, Some(url), _) => text(&url),
            (.., Some((_, value))) => text(&value),
            _ => SortValue::Missing,
        },
    }
}

fn text(words: &str) -> SortValue {
    SortValue::Text(normalise(words).chars().take(LONGEST).collect())
}

/// Compares what the keys of `sort` found in two resources.
pub fn compare(left: &[SortValue], right: &[SortValue], sort: &[SortKey]) -> Ordering {
    let pairs = left.iter().zip(right).zip(sort);
    pairs
        .map(|((left, right), key)| one(left, right, key.descending))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

fn one(left: &SortValue, right: &SortValue, descending: bool) -> Ordering {
    let order = match (left, right) {
        (SortValue::Missing, SortValue::Missing) => Ordering::Equal,
        (SortValue::Missing, _) => return Ordering::Greater,
        (_, SortValue::Missing) => return Ordering::Less,
        (SortValue::Time(left), SortValue::Time(right)) => left.cmp(right),
        (SortValue::Number(left), SortValue::Number(right)) => left.total_cmp(right),
        (SortValue::Text(left), SortValue::Text(right)) => left.cmp(right),
        (left, right) => rank(left).cmp(&rank(right)),
    };
    if descending { order.reverse() } else { order }
}

/// Values of different kinds do not mix.
fn rank(value: &SortValue) -> u8 {
    match value {
        SortValue::Time(_) => 0,
        SortValue::Number(_) => 1,
        SortValue::Text(_) => 2,
        SortValue::Missing => 3,
    }
}
