//! Movements of staff: who came, who is to leave, as a table of the human resources.

use super::delimited::{Row, Table};
use super::parts::clip;
use super::{Content, Format, Line, Parsed, Reason};
use crate::governance::estate::Movement;
use crate::governance::estate::date;

const NUMBER: &[&str] = &["matricule", "numero", "employeenumber", "employeeid", "idsalarie", "id"];
const FAMILY: &[&str] = &["nom", "nomdefamille", "nomusuel", "nomdusage", "lastname", "surname", "familyname"];
const GIVEN: &[&str] = &["prenom", "firstname", "givenname"];
const STARTS: &[&str] =
    &["dateentree", "datedentree", "dateembauche", "datedembauche", "datedebut", "entree", "startdate", "hiredate"];
const ENDS: &[&str] =
    &["datesortie", "datedesortie", "datefin", "datedefin", "datedepart", "datededepart", "sortie", "enddate"];

/// Whether a table is one: people, and days they come or leave.
pub(super) fn fits(table: &Table) -> bool {
    (table.has(NUMBER) || table.has(FAMILY)) && (table.has(STARTS) || table.has(ENDS))
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
    let (number, family) = (field(NUMBER).unwrap_or_default(), field(FAMILY).unwrap_or_default());
    if number.is_empty() && family.is_empty() {
        return Line::unread(row.line, Reason::Empty);
    }
    let day = |names: &[&str]| match table.field(row, names) {
        None => Ok(None),
        Some(text) => date::iso(text).map(Some).ok_or(Reason::Date),
    };
    let (starts, ends) = match (day(STARTS), day(ENDS)) {
        (Ok(starts), Ok(ends)) => (starts, ends),
        (Err(reason), _) | (_, Err(reason)) => return Line::unread(row.line, reason),
    };
    let movement = Movement {
        number,
        family,
        given: field(GIVEN).unwrap_or_default(),
        function: field(&["fonction", "emploi", "metier", "poste", "jobtitle", "function"]),
        starts,
        ends,
        contract: field(&["typecontrat", "typedecontrat", "contrat", "naturecontrat", "contract"]),
    };
    Line { line: row.line, content: Content::Movement(movement) }
}
