use super::*;
use crate::care::target;
use ::fhir::Resource;
use proptest::prelude::*;

const NOW: i64 = 1_780_000_000_000_000;

fn sheet() -> Sheet {
    Sheet { patient: "p1".into(), target: "douleur".into(), data: "Grimace au lever.".into(), ..Sheet::default() }
}

fn fields(sheet: &Sheet) -> Vec<Field> {
    Transmission::parse(sheet, NOW).unwrap_err().iter().map(|mistake| mistake.field).collect()
}

fn signature() -> Signature<'static> {
    let (practitioner, display) = (Some("demo-ines"), "Inès Le Goff, infirmière");
    Signature { id: "c1", key: "k1", practitioner, display, at: NOW, kind: "transmission" }
}

#[test]
fn says_every_mistake_beside_its_field_in_the_order_of_the_form() {
    let wrong = Sheet { urgency: "hier".into(), evaluate_at: "midi".into(), ..Sheet::default() };
    assert_eq!(fields(&wrong), [Field::Patient, Field::Target, Field::Data, Field::Urgency, Field::EvaluateAt]);
    assert_eq!(fields(&Sheet { recipients: vec!["ide".into(), "roi".into()], ..sheet() }), [Field::Recipients]);
    assert_eq!(fields(&Sheet { actions: "a".repeat(LONGEST + 1), ..sheet() }), [Field::Actions]);
    assert_eq!(fields(&Sheet { data: " \r\n\u{7} ".into(), ..sheet() }), [Field::Data]);
}

#[test]
fn reads_hours_as_people_write_them() {
    let at = |text: &str| {
        let written = Sheet { evaluate_at: text.into(), ..sheet() };
        Transmission::parse(&written, NOW).unwrap().evaluate_at().map(local_time::local)
    };
    assert_eq!(at("  "), None);
    for text in ["18:00", "18h", "18 h 00", "18"] {
        assert_eq!(at(text).unwrap().time(), jiff::civil::time(18, 0, 0, 0), "{text}");
    }
    for text in ["25:00", "18:75", "-1", "+5", "18:0x", "h"] {
        assert_eq!(fields(&Sheet { evaluate_at: text.into(), ..sheet() }), [Field::EvaluateAt], "{text}");
    }
}

#[test]
fn a_reminder_says_no_more_than_its_target() {
    let due = Sheet { evaluate_at: "18:00".into(), ..sheet() };
    let written = Transmission::parse(&due, NOW).unwrap();
    let task = written.follow_up(&signature(), "t1").unwrap();
    assert_eq!(task["code"]["text"], "À évaluer\u{a0}: Douleur");
    assert!(!task.to_string().contains("Grimace"));
    assert!(Transmission::parse(&sheet(), NOW).unwrap().follow_up(&signature(), "t1").is_none());
    let left = withdrawn_companion(&Resource::from_value(task).unwrap()).to_string();
    assert!(!left.contains("Douleur") && left.contains("entered-in-error") && left.contains("Patient/p1"));
}

#[test]
fn what_was_in_the_wrong_record_leaves_nothing_of_its_content() {
    let written = Sheet { actions: "Inès appelée".into(), recipients: vec!["ide".into()], ..sheet() };
    let value = Transmission::parse(&written, NOW).unwrap().to_fhir(&signature());
    let resource = Resource::from_value(value).unwrap();
    let left = withdrawn(&resource).to_string();
    for gone in ["Grimace", "appelée", "Douleur", "douleur"] {
        assert!(!left.contains(gone), "{gone}");
    }
    assert!(left.contains("entered-in-error") && left.contains("Patient/p1") && left.contains("demo-ines"));
    let by = Signature { id: "c2", key: "k2", ..signature() };
    let right = Resource::from_value(moved(&resource, "p2", &by)).unwrap();
    assert!(!right.value().to_string().contains("p1"));
    assert_eq!(Note::read(&right), Note::read(&resource));
}

#[test]
fn reads_what_another_program_wrote() {
    let theirs = serde_json::json!({ "resourceType": "Communication", "status": "completed", "priority": "asap",
        "topic": { "coding": [{ "system": "urn:ailleurs", "code": "x", "display": "Repas" }] },
        "payload": [{ "contentString": "A peu mangé." }, { "contentReference": {} }, { "contentString": "Boit bien." }] });
    let note = Note::read(&Resource::from_value(theirs).unwrap());
    assert_eq!((note.target, note.topic.as_deref()), (None, Some("Repas")));
    assert_eq!((note.data.as_str(), note.urgency), ("A peu mangé.\nBoit bien.", Urgency::Urgent));
}

fn sheets() -> impl Strategy<Value = Sheet> {
    let targets: Vec<String> = target::all().iter().map(|target| target.code().to_owned()).collect();
    let functions: Vec<String> = function::all().iter().map(|function| function.code.to_owned()).collect();
    let text = "[ -~éàçœ’\n]{0,60}";
    let who = proptest::sample::subsequence(functions.clone(), 0..=functions.len());
    let urgency = proptest::sample::select(vec!["routine", "urgent", "stat"]);
    let hour = proptest::option::of((0_u8..24, 0_u8..60)).prop_map(|at| match at {
        Some((hour, minute)) => format!("{hour:02}:{minute:02}"),
        None => String::new(),
    });
    (proptest::sample::select(targets), "[A-Za-zé][ -~éàçœ’\n]{0,60}", text, text, urgency, who, hour).prop_map(
        |(target, data, actions, results, urgency, recipients, evaluate_at)| Sheet {
            patient: "p1".into(),
            target,
            data,
            actions,
            results,
            urgency: urgency.into(),
            recipients,
            evaluate_at,
            reply_to: "c0".into(),
        },
    )
}

proptest! {
    #[test]
    fn what_is_written_is_what_is_read_back(sheet in sheets()) {
        let written = Transmission::parse(&sheet, NOW).unwrap();
        let resource = Resource::from_value(written.to_fhir(&signature())).unwrap();
        prop_assert!(::fhir::validate::check(&resource).is_empty());
        let mut again = Note::read(&resource).sheet("p1");
        again.evaluate_at = sheet.evaluate_at;
        prop_assert_eq!(Transmission::parse(&again, NOW).unwrap(), written);
    }

    #[test]
    fn a_correction_keeps_who_when_and_to_what(before in sheets(), after in sheets()) {
        let first = Resource::from_value(Transmission::parse(&before, NOW).unwrap().to_fhir(&signature())).unwrap();
        let corrected = Transmission::parse(&after, NOW).unwrap();
        let second = Resource::from_value(corrected.amend(&first)).unwrap();
        for kept in ["id", "identifier", "subject", "sent", "sender", "inResponseTo", "status", "category"] {
            prop_assert_eq!(second.object().get(kept), first.object().get(kept));
        }
        let expected = Resource::from_value(corrected.to_fhir(&signature())).unwrap();
        prop_assert_eq!(Note::read(&second), Note::read(&expected));
    }

    #[test]
    fn no_sheet_makes_it_panic(patient in ".*", data in ".*", hour in ".{0,8}", urgency in ".{0,8}") {
        let wild = Sheet { patient, data, evaluate_at: hour, urgency, ..Sheet::default() };
        let _ = Transmission::parse(&wild, NOW);
        prop_assert_eq!(Transmission::guess(&wild, NOW).is_some(), ::fhir::is_id(wild.patient.trim()));
    }
}
