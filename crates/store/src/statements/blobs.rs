//! The tour of large content.

use super::create;
use crate::{Call, Store};
use confidentiality::Place;
use fhir::ResourceType;
use serde_json::json;

/// Written and read.
pub(super) async fn tour(store: &Store, client: &Call, place: Place) {
    let data = "AAAA".repeat(10_000);
    let file = json!({"resourceType": "Binary", "id": "f1", "contentType": "text/plain", "data": data,
        "securityContext": {"reference": "Patient/p1"}});
    store.write(client, vec![create(file, place)]).await.unwrap();
    let read = store.read(client, ResourceType::BINARY, "f1").await.unwrap();
    let read = store.disclose(client, read).await.unwrap().unwrap();
    assert_eq!(read.resource.str_at(&["data"]), Some(data.as_str()));
}
