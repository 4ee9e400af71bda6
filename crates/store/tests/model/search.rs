//! The naive store searched: every row looked at, every filter tried on it.

use super::naive::{Naive, Row};
use confidentiality::Person;
use fhir::ResourceType;
use fhir::search::{Filter, IndexValue, Param, Query, compare, sort_values};
use store::{Call, Gather, Saying, TimelineFilter};

/// A person's record, or several persons', as one reader knows it.
pub(crate) struct Record {
    pub(crate) items: Vec<usize>,
    pub(crate) hidden: i64,
}

impl Naive {
    /// All that matches, in order, among the first `ceiling` rows: what came later is on no page.
    pub(crate) fn search(&self, call: &Call, query: &Query, ceiling: usize) -> Vec<usize> {
        let mut found: Vec<usize> = self
            .rows
            .iter()
            .enumerate()
            .take(ceiling)
            .filter(|(_, row)| query.filters.iter().all(|filter| self.passes(call, query.ty, row, filter)))
            .filter(|(_, row)| self.is_live(call, query.ty, row))
            .map(|(at, _)| at)
            .collect();
        let placed = |at: &usize| {
            let row = self.rows.get(*at).unwrap();
            sort_values(&self.show(call, row, row.version()), row.current().updated, &query.sort)
        };
        let backwards = query.sort.last().is_some_and(|key| key.descending);
        found.sort_by(|left, right| {
            let rows = if backwards { right.cmp(left) } else { left.cmp(right) };
            compare(&placed(left), &placed(right), &query.sort).then(rows)
        });
        found
    }

    pub(crate) fn matching(&self, call: &Call, query: &Query) -> Vec<usize> {
        self.search(call, query, self.rows.len())
    }

    fn is_live(&self, call: &Call, kind: ResourceType, row: &Row) -> bool {
        row.kind == kind && !row.current().deleted && self.permits(call, row, row.current())
    }

    fn passes(&self, call: &Call, kind: ResourceType, row: &Row, filter: &Filter) -> bool {
        let resource = &row.current().resource;
        if row.kind != kind {
            return false;
        }
        match filter {
            Filter::LastUpdated(tests) => {
                let updated = row.current().updated;
                tests.iter().any(|test| test.holds(updated, updated + 1))
            }
            Filter::Chain { param, target, filter } => self.rows.iter().any(|there| {
                points(row, param, there)
                    && self.is_live(call, *target, there)
                    && self.passes(call, *target, there, filter)
            }),
            Filter::Either(filters) => filters.iter().any(|filter| self.passes(call, kind, row, filter)),
            Filter::Has { ty, param, filter } => self.rows.iter().any(|there| {
                points(there, param, row) && self.is_live(call, *ty, there) && self.passes(call, *ty, there, filter)
            }),
            Filter::Id(_) | Filter::Within { .. } | Filter::Param { .. } => fhir::search::matches(resource, filter),
        }
    }

    /// The record of a patient, newest first; none when the reader does not see the patient.
    pub(crate) fn timeline(&self, call: &Call, patient: &str, filter: &TimelineFilter) -> Option<Record> {
        let itself = self.visible(call, ResourceType::PATIENT, patient)?;
        if self.rows.get(itself)?.current().deleted {
            return None;
        }
        let wanted = |row: &Row| {
            let kind = filter.kinds.is_empty() || filter.kinds.contains(&row.kind);
            kind && (filter.families.is_empty() || filter.families.contains(&row.current().family))
        };
        let rows = || {
            let others = self.rows.iter().enumerate().filter(|(at, row)| *at != itself && !row.current().deleted);
            others.filter(|(_, row)| wanted(row))
        };
        let mut items: Vec<usize> = rows()
            .filter(|(_, row)| row.owned.0.iter().any(|person| person == patient))
            .filter(|(_, row)| filter.before.is_none_or(|before| row.moment < before))
            .filter(|(_, row)| self.permits(call, row, row.current()))
            .map(|(at, _)| at)
            .collect();
        self.newest_first(&mut items);
        let own = rows().filter(|(_, row)| row.owned.0.first().is_some_and(|person| person == patient));
        let hidden = own.filter(|(_, row)| self.counts_only(call, row)).count();
        Some(Record { items, hidden: i64::try_from(hidden).unwrap() })
    }

    fn newest_first(&self, items: &mut [usize]) {
        items.sort_by_key(|at| std::cmp::Reverse((self.rows.get(*at).unwrap().moment, *at)));
    }

    /// The items about these persons, newest first; about anybody when `persons` is none.
    pub(crate) fn gather(&self, call: &Call, persons: Option<&[Person]>, wanted: &Gather) -> Record {
        let asked = |row: &Row| {
            let Some(owner) = row.owned.0.first().map(|patient| self.person(patient)) else { return false };
            persons.is_none_or(|persons| persons.contains(&owner))
                && (wanted.kinds.is_empty() || wanted.kinds.contains(&row.kind))
                && wanted.from.is_none_or(|from| from <= row.moment)
                && wanted.to.is_none_or(|to| row.moment < to)
        };
        let rows = || self.rows.iter().enumerate().filter(|(_, row)| !row.current().deleted && asked(row));
        let readable = rows().filter(|(_, row)| {
            let owner = row.owned.0.first().map(|patient| self.person(patient));
            wanted.only.as_ref().is_none_or(|only| owner.is_some_and(|owner| only.contains(&owner)))
                && wanted.by.is_none_or(|by| row.current().author == by)
                && wanted.saying.iter().all(|saying| says(row, &wanted.kinds, *saying))
                && self.permits(call, row, row.current())
        });
        let mut items: Vec<usize> = readable.map(|(at, _)| at).collect();
        self.newest_first(&mut items);
        let hidden = rows().filter(|(_, row)| wanted.count && self.counts_only(call, row)).count();
        Record { items, hidden: i64::try_from(hidden).unwrap() }
    }
}

/// Whether the current version says it, by a parameter that one of the types asked for has.
fn says(row: &Row, kinds: &[ResourceType], saying: Saying) -> bool {
    let entries = fhir::search::extract(&row.current().resource);
    let by = |params: &[&str], fits: &dyn Fn(&IndexValue) -> bool| {
        let known = kinds.contains(&row.kind);
        known && entries.iter().any(|entry| params.contains(&entry.param.code) && fits(&entry.value))
    };
    let coded = |value: &IndexValue, codes: &[&str]| matches!(value, IndexValue::Token { code: Some(code), .. } if codes.contains(&code.as_str()));
    match saying {
        Saying::Any(param, codes) => by(&[param], &|value| coded(value, codes)),
        Saying::None(params, codes) => !by(params, &|value| coded(value, codes)),
        Saying::Since(param, from) => {
            by(&[param], &|value| matches!(value, IndexValue::Date { lo, .. } if *lo >= from))
        }
    }
}

/// Whether one row refers to another by a search parameter.
fn points(from: &Row, param: &Param, to: &Row) -> bool {
    fhir::search::extract(&from.current().resource).iter().any(|entry| {
        let IndexValue::Reference { ty, id, .. } = &entry.value else { return false };
        entry.param.id == param.id && *ty == Some(to.kind) && id.as_deref() == Some(to.id.as_str())
    })
}
