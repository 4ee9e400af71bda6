//! What was written in some time is the same whichever way it is found: by that time, or, when too much was, by its type.

use super::{NOW, condition, create, postgres, program};
use crate::engine::{ALONE, Conn, Db, cells};
use crate::{Call, HistoryQuery, Location, Secret, Store};
use confidentiality::PlaceProfile;
use fhir::ResourceType;
use fhir::search::Scope;

const HOUR: i64 = 3_600_000_000;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_lately_is_found_however_much_else_was() {
    let _alone = ALONE.lock().await;
    let dir = tempfile::tempdir().unwrap();
    is_found(Location::Directory(dir.path().to_owned())).await;
    if let Some(cluster) = postgres() {
        is_found(Location::Postgres(cluster.url())).await;
    }
}

async fn is_found(location: Location) {
    let store = Store::open(&location, Secret::random().unwrap(), NOW).await.unwrap();
    let tenant = store.ensure_tenant("990000017", NOW).await.unwrap();
    let place = store.ensure_place(tenant, "990000025", PlaceProfile::Ehpad, "Les Tilleuls").await.unwrap();
    let patient = serde_json::json!({"resourceType": "Patient", "id": "p1"});
    store.write(&program(tenant), vec![create(patient, place)]).await.unwrap();
    for (id, hours) in [("c1", -2), ("c2", -1), ("c3", 0), ("c4", 1)] {
        let call = Call { now: NOW + hours * HOUR, ..program(tenant) };
        store.write(&call, vec![create(condition(id).into_value(), place)]).await.unwrap();
    }
    let wanted = [&["c3", "c4"][..], &["c1"], &["c2", "c3"], &["c3", "c4", "p1"], &["c3", "c4"], &["c4", "c3"]];
    assert_eq!(asked(&store, tenant).await, wanted);
    store.engine().write(Db::Main, move |conn| much_else(conn, tenant)).await.unwrap();
    assert_eq!(asked(&store, tenant).await, wanted);
}

/// Written in the same hours, and of another type.
fn much_else(conn: &Conn<'_>, tenant: i64) -> crate::Result<u64> {
    conn.execute(
        "INSERT INTO resource(tenant, rid, type, person, place, version, created_seq, updated, level, categories, family,
           mask, seal, author, rules, deleted, moment, body)
         WITH RECURSIVE many(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many WHERE n < 40004)
         SELECT CAST(?1 AS BIGINT), 1000000 + n, CAST(?2 AS BIGINT), 0, 1, 1, 0, CAST(?3 AS BIGINT) + n % 4 * CAST(?4 AS BIGINT),
           0, 0, 2, 0, 0, 7, 1, 0, 0, p.body FROM many, (SELECT body FROM resource WHERE tenant = ?1 AND type = ?5) p",
        &cells![tenant, ResourceType::OBSERVATION.code(), NOW - 2 * HOUR, HOUR, ResourceType::PATIENT.code()],
    )
}

/// What several searches give, and the history of a type.
async fn asked(store: &Store, tenant: i64) -> Vec<Vec<String>> {
    let call = program(tenant);
    let at = |hours: i64| fhir::date::instant(NOW + hours * HOUR);
    let mut found = Vec::new();
    for (path, text) in [
        ("Condition", format!("_lastUpdated=ge{}", at(0))),
        ("Condition", format!("_lastUpdated=lt{}", at(-1))),
        ("Condition", format!("_lastUpdated=ge{}&_lastUpdated=le{}", at(-1), at(0))),
        ("", format!("_type=Condition,Patient&_lastUpdated=ge{}", at(0))),
        ("Condition", format!("_lastUpdated=ge{}&code:not=I11", at(0))),
    ] {
        let pairs = fhir::search::pairs(&format!("{text}&_total=accurate"));
        let scope = Scope::parse(&path.split('/').collect::<Vec<_>>()).unwrap();
        let page = store.search(&call, &fhir::search::parse_in(&scope, &pairs, true).unwrap()).await.unwrap();
        let page = store.disclose(&call, page).await.unwrap();
        let mut ids: Vec<String> = page.matches.iter().map(|one| one.resource.id().unwrap().to_owned()).collect();
        ids.sort_unstable();
        assert_eq!(page.total, i64::try_from(ids.len()).ok());
        found.push(ids);
    }
    let query = HistoryQuery { kind: Some(ResourceType::CONDITION), since: Some(NOW), ..HistoryQuery::default() };
    let page = store.history_page(&call, &query).await.unwrap();
    let page = store.disclose(&call, page).await.unwrap();
    found.push(page.versions.iter().map(|one| one.resource.id().unwrap().to_owned()).collect());
    found
}
