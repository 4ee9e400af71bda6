//! Arrivals and departures beside the directory: accounts to close, to open, to be given an end.

use super::rules::persons::{Accounts, Present, day};
use crate::governance::estate::{Account, Estate, Movement, Seen};
use crate::governance::names::letters;
use jiff::ToSpan as _;
use jiff::civil::{Date, Time};
use std::collections::BTreeMap;

/// What is to be done of somebody's account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Staffed {
    /// The person left, the account is open.
    ToClose,
    /// The person comes, or came within a month, and has no account.
    ToOpen,
    /// The contract has an end, the account has none or a later one.
    ToEnd,
    /// Several people have this name at once, and an account: whose it is, and whether it is to be closed, somebody has to say.
    Homonyms,
    /// Nobody knows: no directory was imported.
    NoDirectory,
    /// The person is there, and has no account: not everybody needs one.
    Without,
    /// As it should be.
    Fine,
    /// Gone, and the account too.
    Gone,
}

impl Staffed {
    /// Every state, what is to be done first.
    pub const ALL: [Self; 8] = [
        Self::ToClose,
        Self::ToOpen,
        Self::ToEnd,
        Self::Homonyms,
        Self::NoDirectory,
        Self::Without,
        Self::Fine,
        Self::Gone,
    ];

    /// As addresses and files write it.
    pub fn code(self) -> &'static str {
        match self {
            Self::ToClose => "a-fermer",
            Self::ToOpen => "a-ouvrir",
            Self::ToEnd => "fin-a-poser",
            Self::Homonyms => "homonymes",
            Self::NoDirectory => "sans-annuaire",
            Self::Without => "sans-compte",
            Self::Fine => "en-ordre",
            Self::Gone => "parti",
        }
    }

    /// In French, for screens.
    pub fn label(self) -> &'static str {
        match self {
            Self::ToClose => "compte à fermer",
            Self::ToOpen => "compte à ouvrir",
            Self::ToEnd => "fin à poser sur le compte",
            Self::Homonyms => "compte à vérifier entre homonymes",
            Self::NoDirectory => "annuaire non importé",
            Self::Without => "sans compte",
            Self::Fine => "en ordre",
            Self::Gone => "parti, aucun compte ouvert trouvé",
        }
    }

    /// The state of a code.
    pub fn find(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }

    /// Somebody has something to do.
    pub fn is_to_do(self) -> bool {
        matches!(self, Self::ToClose | Self::ToOpen | Self::ToEnd | Self::Homonyms)
    }
}

/// Somebody's stay, and what is to be done of the account.
#[derive(Debug, Clone, Copy)]
pub struct Stay<'a> {
    /// The movement, and where it was told.
    pub movement: &'a Seen<Movement>,
    /// The open account.
    pub account: Option<&'a Account>,
    /// What is to be done.
    pub state: Staffed,
    /// Somebody else has the same name, under another number.
    pub homonym: bool,
}

impl Stay<'_> {
    /// First and last day, where they are told.
    pub fn days(&self) -> (Option<Date>, Option<Date>) {
        (day(self.movement.told.starts.as_deref()), day(self.movement.told.ends.as_deref()))
    }
}

/// Every movement of staff that was imported, what is to be done first.
pub fn staffing<'a>(estate: &'a Estate, today: Date) -> Vec<Stay<'a>> {
    let open = estate.accounts.iter().filter(|account| account.told.enabled != Some(false) && !account.told.gone);
    let accounts = Accounts::of(open);
    let present = Present::of(estate.movements.iter().map(|one| &one.told).filter(|one| !is_over(one, today)));
    let homonyms = homonyms(&estate.movements, today);
    let known = Known { accounts, present, homonyms, directory: !estate.accounts.is_empty(), today };
    let mut stays: Vec<Stay<'_>> = estate.movements.iter().map(|movement| known.stay(movement)).collect();
    stays.sort_by(|a, b| {
        let key = |stay: &Stay<'_>| (stay.state, std::cmp::Reverse(stay.days().1.or(stay.days().0)));
        let name =
            |stay: &Stay<'a>| (&stay.movement.told.family, &stay.movement.told.given, &stay.movement.told.number);
        key(a).cmp(&key(b)).then_with(|| name(a).cmp(&name(b)))
    });
    stays
}

struct Known<'a> {
    accounts: Accounts<'a>,
    present: Present,
    homonyms: BTreeMap<Name, Homonyms>,
    directory: bool,
    today: Date,
}

impl<'a> Known<'a> {
    fn stay(&self, movement: &'a Seen<Movement>) -> Stay<'a> {
        let account = self.accounts.find(&movement.told).map(|account| &account.told);
        let over = is_over(&movement.told, self.today);
        let homonyms = self.homonyms.get(&names(&movement.told)).copied().filter(|_| !movement.told.number.is_empty());
        let state = match account {
            _ if !self.directory => Staffed::NoDirectory,
            Some(_) if over && homonyms.is_some_and(|of| of.together && of.here) => Staffed::Homonyms,
            Some(_) if over && self.present.has(&movement.told) => Staffed::Fine,
            Some(_) if over => Staffed::ToClose,
            None if over => Staffed::Gone,
            Some(account) if outlives(account, &movement.told) => Staffed::ToEnd,
            Some(_) => Staffed::Fine,
            None if is_new(&movement.told, self.today) => Staffed::ToOpen,
            None => Staffed::Without,
        };
        Stay { movement, account, state, homonym: homonyms.is_some() }
    }
}

/// People of one name, under several numbers.
#[derive(Debug, Clone, Copy)]
struct Homonyms {
    /// Two of them were there at once: they are two people, and not one who came back under another number.
    together: bool,
    /// One of them is there.
    here: bool,
}

/// Words of the family's name, and of the given one.
type Name = (Vec<String>, Vec<String>);

fn names(person: &Movement) -> Name {
    (letters(&person.family), letters(&person.given))
}

/// Names that several numbers have.
fn homonyms(movements: &[Seen<Movement>], today: Date) -> BTreeMap<Name, Homonyms> {
    let mut by_name: BTreeMap<Name, Vec<&Movement>> = BTreeMap::new();
    for one in movements.iter().map(|one| &one.told).filter(|one| !one.number.is_empty() && !one.family.is_empty()) {
        by_name.entry(names(one)).or_default().push(one);
    }
    by_name.retain(|_, all| all.iter().any(|one| all.first().is_some_and(|first| first.number != one.number)));
    let told = |all: Vec<&Movement>| Homonyms {
        here: all.iter().any(|one| !is_over(one, today)),
        together: are_together(all),
    };
    by_name.into_iter().map(|(name, all)| (name, told(all))).collect()
}

/// Whether stays of two numbers have a day in common.
fn are_together(mut all: Vec<&Movement>) -> bool {
    let first = |one: &Movement| day(one.starts.as_deref()).unwrap_or(Date::MIN);
    let last = |one: &Movement| day(one.ends.as_deref()).unwrap_or(Date::MAX);
    all.sort_by_key(|one| first(one));
    // The last days of two numbers, the later first: whoever comes by then under another number meets one of them.
    let mut ends: Vec<(Date, &str)> = Vec::new();
    for one in all {
        if ends.iter().any(|(end, number)| *number != one.number && *end >= first(one)) {
            return true;
        }
        match ends.iter_mut().find(|(_, number)| *number == one.number) {
            Some(end) => end.0 = end.0.max(last(one)),
            None => ends.push((last(one), &one.number)),
        }
        ends.sort_by(|one, other| other.cmp(one));
        ends.truncate(2);
    }
    false
}

fn is_over(person: &Movement, today: Date) -> bool {
    day(person.ends.as_deref()).is_some_and(|last| last < today)
}

/// The account goes on after the contract; a day of grace, for the account ends in the morning of the day after.
fn outlives(account: &Account, person: &Movement) -> bool {
    let Some(last) = day(person.ends.as_deref()) else { return false };
    let limit = last.checked_add(2.days()).map(|day| crate::local_time::instant(day.to_datetime(Time::midnight())));
    limit.is_ok_and(|limit| account.expires.is_none_or(|expires| expires > limit))
}

/// Comes, or came within a month.
fn is_new(person: &Movement, today: Date) -> bool {
    day(person.starts.as_deref()).is_some_and(|first| today.checked_sub(1.month()).is_ok_and(|since| first >= since))
}
