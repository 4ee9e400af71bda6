//! `socle key`: the root key in parts that several people keep, and back from them; keys that change.

use crate::args::{DataArgs, TEMPLATE};
use crate::failure::{Failure, LOCKED, Result};
use crate::opening::{self, Data};
use crate::screen;
use crate::upkeep::UpkeepJob;
use clap::{Args, Subcommand};
use std::io::{BufRead as _, IsTerminal as _};
use std::path::PathBuf;
use store::shares::Trouble;

#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Écrit la clé racine en parts à imprimer et à confier à plusieurs personnes ; chacune seule ne dit rien.
    #[command(help_template = TEMPLATE, next_help_heading = "Options")]
    Share(KeyShareArgs),
    /// Retrouve la clé racine à partir de parts, tapées une par ligne.
    #[command(help_template = TEMPLATE, next_help_heading = "Options")]
    Recover(KeyRecoverArgs),
    /// Change les clés qui enveloppent celles des personnes, pendant le service ; reprend un changement interrompu.
    #[command(help_template = TEMPLATE, next_help_heading = "Options")]
    Rotate(KeyRotateArgs),
}

#[derive(Debug, Args)]
pub(crate) struct KeyShareArgs {
    #[command(flatten)]
    data: DataArgs,
    /// Nombre de parts, de 2 à 16 (par défaut : 3).
    #[arg(long, value_name = "N", default_value_t = 3, hide_default_value = true)]
    of: u8,
    /// Nombre de parts qu'il faudra réunir (par défaut : 2).
    #[arg(long, value_name = "N", default_value_t = 2, hide_default_value = true)]
    need: u8,
}

#[derive(Debug, Args)]
pub(crate) struct KeyRecoverArgs {
    /// Fichier où écrire la clé retrouvée ; il ne doit pas exister.
    #[arg(long, value_name = "FICHIER")]
    out: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct KeyRotateArgs {
    #[command(flatten)]
    data: DataArgs,
    /// Change aussi la clé racine : serveur arrêté ; l'ancienne est gardée à côté, pour les copies d'avant.
    #[arg(long)]
    root: bool,
    /// Change plutôt la clé des recherches : le serveur le fait peu à peu, les recherches restent justes.
    #[arg(long, conflicts_with = "root")]
    index: bool,
    /// Referme plutôt ce qui est là par les clés en usage, pendant le service ; se relance après une coupure.
    #[arg(long, conflicts_with_all = ["root", "index"])]
    reclose: bool,
    /// Écrit le compte rendu en JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(command: KeyCommand) -> Result<u8> {
    match command {
        KeyCommand::Rotate(args) => rotate(args).await,
        KeyCommand::Share(args) => share(args),
        KeyCommand::Recover(args) => recover(&args),
    }
}

fn share(args: KeyShareArgs) -> Result<u8> {
    let data = Data::new(args.data)?;
    let path = data.root_key().ok_or_else(|| Failure::new(LOCKED, "Nommez la clé racine : --root-key."))?;
    let root = opening::key(&path, false)?;
    let shares = store::shares::split(&root, args.need, args.of)?;
    shares.iter().for_each(|share| screen::print(share));
    screen::say(&format!(
        "{} parts, dont {} suffisent. Imprimez-les, donnez-en une à chaque personne, et n'en gardez pas de copie ici. Essayez : socle key recover",
        args.of, args.need
    ));
    Ok(0)
}

fn recover(args: &KeyRecoverArgs) -> Result<u8> {
    if std::io::stdin().is_terminal() {
        screen::say("Tapez les parts, une par ligne ; une ligne vide pour finir.");
    }
    let mut shares = Vec::new();
    for line in std::io::stdin().lock().lines() {
        let line = line.map_err(|e| Failure::file(&args.out, &e))?;
        match line.trim() {
            "" if shares.is_empty() => {}
            "" => break,
            text => shares.push(text.to_owned()),
        }
    }
    let root = store::shares::join(&shares)?;
    store::root::write(&args.out, &root)?;
    screen::say(&format!("Clé racine écrite dans {} (lisible par vous seul).", args.out.display()));
    Ok(0)
}

async fn rotate(args: KeyRotateArgs) -> Result<u8> {
    if args.root {
        let data = Data::new(args.data.clone())?;
        let path = data.root_key().ok_or_else(|| Failure::new(LOCKED, "Nommez la clé racine : --root-key."))?;
        let (store, days) = (data.open(false).await?, data.former_keys_days());
        store.change_root(&store::root::begin_change(&path)?).await?;
        let former = store::root::end_change(&path)?;
        screen::say(&format!(
            "Nouvelle clé racine : {}. L'ancienne, {}, n'ouvre plus que les copies d'avant ; elle sera détruite dans {days} jours (former_keys_days). Les parts imprimées sont à refaire, les anciennes à détruire : socle key share",
            path.display(),
            former.display()
        ));
    }
    let job = match (args.index, args.reclose) {
        (true, _) => UpkeepJob::ChangeIndexKey,
        (_, true) => UpkeepJob::Reclose,
        _ => UpkeepJob::RotateKeys,
    };
    crate::upkeep::ask(args.data, job, args.json).await
}

/// What is wrong with shares.
pub(crate) fn french(trouble: Trouble) -> String {
    match trouble {
        Trouble::Number => "De 2 à 16 parts, et pas plus de parts à réunir qu'il n'y en a.".to_owned(),
        Trouble::Mistake(n) => format!("Part {n} : une faute de copie."),
        Trouble::Stranger(n) => format!("La part {n} vient d'une autre clé."),
        Trouble::Missing { need, have } => format!("Il faut {need} parts différentes ; il y en a {have}."),
        Trouble::NoKey => "Ces parts ne donnent pas de clé.".to_owned(),
    }
}
