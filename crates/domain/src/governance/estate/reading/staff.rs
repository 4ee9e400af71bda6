//! Movements of staff: who came, who is to leave, as a table of the human resources.

use super::delimited::{Row, Table};
use super::parts::clip;
use super::{Content, Format, Line, Parsed, Reason};
use crate::governance::estate::Movement;
use crate::governance::estate::date;

const NUMBER: &[&str] = &[
    "matricule",
    "numero",
    "employeenumber",
    "employeeid",
    "idsalarie",
    "id",
    "nomatricule",
    "numeromatricule",
    "matriculesalarie",
    "matriculeagent",
    "codesalarie",
    "codeagent",
    "numerosalarie",
    "numeroagent",
    "nsalarie",
    "idagent",
    "idrh",
    "personnelnumber",
];
const FAMILY: &[&str] = &[
    "nom",
    "nomdefamille",
    "nomusuel",
    "nomdusage",
    "lastname",
    "surname",
    "familyname",
    "nomusage",
    "nommarital",
    "nomsalarie",
    "nomagent",
    "nomdusalarie",
    "nomdelagent",
    "nompatronymique",
    "nomdenaissance",
    "nomnaissance",
];
const GIVEN: &[&str] =
    &["prenom", "prenoms", "firstname", "givenname", "prenomsalarie", "prenomagent", "prenomusuel", "prenomdusalarie"];
/// Both names in one column.
const BOTH: &[&str] = &[
    "nomprenom",
    "nometprenom",
    "nomprenoms",
    "nometprenoms",
    "nomcomplet",
    "salarie",
    "agent",
    "collaborateur",
    "fullname",
    "employee",
    "identite",
];
const STARTS: &[&str] = &[
    "dateentree",
    "datedentree",
    "dateembauche",
    "datedembauche",
    "datedebut",
    "entree",
    "startdate",
    "hiredate",
    "datearrivee",
    "datedarrivee",
    "arrivee",
    "debut",
    "debutcontrat",
    "datedebutcontrat",
    "datededebut",
    "datededebutdecontrat",
    "debutdecontrat",
    "dateentreeetablissement",
    "datedentreeetablissement",
    "embauche",
    "prisedeposte",
    "dateprisedeposte",
];
const ENDS: &[&str] = &[
    "datesortie",
    "datedesortie",
    "datefin",
    "datedefin",
    "datedepart",
    "datededepart",
    "sortie",
    "enddate",
    "depart",
    "fin",
    "fincontrat",
    "findecontrat",
    "datefincontrat",
    "datedefindecontrat",
    "datefindecontrat",
    "datesortieetablissement",
    "terminationdate",
    "leavedate",
    "dateradiation",
];

/// Whether a table is one: people, and days they come or leave.
pub(super) fn fits(table: &Table) -> bool {
    (table.has(NUMBER) || table.has(FAMILY) || table.has(BOTH)) && (table.has(STARTS) || table.has(ENDS))
}

/// Reads a table.
pub(super) fn read(table: &Table) -> Parsed {
    Parsed { format: Format::Staff, lines: table.rows.iter().map(|row| line(table, row)).collect() }
}

fn line(table: &Table, row: &Row) -> Line {
    if let Some(reason) = table.trouble(row) {
        return Line::unread(row.line, reason);
    }
    let field = |names: &[&str]| table.field(row, names).and_then(clip);
    let number = field(NUMBER).unwrap_or_default();
    let (family, given) = match field(FAMILY) {
        Some(family) => (family, field(GIVEN).unwrap_or_default()),
        None => field(BOTH).map(|both| apart(&both)).unwrap_or_default(),
    };
    if number.is_empty() && family.is_empty() {
        return Line::unread(row.line, Reason::Empty);
    }
    let day = |names: &[&str]| match table.field(row, names) {
        None => Ok(None),
        Some(text) if date::is_endless(text) => Ok(None),
        Some(text) => date::iso(text).map(Some).ok_or(Reason::Date),
    };
    let (starts, ends) = match (day(STARTS), day(ENDS)) {
        (Ok(starts), Ok(ends)) => (starts, ends),
        (Err(reason), _) | (_, Err(reason)) => return Line::unread(row.line, reason),
    };
    let movement = Movement {
        number,
        family,
        given,
        function: field(&["fonction", "emploi", "metier", "poste", "jobtitle", "function"]),
        starts,
        ends,
        contract: field(&["typecontrat", "typedecontrat", "contrat", "naturecontrat", "contract"]),
    };
    Line { line: row.line, content: Content::Movement(movement) }
}

/// « LE GOFF Inès », « Le Goff, Inès », « Inès LE GOFF »: the family's name and the given one. Capitals tell them apart; else
/// the first word is the family's.
fn apart(both: &str) -> (String, String) {
    if let Some((family, given)) = both.split_once(',') {
        return (family.trim().to_owned(), given.trim().to_owned());
    }
    let titles = ["m", "mme", "mlle", "mr", "monsieur", "madame", "m."];
    let words: Vec<&str> =
        both.split_whitespace().filter(|word| !titles.contains(&word.to_lowercase().as_str())).collect();
    let capital = |word: &&&str| word.chars().count() > 1 && word.to_uppercase() == **word;
    let (family, given): (Vec<&str>, Vec<&str>) = words.iter().partition(|word| capital(word));
    if family.is_empty() || given.is_empty() {
        let mut words = words.into_iter();
        return (words.next().unwrap_or_default().to_owned(), words.collect::<Vec<_>>().join(" "));
    }
    (family.join(" "), given.join(" "))
}
