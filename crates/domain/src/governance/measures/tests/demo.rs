//! What the director of the demo sees first.

use super::super::*;
use crate::governance::estate::{Estate, Source, read};
use crate::governance::obsolescence::Facts;
use jiff::civil::date;
use std::collections::{BTreeMap, BTreeSet};

#[test]
fn the_demo_begins_with_its_unsupported_machines() {
    let today = date(2026, 11, 24);
    let now = crate::local_time::instant(today.at(9, 0, 0, 0));
    let files = crate::demo::estate(crate::demo::Edition::of(1, today));
    let lines = files.iter().zip(1..).flat_map(|(file, import)| {
        let parsed = read(file.1.as_bytes()).unwrap();
        let source = Source { import, at: now, file: String::new(), format: parsed.format, line: 0, entry: 0 };
        Estate::lines(source, parsed.lines).collect::<Vec<_>>()
    });
    let estate = Estate::fold(lines);
    let (settings, own, facts) = (Settings::default(), Own::default(), Facts::shipped());
    let inputs = Inputs {
        estate: &estate,
        imports: &BTreeMap::new(),
        facts,
        own: &own,
        settings: &settings,
        derogations: &[],
        actions: &[],
        declared: &[],
        now,
        today,
    };
    let statuses = assess(inputs, &Profile::default());
    let exposed = Exposed::of(&estate, facts, &BTreeSet::new(), today);
    let steps = month(&Profile::default(), &statuses, &exposed, 5);
    let ids: Vec<&str> = steps.iter().map(|step| step.measure.id).collect();
    assert!(ids.contains(&"MAJ-01") && ids.contains(&"MAJ-02"), "{ids:?}");
    assert!(steps.iter().all(|step| step.measure.harm == Harm::Opens && step.state == State::Failing), "{ids:?}");
}
