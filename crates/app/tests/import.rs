//! The rules of import: what comes again, what has changed, what cannot be taken.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

mod support;

use app::import::Report;
use confidentiality::{Level, Purpose};
use fhir::{Resource, ResourceType};
use serde_json::{Value, json};
use support::{World, all, counts};

const INS: &str = "urn:oid:1.2.250.1.213.1.4.10";

fn patient(id: &str, ins: &str, city: &str) -> Value {
    json!({"resourceType": "Patient", "id": id, "identifier": [{"system": INS, "value": ins}],
        "name": [{"family": "Quéméner", "given": ["Odette"]}], "birthDate": "1938-03-07", "address": [{"city": city}]})
}

fn observation(id: &str, subject: &str) -> Value {
    json!({"resourceType": "Observation", "id": id, "status": "final", "subject": {"reference": subject},
        "code": {"text": "pouls"}})
}

fn bundle(kind: &str, entries: &[(&str, Value)]) -> String {
    let entries: Vec<Value> = entries
        .iter()
        .map(|(url, resource)| json!({"fullUrl": url, "resource": resource, "request": {"method": "POST", "url": "x"}}))
        .collect();
    json!({"resourceType": "Bundle", "type": kind, "entry": entries}).to_string()
}

fn codes(report: &Report) -> Vec<(&str, &str)> {
    report.issues.iter().map(|line| (line.severity, line.code)).collect()
}

async fn city(world: &World) -> Option<String> {
    let found = all(&world.operator(), ResourceType::PATIENT).await;
    let city = |resource: &Resource| resource.get(&["address"])?.get(0)?.get("city")?.as_str().map(str::to_owned);
    assert_eq!(found.len(), 1);
    city(&found.first()?.resource)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_is_skipped_newer_is_a_version_older_is_left() {
    let world = World::new().await;
    let mut one = patient("p", "1", "Brest");
    one["meta"] = json!({"versionId": "2"});
    assert_eq!(counts(&world.import_text("a.json", &one.to_string()).await), [1, 0, 0, 0, 0]);
    assert_eq!(counts(&world.import_text("a.json", &one.to_string()).await), [0, 0, 1, 0, 0]);
    let mut newer = patient("p", "1", "Quimper");
    newer["meta"] = json!({"versionId": "3"});
    assert_eq!(counts(&world.import_text("b.json", &newer.to_string()).await), [0, 1, 0, 0, 0]);
    assert_eq!(city(&world).await.as_deref(), Some("Quimper"));
    let mut older = patient("p", "1", "Lorient");
    older["meta"] = json!({"versionId": "1"});
    let report = world.import_text("c.json", &older.to_string()).await;
    assert_eq!((counts(&report), codes(&report)), ([0, 0, 1, 0, 0], vec![("warning", "informational")]));
    assert_eq!(city(&world).await.as_deref(), Some("Quimper"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_changed_here_is_left_for_a_person() {
    let world = World::new().await;
    world.import_text("a.json", &patient("p", "1", "Brest").to_string()).await;
    let ours = Resource::from_value(patient("p", "1", "Rennes")).unwrap();
    app::records::update(&world.operator(), ours, None).await.unwrap();
    assert_eq!(counts(&world.import_text("a.json", &patient("p", "1", "Brest").to_string()).await), [0, 0, 1, 0, 0]);
    let report = world.import_text("b.json", &patient("p", "1", "Quimper").to_string()).await;
    assert_eq!((counts(&report), codes(&report)), ([0, 0, 0, 1, 0], vec![("warning", "conflict")]));
    assert_eq!(city(&world).await.as_deref(), Some("Rennes"));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_source_is_matched_by_identifier_unless_identities_contradict() {
    let world = World::new().await;
    world.import_text("a.json", &bundle("collection", &[("urn:uuid:1", patient("p", "1", "Brest"))])).await;
    let again = bundle(
        "transaction",
        &[("urn:uuid:2", patient("other", "1", "Brest")), ("urn:uuid:3", observation("o", "urn:uuid:2"))],
    );
    // Nothing but the id differs, and the id is the source's own affair.
    assert_eq!(counts(&world.import_text("b.json", &again).await), [1, 0, 1, 0, 0]);
    assert_eq!(all(&world.operator(), ResourceType::PATIENT).await.len(), 1);
    let mut stranger = patient("third", "1", "Brest");
    stranger["birthDate"] = json!("1950-01-01");
    stranger["name"] = json!([{"family": "Martin"}]);
    let third = bundle("transaction", &[("urn:uuid:4", stranger), ("urn:uuid:5", observation("n", "urn:uuid:4"))]);
    let report = world.import_text("c.json", &third).await;
    assert_eq!(counts(&report), [0, 0, 0, 1, 1], "{:?}", report.issues);
    assert_eq!(all(&world.operator(), ResourceType::OBSERVATION).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_comes_whole_or_not_at_all_and_a_collection_as_far_as_it_goes() {
    let world = World::new().await;
    let entries = [("urn:uuid:1", patient("p", "1", "Brest")), ("urn:uuid:2", observation("o", "urn:uuid:nowhere"))];
    let report = world.import_text("a.json", &bundle("transaction", &entries)).await;
    assert_eq!(counts(&report), [0, 0, 0, 0, 2]);
    assert_eq!(report.issues[0].path.as_deref(), Some("Bundle.entry[1].resource.subject.reference"));
    assert_eq!(report.issues[0].entry, Some(1));
    let report = world.import_text("b.json", &bundle("collection", &entries)).await;
    assert_eq!((counts(&report), codes(&report)), ([2, 0, 0, 0, 0], vec![("warning", "not-found")]));
    let wrong = [("urn:uuid:7", json!({"resourceType": "Nope"})), ("urn:uuid:8", patient("q", "2", "Brest"))];
    assert_eq!(counts(&world.import_text("c.json", &bundle("transaction", &wrong)).await), [0, 0, 0, 0, 2]);
    assert_eq!(counts(&world.import_text("d.json", &bundle("collection", &wrong)).await), [1, 0, 0, 0, 1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_line_is_refused_alone_with_its_number() {
    let world = World::new().await;
    let text =
        format!("{}\n\n{{\"resourceType\":\n[1]\n{}\n", observation("o", "Patient/p"), patient("p", "1", "Brest"));
    let report = world.import_text("a.ndjson", &text).await;
    assert_eq!(counts(&report), [2, 0, 0, 0, 2], "{:?}", report.issues);
    assert_eq!(report.issues.iter().map(|line| line.line).collect::<Vec<_>>(), [Some(3), Some(4)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_may_come_in_any_order_and_wrong_files_say_so() {
    let world = World::new().await;
    let paths = [
        world.write("1.ndjson", &observation("o", "Patient/7").to_string()),
        world.write("2.json", "%PDF-1.7"),
        world.write("3.ndjson", &patient("7", "1", "Brest").to_string()),
    ];
    let report = world.import(&paths).await;
    assert_eq!((counts(&report), codes(&report)), ([2, 0, 0, 0, 1], vec![("error", "structure")]));
    let missing = app::import::run(&world.operator(), &[world.folder.path().join("no").into()], false, &|_| {}).await;
    assert!(matches!(missing, Err(app::Error::File { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_of_two_sources_do_not_mix() {
    let world = World::new().await;
    world.import_text("a.ndjson", &patient("7", "1", "Brest").to_string()).await;
    let origin = app::Origin::default();
    let there = app::Cx::operator(&world.app, Some(world.second), Level::VerySensitive, Purpose::Api, origin);
    let path = world.write("b.ndjson", &observation("o", "Patient/7").to_string());
    let report = app::import::run(&there, &[path.into()], false, &|_| {}).await.unwrap();
    assert_eq!((counts(&report), codes(&report)), ([0, 0, 0, 0, 1], vec![("error", "multiple-matches")]));
    let text = format!("{}\n{}", patient("7", "2", "Lannion"), observation("o", "Patient/7"));
    let path = world.write("c.ndjson", &text);
    let report = app::import::run(&there, &[path.into()], false, &|_| {}).await.unwrap();
    assert_eq!(counts(&report), [2, 0, 0, 0, 0], "{:?}", report.issues);
    let found = all(&world.operator(), ResourceType::OBSERVATION).await;
    assert_ne!(found[0].resource.str_at(&["subject", "reference"]), Some("Patient/7"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_counts_and_writes_nothing() {
    let world = World::new().await;
    let paths = [
        world.write("1.ndjson", &patient("p", "1", "Brest").to_string()),
        world.write("2.ndjson", &observation("o", "Patient/p").to_string()),
    ];
    let report = app::import::run(&world.operator(), &paths.map(Into::into), true, &|_| {}).await.unwrap();
    assert_eq!((counts(&report), codes(&report)), ([2, 0, 0, 0, 0], vec![]));
    assert!(all(&world.operator(), ResourceType::PATIENT).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_set_of_files_comes_again_as_it_was_even_where_files_disagree() {
    let world = World::new().await;
    let doctor = |id: &str, city: &str| {
        json!({"resourceType": "Practitioner", "id": id, "address": [{"city": city}],
            "identifier": [{"system": "urn:oid:1.2.250.1.71.4.2.1", "value": "810000000001"}]})
    };
    let paths = [
        world.write("1.json", &bundle("searchset", &[("https://there/fhir/Practitioner/a", doctor("a", "Brest"))])),
        // The same professional, word for word, from the place itself; then two other views of them.
        world.write("2.json", &doctor("a", "Brest").to_string()),
        world.write("3.json", &doctor("b", "Quimper").to_string()),
        world.write("4.json", &doctor("c", "Lorient").to_string()),
        // Two files give one address to two contents.
        world.write("5.json", &patient("p", "1", "Brest").to_string()),
        world.write("6.json", &patient("p", "1", "Vannes").to_string()),
    ];
    assert_eq!(counts(&world.import(&paths).await), [4, 1, 1, 0, 0]);
    let before = all(&world.operator(), ResourceType::PRACTITIONER).await.len();
    assert_eq!(counts(&world.import(&paths).await), [0, 0, 6, 0, 0]);
    assert_eq!(all(&world.operator(), ResourceType::PRACTITIONER).await.len(), before);
    assert_eq!(city(&world).await.as_deref(), Some("Vannes"));
}

async fn import_at(world: &World, place: confidentiality::Place, paths: &[std::path::PathBuf]) -> Report {
    let origin = app::Origin::default();
    let there = app::Cx::operator(&world.app, Some(place), Level::VerySensitive, Purpose::Api, origin);
    app::import::run(&there, &support::inputs(paths), false, &|_| {}).await.unwrap()
}

/// The identifier of the person an observation is about.
async fn person_of(world: &World, code: &str) -> String {
    let found = all(&world.operator(), ResourceType::OBSERVATION).await;
    let observation = found.iter().find(|v| v.resource.str_at(&["code", "text"]) == Some(code)).unwrap();
    let subject = fhir::refs::local(observation.resource.str_at(&["subject", "reference"]).unwrap()).unwrap();
    let patient = app::records::read(&world.operator(), subject.0, &subject.1).await.unwrap();
    patient.resource.get(&["identifier"]).unwrap()[0]["value"].as_str().unwrap().to_owned()
}

fn said(code: &str, subject: &str) -> Value {
    json!({"resourceType": "Observation", "id": code, "status": "final", "subject": {"reference": subject},
        "code": {"text": code}})
}

fn someone(id: &str, ins: &str, family: &str, born: &str) -> Value {
    json!({"resourceType": "Patient", "id": id, "identifier": [{"system": INS, "value": ins}],
        "name": [{"family": family}], "birthDate": born})
}

#[tokio::test(flavor = "multi_thread")]
async fn crossed_ids_of_two_places_lead_to_the_right_person() {
    let world = World::new().await;
    let (a, b) = (someone("1", "1", "Abgrall", "1930-01-01"), someone("2", "2", "Besnard", "1940-02-02"));
    world.import_text("first.ndjson", &format!("{a}\n{b}")).await;
    let (b, a) = (someone("1", "2", "Besnard", "1940-02-02"), someone("2", "1", "Abgrall", "1930-01-01"));
    let text = bundle("collection", &[]).replace(
        "[]",
        &format!("[{{\"resource\":{b}}},{{\"resource\":{a}}},{{\"resource\":{}}}]", said("crossed", "Patient/1")),
    );
    let path = world.write("second.json", &text);
    let report = import_at(&world, world.second, &[path]).await;
    assert_eq!((report.created, report.refused, report.conflicts), (1, 0, 0), "{:?}", report.issues);
    assert_eq!(person_of(&world, "crossed").await, "2");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_of_a_contradicted_identity_waits_also_in_another_file() {
    let world = World::new().await;
    world.import_text("before.ndjson", &someone("1", "1", "Abgrall", "1930-01-01").to_string()).await;
    let folder = world.folder.path().join("bulk");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("Observation.ndjson"), said("whose", "Patient/1").to_string()).unwrap();
    std::fs::write(folder.join("Patient.ndjson"), someone("1", "9", "Zerrouki", "1990-09-09").to_string()).unwrap();
    let report = world.import(&[folder]).await;
    assert_eq!(counts(&report), [0, 0, 0, 1, 1], "{:?}", report.issues);
}

#[tokio::test(flavor = "multi_thread")]
async fn relative_links_belong_to_the_server_of_their_entry() {
    let world = World::new().await;
    let report = world
        .import_text(
            "two.json",
            &bundle(
                "searchset",
                &[
                    ("https://a/fhir/Patient/1", someone("1", "1", "Abgrall", "1930-01-01")),
                    ("https://b/fhir/Patient/1", someone("1", "2", "Besnard", "1940-02-02")),
                    ("https://b/fhir/Observation/9", said("of-b", "Patient/1")),
                ],
            ),
        )
        .await;
    assert_eq!(counts(&report), [3, 0, 0, 0, 0], "{:?}", report.issues);
    let page = bundle("searchset", &[("https://a/fhir/Observation/8", said("of-a", "Patient/1"))]);
    assert_eq!(counts(&world.import_text("page2.json", &page).await), [1, 0, 0, 0, 0]);
    assert_eq!((person_of(&world, "of-a").await, person_of(&world, "of-b").await), ("1".to_owned(), "2".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn bulk_files_of_a_second_place_with_the_same_ids_all_come_in_and_come_again() {
    let world = World::new().await;
    let bulk = |name: &str, person: Value, status: &str| {
        let folder = world.folder.path().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let encounter = json!({"resourceType": "Encounter", "id": "1", "status": status, "class": {"code": "IMP"},
            "subject": {"reference": "Patient/1"}});
        let condition = json!({"resourceType": "Condition", "id": "1", "subject": {"reference": "Patient/1"},
            "encounter": {"reference": "Encounter/1"}, "code": {"text": "toux"}});
        std::fs::write(folder.join("Condition.ndjson"), condition.to_string()).unwrap();
        std::fs::write(folder.join("Encounter.ndjson"), encounter.to_string()).unwrap();
        std::fs::write(folder.join("Patient.ndjson"), person.to_string()).unwrap();
        folder
    };
    let first = bulk("f1", someone("1", "1", "Abgrall", "1930-01-01"), "in-progress");
    assert_eq!(counts(&world.import(&[first]).await), [3, 0, 0, 0, 0]);
    let second = bulk("f2", someone("1", "2", "Besnard", "1940-02-02"), "in-progress");
    let report = import_at(&world, world.second, &[second]).await;
    assert_eq!(counts(&report), [3, 0, 0, 0, 0], "{:?}", report.issues);
    let second = bulk("f2", someone("1", "2", "Besnard", "1940-02-02"), "finished");
    let report = import_at(&world, world.second, &[second]).await;
    assert_eq!(counts(&report), [0, 1, 2, 0, 0], "{:?}", report.issues);
    for condition in all(&world.operator(), ResourceType::CONDITION).await {
        let key = fhir::refs::local(condition.resource.str_at(&["encounter", "reference"]).unwrap()).unwrap();
        let encounter = app::records::read(&world.operator(), key.0, &key.1).await.unwrap();
        assert_eq!(encounter.person, condition.person);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_raised_label_and_a_value_that_goes_back_are_new_versions() {
    let world = World::new().await;
    let condition = |code: &str, text: &str| {
        json!({"resourceType": "Condition", "id": "c", "subject": {"reference": "Patient/p"}, "code": {"text": text},
            "meta": {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": code}]}})
        .to_string()
    };
    world.import_text("p.json", &patient("p", "1", "Brest").to_string()).await;
    world.import_text("1.json", &condition("N", "toux")).await;
    assert_eq!(world.import_text("2.json", &condition("V", "toux")).await.updated, 1);
    assert_eq!(all(&world.operator(), ResourceType::CONDITION).await[0].level, Level::VerySensitive);
    assert_eq!(world.import_text("3.json", &condition("V", "rhume")).await.updated, 1);
    assert_eq!(world.import_text("4.json", &condition("V", "toux")).await.updated, 1, "the source has gone back");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_made_here_survives_the_same_content_from_another_address() {
    let world = World::new().await;
    let doctor = |city: &str| {
        json!({"resourceType": "Practitioner", "id": "d", "address": [{"city": city}],
            "identifier": [{"system": "urn:oid:1.2.250.1.71.4.2.1", "value": "810000000001"}]})
    };
    let from = |url: &str, city: &str| bundle("searchset", &[(url, doctor(city))]);
    world.import_text("1.json", &from("https://a/fhir/Practitioner/d", "Brest")).await;
    let ours = Resource::from_value(doctor("Rennes")).unwrap();
    app::records::update(&world.operator(), ours, None).await.unwrap();
    assert_eq!(
        counts(&world.import_text("2.json", &from("https://b/fhir/Practitioner/d", "Brest")).await),
        [0, 0, 1, 0, 0]
    );
    assert_eq!(
        counts(&world.import_text("3.json", &from("https://a/fhir/Practitioner/d", "Quimper")).await),
        [0, 0, 0, 1, 0]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_that_comes_twice_in_a_bundle_is_still_found_by_the_others() {
    let world = World::new().await;
    let entries = [
        ("urn:uuid:1", patient("p", "1", "Brest")),
        ("urn:uuid:2", observation("o", "urn:uuid:1")),
        ("urn:uuid:1", patient("p", "1", "Brest")),
    ];
    let report = world.import_text("a.json", &bundle("transaction", &entries)).await;
    assert_eq!(counts(&report), [2, 0, 1, 0, 0], "{:?}", report.issues);
    assert_eq!(person_of(&world, "pouls").await, "1");
}

/// An establishment of this FINESS category.
fn establishment(id: &str, category: &str) -> Value {
    let system = "https://mos.esante.gouv.fr/NOS/TRE_R66-CategorieEtablissement/FHIR/TRE-R66-CategorieEtablissement";
    json!({"resourceType": "Organization", "id": id, "name": "Centre des Ormes",
        "type": [{"coding": [{"system": system, "code": category}]}]})
}

fn letter(id: &str, more: &Value) -> Value {
    let mut letter = json!({"resourceType": "DocumentReference", "id": id, "status": "current", "description": "Rendez-vous jeudi à 10 h.",
        "subject": {"reference": "Patient/p"}, "content": [{"attachment": {"title": "Courrier"}}]});
    letter.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    letter
}

async fn level_of(world: &World, kind: ResourceType, id: &str) -> Level {
    let found = all(&world.operator(), kind).await;
    found.iter().find(|one| one.resource.id() == Some(id)).unwrap().level
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sent_it_counts_whether_it_came_before_or_with_it() {
    let world = World::new().await;
    let letters = ResourceType::parse("DocumentReference").unwrap();
    let before = [patient("p", "1", "Brest"), establishment("csapa", "197"), establishment("chu", "355")];
    for (at, one) in before.iter().enumerate() {
        world.import_text(&format!("{at}.json"), &one.to_string()).await;
    }
    let role =
        json!({"resourceType": "PractitionerRole", "id": "role", "organization": {"reference": "Organization/csapa"}});
    world.import_text("role.json", &role.to_string()).await;
    for (id, more, level) in [
        ("a", json!({"custodian": {"reference": "Organization/csapa"}}), Level::Sensitive),
        ("b", json!({"custodian": {"reference": "Organization/chu"}}), Level::Standard),
        (
            "c",
            json!({"author": [{"reference": "Organization/chu"}, {"reference": "PractitionerRole/role"}]}),
            Level::Sensitive,
        ),
        ("d", json!({"contained": [establishment("x", "156")], "custodian": {"reference": "#x"}}), Level::Sensitive),
        ("e", json!({}), Level::Standard),
    ] {
        world.import_text(&format!("{id}.json"), &letter(id, &more).to_string()).await;
        assert_eq!(level_of(&world, letters, id).await, level, "{id}");
    }
    // In the same file, and for everything in it, but not for who the person is.
    let document = json!({"resourceType": "Composition", "id": "doc", "status": "final", "title": "Compte rendu", "date": "2026-05-01",
        "type": {"text": "Compte rendu"}, "subject": {"reference": "urn:uuid:1"}, "author": [{"reference": "urn:uuid:2"}]});
    let file = bundle(
        "document",
        &[
            ("urn:uuid:0", document),
            ("urn:uuid:1", patient("q", "2", "Brest")),
            ("urn:uuid:2", establishment("ormes", "197")),
            ("urn:uuid:3", observation("o", "urn:uuid:1")),
        ],
    );
    assert_eq!(counts(&world.import_text("doc.json", &file).await), [4, 0, 0, 0, 0]);
    assert_eq!(level_of(&world, ResourceType::OBSERVATION, "o").await, Level::Sensitive);
    assert!(level_of(&world, ResourceType::PATIENT, "q").await <= Level::Standard);
}
