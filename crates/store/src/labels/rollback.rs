//! Putting back what given rules have raised by themselves. One person asks, another one does it; both are in the log.
//!
//! What a person has set or confirmed since is not among it. What later rules have raised again stays where it is.

use super::{Changed, Halves, Tag, enter, for_everything, put_label};
use crate::call::Call;
use crate::check::SealedRows;
use crate::crypto;
use crate::engine::{Conn, Db, cells};
use crate::error::{Error, Result};
use crate::keys::Use;
use crate::read::Reader;
use crate::store::Store;
use crate::stored::{STORED, STORED_COLUMNS, Stored};
use confidentiality::{Actor, Categories, Level, MaskFlags, Refusal};
use fhir::ResourceType;
use std::collections::BTreeMap;

/// How long a request waits for a second person (microseconds).
const WAITS: i64 = 7 * 24 * 3_600_000_000;

/// What would be put back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rollback {
    /// Items raised by these rules and never looked at by a person.
    pub items: u64,
    /// Of those, how many later rules have raised again: they stay where they are.
    pub held: u64,
    /// How many go from which level back to which; the same twice: categories only.
    pub by_level: BTreeMap<(Level, Level), u64>,
    /// How many of each type.
    pub by_type: BTreeMap<ResourceType, u64>,
    /// The request that waits.
    pub asked: Option<Asked>,
}

/// A request to put back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Who asks.
    pub actor: Actor,
    /// When (UTC microseconds).
    pub at: i64,
    /// How many items it was then.
    pub items: u64,
    /// Why.
    pub reason: String,
}

impl Store {
    /// What putting back the raises of these rules would change, in numbers; an entry of the log, about nobody.
    ///
    /// # Errors
    /// The engine's; a defect for a call that does not see everything for the purpose `relabel`.
    pub async fn rollback(&self, call: &Call, rules: i64) -> Result<Rollback> {
        for_everything(call)?;
        let key = self.keyring().tenant(call.tenant, Use::Data)?;
        let (tenant, now) = (call.tenant, call.now);
        let found = self
            .engine()
            .read(Db::Main, move |conn| {
                Ok(Rollback { asked: asked(conn, &key, tenant, rules, now)?, ..counted(conn, tenant, rules)? })
            })
            .await?;
        let counts = BTreeMap::from([("items".to_owned(), i64::try_from(found.items).unwrap_or(i64::MAX))]);
        self.note_read(call, counts).await?;
        Ok(found)
    }

    /// Asks that the raises of these rules be put back; an earlier request is replaced.
    ///
    /// # Errors
    /// As [`Store::rollback`].
    pub async fn ask_rollback(&self, call: &Call, rules: i64, items: u64, reason: &str) -> Result<()> {
        for_everything(call)?;
        let (inner, call, hasher) = (self.0.clone(), call.clone(), self.hasher(call.tenant)?);
        let body =
            crypto::seal(&self.keyring().tenant(call.tenant, Use::Data)?, &aad(call.tenant, rules), reason.as_bytes())?;
        let items = i64::try_from(items).map_err(|_| Error::bug("too many items"))?;
        self.engine()
            .write(Db::Main, move |conn| {
                let reader = Reader { inner: &inner, conn, call: &call, hasher };
                conn.execute(
                    "INSERT INTO label_rollback(tenant, rules, actor, at, items, body) VALUES(?1, ?2, ?3, ?4, ?5, ?6)
                     ON CONFLICT(tenant, rules) DO UPDATE SET actor = excluded.actor, at = excluded.at,
                       items = excluded.items, body = excluded.body",
                    &cells![call.tenant, rules, call.actor().value(), call.now, items, body],
                )?;
                enter(&reader, call.envelope(BTreeMap::from([("items".to_owned(), items)])), Changed::new())
            })
            .await
    }

    /// Puts back the next `most` items. Zero: it is over, and the request with it. The caller must be another person
    /// than who asked.
    ///
    /// # Errors
    /// [`Error::Absent`] when nobody has asked, or too long ago; [`Error::Refused`] to who asked; the engine's.
    pub async fn roll_back(&self, call: &Call, rules: i64, most: u32) -> Result<u64> {
        for_everything(call)?;
        let key = self.keyring().tenant(call.tenant, Use::Data)?;
        let (inner, call, hasher) = (self.0.clone(), call.clone(), self.hasher(call.tenant)?);
        self.engine()
            .write(Db::Main, move |conn| {
                let request = asked(conn, &key, call.tenant, rules, call.now)?.ok_or(Error::Absent)?;
                if request.actor == call.actor() {
                    return Err(Error::Refused(Refusal::SamePerson));
                }
                next(&Reader { inner: &inner, conn, call: &call, hasher }, rules, most, &request)
            })
            .await
    }
}

/// For who looks for damage.
pub(crate) const CLOSED: SealedRows = SealedRows {
    what: "request to put back rules",
    fr: "demande de remise en place, règles",
    text: "SELECT 0, rules, body FROM label_rollback WHERE tenant = ?1 ORDER BY rules LIMIT ?2 OFFSET ?3",
    body: 2,
    spot: Some(["label_rollback", "body", "rules = ?4"]),
    usage: "",
    aad: |tenant, row| Ok(aad(tenant, row.int(1)?)),
};

fn aad(tenant: i64, rules: i64) -> Vec<u8> {
    format!("label rollback {tenant} {rules}").into_bytes()
}

fn asked(conn: &Conn<'_>, key: &crypto::Secret, tenant: i64, rules: i64, now: i64) -> Result<Option<Asked>> {
    let row = conn.query_opt(
        "SELECT actor, at, items, body FROM label_rollback WHERE tenant = ?1 AND rules = ?2 AND at > ?3",
        &cells![tenant, rules, now.saturating_sub(WAITS)],
    )?;
    row.map(|row| {
        let reason = crypto::open(key, &aad(tenant, rules), row.blob(3)?)?;
        Ok(Asked {
            actor: Actor::new(row.int(0)?),
            at: row.int(1)?,
            items: u64::try_from(row.int(2)?).unwrap_or_default(),
            reason: String::from_utf8(reason).map_err(|_| Error::Integrity("the reason of a rollback".into()))?,
        })
    })
    .transpose()
}

/// True where later rules have raised the same item again.
const HELD: &str =
    "EXISTS (SELECT 1 FROM label_raise l WHERE l.tenant = m.tenant AND l.rid = m.rid AND l.rules > m.rules)";

fn counted(conn: &Conn<'_>, tenant: i64, rules: i64) -> Result<Rollback> {
    let sql = format!(
        "SELECT r.level, m.level, r.type, CASE WHEN {HELD} THEN 1 ELSE 0 END, COUNT(*) FROM label_raise m \
         JOIN resource r ON r.tenant = m.tenant AND r.rid = m.rid WHERE m.tenant = ?1 AND m.rules = ?2 \
         GROUP BY 1, 2, 3, 4"
    );
    let level = |code| Level::from_code(code).ok_or_else(|| Error::Integrity("unknown level code in a row".into()));
    let mut found = Rollback::default();
    for row in conn.query(&sql, &cells![tenant, rules])? {
        let number = u64::try_from(row.int(4)?).unwrap_or_default();
        found.items += number;
        if row.int(3)? == 1 {
            found.held += number;
            continue;
        }
        *found.by_level.entry((level(row.int(0)?)?, level(row.int(1)?)?)).or_default() += number;
        if let Some(kind) = ResourceType::from_code(row.int(2)?) {
            *found.by_type.entry(kind).or_default() += number;
        }
    }
    Ok(found)
}

fn next(reader: &Reader<'_>, rules: i64, most: u32, request: &Asked) -> Result<u64> {
    let (conn, tenant) = (reader.conn, reader.call.tenant);
    let sql = format!(
        "SELECT {STORED}, m.level, m.categories, m.mask, CASE WHEN {HELD} THEN 1 ELSE 0 END FROM label_raise m \
         JOIN resource r ON r.tenant = m.tenant AND r.rid = m.rid WHERE m.tenant = ?1 AND m.rules = ?2 \
         ORDER BY m.rid LIMIT ?3"
    );
    let rows = conn.query(&sql, &cells![tenant, rules, i64::from(most)])?;
    let mut changed = Changed::new();
    for row in &rows {
        let stored = Stored::parse(row)?;
        let (level, categories) = (row.int(STORED_COLUMNS)?, row.int(STORED_COLUMNS + 1)?);
        let added = row.int(STORED_COLUMNS + 2)?;
        if row.int(STORED_COLUMNS + 3)? == 1 {
            hand_down(conn, tenant, (stored.rid, rules), (level, categories, added))?;
        } else {
            let level = Level::from_code(level).ok_or_else(|| Error::Integrity("unknown level code".into()))?;
            let mask = MaskFlags::from_bits_truncate(stored.mask.bits() & !added);
            let categories = Categories::from_bits_truncate(categories);
            back(reader, &stored, Tag { level, categories, mask, rules: stored.rules })?;
            changed.entry(stored.person).or_default().push((stored.rid, stored.version));
        }
        let sql = "DELETE FROM label_raise WHERE tenant = ?1 AND rid = ?2 AND rules = ?3";
        conn.execute(sql, &cells![tenant, stored.rid, rules])?;
    }
    if rows.is_empty() {
        let sql = "DELETE FROM label_rollback WHERE tenant = ?1 AND rules = ?2";
        conn.execute(sql, &cells![tenant, rules])?;
    }
    let items = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let mut envelope = reader.call.envelope(BTreeMap::from([("items".to_owned(), items)]));
    envelope.reason = Some(format!("compte {} : {}", request.actor, request.reason));
    enter(reader, envelope, changed)?;
    Ok(rows.len() as u64)
}

fn back(reader: &Reader<'_>, row: &Stored, to: Tag) -> Result<()> {
    if !put_label(reader, row, to, &Halves::new())? {
        return Err(Error::bug("a row changed inside its own transaction"));
    }
    Ok(())
}

/// The label from before now belongs to the raise that came next.
fn hand_down(conn: &Conn<'_>, tenant: i64, (rid, rules): (i64, i64), was: (i64, i64, i64)) -> Result<()> {
    let (level, categories, added) = was;
    conn.execute(
        "UPDATE label_raise SET level = ?4, categories = ?5, mask = mask | ?6 WHERE tenant = ?1 AND rid = ?2
         AND rules = (SELECT MIN(l.rules) FROM label_raise l WHERE l.tenant = ?1 AND l.rid = ?2 AND l.rules > ?3)",
        &cells![tenant, rid, rules, level, categories, added],
    )?;
    Ok(())
}
