//! Where the references of a unit lead: to its own entries, to what earlier imports brought, or to what is here.

use super::known::fetch;
use super::own::is_own;
use super::set::Meaning;
use super::unit::Importer;
use super::work::{Plan, Work};
use crate::error::Result;
use crate::links::{self, Links, Slot, Space, without_version};
use fhir::refs::{self, Reference};
use fhir::{Resource, ResourceType, addresses};
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use store::Version;

const NOWHERE: &str = "Cette référence ne mène à aucune ressource connue : elle est gardée telle quelle.";
const ELSEWHERE: &str =
    "Cette référence ne mène à aucune ressource connue : elle est gardée avec l'adresse de son serveur.";
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
    /// What bears that id may be another.
    Foreign,
    /// Brought by these files, not yet here.
    Coming,
    /// On the server that said it, and not here: its whole address.
    Elsewhere(String),
    Several,
    Unknown,
}

/// An address as it is said: whose relative addresses, the text.
type Said = (Space, String);

/// What the addresses of a unit lead to.
struct Targets {
    inside: Links,
    known: HashMap<Said, Target>,
}

impl Targets {
    /// What is to be written instead of a text.
    fn written(&self, space: &Space, text: &str) -> Option<String> {
        let new = match self.known.get(&(space.clone(), text.to_owned())) {
            Some(Target::Here(here)) => here,
            Some(Target::Elsewhere(address)) => return Some(address.clone()),
            Some(_) => return None,
            // An entry's `urn:` stands for it wherever it is said.
            None if text.starts_with("urn:") => match self.inside.find(space, text) {
                Some(Slot::Here(here)) => here,
                _ => return None,
            },
            None => return None,
        };
        // A link that stays the same keeps its version.
        (new != without_version(text)).then(|| new.clone())
    }
}

/// Where the entries of a unit are, as far as it is decided.
fn addresses_of(works: &[Work<'_>]) -> Links {
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
        let targets = self.targets(works, &|work| work.is_open(), false).await?;
        works.iter_mut().filter(|work| work.is_open()).for_each(|work| rewrite(work, &targets));
        Ok(())
    }

    /// Rewrites the links of what will be written. True when one leads nowhere yet.
    pub(super) async fn follow(&self, works: &mut [Work<'_>], whole: bool, last: bool) -> Result<bool> {
        let mut targets = self.targets(works, &|work| work.will_be_written(), last).await?;
        targets.known.extend(self.conditional(works).await?);
        let mut waiting = false;
        for work in works.iter_mut().filter(|work| work.will_be_written()) {
            rewrite(work, &targets);
            waiting |= complain(work, &targets, whole, last);
            waiting |= attachments(work, &targets, last);
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

    /// What the addresses of the works `chosen` lead to. `last`: what has not come never will.
    async fn targets(
        &self,
        works: &[Work<'_>],
        chosen: &(dyn Fn(&Work<'_>) -> bool + Sync),
        last: bool,
    ) -> Result<Targets> {
        let inside = addresses_of(works);
        let mut known: HashMap<Said, Target> = HashMap::new();
        let (mut asked, mut never, mut cut) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for work in works.iter().filter(|work| chosen(work)) {
            addresses::visit(&work.item.resource, &mut |text| {
                let key = said(work, text);
                if work.is_line() && !inside.is_own(&work.space, text) {
                    cut.insert(key.clone());
                }
                match inside.find(&work.space, text) {
                    Some(Slot::Here(here)) => drop(known.insert(key, Target::Here(here.clone()))),
                    Some(Slot::Lost) => drop(known.insert(key, Target::Lost)),
                    Some(Slot::Several) => drop(known.insert(key, Target::Foreign)),
                    Some(Slot::Pending) if last => drop(never.insert(key)),
                    Some(Slot::Pending) => drop(known.insert(key, Target::Pending)),
                    None if is_followed(text) => drop(asked.insert(key)),
                    None => {}
                }
            });
        }
        self.mend(&mut known, &cut).await?;
        let mut remembered = self.remembered(&asked).await?;
        asked.retain(|key| !remembered.contains_key(key));
        if last {
            never.extend(remembered.extract_if(|_, target| *target == Target::Coming).map(|(key, _)| key));
        }
        known.extend(remembered);
        known.extend(self.literal(asked).await?);
        // What was meant has not been taken: what bears its id here is another.
        let instead = self.literal(never).await?.into_iter();
        known.extend(instead.map(|(key, found)| (key, if found == Target::Same { Target::Foreign } else { found })));
        Ok(Targets { inside, known })
    }

    /// Lines are read some at a time: what stands in the same part is not meant sooner than what else its files bring.
    async fn mend(&self, known: &mut HashMap<Said, Target>, cut: &BTreeSet<Said>) -> Result<()> {
        let mut own: HashMap<i64, Vec<&Said>> = HashMap::new();
        for key in cut {
            if !known.contains_key(key) {
                continue;
            }
            match self.meaning(&key.0, &key.1)? {
                Meaning::Several(_) => drop(known.insert(key.clone(), Target::Foreign)),
                Meaning::Both([_, number]) => own.entry(number).or_default().push(key),
                Meaning::First(_) => {}
            }
        }
        let before = self.cx.app().store().imported(self.cx.app().tenant(), own.keys().copied().collect()).await?;
        for memory in before {
            let before = Target::Here(format!("{}/{}", memory.kind, memory.id));
            for key in own.get(&memory.key.hash).into_iter().flatten() {
                if known.get(*key).is_some_and(|found| matches!(found, Target::Here(_)) && *found != before) {
                    known.insert((*key).clone(), Target::Foreign);
                }
            }
        }
        Ok(())
    }

    /// What earlier imports, or the earlier units of this one, brought from these addresses.
    async fn remembered(&self, asked: &BTreeSet<Said>) -> Result<HashMap<Said, Target>> {
        let meanings = asked.iter().map(|key| Ok((key, self.meaning(&key.0, &key.1)?))).collect::<Result<Vec<_>>>()?;
        let numbers: BTreeSet<i64> = meanings.iter().flat_map(|(_, meaning)| meaning.numbers()).copied().collect();
        let known = self.cx.app().store().imported(self.cx.app().tenant(), numbers.into_iter().collect()).await?;
        let known: HashMap<i64, String> =
            known.into_iter().map(|memory| (memory.key.hash, format!("{}/{}", memory.kind, memory.id))).collect();
        let target = |number: &i64| {
            if self.lost.contains(number) {
                return Some(Target::Lost);
            }
            self.planned.address(*number).or_else(|| known.get(number).cloned()).map(Target::Here)
        };
        let found = meanings.into_iter().filter_map(|(key, meaning)| {
            let mut all = meaning.numbers().iter().filter_map(target);
            let first = all.next();
            let comes = |number: &i64| self.contents.knows(*number) && target(number).is_none();
            Some((
                key.clone(),
                match (&meaning, first) {
                    (Meaning::Several(_), _) => Target::Foreign,
                    // Which of both it is, is known once both could be.
                    (Meaning::Both(numbers), Some(_)) if numbers.iter().any(comes) => Target::Coming,
                    (Meaning::Both(_), Some(first)) if all.any(|other| other != first) => Target::Foreign,
                    (_, Some(first)) => first,
                    (meaning, None) if meaning.numbers().iter().any(|number| self.contents.knows(*number)) => {
                        Target::Coming
                    }
                    (_, None) => return None,
                },
            ))
        });
        Ok(found.collect())
    }

    /// What is here under the very id that is written. What came from another source, about somebody, is not meant; what a
    /// server says of its own ids is not here at all, unless that server is this one.
    async fn literal(&self, asked: BTreeSet<Said>) -> Result<HashMap<Said, Target>> {
        let mut wanted: BTreeMap<ResourceType, BTreeSet<String>> = BTreeMap::new();
        for (kind, id) in asked.iter().filter_map(|(_, text)| refs::local(text)) {
            wanted.entry(kind).or_default().insert(id);
        }
        let present = fetch(self.cx, &wanted).await?;
        let rids = present.values().map(|version| version.rid.value()).collect();
        let imports = self.cx.app().store().imports_of(self.cx.app().tenant(), rids).await?;
        let imported: HashSet<i64> = imports.iter().map(|memory| memory.rid).collect();
        let target = |(space, text): &Said| {
            let Some(key) = refs::local(text) else { return Target::Unknown };
            let found = present.get(&key).map(|found| imported.contains(&found.rid.value()) && is_somebodys(found));
            // In a dry run, as if it were here.
            let found = found.or_else(|| self.planned.about_somebody(&key));
            match space {
                // An export ties its entries together by an address that leads nowhere: what it could not tie had none.
                Space::Server(base) if !(is_own(self.cx, base) || found.is_none() && crate::export::is_base(base)) => {
                    Target::Elsewhere(format!("{base}/{text}"))
                }
                _ => match found {
                    Some(_) if matches!(space, Space::Server(_)) => Target::Same,
                    Some(true) => Target::Foreign,
                    Some(false) => Target::Same,
                    None => Target::Unknown,
                },
            }
        };
        Ok(asked.into_iter().map(|key| (key.clone(), target(&key))).collect())
    }
}

/// Whose content would be shown for somebody else's: what is about a person, and a file.
fn is_somebodys(found: &Version) -> bool {
    !found.person.is_zero() || found.resource.kind() == ResourceType::BINARY
}

/// Says which references lead nowhere. True when one may still come to lead somewhere.
fn complain(work: &mut Work<'_>, targets: &Targets, whole: bool, last: bool) -> bool {
    let mut bad: Vec<(String, Target, bool)> = Vec::new();
    refs::visit(&work.item.resource, &mut |path, text| match targets.known.get(&said(work, text)) {
        None | Some(Target::Here(_) | Target::Same) => {}
        Some(other) => bad.push((path.to_owned(), other.clone(), text.starts_with("urn:"))),
    });
    let mut waiting = false;
    for (path, target, urn) in bad {
        let path = work.under(&path);
        match target {
            Target::Lost => work.refuse("conflict", path, UNSURE),
            Target::Foreign if last => work.refuse("multiple-matches", path, FOREIGN),
            Target::Several => work.warn("multiple-matches", path, SEVERAL),
            _ if urn && whole => work.refuse("not-found", path, URN),
            target => {
                waiting = true;
                let said = if matches!(target, Target::Elsewhere(_)) { ELSEWHERE } else { NOWHERE };
                work.warn("not-found", path, said);
            }
        }
    }
    waiting
}

/// Addresses that are no references may lead anywhere: only what is on its way is waited for, and what could be another's is refused.
fn attachments(work: &mut Work<'_>, targets: &Targets, last: bool) -> bool {
    let (mut waiting, mut foreign) = (false, false);
    addresses::visit(&work.item.resource, &mut |text| match targets.known.get(&said(work, text)) {
        Some(Target::Coming | Target::Pending) => waiting = true,
        Some(Target::Foreign) => foreign = true,
        _ => {}
    });
    if foreign && last && work.will_be_written() {
        work.refuse("multiple-matches", work.path(), FOREIGN);
    }
    waiting || foreign && !last
}

fn said(work: &Work<'_>, text: &str) -> Said {
    (work.space.clone(), text.to_owned())
}

/// Links are rewritten once, from what came: a link that has been rewritten says nothing of the source any more.
fn rewrite(work: &mut Work<'_>, targets: &Targets) {
    let mut resource = work.item.resource.clone();
    refs::rewrite(&mut resource, &|text| targets.written(&work.space, text));
    work.resource = resource;
}

/// Contained resources, addresses of no resource and searches are not looked for here.
fn is_followed(text: &str) -> bool {
    !matches!(Reference::parse(text), Reference::Contained(_) | Reference::Other(_) | Reference::Conditional(..))
}
