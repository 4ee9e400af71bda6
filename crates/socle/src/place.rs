//! `socle place`: how establishments are called and what they are, said on the machine itself.

use crate::args::{DataArgs, TEMPLATE};
use crate::failure::{FINDINGS, Failure, Result, USAGE};
use crate::jobs::{Done, Job, done, request};
use crate::opening::{self, Data};
use crate::screen::{self, Kind, list, several, text};
use app::places::{self, Said, Unfit};
use app::{App, Cx, Origin};
use clap::{Args, Subcommand};
use confidentiality::{Level, PlaceProfile, Purpose};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Debug, Subcommand)]
pub(crate) enum PlaceCommand {
    /// Liste les établissements : numéro FINESS, nom, type.
    #[command(help_template = TEMPLATE, next_help_heading = "Options")]
    List(ListArgs),
    /// Ajoute un établissement.
    #[command(help_template = TEMPLATE, next_help_heading = "Options")]
    Add(AddArgs),
    /// Change le nom d'un établissement, ou son type : le type décide tout de suite de qui lit quoi.
    #[command(help_template = TEMPLATE, next_help_heading = "Options")]
    Set(SetArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    data: DataArgs,
    /// Écrit un document JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct AddArgs {
    #[command(flatten)]
    data: DataArgs,
    /// Numéro FINESS de l'établissement.
    #[arg(long, value_name = "FINESS")]
    finess: String,
    /// Nom, comme les écrans le montrent.
    #[arg(long, value_name = "TEXTE")]
    name: String,
    /// Type : ehpad, ime, csapa, mecs, mas, fam, chrs, saad, ou other si ce n'est aucun de ceux-là.
    #[arg(long = "type", value_name = "TYPE")]
    profile: String,
}

#[derive(Debug, Args)]
pub(crate) struct SetArgs {
    #[command(flatten)]
    data: DataArgs,
    /// Numéro FINESS de l'établissement.
    #[arg(long, value_name = "FINESS")]
    finess: String,
    /// Nouveau nom.
    #[arg(long, value_name = "TEXTE", required_unless_present = "profile")]
    name: Option<String>,
    /// Nouveau type : ehpad, ime, csapa, mecs, mas, fam, chrs, saad, ou other si ce n'est aucun de ceux-là.
    #[arg(long = "type", value_name = "TYPE")]
    profile: Option<String>,
}

/// A job, as it travels on the control socket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PlaceJob {
    List,
    Add { finess: String, name: String, profile: PlaceProfile },
    Set { finess: String, name: Option<String>, profile: Option<PlaceProfile> },
}

pub(crate) async fn run(command: PlaceCommand) -> Result<u8> {
    match command {
        PlaceCommand::List(ListArgs { data, json }) => {
            let done = ask(&Data::new(data)?, PlaceJob::List, None).await?;
            if json {
                screen::print(&done.report.to_string());
            } else {
                show(&done.report);
            }
            Ok(done.exit)
        }
        PlaceCommand::Add(AddArgs { data, finess, name, profile }) => {
            opening::check_finess(&finess)?;
            let (data, profile) = (Data::new(data)?, kind(&profile)?);
            // In a folder that is not there yet, it is the first one.
            let first = (data.dir().is_none() || data.is_absent()).then(|| finess.clone());
            let done = ask(&data, PlaceJob::Add { finess: finess.clone(), name, profile }, first).await?;
            screen::say(&format!("Établissement ajouté : {finess}, {}.", profile.french()));
            Ok(done.exit)
        }
        PlaceCommand::Set(SetArgs { data, finess, name, profile }) => {
            opening::check_finess(&finess)?;
            let profile = profile.as_deref().map(kind).transpose()?;
            let job = PlaceJob::Set { finess: finess.clone(), name, profile };
            let done = ask(&Data::new(data)?, job, None).await?;
            screen::say(&match profile {
                Some(_) => format!("C'est enregistré : {finess}. Qui lit quoi suit dès maintenant."),
                None => format!("C'est enregistré : {finess}."),
            });
            Ok(done.exit)
        }
    }
}

/// A kind that is known; else those that are.
fn kind(typed: &str) -> Result<PlaceProfile> {
    PlaceProfile::find(typed).ok_or_else(|| {
        let all = PlaceProfile::ALL.map(|one| format!("  {} : {}", one.code(), one.french()));
        Failure::new(
            USAGE,
            format!("Type d'établissement inconnu : « {typed} ». Ceux qui sont connus :\n{}", all.join("\n")),
        )
    })
}

async fn ask(data: &Data, job: PlaceJob, first: Option<String>) -> Result<Done> {
    let place = crate::Place { make: first.is_some(), finess: first };
    crate::work(data, Job::Place(job), &place, Kind::Verify).await
}

/// Does it, here or in the server that holds the store.
pub(crate) async fn work(app: &App, job: PlaceJob) -> Result<Done> {
    let origin = Origin { request: request(), ..Origin::default() };
    let cx = Cx::operator(app, None, Level::VerySensitive, Purpose::Api, origin);
    match job {
        PlaceJob::List => done(0, &json!({ "places": app.places().iter().map(row).collect::<Vec<_>>() })),
        PlaceJob::Add { finess, name, profile } => {
            let said = Said { name: Some(&name), profile: Some(profile) };
            places::add(&cx, &finess, said).await?.map_err(refusal)?;
            done(0, &json!({}))
        }
        PlaceJob::Set { finess, name, profile } => {
            let unknown =
                || Failure::new(FINDINGS, format!("L'établissement {finess} n'est pas connu de ces données."));
            let place = app.place(&finess).ok_or_else(unknown)?;
            places::describe(&cx, &place, Said { name: name.as_deref(), profile }).await?.map_err(refusal)?;
            done(0, &json!({}))
        }
    }
}

fn refusal(unfit: Unfit) -> Failure {
    match unfit {
        Unfit::Nameless => Failure::new(USAGE, "Un établissement a un nom, de 200 caractères au plus."),
        Unfit::Known => Failure::new(FINDINGS, "Cet établissement est déjà décrit : socle place set le corrige."),
        Unfit::Beyond => Failure::new(FINDINGS, "Cet établissement ne se décrit pas ainsi."),
    }
}

/// As `--json` prints it: no type as long as nobody has said it.
fn row(place: &app::PlaceRow) -> Value {
    let profile = place.told.then(|| place.profile.code());
    json!({ "finess": place.finess, "name": place.name, "type": profile })
}

fn show(report: &Value) {
    let all = list(report, "places");
    for place in all {
        let profile = PlaceProfile::find(text(place, "type")).map_or("type pas encore dit", PlaceProfile::french);
        screen::print(&format!("{} · {} · {profile}", text(place, "finess"), text(place, "name")));
    }
    screen::say(&several(all.len() as u64, "établissement", "établissements"));
}
