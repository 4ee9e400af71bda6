//! `socle account`: who enters, given on the machine itself: people, with a post, and programs.

use crate::args::{DataArgs, TEMPLATE};
use crate::failure::{FINDINGS, Failure, Result, USAGE};
use crate::jobs::{Done, Job, Proof, done, request};
use crate::opening::Data;
use crate::screen::{self, Kind, list, text};
use app::hiring::{self, Change, NewPost, Newcomer, Program, Unfit};
use app::{App, Cx, Origin};
use clap::{Args, Subcommand};
use confidentiality::{Actor, ClientScope, Level, Purpose};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    /// Ouvre le compte de quelqu'un qui arrive ; son premier mot de passe est lu sur le terminal, ou sur l'entrée standard.
    #[command(help_template = TEMPLATE, next_help_heading = "Options")]
    Add(AddArgs),
    /// Enregistre un logiciel et écrit son secret, une seule fois.
    #[command(help_template = TEMPLATE, next_help_heading = "Options")]
    Program(ProgramArgs),
    /// Liste les comptes, ouverts et fermés.
    #[command(help_template = TEMPLATE, next_help_heading = "Options")]
    List(ListArgs),
    /// Ferme un compte tout de suite ; ce que la personne a écrit reste, sous son nom.
    #[command(help_template = TEMPLATE, next_help_heading = "Options")]
    Close(LoginArgs),
    /// Rouvre un compte fermé, ou lui donne un autre dernier jour.
    #[command(help_template = TEMPLATE, next_help_heading = "Options")]
    Open(OpenArgs),
    /// Donne un nouveau mot de passe à quelqu'un qui a perdu le sien ; ses sessions se ferment.
    #[command(help_template = TEMPLATE, next_help_heading = "Options")]
    Password(LoginArgs),
    /// Donne un nouveau secret à un logiciel et l'écrit, une seule fois ; l'ancien n'ouvre plus rien, un jeton déjà donné vaut encore une heure au plus.
    #[command(help_template = TEMPLATE, next_help_heading = "Options")]
    Secret(LoginArgs),
}

#[derive(Debug, Args)]
pub(crate) struct AddArgs {
    #[command(flatten)]
    data: DataArgs,
    /// Ce que la personne tapera pour se connecter.
    #[arg(long, value_name = "IDENTIFIANT")]
    login: String,
    /// Nom et fonction, comme les écrans les montrent.
    #[arg(long, value_name = "TEXTE")]
    name: String,
    /// Fonction, par son code dans la matrice des mesures : as, ide, idec, medco, psy, educ, ass, reeduc, chef, dir, sec, info, dpo… ; interim:ide pour un remplaçant.
    #[arg(long, value_name = "CODE")]
    role: String,
    /// Établissement (FINESS) où la personne travaille.
    #[arg(long, value_name = "FINESS")]
    place: String,
    /// Unité dont elle accompagne les personnes ; autant de fois qu'il y en a.
    #[arg(long, value_name = "UNITÉ")]
    unit: Vec<String>,
    /// Elle accompagne toutes les personnes de l'établissement.
    #[arg(long, conflicts_with = "unit")]
    everybody: bool,
    /// Dernier jour ; par défaut, sans fin. Un remplacement (interim:…) en a toujours un.
    #[arg(long, value_name = "AAAA-MM-JJ")]
    until: Option<Date>,
    /// Identifiant de la ressource Practitioner sous laquelle elle écrit.
    #[arg(long, value_name = "ID")]
    practitioner: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ProgramArgs {
    #[command(flatten)]
    data: DataArgs,
    /// Identifiant du logiciel (`client_id`).
    #[arg(long, value_name = "IDENTIFIANT")]
    id: String,
    /// Nom, comme les écrans le montrent.
    #[arg(long, value_name = "TEXTE")]
    name: String,
    /// Limité à cet établissement (FINESS) ; par défaut, toute l'entité.
    #[arg(long, value_name = "FINESS")]
    place: Option<String>,
    /// Niveau le plus élevé qu'il lit, de 0 à 4 (par défaut : 2).
    #[arg(long, value_name = "NIVEAU", default_value_t = 2, value_parser = clap::value_parser!(i64).range(0..=4))]
    #[arg(hide_default_value = true)]
    max_level: i64,
    /// Il peut écrire.
    #[arg(long)]
    write: bool,
    /// Il choisit les identifiants de ce qu'il crée.
    #[arg(long, requires = "write")]
    chosen_ids: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    data: DataArgs,
    /// Écrit un document JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct LoginArgs {
    #[command(flatten)]
    data: DataArgs,
    /// Identifiant du compte.
    #[arg(long, value_name = "IDENTIFIANT")]
    login: String,
}

#[derive(Debug, Args)]
pub(crate) struct OpenArgs {
    #[command(flatten)]
    of: LoginArgs,
    /// Dernier jour ; par défaut, sans fin.
    #[arg(long, value_name = "AAAA-MM-JJ")]
    until: Option<Date>,
}

/// A job, as it travels on the control socket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AccountJob {
    Add {
        who: Proof,
        name: String,
        role: String,
        place: String,
        units: Vec<String>,
        everybody: bool,
        until: Option<Date>,
        practitioner: Option<String>,
    },
    Program {
        id: String,
        name: String,
        place: Option<String>,
        max_level: i64,
        write: bool,
        chosen_ids: bool,
    },
    List,
    Close {
        login: String,
    },
    Open {
        login: String,
        until: Option<Date>,
    },
    Password {
        who: Proof,
    },
    Secret {
        login: String,
    },
}

pub(crate) async fn run(command: AccountCommand) -> Result<u8> {
    match command {
        AccountCommand::Add(args) => add(args).await,
        AccountCommand::Program(ProgramArgs { data, id, name, place, max_level, write, chosen_ids }) => {
            let login = id.clone();
            let job = AccountJob::Program { id, name, place: place.clone(), max_level, write, chosen_ids };
            Ok(shown_once(&ask(data, job, place, true).await?, &login))
        }
        AccountCommand::List(ListArgs { data, json }) => {
            let done = ask(data, AccountJob::List, None, false).await?;
            if json {
                screen::print(&done.report.to_string())
            } else {
                show(&done.report)
            }
            Ok(done.exit)
        }
        AccountCommand::Close(LoginArgs { data, login }) => {
            let done = ask(data, AccountJob::Close { login: login.clone() }, None, false).await?;
            screen::say(&format!("Compte fermé : {login}."));
            Ok(done.exit)
        }
        AccountCommand::Open(OpenArgs { of: LoginArgs { data, login }, until }) => {
            let done = ask(data, AccountJob::Open { login: login.clone(), until }, None, false).await?;
            let until = until.map_or_else(|| "sans fin".to_owned(), |day| format!("jusqu'au {day}"));
            screen::say(&format!("Compte ouvert, {until} : {login}."));
            Ok(done.exit)
        }
        AccountCommand::Password(LoginArgs { data, login }) => {
            let who = Proof { password: screen::chosen(&login)?, login };
            let done = ask(data, AccountJob::Password { who }, None, false).await?;
            screen::say(
                "Mot de passe changé, sessions fermées. La personne en choisira un à elle : page « Mon compte ».",
            );
            Ok(done.exit)
        }
        AccountCommand::Secret(LoginArgs { data, login }) => {
            let job = AccountJob::Secret { login: login.clone() };
            Ok(shown_once(&ask(data, job, None, false).await?, &login))
        }
    }
}

/// Prints a secret; of one that nobody could read, how to have another.
fn shown_once(done: &Done, login: &str) -> u8 {
    screen::print(text(&done.report, "secret"));
    screen::say(&if screen::lost().is_some() {
        format!(
            "Le nouveau secret est perdu, et un secret d'avant n'ouvre plus rien : refaites-en un, socle account secret --login {login}"
        )
    } else {
        "Ce secret ne sera plus montré : donnez-le au logiciel, qui demandera son jeton avec lui.".to_owned()
    });
    done.exit
}

async fn add(args: AddArgs) -> Result<u8> {
    let AddArgs { data, login, name, role, place, unit, everybody, until, practitioner } = args;
    let who = Proof { password: screen::chosen(&login)?, login: login.clone() };
    let job = AccountJob::Add { who, name, role, place: place.clone(), units: unit, everybody, until, practitioner };
    let done = ask(data, job, Some(place), true).await?;
    screen::say(&format!(
        "Compte ouvert : {login}. La personne choisira un mot de passe à elle : page « Mon compte »."
    ));
    if done.report.get("nobody").and_then(Value::as_bool) == Some(true) {
        screen::say(
            "Sans --unit ni --everybody, ce compte n'accompagne personne : il n'ouvre aucun dossier par lui-même.",
        );
    }
    Ok(done.exit)
}

async fn ask(data: DataArgs, job: AccountJob, finess: Option<String>, make: bool) -> Result<Done> {
    let data = Data::new(data)?;
    // A number mistyped is not to make an establishment; the first account of a new folder makes its own.
    let make = make && (data.dir().is_none() || data.is_absent());
    crate::work(&data, Job::Account(job), &crate::Place { finess, make }, Kind::Verify).await
}

/// The operator, who answers for the machine.
fn operator(app: &App) -> Cx {
    Cx::operator(app, None, Level::VerySensitive, Purpose::Api, Origin { request: request(), ..Origin::default() })
}

/// Does it, here or in the server that holds the store.
pub(crate) async fn work(app: &App, job: AccountJob) -> Result<Done> {
    let cx = operator(app);
    match job {
        AccountJob::List => done(0, &json!({ "accounts": hiring::list(app).await? })),
        AccountJob::Close { login } => change(&cx, &login, Change::Close).await,
        AccountJob::Open { login, until } => change(&cx, &login, Change::Open(until)).await,
        AccountJob::Password { who } => change(&cx, &who.login, Change::Password(&who.password)).await,
        AccountJob::Secret { login } => {
            let secret = hiring::change_secret(&cx, found(&cx, &login).await?).await?;
            done(0, &json!({ "secret": secret.map_err(refusal)? }))
        }
        AccountJob::Add { who, name, role, place, units, everybody, until, practitioner } => {
            let place = known(app, &place)?;
            let spots = hiring::spots_named(app, place, &units, everybody).await?.map_err(refusal)?;
            let post = NewPost { role: &role, spots: &spots, from: None, until };
            let practitioner = practitioner.as_deref();
            let new = Newcomer { login: &who.login, display: &name, post, practitioner };
            hiring::add(&cx, &new, &who.password).await?.map_err(refusal)?;
            done(0, &json!({ "nobody": spots.iter().all(|(_, unit)| *unit == 0) }))
        }
        AccountJob::Program { id, name, place, max_level, write, chosen_ids } => {
            let place = place.map(|finess| known(app, &finess)).transpose()?;
            let cap = Level::from_code(max_level).ok_or_else(|| Failure::new(USAGE, "Le niveau va de 0 à 4."))?;
            let scope = ClientScope { place, cap, write, chosen_ids };
            let secret = hiring::add_program(&cx, &Program { id: &id, display: &name, scope }).await?;
            done(0, &json!({ "secret": secret.map_err(refusal)? }))
        }
    }
}

async fn found(cx: &Cx, login: &str) -> Result<Actor> {
    hiring::find(cx.app(), login).await?.ok_or_else(|| refusal(Unfit::Unknown))
}

async fn change(cx: &Cx, login: &str, change: Change<'_>) -> Result<Done> {
    hiring::change(cx, found(cx, login).await?, change).await?.map_err(refusal)?;
    done(0, &json!({}))
}

fn known(app: &App, finess: &str) -> Result<confidentiality::Place> {
    let unknown = || Failure::new(USAGE, format!("L'établissement {finess} n'est pas connu du serveur en marche."));
    app.place(finess).map(|row| row.place).ok_or_else(unknown)
}

fn refusal(unfit: Unfit) -> Failure {
    let usage = |text: String| Failure::new(USAGE, text);
    match unfit {
        Unfit::Nameless => usage("Un compte a un nom, de 200 caractères au plus.".to_owned()),
        Unfit::Login => usage(
            "Un identifiant a 200 caractères au plus : lettres, chiffres, et . _ - @ + :, sans espace.".to_owned(),
        ),
        Unfit::Closed => Failure::new(FINDINGS, "Ce compte est fermé : rouvrez-le d'abord (account open)."),
        Unfit::Taken => Failure::new(
            FINDINGS,
            "Cet identifiant est déjà celui d'un compte, aux majuscules près : choisissez-en un autre.",
        ),
        Unfit::Unknown => Failure::new(FINDINGS, "Aucun compte ne porte cet identifiant."),
        Unfit::Practitioner => usage("Aucune ressource Practitioner ne porte cet identifiant.".to_owned()),
        Unfit::Own | Unfit::Held | Unfit::Beyond => Failure::new(FINDINGS, "Ce compte ne se change pas ainsi."),
        Unfit::Role(all) => {
            let all: Vec<String> = all.into_iter().map(|(code, words)| format!("  {code} : {words}")).collect();
            usage(format!("Fonction inconnue. Celles de la matrice :\n{}", all.join("\n")))
        }
        Unfit::OfOnePerson => {
            usage("Le compte d'une personne accompagnée, ou de son représentant, ne s'ouvre pas encore ici.".to_owned())
        }
        Unfit::Unit(all) if all.is_empty() => {
            usage("Cet établissement n'a pas encore d'unités : prenez --everybody, ou ni l'un ni l'autre.".to_owned())
        }
        Unfit::Unit(all) => usage(format!("Unité inconnue. Celles de l'établissement : {}.", all.join(", "))),
        Unfit::Contradictory => usage("« Personne » ne va avec rien d'autre dans le même établissement.".to_owned()),
        Unfit::Endless => usage("Un remplacement prend fin : donnez son dernier jour avec --until.".to_owned()),
        Unfit::Past => usage("Ce dernier jour est déjà passé.".to_owned()),
        Unfit::Weak(weak) => Failure::new(FINDINGS, weak.said()),
    }
}

fn show(report: &Value) {
    let all = list(report, "accounts");
    for account in all {
        let is = |key: &str| account.get(key).and_then(Value::as_bool).unwrap_or_default();
        let joined = |key: &str| {
            let parts: Vec<&str> = list(account, key).iter().filter_map(Value::as_str).collect();
            parts.join(", ")
        };
        let level = account.get("max_level").and_then(Value::as_i64).unwrap_or_default();
        let what = if is("program") { format!("logiciel, niveau {level}") } else { joined("roles") };
        let day = text(account, "ends").get(..10).unwrap_or_default();
        let state = match (is("open"), is("chosen") || is("program")) {
            (false, _) => format!("fermé depuis le {day}"),
            (true, false) if day.is_empty() => "mot de passe donné, pas encore choisi".to_owned(),
            (true, false) => format!("jusqu'au {day}, mot de passe donné, pas encore choisi"),
            (true, true) if day.is_empty() => String::new(),
            (true, true) => format!("jusqu'au {day}"),
        };
        let line =
            [text(account, "login").to_owned(), text(account, "display").to_owned(), what, joined("places"), state];
        let line: Vec<String> = line.into_iter().filter(|part| !part.is_empty()).collect();
        screen::print(&line.join(" · "));
    }
    screen::say(&screen::several(all.len() as u64, "compte", "comptes"));
}
