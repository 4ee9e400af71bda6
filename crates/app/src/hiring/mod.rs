//! Accounts as they are given: who arrives, who leaves, who changes function, whose password is lost, which program comes in. By the
//! operator of the machine, or by whoever answers for accounts.

mod changes;
mod first;
mod giver;
mod posts;

pub(crate) use changes::called;
pub use changes::{Change, Sheet, change, change_secret, find, sheet};
pub use first::first_password;
pub(crate) use giver::decides_at;
pub use posts::{Held, NewPost, Spot, add_post, end_post, next_day, roles, spots, spots_named};

use crate::accounts::{LONGEST_LOGIN, random_text};
use crate::app::App;
use crate::cx::Cx;
use crate::error::Result;
use crate::{password, protection, records};
use confidentiality::{Actor, ClientScope, Level, Place};
use domain::governance::passwords::{self, Weak};
use domain::local_time;
use fhir::ResourceType;
use jiff::civil::Date;
use serde::Serialize;
use std::collections::BTreeMap;
use store::{Account, AccountKind, Post};

/// A last day from this year on says that there is none: programs of staff write 9999.
const NEVER: i16 = 2200;

/// Somebody who arrives.
#[derive(Debug, Clone, Copy)]
pub struct Newcomer<'a> {
    /// What they type to sign in.
    pub login: &'a str,
    /// Name and function, as screens show them.
    pub display: &'a str,
    /// Their function, and whom they accompany; the account ends with it.
    pub post: NewPost<'a>,
    /// Id of the Practitioner they write as.
    pub practitioner: Option<&'a str>,
}

/// A program that comes in.
#[derive(Debug, Clone, Copy)]
pub struct Program<'a> {
    /// Its client id.
    pub id: &'a str,
    /// What screens call it.
    pub display: &'a str,
    /// What it may do.
    pub scope: ClientScope,
}

/// Why somebody is not taken in, or an account not changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfit {
    /// Nothing to be called by, or too long.
    Nameless,
    /// A login is of 200 signs at most, without spaces nor signs that are not seen.
    Login,
    /// The login belongs to somebody else, or differs from somebody else's by capitals only.
    Taken,
    /// No such account.
    Unknown,
    /// The account is closed.
    Closed,
    /// No such persona; code and words of those that there are.
    Role(Vec<(String, String)>),
    /// The account of one person, or of their representative, is not given here.
    OfOnePerson,
    /// No such unit at this place; those that there are.
    Unit(Vec<String>),
    /// The last day is over already, or comes before the first.
    Past,
    /// The password is too weak.
    Weak(Weak),
    /// No such Practitioner.
    Practitioner,
    /// Nobody closes, bounds, nor gives functions to, the account that they are using.
    Own,
    /// They have this function already.
    Held,
    /// Somebody and nobody, at the same place.
    Contradictory,
    /// Whoever takes somebody's place does so until a day.
    Endless,
    /// This account opens what whoever gives it does not answer for: another place, or more than machines.
    Beyond,
}

/// An account, as it is listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// Login, or client id.
    pub login: String,
    /// What screens show.
    pub display: String,
    /// It is a program's.
    pub program: bool,
    /// It can be entered with now.
    pub open: bool,
    /// When it ends, or ended, in UTC.
    pub ends: Option<String>,
    /// Highest level that a program reads; none for people.
    pub max_level: Option<i64>,
    /// Where: names of the places of the posts in force; for a program, the only place it may see.
    pub places: Vec<String>,
    /// Its holder has chosen the password.
    pub chosen: bool,
    /// Persona codes of the posts in force.
    pub roles: Vec<String>,
}

type Taken<T> = Result<std::result::Result<T, Unfit>>;

/// Opens an account, with its posts. Its password is given, not chosen: a measure counts those.
///
/// # Errors
/// Absence for whoever does not answer for accounts; the store's.
pub async fn add(cx: &Cx, new: &Newcomer<'_>, secret: &str) -> Taken<Actor> {
    let Some(login) = typed(new.login) else { return Ok(Err(Unfit::Login)) };
    let Some(display) = named(new.display) else { return Ok(Err(Unfit::Nameless)) };
    let posts = match posts::of(cx, &new.post).await? {
        Ok(posts) => posts,
        Err(unfit) => return Ok(Err(unfit)),
    };
    if is_taken(cx.app(), login).await? {
        return Ok(Err(Unfit::Taken));
    }
    if let Some(id) = new.practitioner
        && !is_there(cx, id).await?
    {
        return Ok(Err(Unfit::Practitioner));
    }
    if let Err(weak) = judged(cx.app(), secret, login, display).await {
        return Ok(Err(Unfit::Weak(weak)));
    }
    let account = Account {
        actor: 0,
        kind: AccountKind::Person,
        login: login.to_owned(),
        display: display.to_owned(),
        password: password::hash(secret).await?,
        place: None,
        max_level: Level::Open.code(),
        write: false,
        chosen_ids: false,
        practitioner: new.practitioner.map(str::to_owned),
        ends: new.post.until.and_then(end_of),
        chosen: None,
    };
    hire(cx, account, posts).await
}

/// Lets a program in; its secret, which is shown once.
///
/// # Errors
/// As [`add`].
pub async fn add_program(cx: &Cx, new: &Program<'_>) -> Taken<String> {
    let Some(id) = typed(new.id) else { return Ok(Err(Unfit::Login)) };
    let Some(display) = named(new.display) else { return Ok(Err(Unfit::Nameless)) };
    if is_taken(cx.app(), id).await? {
        return Ok(Err(Unfit::Taken));
    }
    let secret = random_text()?;
    let account = Account {
        actor: 0,
        kind: AccountKind::Client,
        login: id.to_owned(),
        display: display.to_owned(),
        password: password::hash(&secret).await?,
        place: new.scope.place.map(Place::value),
        max_level: new.scope.cap.code(),
        write: new.scope.write,
        chosen_ids: new.scope.chosen_ids,
        practitioner: None,
        ends: None,
        chosen: None,
    };
    Ok(hire(cx, account, Vec::new()).await?.map(|_| secret))
}

/// What the log says of an account that is opened.
fn whose(account: &Account, posts: &[Post]) -> String {
    let rights = match account.kind {
        AccountKind::Client if account.write => format!("logiciel, niveau {}, écrit", account.max_level),
        AccountKind::Client => format!("logiciel, niveau {}", account.max_level),
        AccountKind::Person => posts::said(posts),
    };
    format!("compte {}, {rights}", account.login)
}

async fn hire(cx: &Cx, account: Account, posts: Vec<Post>) -> Taken<Actor> {
    let call = cx.because(&whose(&account, &posts)).call("account-add");
    match cx.app().store().hire(&call, account, posts).await {
        Ok(actor) => {
            cx.app().forget_people();
            Ok(Ok(actor))
        }
        Err(store::Error::Conflict(_)) => Ok(Err(Unfit::Taken)),
        Err(error) => Err(error.into()),
    }
}

/// Every account, people first, by login.
///
/// # Errors
/// The store's.
pub async fn list(app: &App) -> Result<Vec<Listed>> {
    let (store, tenant, now) = (app.store(), app.tenant(), app.now());
    let (places, mut posts) = (app.places(), BTreeMap::<i64, (Vec<String>, Vec<String>)>::new());
    let name = |number: Place| places.iter().find(|row| row.place == number).map(|row| row.name.clone());
    for post in store.all_posts(tenant).await?.into_iter().filter(|post| post.starts <= now && now < post.ends) {
        let (roles, spots) = posts.entry(post.actor.value()).or_default();
        let add = |to: &mut Vec<String>, one: String| {
            if to.contains(&one) {
            } else {
                to.push(one)
            }
        };
        add(roles, post.persona);
        name(post.place).into_iter().for_each(|one| add(spots, one));
    }
    let all = store.people_accounts(tenant).await?.into_iter().chain(store.programs(tenant).await?);
    let mut all: Vec<Listed> = all
        .map(|account| {
            let program = account.kind == AccountKind::Client;
            let (roles, spots) = posts.remove(&account.actor).unwrap_or_default();
            Listed {
                program,
                open: account.is_open(now),
                ends: account.ends.map(fhir::date::instant),
                max_level: program.then_some(account.max_level),
                places: account.place.map_or(spots, |place| name(Place::new(place)).into_iter().collect()),
                chosen: account.chosen.is_some(),
                roles,
                login: account.login,
                display: account.display,
            }
        })
        .collect();
    all.sort_by(|one, other| (one.program, &one.login).cmp(&(other.program, &other.login)));
    Ok(all)
}

async fn judged(app: &App, secret: &str, login: &str, display: &str) -> std::result::Result<(), Weak> {
    passwords::judge(secret, protection::obeyed(app).await.shortest, &[login, display])
}

/// A name, without the spaces around it; none when it is empty, or longer than a name is.
pub(crate) fn named(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty() && text.len() <= LONGEST_LOGIN && !text.contains(char::is_control))
}

/// What is typed to sign in: the same on every keyboard.
fn typed(text: &str) -> Option<&str> {
    named(text).filter(|text| text.chars().all(|sign| sign.is_alphanumeric() || "._@-+:".contains(sign)))
}

/// Somebody, or a program, signs in with this, or with this in other capitals: of two accounts of one name, only one could be told.
async fn is_taken(app: &App, login: &str) -> Result<bool> {
    let people = app.store().people_accounts(app.tenant()).await?;
    let mut all = people.into_iter().chain(app.store().programs(app.tenant()).await?);
    let wanted = login.to_lowercase();
    Ok(all.any(|account| account.login.to_lowercase() == wanted))
}

async fn is_there(cx: &Cx, practitioner: &str) -> Result<bool> {
    let kind = ResourceType::parse("Practitioner").filter(|_| fhir::is_id(practitioner));
    let Some(kind) = kind else { return Ok(false) };
    match records::read(cx, kind, practitioner).await {
        Ok(_) => Ok(true),
        Err(crate::error::Error::Store(store::Error::Absent | store::Error::Gone(_))) => Ok(false),
        Err(error) => Err(error),
    }
}

/// The instant at which a last day is over; none when there is no end.
pub(crate) fn end_of(day: Date) -> Option<i64> {
    (day.year() < NEVER).then(|| local_time::instant(day.tomorrow().unwrap_or(day).at(0, 0, 0, 0)))
}
