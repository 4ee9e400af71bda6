//! Accounts that a newer export of their directory no longer has: they have been deleted there.
//!
//! An export says nothing of which directory it is, nor whether it is whole: one that has at least half of the accounts of an
//! older one is taken for a newer export of the same. The order of imports says nothing: the latest use of an account dates an
//! export, then its import.

use super::fold::{Seen, Source};
use super::staff::Account;
use std::collections::{BTreeMap, BTreeSet};

/// What each import tells of accounts.
#[derive(Debug, Default)]
pub(super) struct Files(BTreeMap<i64, Export>);

#[derive(Debug, Default)]
struct Export {
    /// The latest use, then when it was imported, then under which number.
    age: (i64, i64, i64),
    logins: BTreeSet<String>,
}

impl Files {
    /// An account that an import tells of.
    pub(super) fn add(&mut self, source: &Source, account: &Account) {
        let export = self.0.entry(source.import).or_default();
        let age = (account.seen(source.at).unwrap_or_default().min(source.at), source.at, source.import);
        export.age = export.age.max(age);
        export.logins.insert(account.key());
    }
}

/// Accounts, those that are gone marked.
pub(super) fn marked(mut accounts: Vec<Seen<Account>>, files: &Files) -> Vec<Seen<Account>> {
    let mut exports: Vec<&Export> = files.0.values().collect();
    exports.sort_by_key(|export| export.age);
    // Of each export, the newer ones that stand for it.
    let newer: Vec<Vec<&Export>> = exports
        .iter()
        .enumerate()
        .map(|(at, old)| exports.iter().skip(at + 1).copied().filter(|new| stands_for(new, old)).collect())
        .collect();
    for account in &mut accounts {
        let key = account.told.key();
        let last = exports.iter().rposition(|export| export.logins.contains(&key));
        // The last that has it: no newer one does.
        account.told.gone = last.and_then(|at| newer.get(at)).is_some_and(|newer| !newer.is_empty());
    }
    accounts
}

fn stands_for(new: &Export, old: &Export) -> bool {
    new.logins.intersection(&old.logins).count() * 2 >= old.logins.len()
}
