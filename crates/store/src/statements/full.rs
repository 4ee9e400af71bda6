//! A disk that is full: what was acknowledged stays and is read, nothing is half-written, and it goes on once there is room.

use super::{NOW, create, program};
use crate::engine::Db;
use crate::{Error, Location, Secret, Store};
use confidentiality::PlaceProfile;
use fhir::ResourceType;
use serde_json::json;

async fn limit(store: &Store, db: Db, pages: u32) {
    let text = format!("PRAGMA max_page_count = {pages}");
    store.engine().write(db, move |conn| conn.batch(&text)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_writes_and_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&Location::Directory(dir.path().to_owned()), Secret::random().unwrap(), NOW).await.unwrap();
    let tenant = store.ensure_tenant("990000017", NOW).await.unwrap();
    let place = store.ensure_place(tenant, "990000025", PlaceProfile::Ehpad, "Les Tilleuls").await.unwrap();
    let call = program(tenant);
    let patient = json!({"resourceType": "Patient", "id": "p1", "name": [{"family": "Quéméner"}]});
    store.write(&call, vec![create(patient, place)]).await.unwrap();
    let words = |n: usize| format!("{n} {}", "relevé de la nuit ".repeat(n % 40));
    let note = |n: usize| {
        json!({"resourceType": "Observation", "id": format!("o{n}"), "subject": {"reference": "Patient/p1"},
            "status": "final", "code": {"text": words(n)}})
    };
    let mut written = Vec::new();
    for room in [1, 2, 3] {
        // Smaller than it is: SQLite takes the present size, which leaves no room at all.
        limit(&store, Db::Main, room).await;
        let mut refused = 0;
        for n in room as usize * 1_000..room as usize * 1_000 + 100 {
            match store.write(&call, vec![create(note(n), place)]).await {
                Ok(_) => written.push(n),
                Err(Error::Unavailable(_)) => refused += 1,
                Err(error) => panic!("{error:?}"),
            }
        }
        assert!(refused > 0, "the disk is never full");
        for n in &written {
            let read = store.read(&call, ResourceType::OBSERVATION, &format!("o{n}")).await.unwrap();
            let found = store.disclose(&call, read).await.unwrap().unwrap();
            assert_eq!(found.resource.value()["code"]["text"], words(*n).as_str());
        }
        limit(&store, Db::Main, 1 << 30).await;
        store.write(&call, vec![create(note(room as usize * 1_000 + 500), place)]).await.unwrap();
        written.push(room as usize * 1_000 + 500);
    }
    // The log's own file: nothing leaves then, for a program.
    limit(&store, Db::Audit, 1).await;
    let mut kept_back = 0;
    for n in written.iter().cycle().take(200) {
        let read = store.read(&call, ResourceType::OBSERVATION, &format!("o{n}")).await.unwrap();
        match store.disclose(&call, read).await {
            Ok(found) => assert!(found.is_some()),
            Err(Error::Unavailable(_)) => kept_back += 1,
            Err(error) => panic!("{error:?}"),
        }
    }
    assert!(kept_back > 0, "the log is never full");
    limit(&store, Db::Audit, 1 << 30).await;
    let check = store.check(&call, &|_| ()).await.unwrap();
    assert_eq!((check.findings, check.items), (Vec::new(), written.len() as u64 + 1));
}
