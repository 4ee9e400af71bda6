//! By what right somebody opened one person's record. An entry of the log says which relations its author had, with whomever; to a
//! person, only those count that bound the author to them at that moment.

use crate::app::App;
use crate::error::Result;
use confidentiality::{Actor, Person, RelationKind};
use std::collections::HashMap;
use store::Bond;

/// What has bound people to persons, looked up once for each person.
#[derive(Default)]
pub(crate) struct Grounds(HashMap<Person, Vec<Bond>>);

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
        if let std::collections::hash_map::Entry::Vacant(entry) = self.0.entry(person) {
            entry.insert(app.store().bonds(app.tenant(), person).await?);
        }
        let bonds = self.0.get(&person).map(Vec::as_slice).unwrap_or_default();
        let bound =
            |kind: RelationKind| bonds.iter().any(|bond| bond.actor == actor && bond.kind == kind && bond.holds(at));
        why.retain(|rule| relation(rule).is_none_or(bound));
        Ok(())
    }
}

/// The relation that a rule is of; broken glass names its person already.
fn relation(rule: &str) -> Option<RelationKind> {
    let (name, _) = rule.split_once(':')?;
    let kind = RelationKind::ALL.into_iter().find(|kind| kind.name() == name)?;
    (kind != RelationKind::BreakGlass).then_some(kind)
}
