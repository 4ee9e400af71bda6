//! Items of several persons at once, in clinical order: a unit's day, a person's last measures, all that one knows.
//!
//! The permit decides row by row inside the query, as everywhere. Rows are chosen on label columns only; bodies are
//! fetched for the chosen ones.

mod text;

use super::holdings::{Holdings, SEVERAL};
use crate::call::{Call, Shown, Undisclosed};
use crate::engine::Asked;
use crate::error::{Error, Result};
use crate::read::{Reader, must};
use crate::receipts;
use crate::store::Store;
use crate::stored::{Stored, Version};
use confidentiality::{Actor, Person, Rid};
use fhir::ResourceType;
use std::collections::BTreeMap;
use text::{chosen, counted};

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

    fn person(&self) -> Option<Person> {
        if let Whom::Person(person) = self.whom { Some(person) } else { None }
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
        let [gathered] = self.gather_each(call, [wanted.clone()]).await?;
        Ok(gathered)
    }

    /// Several at once, on one snapshot: what a page needs costs one way to a reader and back.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub async fn gather_each<const N: usize>(
        &self,
        call: &Call,
        wanted: [Gather; N],
    ) -> Result<[Undisclosed<Gathered>; N]> {
        exactly(self.gather_all(call, wanted.to_vec()).await?)
    }
}

impl Store {
    /// As [`Store::gather_each`], for two lists of questions.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub async fn gather_both<const N: usize, const M: usize>(
        &self,
        call: &Call,
        one: [Gather; N],
        other: [Gather; M],
    ) -> Result<([Undisclosed<Gathered>; N], [Undisclosed<Gathered>; M])> {
        let mut found = self.gather_all(call, one.into_iter().chain(other).collect()).await?;
        let rest = found.split_off(N.min(found.len()));
        Ok((exactly(found)?, exactly(rest)?))
    }

    async fn gather_all(&self, call: &Call, wanted: Vec<Gather>) -> Result<Vec<Undisclosed<Gathered>>> {
        let Undisclosed { value, .. } =
            self.look(call, move |reader| Ok((reader.gather_each(&wanted)?, Shown::default()))).await?;
        // Each says for itself what it shows, so that each can be narrowed.
        let each = value.into_iter().map(|gathered| {
            let shown = Shown::of(&gathered.items);
            Undisclosed::new(gathered, shown)
        });
        Ok(each.collect())
    }
}

fn exactly<const N: usize>(found: Vec<Undisclosed<Gathered>>) -> Result<[Undisclosed<Gathered>; N]> {
    found.try_into().map_err(|_| Error::bug("one answer for each question"))
}

/// One question on its way.
struct Question<'a> {
    wanted: &'a Gather,
    /// None where it is known that there is nothing.
    rows: Option<Asked>,
    hidden: Hidden,
}

/// How many may only be counted.
enum Hidden {
    Known(i64),
    Asked(Asked),
}

/// The rows of one question, still closed.
#[derive(Default)]
struct Rows {
    stored: Vec<Stored>,
    rest: Gathered,
}

impl Reader<'_> {
    fn gather_each(&self, wanted: &[Gather]) -> Result<Vec<Gathered>> {
        let wanted = self.resolve(wanted)?;
        let mut about: BTreeMap<Person, Vec<&Gather>> = BTreeMap::new();
        for (person, one) in wanted.iter().flatten().filter_map(|one| Some((one.person()?, one))) {
            about.entry(person).or_default().push(one);
        }
        about.retain(|_, all| all.len() >= SEVERAL);
        let held = about.into_iter().map(|(person, all)| Ok((person, self.holdings(person, all)?)));
        let held: BTreeMap<Person, Holdings> = held.collect::<Result<_>>()?;
        // All questions are on their way before the first answer is waited for.
        let mut asked = Vec::with_capacity(wanted.len());
        for one in &wanted {
            let held = |one: &Gather| one.person().and_then(|person| held.get(&person));
            asked.push(one.as_ref().map(|one| self.ask(one, held(one))).transpose()?);
        }
        let answer =
            |question: Option<Question<'_>>| question.map_or_else(|| Ok(Rows::default()), |one| self.rows(one));
        let mut all = asked.into_iter().map(answer).collect::<Result<Vec<_>>>()?;
        // Opened together: what they refer to is looked up once.
        let each: Vec<Vec<(i64, i64)>> =
            all.iter().map(|rows| rows.stored.iter().map(|row| (row.rid, row.version)).collect()).collect();
        let stored: Vec<Stored> = all.iter_mut().flat_map(|rows| std::mem::take(&mut rows.stored)).collect();
        let mut items = self.show(&stored)?.into_iter().peekable();
        // What does not open has no version among them.
        let mut of = |at: (i64, i64)| items.next_if(|item| (item.rid.value(), item.version) == at);
        let gathered = all.into_iter().zip(each);
        Ok(gathered
            .map(|(rows, each)| Gathered { items: each.into_iter().filter_map(&mut of).collect(), ..rows.rest })
            .collect())
    }

    /// Patients by their persons; nothing for what is about a Patient that this reader may not see.
    fn resolve(&self, wanted: &[Gather]) -> Result<Vec<Option<Gather>>> {
        let mut known: BTreeMap<&str, Option<Person>> = BTreeMap::new();
        let mut all = Vec::with_capacity(wanted.len());
        for one in wanted {
            let Whom::Patient(id) = &one.whom else {
                all.push(Some(one.clone()));
                continue;
            };
            let person = match known.get(id.as_str()) {
                Some(person) => *person,
                None => *known.entry(id).or_insert(self.person(id)?),
            };
            all.push(person.map(|person| Gather { whom: Whom::Person(person), ..one.clone() }));
        }
        Ok(all)
    }

    fn ask<'a>(&self, wanted: &'a Gather, held: Option<&Holdings>) -> Result<Question<'a>> {
        let held = held.filter(|_| !wanted.kinds.is_empty());
        let kinds = held.map_or_else(|| wanted.kinds.clone(), |held| held.among(&wanted.kinds));
        let rows = if held.is_some() && kinds.is_empty() {
            None
        } else {
            let mut select = self.select();
            let text = chosen(&mut select, &self.hasher, self.call, &Gather { kinds, ..wanted.clone() });
            Some(select.ask(self.conn, &text)?)
        };
        let hidden = match held.and_then(|held| held.hidden(wanted)) {
            Some(hidden) => Hidden::Known(hidden),
            // A program is never told how many there are that it may not read.
            None if !wanted.count || self.call.clearance.is_universal() => Hidden::Known(0),
            None => {
                let mut select = self.select();
                let text = counted(&mut select, self.call, wanted);
                Hidden::Asked(select.ask(self.conn, &text)?)
            }
        };
        Ok(Question { wanted, rows, hidden })
    }

    fn rows(&self, Question { wanted, rows, hidden }: Question<'_>) -> Result<Rows> {
        let mut found = rows.map_or_else(|| Ok(Vec::new()), |asked| self.conn.answer(asked))?;
        let hidden = match hidden {
            Hidden::Known(hidden) => hidden,
            Hidden::Asked(asked) => must(self.conn.answer(asked)?.first())?.int(0)?,
        };
        let most = usize::try_from(wanted.most).unwrap_or(usize::MAX);
        let more = found.len() > most;
        found.truncate(most);
        let mut marks = BTreeMap::new();
        if wanted.marks && !found.is_empty() {
            let rids = found.iter().map(|row| row.int(0)).collect::<Result<Vec<_>>>()?;
            marks = receipts::own(self, rids)?;
        }
        let stored = self.parsed(&found)?;
        Ok(Rows { stored, rest: Gathered { more, marks, hidden, ..Gathered::default() } })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::crypto::Secret;
    use crate::engine::{Dialect, plan};
    use crate::index::Hasher;
    use crate::select::Select;
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
        let kinds = [
            Vec::new(),
            vec![ResourceType::CONDITION, ResourceType::OBSERVATION],
            vec![ResourceType::PATIENT],
            vec![ResourceType::ENCOUNTER],
        ];
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
                let label = match kinds.as_slice() {
                    [_] => "SEARCH r USING INDEX resource_whereabouts (tenant=? AND person=?)".to_owned(),
                    _ => format!(
                        "SEARCH r USING COVERING INDEX resource_label (tenant=? AND person=? AND deleted=?{range})"
                    ),
                };
                let mut select = Select::new(Dialect::Sqlite, &call());
                let text = chosen(&mut select, &Hasher::new(&Secret::random().unwrap()), &call(), &wanted);
                let by_number = "SEARCH r USING INDEX sqlite_autoindex_resource_1 (tenant=? AND rid=?)".to_owned();
                assert_eq!(plan(&select.under(&text), "r"), [label.clone(), by_number], "{wanted:?}");
                let mut select = Select::new(Dialect::Sqlite, &call());
                let text = counted(&mut select, &call(), &wanted);
                assert_eq!(plan(&select.under(&text), "r"), [label], "{wanted:?}");
            }
        }
    }
}
