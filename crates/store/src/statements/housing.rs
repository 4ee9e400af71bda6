//! The tour of stays: who accompanies somebody follows.

use super::{create, program};
use crate::{Call, Change, Error, Housing, Store};
use confidentiality::Place;
use serde_json::json;

pub(super) async fn tour(store: &Store, (tenant, place): (i64, Place), unit: i64) {
    let call: Call = program(tenant);
    let stay = || {
        let value = json!({"resourceType": "Encounter", "id": "s1", "status": "in-progress", "class": {"code": "IMP"},
            "subject": {"reference": "Patient/p1"}});
        create(value, place)
    };
    let again = || match stay() {
        Change::Create { resource, graded, .. } => {
            Change::Update { resource, graded, if_match: None, upsert: false, import: None }
        }
        other => other,
    };
    let lodge = async |change: Change, housing| store.lodge(&call, vec![change], housing).await;
    let nowhere = Housing::In { place, unit: -99 };
    assert!(matches!(lodge(stay(), nowhere).await, Err(Error::Absent)));
    lodge(stay(), Housing::In { place, unit: 0 }).await.unwrap();
    let (until, there) = (call.now + 10, Housing::In { place, unit });
    for housing in [there, Housing::Leaves { place, until }, Housing::Stays { place }] {
        lodge(again(), housing).await.unwrap();
    }
}
