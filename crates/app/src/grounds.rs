//! By what right somebody opened one person's record. An entry of the log says which relations its author had, with whomever; to a
//! person, only those count that bound the author to them at that time.

use crate::app::App;
use crate::error::Result;
use confidentiality::{Actor, Person, RelationKind};
use std::collections::{BTreeSet, HashMap};

/// Relations are looked up once for so long (microseconds).
const SAME: i64 = 10 * 60 * 1_000_000;

/// What bound people to persons, at the times that were asked for.
#[derive(Default)]
pub(crate) struct Grounds(HashMap<(Person, i64), HashMap<Actor, BTreeSet<&'static str>>>);

impl Grounds {
    /// Keeps of the rules of an entry those that are of this person: posts, programs and broken glass, and relations with them.
    ///
    /// # Errors
    /// The store's.
    pub(crate) async fn keep(
        &mut self,
        app: &App,
        (person, actor, at): (Person, Actor, i64),
        why: &mut Vec<String>,
    ) -> Result<()> {
        if why.iter().all(|rule| relation(rule).is_none()) {
            return Ok(());
        }
        let key = (person, at.div_euclid(SAME));
        if let std::collections::hash_map::Entry::Vacant(entry) = self.0.entry(key) {
            let all = app.store().audience(app.tenant(), person, at).await?;
            let theirs = all.into_iter().map(|(actor, facts)| {
                let with = facts.relations.into_iter().filter(|relation| relation.person == person);
                (actor, with.map(|relation| relation.kind.name()).collect())
            });
            entry.insert(theirs.collect());
        }
        let bound = self.0.get(&key).and_then(|all| all.get(&actor));
        why.retain(|rule| relation(rule).is_none_or(|kind| bound.is_some_and(|bound| bound.contains(kind))));
        Ok(())
    }
}

/// The relation that a rule is of; broken glass names its person already.
fn relation(rule: &str) -> Option<&str> {
    let (kind, _) = rule.split_once(':')?;
    let known = |one: &RelationKind| one.name() == kind && *one != RelationKind::BreakGlass;
    RelationKind::ALL.iter().any(known).then_some(kind)
}
