//! The tour of stays: who accompanies somebody follows.

use super::{NOW, create, program};
use crate::{Change, Error, Housing, Store};
use confidentiality::Place;
use serde_json::json;

pub(super) async fn tour(store: &Store, (tenant, place): (i64, Place), unit: i64) {
    let call = program(tenant);
    let stay = |id: &str| -> Vec<Change> {
        vec![create(
            json!({"resourceType": "Encounter", "id": id, "status": "in-progress", "class": {"code": "IMP"},
                "subject": {"reference": "Patient/p1"}}),
            place,
        )]
    };
    for (id, housing) in [
        ("s1", Housing::In { place, unit: 0 }),
        ("s2", Housing::In { place, unit }),
        ("s3", Housing::Leaves { place, until: NOW + 10 }),
        ("s4", Housing::Stays { place }),
    ] {
        store.lodge(&call, stay(id), housing).await.unwrap();
    }
    let gone = store.lodge(&call, stay("s5"), Housing::In { place, unit: -99 }).await;
    assert!(matches!(gone, Err(Error::Absent)), "{gone:?}");
}
