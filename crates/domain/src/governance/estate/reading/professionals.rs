//! An extract of the national directory of health professionals, as it is published (`PS_LibreAcces_Personne_activite`, `|`
//! between fields): a line for each activity, so that one person may stand on several.

use super::delimited::{Row, Table};
use super::parts::clip;
use super::{Content, Format, Line, Parsed, Reason};
use crate::governance::estate::register::{Entry, Professional};
use crate::governance::rpps::rpps;

const NUMBER: &[&str] = &["identificationnationalepp", "identifiantpp"];
const FAMILY: &[&str] = &["nomdexercice"];
const GIVEN: &[&str] = &["prenomdexercice"];
const PROFESSION: &[&str] = &["libelleprofession"];

/// Whether a table is one.
pub(super) fn fits(table: &Table) -> bool {
    [NUMBER, FAMILY, GIVEN].iter().all(|names| table.has(names))
}

/// Reads a table.
pub(super) fn read(table: &Table) -> Parsed {
    Parsed { format: Format::Professionals, lines: table.rows.iter().map(|row| line(table, row)).collect() }
}

fn line(table: &Table, row: &Row) -> Line {
    match professional(table, row) {
        Ok(one) => Line { line: row.line, content: Content::Entry(Box::new(Entry::Professional(one))) },
        Err(reason) => Line::unread(row.line, reason),
    }
}

fn professional(table: &Table, row: &Row) -> Result<Professional, Reason> {
    if let Some(reason) = table.trouble(row) {
        return Err(reason);
    }
    let text = |names: &[&str]| table.field(row, names).and_then(clip);
    // Older registers gave other numbers: they are compared with nothing.
    let number = rpps(table.field(row, NUMBER).ok_or(Reason::Empty)?).ok_or(Reason::Outcome)?.to_owned();
    let family = text(FAMILY).ok_or(Reason::Empty)?;
    Ok(Professional { number, family, given: text(GIVEN).unwrap_or_default(), profession: text(PROFESSION) })
}
