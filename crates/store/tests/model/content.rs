//! What is written: few ids, few codes, few dates, so that they meet.

use super::random::Stream;
use confidentiality::labeler::{SafetyFact, SafetyKind};
use confidentiality::{Categories, Family, Label, Level, MaskFlags, Place};
use fhir::{Resource, ResourceType};
use serde_json::{Value, json};
use store::{Change, Graded, Judgement, Saying, TimelineFilter};

/// `p4` comes late; `p5` never comes, but is written about.
pub(crate) const PATIENTS: [&str; 6] = ["p0", "p1", "p2", "p3", "p4", "p5"];
pub(crate) const KINDS: [ResourceType; 2] = [ResourceType::CONDITION, ResourceType::OBSERVATION];
pub(crate) const ICD: &str = "http://hl7.org/fhir/sid/icd-10";
pub(crate) const CODES: [&str; 3] = ["I10", "F20.0", "B24"];
const LEVELS: [Level; 8] = [
    Level::Open,
    Level::Daily,
    Level::Standard,
    Level::Standard,
    Level::Standard,
    Level::Sensitive,
    Level::Sensitive,
    Level::VerySensitive,
];

pub(crate) fn kind(random: &mut Stream) -> ResourceType {
    random.pick(&KINDS)
}

/// An id of a kind; also one that may not exist.
pub(crate) fn id(random: &mut Stream, kind: ResourceType) -> String {
    let letter = if kind == ResourceType::CONDITION { 'c' } else { 'o' };
    format!("{letter}{}", random.below(14))
}

pub(crate) fn resource(random: &mut Stream, kind: ResourceType, id: &str) -> Resource {
    let value = if kind == ResourceType::CONDITION { condition(random, id) } else { observation(random, id) };
    Resource::from_value(value).unwrap()
}

pub(crate) fn patient(random: &mut Stream, id: &str) -> Resource {
    let family = random.pick(&["Quéméner", "Le Goff", "L'Hénoret", "Quemener"]);
    let birth = random.pick(&["1938-03-07", "1938-04", "1941"]);
    let mut value = json!({"resourceType": "Patient", "id": id, "name": [{"family": family}], "birthDate": birth,
        "identifier": [{"system": "urn:ins", "value": format!("{}{}", random.pick(&["a", "A"]), random.below(3))}]});
    if random.chance(70) {
        set(&mut value, "gender", json!(random.pick(&["female", "male"])));
    }
    Resource::from_value(value).unwrap()
}

fn condition(random: &mut Stream, id: &str) -> Value {
    let mut value = json!({"resourceType": "Condition", "id": id, "recordedDate": date(random),
        "code": {"coding": [{"system": ICD, "code": random.pick(&CODES)}]},
        "identifier": [{"system": "urn:x", "value": random.below(6).to_string()}]});
    set(&mut value, "subject", person(random, &PATIENTS));
    if random.chance(30) {
        let detail = reference(&format!("Observation/o{}", random.below(14)));
        set(&mut value, "evidence", json!([{ "detail": [detail] }]));
    }
    value
}

fn observation(random: &mut Stream, id: &str) -> Value {
    let mut value = json!({"resourceType": "Observation", "id": id, "status": random.pick(&["final", "final", "amended"]),
        "code": {"coding": [{"code": random.pick(&CODES)}]}});
    match random.below(10) {
        0..=5 => set(&mut value, "effectiveDateTime", json!(date(random))),
        6 => set(&mut value, "effectivePeriod", json!({"start": date(random)})),
        7 => set(&mut value, "effectivePeriod", json!({"start": "2025-01-02", "end": date(random)})),
        _ => {}
    }
    if random.chance(60) {
        set(&mut value, "valueQuantity", quantity(random));
    }
    if random.chance(40) {
        let mut component =
            || json!({"code": {"coding": [{"code": random.pick(&CODES)}]}, "valueQuantity": quantity(random)});
        let both = json!([component(), component()]);
        set(&mut value, "component", both);
    }
    if random.chance(75) {
        set(&mut value, "subject", person(random, &PATIENTS));
    }
    if random.chance(25) {
        set(&mut value, "performer", json!([person(random, &["p0", "p1", "p2", "p3"])]));
    }
    if random.chance(25) {
        set(&mut value, "focus", json!([reference(&format!("Condition/c{}", random.below(14)))]));
    }
    value
}

fn quantity(random: &mut Stream) -> Value {
    let number = random.pick(&[5.0, 5.04, 5.5, 6.0, 9.5, 10.0, -1.0, 0.0]);
    match random.below(3) {
        0 => json!({"value": number}),
        1 => json!({"value": number, "unit": "kilo", "system": "http://unitsofmeasure.org", "code": "kg"}),
        _ => json!({"value": number, "unit": "kg"}),
    }
}

fn set(value: &mut Value, name: &str, to: Value) {
    value.as_object_mut().unwrap().insert(name.to_owned(), to);
}

fn person(random: &mut Stream, among: &[&str]) -> Value {
    reference(&format!("Patient/{}", random.pick(among)))
}

fn reference(to: &str) -> Value {
    json!({ "reference": to })
}

pub(crate) fn date(random: &mut Stream) -> String {
    let month = 1 + random.below(3);
    match random.below(10) {
        0..=1 => format!("2025-{month:02}"),
        2 => format!("2025-{month:02}-{:02}T{:02}:00:00Z", 1 + random.below(5), random.below(24)),
        _ => format!("2025-{month:02}-{:02}", 1 + random.below(5)),
    }
}

pub(crate) fn graded(random: &mut Stream) -> Graded {
    let mut categories = Categories::empty();
    for _ in 0..random.below(3) {
        categories = categories.union(Categories::from_bits_truncate(1 << random.below(17)));
    }
    let mask = if random.chance(15) { random.pick(&[1, 1, 2, 4]) } else { 0 };
    Graded {
        label: Label { level: random.pick(&LEVELS), categories, reasons: Vec::new() },
        family: random.pick(&Family::ALL),
        place: Place::new(random.pick(&[0, 1, 1, 1, 2, 2])),
        mask: MaskFlags::from_bits_truncate(mask),
        rules: 1,
        safety: safety(random),
    }
}

/// Often nothing, at any level.
fn safety(random: &mut Stream) -> Vec<SafetyFact> {
    let kinds = [SafetyKind::Drug, SafetyKind::Allergy, SafetyKind::Consigne, SafetyKind::Alert];
    let fact = |random: &mut Stream| SafetyFact {
        kind: random.pick(&kinds),
        text: random.pick(&["Lithium", "Latex", "Surveillance rapprochée."]).to_owned(),
        detail: random.chance(50).then(|| "1 cp le soir".to_owned()),
    };
    let number = random.pick(&[0, 0, 1, 2]);
    (0..number).map(|_| fact(random)).collect()
}

/// What rules of a version say of a resource: of most, nothing.
pub(crate) fn judgement(resource: &Resource, rules: i64) -> Judgement {
    let bytes = resource.to_vec();
    let number =
        bytes.iter().fold(rules.unsigned_abs(), |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(*byte)));
    let level = match number % 7 {
        0 => Level::VerySensitive,
        1 => Level::Sensitive,
        _ => Level::Open,
    };
    let categories =
        if number % 5 == 0 { Categories::from_bits_truncate(1 << (number / 7 % 17)) } else { Categories::empty() };
    let told = SafetyFact { kind: SafetyKind::Drug, text: format!("règles {rules}"), detail: None };
    let safety = if number % 3 == 0 { vec![told] } else { Vec::new() };
    let mask = MaskFlags::from_bits_truncate(if number % 11 == 0 { 2 } else { 0 });
    Judgement { level, categories, mask, safety }
}

/// A patient's own resource, as everybody near may know it.
pub(crate) fn graded_patient(random: &mut Stream) -> Graded {
    let label = Label { level: Level::Standard, categories: Categories::empty(), reasons: Vec::new() };
    let place = Place::new(1 + random.below(2));
    Graded { label, family: Family::Adm, place, mask: MaskFlags::empty(), rules: 1, safety: Vec::new() }
}

/// A change of something that may or may not be there. `version` gives the current version of an id.
pub(crate) fn change(random: &mut Stream, version: impl Fn(ResourceType, &str) -> Option<i64>) -> Change {
    let kind = kind(random);
    let id = id(random, kind);
    let current = version(kind, &id);
    let if_match = match random.below(3) {
        0 => None,
        1 => current,
        _ => current.map(|version| version + random.below(3) - 1),
    };
    let existing = current.is_some();
    match random.below(10) {
        0..=4 if !existing || random.chance(10) => Change::Create {
            resource: resource(random, kind, &id),
            graded: graded(random),
            if_none_exist: None,
            import: None,
        },
        0..=6 => Change::Update {
            resource: resource(random, kind, &id),
            graded: graded(random),
            if_match,
            upsert: random.chance(20),
            import: None,
        },
        7 => Change::Misfile { resource: resource(random, kind, &id), graded: graded(random), if_match },
        _ => Change::Delete { kind, id, if_match },
    }
}

/// Which types, and between which dates; often all.
pub(crate) fn kinds_and_dates(random: &mut Stream, now: i64) -> (Vec<ResourceType>, Option<i64>, Option<i64>) {
    let mut kinds = random.pick(&[[None, None], [None, Some(0)], [Some(1), None], [Some(0), Some(1)]]).to_vec();
    let mut kinds: Vec<_> = kinds.drain(..).flatten().filter_map(|at: usize| KINDS.get(at).copied()).collect();
    if random.chance(30) {
        kinds.push(ResourceType::PATIENT);
    }
    let mut bound = || random.chance(40).then(|| if random.chance(50) { now - random.below(60) } else { day(random) });
    (kinds, bound(), bound())
}

/// What an item must say; most often nothing.
pub(crate) fn saying(random: &mut Stream, now: i64) -> Vec<Saying> {
    let all = [
        Saying::Any("code", &["I10", "F20.0"]),
        Saying::None(&["code", "clinical-status"], &["B24"]),
        Saying::Since("recorded-date", if random.chance(50) { day(random) } else { now }),
    ];
    all.into_iter().filter(|_| random.chance(15)).collect()
}

/// What to show of a person's record; often all of it.
pub(crate) fn timeline_filter(random: &mut Stream, now: i64) -> TimelineFilter {
    let (kinds, _, before) = kinds_and_dates(random, now);
    let families = Family::ALL.into_iter().filter(|_| random.chance(60)).collect();
    if random.chance(60) {
        TimelineFilter { kinds, before, ..TimelineFilter::default() }
    } else {
        TimelineFilter { kinds, families, before, ..TimelineFilter::default() }
    }
}

/// The beginning of a day on which things are written about.
fn day(random: &mut Stream) -> i64 {
    fhir::date::interval(&date(random)).unwrap().0
}
