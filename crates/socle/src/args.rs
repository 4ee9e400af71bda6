//! The command line.

use clap::builder::styling::{AnsiColor, Styles};
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use std::net::SocketAddr;
use std::path::PathBuf;

pub(crate) const TEMPLATE: &str = "{before-help}{about-with-newline}\nUsage : {usage}\n\n{all-args}{after-help}\n";
const STYLES: Styles =
    Styles::styled().header(AnsiColor::Green.on_default().bold()).literal(AnsiColor::Cyan.on_default());
const CODES: &str = "Codes de retour : 0 fait · 1 fait, avec des refus ou des constats · 2 commande incorrecte · \
3 fichier illisible · 4 dossier de données verrouillé ou clé absente · 5 intégrité en défaut";

/// Socle : dossier de l'usager informatisé.
#[derive(Debug, Parser)]
#[command(name = "socle", version, help_template = TEMPLATE, styles = STYLES, after_help = CODES)]
#[command(disable_help_flag = true, disable_version_flag = true, disable_help_subcommand = true)]
#[command(subcommand_help_heading = "Commandes", subcommand_value_name = "COMMANDE", next_help_heading = "Options")]
pub(crate) struct Cli {
    /// Affiche cette aide.
    #[arg(short, long, action = ArgAction::Help, global = true)]
    help: Option<bool>,
    /// Affiche la version.
    #[arg(short = 'V', long, action = ArgAction::Version)]
    version: Option<bool>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Fabrique une petite organisation inventée et la sert.
    #[command(help_template = TEMPLATE, next_help_heading = "Options")]
    Demo(DemoArgs),
    /// Sert un dossier de données.
    #[command(help_template = TEMPLATE, next_help_heading = "Options")]
    Serve(ServeArgs),
    /// Importe des fichiers FHIR (Bundle, ressource seule, NDJSON), autant de fois qu'ils viennent.
    #[command(help_template = TEMPLATE, next_help_heading = "Options")]
    Import(ImportArgs),
    /// Exporte des ressources, et dit combien sont restées.
    #[command(help_template = TEMPLATE, next_help_heading = "Options")]
    Export(ExportArgs),
    /// Prouve que le journal d'accès est entier.
    #[command(help_template = TEMPLATE, next_help_heading = "Options")]
    #[command(
        subcommand_help_heading = "Commandes",
        subcommand_value_name = "COMMANDE",
        disable_help_subcommand = true
    )]
    Audit {
        #[command(subcommand)]
        command: crate::audit::AuditCommand,
    },
    /// Donne et retire les comptes : les personnes, avec leur fonction et leur lieu, et les logiciels.
    #[command(help_template = TEMPLATE, next_help_heading = "Options")]
    #[command(
        subcommand_help_heading = "Commandes",
        subcommand_value_name = "COMMANDE",
        disable_help_subcommand = true
    )]
    Account {
        #[command(subcommand)]
        command: crate::account::AccountCommand,
    },
    /// Dit comment s'appellent les établissements et ce qu'ils sont.
    #[command(help_template = TEMPLATE, next_help_heading = "Options")]
    #[command(
        subcommand_help_heading = "Commandes",
        subcommand_value_name = "COMMANDE",
        disable_help_subcommand = true
    )]
    Place {
        #[command(subcommand)]
        command: crate::place::PlaceCommand,
    },
    /// Explique ce que quelqu'un peut lire, et pourquoi.
    #[command(help_template = TEMPLATE, next_help_heading = "Options")]
    #[command(
        subcommand_help_heading = "Commandes",
        subcommand_value_name = "COMMANDE",
        disable_help_subcommand = true
    )]
    Policy {
        #[command(subcommand)]
        command: crate::policy::PolicyCommand,
    },
    /// Gère ce qui concerne une personne entière.
    #[command(help_template = TEMPLATE, next_help_heading = "Options")]
    #[command(
        subcommand_help_heading = "Commandes",
        subcommand_value_name = "COMMANDE",
        disable_help_subcommand = true
    )]
    Person {
        #[command(subcommand)]
        command: crate::upkeep::PersonCommand,
    },
    /// Vérifie les données, les copie, et s'exerce à les restaurer.
    #[command(help_template = TEMPLATE, next_help_heading = "Options")]
    #[command(
        subcommand_help_heading = "Commandes",
        subcommand_value_name = "COMMANDE",
        disable_help_subcommand = true
    )]
    Store {
        #[command(subcommand)]
        command: crate::upkeep::StoreCommand,
    },
    /// Prépare ce qu'il faut pour soigner quand plus rien ne répond.
    #[command(help_template = TEMPLATE, next_help_heading = "Options")]
    #[command(
        subcommand_help_heading = "Commandes",
        subcommand_value_name = "COMMANDE",
        disable_help_subcommand = true
    )]
    Downtime {
        #[command(subcommand)]
        command: crate::downtime::DowntimeCommand,
    },
    /// Garde la clé racine en parts, et la retrouve.
    #[command(help_template = TEMPLATE, next_help_heading = "Options")]
    #[command(
        subcommand_help_heading = "Commandes",
        subcommand_value_name = "COMMANDE",
        disable_help_subcommand = true
    )]
    Key {
        #[command(subcommand)]
        command: crate::key::KeyCommand,
    },
    /// Donne le niveau, les catégories et les raisons d'un texte, ou d'un fichier de textes et de codes.
    #[command(help_template = TEMPLATE, next_help_heading = "Options")]
    Label(LabelArgs),
    /// Calcule le résultat d'une échelle : GIR de la grille AGGIR.
    #[command(help_template = TEMPLATE, next_help_heading = "Options")]
    #[command(
        subcommand_help_heading = "Commandes",
        subcommand_value_name = "COMMANDE",
        disable_help_subcommand = true
    )]
    Scale {
        #[command(subcommand)]
        command: crate::scale::ScaleCommand,
    },
    /// Vérifie des règles de niveau, et dit ce que d'autres changeraient.
    #[command(help_template = TEMPLATE, next_help_heading = "Options")]
    #[command(
        subcommand_help_heading = "Commandes",
        subcommand_value_name = "COMMANDE",
        disable_help_subcommand = true
    )]
    Rules {
        #[command(subcommand)]
        command: RulesCommand,
    },
    /// Tient le parc informatique : ce qui tourne ici, et si c'est encore maintenu.
    #[command(help_template = TEMPLATE, next_help_heading = "Options")]
    #[command(
        subcommand_help_heading = "Commandes",
        subcommand_value_name = "COMMANDE",
        disable_help_subcommand = true
    )]
    Assets {
        #[command(subcommand)]
        command: crate::assets::AssetsCommand,
    },
    /// Mesure le serveur sur cette machine, à côté de ce que la machine seule sait faire.
    #[command(help_template = TEMPLATE, next_help_heading = "Options")]
    Bench(crate::bench::BenchArgs),
}

#[derive(Debug, Subcommand)]
pub(crate) enum RulesCommand {
    /// Vérifie un dossier de règles : forme, motifs, exemples.
    #[command(help_template = TEMPLATE, next_help_heading = "Options")]
    Check(RulesCheckArgs),
    /// Compare deux dossiers de règles ; « livrees » désigne celles du programme.
    #[command(help_template = TEMPLATE, next_help_heading = "Options")]
    Diff(RulesDiffArgs),
    /// Relit avec les règles du programme ce que de plus anciennes ont classé : les niveaux ne font que monter.
    #[command(help_template = TEMPLATE, next_help_heading = "Options")]
    Apply(RulesApplyArgs),
    /// Montre, demande ou approuve la remise en place de ce que des règles ont relevé : il y faut deux personnes.
    #[command(help_template = TEMPLATE, next_help_heading = "Options")]
    Rollback(RulesRollbackArgs),
}

#[derive(Debug, Args)]
pub(crate) struct LabelArgs {
    /// Fichier, un objet JSON par ligne (id, kind, system, code, text) ; - : l'entrée standard.
    #[arg(long, value_name = "FICHIER", required_unless_present = "text", conflicts_with = "text")]
    pub(crate) input: Option<PathBuf>,
    /// Texte à expliquer.
    #[arg(long, value_name = "TEXTE")]
    pub(crate) text: Option<String>,
    /// Écrit l'explication du texte en JSON ; un fichier donne toujours une ligne JSON par ligne.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RulesCheckArgs {
    /// Dossier de règles.
    #[arg(value_name = "REGLES", default_value = "livrees", hide_default_value = true, help_heading = "Arguments")]
    pub(crate) rules: PathBuf,
    /// Écrit le compte rendu en JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RulesDiffArgs {
    /// Règles en service.
    #[arg(value_name = "ANCIENNES", help_heading = "Arguments")]
    pub(crate) old: PathBuf,
    /// Règles à essayer.
    #[arg(value_name = "NOUVELLES", help_heading = "Arguments")]
    pub(crate) new: PathBuf,
    /// Dossier de données où compter ce qui changerait ; rien n'y est changé.
    #[arg(long, value_name = "DOSSIER", conflicts_with = "config")]
    pub(crate) dir: Option<PathBuf>,
    /// Ou fichier de configuration (TOML).
    #[arg(long, value_name = "FICHIER")]
    pub(crate) config: Option<PathBuf>,
    /// Fichier de la clé racine (sinon SOCLE_ROOT_KEY, sinon DOSSIER.root.key, à côté du dossier).
    #[arg(long, value_name = "FICHIER", env = "SOCLE_ROOT_KEY", hide_env = true)]
    pub(crate) root_key: Option<PathBuf>,
    /// Écrit le compte rendu en JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

impl RulesDiffArgs {
    /// The data to look at, if any.
    pub(crate) fn data(&self) -> Option<DataArgs> {
        let named = self.dir.is_some() || self.config.is_some();
        named.then(|| DataArgs { dir: self.dir.clone(), config: self.config.clone(), root_key: self.root_key.clone() })
    }
}

#[derive(Debug, Args)]
pub(crate) struct RulesApplyArgs {
    #[command(flatten)]
    pub(crate) data: DataArgs,
    /// Écrit le compte rendu en JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RulesRollbackArgs {
    #[command(flatten)]
    pub(crate) data: DataArgs,
    /// Version des règles dont on remet en place ce qu'elles ont relevé.
    #[arg(long, value_name = "N")]
    pub(crate) version: i64,
    /// Compte de qui demande, ou approuve ; son mot de passe est lu sur le terminal, ou sur l'entrée standard.
    #[arg(long = "as", value_name = "IDENTIFIANT")]
    pub(crate) login: Option<String>,
    /// Approuve la demande d'une autre personne, et remet en place.
    #[arg(long, requires = "login", conflicts_with = "reason")]
    pub(crate) approve: bool,
    /// Motif de la demande, gardé dans le journal.
    #[arg(long, value_name = "TEXTE", requires = "login")]
    pub(crate) reason: Option<String>,
    /// Écrit le compte rendu en JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Where the data are.
#[derive(Debug, Clone, Args)]
pub(crate) struct DataArgs {
    /// Dossier de données, créé s'il manque là où une commande écrit.
    #[arg(long, value_name = "DOSSIER", required_unless_present = "config", conflicts_with = "config")]
    pub(crate) dir: Option<PathBuf>,
    /// Fichier de configuration (TOML).
    #[arg(long, value_name = "FICHIER")]
    pub(crate) config: Option<PathBuf>,
    /// Fichier de la clé racine (sinon SOCLE_ROOT_KEY, sinon DOSSIER.root.key, à côté du dossier).
    #[arg(long, value_name = "FICHIER", env = "SOCLE_ROOT_KEY", hide_env = true)]
    pub(crate) root_key: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Dossier de données (par défaut : ./socle-demo).
    #[arg(long, value_name = "DOSSIER", default_value = "./socle-demo", hide_default_value = true)]
    pub(crate) dir: PathBuf,
    /// Adresse d'écoute (par défaut : 127.0.0.1:8080) ; port 0 : n'importe lequel.
    #[arg(long, value_name = "ADRESSE:PORT", default_value = "127.0.0.1:8080", hide_default_value = true)]
    pub(crate) listen: SocketAddr,
    /// Adresse des mesures (/metrics, /healthz, /readyz) ; aucune si elle n'est pas donnée.
    #[arg(long, value_name = "ADRESSE:PORT")]
    pub(crate) admin: Option<SocketAddr>,
    /// Fichier écrit quand le serveur répond (adresses et accès, en JSON).
    #[arg(long, value_name = "FICHIER")]
    pub(crate) ready_file: Option<PathBuf>,
    /// Graine des personnes inventées (par défaut : 1).
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// Dix fois moins de personnes, pour une petite machine ou un essai rapide.
    #[arg(long)]
    pub(crate) small: bool,
    /// Date des dernières données ; par défaut, aujourd'hui.
    #[arg(long, value_name = "AAAA-MM-JJ")]
    pub(crate) at: Option<jiff::civil::Date>,
    /// Base PostgreSQL au lieu des fichiers du dossier, où la clé reste.
    #[arg(long, value_name = "URL", hide = true)]
    pub(crate) postgres: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    pub(crate) data: DataArgs,
    /// Adresse d'écoute (par défaut : 127.0.0.1:8080) ; port 0 : n'importe lequel.
    #[arg(long, value_name = "ADRESSE:PORT")]
    pub(crate) listen: Option<SocketAddr>,
    /// Adresse des mesures (/metrics, /healthz, /readyz ; par défaut : 127.0.0.1:9464, si ce port est libre).
    #[arg(long, value_name = "ADRESSE:PORT")]
    pub(crate) admin: Option<SocketAddr>,
    /// Adresse vue de l'extérieur, en https derrière un relais.
    #[arg(long, value_name = "URL")]
    pub(crate) base_url: Option<String>,
    /// Fichier écrit quand le serveur répond (adresses, en JSON).
    #[arg(long, value_name = "FICHIER")]
    pub(crate) ready_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    #[command(flatten)]
    pub(crate) data: DataArgs,
    /// Établissement (FINESS) où les ressources arrivent ; par défaut, le premier.
    #[arg(long, value_name = "FINESS")]
    pub(crate) place: Option<String>,
    /// Compte sans rien écrire.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Écrit le compte rendu en JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// Fichiers, ou dossiers dont on lit les .json, .ndjson et .jsonl.
    #[arg(value_name = "FICHIER", required = true, help_heading = "Arguments")]
    pub(crate) files: Vec<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FormatArg {
    Ndjson,
    Bundle,
    Tddui,
}

#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    pub(crate) data: DataArgs,
    /// Dossier (ndjson) ou fichier à écrire ; rien n'est écrasé (code 2 s'il n'est pas vide).
    #[arg(long, value_name = "CHEMIN")]
    pub(crate) out: PathBuf,
    /// Forme (par défaut : ndjson) : ndjson, un dossier et un fichier par type ; bundle, un seul Bundle ; tddui, un
    /// Bundle de type transaction au profil TDDUI, dont les ressources gardent les profils qu'elles déclaraient.
    #[arg(long, value_name = "FORME", default_value = "ndjson", value_enum, hide_default_value = true)]
    #[arg(hide_possible_values = true)]
    pub(crate) format: FormatArg,
    /// Une seule personne : l'identifiant de sa ressource Patient.
    #[arg(long, value_name = "ID")]
    pub(crate) person: Option<String>,
    /// Niveau le plus élevé qui sort, de 0 à 4 (par défaut : 3).
    #[arg(long, value_name = "NIVEAU", default_value_t = 3, value_parser = clap::value_parser!(i64).range(0..=4))]
    #[arg(hide_default_value = true)]
    pub(crate) max_level: i64,
    /// Finalité, obligatoire pour le niveau 4 : care, api ou export.
    #[arg(long, value_name = "FINALITÉ")]
    pub(crate) purpose: Option<String>,
    /// Motif, gardé dans le journal.
    #[arg(long, value_name = "TEXTE")]
    pub(crate) reason: Option<String>,
    /// Écrit le compte rendu en JSON.
    #[arg(long)]
    pub(crate) json: bool,
}
