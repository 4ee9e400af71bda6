//! The transaction of a write. Whatever a concurrent writer changed since the plan is found here, and undoes it all.

use super::close::{Closed, Write};
use super::keys::{self, Patience};
use super::{Change, Effect, How, Written, check};
use crate::audit;
use crate::blobs::{self, Whose};
use crate::engine::{Conn, cells};
use crate::error::{Conflict, Error, Result};
use crate::housing::Housing;
use crate::labels;
use crate::own_params;
use crate::read::Reader;
use crate::relations::{FOREVER, NewRelation, insert_relation};
use crate::safety;
use crate::store::{bump, order};
use crate::subscriptions;
use crate::units::everybody;
use confidentiality::{Categories, Label, MaskFlags, Person, RelationKind};
use fhir::ResourceType;
use std::collections::{BTreeMap, BTreeSet};

pub(super) const OVERTAKEN: Error = Error::Conflict(Conflict::Overtaken);
/// Changes of a transaction so short that who watches is asked for with its first questions, not at its end.
const SHORT: usize = 64;

/// One write of a transaction: its steps, for whom, and its audit entry.
pub(crate) struct Part<'a> {
    pub(crate) reader: Reader<'a>,
    pub(crate) changes: &'a [(Change, How)],
    pub(crate) steps: &'a [Closed],
    pub(crate) entry: &'a audit::Sealed,
    /// The time of what it writes.
    pub(crate) updated: i64,
    /// Where whom it is about is from now on.
    pub(crate) housing: Housing,
    /// What rows had when it was planned is taken for what they have, until the transaction finds otherwise.
    pub(crate) trusts: bool,
}

impl Part<'_> {
    fn writes(&self) -> impl Iterator<Item = &Write> {
        self.steps.iter().filter_map(|step| if let Closed::Write(write) = step { Some(&**write) } else { None })
    }

    fn row(&self, write: &Write) -> keys::Row {
        (self.reader.call.tenant, write.rid)
    }

    /// Row and version of what is written of a type, but for what is deleted.
    pub(crate) fn news(&self, kind: i64) -> impl Iterator<Item = (i64, i64)> {
        let news = self.writes().filter(move |write| write.planned.kind.code() == kind && !write.planned.deleted());
        news.map(|write| (write.rid, write.planned.version))
    }

    /// Whether a Subscription that is there is set up, changed or ended. One that is new watches nothing yet.
    fn changes_who_watches(&self) -> bool {
        self.writes().any(|write| write.planned.kind == ResourceType::SUBSCRIPTION && write.planned.rid.is_some())
    }

    pub(super) fn fresh(&self) -> impl Iterator<Item = &Write> {
        self.writes().filter(|write| write.planned.rid.is_none())
    }
}

/// What became of one of several writes that share a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// All of it is written.
    Written,
    /// Nothing of it: what it was planned from is no more.
    Overtaken,
    /// Nothing of it: somebody holds its row.
    Busy,
}

/// Writes every step and the audit entry of a write that is alone in its transaction.
pub(crate) fn apply(conn: &Conn<'_>, part: Part<'_>) -> Result<()> {
    match apply_each(conn, &[part], Patience::Waits)?.as_slice() {
        [Fate::Written] => Ok(()),
        _ => Err(OVERTAKEN),
    }
}

/// Writes those of several writes, on different rows, whose rows are as planned and are held by nobody.
pub(crate) fn apply_together(conn: &Conn<'_>, parts: &[Part<'_>]) -> Result<Vec<Fate>> {
    apply_each(conn, parts, Patience::Skips)
}

fn apply_each(conn: &Conn<'_>, parts: &[Part<'_>], patience: Patience) -> Result<Vec<Fate>> {
    check::check(parts)?;
    let epochs: BTreeSet<i64> = parts.iter().flat_map(|part| part.steps).filter_map(Closed::epoch).collect();
    // Writes do not wait for one another, but for a change of what they go by: definitions, and who watches.
    if parts.iter().any(Part::changes_who_watches) {
        own_params::alone(conn)?;
    } else if !epochs.is_empty() {
        own_params::beside_others(conn)?;
    }
    own_params::check_epoch(conn, &epochs)?;
    let changes: usize = parts.iter().map(|part| part.steps.len()).sum();
    let watched = (changes <= SHORT).then(|| subscriptions::ask_watches(parts)).transpose()?;
    let mut places = take_places(conn, parts)?;
    let mut replaced = BTreeMap::new();
    for part in parts {
        for write in part.writes().filter(|write| write.planned.rid.is_some()) {
            if replaced.insert(part.row(write), write).is_some() {
                return Err(OVERTAKEN);
            }
        }
    }
    let trusts = parts.iter().all(|part| part.trusts) && keys::expect(conn, &replaced, patience)?;
    if trusts {
        conn.set_going()?;
    }
    let read = if trusts { BTreeMap::new() } else { keys::had(conn, &replaced, patience)? };
    let fate = |part| if trusts { Fate::Written } else { fate(part, &read) };
    let fates: Vec<Fate> = parts.iter().map(fate).collect();
    if patience == Patience::Waits && fates.iter().any(|fate| *fate != Fate::Written) {
        return Ok(fates);
    }
    let written: Vec<&Part<'_>> =
        parts.iter().zip(&fates).filter(|(_, fate)| **fate == Fate::Written).map(|(part, _)| part).collect();
    // What rows had goes before anything is put: rows of one text are sent together.
    for part in &written {
        for write in part.writes().filter(|write| write.planned.rid.is_some()) {
            safety::clear(conn, spot(part, write))?;
        }
    }
    let new = keys::Had::default();
    for part in &written {
        for write in part.writes() {
            let seq = if write.planned.rid.is_none() { next(&mut places, part.reader.call.tenant) } else { 0 };
            let had = if trusts { write.planned.had.as_ref() } else { read.get(&part.row(write)) };
            put(part, write, seq, had.unwrap_or(&new))?;
        }
        if let Some(write) = part.writes().next() {
            part.housing.follow(conn, part.reader.call, write.planned.owner.person)?;
        }
    }
    for part in &written {
        audit::insert_beside_write(conn, part.entry)?;
    }
    let watched = watched.map_or_else(|| subscriptions::ask_watches(parts), Ok)?;
    subscriptions::note(conn, &written, watched)?;
    Ok(fates)
}

fn spot(part: &Part<'_>, write: &Write) -> safety::Spot {
    safety::Spot { tenant: part.reader.call.tenant, person: write.planned.owner.person, rid: write.rid }
}

/// What of its rows was found, and held.
fn fate(part: &Part<'_>, had: &BTreeMap<keys::Row, keys::Had>) -> Fate {
    let mut fate = Fate::Written;
    for write in part.writes().filter(|write| write.planned.rid.is_some()) {
        match had.get(&part.row(write)) {
            Some(had) if had.is_planned_from(&write.planned) => {}
            Some(_) => return Fate::Overtaken,
            None => fate = Fate::Busy,
        }
    }
    fate
}

/// Takes the places of new rows in the order of writes: by tenant, the last one taken before. What only changes rows takes
/// none: new versions of one tenant's resources do not wait for one another.
fn take_places(conn: &Conn<'_>, parts: &[Part<'_>]) -> Result<BTreeMap<i64, i64>> {
    let mut places: BTreeMap<i64, i64> = BTreeMap::new();
    for part in parts {
        for _fresh in part.fresh() {
            *places.entry(part.reader.call.tenant).or_default() += 1;
        }
    }
    for (tenant, place) in &mut places {
        *place = bump(conn, &order(*tenant), *place)? - *place;
    }
    Ok(places)
}

fn next(places: &mut BTreeMap<i64, i64>, tenant: i64) -> i64 {
    let place = places.entry(tenant).or_default();
    *place += 1;
    *place
}

/// Whether this is a person's first version.
fn arrives(write: &Write) -> bool {
    write.planned.kind == ResourceType::PATIENT && write.planned.rid.is_none()
}

/// Whoever arrives belongs to everybody at the place of the writing.
fn assign(reader: &Reader<'_>, write: &Write) -> Result<()> {
    let place = write.planned.permit.place();
    let relation = NewRelation {
        subject: everybody(place),
        person: write.planned.owner.person,
        place,
        kind: RelationKind::Assignment,
        categories: Categories::empty(),
        starts: reader.call.now,
        ends: FOREVER,
    };
    insert_relation(reader.conn, reader.call.tenant, &relation)
}

/// What a step that has been written did.
pub(crate) fn done(step: Closed, updated: i64) -> Written {
    match step {
        Closed::Keep(version) => kept(*version),
        Closed::Nothing(kind, id) => absent(kind, id),
        Closed::Write(write) => wrote(*write, updated),
    }
}

fn kept(version: crate::stored::Version) -> Written {
    Written {
        kind: version.resource.kind(),
        id: version.resource.id().unwrap_or_default().to_owned(),
        version: version.version,
        updated: version.updated,
        effect: Effect::Existing,
        person: version.person,
        resource: (!version.deleted).then_some(version.resource),
    }
}

fn absent(kind: ResourceType, id: String) -> Written {
    Written { kind, id, version: 0, updated: 0, effect: Effect::Nothing, person: Person::default(), resource: None }
}

fn wrote(write: Write, updated: i64) -> Written {
    let planned = write.planned;
    let mut resource = planned.resource;
    fhir::subscription::hide_headers_of(&mut resource);
    resource.set_version(planned.version, &fhir::date::instant(updated));
    let label = Label { level: planned.permit.level(), categories: planned.categories, reasons: Vec::new() };
    resource.set_server_security(&confidentiality::labeler::security_tags(&label));
    Written {
        kind: planned.kind,
        id: planned.id,
        version: planned.version,
        updated,
        effect: planned.effect,
        person: planned.owner.person,
        resource: (planned.effect != Effect::Deleted).then_some(resource),
    }
}

fn put(part: &Part<'_>, write: &Write, seq: i64, had: &keys::Had) -> Result<()> {
    let reader = &part.reader;
    let whose = Whose { tenant: reader.call.tenant, person: write.planned.owner.person };
    blobs::put(reader.conn, whose, &write.blobs)?;
    match write.planned.rid {
        None => insert(part, write, seq)?,
        Some(_) => {
            replace(part, write)?;
            if let Some(half) = &write.reseal {
                labels::seal_past(reader, write.rid, write.planned.owner.person, half)?;
            }
            if write.planned.misfiles {
                misfile_history(reader, write.rid)?;
            }
            if had.raises > 0 {
                labels::follow(reader.conn, reader.call.tenant, write.rid, write.planned.own)?;
            }
        }
    }
    keys::follow(reader.conn, part.row(write), write, had)?;
    safety::put(reader.conn, spot(part, write), &write.safety)?;
    if let Some(of) = write.planned.unseen {
        super::finding::note(reader, write.rid, write.planned.owner.person.value(), of)?;
    }
    subscriptions::follow(reader, write.rid, &write.planned)?;
    own_params::follow(reader, write.rid, &write.planned)?;
    if part.housing == Housing::Arrives && arrives(write) {
        assign(reader, write)?;
    }
    remember_import(reader, write)
}

fn insert(part: &Part<'_>, write: &Write, seq: i64) -> Result<()> {
    let (reader, planned) = (&part.reader, &write.planned);
    reader.conn.each(
        "INSERT INTO resource(tenant, rid, type, person, place, version, created_seq, updated, level, categories,
           family, mask, seal, author, rules, deleted, moment, body, self, params, keys, how)
         VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, 0, ?16, ?17, ?18, ?19, ?20, ?21)",
        &cells![
            reader.call.tenant,
            write.rid,
            planned.kind.code(),
            planned.owner.person.value(),
            planned.permit.place().value(),
            planned.version,
            seq,
            part.updated,
            planned.permit.level().code(),
            planned.categories.bits(),
            planned.family.code(),
            planned.mask.bits(),
            write.seal.code(),
            reader.call.actor().value(),
            planned.rules,
            planned.moment,
            write.body.clone(),
            write.identity,
            write.lists.0.clone(),
            write.lists.1.clone(),
            write.planned.how.code()
        ],
    )
}

/// The former version keeps the label it had by itself: what machines raised is the current version's, and counts for the
/// past as long as it is. The row is held, and is what the version was planned from.
fn replace(part: &Part<'_>, write: &Write) -> Result<()> {
    let (reader, planned) = (&part.reader, &write.planned);
    let tenant = reader.call.tenant;
    reader.conn.each(
        "INSERT INTO history(tenant, rid, version, updated, level, categories, family, mask, seal, author, rules,
           deleted, body, how)
         SELECT r.tenant, r.rid, r.version, r.updated, COALESCE((SELECT m.level FROM label_raise m
             WHERE m.tenant = r.tenant AND m.rid = r.rid ORDER BY m.rules LIMIT 1), r.level),
           COALESCE((SELECT m.categories FROM label_raise m
             WHERE m.tenant = r.tenant AND m.rid = r.rid ORDER BY m.rules LIMIT 1), r.categories),
           r.family, r.mask, r.seal, r.author, r.rules, r.deleted, r.body, r.how
         FROM resource r WHERE r.tenant = ?1 AND r.rid = ?2 AND r.version = ?3
         ON CONFLICT DO NOTHING",
        &cells![tenant, write.rid, planned.version - 1],
    )?;
    reader.conn.each(
        "UPDATE resource SET version = ?4, updated = ?5, level = ?6, categories = ?7, family = ?8, mask = ?9,
           seal = ?10, author = ?11, rules = ?12, deleted = ?13, moment = ?14, body = ?15, params = ?16, keys = ?17, how = ?18
         WHERE tenant = ?1 AND rid = ?2 AND version = ?3",
        &cells![
            tenant,
            write.rid,
            planned.version - 1,
            planned.version,
            part.updated,
            planned.permit.level().code(),
            planned.categories.bits(),
            planned.family.code(),
            planned.mask.bits(),
            write.seal.code(),
            reader.call.actor().value(),
            planned.rules,
            i64::from(planned.deleted()),
            planned.moment,
            write.body.clone(),
            write.lists.0.clone(),
            write.lists.1.clone(),
            write.planned.how.code()
        ],
    )
}

/// What was in the wrong record: every version but the one just written.
fn misfile_history(reader: &Reader<'_>, rid: i64) -> Result<()> {
    reader.conn.execute(
        "UPDATE history SET mask = mask | ?3 WHERE tenant = ?1 AND rid = ?2",
        &cells![reader.call.tenant, rid, MaskFlags::MISFILED.bits()],
    )?;
    Ok(())
}

fn remember_import(reader: &Reader<'_>, write: &Write) -> Result<()> {
    let Some(key) = &write.planned.import else { return Ok(()) };
    let tenant = reader.call.tenant;
    let data = reader.inner.keyring.tenant(tenant, crate::keys::Use::Data)?;
    let planned = &write.planned;
    crate::import::remember(reader.conn, &data, tenant, key, (write.rid, &planned.id, planned.version))
}
