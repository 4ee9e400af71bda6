//! Texts: the beginning of one, the whole of it, or what it contains.

use super::condition::{Condition, any, hashed};
use super::keyed;
use crate::index::{PREFIX, TRIGRAMS, trigrams};
use crate::read::Reader;
use crate::select::Select;
use fhir::search::{Modifier, Operand};

pub(super) fn strings(
    reader: &Reader<'_>,
    select: &mut Select,
    number: i64,
    modifier: &Modifier,
    values: &[Operand],
) -> Condition {
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
                texts.push(containing(reader, select, number, &wanted));
            }
            _ => {
                verify |= long;
                let found = lossy(select, number, reader.hasher.prefix(number, &wanted));
                texts.push(if long { format!("({found}{})", ending(reader, select, number, &wanted)) } else { found });
            }
        }
    }
    Condition { text: any(&texts), verify }
}

fn lossy(select: &mut Select, number: i64, hash: i64) -> String {
    let hash = select.bind(hash);
    keyed::keyed(select, "lossy_key", &format!("k.param = {number} AND k.hash = {hash}"))
}

/// The last trigrams of a text that is longer than the prefixes kept, asked of each row that the prefix has found. What
/// begins with a text begins with its trigrams: those that a row has room for are the same in both.
fn ending(reader: &Reader<'_>, select: &mut Select, number: i64, wanted: &str) -> String {
    let outer = std::mem::replace(&mut select.probing, true);
    let kept: Vec<String> = trigrams(wanted).into_iter().take(TRIGRAMS).collect();
    let ends = kept.iter().rev().take(3);
    let text = ends.map(|end| format!(" AND {}", lossy(select, number, reader.hasher.trigram(number, end)))).collect();
    select.probing = outer;
    text
}

/// Every trigram of the wanted text; a shorter text, or one whose trigrams may have been cut, proposes all.
fn containing(reader: &Reader<'_>, select: &mut Select, number: i64, wanted: &str) -> String {
    let found = trigrams(wanted);
    if found.is_empty() {
        return select.present(number);
    }
    let texts: Vec<String> =
        found.iter().take(4).map(|trigram| lossy(select, number, reader.hasher.trigram(number, trigram))).collect();
    texts.join(" AND ")
}
