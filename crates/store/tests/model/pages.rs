//! A search by several readers, each page to the last, with people writing in between.

use super::asked::{self, Asked};
use super::content;
use super::play::{Run, plain};
use super::spec::{Place, Spec};
use super::world::{CALLERS, Caller};
use std::cmp::Ordering;
use std::collections::BTreeSet;
use store::{Call, Change};

impl Run {
    /// The same search by the reader of this step, by a program that sees all, and by somebody else.
    pub(crate) async fn search(&mut self, call: &Call) {
        let asked = asked::ask(&mut self.random);
        let other = self.random.pick(&CALLERS);
        self.follow(call, &asked).await;
        for caller in [Caller::Full, other] {
            let call = self.world.call(caller, self.now).await;
            self.follow(&call, &asked).await;
        }
    }

    /// Every page: what was there when the first was read, as it is now, after what was shown.
    async fn follow(&mut self, call: &Call, asked: &Asked) {
        let pairs = fhir::search::pairs(&asked.text());
        let mut query = fhir::search::parse(asked.kind, &pairs, true).unwrap();
        let what = format!("{} {} {}", self.what, asked.kind, asked.text());
        let ceiling = self.naive.rows.len();
        let mut last: Option<(Vec<Place>, usize)> = None;
        loop {
            let page = self.world.store.search(call, &query).await.unwrap();
            let page = self.world.store.disclose(call, page).await.unwrap();
            let spec = Spec { naive: &self.naive, call };
            let all = spec.find(asked, ceiling);
            let total = (asked.total != Some("none")).then(|| i64::try_from(all.len()).unwrap());
            assert_eq!(page.total, total, "{what}: total");
            let after = |at: &usize| match &last {
                Some((places, from)) => {
                    spec.compare(asked, (&spec.places(asked, *at), *at), (places, *from)) == Ordering::Greater
                }
                None => true,
            };
            let rest: Vec<usize> = all.into_iter().filter(after).collect();
            let expected: Vec<usize> = rest.iter().copied().take(asked.count).collect();
            let row = |at: &usize| self.naive.rows.get(*at).unwrap();
            let shown = |at: &usize| {
                let row = row(at);
                (row.version(), self.naive.show(call, row, row.version()).into_value())
            };
            assert_eq!(
                page.matches.iter().map(plain).collect::<Vec<_>>(),
                expected.iter().map(shown).collect::<Vec<_>>(),
                "{what}"
            );
            let name = |kind: fhir::ResourceType, id: &str| format!("{kind}/{id}");
            let beside: BTreeSet<String> =
                spec.beside(asked, &expected).iter().map(row).map(|row| name(row.kind, &row.id)).collect();
            let included = page.included.iter().map(|one| name(one.resource.kind(), one.resource.id().unwrap()));
            assert_eq!(included.collect::<BTreeSet<_>>(), beside, "{what}: included");
            assert_eq!(page.next.is_some(), rest.len() > asked.count, "{what}: a next page");
            last = expected.last().map(|at| (spec.places(asked, *at), *at));
            query.page = page.next;
            if query.page.is_none() {
                return;
            }
            if self.random.chance(25) {
                self.write_meanwhile().await;
            }
        }
    }

    /// Something new between two pages, which is on none of them, or a change of what may still come.
    async fn write_meanwhile(&mut self) {
        let call = self.world.call(Caller::Full, self.now).await;
        let change = if self.random.chance(50) {
            let kind = content::kind(&mut self.random);
            let id = content::id(&mut self.random, kind);
            let (resource, graded) =
                (content::resource(&mut self.random, kind, &id), content::graded(&mut self.random));
            Change::Create { resource, graded, if_none_exist: None, import: None }
        } else {
            self.change()
        };
        self.write(&call, vec![change]).await;
    }
}
