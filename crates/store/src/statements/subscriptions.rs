//! The tour of subscriptions.

use super::{NOW, create};
use crate::{Call, Store, Told};
use confidentiality::{Actor, Place};
use serde_json::json;

/// Asked for, set up, told, told later, told nothing, forgotten.
pub(super) async fn tour(store: &Store, client: &Call, place: Place) {
    let tenant = client.tenant;
    let wanted = |id: &str, status: &str| {
        let criteria = "Condition?code:text=hyper";
        create(json!({"resourceType": "Subscription", "id": id, "status": status, "criteria": criteria}), place)
    };
    store.write(client, vec![wanted("s1", "requested")]).await.unwrap();
    let asked = store.claim_watches(tenant, NOW, NOW + 1, 10).await.unwrap();
    let rid = asked.first().unwrap().rid;
    let (mut resource, version) = store.watched(client, rid).await.unwrap().unwrap();
    fhir::subscription::set_status(&mut resource, fhir::subscription::Status::Active, None);
    let graded = super::graded(confidentiality::Level::Open, place);
    let change = crate::Change::Update { resource, graded, if_match: Some(version), upsert: false, import: None };
    store.write(client, vec![change]).await.unwrap();
    assert_eq!(store.live_watches(tenant, Actor::new(7)).await.unwrap(), 1);
    let query = fhir::subscription::watched(&store.watched(client, rid).await.unwrap().unwrap().0).unwrap();
    let pairs = fhir::search::pairs("code:text=hyper");
    let query = fhir::search::parse(query, &pairs, true).unwrap();
    let news = |id: &str| {
        json!({"resourceType": "Condition", "id": id, "subject": {"reference": "Patient/p1"},
        "code": {"text": "Hypertension"}})
    };
    store.write(client, vec![create(news("n1"), place)]).await.unwrap();
    for told in [Told::Later(NOW), Told::Reached, Told::Nothing] {
        assert_eq!(
            store.claim_watches(tenant, NOW + 2, NOW + 2, 10).await.unwrap().len(),
            usize::from(told != Told::Nothing)
        );
        let mut changes = store.changes(client, rid, &query).await.unwrap();
        if let Some(matching) = changes.matching.take() {
            store.disclose(client, matching).await.unwrap();
        }
        store.settle_changes(tenant, rid, changes, told, NOW).await.unwrap();
    }
    store.forget_watch(tenant, rid).await.unwrap();
}
