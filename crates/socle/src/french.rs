//! What the store says in few English words, said to whoever keeps the machine: what happened, what to do.

use store::{ENCODING, FOREIGN, FULL, LOG_FULL, MOVED, NEWER};

/// What is wrong with the root key, and what to do.
pub(crate) fn key(why: &str) -> String {
    match why {
        "file: entity not found" => "La clé racine est introuvable.".to_owned(),
        "file: permission denied" => "La clé racine, ou son dossier, n'est pas accessible : accès refusé.".to_owned(),
        "file: entity already exists" => "Ce fichier existe déjà : choisissez un autre nom.".to_owned(),
        "file is readable by others: chmod 600" => {
            "Le fichier de la clé racine est lisible par d'autres : donnez-lui le mode 600 (chmod 600).".to_owned()
        }
        "file is not a key" | "wrong key length" => "Ce fichier n'est pas une clé racine.".to_owned(),
        "not the key of this store" => "Cette clé racine n'est pas celle de ces données.".to_owned(),
        other => match other.strip_prefix("file: ") {
            Some(kind) => format!("La clé racine : {}.", kind_said(kind)),
            None => format!("La clé racine est absente ou n'est pas celle de ces données ({other})."),
        },
    }
}

/// Why the data cannot serve now.
pub(crate) fn away(why: &str) -> String {
    let said = match why {
        NEWER => {
            "Ces données ont été ouvertes par une version plus récente de Socle : prenez cette version, ou une autre plus récente encore. Elles ne sont pas abîmées."
        }
        FULL => "Le disque des données est plein : faites de la place, puis recommencez.",
        MOVED => {
            "Les fichiers des données ont été remplacés sous le serveur : plus rien n'y est écrit. Arrêtez-le, puis relancez-le."
        }
        LOG_FULL => "Le disque du journal de PostgreSQL est plein : faites de la place, puis relancez PostgreSQL.",
        _ => return postgres(why).unwrap_or_else(|| files(why)),
    };
    said.to_owned()
}

/// What PostgreSQL refuses, by the class of its code; and which of its databases are not for Socle.
fn postgres(why: &str) -> Option<String> {
    if let Some(encoding) = why.strip_prefix(ENCODING) {
        return Some(format!(
            "Les textes de cette base PostgreSQL sont en {encoding} : Socle demande UTF8. Créez-en une autre (createdb -E UTF8 -T template0)."
        ));
    }
    if let Some(schema) = why.strip_prefix(FOREIGN) {
        return Some(format!(
            "Le schéma « {schema} » de cette base PostgreSQL existe déjà et n'est pas à Socle : donnez à Socle une base à lui (createdb). Rien n'y a été changé."
        ));
    }
    if why.starts_with("error connecting to server") {
        return Some(
            "PostgreSQL ne répond pas à l'adresse de « postgres » : vérifiez l'hôte, le port, et qu'il est démarré."
                .to_owned(),
        );
    }
    if why.starts_with("invalid connection string") || why.starts_with("invalid configuration") {
        return Some("« postgres » n'est pas une adresse PostgreSQL.".to_owned());
    }
    let code = why.strip_prefix("postgresql ")?;
    let said = match code.get(..2)? {
        "3D" => {
            "PostgreSQL ne connaît pas cette base de données : vérifiez « dbname » dans « postgres », ou créez-la (createdb)"
        }
        "28" => "PostgreSQL refuse ce compte : vérifiez « user » et « password » dans « postgres », et pg_hba.conf",
        "42" => {
            "Ce compte PostgreSQL n'a pas tous les droits sur cette base : donnez-lui la base (ALTER DATABASE … OWNER TO …)"
        }
        "53" => "PostgreSQL n'a plus de place, de mémoire ou de connexions",
        "57" => "PostgreSQL démarre ou s'arrête : recommencez dans un instant",
        "25" => "Cette base PostgreSQL ne fait que lire : nommez celle qui écrit",
        _ => "PostgreSQL ne répond pas",
    };
    Some(format!("{said} ({code})."))
}

/// What the system or SQLite refuses.
fn files(why: &str) -> String {
    let of = [
        ("lock file: ", "le fichier de verrou des données"),
        ("directory: ", "le dossier des données"),
        ("database file: ", "un fichier des données"),
        ("journal of erasures: ", "le registre des effacements, à côté de la clé racine"),
        ("journal: ", "un journal des données"),
        ("reserve: ", "la réserve de place"),
    ];
    let part = of.iter().find_map(|(begins, part)| Some((part, why.strip_prefix(begins)?)));
    if why.ends_with("read-only filesystem or storage medium") {
        return "Ces données sont sur un disque en lecture seule, et les ouvrir demande d'y écrire : copiez-les ailleurs. Une copie de socle store backup se relit de là où elle est : socle store drill --copy".to_owned();
    }
    if let Some((part, kind)) = part {
        return format!("Les données ne s'ouvrent pas : {part} : {}.", kind_said(kind));
    }
    let said = [
        ("attempt to write a readonly database", "elles sont en lecture seule"),
        ("unable to open database file", "un de leurs fichiers ne s'ouvre pas"),
        ("disk I/O error", "le disque a refusé de lire ou d'écrire"),
        ("database is locked", "un autre programme les tient"),
        ("Too many open files", "trop de fichiers ouverts à la fois"),
    ];
    let said = said.iter().find(|(words, _)| why.contains(words)).map_or(why, |(_, said)| said);
    format!("Les données ne répondent pas : {said}.")
}

/// A kind of fault of the system, as Rust writes it.
fn kind_said(kind: &str) -> &str {
    match kind {
        "permission denied" => "accès refusé",
        "entity not found" => "introuvable",
        "entity already exists" => "existe déjà",
        "no storage space" | "quota exceeded" => "disque plein",
        "not a directory" => "ce n'est pas un dossier",
        "is a directory" => "c'est un dossier",
        "read-only filesystem or storage medium" => "disque en lecture seule",
        "file too large" => "fichier trop gros",
        "not a regular file" => "ce n'est pas un fichier ordinaire",
        "in use" => "un autre programme le tient",
        "invalid filename" => "ce nom est trop long ou ne convient pas",
        "stream did not contain valid UTF-8" | "invalid data" => "ce n'est pas du texte",
        _ => "le système refuse",
    }
}

/// What is damaged. What has no words here is told as the store says it: whoever mends needs it.
pub(crate) fn damage(why: &str) -> String {
    let (file, said) = match why.split_once(": ") {
        Some((file @ ("main.db" | "audit.db" | "keys.db"), said)) => (Some(file), said),
        _ => (None, why),
    };
    let words = [
        (
            "main and keys belong to different stores",
            "main.db et keys.db ne sont pas des mêmes données : remettez ceux d'une même copie",
        ),
        (
            "keys is empty, and main is not",
            "keys.db est vide et main.db ne l'est pas : remettez le keys.db de ces données",
        ),
        (
            "keys is older than main",
            "keys.db est plus ancien que main.db, ou des clés de personnes y manquent : remettez les trois fichiers d'une même copie (docs/OPERATING.md)",
        ),
        (
            "a key of the tenant is not there",
            "une clé de l'organisme manque dans keys.db : remettez le keys.db de ces données (docs/OPERATING.md)",
        ),
        ("file is not a database", "ce n'est pas une base de données"),
        ("not a regular file", "ce n'est pas un fichier ordinaire"),
        ("database disk image is malformed", "la base de données est abîmée"),
        ("the list of migrations", "la liste de ses versions ne se lit pas"),
        ("a copy is not as its source", "la copie n'est pas comme ce qui a été copié"),
        ("is missing from the filesystem", "une de ses versions n'est pas connue"),
        ("is different than filesystem one", "une de ses versions n'est pas celle que ce programme connaît"),
        ("disk I/O error", "le disque a refusé de lire ou d'écrire"),
        ("ciphertext does not match", "un contenu ne s'ouvre pas avec sa clé : il a été changé, ou vient d'ailleurs"),
        (
            "journal of erasures: its last line is cut",
            "la dernière ligne du registre des effacements, à côté de la clé racine, est coupée : remettez sa dernière copie (docs/OPERATING.md)",
        ),
        ("journal of erasures: not a text", "le registre des effacements, à côté de la clé racine, n'est pas du texte"),
        ("no such table", "une table manque"),
        ("no such column", "une colonne manque"),
    ];
    let known = words.iter().find(|(english, _)| said.contains(english)).map(|(_, french)| (*french).to_owned());
    let said = known.or_else(|| journal(said)).unwrap_or_else(|| said.to_owned());
    let file = file.map_or_else(String::new, |file| format!("{file} : "));
    format!("Les données sont abîmées : {file}{said}.")
}

/// The journal of erasures, which lies outside the data.
fn journal(said: &str) -> Option<String> {
    let line = said.strip_prefix("journal of erasures: line ")?;
    let (number, _) = line.split_once(' ')?;
    Some(format!("la ligne {number} du registre des effacements, à côté de la clé racine, ne se lit pas"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_store_says_is_told_in_french_with_what_to_do() {
        for (said, part) in [
            (away(NEWER), "plus récente"),
            (away("postgresql 3D000"), "dbname"),
            (away("postgresql 28000"), "refuse ce compte"),
            (away(&format!("{ENCODING}LATIN1")), "sont en LATIN1"),
            (away(&format!("{FOREIGN}main")), "Le schéma « main »"),
            (away("error connecting to server: Connection refused (os error 111)"), "ne répond pas"),
            (away("lock file: permission denied"), "verrou des données : accès refusé"),
            (away("directory: not a directory"), "ce n'est pas un dossier"),
            (away("lock file: read-only filesystem or storage medium"), "copiez-les ailleurs"),
            (away("lock file: not a regular file"), "verrou des données : ce n'est pas un fichier ordinaire"),
            (away("journal of erasures: in use"), "un autre programme le tient"),
            (damage("main.db: not a regular file"), "main.db : ce n'est pas un fichier ordinaire"),
            (damage("a key of the tenant is not there"), "remettez le keys.db"),
            (away("unable to open database file: /x/main.db"), "ne s'ouvre pas"),
            (damage("main.db: file is not a database"), "main.db : ce n'est pas une base"),
            (damage("keys.db: database disk image is malformed"), "keys.db : la base de données est abîmée"),
            (damage("keys is empty, and main is not: bring back the keys of this store"), "remettez le keys.db"),
            (damage("keys is older than main"), "remettez les trois fichiers d'une même copie"),
            (damage("main and keys belong to different stores"), "mêmes données"),
            (damage("journal of erasures: line 1 does not read"), "la ligne 1 du registre"),
            (key("file: no storage space"), "disque plein"),
        ] {
            assert!(said.contains(part), "{said}");
            assert!(!["file", "denied", "database", "error"].iter().any(|word| said.contains(word)), "{said}");
        }
    }
}
