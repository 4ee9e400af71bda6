//! The tour of subscriptions.

use super::{NOW, create};
use crate::{Call, Sending, Store, Told, Wanted};
use confidentiality::{Actor, Place};
use fhir::subscription::Status;
use serde_json::json;

/// Asked for, set up, told, put off, told nothing; given up, tried again, abandoned.
pub(super) async fn tour(store: &Store, client: &Call, place: Place) {
    let tenant = client.tenant;
    let wanted = |id: &str, status: &str| {
        let criteria = "Condition?code:text=hyper";
        create(json!({"resourceType": "Subscription", "id": id, "status": status, "criteria": criteria}), place)
    };
    store.write(client, vec![wanted("s1", "requested")]).await.unwrap();
    let asked = store.claim_watches(tenant, NOW, NOW + 1, 10).await.unwrap();
    let rid = asked.first().unwrap().rid();
    let status = async |status: Status| {
        let (mut resource, version) = store.watched(client, rid).await.unwrap().unwrap();
        fhir::subscription::set_status(&mut resource, status, None);
        let graded = super::graded(confidentiality::Level::Open, place);
        let change = crate::Change::Update { resource, graded, if_match: Some(version), upsert: false, import: None };
        store.write(client, vec![change]).await.unwrap();
    };
    status(Status::Active).await;
    assert_eq!(store.live_watches(tenant, Actor::new(7)).await.unwrap(), 1);
    let query = fhir::subscription::watched(&store.watched(client, rid).await.unwrap().unwrap().0).unwrap();
    let pairs = fhir::search::pairs("code:text=hyper");
    let query = fhir::search::parse(query, &pairs, true).unwrap();
    let news = |id: &str| {
        json!({"resourceType": "Condition", "id": id, "subject": {"reference": "Patient/p1"},
        "code": {"text": "Hypertension"}})
    };
    for told in [Told::Reached, Told::Nothing] {
        store.write(client, vec![create(news(&format!("n{}", told == Told::Reached)), place)]).await.unwrap();
        let held = store.claim_watches(tenant, NOW + 2, NOW + 2, 10).await.unwrap();
        store.put_off(tenant, held.first().unwrap().job, NOW, 503).await.unwrap();
        let held = store.claim_watches(tenant, NOW + 2, NOW + 2, 10).await.unwrap();
        let mut changes = store.changes(client, rid, &query).await.unwrap();
        if let Some(matching) = changes.matching.take() {
            store.disclose(client, matching).await.unwrap();
        }
        if told == Told::Reached {
            store.write(client, vec![create(news("late"), place)]).await.unwrap();
        }
        store.settle_changes(tenant, held.first().unwrap().job, changes, told, NOW).await.unwrap();
    }
    store.write(client, vec![create(news("n3"), place)]).await.unwrap();
    status(Status::Error).await;
    assert_eq!(store.outbox(client, 9).await.unwrap().1.dead, 1);
    assert!(store.try_again(client, Sending::Notice, rid).await.unwrap());
    status(Status::Error).await;
    assert!(store.abandon(client, Sending::Notice, rid).await.unwrap());
    store.ping(tenant, rid).await.unwrap();
    store.forget_watch(tenant, rid).await.unwrap();
}

/// Begun, held, kept, found, dropped; refused when there are too many.
pub(super) async fn tasks(store: &Store, tenant: i64) {
    let (kind, actor) = (Sending::Export, Actor::new(7));
    let wanted = Wanted { kind, actor, since: NOW, due: NOW, lease: NOW + 1, most: 2, alone: true };
    let job = store.begin_task(tenant, wanted, b"asked").await.unwrap().unwrap();
    assert!(store.begin_task(tenant, wanted, b"asked").await.unwrap().is_none(), "another is held");
    let held = store.hold(tenant, job, NOW + 2).await.unwrap().unwrap();
    assert!(store.hold(tenant, job, NOW + 3).await.unwrap().is_none());
    assert!(store.keep_task(tenant, job, b"late", (NOW, 0)).await.unwrap().is_none());
    let held = store.keep_task(tenant, held, b"half", (NOW, NOW + 3)).await.unwrap().unwrap();
    assert!(store.keep_task(tenant, held, b"done", (NOW, 0)).await.unwrap().is_some());
    let task = store.task(tenant, kind, job.subject).await.unwrap().unwrap();
    assert!(task.body == b"done" && !task.is_held(NOW - 1));
    let other = store.begin_task(tenant, wanted, b"asked").await.unwrap().unwrap();
    assert!(store.begin_task(tenant, Wanted { alone: false, ..wanted }, b"").await.unwrap().is_none(), "too many");
    let preview = Wanted { kind: Sending::Preview, alone: false, ..wanted };
    let first = store.replace_task(tenant, preview, b"files").await.unwrap();
    let second = store.replace_task(tenant, preview, b"others").await.unwrap();
    assert!(store.task(tenant, Sending::Preview, first.subject).await.unwrap().is_none());
    assert!(store.task(tenant, Sending::Preview, second.subject).await.unwrap().is_some());
    for one in [job, other] {
        store.drop_task(tenant, kind, one.subject).await.unwrap();
    }
    assert!(store.task(tenant, kind, job.subject).await.unwrap().is_none());
}
