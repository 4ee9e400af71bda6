//! The sample estates, where they are at hand.

use super::*;
use serde_json::Value;
use std::path::PathBuf;

#[expect(clippy::print_stderr, reason = "a skip must be loud")]
fn folder() -> Option<PathBuf> {
    let found = std::env::var_os("SOCLE_SAMPLES").map(|samples| PathBuf::from(samples).join("maitrise"));
    let found = found.filter(|folder| folder.is_dir());
    let required = std::env::var("SOCLE_REQUIRE").unwrap_or_default();
    assert!(found.is_some() || !required.contains("samples"), "SOCLE_REQUIRE names samples, and they are not there");
    if found.is_none() {
        eprintln!("SKIPPED: SOCLE_SAMPLES names no folder with maitrise/");
    }
    found
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_default()
}

fn system(content: &Value) -> Finding {
    let os = &content["operatingsystem"];
    let name = [text(os, "full_name"), text(os, "name")].into_iter().find(|name| !name.is_empty()).unwrap_or_default();
    let observed = Observed {
        name,
        version: text(os, "version"),
        build: text(os, "kernel_version"),
        service_pack: text(os, "service_pack"),
        maker: text(&content["bios"], "smanufacturer"),
        model: text(&content["bios"], "smodel"),
        ..Observed::default()
    };
    assess(Facts::shipped(), &observed, date(2026, 11, 23))
}

#[test]
fn gives_the_expected_verdicts_of_the_sample_estate() {
    let Some(folder) = folder() else { return };
    let read = |name: &str| std::fs::read_to_string(folder.join("synthetique").join(name)).unwrap();
    let expected: Value = serde_json::from_str(&read("parc-A.attendu.json")).unwrap();
    let mut seen = 0;
    for line in read("parc-A.jsonl").lines() {
        let machine: Value = serde_json::from_str(line).unwrap();
        let name = text(&machine["content"]["hardware"], "name");
        let (found, wanted) = (system(&machine["content"]), &expected["expected"][name]);
        let day = |value: &Value| value.as_str().map(str::to_owned);
        assert_eq!(found.verdict.code(), text(wanted, "verdict"), "{name}: {found:?}");
        assert_eq!(found.product, day(&wanted["product"]), "{name}");
        assert_eq!(found.cycle, day(&wanted["cycle"]), "{name}");
        assert_eq!(found.eol.map(|day| day.to_string()), day(&wanted["eol"]), "{name}");
        assert_eq!(found.eoes.map(|day| day.to_string()), day(&wanted["eoes"]), "{name}");
        seen += 1;
    }
    assert_eq!(seen, 12);
}

#[test]
fn every_upstream_inventory_has_a_verdict_or_a_reason() {
    let Some(folder) = folder() else { return };
    let mut known = Vec::new();
    for entry in std::fs::read_dir(folder.join("glpi-inventory/examples")).unwrap() {
        let file: Value = serde_json::from_str(&std::fs::read_to_string(entry.unwrap().path()).unwrap()).unwrap();
        let found = system(&file["content"]);
        assert!(!found.reason.fr.is_empty() && (found.verdict != Verdict::Unknown || found.cycle.is_none()));
        known.extend(found.cycle.map(|cycle| format!("{} {cycle}", found.product.unwrap())));
    }
    known.sort();
    assert_eq!(known, ["android 10", "fedora 25", "fedora 31", "fedora 31"]);
}
