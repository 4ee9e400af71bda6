//! `socle policy`: why somebody may, or may not, read the items of a person.

use crate::args::{DataArgs, TEMPLATE};
use crate::failure::{FINDINGS, Failure, Result, USAGE};
use crate::jobs::{Done, Job, done, request};
use crate::opening::Data;
use crate::screen::{self, Kind, count, list, several, text};
use app::App;
use app::explain::{self, Question, Unknown};
use clap::{Args, Subcommand};
use confidentiality::{Purpose, Strength};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use serde_json::Value;

#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Dit, élément par élément, si quelqu'un peut lire le dossier d'une personne, et par quelles règles ; jamais ce que les éléments disent. Le journal d'accès de la personne en garde trace.
    #[command(help_template = TEMPLATE, next_help_heading = "Options")]
    Explain(ExplainArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    #[command(flatten)]
    data: DataArgs,
    /// Compte dont on demande les droits : identifiant de connexion, ou identifiant d'un logiciel.
    #[arg(long, value_name = "IDENTIFIANT")]
    actor: String,
    /// Identifiant de la ressource Patient.
    #[arg(long, value_name = "ID")]
    person: String,
    /// Un seul élément de son dossier : Type/id.
    #[arg(long, value_name = "TYPE/ID")]
    item: Option<String>,
    /// Poste : son nom, s'il est enrôlé, ou un état (any, sound, doubtful, obsolete, unknown) ; par défaut, un poste que personne n'a enrôlé.
    #[arg(long, value_name = "POSTE")]
    device: Option<String>,
    /// Authentification : none, pin, password, second_factor, passkey ou client (par défaut : password, et client pour un logiciel) ; la connexion vient d'avoir lieu, le secret n'a pas été redonné.
    #[arg(long, value_name = "FORCE", value_parser = strength)]
    strength: Option<Strength>,
    /// Moment, à l'heure de Paris : AAAA-MM-JJ (à midi) ou AAAA-MM-JJTHH:MM ; par défaut, maintenant. Fonctions exercées, relations et masquages sont ceux de ce moment, les éléments ceux d'aujourd'hui.
    #[arg(long, value_name = "MOMENT", value_parser = moment)]
    at: Option<i64>,
    /// Finalité : care, et pour un logiciel care, api ou export (par défaut : care, et api pour un logiciel).
    #[arg(long, value_name = "FINALITÉ", value_parser = purpose)]
    purpose: Option<Purpose>,
    /// Écrit un document JSON.
    #[arg(long)]
    json: bool,
}

/// What the rules of the kernel say, in words.
const RULES: [(&str, &str); 14] = [
    ("client", "logiciel enregistré"),
    ("client.scope", "hors des droits de ce logiciel"),
    ("session.none", "pas de session possible ainsi"),
    ("session.step-up", "mais la session n'y suffit pas (mot de passe à redonner, authentification ou poste plus sûr)"),
    ("mask.flags", "masqué à cette fonction"),
    ("mask.person", "masqué par la personne"),
    ("level0.place", "ouvert à l'établissement"),
    ("level1.staff", "ouvert au personnel de l'établissement"),
    ("author", "en est l'auteur, et accompagne la personne"),
    ("scope", "accompagne la personne, et sa fonction y donne droit"),
    ("scope.break-glass", "accès en urgence ouvert"),
    ("relation.none", "n'accompagne pas la personne"),
    ("clearance.none", "sa fonction n'y donne pas droit"),
    ("existence.secret", "son existence même est un secret pour cette fonction"),
];

fn strength(typed: &str) -> std::result::Result<Strength, String> {
    serde_json::from_value(typed.replace('-', "_").into()).map_err(|_| "authentification inconnue".to_owned())
}

fn purpose(typed: &str) -> std::result::Result<Purpose, String> {
    Purpose::parse(typed).ok_or_else(|| "finalité inconnue".to_owned())
}

/// Microseconds of what is typed.
fn moment(typed: &str) -> std::result::Result<i64, String> {
    // Past the end of what is counted, an instant would be another day's.
    let here = |at: DateTime| {
        Some(domain::local_time::instant(at)).filter(|found| domain::local_time::local(*found).date() == at.date())
    };
    let day = || here(typed.parse::<Date>().ok()?.at(12, 0, 0, 0));
    let hour = || if typed.contains(['T', ' ', ':']) { here(typed.parse::<DateTime>().ok()?) } else { None };
    let exact = || Some(typed.parse::<Timestamp>().ok()?.as_microsecond());
    exact().or_else(hour).or_else(day).ok_or_else(|| "ce n'est pas un moment".to_owned())
}

pub(crate) async fn run(command: PolicyCommand) -> Result<u8> {
    let PolicyCommand::Explain(args) = command;
    let ExplainArgs { data, actor, person, item, device, strength, at, purpose, json } = args;
    let single = item.is_some();
    let job = Job::Explain(Question { actor, person, item, device, strength, at, purpose });
    let done = crate::work(&Data::new(data)?, job, &crate::Place { finess: None, make: false }, Kind::Verify).await?;
    if json {
        screen::print(&if single { flat(done.report) } else { done.report }.to_string());
    } else {
        show(&done.report);
    }
    Ok(done.exit)
}

/// Asks, here or in the server that holds the store.
pub(crate) async fn work(app: &App, question: Question) -> Result<Done> {
    let refused = |text: String| Err(Failure::new(FINDINGS, text));
    match explain::run(app, &request(), &question).await? {
        Ok(answer) => done(0, &answer),
        Err(Unknown::Actor) => refused(format!("Aucun compte ne porte l'identifiant « {} ».", question.actor)),
        Err(Unknown::Person) => refused(format!("Aucune personne ici n'a l'identifiant « {} ».", question.person)),
        Err(Unknown::Session) => Err(Failure::new(
            USAGE,
            "Personne n'entre ainsi : un logiciel, avec son secret (client), pour care, api ou export ; une personne, autrement, pour care.",
        )),
        Err(Unknown::Item) => {
            refused(format!("« {} » n'est pas dans le dossier de cette personne.", question.item.unwrap_or_default()))
        }
        Err(Unknown::Device(names)) => {
            let known = if names.is_empty() { "aucun".to_owned() } else { names.join(", ") };
            let states = "États possibles : any, sound, doubtful, obsolete, unknown";
            Err(Failure::new(USAGE, format!("Poste inconnu. Postes enrôlés : {known}. {states}.")))
        }
    }
}

/// One item: its decision beside who and when.
fn flat(mut report: Value) -> Value {
    if let Value::Object(members) = &mut report
        && let Some(Value::Array(mut items)) = members.remove("items")
        && let Some(Value::Object(item)) = items.pop()
    {
        members.extend(item);
    }
    report
}

fn show(report: &Value) {
    let items = list(report, "items");
    for item in items {
        let rules: Vec<&str> = list(item, "rules").iter().filter_map(Value::as_str).map(in_words).collect();
        let categories: Vec<&str> = list(item, "categories").iter().filter_map(Value::as_str).collect();
        let label = if categories.is_empty() { String::new() } else { format!(" ({})", categories.join(", ")) };
        let decision = match text(item, "decision") {
            "permit" => "peut lire",
            "placeholder" => "sait seulement qu'il existe",
            _ => "ne voit rien",
        };
        let level = count(item, "level");
        screen::print(&format!("{} · niveau {level}{label} · {decision} : {}", text(item, "item"), rules.join(", ")));
    }
    let permitted = items.iter().filter(|item| text(item, "decision") == "permit").count() as u64;
    let (of, all) = (several(permitted, "élément lisible", "éléments lisibles"), items.len());
    let at = text(report, "at").parse::<Timestamp>().map(Timestamp::as_microsecond).unwrap_or_default();
    let at = domain::local_time::local(at).strftime("%d/%m/%Y à %H:%M");
    let closed = if report.get("open") == Some(&Value::Bool(false)) { " (compte fermé)" } else { "" };
    screen::say(&format!("{}{closed}, le {at} : {of} sur {all}.", text(report, "actor")));
}

/// A rule in words; the code of one that has none.
fn in_words(rule: &str) -> &str {
    RULES.iter().find(|(code, _)| *code == rule).map_or(rule, |(_, words)| words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_typed_as_a_day_an_hour_or_an_instant() {
        let noon = moment("2026-11-30").unwrap();
        assert_eq!(moment("2026-11-30T12:00").unwrap(), noon);
        assert_eq!(moment("2026-11-30T11:00:00Z").unwrap(), noon);
        assert_eq!(moment("2026-11-30T00:00").unwrap(), noon - 12 * 3_600_000_000);
        assert!(
            ["", "hier", "2026-13-01", "2026-11-30T25:00", "9999-12-31"].iter().all(|typed| moment(typed).is_err())
        );
    }

    #[test]
    fn one_item_is_told_beside_who_asked() {
        let report = serde_json::json!({"actor": "a", "items": [{"item": "Flag/f", "decision": "hidden"}]});
        assert_eq!(flat(report), serde_json::json!({"actor": "a", "item": "Flag/f", "decision": "hidden"}));
    }
}
