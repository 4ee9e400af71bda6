//! What is asked together with an account is told only to whom the account allows it.

use super::{NOW, call, condition, create, facts, graded, postgres, program};
use crate::engine::ALONE;
use crate::{
    Account, AccountKind, Ahead, Call, Change, Conflict, Error, How, Location, Secret, Store, Version, Wish, Written,
};
use confidentiality::{
    Actor, Category, ClientScope, Level, MaskFlags, Place, PlaceProfile, Purpose, Session, Strength,
};
use fhir::{Resource, ResourceType};
use serde_json::json;

const WANTED: Wish<'static> = Wish { kind: ResourceType::CONDITION, id: "c1", to_change: false };

async fn read(store: &Store, ahead: &Ahead, call: &Call) -> Option<Version> {
    let found = store.read_ahead(ahead.clone(), call, WANTED.kind, WANTED.id).await.unwrap();
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
    store.write(&full, vec![patient, create(condition(WANTED.id).into_value(), place)]).await.unwrap();
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

/// An update of an observation about somebody, from what was asked ahead.
async fn update(
    store: &Store,
    ahead: &Ahead,
    (call, place): (&Call, Place),
    (id, about): (&str, &[&str]),
    if_match: Option<i64>,
) -> crate::Result<Written> {
    let performers: Vec<_> = about.iter().skip(1).map(|id| json!({"reference": format!("Patient/{id}")})).collect();
    let value = json!({"resourceType": "Observation", "id": id, "status": "final", "code": {"text": "Poids"},
        "subject": {"reference": format!("Patient/{}", about.first().unwrap())}, "performer": performers});
    let (resource, graded) = (Resource::from_value(value).unwrap(), graded(Level::Standard, place));
    let change = Change::Update { resource, graded, if_match, upsert: true, import: None };
    let written = store.admit_ahead(ahead.clone(), call, vec![(change, How::Put)]).await?;
    Ok(written.into_iter().next().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_planned_from_what_was_asked_ahead_sees_what_has_changed_since() {
    let _alone = ALONE.lock().await;
    let Some(cluster) = postgres() else { return };
    let store = Store::open(&Location::Postgres(cluster.url()), Secret::random().unwrap(), NOW).await.unwrap();
    let tenant = store.ensure_tenant("990000017", NOW).await.unwrap();
    let place = store.ensure_place(tenant, "990000025", PlaceProfile::Ehpad, "Les Tilleuls").await.unwrap();
    let full = program(tenant);
    let patient = |id: &str| create(json!({"resourceType": "Patient", "id": id}), place);
    store.write(&full, vec![patient("p1"), patient("p2")]).await.unwrap();
    let (who, nothing) = ((&full, place), Ahead::default());
    let wanted = Wish { kind: ResourceType::OBSERVATION, id: "o1", to_change: true };
    // Nothing was there; somebody creates it meanwhile.
    let (_, absent) = store.account_ahead(&full, wanted).await.unwrap();
    let first = update(&store, &nothing, who, ("o1", &["p1"]), None).await.unwrap();
    assert_eq!(update(&store, &absent, who, ("o1", &["p1"]), None).await.unwrap().version, 2);
    // As it still is, and as it no longer is.
    let (_, second) = store.account_ahead(&full, wanted).await.unwrap();
    let written = update(&store, &second, who, ("o1", &["p1"]), Some(2)).await.unwrap();
    assert_eq!((written.version, written.person), (3, first.person));
    let late = update(&store, &second, who, ("o1", &["p1"]), Some(2)).await;
    assert!(matches!(late, Err(Error::Conflict(Conflict::Version))), "{late:?}");
    assert_eq!(update(&store, &second, who, ("o1", &["p1"]), None).await.unwrap().version, 4);
    // Whom it is about is asked when it is not the only one, nor the same.
    let (_, fourth) = store.account_ahead(&full, wanted).await.unwrap();
    let other = update(&store, &fourth, who, ("o1", &["p2"]), None).await;
    assert!(matches!(other, Err(Error::Conflict(Conflict::PersonChanged))), "{other:?}");
    assert_eq!(update(&store, &fourth, who, ("o1", &["p1", "p2"]), None).await.unwrap().version, 5);
    let also = |conn: &crate::engine::Conn<'_>| {
        Ok(conn
            .query("WITH also AS (SELECT person FROM also_person WHERE tenant = 1) SELECT person FROM also", &[])?
            .len())
    };
    assert_eq!(store.engine().read(crate::engine::Db::Main, also).await.unwrap(), 1);
    let (_, fifth) = store.account_ahead(&full, wanted).await.unwrap();
    assert_eq!(update(&store, &fifth, who, ("o1", &["p1"]), None).await.unwrap().version, 6);
    assert_eq!(store.engine().read(crate::engine::Db::Main, also).await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_label_raised_since_the_plan_is_not_lowered_unawares() {
    let _alone = ALONE.lock().await;
    let Some(cluster) = postgres() else { return };
    let store = Store::open(&Location::Postgres(cluster.url()), Secret::random().unwrap(), NOW).await.unwrap();
    let tenant = store.ensure_tenant("990000017", NOW).await.unwrap();
    let place = store.ensure_place(tenant, "990000025", PlaceProfile::Ehpad, "Les Tilleuls").await.unwrap();
    let full = program(tenant);
    let patient = create(json!({"resourceType": "Patient", "id": "p1"}), place);
    store.write(&full, vec![patient, create(condition(WANTED.id).into_value(), place)]).await.unwrap();
    let (_, ahead) = store.account_ahead(&full, Wish { to_change: true, ..WANTED }).await.unwrap();
    let client = Some(ClientScope { place: None, cap: Level::VerySensitive, write: true, chosen_ids: true });
    let session = Session { strength: Strength::Client, ..Session::none() };
    let job = call(tenant, &facts(Actor::new(1), session, Purpose::Relabel, client));
    let said = |_: &crate::Sheet<'_>| crate::Judgement {
        level: Level::Sensitive,
        categories: Category::Psy.into(),
        mask: MaskFlags::empty(),
        safety: Vec::new(),
    };
    let pass = crate::Pass { rules: 2, after: (0, 0), most: 100 };
    store.relabel(&job, pass, std::sync::Arc::new(said)).await.unwrap();
    // The label moved, the version did not.
    let (resource, graded) = (condition(WANTED.id), graded(Level::Standard, place));
    let change = Change::Update { resource, graded, if_match: Some(1), upsert: false, import: None };
    let written = store.admit_ahead(ahead, &full, vec![(change, How::Put)]).await.unwrap();
    assert_eq!(written.first().unwrap().version, 2);
    let now = read(&store, &Ahead::default(), &full).await.unwrap();
    assert_eq!((now.version, now.level, now.categories), (2, Level::Sensitive, Category::Psy.into()));
}
