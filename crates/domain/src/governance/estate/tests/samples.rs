//! The samples, where they are.

use super::*;
use std::path::PathBuf;

#[expect(clippy::print_stderr, reason = "skips aloud")]
fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("SOCLE_SAMPLES").map(|samples| PathBuf::from(samples).join("maitrise"));
    if folder.is_none() {
        let required = std::env::var("SOCLE_REQUIRE").unwrap_or_default();
        assert!(!required.split(',').any(|word| word.trim() == "samples"), "SOCLE_REQUIRE: SOCLE_SAMPLES is not set");
        eprintln!("SKIPPED: SOCLE_SAMPLES is not set");
    }
    folder
}

fn file(path: &str) -> Vec<u8> {
    std::fs::read(folder().unwrap().join(path)).unwrap()
}

#[test]
fn every_upstream_inventory_is_a_machine_without_loss() {
    let Some(folder) = folder() else { return };
    let mut count = 0;
    for kind in ["glpi-inventory/examples", "glpi-inventory/xml"] {
        for entry in std::fs::read_dir(folder.join(kind)).unwrap() {
            let bytes = std::fs::read(entry.unwrap().path()).unwrap();
            let parsed = read(&bytes).unwrap();
            assert!(!parsed.lines.is_empty());
            assert!(parsed.lines.iter().all(|line| matches!(line.content, Content::Machine(_))));
            count += 1;
        }
    }
    assert_eq!(count, 14);
}

#[test]
fn parts_of_one_machine_join_by_serial_number() {
    if folder().is_none() {
        return;
    }
    let full = file("glpi-inventory/examples/computer_1.json");
    let part = file("glpi-inventory/examples/computer_1_partial_softs.json");
    let estate = fold(&[&full, &part]);
    assert_eq!(estate.assets.len(), 1);
    let machine = &estate.assets[0];
    assert_eq!(machine.facts.remote.as_ref().unwrap()[0].kind, "teamviewer");
    assert_eq!(machine.facts.drives.as_ref().unwrap().iter().filter(|drive| drive.encrypted == State::Yes).count(), 3);
    let bases = fold(&[
        &file("glpi-inventory/examples/computer_2_partial_dbs.json"),
        &file("glpi-inventory/examples/computer_2_partial_vms.json"),
    ]);
    assert_eq!(bases.assets.len(), 1);
    assert_eq!(bases.assets[0].facts.databases.as_ref().unwrap()[0].backed_up, State::Yes);
}

#[test]
fn a_whole_estate_out_of_all_sources() {
    if folder().is_none() {
        return;
    }
    let names = [
        "parc-A.jsonl",
        "wsus.csv",
        "osquery-snapshot.json",
        "nmap-interne.xml",
        "nmap-externe.xml",
        "annuaire-ad.csv",
        "rh-mouvements.csv",
        "sbom.cdx.json",
    ];
    let files: Vec<Vec<u8>> = names.iter().map(|name| file(&format!("synthetique/{name}"))).collect();
    let all: Vec<&[u8]> = files.iter().map(Vec::as_slice).collect();
    let estate = fold(&all);
    // Twelve machines, what the network shows beside them, and the address seen from outside.
    let names: Vec<&str> = estate.assets.iter().map(|asset| asset.name.as_str()).collect();
    assert_eq!(names.len(), 15, "{names:?}");
    for name in ["PC-ACCUEIL", "PC-RH", "SRV-AD", "srv-dui", "TAB-ETAGE2", "nas", "camera-hall", "vpn"] {
        assert!(names.contains(&name), "{name} in {names:?}");
    }
    let server = asset(&estate, "SRV-AD");
    assert_eq!(server.seen.len(), 3);
    assert_eq!(
        server.facts.system.as_ref().unwrap().full_name.as_deref(),
        Some("Microsoft Windows Server 2012 R2 Standard")
    );
    assert_eq!(server.facts.updates.as_ref().unwrap().needed, Some(37));
    assert!(server.facts.ports.as_ref().unwrap().iter().any(|port| port.number == 3389));
    let laptop = asset(&estate, "PC-RH");
    assert_eq!(laptop.facts.drives.as_ref().unwrap()[0].encrypted, State::Yes);
    assert_eq!((estate.accounts.len(), estate.movements.len(), estate.products.len()), (6, 4, 1));
    assert_eq!(estate.products[0].told.components.len(), 3);
    assert_eq!(estate.unmatched, []);
    let mut back: Vec<&[u8]> = all.clone();
    back.reverse();
    let back = fold(&back);
    assert_eq!(
        back.assets.iter().map(|a| (&a.name, &a.facts)).collect::<Vec<_>>(),
        estate.assets.iter().map(|a| (&a.name, &a.facts)).collect::<Vec<_>>()
    );
}

#[test]
fn verdicts_are_those_expected_whatever_else_is_known() {
    use crate::governance::obsolescence::Facts;
    if folder().is_none() {
        return;
    }
    let expected: serde_json::Value = serde_json::from_slice(&file("synthetique/parc-A.attendu.json")).unwrap();
    let at = jiff::civil::date(2026, 11, 23);
    let sources: [&[&str]; 3] = [
        &["parc-A.jsonl"],
        &["parc-A.jsonl", "wsus.csv", "osquery-snapshot.json", "nmap-interne.xml"],
        &["nmap-interne.xml", "osquery-snapshot.json", "wsus.csv", "parc-A.jsonl"],
    ];
    for names in sources {
        let files: Vec<Vec<u8>> = names.iter().map(|name| file(&format!("synthetique/{name}"))).collect();
        let estate = fold(&files.iter().map(Vec::as_slice).collect::<Vec<_>>());
        for (name, wanted) in expected["expected"].as_object().unwrap() {
            let finding = asset(&estate, name).system_finding(Facts::shipped(), at);
            assert_eq!(finding.verdict.code(), wanted["verdict"], "{name} in {names:?}");
            assert_eq!(finding.product.as_deref(), wanted["product"].as_str(), "{name}");
            assert_eq!(finding.cycle.as_deref(), wanted["cycle"].as_str(), "{name}");
            assert_eq!(finding.eol.map(|day| day.to_string()).as_deref(), wanted["eol"].as_str(), "{name}");
            assert_eq!(finding.eoes.map(|day| day.to_string()).as_deref(), wanted["eoes"].as_str(), "{name}");
        }
    }
}
