//! The transaction of a write. Whatever a concurrent writer changed since the plan is found here, and undoes it all.

use super::close::{Closed, Write};
use super::{Change, Effect, How, Written, keys};
use crate::audit;
use crate::blobs::{self, Whose};
use crate::engine::{Dialect, cells};
use crate::error::{Conflict, Error, Result};
use crate::index::ID_PARAM;
use crate::labels;
use crate::own_params;
use crate::read::Reader;
use crate::relations::{FOREVER, NewRelation, insert_relation};
use crate::safety;
use crate::store::{bump, order};
use crate::subscriptions;
use confidentiality::{Categories, Label, MaskFlags, Person, RelationKind};
use fhir::ResourceType;
use std::collections::BTreeSet;

const OVERTAKEN: Error = Error::Conflict(Conflict::Overtaken);

/// Writes every step and the audit entry.
pub(crate) fn apply(
    reader: &Reader<'_>,
    changes: &[(Change, How)],
    steps: Vec<Closed>,
    entry: &audit::Sealed,
    unit: Option<i64>,
) -> Result<Vec<Written>> {
    let mut new = BTreeSet::new();
    for ((change, _), step) in changes.iter().zip(&steps) {
        if let Closed::Write(write) = step {
            if write.planned.rid.is_none() && !new.insert((write.planned.kind, write.planned.id.as_str())) {
                return Err(Error::Conflict(Conflict::IdTaken));
            }
            recheck(reader, change, write)?;
        }
    }
    let epochs: BTreeSet<i64> = steps.iter().filter_map(Closed::epoch).collect();
    own_params::check_epoch(reader.conn, &epochs)?;
    let mut seq = take_places(reader, &steps)?;
    let mut written = Vec::with_capacity(steps.len());
    let mut news = Vec::new();
    for step in steps {
        written.push(match step {
            Closed::Keep(version) => kept(*version),
            Closed::Nothing(kind, id) => absent(kind, id),
            Closed::Write(write) => {
                if write.planned.rid.is_none() {
                    seq += 1;
                }
                put(reader, &write, seq)?;
                if !write.planned.deleted() {
                    news.push((write.planned.kind, write.rid, write.planned.version));
                }
                if let Some(unit) = unit.filter(|_| arrives(&write)) {
                    assign(reader, &write, unit)?;
                }
                done(*write)
            }
        });
    }
    news.sort_unstable_by_key(|(_, rid, _)| *rid);
    subscriptions::note(reader, &news)?;
    audit::insert_beside_write(reader.conn, entry)?;
    Ok(written)
}

/// Takes the places of new rows in the order of writes; the last one taken before. What only changes rows takes none: new
/// versions of one tenant's resources do not wait for one another.
fn take_places(reader: &Reader<'_>, steps: &[Closed]) -> Result<i64> {
    let fresh = steps.iter().filter(|step| matches!(step, Closed::Write(w) if w.planned.rid.is_none())).count();
    let fresh = i64::try_from(fresh).map_err(|_| Error::bug("too many changes"))?;
    if fresh == 0 {
        return Ok(0);
    }
    Ok(bump(reader.conn, &order(reader.call.tenant), fresh)? - fresh)
}

/// Whether this is a person's first version.
fn arrives(write: &Write) -> bool {
    write.planned.kind == ResourceType::PATIENT && write.planned.rid.is_none()
}

fn assign(reader: &Reader<'_>, write: &Write, unit: i64) -> Result<()> {
    let relation = NewRelation {
        subject: unit,
        person: write.planned.owner.person,
        place: write.planned.permit.place(),
        kind: RelationKind::Assignment,
        categories: Categories::empty(),
        starts: reader.call.now,
        ends: FOREVER,
    };
    insert_relation(reader.conn, reader.call.tenant, &relation)
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

fn done(write: Write) -> Written {
    let planned = write.planned;
    let mut resource = planned.resource;
    fhir::subscription::hide_headers_of(&mut resource);
    resource.set_version(planned.version, &fhir::date::instant(write.updated));
    let label = Label { level: planned.permit.level(), categories: planned.categories, reasons: Vec::new() };
    resource.set_server_security(&confidentiality::labeler::security_tags(&label));
    Written {
        kind: planned.kind,
        id: planned.id,
        version: planned.version,
        updated: write.updated,
        effect: planned.effect,
        person: planned.owner.person,
        resource: (planned.effect != Effect::Deleted).then_some(resource),
    }
}

/// What must still hold for a new row: its id is free, its criteria match nothing, persons waited for have not arrived.
fn recheck(reader: &Reader<'_>, change: &Change, write: &Write) -> Result<()> {
    let (conn, tenant) = (reader.conn, reader.call.tenant);
    let planned = &write.planned;
    if planned.rid.is_none() {
        let hash = write.identity;
        lock(reader, hash)?;
        let at = cells![tenant, ID_PARAM, hash];
        conn.expect(
            "SELECT 1 FROM exact_key k WHERE k.tenant = ?1 AND k.param = ?2 AND k.hash = ?3",
            &at,
            0,
            Error::Conflict(Conflict::IdTaken),
        )?;
        if let Change::Create { if_none_exist: Some(query), .. } = change {
            lock(reader, reader.hasher.number("criteria", &[&format!("{query:?}")]))?;
            if !reader.matching(query, 1)?.is_empty() {
                return Err(OVERTAKEN);
            }
        }
    }
    for (hash, person) in &planned.owner.pending {
        lock(reader, *hash)?;
        let is_new_patient = planned.kind == ResourceType::PATIENT && planned.rid.is_none();
        // Somebody who has arrived since must carry the very number given ahead.
        if !is_new_patient {
            conn.expect(OTHER_HOLDER, &cells![tenant, ID_PARAM, *hash, person.value()], 0, OVERTAKEN)?;
        }
        let pending = cells![tenant, *hash, person.value()];
        conn.send(
            "INSERT INTO pending_person(tenant, hash, person) VALUES(?1, ?2, ?3) ON CONFLICT DO NOTHING",
            &pending,
        )?;
        let given = "SELECT 1 FROM pending_person WHERE tenant = ?1 AND hash = ?2 AND person = ?3";
        conn.expect(given, &pending, 1, OVERTAKEN)?;
    }
    Ok(())
}

/// Serialises what two processes could decide at once. SQLite has one writer already.
fn lock(reader: &Reader<'_>, number: i64) -> Result<()> {
    if reader.conn.dialect() == Dialect::Postgres {
        reader.conn.send("SELECT pg_advisory_xact_lock(?1)", &cells![number])?;
    }
    Ok(())
}

/// A row that has an id, and is about another person.
const OTHER_HOLDER: &str = "SELECT 1 FROM exact_key k JOIN resource r ON r.tenant = k.tenant AND r.rid = k.rid
     WHERE k.tenant = ?1 AND k.param = ?2 AND k.hash = ?3 AND r.person <> ?4";

fn put(reader: &Reader<'_>, write: &Write, seq: i64) -> Result<()> {
    let whose = Whose { tenant: reader.call.tenant, person: write.planned.owner.person };
    blobs::put(reader.conn, whose, &write.blobs)?;
    let had = match write.planned.rid {
        None => {
            insert(reader, write, seq)?;
            keys::Had::default()
        }
        Some(_) => {
            let had = keys::had(reader, write)?;
            replace(reader, write)?;
            if let Some(half) = &write.reseal {
                labels::seal_past(reader, write.rid, write.planned.owner.person, half)?;
            }
            if write.planned.misfiles {
                misfile_history(reader, write.rid)?;
            }
            labels::follow(reader.conn, reader.call.tenant, write.rid, write.planned.own)?;
            had
        }
    };
    keys::follow(reader, write, had)?;
    let spot = safety::Spot { tenant: reader.call.tenant, person: write.planned.owner.person, rid: write.rid };
    safety::replace(reader.conn, spot, &write.safety, write.planned.rid.is_some())?;
    if let Some(of) = write.planned.unseen {
        super::finding::note(reader, write.rid, write.planned.owner.person.value(), of)?;
    }
    subscriptions::follow(reader, write.rid, &write.planned)?;
    own_params::follow(reader, write.rid, &write.planned)?;
    remember_import(reader, write)
}

fn insert(reader: &Reader<'_>, write: &Write, seq: i64) -> Result<()> {
    let planned = &write.planned;
    reader.conn.insert(
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
            write.updated,
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
/// past as long as it is. A label changed since the plan undoes it, as a new version does: nothing is lowered unawares.
fn replace(reader: &Reader<'_>, write: &Write) -> Result<()> {
    let planned = &write.planned;
    let (level, categories, mask) = planned.before.ok_or_else(|| Error::bug("a version replaces nothing"))?;
    let tenant = reader.call.tenant;
    reader.conn.expect(
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
        1,
        OVERTAKEN,
    )?;
    reader.conn.expect(
        "UPDATE resource SET version = ?4, updated = ?5, level = ?6, categories = ?7, family = ?8, mask = ?9,
           seal = ?10, author = ?11, rules = ?12, deleted = ?13, moment = ?14, body = ?15, params = ?19, keys = ?20, how = ?21
         WHERE tenant = ?1 AND rid = ?2 AND version = ?3 AND level = ?16 AND categories = ?17 AND mask = ?18",
        &cells![
            tenant,
            write.rid,
            planned.version - 1,
            planned.version,
            write.updated,
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
            level.code(),
            categories.bits(),
            mask.bits(),
            write.lists.0.clone(),
            write.lists.1.clone(),
            write.planned.how.code()
        ],
        1,
        OVERTAKEN,
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
