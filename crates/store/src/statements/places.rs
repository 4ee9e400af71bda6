//! The tour of places.

use crate::{Call, Conflict, Error, PlaceRow, Store};
use confidentiality::{Place, PlaceProfile};

/// A place is called otherwise, by somebody who has read what it was.
pub(super) async fn tour(store: &Store, call: &Call) {
    let known = store.places(call.tenant).await.unwrap().remove(0);
    let other = PlaceRow { profile: PlaceProfile::Other, told: true, ..known.clone() };
    store.describe_place(call, known.clone(), other.clone()).await.unwrap();
    assert_eq!(
        store.places(call.tenant).await.unwrap().first(),
        Some(&other),
        "told that it is none of those that are known"
    );
    let late = store.describe_place(call, known.clone(), known.clone()).await;
    assert!(matches!(late, Err(Error::Conflict(Conflict::Overtaken))), "{late:?}");
    store.describe_place(call, other, known).await.unwrap();
}

/// A unit is called otherwise; one in which nobody is goes.
pub(super) async fn units(store: &Store, call: &Call, place: Place, unit: i64) {
    let other = store.make_unit(call, place, "Les Roses").await.unwrap();
    store.rename_unit(call, place, other, "Les Rosiers").await.unwrap();
    let taken = store.rename_unit(call, place, other, "Les Lilas").await;
    assert!(matches!(taken, Err(Error::Conflict(Conflict::Overtaken))), "{taken:?}");
    let lodged = store.close_unit(call, place, unit).await;
    assert!(matches!(lodged, Err(Error::Conflict(Conflict::Overtaken))), "{lodged:?}");
    store.close_unit(call, place, other).await.unwrap();
    let gone = store.close_unit(call, place, other).await;
    assert!(matches!(gone, Err(Error::Absent)), "{gone:?}");
    assert_eq!(store.units(call.tenant).await.unwrap().len(), 1);
}
