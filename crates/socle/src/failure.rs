//! Why a command ends, as an exit code and a French sentence.

use serde::{Deserialize, Serialize};
use std::path::Path;

pub(crate) const USAGE: u8 = 2;
pub(crate) const UNREADABLE: u8 = 3;
pub(crate) const LOCKED: u8 = 4;
pub(crate) const INTEGRITY: u8 = 5;
pub(crate) const FINDINGS: u8 = 1;

/// A command that could not be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{text}")]
pub(crate) struct Failure {
    /// Exit code.
    pub(crate) exit: u8,
    /// What happened, what to do.
    pub(crate) text: String,
}

pub(crate) type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    pub(crate) fn new(exit: u8, text: impl Into<String>) -> Self {
        Self { exit, text: text.into() }
    }

    pub(crate) fn file(path: &Path, error: &std::io::Error) -> Self {
        Self::new(UNREADABLE, format!("{} : {}.", path.display(), said(error)))
    }
}

fn said(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "introuvable".to_owned(),
        std::io::ErrorKind::PermissionDenied => "accès refusé".to_owned(),
        std::io::ErrorKind::AddrInUse => "adresse déjà utilisée par un autre programme".to_owned(),
        std::io::ErrorKind::StorageFull => "disque plein".to_owned(),
        std::io::ErrorKind::AlreadyExists => "existe déjà".to_owned(),
        std::io::ErrorKind::IsADirectory => "c'est un dossier".to_owned(),
        std::io::ErrorKind::NotADirectory => "ce n'est pas un dossier".to_owned(),
        std::io::ErrorKind::InvalidData => "ce n'est pas du texte".to_owned(),
        std::io::ErrorKind::ReadOnlyFilesystem => "disque en lecture seule".to_owned(),
        std::io::ErrorKind::UnexpectedEof => "le fichier finit trop tôt".to_owned(),
        _ => format!("erreur du système ({error})"),
    }
}

/// What is wrong with the root key, and what to do.
fn key(why: &str) -> String {
    match why {
        "file: entity not found" => "La clé racine est introuvable.".to_owned(),
        "file: permission denied" => "La clé racine, ou son dossier, n'est pas accessible : accès refusé.".to_owned(),
        "file: entity already exists" => "Ce fichier existe déjà : choisissez un autre nom.".to_owned(),
        "file is readable by others: chmod 600" => {
            "Le fichier de la clé racine est lisible par d'autres : donnez-lui le mode 600 (chmod 600).".to_owned()
        }
        "file is not a key" | "wrong key length" => "Ce fichier n'est pas une clé racine.".to_owned(),
        "not the key of this store" => "Cette clé racine n'est pas celle de ces données.".to_owned(),
        other => format!("La clé racine est absente ou n'est pas celle de ces données ({other})."),
    }
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        use store::Error as E;
        match error {
            E::Locked => Self::new(LOCKED, "Ces données sont ouvertes par un autre programme : arrêtez-le d'abord."),
            E::Key(why) => Self::new(LOCKED, key(&why)),
            E::Shares(trouble) => Self::new(USAGE, crate::key::french(trouble)),
            E::Integrity(why) => Self::new(INTEGRITY, format!("Les données sont abîmées ({why}).")),
            E::Unavailable(why) => Self::new(LOCKED, format!("Les données ne répondent pas ({why}).")),
            E::Invalid(invalid) => {
                let said: Vec<String> = invalid.issues.into_iter().map(|issue| issue.text_fr).collect();
                Self::new(USAGE, said.join(" "))
            }
            E::Refused(refusal) => Self::new(FINDINGS, refusal.french()),
            E::Absent | E::Gone(_) => Self::new(FINDINGS, "Il n'y a rien ici sous cet identifiant."),
            E::Conflict(_) => Self::new(FINDINGS, "Quelqu'un d'autre a écrit en même temps : recommencez."),
            E::Bug(what) => Self::new(FINDINGS, format!("Défaut de Socle, à signaler : {what}.")),
        }
    }
}

impl From<app::Error> for Failure {
    fn from(error: app::Error) -> Self {
        match error {
            app::Error::Store(error) => error.into(),
            app::Error::File { path, reason } => Self::new(UNREADABLE, format!("{path} : {reason}.")),
            app::Error::Credentials => Self::new(FINDINGS, "Identifiant ou mot de passe incorrect."),
            app::Error::TooManyAttempts(seconds) => {
                Self::new(FINDINGS, format!("Trop d'essais : recommencez dans {seconds} secondes."))
            }
            other => Self::new(FINDINGS, format!("Défaut de Socle, à signaler : {other}.")),
        }
    }
}
