//! Labelling again what older rules have labelled. Only raises; in batches, each with its own transaction and entry.
//!
//! Where the job stands is in the rows themselves: each carries the version of the rules that spoke last. A process that is
//! killed goes on with the rows that are still behind.

use super::survey::{Sheet, opened};
use super::{Changed, Halves, Mark, Tag, enter, finding, for_everything, pair, put, put_safety};
use crate::call::Call;
use crate::engine::{Db, cells};
use crate::error::{Error, NEWER, Result};
use crate::index::ID_PARAM;
use crate::read::Reader;
use crate::store::Store;
use crate::stored::{STORED, Stored};
use confidentiality::labeler::SafetyFact;
use confidentiality::{Categories, Level, MaskFlags};
use fhir::{Resource, ResourceType};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What rules say of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// Level.
    pub level: Level,
    /// Categories.
    pub categories: Categories,
    /// Whom it hides the resource from.
    pub mask: MaskFlags,
    /// What must reach carers whatever the level.
    pub safety: Vec<SafetyFact>,
}

/// Asked about each resource.
pub type Judge = Arc<dyn Fn(&Sheet<'_>) -> Judgement + Send + Sync>;

/// A step of the job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pass {
    /// The rules that judge: rows of older ones are looked at.
    pub rules: i64,
    /// Where the step before ended (rules, row).
    pub after: (i64, i64),
    /// Rows at most.
    pub most: u32,
}

/// What a step did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Batch {
    /// Rows looked at.
    pub looked: u64,
    /// Rows whose level or categories grew.
    pub raised: u64,
    /// Of those, rows now sealed as level 4.
    pub sealed: u64,
    /// Of those raised, rows whose label a person had set: each is noticed.
    pub over_people: u64,
    /// Bodies that do not open; they stay behind.
    pub unreadable: u64,
    /// Where to go on; none at the end.
    pub next: Option<(i64, i64)>,
}

/// A row and its new label.
struct Judged {
    row: Stored,
    resource: Resource,
    to: Judgement,
    /// A person had set what is raised.
    over: bool,
}

impl Judged {
    fn is_raised(&self) -> bool {
        (self.to.level, self.to.categories, self.to.mask) != (self.row.level, self.row.categories, self.row.mask)
    }

    /// Flags these rules add.
    fn added(&self) -> MaskFlags {
        MaskFlags::from_bits_truncate(self.to.mask.bits() & !self.row.mask.bits())
    }

    fn mark(&self, rules: i64) -> Mark<'_> {
        let tag = Tag { level: self.to.level, categories: self.to.categories, mask: self.to.mask, rules };
        Mark { tag, resource: &self.resource, safety: &self.to.safety }
    }
}

impl Store {
    /// How many rows were labelled by rules older than these.
    ///
    /// # Errors
    /// The engine's.
    pub async fn behind(&self, tenant: i64, rules: i64) -> Result<u64> {
        self.engine()
            .read(Db::Main, move |conn| {
                let sql = "SELECT COUNT(*) FROM resource WHERE tenant = ?1 AND rules < ?2";
                Ok(u64::try_from(conn.query_one(sql, &cells![tenant, rules])?.int(0)?).unwrap_or_default())
            })
            .await
    }

    /// Refuses data that later rules than these have judged: a program of before would label what comes by less than is known.
    ///
    /// # Errors
    /// `Unavailable` with [`crate::NEWER`]; the engine's.
    pub async fn refuse_later(&self, tenant: i64, rules: i64) -> Result<()> {
        let sql = "SELECT rid FROM resource WHERE tenant = ?1 AND rules > ?2 LIMIT 1";
        let later = self.engine().read(Db::Main, move |conn| conn.query_opt(sql, &cells![tenant, rules])).await?;
        later.map_or(Ok(()), |_| Err(Error::Unavailable(NEWER.into())))
    }

    /// One step: judges rows that are behind, raises those of which more is said, in one transaction with its entry.
    ///
    /// # Errors
    /// The engine's; a defect for a call that does not see everything for the purpose `relabel`.
    pub async fn relabel(&self, call: &Call, pass: Pass, judge: Judge) -> Result<Batch> {
        for_everything(call)?;
        let (inner, asked, hasher) = (self.0.clone(), call.clone(), self.hasher(call.tenant)?);
        let (judged, batch) = self
            .engine()
            .read(Db::Main, move |conn| look(&Reader { inner: &inner, conn, call: &asked, hasher }, pass, &*judge))
            .await?;
        let pairs: BTreeSet<_> = judged
            .iter()
            .filter(|one| one.is_raised())
            .filter_map(|one| pair(one.row.person, one.to.level, one.to.categories))
            .collect();
        let halves = self.halves(call.tenant, pairs).await?;
        let (inner, call, hasher) = (self.0.clone(), call.clone(), self.hasher(call.tenant)?);
        self.engine()
            .write(Db::Main, move |conn| {
                apply(&Reader { inner: &inner, conn, call: &call, hasher }, pass.rules, &judged, &halves, batch)
            })
            .await
    }
}

/// Reads and judges, outside any write.
fn look(reader: &Reader<'_>, pass: Pass, judge: &dyn Fn(&Sheet<'_>) -> Judgement) -> Result<(Vec<Judged>, Batch)> {
    let mut select = reader.select();
    let (rules, limit) = (select.bind(pass.rules), select.bind(i64::from(pass.most)));
    let (old, rid) = (select.bind(pass.after.0), select.bind(pass.after.1));
    let text = format!(
        "SELECT {STORED} FROM resource r WHERE r.tenant = {} AND r.rules < {rules} \
         AND (r.rules, r.rid) > ({old}, {rid}) AND ({}) ORDER BY r.rules, r.rid LIMIT {limit}",
        select.tenant, select.permit
    );
    let rows = select.run(reader.conn, &text)?.iter().map(Stored::parse).collect::<Result<Vec<_>>>()?;
    let full = rows.len() == usize::try_from(pass.most).unwrap_or(usize::MAX);
    let next = rows.last().map(|row| (row.rules, row.rid)).filter(|_| full);
    let mut batch = Batch { next, ..Batch::default() };
    let mut judged = Vec::with_capacity(rows.len());
    for row in rows {
        let Some(resource) = opened(reader, &row)? else {
            batch.unreadable += 1;
            continue;
        };
        let said = if row.deleted { nothing() } else { judge(&Sheet::of(&row, &resource)) };
        judged.push(Judged { row, resource, to: said, over: false });
    }
    batch.looked = u64::try_from(judged.len()).unwrap_or(u64::MAX);
    settle(reader, pass.rules, &mut judged)?;
    Ok((judged, batch))
}

fn nothing() -> Judgement {
    Judgement { level: Level::Open, categories: Categories::empty(), mask: MaskFlags::empty(), safety: Vec::new() }
}

/// From what the rules say to what each row will be: never lower; not again what a person has overruled; and what
/// accompanies an item that these rules have raised is as grave as the item.
fn settle(reader: &Reader<'_>, rules: i64, judged: &mut [Judged]) -> Result<()> {
    let overruled = overruled(reader, judged)?;
    let mut leads = leads(reader, rules, judged)?;
    for one in judged {
        let known = overruled.get(&one.row.rid);
        if known.is_some_and(|(level, set)| one.to.level <= *level && one.to.categories.is_subset(*set)) {
            (one.to.level, one.to.categories) = (one.row.level, one.row.categories);
            one.to.mask = one.row.mask;
        }
        if let Some((level, set, mask)) = leads.lead_of(reader, one) {
            one.to.level = one.to.level.max(level);
            one.to.categories = one.to.categories.union(set);
            one.to.mask = one.to.mask.union(mask);
        }
        one.to.level = one.to.level.max(one.row.level);
        one.to.categories = one.to.categories.union(one.row.categories);
        one.to.mask = one.to.mask.union(one.row.mask);
        if one.is_raised() {
            one.over = known.is_some();
            let was = (one.row.level, one.row.categories);
            let (level, set) = gained(was, (one.to.level, one.to.categories));
            leads.labels.insert(one.row.rid, (level, set, one.added()));
        }
    }
    Ok(())
}

/// What persons have put aside, by row.
fn overruled(reader: &Reader<'_>, judged: &[Judged]) -> Result<BTreeMap<i64, (Level, Categories)>> {
    let mut select = reader.select();
    let rids = select.list(judged.iter().map(|one| one.row.rid));
    let text = format!(
        "SELECT p.rid, p.level, p.categories FROM label_person p WHERE p.tenant = {} AND p.rid IN ({rids})",
        select.tenant
    );
    select.run(reader.conn, &text)?.iter().map(|row| Ok((row.int(0)?, label(row.int(1)?, row.int(2)?)))).collect()
}

fn label(level: i64, categories: i64) -> (Level, Categories) {
    (Level::from_code(level).unwrap_or(Level::VerySensitive), Categories::from_bits_truncate(categories))
}

/// What reminders and provenances of a batch accompany.
struct Leads {
    /// Row by hash of the identity.
    rids: BTreeMap<i64, i64>,
    /// What these rules have added to a label, by row.
    labels: BTreeMap<i64, (Level, Categories, MaskFlags)>,
}

impl Leads {
    fn lead_of(&self, reader: &Reader<'_>, one: &Judged) -> Option<(Level, Categories, MaskFlags)> {
        let (kind, id) = accompanied(&one.resource)?;
        self.labels.get(self.rids.get(&reader.hasher.id(kind, &id))?).copied()
    }
}

fn leads(reader: &Reader<'_>, rules: i64, judged: &[Judged]) -> Result<Leads> {
    let targets = judged.iter().filter_map(|one| accompanied(&one.resource));
    let hashes: BTreeSet<i64> = targets.map(|(kind, id)| reader.hasher.id(kind, &id)).collect();
    let mut found = Leads { rids: BTreeMap::new(), labels: BTreeMap::new() };
    if hashes.is_empty() {
        return Ok(found);
    }
    let mut select = reader.select();
    let (hashes, rules) = (select.list(hashes), select.bind(rules));
    let text = format!(
        "SELECT k.hash, r.rid, r.level, r.categories, m.level, m.categories, m.mask \
         FROM (SELECT k.hash, k.rid FROM exact_key k WHERE k.tenant = {0} AND k.param = {ID_PARAM} \
         AND k.hash IN ({hashes})) k JOIN resource r ON r.tenant = {0} AND r.rid = k.rid \
         LEFT JOIN label_raise m ON m.tenant = r.tenant AND m.rid = r.rid AND m.rules = {rules}",
        select.tenant
    );
    for row in select.run(reader.conn, &text)? {
        found.rids.insert(row.int(0)?, row.int(1)?);
        if let Some(level) = row.opt_int(4)? {
            let (was, is) = (label(level, row.int(5)?), label(row.int(2)?, row.int(3)?));
            let (level, set) = gained(was, is);
            found.labels.insert(row.int(1)?, (level, set, MaskFlags::from_bits_truncate(row.int(6)?)));
        }
    }
    Ok(found)
}

/// What a raise adds: the level where it rose, the new categories.
fn gained(was: (Level, Categories), is: (Level, Categories)) -> (Level, Categories) {
    let level = if is.0 > was.0 { is.0 } else { Level::Open };
    (level, Categories::from_bits_truncate(is.1.bits() & !was.1.bits()))
}

/// What a reminder reminds of, what a provenance speaks of.
fn accompanied(resource: &Resource) -> Option<(ResourceType, String)> {
    let reference = match resource.kind().name() {
        "Task" => resource.str_at(&["focus", "reference"]),
        "Provenance" => resource.get(&["target"]).and_then(|all| all.get(0)?.get("reference")?.as_str()),
        _ => None,
    };
    fhir::refs::local(reference?)
}

fn apply(reader: &Reader<'_>, rules: i64, judged: &[Judged], halves: &Halves, mut batch: Batch) -> Result<Batch> {
    let (conn, tenant) = (reader.conn, reader.call.tenant);
    let mut changed = Changed::new();
    for one in judged {
        let row = &one.row;
        if !one.is_raised() {
            let touched = conn.execute(
                "UPDATE resource SET rules = ?3
                 WHERE tenant = ?1 AND rid = ?2 AND version = ?4 AND rules = ?5 AND level = ?6",
                &cells![tenant, row.rid, rules, row.version, row.rules, row.level.code()],
            )?;
            if touched == 1 {
                put_safety(reader, row, &one.mark(rules))?;
            }
            continue;
        }
        // Written again since it was read: newer rules have seen it.
        if !put(reader, row, &one.mark(rules), halves)? {
            continue;
        }
        conn.execute(
            "INSERT INTO label_raise(tenant, rid, rules, level, categories, mask, at)
             VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
            &cells![
                tenant,
                row.rid,
                rules,
                row.level.code(),
                row.categories.bits(),
                one.added().bits(),
                reader.call.now
            ],
        )?;
        if one.over {
            finding::note(reader, row)?;
            batch.over_people += 1;
        }
        batch.raised += 1;
        let rises = one.to.level == Level::VerySensitive && row.level < Level::VerySensitive;
        batch.sealed += u64::from(rises && !row.person.is_zero());
        changed.entry(row.person).or_default().push((row.rid, row.version));
    }
    if !judged.is_empty() {
        let opened = judged.iter().filter(|one| one.row.level == Level::VerySensitive).count();
        let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let counts = [("items", batch.looked), ("raised", batch.raised), ("level4", opened as u64)];
        let counts = counts.map(|(word, number)| (word.to_owned(), count(number)));
        enter(reader, reader.call.envelope(BTreeMap::from(counts)), changed)?;
    }
    Ok(batch)
}
