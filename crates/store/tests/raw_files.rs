//! What a thief of the files reads: not one word of a record, whatever the encoding, open or closed.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

#[path = "support/client.rs"]
mod client;
#[path = "raw_files/database.rs"]
mod database;
#[path = "raw_files/scan.rs"]
mod scan;
#[expect(dead_code, reason = "its server is not shared")]
mod support;

use confidentiality::labeler::{Context, Labeler};
use confidentiality::{Level, MaskFlags, Place, PlaceProfile};
use fhir::{Resource, ResourceType};
use serde_json::{Value, json};
use std::path::Path;
use store::{
    Account, AccountKind, Call, Change, Graded, Hand, ImportKey, Location, NewAssets, Secret, Store, TimelineFilter,
};

const NOW: i64 = 1_780_000_000_000_000;
/// Names, words, identifiers, dates, ids and reasons: everything a person could be known by.
const SECRETS: [&str; 30] = [
    "Quéméner-Kermarrec",
    "Gwendoline-Azénor",
    "L'Hévéder",
    "Barnabé",
    "275063512345678",
    "138127500011122",
    "1938-03-07",
    "douleur à l'épaule gauche après la chute",
    "tentative d'autolyse évoquée à demi-mot",
    "séropositivité découverte en 2009",
    "Hypertension artérielle essentielle",
    "compte rendu d'hospitalisation à Kergoat",
    "quatrième étage, porte bleue",
    "06 99 88 77 66",
    "azenor-sur-mer",
    "chosen-id-gwendoline",
    "chosen-id-vih",
    "urgence vitale signalée par le voisin",
    "poste-infirmerie-nord",
    "Les Tilleuls argentés",
    "unité des Glycines-Bleues",
    "infirmière.odile",
    "sha-de-la-source-42",
    "brouillon resté ouvert au chariot",
    "emtricitabine du soir",
    "un comprimé à 20 heures avec le repas",
    "Surveillance rapprochée",
    "PC-DIRECTION-GLYCINES",
    "compte.odile.bihan",
    "inventaire-glycines.json",
];

#[tokio::test(flavor = "multi_thread")]
async fn no_word_of_a_record_is_in_the_files() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let store = live(&Location::Directory(data.clone())).await;
    let open = scan::files(&data);
    for name in ["main.db-wal", "main.db-shm", "audit.db-wal", "keys.db-wal"] {
        assert!(open.iter().any(|path| path.ends_with(name)), "{name} should be there while the store is open");
    }
    assert_clean(&data, "open");
    no_other_file(&data);
    drop(store);
    // Whatever the store's own threads have not yet put into the files is put there now.
    for name in ["main.db", "audit.db", "keys.db"] {
        let file = rusqlite::Connection::open(data.join(name)).unwrap();
        let _counts: i64 = file.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0)).unwrap();
        if name == "main.db" {
            let sql = "SELECT COUNT(DISTINCT kind) FROM safety WHERE kind IN (1, 3)";
            let kinds: i64 = file.query_row(sql, [], |row| row.get(0)).unwrap();
            assert_eq!(kinds, 2, "a drug and what to do are among what was looked for");
        }
    }
    assert_clean(&data, "closed");
}

/// A store in which all that a record is made of was written, read and looked for.
async fn live(location: &Location) -> Store {
    let store = Store::open(location, Secret::random().unwrap(), NOW).await.unwrap();
    let tenant = store.ensure_tenant("990000017", NOW).await.unwrap();
    let place = store.ensure_place(tenant, "990000025", PlaceProfile::Ehpad, "Les Tilleuls argentés").await.unwrap();
    store.ensure_unit(tenant, place, "unité des Glycines-Bleues").await.unwrap();
    let call = call(tenant);
    write(&store, &call, place).await;
    estate(&store, &call).await;
    sign_in(&store, tenant).await;
    read(&store, &call).await;
    unfinished(&store, &call).await;
    store.sequence(tenant, NOW).await.unwrap();
    store.checkpoint(tenant, NOW).await.unwrap();
    store
}

/// Clear columns are declared; bodies, names and words are not among them.
fn assert_clean(data: &Path, when: &str) {
    let scanner = scan::Scanner::new(&SECRETS);
    for path in scan::files(data) {
        // A journal may go away while the store closes: what it held is then in the file beside it.
        let Ok(bytes) = std::fs::read(&path) else { continue };
        let found = scanner.find(&bytes);
        assert!(found.is_empty(), "{when}: {} holds {found:?}", path.display());
    }
}

/// The scanner would see a word that is there.
#[test]
fn a_planted_word_is_found_in_every_encoding() {
    let dir = tempfile::tempdir().unwrap();
    for word in SECRETS {
        let scanner = scan::Scanner::new(&[word]);
        for (encoding, bytes) in scan::plants(word) {
            let path = dir.path().join("planted");
            std::fs::write(&path, [b"\x00\x17before".as_slice(), &bytes, b"after\xff"].concat()).unwrap();
            let read = std::fs::read(scan::files(dir.path()).first().unwrap()).unwrap();
            assert!(!scanner.find(&read).is_empty(), "{word} as {encoding}");
        }
    }
    assert!(scan::Scanner::new(&SECRETS).find(b"nothing of the kind").is_empty());
}

/// Three databases and a lock; temporary tables are in memory (a test of the engine).
fn no_other_file(data: &Path) {
    let names = std::fs::read_dir(data).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let known = |name: &str| name == "lock" || ["main.db", "audit.db", "keys.db"].iter().any(|db| name.starts_with(db));
    let others: Vec<String> = names.filter(|name| !known(name)).collect();
    assert_eq!(others, [""; 0], "a file nobody has thought of");
}

fn call(tenant: i64) -> Call {
    let mut call = client::call(tenant, NOW, 7, Level::VerySensitive, None);
    call.origin.reason = Some("urgence vitale signalée par le voisin".to_owned());
    call.origin.device = Some("poste-infirmerie-nord".to_owned());
    call
}

fn create(place: Place, value: Value, import: Option<ImportKey>) -> Change {
    Change::Create {
        graded: graded(place, &value),
        resource: Resource::from_value(value).unwrap(),
        if_none_exist: None,
        import,
    }
}

fn update(place: Place, value: Value) -> Change {
    let (graded, resource) = (graded(place, &value), Resource::from_value(value).unwrap());
    Change::Update { resource, graded, if_match: None, upsert: false, import: None }
}

fn graded(place: Place, value: &Value) -> Graded {
    let labeled = Labeler::shipped().unwrap().label_resource(value, &Context::default());
    Graded {
        label: labeled.label,
        family: labeled.family,
        place,
        mask: MaskFlags::empty(),
        rules: 1,
        safety: labeled.safety,
    }
}

fn patient(phone: &str) -> Value {
    json!({"resourceType": "Patient", "id": "chosen-id-gwendoline", "birthDate": "1938-03-07",
        "identifier": [{"system": "urn:oid:1.2.250.1.213.1.4.8", "value": "275063512345678"}],
        "name": [{"family": "Quéméner-Kermarrec", "given": ["Gwendoline-Azénor"]}],
        "telecom": [{"system": "phone", "value": phone}], "address": [{"city": "azenor-sur-mer"}]})
}

fn about(id: &str, code: &str, words: &str) -> Value {
    json!({"resourceType": "Condition", "id": id, "subject": {"reference": "Patient/chosen-id-gwendoline"},
        "recordedDate": "2025-01-02", "code": {"text": words,
        "coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": code, "display": words}]}})
}

/// What is under the level-4 key in full, and under the ordinary one for whoever cares.
fn treatment() -> Value {
    json!({"resourceType": "MedicationRequest", "id": "m1", "status": "active", "intent": "order",
        "subject": {"reference": "Patient/chosen-id-gwendoline"},
        "medicationCodeableConcept": {"text": "emtricitabine du soir"},
        "dosageInstruction": [{"text": "un comprimé à 20 heures avec le repas"}],
        "reasonCode": [{"text": "séropositivité découverte en 2009, idées suicidaires"}]})
}

async fn write(store: &Store, call: &Call, place: Place) {
    let content = store.digest(call.tenant, b"sha-de-la-source-42").unwrap();
    let hash = store.import_number(call.tenant, "sha-de-la-source-42", "chosen-id-gwendoline").unwrap();
    let import = Some(ImportKey {
        hash,
        content,
        source_version: "sha-de-la-source-42".into(),
        source: "source-confidentielle".into(),
    });
    let other = json!({"resourceType": "Patient", "id": "barnabe-2", "name": [{"family": "L'Hévéder", "given": ["Barnabé"]}],
        "identifier": [{"system": "urn:oid:1.2.250.1.213.1.4.8", "value": "138127500011122"}]});
    let document = json!({"resourceType": "DocumentReference", "id": "d1", "status": "current",
        "subject": {"reference": "Patient/chosen-id-gwendoline"}, "description": "compte rendu d'hospitalisation à Kergoat",
        "content": [{"attachment": {"contentType": "text/plain", "data": scan::base64("quatrième étage, porte bleue")}}]});
    let structure = json!({"resourceType": "Organization", "id": "org", "name": "Les Tilleuls argentés"});
    let written = store
        .write(
            call,
            vec![
                create(place, patient("06 99 88 77 66"), import),
                create(place, other, None),
                create(place, about("c2", "I10", "Hypertension artérielle essentielle"), None),
                create(place, about("c3", "F32.2", "tentative d'autolyse évoquée à demi-mot"), None),
                create(place, about("chosen-id-vih", "B24", "séropositivité découverte en 2009"), None),
                create(place, about("c5", "M25.5", "douleur à l'épaule gauche après la chute"), None),
                create(place, document, None),
                create(place, treatment(), None),
                create(place, structure, None),
            ],
        )
        .await
        .unwrap();
    assert_eq!(written.len(), 9);
    // A rise to level 4 seals its history anew; an update and a delete leave older versions behind.
    store.write(call, vec![update(place, about("c5", "B24", "séropositivité découverte en 2009"))]).await.unwrap();
    store.write(call, vec![update(place, patient("06 99 88 77 66"))]).await.unwrap();
    let delete = Change::Delete { kind: ResourceType::CONDITION, id: "c3".into(), if_match: None };
    store.write(call, vec![delete]).await.unwrap();
    let levels = history_levels(store, call).await;
    assert!(levels.contains(&Level::VerySensitive) && levels.contains(&Level::Standard), "{levels:?}");
}

/// A draft, saved twice, dropped, and saved again.
async fn unfinished(store: &Store, call: &Call) {
    let hand = Hand { page: "a", seen: 0 };
    let text = || "brouillon resté ouvert au chariot".as_bytes().to_vec();
    for _ in 0..2 {
        store.save_draft(call, "slot", "chosen-id-gwendoline", hand, text()).await.unwrap();
    }
    store.drop_draft(call, "slot", None).await.unwrap();
    store.save_draft(call, "slot", "chosen-id-gwendoline", hand, text()).await.unwrap();
    let drafts = store.drafts(call).await.unwrap();
    assert_eq!(store.disclose(call, drafts).await.unwrap().first().unwrap().body, text());
}

async fn history_levels(store: &Store, call: &Call) -> Vec<Level> {
    let mut levels = Vec::new();
    for id in ["c2", "c3", "c5", "chosen-id-vih"] {
        let history = store.history(call, ResourceType::CONDITION, id).await.unwrap();
        levels.extend(store.disclose(call, history).await.unwrap().iter().map(|version| version.level));
    }
    levels
}

async fn estate(store: &Store, call: &Call) {
    let words = "PC-DIRECTION-GLYCINES compte.odile.bihan".repeat(20).into_bytes();
    let digest = store.digest(call.tenant, &words).unwrap();
    let head = b"inventaire-glycines.json".to_vec();
    store.keep_assets(call, vec![NewAssets { digest, head, parts: vec![words] }]).await.unwrap();
}

async fn sign_in(store: &Store, tenant: i64) {
    let account = Account {
        actor: 41,
        kind: AccountKind::Person,
        login: "infirmière.odile".into(),
        display: "Gwendoline-Azénor".into(),
        password: "quatrième étage, porte bleue".into(),
        place: None,
        max_level: 4,
        write: true,
        chosen_ids: false,
        practitioner: Some("demo-infirmière".into()),
        ends: None,
        chosen: None,
    };
    store.put_account(tenant, account).await.unwrap();
    assert!(store.find_account(tenant, AccountKind::Person, "infirmière.odile").await.unwrap().is_some());
}

async fn read(store: &Store, call: &Call) {
    for (kind, query) in [
        (ResourceType::PATIENT, "family=Quéméner-Kermarrec&_total=accurate"),
        (ResourceType::PATIENT, "name:contains=azénor&_total=accurate"),
        (ResourceType::PATIENT, "identifier=275063512345678&_total=accurate"),
        (ResourceType::PATIENT, "birthdate=1938-03-07&_total=accurate"),
        (ResourceType::CONDITION, "patient.family=quéméner&_sort=-recorded-date&_total=accurate"),
    ] {
        let query = fhir::search::parse(kind, &fhir::search::pairs(query), true).unwrap();
        let page = store.search(call, &query).await.unwrap();
        assert!(store.disclose(call, page).await.unwrap().total.unwrap() > 0, "{query:?}");
    }
    let person = store.person_of(call, "chosen-id-gwendoline").await.unwrap().unwrap();
    let facts = store.safety(call, &[person]).await.unwrap();
    let facts = store.disclose(call, facts).await.unwrap();
    assert!(facts.iter().any(|one| one.fact.text.starts_with("Surveillance rapprochée")), "{facts:?}");
    let all = &TimelineFilter::default();
    let timeline = store.timeline(call, "chosen-id-gwendoline", all, None, 50).await.unwrap();
    assert!(!store.disclose(call, timeline).await.unwrap().unwrap().items.is_empty());
}
