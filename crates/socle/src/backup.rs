//! `socle store backup` and `socle store drill`: a copy of the data, and the proof that one can be restored.

use crate::args::{DataArgs, TEMPLATE};
use crate::failure::{Failure, INTEGRITY, Result};
use crate::jobs::{Job, request};
use crate::opening::{self, Data};
use crate::screen::{self, Kind, count, several, text};
use crate::upkeep::UpkeepJob;
use app::backup::{Drill, Wish};
use clap::Args;
use std::path::{Path, PathBuf};
use std::time::Instant;

#[derive(Debug, Args)]
#[command(help_template = TEMPLATE, next_help_heading = "Options")]
pub(crate) struct BackupArgs {
    #[command(flatten)]
    data: DataArgs,
    /// Dossier des copies, de préférence sur un autre support ; chaque copie y est un dossier daté.
    #[arg(long, value_name = "DOSSIER")]
    to: PathBuf,
    /// Nom du lieu, quand ces copies sont ailleurs que le serveur.
    #[arg(long, value_name = "LIEU")]
    site: Option<String>,
    /// Efface les copies de plus de tant de jours ; sans cette option, rien n'est effacé.
    #[arg(long, value_name = "JOURS", value_parser = clap::value_parser!(u32).range(1..))]
    keep_days: Option<u32>,
    /// Écrit le compte rendu en JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
#[command(help_template = TEMPLATE, next_help_heading = "Options")]
pub(crate) struct DrillArgs {
    #[command(flatten)]
    data: DataArgs,
    /// La copie à restaurer : un dossier daté de `socle store backup`. Elle n'est pas modifiée.
    #[arg(long, value_name = "DOSSIER")]
    copy: PathBuf,
    /// Écrit le compte rendu en JSON.
    #[arg(long)]
    json: bool,
}

/// Copies the data, while they serve or not.
pub(crate) async fn backup(args: BackupArgs) -> Result<u8> {
    let wish = Wish { to: crate::absolute(&args.to)?, site: args.site, keep_days: args.keep_days };
    let place = crate::Place { finess: None, make: false };
    let done = crate::work(&Data::new(args.data)?, Job::Upkeep(UpkeepJob::Save(wish)), &place, Kind::Verify).await?;
    if args.json {
        screen::print(&done.report.to_string());
        return Ok(done.exit);
    }
    let report = &done.report;
    screen::print(&format!("Copie faite et relue : {} ({} octets).", text(report, "folder"), count(report, "bytes")));
    match report.get("canary").and_then(serde_json::Value::as_bool) {
        Some(true) => screen::say("L'effacement du témoin de la copie précédente a été refusé : c'est ce qu'il faut."),
        Some(false) => screen::say(
            "Le témoin de la copie précédente a pu être effacé : un pirate effacerait aussi les copies. \
             Rendez ce dossier non effaçable par ce compte.",
        ),
        None => {}
    }
    let purged = screen::list(report, "purged").len();
    if purged > 0 {
        screen::say(&format!("Effacées pour leur âge : {}.", several(purged as u64, "copie", "copies")));
    }
    screen::say(
        "La clé racine et le registre des effacements n'y sont pas : gardez-les à part. \
         Pour prouver que la copie se restaure : socle store drill --copy, suivi du dossier de la copie.",
    );
    Ok(done.exit)
}

/// Restores a copy apart, reads it whole, and keeps the result as proof.
pub(crate) async fn drill(args: DrillArgs) -> Result<u8> {
    let data = Data::new(args.data)?;
    let drill = restore(&data, &args.copy).await?;
    let place = crate::Place { finess: None, make: false };
    let exit = if drill.findings == 0 { 0 } else { INTEGRITY };
    crate::work(&data, Job::Upkeep(UpkeepJob::Drilled(drill.clone())), &place, Kind::Verify).await?;
    if args.json {
        let report = serde_json::to_string(&drill).map_err(|e| Failure::new(1, e.to_string()))?;
        screen::print(&report);
        return Ok(exit);
    }
    let said = match drill.findings {
        0 => "tout se relit.".to_owned(),
        n => format!("{}. Cette copie ne suffirait pas.", several(n, "constat", "constats")),
    };
    screen::print(&format!(
        "Restauré et relu en {} s : {} · {} : {said}",
        drill.seconds,
        several(drill.items, "élément", "éléments"),
        several(drill.entries, "entrée du journal", "entrées du journal"),
    ));
    Ok(exit)
}

async fn restore(data: &Data, copy: &Path) -> Result<Drill> {
    let of = app::backup::made(copy).ok_or_else(|| {
        let said = format!("{} : ce n'est pas une copie finie de socle store backup.", copy.display());
        Failure::new(crate::failure::UNREADABLE, said)
    })?;
    let began = Instant::now();
    let scratch = opening::Scratch::new()?;
    for name in ["audit.db", "main.db", "keys.db"] {
        let from = copy.join(name);
        std::fs::copy(&from, scratch.path().join(name)).map_err(|e| Failure::file(&from, &e))?;
    }
    let read = read(data, &scratch).await;
    let (at, seconds) = (opening::clock()(), began.elapsed().as_secs());
    // What cannot even be opened is damage too.
    let (items, entries, findings) = read.unwrap_or((0, 0, 1));
    Ok(Drill { at, of, seconds, items, entries, findings })
}

/// Items and entries read, and what is damaged.
async fn read(data: &Data, scratch: &opening::Scratch) -> Result<(u64, u64, u64)> {
    let store = data.open_copy(scratch.path()).await?;
    let app = opening::operator(store, None, opening::Make::Nothing).await?;
    let check = app::check::run(&app, &request(), &|_| ()).await?;
    Ok((check.items + check.versions, check.entries, check.findings.len() as u64))
}
