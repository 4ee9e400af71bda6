//! Registers as tables: what a bastion, a backup program, a help desk export, or what the house writes in a spreadsheet. Each
//! is known by columns that no other table has; the first name of each column is the one of the blank table offered.

use super::delimited::{Row, Table};
use super::parts::{clip, flag};
use super::{Content, Format, Line, Parsed, Reason};
use crate::governance::estate::date;
use crate::governance::estate::register::Entry;
use jiff::civil::Date;

mod rows;

/// A column.
#[derive(Debug)]
pub struct Column {
    /// Its head in the blank table.
    pub title: &'static str,
    /// Names it may have, in small letters and without signs; that of `title` comes first.
    names: &'static [&'static str],
    /// What the blank table gives as an example.
    pub example: &'static str,
    /// Without it the table is not known.
    needed: bool,
}

/// A register.
#[derive(Debug)]
pub struct Register {
    /// Its format.
    pub format: Format,
    /// The name of the blank table.
    pub file: &'static str,
    /// What it is, in a few French words.
    pub title: &'static str,
    /// The measures it proves.
    pub measures: &'static [&'static str],
    /// Its columns.
    pub columns: &'static [Column],
    read: fn(&Cells<'_>) -> Result<Entry, Reason>,
}

const fn needed(title: &'static str, names: &'static [&'static str], example: &'static str) -> Column {
    Column { title, names, example, needed: true }
}

const fn column(title: &'static str, names: &'static [&'static str], example: &'static str) -> Column {
    Column { title, names, example, needed: false }
}

/// Every register, those with the most particular columns first.
pub const REGISTERS: [Register; 9] = [
    Register {
        format: Format::Accesses,
        file: "acces-distants.csv",
        title: "Accès à distance des prestataires",
        measures: &["PREST-05", "PREST-06", "PREST-07", "PREST-08"],
        columns: &[
            column("Session", &["session", "id", "sessionid"], "S-2026-031"),
            needed("Compte", &["compte", "username", "user", "utilisateur"], "presta.dui"),
            column("Prestataire", &["prestataire", "fournisseur", "societe"], "Éditeur du dossier"),
            column("Cible", &["cible", "target", "serveur"], "SRV-DUI"),
            column("Protocole", &["protocole", "protocol"], "RDP"),
            needed("Début", &["debut", "started", "debutdesession"], "02/11/2026 09:00"),
            column("Fin", &["fin", "ended", "findesession"], "02/11/2026 10:10"),
            needed("Demande", &["demande", "ticketid", "ticket"], "D-2026-014"),
            column("Approuvé le", &["approuvele", "approvedat"], "02/11/2026 08:45"),
            column("Valable jusqu’au", &["valablejusquau", "expiry", "expirele"], "02/11/2026 12:45"),
            column("Enregistrement", &["enregistrement", "recording", "recordings", "enregistre"], "oui"),
            column("Compte rendu reçu le", &["compterendurecule", "compterendu", "rapportrecule"], "04/11/2026"),
        ],
        read: rows::access,
    },
    Register {
        format: Format::Grants,
        file: "demandes-acces.csv",
        title: "Demandes d’accès à distance et leur accord",
        measures: &["PREST-05", "PREST-08"],
        columns: &[
            needed("Demande", &["demande", "ticketid"], "D-2026-014"),
            needed("Compte", &["compte", "username", "user"], "presta.dui"),
            needed("Approuvé le", &["approuvele", "resolvedat", "accordele"], "02/11/2026 08:45"),
            column("Valable jusqu’au", &["valablejusquau", "expiry", "expirele"], "02/11/2026 12:45"),
            column("Durée en secondes", &["dureeensecondes", "requesteddurationseconds"], ""),
            column("État", &["etat", "status", "statut"], "Approuvée"),
        ],
        read: rows::grant,
    },
    Register {
        format: Format::Jobs,
        file: "sauvegardes.csv",
        title: "Résultats des sauvegardes",
        measures: &["SAUV-07", "SAUV-08"],
        columns: &[
            needed("Tâche", &["tache", "jobname", "job", "travail", "nomdelatache", "plan"], "Serveur de fichiers"),
            needed(
                "Date",
                &["date", "creationtime", "starttime", "debut", "started", "time", "endtime", "fin", "heuredefin"],
                "22/11/2026 23:00",
            ),
            needed("Résultat", &["resultat", "result", "status", "statut", "etat", "outcome"], "Succès"),
            column("Alerte reçue le", &["alerterecuele", "alertele", "alertedat"], ""),
            column("Réparé le", &["reparele", "corrigele", "closle", "closedat"], ""),
            column(
                "Compte du dépôt",
                &["comptedudepot", "comptedepot", "repositoryaccount", "account"],
                "depot-sauvegarde",
            ),
            column("Double facteur", &["doublefacteur", "mfa", "secondfacteur"], "oui"),
        ],
        read: rows::job,
    },
    Register {
        format: Format::Advisories,
        file: "failles.csv",
        title: "Failles graves de ce qui est visible d’Internet",
        measures: &["MAJ-07"],
        columns: &[
            needed("Bulletin", &["bulletin", "avis", "cve", "advisory"], "CERTFR-2026-AVI-0123"),
            needed("Publié le", &["publiele", "datedepublication", "published"], "03/11/2026"),
            needed("Équipement", &["equipement", "machine", "appareil", "device", "hostname"], "vpn"),
            column("Version corrigée", &["versioncorrigee", "corrigeeen", "fixedversion", "fixedin"], "7.4.9"),
            column("Corrigé le", &["corrigele", "correctedon"], "06/11/2026"),
        ],
        read: rows::advisory,
    },
    Register {
        format: Format::Disposals,
        file: "reformes.csv",
        title: "Appareils réformés et effacement de leurs disques",
        measures: &["INV-08"],
        columns: &[
            column("Nom", &["nom", "name", "appareil", "machine"], "PC-ANCIEN"),
            column("Numéro de série", &["numerodeserie", "serialnumber", "serial", "sn"], "5CD1234XYZ"),
            needed("Réformé le", &["reformele", "datedereforme", "misaurebutle", "sortile"], "12/10/2026"),
            column("Effacé le", &["effacele", "detruitle", "datedeffacement"], "10/10/2026"),
            needed(
                "Attestation",
                &["attestation", "attestationdeffacement", "certificat", "preuve"],
                "Classeur réformes, n° 12",
            ),
        ],
        read: rows::disposal,
    },
    Register {
        format: Format::Proofreadings,
        file: "relectures-restauration.csv",
        title: "Dossiers restaurés relus par un soignant",
        measures: &["SAUV-06"],
        columns: &[
            needed("Relu le", &["relule", "verifiele", "datedecontrole"], "20/10/2026"),
            needed("Fonction", &["fonction", "metier", "function"], "Infirmière"),
            needed("Dossiers relus", &["dossiersrelus", "dossiersverifies"], "5"),
            needed("Dossiers conformes", &["dossiersconformes", "conformes"], "5"),
        ],
        read: rows::proofreading,
    },
    Register {
        format: Format::Reentries,
        file: "ressaisies.csv",
        title: "Fiches papier ressaisies après une panne",
        measures: &["CONT-05"],
        columns: &[
            needed("Unité", &["unite", "service", "unit"], "Unité Mimosas"),
            needed("Fin de la panne", &["findelapanne", "finpanne"], "14/11/2026 16:00"),
            needed("Fiches écrites", &["fichesecrites", "fiches"], "23"),
            needed("Fiches ressaisies", &["fichesressaisies", "ressaisies"], "23"),
            column("Ressaisie finie le", &["ressaisiefiniele", "finiele"], "15/11/2026 12:00"),
        ],
        read: rows::reentry,
    },
    Register {
        format: Format::Contracts,
        file: "contrats.csv",
        title: "Contrats et réversibilité",
        measures: &["PREST-09"],
        columns: &[
            needed(
                "Prestataire",
                &["prestataire", "fournisseur", "fournisseurs", "supplier", "editeur"],
                "Éditeur du dossier",
            ),
            needed("Objet", &["objet", "logiciel", "contrat", "nom", "name"], "Dossier de l’usager"),
            column("Fin", &["fin", "datedefin", "echeance", "enddate"], "31/12/2027"),
            needed("Réversibilité prévue", &["reversibiliteprevue", "clausedereversibilite", "reversibilite"], "oui"),
            column(
                "Export essayé le",
                &["exportessayele", "reversibiliteessayeele", "essaidereversibilite"],
                "15/09/2026",
            ),
        ],
        read: rows::contract,
    },
    Register {
        format: Format::Tickets,
        file: "signalements.csv",
        title: "Signalements à l’assistance",
        measures: &["INC-06"],
        columns: &[
            needed("ID", &["id", "numero", "ticket", "ntick", "number"], "1042"),
            needed(
                "Ouvert le",
                &["ouvertle", "datedouverture", "dateouverture", "openedat", "opened"],
                "12/11/2026 09:10",
            ),
            needed(
                "Pris en compte le",
                &["prisencomptele", "datedepriseencompte", "takeintoaccountdate", "priseencompte", "takenat"],
                "12/11/2026 11:00",
            ),
        ],
        read: rows::ticket,
    },
];

/// The register that a table is, if it is one.
pub(super) fn find(table: &Table) -> Option<&'static Register> {
    let has = |one: &Column| table.has(one.names);
    let fits = |register: &&Register| register.columns.iter().filter(|one| one.needed).all(has);
    REGISTERS.iter().find(fits)
}

/// Reads a table.
pub(super) fn read(register: &'static Register, table: &Table) -> Parsed {
    let one = |row: &Row| {
        if let Some(reason) = table.trouble(row) {
            return Line::unread(row.line, reason);
        }
        match (register.read)(&Cells { register, table, row }) {
            Ok(entry) => Line { line: row.line, content: Content::Entry(Box::new(entry)) },
            Err(reason) => Line::unread(row.line, reason),
        }
    };
    Parsed { format: register.format, lines: table.rows.iter().map(one).collect() }
}

/// A row, read by the heads of the blank table.
struct Cells<'a> {
    register: &'static Register,
    table: &'a Table,
    row: &'a Row,
}

impl Cells<'_> {
    fn raw(&self, title: &str) -> Option<&str> {
        let column = self.register.columns.iter().find(|column| column.title == title)?;
        self.table.field(self.row, column.names)
    }

    fn text(&self, title: &str) -> Option<String> {
        self.raw(title).and_then(clip)
    }

    fn name(&self, title: &str) -> Result<String, Reason> {
        self.text(title).ok_or(Reason::Empty)
    }

    fn flag(&self, title: &str) -> Option<bool> {
        self.raw(title).and_then(flag)
    }

    fn at(&self, title: &str) -> Result<Option<i64>, Reason> {
        self.raw(title).map(|text| date::instant(text).ok_or(Reason::Date)).transpose()
    }

    /// A day on which something ends; none where so late a day is told that it stands for none.
    fn end(&self, title: &str) -> Result<Option<Date>, Reason> {
        if self.raw(title).is_some_and(date::is_endless) { Ok(None) } else { self.day(title) }
    }

    fn day(&self, title: &str) -> Result<Option<Date>, Reason> {
        self.raw(title).map(|text| date::day(text).ok_or(Reason::Date)).transpose()
    }
}

/// The blank table of a register, with one line to be replaced: `;` between fields, as French spreadsheets open it.
#[must_use]
pub fn blank(register: &Register) -> String {
    let line = |cell: fn(&Column) -> &'static str| register.columns.iter().map(cell).collect::<Vec<_>>().join(";");
    format!("{}\r\n{}\r\n", line(|column| column.title), line(|column| column.example))
}

#[cfg(test)]
mod tests {
    use super::super::delimited;
    use super::*;

    #[test]
    fn a_blank_table_is_read_as_its_register_and_every_column_of_it_is_known() {
        for register in &REGISTERS {
            let text = blank(register);
            let table = delimited::read(&text, |table| find(table).is_some()).unwrap();
            assert_eq!(find(&table).map(|found| found.file), Some(register.file));
            for column in register.columns {
                assert!(
                    column.names.first().is_some_and(|name| table.has(&[name])),
                    "{}: {}",
                    register.file,
                    column.title
                );
            }
            let parsed = super::super::read(text.as_bytes()).unwrap();
            assert_eq!((parsed.format, parsed.lines.len()), (register.format, 1));
            assert!(matches!(parsed.lines[0].content, Content::Entry(_)), "{}", register.file);
        }
    }
}
