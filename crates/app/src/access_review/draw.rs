//! The draw of a month: every access of the last weeks is looked at once, by the server; twenty are drawn and what rules find
//! unusual is proposed.

use super::{DAY, Line, Sample, find, keep, name};
use crate::app::App;
use crate::charter::house;
use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::people;
use aws_lc_rs::digest::{SHA256, digest};
use confidentiality::{Actor, Person, RelationKind};
use domain::governance::sample::{Circle, DRAWN, Draw, Hours, Named, Opening};
use domain::local_time;
use fhir::json::Value;
use jiff::ToSpan as _;
use std::collections::BTreeSet;
use store::{ShiftKind, Version, Whom};

/// How far back accesses are drawn from.
const BACK: i64 = 31 * DAY;
/// Entries of the log are in order of their millisecond.
const MILLISECOND: i64 = 1_000;
/// From this day of the month on, what there is is drawn, though it be little.
const LATEST: i8 = 8;

/// Lists, what comes in from elsewhere, and what looking at accesses itself shows: they open no record.
fn opens(verb: &str) -> bool {
    !matches!(
        verb,
        "persons"
            | "handover"
            | "print-handover"
            | "demo"
            | "import"
            | "accesses-review"
            | "access-mark"
            | "draw-accesses"
            | "emergencies"
            | "emergency-page"
            | "emergency-mark"
    )
}

/// Draws this month's sample, unless it was; whether it was drawn now. It waits until there are enough accesses, for a week.
///
/// # Errors
/// The store's.
pub async fn draw(app: &App) -> Result<bool> {
    let today = local_time::local(app.now()).date();
    let this = name(today);
    if find(app, &this).await?.1.is_some() {
        return Ok(false);
    }
    let cx = house(app);
    let (_, before) = find(app, &name(today.first_of_month().saturating_sub(1.day()))).await?;
    let from = before.map_or(cx.now() - BACK, |before| (before.at + MILLISECOND).max(cx.now() - BACK));
    let circle = circle(&cx, from).await?;
    let (seed, mut draw) = (crate::accounts::random_text()?, Draw::among(&circle));
    let each = |one: store::Opening| draw.add(rank(&seed, &one), &told(one));
    app.store().openings(&cx.call("draw-accesses"), (from, cx.now() + MILLISECOND), opens, each).await?;
    let of = draw.seen();
    if of == 0 || (of < DRAWN as u64 && today.day() < LATEST) {
        return Ok(false);
    }
    let lines = draw.end().into_iter().map(|picked| Line { picked, mark: None }).collect();
    match keep(app, &this, 0, &Sample { at: cx.now(), from, of, seed, lines }).await {
        // Another server has drawn: its sample stands.
        Err(Error::Store(store::Error::Conflict(_))) => Ok(false),
        kept => kept.map(|()| true),
    }
}

/// The number of an access: nobody chooses it, and it is the same each time.
fn rank(seed: &str, one: &store::Opening) -> [u8; 32] {
    let text = format!("{seed} {} {}", one.entry, one.person);
    let mut rank = [0; 32];
    rank.copy_from_slice(digest(&SHA256, text.as_bytes()).as_ref());
    rank
}

fn told(one: store::Opening) -> Opening {
    let store::Opening { entry, person, actor, at, verb, written, why } = one;
    Opening { entry, person, actor, at, verb, written, why }
}

/// Who works here, whom they accompanied then or do now, and when they worked.
async fn circle(cx: &Cx, from: i64) -> Result<Circle> {
    let (app, call) = (cx.app(), cx.call("draw-accesses"));
    let (patients, _) = people::look(cx, &call, Whom::Anyone, None).await?;
    let patients = app.store().disclose(&call, patients).await?;
    let named: Vec<(Person, Vec<Named>)> = patients.items.iter().map(|one| (one.person, names(one))).collect();
    let people = app.store().people_accounts(app.tenant()).await?;
    let shown = people.iter().map(|account| (Actor::new(account.actor), account.display.clone()));
    let mut circle = Circle::of(shown, &named);
    for account in &people {
        let actor = Actor::new(account.actor);
        let mut team: BTreeSet<Person> = BTreeSet::new();
        for at in [from, cx.now()] {
            let facts = app.store().actor_facts(app.tenant(), actor, at).await?;
            let usual = facts.relations.iter().filter(|one| one.kind != RelationKind::BreakGlass);
            team.extend(usual.map(|one| one.person).filter(|person| !person.is_zero()));
        }
        let shifts = app.store().shifts_of(app.tenant(), actor, from - 7 * DAY, cx.now() + 7 * DAY).await?;
        let hours = shifts.iter().map(|shift| Hours {
            starts: shift.starts,
            ends: shift.ends,
            planned: shift.kind == ShiftKind::Planned,
        });
        circle.works(actor, team, hours.collect());
    }
    Ok(circle)
}

/// Every name of a person.
fn names(patient: &Version) -> Vec<Named> {
    let all = patient.resource.get(&["name"]).and_then(Value::as_array).into_iter().flatten();
    let one = |name: &Value| {
        let family = name.get("family").and_then(Value::as_str)?.to_owned();
        let given = name.get("given").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        Some(Named { family, given: given.collect::<Vec<_>>().join(" ") })
    };
    all.filter_map(one).collect()
}
