//! Why somebody may, or may not, read the items of one person: the decision of the kernel on each, with its rules, asked on the
//! machine itself by whoever operates it. Labels are told, never what an item says.

use crate::accounts::rights;
use crate::app::App;
use crate::cx::{Cx, Origin};
use crate::error::Result;
use crate::grounds::Grounds;
use crate::{hiring, workstations};
use confidentiality::{
    Actor, Clearance, Decision, Facts, Item, Level, Person, Purpose, Session, Strength, Verdict, Workstation, why_about,
};
use fhir::ResourceType;
use serde::{Deserialize, Serialize};
use store::{Account, AccountKind, ActorFacts, TimelineFilter, Version};

/// Items read, and told of in one entry of the journal, at a time.
const PAGE: u32 = 1_000;
/// What the journal calls it.
const VERB: &str = "policy-explain";

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Login of somebody, or id of a program.
    pub actor: String,
    /// Id of the Patient.
    pub person: String,
    /// One item only: `Type/id`.
    pub item: Option<String>,
    /// An enrolled machine by its name, or the state of one; none: one that nobody has enrolled.
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
    /// The account could be entered with at that moment.
    pub open: bool,
    /// The state of the machine.
    pub device: Workstation,
    /// The highest level that such a session, or the program, reads at all; none: nothing.
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
    /// Nobody enters like this, or for this: a program has its secret and its purposes, people have theirs.
    Session,
}

/// Asks the kernel about every item of a person, or about one. `Err` inside: what is not known. The journal of the person says that
/// their labels were looked at, for whom and by whom.
///
/// # Errors
/// The store's.
pub async fn run(app: &App, request: &str, asked: &Question) -> Result<std::result::Result<Answer, Unknown>> {
    let Some(account) = hiring::called(app, &asked.actor).await? else { return Ok(Err(Unknown::Actor)) };
    let reason = Some(format!("droits de {}", account.login));
    let origin = Origin { request: request.to_owned(), reason, device: None };
    let cx = Cx::operator(app, None, Level::VerySensitive, Purpose::Api, origin);
    if !may_be(account.kind == AccountKind::Client, asked) {
        return Ok(Err(Unknown::Session));
    }
    let device = match machine(&cx, &account, asked.device.as_deref()).await? {
        Ok(state) => state,
        Err(names) => return Ok(Err(Unknown::Device(names))),
    };
    let at = asked.at.unwrap_or(app.now());
    let clearance = clearance(&cx, &account, device, asked, at).await?;
    let (person, found) = match items(&cx, &asked.person, asked.item.as_deref()).await? {
        Ok(found) => found,
        Err(unknown) => return Ok(Err(unknown)),
    };
    let mut grounds = why_about(&clearance.why(), person);
    Grounds::default().keep(app, (person, Actor::new(account.actor), at), &mut grounds).await?;
    Ok(Ok(Answer {
        actor: account.login.clone(),
        person: asked.person.clone(),
        at: fhir::date::instant(at),
        open: account.is_open(at),
        device,
        reach: clearance.highest().map(Level::code),
        items: found.iter().map(|(address, item)| explained(&clearance, address, item)).collect(),
        grounds,
    }))
}

/// Whether there are such sessions.
fn may_be(program: bool, asked: &Question) -> bool {
    let purposes = if program { &[Purpose::Care, Purpose::Api, Purpose::Export][..] } else { &[Purpose::Care] };
    let strength = asked.strength.is_none_or(|one| one == Strength::None || (one == Strength::Client) == program);
    strength && asked.purpose.is_none_or(|one| purposes.contains(&one))
}

/// The state of the machine that is asked about, as it is obeyed; `Err`: the names that there are. A program sits at none.
async fn machine(
    cx: &Cx,
    account: &Account,
    device: Option<&str>,
) -> Result<std::result::Result<Workstation, Vec<String>>> {
    let Some(device) = device else {
        let person = account.kind == AccountKind::Person;
        return Ok(Ok(if person { workstations::state(cx.app(), None).await?.1 } else { Workstation::Any }));
    };
    let machines = cx.app().store().machines(cx.app().tenant()).await?;
    if let Some(found) = machines.iter().find(|one| one.machine.name == device) {
        return Ok(Ok(found.machine.state));
    }
    let state = serde_json::from_value(device.into()).ok();
    Ok(state.ok_or_else(|| machines.into_iter().map(|one| one.machine.name).collect()))
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

/// An item by its address.
type Named = (String, Item);

/// The person, and the items that are asked about.
async fn items(
    cx: &Cx,
    patient: &str,
    only: Option<&str>,
) -> Result<std::result::Result<(Person, Vec<Named>), Unknown>> {
    let (store, call) = (cx.app().store(), cx.call(VERB));
    let Some(person) = store.person_of(&call, patient).await? else { return Ok(Err(Unknown::Person)) };
    if let Some(only) = only {
        return Ok(one(cx, (patient, person), only).await?.map(|item| (person, vec![item])).ok_or(Unknown::Item));
    }
    let (mut all, mut page) = (Vec::new(), None);
    loop {
        let found = store.timeline(&call, patient, &TimelineFilter::default(), page, PAGE).await?;
        let Some(found) = store.disclose(&call, found).await? else { return Ok(Err(Unknown::Person)) };
        let itself = all.is_empty().then_some(found.patient);
        let versions: Vec<Version> = itself.into_iter().chain(found.items).collect();
        // Of what was read, nothing is kept but labels.
        all.extend(labels(cx, &versions).await?);
        page = found.next;
        if page.is_none() {
            return Ok(Ok((person, all)));
        }
    }
}

/// An item, if it is about this person: the Patient is read with it, so that the entry is in their journal too.
async fn one(cx: &Cx, (patient, person): (&str, Person), address: &str) -> Result<Option<Named>> {
    let Some((kind, id)) = fhir::refs::local(address).filter(|(kind, id)| format!("{kind}/{id}") == address) else {
        return Ok(None);
    };
    let (store, call) = (cx.app().store(), cx.call(VERB));
    let itself = store.read(&call, ResourceType::PATIENT, patient).await?;
    let found = store.read(&call, kind, &id).await?.zip(itself).map(|(found, _)| found);
    let Some(version) = store.disclose(&call, found).await?.filter(|version| !version.deleted) else { return Ok(None) };
    let item = labels(cx, std::slice::from_ref(&version)).await?.pop();
    Ok(item.filter(|(_, item)| item.person == person || item.also.contains(&person)))
}

async fn labels(cx: &Cx, versions: &[Version]) -> Result<Vec<Named>> {
    let rids: Vec<_> = versions.iter().map(|version| version.rid).collect();
    let mut others = cx.app().store().others(cx.app().tenant(), &rids).await?;
    let named = versions.iter().map(|version| {
        let address = format!("{}/{}", version.resource.kind(), version.resource.id().unwrap_or_default());
        (address, item(version, others.remove(&version.rid).unwrap_or_default()))
    });
    Ok(named.collect())
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

fn explained(clearance: &Clearance, address: &str, item: &Item) -> Explained {
    let Verdict { decision, rules } = confidentiality::decide(clearance, item);
    Explained {
        item: address.to_owned(),
        level: item.level.code(),
        categories: item.categories.iter().map(|category| category.code()).collect(),
        decision: decision.code(),
        obligations: match &decision {
            Decision::Permit { obligations } => obligations.iter().map(|one| one.code()).collect(),
            Decision::Placeholder { .. } | Decision::Hidden => Vec::new(),
        },
        rules,
    }
}
