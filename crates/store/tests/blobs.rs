//! Large content: the same back, once for each person, closed as its item is, named when it is torn, gone with its person.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

mod support;
#[expect(dead_code, reason = "people are for other tests")]
#[path = "support/world.rs"]
mod world;

use crate::support::postgres;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use confidentiality::Level;
use fhir::{Resource, ResourceType};
use rusqlite::Connection;
use serde_json::{Value, json};
use store::{Call, Change, Error, Location, Secret};
use world::{NOW, World, patient, world, worlds};

const DOCUMENT: ResourceType = ResourceType::DOCUMENT_REFERENCE;

/// Bytes that no compression shortens, the same for the same seed.
fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes().first().copied().unwrap()
    };
    (0..length).map(|_| next()).collect()
}

fn document(id: &str, patient: &str, title: &str, contents: &[&[u8]]) -> Value {
    let content: Vec<Value> = contents
        .iter()
        .map(|content| json!({"attachment": {"contentType": "application/pdf", "data": STANDARD.encode(content), "title": title}}))
        .collect();
    json!({"resourceType": "DocumentReference", "id": id, "status": "current", "description": title,
        "subject": {"reference": format!("Patient/{patient}")}, "date": "2025-01-02T10:00:00Z", "content": content})
}

async fn put(world: &World, call: &Call, value: &Value) {
    let (graded, resource) = (world.graded(value), Resource::from_value(value.clone()).unwrap());
    let change = Change::Update { resource, graded, if_match: None, upsert: true, import: None };
    world.store.write(call, vec![change]).await.unwrap();
}

async fn read(world: &World, call: &Call, kind: ResourceType, id: &str) -> Result<Option<Value>, Error> {
    let found = world.store.read(call, kind, id).await?;
    let mut found = match world.store.disclose(call, found).await? {
        Some(found) => found.resource.into_value(),
        None => return Ok(None),
    };
    found.as_object_mut().unwrap().remove("meta");
    Ok(Some(found))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_went_in_comes_out_whatever_its_size_and_form() {
    for world in worlds().await {
        let call = world.client(Level::VerySensitive);
        put(&world, &call, &patient("p1")).await;
        let (one, long, text) = (noise(1, 20_000), noise(2, 700_001), b"Compte rendu. ".repeat(40_000));
        let exactly = noise(3, 256 << 10);
        let mut odd = document("odd", "p1", "plusieurs", &[&one, &long, &[], b"court", &text, &exactly, &one]);
        // Written otherwise than we would: kept as it is.
        let lines = STANDARD.encode(&one).as_bytes().chunks(76).map(<[u8]>::to_vec).collect::<Vec<_>>().join(&b'\n');
        odd.as_object_mut().unwrap().insert("docStatus".into(), "final".into());
        *odd.pointer_mut("/content/3/attachment/data").unwrap() = String::from_utf8(lines).unwrap().into();
        *odd.pointer_mut("/content/2/attachment").unwrap() = json!({"title": "rien"});
        let binary = json!({"resourceType": "Binary", "id": "b", "contentType": "application/pdf", "data": STANDARD.encode(&long)});
        let about_one = json!({"resourceType": "Binary", "id": "c", "contentType": "text/plain",
            "securityContext": {"reference": "Patient/p1"}, "data": STANDARD.encode(&text)});
        let deep = json!({"resourceType": "Basic", "id": "d", "code": {"text": "x"}, "extension": [{"url": "urn:a",
            "extension": [{"url": "urn:b", "valueBase64Binary": STANDARD.encode(&one)}, {"url": "urn:c", "valueString": "A".repeat(60_000)}]}]});
        for value in [&odd, &binary, &about_one, &deep] {
            put(&world, &call, value).await;
            let (kind, id) = (value["resourceType"].as_str().unwrap(), value["id"].as_str().unwrap());
            let found = read(&world, &call, ResourceType::parse(kind).unwrap(), id).await.unwrap().unwrap();
            assert!(found == *value, "{kind} {id}");
        }
        let mut next = odd.clone();
        *next.pointer_mut("/description").unwrap() = "relu".into();
        next.pointer_mut("/content").unwrap().as_array_mut().unwrap().remove(1);
        put(&world, &call, &next).await;
        assert!(read(&world, &call, DOCUMENT, "odd").await.unwrap().unwrap() == next);
        let past = world.store.vread(&call, DOCUMENT, "odd", 1).await.unwrap();
        let past = world.store.disclose(&call, past).await.unwrap().unwrap().resource.into_value();
        assert!(past["content"] == odd["content"]);
        let check = world.store.check(&call, &|_| ()).await.unwrap();
        assert_eq!(check.findings, []);
    }
}

/// A store in files, to look into.
struct Files {
    dir: tempfile::TempDir,
    root: Secret,
}

impl Files {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), root: Secret::random().unwrap() }
    }

    async fn world(&self) -> World {
        world(Location::Directory(self.data()), self.root.clone()).await
    }

    fn data(&self) -> std::path::PathBuf {
        self.dir.path().join("data")
    }

    fn sql(&self, sql: &str) -> usize {
        Connection::open(self.data().join("main.db")).unwrap().execute(sql, []).unwrap()
    }

    fn chunks(&self) -> i64 {
        let conn = Connection::open(self.data().join("main.db")).unwrap();
        conn.query_row("SELECT COUNT(*) FROM blob", [], |row| row.get(0)).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn content_is_kept_once_a_person_and_never_shared_between_persons() {
    let files = Files::new();
    let world = files.world().await;
    let call = world.client(Level::VerySensitive);
    let content = noise(4, 600_000);
    for id in ["p1", "p2"] {
        put(&world, &call, &patient(id)).await;
    }
    put(&world, &call, &document("d1", "p1", "un", &[&content])).await;
    assert_eq!(files.chunks(), 3);
    put(&world, &call, &document("d1", "p1", "deux", &[&content])).await;
    put(&world, &call, &document("d2", "p1", "trois", &[&content, &content])).await;
    assert_eq!(files.chunks(), 3);
    put(&world, &call, &document("d3", "p2", "un", &[&content])).await;
    assert_eq!(files.chunks(), 6);
    put(&world, &call, &document("d4", "p1", "petit", &[&noise(5, 10_000)])).await;
    assert_eq!(files.chunks(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_it_stands_in_the_files() {
    let files = Files::new();
    let world = files.world().await;
    let call = world.client(Level::VerySensitive);
    put(&world, &call, &patient("p1")).await;
    let (content, text) = (noise(6, 600_000), b"Le contenu du courrier de Madame. ".repeat(2_000));
    put(&world, &call, &document("d1", "p1", "un", &[&content, &text])).await;
    let encoded = STANDARD.encode(&content);
    let wanted = [
        content.get(1_000..1_032).unwrap().to_vec(),
        content.get(400_000..400_032).unwrap().to_vec(),
        encoded.as_bytes().get(3_000..3_040).unwrap().to_vec(),
        b"courrier de Madame".to_vec(),
    ];
    let finder = aho_corasick::AhoCorasick::new(&wanted).unwrap();
    let mut seen = 0;
    for file in std::fs::read_dir(files.data()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        seen += bytes.len();
        assert!(!finder.is_match(&bytes));
    }
    assert!(seen > content.len());
}

/// What a reader is told, and what a check finds, once content was torn.
async fn damaged(world: &World, sql: &str) -> (String, Vec<String>) {
    let call = world.client(Level::VerySensitive);
    let told = match read(world, &call, DOCUMENT, "d1").await {
        Err(Error::Integrity(text)) => text,
        other => panic!("{sql}: {other:?}"),
    };
    assert!(read(world, &call, DOCUMENT, "d2").await.unwrap().is_some(), "others are read");
    let check = world.store.check(&call, &|_| ()).await.unwrap();
    (told, check.findings.into_iter().map(|finding| format!("{}: {}", finding.code, finding.detail)).collect())
}

async fn two_documents(world: &World) {
    let call = world.client(Level::VerySensitive);
    put(world, &call, &patient("p1")).await;
    put(world, &call, &document("d1", "p1", "un", &[&noise(7, 600_000)])).await;
    put(world, &call, &document("d2", "p1", "deux", &[b"court"])).await;
}

fn is_named(sql: &str, says: &str, (told, found): &(String, Vec<String>)) {
    assert!(told.ends_with(says), "{sql}: {told}");
    assert!(found.iter().any(|text| text.starts_with("body: item ") && text.ends_with(says)), "{sql}: {found:?}");
    let strays = found.iter().any(|text| text == "blob: 1 contents belong to no item that opens");
    assert_eq!(strays, sql.contains("SET address"), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_torn_is_named() {
    let flip =
        "UPDATE blob SET body = CAST(substr(body, 1, 100) || x'00112233' || substr(body, 105) AS BLOB) WHERE chunk = 1";
    let swap = "UPDATE blob SET body = (SELECT b.body FROM blob b WHERE b.chunk = 0 AND b.address = blob.address) WHERE chunk = 2";
    let all = [
        ("DELETE FROM blob WHERE chunk = 1", "chunk 2 of 3 is missing"),
        ("DELETE FROM blob WHERE chunk = 2", "chunk 3 of 3 is missing"),
        (flip, "chunk 2 of 3 does not open"),
        (swap, "chunk 3 of 3 does not open"),
        (
            "UPDATE blob SET address = CAST(x'00' || substr(address, 2) AS BLOB) WHERE chunk < 3",
            "chunk 1 of 3 is missing",
        ),
    ];
    for (sql, says) in all {
        let files = Files::new();
        two_documents(&files.world().await).await;
        assert!(files.sql(sql) > 0, "{sql}");
        is_named(sql, says, &damaged(&files.world().await, sql).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_torn_is_named_on_postgresql() {
    let swap = "UPDATE main.blob SET body = (SELECT b.body FROM main.blob b WHERE b.chunk = 0 AND b.address = blob.address) WHERE chunk = 2";
    let all = [
        ("DELETE FROM main.blob WHERE chunk = 1", "chunk 2 of 3 is missing"),
        ("DELETE FROM main.blob WHERE chunk = 2", "chunk 3 of 3 is missing"),
        (
            "UPDATE main.blob SET body = set_byte(body, 100, get_byte(body, 100) # 4) WHERE chunk = 1",
            "chunk 2 of 3 does not open",
        ),
        ("UPDATE main.blob SET body = substr(body, 1, 4096) WHERE chunk = 1", "chunk 2 of 3 does not open"),
        (swap, "chunk 3 of 3 does not open"),
        (
            "UPDATE main.blob SET address = set_byte(address, 0, get_byte(address, 0) # 1) WHERE chunk < 3",
            "chunk 1 of 3 is missing",
        ),
    ];
    for (sql, says) in all {
        let Some(url) = postgres::fresh_database() else { return };
        let world = world(Location::Postgres(url.clone()), Secret::random().unwrap()).await;
        two_documents(&world).await;
        let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        assert!(client.execute(sql, &[]).await.unwrap() > 0, "{sql}");
        is_named(sql, says, &damaged(&world, sql).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_read_the_item_does_not_read_its_content() {
    let files = Files::new();
    let world = files.world().await;
    let (full, limited) = (world.client(Level::VerySensitive), world.program(8, Level::Standard));
    put(&world, &full, &patient("p1")).await;
    let content = noise(8, 100_000);
    let mut secret = document("secret", "p1", "un", &[&content]);
    let tag =
        json!({"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "V"}]});
    secret.as_object_mut().unwrap().insert("meta".into(), tag);
    put(&world, &full, &secret).await;
    assert!(read(&world, &limited, DOCUMENT, "secret").await.unwrap().is_none());
    assert!(read(&world, &full, DOCUMENT, "secret").await.unwrap().unwrap()["content"] == secret["content"]);
    // The same content, kept once, in an item that may be read: each is opened by its own body.
    let open = document("open", "p1", "un", &[&content]);
    put(&world, &full, &open).await;
    assert_eq!(files.chunks(), 1);
    assert!(read(&world, &limited, DOCUMENT, "secret").await.unwrap().is_none());
    // What says where content is cannot be written by hand.
    let forged = json!([[1, "AAAAAAAAAAAAAAAAAAAAAA==", STANDARD.encode([0_u8; 32]), 100_000]]).to_string();
    let forged = document("forged", "p1", &format!("{forged}\n"), &[]);
    put(&world, &full, &forged).await;
    assert!(read(&world, &full, DOCUMENT, "forged").await.unwrap().unwrap() == forged);
}

#[tokio::test(flavor = "multi_thread")]
async fn content_goes_with_its_person() {
    for world in worlds().await {
        let call = world.client(Level::VerySensitive);
        let journal = tempfile::tempdir().unwrap();
        world.store.replay_erasures(&journal.path().join("erased"), NOW).await.unwrap();
        for id in ["p1", "p2"] {
            put(&world, &call, &patient(id)).await;
            put(&world, &call, &document(&format!("d-{id}"), id, "un", &[&noise(9, 300_000)])).await;
        }
        let told = world.store.erasure_of(&call, "p1").await.unwrap().unwrap();
        world.store.ask_erasure(&world.program(8, Level::VerySensitive), "p1", told.items, "essai").await.unwrap();
        world.store.erase(&call, "p1").await.unwrap();
        assert!(read(&world, &call, DOCUMENT, "d-p1").await.unwrap().is_none());
        assert!(read(&world, &call, DOCUMENT, "d-p2").await.unwrap().is_some());
        assert_eq!(world.store.check(&call, &|_| ()).await.unwrap().findings, []);
    }
}
