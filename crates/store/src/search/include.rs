//! `_include` and `_revinclude`: what a page points at, and what points at it, as far as the reader may see.

use crate::error::{Error, Result};
use crate::index::{ID_PARAM, param_number};
use crate::read::Reader;
use crate::select::Select;
use crate::stored::{STORED, Version};
use fhir::ResourceType;
use fhir::search::{Include, IndexValue};
use std::collections::BTreeSet;

/// Rounds of `:iterate`.
const ROUNDS: usize = 4;
/// Most resources that one include adds to a page: beyond, the search is refused rather than cut.
const LIMIT: usize = 5_000;

impl Reader<'_> {
    pub(crate) fn include(&self, matches: &[Version], includes: &[Include]) -> Result<Vec<Version>> {
        let mut known: BTreeSet<i64> = matches.iter().map(|version| version.rid.value()).collect();
        let mut included: Vec<Version> = Vec::new();
        let mut fresh: Vec<Version> = matches.to_vec();
        for round in 0..ROUNDS {
            let mut added = Vec::new();
            for include in includes.iter().filter(|include| round == 0 || include.iterate) {
                for version in self.follow(&fresh, include)? {
                    if known.insert(version.rid.value()) {
                        added.push(version);
                    }
                }
            }
            if added.is_empty() {
                break;
            }
            included.extend(added.iter().cloned());
            fresh = added;
        }
        Ok(included)
    }

    fn follow(&self, from: &[Version], include: &Include) -> Result<Vec<Version>> {
        let mut select = self.select();
        let condition = if include.reverse {
            let hashes = from
                .iter()
                .filter(|version| include.target.is_none_or(|target| version.resource.kind() == target))
                .filter_map(|version| version.resource.id().map(|id| self.hasher.id(version.resource.kind(), id)));
            let hashes: Vec<i64> = hashes.collect();
            let list = select.list(hashes);
            let numbers: Vec<i64> = include.params().map(param_number).collect();
            let params = select.list(numbers);
            keyed(&select, &format!("k.param IN ({params}) AND k.hash IN ({list})"), Some(include.source))
        } else {
            let hashes: Vec<i64> = from
                .iter()
                .filter(|version| version.resource.kind() == include.source)
                .flat_map(|version| self.targets(version, include))
                .collect();
            let list = select.list(hashes);
            keyed(&select, &format!("k.param = {ID_PARAM} AND k.hash IN ({list})"), include.target)
        };
        let text = format!(
            "SELECT {STORED} FROM resource r WHERE r.deleted = 0 AND {condition} AND ({}) ORDER BY r.rid LIMIT {}",
            select.permit,
            LIMIT + 1
        );
        let rows = select.run(self.conn, &text)?;
        if rows.len() > LIMIT {
            return Err(too_many());
        }
        self.open(&rows)
    }

    fn targets(&self, version: &Version, include: &Include) -> Vec<i64> {
        let wanted: Vec<_> = include.params().collect();
        fhir::search::extract_by(&version.resource, &wanted)
            .into_iter()
            .filter_map(|entry| match entry.value {
                IndexValue::Reference { ty: Some(ty), id: Some(id), .. } => Some(self.hasher.id(ty, &id)),
                _ => None,
            })
            .collect()
    }
}

/// More than a page may include.
fn too_many() -> Error {
    Error::Invalid(fhir::Invalid::one(
        "too-costly",
        None,
        "Cette page inclurait trop de ressources : demandez-la plus courte (_count), ou cherchez-les à part.",
        "This page would include too many resources: ask for a shorter one (_count), or search for them apart.",
    ))
}

fn keyed(select: &Select, condition: &str, kind: Option<ResourceType>) -> String {
    let kind = kind.map_or_else(String::new, |kind| format!(" AND r.type = {}", kind.code()));
    format!(
        "r.tenant = {0} AND r.rid IN (SELECT k.rid FROM exact_key k WHERE k.tenant = {0} AND {condition}){kind}",
        select.tenant
    )
}
