//! Laying a demo: staff, units, planning, then each place's people and what each author wrote about them.

use super::{PASSWORD, days, operator};
use crate::accounts::{self, NewAccount};
use crate::app::App;
use crate::assets::{self, File};
use crate::cx::{Cx, Origin};
use crate::error::{Error, Result};
use crate::records;
use confidentiality::{Actor, Categories, ClientScope, Level, Person, Place, Purpose, RelationKind, Session, Strength};
use domain::demo::{self, Account, Dossier, Edition};
use fhir::{Resource, ResourceType};
use jiff::civil::Date;
use serde_json::Value;
use std::collections::BTreeMap;
use store::{AccountKind, Change, FOREVER, NewRelation, Post, Shift, ShiftKind};
use tokio::task::JoinSet;

/// Actors of the demo's accounts begin here.
const FIRST_ACTOR: i64 = 100;
/// Persons written together.
const TOGETHER: usize = 8;
/// Resources of one transaction.
const BATCH: usize = 500;

/// Which part of each record is written.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part {
    /// All of it.
    Whole,
    /// What was written after this moment.
    After(i64),
}

/// Numbers of the units, by place and index there.
pub(super) type Units = BTreeMap<(usize, usize), i64>;

/// Staff first, then, each place beside the others, its people and what each author has written about them. The
/// organisation comes last.
pub(super) async fn lay(app: &App, edition: Edition, small: bool) -> Result<usize> {
    let units = units(app).await?;
    for (index, account) in demo::accounts().iter().enumerate() {
        hire(app, account, actor(index), &units).await?;
    }
    plan(app, edition.at, &units).await?;
    let written = write_places(app, edition, small, Part::Whole).await?;
    let operator = operator(app);
    relate(app, &operator, edition).await?;
    equip(&operator, edition).await?;
    let practitioners = demo::accounts().iter().filter(|account| account.of.is_none()).map(demo::practitioner);
    let mut structure: Vec<Value> = practitioners.chain(demo::structure()).collect();
    structure.iter_mut().for_each(|value| days::sign(value, edition, small));
    let changes = structure.into_iter().map(|value| change(&operator, value, None)).collect::<Result<Vec<_>>>()?;
    Ok(written + records::write(&operator, "demo", changes).await?.len())
}

/// The machines, out of the files that other programs would have made: read as any import is.
async fn equip(operator: &Cx, edition: Edition) -> Result<()> {
    let file = |(name, text): demo::EstateFile| File::new(name.to_owned(), text.into_bytes());
    let outcome = assets::import(operator, demo::estate(edition).into_iter().map(file).collect()).await?;
    if outcome.is_clean() { Ok(()) } else { Err(Error::Bug("a file of the demo's estate is refused".into())) }
}

/// Each place beside the others.
pub(super) async fn write_places(app: &App, edition: Edition, small: bool, part: Part) -> Result<usize> {
    let units = units(app).await?;
    let mut places = JoinSet::new();
    for index in 0..demo::PLACES.len() {
        let (app, units) = (app.clone(), units.clone());
        places.spawn(async move { settle(&app, index, edition, small, part, &units).await });
    }
    let mut written = 0;
    while let Some(settled) = places.join_next().await {
        written += settled.map_err(|_| Error::Bug("the demo was interrupted".into()))??;
    }
    Ok(written)
}

/// The units of every place.
pub(super) async fn units(app: &App) -> Result<Units> {
    let mut units = Units::new();
    for (index, described) in demo::PLACES.iter().enumerate() {
        for (rank, unit) in described.units.iter().enumerate() {
            let number = app.store().ensure_unit(app.tenant(), place(app, index), unit.name).await?;
            units.insert((index, rank), number);
        }
    }
    Ok(units)
}

/// The planning around a day; what is there already stays.
pub(super) async fn plan(app: &App, at: Date, units: &Units) -> Result<()> {
    let shifts = demo::planning(at).into_iter().filter_map(|planned| {
        let index = demo::accounts().iter().position(|account| account.login == planned.login)?;
        let whole = store::everybody(place(app, planned.place));
        let unit = planned.unit.map_or(Some(whole), |unit| units.get(&(planned.place, unit)).copied())?;
        let (starts, ends) = (planned.starts, planned.ends);
        Some(Shift { actor: actor(index), unit, starts, ends, kind: ShiftKind::Planned })
    });
    Ok(app.store().plan(app.tenant(), shifts.collect()).await?)
}

/// Accounts that are close to one person only.
async fn relate(app: &App, operator: &Cx, edition: Edition) -> Result<()> {
    for (index, account) in demo::accounts().iter().enumerate() {
        let Some(rank) = account.of else { continue };
        let dossier = edition.dossier(account.place, rank);
        let id = dossier.resources.first().and_then(|(_, patient)| patient.get("id")).and_then(Value::as_str);
        let patient = records::read(operator, ResourceType::PATIENT, id.unwrap_or_default()).await?;
        let relation = NewRelation {
            subject: actor(index).value(),
            person: patient.person,
            place: place(app, account.place),
            kind: RelationKind::Assignment,
            categories: Categories::empty(),
            starts: 0,
            ends: FOREVER,
        };
        app.store().add_relations(app.tenant(), vec![relation]).await?;
    }
    Ok(())
}

/// The people of one place.
async fn settle(app: &App, index: usize, edition: Edition, small: bool, part: Part, units: &Units) -> Result<usize> {
    let here = Cx::operator(app, Some(place(app, index)), Level::VerySensitive, Purpose::Api, Origin::default());
    let ranks = demo::PLACES.get(index).map(|place| place.ranks(small)).unwrap_or_default();
    let mut written = 0;
    for ranks in ranks.chunks(TOGETHER) {
        let dossiers = ranks.iter().map(|rank| match part {
            Part::Whole => edition.dossier(index, *rank),
            Part::After(from) => edition.addition(index, *rank, from),
        });
        let dossiers: Vec<Dossier> = dossiers.collect();
        if let Part::Whole = part {
            written += admit(&here, &dossiers, units).await?;
        }
        written += write_up(app, &dossiers).await?;
    }
    Ok(written)
}

/// The persons, each with a first resource: the Patient; and the unit that accompanies them.
async fn admit(cx: &Cx, dossiers: &[Dossier], units: &Units) -> Result<usize> {
    let patients = dossiers.iter().filter_map(|dossier| dossier.resources.first());
    let changes = patients.map(|(_, value)| change(cx, value.clone(), None)).collect::<Result<Vec<_>>>()?;
    let written = records::write(cx, "demo", changes).await?;
    let mut by_unit: BTreeMap<i64, Vec<Person>> = BTreeMap::new();
    for (dossier, patient) in dossiers.iter().zip(&written) {
        if let Some(unit) = units.get(&(dossier.place, dossier.unit)) {
            by_unit.entry(*unit).or_default().push(patient.person);
        }
    }
    for (unit, persons) in by_unit {
        cx.app().store().assign(cx.app().tenant(), unit, persons, cx.place(), 0).await?;
    }
    Ok(written.len())
}

/// What each author has written, under that author's own rights.
async fn write_up(app: &App, dossiers: &[Dossier]) -> Result<usize> {
    let mut by_author: BTreeMap<&str, Vec<(&Value, Option<&str>)>> = BTreeMap::new();
    for dossier in dossiers {
        for ((login, value), kind) in
            dossier.resources.iter().zip(&dossier.kinds).filter(|((_, value), _)| !is_patient(value))
        {
            by_author.entry(login).or_default().push((value, *kind));
        }
    }
    let mut written = 0;
    for (login, writings) in by_author {
        let index = demo::accounts().iter().position(|account| account.login == login);
        let index = index.ok_or_else(|| Error::Bug(format!("{login} writes without an account")))?;
        let session = Session { strength: Strength::Password, age_s: 0, step_up_age_s: Some(0), ..Session::none() };
        let account = app.store().account(app.tenant(), actor(index)).await?.ok_or(store::Error::Absent)?;
        let author = Cx::person(app, &account, session, Origin::default()).await?;
        for batch in writings.chunks(BATCH) {
            let changes = batch.iter().map(|(value, kind)| change(&author, (*value).clone(), *kind));
            written += records::write(&author, "demo", changes.collect::<Result<Vec<_>>>()?).await?.len();
        }
    }
    Ok(written)
}

/// Written already, when the person was admitted.
fn is_patient(value: &Value) -> bool {
    value.get("resourceType").and_then(Value::as_str) == Some("Patient")
}

fn change(cx: &Cx, value: Value, kind: Option<&str>) -> Result<Change> {
    let resource = Resource::from_value(value)?;
    let graded = cx.grade(&resource, kind);
    Ok(Change::Create { resource, graded, if_none_exist: None, import: None })
}

/// Gives an account, and a post in each of its units (or in the whole place) where it accompanies people there.
async fn hire(app: &App, account: &Account, actor: Actor, units: &Units) -> Result<()> {
    let new = NewAccount {
        actor,
        kind: AccountKind::Person,
        login: account.login.to_owned(),
        display: account.display.to_owned(),
        secret: PASSWORD.to_owned(),
        scope: ClientScope { place: None, cap: Level::Open, write: false, chosen_ids: false },
        // Who is close to one person does not write as a professional.
        practitioner: account.of.is_none().then(|| format!("demo-{}", account.login)),
    };
    accounts::put(app, new).await?;
    let here = place(app, account.place);
    let own = account.units.iter().filter_map(|unit| units.get(&(account.place, *unit)).copied());
    let posts = match (account.related, account.units) {
        (false, _) => vec![0],
        (true, []) => vec![store::everybody(here)],
        (true, _) => own.collect(),
    };
    for unit in posts {
        let persona = account.persona.to_owned();
        let post = Post { actor, place: here, unit, persona, starts: 0, ends: FOREVER };
        app.store().add_post(app.tenant(), post).await?;
    }
    Ok(())
}

fn actor(index: usize) -> Actor {
    Actor::new(FIRST_ACTOR + i64::try_from(index).unwrap_or_default())
}

fn place(app: &App, index: usize) -> Place {
    let finess = demo::PLACES.get(index).map(|place| place.finess).unwrap_or_default();
    app.place(finess).map(|row| row.place).unwrap_or_default()
}
