//! One person: who they are, what must be known at once, what has happened.

use crate::cx::Cx;
use crate::error::Result;
use crate::people::{self, Persons, Resident};
use crate::transmissions::is_open;
use confidentiality::Family;
use confidentiality::labeler::{OVER, SafetyKind};
use fhir::ResourceType;
use fhir::json::Value;
use store::{Call, Damaged, Gather, Gathered, Safety, Saying, Timeline, TimelineFilter, Undisclosed, Version, Whom};

const HOUR: i64 = 3_600_000_000;
const DAY: i64 = 24 * HOUR;
/// What a synthesis calls recent.
pub const RECENT: i64 = 72 * HOUR;
/// How far back figures are drawn.
const FIGURES: i64 = 90 * DAY;
/// How far ahead appointments are shown.
const AHEAD: i64 = 30 * DAY;
/// What a carer must know before touching anyone.
const DANGERS: [&str; 2] = ["AllergyIntolerance", "Flag"];
/// The parameters that tell what is over.
const STATUSES: [&str; 4] = ["status", "clinical-status", "verification-status", "lifecycle-status"];
/// Statuses of a follow-up that waits, or of an appointment that is expected.
const AWAITED: [&str; 8] =
    ["requested", "accepted", "in-progress", "ready", "booked", "proposed", "pending", "arrived"];
/// Items of one part, at most.
const MOST: u32 = 1_000;

/// What is always above a person's pages.
#[derive(Debug)]
pub struct Strip {
    /// Who, and where.
    pub resident: Resident,
    /// Active allergies.
    pub allergies: Vec<Version>,
    /// Points of attention in force.
    pub alerts: Vec<Version>,
    /// Protection measures, wishes for the end of life, other consents in force.
    pub consents: Vec<Version>,
    /// What matters for safety, the latest first: drugs, allergies and alerts of items that this reader may not read, and what to
    /// do, whatever it comes from.
    pub safety: Vec<Safety>,
    /// How many allergies and points of attention exist that this reader may not see, nor is told of in `safety`.
    pub hidden: i64,
    /// This reader would see, or be told of, this person's ordinary allergies: that none is shown means that none is known.
    pub sees_allergies: bool,
    /// Something of all this is there and could not be read.
    pub unreadable: bool,
    /// That no treatment is shown means that there is none that may be.
    pub sees_treatments: bool,
    /// This reader may write about them.
    pub writes: bool,
    /// This reader says where they stay.
    pub admits: bool,
    /// This reader keeps their allergies and treatments.
    pub keeps_health: bool,
}

/// Everything a synthesis shows.
#[derive(Debug)]
pub struct Synthesis {
    /// Who.
    pub strip: Strip,
    /// Writings of the last 72 h, the latest first.
    pub writings: Vec<Version>,
    /// Follow-ups that are open, and appointments to come.
    pub ahead: Vec<Version>,
    /// Figures of the last 90 days, the latest first.
    pub figures: Vec<Version>,
    /// Treatments in force.
    pub treatments: Vec<Version>,
    /// Health problems that are not over.
    pub problems: Vec<Version>,
    /// The personal project in force and its goals.
    pub projects: Vec<Version>,
    /// Relatives and representatives.
    pub relatives: Vec<Version>,
    /// How many of all these are not shown.
    pub hidden: i64,
}

/// Reads the strip.
///
/// # Errors
/// `Absent` when there is no such person that this actor may know of.
pub async fn strip(cx: &Cx, verb: &str, patient: &str) -> Result<Strip> {
    let call = cx.call(verb);
    let found = look_at_strip(cx, &call, patient).await?;
    make_strip(cx, cx.app().store().disclose(&call, found).await?)
}

/// Who, what is dangerous, what was agreed, what is dangerous in what is closed.
pub(crate) type Looks = (((Persons, Gathered), Gathered), Vec<Safety>);

pub(crate) async fn look_at_strip(cx: &Cx, call: &Call, patient: &str) -> Result<Undisclosed<Looks>> {
    Ok(look_with_strip(cx, call, patient, []).await?.0)
}

/// The strip, and what else is asked at once.
async fn look_with_strip<const N: usize>(
    cx: &Cx,
    call: &Call,
    patient: &str,
    more: [Gather; N],
) -> Result<(Undisclosed<Looks>, [Undisclosed<Gathered>; N])> {
    let whom = Whom::Patient(patient.to_owned());
    let store = cx.app().store();
    let [patients, stays] = people::asks(&whom, None);
    let strip = [patients, stays, still_true(&whom, &DANGERS), still_true(&whom, &["Consent"])];
    let ([patients, stays, safe, agreed], more) = store.gather_both(call, strip, more).await?;
    let (safe, agreed) = (in_force_now(cx, safe), in_force_now(cx, agreed));
    let person = store.person_of(call, patient).await?;
    let told = store.safety(call, &person.into_iter().collect::<Vec<_>>()).await?;
    Ok((patients.zip(stays).zip(safe).zip(agreed).zip(told), more))
}

pub(crate) fn make_strip(cx: &Cx, (((who, safe), agreed), safety): Looks) -> Result<Strip> {
    let resident = people::residents(who).into_iter().next().ok_or(store::Error::Absent)?;
    let [allergies, alerts] = split(safe.items, DANGERS);
    // Whoever cares is told of those they may not read.
    let (clearance, person) = (cx.clearance(), resident.patient.person);
    let sees_allergies = clearance.sees_family(person, Family::Soin) || clearance.cares_for(person);
    let told = safety
        .iter()
        .filter(|one| one.counted && matches!(one.fact.kind, SafetyKind::Allergy | SafetyKind::Alert))
        .count();
    let hidden = (safe.hidden - i64::try_from(told).unwrap_or_default()).max(0);
    let admits = clearance.may_admit(resident.patient.place).is_ok();
    Ok(Strip {
        resident,
        allergies,
        alerts,
        consents: agreed.items,
        safety,
        hidden,
        sees_allergies,
        unreadable: cx.misses(is_vital),
        sees_treatments: clearance.sees_family(person, Family::Med) || clearance.treats(person),
        writes: cx.writes_about(person),
        admits,
        keeps_health: cx.keeps_health_of(person),
    })
}

/// What a strip would say, if it could be read.
fn is_vital(what: Damaged) -> bool {
    match what {
        Damaged::Safety | Damaged::Resource(None) => true,
        Damaged::Resource(Some(kind)) => DANGERS.contains(&kind.name()) || kind.name() == "Consent",
    }
}

/// Reads a synthesis: several looks, one audit entry.
///
/// # Errors
/// `Absent` when there is no such person that this actor may know of.
pub async fn synthesis(cx: &Cx, patient: &str) -> Result<Synthesis> {
    let (call, now) = (cx.call("synthesis"), cx.now());
    let whom = Whom::Patient(patient.to_owned());
    let all = |kinds: &[&str]| Gather::all(whom.clone(), types(kinds), MOST);
    let lasting = |kinds: &[&str]| still_true(&whom, kinds);
    let (from, to, saying) = (Some(now - 7 * DAY), Some(now + AHEAD), vec![Saying::Any("status", &AWAITED)]);
    let asks = [
        Gather { from: Some(now - RECENT), ..all(&["Communication", "AdverseEvent"]) },
        Gather { from: Some(now - FIGURES), ..all(&["Observation"]) },
        Gather { from, to, saying, ..all(&["Task", "Appointment"]) },
        lasting(&["MedicationRequest", "MedicationStatement"]),
        lasting(&["Condition"]),
        lasting(&["CarePlan"]),
        lasting(&["Goal"]),
        lasting(&["RelatedPerson"]),
    ];
    let (strip, found) = look_with_strip(cx, &call, patient, asks).await?;
    let [recent, figures, ahead, treatments, problems, projects, goals, relatives] = found;
    let ahead = ahead.retain(|item| is_ahead(item, now));
    let now_true = |found| in_force_now(cx, found);
    let health = now_true(treatments).zip(now_true(problems));
    let life = now_true(projects).zip(now_true(goals)).zip(now_true(relatives));
    let all = strip.zip(recent).zip(figures).zip(ahead).zip(health).zip(life);
    let (((((strip, recent), figures), ahead), health), life) = cx.app().store().disclose(&call, all).await?;
    let ((treatments, problems), ((mut projects, goals), relatives)) = (health, life);
    let parts = [&recent, &figures, &ahead, &treatments, &problems, &projects, &goals, &relatives];
    let hidden = parts.into_iter().map(|part| part.hidden).sum();
    projects.items.extend(goals.items);
    let mut ahead = ahead.items;
    ahead.sort_by_key(|item| item.moment);
    Ok(Synthesis {
        strip: make_strip(cx, strip)?,
        writings: recent.items,
        ahead,
        figures: figures.items,
        treatments: treatments.items,
        problems: problems.items,
        projects: projects.items,
        relatives: relatives.items,
        hidden,
    })
}

/// One page of a person's items, without the strip.
///
/// # Errors
/// `Absent` when there is no such person that this actor may know of.
pub async fn timeline(cx: &Cx, patient: &str, page: Option<String>, count: u32) -> Result<Timeline> {
    let call = cx.call("timeline");
    let found = cx.app().store().timeline(&call, patient, &TimelineFilter::default(), page, count).await?;
    Ok(cx.app().store().disclose(&call, found).await?.ok_or(store::Error::Absent)?)
}

/// Parts of a record a reader may choose among.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Everything.
    All,
    /// Everyday care.
    Care,
    /// Education and projects.
    Education,
    /// Medical.
    Medical,
    /// Social, rights, administration.
    Social,
    /// What was written in words only.
    Writings,
}

/// One page of a person's record, under the strip.
///
/// # Errors
/// `Absent` when there is no such person that this actor may know of.
pub async fn thread(
    cx: &Cx,
    patient: &str,
    part: Part,
    before: Option<i64>,
    page: Option<String>,
    count: u32,
) -> Result<(Strip, Timeline)> {
    let call = cx.call("timeline");
    let strip = look_at_strip(cx, &call, patient).await?;
    let filter = TimelineFilter { before, ..filter(part) };
    let found = cx.app().store().timeline(&call, patient, &filter, page, count).await?;
    let (strip, found) = cx.app().store().disclose(&call, strip.zip(found)).await?;
    Ok((make_strip(cx, strip)?, found.ok_or(store::Error::Absent)?))
}

fn filter(part: Part) -> TimelineFilter {
    let families = match part {
        Part::All | Part::Writings => Vec::new(),
        Part::Care => vec![Family::Soin, Family::Evt],
        Part::Education => vec![Family::Edu, Family::Psy],
        Part::Medical => vec![Family::Med],
        Part::Social => vec![Family::Soc, Family::Adm, Family::Jud, Family::Fin, Family::Org],
    };
    let kinds: &[&str] =
        if part == Part::Writings { &["Communication", "DocumentReference", "Composition"] } else { &[] };
    // Where a writing came from is said with the writing.
    let but = vec![ResourceType::PROVENANCE];
    TimelineFilter { families, kinds: types(kinds), but, ..TimelineFilter::default() }
}

fn types(names: &[&str]) -> Vec<ResourceType> {
    names.iter().filter_map(|name| ResourceType::parse(name)).collect()
}

/// What a person's items of these types say that is still true: what is over is not read, and never pushes it out.
pub(crate) async fn lasting(cx: &Cx, call: &Call, whom: &Whom, kinds: &[&str]) -> Result<Undisclosed<Gathered>> {
    Ok(in_force_now(cx, cx.app().store().gather(call, &still_true(whom, kinds)).await?))
}

/// Asks for what is not said to be over.
fn still_true(whom: &Whom, kinds: &[&str]) -> Gather {
    let saying = vec![Saying::None(&STATUSES, &OVER)];
    Gather { saying, ..Gather::all(whom.clone(), types(kinds), MOST) }
}

/// Of what was found, what has not ended.
fn in_force_now(cx: &Cx, found: Undisclosed<Gathered>) -> Undisclosed<Gathered> {
    found.retain(|item| in_force(item, cx.now()))
}

/// Each kind apart.
fn split<const N: usize>(items: Vec<Version>, kinds: [&str; N]) -> [Vec<Version>; N] {
    let mut apart = [const { Vec::new() }; N];
    for item in items {
        let kind = kinds.iter().position(|kind| item.resource.kind().name() == *kind);
        if let Some(part) = kind.and_then(|kind| apart.get_mut(kind)) {
            part.push(item);
        }
    }
    apart
}

/// Still true now: not ended, refuted, stopped nor written by mistake.
fn in_force(item: &Version, now: i64) -> bool {
    let resource = &item.resource;
    let code = |path: &[&str]| {
        let value = resource.get(path)?;
        let coded = value.get("coding").and_then(|all| all.get(0)).and_then(|one| one.get("code"));
        coded.or(Some(value)).and_then(Value::as_str)
    };
    let statuses = [&["status"], &["clinicalStatus"], &["verificationStatus"], &["lifecycleStatus"]];
    let over = statuses.iter().filter_map(|path| code(*path)).any(|code| OVER.contains(&code));
    let agreed = resource.str_at(&["provision", "period", "end"]).and_then(fhir::date::interval).map(|(_, hi)| hi);
    let ended = store::ends(resource).or(agreed).is_some_and(|end| end <= now);
    let gone = resource.get(&["active"]).and_then(Value::as_bool) == Some(false);
    !over && !ended && !gone
}

/// A follow-up still open, or an appointment still to come.
fn is_ahead(item: &Version, now: i64) -> bool {
    let status = item.resource.str_at(&["status"]).unwrap_or_default();
    match item.resource.kind().name() {
        "Task" => is_open(status),
        _ => item.moment >= now && matches!(status, "booked" | "proposed" | "pending" | "arrived"),
    }
}
