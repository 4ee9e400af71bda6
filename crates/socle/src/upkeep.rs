//! `socle person` and `socle store`: what the operator of the machine does to a whole record, or to the whole store.

use crate::args::{DataArgs, TEMPLATE};
use crate::failure::{Failure, INTEGRITY, Result, USAGE};
use crate::jobs::{Done, Job, OnStep, Proof, Step, done, request};
use crate::opening::Data;
use crate::screen::{self, Kind, count, list, several, text};
use app::App;
use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Debug, Subcommand)]
pub(crate) enum PersonCommand {
    /// Compte ce que l'effacement d'une personne emporterait ; une personne le demande (--items), une autre l'approuve : effacé pour toujours.
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
    /// Compte de qui demande, ou approuve ; son mot de passe est lu sur le terminal, ou sur l'entrée standard.
    #[arg(long = "as", value_name = "IDENTIFIANT")]
    login: Option<String>,
    /// Demande l'effacement : nombre d'éléments que le décompte vient de donner ; s'il a changé, rien n'est demandé.
    #[arg(long, value_name = "N", requires = "login", requires = "reason", conflicts_with = "approve")]
    items: Option<i64>,
    /// Motif, gardé dans le journal d'accès : qui a décidé, quand ; sans nommer la personne.
    #[arg(long, value_name = "TEXTE", requires = "items")]
    reason: Option<String>,
    /// Approuve la demande d'une autre personne, de moins d'une semaine, et efface pour toujours.
    #[arg(long, requires = "login")]
    approve: bool,
    /// Écrit le compte rendu en JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum StoreCommand {
    /// Parcourt fichiers, clés, éléments, index et journal, et dit ce qui est abîmé et où ; ne change rien.
    #[command(help_template = TEMPLATE, next_help_heading = "Options")]
    Check(StoreCheckArgs),
    /// Copie les données, pendant qu'elles servent, dans un dossier daté ; relit la copie et essaie d'effacer la précédente.
    Backup(crate::backup::BackupArgs),
    /// Exercice : restaure une copie à part, relit tout, mesure le temps, et garde le résultat comme preuve.
    Drill(crate::backup::DrillArgs),
}

#[derive(Debug, Args)]
pub(crate) struct StoreCheckArgs {
    #[command(flatten)]
    data: DataArgs,
    /// Écrit le compte rendu en JSON.
    #[arg(long)]
    json: bool,
}

/// A job, as it travels on the control socket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum UpkeepJob {
    /// Without anybody's name: only count. With a number of items: ask; without: approve.
    Erase {
        person: String,
        who: Option<Proof>,
        items: Option<i64>,
        reason: String,
    },
    Check,
    Save(app::backup::Wish),
    Drilled(app::backup::Drill),
    Witness(app::witness::Wish),
    Packs(app::downtime::pack::Wish),
    RotateKeys,
    Reclose,
    ChangeIndexKey,
}

pub(crate) async fn person(command: PersonCommand) -> Result<u8> {
    let PersonCommand::Erase(PersonEraseArgs { data, person, login, items, reason, approve, json }) = command;
    if login.is_some() && items.is_none() && !approve {
        return Err(Failure::new(
            USAGE,
            "Dites ce que vous faites : --items N --reason TEXTE pour demander, ou --approve.",
        ));
    }
    let who = match login {
        None => None,
        Some(login) => Some(Proof { password: screen::password(&login)?, login }),
    };
    ask(data, UpkeepJob::Erase { person, who, items, reason: reason.unwrap_or_default() }, json).await
}

pub(crate) async fn store(command: StoreCommand) -> Result<u8> {
    match command {
        StoreCommand::Check(StoreCheckArgs { data, json }) => ask(data, UpkeepJob::Check, json).await,
        StoreCommand::Backup(args) => crate::backup::backup(args).await,
        StoreCommand::Drill(args) => crate::backup::drill(args).await,
    }
}

/// Changes keys, in one of the ways there are.
pub(crate) async fn ask(data: DataArgs, job: UpkeepJob, json: bool) -> Result<u8> {
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
pub(crate) async fn work(app: &App, job: UpkeepJob, step: OnStep<'_>) -> Result<Done> {
    match job {
        UpkeepJob::Erase { person, who: None, .. } => {
            done(0, &app::erasure::plan(app, &request(), &person).await?.ok_or_else(nobody)?)
        }
        UpkeepJob::Erase { person, who: Some(who), items, reason } => erase(app, &person, &who, items, &reason).await,
        UpkeepJob::Check => {
            let told = |resources| step(Step { done: resources, total: 0, resources });
            let check = app::check::run(app, &request(), &told).await?;
            done(if check.findings.is_empty() { 0 } else { INTEGRITY }, &check)
        }
        UpkeepJob::Save(wish) => done(0, &app::backup::save(app, &request(), wish).await?),
        UpkeepJob::Witness(wish) => done(0, &app::witness::write(app, &request(), &wish).await?),
        UpkeepJob::Packs(wish) => {
            let packs = server::write_packs(app, &request(), &wish).await?;
            let told = packs.iter().map(|pack| json!({ "file": pack.file, "persons": pack.persons }));
            done(0, &json!({ "packs": told.collect::<Vec<_>>() }))
        }
        UpkeepJob::Drilled(drill) => {
            app::backup::drilled(app, &request(), &drill).await?;
            done(0, &drill)
        }
        UpkeepJob::ChangeIndexKey => done(0, &json!({ "begun": app::keys::change_index(app, &request()).await? })),
        UpkeepJob::RotateKeys => {
            let told = |keys| step(Step { done: keys, total: 0, resources: keys });
            let rotation = app::keys::rotate(app, &request(), &told).await?;
            done(if rotation.unreadable == 0 { 0 } else { INTEGRITY }, &rotation)
        }
        UpkeepJob::Reclose => {
            let told = |rows| step(Step { done: rows, total: 0, resources: rows });
            let closed = app::keys::reclose(app, &request(), &told).await?;
            done(if closed.unreadable == 0 { 0 } else { INTEGRITY }, &closed)
        }
    }
}

fn nobody() -> Failure {
    Failure::new(1, "Personne ici n'a cet identifiant.")
}

async fn erase(app: &App, person: &str, who: &Proof, items: Option<i64>, reason: &str) -> Result<Done> {
    let (request, who) = (request(), (who.login.as_str(), who.password.as_str()));
    let decided = match items {
        Some(items) => app::erasure::ask(app, &request, (person, items), who, reason).await,
        None => app::erasure::approve(app, &request, person, who).await,
    };
    let decided = decided.map_err(|error| match error {
        app::Error::Store(store::Error::Absent) if items.is_some() => nobody(),
        app::Error::Store(store::Error::Absent) => {
            Failure::new(1, "Personne n'a demandé cet effacement, ou il y a plus d'une semaine.")
        }
        app::Error::Store(store::Error::Conflict(_)) => Failure::new(
            1,
            "Le dossier a changé depuis le décompte : rien n'est effacé. Comptez et demandez de nouveau.",
        ),
        error => error.into(),
    })?;
    done(0, &decided)
}

fn show(job: &UpkeepJob, report: &Value) {
    match job {
        UpkeepJob::Erase { .. } => erased(report),
        UpkeepJob::Check => checked(report),
        // Their commands say it themselves.
        UpkeepJob::Save(_) | UpkeepJob::Drilled(_) | UpkeepJob::Witness(_) | UpkeepJob::Packs(_) => {}
        UpkeepJob::RotateKeys => rotated(report),
        UpkeepJob::Reclose => screen::print(&format!(
            "Contenus refermés par la clé en usage : {} sur {} ; {} ne s'ouvrent pas.",
            count(report, "closed"),
            count(report, "looked"),
            count(report, "unreadable")
        )),
        UpkeepJob::ChangeIndexKey if report.get("begun") == Some(&Value::Bool(true)) => {
            screen::print("La clé des recherches change : le serveur le fait peu à peu, dès qu'il est en marche.");
        }
        UpkeepJob::ChangeIndexKey => {
            screen::print("Un changement est déjà en cours, ou la réindexation n'est pas finie.")
        }
    }
}

fn erased(report: &Value) {
    let over = report.get("erased") == Some(&Value::Bool(true));
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
    match report.get("asked").filter(|asked| !asked.is_null()) {
        _ if over => screen::say(
            "Une copie d'avant ne rendra rien, tant que le registre des effacements, à côté de la clé racine, est gardé. Pour qu'aucune copie ancienne des clés ne s'ouvre plus du tout : socle key rotate --root",
        ),
        Some(asked) => screen::say(&format!(
            "Demandé par {} pour {} : {}. Rien n'est effacé tant qu'une autre personne n'a pas approuvé, dans la semaine : la même commande avec --as et --approve.",
            text(asked, "by"),
            several(count(asked, "items"), "élément", "éléments"),
            text(asked, "reason"),
        )),
        None => screen::say(&format!(
            "Rien n'est effacé. Pour le demander, la même commande avec --as, --reason et --items {}",
            count(report, "items")
        )),
    }
}

fn rotated(report: &Value) {
    screen::print(&format!(
        "Clés changées : {} · {} · {}.",
        several(count(report, "renewed"), "clé de contenu en usage", "clés de contenu en usage"),
        several(count(report, "wrapped"), "clé enveloppée de nouveau", "clés enveloppées de nouveau"),
        several(count(report, "swept"), "clé inutile retirée", "clés inutiles retirées"),
    ));
    let unreadable = count(report, "unreadable");
    if unreadable > 0 {
        screen::say(&format!(
            "Clés qui ne s'ouvrent pas : {unreadable}. L'ancienne enveloppe reste. Pour les nommer : socle store check"
        ));
    }
}

fn checked(report: &Value) {
    for finding in list(report, "findings") {
        screen::say(&format!("constat : {}", text(finding, "text")));
    }
    if report.get("more").and_then(Value::as_bool) == Some(true) {
        screen::say("… et d'autres encore.");
    }
    let otherwise = count(report, "indexed_otherwise");
    if otherwise > 0 {
        screen::say(&format!("Indexés par une autre version du programme : {otherwise}. Ce n'est pas un défaut."));
    }
    screen::print(&format!(
        "{} · {} · {} · {} : {}",
        several(count(report, "items"), "élément", "éléments"),
        several(count(report, "versions"), "ancienne version", "anciennes versions"),
        several(count(report, "keys"), "clé", "clés"),
        several(count(report, "entries"), "entrée du journal", "entrées du journal"),
        match list(report, "findings").len() {
            0 => "rien n'est abîmé.".to_owned(),
            n => format!("{}.", several(n as u64, "constat", "constats")),
        },
    ));
}
