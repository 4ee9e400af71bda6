//! One machine: what is known, who told it, what sources do not agree on.

use super::{kind, state, tone};
use crate::headers;
use crate::trouble::Trouble;
use crate::web::dates;
use crate::web::frame::{Frame, Menu, framed, show};
use crate::web::params::Id;
use crate::web::session::Visit;
use app::assets;
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use domain::governance::estate::{Asset, Judged};
use domain::governance::obsolescence::Verdict;

/// Programs shown: the worst first.
const MOST: usize = 100;

#[derive(Template)]
#[template(path = "machine.html")]
struct Page {
    head: Frame,
    name: String,
    /// The name as an address carries it.
    asked: String,
    kind: &'static str,
    verdict: &'static str,
    tone: &'static str,
    why: String,
    conflicts: Vec<String>,
    groups: Vec<Group>,
    software: Vec<Program>,
    more: usize,
    sources: Vec<Told>,
}

/// Facts that go together; each with the number of the source that told it.
struct Group {
    title: &'static str,
    facts: Vec<(&'static str, String, Option<usize>)>,
}

struct Program {
    name: String,
    version: String,
    verdict: &'static str,
    tone: &'static str,
    end: Option<String>,
}

struct Told {
    number: usize,
    at: String,
    format: &'static str,
    file: String,
    line: u64,
    import: i64,
}

framed!(Page);

pub(crate) async fn page(visit: Visit, Id(key): Id) -> Result<Response, Trouble> {
    let estate = assets::estate(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    let asset = estate.assets.iter().find(|asset| asset.key == key).ok_or_else(Trouble::absent)?;
    let facts = app::measures::facts(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    let (today, now) = (assets::today(&visit.cx), visit.cx.now());
    let finding = asset.system_finding(&facts, today);
    let mut judged = asset.software_findings(&facts, today);
    judged.sort_by_key(|program| match program.finding.verdict {
        Verdict::Unknown => (1, 0, program.name.to_lowercase()),
        verdict => (0, -(verdict as i32), program.name.to_lowercase()),
    });
    let page = Page {
        name: asset.name.clone(),
        asked: headers::encode(&asset.name, ""),
        kind: kind(asset.facts.kind),
        verdict: finding.verdict.label(),
        tone: tone(finding.verdict),
        why: finding.reason.fr,
        conflicts: asset.conflicts.iter().map(domain::governance::estate::Conflict::french).collect(),
        groups: groups(asset, now),
        more: judged.len().saturating_sub(MOST),
        software: judged.iter().take(MOST).map(program).collect(),
        sources: sources(asset, now),
        head: visit.frame(Menu::Estate),
    };
    Ok(show(StatusCode::OK, &page, &visit.request))
}

fn program(judged: &Judged) -> Program {
    Program {
        name: judged.name.clone(),
        version: judged.version.clone().unwrap_or_default(),
        verdict: judged.finding.verdict.label(),
        tone: tone(judged.finding.verdict),
        end: judged.finding.eol.map(|day| dates::short(&day.to_string())),
    }
}

fn sources(asset: &Asset, now: i64) -> Vec<Told> {
    let one = |(number, seen): (usize, &domain::governance::estate::Seen<_>)| {
        let domain::governance::estate::Seen { source, told }: &domain::governance::estate::Seen<
            domain::governance::estate::Sighting,
        > = seen;
        Told {
            number,
            at: dates::day(told.seen.unwrap_or(source.at), now),
            format: source.format.french(),
            file: source.file.clone(),
            line: source.line,
            import: source.import,
        }
    };
    (1..).zip(&asset.seen).map(one).collect()
}

fn groups(asset: &Asset, now: i64) -> Vec<Group> {
    let group = |title, facts: Vec<(&'static str, &'static str, Option<String>)>| {
        let told = |field: &str| asset.from.get(field).map(|at| at + 1);
        let facts = facts.into_iter().filter_map(|(field, name, value)| Some((name, value?, told(field)))).collect();
        Group { title, facts }
    };
    let mut groups = vec![
        group("Identité", identity(asset)),
        group("Système", system(asset, now)),
        group("Protection", protection(asset)),
        group("Réseau et accès", access(asset)),
    ];
    groups.retain(|group| !group.facts.is_empty());
    groups
}

type Fact = (&'static str, &'static str, Option<String>);

fn several(all: Option<Vec<String>>, none: &str) -> Option<String> {
    all.map(|all| if all.is_empty() { none.to_owned() } else { all.join(" · ") })
}

fn identity(asset: &Asset) -> Vec<Fact> {
    let (traits, facts) = (&asset.traits, &asset.facts);
    let macs = traits.macs.iter().cloned().collect::<Vec<_>>();
    vec![
        ("", "Numéro de série", traits.serial.clone()),
        ("", "UUID", traits.uuid.clone()),
        ("", "Cartes réseau", (!macs.is_empty()).then(|| macs.join(" · "))),
        ("", "Domaine", traits.name.as_ref().and_then(|name| name.domain.clone())),
        ("maker", "Fabricant", facts.maker.clone()),
        ("model", "Modèle", facts.model.clone()),
        ("location", "Lieu", facts.location.clone()),
        ("holder", "Dernier utilisateur", facts.holder.clone()),
        ("tag", "Étiquette", facts.tag.clone()),
    ]
}

fn system(asset: &Asset, now: i64) -> Vec<Fact> {
    let facts = &asset.facts;
    let system = facts.system.clone().unwrap_or_default();
    let newest = facts.patches.iter().flatten().filter_map(|patch| patch.installed.clone()).max();
    let updates = facts.updates.as_ref().map(|updates| {
        let needed = updates.needed.map(|number| format!("{number} nécessaires"));
        let failed = updates.failed.filter(|number| *number > 0).map(|number| format!("{number} en échec"));
        needed.into_iter().chain(failed).collect()
    });
    vec![
        ("system", "Nom", Some(system.display().to_owned()).filter(|name| !name.is_empty())),
        ("system", "Version", system.version.clone()),
        ("system", "Noyau", system.kernel.clone()),
        ("system", "Révision", system.service_pack.clone()),
        ("system", "Installé le", system.installed.as_deref().map(dates::short)),
        ("firmware", "Micrologiciel", facts.firmware.clone()),
        ("patches", "Dernier correctif", newest.as_deref().map(dates::short)),
        ("updates", "Mises à jour", several(updates, "à jour")),
        ("started", "Démarrée", facts.started.map(|at| dates::day(at, now))),
    ]
}

fn protection(asset: &Asset) -> Vec<Fact> {
    let facts = &asset.facts;
    let antivirus = facts.antivirus.as_ref().map(|all| {
        all.iter().map(|one| {
            format!("{} (actif\u{a0}: {}, à jour\u{a0}: {})", one.name, state(one.enabled), state(one.up_to_date))
        })
    });
    let firewalls = facts.firewalls.as_ref().map(|all| {
        all.iter().map(|one| format!("{}\u{a0}: {}", one.profile.as_deref().unwrap_or("pare-feu"), state(one.on)))
    });
    let drives = facts.drives.as_ref().map(|all| {
        all.iter().map(|one| {
            let method = one.method.as_deref().map(|method| format!(" ({method})")).unwrap_or_default();
            format!("{}\u{a0}: {}{method}", one.name, state(one.encrypted))
        })
    });
    let databases = facts
        .databases
        .as_ref()
        .map(|all| all.iter().map(|one| format!("{}, sauvegardée\u{a0}: {}", one.name, state(one.backed_up))));
    vec![
        ("antivirus", "Antivirus", several(antivirus.map(Iterator::collect), "aucun")),
        ("firewalls", "Pare-feu actif", several(firewalls.map(Iterator::collect), "aucun")),
        ("drives", "Disques chiffrés", several(drives.map(Iterator::collect), "aucun")),
        ("secure_boot", "Démarrage sécurisé", facts.secure_boot.map(|one| state(one).to_owned())),
        ("databases", "Bases de données", several(databases.map(Iterator::collect), "aucune")),
    ]
}

fn access(asset: &Asset) -> Vec<Fact> {
    let facts = &asset.facts;
    let remote = facts.remote.as_ref().map(|all| all.iter().map(|one| one.kind.clone()).collect());
    let ports = facts.ports.as_ref().map(|all| {
        let one = |port: &domain::governance::estate::Port| {
            let service = port.service.as_deref().map(|name| format!(" ({name})")).unwrap_or_default();
            format!("{}{service}", port.number)
        };
        all.iter().map(one).collect()
    });
    vec![
        ("addresses", "Adresses", several(facts.addresses.clone(), "aucune")),
        ("remote", "Prise en main à distance", several(remote, "aucune")),
        ("admins", "Administrateurs locaux", several(facts.admins.clone(), "aucun")),
        ("ports", "Ports ouverts", several(ports, "aucun")),
    ]
}
