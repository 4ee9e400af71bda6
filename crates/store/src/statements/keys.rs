//! The tour of what a new version no longer says.

use super::{condition, graded};
use crate::{Call, Change, Store};
use confidentiality::{Level, Place};
use fhir::Resource;
use serde_json::json;

/// A name that is no longer theirs, a person who is no longer spoken of.
pub(super) async fn forgets(store: &Store, call: &Call, place: Place) {
    let renamed = json!({"resourceType": "Patient", "id": "p3", "name": [{"family": "Le Bihan"}]});
    let mut alone = condition("c1").into_value();
    alone.as_object_mut().unwrap().remove("asserter");
    for (value, level) in [(renamed, Level::Standard), (alone, Level::VerySensitive)] {
        let resource = Resource::from_value(value).unwrap();
        let graded = graded(level, place);
        let change = Change::Update { resource, graded, if_match: None, upsert: false, import: None };
        store.write(call, vec![change]).await.unwrap();
    }
}
