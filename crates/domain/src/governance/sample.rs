//! Accesses to records that somebody looks at each month: some drawn at random, and some that a rule finds unusual. An unusual
//! access is no fault: somebody says what it is.
//!
//! Chance comes from outside, as a number for each access: the least are drawn. Who keeps the seed can draw again.

use super::names::letters;
use confidentiality::{Actor, Person};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Drawn at random.
pub const DRAWN: usize = 20;
/// Proposed for one reason, at most.
pub const PROPOSED: usize = 5;
const HOUR: i64 = 3_600_000_000;
const WEEK: i64 = 7 * 24 * HOUR;

/// Why an access is proposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unusual {
    /// In an emergency, past what is usually opened.
    Urgent,
    /// One's own record.
    Own,
    /// The record of a colleague.
    Colleague,
    /// The record of somebody with the same family name.
    SameName,
    /// The record of somebody whom one does not accompany.
    OutsideTeam,
    /// Outside one's planned hours.
    OutsideHours,
}

impl Unusual {
    /// It says something of whose record it is: who is not to know that is not told.
    pub fn tells_whose(self) -> bool {
        matches!(self, Self::Own | Self::Colleague | Self::SameName)
    }

    /// In French, for screens.
    pub fn label(self) -> &'static str {
        match self {
            Self::Urgent => "accès en urgence",
            Self::Own => "son propre dossier",
            Self::Colleague => "dossier d’un collègue",
            Self::SameName => "même nom de famille",
            Self::OutsideTeam => "personne qu’il n’accompagne pas",
            Self::OutsideHours => "hors de ses heures",
        }
    }
}

/// An access to one person's record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// Its entry in the log.
    pub entry: String,
    /// Whose record.
    pub person: Person,
    /// Who.
    pub actor: Actor,
    /// When, UTC microseconds.
    pub at: i64,
    /// What was done, a fixed word.
    pub verb: String,
    /// Something was written.
    pub written: bool,
    /// The rules that allowed it.
    pub why: Vec<String>,
}

/// An access to be looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picked {
    /// Which.
    pub opening: Opening,
    /// By chance; else only because it is unusual.
    pub drawn: bool,
    /// What is unusual about it.
    pub unusual: Vec<Unusual>,
}

/// A name as records write it.
#[derive(Clone, PartialEq, Eq)]
pub struct Named {
    /// Of the family.
    pub family: String,
    /// Given.
    pub given: String,
}

/// A stretch of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hours {
    /// From …
    pub starts: i64,
    /// … to.
    pub ends: i64,
    /// It stands in the planning; else it was only taken.
    pub planned: bool,
}

/// Who works here, whom each accompanies, and when.
#[derive(Default)]
pub struct Circle {
    /// Words of the name of each member of staff.
    staff: BTreeMap<Actor, BTreeSet<String>>,
    /// Members of staff who have this record.
    holders: BTreeMap<Person, BTreeSet<Actor>>,
    families: BTreeMap<Person, Vec<Vec<String>>>,
    teams: BTreeMap<Actor, BTreeSet<Person>>,
    hours: BTreeMap<Actor, Vec<Hours>>,
}

impl Circle {
    /// From the names of staff (`Amina Rahal, aide-soignante`) and those of each person.
    pub fn of(staff: impl IntoIterator<Item = (Actor, String)>, people: &[(Person, Vec<Named>)]) -> Self {
        let name = |shown: &str| letters(shown.split(',').next().unwrap_or_default());
        let staff: BTreeMap<Actor, BTreeSet<String>> =
            staff.into_iter().map(|(actor, shown)| (actor, name(&shown).into_iter().collect())).collect();
        let mut by_word: BTreeMap<&str, Vec<Actor>> = BTreeMap::new();
        for (actor, words) in &staff {
            words.iter().for_each(|word| by_word.entry(word).or_default().push(*actor));
        }
        let (mut holders, mut families) = (BTreeMap::<Person, BTreeSet<Actor>>::new(), BTreeMap::new());
        for (person, names) in people {
            let of = |named: &Named| (letters(&named.family), letters(&named.given));
            let names: Vec<_> = names.iter().map(of).filter(|(family, _)| !family.is_empty()).collect();
            for (family, given) in names.iter().filter(|(_, given)| !given.is_empty()) {
                let first = family.first().and_then(|word| by_word.get(word.as_str()));
                let first_given: Vec<String> = given.iter().take(1).cloned().collect();
                let same = |actor: &&Actor| {
                    let words = staff.get(actor);
                    words.is_some_and(|words| family.iter().chain(&first_given).all(|word| words.contains(word)))
                };
                holders.entry(*person).or_default().extend(first.into_iter().flatten().filter(same));
            }
            families.insert(*person, names.into_iter().map(|(family, _)| family).collect());
        }
        Self { staff, holders, families, ..Self::default() }
    }

    /// Says whom a member of staff accompanies, and when they work.
    pub fn works(&mut self, actor: Actor, team: BTreeSet<Person>, hours: Vec<Hours>) {
        self.teams.insert(actor, team);
        self.hours.insert(actor, hours);
    }

    /// It is somebody who works here, not a program.
    pub fn has(&self, actor: Actor) -> bool {
        self.staff.contains_key(&actor)
    }

    /// What is unusual about an access.
    pub fn unusual(&self, one: &Opening) -> Vec<Unusual> {
        let holders = self.holders.get(&one.person).filter(|of| !of.is_empty());
        let own = holders.is_some_and(|of| of.contains(&one.actor));
        let found = [
            (Unusual::Urgent, one.why.iter().any(|rule| rule.starts_with("break_glass"))),
            (Unusual::Own, own),
            (Unusual::Colleague, holders.is_some() && !own),
            (Unusual::SameName, !own && self.is_namesake(one)),
            // Whoever accompanies nobody works for the whole house.
            (
                Unusual::OutsideTeam,
                self.teams.get(&one.actor).is_some_and(|team| !team.is_empty() && !team.contains(&one.person)),
            ),
            (Unusual::OutsideHours, self.is_off_duty(one)),
        ];
        found.into_iter().filter(|(_, holds)| *holds).map(|(why, _)| why).collect()
    }

    fn is_namesake(&self, one: &Opening) -> bool {
        let families = self.families.get(&one.person).into_iter().flatten();
        let words = self.staff.get(&one.actor);
        families.into_iter().any(|family| words.is_some_and(|words| family.iter().all(|word| words.contains(word))))
    }

    /// The planning of these days is known, and this instant is not in it, nor in a post that was taken.
    fn is_off_duty(&self, one: &Opening) -> bool {
        let hours = self.hours.get(&one.actor).map_or(&[] as &[Hours], Vec::as_slice);
        let near = |of: &Hours| of.planned && of.starts - WEEK <= one.at && one.at < of.ends + WEEK;
        let within = |of: &Hours| of.starts - HOUR <= one.at && one.at < of.ends + HOUR;
        hours.iter().any(near) && !hours.iter().any(within)
    }
}

/// The least numbers of a kind, and what has them.
#[derive(Default)]
struct Least(BTreeMap<[u8; 32], Opening>);

impl Least {
    fn add(&mut self, rank: [u8; 32], one: &Opening, most: usize) {
        if self.0.len() >= most && self.0.last_key_value().is_some_and(|(last, _)| rank >= *last) {
            return;
        }
        self.0.insert(rank, one.clone());
        if self.0.len() > most {
            self.0.pop_last();
        }
    }
}

/// A draw that goes on: accesses come one by one, in any order.
pub struct Draw<'a> {
    circle: &'a Circle,
    random: Least,
    unusual: BTreeMap<Unusual, Least>,
    seen: u64,
}

impl<'a> Draw<'a> {
    /// Among the accesses of these people.
    pub fn among(circle: &'a Circle) -> Self {
        Self { circle, random: Least::default(), unusual: BTreeMap::new(), seen: 0 }
    }

    /// An access, and its number; those of programs are left out.
    pub fn add(&mut self, rank: [u8; 32], one: &Opening) {
        if !self.circle.has(one.actor) {
            return;
        }
        self.seen += 1;
        self.random.add(rank, one, DRAWN);
        for why in self.circle.unusual(one) {
            self.unusual.entry(why).or_default().add(rank, one, PROPOSED);
        }
    }

    /// How many there were.
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// Those to be looked at: what is unusual first, the latest first.
    pub fn end(self) -> Vec<Picked> {
        let mut picked: BTreeMap<[u8; 32], Picked> = BTreeMap::new();
        let proposed = self.unusual.into_values().flat_map(|least| least.0).map(|(rank, one)| (rank, one, false));
        for (rank, opening, drawn) in self.random.0.into_iter().map(|(rank, one)| (rank, one, true)).chain(proposed) {
            let unusual = self.circle.unusual(&opening);
            picked.entry(rank).or_insert(Picked { opening, drawn, unusual });
        }
        let mut picked: Vec<Picked> = picked.into_values().collect();
        picked.sort_by_key(|one| (one.unusual.is_empty(), one.unusual.first().copied(), -one.opening.at));
        picked
    }
}

#[cfg(test)]
mod tests;
