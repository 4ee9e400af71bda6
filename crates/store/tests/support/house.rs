//! A small house on each engine: two persons, a note, and those who accompany them.

use confidentiality::{
    Actor, Categories, Category, ClientScope, Facts, Family, Label, Level, MaskFlags, Matrix, Person, Place,
    PlaceProfile, Purpose, RelationKind, Session, Strength,
};
use fhir::Resource;
use serde_json::{Value, json};
use store::{Call, Change, FOREVER, Graded, Location, NewRelation, Origin, Post, Secret, Store};

pub(crate) const NOW: i64 = 1_780_000_000_000_000;
pub(crate) const HOUR: i64 = 3_600_000_000;

/// Who works there, each related to the person of `p1`.
pub(crate) const NURSE: i64 = 41;
pub(crate) const COLLEAGUE: i64 = 42;
pub(crate) const HEAD_NURSE: i64 = 43;
/// Comes from outside: the relation ends an hour after [`NOW`].
pub(crate) const DOCTOR: i64 = 44;
pub(crate) const AIDE: i64 = 45;
const CAST: [(i64, &str, i64); 5] = [
    (NURSE, "ide", FOREVER),
    (COLLEAGUE, "ide", FOREVER),
    (HEAD_NURSE, "idec", FOREVER),
    (DOCTOR, "medext", NOW + HOUR),
    (AIDE, "as", FOREVER),
];

pub(crate) struct House {
    pub(crate) store: Store,
    pub(crate) tenant: i64,
    place: Place,
    pub(crate) _dir: Option<tempfile::TempDir>,
}

pub(crate) async fn houses() -> Vec<House> {
    let dir = tempfile::tempdir().unwrap();
    let mut all = vec![House::open(Location::Directory(dir.path().to_owned()), Some(dir)).await];
    if let Some(url) = super::support::postgres::fresh_database() {
        all.push(House::open(Location::Postgres(url), None).await);
    }
    all
}

impl House {
    /// Patients `p1` and `p2`; of `p1`, the note `n1`, the prescription `m1`, and `v1`, whose existence is a secret.
    async fn open(location: Location, dir: Option<tempfile::TempDir>) -> Self {
        let store = Store::open(&location, Secret::random().unwrap(), NOW).await.unwrap();
        let tenant = store.ensure_tenant("990000017", NOW).await.unwrap();
        let place = store.ensure_place(tenant, "990000025", PlaceProfile::Ehpad, "Les Tilleuls").await.unwrap();
        let house = Self { store, tenant, place, _dir: dir };
        let (nothing, hiv) = (Categories::empty(), Category::Vih.into());
        let changes = vec![
            house.create(patient("p1"), Level::Daily, Family::Adm, nothing),
            house.create(patient("p2"), Level::Daily, Family::Adm, nothing),
            house.create(note("n1", "Se plaint du dos"), Level::Standard, Family::Soin, nothing),
            house.create(note("m1", "Paracétamol"), Level::Standard, Family::Med, nothing),
            house.create(note("v1", "Sérologie"), Level::VerySensitive, Family::Med, hiv),
        ];
        let written = house.store.write(&house.client(NOW), changes).await.unwrap();
        for (actor, persona, ends) in CAST {
            house.hire(actor, persona, written.first().unwrap().person, ends).await;
        }
        house
    }

    async fn hire(&self, actor: i64, persona: &str, person: Person, ends: i64) {
        let (place, starts) = (self.place, 0);
        let post = Post { actor: Actor::new(actor), place, unit: 0, persona: persona.into(), starts, ends: FOREVER };
        self.store.add_post(self.tenant, post).await.unwrap();
        let (kind, categories) = (RelationKind::Assignment, Categories::empty());
        let relation = NewRelation { subject: actor, person, place, kind, categories, starts, ends };
        self.store.add_relations(self.tenant, vec![relation]).await.unwrap();
    }

    /// A program that sees everything.
    pub(crate) fn client(&self, now: i64) -> Call {
        let facts = Facts {
            actor: Actor::new(7),
            relations: Vec::new(),
            maskings: Vec::new(),
            session: Session { strength: Strength::Client, ..Session::none() },
            purpose: Purpose::Api,
            place_profiles: std::collections::BTreeMap::new(),
            client: Some(ClientScope { place: None, cap: Level::VerySensitive, write: true, chosen_ids: true }),
        };
        self.call(&facts, now)
    }

    /// Somebody of the cast, at that moment.
    pub(crate) async fn staff(&self, actor: i64, now: i64) -> Call {
        let actor = Actor::new(actor);
        let known = self.store.actor_facts(self.tenant, actor, now).await.unwrap();
        let facts = Facts {
            actor,
            relations: known.relations,
            maskings: known.maskings,
            session: Session { strength: Strength::Password, ..Session::none() },
            purpose: Purpose::Care,
            place_profiles: known.profiles,
            client: None,
        };
        self.call(&facts, now)
    }

    fn call(&self, facts: &Facts, now: i64) -> Call {
        let clearance = confidentiality::clearance(&Matrix::default_shipped().unwrap(), facts);
        let origin = Origin { verb: "test".into(), place: self.place, ..Origin::default() };
        Call { tenant: self.tenant, clearance, now, origin }
    }

    pub(crate) fn graded(&self, level: Level, family: Family, categories: Categories) -> Graded {
        let label = Label { level, categories, reasons: Vec::new() };
        Graded { label, family, place: self.place, mask: MaskFlags::empty(), rules: 1, safety: Vec::new() }
    }

    fn create(&self, value: Value, level: Level, family: Family, categories: Categories) -> Change {
        let (resource, graded) = (Resource::from_value(value).unwrap(), self.graded(level, family, categories));
        Change::Create { resource, graded, if_none_exist: None, import: None }
    }

    /// The log is whole; how many entries it has.
    pub(crate) async fn verified(&self) -> i64 {
        let report = self.store.verify_audit(self.tenant, None, NOW).await.unwrap();
        assert_eq!(report.findings, []);
        report.tree_size
    }
}

fn patient(id: &str) -> Value {
    json!({"resourceType": "Patient", "id": id, "name": [{"family": "Quéméner"}]})
}

/// An observation of `p1`.
pub(crate) fn note(id: &str, words: &str) -> Value {
    json!({"resourceType": "Observation", "id": id, "status": "final", "subject": {"reference": "Patient/p1"},
        "code": {"text": words, "coding": [{"code": "note"}]}})
}
