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
    let file: Value = serde_json::from_str(json.trim_start_matches('\u{feff}')).map_err(|_| NotCommunity::NotJson)?;
    let mut read = Community::default();
    for (id, product) in listed(&file).ok_or(NotCommunity::NotJson)? {
        let category = product.get("category").and_then(Value::as_str).unwrap_or_default();
        if !keep(id, category) {
            continue;
        }
        let found = of(id, product);
        if found.cycles.is_empty() || !is_id(id) {
            read.left_out.push(clean(id));
        } else {
            read.products.insert(id.to_owned(), found);
        }
    }
    if read.products.is_empty() { Err(NotCommunity::Empty) } else { Ok(read) }
}

/// Products by id: as the community keeps them, or as its API (v1) answers, all in full.
fn listed(file: &Value) -> Option<Vec<(&str, &Value)>> {
    if let Some(answer) = file.get("result").and_then(Value::as_array) {
        return Some(answer.iter().filter_map(|one| Some((one.get("name")?.as_str()?, one))).collect());
    }
    Some(file.as_object()?.iter().map(|(id, product)| (id.as_str(), product)).collect())
}

/// What may stand as an id in a table.
fn is_id(id: &str) -> bool {
    !id.is_empty() && id.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '+'))
}

fn of(id: &str, product: &Value) -> Product {
    let releases = product.get("releases").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    // Builds tell Windows cycles apart; elsewhere the latest release is not a fact about support.
    let with_builds = id.starts_with("windows");
    let cycles = releases.iter().filter_map(|release| cycle(release, with_builds)).collect();
    let title = clean(product.get("title").or_else(|| product.get("label")).and_then(Value::as_str).unwrap_or(id));
    Product { title, cpes: cpes(product), cycles }
}

fn cycle(release: &Value, with_build: bool) -> Option<Cycle> {
    let text = |key: &str| release.get(key).and_then(Value::as_str).unwrap_or_default();
    let id = release.get("releaseCycle").or_else(|| release.get("name"));
    let id = id.and_then(|id| id.as_str().map(clean).or_else(|| id.is_number().then(|| id.to_string())))?;
    // The API says yes or no apart from the day.
    let end = |key: &str, day: &str, over: &str| match (release.get(key), release.get(day), release.get(over)) {
        (Some(told), _, _) => end(Some(told)),
        (None, Some(day), _) if !day.is_null() => end(Some(day)),
        (None, _, over) => end(over),
    };
    let known = ["eol", "eolFrom", "isEol"].iter().any(|key| release.get(*key).is_some());
    if id.is_empty() || id.starts_with(['=', '#']) || !known {
        return None;
    }
    let latest = release.get("latest").map(|latest| latest.get("name").unwrap_or(latest));
    let latest = latest.and_then(Value::as_str).unwrap_or_default();
    let label = if text("releaseLabel").is_empty() { text("label") } else { text("releaseLabel") };
    let label = label.replace("__RELEASE_CYCLE__", &id).replace("__CODENAME__", text("codename"));
    let label = clean(&label);
    Some(Cycle {
        active: end("eoas", "eoasFrom", "isEoas")?,
        security: end("eol", "eolFrom", "isEol")?,
        extended: end("eoes", "eoesFrom", "isEoes")?,
        label: if label == id { String::new() } else { label },
        build: if with_build { clean(latest) } else { String::new() },
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
    // `{"cpe": "cpe:/o:…"}`, or `{"type": "cpe", "id": "cpe:/o:…"}`.
    let named = |one: &Value| one.get("cpe").or_else(|| one.get("id")).and_then(Value::as_str).and_then(cpe);
    let mut found: Vec<String> = listed.iter().filter_map(named).map(|name| clean(&name)).collect();
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
        let answer = r#"{"schema_version": "1.2.1", "result": [{"name": "a", "label": "A", "identifiers": [{"type": "cpe", "id": "cpe:/o:v:a"}],
            "releases": [{"name": "1", "label": "1", "isEol": true, "eolFrom": "2020-01-01", "isEoas": false, "eoasFrom": null},
                         {"name": "2", "label": "Two", "isEol": false, "eolFrom": null}]}]}"#;
        let written = super::super::table::write(&super::read(answer, |_, _| true).unwrap().products);
        assert_eq!(written, "=a\tA\tv:a\n1\t0\t2020-01-01\t-\n2\t-\t0\t-\tTwo\n");
        assert!(super::read("[]", |_, _| true).is_err());
        assert!(super::read("{}", |_, _| true).is_err());
    }

    #[test]
    fn strange_files_make_tables_that_can_be_read() {
        use super::super::{Facts, Kind, Observed, assess};
        let json = "{\"w\\tq\": {\"releases\": [{\"releaseCycle\": \"1\", \"eol\": true}]}, \"y\": 7, \"z\": {\"releases\": \"no\"}, \"\": null,
            \"x\": {\"title\": \"\", \"releases\": [{\"releaseCycle\": \"1\\t2\\n=evil\", \"eol\": \"2020-01-01\"}, {\"releaseCycle\": \"=e\", \"eol\": true},
                {\"releaseCycle\": \"3\", \"eol\": \"2020-13-45\"}, {\"releaseCycle\": 4, \"eol\": \"2020-01-01\", \"latest\": 7}]}}";
        let (table, left_out) = Facts::convert(json).unwrap();
        assert_eq!(left_out, ["w q", "y", "z", ""]);
        let facts = Facts::with_table(&table, jiff::civil::date(2026, 11, 28)).unwrap();
        let named = |name| {
            assess(
                &facts,
                &Observed { kind: Kind::Software, name, ..Observed::default() },
                jiff::civil::date(2026, 11, 28),
            )
        };
        assert_eq!(named("4").product, None, "a product without a name is found by none");
        assert!(Facts::convert("{\"a\": {\"releases\": []}}").is_err());
        assert!(Facts::convert(&"[".repeat(100_000)).is_err());
    }
}
