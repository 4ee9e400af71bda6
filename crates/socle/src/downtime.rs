//! `socle downtime`: the pack of each unit, for the day nothing answers; it opens without the server.

use crate::args::{DataArgs, TEMPLATE};
use crate::failure::{Failure, LOCKED, Result, UNREADABLE, USAGE};
use crate::jobs::Job;
use crate::opening::Data;
use crate::screen::{self, Kind, count, list, several, text};
use crate::upkeep::UpkeepJob;
use app::downtime::pack::{self, Closed, Passphrase, SHORTEST, Wish};
use clap::{Args, Subcommand};
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

#[derive(Debug, Subcommand)]
pub(crate) enum DowntimeCommand {
    /// Écrit le dossier de secours chiffré de chaque unité, à la place de celui de la veille : à lancer chaque jour.
    #[command(help_template = TEMPLATE, next_help_heading = "Options")]
    Write(WriteArgs),
    /// Ouvre un dossier de secours sans serveur ni réseau, en une page HTML à imprimer.
    #[command(help_template = TEMPLATE, next_help_heading = "Options")]
    Open(OpenArgs),
}

#[derive(Debug, Args)]
pub(crate) struct WriteArgs {
    #[command(flatten)]
    data: DataArgs,
    /// Dossier où écrire, à copier sur deux postes au moins.
    #[arg(long, value_name = "DOSSIER")]
    to: PathBuf,
    /// Fichier de la phrase de passe, d'au moins 16 caractères, lisible par vous seul (chmod 600) ; sinon elle est lue sur le terminal, ou sur l'entrée standard.
    #[arg(long, value_name = "FICHIER")]
    passphrase_file: Option<PathBuf>,
    /// Écrit le compte rendu en JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct OpenArgs {
    /// Le dossier de secours.
    #[arg(value_name = "FICHIER", help_heading = "Arguments")]
    file: PathBuf,
    /// Page HTML à écrire, lisible par vous seul ; rien n'est écrasé.
    #[arg(long, value_name = "PAGE")]
    out: PathBuf,
    /// Fichier de la phrase de passe ; sinon elle est lue sur le terminal, ou sur l'entrée standard.
    #[arg(long, value_name = "FICHIER")]
    passphrase_file: Option<PathBuf>,
}

pub(crate) async fn run(command: DowntimeCommand) -> Result<u8> {
    match command {
        DowntimeCommand::Write(args) => write(args).await,
        DowntimeCommand::Open(args) => open(&args),
    }
}

fn passphrase(file: Option<&Path>) -> Result<Passphrase> {
    let typed = match file {
        Some(file) => std::fs::read_to_string(file).map_err(|e| Failure::file(file, &e))?,
        None => screen::password("secours")?,
    };
    Passphrase::parse(&typed)
        .ok_or_else(|| Failure::new(USAGE, format!("Phrase de passe trop courte : {SHORTEST} caractères au moins.")))
}

/// A passphrase that is kept is not everybody's to read.
fn own(file: &Path) -> Result<()> {
    let mode = std::fs::metadata(file).map_err(|e| Failure::file(file, &e))?.permissions().mode();
    // A group may be whoever hands secrets over; everybody is nobody's choice.
    if mode & 0o007 == 0 {
        return Ok(());
    }
    let text = format!(
        "{} : cette phrase de passe est lisible par d'autres : donnez à ce fichier le mode 600 (chmod 600).",
        file.display()
    );
    Err(Failure::new(LOCKED, text))
}

async fn write(args: WriteArgs) -> Result<u8> {
    args.passphrase_file.as_deref().map_or(Ok(()), own)?;
    let passphrase = passphrase(args.passphrase_file.as_deref())?;
    let wish = Wish { to: crate::absolute(&args.to)?, passphrase };
    let place = crate::Place { finess: None, make: false };
    let done = crate::work(&Data::new(args.data)?, Job::Upkeep(UpkeepJob::Packs(wish)), &place, Kind::Verify).await?;
    if args.json {
        screen::print(&done.report.to_string());
        return Ok(done.exit);
    }
    for one in list(&done.report, "packs") {
        screen::print(&format!("{} : {}", text(one, "file"), several(count(one, "persons"), "personne", "personnes")));
    }
    screen::say("Copiez ces fichiers sur deux postes capables de démarrer sans réseau, avec le programme socle.");
    Ok(done.exit)
}

fn open(args: &OpenArgs) -> Result<u8> {
    let bytes = std::fs::read(&args.file).map_err(|e| Failure::file(&args.file, &e))?;
    let passphrase = passphrase(args.passphrase_file.as_deref())?;
    let page = pack::open(&passphrase, &bytes)?.map_err(|closed| match closed {
        Closed::NotOurs => {
            Failure::new(UNREADABLE, format!("{} : ce n'est pas un dossier de secours.", args.file.display()))
        }
        Closed::Passphrase => Failure::new(
            UNREADABLE,
            "La phrase de passe n'est pas la bonne, ou le fichier est abîmé : prenez la copie de l'autre poste.",
        ),
    })?;
    let failed = |e: std::io::Error| Failure::file(&args.out, &e);
    let mut file =
        std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&args.out).map_err(failed)?;
    file.write_all(page.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
    screen::say(&format!("Ouvert dans {} : imprimez ce qu'il faut, puis effacez ce fichier.", args.out.display()));
    Ok(0)
}
