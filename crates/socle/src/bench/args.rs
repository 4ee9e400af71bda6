//! What `socle bench` is asked.

use clap::{Args, ValueEnum};
use std::path::PathBuf;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum EngineArg {
    Sqlite,
    Postgres,
}

#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    /// Moteur : sqlite (par défaut) ou postgres.
    #[arg(long, value_name = "MOTEUR", default_value = "sqlite", value_enum, hide_default_value = true)]
    #[arg(hide_possible_values = true)]
    pub(crate) engine: EngineArg,
    /// Base PostgreSQL vide, où la mesure écrit.
    #[arg(long, value_name = "URL")]
    pub(crate) postgres: Option<String>,
    /// Ressources écrites avant de mesurer (par défaut : 20 000).
    #[arg(long, value_name = "N", default_value_t = 20_000, hide_default_value = true)]
    pub(crate) scale: u64,
    /// Secondes par mesure (par défaut : 5).
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=600))]
    #[arg(hide_default_value = true)]
    pub(crate) seconds: u64,
    /// Les seules mesures dont le nom contient ce texte ; répétable.
    #[arg(long, value_name = "NOM")]
    pub(crate) only: Vec<String>,
    /// Dossier où travailler, sur le disque à mesurer (par défaut : le dossier temporaire du système).
    #[arg(long, value_name = "DOSSIER")]
    pub(crate) dir: Option<PathBuf>,
    /// Fichier où écrire les chiffres en JSON ; - : la sortie standard.
    #[arg(long, value_name = "FICHIER")]
    pub(crate) json: Option<PathBuf>,
    /// Finit en erreur si un plancher est manqué.
    #[arg(long)]
    pub(crate) strict: bool,
}
