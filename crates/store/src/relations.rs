//! Who is related to whom: posts, relations and maskings, resolved once a request.

use crate::engine::{Conn, cells};
use crate::error::{Error, Result};
use crate::store::Store;
use confidentiality::{Actor, Categories, Masking, Person, Place, PlaceProfile, Relation, RelationKind, Rid};
use std::collections::BTreeMap;

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
#[derive(Debug, Clone, Default)]
pub struct ActorFacts {
    /// Works at, and is related to.
    pub relations: Vec<Relation>,
    /// What persons have masked from this actor.
    pub maskings: Vec<Masking>,
    /// What each place of the tenant is.
    pub profiles: BTreeMap<Place, PlaceProfile>,
}

/// A place of the tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceRow {
    /// Number.
    pub place: Place,
    /// FINESS EG.
    pub finess: String,
    /// What kind of establishment.
    pub profile: PlaceProfile,
    /// Its name.
    pub name: String,
}

impl Store {
    /// Declares an actor's post.
    ///
    /// # Errors
    /// The engine's.
    pub async fn add_post(&self, tenant: i64, post: Post) -> Result<()> {
        self.engine()
            .write(crate::engine::Db::Main, move |conn| {
                conn.execute(
                    "INSERT INTO post(tenant, actor, place, unit, persona, starts, ends) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)
                     ON CONFLICT DO NOTHING",
                    &cells![tenant, post.actor.value(), post.place.value(), post.unit, post.persona, post.starts, post.ends],
                )?;
                Ok(())
            })
            .await
    }

    /// Declares relations, in one transaction.
    ///
    /// # Errors
    /// The engine's.
    pub async fn add_relations(&self, tenant: i64, relations: Vec<NewRelation>) -> Result<()> {
        self.engine()
            .write(crate::engine::Db::Main, move |conn| {
                relations.iter().try_for_each(|relation| insert_relation(conn, tenant, relation))
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
            .write(crate::engine::Db::Main, move |conn| {
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
        self.engine().read(crate::engine::Db::Main, move |conn| load_facts(conn, tenant, actor, now)).await
    }
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

fn load_facts(conn: &Conn<'_>, tenant: i64, actor: Actor, now: i64) -> Result<ActorFacts> {
    let mut facts = ActorFacts { profiles: load_profiles(conn, tenant)?, ..ActorFacts::default() };
    let posts = conn.query(
        "SELECT place, unit, persona FROM post WHERE tenant = ?1 AND actor = ?2 AND starts <= ?3 AND ends > ?3",
        &cells![tenant, actor.value(), now],
    )?;
    for row in &posts {
        let (place, unit, persona) = (Place::new(row.int(0)?), row.int(1)?, row.text(2)?.to_owned());
        facts.relations.push(Relation {
            person: Person::new(0),
            place,
            kind: RelationKind::Assignment,
            categories: Categories::empty(),
            persona: persona.as_str().into(),
        });
        let related = conn.query(
            "SELECT person, kind, categories FROM relation
             WHERE tenant = ?1 AND subject IN (?2, ?3) AND subject <> 0 AND place IN (?4, 0) AND starts <= ?5 AND ends > ?5",
            &cells![tenant, actor.value(), unit, place.value(), now],
        )?;
        for row in related {
            facts.relations.push(Relation {
                person: Person::new(row.int(0)?),
                place,
                kind: RelationKind::from_code(row.int(1)?).ok_or_else(|| Error::bug("relation kind"))?,
                categories: Categories::from_bits_truncate(row.int(2)?),
                persona: persona.as_str().into(),
            });
        }
    }
    let maskings = conn.query(
        "SELECT person, rid, categories FROM masking
         WHERE tenant = ?1 AND actor IN (?2, 0) AND starts <= ?3 AND ends > ?3",
        &cells![tenant, actor.value(), now],
    )?;
    for row in maskings {
        facts.maskings.push(Masking {
            person: Person::new(row.int(0)?),
            rid: Rid::new(row.int(1)?),
            categories: Categories::from_bits_truncate(row.int(2)?),
        });
    }
    Ok(facts)
}

fn load_profiles(conn: &Conn<'_>, tenant: i64) -> Result<BTreeMap<Place, PlaceProfile>> {
    conn.query("SELECT place, profile FROM place WHERE tenant = ?1", &cells![tenant])?
        .iter()
        .map(|row| Ok((Place::new(row.int(0)?), PlaceProfile::parse(row.text(1)?))))
        .collect()
}
