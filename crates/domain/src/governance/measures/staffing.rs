//! Arrivals and departures beside the directory: accounts to close, to open, to be given an end.

use super::rules::persons::{Accounts, Present, day};
use crate::governance::estate::{Account, Estate, Movement, Seen};
use jiff::ToSpan as _;
use jiff::civil::{Date, Time};

/// What is to be done of somebody's account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Staffed {
    /// The person left, the account is open.
    ToClose,
    /// The person comes, or came within a month, and has no account.
    ToOpen,
    /// The contract has an end, the account has none or a later one.
    ToEnd,
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
    pub const ALL: [Self; 7] =
        [Self::ToClose, Self::ToOpen, Self::ToEnd, Self::NoDirectory, Self::Without, Self::Fine, Self::Gone];

    /// As addresses and files write it.
    pub fn code(self) -> &'static str {
        match self {
            Self::ToClose => "a-fermer",
            Self::ToOpen => "a-ouvrir",
            Self::ToEnd => "fin-a-poser",
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
        matches!(self, Self::ToClose | Self::ToOpen | Self::ToEnd)
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
}

impl Stay<'_> {
    /// First and last day, where they are told.
    pub fn days(&self) -> (Option<Date>, Option<Date>) {
        (day(self.movement.told.starts.as_deref()), day(self.movement.told.ends.as_deref()))
    }
}

/// Every movement of staff that was imported, what is to be done first.
pub fn staffing(estate: &Estate, today: Date) -> Vec<Stay<'_>> {
    let open = estate.accounts.iter().filter(|account| account.told.enabled != Some(false) && !account.told.gone);
    let accounts = Accounts::of(open);
    let present = Present::of(estate.movements.iter().map(|one| &one.told).filter(|one| !is_over(one, today)));
    let known = Known { accounts, present, directory: !estate.accounts.is_empty(), today };
    let mut stays: Vec<Stay<'_>> = estate.movements.iter().map(|movement| known.stay(movement)).collect();
    stays.sort_by(|a, b| {
        let key = |stay: &Stay<'_>| (stay.state, std::cmp::Reverse(stay.days().1.or(stay.days().0)));
        key(a).cmp(&key(b)).then_with(|| a.movement.told.family.cmp(&b.movement.told.family))
    });
    stays
}

struct Known<'a> {
    accounts: Accounts<'a>,
    present: Present,
    directory: bool,
    today: Date,
}

impl<'a> Known<'a> {
    fn stay(&self, movement: &'a Seen<Movement>) -> Stay<'a> {
        let account = self.accounts.find(&movement.told).map(|account| &account.told);
        let over = is_over(&movement.told, self.today);
        let state = match account {
            _ if !self.directory => Staffed::NoDirectory,
            Some(_) if over && self.present.has(&movement.told) => Staffed::Fine,
            Some(_) if over => Staffed::ToClose,
            None if over => Staffed::Gone,
            Some(account) if outlives(account, &movement.told) => Staffed::ToEnd,
            Some(_) => Staffed::Fine,
            None if is_new(&movement.told, self.today) => Staffed::ToOpen,
            None => Staffed::Without,
        };
        Stay { movement, account, state }
    }
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
