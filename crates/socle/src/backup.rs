//! `socle store backup` and `socle store drill`: a copy of the data, and the proof that one can be restored.

use crate::args::{DataArgs, TEMPLATE};
use crate::failure::{Failure, INTEGRITY, LOCKED, Result, UNREADABLE, USAGE};
use crate::jobs::{Job, request};
use crate::opening::{self, Data};
use crate::scratch::{self, Scratch};
use crate::screen::{self, Kind, count, several, text};
use crate::upkeep::UpkeepJob;
use app::backup::{Cause, Drill, Wish};
use clap::Args;
use std::io::{ErrorKind, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// The files of a copy.
const FILES: [&str; 3] = ["audit.db", "main.db", "keys.db"];
/// What is told one by one of what a drill finds.
const TOLD: usize = 20;

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
    scratch::sweep();
    let wish = Wish { to: crate::absolute(&args.to)?, site: args.site, keep_days: args.keep_days };
    let place = crate::Place { finess: None, make: false };
    let data = Data::new(args.data)?;
    if data.dir().is_some_and(|dir| is_within(&wish.to, dir)) {
        return Err(Failure::new(
            USAGE,
            "Une copie dans le dossier des données se perdrait avec lui : donnez à --to un autre dossier, de préférence sur un autre support.",
        ));
    }
    let done = crate::work(&data, Job::Upkeep(UpkeepJob::Save(wish)), &place, Kind::Verify).await?;
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

/// Whether a folder, which may not be there yet, is another one or lies in it, whatever links lead there.
fn is_within(folder: &Path, other: &Path) -> bool {
    let there = folder.ancestors().find_map(|up| up.canonicalize().ok());
    match (there, other.canonicalize()) {
        // Another medium may be mounted there: it does not go with the folder.
        (Some(there), Ok(other)) => there.starts_with(&other) && medium(&there) == medium(&other),
        _ => false,
    }
}

fn medium(folder: &Path) -> Option<u64> {
    std::fs::metadata(folder).ok().map(|about| about.dev())
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
    for cause in &drill.causes {
        screen::say(&format!("constat : {}", cause.text));
    }
    if drill.former_key {
        screen::say(&format!(
            "Cette copie est d'avant le changement de clé racine : une ancienne clé l'a ouverte. Passé {} jours après le changement, cette clé est détruite et la copie ne s'ouvre plus.",
            data.former_keys_days()
        ));
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

/// A copy of these data, and under the key of today: what is wrongly named is no drill.
fn named(data: &Data, copy: &Path) -> Result<i64> {
    let named = |text: String| Failure::new(UNREADABLE, format!("{} : {text}", copy.display()));
    let (of, theirs) = app::backup::made(copy)
        .ok_or_else(|| named("ce n'est pas une copie finie de socle store backup.".to_owned()))?;
    let ours = data.dir().and_then(store::copy::of);
    if ours.is_some() && theirs.is_some() && ours != theirs {
        return Err(named("cette copie est celle d'autres données que celles-ci.".to_owned()));
    }
    let key = data.root_key().unwrap_or_default().display().to_string();
    match key.rsplit_once(store::root::FORMER) {
        Some((today, _)) => {
            let text = format!(
                "Nommez la clé racine d'aujourd'hui ({today}) : l'exercice essaie aussi les anciennes, gardées à côté d'elle."
            );
            Err(Failure::new(USAGE, text))
        }
        None => Ok(of),
    }
}

async fn restore(data: &Data, copy: &Path) -> Result<Drill> {
    let of = named(data, copy)?;
    let began = Instant::now();
    let scratch = Scratch::new()?;
    let mut drill = Drill { of, ..Drill::default() };
    for name in FILES {
        let (from, to) = (copy.join(name), scratch.path().join(name));
        drill.causes.extend(torn(&from, name));
        if is_other(&from) {
            continue;
        }
        match std::fs::copy(&from, &to) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            // It is where one restores that there is no room.
            Err(error) if error.kind() == ErrorKind::StorageFull => return Err(Failure::file(&to, &error)),
            copied => copied.map(drop).map_err(|e| Failure::file(&from, &e))?,
        }
    }
    // Of a file that is cut, that says it all.
    let changed = if drill.causes.is_empty() { app::backup::changed(copy)? } else { Vec::new() };
    for name in changed {
        drill.causes.push(cause(
            "changed",
            &format!("{name} n'est plus celui qui a été copié : il a été changé, ou vient d'une autre copie."),
        ));
    }
    if drill.causes.is_empty() {
        read(data, &scratch, &mut drill).await?;
    }
    drill.findings = drill.findings.max(drill.causes.len() as u64);
    (drill.at, drill.seconds) = (opening::clock()(), began.elapsed().as_secs());
    Ok(drill)
}

/// Reads items and entries, and tells what is damaged. What cannot even be opened is damage too; a machine that cannot restore
/// now says nothing of the copy.
async fn read(data: &Data, scratch: &Scratch, drill: &mut Drill) -> Result<()> {
    let opened = match data.open_copy(scratch.path()).await {
        Ok(Some((store, former))) => {
            drill.former_key = former.is_some();
            let app = opening::operator(store, None, opening::Make::Nothing).await;
            match app {
                Ok(app) => app::check::run(&app, &request(), &|_| ()).await.map_err(Failure::from),
                Err(failure) => Err(failure),
            }
        }
        Ok(None) => {
            let text = "elle est sous une autre clé racine : ni celle d'aujourd'hui ni les anciennes gardées à côté (.former-N) ne l'ouvrent.";
            drill.causes.push(cause("key", text));
            return Ok(());
        }
        Err(failure) => Err(failure),
    };
    match opened {
        Ok(check) => {
            (drill.items, drill.entries) = (check.items + check.versions, check.entries);
            drill.findings = check.findings.len() as u64;
            drill.causes = check.findings.iter().take(TOLD).map(|one| cause(one.code, &one.text)).collect();
        }
        Err(failure) if failure.exit == LOCKED => return Err(failure),
        Err(failure) => drill.causes.push(cause("damaged", &failure.text)),
    }
    Ok(())
}

fn cause(code: &str, text: &str) -> Cause {
    Cause { code: code.to_owned(), text: text.to_owned() }
}

/// What is there and is no file: a pipe would be waited for for ever.
fn is_other(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|found| !found.is_file())
}

/// A file that is not there, or shorter than its own head says it is.
fn torn(path: &Path, name: &str) -> Option<Cause> {
    if is_other(path) {
        return Some(cause("missing", &format!("{name} n'est pas un fichier ordinaire.")));
    }
    let Ok(mut file) = std::fs::File::open(path) else { return Some(cause("missing", &format!("{name} manque."))) };
    let mut head = [0; 32];
    let size = file.metadata().map_or(0, |file| file.len());
    if file.read_exact(&mut head).is_err() {
        return Some(cause("truncated", &format!("{name} est coupé : il n'en reste que {size} octets.")));
    }
    let number = |from: usize, bytes: usize| {
        head.iter().skip(from).take(bytes).fold(0_u64, |number, byte| number << 8 | u64::from(*byte))
    };
    let page = match number(16, 2) {
        1 => 65_536,
        page => page,
    };
    let whole = page * number(28, 4);
    (size < whole).then(|| cause("truncated", &format!("{name} est coupé : {size} octets sur {whole}.")))
}

#[cfg(test)]
mod tests {
    use super::torn;

    #[test]
    fn a_file_that_is_cut_is_told_from_a_whole_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("main.db");
        let said = || torn(&path, "main.db").map(|cause| cause.text);
        assert_eq!(said().as_deref(), Some("main.db manque."));
        rusqlite::Connection::open(&path).unwrap().execute_batch("CREATE TABLE a(b); CREATE TABLE c(d)").unwrap();
        assert_eq!(said(), None);
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, whole.get(..whole.len() - 1).unwrap()).unwrap();
        assert_eq!(said(), Some(format!("main.db est coupé : {} octets sur {}.", whole.len() - 1, whole.len())));
        std::fs::write(&path, "").unwrap();
        assert_eq!(said().as_deref(), Some("main.db est coupé : il n'en reste que 0 octets."));
    }
}
