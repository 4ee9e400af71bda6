//! Items of several persons at once, in clinical order: a unit's day, a person's last measures, all that one knows.
//!
//! The permit decides row by row inside the query, as everywhere. Rows are chosen on label columns only; bodies are
//! fetched for the chosen ones.

use super::narrow;
use crate::call::{Call, Shown, Undisclosed};
use crate::error::Result;
use crate::index::{Hasher, TokenForm, param_number};
use crate::read::{Reader, must};
use crate::receipts;
use crate::select::Select;
use crate::store::Store;
use crate::stored::{STORED, Version};
use confidentiality::{Actor, Person, Rid};
use fhir::ResourceType;
use std::collections::BTreeMap;

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
    /// Of these types; empty = all. A Patient is an item of its own person, without a date.
    pub kinds: Vec<ResourceType>,
    /// Whose clinical date is this (UTC microseconds) or later …
    pub from: Option<i64>,
    /// … and before this.
    pub to: Option<i64>,
    /// Which say all of this, by their index keys.
    pub saying: Vec<Saying>,
    /// Those of these persons only.
    pub only: Option<Vec<Person>>,
    /// Those that this actor wrote only.
    pub by: Option<Actor>,
    /// At most so many.
    pub most: u32,
    /// What is told beside the items: how many are hidden …
    pub count: bool,
    /// … and which of them the caller has marked as read.
    pub marks: bool,
}

/// What an item must say to be read. What may only be counted is counted whatever it says, and whomever it is about: a
/// number that moved with the question would tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saying {
    /// One of these codes, by this search parameter. A type without the parameter says nothing.
    Any(&'static str, &'static [&'static str]),
    /// None of these codes, by any of these parameters.
    None(&'static [&'static str], &'static [&'static str]),
    /// A date that begins at this moment (UTC microseconds) or later, by this parameter.
    Since(&'static str, i64),
}

impl Gather {
    /// Everything of these persons and types, at most so many; what is hidden is counted.
    pub fn all(whom: Whom, kinds: Vec<ResourceType>, most: u32) -> Self {
        let (saying, only, by) = (Vec::new(), None, None);
        Self { whom, kinds, from: None, to: None, saying, only, by, most, count: true, marks: false }
    }

    /// The same, and nothing beside.
    pub fn plain(whom: Whom, kinds: Vec<ResourceType>, most: u32) -> Self {
        Self { count: false, ..Self::all(whom, kinds, most) }
    }
}

/// What was read.
#[derive(Debug, Clone, Default)]
pub struct Gathered {
    /// Current versions, the clinically newest first.
    pub items: Vec<Version>,
    /// There are more than were asked for.
    pub more: bool,
    /// How many exist, of these persons, types and dates, that may only be counted; 0 when it was not asked.
    pub hidden: i64,
    /// Those that the caller has marked as read, and in which version; none when it was not asked.
    pub marks: BTreeMap<Rid, i64>,
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
            let shown = Shown::of(&gathered.items);
            Ok((gathered, shown))
        })
        .await
    }
}

impl Reader<'_> {
    fn gather(&self, wanted: &Gather) -> Result<Gathered> {
        if let Whom::Patient(id) = &wanted.whom {
            let Some(person) = self.person(id)? else { return Ok(Gathered::default()) };
            return self.gather(&Gather { whom: Whom::Person(person), ..wanted.clone() });
        }
        let mut select = self.select();
        let text = chosen(&mut select, &self.hasher, self.call, wanted);
        let mut found = select.run(self.conn, &text)?;
        let most = usize::try_from(wanted.most).unwrap_or(usize::MAX);
        let more = found.len() > most;
        found.truncate(most);
        let mut hidden = 0;
        if wanted.count {
            let mut select = self.select();
            let text = counted(&mut select, self.call, wanted);
            hidden = must(select.run(self.conn, &text)?.first())?.int(0)?;
        }
        let mut marks = BTreeMap::new();
        if wanted.marks {
            let rids = found.iter().map(|row| row.int(0)).collect::<Result<Vec<_>>>()?;
            marks = receipts::own(self, rids)?;
        }
        Ok(Gathered { items: self.open(&found)?, more, hidden, marks })
    }
}

/// The rows to show, and one more.
fn chosen(select: &mut Select, hasher: &Hasher, call: &Call, wanted: &Gather) -> String {
    let mut rows = candidates(select, call, wanted);
    if let Some(persons) = &wanted.only {
        let persons = select.list(persons.iter().map(|person| person.value()));
        rows.push_str(&format!(" AND +r.person IN ({persons})"));
    }
    if let Some(author) = wanted.by {
        rows.push_str(&format!(" AND r.author = {}", select.bind(author.value())));
    }
    for saying in &wanted.saying {
        rows.push_str(&says(select, hasher, &wanted.kinds, *saying));
    }
    let limit = select.bind(i64::from(wanted.most) + 1);
    format!(
        "SELECT {STORED} FROM resource r WHERE r.tenant = {} AND r.rid IN (SELECT r.rid FROM resource r \
         WHERE {rows} AND ({}) ORDER BY r.moment DESC, r.rid DESC LIMIT {limit}) ORDER BY r.moment DESC, r.rid DESC",
        select.tenant, select.permit
    )
}

/// What an item says is looked up by its own number; only its own keys are met.
fn says(select: &mut Select, hasher: &Hasher, kinds: &[ResourceType], saying: Saying) -> String {
    let tenant = select.tenant.clone();
    let numbers = |code: &str| -> Vec<i64> {
        kinds.iter().filter_map(|kind| fhir::search::param(*kind, code)).map(param_number).collect()
    };
    let mut coded = |params: &[&str], codes: &[&str]| {
        let numbers: Vec<i64> = params.iter().flat_map(|param| numbers(param)).collect();
        let one = |number: i64| codes.iter().flat_map(move |code| hasher.asked(number, TokenForm::Code(code)));
        let hashes: Vec<i64> = numbers.iter().flat_map(|number| one(*number)).collect();
        let (numbers, hashes) = (select.list(numbers), select.list(hashes));
        format!(
            "EXISTS (SELECT 1 FROM exact_key k WHERE k.tenant = {tenant} AND k.rid = r.rid AND k.param IN ({numbers}) \
             AND k.hash IN ({hashes}))"
        )
    };
    match saying {
        Saying::Any(param, codes) => format!(" AND {}", coded(&[param], codes)),
        Saying::None(params, codes) => format!(" AND NOT {}", coded(params, codes)),
        Saying::Since(param, from) => {
            let (numbers, from) = (numbers(param), select.bind(from));
            let numbers = select.list(numbers);
            format!(
                " AND EXISTS (SELECT 1 FROM range_key d WHERE d.tenant = {tenant} AND d.param IN ({numbers}) \
                 AND d.rid = r.rid AND d.lo >= {from})"
            )
        }
    }
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
    use crate::crypto::Secret;
    use crate::engine::{Dialect, plan};
    use confidentiality::{Facts, Matrix, Purpose, Session, Strength};
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
                let saying = vec![
                    Saying::Any("clinical-status", &["active"]),
                    Saying::None(&["verification-status"], &["refuted"]),
                    Saying::Since("recorded-date", 1),
                ];
                let all = Gather::all(whom.clone(), kinds.clone(), 50);
                let wanted = Gather { from: bound, to: bound, saying, ..all };
                let range = if bound.is_some() { " AND moment>? AND moment<?" } else { "" };
                let label = format!(
                    "SEARCH r USING COVERING INDEX resource_label (tenant=? AND person=? AND deleted=?{range})"
                );
                let mut select = Select::new(Dialect::Sqlite, &call());
                let text = chosen(&mut select, &Hasher::new(Secret::random().unwrap()), &call(), &wanted);
                let by_number = "SEARCH r USING INDEX sqlite_autoindex_resource_1 (tenant=? AND rid=?)".to_owned();
                assert_eq!(plan(&select.under(&text), "r"), [by_number, label.clone()], "{wanted:?}");
                let mut select = Select::new(Dialect::Sqlite, &call());
                let text = counted(&mut select, &call(), &wanted);
                assert_eq!(plan(&select.under(&text), "r"), [label], "{wanted:?}");
            }
        }
    }
}
