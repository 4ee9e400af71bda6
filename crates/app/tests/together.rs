//! What is kept in memory follows what is written elsewhere.

use app::App;
use confidentiality::PlaceProfile;
use std::sync::Arc;
use store::{Location, Secret, Store};

const NOW: i64 = 1_780_000_000_000_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_place_added_while_serving_is_known() {
    let dir = tempfile::tempdir().unwrap();
    let location = Location::Directory(dir.path().join("data"));
    let store = Store::open(&location, Secret::random().unwrap(), NOW).await.unwrap();
    let tenant = store.ensure_tenant("990000017", NOW).await.unwrap();
    store.ensure_place(tenant, "990000025", PlaceProfile::Ehpad, "Les Tilleuls").await.unwrap();
    let app = App::open(store.clone(), tenant, Arc::new(|| NOW)).await.unwrap();
    let mut heard = app::upkeep::heard(&app);
    store.ensure_place(tenant, "990000033", PlaceProfile::Ime, "La Clairière").await.unwrap();
    assert!(app.place("990000033").is_none());
    heard.changed().await;
    app::upkeep::follow(&app, true).await.unwrap();
    assert_eq!(app.place("990000033").unwrap().name, "La Clairière");
    assert_eq!(app.default_place(), app.place("990000025").unwrap().place);
}
