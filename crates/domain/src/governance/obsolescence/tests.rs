//! Rules run on their own examples, and machines that nobody wrote rules for.

use super::rules::{FILES, Rules};
use super::table;
use super::text::Texts;
use super::*;
use jiff::civil::date;

mod corpus;
mod generated;
mod samples;

/// « name|version|build|maker|model|publisher ».
fn observed(kind: Kind, written: &str) -> Observed<'_> {
    let mut fields = written.split('|').map(str::trim);
    let mut next = || fields.next().unwrap_or_default();
    let (name, version, build, maker, model, publisher) = (next(), next(), next(), next(), next(), next());
    Observed { kind, name, version, build, maker, model, publisher, ..Observed::default() }
}

#[test]
fn what_is_shipped_can_be_read_and_read_back() {
    Facts::read().unwrap();
    assert_eq!(table::write(&table::parse(TABLE).unwrap()), TABLE);
    assert!(FILES.iter().all(|(_, text)| text.lines().count() < 800));
}

#[test]
fn every_product_of_a_rule_is_in_the_facts_or_has_no_published_date() {
    let facts = Facts::read().unwrap();
    let undated = ["truenas", "pfsense", "sophos-sfos", "qnap-qts"];
    for id in Rules::shipped().unwrap().products() {
        assert!(facts.products.contains_key(id) != undated.contains(&id), "{id}");
    }
}

#[test]
fn every_rule_fits_its_examples_and_leaves_the_others_alone() {
    let facts = Facts::read().unwrap();
    let mut wrong = Vec::new();
    for rule in &facts.rules.all {
        for example in &rule.yes {
            let (written, cycle) = example.split_once("=>").unwrap();
            let observed = observed(rule.kind(), written);
            let finding = assess(&facts, &observed, date(2026, 11, 23));
            let fits = facts.rules.find(rule.kind(), &Texts::of(&observed)).map(|found| found.id.clone());
            let got = finding.cycle.clone().unwrap_or_default();
            if fits.as_ref() != Some(&rule.id) || got != cycle.trim() {
                wrong.push(format!("{}: {example} fits {fits:?}, gives {:?} {got:?}", rule.id, finding.product));
            }
        }
        for name in &rule.no {
            let found = facts.rules.find(rule.kind(), &Texts::of(&Observed { name, ..Observed::default() }));
            if found.is_some_and(|found| found.id == rule.id) {
                wrong.push(format!("{} takes {name}", rule.id));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
