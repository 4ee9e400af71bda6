//! Where the references of a unit lead: to its own entries, to what earlier imports brought, or to what is here.

use super::known::fetch;
use super::work::{Work, source_of};
use crate::cx::Cx;
use crate::error::Result;
use crate::links::{self, Links};
use fhir::refs::{self, Reference};
use fhir::{Resource, ResourceType};
use std::collections::{BTreeMap, BTreeSet, HashMap};

const NOWHERE: &str = "Cette référence ne mène à aucune ressource connue : elle est gardée telle quelle.";
const URN: &str = "Cette référence ne mène à aucune entrée du Bundle.";
const SEVERAL: &str = "Plusieurs ressources répondent à cette référence : elle est gardée telle quelle.";
const UNSURE: &str = "L'identité de cette personne est à vérifier : ce qui la concerne n'est pas importé.";
const FOREIGN: &str =
    "Cette personne a été importée d'une autre source : on ne peut pas savoir s'il s'agit de la même.";

/// What is known of one reference's target.
#[derive(Clone)]
enum Target {
    Here(String),
    Same,
    Foreign,
    Several,
    Unknown,
}

/// Rewrites the links of what will be written. True when a reference leads nowhere yet.
pub(super) async fn follow(
    cx: &Cx,
    works: &mut [Work<'_>],
    links: &mut Links,
    finess: &str,
    planned: &HashMap<i64, String>,
    whole: bool,
) -> Result<bool> {
    refuse_unsure(works);
    let several = conditional(cx, works, links).await?;
    for work in works.iter_mut().filter(|work| work.will_be_written()) {
        links.rewrite(&mut work.resource);
    }
    let mut targets = resolve(cx, works, links, finess, planned).await?;
    for (key, target) in &mut targets {
        if several.contains(&key.1) {
            *target = Target::Several;
        }
    }
    let mut waiting = false;
    for work in works.iter_mut().filter(|work| work.will_be_written()) {
        let mut found = Links::default();
        let mut bad: Vec<(String, Target, bool)> = Vec::new();
        let source = source_of(&work.item.resource, finess);
        refs::visit(&work.resource, &mut |path, text| match targets.get(&(source.clone(), text.to_owned())) {
            Some(Target::Here(here)) => found.point(text, here.clone()),
            Some(Target::Same) | None => {}
            Some(other) => bad.push((path.to_owned(), other.clone(), text.starts_with("urn:"))),
        });
        found.rewrite(&mut work.resource);
        for (path, target, urn) in bad {
            let path = work.under(&path);
            match target {
                Target::Foreign => work.refuse("multiple-matches", path, FOREIGN),
                Target::Several => work.warn("multiple-matches", path, SEVERAL),
                _ if urn && whole => work.refuse("not-found", path, URN),
                _ => {
                    waiting = true;
                    work.warn("not-found", path, NOWHERE);
                }
            }
        }
    }
    Ok(waiting)
}

/// What is about a person who could not be told apart is about nobody we know: it waits with that person.
fn refuse_unsure(works: &mut [Work<'_>]) {
    let mut unsure = BTreeSet::new();
    for work in works.iter().filter(|work| work.kind() == ResourceType::PATIENT && work.is_lost()) {
        unsure.extend(work.item.full_url.clone());
        unsure.extend(work.item.resource.id().map(|id| format!("{}/{id}", work.kind())));
    }
    if unsure.is_empty() {
        return;
    }
    for work in works.iter_mut().filter(|work| work.will_be_written()) {
        let mut lost = None;
        refs::visit(&work.item.resource, &mut |path, text| {
            if unsure.contains(bare(text)) {
                lost = Some(path.to_owned());
            }
        });
        if let Some(path) = lost {
            let path = work.under(&path);
            work.refuse("conflict", path, UNSURE);
        }
    }
}

/// Conditional references: an entry of the unit first, else what is here; those that several resources answer.
async fn conditional(cx: &Cx, works: &[Work<'_>], links: &mut Links) -> Result<BTreeSet<String>> {
    let mut several = BTreeSet::new();
    let texts: BTreeSet<String> =
        works.iter().filter(|w| w.will_be_written()).flat_map(|w| links::conditional(&w.resource)).collect();
    for text in texts {
        let Reference::Conditional(kind, criteria) = Reference::parse(&text) else { continue };
        let Ok(mut query) = fhir::search::parse(kind, &fhir::search::pairs(criteria), true) else { continue };
        let fits = |resource: &Resource| query.filters.iter().all(|filter| fhir::search::matches(resource, filter));
        let inside: Vec<&str> =
            works.iter().filter(|w| w.kind() == kind && fits(&w.resource)).filter_map(|w| w.here()).collect();
        let here = match inside.as_slice() {
            [] => {
                query.count = Some(2);
                let found = crate::records::page(cx, "import", &query).await?.matches;
                found.iter().filter_map(|version| version.resource.id().map(str::to_owned)).collect()
            }
            inside => inside.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>(),
        };
        match here.as_slice() {
            [] => {}
            [one] => links.point(&text, format!("{kind}/{one}")),
            _ => {
                several.insert(text);
            }
        }
    }
    Ok(several)
}

/// What every reference that is not an entry's leads to, by source and text.
async fn resolve(
    cx: &Cx,
    works: &[Work<'_>],
    links: &Links,
    finess: &str,
    planned: &HashMap<i64, String>,
) -> Result<HashMap<(String, String), Target>> {
    let mine: BTreeSet<String> =
        works.iter().filter_map(|work| work.here().map(|id| format!("{}/{id}", work.kind()))).collect();
    let mut asked = BTreeSet::new();
    for work in works.iter().filter(|work| work.will_be_written()) {
        let source = source_of(&work.item.resource, finess);
        refs::visit(&work.resource, &mut |_, text| {
            if is_followed(text) && !mine.contains(bare(text)) && !links.knows(text) {
                asked.insert((source.clone(), text.to_owned()));
            }
        });
    }
    let remembered = remembered(cx, &asked, finess, planned).await?;
    let mut literal: BTreeMap<ResourceType, BTreeSet<String>> = BTreeMap::new();
    for (_, text) in asked.iter().filter(|key| !remembered.contains_key(*key)) {
        if let Some((kind, id)) = refs::local(text) {
            literal.entry(kind).or_default().insert(id);
        }
    }
    let present = fetch(cx, &literal).await?;
    let rids = present.values().map(|version| version.rid.value()).collect();
    let imported = cx.app().store().imports_of(cx.app().tenant(), rids).await?;
    let foreign: BTreeSet<i64> = imported.iter().map(|memory| memory.rid).collect();
    let mut targets = HashMap::new();
    for key in asked {
        let target = match (remembered.get(&key), refs::local(&key.1)) {
            (Some(here), _) => Target::Here(here.clone()),
            (None, Some((kind, id))) => match present.get(&(kind, id)) {
                Some(found) if kind == ResourceType::PATIENT && foreign.contains(&found.rid.value()) => Target::Foreign,
                Some(_) => Target::Same,
                None => Target::Unknown,
            },
            (None, None) => Target::Unknown,
        };
        targets.insert(key, target);
    }
    Ok(targets)
}

/// Contained resources and addresses of no resource are not looked for.
fn is_followed(text: &str) -> bool {
    !matches!(Reference::parse(text), Reference::Contained(_) | Reference::Other(_))
}

fn bare(text: &str) -> &str {
    text.split_once("/_history/").map_or(text, |(bare, _)| bare)
}

/// What earlier imports, or the earlier units of this one, brought from these addresses.
async fn remembered(
    cx: &Cx,
    asked: &BTreeSet<(String, String)>,
    finess: &str,
    planned: &HashMap<i64, String>,
) -> Result<HashMap<(String, String), String>> {
    let (store, tenant) = (cx.app().store(), cx.app().tenant());
    let mut numbers: BTreeMap<i64, Vec<(String, String)>> = BTreeMap::new();
    for key in asked {
        let (source, text) = (key.0.as_str(), bare(&key.1));
        let scopes = match Reference::parse(text) {
            Reference::Local { .. } => vec![source, finess],
            Reference::Absolute { .. } | Reference::Urn(_) => vec![""],
            _ => continue,
        };
        for scope in scopes {
            numbers.entry(store.import_number(tenant, scope, text)?).or_default().push(key.clone());
        }
    }
    let mut found = HashMap::new();
    for memory in store.imported(tenant, numbers.keys().copied().collect()).await? {
        for key in numbers.get(&memory.key.hash).into_iter().flatten() {
            found.insert(key.clone(), format!("{}/{}", memory.kind, memory.id));
        }
    }
    for (number, keys) in &numbers {
        if let Some(here) = planned.get(number) {
            found.extend(keys.iter().map(|key| (key.clone(), here.clone())));
        }
    }
    Ok(found)
}
