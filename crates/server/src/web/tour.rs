//! *Essayez*: five scenarios that lead a newcomer through the demonstration.

use super::fields::Fields;
use super::frame::{Frame, Menu, show};
use super::params::Params;
use super::session::Visit;
use crate::request::RequestId;
use crate::state::{Demo, Server};
use crate::trouble::{Doing, Trouble};
use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use std::sync::atomic::Ordering;

#[derive(Template)]
#[template(path = "tour.html")]
struct Page<'a> {
    head: Option<Frame>,
    password: &'a str,
    scenarios: Vec<Scenario<'a>>,
    /// Days that are not written yet.
    missing: Option<String>,
    added: Option<i64>,
}

// Seen signed in or not: the head is there when someone is.
impl Page<'_> {
    fn frame(&self) -> Option<&Frame> {
        self.head.as_ref()
    }
    fn css(&self) -> &'static str {
        super::assets::css_address()
    }
    fn js(&self) -> &'static str {
        super::assets::js_address()
    }
}

/// One scenario: what one sees, who to be, where to begin.
struct Scenario<'a> {
    title: &'static str,
    why: &'static str,
    steps: &'static [&'static str],
    entries: Vec<Entry<'a>>,
}

struct Entry<'a> {
    login: &'a str,
    display: &'a str,
    to: &'static str,
}

/// Title, what it shows, steps, and the logins to enter with.
type Told = (&'static str, &'static str, &'static [&'static str], &'static [(&'static str, &'static str)]);

const SCENARIOS: [Told; 5] = [
    (
        "La relève du matin",
        "Une aide-soignante prend son poste\u{a0}: en quatre minutes, elle sait ce qui a changé.",
        &[
            "Choisissez votre unité, puis «\u{a0}Je prends mon poste\u{a0}».",
            "Lisez ce qui est urgent, ce qui est pour vous, ce qui est à évaluer. Ouvrez une transmission, voyez son suivi. S’il y en a peu à cette heure-ci, «\u{a0}Filtrer…\u{a0}» remonte plus loin.",
            "S’il en reste de non lues, cliquez sur «\u{a0}Tout marquer comme lu\u{a0}». Puis «\u{a0}Imprimer\u{a0}»\u{a0}: les écrits sensibles ne sortent pas sur papier.",
        ],
        &[("amina", "/unites")],
    ),
    (
        "Écrire, et voir qui lira",
        "Le niveau de l’écrit est calculé pendant la frappe, avec la raison\u{a0}; la liste des lecteurs est à côté du bouton.",
        &[
            "Si Socle demande où vous travaillez, choisissez une unité, puis «\u{a0}Je prends mon poste\u{a0}».",
            "Cliquez sur «\u{a0}+ Transmission\u{a0}», choisissez une personne et la cible «\u{a0}Humeur\u{a0}».",
            "Écrivez «\u{a0}A bien dormi.\u{a0}»\u{a0}: niveau Courant. Ajoutez «\u{a0}Dit avoir des idées suicidaires.\u{a0}»\u{a0}: le niveau monte, la liste des lecteurs se réduit.",
            "Enregistrez, puis annulez dans les trente secondes\u{a0}: votre texte redevient un brouillon.",
        ],
        &[("ines", "/releve")],
    ),
    (
        "Une personne, quatre regards",
        "Le même dossier s’ouvre différemment selon ce que chacun a besoin de savoir.",
        &[
            "Entrez comme Amina, qui ne voit que son unité. Ouvrez la première personne de sa liste, onglet «\u{a0}Fil\u{a0}»\u{a0}: notez son nom, ce qui est affiché et ce qui est seulement compté.",
            "Revenez ici, entrez avec un autre compte et cherchez ce nom dans «\u{a0}Personnes\u{a0}»\u{a0}: l’infirmière, le médecin, la directrice ne voient pas la même chose.",
            "Avec le médecin, là où un dossier le propose, cliquez sur «\u{a0}Confirmer mon identité\u{a0}»\u{a0}: ce qui est très sensible s’ouvre pour quelques minutes.",
        ],
        &[("amina", "/personnes"), ("ines", "/personnes"), ("medco", "/personnes"), ("directrice", "/personnes")],
    ),
    (
        "Mauvais résident",
        "Une transmission écrite dans le mauvais dossier va dans le bon\u{a0}; l’autre n’en garde ni le texte, ni le nom.",
        &[
            "Si Socle demande où vous travaillez, choisissez une unité, puis «\u{a0}Je prends mon poste\u{a0}». Écrivez une transmission pour une personne, enregistrez-la.",
            "Cliquez sur «\u{a0}Mauvais résident\u{a0}», choisissez la bonne personne, dites ce qui s’est passé.",
            "Revenez dans le premier dossier\u{a0}: il n’y reste que «\u{a0}Écrit par erreur dans ce dossier\u{a0}». Seul un relecteur, ici Hugo, peut en voir l’ancienne version.",
        ],
        &[("amina", "/releve"), ("hugo", "/releve")],
    ),
    (
        "Qui a lu",
        "Chaque consultation laisse une trace que personne ne peut effacer, et qui se lit.",
        &[
            "Ouvrez un dossier, onglet «\u{a0}Qui a lu\u{a0}»\u{a0}: vos propres visites y sont, avec celles de vos collègues.",
            "Avec un compte qui ne relit pas les traces, l’onglet ne montre que vos consultations.",
            "En ligne de commande, «\u{a0}socle audit verify\u{a0}» vérifie que le journal est entier.",
        ],
        &[("hugo", "/personnes"), ("amina", "/personnes")],
    ),
];

pub(crate) async fn page(
    State(server): State<Server>,
    Extension(RequestId(request)): Extension<RequestId>,
    visit: Result<Visit, Response>,
    params: Params,
) -> Result<Response, Trouble> {
    let demo = server.config().demo.as_ref().ok_or_else(Trouble::absent)?;
    let scenarios = SCENARIOS.iter().map(|told| scenario(told, demo));
    let head = visit.ok().map(|visit| visit.frame(Menu::Tour));
    let page = Page {
        head,
        password: &demo.password,
        scenarios: scenarios.collect(),
        missing: missing(demo, server.app().now()),
        added: params.number("ajoutes"),
    };
    Ok(show(StatusCode::OK, &page, &request))
}

/// `3 jours manquent`, when some do.
pub(super) fn missing(demo: &Demo, now: i64) -> Option<String> {
    demo.missing(now)
        .map(|days| if days == 1 { "Un jour manque".to_owned() } else { format!("{days}\u{a0}jours manquent") })
}

/// Writes the days that have gone by since the demo was made. Anyone may ask: it is a demonstration.
pub(crate) async fn add_days(
    State(server): State<Server>,
    Extension(RequestId(request)): Extension<RequestId>,
    _ours: Fields,
) -> Result<Response, Trouble> {
    let demo = server.config().demo.as_ref().ok_or_else(Trouble::absent)?;
    let trouble = |error| Trouble::from_app(error, Doing::Read, &request);
    let added = app::demo::add_missing_days(server.app()).await.map_err(trouble)?;
    let until = app::demo::last_moment(server.app()).await.map_err(trouble)?;
    demo.until.store(until, Ordering::Relaxed);
    Ok(Redirect::to(&format!("/essayez?ajoutes={added}")).into_response())
}

fn scenario<'a>((title, why, steps, entries): &Told, demo: &'a Demo) -> Scenario<'a> {
    let entries = entries.iter().filter_map(|(login, to)| {
        let account = demo.accounts.iter().find(|account| account.login == *login)?;
        Some(Entry { login: &account.login, display: &account.display, to })
    });
    Scenario { title, why, steps, entries: entries.collect() }
}
