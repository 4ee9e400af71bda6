//! Finding what a unit brings again: by what an earlier import remembers, else by business identifier.

use super::identity::{Token, contradict, first_person, is_older, same_owner, tokens};
use super::own::by_own_id;
use super::work::{Plan, Work};
use crate::cx::Cx;
use crate::error::Result;
use fhir::ResourceType;
use fhir::search::{Filter, Modifier, Operand, Query};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use store::{ImportKey, Imported, Version};

/// Identifiers or ids asked for in one search.
pub(super) const ASKED: usize = 200;

pub(super) const CHANGED: &str = "Modifiée ici depuis son import : à comparer par une personne.";
pub(super) const OLDER: &str = "Plus ancienne que la version déjà importée : laissée de côté.";
pub(super) const CONTRADICTION: &str =
    "Même adresse ou même identifiant, mais une autre identité : à vérifier par une personne.";
pub(super) const SEVERAL: &str = "Plusieurs ressources d'ici portent cet identifiant : à rapprocher par une personne.";
const OURS: &str =
    "Une ressource saisie ici porte cet identifiant avec un autre contenu : à rapprocher par une personne.";
pub(super) const MOVED: &str = "La nouvelle version concerne une autre personne : à vérifier par une personne.";

const AWAY: &str =
    "Gardée avec l'adresse d'une personne de son serveur, qui n'était pas ici : à rapprocher par une personne.";

/// What one import brings under each key: enough to tell a set of files that disagree from a source that has gone back.
#[derive(Debug, Default)]
pub(super) struct Contents(HashMap<i64, Vec<u64>>);

impl Contents {
    pub(super) fn add(&mut self, key: &ImportKey) {
        let all = self.0.entry(key.hash).or_default();
        if !all.contains(&short(&key.content)) {
            all.push(short(&key.content));
        }
    }

    /// Whether anything comes under this number.
    pub(super) fn knows(&self, number: i64) -> bool {
        self.0.contains_key(&number)
    }

    fn has(&self, key: &ImportKey) -> bool {
        self.0.get(&key.hash).is_some_and(|all| all.contains(&short(&key.content)))
    }
}

fn short(digest: &[u8]) -> u64 {
    digest.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// Reads what earlier imports remember of a unit.
pub(super) async fn recall(cx: &Cx, works: &mut [Work<'_>]) -> Result<()> {
    let numbers = works.iter().map(|work| work.key.hash).collect();
    let found = cx.app().store().imported(cx.app().tenant(), numbers).await?;
    let mut found: HashMap<i64, Imported> = found.into_iter().map(|memory| (memory.key.hash, memory)).collect();
    for work in works.iter_mut().filter(|work| work.plan != Plan::Repeated) {
        work.memory = found.remove(&work.key.hash).filter(|memory| memory.kind == work.kind());
    }
    Ok(())
}

/// Decides what is known among the works `chosen`, whose links to persons have been followed. `contents`: what else
/// this import brings under the same keys.
pub(super) async fn decide(
    cx: &Cx,
    works: &mut [Work<'_>],
    chosen: &(dyn Fn(&Work<'_>) -> bool + Sync),
    contents: &Contents,
) -> Result<()> {
    let mut wanted: BTreeMap<ResourceType, BTreeSet<String>> = BTreeMap::new();
    for work in works.iter_mut().filter(|work| chosen(work) && work.plan == Plan::Open) {
        let Some(memory) = &work.memory else { continue };
        if memory.key.content == work.key.content {
            work.plan = Plan::Skip(memory.id.clone());
        } else {
            wanted.entry(work.kind()).or_default().insert(memory.id.clone());
        }
    }
    let current = fetch(cx, &wanted).await?;
    for work in works.iter_mut().filter(|work| chosen(work) && work.plan == Plan::Open) {
        if let Some(memory) = work.memory.take() {
            let replaced = memory.has_seen(&work.key.content) && contents.has(&memory.key);
            let current = current.get(&(work.kind(), memory.id.clone()));
            by_memory(cx, work, &memory, (replaced, current));
        }
    }
    by_own_id(cx, works, chosen).await?;
    by_identifier(cx, works, chosen).await
}

fn by_memory(cx: &Cx, work: &mut Work<'_>, memory: &Imported, (replaced, current): (bool, Option<&Version>)) {
    if let Some(current) = current
        && contradict(&work.resource, &current.resource)
    {
        work.contradicted = true;
        return;
    }
    let id = Some(memory.id.clone());
    let newer = is_older(&memory.key.source_version, &work.key.source_version);
    if (replaced && !newer) || is_older(&work.key.source_version, &memory.key.source_version) {
        work.warn("informational", work.path(), OLDER);
        work.plan = Plan::Skip(memory.id.clone());
    } else if !memory.is_untouched() {
        work.conflict(id, CHANGED);
    } else if let Some(current) = current.filter(|current| !same_owner(&work.resource, &current.resource)) {
        let far = first_person(&current.resource).is_some_and(|person| person.starts_with("http"));
        work.conflict(id, if far { AWAY } else { MOVED });
    } else if let Some(current) = current.filter(|current| work.equals(cx, current)) {
        work.plan = Plan::Skip(memory.id.clone());
        work.twin = Some((current.rid.value(), current.version));
    } else {
        work.plan = Plan::Update(memory.id.clone(), memory.current);
    }
}

/// How many resources of a unit bear each identifier.
pub(super) type Times = HashMap<(ResourceType, Token), u32>;

pub(super) fn times(works: &[Work<'_>]) -> Times {
    let mut times = Times::new();
    for work in works.iter().filter(|work| work.plan != Plan::Repeated) {
        for token in tokens(&work.resource) {
            *times.entry((work.kind(), token)).or_default() += 1;
        }
    }
    times
}

/// An identifier that several resources of one unit share names a group, not a resource.
pub(super) fn usable(work: &Work<'_>, times: &Times) -> BTreeSet<Token> {
    let all = tokens(&work.resource).into_iter();
    all.filter(|token| times.get(&(work.kind(), token.clone())) == Some(&1)).collect()
}

async fn by_identifier(cx: &Cx, works: &mut [Work<'_>], chosen: &(dyn Fn(&Work<'_>) -> bool + Sync)) -> Result<()> {
    let times = times(works);
    let usable = |work: &Work<'_>| usable(work, &times);
    let mut asked: BTreeMap<ResourceType, BTreeSet<Token>> = BTreeMap::new();
    for work in works.iter().filter(|work| chosen(work) && work.plan == Plan::Open) {
        asked.entry(work.kind()).or_default().extend(usable(work));
    }
    let found = candidates(cx, &asked).await?;
    let rids = found.values().flatten().map(|version| version.rid.value()).collect::<BTreeSet<_>>();
    let memories = cx.app().store().imports_of(cx.app().tenant(), rids.into_iter().collect()).await?;
    let mut by_rid: HashMap<i64, Vec<Imported>> = HashMap::new();
    for memory in memories {
        by_rid.entry(memory.rid).or_default().push(memory);
    }
    for work in works.iter_mut().filter(|work| chosen(work) && work.plan == Plan::Open) {
        let mine = usable(work);
        let all = found.get(&work.kind()).map(Vec::as_slice).unwrap_or_default();
        let mut matching: Vec<&Version> =
            all.iter().filter(|version| !tokens(&version.resource).is_disjoint(&mine)).collect();
        if work.kind() != ResourceType::PATIENT {
            matching.retain(|version| same_owner(&work.resource, &version.resource));
        }
        matching.retain(|version| by_rid.get(&version.rid.value()).is_none_or(|known| !is_another(work, known)));
        match matching.as_slice() {
            // The source gave this address to somebody else, or mended an identity: identifiers could not tell.
            [] if work.contradicted => work.conflict(None, CONTRADICTION),
            [] => {}
            [one] => compare(cx, work, one, by_rid.get(&one.rid.value()).map(Vec::as_slice).unwrap_or_default()),
            _ => work.conflict(None, SEVERAL),
        }
    }
    Ok(())
}

/// The same source holds them to be two: each has its own lasting address there. A person is one all the same.
fn is_another(work: &Work<'_>, known: &[Imported]) -> bool {
    work.kind() != ResourceType::PATIENT
        && !work.key.source.is_empty()
        && known.iter().any(|memory| memory.key.source == work.key.source && memory.key.hash != work.key.hash)
}

pub(super) fn compare(cx: &Cx, work: &mut Work<'_>, found: &Version, known: &[Imported]) {
    let id = found.resource.id().unwrap_or_default().to_owned();
    let same_source = known.iter().filter(|memory| memory.key.source == work.key.source);
    let newest = same_source.map(|memory| memory.key.source_version.as_str()).next();
    if contradict(&work.resource, &found.resource) {
        work.conflict(None, CONTRADICTION);
    } else if work.equals(cx, found) {
        work.plan = Plan::Skip(id);
        work.twin = Some((found.rid.value(), found.version));
    } else if let Some(memory) = known.iter().find(|memory| memory.key.content == work.key.content) {
        // Changed here since, perhaps: what is remembered is the import, not the change.
        work.plan = Plan::Skip(id);
        work.twin = Some((found.rid.value(), memory.last_import));
    } else if newest.is_some_and(|newest| is_older(&work.key.source_version, newest)) {
        work.warn("informational", work.path(), OLDER);
        work.plan = Plan::Skip(id);
    } else if known.is_empty() {
        work.conflict(Some(id), OURS);
    } else if !known.iter().all(Imported::is_untouched) {
        work.conflict(Some(id), CHANGED);
    } else {
        work.plan = Plan::Update(id, found.version);
    }
}

/// What is here under these ids.
pub(super) async fn fetch(
    cx: &Cx,
    wanted: &BTreeMap<ResourceType, BTreeSet<String>>,
) -> Result<HashMap<(ResourceType, String), Version>> {
    let mut filters = Vec::new();
    for (kind, ids) in wanted {
        let ids: Vec<String> = ids.iter().cloned().collect();
        filters.extend(ids.chunks(ASKED).map(|ids| (*kind, Filter::Id(ids.to_vec()))));
    }
    let found = find(cx, filters).await?;
    Ok(found.into_iter().map(|v| ((v.resource.kind(), v.resource.id().unwrap_or_default().to_owned()), v)).collect())
}

async fn candidates(
    cx: &Cx,
    asked: &BTreeMap<ResourceType, BTreeSet<Token>>,
) -> Result<HashMap<ResourceType, Vec<Version>>> {
    let mut filters = Vec::new();
    for (kind, tokens) in asked {
        let Some(param) = fhir::search::param(*kind, "identifier") else { continue };
        let values: Vec<Operand> = tokens
            .iter()
            .map(|(system, value)| Operand::Token { system: Some(system.clone()), code: Some(value.clone()) })
            .collect();
        filters.extend(
            values
                .chunks(ASKED)
                .map(|values| (*kind, Filter::Param { param, modifier: Modifier::None, values: values.to_vec() })),
        );
    }
    let mut seen = HashSet::new();
    let mut found: HashMap<ResourceType, Vec<Version>> = HashMap::new();
    for version in find(cx, filters).await? {
        if seen.insert(version.rid.value()) {
            found.entry(version.resource.kind()).or_default().push(version);
        }
    }
    Ok(found)
}

/// Everything that answers one of the filters, disclosed to the operator in one entry a page.
pub(super) async fn find(cx: &Cx, filters: Vec<(ResourceType, Filter)>) -> Result<Vec<Version>> {
    let mut all = Vec::new();
    for (kind, filter) in filters {
        let mut query = Query { filters: vec![filter], count: Some(1_000), ..Query::all(kind) };
        query.total = fhir::search::Total::None;
        loop {
            let page = crate::records::page(cx, "import", &query).await?;
            all.extend(page.matches);
            query.page = page.next;
            if query.page.is_none() {
                break;
            }
        }
    }
    Ok(all)
}
