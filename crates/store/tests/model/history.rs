//! History of a type and of all, against the naive store.

use super::content;
use super::naive::Naive;
use super::play::{Run, plain};
use fhir::ResourceType;
use store::{Call, HistoryQuery};

impl Naive {
    /// Every version the caller may be shown, the newest first: (row, number).
    fn versions(&self, call: &Call, query: &HistoryQuery) -> Vec<(usize, i64)> {
        let mut found = Vec::new();
        for (at, row) in self.rows.iter().enumerate() {
            if query.kind.is_some_and(|kind| kind != row.kind) || query.id.as_ref().is_some_and(|id| *id != row.id) {
                continue;
            }
            for (number, _) in self.history(call, row.kind, &row.id) {
                let index = usize::try_from(number - 1).unwrap();
                let updated = row.versions.get(index).unwrap().updated;
                let replaced = row.versions.get(index + 1..).unwrap().iter().map(|newer| newer.updated).min();
                let since = query.since.is_none_or(|since| since <= updated);
                let at_time =
                    query.at.is_none_or(|(from, to)| updated < to && replaced.is_none_or(|replaced| from < replaced));
                if since && at_time {
                    found.push((updated, at, number));
                }
            }
        }
        found.sort_unstable();
        if !query.ascending {
            found.reverse();
        }
        found.into_iter().map(|(_, at, number)| (at, number)).collect()
    }
}

impl Run {
    /// One page after another: exactly what one may see of each resource, in order.
    pub(crate) async fn history(&mut self, call: &Call) {
        let query = self.history_query();
        let what = format!("{} {query:?}", self.what);
        let expected = self.naive.versions(call, &query);
        let total = i64::try_from(expected.len()).unwrap();
        let (mut query, mut seen) = (query, Vec::new());
        loop {
            let page = self.world.store.history_page(call, &query).await.unwrap();
            let page = self.world.store.disclose(call, page).await.unwrap();
            if query.page.is_none() && page.next.is_none() {
                assert_eq!(page.total, Some(total), "{what}: total");
            }
            assert!(page.total.is_none_or(|said| said == total), "{what}: total");
            assert!(page.next.is_none() || !page.versions.is_empty(), "{what}: an empty page");
            seen.extend(page.versions.iter().map(plain));
            query.page = page.next;
            if query.page.is_none() {
                break;
            }
        }
        let shown = expected.iter().map(|(at, number)| {
            let row = self.naive.rows.get(*at).unwrap();
            (*number, self.naive.show(call, row, *number).into_value())
        });
        assert_eq!(seen, shown.collect::<Vec<_>>(), "{what}");
    }

    fn history_query(&mut self) -> HistoryQuery {
        let kind: Option<ResourceType> = (!self.random.chance(40)).then(|| content::kind(&mut self.random));
        let id = kind.filter(|_| self.random.chance(20)).map(|kind| content::id(&mut self.random, kind));
        let ago = |run: &mut Self| run.now - run.random.below(60);
        let since = self.random.chance(30).then(|| ago(self));
        let at = self.random.chance(30).then(|| ago(self)).map(|from| (from, from + 1 + self.random.below(9)));
        let count = Some(u32::try_from(1 + self.random.below(12)).unwrap());
        let (ascending, total) = (self.random.chance(30), self.random.chance(30));
        HistoryQuery { kind, id, since, at, ascending, count, total, page: None }
    }
}
