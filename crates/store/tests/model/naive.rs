//! The naive store: a list of versions, and the kernel asked about each item, one by one. No index, no predicate.

use confidentiality::labeler::SafetyFact;
use confidentiality::{Action, Item, Label, MaskFlags, Person, Place, Rid, decide};
use confidentiality::{Actor, Categories, Family, Level};
use fhir::owner::Owner;
use fhir::{Resource, ResourceType};
use std::collections::BTreeMap;
use store::{Call, Change, Graded};

/// One version as it was received.
#[derive(Clone)]
pub(crate) struct Ver {
    pub(crate) resource: Resource,
    pub(crate) level: Level,
    pub(crate) categories: Categories,
    pub(crate) family: Family,
    pub(crate) mask: MaskFlags,
    pub(crate) author: Actor,
    pub(crate) deleted: bool,
    pub(crate) updated: i64,
    pub(crate) safety: Vec<SafetyFact>,
}

/// One resource, its versions from the first to the current one.
pub(crate) struct Row {
    pub(crate) rid: Rid,
    pub(crate) kind: ResourceType,
    pub(crate) id: String,
    pub(crate) owned: Owned,
    pub(crate) place: Place,
    pub(crate) moment: i64,
    pub(crate) versions: Vec<Ver>,
    /// Version of the rules that spoke last.
    pub(crate) rules: i64,
    /// What machines raised: by which rules, the label from before, the flags added.
    pub(crate) raises: BTreeMap<i64, (Level, Categories, i64)>,
}

/// Whom it is about, first its owner: by patient id, for numbers are the store's to give.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Owned(pub(crate) Vec<String>);

/// What a change did: id, version, effect, patient it is about.
pub(crate) type Outcome = (String, i64, &'static str, Option<String>);

#[derive(Default)]
pub(crate) struct Naive {
    pub(crate) rows: Vec<Row>,
    /// Numbers of patients, as the store has told them.
    pub(crate) persons: BTreeMap<String, Person>,
}

/// A change decided, not yet done.
enum Step {
    Keep(usize),
    Nothing(String),
    New { owned: Owned, resource: Resource, graded: Graded },
    Next { row: usize, owned: Owned, ver: Box<Ver>, misfiles: bool, graded: Option<Graded> },
}

impl Row {
    pub(crate) fn current(&self) -> &Ver {
        self.versions.last().unwrap()
    }

    pub(crate) fn version(&self) -> i64 {
        i64::try_from(self.versions.len()).unwrap()
    }
}

impl Naive {
    pub(crate) fn person(&self, patient: &str) -> Person {
        self.persons.get(patient).copied().unwrap_or(Person::new(i64::MAX))
    }

    pub(crate) fn find(&self, kind: ResourceType, id: &str) -> Option<usize> {
        self.rows.iter().position(|row| row.kind == kind && row.id == id)
    }

    /// A version as the kernel looks at it: an older one is as secret as the current one, or more.
    fn item(&self, row: &Row, ver: &Ver) -> Item {
        let current = row.current();
        let mut persons = row.owned.0.iter().map(|patient| self.person(patient));
        Item {
            rid: row.rid,
            person: persons.next().unwrap_or_default(),
            also: persons.collect(),
            place: row.place,
            level: ver.level.max(current.level),
            categories: ver.categories.union(current.categories),
            family: ver.family,
            author: ver.author,
            mask: ver.mask.union(current.mask),
        }
    }

    pub(crate) fn permits(&self, call: &Call, row: &Row, ver: &Ver) -> bool {
        decide(&call.clearance, &self.item(row, ver)).decision.is_permit()
    }

    pub(crate) fn counts_only(&self, call: &Call, row: &Row) -> bool {
        decide(&call.clearance, &self.item(row, row.current())).decision.is_placeholder()
    }

    /// What the caller can see of `kind/id`, be it a tombstone.
    pub(crate) fn visible(&self, call: &Call, kind: ResourceType, id: &str) -> Option<usize> {
        let at = self.find(kind, id)?;
        let row = self.rows.get(at)?;
        self.permits(call, row, row.current()).then_some(at)
    }

    /// A version as the caller is shown it.
    pub(crate) fn show(&self, call: &Call, row: &Row, number: i64) -> Resource {
        let ver = row.versions.get(usize::try_from(number - 1).unwrap()).unwrap();
        let item = self.item(row, ver);
        let label = Label { level: item.level, categories: item.categories, reasons: Vec::new() };
        let mut resource = ver.resource.clone();
        resource.set_version(number, &fhir::date::instant(ver.updated));
        resource.set_server_security(&confidentiality::labeler::security_tags(&label));
        if !call.clearance.sees_all() {
            resource.mask_addresses(&|reference| self.is_hidden(call, row, reference));
        }
        resource
    }

    fn is_hidden(&self, call: &Call, from: &Row, reference: &str) -> bool {
        let Some((kind, id)) = fhir::refs::local(reference) else { return false };
        (kind, &id) != (from.kind, &from.id) && self.visible(call, kind, &id).is_none()
    }

    /// Whether the caller may know of every person an older version mentions.
    fn knows(&self, call: &Call, row: &Row, ver: &Ver) -> bool {
        let mut all = true;
        fhir::refs::visit(&ver.resource, &mut |_, text| {
            if let Some((ResourceType::PATIENT, id)) = fhir::refs::local(text)
                && id != row.id
            {
                all &= self.visible(call, ResourceType::PATIENT, &id).is_some();
            }
        });
        all || call.clearance.is_universal()
    }

    /// Every version of `kind/id` the caller may be shown, newest first.
    pub(crate) fn history(&self, call: &Call, kind: ResourceType, id: &str) -> Vec<(i64, Resource)> {
        let Some(row) = self.visible(call, kind, id).and_then(|at| self.rows.get(at)) else { return Vec::new() };
        let numbered = (1..).zip(&row.versions);
        let mut shown: Vec<_> = numbered
            .filter(|(number, ver)| {
                self.permits(call, row, ver) && (*number == row.version() || self.knows(call, row, ver))
            })
            .map(|(number, _)| (number, self.show(call, row, number)))
            .collect();
        shown.reverse();
        shown
    }

    /// All changes or none; what stands in the way first.
    pub(crate) fn write(&mut self, call: &Call, changes: &[Change]) -> Result<Vec<Outcome>, String> {
        let alone = changes.len() == 1;
        let steps: Vec<Step> = changes.iter().map(|change| self.plan(call, change, alone)).collect::<Result<_, _>>()?;
        for step in &steps {
            if let Step::New { resource, .. } = step
                && self.find(resource.kind(), resource.id().unwrap()).is_some()
            {
                return Err("conflict id taken".to_owned());
            }
        }
        Ok(steps.into_iter().map(|step| self.apply(call, step)).collect())
    }

    fn plan(&self, call: &Call, change: &Change, alone: bool) -> Result<Step, String> {
        match change {
            Change::Create { resource, graded, if_none_exist, .. } => {
                self.create(call, resource, graded)?;
                let found = if_none_exist.as_ref().map_or_else(Vec::new, |query| self.matching(call, query));
                match found.as_slice() {
                    [] => self.create(call, resource, graded),
                    [_] if !alone => Err("conflict overtaken".to_owned()),
                    [one] => Ok(Step::Keep(*one)),
                    _ => Err("conflict several matches".to_owned()),
                }
            }
            Change::Update { resource, graded, if_match, upsert, .. } => {
                match self.visible(call, resource.kind(), resource.id().unwrap()) {
                    Some(row) => self.update(call, row, resource, graded, *if_match),
                    None if if_match.is_some() => Err("conflict version".to_owned()),
                    None if *upsert => self.create(call, resource, graded),
                    None => self.create(call, resource, graded).and(Err("conflict id chosen".to_owned())),
                }
            }
            Change::Misfile { resource, graded, if_match } => {
                let at = self.visible(call, resource.kind(), resource.id().unwrap()).ok_or("absent")?;
                Ok(match self.update(call, at, resource, graded, *if_match)? {
                    Step::Next { row, owned, mut ver, graded, .. } => {
                        ver.mask = ver.mask.union(MaskFlags::WITHDRAWN);
                        ver.safety.clear();
                        Step::Next { row, owned, ver, misfiles: true, graded }
                    }
                    other => other,
                })
            }
            Change::Delete { kind, id, if_match } => {
                call.clearance.may_write().map_err(|refusal| format!("refused {}", refusal.code()))?;
                let Some(at) = self.visible(call, *kind, id) else {
                    let nothing = Ok(Step::Nothing(id.clone()));
                    return if if_match.is_some() { Err("conflict version".to_owned()) } else { nothing };
                };
                self.check_match(at, *if_match)?;
                let row = self.rows.get(at).unwrap();
                let current = row.current();
                if current.deleted {
                    return Ok(Step::Keep(at));
                }
                self.permit(call, Action::Delete, &row.owned, row.place)?;
                let resource = Resource::new(*kind, id);
                let (author, updated, safety) = (call.actor(), call.now, Vec::new());
                let ver = Ver { resource, deleted: true, author, updated, safety, ..current.clone() };
                Ok(Step::Next { row: at, owned: row.owned.clone(), ver: Box::new(ver), misfiles: false, graded: None })
            }
        }
    }

    fn create(&self, call: &Call, resource: &Resource, graded: &Graded) -> Result<Step, String> {
        let owned = self.owned(resource);
        let action = match resource.kind() {
            ResourceType::PATIENT => Action::Admit,
            ResourceType::ENCOUNTER => Action::Lodge,
            _ => Action::Create,
        };
        self.permit(call, action, &owned, graded.place)?;
        Ok(Step::New { owned, resource: resource.clone(), graded: graded.clone() })
    }

    fn update(
        &self,
        call: &Call,
        at: usize,
        resource: &Resource,
        graded: &Graded,
        if_match: Option<i64>,
    ) -> Result<Step, String> {
        self.check_match(at, if_match)?;
        let row = self.rows.get(at).unwrap();
        let current = row.current();
        if current.mask.intersects(MaskFlags::WITHDRAWN) {
            return Err("refused withdrawn".to_owned());
        }
        let mut hidden = false;
        fhir::refs::visit(&current.resource, &mut |_, reference| hidden |= self.is_hidden(call, row, reference));
        if hidden && !call.clearance.sees_all() {
            return Err("conflict hidden reference".to_owned());
        }
        let owned = self.owned(resource);
        if owned.0.first() != row.owned.0.first() {
            return Err("conflict person changed".to_owned());
        }
        let lodges = [ResourceType::PATIENT, ResourceType::ENCOUNTER].contains(&resource.kind());
        self.permit(call, if lodges { Action::Lodge } else { Action::Update }, &owned, row.place)?;
        let ver = Ver {
            resource: resource.clone(),
            level: graded.label.level.max(current.level),
            categories: graded.label.categories.union(current.categories),
            family: graded.family,
            mask: graded.mask.union(current.mask),
            author: call.actor(),
            deleted: false,
            updated: call.now,
            safety: graded.safety.clone(),
        };
        Ok(Step::Next { row: at, owned, ver: Box::new(ver), misfiles: false, graded: Some(graded.clone()) })
    }

    fn check_match(&self, at: usize, if_match: Option<i64>) -> Result<(), String> {
        let version = self.rows.get(at).unwrap().version();
        if if_match.is_none_or(|wanted| wanted == version) { Ok(()) } else { Err("conflict version".to_owned()) }
    }

    fn permit(&self, call: &Call, action: Action, owned: &Owned, place: Place) -> Result<(), String> {
        let person = owned.0.first().map_or(Person::new(0), |patient| self.person(patient));
        let label = Label { level: Level::Open, categories: Categories::empty(), reasons: Vec::new() };
        let permit = confidentiality::permit(&call.clearance, action, person, place, &label);
        permit.map(drop).map_err(|refusal| format!("refused {}", refusal.code()))
    }

    fn apply(&mut self, call: &Call, step: Step) -> Outcome {
        let (at, effect) = match step {
            Step::Keep(at) => (at, "existing"),
            Step::Nothing(id) => return (id, 0, "nothing", None),
            Step::New { owned, resource, graded } => (self.add(call, owned, resource, &graded), "created"),
            Step::Next { row: at, owned, ver, misfiles, graded } => {
                let row = self.rows.get_mut(at).unwrap();
                row.supersede(graded.as_ref());
                let effect = match (ver.deleted, row.current().deleted) {
                    (true, _) => "deleted",
                    (false, true) => "created",
                    (false, false) => "updated",
                };
                row.moment = moment(&ver.resource).unwrap_or(row.moment);
                row.owned = owned;
                for past in row.versions.iter_mut().filter(|_| misfiles) {
                    past.mask = past.mask.union(MaskFlags::MISFILED);
                }
                row.versions.push(*ver);
                (at, effect)
            }
        };
        let row = self.rows.get(at).unwrap();
        (row.id.clone(), row.version(), effect, row.owned.0.first().cloned())
    }

    fn add(&mut self, call: &Call, owned: Owned, resource: Resource, graded: &Graded) -> usize {
        let at = self.rows.len();
        self.rows.push(Row {
            rid: Rid::new(-1 - i64::try_from(at).unwrap()),
            kind: resource.kind(),
            id: resource.id().unwrap().to_owned(),
            owned,
            place: graded.place,
            moment: moment(&resource).unwrap_or(store::UNDATED),
            rules: graded.rules,
            raises: BTreeMap::new(),
            versions: vec![Ver {
                level: graded.label.level,
                categories: graded.label.categories,
                family: graded.family,
                mask: graded.mask,
                author: call.actor(),
                deleted: false,
                updated: call.now,
                safety: graded.safety.clone(),
                resource,
            }],
        });
        at
    }

    fn owned(&self, resource: &Resource) -> Owned {
        let references = match fhir::owner::persons(resource) {
            Owner::IsPatient => return Owned(vec![resource.id().unwrap().to_owned()]),
            Owner::Refs(references) => references,
            Owner::None => fhir::owner::other_targets(resource),
        };
        let mut persons: Vec<String> = Vec::new();
        for reference in references {
            let Some((kind, id)) = fhir::refs::local(&reference) else { continue };
            let behind = match self.find(kind, &id) {
                Some(at) => self.rows.get(at).unwrap().owned.0.clone(),
                None if kind == ResourceType::PATIENT => vec![id],
                None => Vec::new(),
            };
            for person in behind {
                if !persons.contains(&person) {
                    persons.push(person);
                }
            }
        }
        Owned(persons)
    }
}

/// The date written in it, where it begins.
fn moment(resource: &Resource) -> Option<i64> {
    let paths: [&[&str]; 3] = [&["recordedDate"], &["effectiveDateTime"], &["effectivePeriod", "start"]];
    let dated = paths.into_iter().find_map(|path| resource.str_at(path));
    dated.and_then(fhir::date::interval).map(|(lo, _)| lo)
}
