//! The community's file of ends of life (endoflife.date, MIT), as one JSON object by product, into our table.
//!
//! Only dates and ids are taken. The file's schema is not enforced: what is not understood is left out, product by
//! product, and counted.

use super::table::{Cycle, End, Product, Products};
use serde_json::Value;

/// Why the file is refused as a whole.
#[derive(Debug, thiserror::Error)]
pub enum NotCommunity {
    /// It is not JSON.
    #[error("not a JSON object by product")]
    NotJson,
    /// No product in it has a cycle with an end.
    #[error("no product with an end of support")]
    Empty,
}

/// What was read.
#[derive(Debug, Default)]
pub(super) struct Community {
    /// The products understood.
    pub(super) products: Products,
    /// Ids of products left out, because they have no cycle that is understood.
    pub(super) left_out: Vec<String>,
}

/// Reads the community's file, keeping the products that `keep` wants, by id and category.
///
/// # Errors
/// When it is not JSON or holds nothing.
pub(super) fn read(json: &str, keep: impl Fn(&str, &str) -> bool) -> Result<Community, NotCommunity> {
    let file: Value = serde_json::from_str(json).map_err(|_| NotCommunity::NotJson)?;
    let mut read = Community::default();
    for (id, product) in file.as_object().ok_or(NotCommunity::NotJson)? {
        let category = product.get("category").and_then(Value::as_str).unwrap_or_default();
        if !keep(id, category) {
            continue;
        }
        let found = of(id, product);
        if found.cycles.is_empty() {
            read.left_out.push(id.clone());
        } else {
            read.products.insert(id.clone(), found);
        }
    }
    if read.products.is_empty() { Err(NotCommunity::Empty) } else { Ok(read) }
}

fn of(id: &str, product: &Value) -> Product {
    let releases = product.get("releases").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    // Builds tell Windows cycles apart; elsewhere the latest release is not a fact about support.
    let with_builds = id.starts_with("windows");
    let cycles = releases.iter().filter_map(|release| cycle(release, with_builds)).collect();
    let title = clean(product.get("title").and_then(Value::as_str).unwrap_or(id));
    Product { title, cpes: cpes(product), cycles }
}

fn cycle(release: &Value, with_build: bool) -> Option<Cycle> {
    let text = |key: &str| release.get(key).and_then(Value::as_str).unwrap_or_default();
    let id = clean(text("releaseCycle"));
    if id.is_empty() || release.get("eol").is_none() {
        return None;
    }
    let label = text("releaseLabel").replace("__RELEASE_CYCLE__", &id).replace("__CODENAME__", text("codename"));
    let label = clean(&label);
    Some(Cycle {
        active: end(release.get("eoas"))?,
        security: end(release.get("eol"))?,
        extended: end(release.get("eoes"))?,
        label: if label == id { String::new() } else { label },
        build: if with_build { clean(text("latest")) } else { String::new() },
        id,
        ..Cycle::default()
    })
}

/// `None` when it is neither a day nor yes or no.
fn end(value: Option<&Value>) -> Option<End> {
    match value {
        None | Some(Value::Null) => Some(End::Untold),
        Some(Value::Bool(true)) => Some(End::Over),
        Some(Value::Bool(false)) => Some(End::Open),
        Some(Value::String(day)) => day.parse().ok().map(End::On),
        Some(_) => None,
    }
}

fn cpes(product: &Value) -> Vec<String> {
    let listed = product.get("identifiers").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut found: Vec<String> = listed.iter().filter_map(|one| cpe(one.get("cpe").and_then(Value::as_str)?)).collect();
    found.sort();
    found.dedup();
    found
}

/// `vendor:product` of a CPE 2.2 (`cpe:/a:vendor:product:version`) or 2.3 (`cpe:2.3:a:vendor:product:version`).
fn cpe(cpe: &str) -> Option<String> {
    cpe_parts(cpe).map(|(product, _)| product)
}

/// `vendor:product`, and the version where one is told.
pub(super) fn cpe_parts(cpe: &str) -> Option<(String, Option<&str>)> {
    let rest = cpe.strip_prefix("cpe:2.3:").or_else(|| cpe.strip_prefix("cpe:/"))?;
    let mut parts = rest.split(':').skip(1);
    let (vendor, product) = (parts.next()?, parts.next()?);
    let version = parts.next().filter(|version| !matches!(*version, "" | "*" | "-"));
    (!vendor.is_empty() && !product.is_empty()).then(|| (format!("{vendor}:{product}").to_lowercase(), version))
}

/// Without what would break the table.
fn clean(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_dates_yes_and_no_and_leaves_out_the_rest() {
        let json = r#"{
            "a": {"title": "A", "identifiers": [{"cpe": "cpe:2.3:o:v:a:1.2"}, {"purl": "x"}],
                  "releases": [{"releaseCycle": "1", "eol": true, "eoas": false, "eoes": "2027-01-01"},
                               {"releaseCycle": "2", "eol": 3}]},
            "b": {"title": "B", "releases": [{"releaseCycle": "1"}]}}"#;
        let read = read(json, |_, _| true).unwrap();
        assert_eq!(super::super::table::write(&read.products), "=a\tA\tv:a\n1\t0\t+\t2027-01-01\n");
        assert_eq!(read.left_out, ["b"]);
        assert!(super::read("[]", |_, _| true).is_err());
        assert!(super::read("{}", |_, _| true).is_err());
    }
}
