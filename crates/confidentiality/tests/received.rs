//! Labels that come with what is received.

use confidentiality::labeler::{Context, Labeler};
use confidentiality::{Level, MaskFlags};
use serde_json::json;

#[test]
fn a_received_label_raises_wherever_standards_put_it_and_whatever_its_system_is_called() {
    let labeler = Labeler::shipped().unwrap();
    let level = |resource: &serde_json::Value| labeler.label_resource(resource, &Context::default()).label.level;
    let systems = [
        "http://terminology.hl7.org/CodeSystem/v3-Confidentiality",
        "http://hl7.org/fhir/v3/Confidentiality",
        "urn:oid:2.16.840.1.113883.5.25",
    ];
    for system in systems {
        let labels = json!([{"system": system, "code": "V"}]);
        let note = json!({"resourceType": "Basic", "meta": {"security": labels}});
        assert_eq!(level(&note), Level::VerySensitive, "{system}");
        for within in [
            json!({"resourceType": "Bundle", "type": "collection", "entry": [{"resource": note}]}),
            json!({"resourceType": "Parameters", "parameter": [{"name": "a", "part": [{"name": "b", "resource": note}]}]}),
            json!({"resourceType": "Basic", "contained": [note]}),
            json!({"resourceType": "DocumentReference", "securityLabel": [{"coding": labels}]}),
        ] {
            assert_eq!(level(&within), Level::VerySensitive, "{within}");
        }
    }
    assert_eq!(level(&json!({"resourceType": "Basic", "meta": {"security": [{"code": "R"}]}})), Level::Sensitive);
    assert_eq!(level(&json!({"resourceType": "Composition", "confidentiality": "V"})), Level::VerySensitive);
    // What a consent, or a trail, says of others' labels is none of its own.
    let consent = json!({"resourceType": "Consent", "provision": {"securityLabel": [{"code": "V"}]}});
    let trail = json!({"resourceType": "AuditEvent", "entity": [{"securityLabel": [{"coding": [{"code": "V"}]}]}]});
    assert!(level(&consent) < Level::Sensitive && level(&trail) < Level::Sensitive);
}

#[test]
fn a_document_of_cda_has_its_label_and_the_dmp_s_maskings_mask() {
    let labeler = Labeler::shipped().unwrap();
    let read = |data: &str| {
        let data = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, data);
        let attachment = json!({"contentType": "application/xml", "data": data});
        let document = json!({"resourceType": "DocumentReference", "content": [{"attachment": attachment}]});
        labeler.label_resource(&document, &Context::default()).label.level
    };
    assert_eq!(
        read("<ClinicalDocument><confidentialityCode codeSystem='2.16.840.1.113883.5.25'\n code = 'R'/>"),
        Level::Sensitive
    );
    assert_eq!(read("<h:ClinicalDocument><h:confidentialityCode code=\"V\" displayName=\"x\">"), Level::VerySensitive);
    assert!(
        read("<confidentialityCode code=\"N\"/><confidentialityCode nullFlavor=\"NI\"/><code code=\"V\"/>")
            < Level::Sensitive
    );
    assert!(read("<confidentialityCode") < Level::Sensitive);
    let labels = json!([{"coding": [{"system": "urn:oid:1.2.250.1.213.1.1.4.13", "code": "INVISIBLE_PATIENT"}]}]);
    let document = json!({"resourceType": "DocumentReference", "securityLabel": labels});
    assert_eq!(
        Some(labeler.label_resource(&document, &Context::default()).mask),
        MaskFlags::parse("INVISIBLE_PATIENT")
    );
}

#[test]
fn what_a_writing_is_filed_under_is_not_what_its_words_say() {
    let labeler = Labeler::shipped().unwrap();
    let reasons = |text: &str| {
        let target =
            json!({"coding": [{"system": "urn:socle:target", "code": "violence"}], "text": "Violence, mise en danger"});
        let note = json!({"resourceType": "Communication", "topic": target, "payload": [{"contentString": text}]});
        let graded = labeler.label_resource(&note, &Context::default());
        graded
            .label
            .reasons
            .into_iter()
            .map(|reason| (reason.text, reason.path.unwrap_or_default()))
            .collect::<Vec<_>>()
    };
    let calm = reasons("A bien mangé.");
    assert!(
        calm.iter().any(|(text, path)| text == "La cible choisie parle de violence." && path.contains("topic")),
        "{calm:?}"
    );
    let told = reasons("Une altercation violente avec son voisin : violence physique.");
    assert!(told.iter().all(|(text, _)| !text.starts_with("La cible")), "{told:?}");
    assert!(told.iter().any(|(_, path)| path.contains("payload")), "{told:?}");
}
