//! `socle assets`: files of other programs into the estate, what is still supported out of it.

use crate::args::{DataArgs, TEMPLATE};
use crate::failure::{Failure, Result, UNREADABLE};
use crate::jobs::{Done, Job, OnStep, Step, done, request};
use crate::screen::{self, Kind};
use app::assets;
use app::{App, Cx, Origin};
use clap::{Args, Subcommand};
use confidentiality::{Level, Purpose};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::PathBuf;

/// Lines shown one by one; `--json` has them all.
const SHOWN: usize = 40;

#[derive(Debug, Subcommand)]
pub(crate) enum AssetsCommand {
    /// Importe des fichiers d'autres programmes : GLPI, OCS, WSUS, nmap, osquery, CycloneDX, annuaire, personnel.
    #[command(help_template = TEMPLATE, next_help_heading = "Options")]
    Import(AssetsImportArgs),
    /// Liste les imports.
    #[command(help_template = TEMPLATE, next_help_heading = "Options")]
    Imports(AssetsImportsArgs),
    /// Annule un import : le parc redevient ce qu'il serait sans lui.
    #[command(help_template = TEMPLATE, next_help_heading = "Options")]
    Undo(AssetsUndoArgs),
    /// Dit de chaque machine si son système est encore maintenu.
    #[command(help_template = TEMPLATE, next_help_heading = "Options")]
    Report(AssetsReportArgs),
    /// Dit où en est la maison : chiffres, mesures et preuves.
    #[command(help_template = TEMPLATE, next_help_heading = "Options")]
    Measures(AssetsImportsArgs),
    /// Fins de support.
    #[command(subcommand, help_template = TEMPLATE)]
    Facts(FactsCommand),
}

#[derive(Debug, Subcommand)]
pub(crate) enum FactsCommand {
    /// Charge le fichier complet de la communauté (endoflife.date, JSON) : ses dates passent avant celles de Socle.
    #[command(help_template = TEMPLATE, next_help_heading = "Options")]
    Import(FactsImportArgs),
}

#[derive(Debug, Args)]
pub(crate) struct FactsImportArgs {
    #[command(flatten)]
    data: DataArgs,
    /// Écrit le compte rendu en JSON.
    #[arg(long)]
    json: bool,
    /// Le fichier, un objet JSON par produit.
    #[arg(value_name = "FICHIER", help_heading = "Arguments")]
    file: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct AssetsImportArgs {
    #[command(flatten)]
    data: DataArgs,
    /// Dit ce qui se passerait, sans rien écrire.
    #[arg(long)]
    dry_run: bool,
    /// Écrit le compte rendu en JSON.
    #[arg(long)]
    json: bool,
    /// Fichiers, ou dossiers de fichiers ; le format se reconnaît au contenu.
    #[arg(value_name = "FICHIER", required = true, help_heading = "Arguments")]
    files: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct AssetsImportsArgs {
    #[command(flatten)]
    data: DataArgs,
    /// Écrit la liste en JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct AssetsUndoArgs {
    #[command(flatten)]
    data: DataArgs,
    /// Écrit le compte rendu en JSON.
    #[arg(long)]
    json: bool,
    /// Numéro de l'import.
    #[arg(value_name = "NUMÉRO", help_heading = "Arguments")]
    import: i64,
}

#[derive(Debug, Args)]
pub(crate) struct AssetsReportArgs {
    #[command(flatten)]
    data: DataArgs,
    /// Jour pour lequel on juge ; par défaut, aujourd'hui.
    #[arg(long, value_name = "AAAA-MM-JJ")]
    at: Option<jiff::civil::Date>,
    /// Juge aussi les logiciels de chaque machine.
    #[arg(long)]
    software: bool,
    /// Écrit le rapport en JSON.
    #[arg(long)]
    json: bool,
}

/// A job about the estate, as it travels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AssetsJob {
    Import { dry_run: bool, files: Vec<PathBuf> },
    Imports,
    Undo { import: i64 },
    Report { at: Option<jiff::civil::Date>, software: bool },
    Measures,
    Facts { file: PathBuf },
}

/// Runs a command.
pub(crate) async fn run(command: AssetsCommand) -> Result<u8> {
    let (data, job, json) = match command {
        AssetsCommand::Import(args) => {
            let files = args.files.iter().map(|path| crate::absolute(path)).collect::<Result<_>>()?;
            (args.data, AssetsJob::Import { dry_run: args.dry_run, files }, args.json)
        }
        AssetsCommand::Imports(args) => (args.data, AssetsJob::Imports, args.json),
        AssetsCommand::Undo(args) => (args.data, AssetsJob::Undo { import: args.import }, args.json),
        AssetsCommand::Report(args) => {
            let AssetsReportArgs { data, at, software, json } = args;
            (data, AssetsJob::Report { at, software }, json)
        }
        AssetsCommand::Measures(args) => (args.data, AssetsJob::Measures, args.json),
        AssetsCommand::Facts(FactsCommand::Import(args)) => {
            (args.data, AssetsJob::Facts { file: crate::absolute(&args.file)? }, args.json)
        }
    };
    let trial = matches!(job, AssetsJob::Import { dry_run: true, .. });
    let make = matches!(job, AssetsJob::Import { dry_run: false, .. });
    let place = crate::Place { finess: None, make };
    let done = crate::work(&crate::Data::new(data)?, Job::Assets(job.clone()), &place, Kind::Assets { trial }).await?;
    if json {
        screen::print(&done.report.to_string());
    } else {
        show(&job, &done.report);
    }
    Ok(done.exit)
}

/// Does the job where the data are.
pub(crate) async fn work(app: &App, job: AssetsJob, step: OnStep<'_>) -> Result<Done> {
    let origin = Origin { request: request(), reason: None, device: None };
    let cx = Cx::operator(app, None, Level::VerySensitive, Purpose::Api, origin);
    match job {
        AssetsJob::Import { dry_run, files } => {
            let opened = assets::files(&files)?;
            let total = opened.len() as u64;
            step(Step { done: total, total, resources: total });
            let outcome =
                if dry_run { assets::preview(&cx, opened).await? } else { assets::import(&cx, opened).await? };
            let exit = if outcome.is_unreadable() { UNREADABLE } else { u8::from(!outcome.is_clean()) };
            done(exit, &outcome)
        }
        AssetsJob::Imports => done(0, &json!({ "imports": listed(assets::imports(&cx).await?) })),
        AssetsJob::Undo { import } => {
            if !assets::undo(&cx, import).await? {
                return Err(Failure::new(1, format!("Il n'y a pas d'import n° {import}, ou il est déjà annulé.")));
            }
            done(0, &json!({ "undone": import }))
        }
        AssetsJob::Report { at, software } => {
            let at = at.unwrap_or_else(|| assets::today(&cx));
            done(0, &assets::report(&cx, at, software).await?)
        }
        AssetsJob::Measures => done(0, &app::measures::report(&cx).await?),
        AssetsJob::Facts { file } => crate::standing::load(&cx, &file).await,
    }
}

fn listed(imports: Vec<assets::Import>) -> Vec<Value> {
    let instant = |at: i64| jiff::Timestamp::from_microsecond(at).map(|at| at.to_string()).unwrap_or_default();
    let one = |import: assets::Import| {
        let undone = import.undone.map(|(at, _)| instant(at));
        json!({ "import": import.import, "at": instant(import.at), "file": import.file, "format": import.format.code(),
            "lines": import.lines, "undone": undone })
    };
    imports.into_iter().map(one).collect()
}

fn show(job: &AssetsJob, report: &Value) {
    match job {
        AssetsJob::Import { dry_run, .. } => imported(report, *dry_run),
        AssetsJob::Imports => {
            if screen::list(report, "imports").is_empty() {
                screen::say("Aucun import.");
            }
            for import in screen::list(report, "imports") {
                let [at, file, format] = ["at", "file", "format"].map(|key| screen::text(import, key));
                let (number, lines) = (screen::count(import, "import"), screen::count(import, "lines"));
                let undone = if screen::text(import, "undone").is_empty() { "" } else { " (annulé)" };
                screen::print(&format!("{number} · {at} · {file} · {format} · {lines} lignes{undone}"));
            }
        }
        AssetsJob::Undo { import } => screen::print(&format!("Import n° {import} annulé.")),
        AssetsJob::Report { .. } => {
            let machines = report.as_object();
            if machines.is_none_or(serde_json::Map::is_empty) {
                screen::say("Aucune machine connue : importez d'abord des fichiers (socle assets import).");
            }
            for (name, entry) in machines.into_iter().flatten() {
                reported(name, entry).iter().for_each(|line| screen::print(line));
            }
        }
        AssetsJob::Measures => crate::standing::show(report),
        AssetsJob::Facts { .. } => {
            let left_out = screen::list(report, "left_out").len();
            screen::print(&format!("{} produits chargés, {left_out} non compris.", screen::count(report, "products")));
        }
    }
}

/// What the report says of a machine, then of each of its programs, where it was asked for.
fn reported(name: &str, entry: &Value) -> Vec<String> {
    let programs = screen::list(entry, "software").iter().map(|program| {
        let [name, version] = ["name", "version"].map(|key| screen::text(program, key));
        let version = Some(version).filter(|version| !version.is_empty() && !name.contains(version));
        judged(&format!("  {name}{}", version.map(|version| format!(" {version}")).unwrap_or_default()), program)
    });
    std::iter::once(judged(name, entry)).chain(programs).collect()
}

fn judged(name: &str, entry: &Value) -> String {
    let verdict = domain::governance::obsolescence::Verdict::find(screen::text(entry, "verdict"));
    let verdict = verdict.map_or("", domain::governance::obsolescence::Verdict::label);
    let [product, cycle, eol] = ["product", "cycle", "eol"].map(|key| screen::text(entry, key));
    let known = [product, cycle].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    let known = if known.is_empty() { known } else { format!(" · {known}") };
    let end = if eol.is_empty() { String::new() } else { format!(" · fin {eol}") };
    format!("{name} : {verdict}{known}{end}")
}

fn imported(report: &Value, dry_run: bool) {
    for file in screen::list(report, "files") {
        let name = screen::text(file, "file");
        match screen::text(file, "status") {
            "refused" => screen::say(&format!("refus : {name} : {}", screen::text(file, "text"))),
            "skipped" => screen::say(&format!("laissé de côté : {name} : {}", screen::text(file, "text"))),
            "known" => screen::say(&format!("déjà là : {name}")),
            _ => lines(name, file),
        }
    }
    let [created, matched, unmatched] = ["created", "matched", "unmatched"].map(|key| screen::count(report, key));
    let end = if dry_run { " (essai : rien n'a été écrit)" } else { "" };
    screen::print(&format!("Lignes : {created} créées · {matched} rapprochées · {unmatched} non rapprochées{end}"));
}

fn lines(name: &str, file: &Value) {
    let import = screen::count(file, "import");
    let number = if import == 0 { String::new() } else { format!(", import n° {import}") };
    screen::say(&format!("{name} : {}{number}", screen::text(file, "format")));
    let lines = screen::list(file, "lines");
    for line in lines.iter().take(SHOWN) {
        let (at, about, why) = (screen::count(line, "line"), screen::text(line, "about"), screen::text(line, "text"));
        screen::say(&match screen::text(line, "fate") {
            "created" => format!("  ligne {at} : créé : {about}"),
            "matched" => format!("  ligne {at} : rapproché : {about}"),
            _ => format!("  ligne {at} : non rapproché : {why}"),
        });
    }
    if lines.len() > SHOWN {
        screen::say(&format!("  … et {} autres lignes : voir avec --json.", lines.len() - SHOWN));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_program_of_a_machine_is_shown_under_it_where_it_was_asked_for() {
        let system =
            json!({ "product": "windows", "cycle": "10-21h2-w", "eol": "2023-06-13", "verdict": "hors_support" });
        let [program, unknown] = [
            json!({ "name": "PHP", "version": "7.4.33", "product": "php", "cycle": "7.4", "verdict": "hors_support" }),
            json!({ "name": "Paie 3", "version": "3", "product": null, "cycle": null, "verdict": "inconnu" }),
        ];
        let ended = "Plus maintenu";
        let alone = reported("PC-1", &system);
        assert_eq!(alone, [format!("PC-1 : {ended} · windows 10-21h2-w · fin 2023-06-13")]);
        let mut machine = system;
        machine["software"] = json!([program, unknown]);
        let lines = reported("PC-1", &machine);
        assert_eq!(lines.first(), alone.first());
        assert_eq!(
            lines.get(1..),
            Some([format!("  PHP 7.4.33 : {ended} · php 7.4"), "  Paie 3 : Inconnu".into()].as_slice())
        );
    }
}
