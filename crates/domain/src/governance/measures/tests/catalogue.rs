//! The shipped catalogue.

use super::super::*;
use std::collections::BTreeSet;

#[test]
fn has_the_measures_that_were_agreed() {
    let all = catalogue();
    assert_eq!(all.len(), 114);
    let count = |level: Level| all.iter().filter(|measure| measure.level == level).count();
    assert_eq!([Level::Base, Level::Standard, Level::Reinforced].map(count), [71, 42, 1]);
    let of = |proof: Proof| all.iter().filter(|measure| measure.proof == proof).count();
    let proofs = [Proof::Machine, Proof::PartlyMachine, Proof::Register, Proof::Document, Proof::Declared];
    assert_eq!(proofs.map(of), [71, 6, 27, 7, 3]);
    assert_eq!(all.iter().map(|measure| measure.id).collect::<BTreeSet<_>>().len(), 114);
    assert_eq!(all.iter().map(|measure| measure.domain).collect::<BTreeSet<_>>().len(), 18);
}

#[test]
fn speaks_to_a_director() {
    for measure in catalogue() {
        assert!(measure.title.chars().count() <= 110, "{}", measure.title);
        assert!(measure.action.ends_with('.') && !measure.title.ends_with('.'), "{}", measure.id);
        assert!(!measure.sources.is_empty() && !measure.connectors.is_empty());
        assert!((1..=20).contains(&measure.half_days));
    }
}

#[test]
fn keeps_the_ids_levels_and_sources_of_the_reference() {
    let Some(samples) = std::env::var_os("SOCLE_SAMPLES") else { return };
    let path = std::path::PathBuf::from(samples).join("maitrise/mesures-maitrise-si.json");
    let Ok(text) = std::fs::read_to_string(path) else { return };
    let file: serde_json::Value = serde_json::from_str(&text).unwrap();
    let listed = file["mesures"].as_array().unwrap();
    assert_eq!(listed.len(), catalogue().len());
    for wanted in listed {
        let measure = find(wanted["id"].as_str().unwrap()).unwrap();
        let level = [Level::Base, Level::Standard, Level::Reinforced][wanted["niveau"].as_u64().unwrap() as usize - 1];
        assert_eq!((measure.level, measure.domain), (level, wanted["domaine"].as_str().unwrap()));
        let sources: Vec<&str> =
            wanted["sources"].as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
        assert_eq!(measure.sources, sources);
    }
}

#[test]
fn what_nothing_proves_is_not_covered() {
    let world = super::world::World::sound();
    let uncovered: Vec<&str> = world
        .statuses()
        .iter()
        .filter(|status| status.state == State::NotCovered)
        .map(|status| status.measure)
        .collect();
    let without: Vec<&str> = catalogue().iter().map(|measure| measure.id).filter(|id| !has_rule(id)).collect();
    assert_eq!(uncovered, without);
}

#[test]
fn whatever_a_machine_can_prove_has_a_rule() {
    let machine = catalogue().iter().filter(|measure| measure.proof == Proof::Machine);
    let without: Vec<&str> = machine.map(|measure| measure.id).filter(|id| !has_rule(id)).collect();
    assert_eq!(without, Vec::<&str>::new());
}
