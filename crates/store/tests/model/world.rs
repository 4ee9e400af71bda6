//! The store under test, those who call it, and what is declared about them.

use super::random::Stream;
use confidentiality::{
    Actor, Categories, ClientScope, Facts, Level, Masking, Matrix, Person, Place, PlaceProfile, Purpose, Relation,
    RelationKind, Rid, Session, Strength,
};
use std::collections::{BTreeMap, BTreeSet};
use store::{ActorFacts, Call, FOREVER, Location, NewRelation, Origin, Post, Secret, Store};

pub(crate) const START: i64 = 1_780_000_000_000_000;
pub(crate) const UNIT: i64 = -1;

/// Who calls. Programs first, then persons with posts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Caller {
    /// Everything.
    Full,
    /// One place, up to level 2.
    OnePlace,
    /// The whole entity, up to level 3.
    Capped,
    /// A person at work, or the person cared for: actor, whether the secret was given again.
    Staff(i64, bool),
}

pub(crate) const CALLERS: [Caller; 14] = [
    Caller::Full,
    Caller::Full,
    Caller::OnePlace,
    Caller::Capped,
    Caller::Staff(41, false),
    Caller::Staff(42, false),
    Caller::Staff(43, true),
    Caller::Staff(43, false),
    Caller::Staff(44, true),
    Caller::Staff(45, true),
    Caller::Staff(46, false),
    Caller::Staff(46, true),
    Caller::Staff(46, true),
    Caller::Staff(47, true),
];

pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) tenant: i64,
    matrix: Matrix,
    posts: Vec<Post>,
    relations: Vec<NewRelation>,
    maskings: Vec<(Masking, Actor)>,
    profiles: BTreeMap<Place, PlaceProfile>,
}

impl World {
    pub(crate) async fn open(location: Location) -> Self {
        let store = Store::open(&location, Secret::random().unwrap(), START).await.unwrap();
        let tenant = store.ensure_tenant("990000017", START).await.unwrap();
        let mut profiles = BTreeMap::new();
        for (finess, profile) in [("990000025", PlaceProfile::Ehpad), ("990000033", PlaceProfile::Mecs)] {
            profiles.insert(store.ensure_place(tenant, finess, profile, "Les Tilleuls").await.unwrap(), profile);
        }
        let matrix = Matrix::default_shipped().unwrap();
        Self { store, tenant, matrix, posts: Vec::new(), relations: Vec::new(), maskings: Vec::new(), profiles }
    }

    /// Posts and relations of the staff with the patients that are there from the start.
    pub(crate) async fn employ(&mut self, random: &mut Stream, persons: &[Person]) {
        for (actor, place, unit, persona) in [
            (41, 1, UNIT, "ide"),
            (42, 1, 0, "as"),
            (43, 1, 0, "medco"),
            (44, 2, 0, "educ"),
            (45, 1, 0, "psy"),
            (45, 2, UNIT, "chef"),
            (46, 1, 0, "usager"),
            (47, 2, 0, "interim:ide"),
        ] {
            let ends = if random.chance(15) { START + random.below(200) } else { FOREVER };
            let (actor, place) = (Actor::new(actor), Place::new(place));
            let post = Post { actor, place, unit, persona: persona.into(), starts: START, ends };
            self.store.add_post(self.tenant, post.clone()).await.unwrap();
            self.posts.push(post);
        }
        let mut relations = Vec::new();
        for subject in [UNIT, 41, 42, 43, 43, 43, 44, 44, 45, 46, 46, 46, 47, 47] {
            relations.push(NewRelation {
                subject,
                person: random.pick(persons),
                place: Place::new(random.below(3)),
                kind: random.pick(&RelationKind::ALL),
                categories: Categories::from_bits_truncate(random.below(1 << 17) & random.below(1 << 17)),
                starts: START + if random.chance(20) { random.below(200) } else { 0 },
                ends: if random.chance(20) { START + random.below(200) } else { FOREVER },
            });
        }
        self.store.add_relations(self.tenant, relations.clone()).await.unwrap();
        self.relations = relations;
    }

    pub(crate) async fn mask(&mut self, random: &mut Stream, person: Person, rid: Rid, now: i64) {
        let all = random.chance(if rid.is_zero() { 15 } else { 70 });
        let categories = if all { 0 } else { random.below(1 << 17) & random.below(1 << 17) | 1 };
        let masking = Masking { person, rid, categories: Categories::from_bits_truncate(categories) };
        let from = Actor::new(random.pick(&[0, 41, 43, 44, 45]));
        self.store.add_masking(self.tenant, masking, from, now).await.unwrap();
        self.maskings.push((masking, from));
    }

    pub(crate) async fn call(&self, caller: Caller, now: i64) -> Call {
        let client = |place: Option<i64>, cap| {
            Some(ClientScope { place: place.map(Place::new), cap, write: true, chosen_ids: true })
        };
        let facts = match caller {
            Caller::Full => Self::program(7, client(None, Level::VerySensitive)),
            Caller::OnePlace => Self::program(8, client(Some(1), Level::Standard)),
            Caller::Capped => Self::program(9, client(None, Level::Sensitive)),
            Caller::Staff(actor, fresh) => self.staff(actor, fresh, now).await,
        };
        Call {
            tenant: self.tenant,
            clearance: confidentiality::clearance(&self.matrix, &facts),
            now,
            origin: Origin { verb: "test".into(), ..Origin::default() },
        }
    }

    /// The system itself, in somebody's name, at work on labels.
    pub(crate) fn job(&self, actor: i64, now: i64) -> Call {
        let all = ClientScope { place: None, cap: Level::VerySensitive, write: true, chosen_ids: true };
        let facts = Facts { purpose: Purpose::Relabel, ..Self::program(actor, Some(all)) };
        let clearance = confidentiality::clearance(&self.matrix, &facts);
        Call { tenant: self.tenant, clearance, now, origin: Origin { verb: "relabel".into(), ..Origin::default() } }
    }

    fn program(actor: i64, client: Option<ClientScope>) -> Facts {
        Facts {
            actor: Actor::new(actor),
            relations: Vec::new(),
            maskings: Vec::new(),
            session: Session { strength: Strength::Client, ..Session::none() },
            purpose: Purpose::Api,
            place_profiles: BTreeMap::new(),
            client,
        }
    }

    /// What is declared, looked up by hand; what the store says of the same actor must be the same.
    async fn staff(&self, actor: i64, fresh: bool, now: i64) -> Facts {
        let subject = Actor::new(actor);
        let facts = Facts {
            actor: subject,
            relations: self.relations_of(subject, now),
            maskings: self.maskings.iter().filter(|m| m.1 == subject || m.1.is_zero()).map(|m| m.0).collect(),
            session: Session {
                strength: Strength::Password,
                age_s: 0,
                step_up_age_s: fresh.then_some(0),
                ..Session::none()
            },
            purpose: Purpose::Care,
            place_profiles: self.profiles.clone(),
            client: None,
        };
        let known = self.store.actor_facts(self.tenant, subject, now).await.unwrap();
        assert_eq!(sorted(&known.relations), sorted(&facts.relations), "actor {actor}");
        assert_eq!(sorted(&known.maskings), sorted(&facts.maskings), "actor {actor}");
        assert_eq!(known.profiles, facts.place_profiles);
        self.compare_audience(&known, subject, now).await;
        facts
    }

    /// What the audience of each person says of this actor is what is known of them, less what concerns others.
    async fn compare_audience(&self, known: &ActorFacts, actor: Actor, now: i64) {
        let persons: BTreeSet<Person> = self.relations.iter().map(|relation| relation.person).collect();
        for person in persons {
            let audience = self.store.audience(self.tenant, person, now).await.unwrap();
            let found = audience.into_iter().find(|(found, _)| *found == actor);
            let Some((_, facts)) = found else {
                assert!(known.relations.is_empty(), "actor {actor} works somewhere");
                continue;
            };
            let mut relations = known.relations.clone();
            relations.retain(|relation| relation.person.is_zero() || relation.person == person);
            let mut maskings = known.maskings.clone();
            maskings.retain(|masking| masking.person == person);
            assert_eq!(sorted(&facts.relations), sorted(&relations), "actor {actor}");
            assert_eq!(sorted(&facts.maskings), sorted(&maskings), "actor {actor}");
            assert_eq!(facts.profiles, known.profiles);
        }
    }

    /// Whom a unit accompanies.
    pub(crate) fn persons_of(&self, unit: i64, now: i64) -> Vec<Person> {
        let relations = self.relations.iter().filter(|r| r.subject == unit && r.starts <= now && now < r.ends);
        relations.map(|relation| relation.person).collect()
    }

    fn relations_of(&self, actor: Actor, now: i64) -> Vec<Relation> {
        let mut found = Vec::new();
        for post in self.posts.iter().filter(|post| post.actor == actor && post.starts <= now && now < post.ends) {
            let persona = post.persona.as_str().into();
            let (person, kind) = (Person::new(0), RelationKind::Assignment);
            found.push(Relation { person, place: post.place, kind, categories: Categories::empty(), persona });
            for relation in self.relations.iter().filter(|r| r.starts <= now && now < r.ends) {
                let mine = relation.subject == actor.value() || (post.unit != 0 && relation.subject == post.unit);
                if mine && (relation.place == post.place || relation.place.is_zero()) {
                    found.push(Relation {
                        person: relation.person,
                        place: post.place,
                        kind: relation.kind,
                        categories: relation.categories,
                        persona: post.persona.as_str().into(),
                    });
                }
            }
        }
        found
    }
}

fn sorted<T: std::fmt::Debug>(values: &[T]) -> Vec<String> {
    let mut texts: Vec<String> = values.iter().map(|value| format!("{value:?}")).collect();
    texts.sort();
    texts
}
