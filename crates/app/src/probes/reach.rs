//! What accounts reach: tried with the strongest session there is, through the kernel, account by account; and the numbers of
//! professionals, looked up on their own resource.

use super::{keep, last, operator};
use crate::app::App;
use crate::cx::{Cx, Origin};
use crate::error::{Error, Result};
use crate::records;
use confidentiality::{Level, Persona, Session, Strength};
use domain::governance::measures::{Found, Named, Numbered, Numbers};
use domain::governance::rpps::rpps;
use fhir::ResourceType;
use fhir::json::Value;
use std::collections::BTreeMap;
use store::Account;

pub(super) const LEVEL4: &str = "level4";
pub(super) const NUMBERS: &str = "numbers";
/// Functions whose holders have a number in the national directory.
const NUMBERED: [&str; 6] = ["ide", "idec", "medco", "medext", "psy", "reeduc"];

/// Functions of each account, by its posts in force.
async fn functions(app: &App) -> Result<BTreeMap<i64, Vec<String>>> {
    let mut functions: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    for post in app.store().all_posts(app.tenant()).await? {
        if post.starts <= app.now() && app.now() < post.ends {
            functions.entry(post.actor.value()).or_default().push(post.persona);
        }
    }
    Ok(functions)
}

/// Looks, and keeps what was found.
pub(super) async fn look(app: &App) -> Result<()> {
    let (cx, functions) = (operator(app), functions(app).await?);
    let mut people = app.store().people_accounts(app.tenant()).await?;
    people.retain(|account| account.is_open(cx.now()) && functions.contains_key(&account.actor));
    let (mut level4, mut numbers) = (Vec::new(), Vec::new());
    for account in &people {
        let own = functions.get(&account.actor).map_or(&[] as &[String], Vec::as_slice);
        let fine = own.iter().any(|code| is_listed(app, code)) || !opens_level4(app, account).await?;
        level4.push(Named { name: account.login.clone(), fine });
        if own.iter().any(|code| NUMBERED.contains(&code.rsplit(':').next().unwrap_or_default())) {
            numbers.push(numbered(&cx, account).await?);
        }
    }
    let known = last::<Numbers>(app, NUMBERS).await?.map_or(0, |(version, _)| version);
    keep(&cx, NUMBERS, known, &Numbers { at: cx.now(), all: numbers }).await?;
    // Last: when it was looked at stands for both.
    let known = last::<Found>(app, LEVEL4).await?.map_or(0, |(version, _)| version);
    keep(&cx, LEVEL4, known, &Found { at: cx.now(), all: level4 }).await
}

/// The matrix clears this function for something of level 4.
fn is_listed(app: &App, code: &str) -> bool {
    let clears = |persona: &Persona| {
        persona.blocks().iter().any(|block| block.cap == Level::VerySensitive && !block.level4.is_empty())
    };
    app.matrix().persona(&code.into()).is_some_and(|(persona, _)| clears(persona))
}

/// What the kernel clears this account for, had its holder just signed in with a passkey and confirmed it.
async fn opens_level4(app: &App, account: &Account) -> Result<bool> {
    let session = Session { strength: Strength::Passkey, age_s: 0, step_up_age_s: Some(0), ..Session::none() };
    let cx = Cx::person(app, account, session, Origin::default()).await?;
    // What is open for an emergency was agreed to for half an hour, and is looked at.
    let opens = |scope: &confidentiality::Scope| {
        scope.cap == Level::VerySensitive && !scope.break_glass && !scope.level4().is_empty()
    };
    Ok(cx.clearance().scopes().iter().any(opens))
}

/// How somebody is called, and the RPPS number of their Practitioner, when its key is right.
async fn numbered(cx: &Cx, account: &Account) -> Result<Numbered> {
    let shown = account.display.split(',').next().unwrap_or_default().to_owned();
    let mut told = Numbered { login: account.login.clone(), names: vec![shown], number: None };
    let Some(id) = &account.practitioner else { return Ok(told) };
    match records::read(cx, ResourceType::PRACTITIONER, id).await {
        Ok(found) => {
            let practitioner = found.resource.value();
            told.names.extend(names(&practitioner));
            told.number = numbers(&practitioner).iter().find_map(|number| rpps(number)).map(str::to_owned);
            Ok(told)
        }
        Err(Error::Store(store::Error::Absent | store::Error::Gone(_))) => Ok(told),
        Err(error) => Err(error),
    }
}

/// Names of a Practitioner, each as one text.
fn names(practitioner: &Value) -> Vec<String> {
    let all = practitioner.get("name").and_then(Value::as_array).into_iter().flatten();
    let one = |name: &Value| {
        let given = name.get("given").and_then(Value::as_array).into_iter().flatten();
        let parts = [name.get("family"), name.get("text")].into_iter().flatten().chain(given);
        parts.filter_map(Value::as_str).collect::<Vec<_>>().join(" ")
    };
    all.map(one).collect()
}

/// Values of its identifiers in the national system, or said to be RPPS numbers.
fn numbers(practitioner: &Value) -> Vec<String> {
    const SYSTEMS: [&str; 2] = ["https://rpps.esante.gouv.fr", "urn:oid:1.2.250.1.71.4.2.1"];
    let all = practitioner.get("identifier").and_then(Value::as_array);
    let own = all
        .into_iter()
        .flatten()
        .filter(|one| one.get("system").and_then(Value::as_str).is_some_and(|system| SYSTEMS.contains(&system)));
    own.filter_map(|one| Some(one.get("value")?.as_str()?.to_owned())).collect()
}

/// Accounts by whether what they reach is within what is listed: functions of the matrix, and programs bound to a place or a level.
pub(crate) async fn reaches(app: &App) -> Result<Vec<Named>> {
    let functions = functions(app).await?;
    let known = |code: &String| app.matrix().persona(&code.as_str().into()).is_some();
    let fine = |account: &Account| functions.get(&account.actor).is_none_or(|own| own.iter().all(known));
    let people = app.store().people_accounts(app.tenant()).await?;
    let programs = app.store().programs(app.tenant()).await?;
    let bound = |account: &Account| account.place.is_some() || account.max_level < Level::Sensitive.code();
    let open = |account: &&Account| account.is_open(app.now());
    let name = |account: &Account, fine| Named { name: account.login.clone(), fine };
    let mut all: Vec<Named> = people.iter().filter(open).map(|one| name(one, fine(one))).collect();
    all.extend(programs.iter().filter(open).map(|one| name(one, bound(one))));
    Ok(all)
}
