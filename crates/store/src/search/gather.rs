//! Items of several persons at once, in clinical order: a unit's day, a person's last measures, all that one knows.
//!
//! The permit decides row by row inside the query, as everywhere. Rows are chosen on label columns only; bodies are
//! fetched for the chosen ones.

use super::narrow;
use crate::call::{Call, Undisclosed};
use crate::error::Result;
use crate::read::{Reader, must};
use crate::select::Select;
use crate::store::Store;
use crate::stored::{STORED, Version};
use confidentiality::Person;
use fhir::ResourceType;

/// Whose items. Only the person an item is about counts, not those it mentions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whom {
    /// The persons in relation with this unit now.
    Unit(i64),
    /// One person.
    Person(Person),
    /// The person of this Patient, by its id; nobody when the reader may not see it.
    Patient(String),
    /// Every person the caller is related to; for a program, everyone.
    Known,
    /// Everyone, related or not: what the staff of a place reads about all its persons. Ask for few types.
    Anyone,
}

/// What to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gather {
    /// Whose items.
    pub whom: Whom,
    /// Of these types; empty = all. A Patient is an item of its own person, dated when it was written.
    pub kinds: Vec<ResourceType>,
    /// Whose clinical date is this (UTC microseconds) or later …
    pub from: Option<i64>,
    /// … and before this.
    pub to: Option<i64>,
    /// At most so many.
    pub most: u32,
}

/// What was read.
#[derive(Debug, Clone, Default)]
pub struct Gathered {
    /// Current versions, the clinically newest first.
    pub items: Vec<Version>,
    /// There are more than were asked for.
    pub more: bool,
    /// How many exist, of these persons, types and dates, that may only be counted.
    pub hidden: i64,
}

impl Store {
    /// Reads the items of several persons.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub async fn gather(&self, call: &Call, wanted: &Gather) -> Result<Undisclosed<Gathered>> {
        let wanted = wanted.clone();
        self.look(call, move |reader| {
            let gathered = reader.gather(&wanted)?;
            let shown = gathered.items.clone();
            Ok((gathered, shown))
        })
        .await
    }
}

impl Reader<'_> {
    fn gather(&self, wanted: &Gather) -> Result<Gathered> {
        if let Whom::Patient(id) = &wanted.whom {
            let found = self.find(ResourceType::PATIENT, id)?.filter(|found| !found.deleted);
            let Some(patient) = found else { return Ok(Gathered::default()) };
            return self.gather(&Gather { whom: Whom::Person(patient.person), ..wanted.clone() });
        }
        let mut select = self.select();
        let text = chosen(&mut select, self.call, wanted);
        let mut found = select.run(self.conn, &text)?;
        let most = usize::try_from(wanted.most).unwrap_or(usize::MAX);
        let more = found.len() > most;
        found.truncate(most);
        let mut select = self.select();
        let text = counted(&mut select, self.call, wanted);
        let hidden = must(select.run(self.conn, &text)?.first())?.int(0)?;
        Ok(Gathered { items: self.open(&found)?, more, hidden })
    }
}

/// The rows to show, and one more.
fn chosen(select: &mut Select, call: &Call, wanted: &Gather) -> String {
    let rows = candidates(select, call, wanted);
    let limit = select.bind(i64::from(wanted.most) + 1);
    format!(
        "SELECT {STORED} FROM resource r WHERE r.tenant = {} AND r.rid IN (SELECT r.rid FROM resource r \
         WHERE {rows} AND ({}) ORDER BY r.moment DESC, r.rid DESC LIMIT {limit}) ORDER BY r.moment DESC, r.rid DESC",
        select.tenant, select.permit
    )
}

/// How many rows may only be counted.
fn counted(select: &mut Select, call: &Call, wanted: &Gather) -> String {
    let rows = candidates(select, call, wanted);
    format!("SELECT COUNT(*) FROM resource r WHERE {rows} AND ({})", select.placeholder)
}

/// Live rows of the right persons, types and dates, whoever may see them. The text depends only on which of these are
/// asked for.
fn candidates(select: &mut Select, call: &Call, wanted: &Gather) -> String {
    let persons = match &wanted.whom {
        Whom::Person(person) => format!("r.person = {}", select.bind(person.value())),
        Whom::Patient(_) => "r.person < 0".to_owned(),
        Whom::Unit(unit) => {
            let (unit, now) = (select.bind(*unit), select.bind(call.now));
            format!(
                "r.person IN (SELECT e.person FROM relation e WHERE e.tenant = {} AND e.subject = {unit} \
                 AND e.person <> 0 AND e.starts <= {now} AND e.ends > {now})",
                select.tenant
            )
        }
        Whom::Anyone => "r.person <> 0".to_owned(),
        Whom::Known if call.clearance.is_universal() => "r.person <> 0".to_owned(),
        Whom::Known => "r.person IN (SELECT k.person FROM clr_person k WHERE k.person <> 0)".to_owned(),
    };
    let mut text = format!("r.tenant = {} AND {persons} AND r.deleted = 0", select.tenant);
    if let Some(from) = wanted.from {
        text.push_str(&format!(" AND r.moment >= {}", select.bind(from)));
    }
    if let Some(to) = wanted.to {
        text.push_str(&format!(" AND r.moment < {}", select.bind(to)));
    }
    text.push_str(&narrow(select, &wanted.kinds, &[]));
    text
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::engine::{Dialect, plan};
    use confidentiality::{Actor, Facts, Matrix, Purpose, Session, Strength};
    use std::collections::BTreeMap;

    /// A nurse without relations: the text is the same for everybody.
    pub(crate) fn call() -> Call {
        let facts = Facts {
            actor: Actor::new(41),
            relations: Vec::new(),
            maskings: Vec::new(),
            session: Session { strength: Strength::Password, ..Session::none() },
            purpose: Purpose::Care,
            place_profiles: BTreeMap::new(),
            client: None,
        };
        let clearance = confidentiality::clearance(&Matrix::default_shipped().unwrap(), &facts);
        Call { tenant: 1, clearance, now: 0, origin: crate::Origin::default() }
    }

    #[test]
    fn persons_are_looked_up_by_label_and_bodies_by_number() {
        let bounds = [None, Some(1)];
        let kinds = [Vec::new(), vec![ResourceType::CONDITION, ResourceType::OBSERVATION]];
        for whom in [Whom::Person(Person::new(3)), Whom::Unit(-1_000_001), Whom::Known] {
            for (bound, kinds) in bounds.iter().flat_map(|bound| kinds.iter().map(move |kinds| (*bound, kinds))) {
                let wanted = Gather { whom: whom.clone(), kinds: kinds.clone(), from: bound, to: bound, most: 50 };
                let range = if bound.is_some() { " AND moment>? AND moment<?" } else { "" };
                let label = format!(
                    "SEARCH r USING COVERING INDEX resource_label (tenant=? AND person=? AND deleted=?{range})"
                );
                let mut select = Select::new(Dialect::Sqlite, &call());
                let text = chosen(&mut select, &call(), &wanted);
                let by_number = "SEARCH r USING INDEX sqlite_autoindex_resource_1 (tenant=? AND rid=?)".to_owned();
                assert_eq!(plan(&select.under(&text), "r"), [by_number, label.clone()], "{wanted:?}");
                let mut select = Select::new(Dialect::Sqlite, &call());
                let text = counted(&mut select, &call(), &wanted);
                assert_eq!(plan(&select.under(&text), "r"), [label], "{wanted:?}");
            }
        }
    }
}
