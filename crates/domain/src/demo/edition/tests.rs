use super::super::{accounts, duty};
use super::*;
use crate::care::transmission::Note;
use fhir::Resource;
use jiff::ToSpan as _;
use jiff::civil::date;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const AT: Date = date(2026, 11, 24);
const HOUR: i64 = 3_600_000_000;

/// The first two of each unit.
fn some() -> Vec<(usize, usize)> {
    let firsts = PLACES.iter().enumerate().flat_map(|(place, described)| {
        let seats = described.ranks(false).into_iter().filter(move |rank| described.seat(*rank).1 < 2);
        seats.map(move |rank| (place, rank))
    });
    firsts.collect()
}

fn few(edition: Edition) -> Vec<Dossier> {
    some().into_iter().map(|(place, rank)| edition.dossier(place, rank)).collect()
}

fn resources(all: &[Dossier]) -> Vec<&Value> {
    all.iter().flat_map(|dossier| &dossier.resources).map(|(_, value)| value).collect()
}

fn of<'a>(all: &[&'a Value], kind: &str) -> Vec<&'a Value> {
    all.iter().copied().filter(|value| value["resourceType"] == kind).collect()
}

fn micros(text: &str) -> i64 {
    fhir::date::interval(text).unwrap().0
}

#[test]
fn same_seed_day_and_moment_give_the_same_records() {
    let edition = Edition::of(3, AT);
    assert_eq!(resources(&few(edition)), resources(&few(edition)));
    assert_ne!(resources(&few(edition)), resources(&few(Edition { seed: 4, ..edition })));
}

#[test]
fn every_resource_has_an_id_of_its_own_and_is_sound() {
    let all = few(Edition::of(1, AT));
    let all = resources(&all);
    let ids: BTreeSet<_> = all.iter().map(|value| value["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), all.len());
    let wrong = all.iter().filter_map(|value| {
        let issues = fhir::validate::check(&Resource::from_value((*value).clone()).unwrap());
        let said: Vec<_> = issues.iter().map(|issue| (issue.expression.as_deref(), issue.text_en.as_str())).collect();
        (!said.is_empty()).then(|| format!("{}: {said:?}", value["resourceType"]))
    });
    assert_eq!(wrong.collect::<BTreeSet<_>>(), BTreeSet::new());
}

#[test]
fn everyone_writes_where_they_work_and_transmits_on_duty() {
    for dossier in few(Edition::of(2, AT)) {
        for (login, value) in &dossier.resources {
            let account = accounts().iter().find(|account| account.login == *login).unwrap();
            assert!(account.accompanies(dossier.place, dossier.unit), "{login}");
            if value["resourceType"] == "Communication" {
                let sent = micros(value["sent"].as_str().unwrap());
                let day = local_time::local(sent).date();
                let shifts = [day.yesterday().unwrap(), day].map(|day| duty::shift(account, day));
                assert!(shifts.into_iter().flatten().any(|(a, b)| a <= sent && sent <= b), "{login} {value}");
                assert_eq!(value["sender"]["display"], account.display);
            }
        }
    }
}

#[test]
fn every_number_in_the_form_of_a_nir_has_a_right_key() {
    for dossier in few(Edition::of(9, AT)) {
        let ins = dossier.resources[0].1["identifier"][0]["value"].as_str().unwrap().to_owned();
        assert_eq!(ins.len(), 15, "{ins}");
        let (number, key) = ins.split_at(13);
        assert_eq!(97 - number.parse::<u64>().unwrap() % 97, key.parse::<u64>().unwrap());
    }
}

#[test]
fn ages_and_rooms_fit_the_unit() {
    let edition = Edition::of(5, AT);
    let ages = [(7, 11), (12, 15), (16, 19)];
    for rank in 0..60 {
        let mut person = Person::new(edition, 1, rank, i64::MIN);
        person.patient();
        person.stay();
        let born: Date = person.out.resources[0].1["birthDate"].as_str().unwrap().parse().unwrap();
        let age = i64::from(AT.year() - born.year()) - i64::from((AT.month(), AT.day()) < (born.month(), born.day()));
        assert!((ages[person.unit].0..=ages[person.unit].1).contains(&age), "{rank} {born}");
    }
    let stay = edition.dossier(0, 33).resources[1].1.clone();
    assert_eq!(stay["location"][0]["location"]["display"], "206");
    assert_eq!(stay["location"][0]["location"]["reference"], "Location/demo-ehpad-206");
}

#[test]
fn every_writing_is_a_targeted_transmission() {
    let all = few(Edition::of(1, AT));
    let all = resources(&all);
    let notes = of(&all, "Communication");
    let ids: BTreeSet<_> = notes.iter().map(|value| value["id"].as_str().unwrap()).collect();
    let read: Vec<Note> =
        notes.iter().map(|value| Note::read(&Resource::from_value((*value).clone()).unwrap())).collect();
    for note in &read {
        assert!(note.target.is_some() && !note.data.is_empty() && !note.data.contains('{') && note.kind.is_some());
        assert!(note.reply_to.as_ref().is_none_or(|first| ids.contains(first.as_str())));
    }
    assert!(read.iter().any(|note| note.reply_to.is_some()));
    let whole = read.iter().filter(|note| note.results.is_some()).count();
    assert!(whole * 5 > read.len(), "{whole} of {}", read.len());
    assert!(!of(&all, "AdverseEvent").is_empty());
    let due: BTreeSet<_> = of(&all, "Task").iter().map(|task| task["status"].as_str().unwrap()).collect();
    assert_eq!(due.into_iter().collect::<Vec<_>>(), ["completed", "requested"]);
}

#[test]
fn nothing_is_later_than_the_moment_but_what_is_planned() {
    for until in [6, 14, 23].map(|hour| local_time::instant(AT.at(hour, 0, 0, 0))) {
        let all = few(Edition { seed: 1, at: AT, until });
        for value in resources(&all) {
            let booked = value["status"] == "booked";
            let start = if booked { &Value::Null } else { &value["start"] };
            let dates = ["sent", "effectiveDateTime", "authoredOn", "recordedDate", "date", "dateTime", "lastModified"];
            for at in dates.iter().map(|key| &value[key]).chain([start, &value["period"]["start"]]) {
                assert!(at.as_str().is_none_or(|at| micros(at) <= until), "{value}");
            }
            assert!(!booked || micros(value["start"].as_str().unwrap()) > until);
        }
    }
}

#[test]
fn the_last_hours_are_full_in_every_unit_of_the_home() {
    let edition = Edition::of(1, AT);
    let mut written: BTreeMap<usize, usize> = BTreeMap::new();
    for rank in 0..80 {
        let dossier = edition.addition(0, rank, edition.until - 17 * HOUR);
        *written.entry(dossier.unit).or_default() +=
            dossier.resources.iter().filter(|(_, value)| value["resourceType"] == "Communication").count();
    }
    assert!(written.len() == 3 && written.values().all(|count| *count > 15), "{written:?}");
    for rank in [0, 28, 58] {
        let dossier = edition.addition(0, rank, edition.until - 40 * HOUR);
        let all = resources(std::slice::from_ref(&dossier));
        assert!(of(&all, "Communication").iter().any(|note| note["priority"] != "routine"), "{rank}");
    }
}

#[test]
fn the_missing_days_are_those_the_demo_would_have_had() {
    let first = Edition::of(1, AT);
    let later = Edition { until: local_time::instant(AT.checked_add(5.days()).unwrap().at(10, 0, 0, 0)), ..first };
    for (place, rank) in some() {
        let there: BTreeSet<String> =
            first.dossier(place, rank).resources.iter().map(|r| r.1["id"].to_string()).collect();
        let addition = later.addition(place, rank, first.until);
        assert_eq!(addition.resources.len(), addition.kinds.len());
        for (_, value) in &addition.resources {
            assert!(value["resourceType"] != "Patient" && !there.contains(&value["id"].to_string()));
        }
        let whole: BTreeSet<String> =
            later.dossier(place, rank).resources.iter().map(|r| r.1["id"].to_string()).collect();
        let both = there.iter().cloned().chain(addition.resources.iter().map(|r| r.1["id"].to_string()));
        assert_eq!(both.collect::<BTreeSet<_>>(), whole);
    }
    assert!(added(first.until, later.until) > 800);
    assert_eq!(added(first.until, first.until), 0);
}

#[test]
fn measures_allergies_and_relatives_are_as_many_as_in_real_places() {
    let edition = Edition::of(1, AT);
    let home: Vec<Dossier> = (0..80)
        .map(|rank| {
            let mut person = Person::new(edition, 0, rank, i64::MIN);
            person.relatives();
            person.wishes();
            person.clinical();
            person.dependence();
            person.out
        })
        .collect();
    let with = |keep: &dyn Fn(&Value) -> bool| {
        home.iter().filter(|dossier| dossier.resources.iter().any(|(_, value)| keep(value))).count() * 100 / home.len()
    };
    let code = |value: &Value, code: &str| value["category"][0]["coding"][0]["code"] == code;
    assert!((25..=45).contains(&with(&|value| code(value, "mesure-protection"))));
    assert!((30..=60).contains(&with(&|value| code(value, "acd"))));
    assert!((25..=45).contains(&with(&|value| value["resourceType"] == "AllergyIntolerance")));
    assert!((5..=25).contains(&with(&|value| value["criticality"] == "high")));
    assert!((40..=65).contains(&with(&|value| value["relationship"][0]["text"] == "Personne de confiance")));
    assert_eq!(with(&|value| (1..=6).contains(&value["valueInteger"].as_i64().unwrap_or(0))), 100);
}

#[test]
fn the_whole_has_the_size_of_a_real_organisation() {
    let people: usize = PLACES.iter().map(|place| place.people).sum();
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    let edition = Edition::of(1, AT);
    let ranks = everybody().filter(|(_, rank)| rank % 5 == 3);
    for dossier in ranks.map(|(place, rank)| edition.dossier(place, rank)) {
        for (_, value) in &dossier.resources {
            *kinds.entry(value["resourceType"].as_str().unwrap().to_owned()).or_default() += 5;
        }
    }
    let all: usize = kinds.values().sum();
    assert!(people == 190 && (65_000..100_000).contains(&all), "{people} people, about {all} resources, {kinds:?}");
}

/// How much a demo of [`AT`] gets between two moments.
fn added(from: i64, until: i64) -> usize {
    let edition = Edition { seed: 1, at: AT, until };
    everybody().map(|(place, rank)| edition.addition(place, rank, from).resources.len()).sum()
}
