//! Who is related to whom: posts, relations and maskings, resolved once a request.

use crate::engine::{Conn, Db, Row, cells};
use crate::error::{Error, Result};
use crate::store::Store;
use confidentiality::{Actor, Categories, Masking, Person, Place, PlaceProfile, Relation, RelationKind, Rid};
use std::collections::{BTreeMap, BTreeSet};

/// An end that never comes.
pub const FOREVER: i64 = i64::MAX;

/// A post: an actor's function in a unit of a place, for a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    /// The actor.
    pub actor: Actor,
    /// Where.
    pub place: Place,
    /// The unit whose persons are this actor's too; 0 = none.
    pub unit: i64,
    /// Persona code of the matrix.
    pub persona: String,
    /// From (UTC microseconds, inclusive) …
    pub starts: i64,
    /// … to (exclusive).
    pub ends: i64,
}

/// A relation to write: an actor or a unit, with a person, at a place, for a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRelation {
    /// An actor's or a unit's number.
    pub subject: i64,
    /// The person.
    pub person: Person,
    /// Where.
    pub place: Place,
    /// Why this person is known to them.
    pub kind: RelationKind,
    /// Categories granted (for `Grant` and `BreakGlass`).
    pub categories: Categories,
    /// From …
    pub starts: i64,
    /// … to (exclusive).
    pub ends: i64,
}

/// What the kernel needs to know of an actor at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ActorFacts {
    /// Works at, and is related to.
    pub relations: Vec<Relation>,
    /// What persons have masked from this actor.
    pub maskings: Vec<Masking>,
    /// What each place of the tenant is.
    pub profiles: BTreeMap<Place, PlaceProfile>,
}

impl Store {
    /// Declares an actor's post.
    ///
    /// # Errors
    /// The engine's.
    pub async fn add_post(&self, tenant: i64, post: Post) -> Result<()> {
        self.engine().write(Db::Main, move |conn| insert_post(conn, tenant, &post).map(drop)).await
    }

    /// The posts of an actor in force at `now`, in the order they began.
    ///
    /// # Errors
    /// The engine's.
    pub async fn posts(&self, tenant: i64, actor: Actor, now: i64) -> Result<Vec<Post>> {
        self.engine()
            .glance(Db::Main, move |conn| {
                let rows = conn.query(
                    "SELECT actor, place, unit, persona, starts, ends FROM post
                     WHERE tenant = ?1 AND actor = ?2 AND starts <= ?3 AND ends > ?3
                     ORDER BY starts, place, unit, persona",
                    &cells![tenant, actor.value(), now],
                )?;
                rows.iter().map(post).collect()
            })
            .await
    }

    /// Every post there is or has been: who wrote as whom, at a time.
    ///
    /// # Errors
    /// The engine's.
    pub async fn all_posts(&self, tenant: i64) -> Result<Vec<Post>> {
        self.engine()
            .read(Db::Main, move |conn| {
                let rows = conn.query(
                    "SELECT actor, place, unit, persona, starts, ends FROM post WHERE tenant = ?1
                     ORDER BY actor, starts, place, unit, persona",
                    &cells![tenant],
                )?;
                rows.iter().map(post).collect()
            })
            .await
    }

    /// Declares relations, in one transaction.
    ///
    /// # Errors
    /// The engine's.
    pub async fn add_relations(&self, tenant: i64, relations: Vec<NewRelation>) -> Result<()> {
        self.engine()
            .write(Db::Main, move |conn| {
                relations.iter().try_for_each(|relation| insert_relation(conn, tenant, relation))
            })
            .await
    }

    /// Ends, at `now`, what relates an actor or a unit to a person in this way; what is over already stays as it was.
    ///
    /// # Errors
    /// The engine's.
    pub async fn end_relations(
        &self,
        tenant: i64,
        subject: i64,
        person: Person,
        kind: RelationKind,
        now: i64,
    ) -> Result<()> {
        self.engine()
            .write(Db::Main, move |conn| {
                conn.execute(
                    "UPDATE relation SET ends = ?5
                     WHERE tenant = ?1 AND subject = ?2 AND person = ?3 AND kind = ?4 AND ends > ?5",
                    &cells![tenant, subject, person.value(), kind.code(), now],
                )?;
                Ok(())
            })
            .await
    }

    /// Masks items of a person: one item (`rid`) or categories, from one actor or from all (actor 0).
    ///
    /// # Errors
    /// The engine's.
    pub async fn add_masking(&self, tenant: i64, masking: Masking, from: Actor, now: i64) -> Result<()> {
        let id = crate::crypto::random_id()?;
        self.engine()
            .write(Db::Main, move |conn| {
                conn.execute(
                    "INSERT INTO masking(tenant, masking, person, rid, categories, actor, starts, ends)
                     VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                    &cells![
                        tenant,
                        id,
                        masking.person.value(),
                        masking.rid.value(),
                        masking.categories.bits(),
                        from.value(),
                        now,
                        FOREVER
                    ],
                )?;
                Ok(())
            })
            .await
    }

    /// Everything the kernel needs about an actor, at `now`.
    ///
    /// # Errors
    /// The engine's; [`Error::Bug`] on an unknown relation kind.
    pub async fn actor_facts(&self, tenant: i64, actor: Actor, now: i64) -> Result<ActorFacts> {
        self.engine().read(Db::Main, move |conn| load_facts(conn, tenant, actor, now)).await
    }

    /// What has ever bound people to a person: each relation of a post of theirs, for the time that both lasted.
    ///
    /// # Errors
    /// The engine's; [`Error::Bug`] on an unknown relation kind.
    pub async fn bonds(&self, tenant: i64, person: Person) -> Result<Vec<Bond>> {
        let read = move |conn: &Conn<'_>| {
            let rows = conn.query(BONDS, &cells![tenant, person.value()])?;
            rows.iter().map(bond).collect()
        };
        self.engine().read(Db::Main, read).await
    }

    /// Who could be shown items of a person, at `now`: everybody with a post in the tenant, by number, each with what
    /// [`Store::actor_facts`] says of them as far as this person is concerned. It serves to say who reads an item
    /// before it is written; the clearance is made from it by the kernel, session by session.
    ///
    /// # Errors
    /// As [`Store::actor_facts`].
    pub async fn audience(&self, tenant: i64, person: Person, now: i64) -> Result<Vec<(Actor, ActorFacts)>> {
        self.engine().read(Db::Main, move |conn| load_audience(conn, tenant, person, now)).await
    }
}

/// How many rows it has made: none, when the post is there already.
pub(crate) fn insert_post(conn: &Conn<'_>, tenant: i64, post: &Post) -> Result<u64> {
    let (actor, place, persona) = (post.actor.value(), post.place.value(), post.persona.as_str());
    conn.execute(
        "INSERT INTO post(tenant, actor, place, unit, persona, starts, ends) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT DO NOTHING",
        &cells![tenant, actor, place, post.unit, persona, post.starts, post.ends],
    )
}

pub(crate) fn insert_relation(conn: &Conn<'_>, tenant: i64, relation: &NewRelation) -> Result<()> {
    conn.execute(
        "INSERT INTO relation(tenant, relation, subject, person, place, kind, categories, starts, ends)
         VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        &cells![
            tenant,
            crate::crypto::random_id()?,
            relation.subject,
            relation.person.value(),
            relation.place.value(),
            relation.kind.code(),
            relation.categories.bits(),
            relation.starts,
            relation.ends
        ],
    )?;
    Ok(())
}

/// A relation of somebody with a person, and from when to when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bond {
    /// Who.
    pub actor: Actor,
    /// By what.
    pub kind: RelationKind,
    starts: i64,
    ends: i64,
}

impl Bond {
    /// Whether it held at that moment (UTC microseconds).
    pub fn holds(&self, at: i64) -> bool {
        self.starts <= at && at < self.ends
    }
}

const BONDS: &str = "SELECT p.actor, e.kind, p.starts, e.starts, p.ends, e.ends
     FROM relation e CROSS JOIN post p WHERE p.tenant = e.tenant AND e.subject IN (p.actor, p.unit) AND e.subject <> 0
       AND e.place IN (p.place, 0) AND e.tenant = ?1 AND e.person = ?2";

fn bond(row: &Row) -> Result<Bond> {
    let kind = RelationKind::from_code(row.int(1)?).ok_or_else(|| Error::bug("an unknown relation"))?;
    let (starts, ends) = (row.int(2)?.max(row.int(3)?), row.int(4)?.min(row.int(5)?));
    Ok(Bond { actor: Actor::new(row.int(0)?), kind, starts, ends })
}

fn post(row: &Row) -> Result<Post> {
    Ok(Post {
        actor: Actor::new(row.int(0)?),
        place: Place::new(row.int(1)?),
        unit: row.int(2)?,
        persona: row.text(3)?.to_owned(),
        starts: row.int(4)?,
        ends: row.int(5)?,
    })
}

/// A post in force and a relation that it carries, if any: what [`related`] reads. A relation counts where the post is,
/// or everywhere when it is of the whole entity.
const POSTED: &str = "p.actor, p.place, p.unit, p.persona, p.starts, e.person, e.kind, e.categories
     FROM post p LEFT JOIN relation e ON e.tenant = p.tenant AND e.subject IN (p.actor, p.unit) AND e.subject <> 0
     AND e.place IN (p.place, 0) AND e.starts <= ?3 AND e.ends > ?3";

/// Post by post, each one's relations in an order of their own; the unary plus leaves the engines the index by subject.
const BY_POST: &str = "p.actor, p.place, p.unit, p.persona, p.starts, +e.relation";

/// What one actor (`?2`) knows at a moment.
fn facts_of_actor() -> String {
    format!(
        "SELECT {POSTED}
         WHERE p.tenant = ?1 AND p.actor = ?2 AND p.starts <= ?3 AND p.ends > ?3 ORDER BY {BY_POST}"
    )
}

/// What each actor knows of one person (`?2`) at a moment.
fn facts_about_person() -> String {
    format!(
        "SELECT {POSTED} AND e.person = ?2
         WHERE p.tenant = ?1 AND p.starts <= ?3 AND p.ends > ?3 ORDER BY {BY_POST}"
    )
}

fn load_facts(conn: &Conn<'_>, tenant: i64, actor: Actor, now: i64) -> Result<ActorFacts> {
    let rows = conn.query(&facts_of_actor(), &cells![tenant, actor.value(), now])?;
    let maskings = conn.query(
        "SELECT actor, person, rid, categories FROM masking
         WHERE tenant = ?1 AND actor IN (?2, 0) AND starts <= ?3 AND ends > ?3",
        &cells![tenant, actor.value(), now],
    )?;
    Ok(ActorFacts {
        relations: related(&rows)?.remove(&actor).unwrap_or_default(),
        maskings: maskings.iter().map(|row| Ok(masking(row)?.1)).collect::<Result<_>>()?,
        profiles: load_profiles(conn, tenant)?,
    })
}

fn load_audience(conn: &Conn<'_>, tenant: i64, person: Person, now: i64) -> Result<Vec<(Actor, ActorFacts)>> {
    let rows = conn.query(&facts_about_person(), &cells![tenant, person.value(), now])?;
    let maskings = conn.query(
        "SELECT actor, person, rid, categories FROM masking
         WHERE tenant = ?1 AND person = ?2 AND starts <= ?3 AND ends > ?3",
        &cells![tenant, person.value(), now],
    )?;
    let maskings = maskings.iter().map(masking).collect::<Result<Vec<_>>>()?;
    let profiles = load_profiles(conn, tenant)?;
    let facts = related(&rows)?.into_iter().map(|(actor, relations)| {
        let from = maskings.iter().filter(|(from, _)| from.is_zero() || *from == actor);
        let maskings = from.map(|(_, masking)| *masking).collect();
        (actor, ActorFacts { relations, maskings, profiles: profiles.clone() })
    });
    Ok(facts.collect())
}

/// From rows of [`POSTED`]: for each actor, what each post says by itself, and each relation seen through it.
fn related(rows: &[Row]) -> Result<BTreeMap<Actor, Vec<Relation>>> {
    let mut found: BTreeMap<Actor, Vec<Relation>> = BTreeMap::new();
    let mut posts = BTreeSet::new();
    for row in rows {
        let (actor, place, persona) = (Actor::new(row.int(0)?), Place::new(row.int(1)?), row.text(3)?);
        let relations = found.entry(actor).or_default();
        let at_work = Relation {
            person: Person::new(0),
            place,
            kind: RelationKind::Assignment,
            categories: Categories::empty(),
            persona: persona.into(),
        };
        if posts.insert((actor, place, row.int(2)?, persona.to_owned(), row.int(4)?)) {
            relations.push(at_work.clone());
        }
        if let Some(person) = row.opt_int(5)? {
            relations.push(Relation {
                person: Person::new(person),
                kind: RelationKind::from_code(row.int(6)?).ok_or_else(|| Error::bug("relation kind"))?,
                categories: Categories::from_bits_truncate(row.int(7)?),
                ..at_work
            });
        }
    }
    Ok(found)
}

/// From whom (0 = everybody), and what.
fn masking(row: &Row) -> Result<(Actor, Masking)> {
    let masking = Masking {
        person: Person::new(row.int(1)?),
        rid: Rid::new(row.int(2)?),
        categories: Categories::from_bits_truncate(row.int(3)?),
    };
    Ok((Actor::new(row.int(0)?), masking))
}

fn load_profiles(conn: &Conn<'_>, tenant: i64) -> Result<BTreeMap<Place, PlaceProfile>> {
    conn.query("SELECT place, profile FROM place WHERE tenant = ?1", &cells![tenant])?
        .iter()
        .map(|row| Ok((Place::new(row.int(0)?), PlaceProfile::parse(row.text(1)?))))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::plan;

    #[test]
    fn relations_are_looked_up_by_subject_or_by_person() {
        let by_subject = "SEARCH e USING INDEX relation_subject (tenant=? AND subject=?) LEFT-JOIN";
        assert_eq!(plan(&facts_of_actor(), "e"), [by_subject]);
        let by_person = "SEARCH e USING INDEX relation_person (tenant=? AND person=? AND subject=?) LEFT-JOIN";
        assert_eq!(plan(&facts_about_person(), "e"), [by_person]);
    }
}
