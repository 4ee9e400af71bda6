//! Which demo, and its records.

use super::PLACES;
use super::person::{Dossier, Person};
use crate::local_time;
use jiff::civil::Date;

/// A demo: the same three give the same resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edition {
    /// Of the invented people.
    pub seed: u64,
    /// Day of the demo: the weeks before it are dense, the years before them thinner.
    pub at: Date,
    /// Nothing is written after this moment (UTC microseconds), a moment of `at` or later.
    pub until: i64,
}

impl Edition {
    /// The demo of a day, as it stands at two in the afternoon.
    pub fn of(seed: u64, at: Date) -> Self {
        Self { seed, at, until: local_time::instant(at.at(14, 0, 0, 0)) }
    }

    /// Every record, one after the other: they are many.
    pub fn dossiers(self) -> impl Iterator<Item = Dossier> {
        everybody().map(move |(place, rank)| self.dossier(place, rank))
    }

    /// The record of one person: the same whatever is made before.
    pub fn dossier(self, place: usize, rank: usize) -> Dossier {
        let mut person = Person::new(self, place, rank, i64::MIN);
        person.patient();
        person.stay();
        person.relatives();
        person.wishes();
        person.clinical();
        person.dependence();
        person.projects();
        person.letters();
        person.daily();
        person.out
    }

    /// What has been written of one person after `from` (UTC microseconds): the daily things, under ids that the demo
    /// until `from` does not have. No Patient among them.
    pub fn addition(self, place: usize, rank: usize, from: i64) -> Dossier {
        let mut person = Person::new(self, place, rank, from);
        person.daily();
        person.out
    }
}

/// Every place and rank.
fn everybody() -> impl Iterator<Item = (usize, usize)> {
    PLACES.iter().enumerate().flat_map(|(place, described)| (0..described.people).map(move |rank| (place, rank)))
}

/// Every record of the demo of a day: see [`Edition::of`].
pub fn dossiers(seed: u64, at: Date) -> impl Iterator<Item = Dossier> {
    Edition::of(seed, at).dossiers()
}

#[cfg(test)]
mod tests;
