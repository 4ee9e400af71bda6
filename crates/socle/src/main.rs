//! Socle: the program. Finds the data, takes the lock or asks the server that has it, and says how it went.

mod account;
mod args;
mod assets;
mod audit;
mod backup;
mod begun;
mod bench;
mod control;
mod downtime;
mod failure;
mod french;
mod jobs;
mod key;
mod label;
#[cfg(test)]
mod manual;
mod opening;
mod place;
mod policy;
mod rules;
mod scale;
mod scratch;
mod screen;
mod serving;
mod standing;
mod upkeep;
mod usage;
mod watching;
mod witness;

use args::{Cli, Command, DataArgs, FormatArg, RulesCommand, RulesDiffArgs, RulesRollbackArgs};
use audit::AuditCommand;
use clap::error::ErrorKind;
use clap::{CommandFactory as _, FromArgMatches as _};
use failure::{Failure, Result, USAGE};
use jobs::{Done, ExportJob, Job, Proof, RollbackJob, Step};
use opening::Data;
use screen::{Bar, Kind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Takes a quarter of the memory that glibc's keeps after a load. Its settings are in `.cargo/config.toml`.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let parsed =
        Cli::command().try_get_matches().and_then(|given| Ok((wants_json(&given), Cli::from_arg_matches(&given)?)));
    let (json, cli) = match parsed {
        Ok(parsed) => parsed,
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            let _ = error.print();
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            screen::say(&usage::french(&error));
            return ExitCode::from(USAGE);
        }
    };
    log(&cli.command);
    let ended = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| {
            Failure::new(
                failure::LOCKED,
                format!("Le système refuse de démarrer le programme : {}.", app::system_said(&e)),
            )
        })
        .and_then(|runtime| runtime.block_on(run(cli.command)));
    let exit = ended.unwrap_or_else(|failure| {
        screen::say(&failure.text);
        if json {
            screen::print(&serde_json::json!({ "error": failure.text }).to_string());
        }
        failure.exit
    });
    ExitCode::from(heard(exit))
}

/// Whether one JSON document is asked for, whichever the command is.
fn wants_json(given: &clap::ArgMatches) -> bool {
    match given.subcommand() {
        Some((_, of)) => wants_json(of),
        // Of the bench it is the name of a file.
        None => given.try_get_one::<bool>("json").ok().flatten().copied().unwrap_or_default(),
    }
}

/// The exit code, once what was printed has been taken: what nobody could read is not done.
fn heard(exit: u8) -> u8 {
    let Some(error) = screen::lost() else { return exit };
    // Whoever reads only the beginning (`| head`) knows that there is more.
    if error.kind() != std::io::ErrorKind::BrokenPipe {
        screen::say(&format!("La réponse n'a pas pu être écrite : {}.", app::system_said(error)));
    }
    if exit == 0 { failure::UNREADABLE } else { exit }
}

/// Messages of the program itself, never content: on standard error, as `SOCLE_LOG` asks. By default those of a server; a command says in
/// French how it ended, and what of it failed.
fn log(command: &Command) {
    let usual = if matches!(command, Command::Demo(_) | Command::Serve(_)) { "warn" } else { "off" };
    let filter = tracing_subscriber::EnvFilter::try_from_env("SOCLE_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(usual));
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init();
}

async fn run(command: Command) -> Result<u8> {
    match command {
        Command::Demo(args) => serving::demo(args).await.map(|()| 0),
        Command::Serve(args) => serving::serve(args).await.map(|()| 0),
        Command::Import(args) => {
            let files = args.files.iter().map(|path| absolute(path)).collect::<Result<_>>()?;
            let job = Job::Import { place: args.place.clone(), dry_run: args.dry_run, files };
            let data = Data::new(args.data)?;
            let place = Place { finess: args.place, make: !args.dry_run };
            let kind = Kind::Import { dry_run: args.dry_run };
            let typed: Vec<(PathBuf, PathBuf)> =
                args.files.iter().filter_map(|path| Some((absolute(path).ok()?, path.clone()))).collect();
            let mut done = work(&data, job, &place, kind).await?;
            screen::rename_files(&mut done.report, &typed);
            screen::report(kind, args.json, &done);
            Ok(done.exit)
        }
        Command::Export(args) => {
            let format = match args.format {
                FormatArg::Ndjson => "ndjson",
                FormatArg::Bundle => "bundle",
                FormatArg::Tddui => "tddui",
            };
            let job = Job::Export(ExportJob {
                out: absolute(&args.out)?,
                format: format.to_owned(),
                person: args.person,
                max_level: args.max_level,
                purpose: args.purpose,
                reason: args.reason,
            });
            work_on(args.data, job, Kind::Export, args.json).await
        }
        Command::Audit { command: AuditCommand::Verify(args) } => {
            let checkpoint = args.checkpoint.as_deref().map(read).transpose()?;
            work_on(args.data, Job::Verify { checkpoint }, Kind::Verify, args.json).await
        }
        Command::Audit { command: AuditCommand::Checkpoint(args) } => {
            work_on(args.data, Job::Checkpoint, Kind::Checkpoint, args.json).await
        }
        Command::Audit { command: AuditCommand::Witness(args) } => witness::run(args).await,
        Command::Assets { command } => assets::run(command).await,
        Command::Downtime { command } => downtime::run(command).await,
        Command::Key { command } => key::run(command).await,
        Command::Account { command } => account::run(command).await,
        Command::Place { command } => place::run(command).await,
        Command::Policy { command } => policy::run(command).await,
        Command::Person { command } => upkeep::person(command).await,
        Command::Store { command } => upkeep::store(command).await,
        Command::Label(args) => label::run(&args),
        Command::Scale { command } => scale::run(command),
        Command::Bench(args) => bench::run(args).await,
        Command::Rules { command: RulesCommand::Check(args) } => rules::check(&args),
        Command::Rules { command: RulesCommand::Diff(args) } => diff(args).await,
        Command::Rules { command: RulesCommand::Apply(args) } => {
            work_on(args.data, Job::Relabel, Kind::Relabel, args.json).await
        }
        Command::Rules { command: RulesCommand::Rollback(args) } => rollback(args).await,
    }
}

/// Compares two sets of rules, and what they say of real data where some are named.
async fn diff(args: RulesDiffArgs) -> Result<u8> {
    let pair = rules::pair(&args)?;
    let store = match args.data() {
        None => None,
        Some(data) => {
            let place = Place { finess: None, make: false };
            Some(work(&Data::new(data)?, pair.job(), &place, Kind::Compare).await?.report)
        }
    };
    rules::report(&pair.rules, store.as_ref(), args.json);
    Ok(0)
}

/// Shows, asks for or approves that labels be put back.
async fn rollback(args: RulesRollbackArgs) -> Result<u8> {
    let who = match args.login {
        None => None,
        Some(login) => Some(Proof { password: screen::password(&login)?, login }),
    };
    let kind = Kind::Rollback { asks: who.is_some() && !args.approve, approves: args.approve };
    let reason = args.reason.unwrap_or_default();
    let job = Job::Rollback(RollbackJob { rules: args.version, who, approve: args.approve, reason });
    work_on(args.data, job, kind, args.json).await
}

/// The place a command needs, and whether it may make the store.
struct Place {
    finess: Option<String>,
    make: bool,
}

async fn work_on(data: DataArgs, job: Job, kind: Kind, json: bool) -> Result<u8> {
    let done = work(&Data::new(data)?, job, &Place { finess: None, make: false }, kind).await?;
    screen::report(kind, json, &done);
    Ok(done.exit)
}

/// Does a job in the server that holds the data, or here under the lock.
async fn work(data: &Data, job: Job, place: &Place, kind: Kind) -> Result<Done> {
    if let Some(finess) = &place.finess {
        opening::check_finess(finess)?;
    }
    let bar = Bar::new(matches!(kind, Kind::Import { .. }));
    let step = |at: Step| bar.step(at);
    let done = match data.dir().and_then(control::Server::of) {
        Some(server) => data.named_key_fits().and_then(|()| server.ask(&job, &step)),
        None if kind.is_trial() && data.is_absent() => {
            let scratch = scratch::Scratch::new()?;
            let store = scratch.open().await?;
            let app = opening::operator(store, place.finess.as_deref(), opening::Make::Trial).await?;
            jobs::run(&app, job, &step).await
        }
        None => here(data, job, place, &step).await,
    };
    bar.end();
    done
}

/// Does a job under the lock. Of a command that makes the store and then comes to nothing, nothing is left.
async fn here(data: &Data, job: Job, place: &Place, step: jobs::OnStep<'_>) -> Result<Done> {
    let before = begun::Before::new(data, place.make);
    let store = data.open(place.make).await?;
    let begun = before.begun(&store).await?;
    let make = if place.make { opening::Make::Place } else { opening::Make::Nothing };
    let app = opening::operator(store, place.finess.as_deref(), make).await?;
    let done = jobs::run(&app, job, step).await;
    leave(&app).await;
    let done = done?;
    if done.exit != failure::UNREADABLE {
        begun.keep();
    }
    Ok(done)
}

/// Leaves the data as a server does that stops: the log in order, and files that are whole by themselves.
async fn leave(app: &app::App) {
    if let Err(error) = app::audit::sequence(app).await {
        screen::say(&format!(
            "Le journal n'a pas pu être mis en ordre, la prochaine ouverture le fera : {}",
            why(error)
        ));
    }
    if let Err(error) = app.store().fold().await {
        screen::say(&format!("Les journaux des bases restent à côté d'elles, rien n'est perdu : {}", why(error)));
    }
}

/// What failed, in French.
fn why(error: impl Into<Failure>) -> String {
    error.into().text
}

/// The server may run in another folder than this command.
fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).map_err(|e| Failure::file(path, &e))
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|e| Failure::file(path, &e))
}
