//! *Mouvements du personnel*: who comes, who leaves, and the account that is to be opened or closed.

use super::sheet::{self, About, Line};
use crate::trouble::Trouble;
use crate::web::dates;
use crate::web::params::Params;
use crate::web::session::Visit;
use app::assets;
use axum::response::Response;
use domain::governance::measures::{Staffed, Stay, staffing};
use jiff::civil::Date;

const ABOUT: About = About {
    title: "Mouvements du personnel",
    lead: "Les arrivées et les départs du fichier du personnel, en face des comptes de l’annuaire.",
    path: "/parc/mouvements",
    label: "Nom, compte ou matricule",
    columns: &[
        ("Personne", false),
        ("État", false),
        ("Compte", false),
        ("Arrivée", false),
        ("Départ", false),
        ("Fonction", true),
        ("Contrat", true),
        ("Matricule", true),
    ],
    usual: "À faire d’abord",
    sorts: &[("nom", "Nom"), ("arrivee", "Arrivée"), ("depart", "Départ")],
    none: "Importez l’export du logiciel de paie ou du personnel (matricule, nom, dates d’entrée et de sortie), et celui de l’annuaire.",
    measure: "ID-02",
    file: "mouvements.csv",
};

pub(crate) async fn page(visit: Visit, params: Params) -> Result<Response, Trouble> {
    Ok(sheet::page(&visit, &params, &ABOUT, lines(&visit).await?))
}

pub(crate) async fn csv(visit: Visit, params: Params) -> Result<Response, Trouble> {
    sheet::csv(&params, &ABOUT, lines(&visit).await?)
}

async fn lines(visit: &Visit) -> Result<Vec<Line>, Trouble> {
    let estate = assets::estate(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    Ok(staffing(&estate, assets::today(&visit.cx)).iter().map(line).collect())
}

fn line(stay: &Stay<'_>) -> Line {
    let (person, days) = (&stay.movement.told, stay.days());
    let name = format!("{} {}", person.family, person.given);
    let name = if name.trim().is_empty() { person.number.clone() } else { name.trim().to_owned() };
    // Two people of one name are told apart wherever their name is.
    let name = if stay.homonym { format!("{name}, matricule {}", person.number) } else { name };
    let shown = |day: Option<Date>| day.map(|day| dates::short(&day.to_string())).unwrap_or_default();
    let key = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
    let said = |text: &Option<String>| text.clone().unwrap_or_default();
    Line {
        keys: vec![name.to_lowercase(), key(days.0), key(days.1)],
        state: (tone(stay.state), stay.state.label(), stay.state.code()),
        cells: vec![
            stay.account.map(|account| account.login.clone()).unwrap_or_default(),
            shown(days.0),
            shown(days.1),
            said(&person.function),
            said(&person.contract),
            person.number.clone(),
        ],
        name,
    }
}

fn tone(state: Staffed) -> &'static str {
    match state {
        Staffed::ToClose => "over",
        Staffed::ToOpen | Staffed::ToEnd | Staffed::Homonyms => "soon",
        Staffed::NoDirectory | Staffed::Without => "unknown",
        Staffed::Fine | Staffed::Gone => "fine",
    }
}
