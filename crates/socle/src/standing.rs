//! Where the house stands, on a terminal, and the facts it loads.

use crate::failure::{Failure, Result, UNREADABLE};
use crate::jobs::{Done, done};
use crate::screen;
use app::{Cx, measures};
use serde_json::Value;
use std::path::Path;

/// Loads the community's file of ends of life.
pub(crate) async fn load(cx: &Cx, file: &Path) -> Result<Done> {
    let refused = |why: &str| Failure::new(UNREADABLE, format!("{} : {why}.", file.display()));
    let size = std::fs::metadata(file).map_err(|_| refused("ce fichier ne peut pas être lu"))?.len();
    if size > measures::LARGEST {
        return Err(refused("ce fichier est trop gros pour être celui de la communauté"));
    }
    let json = std::fs::read_to_string(file).map_err(|_| refused("ce fichier n'est pas du texte"))?;
    match measures::load_facts(cx, json).await? {
        Ok(loaded) => done(0, &loaded),
        Err(_) => Err(refused("ce fichier n'est pas celui d'endoflife.date (un objet JSON par produit)")),
    }
}

/// Figures, then the measures that do not hold or are to be proven.
pub(crate) fn show(report: &Value) {
    let names = [
        ("conformity", "Conformité"),
        ("base", "Socle"),
        ("proof", "Preuve"),
        ("freshness", "Fraîcheur"),
        ("not_covered", "Non couvert"),
    ];
    for (key, name) in names {
        let figure = report.get("figures").and_then(|figures| figures.get(key));
        let percent = figure.and_then(|figure| figure.get("percent")).and_then(Value::as_u64);
        screen::print(&format!(
            "{name} : {}",
            percent.map_or_else(|| "–".to_owned(), |percent| format!("{percent} %"))
        ));
    }
    for measure in screen::list(report, "measures") {
        let state = match screen::text(measure, "state") {
            "failing" => "non conforme",
            "to_prove" => "à prouver",
            "derogated" => "dérogation",
            _ => continue,
        };
        let found = screen::list(measure, "evidence").first().map_or("", |one| screen::text(one, "value"));
        let [id, title] = ["id", "title"].map(|key| screen::text(measure, key));
        screen::print(&format!("{id} · {state} · {title} · {found}"));
    }
}
