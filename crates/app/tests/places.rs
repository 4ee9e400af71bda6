//! How an establishment is called and what it is: by whom, and what it changes.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod support;

use app::Cx;
use app::places::{self, Said, Unfit};
use confidentiality::{Category, PlaceProfile};
use serde_json::json;
use store::{Error, PlaceRow};
use support::World;

const SAID: Said<'_> = Said { name: Some("Les Tilleuls"), profile: Some(PlaceProfile::Ehpad) };

/// A world whose first place nobody has described.
async fn unsaid() -> (World, Cx) {
    let world = World::new().await;
    let (store, tenant) = (world.app.store(), world.app.tenant());
    store.ensure_place(tenant, "990000058", PlaceProfile::Other, &PlaceRow::unnamed("990000058")).await.unwrap();
    let app = app::App::open(store.clone(), tenant, std::sync::Arc::new(|| support::NOW)).await.unwrap();
    let world = World { app, ..world };
    let cx = world.operator();
    (world, cx)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_place_is_decides_what_its_teams_read_at_once() {
    let world = World::new().await;
    let operator = world.operator();
    let patient = json!({"resourceType": "Patient", "name": [{"family": "Bellec"}]});
    world.import_text("p.json", &patient.to_string()).await;
    let core = |cx: &Cx| cx.clearance().scopes().iter().any(|scope| scope.core().contains(Category::Neu));
    assert!(!core(&world.person(41, "sec").await) && core(&world.person(44, "as").await));
    let place = world.app.place("990000025").unwrap();
    let said = |profile| Said { profile: Some(profile), name: None };
    places::describe(&operator, &place, said(PlaceProfile::Other)).await.unwrap().unwrap();
    let place = world.app.place("990000025").unwrap();
    assert!(place.told && place.profile == PlaceProfile::Other && place.name == "Les Tilleuls");
    assert!(!core(&world.person(42, "as").await));
    places::describe(&operator, &place, said(PlaceProfile::Ehpad)).await.unwrap().unwrap();
    assert!(core(&world.person(43, "as").await));
    // What was read before that changes nothing any more.
    let late = places::describe(&operator, &place, said(PlaceProfile::Mecs)).await;
    assert!(matches!(late, Err(app::Error::Store(Error::Conflict(_)))), "{late:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_said_by_who_answers_for_accounts_there_and_kept_in_the_log() {
    let (world, operator) = unsaid().await;
    let place = world.app.place("990000058").unwrap();
    assert!(!place.told && place.is_unnamed());
    let director = world.person(61, "dir").await;
    assert_eq!(places::describe(&director, &place, SAID).await.unwrap(), Err(Unfit::Beyond), "another place");
    let technician = world.person(62, "info").await;
    let own = world.app.place("990000025").unwrap();
    assert_eq!(places::describe(&technician, &own, SAID).await.unwrap(), Err(Unfit::Beyond));
    let carer = world.person(63, "idec").await;
    let refused = places::describe(&carer, &own, SAID).await;
    assert!(matches!(refused, Err(app::Error::Store(Error::Absent))), "{refused:?}");
    let renamed = Said { name: Some("Les Tilleuls d’argent"), profile: None };
    assert_eq!(places::describe(&director, &own, renamed).await.unwrap(), Ok(()));
    let row = world.app.place("990000025").unwrap();
    assert_eq!((row.name.as_str(), row.profile), ("Les Tilleuls d’argent", PlaceProfile::Ehpad));
    let nameless = places::describe(&operator, &place, Said { name: Some(" "), profile: None }).await.unwrap();
    assert_eq!(nameless, Err(Unfit::Nameless));
    assert_eq!(places::add(&operator, "990000058", SAID).await.unwrap(), Ok(()), "as it was made by itself");
    assert_eq!(places::add(&operator, "990000058", SAID).await.unwrap(), Err(Unfit::Known));
    assert_eq!(places::add(&operator, "990000066", SAID).await.unwrap(), Ok(()));
    assert_eq!(world.app.places().len(), 4);
    let report = app::audit::verify(&world.app, None).await.unwrap();
    assert!(report.findings.is_empty(), "{:?}", report.findings);
}

fn organization(id: &str, number: &str, name: &str) -> String {
    json!({"resourceType": "Organization", "id": id, "name": name,
        "identifier": [{"system": "urn:oid:1.2.250.1.71.4.2.2", "value": format!("1{number}")}]})
    .to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_imported_organisation_names_a_place_that_has_no_name_yet() {
    let (world, _) = unsaid().await;
    let report = world.import_text("a.json", &organization("o1", "990000025", "Autre nom")).await;
    assert_eq!(report.created, 1, "{report:?}");
    assert_eq!(world.app.place("990000025").unwrap().name, "Les Tilleuls", "somebody has named it");
    world.import_text("b.json", &organization("o2", "990000058", "Le Verger")).await;
    let place = world.app.place("990000058").unwrap();
    assert!(place.name == "Le Verger" && !place.told, "{place:?}");
}
