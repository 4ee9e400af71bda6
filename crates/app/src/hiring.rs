//! Accounts as the operator of the machine gives them: who arrives, who leaves, whose password is lost, which program comes in.

use crate::accounts::{LONGEST_LOGIN, TRIES, random_text};
use crate::app::App;
use crate::cx::{Cx, Origin};
use crate::error::Result;
use crate::{password, protection};
use confidentiality::{Actor, ClientScope, Level, PersonaCode, Place, Purpose};
use domain::governance::passwords::{self, Weak};
use domain::local_time;
use jiff::civil::Date;
use serde::Serialize;
use std::collections::BTreeMap;
use store::{Account, AccountKind, Conflict, FOREVER, Post};

/// Whoever has one follows one person, not a place: their account comes with that person.
const OF_ONE_PERSON: [&str; 2] = ["usager", "rep"];

/// Somebody who arrives.
#[derive(Debug, Clone)]
pub struct Newcomer<'a> {
    /// What they type to sign in.
    pub login: &'a str,
    /// Name and function, as screens show them.
    pub display: &'a str,
    /// Code of their persona in the matrix.
    pub role: &'a str,
    /// Where they work.
    pub place: Place,
    /// Names of the units whose persons they accompany.
    pub units: &'a [String],
    /// They accompany everybody of the place.
    pub everybody: bool,
    /// Their last day.
    pub until: Option<Date>,
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

/// Why somebody is not taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfit {
    /// Nothing to sign in with, or to be called by.
    Nameless,
    /// The login belongs to somebody else.
    Taken,
    /// No such login.
    Unknown,
    /// The account is closed.
    Closed,
    /// No such persona; code and words of those that there are.
    Role(Vec<(String, String)>),
    /// The account of one person, or of their representative, is not given here.
    OfOnePerson,
    /// No such unit at this place; those that there are.
    Unit(Vec<String>),
    /// The last day is over already.
    Past,
    /// The password is too weak.
    Weak(Weak),
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
    /// Its holder has chosen the password.
    pub chosen: bool,
    /// Persona codes of the posts in force.
    pub roles: Vec<String>,
}

type Taken<T> = Result<std::result::Result<T, Unfit>>;

/// The operator, who answers for the machine: the log says of whose account.
fn operator(app: &App, request: &str, whose: &str) -> Cx {
    let origin = Origin { request: request.to_owned(), reason: Some(format!("compte {whose}")), device: None };
    Cx::operator(app, None, Level::VerySensitive, Purpose::Api, origin)
}

/// Opens an account, with a post in each unit. Its password is given, not chosen: a measure counts those.
///
/// # Errors
/// The store's.
pub async fn add(app: &App, request: &str, new: &Newcomer<'_>, secret: &str) -> Taken<()> {
    let (Some(login), Some(display)) = (called(new.login), called(new.display)) else {
        return Ok(Err(Unfit::Nameless));
    };
    if let Err(unfit) = known(app, new.role) {
        return Ok(Err(unfit));
    }
    let ends = new.until.map(day_after);
    if ends.is_some_and(|ends| ends <= app.now()) {
        return Ok(Err(Unfit::Past));
    }
    if let Err(weak) = judged(app, secret, login, display).await {
        return Ok(Err(Unfit::Weak(weak)));
    }
    let units = match units(app, new).await? {
        Ok(units) => units,
        Err(unfit) => return Ok(Err(unfit)),
    };
    let (actor, place) = (Actor::new(0), new.place);
    let post = |unit| Post {
        actor,
        place,
        unit,
        persona: new.role.to_owned(),
        starts: app.now(),
        ends: ends.unwrap_or(FOREVER),
    };
    let account = Account {
        actor: actor.value(),
        kind: AccountKind::Person,
        login: login.to_owned(),
        display: display.to_owned(),
        password: password::hash(secret).await?,
        place: None,
        max_level: Level::Open.code(),
        write: false,
        chosen_ids: false,
        practitioner: new.practitioner.map(str::to_owned),
        ends,
        chosen: None,
    };
    hire(app, request, account, units.into_iter().map(post).collect()).await
}

/// Lets a program in; its secret, which is shown once.
///
/// # Errors
/// The store's.
pub async fn add_program(app: &App, request: &str, new: &Program<'_>) -> Taken<String> {
    let (Some(id), Some(display)) = (called(new.id), called(new.display)) else { return Ok(Err(Unfit::Nameless)) };
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
    Ok(hire(app, request, account, Vec::new()).await?.map(|()| secret))
}

/// The account of somebody, or of a program, by what they sign in with.
pub(crate) async fn find(app: &App, login: &str) -> Result<Option<Account>> {
    let person = app.store().find_account(app.tenant(), AccountKind::Person, login).await?;
    match person {
        Some(_) => Ok(person),
        None => Ok(app.store().find_account(app.tenant(), AccountKind::Client, login).await?),
    }
}

/// What the log says of an account that is opened.
fn whose(account: &Account, posts: &[Post]) -> String {
    let rights = match (account.kind, posts.first()) {
        (AccountKind::Client, _) if account.write => format!("logiciel, niveau {}, écrit", account.max_level),
        (AccountKind::Client, _) => format!("logiciel, niveau {}", account.max_level),
        (AccountKind::Person, post) => post.map(|post| post.persona.clone()).unwrap_or_default(),
    };
    format!("{}, {rights}", account.login)
}

async fn hire(app: &App, request: &str, account: Account, posts: Vec<Post>) -> Taken<()> {
    // Of two accounts of one name, a person's and a program's, only one could be closed by it.
    if find(app, &account.login).await?.is_some() {
        return Ok(Err(Unfit::Taken));
    }
    match app.store().hire(&operator(app, request, &whose(&account, &posts)).call("account-add"), account, posts).await
    {
        Ok(_) => Ok(Ok(())),
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
    let mut roles: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    for post in store.all_posts(tenant).await?.into_iter().filter(|post| post.starts <= now && now < post.ends) {
        let own = roles.entry(post.actor.value()).or_default();
        if !own.contains(&post.persona) {
            own.push(post.persona);
        }
    }
    let all = store.people_accounts(tenant).await?.into_iter().chain(store.programs(tenant).await?);
    let mut all: Vec<Listed> = all
        .map(|account| Listed {
            program: account.kind == AccountKind::Client,
            open: account.is_open(now),
            ends: account.ends.map(fhir::date::instant),
            chosen: account.chosen.is_some(),
            roles: roles.remove(&account.actor).unwrap_or_default(),
            login: account.login,
            display: account.display,
        })
        .collect();
    all.sort_by(|one, other| (one.program, &one.login).cmp(&(other.program, &other.login)));
    Ok(all)
}

/// Closes an account now: whoever is in is out.
///
/// # Errors
/// The store's.
pub async fn close(app: &App, request: &str, login: &str) -> Taken<()> {
    let call = operator(app, request, login).call("account-close");
    for _ in 0..TRIES {
        let Some(account) = find(app, login).await? else { return Ok(Err(Unfit::Unknown)) };
        if !account.is_open(app.now()) {
            return Ok(Ok(()));
        }
        let closed = Account { ends: Some(app.now()), ..account.clone() };
        match app.store().change_accounts(&call, vec![(account, closed)], None).await {
            Err(store::Error::Conflict(_)) => {}
            done => return Ok(Ok(done?)),
        }
    }
    Err(store::Error::Conflict(Conflict::Overtaken).into())
}

/// Gives somebody another password, in place of one that is lost; whoever is in is out.
///
/// # Errors
/// The store's.
pub async fn reset(app: &App, request: &str, login: &str, secret: &str) -> Taken<()> {
    let call = operator(app, request, login).call("account-reset");
    for _ in 0..TRIES {
        let found = app.store().find_account(app.tenant(), AccountKind::Person, login).await?;
        let Some(account) = found else { return Ok(Err(Unfit::Unknown)) };
        if !account.is_open(app.now()) {
            return Ok(Err(Unfit::Closed));
        }
        if let Err(weak) = judged(app, secret, &account.login, &account.display).await {
            return Ok(Err(Unfit::Weak(weak)));
        }
        let changed = Account { password: password::hash(secret).await?, chosen: None, ..account.clone() };
        match app.store().change_accounts(&call, vec![(account, changed)], None).await {
            Err(store::Error::Conflict(_)) => {}
            done => return Ok(Ok(done?)),
        }
    }
    Err(store::Error::Conflict(Conflict::Overtaken).into())
}

async fn judged(app: &App, secret: &str, login: &str, display: &str) -> std::result::Result<(), Weak> {
    passwords::judge(secret, protection::obeyed(app).await.shortest, &[login, display])
}

/// What is typed to sign in, or a name, without the spaces around it; none when it is empty, or longer than what signing in takes.
fn called(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty() && text.len() <= LONGEST_LOGIN)
}

fn known(app: &App, role: &str) -> std::result::Result<(), Unfit> {
    if OF_ONE_PERSON.contains(&role.strip_prefix("interim:").unwrap_or(role)) {
        return Err(Unfit::OfOnePerson);
    }
    if app.matrix().persona(&PersonaCode::from(role)).is_some() {
        return Ok(());
    }
    let all = app.matrix().personas().filter(|persona| !OF_ONE_PERSON.contains(&persona.code()));
    Err(Unfit::Role(all.map(|persona| (persona.code().to_owned(), persona.french().to_owned())).collect()))
}

/// The numbers of the units; 0: the place, without the persons in it.
async fn units(app: &App, new: &Newcomer<'_>) -> Taken<Vec<i64>> {
    let here: Vec<_> =
        app.store().units(app.tenant()).await?.into_iter().filter(|unit| unit.place == new.place).collect();
    let mut found = Vec::new();
    for name in new.units {
        match here.iter().find(|unit| unit.name.to_lowercase() == name.to_lowercase()) {
            Some(unit) => found.push(unit.unit),
            None => return Ok(Err(Unfit::Unit(here.into_iter().map(|unit| unit.name).collect()))),
        }
    }
    if new.everybody {
        found.push(store::everybody(new.place));
    }
    if found.is_empty() {
        found.push(0);
    }
    Ok(Ok(found))
}

/// The first instant after a day.
fn day_after(day: Date) -> i64 {
    local_time::instant(day.tomorrow().unwrap_or(day).at(0, 0, 0, 0))
}
