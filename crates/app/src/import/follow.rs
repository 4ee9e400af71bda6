//! Where the references of a unit lead: to its own entries, to what earlier imports brought, or to what is here.

use super::known::fetch;
use super::unit::Importer;
use super::work::{Plan, Work};
use crate::error::Result;
use crate::links::{self, Links, Slot, without_version};
use fhir::refs::{self, Reference};
use fhir::{Resource, ResourceType};
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

const NOWHERE: &str = "Cette référence ne mène à aucune ressource connue : elle est gardée telle quelle.";
const URN: &str = "Cette référence ne mène à aucune entrée du Bundle.";
const SEVERAL: &str = "Plusieurs ressources répondent à cette référence : elle est gardée telle quelle.";
const UNSURE: &str = "L'identité de cette personne est à vérifier : ce qui la concerne n'est pas importé.";
const FOREIGN: &str = "Cet identifiant est ici celui d'une ressource venue d'une autre source, sur une personne : on ne \
                       peut pas savoir s'il s'agit de la même.";

/// What one reference leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Target {
    Here(String),
    /// What is written is what is here.
    Same,
    /// An entry of the unit that has no id yet.
    Pending,
    Lost,
    Foreign,
    Several,
    Unknown,
}

/// A reference as it is said: whose relative addresses, whose ids, the text.
type Said = (String, String, String);

/// Where the entries of a unit are, as far as it is decided.
fn addresses(works: &[Work<'_>]) -> Links {
    let mut links = Links::default();
    // A repeated entry has the address of the one that stands for it.
    for work in works.iter().filter(|work| work.plan != Plan::Repeated) {
        let slot = match work.here() {
            Some(id) => Slot::Here(format!("{}/{id}", work.kind())),
            None if work.is_lost() && work.kind() == ResourceType::PATIENT => Slot::Lost,
            None => Slot::Pending,
        };
        let id = work.item.resource.id();
        links.add(work.item.full_url.as_deref(), &work.space, work.kind(), id, &slot);
    }
    links
}

impl Importer<'_> {
    /// Before anything is decided of the works still open: their links to persons, and to all that is known already.
    pub(super) async fn orient(&self, works: &mut [Work<'_>]) -> Result<()> {
        let targets = self.targets(works, &|work| work.is_open()).await?;
        works.iter_mut().filter(|work| work.is_open()).for_each(|work| rewrite(work, &targets));
        Ok(())
    }

    /// Rewrites the links of what will be written. True when a reference leads nowhere yet.
    pub(super) async fn follow(&self, works: &mut [Work<'_>], whole: bool, last: bool) -> Result<bool> {
        let mut targets = self.targets(works, &|work| work.will_be_written()).await?;
        targets.extend(self.conditional(works).await?);
        let mut waiting = false;
        for work in works.iter_mut().filter(|work| work.will_be_written()) {
            rewrite(work, &targets);
            let mut bad: Vec<(String, Target, bool)> = Vec::new();
            refs::visit(&work.item.resource, &mut |path, text| match targets.get(&said(work, text)) {
                None | Some(Target::Here(_) | Target::Same) => {}
                Some(other) => bad.push((path.to_owned(), other.clone(), text.starts_with("urn:"))),
            });
            for (path, target, urn) in bad {
                let path = work.under(&path);
                match target {
                    Target::Lost => work.refuse("conflict", path, UNSURE),
                    Target::Foreign if last => work.refuse("multiple-matches", path, FOREIGN),
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

    /// Conditional references: an entry of the unit first, else what is here.
    async fn conditional(&self, works: &[Work<'_>]) -> Result<HashMap<Said, Target>> {
        let mut targets = HashMap::new();
        for work in works.iter().filter(|work| work.will_be_written()) {
            for text in links::conditional(&work.item.resource) {
                let key = said(work, &text);
                if let Entry::Vacant(vacant) = targets.entry(key) {
                    vacant.insert(self.answering(works, &text).await?);
                }
            }
        }
        Ok(targets)
    }

    async fn answering(&self, works: &[Work<'_>], text: &str) -> Result<Target> {
        let Reference::Conditional(kind, criteria) = Reference::parse(text) else { return Ok(Target::Unknown) };
        let Ok(mut query) = fhir::search::criteria(kind, criteria) else { return Ok(Target::Unknown) };
        let fits = |resource: &Resource| query.filters.iter().all(|filter| fhir::search::matches(resource, filter));
        let inside = works.iter().filter(|work| work.kind() == kind && fits(&work.item.resource));
        let mut found: BTreeSet<String> = inside.filter_map(|work| work.here().map(str::to_owned)).collect();
        if found.is_empty() {
            query.count = Some(2);
            let page = crate::records::page(self.cx, "import", &query).await?;
            found.extend(page.matches.iter().filter_map(|version| version.resource.id().map(str::to_owned)));
        }
        Ok(match found.len() {
            0 => Target::Unknown,
            1 => Target::Here(format!("{kind}/{}", found.pop_first().unwrap_or_default())),
            _ => Target::Several,
        })
    }

    /// What the references of the works `chosen` lead to.
    async fn targets(
        &self,
        works: &[Work<'_>],
        chosen: &(dyn Fn(&Work<'_>) -> bool + Sync),
    ) -> Result<HashMap<Said, Target>> {
        let inside = addresses(works);
        let mut targets: HashMap<Said, Target> = HashMap::new();
        let mut asked: BTreeSet<Said> = BTreeSet::new();
        for work in works.iter().filter(|work| chosen(work)) {
            refs::visit(&work.item.resource, &mut |_, text| {
                let key = said(work, text);
                match inside.find(&work.space, text) {
                    Some(Slot::Here(here)) => drop(targets.insert(key, Target::Here(here.clone()))),
                    Some(Slot::Lost) => drop(targets.insert(key, Target::Lost)),
                    Some(Slot::Pending) => drop(targets.insert(key, Target::Pending)),
                    None if is_followed(text) => drop(asked.insert(key)),
                    None => {}
                }
            });
        }
        let remembered = self.remembered(&asked).await?;
        asked.retain(|key| !remembered.contains_key(key));
        targets.extend(remembered);
        targets.extend(self.literal(asked).await?);
        Ok(targets)
    }

    /// What earlier imports, or the earlier units of this one, brought from these addresses; the nearest meaning first.
    async fn remembered(&self, asked: &BTreeSet<Said>) -> Result<HashMap<Said, Target>> {
        let (store, tenant) = (self.cx.app().store(), self.cx.app().tenant());
        let mut meanings: Vec<(&Said, Vec<i64>)> = Vec::new();
        for key in asked {
            let (space, source, text) = (key.0.as_str(), key.1.as_str(), without_version(&key.2));
            let mut numbers = Vec::new();
            match Reference::parse(text) {
                Reference::Local { .. } => {
                    if space.contains("://") {
                        numbers.push(store.import_number(tenant, "", &format!("{space}/{text}"))?);
                    }
                    numbers.push(store.import_number(tenant, source, text)?);
                    numbers.push(store.import_number(tenant, &self.finess, text)?);
                }
                _ => numbers.push(store.import_number(tenant, "", text)?),
            }
            meanings.push((key, numbers));
        }
        let numbers: BTreeSet<i64> = meanings.iter().flat_map(|(_, numbers)| numbers.iter().copied()).collect();
        let known = store.imported(tenant, numbers.into_iter().collect()).await?;
        let known: HashMap<i64, String> =
            known.into_iter().map(|memory| (memory.key.hash, format!("{}/{}", memory.kind, memory.id))).collect();
        let target = |number: &i64| {
            if self.lost.contains(number) {
                return Some(Target::Lost);
            }
            self.planned.get(number).or_else(|| known.get(number)).cloned().map(Target::Here)
        };
        let found =
            meanings.into_iter().filter_map(|(key, numbers)| Some((key.clone(), numbers.iter().find_map(target)?)));
        Ok(found.collect())
    }

    /// What is here under the very id that is written. What came from another source, about somebody, is not meant.
    async fn literal(&self, asked: BTreeSet<Said>) -> Result<HashMap<Said, Target>> {
        let mut wanted: BTreeMap<ResourceType, BTreeSet<String>> = BTreeMap::new();
        for (kind, id) in asked.iter().filter_map(|(_, _, text)| refs::local(text)) {
            wanted.entry(kind).or_default().insert(id);
        }
        let present = fetch(self.cx, &wanted).await?;
        let rids = present.values().map(|version| version.rid.value()).collect();
        let imports = self.cx.app().store().imports_of(self.cx.app().tenant(), rids).await?;
        let imported: HashSet<i64> = imports.iter().map(|memory| memory.rid).collect();
        let target = |text: &str| match refs::local(text).and_then(|key| present.get(&key)) {
            Some(found) if !found.person.is_zero() && imported.contains(&found.rid.value()) => Target::Foreign,
            Some(_) => Target::Same,
            None => Target::Unknown,
        };
        Ok(asked.into_iter().map(|key| (key.clone(), target(&key.2))).collect())
    }
}

fn said(work: &Work<'_>, text: &str) -> Said {
    (work.space.clone(), work.source.clone(), text.to_owned())
}

/// Links are rewritten once, from what came: a link that has been rewritten says nothing of the source any more.
fn rewrite(work: &mut Work<'_>, targets: &HashMap<Said, Target>) {
    let mut resource = work.item.resource.clone();
    refs::rewrite(&mut resource, &|text| match targets.get(&said(work, text)) {
        Some(Target::Here(here)) if here != without_version(text) => Some(here.clone()),
        _ => None,
    });
    work.resource = resource;
}

/// Contained resources, addresses of no resource and searches are not looked for here.
fn is_followed(text: &str) -> bool {
    !matches!(Reference::parse(text), Reference::Contained(_) | Reference::Other(_) | Reference::Conditional(..))
}
