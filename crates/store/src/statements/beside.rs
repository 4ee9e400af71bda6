//! What is asked together with an account is told only to whom the account allows it.

use super::{NOW, call, condition, create, facts, postgres, program};
use crate::engine::ALONE;
use crate::{Account, AccountKind, Ahead, Call, Location, Secret, Store, Version};
use confidentiality::{Actor, ClientScope, Level, PlaceProfile, Purpose, Session, Strength};
use fhir::ResourceType;
use serde_json::json;

const WANTED: (ResourceType, &str) = (ResourceType::CONDITION, "c1");

async fn read(store: &Store, ahead: &Ahead, call: &Call) -> Option<Version> {
    let found = store.read_ahead(ahead.clone(), call, WANTED.0, WANTED.1).await.unwrap();
    store.disclose(call, found).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_with_an_account_is_told_by_what_the_account_says() {
    let _alone = ALONE.lock().await;
    let Some(cluster) = postgres() else { return };
    let store = Store::open(&Location::Postgres(cluster.url()), Secret::random().unwrap(), NOW).await.unwrap();
    let tenant = store.ensure_tenant("990000017", NOW).await.unwrap();
    let place = store.ensure_place(tenant, "990000025", PlaceProfile::Ehpad, "Les Tilleuls").await.unwrap();
    let full = program(tenant);
    let patient = create(json!({"resourceType": "Patient", "id": "p1"}), place);
    store.write(&full, vec![patient, create(condition(WANTED.1).into_value(), place)]).await.unwrap();
    let account = Account {
        actor: full.actor().value(),
        kind: AccountKind::Client,
        login: "relais".into(),
        display: "Relais".into(),
        password: String::new(),
        place: None,
        max_level: Level::Open.code(),
        write: false,
        chosen_ids: false,
        practitioner: None,
        ends: None,
        chosen: None,
    };
    store.put_account(tenant, account).await.unwrap();
    let (known, ahead) = store.account_ahead(&full, WANTED).await.unwrap();
    assert_eq!(known.unwrap().max_level, Level::Open.code());
    assert_eq!(format!("{ahead:?}"), "Ahead(2)", "the account, and the item");
    assert_eq!(read(&store, &ahead, &full).await.unwrap().version, 1);
    // The account has fewer rights than it was taken to have: what was found for more is not told.
    let scope = ClientScope { place: None, cap: Level::Open, write: false, chosen_ids: false };
    let session = Session { strength: Strength::Client, ..Session::none() };
    let less = call(tenant, &facts(Actor::new(7), session, Purpose::Api, Some(scope)));
    assert!(read(&store, &ahead, &less).await.is_none());
    // Nor is nothing told to who has more than that.
    let (_, ahead) = store.account_ahead(&less, WANTED).await.unwrap();
    assert!(read(&store, &ahead, &less).await.is_none());
    assert_eq!(read(&store, &ahead, &full).await.unwrap().version, 1);
}
