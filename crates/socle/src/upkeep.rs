//! `socle person` and `socle store`: what the operator of the machine does to a whole record, or to the whole store.

use crate::args::{DataArgs, TEMPLATE};
use crate::failure::{Failure, Result};
use crate::jobs::{Done, Job, done, request};
use crate::opening::Data;
use crate::screen::{self, Kind, count, several};
use app::App;
use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Debug, Subcommand)]
pub(crate) enum PersonCommand {
    /// Compte ce que l'effacement d'une personne emporterait ; avec --items, l'efface pour toujours.
    #[command(help_template = TEMPLATE, next_help_heading = "Options")]
    Erase(PersonEraseArgs),
}

#[derive(Debug, Args)]
pub(crate) struct PersonEraseArgs {
    #[command(flatten)]
    data: DataArgs,
    /// Identifiant de la ressource Patient.
    #[arg(long, value_name = "ID")]
    person: String,
    /// Motif, gardé dans le journal d'accès : qui a décidé, quand ; sans nommer la personne.
    #[arg(long, value_name = "TEXTE")]
    reason: String,
    /// Efface : nombre d'éléments que le décompte vient de donner ; s'il a changé, rien n'est effacé.
    #[arg(long, value_name = "N")]
    items: Option<i64>,
    /// Écrit le compte rendu en JSON.
    #[arg(long)]
    json: bool,
}

/// A job, as it travels on the control socket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum UpkeepJob {
    /// Without a number of items: only count.
    Erase { person: String, reason: String, items: Option<i64> },
}

pub(crate) async fn person(command: PersonCommand) -> Result<u8> {
    let PersonCommand::Erase(PersonEraseArgs { data, person, reason, items, json }) = command;
    ask(data, UpkeepJob::Erase { person, reason, items }, json).await
}

async fn ask(data: DataArgs, job: UpkeepJob, json: bool) -> Result<u8> {
    let place = crate::Place { finess: None, make: false };
    let done = crate::work(&Data::new(data)?, Job::Upkeep(job.clone()), &place, Kind::Verify).await?;
    if json {
        screen::print(&done.report.to_string())
    } else {
        show(&job, &done.report)
    }
    Ok(done.exit)
}

/// Does a job: here, or in the server that holds the store.
pub(crate) async fn work(app: &App, job: UpkeepJob) -> Result<Done> {
    match job {
        UpkeepJob::Erase { person, reason, items } => erase(app, &person, &reason, items).await,
    }
}

async fn erase(app: &App, person: &str, reason: &str, items: Option<i64>) -> Result<Done> {
    let (request, nobody) = (request(), || Failure::new(1, "Personne ici n'a cet identifiant."));
    let Some(items) = items else {
        return done(0, &app::erasure::plan(app, &request, person, reason).await?.ok_or_else(nobody)?);
    };
    let erased = app::erasure::run(app, &request, person, items, reason).await.map_err(|error| match error {
        app::Error::Store(store::Error::Absent) => nobody(),
        app::Error::Store(store::Error::Conflict(_)) => {
            Failure::new(1, "Le dossier a changé depuis le décompte : rien n'est effacé. Comptez de nouveau.")
        }
        error => error.into(),
    })?;
    done(0, &erased)
}

fn show(job: &UpkeepJob, report: &Value) {
    match job {
        UpkeepJob::Erase { items, .. } => erased(report, items.is_some()),
    }
}

fn erased(report: &Value, over: bool) {
    screen::print(&format!(
        "{} : {} · {} · {}",
        if over { "Effacé pour toujours" } else { "À effacer" },
        several(count(report, "items"), "élément", "éléments"),
        several(count(report, "versions"), "ancienne version", "anciennes versions"),
        several(count(report, "drafts"), "brouillon", "brouillons"),
    ));
    let mentions = count(report, "mentions");
    if mentions > 0 {
        let (one, many) =
            ("élément d'un autre dossier en parle et reste", "éléments d'autres dossiers en parlent et restent");
        screen::say(&format!("{} : à relire.", several(mentions, one, many)));
    }
    if over {
        screen::say(
            "Une copie d'avant ne rendra rien, tant que le registre des effacements, à côté de la clé racine, est gardé.",
        );
    } else {
        let items = count(report, "items");
        screen::say(&format!("Rien n'est effacé. Pour effacer, la même commande avec --items {items}"));
    }
}
