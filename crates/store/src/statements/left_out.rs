//! No statement of the sources is left out of the tour.

use std::collections::BTreeSet;
use std::path::Path;

/// The beginning of every statement written in the sources, as far as it is fixed, is in one that ran.
pub(super) fn nothing(ran: &BTreeSet<String>) {
    let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let ran: Vec<String> = ran.iter().map(|sql| flat(sql)).collect();
    let mut missing = Vec::new();
    for source in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let text = std::fs::read_to_string(&source).unwrap();
        let product = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        for rest in product.split('"').skip(1) {
            if ["SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM "].iter().any(|verb| rest.starts_with(verb)) {
                let fixed = flat(rest.split(['{', '\\']).next().unwrap_or_default());
                if !ran.iter().any(|sql| sql.contains(&fixed)) {
                    missing.push(format!("{}: {fixed}", source.display()));
                }
            }
        }
    }
    // What the engine's dialects write apart is compared, not looked for; what a database is asked before it is opened is PostgreSQL's alone, what it is made of each engine's.
    let apart = ["pg_", "FROM unnest(", "to_regclass(", "sqlite_master"];
    missing.retain(|text| !apart.iter().any(|of| text.contains(of)));
    assert!(missing.is_empty(), "the tour leaves out: {missing:#?}");
}

const APART: [&str; 8] =
    ["statements.rs", "upgrade.rs", "metal.rs", "twin.rs", "old_keys.rs", "sizes.rs", "plan.rs", "left_out.rs"];

fn sources(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|end| end == "rs") && !APART.iter().any(|tests| path.ends_with(tests)) {
            found.push(path);
        }
    }
    found
}
