//! What a command shows: progress and sentences on standard error, the document on standard output.

use crate::failure::{Failure, Result, USAGE};
use crate::jobs::{Done, Step};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Issues shown one by one; `--json` has them all.
const SHOWN: usize = 20;

/// One line on standard error.
pub(crate) fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// What was to be printed and could not be; the first of it.
static LOST: OnceLock<std::io::Error> = OnceLock::new();

/// One document on standard output.
pub(crate) fn print(text: &str) {
    let mut out = std::io::stdout();
    if let Err(error) = writeln!(out, "{text}").and_then(|()| out.flush()) {
        lose(error);
    }
}

/// Standard output does not take what is printed: the command ends with another code than 0.
pub(crate) fn lose(error: std::io::Error) {
    let _first = LOST.set(error);
}

/// Why standard output did not take what was printed. The command is done all the same: nobody has its answer.
pub(crate) fn lost() -> Option<&'static std::io::Error> {
    LOST.get()
}

/// The password of an account: typed on the terminal without being shown, else the first line of standard input.
pub(crate) fn password(login: &str) -> Result<String> {
    let failed = |e: std::io::Error| Failure::file(Path::new("mot de passe"), &e);
    let mut typed = String::new();
    if std::io::stdin().is_terminal() {
        let _ = write!(std::io::stderr(), "Mot de passe de {login} : ");
        typed = console::Term::stderr().read_secure_line().map_err(failed)?;
    } else {
        std::io::stdin().read_line(&mut typed).map_err(failed)?;
    }
    Ok(typed.trim_end_matches(['\r', '\n']).to_owned())
}

/// The same, chosen now: on the terminal it is typed twice.
pub(crate) fn chosen(login: &str) -> Result<String> {
    let typed = password(login)?;
    if std::io::stdin().is_terminal() {
        let _ = write!(std::io::stderr(), "Encore une fois. ");
        if password(login)? != typed {
            return Err(Failure::new(USAGE, "Les deux saisies diffèrent : rien n'est changé."));
        }
    }
    Ok(typed)
}

/// A bar on a terminal; nothing elsewhere.
pub(crate) struct Bar(Option<ProgressBar>);

impl Bar {
    pub(crate) fn new(known: bool) -> Self {
        if !std::io::stderr().is_terminal() {
            return Self(None);
        }
        let bar = if known { ProgressBar::new(0) } else { ProgressBar::new_spinner() };
        let template = if known {
            "{bar:30} {bytes} sur {total_bytes} · {msg} ressources · reste {eta}"
        } else {
            "{spinner} {msg} ressources · {elapsed}"
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Self(Some(bar))
    }

    pub(crate) fn step(&self, step: Step) {
        if let Some(bar) = &self.0 {
            bar.set_length(step.total);
            bar.set_position(step.done);
            bar.set_message(step.resources.to_string());
        }
    }

    pub(crate) fn end(&self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

/// How the report of a command reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Import { dry_run: bool },
    Export,
    Verify,
    Checkpoint,
    Relabel,
    Compare,
    Rollback { asks: bool, approves: bool },
    Assets { trial: bool },
}

impl Kind {
    /// Nothing is written: what is not there yet need not be made.
    pub(crate) fn is_trial(self) -> bool {
        matches!(self, Self::Import { dry_run: true } | Self::Assets { trial: true })
    }
}

/// Shows what a command did.
pub(crate) fn report(kind: Kind, json: bool, done: &Done) {
    if json {
        print(&done.report.to_string());
        return;
    }
    match kind {
        Kind::Import { dry_run } => imported(&done.report, dry_run),
        Kind::Export => exported(&done.report),
        Kind::Verify => verified(&done.report),
        Kind::Relabel => relabelled(&done.report),
        // Told with the comparison of the rules themselves.
        // Told where the command is.
        Kind::Assets { .. } => {}
        Kind::Compare => compared(&done.report),
        Kind::Rollback { asks, approves } => rolled_back(&done.report, asks, approves),
        // As it is signed, to the last newline.
        Kind::Checkpoint => print(text(&done.report, "checkpoint").trim_end_matches('\n')),
    }
}

/// Files under the names that were typed.
pub(crate) fn rename_files(report: &mut Value, typed: &[(PathBuf, PathBuf)]) {
    for issue in report.get_mut("issues").and_then(Value::as_array_mut).into_iter().flatten() {
        let Some(Value::String(file)) = issue.get_mut("file") else { continue };
        let under = |(absolute, typed): &(PathBuf, PathBuf)| {
            let rest = Path::new(file.as_str()).strip_prefix(absolute).ok()?;
            Some(if rest.as_os_str().is_empty() { typed.clone() } else { typed.join(rest) })
        };
        if let Some(name) = typed.iter().find_map(under) {
            *file = name.display().to_string();
        }
    }
}

/// A number and its word, in agreement.
pub(crate) fn several(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number < 2 { one } else { many })
}

pub(crate) fn count(report: &Value, key: &str) -> u64 {
    report.get(key).and_then(Value::as_u64).unwrap_or_default()
}

pub(crate) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

pub(crate) fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn imported(report: &Value, dry_run: bool) {
    let issues = list(report, "issues");
    for issue in issues.iter().take(SHOWN) {
        let number = |key: &str, word: &str| {
            issue.get(key).and_then(Value::as_u64).map_or_else(String::new, |n| format!(", {word} {n}"))
        };
        let path = match text(issue, "path") {
            "" => String::new(),
            path => format!(" [{path}]"),
        };
        let severity = match text(issue, "severity") {
            "error" => "refus",
            "warning" => "attention",
            _ => "note",
        };
        let place = format!("{}{}{}", text(issue, "file"), number("entry", "entrée"), number("line", "ligne"));
        say(&format!("{severity} : {place}{path} : {}", text(issue, "text")));
    }
    if issues.len() > SHOWN {
        let more = several((issues.len() - SHOWN) as u64, "autre", "autres");
        say(&format!("… et {more} : voir avec --json."));
    }
    let line: Vec<String> = [
        ("created", "créée", "créées"),
        ("updated", "mise à jour", "mises à jour"),
        ("skipped", "déjà présente", "déjà présentes"),
        ("conflicts", "à décider par une personne", "à décider par une personne"),
        ("refused", "refusée", "refusées"),
    ]
    .iter()
    .map(|(key, one, many)| several(count(report, key), one, many))
    .collect();
    let end = if dry_run { " (essai : rien n'a été écrit)" } else { "" };
    print(&format!("Ressources : {}{end}", line.join(" · ")));
}

fn exported(report: &Value) {
    for file in list(report, "files") {
        say(file.as_str().unwrap_or_default());
    }
    let (out, inside) = (count(report, "exported"), count(report, "not_exported"));
    print(&format!("Ressources exportées : {out} · non exportées : {inside}"));
}

fn verified(report: &Value) {
    for finding in list(report, "findings") {
        say(&format!("constat : {}", text(finding, "text")));
    }
    let size = count(report, "tree_size");
    print(&match list(report, "findings").len() {
        0 => format!("Journal entier : {size} entrées, racine {}.", text(report, "root")),
        n => format!("Journal en défaut : {} sur {size} entrées.", several(n as u64, "constat", "constats")),
    });
}

fn relabelled(report: &Value) {
    let (noticed, unreadable) = (count(report, "noticed"), count(report, "unreadable"));
    if noticed > 0 {
        say(&format!("{noticed} niveaux fixés par une personne ont été relevés : à relire."));
    }
    if unreadable > 0 {
        say(&format!("{} ne s'ouvrent pas et restent comme ils sont.", several(unreadable, "élément", "éléments")));
    }
    print(&format!(
        "Règles version {} : {} · {} · dont très sensibles : {}",
        count(report, "rules"),
        several(count(report, "items"), "élément relu", "éléments relus"),
        several(count(report, "raised"), "relevé", "relevés"),
        count(report, "level4"),
    ));
}

/// What other rules would change, in numbers.
pub(crate) fn compared(store: &Value) {
    print(&format!(
        "Sur ces données : {} · {} · dont à sceller au niveau 4 : {} · moins graves selon les nouvelles règles, inchangés : {}",
        several(count(store, "items"), "élément", "éléments"),
        several(count(store, "raised"), "à relever", "à relever"),
        count(store, "level4"),
        count(store, "lowered_ignored"),
    ));
    numbers(store, &[("by_level", "Par niveau"), ("by_type", "Par type"), ("by_rule", "Par règle")]);
}

fn numbers(report: &Value, parts: &[(&str, &str)]) {
    for (key, title) in parts {
        let Some(all) = report.get(*key).and_then(Value::as_object).filter(|all| !all.is_empty()) else { continue };
        print(&format!("{title} :"));
        all.iter().for_each(|(name, number)| print(&format!("  {name} : {number}")));
    }
}

fn rolled_back(report: &Value, asks: bool, approves: bool) {
    let items = count(report, "items");
    print(&format!(
        "Règles version {} : {}, qu'aucune personne n'a revus ; {} par des règles plus récentes.",
        count(report, "rules"),
        several(items, "élément relevé", "éléments relevés"),
        several(count(report, "held"), "tenu", "tenus"),
    ));
    numbers(report, &[("by_level", "Par niveau, maintenant et après"), ("by_type", "Par type")]);
    if approves {
        print(&format!("Remis en place : {}.", count(report, "done")));
    } else if let Some(asked) = report.get("asked").filter(|asked| asked.is_object()) {
        print(&format!("Demandé par {} pour {} : {}", text(asked, "by"), count(asked, "items"), text(asked, "reason")));
        say("Une autre personne, qui relit les écrits, peut approuver : --as IDENTIFIANT --approve");
    } else if !asks && items > 0 {
        say("Pour le demander : --as IDENTIFIANT --reason TEXTE");
    }
}
