//! Texts: the beginning of one, the whole of it, or what it contains.

use super::condition::{Condition, any, hashed};
use super::keyed;
use crate::engine::cells;
use crate::error::Result;
use crate::index::{self, LONG, PREFIX, TRIGRAMS, own_number, trigrams};
use crate::read::{Reader, must};
use crate::select::Select;
use fhir::search::{Modifier, Operand};

/// Of so few rows nobody looks for fewer.
const FEW: i64 = 64;
/// Rows of a key are counted as far as the first of these that they do not reach; beyond the last they are as many as any.
const COUNTED: [i64; 3] = [FEW, 512, 4_096];

pub(super) fn strings(
    reader: &Reader<'_>,
    select: &mut Select,
    number: i64,
    modifier: &Modifier,
    values: &[Operand],
) -> Result<Condition> {
    let mut texts = Vec::new();
    let mut verify = false;
    for value in values {
        let Operand::String(value) = value else { continue };
        if *modifier == Modifier::Exact {
            texts.push(hashed(select, number, vec![reader.hasher.exact_string(number, value)]));
            continue;
        }
        let wanted = fhir::search::normalise(value);
        let long = wanted.chars().count() > PREFIX;
        match modifier {
            Modifier::Contains => {
                verify = true;
                texts.push(containing(reader, select, number, &wanted)?);
            }
            _ if long => {
                verify = true;
                texts.push(together(reader, select, number, beginning(reader, number, &wanted))?);
            }
            _ => texts.push(lossy(select, number, reader.hasher.prefix(number, &wanted))),
        }
    }
    Ok(Condition { text: any(&texts), verify })
}

fn lossy(select: &mut Select, number: i64, hash: i64) -> String {
    let hash = select.bind(hash);
    keyed::keyed(select, "lossy_key", &format!("k.param = {number} AND k.hash = {hash}"))
}

/// The longest prefix that every row is known to have of a text that is longer, then its last trigrams. What begins with a text
/// begins with its trigrams: those that a row has room for are the same in both.
fn beginning(reader: &Reader<'_>, number: i64, wanted: &str) -> Vec<i64> {
    let kept: Vec<String> = trigrams(wanted).into_iter().take(TRIGRAMS).collect();
    let ends = kept.iter().rev().take(3).map(|end| reader.hasher.trigram(number, end));
    // Rows have it of one's own parameters a while later.
    let has = reader.hasher.whole && number < own_number(0);
    let long = index::beginning(wanted, LONG).filter(|_| has);
    let prefix = long.or_else(|| index::beginning(wanted, PREFIX)).map(|prefix| reader.hasher.prefix(number, prefix));
    prefix.into_iter().chain(ends).collect()
}

/// The rows that have all these keys: those of the rarest are found, and the others are asked of each.
fn together(reader: &Reader<'_>, select: &mut Select, number: i64, mut hashes: Vec<i64>) -> Result<String> {
    let outer = select.probing;
    if !outer && let Some(rarest) = rarest(reader, number, &hashes)? {
        hashes.swap(0, rarest);
    }
    let mut texts = Vec::with_capacity(hashes.len());
    for hash in hashes {
        texts.push(lossy(select, number, hash));
        select.probing = true;
    }
    select.probing = outer;
    Ok(format!("({})", texts.join(" AND ")))
}

/// The place of the key that the fewest rows have; the first, where it makes no difference. No statistics are kept: rows are
/// counted, no further than it takes.
fn rarest(reader: &Reader<'_>, number: i64, hashes: &[i64]) -> Result<Option<usize>> {
    let text = "SELECT COUNT(*) FROM (SELECT 1 AS found FROM lossy_key k \
                WHERE k.tenant = ?1 AND k.param = ?2 AND k.hash = ?3 LIMIT ?4) w";
    for limit in COUNTED {
        let mut least = (limit, None);
        for (at, hash) in hashes.iter().enumerate() {
            let row = reader.conn.query_opt(text, &cells![reader.call.tenant, number, *hash, least.0])?;
            let rows = must(row.as_ref())?.int(0)?;
            if rows < least.0 {
                least = (rows, Some(at));
            }
            if rows < FEW {
                return Ok(least.1);
            }
        }
        if least.1.is_some() {
            return Ok(least.1);
        }
    }
    Ok(None)
}

/// Every trigram of the wanted text; a shorter text, or one whose trigrams may have been cut, proposes all.
fn containing(reader: &Reader<'_>, select: &mut Select, number: i64, wanted: &str) -> Result<String> {
    let found = trigrams(wanted);
    if found.is_empty() {
        return Ok(select.present(number));
    }
    let hashes = found.iter().take(4).map(|trigram| reader.hasher.trigram(number, trigram));
    together(reader, select, number, hashes.collect())
}
