//! The tour of what changes a label.

use super::{call, facts};
use crate::{Call, Store};
use confidentiality::{Actor, Categories, ClientScope, Level, MaskFlags, Purpose, Session, Strength};
use fhir::ResourceType;

/// Labels raised three times, put back by two, set by one.
pub(super) async fn tour(store: &Store, tenant: i64, reviewer: &Call) {
    let client = Some(ClientScope { place: None, cap: Level::VerySensitive, write: true, chosen_ids: true });
    let session = Session { strength: Strength::Client, ..Session::none() };
    let job = |actor: i64| call(tenant, &facts(Actor::new(actor), session, Purpose::Relabel, client));
    store.survey(&job(1), 0, 100, std::sync::Arc::new(|_: &crate::Sheet<'_>| ())).await.unwrap();
    assert!(store.live(tenant).await.unwrap() > 3);
    for (rules, level) in [(2, Level::Sensitive), (3, Level::VerySensitive), (4, Level::VerySensitive)] {
        assert!(store.behind(tenant, rules).await.unwrap() > 3);
        store.refuse_later(tenant, rules).await.unwrap();
        let said = move |_: &crate::Sheet<'_>| {
            let category = if rules == 4 { confidentiality::Category::Vih } else { confidentiality::Category::Psy };
            crate::Judgement { level, categories: category.into(), mask: MaskFlags::empty(), safety: Vec::new() }
        };
        let pass = crate::Pass { rules, after: (0, 0), most: 1_000 };
        let done = store.relabel(&job(1), pass, std::sync::Arc::new(said)).await.unwrap();
        assert_eq!(done.over_people, u64::from(rules > 2));
        if rules == 2 {
            let (kind, id, reason) = (ResourceType::parse("Task").unwrap(), "t1".to_owned(), "essai".to_owned());
            let (level, categories, safety) = (Level::Standard, Categories::empty(), Vec::new());
            let new = crate::NewLabel { kind, id, version: 1, level, categories, reason, safety };
            store.set_label(reviewer, &new).await.unwrap();
            let story = store.label_story(reviewer, kind, "t1").await.unwrap();
            assert!(store.disclose(reviewer, story).await.unwrap().unwrap().decided.is_some());
        }
    }
    let waiting = store.labels_to_review(reviewer, 10).await.unwrap();
    store.disclose(reviewer, waiting).await.unwrap();
    let asked = store.rollback(&job(1), 2).await.unwrap().items;
    store.ask_rollback(&job(1), 2, asked, "essai").await.unwrap();
    while store.roll_back(&job(2), 2, 1_000).await.unwrap() > 0 {}
    assert_eq!(store.raised_over(&job(1)).await.unwrap().len(), 2);
    // A new version of what rules have raised.
    let (resource, graded) = (super::condition("c1"), super::graded(Level::Standard, confidentiality::Place::new(1)));
    let change = crate::Change::Update { resource, graded, if_match: None, upsert: false, import: None };
    store.write(&super::program(tenant), vec![change]).await.unwrap();
}
