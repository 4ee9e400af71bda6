//! The plan of a write: what each change will do, decided on one snapshot.

use super::keys::Had;
use super::{Change, Effect, Graded, How, finding, moment, owner};
use crate::error::{Conflict, Error, Result};
use crate::import::ImportKey;
use crate::read::Reader;
use crate::stored::{UNDATED, Version};
use confidentiality::labeler::SafetyFact;
use confidentiality::{Action, Categories, Family, Level, MaskFlags, Permit, Person, Refusal};
use fhir::search::Entry;
use fhir::{Resource, ResourceType};

/// One step of a plan.
pub(crate) enum Step {
    /// Nothing to write: this is already there.
    Keep(Box<Version>),
    /// Nothing to delete that this actor may know of.
    Nothing(ResourceType, String),
    /// To write.
    Write(Box<Planned>),
}

impl Step {
    pub(crate) fn planned(&self) -> Option<&Planned> {
        match self {
            Self::Keep(_) | Self::Nothing(..) => None,
            Self::Write(planned) => Some(planned),
        }
    }

    /// The same, and history will say how it was made.
    fn made_by(self, how: How) -> Self {
        match self {
            Self::Keep(_) | Self::Nothing(..) => self,
            Self::Write(planned) => Self::Write(Box::new(Planned { how, ..*planned })),
        }
    }

    /// The same, planned from a row that had this.
    fn knowing(self, had: Option<Had>) -> Self {
        match self {
            Self::Write(planned) => Self::Write(Box::new(Planned { had, ..*planned })),
            other => other,
        }
    }

    /// What is there already, and is answered.
    pub(crate) fn found(&self) -> Option<&Version> {
        match self {
            Self::Keep(version) => Some(version),
            Self::Nothing(..) | Self::Write(_) => None,
        }
    }

    /// The same, and what came before is left to reviewers.
    fn misfiling(self) -> Self {
        match self {
            Self::Keep(_) | Self::Nothing(..) => self,
            Self::Write(planned) => {
                let mask = planned.mask.union(MaskFlags::WITHDRAWN);
                Self::Write(Box::new(Planned { misfiles: true, mask, safety: Vec::new(), ..*planned }))
            }
        }
    }
}

/// A version to write.
pub(crate) struct Planned {
    pub(crate) effect: Effect,
    pub(crate) how: How,
    /// Of the resource that gets a new version; none when it is new.
    pub(crate) rid: Option<i64>,
    pub(crate) version: i64,
    pub(crate) kind: ResourceType,
    pub(crate) id: String,
    pub(crate) owner: owner::Owned,
    /// The kernel's proof that this may be written, at this place and level. There is no other way to get one.
    pub(crate) permit: Permit,
    /// The label it had: level, categories, flags.
    pub(crate) before: Option<(Level, Categories, MaskFlags)>,
    pub(crate) categories: Categories,
    pub(crate) family: Family,
    pub(crate) mask: MaskFlags,
    pub(crate) rules: i64,
    pub(crate) moment: i64,
    /// As received, with its id; for a tombstone its type and id only.
    pub(crate) resource: Resource,
    pub(crate) entries: Vec<Entry>,
    /// Of the search parameters it is found by.
    pub(crate) epoch: i64,
    pub(crate) import: Option<ImportKey>,
    /// The row it may double, unseen by its author.
    pub(crate) unseen: Option<i64>,
    /// The versions before it were in the wrong record.
    pub(crate) misfiles: bool,
    /// What must reach carers whatever the level.
    pub(crate) safety: Vec<SafetyFact>,
    /// What it says by itself, whatever it was before.
    pub(crate) own: (Level, Categories, MaskFlags),
    /// What the row had when this was planned, if that was read.
    pub(crate) had: Option<Had>,
}

impl Planned {
    pub(crate) fn deleted(&self) -> bool {
        self.effect == Effect::Deleted
    }

    /// Everyone it is about.
    pub(crate) fn persons(&self) -> impl Iterator<Item = Person> {
        std::iter::once(self.owner.person).chain(self.owner.also.iter().copied()).filter(|p| p.value() != 0)
    }

    /// The key pair that seals it, at level 4.
    pub(crate) fn pair(&self) -> Option<(Person, i64)> {
        let sealed = self.permit.level() == Level::VerySensitive && self.owner.person.value() != 0;
        sealed.then(|| (self.owner.person, lead(self.categories)))
    }
}

/// The lead category's number in a key pair; 0 = general.
pub(crate) fn lead(categories: Categories) -> i64 {
    categories.lead().map_or(0, |category| category as i64 + 1)
}

/// Plans every change on the reader's snapshot.
pub(crate) fn plan(reader: &Reader<'_>, changes: &[(Change, How)]) -> Result<Vec<Step>> {
    let mut owners = owner::Owners::new(reader, changes);
    if let [(Change::Update { resource, graded, if_match, upsert, import }, how)] = changes {
        let current = reader.find_to_change(resource.kind(), resource.id().unwrap_or_default());
        // What it replaces may say already whom it is about.
        if !matches!(&current, Ok(Some((current, _))) if owners.stay(current)) {
            owners.ask_all()?;
        }
        let update = Update { resource, graded, if_match: *if_match, upsert: *upsert, import };
        let (current, had) = current?.unzip();
        return Ok(vec![update.plan(reader, &mut owners, 0, current)?.made_by(*how).knowing(had.flatten())]);
    }
    owners.ask_all()?;
    changes
        .iter()
        .enumerate()
        .map(|(index, (change, how))| {
            let alone = changes.len() == 1;
            let step = plan_one(reader, &mut owners, index, change, alone);
            Ok(step.map_err(|error| if alone { error } else { error.of_change(index) })?.made_by(*how))
        })
        .collect()
}

/// What a [`Change::Update`] asks for.
struct Update<'c> {
    resource: &'c Resource,
    graded: &'c Graded,
    if_match: Option<i64>,
    upsert: bool,
    import: &'c Option<ImportKey>,
}

impl Update<'_> {
    fn plan(
        self,
        reader: &Reader<'_>,
        owners: &mut owner::Owners<'_>,
        index: usize,
        current: Option<Version>,
    ) -> Result<Step> {
        let Self { resource, graded, if_match, upsert, import } = self;
        match current {
            Some(current) => {
                check_match(&current, if_match)?;
                update(reader, owners.of(index)?, &current, resource, graded, import.clone())
            }
            None if if_match.is_some() => Err(Error::Conflict(Conflict::Version)),
            None if upsert => create(reader, owners.of(index)?, resource, graded, (import.clone(), None)),
            None => {
                // Who may not write is told that, whatever is there.
                allow(reader, &owners.of(index)?, resource, graded)?;
                Err(Error::Conflict(Conflict::IdChosen))
            }
        }
    }
}

fn plan_one(
    reader: &Reader<'_>,
    owners: &mut owner::Owners<'_>,
    index: usize,
    change: &Change,
    alone: bool,
) -> Result<Step> {
    match change {
        Change::Create { resource, graded, if_none_exist, import } => {
            let (mut unseen, owner) = (None, owners.of(index)?);
            // Who may not write is told nothing of what is there.
            allow(reader, &owner, resource, graded)?;
            if let Some(query) = if_none_exist {
                match reader.matching(query, 2)?.as_slice() {
                    [] => unseen = finding::unseen(reader, query)?,
                    // Other changes already point at the id this one would have had.
                    [_] if !alone => return Err(Error::Conflict(Conflict::Overtaken)),
                    [found] => return Ok(Step::Keep(Box::new(found.clone()))),
                    _ => return Err(Error::Conflict(Conflict::SeveralMatches)),
                }
            }
            create(reader, owner, resource, graded, (import.clone(), unseen))
        }
        Change::Update { resource, graded, if_match, upsert, import } => {
            let current = reader.find(resource.kind(), resource.id().unwrap_or_default())?;
            let update = Update { resource, graded, if_match: *if_match, upsert: *upsert, import };
            update.plan(reader, owners, index, current)
        }
        Change::Misfile { resource, graded, if_match } => {
            let current = reader.find(resource.kind(), resource.id().unwrap_or_default())?.ok_or(Error::Absent)?;
            check_match(&current, *if_match)?;
            Ok(update(reader, owners.of(index)?, &current, resource, graded, None)?.misfiling())
        }
        Change::Delete { kind, id, if_match } => {
            reader.call.clearance.may_write().map_err(Error::Refused)?;
            match reader.find_to_change(*kind, id)? {
                None if if_match.is_some() => Err(Error::Conflict(Conflict::Version)),
                // What is hidden from this actor is not there, and what is not there is deleted.
                None => Ok(Step::Nothing(*kind, id.clone())),
                Some((current, had)) => {
                    check_match(&current, *if_match)?;
                    if current.deleted {
                        return Ok(Step::Keep(Box::new(current)));
                    }
                    Ok(delete(reader, owners.kept(&current)?, &current)?.knowing(had))
                }
            }
        }
    }
}

fn check_match(current: &Version, if_match: Option<i64>) -> Result<()> {
    match if_match {
        Some(version) if version != current.version => Err(Error::Conflict(Conflict::Version)),
        _ => Ok(()),
    }
}

/// What the kernel is asked for a type. Nobody is related yet to a person who arrives; whoever admits persons says where they stay.
fn action(kind: ResourceType, usual: Action) -> Action {
    match kind {
        ResourceType::PATIENT if usual == Action::Create => Action::Admit,
        ResourceType::PATIENT | ResourceType::ENCOUNTER => Action::Lodge,
        _ => usual,
    }
}

/// The right to create this.
fn allow(reader: &Reader<'_>, owner: &owner::Owned, resource: &Resource, graded: &Graded) -> Result<Permit> {
    let action = action(resource.kind(), Action::Create);
    confidentiality::permit(&reader.call.clearance, action, owner.person, graded.place, &graded.label)
        .map_err(Error::Refused)
}

fn create(
    reader: &Reader<'_>,
    owner: owner::Owned,
    resource: &Resource,
    graded: &Graded,
    (import, unseen): (Option<ImportKey>, Option<i64>),
) -> Result<Step> {
    let permit = allow(reader, &owner, resource, graded)?;
    let (own_params, epoch) = reader.inner.own(reader.call.tenant);
    let entries = fhir::search::extract_with(resource, &own_params);
    Ok(Step::Write(Box::new(Planned {
        effect: Effect::Created,
        how: How::Post,
        rid: None,
        version: 1,
        kind: resource.kind(),
        id: resource.id().ok_or_else(|| Error::bug("a resource to create has no id"))?.to_owned(),
        owner,
        permit,
        before: None,
        categories: graded.label.categories,
        family: graded.family,
        mask: graded.mask,
        rules: graded.rules,
        moment: moment::of(&entries).unwrap_or(UNDATED),
        resource: resource.clone(),
        entries,
        epoch,
        import,
        unseen,
        misfiles: false,
        safety: graded.safety.clone(),
        own: (graded.label.level, graded.label.categories, graded.mask),
        had: None,
    })))
}

fn update(
    reader: &Reader<'_>,
    owner: owner::Owned,
    current: &Version,
    resource: &Resource,
    graded: &Graded,
    import: Option<ImportKey>,
) -> Result<Step> {
    if current.mask.intersects(MaskFlags::WITHDRAWN) {
        return Err(Error::Refused(Refusal::Withdrawn));
    }
    reader.refuse_hidden(current)?;
    // A Binary that was about nobody when it was written stays so: whose its context is was not asked then.
    let nobody = current.resource.kind() == ResourceType::BINARY && current.person.is_zero();
    let owner = if nobody { owner::Owned::default() } else { owner };
    if owner.person != current.person {
        return Err(Error::Conflict(Conflict::PersonChanged));
    }
    let mut label = graded.label.clone();
    label.level = label.level.max(current.level);
    label.categories = label.categories.union(current.categories);
    let action = action(resource.kind(), Action::Update);
    let permit = confidentiality::permit(&reader.call.clearance, action, owner.person, current.place, &label);
    let permit = permit.map_err(Error::Refused)?;
    let (own_params, epoch) = reader.inner.own(reader.call.tenant);
    let entries = fhir::search::extract_with(resource, &own_params);
    let mut resource = resource.clone();
    if resource.kind() == ResourceType::SUBSCRIPTION {
        fhir::subscription::keep_headers(&reader.unmasked(current)?, &mut resource);
    }
    Ok(Step::Write(Box::new(Planned {
        effect: if current.deleted { Effect::Created } else { Effect::Updated },
        how: How::Put,
        rid: Some(current.rid.value()),
        version: current.version + 1,
        kind: current.resource.kind(),
        id: resource.id().unwrap_or_default().to_owned(),
        owner,
        permit,
        before: Some((current.level, current.categories, current.mask)),
        categories: label.categories,
        family: graded.family,
        // Whoever masked it must unmask it: a body that says nothing of it does not.
        mask: graded.mask.union(current.mask),
        rules: graded.rules,
        moment: moment::of(&entries).unwrap_or(current.moment),
        safety: graded.safety.clone(),
        resource,
        entries,
        epoch,
        import,
        unseen: None,
        misfiles: false,
        own: (graded.label.level, graded.label.categories, graded.mask),
        had: None,
    })))
}

fn delete(reader: &Reader<'_>, owner: owner::Owned, current: &Version) -> Result<Step> {
    let label = confidentiality::Label { level: current.level, categories: current.categories, reasons: Vec::new() };
    let permit = confidentiality::permit(&reader.call.clearance, Action::Delete, owner.person, current.place, &label);
    let permit = permit.map_err(Error::Refused)?;
    let id = current.resource.id().unwrap_or_default().to_owned();
    let kind = current.resource.kind();
    Ok(Step::Write(Box::new(Planned {
        effect: Effect::Deleted,
        how: How::Delete,
        rid: Some(current.rid.value()),
        version: current.version + 1,
        kind,
        owner,
        permit,
        before: Some((current.level, current.categories, current.mask)),
        categories: label.categories,
        family: current.family,
        mask: current.mask,
        rules: current.rules,
        moment: current.moment,
        resource: Resource::new(kind, &id),
        id,
        entries: Vec::new(),
        epoch: reader.inner.own(reader.call.tenant).1,
        import: None,
        unseen: None,
        misfiles: false,
        safety: Vec::new(),
        own: (Level::Open, Categories::empty(), MaskFlags::empty()),
        had: None,
    })))
}
