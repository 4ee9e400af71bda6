//! People of the staff beside accounts of the directory: who has which account, and who is still there.

use crate::governance::estate::{Account, Movement, Seen};
use crate::governance::names::letters;
use jiff::civil::Date;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// A day as a movement tells it.
pub(in crate::governance::measures) fn day(text: Option<&str>) -> Option<Date> {
    let day: Option<Date> = text.and_then(|text| text.get(..10).unwrap_or(text).parse().ok());
    // So far ahead it stands for no end.
    day.filter(|day| day.year() < 2090)
}

/// A login without the domain that clouds put behind it: `c.martin@asso.fr`.
pub(in crate::governance::measures) fn local(login: &str) -> &str {
    login.split('@').next().unwrap_or(login)
}

/// Accounts, found by the names of people.
pub(in crate::governance::measures) struct Accounts<'a> {
    accounts: Vec<&'a Seen<Account>>,
    shown: Vec<Vec<String>>,
    by_word: BTreeMap<String, Vec<usize>>,
    by_login: BTreeMap<String, usize>,
    /// What was found of a name.
    asked: RefCell<BTreeMap<Name, Option<usize>>>,
}

/// Words of the family's name, and of the given one.
type Name = (Vec<String>, Vec<String>);

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
            by_login.entry(letters(local(&account.told.login)).concat()).or_insert(at);
            shown.push(words);
        }
        Self { accounts, shown, by_word, by_login, asked: RefCell::default() }
    }

    /// The account of somebody: both names are shown, or the login is made of them. Thousands of the same name are looked up
    /// once.
    pub(in crate::governance::measures) fn find(&self, person: &Movement) -> Option<&'a Seen<Account>> {
        let name = (letters(&person.family), letters(&person.given));
        let known = self.asked.borrow().get(&name).copied();
        let found = known.unwrap_or_else(|| {
            let found = self.look(&name.0, &name.1);
            self.asked.borrow_mut().insert(name, found);
            found
        });
        self.accounts.get(found?).copied()
    }

    fn look(&self, family: &[String], given: &[String]) -> Option<usize> {
        family.first()?;
        let all: Vec<&String> = family.iter().chain(given).collect();
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
        // They are in order: the first that is named is the least.
        rarest.iter().find(named).into_iter().chain(by_login).min().copied()
    }
}

/// People who are there on a day, known again by their number, or by both names.
pub(in crate::governance::measures) struct Present {
    numbers: BTreeSet<String>,
    names: BTreeSet<Name>,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::governance::estate::{Format, Source};

    #[test]
    fn a_day_so_late_that_it_stands_for_none_is_none_in_what_was_kept_before_too() {
        assert_eq!(day(Some("2099-12-31")), None);
        assert_eq!(day(Some("2026-12-31T00:00:00")), Some(jiff::civil::date(2026, 12, 31)));
    }

    #[test]
    fn ten_thousand_of_the_same_name_are_looked_up_once() {
        let source = || Source { import: 1, at: 0, file: String::new(), format: Format::Directory, line: 1, entry: 1 };
        let account = |n: usize, display: &str| Seen {
            source: source(),
            told: Account { login: format!("compte{n}"), display: Some(display.into()), ..Account::default() },
        };
        // Each word of the name is shown by thousands, both together by one: the last.
        let mut all: Vec<Seen<Account>> = (0..5_000).map(|n| account(n, "Marie DUPONT")).collect();
        all.extend((5_000..10_000).map(|n| account(n, "Luc MARTIN")));
        all.push(account(10_000, "Marie MARTIN, infirmière"));
        let accounts = Accounts::of(&all);
        let person = |n: usize, given: &str| Movement {
            number: n.to_string(),
            family: "Martin".into(),
            given: given.into(),
            ..Movement::default()
        };
        for n in 0..10_000 {
            let found = accounts.find(&person(n, "Marie")).map(|one| one.told.login.as_str());
            assert_eq!(found, Some("compte10000"));
            assert!(accounts.find(&person(n, "Aline")).is_none());
        }
        assert_eq!(accounts.asked.borrow().len(), 2);
    }
}
