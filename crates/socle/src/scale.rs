//! `socle scale`: what answers to a scale come to, without any data folder.

use crate::args::TEMPLATE;
use crate::failure::{Failure, Result, UNREADABLE};
use crate::screen;
use clap::{Args, Subcommand, ValueEnum};
use domain::care::scales::aggir;
use serde_json::json;
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(crate) enum ScaleCommand {
    /// Calcule le résultat de chaque ligne d'un tableau CSV.
    #[command(help_template = TEMPLATE, next_help_heading = "Options")]
    Score(ScoreArgs),
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Name {
    /// AGGIR : colonne « profile », huit lettres A, B ou C ; donne le rang (1 à 13) et le GIR (1 à 6).
    Aggir,
}

#[derive(Debug, Args)]
pub(crate) struct ScoreArgs {
    /// Échelle.
    #[arg(value_name = "ÉCHELLE", ignore_case = true)]
    pub(crate) name: Name,
    /// Tableau CSV ; - : l'entrée standard.
    #[arg(long, value_name = "FICHIER")]
    pub(crate) input: PathBuf,
    /// Écrit un document JSON au lieu d'un tableau.
    #[arg(long)]
    pub(crate) json: bool,
}

/// The column of the profiles.
const PROFILE: &str = "profile";

/// Scores a table, line by line, in its order; 1 when a line has no score.
pub(crate) fn run(command: ScaleCommand) -> Result<u8> {
    let ScaleCommand::Score(args) = command;
    let Name::Aggir = args.name;
    let text = read(&args.input)?;
    let (mut table, mut list, mut exit) = (String::from("profile,rank,gir\n"), Vec::new(), 0);
    for (number, typed) in profiles(&text)? {
        match aggir::profile(&typed) {
            Some(profile) => {
                let (typed, score) = (typed.to_uppercase(), aggir::score(&profile));
                table.push_str(&format!("{typed},{},{}\n", score.rank, score.gir));
                list.push(json!({ "profile": typed, "rank": score.rank, "gir": score.gir }));
            }
            None => {
                exit = 1;
                let why = "un profil est fait de huit lettres A, B ou C";
                screen::say(&format!("ligne {number} : « {typed} » : {why}."));
                // What separates would not be told from what is typed.
                table.push_str(&format!("{},,\n", typed.replace([',', '"', '\n'], " ")));
                list.push(json!({ "profile": typed, "rank": null, "gir": null, "line": number, "error": why }));
            }
        }
    }
    screen::print(if args.json { serde_json::Value::Array(list).to_string() } else { table }.trim_end());
    Ok(exit)
}

fn no_column() -> Failure {
    Failure::new(UNREADABLE, format!("Ce tableau n'a pas de colonne « {PROFILE} »."))
}

fn read(path: &std::path::Path) -> Result<String> {
    let bytes = if path.as_os_str() == "-" {
        let mut all = Vec::new();
        std::io::Read::read_to_end(&mut std::io::stdin(), &mut all).map(|_| all)
    } else {
        std::fs::read(path)
    };
    let bytes = bytes.map_err(|error| Failure::file(path, &error))?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").map(<[u8]>::to_vec).unwrap_or(bytes);
    String::from_utf8(bytes)
        .map_err(|_| Failure::new(UNREADABLE, format!("{} : ce n'est pas du texte.", path.display())))
}

/// The profiles of a table with the numbers of their lines.
fn profiles(text: &str) -> Result<Vec<(usize, String)>> {
    let head = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let separator = [';', '\t', ','].into_iter().find(|separator| head.contains(*separator)).unwrap_or(',');
    let open = |line| Failure::new(UNREADABLE, format!("Ligne {line} : un guillemet n'est jamais fermé."));
    let mut rows = rows(text, separator).map_err(open)?.into_iter();
    let (_, head) = rows.next().unwrap_or_default();
    let column = head.iter().position(|name| name.eq_ignore_ascii_case(PROFILE)).ok_or_else(no_column)?;
    Ok(rows.map(|(line, cells)| (line, cells.get(column).cloned().unwrap_or_default())).collect())
}

/// Rows that are not empty, each with the number of the line where it begins; else the line of a quote that is never closed. Between
/// quotes, a line break or what separates is part of the cell, and two quotes are one.
fn rows(text: &str, separator: char) -> std::result::Result<Vec<(usize, Vec<String>)>, usize> {
    let (mut all, mut cells, mut cell) = (Vec::new(), Vec::new(), String::new());
    let (mut line, mut began, mut quoted) = (1, 1, None);
    let mut signs = text.chars().chain(Some('\n').filter(|_| !text.ends_with('\n'))).peekable();
    while let Some(sign) = signs.next() {
        line += usize::from(sign == '\n');
        match (sign, quoted) {
            ('"', Some(_)) if signs.next_if_eq(&'"').is_some() => cell.push('"'),
            ('"', Some(_)) => quoted = None,
            (_, Some(_)) => cell.push(sign),
            ('"', None) if cell.trim().is_empty() => {
                cell.clear();
                quoted = Some(line);
            }
            ('\n', None) => {
                cells.push(std::mem::take(&mut cell).trim().to_owned());
                let row = std::mem::take(&mut cells);
                if row.iter().any(|cell| !cell.is_empty()) {
                    all.push((began, row));
                }
                began = line;
            }
            (sign, None) if sign == separator => cells.push(std::mem::take(&mut cell).trim().to_owned()),
            (sign, None) => cell.push(sign),
        }
    }
    quoted.map_or(Ok(all), Err)
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_table_is_read_by_the_name_of_its_column() {
        let profiles = |text: &str| super::profiles(text).ok();
        let expected = Some(vec![(2, "AAAAAAAA".to_owned()), (4, "CCCCCCCC".to_owned())]);
        assert_eq!(profiles("profile\nAAAAAAAA\n\nCCCCCCCC\n"), expected);
        assert_eq!(profiles("nom;Profile;date\r\na;\"AAAAAAAA\";1\r\n\r\nb;CCCCCCCC;2\r\n"), expected);
        assert_eq!(profiles("profil\nAAAAAAAA\n"), None);
        assert_eq!(profiles(""), None);
        assert_eq!(profiles("profile,rank\nAAAAAAAA,13\nB\n").map(|all| all.len()), Some(2));
        assert_eq!(profiles("profile\n"), Some(Vec::new()));
    }

    #[test]
    fn a_line_break_between_quotes_begins_no_row() {
        let read = |text: &str| super::profiles(text);
        let text = "nom,profile\n\"Le Goff,\nditte \"\"Anne\"\"\",AAAAAAAA\nb, \"CCCCCCCC\" \nc 12\",BBBBBBBB";
        let expected = [(2, "AAAAAAAA".to_owned()), (4, "CCCCCCCC".to_owned()), (5, "BBBBBBBB".to_owned())];
        assert_eq!(read(text).unwrap(), expected);
        assert_eq!(
            read("profile\n\"AAAAAAAA\nBBBBBBBB\n").unwrap_err().text,
            "Ligne 2 : un guillemet n'est jamais fermé."
        );
    }
}
