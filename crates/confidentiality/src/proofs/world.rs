//! Small worlds: a few persons, places, personas; and an SQLite to ask.

use crate::*;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use std::collections::BTreeMap;

pub(super) const ME: Actor = Actor::new(100);
pub(super) const OTHER: Actor = Actor::new(101);
pub(super) const CODES: [&str; 21] = [
    "as",
    "ide",
    "idec",
    "educ",
    "medco",
    "medext",
    "psy",
    "reeduc",
    "ass",
    "chef",
    "dir",
    "sec",
    "info",
    "usager",
    "rep",
    "dpo",
    "siege",
    "auditeur",
    "interim",
    "interim:ide",
    "unknown",
];

pub(super) fn matrix() -> Matrix {
    Matrix::default_shipped().unwrap()
}

pub(super) fn set(codes: &[&str]) -> Categories {
    codes.iter().map(|code| Category::parse(code).unwrap()).collect()
}

pub(super) const STRONG: Session =
    Session { strength: Strength::Passkey, age_s: 60, step_up_age_s: Some(60), workstation: Workstation::Any };
pub(super) const USUAL: Session =
    Session { strength: Strength::Password, age_s: 3600, step_up_age_s: None, workstation: Workstation::Any };

pub(super) fn facts(relations: Vec<Relation>, session: Session) -> Facts {
    Facts {
        actor: ME,
        relations,
        maskings: Vec::new(),
        session,
        purpose: Purpose::Care,
        place_profiles: BTreeMap::from([(Place::new(1), PlaceProfile::Csapa), (Place::new(2), PlaceProfile::Mecs)]),
        client: None,
    }
}

pub(super) fn relation(persona: &str, person: i64, place: i64, kind: RelationKind, codes: &[&str]) -> Relation {
    Relation {
        person: Person::new(person),
        place: Place::new(place),
        kind,
        categories: set(codes),
        persona: persona.into(),
    }
}

pub(super) fn item(person: i64, place: i64, level: Level, family: Family, codes: &[&str]) -> Item {
    Item {
        rid: Rid::new(1),
        person: Person::new(person),
        also: Vec::new(),
        place: Place::new(place),
        level,
        categories: set(codes),
        family,
        author: OTHER,
        mask: MaskFlags::empty(),
    }
}

fn any_categories() -> impl Strategy<Value = Categories> {
    prop_oneof![
        2 => Just(Categories::empty()),
        4 => vec(select(Category::ALL.to_vec()), 1..3).prop_map(|all| all.into_iter().collect()),
        1 => Just(Categories::all()),
    ]
}

pub(super) fn any_item() -> impl Strategy<Value = Item> {
    let what = (select(Level::ALL.to_vec()), any_categories(), select(Family::ALL.to_vec()));
    let who = (0..4_i64, vec(1..4_i64, 0..3), 0..3_i64, prop_oneof![4 => Just(OTHER), 1 => Just(ME)]);
    (what, who, prop_oneof![6 => Just(0), 1 => 0..16_i64]).prop_map(|((level, categories, family), who, mask)| Item {
        rid: Rid::new(1),
        person: Person::new(who.0),
        also: who.1.into_iter().filter(|also| *also != who.0).map(Person::new).collect(),
        place: Place::new(who.2),
        level,
        categories,
        family,
        author: who.3,
        mask: MaskFlags::from_bits_truncate(mask),
    })
}

/// Items with the row numbers 1, 2, 3…
pub(super) fn any_items(count: usize) -> impl Strategy<Value = Vec<Item>> {
    vec(any_item(), count).prop_map(|mut items| {
        for (rid, item) in (1..).zip(&mut items) {
            item.rid = Rid::new(rid);
            item.also.sort_unstable();
            item.also.dedup();
        }
        items
    })
}

pub(super) fn any_relation() -> impl Strategy<Value = Relation> {
    (0..4_i64, 0..3_i64, select(RelationKind::ALL.to_vec()), any_categories(), select(CODES.to_vec())).prop_map(
        |(person, place, kind, categories, persona)| Relation {
            person: Person::new(person),
            place: Place::new(place),
            kind,
            categories,
            persona: persona.into(),
        },
    )
}

pub(super) fn any_masking() -> impl Strategy<Value = Masking> {
    (0..4_i64, prop_oneof![2 => Just(0), 1 => 0..9_i64], any_categories())
        .prop_map(|(person, rid, categories)| Masking { person: Person::new(person), rid: Rid::new(rid), categories })
}

fn any_session() -> impl Strategy<Value = Session> {
    let ages = (select(vec![0, 3600, 40_000]), select(vec![None, Some(30), Some(5000)]));
    let how = (select(Strength::ALL.to_vec()), select(Workstation::ALL.to_vec()));
    (how, ages).prop_map(|((strength, workstation), (age_s, step_up_age_s))| Session {
        strength,
        age_s,
        step_up_age_s,
        workstation,
    })
}

fn any_client() -> impl Strategy<Value = Option<ClientScope>> {
    let client = (select(vec![None, Some(0), Some(1)]), select(Level::ALL.to_vec()), any::<bool>());
    prop_oneof![
        5 => Just(None),
        1 => client.prop_map(|(place, cap, write)| Some(ClientScope {
            place: place.map(Place::new), cap, write, chosen_ids: false
        })),
    ]
}

pub(super) fn any_facts() -> impl Strategy<Value = Facts> {
    let profiles = vec(select(PlaceProfile::ALL.to_vec()), 2);
    (
        vec(any_relation(), 0..6),
        vec(any_masking(), 0..3),
        any_session(),
        select(Purpose::ALL.to_vec()),
        profiles,
        any_client(),
    )
        .prop_map(|(relations, maskings, session, purpose, profiles, client)| Facts {
            maskings,
            purpose,
            place_profiles: (1..).map(Place::new).zip(profiles).collect(),
            client,
            ..facts(relations, session)
        })
}

/// A store of items, asked through the printed predicate.
pub(super) struct Sqlite(rusqlite::Connection);

pub(super) const COLUMNS: Columns = Columns {
    tenant: "r.tenant",
    rid: "r.rid",
    person: "r.person",
    place: "r.place",
    level: "r.level",
    categories: "r.categories",
    family: "r.family",
    author: "r.author",
    mask: "r.mask",
};

impl Sqlite {
    pub(super) fn new(items: &[Item]) -> Self {
        let conn = rusqlite::Connection::open_in_memory().unwrap();
        conn.execute_batch(
            "CREATE TABLE resource(tenant, rid INTEGER PRIMARY KEY, person, place, level, categories, family, author, mask);
             CREATE TABLE also_person(tenant, rid, person, PRIMARY KEY(tenant, rid, person)) WITHOUT ROWID;
             INSERT INTO also_person VALUES(8, 1, 1), (8, 2, 2), (8, 3, 3); BEGIN;",
        )
        .unwrap();
        let mut row = conn.prepare("INSERT INTO resource VALUES(7, ?, ?, ?, ?, ?, ?, ?, ?)").unwrap();
        let mut also = conn.prepare("INSERT INTO also_person VALUES(7, ?, ?)").unwrap();
        for i in items {
            let grading = (i.level.code(), i.categories.bits(), i.family.code(), i.author.value(), i.mask.bits());
            let (level, categories, family, author, mask) = grading;
            row.execute((i.rid.value(), i.person.value(), i.place.value(), level, categories, family, author, mask))
                .unwrap();
            for person in &i.also {
                also.execute((i.rid.value(), person.value())).unwrap();
            }
        }
        drop((row, also));
        conn.execute_batch("COMMIT").unwrap();
        Self(conn)
    }

    /// For each row, in order: may be read, is only counted.
    pub(super) fn ask(&self, clearance: &Clearance) -> Vec<(bool, bool)> {
        let predicate = clearance.predicate(Dialect::Sqlite, &COLUMNS, 3);
        let Predicate { with, permit, placeholder, params } = predicate;
        // Every parameter is used, whichever text is asked.
        let used: Vec<String> = (3..3 + params.len()).map(|n| format!("?{n}")).collect();
        let text = format!(
            "WITH {with}, given AS (SELECT {}) SELECT {permit}, {placeholder} FROM resource r \
             WHERE ?1 = 1 AND r.tenant = ?2 ORDER BY r.rid",
            used.join(", ")
        );
        let own = [SqlParam::Int(1), SqlParam::Int(7)];
        let params = own.into_iter().chain(params).map(|param| match param {
            SqlParam::Int(value) => rusqlite::types::Value::Integer(value),
            SqlParam::Text(value) => rusqlite::types::Value::Text(value),
        });
        let mut statement = self.0.prepare_cached(&text).unwrap();
        let rows = statement.query_map(rusqlite::params_from_iter(params), |row| Ok((row.get(0)?, row.get(1)?)));
        rows.unwrap().collect::<Result<_, _>>().unwrap()
    }
}
