//! A store of one place on each engine, those who call it, and what they write.

use crate::support::postgres;
use confidentiality::labeler::{Context, Labeler};
use confidentiality::{
    Actor, Categories, ClientScope, Facts, Level, MaskFlags, Matrix, Person, Place, PlaceProfile, Purpose,
    RelationKind, Session, Strength,
};
use fhir::Resource;
use serde_json::{Value, json};
use store::{Call, Change, FOREVER, Graded, Location, NewRelation, Origin, Post, Secret, Store};

pub(crate) const NOW: i64 = 1_780_000_000_000_000;

pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) tenant: i64,
    pub(crate) place: Place,
    matrix: Matrix,
    labeler: Labeler,
    _dir: Option<tempfile::TempDir>,
}

/// One on SQLite, and one on PostgreSQL where it is installed.
pub(crate) async fn worlds() -> Vec<World> {
    let dir = tempfile::tempdir().unwrap();
    let location = Location::Directory(dir.path().to_owned());
    let mut all = vec![World { _dir: Some(dir), ..world(location, Secret::random().unwrap()).await }];
    if let Some(url) = postgres::fresh_database() {
        all.push(world(Location::Postgres(url), Secret::random().unwrap()).await);
    }
    all
}

/// The place, in a store that may have been there before.
pub(crate) async fn world(location: Location, root: Secret) -> World {
    let store = Store::open(&location, root, NOW).await.unwrap();
    let tenant = store.ensure_tenant("990000017", NOW).await.unwrap();
    let place = store.ensure_place(tenant, "990000025", PlaceProfile::Ehpad, "Les Tilleuls").await.unwrap();
    let (matrix, labeler) = (Matrix::default_shipped().unwrap(), Labeler::shipped().unwrap());
    World { store, tenant, place, matrix, labeler, _dir: None }
}

impl World {
    fn call(&self, facts: &Facts) -> Call {
        Call {
            tenant: self.tenant,
            clearance: confidentiality::clearance(&self.matrix, facts),
            now: NOW,
            origin: Origin { verb: "test".into(), ..Origin::default() },
        }
    }

    /// A program of the whole entity.
    pub(crate) fn client(&self, cap: Level) -> Call {
        self.program(7, cap)
    }

    pub(crate) fn program(&self, actor: i64, cap: Level) -> Call {
        self.call(&Facts {
            actor: Actor::new(actor),
            relations: Vec::new(),
            maskings: Vec::new(),
            session: Session { strength: Strength::Client, ..Session::none() },
            purpose: Purpose::Api,
            place_profiles: std::collections::BTreeMap::new(),
            client: Some(ClientScope { place: None, cap, write: true, chosen_ids: true }),
        })
    }

    /// Gives an actor a post in a unit of the place; 0 = in none.
    pub(crate) async fn hire(&self, actor: i64, persona: &str, unit: i64) {
        let actor = Actor::new(actor);
        let post = Post { actor, place: self.place, unit, persona: persona.into(), starts: 0, ends: FOREVER };
        self.store.add_post(self.tenant, post).await.unwrap();
    }

    /// Makes an actor accompany a person.
    pub(crate) async fn relate(&self, subject: i64, person: Person) {
        let (kind, categories) = (RelationKind::Assignment, Categories::empty());
        let relation = NewRelation { subject, person, place: self.place, kind, categories, starts: 0, ends: FOREVER };
        self.store.add_relations(self.tenant, vec![relation]).await.unwrap();
    }

    /// The request of a person who is signed in.
    pub(crate) async fn signed_in(&self, actor: i64) -> Call {
        let actor = Actor::new(actor);
        let known = self.store.actor_facts(self.tenant, actor, NOW).await.unwrap();
        self.call(&Facts {
            actor,
            relations: known.relations,
            maskings: known.maskings,
            session: Session { strength: Strength::Password, ..Session::none() },
            purpose: Purpose::Care,
            place_profiles: known.profiles,
            client: None,
        })
    }

    pub(crate) fn graded(&self, value: &Value) -> Graded {
        let labeled = self.labeler.label_resource(value, &Context::default());
        Graded {
            label: labeled.label,
            family: labeled.family,
            place: self.place,
            mask: MaskFlags::empty(),
            rules: 1,
            safety: labeled.safety,
        }
    }

    pub(crate) fn create(&self, value: Value) -> Change {
        let graded = self.graded(&value);
        Change::Create { resource: Resource::from_value(value).unwrap(), graded, if_none_exist: None, import: None }
    }
}

pub(crate) fn patient(id: &str) -> Value {
    json!({"resourceType": "Patient", "id": id, "name": [{"family": "Quéméner", "given": ["Odette"]}], "birthDate": "1938-03-07"})
}

/// A condition of `patient`, noted on a day.
pub(crate) fn condition(patient: &str, id: &str, code: &str, words: &str, day: &str) -> Value {
    json!({"resourceType": "Condition", "id": id, "subject": {"reference": format!("Patient/{patient}")},
        "recordedDate": day, "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": code}], "text": words}})
}
