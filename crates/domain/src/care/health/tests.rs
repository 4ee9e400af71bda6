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
    let yesterday = Date::constant(2026, 11, 29);
    let stopped =
        end(End::Stopped(yesterday), &kept(&Sheet::Treatment(TreatmentSheet { starts: String::new(), ..pills() })));
    assert_eq!((End::of(&stopped), stopped.str_at(&["statusReason", "text"])), (Some(Ended::Over), Some("Pourquoi")));
    let later = Date::constant(2026, 12, 2);
    let running = end(End::Stopped(later), &treatment);
    assert_eq!(End::of(&running), None, "it goes on for two days");
    assert_eq!(End::of(&end(End::Stopped(TODAY), &treatment)), None, "its last day is not over");
    let Some(Sheet::Treatment(sheet)) = Sheet::read(&running) else { panic!() };
    assert_eq!(sheet.ends, "2026-12-02");
    assert!(
        End::Refuted.put(&treatment, "x", TODAY).is_none() && End::Stopped(TODAY).put(&allergy, "x", TODAY).is_none()
    );
    assert!(End::last_day("", &treatment).is_err() && End::last_day("29/11/2026", &treatment).is_err());
    assert_eq!(End::last_day("30/11/2026", &treatment), Ok(TODAY));
    assert!(End::last_day("05/12/2026", &treatment).is_ok() && End::last_day("06/12/2026", &treatment).is_err());
    assert_eq!(End::proposed_day(&treatment, later), later);
    assert_eq!(End::proposed_day(&treatment, Date::constant(2027, 1, 1)).to_string(), "2026-12-05");
}

/// A treatment of which each dose has this text, this first day and this last one.
fn doses(all: &[(&str, &str, &str)]) -> Resource {
    let dose = |(text, start, end): &(&str, &str, &str)| {
        let mut period = json!({});
        for (key, day) in [("start", start), ("end", end)].iter().filter(|(_, day)| !day.is_empty()) {
            period[key] = json!(day);
        }
        json!({"text": text, "timing": {"repeat": {"boundsPeriod": period}}})
    };
    let all: Vec<_> = all.iter().map(dose).collect();
    let value = json!({"resourceType": "MedicationRequest", "id": "m", "status": "active", "intent": "order",
        "subject": {"reference": "Patient/q1"}, "authoredOn": "2026-11-01", "medicationCodeableConcept": {"text": "Prednisone"},
        "dosageInstruction": all});
    Resource::from_value(value).unwrap()
}

/// The last day of each dose, by its text.
fn last_days(resource: &Resource) -> Vec<(String, String)> {
    let doses = resource.get(&["dosageInstruction"]).unwrap().as_array().unwrap().iter();
    let end = |dose: &Value| dose["timing"]["repeat"]["boundsPeriod"]["end"].as_str().unwrap_or_default().to_owned();
    doses.map(|dose| (dose["text"].as_str().unwrap().to_owned(), end(dose))).collect()
}

fn pairs(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|(text, end)| ((*text).to_owned(), (*end).to_owned())).collect()
}

fn read(resource: &Resource) -> TreatmentSheet {
    let Some(Sheet::Treatment(sheet)) = Sheet::read(resource) else { panic!() };
    sheet
}

fn amended(before: &Resource, sheet: TreatmentSheet) -> Resource {
    let after = Resource::from_value(Sheet::Treatment(sheet).parse(TODAY).unwrap().amend(before).unwrap()).unwrap();
    sound(&after);
    after
}

#[test]
fn several_doses_are_one_treatment_that_ends_with_the_last() {
    let falling = doses(&[
        ("20 mg", "2026-12-01", "2026-12-05"),
        ("10 mg", "2026-12-06", "2026-12-10"),
        ("1 cp", "2026-12-01", "2026-12-10"),
    ]);
    let sheet = read(&falling);
    assert_eq!((sheet.starts.as_str(), sheet.ends.as_str()), ("2026-12-01", "2026-12-10"));
    let longer = amended(&falling, TreatmentSheet { ends: "2026-12-12".into(), ..sheet.clone() });
    assert_eq!(last_days(&longer), pairs(&[("20 mg", "2026-12-05"), ("10 mg", "2026-12-12"), ("1 cp", "2026-12-12")]));
    let stopped = |last| Resource::from_value(End::Stopped(last).put(&falling, "Pourquoi", TODAY).unwrap()).unwrap();
    let early = stopped(Date::constant(2026, 12, 3));
    sound(&early);
    assert_eq!(last_days(&early), pairs(&[("20 mg", "2026-12-03"), ("1 cp", "2026-12-03")]), "the other never begins");
    let late = stopped(Date::constant(2026, 12, 8));
    assert_eq!(last_days(&late), pairs(&[("20 mg", "2026-12-05"), ("10 mg", "2026-12-08"), ("1 cp", "2026-12-08")]));
    let endless = amended(&falling, TreatmentSheet { ends: String::new(), ..sheet });
    assert_eq!(last_days(&endless), pairs(&[("20 mg", "2026-12-05"), ("10 mg", ""), ("1 cp", "")]));
    assert_eq!(read(&endless).ends, "", "one dose goes on");
    let Some(stopped) = End::Stopped(Date::constant(2026, 12, 20)).put(&endless, "x", TODAY) else { panic!() };
    let stopped = Resource::from_value(stopped).unwrap();
    assert_eq!(last_days(&stopped), pairs(&[("20 mg", "2026-12-05"), ("10 mg", "2026-12-20"), ("1 cp", "2026-12-20")]));
}

#[test]
fn a_month_is_shown_as_the_days_it_means_and_stays_a_month() {
    for (start, end, shown) in [
        ("2026-11", "2026-12", ("2026-11-01", "2026-12-31")),
        ("2026", "2028", ("2026-01-01", "2028-12-31")),
        ("2026-11-03T08:00:00+01:00", "2028-02", ("2026-11-03", "2028-02-29")),
    ] {
        let before = doses(&[("1 cp", start, end)]);
        let sheet = read(&before);
        assert_eq!((sheet.starts.as_str(), sheet.ends.as_str()), shown);
        let other = amended(&before, TreatmentSheet { drug: "Prednisolone".into(), ..sheet });
        assert_eq!(
            other.get(&["dosageInstruction"]),
            before.get(&["dosageInstruction"]),
            "the drug only was corrected"
        );
    }
}

#[test]
fn what_was_written_with_other_blanks_is_not_rewritten() {
    let mut value = doses(&[("1  cp matin\u{a0}; soir ", "2026-11-01", "")]).into_value();
    value["medicationCodeableConcept"] = json!({"coding": [{"code": "N02BE01"}], "text": "PARACÉTAMOL 1\u{a0}g"});
    value["requester"] = json!({"reference": "Practitioner/p", "display": "Dr  Roy"});
    value["dosageInstruction"][0]["route"] = json!({"text": "orale"});
    let before = Resource::from_value(value).unwrap();
    let after = amended(&before, TreatmentSheet { ends: "2026-12-24".into(), ..read(&before) });
    for key in ["medicationCodeableConcept", "requester"] {
        assert_eq!(after.get(&[key]), before.get(&[key]));
    }
    let dose = &after.get(&["dosageInstruction"]).unwrap()[0];
    assert!(
        dose["route"]["text"] == "orale" && dose["timing"]["repeat"]["boundsPeriod"]["end"] == "2026-12-24",
        "{dose}"
    );
    let allergy = json!({"resourceType": "AllergyIntolerance", "id": "a", "patient": {"reference": "Patient/q1"}, "criticality": "low",
        "clinicalStatus": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", "code": "active"}]},
        "code": {"coding": [{"code": "762952008"}], "text": "Arachide\u{a0}crue"}, "onsetString": "enfance\u{a0}?",
        "reaction": [{"severity": "mild", "manifestation": [{"text": "plaques  rouges"}]}]});
    let before = Resource::from_value(allergy).unwrap();
    let Some(Sheet::Allergy(sheet)) = Sheet::read(&before) else { panic!() };
    let graver = Sheet::Allergy(AllergySheet { criticality: "high".into(), ..sheet }).parse(TODAY).unwrap();
    let after = Resource::from_value(graver.amend(&before).unwrap()).unwrap();
    assert_eq!(after.str_at(&["criticality"]), Some("high"));
    for key in ["code", "reaction", "onsetString"] {
        assert_eq!(after.get(&[key]), before.get(&[key]));
    }
}

#[test]
fn an_end_is_told_from_a_correction() {
    let before = kept(&Sheet::Treatment(pills()));
    let stop = |last| Resource::from_value(End::Stopped(last).put(&before, "x", TODAY).unwrap()).unwrap();
    let running = stop(Date::constant(2026, 12, 2));
    assert!(End::is_between(&before, &running) && End::is_between(&before, &stop(Date::constant(2026, 11, 29))));
    assert!(!End::is_between(&running, &before), "taken back");
    for sheet in [
        TreatmentSheet { ends: "2026-12-24".into(), ..read(&before) },
        TreatmentSheet { ends: "2026-12-02".into(), drug: "Ibuprofène".into(), ..read(&before) },
        TreatmentSheet { dosage: "midi".into(), ..read(&before) },
    ] {
        assert!(!End::is_between(&before, &amended(&before, sheet)));
    }
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
