//! `socle audit witness`: what is kept outside is compared with the log, and a new checkpoint takes its place.

use crate::args::{DataArgs, TEMPLATE};
use crate::failure::{INTEGRITY, Result};
use crate::jobs::Job;
use crate::opening::Data;
use crate::screen::{self, Kind};
use crate::upkeep::UpkeepJob;
use app::witness::Wish;
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(help_template = TEMPLATE, next_help_heading = "Options")]
pub(crate) struct WitnessArgs {
    #[command(flatten)]
    data: DataArgs,
    /// Fichier gardé ailleurs que sur cette machine : un autre serveur, le siège, un disque que l'on emporte.
    #[arg(long, value_name = "FICHIER")]
    to: PathBuf,
    /// Qui le garde, et où.
    #[arg(long, value_name = "TEXTE")]
    holder: String,
    /// Écrit le compte rendu en JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(args: WitnessArgs) -> Result<u8> {
    let wish = Wish { to: crate::absolute(&args.to)?, holder: args.holder };
    let place = crate::Place { finess: None, make: false };
    let done = crate::work(&Data::new(args.data)?, Job::Upkeep(UpkeepJob::Witness(wish)), &place, Kind::Verify).await?;
    let agrees = done.report.get("agrees").and_then(serde_json::Value::as_bool);
    if args.json {
        screen::print(&done.report.to_string());
    } else {
        screen::print(match agrees {
            Some(true) => {
                "Le journal correspond à ce qui était gardé dehors. Le nouveau point de contrôle est écrit et relu."
            }
            Some(false) => {
                "Le journal ne correspond plus à ce qui était gardé dehors : le fichier est laissé tel quel, gardez-le et prévenez l'éditeur."
            }
            None => "Premier point de contrôle écrit et relu. Relancez cette commande chaque semaine.",
        });
    }
    Ok(if agrees == Some(false) { INTEGRITY } else { 0 })
}
