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
    for (number, typed) in profiles(&text).ok_or_else(no_column)? {
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

/// The profiles of a table with the numbers of their lines; none without their column. Cells are words: quotes only surround them.
fn profiles(text: &str) -> Option<Vec<(usize, String)>> {
    let mut lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    let (_, head) = lines.next()?;
    let separator = [';', '\t', ','].into_iter().find(|separator| head.contains(*separator)).unwrap_or(',');
    let cells = |line: &str| -> Vec<String> {
        line.split(separator).map(|cell| cell.trim().trim_matches('"').trim().to_owned()).collect()
    };
    let column = cells(head).iter().position(|name| name.eq_ignore_ascii_case(PROFILE))?;
    let typed = |line: &str| cells(line).get(column).cloned().unwrap_or_default();
    Some(lines.map(|(number, line)| (number, typed(line))).collect())
}

#[cfg(test)]
mod tests {
    use super::profiles;

    #[test]
    fn a_table_is_read_by_the_name_of_its_column() {
        let expected = Some(vec![(2, "AAAAAAAA".to_owned()), (4, "CCCCCCCC".to_owned())]);
        assert_eq!(profiles("profile\nAAAAAAAA\n\nCCCCCCCC\n"), expected);
        assert_eq!(profiles("nom;Profile;date\r\na;\"AAAAAAAA\";1\r\n\r\nb;CCCCCCCC;2\r\n"), expected);
        assert_eq!(profiles("profil\nAAAAAAAA\n"), None);
        assert_eq!(profiles(""), None);
        assert_eq!(profiles("profile,rank\nAAAAAAAA,13\nB\n").map(|all| all.len()), Some(2));
        assert_eq!(profiles("profile\n"), Some(Vec::new()));
    }
}
