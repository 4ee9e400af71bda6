//! The tour of places.

use crate::{Call, Conflict, Error, PlaceRow, Store};
use confidentiality::PlaceProfile;

/// A place is called otherwise, by somebody who has read what it was.
pub(super) async fn tour(store: &Store, call: &Call) {
    let known = store.places(call.tenant).await.unwrap().remove(0);
    let other = PlaceRow { profile: PlaceProfile::Other, told: true, ..known.clone() };
    store.describe_place(call, known.clone(), other.clone()).await.unwrap();
    assert_eq!(
        store.places(call.tenant).await.unwrap(),
        [other.clone()],
        "told that it is none of those that are known"
    );
    let late = store.describe_place(call, known.clone(), known.clone()).await;
    assert!(matches!(late, Err(Error::Conflict(Conflict::Overtaken))), "{late:?}");
    store.describe_place(call, other, known).await.unwrap();
}
