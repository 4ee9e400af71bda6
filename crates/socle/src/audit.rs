//! What `socle audit` is asked.

use crate::args::{DataArgs, TEMPLATE};
use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Vérifie tout le journal, et un point de contrôle gardé ailleurs s'il est donné.
    #[command(help_template = TEMPLATE, next_help_heading = "Options")]
    Verify(VerifyArgs),
    /// Signe l'état du journal : un point de contrôle, à garder hors de la machine.
    #[command(help_template = TEMPLATE, next_help_heading = "Options")]
    Checkpoint(CheckpointArgs),
    /// Compare le journal avec le point de contrôle gardé dehors, puis y met le nouveau.
    Witness(crate::witness::WitnessArgs),
}

#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    pub(crate) data: DataArgs,
    /// Point de contrôle gardé ailleurs.
    #[arg(long, value_name = "FICHIER")]
    pub(crate) checkpoint: Option<PathBuf>,
    /// Écrit le compte rendu en JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CheckpointArgs {
    #[command(flatten)]
    pub(crate) data: DataArgs,
    /// Écrit le point de contrôle dans un document JSON.
    #[arg(long)]
    pub(crate) json: bool,
}
