//! The accounts that show what each function sees.

use super::duty::Rhythm;
use super::roster::ACCOUNTS;
use serde_json::{Value, json};

/// An account of the demo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account {
    /// Login.
    pub login: &'static str,
    /// Name on screens.
    pub display: &'static str,
    /// Persona code of the matrix.
    pub persona: &'static str,
    /// Index in [`super::PLACES`].
    pub place: usize,
    /// Indices in the units of its place; none = the whole place.
    pub units: &'static [usize],
    /// Related to the persons of the place; otherwise works there only.
    pub related: bool,
    /// Related to one person of the place only: their rank. The person, or someone who stands for them.
    pub of: Option<usize>,
    /// One line on what this account sees.
    pub sees: &'static str,
    /// When it works.
    pub(super) rhythm: Rhythm,
}

impl Account {
    /// Whether it accompanies the people of this unit.
    pub(super) fn accompanies(&self, place: usize, unit: usize) -> bool {
        let here = self.units.is_empty() || self.units.contains(&unit);
        self.related && self.of.is_none() && self.place == place && here
    }
}

/// The accounts of the demo.
pub fn accounts() -> &'static [Account] {
    &ACCOUNTS
}

/// The practitioner of an account.
pub fn practitioner(account: &Account) -> Value {
    let (name, _) = account.display.split_once(',').unwrap_or((account.display, ""));
    json!({
        "resourceType": "Practitioner",
        "id": format!("demo-{}", account.login),
        "active": true,
        "name": [{ "text": name }],
    })
}

#[cfg(test)]
mod tests {
    use super::super::PLACES;
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn accounts_are_few_distinct_and_work_in_units_that_exist() {
        let logins: BTreeSet<_> = accounts().iter().map(|account| account.login).collect();
        assert!(logins.len() == accounts().len() && logins.len() <= 32);
        for account in accounts() {
            let place = PLACES[account.place];
            assert!(account.units.iter().all(|unit| *unit < place.units.len()), "{}", account.login);
            assert!(!account.sees.is_empty() && account.sees.ends_with('.'));
        }
    }

    #[test]
    fn every_unit_of_the_home_and_of_the_institute_has_someone_of_its_own() {
        for (place, described) in PLACES.iter().enumerate().take(2) {
            for unit in 0..described.units.len() {
                let own = |account: &&Account| account.place == place && account.units == [unit];
                assert!(accounts().iter().any(|account| own(&account)), "{place} {unit}");
            }
        }
    }
}
