//! The lists at hand, by their canonical addresses.

use super::set;
use super::system::System;
use crate::{Invalid, Resource, ResourceType};
use std::collections::{BTreeMap, BTreeSet};

/// A list that is wanted: its type, its address, maybe with `|version`.
pub type Canonical = (ResourceType, String);

/// Code systems and value sets that are loaded.
#[derive(Debug, Default)]
pub struct Library {
    systems: BTreeMap<String, System>,
    sets: BTreeMap<String, Resource>,
    asked: BTreeSet<Canonical>,
}

impl Library {
    /// What a value set builds on that has not been looked for yet.
    pub fn wants(&mut self, set: &Resource) -> Vec<Canonical> {
        let new = |one: &Canonical| self.asked.insert(one.clone());
        set::needs(set).into_iter().filter(new).collect()
    }

    /// Puts in what was found under an address.
    ///
    /// # Errors
    /// As [`System::parse`].
    pub fn add(&mut self, address: &str, resource: Resource) -> Result<(), Invalid> {
        if resource.kind().name() == "CodeSystem" {
            self.systems.insert(address.to_owned(), System::parse(&resource)?);
        } else {
            self.sets.insert(address.to_owned(), resource);
        }
        Ok(())
    }

    pub(super) fn system(&self, address: &str) -> Option<&System> {
        self.systems.get(address)
    }

    pub(super) fn set(&self, address: &str) -> Option<&Resource> {
        self.sets.get(address)
    }
}
