use super::*;
use crate::local_time::local;
use proptest::prelude::*;
use serde_json::json;

const TODAY: Date = Date::constant(2026, 11, 30);

fn by() -> Signature<'static> {
    Signature { id: "a1", key: "k1", practitioner: Some("p1"), display: "Inès, infirmière", at: 0, kind: "" }
}

fn peanut() -> AllergySheet {
    AllergySheet {
        substance: " Arachide ".into(),
        kind: "allergy".into(),
        criticality: "high".into(),
        reactions: "Œdème, gêne respiratoire".into(),
        since: "03/2015".into(),
    }
}

fn pills() -> TreatmentSheet {
    TreatmentSheet {
        drug: "Paracétamol 1 g".into(),
        dosage: "1 comprimé matin et soir".into(),
        as_needed: true,
        starts: "2026-11-30".into(),
        ends: "05/12/2026".into(),
        prescriber: "Dr Roy".into(),
    }
}

fn kept(sheet: &Sheet) -> Resource {
    let value = sheet.parse(TODAY).unwrap().to_fhir("q1", &by());
    let resource = Resource::from_value(value).unwrap();
    sound(&resource);
    resource
}

/// What R4 does not allow is refused at the door of the API: what we write is no less.
fn sound(resource: &Resource) {
    let issues = ::fhir::validate::check(resource);
    assert!(issues.iter().all(|issue| issue.severity != ::fhir::Severity::Error), "{issues:?}");
}

fn wrong(sheet: &Sheet) -> Vec<Field> {
    sheet.parse(TODAY).unwrap_err().into_iter().map(|one| one.field).collect()
}

#[test]
fn an_allergy_is_what_the_strip_reads() {
    let allergy = kept(&Sheet::Allergy(peanut()));
    assert_eq!(allergy.str_at(&["code", "text"]), Some("Arachide"));
    assert_eq!((allergy.str_at(&["criticality"]), allergy.str_at(&["onsetDateTime"])), (Some("high"), Some("2015-03")));
    let read = Sheet::read(&allergy).unwrap();
    assert_eq!(read, Sheet::Allergy(AllergySheet { substance: "Arachide".into(), ..peanut() }));
    assert!(!is_over(&allergy) && !is_denial(&allergy));
}

#[test]
fn a_treatment_is_what_the_synthesis_reads() {
    let treatment = kept(&Sheet::Treatment(pills()));
    let dose = treatment.get(&["dosageInstruction"]).unwrap().get(0).unwrap();
    assert_eq!(dose["text"], "1 comprimé matin et soir, si besoin", "whoever reads the dose reads when");
    assert_eq!(dose["timing"]["repeat"]["boundsPeriod"], json!({"start": "2026-11-30", "end": "2026-12-05"}));
    let read = Sheet::read(&treatment).unwrap();
    assert_eq!(read, Sheet::Treatment(TreatmentSheet { ends: "2026-12-05".into(), ..pills() }));
    let bare = TreatmentSheet { starts: String::new(), ends: String::new(), as_needed: false, ..pills() };
    let bare = kept(&Sheet::Treatment(bare));
    assert_eq!(*bare.get(&["dosageInstruction"]).unwrap(), json!([{ "text": "1 comprimé matin et soir" }]));
}

#[test]
fn says_each_mistake_of_a_form() {
    assert_eq!(wrong(&Sheet::blank(Topic::Allergy, TODAY)), [Field::Substance, Field::Criticality]);
    assert_eq!(wrong(&Sheet::blank(Topic::Treatment, TODAY)), [Field::Drug, Field::Dosage]);
    for (since, fine) in [
        ("2027", false),
        ("12/2026", false),
        ("31/02/2015", false),
        ("30/11/2026", true),
        ("2015", true),
        ("enfance", true),
    ] {
        let sheet = Sheet::Allergy(AllergySheet { since: since.into(), ..peanut() });
        assert_eq!(sheet.parse(TODAY).is_ok(), fine, "{since}");
    }
    for (starts, ends, fields) in [
        ("demain", "", vec![Field::Starts]),
        ("2026-11-30", "2026-11-29", vec![Field::Ends]),
        ("2026-11-30", "32/12/2026", vec![Field::Ends]),
        ("2026-11-30", "2026-11-30", vec![]),
    ] {
        let sheet = Sheet::Treatment(TreatmentSheet { starts: starts.into(), ends: ends.into(), ..pills() });
        assert_eq!(
            sheet.parse(TODAY).err().unwrap_or_default().iter().map(|one| one.field).collect::<Vec<_>>(),
            fields
        );
    }
    let long = Sheet::Allergy(AllergySheet { reactions: "a".repeat(LONGEST + 1), ..peanut() });
    assert_eq!(wrong(&long), [Field::Reactions]);
}

#[test]
fn a_correction_rewrites_only_what_was_changed() {
    let coded = json!({"resourceType": "MedicationRequest", "id": "m", "status": "active", "intent": "order",
        "subject": {"reference": "Patient/q1"}, "authoredOn": "2026-11-01", "requester": {"reference": "Practitioner/p"},
        "medicationCodeableConcept": {"coding": [{"system": "http://www.whocc.no/atc", "code": "N02BE01", "display": "Paracétamol"}]},
        "dosageInstruction": [{"text": "matin"}, {"text": "soir", "timing": {"repeat": {"boundsDuration": {"value": 5}}}}]});
    let before = Resource::from_value(coded).unwrap();
    let Some(Sheet::Treatment(sheet)) = Sheet::read(&before) else { panic!() };
    assert_eq!((sheet.drug.as_str(), sheet.dosage.as_str()), ("Paracétamol", "matin ; soir"));
    let amended = |sheet: TreatmentSheet| {
        let entry = Sheet::Treatment(sheet).parse(TODAY).unwrap();
        let after = Resource::from_value(entry.amend(&before).unwrap()).unwrap();
        sound(&after);
        after
    };
    assert_eq!(amended(sheet.clone()).value(), before.value(), "nothing was changed");
    let ended = amended(TreatmentSheet { ends: "2026-12-24".into(), ..sheet.clone() });
    let doses = ended.get(&["dosageInstruction"]).unwrap();
    assert!(doses[0]["text"] == "matin" && doses[1]["timing"]["repeat"]["boundsPeriod"]["end"] == "2026-12-24");
    assert!(ended.get(&["medicationCodeableConcept", "coding"]).is_some(), "the code stays with its words");
    let other = amended(TreatmentSheet { drug: "Ibuprofène".into(), ..sheet });
    assert!(other.get(&["medicationCodeableConcept", "coding"]).is_none());
    assert!(Sheet::Allergy(peanut()).parse(TODAY).unwrap().amend(&before).is_none());
}

#[test]
fn ends_in_the_words_of_fhir() {
    let (allergy, treatment) = (kept(&Sheet::Allergy(peanut())), kept(&Sheet::Treatment(pills())));
    let end = |end: End, resource: &Resource| {
        let ended = Resource::from_value(end.put(resource, "Pourquoi", TODAY).unwrap()).unwrap();
        sound(&ended);
        ended
    };
    assert_eq!(End::of(&end(End::Refuted, &allergy)), Some(Ended::Refuted));
    assert_eq!(End::of(&end(End::Mistaken, &allergy)), Some(Ended::Mistaken));
    assert_eq!(End::of(&end(End::Mistaken, &treatment)), Some(Ended::Mistaken));
    let stopped = end(End::Stopped(TODAY), &treatment);
    assert_eq!((End::of(&stopped), stopped.str_at(&["statusReason", "text"])), (Some(Ended::Over), Some("Pourquoi")));
    let later = Date::constant(2026, 12, 2);
    let running = end(End::Stopped(later), &treatment);
    assert_eq!(End::of(&running), None, "it goes on for two days");
    let Some(Sheet::Treatment(sheet)) = Sheet::read(&running) else { panic!() };
    assert_eq!(sheet.ends, "2026-12-02");
    assert!(
        End::Refuted.put(&treatment, "x", TODAY).is_none() && End::Stopped(TODAY).put(&allergy, "x", TODAY).is_none()
    );
    assert!(End::last_day("", &treatment).is_err() && End::last_day("29/11/2026", &treatment).is_err());
    assert_eq!(End::last_day("30/11/2026", &treatment), Ok(TODAY));
}

#[test]
fn that_none_is_known_yields() {
    let none = Resource::from_value(denial("q1", &by())).unwrap();
    sound(&none);
    assert!(is_denial(&none) && !is_over(&none));
    let refuted = Resource::from_value(refuted_denial(&none)).unwrap();
    sound(&refuted);
    assert_eq!(End::of(&refuted), Some(Ended::Refuted));
}

#[test]
fn an_unfinished_form_is_looked_at_all_the_same() {
    for topic in [Topic::Allergy, Topic::Treatment] {
        assert!(Sheet::blank(topic, local(0).date()).guess(TODAY).is_some());
    }
    let ahead = Sheet::Allergy(AllergySheet { since: "2030".into(), substance: "x".repeat(999), ..peanut() });
    assert!(ahead.guess(TODAY).is_some());
}

proptest! {
    #[test]
    fn what_is_kept_is_read_back_and_is_sound(drug in "\\PC{1,40}", dosage in "\\PC{1,40}", as_needed: bool, days in 0i64..400) {
        let ends = TODAY.checked_add(jiff::ToSpan::days(days)).unwrap().to_string();
        let sheet = Sheet::Treatment(TreatmentSheet { drug, dosage, as_needed, ends, ..pills() });
        if let Ok(entry) = sheet.parse(TODAY) {
            let resource = Resource::from_value(entry.to_fhir("q1", &by())).unwrap();
            sound(&resource);
            prop_assert_eq!(Sheet::read(&resource).unwrap().parse(TODAY).unwrap(), entry);
        }
    }

    #[test]
    fn no_form_panics(text in "\\PC{0,30}", since in "[0-9/.\\- ]{0,12}") {
        let sheet = AllergySheet { substance: text.clone(), reactions: text.clone(), since: since.clone(), kind: text.clone(), criticality: text.clone() };
        let _ = Sheet::Allergy(sheet).guess(TODAY);
        let _ = Sheet::Treatment(TreatmentSheet { starts: since.clone(), ends: since, drug: text, ..pills() }).guess(TODAY);
    }
}
