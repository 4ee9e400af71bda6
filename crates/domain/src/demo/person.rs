//! One person being invented: their stream, their place, and what has been written so far.

use super::content::{Told, fill};
use super::edition::Edition;
use super::random::Stream;
use super::{PLACES, PlaceOfDemo, accounts, traits};
use crate::local_time;
use jiff::civil::{Date, date};
use jiff::{Timestamp, ToSpan as _};
use serde_json::{Value, json};

/// One person's record: the Patient first, then what points at it.
#[derive(Debug, Clone)]
pub struct Dossier {
    /// Index in [`super::PLACES`].
    pub place: usize,
    /// Index in the units of the place.
    pub unit: usize,
    /// Resources, each with its author's login.
    pub resources: Vec<(&'static str, Value)>,
    /// Kind of writing of each resource, for the floors of the labeler; same order.
    pub kinds: Vec<Option<&'static str>>,
}

/// Logins, by place.
pub(super) const DOCTORS: [&str; 3] = ["medco", "lea", "medecin"];
pub(super) const NURSES: [&str; 3] = ["ines", "lea", "infirmier"];
pub(super) const CLERKS: [&str; 3] = ["secretariat", "nadia", "solene"];

const MINUTE: i64 = 60_000_000;

/// Days have streams of their own: what a day brings does not depend on the days before.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part {
    Writings,
    Vitals,
    Agenda,
}

pub(super) struct Person {
    pub(super) stream: Stream,
    pub(super) edition: Edition,
    pub(super) place: usize,
    pub(super) unit: usize,
    pub(super) rank: usize,
    /// First of the unit: more happens to them.
    pub(super) first: bool,
    pub(super) id: String,
    pub(super) woman: bool,
    /// What is particular about them: see [`traits`].
    pub(super) traits: Vec<&'static str>,
    /// Numbers that are theirs for life.
    pub(super) own: [u64; 8],
    /// Only what is written after this moment is kept.
    pub(super) since: i64,
    pub(super) out: Dossier,
}

impl Person {
    pub(super) fn new(edition: Edition, place: usize, rank: usize, since: i64) -> Self {
        let (unit, seat) = described(place).seat(rank);
        let mut stream = Stream::new(edition.seed, branch(place, rank));
        let id = stream.uuid();
        let woman = stream.chance(if place == 0 { 72 } else { 40 });
        let traits = traits::draw(place, unit, &mut stream);
        let own = std::array::from_fn(|_| stream.next());
        let out = Dossier { place, unit, resources: Vec::new(), kinds: Vec::new() };
        Self { stream, edition, place, unit, rank, first: seat == 0, id, woman, traits, own, since, out }
    }

    pub(super) fn add(&mut self, author: &'static str, kind: Option<&'static str>, value: Value) {
        self.out.resources.push((author, value));
        self.out.kinds.push(kind);
    }

    pub(super) fn described(&self) -> PlaceOfDemo {
        described(self.place)
    }

    pub(super) fn is(&self, name: &str) -> bool {
        self.traits.contains(&name)
    }

    /// Who does this work at the person's place.
    pub(super) fn by(&self, logins: [&'static str; 3]) -> &'static str {
        logins.get(self.place).copied().unwrap_or("infirmier")
    }

    /// Who holds the person's project: an educator of the unit, the nurse in charge, or whoever follows them.
    pub(super) fn referent(&self) -> &'static str {
        let roles: [&[&str]; 3] = [&["idec"], &["educ"], if self.unit == 0 { &["ide"] } else { &["ass"] }];
        let roles = roles.get(self.place).copied().unwrap_or_default();
        let mut found = accounts().iter().filter(|account| account.accompanies(self.place, self.unit));
        found.find(|account| roles.contains(&account.persona)).map_or("infirmier", |account| account.login)
    }

    pub(super) fn subject(&self) -> Value {
        json!({ "reference": format!("Patient/{}", self.id) })
    }

    pub(super) fn author(&self, login: &str) -> Value {
        json!({ "reference": format!("Practitioner/demo-{login}") })
    }

    /// Gives the slots of a text their values, as of a moment.
    pub(super) fn fill(&mut self, text: &str, at: i64) -> String {
        fill(text, &Told { woman: self.woman, place: self.place, at }, &mut self.stream)
    }

    /// So many days ago.
    pub(super) fn ago(&self, days: u64) -> Date {
        let days = i64::try_from(days).unwrap_or(0);
        self.edition.at.checked_sub(days.days()).unwrap_or(self.edition.at)
    }

    /// A day within the last `within`.
    pub(super) fn day(&mut self, within: u64) -> Date {
        let back = 1 + self.stream.below(within);
        self.ago(back)
    }

    /// A moment of a day, in office hours.
    pub(super) fn moment(&mut self, day: Date) -> i64 {
        let minutes = i64::try_from(self.stream.below(480)).unwrap_or(0);
        local_time::instant(day.at(9, 0, 0, 0)) + minutes * MINUTE
    }

    /// A moment between two, to the minute.
    pub(super) fn between(&mut self, first: i64, last: i64) -> i64 {
        let minutes = u64::try_from((last - first) / MINUTE).unwrap_or(0);
        first + i64::try_from(self.stream.below(minutes)).unwrap_or(0) * MINUTE
    }

    /// Whether something of this moment is to be kept.
    pub(super) fn keeps(&self, at: i64) -> bool {
        self.since < at && at <= self.edition.until
    }

    /// Begins a day: what follows depends on the person and the day only.
    pub(super) fn begin(&mut self, day: Date, part: Part) {
        let count = day.duration_since(date(2000, 1, 1)).as_hours().div_euclid(24);
        let within = u64::try_from(count).unwrap_or(0) + 30_000 * part as u64;
        self.stream = Stream::new(self.edition.seed, branch(self.place, self.rank) * 100_000 + within);
    }

    /// The days that may bring something to keep, and how many came between each and the day of the demo.
    pub(super) fn days(&self, years: i64) -> impl Iterator<Item = (Date, i64)> + use<> {
        let at = self.edition.at;
        let first = if self.since == i64::MIN {
            at.checked_sub((365 * years - 1).days()).unwrap_or(at)
        } else {
            local_time::local(self.since).date().yesterday().unwrap_or(at)
        };
        let last = local_time::local(self.edition.until).date();
        first.series(1.day()).take_while(move |day| *day <= last).map(move |day| (day, back(at, day)))
    }

    /// How many times something comes that day, from rates per mille: dense over the last weeks, thinner over years.
    pub(super) fn times(&mut self, back: i64, [recent, year, older]: [u64; 3]) -> u64 {
        let rate = match back {
            ..28 => recent,
            28..365 => year,
            _ => older,
        };
        rate / 1_000 + u64::from(self.stream.below(1_000) < rate % 1_000)
    }
}

fn branch(place: usize, rank: usize) -> u64 {
    (place as u64 + 1) * 1_000 + rank as u64
}

fn described(place: usize) -> PlaceOfDemo {
    let [first, ..] = PLACES;
    PLACES.get(place).copied().unwrap_or(first)
}

/// Days from `day` to `at`.
fn back(at: Date, day: Date) -> i64 {
    at.duration_since(day).as_hours().div_euclid(24)
}

/// An instant as FHIR writes it, to the second.
pub(super) fn instant(at: i64) -> String {
    Timestamp::from_microsecond(at).map(|at| at.to_string()).unwrap_or_default()
}
