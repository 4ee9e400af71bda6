//! What holds of the labeler whatever the content: it never fails, says where it found what it says, and a line is never
//! lost in a note.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

#[path = "cases/load.rs"]
mod load;

use confidentiality::labeler::score::Case;
use confidentiality::labeler::{Context, Labeler};
use confidentiality::{Categories, Label, Level};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};
use std::sync::LazyLock;

static LABELER: LazyLock<Labeler> = LazyLock::new(|| Labeler::shipped().unwrap());
static NOTES: LazyLock<Vec<Case>> = LazyLock::new(|| load::files(&load::NOTES));
static AFFIRMED: LazyLock<Vec<Case>> = LazyLock::new(|| {
    let affirmed = |case: &Case| matches!(case.phenomenon.as_str(), "plain" | "abbr" | "hist" | "hypo" | "mixed");
    load::files(&load::SENTENCES).into_iter().filter(|case| affirmed(case) && case.level >= 2).collect()
});

/// What fills a day: nothing in it is above the usual level.
const ORDINARY: [&str; 12] = [
    "Petit-déjeuner pris au salon, de bonne humeur.",
    "Lessive faite, draps changés.",
    "M. Bonnet a regardé le match jusqu'à 22 h.",
    "Atelier peinture l'après-midi, six participants.",
    "TA 13/7, T° 36,8.",
    "Doliprane 1 g donné à 8 h pour une douleur au genou.",
    "Rdv dentiste jeudi à 14 h 30, ambulance commandée.",
    "Sa sœur a téléphoné, elle passera dimanche.",
    "Ampoule du couloir à changer.",
    "RAS pour la nuit.",
    "Pas de chute, pas de fièvre.",
    "Il a dit « à demain » en partant.",
];

fn label(text: &str) -> Label {
    LABELER.label_text(text, &Context::default())
}

/// Level, categories and rules: all but the places.
fn said(label: &Label) -> (Level, Categories, Vec<&str>) {
    (label.level, label.categories, label.reasons.iter().map(|reason| reason.rule.as_str()).collect())
}

/// Words of the trade among anything else.
fn fragment() -> impl Strategy<Value = String> {
    let word = || {
        let words: Vec<String> = AFFIRMED.iter().flat_map(|case| case.text.split(' ').map(str::to_owned)).collect();
        select(words)
    };
    let sign =
        || select(vec!["«", "»", "\"", ".", ",", ";", ":", "(", ")", "—", " - ", "\n", "\r\n", "+", "\u{301}", "’"]);
    prop_oneof![4 => word(), 2 => sign().prop_map(str::to_owned), 1 => any::<String>()]
}

fn text() -> impl Strategy<Value = String> {
    let joined = (vec(fragment(), 0..40), select(vec![" ", "", "\u{a0}"])).prop_map(|(parts, glue)| parts.join(glue));
    prop_oneof![any::<String>(), vec(any::<char>(), 0..200).prop_map(String::from_iter), joined]
}

fn blanks() -> impl Strategy<Value = String> {
    vec(select(vec![" ", "\t", "\r\n", "\n", "\u{a0}"]), 0..6).prop_map(|blanks| blanks.concat())
}

/// Any JSON, with keys that resources have.
fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        text().prop_map(Value::from),
        select(vec!["http://hl7.org/fhir/sid/icd-10", "F20", "Z", "", "Condition", "refuted"]).prop_map(Value::from),
    ];
    let keys = [
        "resourceType",
        "system",
        "code",
        "coding",
        "text",
        "div",
        "display",
        "reference",
        "category",
        "contained",
        "meta",
        "security",
        "verificationStatus",
        "linkId",
        "answer",
        "valueBoolean",
        "status",
        "note",
        "dosageInstruction",
        "doseAndRate",
        "doseQuantity",
        "value",
        "medicationCodeableConcept",
    ];
    let key = move || prop_oneof![4 => select(keys.to_vec()).prop_map(str::to_owned), 1 => any::<String>()];
    leaf.prop_recursive(5, 60, 6, move |inner| {
        let object = vec((key(), inner.clone()), 0..6).prop_map(|all| Value::Object(Map::from_iter(all)));
        prop_oneof![vec(inner, 0..5).prop_map(Value::Array), object]
    })
}

fn kind() -> impl Strategy<Value = &'static str> {
    select(vec![
        "Condition",
        "Communication",
        "FamilyMemberHistory",
        "MedicationRequest",
        "AllergyIntolerance",
        "Unheard",
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn any_text_has_a_label_with_reasons_that_point_into_it(text in text()) {
        let given = label(&text);
        prop_assert!(!given.reasons.is_empty());
        for reason in &given.reasons {
            prop_assert!(!reason.rule.is_empty() && !reason.text.is_empty());
            if let Some([start, end]) = reason.span {
                prop_assert!(start < end && text.get(start..end).is_some(), "{} {start}..{end}", reason.rule);
            }
        }
        prop_assert_eq!(given, label(&text));
    }

    #[test]
    fn any_json_has_a_label(mut value in json(), kind in kind()) {
        if let Value::Object(object) = &mut value {
            object.entry("resourceType").or_insert(json!(kind));
        }
        let given = LABELER.label_resource(&value, &Context::default());
        prop_assert!(!given.label.reasons.is_empty());
        prop_assert_eq!(&given, &LABELER.label_resource(&value, &Context::default()));
        let tag = ("http://terminology.hl7.org/CodeSystem/v3-Confidentiality".to_owned(), Level::Sensitive.hl7().to_owned());
        let closed = LABELER.label_resource(&value, &Context { received: vec![tag], ..Context::default() });
        prop_assert!(closed.label.level >= Level::Sensitive);
        prop_assert_eq!(&given.safety, &closed.safety, "what is told does not depend on the level");
    }

    #[test]
    fn any_code_has_a_label(system in text(), code in text(), text in text()) {
        for system in [system.as_str(), "http://hl7.org/fhir/sid/icd-10", "http://www.whocc.no/atc", "http://loinc.org"] {
            let given = LABELER.label_code(system, &code, Some(&text), &Context::default());
            prop_assert!(!given.reasons.is_empty());
        }
    }

    #[test]
    fn what_stands_around_a_text_changes_nothing(text in text(), before in blanks(), after in blanks()) {
        let (alone, around) = (label(&text), label(&format!("{before}{text}{after}")));
        prop_assert_eq!(said(&alone), said(&around));
    }

    #[test]
    fn ends_of_lines_may_be_those_of_any_system(parts in vec(text(), 1..6)) {
        let unix = parts.join("\n").replace('\r', "");
        let (a, b) = (label(&unix), label(&unix.replace('\n', "\r\n")));
        prop_assert_eq!(said(&a), said(&b));
    }
}

/// Ordinary lines before and after that of each case; what is wrong with the note, if anything.
fn in_notes(wrong: impl Fn(&Label, &Label) -> bool) -> Vec<String> {
    let around =
        [(&ORDINARY[..0], &ORDINARY[..2]), (&ORDINARY[1..5], &ORDINARY[..0]), (&ORDINARY[..6], &ORDINARY[6..])];
    let mut found = Vec::new();
    for case in AFFIRMED.iter() {
        let alone = label(&case.text);
        for (before, after) in around {
            let whole = label(&[before, &[case.text.as_str()], after].concat().join("\n"));
            if wrong(&alone, &whole) {
                let told = |label: &Label| format!("{:?} {:?}", label.level, label.categories);
                let (before, after) = (before.len(), after.len());
                let (alone, whole) = (told(&alone), told(&whole));
                found.push(format!("{} between {before} and {after} lines: {alone}, then {whole}", case.id));
            }
        }
    }
    found
}

/// A note says at least what its gravest line says.
#[test]
fn a_sensitive_line_is_not_lost_among_ordinary_ones() {
    let wrong = in_notes(|alone, whole| {
        alone.level >= Level::Sensitive && whole.level < alone.level || !alone.categories.is_subset(whole.categories)
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is not understood is at the usual level, alone or among lines that are.
#[test]
fn a_usual_line_is_not_lost_among_daily_ones() {
    let wrong = in_notes(|alone, whole| whole.level < alone.level);
    assert!(wrong.is_empty(), "{} notes\n{}", wrong.len(), wrong.join("\n"));
}

/// Each line of each note by itself, above the level at which the life of the place is told.
#[test]
fn a_note_is_at_least_at_the_level_of_each_of_its_lines() {
    let mut wrong = Vec::new();
    for note in NOTES.iter() {
        let whole = label(&note.text);
        for line in note.text.lines().filter(|line| !line.trim().is_empty()) {
            let alone = label(line);
            if alone.level > Level::Standard && whole.level < alone.level
                || !alone.categories.is_subset(whole.categories)
            {
                wrong.push(format!("{}: {:?} {:?} alone", note.id, alone.level, alone.categories));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn lines_that_only_end_otherwise_are_labelled_alike() {
    let cases = NOTES.iter().cloned().chain(load::files(&load::SENTENCES));
    let differs = |case: &Case| {
        let windows = format!("\r\n  {}\t\r\n", case.text.replace('\n', "\r\n"));
        said(&label(&case.text)) != said(&label(&windows))
    };
    let wrong: Vec<String> = cases.filter(differs).map(|case| case.id).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}
