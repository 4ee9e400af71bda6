//! `POST /` of a Bundle: a transaction happens whole or not at all, a batch entry by entry (FHIR R4 §3.1.0.11).

use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::links::{self, Links};
use crate::records;
use fhir::bundle::{Bundle, Entry, Kind, Method};
use fhir::refs::Reference;
use fhir::search::Query;
use fhir::{Invalid, Issue, Resource, ResourceType};
use std::collections::{HashMap, HashSet};
use store::{Change, Conflict, Page, Version, Written};

/// Most entries of one Bundle.
const MOST: usize = 20_000;
/// How often a transaction is prepared again when another writer creates what it would have created.
const ATTEMPTS: usize = 4;

/// What became of one entry.
#[derive(Debug)]
pub enum Outcome {
    /// Written, or already there for a conditional create.
    Written(Box<Written>),
    /// Read.
    Found(Box<Version>),
    /// A history.
    Versions(ResourceType, String, Vec<Version>),
    /// Searched: the address asked for, and its page.
    Searched(String, Box<Query>, Page),
    /// Failed; only in a batch.
    Failed(Error),
}

/// What an entry asks for.
enum Ask {
    Create(Option<Query>),
    Update(String, Option<i64>),
    UpdateMatching(Query),
    Delete(ResourceType, String, Option<i64>),
    Read(ResourceType, String),
    Vread(ResourceType, String, i64),
    History(ResourceType, String),
    Search(Query),
}

/// Processes a Bundle of type `transaction` or `batch`.
///
/// # Errors
/// `Invalid` with the path of each wrong entry; in a transaction also whatever fails first.
pub async fn process(cx: &Cx, bundle: Bundle) -> Result<(Kind, Vec<Outcome>)> {
    if bundle.entries.len() > MOST {
        let (fr, en) = (format!("Plus de {MOST} entrées."), format!("More than {MOST} entries."));
        return Err(Error::invalid("too-costly", Some("Bundle.entry".into()), fr, en));
    }
    match bundle.kind {
        Kind::Batch => Ok((Kind::Batch, batch(cx, bundle.entries).await)),
        Kind::Transaction => Ok((Kind::Transaction, transaction(cx, bundle.entries).await?)),
        _ => Err(Error::invalid(
            "value",
            Some("Bundle.type".into()),
            "Seuls les types transaction et batch sont traités ici.",
            "Only transaction and batch are processed here.",
        )),
    }
}

async fn batch(cx: &Cx, entries: Vec<Entry>) -> Vec<Outcome> {
    let mut outcomes = Vec::with_capacity(entries.len());
    for entry in entries {
        outcomes.push(single(cx, entry).await.unwrap_or_else(Outcome::Failed));
    }
    outcomes
}

async fn single(cx: &Cx, entry: Entry) -> Result<Outcome> {
    let ask = ask(&entry)?;
    let index = entry.index;
    let sent =
        |entry: Entry| entry.resource.ok_or_else(|| wrong(index, "resource", "La ressource manque.", "No resource."));
    let written = match ask {
        Ask::Create(unless) => records::create(cx, sent(entry)?, unless).await?,
        Ask::Update(id, if_match) => {
            let mut resource = sent(entry)?;
            resource.set_id(&id);
            records::update(cx, resource, if_match).await?
        }
        Ask::UpdateMatching(query) => update_matching(cx, sent(entry)?, query).await?,
        Ask::Delete(kind, id, if_match) => records::delete(cx, kind, &id, if_match).await?,
        read => return look(cx, read, entry.url.unwrap_or_default()).await,
    };
    Ok(Outcome::Written(Box::new(written)))
}

/// A conditional update: of the one that matches, else a new one.
///
/// # Errors
/// `Conflict` when several match.
pub async fn update_matching(cx: &Cx, mut resource: Resource, query: Query) -> Result<Written> {
    match matching(cx, &query).await? {
        Some(found) => {
            let id = found.resource.id().unwrap_or_default();
            if resource.id().is_some_and(|sent| sent != id) {
                let fr = "L'identifiant n'est pas celui de la ressource trouvée.";
                return Err(Error::invalid(
                    "value",
                    Some(format!("{}.id", resource.kind())),
                    fr,
                    "Another id was found.",
                ));
            }
            resource.set_id(id);
            records::update(cx, resource, Some(found.version)).await
        }
        None => records::create(cx, resource, Some(query)).await,
    }
}

async fn look(cx: &Cx, ask: Ask, url: String) -> Result<Outcome> {
    Ok(match ask {
        Ask::Read(kind, id) => Outcome::Found(Box::new(records::read(cx, kind, &id).await?)),
        Ask::Vread(kind, id, version) => Outcome::Found(Box::new(records::vread(cx, kind, &id, version).await?)),
        Ask::History(kind, id) => {
            let versions = records::history(cx, kind, &id).await?;
            Outcome::Versions(kind, id, versions)
        }
        Ask::Search(query) => {
            let page = records::search(cx, &query).await?;
            Outcome::Searched(url, Box::new(query), page)
        }
        _ => return Err(Error::Bug("not a read".into())),
    })
}

/// The only match of a query under this actor's clearance.
async fn matching(cx: &Cx, query: &Query) -> Result<Option<Version>> {
    let mut query = query.clone();
    query.count = Some(2);
    let mut found = records::search(cx, &query).await?.matches;
    match found.len() {
        0 | 1 => Ok(found.pop()),
        _ => Err(store::Error::Conflict(Conflict::SeveralMatches).into()),
    }
}

async fn transaction(cx: &Cx, entries: Vec<Entry>) -> Result<Vec<Outcome>> {
    let mut asks = Vec::with_capacity(entries.len());
    let mut issues = Vec::new();
    for entry in &entries {
        match ask(entry) {
            Ok(ask) => asks.push(ask),
            Err(Error::Store(store::Error::Invalid(invalid))) => issues.extend(invalid.issues),
            Err(error) => return Err(error),
        }
    }
    refuse(issues)?;
    for _ in 1..ATTEMPTS {
        match attempt(cx, &entries, &asks).await {
            Err(Error::Store(store::Error::Conflict(Conflict::Overtaken))) => {}
            done => return done,
        }
    }
    attempt(cx, &entries, &asks).await
}

/// A change to make, or the resource that a conditional create has found.
enum Prepared {
    Change(usize, Box<Change>),
    Found(usize, Box<Version>),
}

async fn attempt(cx: &Cx, entries: &[Entry], asks: &[Ask]) -> Result<Vec<Outcome>> {
    let prepared = prepare(cx, entries, asks).await?;
    let mut outcomes: HashMap<usize, Outcome> = HashMap::new();
    let (mut at, mut changes) = (Vec::new(), Vec::new());
    for one in prepared {
        match one {
            Prepared::Change(index, change) => {
                at.push(index);
                changes.push(*change);
            }
            Prepared::Found(index, version) => {
                outcomes.insert(index, Outcome::Written(Box::new(existing(*version))));
            }
        }
    }
    if !changes.is_empty() {
        let written = records::write(cx, "transaction", changes).await?;
        outcomes.extend(at.into_iter().zip(written).map(|(index, w)| (index, Outcome::Written(Box::new(w)))));
    }
    let mut all = Vec::with_capacity(entries.len());
    for (index, entry) in entries.iter().enumerate() {
        all.push(match outcomes.remove(&index) {
            Some(outcome) => outcome,
            // Reads come after the writes. What is not found does not undo them: it is said in its place.
            None => look(cx, ask(entry)?, entry.url.clone().unwrap_or_default()).await.unwrap_or_else(Outcome::Failed),
        });
    }
    Ok(all)
}

fn existing(version: Version) -> Written {
    Written {
        kind: version.resource.kind(),
        id: version.resource.id().unwrap_or_default().to_owned(),
        version: version.version,
        updated: version.updated,
        effect: store::Effect::Existing,
        person: version.person,
        resource: Some(version.resource),
    }
}

/// Gives ids, rewrites links, and refuses what leads nowhere or comes twice.
async fn prepare(cx: &Cx, entries: &[Entry], asks: &[Ask]) -> Result<Vec<Prepared>> {
    let (mut links, mut ids) = (Links::default(), HashMap::new());
    let mut prepared = Vec::new();
    for (entry, ask) in entries.iter().zip(asks) {
        let (id, version) = match ask {
            Ask::Create(None) => (cx.fresh_id(), None),
            Ask::Create(Some(query)) | Ask::UpdateMatching(query) => match matching(cx, query).await? {
                Some(found) => (found.resource.id().unwrap_or_default().to_owned(), Some(found)),
                None => (cx.fresh_id(), None),
            },
            Ask::Update(id, _) => (id.clone(), None),
            _ => continue,
        };
        if let Some(resource) = &entry.resource {
            links.add(entry.full_url.as_deref(), resource.kind(), resource.id(), &id);
        }
        match (ask, version) {
            (Ask::Create(_), Some(found)) => prepared.push(Prepared::Found(entry.index, Box::new(found))),
            (_, found) => {
                ids.insert(entry.index, (id, found.map(|found| found.version)));
            }
        }
    }
    let new: Vec<&Resource> =
        entries.iter().filter(|e| ids.contains_key(&e.index)).filter_map(|e| e.resource.as_ref()).collect();
    follow_conditional(cx, &new, &mut links).await?;
    let (mut issues, mut seen) = (Vec::new(), HashSet::new());
    for (entry, ask) in entries.iter().zip(asks) {
        let change = match (ids.remove(&entry.index), ask) {
            (Some((id, version)), _) => {
                let Some(mut resource) = entry.resource.clone() else { continue };
                resource.set_id(&id);
                links.rewrite(&mut resource);
                issues.extend(leads_nowhere(entry.index, &resource));
                match change(cx, resource, ask, version) {
                    Ok(change) => change,
                    Err(Error::Store(store::Error::Invalid(invalid))) => {
                        issues.extend(fhir::bundle::within(&resource_path(entry.index), invalid).issues);
                        continue;
                    }
                    Err(error) => return Err(error),
                }
            }
            (None, Ask::Delete(kind, id, if_match)) => {
                Change::Delete { kind: *kind, id: id.clone(), if_match: *if_match }
            }
            _ => continue,
        };
        if !seen.insert(target(&change)) {
            let (fr, en) =
                ("Cette ressource est déjà visée par une autre entrée.", "Another entry has the same target.");
            issues.push(Issue::error("duplicate", Some(format!("Bundle.entry[{}]", entry.index)), fr, en));
        }
        prepared.push(Prepared::Change(entry.index, Box::new(change)));
    }
    refuse(issues)?;
    Ok(prepared)
}

fn refuse(issues: Vec<Issue>) -> Result<()> {
    if issues.is_empty() { Ok(()) } else { Err(Invalid { issues }.into()) }
}

fn target(change: &Change) -> (ResourceType, String) {
    match change {
        Change::Create { resource, .. } | Change::Update { resource, .. } => {
            (resource.kind(), resource.id().unwrap_or_default().to_owned())
        }
        Change::Delete { kind, id, .. } => (*kind, id.clone()),
    }
}

fn change(cx: &Cx, resource: Resource, ask: &Ask, version: Option<i64>) -> Result<Change> {
    let id = resource.id().unwrap_or_default().to_owned();
    let mut change = match (ask, version) {
        (Ask::Update(_, if_match), _) => return records::update_change(cx, resource, *if_match),
        (Ask::UpdateMatching(_), Some(version)) => return records::update_change(cx, resource, Some(version)),
        (Ask::Create(unless), _) => records::new_change(cx, resource, unless.clone())?,
        (Ask::UpdateMatching(query), None) => records::new_change(cx, resource, Some(query.clone()))?,
        _ => return Err(Error::Bug("not a write".into())),
    };
    if let Change::Create { resource, .. } = &mut change {
        // Other entries already point at this id.
        resource.set_id(&id);
    }
    Ok(change)
}

fn leads_nowhere(index: usize, resource: &Resource) -> Vec<Issue> {
    let missing = links::dangling_urns(resource).into_iter().chain(
        // A conditional reference that nothing answers, too.
        links::conditional(resource).into_iter().map(|_| resource.kind().to_string()),
    );
    let issue = |path: String| {
        let rest = path.split_once('.').map_or(String::new(), |(_, rest)| format!(".{rest}"));
        let (fr, en) = ("Cette référence ne mène à aucune entrée.", "This reference leads to no entry.");
        Issue::error("not-found", Some(format!("{}{rest}", resource_path(index))), fr, en)
    };
    missing.map(issue).collect()
}

fn resource_path(index: usize) -> String {
    format!("Bundle.entry[{index}].resource")
}

/// Finds what conditional references point at: an entry first, else what this actor can see.
async fn follow_conditional(cx: &Cx, resources: &[&Resource], links: &mut Links) -> Result<()> {
    let texts: HashSet<String> = resources.iter().flat_map(|resource| links::conditional(resource)).collect();
    for text in texts {
        let Reference::Conditional(kind, criteria) = Reference::parse(&text) else { continue };
        let query = fhir::search::parse(kind, &fhir::search::pairs(criteria), true)?;
        if let Some(found) = matching(cx, &query).await? {
            links.point(&text, format!("{kind}/{}", found.resource.id().unwrap_or_default()));
        }
    }
    Ok(())
}

fn wrong(index: usize, part: &str, fr: &str, en: &str) -> Error {
    Error::invalid("value", Some(format!("Bundle.entry[{index}].{part}")), fr, en)
}

/// Reads what an entry asks for.
fn ask(entry: &Entry) -> Result<Ask> {
    let at = entry.index;
    let url = entry.url.as_deref().unwrap_or_default();
    let method = entry.method.ok_or_else(|| wrong(at, "request.method", "La méthode manque.", "No method."))?;
    let (path, criteria) = url.split_once('?').map_or((url, None), |(path, criteria)| (path, Some(criteria)));
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let bad_url = || wrong(at, "request.url", "Adresse incorrecte.", "Not an address of this method.");
    let kind = parts.first().and_then(|name| ResourceType::parse(name)).ok_or_else(bad_url)?;
    let query = |criteria: &str| {
        fhir::search::parse(kind, &fhir::search::pairs(criteria), true)
            .map_err(|invalid| Error::from(fhir::bundle::within(&format!("Bundle.entry[{at}].request.url"), invalid)))
    };
    if matches!(method, Method::Post | Method::Put) {
        let sent = entry.resource.as_ref().map(Resource::kind);
        if sent != Some(kind) {
            return Err(wrong(at, "resource", "Le type n'est pas celui de l'adresse.", "Type and address differ."));
        }
    }
    let if_match = entry.if_match.as_deref().map(|tag| {
        version_of(tag).ok_or_else(|| wrong(at, "request.ifMatch", "Version incorrecte.", "Not a version."))
    });
    let if_match = if_match.transpose()?;
    match (method, parts.as_slice(), criteria) {
        (Method::Post, [_], None) => Ok(Ask::Create(entry.if_none_exist.as_deref().map(query).transpose()?)),
        (Method::Put, [_, id], None) if fhir::is_id(id) => same_id(entry, id).map(|id| Ask::Update(id, if_match)),
        (Method::Put, [_], Some(criteria)) => Ok(Ask::UpdateMatching(query(criteria)?)),
        (Method::Delete, [_, id], None) if fhir::is_id(id) => Ok(Ask::Delete(kind, (*id).to_owned(), if_match)),
        (Method::Get | Method::Head, [_, id], None) => Ok(Ask::Read(kind, (*id).to_owned())),
        (Method::Get | Method::Head, [_, id, "_history"], None) => Ok(Ask::History(kind, (*id).to_owned())),
        (Method::Get | Method::Head, [_, id, "_history", version], None) => {
            Ok(Ask::Vread(kind, (*id).to_owned(), version.parse().map_err(|_| bad_url())?))
        }
        (Method::Get | Method::Head, [_], criteria) => Ok(Ask::Search(query(criteria.unwrap_or_default())?)),
        _ => Err(bad_url()),
    }
}

/// A version from an entity tag: `W/"3"`.
pub fn version_of(tag: &str) -> Option<i64> {
    tag.strip_prefix("W/").unwrap_or(tag).trim_matches('"').parse().ok().filter(|version| *version > 0)
}

fn same_id(entry: &Entry, id: &str) -> Result<String> {
    match entry.resource.as_ref().and_then(Resource::id) {
        Some(other) if other != id => Err(wrong(
            entry.index,
            "resource.id",
            "L'identifiant n'est pas celui de l'adresse.",
            "Id and address differ.",
        )),
        _ => Ok(id.to_owned()),
    }
}
