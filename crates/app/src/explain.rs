//! Why somebody may, or may not, read the items of one person: the decision of the kernel on each, with its rules, asked on the
//! machine itself by whoever operates it. Labels are told, never what an item says.

use crate::accounts::rights;
use crate::app::App;
use crate::cx::{Cx, Origin};
use crate::error::Result;
use crate::grounds::Grounds;
use crate::workstations;
use confidentiality::{
    Actor, Clearance, Decision, Facts, Item, Level, Person, Purpose, Session, Strength, Verdict, Workstation, why_about,
};
use serde::{Deserialize, Serialize};
use store::{Account, AccountKind, ActorFacts, TimelineFilter, Version};

/// Items read, and told of in one entry of the journal, at a time.
const PAGE: u32 = 1_000;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Login of somebody, or id of a program.
    pub actor: String,
    /// Id of the Patient.
    pub person: String,
    /// One item only: `Type/id`.
    pub item: Option<String>,
    /// An enrolled machine by its name, or the state of one; none: no machine is asked about.
    pub device: Option<String>,
    /// How they would have signed in; none: with a password, a program with its secret.
    pub strength: Option<Strength>,
    /// At what moment (UTC microseconds): posts, relations and maskings are those of then, items and their labels those of now.
    pub at: Option<i64>,
    /// What for; none: care, a program's own.
    pub purpose: Option<Purpose>,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// Who was asked about.
    pub actor: String,
    /// Whose record.
    pub person: String,
    /// The moment, in UTC.
    pub at: String,
    /// The highest level that such a session reaches; none: no session.
    pub reach: Option<i64>,
    /// By what rights the actor knows this person: `assignment:ide@3`.
    pub grounds: Vec<String>,
    /// Item by item, the Patient first, then the newest first.
    pub items: Vec<Explained>,
}

/// What becomes of one item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explained {
    /// `Type/id`.
    pub item: String,
    /// Its level.
    pub level: i64,
    /// Codes of its categories, in the order of the taxonomy.
    pub categories: Vec<&'static str>,
    /// `permit`, `placeholder` (counted among what is not shown) or `hidden`.
    pub decision: &'static str,
    /// What the reader owes.
    pub obligations: Vec<&'static str>,
    /// The rules that decided, in order.
    pub rules: Vec<&'static str>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unknown {
    /// Nobody and no program has this login.
    Actor,
    /// Nobody here has this id.
    Person,
    /// No such item is about this person.
    Item,
    /// No such machine is enrolled; those that are.
    Device(Vec<String>),
}

/// Asks the kernel about every item of a person, or about one. `Err` inside: what is not known. The journal of the person says that
/// their labels were looked at, for whom and by whom.
///
/// # Errors
/// The store's.
pub async fn run(app: &App, request: &str, asked: &Question) -> Result<std::result::Result<Answer, Unknown>> {
    let Some(account) = account(app, &asked.actor).await? else { return Ok(Err(Unknown::Actor)) };
    let reason = Some(format!("droits de {}", account.login));
    let origin = Origin { request: request.to_owned(), reason, device: None };
    let cx = Cx::operator(app, None, Level::VerySensitive, Purpose::Api, origin);
    let workstation = match machine(&cx, asked.device.as_deref()).await? {
        Ok(state) => state,
        Err(names) => return Ok(Err(Unknown::Device(names))),
    };
    let at = asked.at.unwrap_or(app.now());
    let clearance = clearance(&cx, &account, workstation, asked, at).await?;
    let versions = match versions(&cx, &asked.person, asked.item.as_deref()).await? {
        Ok(versions) => versions,
        Err(unknown) => return Ok(Err(unknown)),
    };
    let rids: Vec<_> = versions.iter().map(|version| version.rid).collect();
    let mut others = app.store().others(app.tenant(), &rids).await?;
    let person = versions.first().map(|version| version.person).unwrap_or_default();
    let mut grounds = why_about(&clearance.why(), person);
    Grounds::default().keep(app, (person, Actor::new(account.actor), at), &mut grounds).await?;
    let items = versions.iter().map(|version| {
        let also = others.remove(&version.rid).unwrap_or_default();
        explained(&clearance, version, &item(version, also))
    });
    Ok(Ok(Answer {
        actor: account.login.clone(),
        person: asked.person.clone(),
        at: fhir::date::instant(at),
        reach: clearance.reach().map(Level::code),
        items: items.collect(),
        grounds,
    }))
}

async fn account(app: &App, login: &str) -> Result<Option<Account>> {
    for kind in [AccountKind::Person, AccountKind::Client] {
        if let Some(account) = app.store().find_account(app.tenant(), kind, login).await? {
            return Ok(Some(account));
        }
    }
    Ok(None)
}

/// The state of the machine that is asked about; `Err`: the names that there are.
async fn machine(cx: &Cx, device: Option<&str>) -> Result<std::result::Result<Workstation, Vec<String>>> {
    let Some(device) = device else { return Ok(Ok(Workstation::Any)) };
    if let Ok(state) = serde_json::from_value(device.into()) {
        return Ok(Ok(state));
    }
    let (machines, _) = workstations::list(cx).await?;
    let found = machines.iter().find(|machine| machine.name == device).map(|machine| machine.state);
    Ok(found.ok_or_else(|| machines.into_iter().map(|machine| machine.name).collect()))
}

/// What the actor would be cleared for at that moment, had they just signed in like this. An account that was closed opens nothing.
async fn clearance(
    cx: &Cx,
    account: &Account,
    workstation: Workstation,
    asked: &Question,
    at: i64,
) -> Result<Clearance> {
    let (app, actor) = (cx.app(), Actor::new(account.actor));
    let ActorFacts { relations, maskings, profiles } = app.store().actor_facts(app.tenant(), actor, at).await?;
    let program = account.kind == AccountKind::Client;
    let usual = if program { Strength::Client } else { Strength::Password };
    let strength = if account.is_open(at) { asked.strength.unwrap_or(usual) } else { Strength::None };
    let facts = Facts {
        actor,
        relations,
        maskings,
        session: Session { strength, workstation, ..Session::none() },
        purpose: asked.purpose.unwrap_or(if program { Purpose::Api } else { Purpose::Care }),
        place_profiles: profiles,
        client: program.then(|| rights(account)),
    };
    Ok(confidentiality::clearance(app.matrix(), &facts))
}

/// The items that are asked about.
async fn versions(cx: &Cx, patient: &str, only: Option<&str>) -> Result<std::result::Result<Vec<Version>, Unknown>> {
    let (store, call) = (cx.app().store(), cx.call("policy-explain"));
    let Some(person) = store.person_of(&call, patient).await? else { return Ok(Err(Unknown::Person)) };
    if let Some(only) = only {
        let found = one(cx, person, only).await?;
        return Ok(found.map(|version| vec![version]).ok_or(Unknown::Item));
    }
    let (mut all, mut page) = (Vec::new(), None);
    loop {
        let found = store.timeline(&call, patient, &TimelineFilter::default(), page, PAGE).await?;
        let Some(found) = store.disclose(&call, found).await? else { return Ok(Err(Unknown::Person)) };
        if all.is_empty() {
            all.push(found.patient);
        }
        all.extend(found.items);
        page = found.next;
        if page.is_none() {
            return Ok(Ok(all));
        }
    }
}

/// An item by its address, if it is about this person.
async fn one(cx: &Cx, person: Person, address: &str) -> Result<Option<Version>> {
    let Some((kind, id)) = fhir::refs::local(address) else { return Ok(None) };
    let (store, call) = (cx.app().store(), cx.call("policy-explain"));
    let found = store.read(&call, kind, &id).await?.map(|found| found.filter(|version| !version.deleted));
    let Some(version) = store.disclose(&call, found).await? else { return Ok(None) };
    let others = store.others(cx.app().tenant(), &[version.rid]).await?;
    let about = version.person == person || others.values().flatten().any(|other| *other == person);
    Ok(about.then_some(version))
}

/// What the kernel is told of a version.
pub(crate) fn item(version: &Version, also: Vec<Person>) -> Item {
    Item {
        rid: version.rid,
        person: version.person,
        also,
        place: version.place,
        level: version.level,
        categories: version.categories,
        family: version.family,
        author: version.author,
        mask: version.mask,
    }
}

fn explained(clearance: &Clearance, version: &Version, item: &Item) -> Explained {
    let Verdict { decision, rules } = confidentiality::decide(clearance, item);
    let resource = &version.resource;
    Explained {
        item: format!("{}/{}", resource.kind(), resource.id().unwrap_or_default()),
        level: version.level.code(),
        categories: version.categories.iter().map(|category| category.code()).collect(),
        decision: decision.code(),
        obligations: match &decision {
            Decision::Permit { obligations } => obligations.iter().map(|one| one.code()).collect(),
            Decision::Placeholder { .. } | Decision::Hidden => Vec::new(),
        },
        rules,
    }
}
