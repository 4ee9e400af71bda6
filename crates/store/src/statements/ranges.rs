//! Rows of values in between, as versions follow one another: several, one, none.

use super::{create, graded};
use crate::{Call, Change, Store};
use confidentiality::{Level, Place};
use fhir::{Resource, ResourceType};
use serde_json::{Value, json};

fn measured(values: &[i64]) -> Value {
    let component = |value: &i64| json!({"code": {"text": "x"}, "valueQuantity": {"value": value, "unit": "mmHg"}});
    let components: Vec<Value> = values.iter().map(component).collect();
    let mut whole = json!({"resourceType": "Observation", "id": "ranges", "status": "final", "code": {"text": "TA"},
        "subject": {"reference": "Patient/p1"}});
    if !components.is_empty() {
        whole.as_object_mut().unwrap().insert("component".into(), components.into());
    }
    whole
}

async fn found(store: &Store, call: &Call, value: i64) -> bool {
    let text = format!("component-value-quantity={value}");
    let query = fhir::search::parse(ResourceType::OBSERVATION, &fhir::search::pairs(&text), true).unwrap();
    let page = store.search(call, &query).await.unwrap();
    !store.disclose(call, page).await.unwrap().matches.is_empty()
}

pub(super) async fn tour(store: &Store, call: &Call, place: Place) {
    let versions: [&[i64]; 8] = [&[41, 52], &[41, 63], &[63], &[63], &[74], &[], &[85], &[41, 85]];
    for (at, values) in versions.into_iter().enumerate() {
        let change = if at == 0 {
            create(measured(values), place)
        } else {
            let resource = Resource::from_value(measured(values)).unwrap();
            let graded = graded(Level::Standard, place);
            Change::Update { resource, graded, if_match: None, upsert: false, import: None }
        };
        store.write(call, vec![change]).await.unwrap();
        for value in [41, 52, 63, 74, 85] {
            assert_eq!(found(store, call, value).await, values.contains(&value), "version {}: {value}", at + 1);
        }
    }
}
