//! People of the staff beside accounts of the directory: who has which account, and who is still there.

use super::people::letters;
use crate::governance::estate::{Account, Movement, Seen};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// A day as a movement tells it.
pub(in crate::governance::measures) fn day(text: Option<&str>) -> Option<Date> {
    text.and_then(|text| text.get(..10).unwrap_or(text).parse().ok())
}

/// Accounts, found by the names of people.
pub(in crate::governance::measures) struct Accounts<'a> {
    accounts: Vec<&'a Seen<Account>>,
    shown: Vec<Vec<String>>,
    by_word: BTreeMap<String, Vec<usize>>,
    by_login: BTreeMap<String, usize>,
}

impl<'a> Accounts<'a> {
    /// Accounts that may be somebody's.
    pub(in crate::governance::measures) fn of(accounts: impl IntoIterator<Item = &'a Seen<Account>>) -> Self {
        let accounts: Vec<&Seen<Account>> = accounts.into_iter().collect();
        let (mut by_word, mut by_login) = (BTreeMap::<String, Vec<usize>>::new(), BTreeMap::new());
        let mut shown = Vec::with_capacity(accounts.len());
        for (at, account) in accounts.iter().enumerate() {
            let words = letters(account.told.display.as_deref().unwrap_or_default());
            for word in words.iter().collect::<BTreeSet<_>>() {
                by_word.entry(word.clone()).or_default().push(at);
            }
            by_login.entry(letters(&account.told.login).concat()).or_insert(at);
            shown.push(words);
        }
        Self { accounts, shown, by_word, by_login }
    }

    /// The account of somebody: both names are shown, or the login is made of them.
    pub(in crate::governance::measures) fn find(&self, person: &Movement) -> Option<&'a Seen<Account>> {
        let (family, given) = (letters(&person.family), letters(&person.given));
        family.first()?;
        let all: Vec<&String> = family.iter().chain(&given).collect();
        // Of the words of the name, the rarest: « Marie » is shown by many accounts.
        let rarest = all.iter().map(|word| self.by_word.get(*word).map_or(&[] as &[usize], Vec::as_slice));
        let rarest = rarest.min_by_key(|of| of.len()).unwrap_or_default();
        let named = |at: &&usize| self.shown.get(**at).is_some_and(|shown| all.iter().all(|word| shown.contains(word)));
        let (family, given) = (family.concat(), given.concat());
        let initial: String = given.chars().next().map(String::from)?;
        let made = [
            format!("{initial}{family}"),
            format!("{given}{family}"),
            format!("{family}{given}"),
            format!("{family}{initial}"),
        ];
        let by_login = made.iter().filter_map(|login| self.by_login.get(login));
        let found = rarest.iter().filter(named).chain(by_login).min()?;
        self.accounts.get(*found).copied()
    }
}

/// People who are there on a day, known again by their number, or by both names.
pub(in crate::governance::measures) struct Present {
    numbers: BTreeSet<String>,
    names: BTreeSet<(Vec<String>, Vec<String>)>,
}

impl Present {
    /// People of these movements.
    pub(in crate::governance::measures) fn of<'a>(movements: impl IntoIterator<Item = &'a Movement>) -> Self {
        let (mut numbers, mut names) = (BTreeSet::new(), BTreeSet::new());
        for one in movements {
            if !one.number.is_empty() {
                numbers.insert(one.number.clone());
            }
            names.insert((letters(&one.family), letters(&one.given)));
        }
        Self { numbers, names }
    }

    /// Somebody is among them.
    pub(in crate::governance::measures) fn has(&self, person: &Movement) -> bool {
        self.numbers.contains(&person.number) || self.names.contains(&(letters(&person.family), letters(&person.given)))
    }
}
