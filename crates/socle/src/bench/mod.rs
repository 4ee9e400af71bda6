//! `socle bench`: the real server over loopback, in a process of its own, and beside each figure what the metal does.

mod args;
mod crowd;
mod http;
mod load;
mod people;
mod report;
mod scenarios;
mod subject;

use crate::failure::{Failure, Result, UNREADABLE, USAGE};
use crate::screen::{print, say};
pub(crate) use args::BenchArgs;
use args::EngineArg;
use http::{Ask, Who};
use report::{Board, Figure, Goal, Measure};
use scenarios::{Engine, Ground, Same};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::metal::Metal;
use store::{Location, Size};
use subject::{Folder, Subject};

/// Body of a handler that does nothing, about that of an observation.
static BARE: [u8; 1_100] = [b' '; 1_100];
/// Bytes of a row that the bare engine writes: a body, its keys, its audit entry.
const ROW: usize = 1_600;
/// People of the demonstration who read pages, from the three places.
const PEOPLE: [&str; 4] = ["amina", "ines", "malik", "lea"];
/// Each of the two large transactions whose import readers live through, in bytes of JSON.
const IMPORT_BYTES: usize = 25_000_000;

/// Age at which the program's token is replaced: it lasts an hour.
const RENEWED: Duration = Duration::from_secs(1_800);

/// Runs it all: 0, or 1 when a floor is missed and `--strict` was given.
pub(crate) async fn run(args: BenchArgs) -> Result<u8> {
    let parent = args.dir.clone().unwrap_or_else(std::env::temp_dir);
    let folder = Folder::new(&parent)?;
    let location = match (args.engine, &args.postgres) {
        (EngineArg::Sqlite, _) => Location::Directory(folder.0.clone()),
        (EngineArg::Postgres, Some(url)) => Location::Postgres(url.clone()),
        (EngineArg::Postgres, None) => {
            return Err(Failure::new(USAGE, "Avec PostgreSQL, nommez une base vide : --postgres."));
        }
    };
    say("Mesure de la machine seule…");
    let time = Duration::from_secs(args.seconds);
    let metal = store::metal::measure(&location, ROW, 64, time.min(Duration::from_secs(2))).await?;
    let bare = bare(time.min(Duration::from_secs(2))).await?;
    say("La démonstration se prépare…");
    let run = Run { args: &args, folder: &folder, location: &location };
    let board = run.measure(metal, bare, time).await?;
    let engine = if run.engine() == Engine::Sqlite { "sqlite" } else { "postgres" };
    if let Some(path) = &args.json {
        let document = board.document(engine, args.scale, &machine(metal, bare));
        write(path, &document)?;
    }
    let missed = board.missed();
    say(&match missed {
        0 => "Tous les planchers sont atteints.".to_owned(),
        n => format!("{n} plancher(s) manqué(s)."),
    });
    Ok(u8::from(missed > 0 && args.strict))
}

/// A run under way.
struct Run<'a> {
    args: &'a BenchArgs,
    folder: &'a Folder,
    location: &'a Location,
}

impl Run<'_> {
    fn wants(&self, name: &str) -> bool {
        self.args.only.is_empty() || self.args.only.iter().any(|only| name.contains(only.as_str()))
    }

    fn engine(&self) -> Engine {
        match self.location {
            Location::Directory(_) => Engine::Sqlite,
            Location::Postgres(_) => Engine::Postgres,
        }
    }

    async fn measure(&self, metal: Metal, bare: f64, time: Duration) -> Result<Board> {
        let subject = Subject::start(&self.folder.0, self.location).await?;
        let mut board = Board::begin();
        let before = self.pages().await?;
        let (mut ground, import) = self.grow(&subject, metal, bare, time).await?;
        board.show(import);
        let resources = u64::try_from(ground.patients.len()).unwrap_or_default() * people::RESOURCES;
        sizes(&before, &self.pages().await?, resources, self.engine(), &mut board);
        if self.wants("get") || self.wants("put") {
            ground.same = self.same_work(time.min(Duration::from_secs(2))).await?;
        }
        scenarios::program(&ground, &|name| self.wants(name), &|| subject.used(), &mut board).await?;
        if self.wants("get_during_import") {
            board.show(scenarios::reads_during_import(&ground, IMPORT_BYTES).await?);
        }
        if self.wants("page") || self.wants("carers_0645") {
            let people = signed_in(&subject).await?;
            scenarios::pages(&people, &ground, &|| subject.used(), &mut board).await?;
            let before = self.pages().await?;
            let answers = scenarios::carers(&people, &ground, &|| subject.used(), &mut board).await?;
            log(&before, &self.pages().await?, answers, &mut board);
        }
        // Minutes of writing: only when it is asked for.
        if !self.args.only.is_empty() && self.wants("crowded") {
            crowd::crowd(&ground, &signed_in(&subject).await?, &mut board).await?;
        }
        if let Some(mb) = subject.resident_mb() {
            board.show(Figure::alone("memory_loaded", Goal { measure: Measure::Mb, bars: None }, mb, None));
        }
        subject.stop();
        self.start_again(&mut board).await?;
        Ok(board)
    }

    /// Imports persons up to the wanted scale.
    async fn grow(&self, subject: &Subject, metal: Metal, bare: f64, time: Duration) -> Result<(Ground, Figure)> {
        let (mut program, mut signed_in) = (subject.program().await?, Instant::now());
        let persons = self.args.scale.div_ceil(people::RESOURCES).max(10);
        let (mut patients, mut observations) = (Vec::new(), Vec::new());
        let (mut first, before) = (None, subject.used());
        // In parts, so that answers are not all in memory at once.
        for from in (0..persons).step_by(500) {
            let end = persons.min(from + 500);
            // Millions take longer than a token lasts.
            if signed_in.elapsed() > RENEWED {
                (program, signed_in) = (subject.program().await?, Instant::now());
            }
            let (seen, more, measures) = scenarios::import(&program, from, end).await?;
            let base = u64::try_from(patients.len()).unwrap_or_default();
            patients.extend(more);
            observations.extend(measures.into_iter().map(|(at, person)| (at, person + base)));
            first.get_or_insert_with(|| (seen, subject.used()));
        }
        let program = subject.program().await?;
        let goal = self.engine().goal(Measure::PerSecond, 2_500.0, 6_000.0);
        let (seen, after) = first.unwrap_or_default();
        let import = Figure::load("import", 4, goal, &seen, people::RESOURCES as f64, Some(metal.commits));
        let import = import.with_used(before, after);
        Ok((
            Ground {
                program,
                patients: patients.into(),
                observations: observations.into(),
                metal,
                engine: self.engine(),
                same: None,
                bare,
                time,
            },
            import,
        ))
    }

    /// What the engine does with the same rows and nothing of ours in between.
    async fn same_work(&self, time: Duration) -> Result<Option<Same>> {
        let Some(twin) = store::metal::Twin::prepare(self.location).await? else { return Ok(None) };
        say("Mesure du même travail, nu…");
        let mut updates = [0.0; 3];
        for (clients, each) in scenarios::WRITERS.into_iter().zip(&mut updates) {
            *each = twin.updates(usize::try_from(clients).unwrap_or(1), time).await?;
        }
        let reads = twin.reads(8, time).await?;
        twin.clear().await?;
        Ok(Some(Same { reads, updates }))
    }

    /// What the store takes now, table by table.
    async fn pages(&self) -> Result<Vec<Size>> {
        let location = match self.location {
            Location::Directory(folder) => Location::Directory(folder.join("donnees")),
            Location::Postgres(url) => Location::Postgres(url.clone()),
        };
        Ok(store::sizes(&location).await?)
    }

    /// A second start, on data that are there, and the memory it takes.
    async fn start_again(&self, board: &mut Board) -> Result<()> {
        let again = Subject::start(&self.folder.0, self.location).await?;
        let started = again.started.as_secs_f64() * 1_000.0;
        let goal = Goal { measure: Measure::Ms, bars: Some((300.0, 100.0)) };
        board.show(Figure::alone("cold_start", goal, started, None));
        if let Some(mb) = again.resident_mb() {
            let goal = Goal { measure: Measure::Mb, bars: Some((150.0, 80.0)) };
            board.show(Figure::alone("memory_idle", goal, mb, None));
        }
        again.stop();
        Ok(())
    }
}

/// What a resource of the import takes, in all and by table or index: those that take one byte in fifty.
fn sizes(before: &[Size], after: &[Size], resources: u64, engine: Engine, board: &mut Board) {
    let was = |size: &Size| before.iter().find(|b| (b.db, &b.name) == (size.db, &size.name)).map_or(0, |b| b.bytes);
    let each = |size: &Size| (size.bytes as f64 - was(size) as f64) / resources.max(1) as f64;
    let total = |audit: bool| after.iter().filter(|size| audit || size.db != "audit").map(each).sum::<f64>();
    let goal = |floor, stretch| engine.goal(Measure::Bytes, floor, stretch);
    board.show(Figure::alone("bytes", goal(1_200.0, 800.0), total(false), None));
    board.show(Figure::alone("bytes_with_audit", goal(1_600.0, 1_100.0), total(true), None));
    let large = after.iter().map(|size| (size, each(size))).filter(|(_, each)| *each > total(true) / 50.0);
    board.keep_sizes(large.map(|(size, each)| (format!("{}.{}", size.db, size.name), each)).collect());
}

/// What the log takes for one page read; the last second's entries may not be in its tree yet.
fn log(before: &[Size], after: &[Size], answers: usize, board: &mut Board) {
    let total =
        |sizes: &[Size]| sizes.iter().filter(|size| size.db == "audit").map(|size| size.bytes as f64).sum::<f64>();
    let each = (total(after) - total(before)) / answers.max(1) as f64;
    board.show(Figure::alone("log_of_a_page", Goal { measure: Measure::Bytes, bars: None }, each, None));
}

/// The people who read pages, each with a session.
async fn signed_in(subject: &Subject) -> Result<Vec<Who>> {
    let mut people = Vec::new();
    for login in PEOPLE {
        people.push(subject.person(login).await?);
    }
    Ok(people)
}

/// Requests a second of a handler that does nothing, served and asked as the others are.
async fn bare(time: Duration) -> Result<f64> {
    let failed = |e: std::io::Error| Failure::file(Path::new("127.0.0.1"), &e);
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?.to_string();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(server::serve(listener, server::bare(&BARE), async {
        let _ = stopped.await;
    }));
    let who = Who { address, proof: ("accept", "*/*".to_owned()) };
    let seen = load::closed(&who, 8, time, Arc::new(|_, _| Ask::get("/fhir/Observation/1"))).await?;
    let _ = stop.send(());
    let _ = serving.await;
    Ok(seen.per_s())
}

fn machine(metal: Metal, bare: f64) -> Value {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split(':').nth(1).map(str::trim));
    json!({
        "cores": cores, "model": model, "os": std::env::consts::OS, "version": env!("CARGO_PKG_VERSION"),
        "raw_commits_per_s": metal.commits.round(), "raw_reads_per_s": metal.reads.round(), "bare_handler_per_s": bare.round(),
    })
}

fn write(path: &Path, document: &Value) -> Result<()> {
    let text = serde_json::to_string_pretty(document).map_err(|e| Failure::new(UNREADABLE, e.to_string()))?;
    if path == Path::new("-") {
        print(&text);
        return Ok(());
    }
    std::fs::write(path, text + "\n").map_err(|e| Failure::file(path, &e))
}
