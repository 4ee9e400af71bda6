//! *Composants des logiciels*: what programs are made of, as their publishers tell, and what of it is still maintained.

use super::sheet::{self, About, Line};
use super::tone;
use crate::trouble::Trouble;
use crate::web::dates;
use crate::web::params::Params;
use crate::web::session::Visit;
use app::measures;
use axum::response::Response;
use domain::governance::obsolescence::Verdict;

const ABOUT: About = About {
    title: "Composants des logiciels",
    lead: "Ce dont chaque logiciel est fait, d’après la liste que son éditeur fournit (SBOM), et ce qui n’en est plus maintenu.",
    path: "/parc/composants",
    label: "Composant ou logiciel",
    columns: &[
        ("Composant", false),
        ("État", false),
        ("Version", false),
        ("Logiciel", false),
        ("Fin de maintenance", true),
        ("Pourquoi", true),
    ],
    usual: "Urgence",
    sorts: &[("nom", "Composant"), ("logiciel", "Logiciel"), ("fin", "Fin de maintenance")],
    none: "Demandez à chaque éditeur la liste des composants de son logiciel (SBOM, au format CycloneDX JSON).",
    measure: "PREST-11",
    file: "composants.csv",
};

pub(crate) async fn page(visit: Visit, params: Params) -> Result<Response, Trouble> {
    Ok(sheet::page(&visit, &params, &ABOUT, lines(&visit).await?))
}

pub(crate) async fn csv(visit: Visit, params: Params) -> Result<Response, Trouble> {
    sheet::csv(&params, &ABOUT, lines(&visit).await?)
}

async fn lines(visit: &Visit) -> Result<Vec<Line>, Trouble> {
    let parts = measures::parts(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    let mut lines: Vec<(Verdict, Line)> = parts
        .into_iter()
        .map(|part| {
            let finding = part.judged.finding;
            let end = finding.eol.map(|day| day.to_string()).unwrap_or_default();
            let name = part.judged.name;
            let line = Line {
                keys: vec![name.to_lowercase(), part.program.to_lowercase(), end.clone()],
                state: (tone(finding.verdict), finding.verdict.label(), finding.verdict.code()),
                cells: vec![
                    part.judged.version.unwrap_or_default(),
                    part.program,
                    if end.is_empty() { end } else { dates::short(&end) },
                    finding.reason.fr,
                ],
                name,
            };
            (finding.verdict, line)
        })
        .collect();
    // The worst first; what nobody knows is last.
    lines.sort_by(|(one, a), (other, b)| {
        let known = |verdict: Verdict| verdict != Verdict::Unknown;
        (known(*other), other).cmp(&(known(*one), one)).then_with(|| a.keys.cmp(&b.keys))
    });
    Ok(lines.into_iter().map(|(_, line)| line).collect())
}
