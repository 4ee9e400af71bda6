//! What is measured, in order.

use super::http::{Ask, Client, Who};
use super::load::{self, Next, Seen};
use super::people;
use super::report::{Board, Figure, Goal, Measure};
use super::subject::Used;
use crate::failure::{Failure, LOCKED, Result};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use store::metal::Metal;

/// What a run knows of its store and of its machine.
#[derive(Debug, Clone)]
pub(super) struct Ground {
    /// A program that sees and writes everything.
    pub(super) program: Who,
    /// Addresses of persons, by their number.
    pub(super) patients: Arc<Vec<String>>,
    /// Addresses of measures of vital signs, each with the number of its person.
    pub(super) observations: Arc<Vec<(String, u64)>>,
    pub(super) metal: Metal,
    pub(super) engine: Engine,
    /// The same work, bare; none on SQLite.
    pub(super) same: Option<Same>,
    /// Requests a second of a handler that does nothing.
    pub(super) bare: f64,
    pub(super) time: Duration,
}

/// Clients that update at once.
pub(super) const WRITERS: [u64; 3] = [1, 8, 64];
/// Writers whose updates have a floor: as many as keep an engine busy.
const BUSY: u64 = 64;
/// Least part of the same work done bare: what the floor of PostgreSQL is.
const PART: f64 = 0.6;

/// What floors are held against: those of throughput and of bytes are SQLite's; PostgreSQL's is a part of what it does alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    /// A goal of SQLite; on PostgreSQL the figure is shown without one.
    pub(super) fn goal(self, measure: Measure, floor: f64, stretch: f64) -> Goal {
        Goal { measure, bars: (self == Self::Sqlite).then_some((floor, stretch)) }
    }
}

/// What the engine does a second with the rows of our requests and nothing of ours in between.
#[derive(Debug, Clone, Copy)]
pub(super) struct Same {
    /// Readings, each logged, by 8 connections.
    pub(super) reads: f64,
    /// Updates, by as many connections as [`WRITERS`].
    pub(super) updates: [f64; 3],
}

/// What the server has used up to now.
pub(super) type Meter<'a> = &'a dyn Fn() -> Option<Used>;

/// A part of what the engine does alone, at best all of it.
fn part_of(same: f64) -> Goal {
    Goal { measure: Measure::PerSecond, bars: Some((PART * same, same)) }
}

const fn p95_ms(floor: f64, stretch: f64) -> Goal {
    Goal { measure: Measure::P95Ms, bars: Some((floor, stretch)) }
}

const fn free(measure: Measure) -> Goal {
    Goal { measure, bars: None }
}

/// A number that looks chosen at random, always the same for a client and its n-th request.
fn scattered(client: u64, n: u64) -> u64 {
    let mut x = (client << 40) ^ n ^ 0x9E37_79B9_7F4A_7C15;
    for shift in [30, 27, 31] {
        x = (x ^ (x >> shift)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    }
    x
}

fn of<T>(from: &[T], n: u64) -> Option<&T> {
    let length = u64::try_from(from.len()).ok().filter(|length| *length > 0)?;
    from.get(usize::try_from(n % length).ok()?)
}

/// Persons written through transactions, from the `first` number up to `end`: the import, which also makes the ground.
pub(super) async fn import(who: &Who, first: u64, end: u64) -> Result<(Seen, Vec<String>, Vec<(String, u64)>)> {
    let asks = (first..end).map(|n| Ask::json("POST", "/fhir", &people::bundle(n))).collect();
    let (seen, replies) = load::all(who, 4, asks).await?;
    let (mut patients, mut observations) = (Vec::new(), Vec::new());
    for reply in &replies {
        let answer = reply.json()?;
        let entries = answer.get("entry").and_then(Value::as_array).into_iter().flatten();
        let places = entries.filter_map(|entry| entry.get("response")?.get("location")?.as_str());
        let mut places = places.filter_map(|at| at.split("/_history").next());
        let short = |at: &str| at.split("/fhir/").last().unwrap_or(at).to_owned();
        let Some(patient) = places.next() else { continue };
        let number = u64::try_from(patients.len()).unwrap_or_default();
        patients.push(short(patient));
        observations.extend(places.map(short).filter(|at| at.starts_with("Observation/")).map(|at| (at, number)));
    }
    Ok((seen, patients, observations))
}

/// One load of the program: `next` gives its requests.
struct Load {
    name: &'static str,
    clients: u64,
    goal: Goal,
    raw: f64,
    same: Option<f64>,
    next: Next,
}

/// Reads, searches and writes of a program, one kind at a time.
pub(super) async fn program(
    ground: &Ground,
    wanted: &dyn Fn(&str) -> bool,
    used: Meter<'_>,
    board: &mut Board,
) -> Result<()> {
    let mut loads = vec![read(ground)];
    loads.extend(searches(ground));
    loads.extend(writes(ground));
    for load in loads.into_iter().filter(|load| wanted(load.name)) {
        let before = used();
        let seen = load::closed(&ground.program, load.clients, ground.time, load.next).await?;
        let figure = Figure::load(load.name, load.clients, load.goal, &seen, 1.0, Some(load.raw)).beside(load.same);
        board.show(figure.with_used(before, used()));
    }
    Ok(())
}

fn read(ground: &Ground) -> Load {
    let observations = ground.observations.clone();
    let next: Next = Arc::new(move |client, n| {
        let (at, _) = of(&observations, scattered(client, n)).cloned().unwrap_or_default();
        Ask::get(format!("/fhir/{at}"))
    });
    let same = ground.same.map(|same| same.reads);
    Load {
        name: "get",
        clients: 8,
        goal: same.map_or_else(|| ground.engine.goal(Measure::PerSecond, 8_000.0, 20_000.0), part_of),
        raw: ground.bare,
        same,
        next,
    }
}

fn searches(ground: &Ground) -> Vec<Load> {
    let patients = ground.patients.clone();
    let count = u64::try_from(patients.len()).unwrap_or(1).max(1);
    let one = move |seed| of(&patients, seed).cloned().unwrap_or_default();
    let search = |name, (floor, stretch), next: Next| {
        let goal = ground.engine.goal(Measure::PerSecond, floor, stretch);
        Load { name, clients: 8, goal, raw: ground.metal.reads, same: None, next }
    };
    let (by_patient, by_code, by_all) = (one.clone(), one.clone(), one);
    vec![
        search(
            "search_identifier",
            (6_000.0, 13_000.0),
            Arc::new(move |client, n| {
                let value = people::identifier(scattered(client, n) % count);
                Ask::get(format!("/fhir/Patient?identifier={}%7C{value}", people::SYSTEM))
            }),
        ),
        search(
            "search_name",
            (3_000.0, 8_000.0),
            Arc::new(move |client, n| {
                Ask::get(format!("/fhir/Patient?family={}", people::family(scattered(client, n) % count)))
            }),
        ),
        search(
            "search_patient",
            (3_000.0, 8_000.0),
            Arc::new(move |client, n| {
                Ask::get(format!("/fhir/Observation?patient={}&_count=20", by_patient(scattered(client, n))))
            }),
        ),
        search(
            "search_code_patient",
            (3_000.0, 8_000.0),
            Arc::new(move |client, n| {
                let (seed, code) = (scattered(client, n), people::vital(n));
                Ask::get(format!("/fhir/Observation?patient={}&code=http://loinc.org%7C{code}", by_code(seed)))
            }),
        ),
        search(
            "search_chained",
            (3_000.0, 8_000.0),
            Arc::new(move |client, n| {
                let (value, code) = (people::identifier(scattered(client, n) % count), people::vital(n));
                Ask::get(format!("/fhir/Observation?patient.identifier={}%7C{value}&code={code}", people::SYSTEM))
            }),
        ),
        Load {
            name: "everything",
            clients: 8,
            goal: free(Measure::PerSecond),
            raw: ground.bare,
            same: None,
            next: Arc::new(move |client, n| Ask::get(format!("/fhir/{}/$everything", by_all(scattered(client, n))))),
        },
    ]
}

fn writes(ground: &Ground) -> Vec<Load> {
    let observations = ground.observations.clone();
    let patients = ground.patients.clone();
    let next: Next = Arc::new(move |client, n| {
        let seed = scattered(client, n);
        let (at, person) = of(&observations, seed).cloned().unwrap_or_default();
        let patient = usize::try_from(person).ok().and_then(|person| patients.get(person)).cloned();
        let subject = json!({ "reference": patient });
        let mut value = people::observation(seed, n, &subject, None, "2026-03-14");
        if let (Some(map), Some(id)) = (value.as_object_mut(), at.split('/').nth(1)) {
            map.insert("id".to_owned(), id.into());
        }
        Ask::json("PUT", format!("/fhir/{at}"), &value)
    });
    let put = |at: usize| {
        let clients = of_writers(&WRITERS, at);
        let same = ground.same.map(|same| of_writers(&same.updates, at));
        let goal = match same {
            _ if clients != BUSY => free(Measure::PerSecond),
            Some(same) => part_of(same),
            None => ground.engine.goal(Measure::PerSecond, 4_000.0, 10_000.0),
        };
        Load { name: "put", clients, goal, raw: ground.metal.commits, same, next: next.clone() }
    };
    (0..WRITERS.len()).map(put).collect()
}

fn of_writers<T: Copy + Default>(each: &[T; 3], at: usize) -> T {
    each.get(at).copied().unwrap_or_default()
}

/// Pages of somebody at work, one kind after the other.
pub(super) async fn pages(people: &[Who], ground: &Ground, used: Meter<'_>, board: &mut Board) -> Result<()> {
    let Some(first) = people.first() else { return Ok(()) };
    let persons = persons_of(first).await?;
    let each: [(&'static str, Next); 3] = [
        ("person_page", Arc::new(move |_, n| Ask::get(page(&persons, scattered(0, n))))),
        ("handover_page", Arc::new(|_, _| Ask::get("/releve"))),
        ("people_page", Arc::new(|_, _| Ask::get("/personnes"))),
    ];
    for (name, next) in each {
        let before = used();
        let seen = load::closed(first, 8, ground.time, next).await?;
        let figure = Figure::load(name, 8, p95_ms(50.0, 25.0), &seen, 1.0, Some(ground.bare));
        board.show(figure.with_used(before, used()));
    }
    Ok(())
}

/// 250 pages a second of several people, as at the change of shift: how many answers there were.
pub(super) async fn carers(people: &[Who], ground: &Ground, used: Meter<'_>, board: &mut Board) -> Result<usize> {
    let mut persons = Vec::new();
    for who in people {
        persons.push(persons_of(who).await?);
    }
    let sessions: Vec<Who> = people.iter().cycle().take(200).cloned().collect();
    let next: Next = Arc::new(move |client, n| match scattered(client, n) % 4 {
        0 => Ask::get("/releve"),
        1 => Ask::get("/personnes"),
        _ => Ask::get(page(of(&persons, client).map_or(&[], Vec::as_slice), scattered(client, n))),
    });
    let before = used();
    let time = ground.time * 3;
    let seen = load::paced(sessions, 250, time, next).await?;
    let after = used();
    let figure = Figure::load("carers_0645", 2_000, p95_ms(80.0, 40.0), &seen, 1.0, Some(ground.bare));
    board.show(figure.with_used(before, after));
    if let (Some(before), Some(after)) = (before, after) {
        let cores = std::thread::available_parallelism().map_or(1.0, |cores| cores.get() as f64);
        let goal = Goal { measure: Measure::Percent, bars: Some((50.0, 50.0)) };
        let share = (after.processor_s - before.processor_s) / time.as_secs_f64() / cores * 100.0;
        board.show(Figure::alone("carers_0645_processor", goal, share, None));
    }
    Ok(seen.n())
}

/// The page of one of these persons.
fn page(known: &[String], seed: u64) -> String {
    of(known, seed).cloned().unwrap_or_else(|| "/personnes".to_owned())
}

/// Addresses of the pages of the persons whom somebody accompanies.
async fn persons_of(who: &Who) -> Result<Vec<String>> {
    let reply = Client::connect(who).await?.send(&Ask::get("/personnes")).await?.done("personnes")?;
    let html = String::from_utf8_lossy(&reply.body);
    let links = html.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let mut pages: Vec<String> = links.filter(|at| at.starts_with("/personnes/")).map(str::to_owned).collect();
    pages.sort();
    pages.dedup();
    if pages.is_empty() {
        return Err(Failure::new(LOCKED, "Une personne de la démonstration ne voit aucun dossier."));
    }
    Ok(pages)
}

/// Reads while two large transactions are written.
pub(super) async fn reads_during_import(ground: &Ground, bytes: usize) -> Result<Figure> {
    let big = large_bundle(ground, bytes);
    let who = ground.program.clone();
    let import = tokio::spawn(async move { load::all(&who, 1, vec![big.clone(), big]).await });
    let load = read(ground);
    let seen = load::closed(&ground.program, 8, ground.time * 2, load.next).await?;
    import.await.map_err(|_| Failure::new(LOCKED, "L'import de la mesure s'est arrêté."))??;
    Ok(Figure::load("get_during_import", 8, free(Measure::P99Ms), &seen, 1.0, Some(ground.bare)))
}

/// One transaction of measures of one person, each with a page of remarks: fewer than the entries that a Bundle may have.
fn large_bundle(ground: &Ground, bytes: usize) -> Ask {
    let subject = json!({ "reference": ground.patients.first() });
    let remarks = "Repos de dix minutes avant la mesure, brassard au bras gauche. ".repeat(50);
    let one = |n: u64| {
        let mut resource = people::observation(n, n, &subject, None, "2025-05-05");
        if let Some(map) = resource.as_object_mut() {
            map.insert("note".to_owned(), json!([{ "text": remarks }]));
        }
        json!({ "resource": resource, "request": { "method": "POST", "url": "Observation" } })
    };
    let each = one(0).to_string().len() + 1;
    let entries: Vec<Value> = (0..u64::try_from(bytes / each).unwrap_or_default()).map(one).collect();
    Ask::json("POST", "/fhir", &json!({ "resourceType": "Bundle", "type": "transaction", "entry": entries }))
}
