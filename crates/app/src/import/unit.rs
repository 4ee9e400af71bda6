//! One unit of import: decided, linked and written in one transaction, or refused.

use super::identity::{Token, contradict, is_older, same_owner, tokens};
use super::known::{Contents, decide, fetch, recall, times};
use super::planned::{Planned, bare};
use super::report::{Line, Report};
use super::set::Sets;
use super::source::Unit;
use super::work::{Plan, Work};
use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::records;
use crate::sender::Senders;
use crate::spots::Spots;
use fhir::{Issue, Resource, ResourceType, Severity};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use store::{Change, Conflict, ImportKey};

/// How often a unit is decided again when somebody else writes at the same time.
const ATTEMPTS: usize = 4;

const AWAITED: &str = "Cet identifiant est attendu ici par des ressources d'une autre source : un autre est donné.";

/// What stays the same over the units of one import.
pub(super) struct Importer<'a> {
    pub(super) cx: &'a Cx,
    /// Of the place: the source of relative addresses.
    pub(super) finess: String,
    pub(super) dry_run: bool,
    /// What earlier units would have written, in a dry run.
    pub(super) planned: Planned,
    /// Import numbers of persons who could not be told apart.
    pub(super) lost: HashSet<i64>,
    /// What comes under each key.
    pub(super) contents: Contents,
    /// What comes in each set of files.
    pub(super) sets: Sets,
    /// The set of the unit at hand.
    pub(super) set: usize,
}

/// A unit's part of the report, or nothing when it waits for what later units bring.
pub(super) type Outcome = Option<Report>;

fn is_patient(work: &Work<'_>) -> bool {
    work.kind() == ResourceType::PATIENT
}

impl Importer<'_> {
    /// Before anything is written: what comes under each key, and which persons contradict what is here. Files may
    /// speak of a person before they bring them.
    pub(super) async fn survey(&mut self, unit: &Unit) -> Result<()> {
        self.set = unit.set;
        let mut patients = Vec::new();
        for item in &unit.items {
            let work = Work::new(self.cx, item, &self.finess)?;
            self.contents.add(&work.key);
            self.note(&work)?;
            if is_patient(&work) {
                patients.push(work);
            }
        }
        recall(self.cx, &mut patients).await?;
        decide(self.cx, &mut patients, &is_patient, &self.contents).await?;
        self.note_lost(&patients);
        Ok(())
    }

    fn note_lost(&mut self, works: &[Work<'_>]) {
        self.lost.extend(works.iter().filter(|work| is_patient(work) && work.is_lost()).map(|work| work.key.hash));
    }

    /// Imports one unit. `last`: what leads nowhere now never will.
    pub(super) async fn import(&mut self, unit: &Unit, last: bool) -> Result<Outcome> {
        let mut fresh_ids = false;
        for _ in 1..ATTEMPTS {
            match self.attempt(unit, last, fresh_ids).await {
                Err(Error::Store(store::Error::Conflict(Conflict::IdTaken))) => fresh_ids = true,
                Err(Error::Store(store::Error::Conflict(Conflict::Version | Conflict::Overtaken))) => {}
                done => return refusal(unit, done),
            }
        }
        refusal(unit, self.attempt(unit, last, true).await)
    }

    async fn attempt(&mut self, unit: &Unit, last: bool, fresh_ids: bool) -> Result<Outcome> {
        let cx = self.cx;
        self.set = unit.set;
        let works = unit.items.iter().map(|item| Work::new(cx, item, &self.finess));
        let mut works = works.collect::<Result<Vec<_>>>()?;
        refuse_parts(&mut works);
        repeated(&mut works, unit.whole);
        let twins = twins(&mut works);
        recall(cx, &mut works).await?;
        self.foresee(&mut works, &is_patient)?;
        decide(cx, &mut works, &is_patient, &self.contents).await?;
        self.name(&mut works, &is_patient, fresh_ids).await?;
        unite(&mut works, &twins);
        self.note_lost(&works);
        self.orient(&mut works).await?;
        self.foresee(&mut works, &|work| !is_patient(work))?;
        decide(cx, &mut works, &|work| !is_patient(work), &self.contents).await?;
        self.name(&mut works, &|work| !is_patient(work), fresh_ids).await?;
        if self.follow(&mut works, unit.whole, last).await? && !last {
            return Ok(None);
        }
        let refused = unit.whole && (unit.refused > 0 || works.iter().any(|work| work.plan == Plan::Refuse));
        if !refused {
            self.write(&mut works).await?;
        }
        Ok(Some(report(unit, works, refused)))
    }

    /// In a dry run, decides what comes again after what would have been written.
    fn foresee(&self, works: &mut [Work<'_>], chosen: &dyn Fn(&Work<'_>) -> bool) -> Result<()> {
        if !self.dry_run {
            return Ok(());
        }
        let times = times(works);
        for work in works.iter_mut().filter(|work| chosen(work) && work.is_open()) {
            let said = self.digest(&work.resource)?;
            self.planned.decide(work, &said, &times);
        }
        Ok(())
    }

    /// A digest of what a resource says, whatever its id.
    fn digest(&self, resource: &Resource) -> Result<Vec<u8>> {
        Ok(self.cx.app().store().digest(self.cx.app().tenant(), &bare(resource))?)
    }

    /// Gives ids to what is new.
    async fn name(
        &self,
        works: &mut [Work<'_>],
        chosen: &(dyn Fn(&Work<'_>) -> bool + Sync),
        fresh_ids: bool,
    ) -> Result<()> {
        let mut wanted: BTreeMap<ResourceType, BTreeSet<String>> = BTreeMap::new();
        for work in works.iter().filter(|work| chosen(work) && work.plan == Plan::Open && !fresh_ids) {
            let id = work.item.resource.id().filter(|id| fhir::is_id(id));
            wanted.entry(work.kind()).or_default().extend(id.map(str::to_owned));
        }
        let taken = fetch(self.cx, &wanted).await?;
        let awaited = self.awaited_elsewhere(works).await?;
        let mut given: BTreeSet<(ResourceType, String)> = BTreeSet::new();
        for work in works.iter_mut().filter(|work| chosen(work)) {
            if work.plan == Plan::Open {
                let own = work.item.resource.id().filter(|id| fhir::is_id(id) && !fresh_ids);
                let own = own.map(|id| (work.kind(), id.to_owned())).filter(|key| !taken.contains_key(key));
                let is_awaited = own.as_ref().is_some_and(|key| awaited.contains(key));
                let free = own.filter(|key| !is_awaited && given.insert(key.clone()));
                work.plan = Plan::Create(free.map_or_else(|| self.cx.fresh_id(), |(_, id)| id));
                if is_awaited {
                    work.warn("informational", work.path(), AWAITED);
                }
            }
        }
        Ok(())
    }

    async fn write(&mut self, works: &mut [Work<'_>]) -> Result<()> {
        for work in works.iter_mut() {
            if let Plan::Create(id) | Plan::Update(id, _) = &work.plan {
                work.resource.set_id(&id.clone());
            }
        }
        let brought = works.iter().filter_map(|work| Some(((work.kind(), work.here()?.to_owned()), &work.resource)));
        let senders = Senders::load(self.cx, "import", works.iter().map(|work| &work.resource), brought).await?;
        let first = works.first().filter(|work| work.item.at.entry == Some(0)).map(|work| &work.resource);
        let of_whole = senders.of_whole(first);
        let all: Vec<_> = works.iter().map(|work| &work.resource).collect();
        let spots = Spots::of(self.cx, &senders, &all).await?;
        let mut changes = Vec::new();
        for work in works.iter_mut() {
            let if_match = match &work.plan {
                Plan::Create(_) => None,
                Plan::Update(_, version) => Some(*version),
                _ => continue,
            };
            for issue in fhir::validate::check(&work.resource).iter().filter(|one| one.severity == Severity::Error) {
                // Files of others are taken as they are; what is wrong with them is said.
                let path = work.under(issue.expression.as_deref().unwrap_or_default());
                work.warn(issue.code, path, &issue.text_fr);
            }
            if self.dry_run {
                continue;
            }
            let sent_by = senders.of(&work.resource, &of_whole);
            let graded = spots.grade(self.cx, &senders, &work.resource, sent_by);
            let (resource, import) = (work.resource.clone(), Some(work.key.clone()));
            changes.push(match if_match {
                None => Change::Create { resource, graded, if_none_exist: None, import },
                Some(_) => Change::Update { resource, graded, if_match, upsert: false, import },
            });
        }
        if self.dry_run {
            for work in works.iter() {
                if let (Some(id), false) = (work.here().map(str::to_owned), matches!(work.plan, Plan::Conflict(_))) {
                    let said = self.digest(&work.resource)?;
                    self.planned.note(work, &id, said);
                }
            }
        }
        if !changes.is_empty() {
            records::write(self.cx, "import", changes).await?;
        }
        if !self.dry_run {
            let twins = works.iter().filter_map(|work| {
                let ((rid, version), id) = (work.twin?, work.here()?.to_owned());
                Some((work.key.clone(), rid, id, version))
            });
            self.cx.app().store().remember(self.cx.app().tenant(), twins.collect()).await?;
        }
        Ok(())
    }
}

/// What says that it is a part of a resource is not taken for the whole.
fn refuse_parts(works: &mut [Work<'_>]) {
    for work in works {
        if let Some(issue) = fhir::meta::partial(&work.resource) {
            let path = work.under(issue.expression.as_deref().unwrap_or_default());
            work.refuse(issue.code, path, &issue.text_fr);
        }
    }
}

/// The same address twice in a unit: once is enough when the content is the same; of two versions the newer counts, where not all
/// must be taken and they are of the same; else neither is sure.
fn repeated(works: &mut [Work<'_>], whole: bool) {
    let mut best: HashMap<i64, (usize, ImportKey)> = HashMap::new();
    for (at, work) in works.iter().enumerate() {
        let known = best.entry(work.key.hash).or_insert_with(|| (at, work.key.clone()));
        if !whole && is_older(&known.1.source_version, &work.key.source_version) {
            *known = (at, work.key.clone());
        }
    }
    let others = strangers(works, &best);
    for (at, work) in works.iter_mut().enumerate() {
        let is_other = others.contains(&work.key.hash);
        let Some((_, known)) = best.get(&work.key.hash).filter(|(best, _)| *best != at || is_other) else { continue };
        let path = work.path();
        if is_other {
            work.refuse(
                "duplicate",
                path,
                "Deux versions de cette adresse ne parlent pas de la même chose : aucune n'est prise.",
            );
        } else if known.content == work.key.content {
            work.warn("duplicate", path, "Cette ressource est déjà dans le fichier : comptée une fois.");
            work.plan = Plan::Repeated;
        } else if !whole && is_older(&work.key.source_version, &known.source_version) {
            work.warn("informational", path, "Une version plus récente est dans le même fichier : laissée de côté.");
            work.plan = Plan::Repeated;
        } else {
            work.refuse("duplicate", path, "Cette adresse est déjà celle d'une autre ressource du fichier.");
        }
    }
}

/// Addresses under which a unit brings two persons, or what is about two of them: no version of theirs stands for the other.
fn strangers(works: &[Work<'_>], best: &HashMap<i64, (usize, ImportKey)>) -> BTreeSet<i64> {
    let is_other = |work: &&Work<'_>| {
        let known = best.get(&work.key.hash).and_then(|(at, _)| works.get(*at));
        known.is_some_and(|known| {
            contradict(&work.resource, &known.resource) || !same_owner(&work.resource, &known.resource)
        })
    };
    works.iter().filter(is_other).map(|work| work.key.hash).collect()
}

/// Persons who come twice, with the same content under one identifier but each with an address of their own: the second is not
/// looked for, and will be the first. Whose content differs is somebody else for all that is known: families share identifiers.
fn twins(works: &mut [Work<'_>]) -> Vec<(usize, usize)> {
    let (mut first, mut found): (HashMap<Token, usize>, _) = (HashMap::new(), Vec::new());
    for at in 0..works.len() {
        let Some((before, [work, ..])) = works.split_at_mut_checked(at) else { continue };
        let own = if is_patient(work) && work.is_open() { tokens(&work.item.resource) } else { BTreeSet::new() };
        let known = own.iter().find_map(|token| Some((*first.get(token)?, before.get(*first.get(token)?)?)));
        if let Some((twin, before)) = known {
            let path = work.path();
            if same_content(&work.item.resource, &before.item.resource) {
                let fr = "Cette personne est déjà dans le fichier sous le même identifiant : comptée une fois.";
                work.warn("duplicate", path, fr);
                work.plan = Plan::Repeated;
                found.push((at, twin));
            } else {
                let fr = "Une autre personne du fichier porte un même identifiant : à vérifier.";
                work.warn("duplicate", path, fr);
            }
        }
        for token in own {
            first.entry(token).or_insert(at);
        }
    }
    found
}

fn same_content(one: &Resource, other: &Resource) -> bool {
    let mut same = other.clone();
    same.set_id(one.id().unwrap_or_default());
    fhir::equality::semantic(&one.value(), &same.value(), &|_| None).is_ok()
}

/// Who comes twice is wherever the first of both is.
fn unite(works: &mut [Work<'_>], twins: &[(usize, usize)]) {
    for (at, twin) in twins {
        let id = works.get(*twin).and_then(|first| first.here()).map(str::to_owned);
        if let (Some(id), Some(work)) = (id, works.get_mut(*at)) {
            work.plan = Plan::Skip(id);
        }
    }
}

fn report(unit: &Unit, works: Vec<Work<'_>>, refused: bool) -> Report {
    let mut report = Report { refused: unit.refused, issues: unit.issues.clone(), ..Report::default() };
    for work in works {
        match &work.plan {
            Plan::Conflict(_) => report.conflicts += 1,
            Plan::Skip(_) | Plan::Repeated => report.skipped += 1,
            Plan::Create(_) if !refused => report.created += 1,
            Plan::Update(..) if !refused => report.updated += 1,
            _ => report.refused += 1,
        }
        report.issues.extend(work.issues);
    }
    if refused && let Some(at) = unit.items.first().map(|item| super::report::At { entry: None, ..item.at.clone() }) {
        let fr = "Rien de ce Bundle n'a été importé : il s'importe en entier ou pas du tout.";
        report.issues.push(at.issue(Issue::error("processing", None, fr, fr)));
    }
    report
}

/// What the store refuses of a unit refuses the unit; what stops the store stops the import.
fn refusal(unit: &Unit, done: Result<Outcome>) -> Result<Outcome> {
    let why = match done {
        Err(Error::Store(store::Error::Invalid(invalid))) => invalid.issues,
        Err(Error::Store(store::Error::Refused(refusal))) => {
            vec![Issue::error("forbidden", None, refusal.french(), refusal.code())]
        }
        Err(Error::Store(store::Error::Conflict(_) | store::Error::Absent | store::Error::Gone(_))) => {
            let fr = "Une autre personne écrit en même temps sur les mêmes ressources : à importer de nouveau.";
            vec![Issue::error("conflict", None, fr, fr)]
        }
        other => return other,
    };
    let at = unit.items.first().map(|item| item.at.clone()).unwrap_or_default();
    let at = super::report::At { entry: None, ..at };
    let lines: Vec<Line> = why.into_iter().map(|issue| at.issue(issue)).collect();
    let refused = unit.refused + u64::try_from(unit.items.len()).unwrap_or(u64::MAX);
    let issues = unit.issues.iter().cloned().chain(lines).collect();
    Ok(Some(Report { refused, issues, ..Report::default() }))
}
