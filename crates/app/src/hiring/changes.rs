//! What becomes of an account: closed, opened again, given an end, given another password.

use super::giver::Giver;
use super::posts::{self, Held};
use super::{Taken, Unfit, end_of, judged, named};
use crate::accounts::{TRIES, random_text};
use crate::app::App;
use crate::cx::Cx;
use crate::error::Result;
use crate::password;
use confidentiality::Actor;
use domain::local_time;
use jiff::civil::Date;
use store::{Account, AccountKind, Conflict};

/// What is to become of an account.
#[derive(Debug, Clone, Copy)]
pub enum Change<'a> {
    /// It closes now: whoever is in is out.
    Close,
    /// It is open, until the end of a day if one is given, whatever it was before.
    Open(Option<Date>),
    /// It is open again, if it was not.
    Reopen,
    /// It ends with a day, or no longer does; it must be open.
    Bound(Option<Date>),
    /// It is called otherwise on screens.
    Rename(&'a str),
    /// Another password, given in place of one that is lost: whoever is in is out.
    Password(&'a str),
}

impl Change<'_> {
    fn verb(self) -> &'static str {
        match self {
            Self::Close => "account-close",
            Self::Open(_) | Self::Reopen => "account-open",
            Self::Bound(_) => "account-bound",
            Self::Rename(_) => "account-rename",
            Self::Password(_) => "account-reset",
        }
    }
}

/// An account, as it is shown to whoever answers for accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// Its number.
    pub actor: Actor,
    /// What is typed to sign in.
    pub login: String,
    /// Name and function.
    pub display: String,
    /// It can be entered with.
    pub open: bool,
    /// The last day it can, when it is open and has one.
    pub until: Option<Date>,
    /// The day on which it was closed, when it is.
    pub closed: Option<Date>,
    /// Its holder has chosen the password.
    pub chosen: bool,
    /// Last sign-in, UTC microseconds.
    pub last: Option<i64>,
    /// It is the one of whoever asks.
    pub own: bool,
    /// Its functions, those that end or begin later too.
    pub functions: Vec<Held>,
}

/// The account of somebody.
///
/// # Errors
/// Absence for whoever does not answer for accounts, and when there is no such account of a person; the store's.
pub async fn sheet(cx: &Cx, actor: Actor) -> Result<Sheet> {
    answers(cx)?;
    let (app, now) = (cx.app(), cx.now());
    let found = app.store().account(app.tenant(), actor).await?;
    let account = found.filter(|account| account.kind == AccountKind::Person).ok_or(store::Error::Absent)?;
    let signed = app.store().sign_ins(app.tenant()).await?;
    let open = account.is_open(now);
    let ends = |before: i64| account.ends.map(|ends| local_time::local(ends - before).date());
    Ok(Sheet {
        actor,
        open,
        until: ends(1).filter(|_| open),
        closed: ends(0).filter(|_| !open),
        chosen: account.chosen.is_some(),
        last: signed.iter().find(|one| one.actor == actor.value()).map(|one| one.last),
        own: is_own(cx, actor),
        functions: posts::functions(cx, actor).await?,
        login: account.login,
        display: account.display,
    })
}

/// Changes an account.
///
/// # Errors
/// As [`sheet`], but that an account which is not there is said inside; a conflict when others change it again and again.
pub async fn change(cx: &Cx, actor: Actor, change: Change<'_>) -> Taken<()> {
    answers(cx)?;
    if is_own(cx, actor) {
        return Ok(Err(Unfit::Own));
    }
    // Closing gives nobody anything: whoever answers for accounts closes any.
    if !matches!(change, Change::Close)
        && let Err(unfit) = Giver::of(cx).await?.gives_all(cx, posts::held_by(cx, actor).await?.iter())
    {
        return Ok(Err(unfit));
    }
    for _ in 0..TRIES {
        let Some(account) = cx.app().store().account(cx.app().tenant(), actor).await? else {
            return Ok(Err(Unfit::Unknown));
        };
        let wanted = match wanted(cx, &account, change).await? {
            Ok(wanted) if wanted == account => return Ok(Ok(())),
            Ok(wanted) => wanted,
            Err(unfit) => return Ok(Err(unfit)),
        };
        let until = match change {
            Change::Open(Some(until)) | Change::Bound(Some(until)) => format!(", jusqu’au {until}"),
            _ => String::new(),
        };
        let call = cx.because(&format!("compte {}{until}", account.login)).call(change.verb());
        match cx.app().store().change_accounts(&call, vec![(account, wanted)], None).await {
            Err(store::Error::Conflict(_)) => {}
            done => {
                cx.app().forget_people();
                return Ok(Ok(done?));
            }
        }
    }
    Err(store::Error::Conflict(Conflict::Overtaken).into())
}

/// Gives a program another secret, in place of one that is lost or known to others: it is shown once. What it has of tokens is
/// good until they end.
///
/// # Errors
/// As [`change`].
pub async fn change_secret(cx: &Cx, actor: Actor) -> Taken<String> {
    let secret = random_text()?;
    let app = cx.app();
    let Some(account) = app.store().account(app.tenant(), actor).await? else { return Ok(Err(Unfit::Unknown)) };
    if account.kind != AccountKind::Client {
        return Ok(Err(Unfit::Unknown));
    }
    if !account.is_open(cx.now()) {
        return Ok(Err(Unfit::Closed));
    }
    let call = cx.because(&format!("compte {}", account.login)).call("account-reset");
    let wanted = Account { password: password::hash(&secret).await?, ..account.clone() };
    app.store().change_accounts(&call, vec![(account, wanted)], None).await?;
    Ok(Ok(secret))
}

/// The number of an account, by what its holder, or the program, signs in with.
///
/// # Errors
/// The store's.
pub async fn find(app: &App, login: &str) -> Result<Option<Actor>> {
    Ok(called(app, login).await?.map(|account| Actor::new(account.actor)))
}

/// The account of somebody, or of a program, by what they sign in with.
pub(crate) async fn called(app: &App, login: &str) -> Result<Option<Account>> {
    let person = app.store().find_account(app.tenant(), AccountKind::Person, login).await?;
    match person {
        Some(_) => Ok(person),
        None => Ok(app.store().find_account(app.tenant(), AccountKind::Client, login).await?),
    }
}

async fn wanted(cx: &Cx, account: &Account, change: Change<'_>) -> Taken<Account> {
    let (open, same) = (account.is_open(cx.now()), account.clone());
    Ok(match change {
        Change::Close if !open => Ok(same),
        Change::Close => Ok(Account { ends: Some(cx.now()), ..same }),
        Change::Reopen if open => Ok(same),
        Change::Reopen => Ok(Account { ends: None, ..same }),
        Change::Bound(_) if !open => Err(Unfit::Closed),
        Change::Open(until) | Change::Bound(until) => match until.and_then(end_of) {
            Some(ends) if ends <= cx.now() => Err(Unfit::Past),
            ends => Ok(Account { ends, ..same }),
        },
        Change::Rename(name) => match named(name) {
            Some(name) => Ok(Account { display: name.to_owned(), ..same }),
            None => Err(Unfit::Nameless),
        },
        Change::Password(_) if account.kind != AccountKind::Person => Err(Unfit::Unknown),
        Change::Password(_) if !open => Err(Unfit::Closed),
        Change::Password(secret) => match judged(cx.app(), secret, &account.login, &account.display).await {
            Ok(()) => Ok(Account { password: password::hash(secret).await?, chosen: None, ..same }),
            Err(weak) => Err(Unfit::Weak(weak)),
        },
    })
}

/// Whoever answers for accounts; for others there are none.
pub(super) fn answers(cx: &Cx) -> Result<()> {
    if cx.clearance().sees_estate() { Ok(()) } else { Err(store::Error::Absent.into()) }
}

/// Nobody decides of the account that they are using.
pub(super) fn is_own(cx: &Cx, actor: Actor) -> bool {
    cx.clearance().actor() == actor
}
