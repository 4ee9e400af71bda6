//! The tour of history.

use crate::{Call, HistoryQuery, Store};
use fhir::ResourceType;

/// Of all, of a type, of one resource; two pages of each.
pub(super) async fn tour(store: &Store, call: &Call) {
    let of = |kind, id: Option<&str>| HistoryQuery { kind, id: id.map(str::to_owned), ..HistoryQuery::default() };
    let kind = Some(ResourceType::CONDITION);
    for plain in [of(None, None), of(kind, None), of(kind, Some("c1"))] {
        let (since, at) = (Some(0), Some((0, i64::MAX)));
        let narrow = HistoryQuery { since, at, ascending: true, total: true, ..plain.clone() };
        for mut query in [plain, narrow] {
            query.count = Some(1);
            for _ in 0..2 {
                let page = store.history_page(call, &query).await.unwrap();
                query.page = store.disclose(call, page).await.unwrap().next;
            }
        }
    }
}
