//! The printed SQL decides like the memory.

use super::world::*;
use crate::*;
use proptest::prelude::*;

fn check(clearance: &Clearance, items: &[Item], sqlite: &Sqlite) {
    let answers = sqlite.ask(clearance);
    assert_eq!(answers.len(), items.len());
    for (item, (read, counted)) in items.iter().zip(answers) {
        let verdict = decide(clearance, item);
        let memory = (verdict.decision.is_permit(), verdict.decision.is_placeholder());
        assert_eq!((read, counted), memory, "{item:?} {verdict:?} {:?}", clearance.why());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn sql_decides_like_memory_in_random_worlds(facts in any_facts(), items in any_items(40)) {
        let clearance = clearance(&matrix(), &facts);
        check(&clearance, &items, &Sqlite::new(&items));
    }

    #[test]
    fn the_text_is_the_same_for_every_actor_of_whom_the_same_is_asked(
        one in any_facts(), other in any_facts(), first in 1..30_usize
    ) {
        let (one, other) = (clearance(&matrix(), &one), clearance(&matrix(), &other));
        for dialect in [Dialect::Sqlite, Dialect::Postgres] {
            let alike = one.asks() == other.asks();
            let (one, other) = (one.predicate(dialect, &COLUMNS, first), other.predicate(dialect, &COLUMNS, first));
            prop_assert_eq!(&one.with, &other.with);
            prop_assert_eq!(one.permit == other.permit, alike);
            prop_assert_eq!(one.placeholder == other.placeholder, alike);
            prop_assert_eq!(one.params.len(), other.params.len());
        }
    }
}

/// Every item of a small world.
fn all_items() -> Vec<Item> {
    let categories: [&[&str]; 7] = [&[], &["PSY"], &["TIERS"], &["PSY", "TIERS"], &["VIH"], &["ADD"], &["VIO", "ASE"]];
    let mut items = Vec::new();
    for (level, codes) in Level::ALL.into_iter().flat_map(|l| categories.map(|codes| (l, codes))) {
        for family in [Family::Med, Family::Edu, Family::Evt] {
            for (person, place) in (0..3).flat_map(|person| (0..3).map(move |place| (person, place))) {
                let plain = item(person, place, level, family, codes);
                let shared = Item { also: vec![Person::new(2)], ..plain.clone() };
                let mine = Item { author: ME, ..plain.clone() };
                let masked = Item { mask: MaskFlags::MASQUE_PS, ..plain.clone() };
                let misfiled = Item { mask: MaskFlags::MISFILED, ..mine.clone() };
                items.extend([plain, mine, masked, misfiled]);
                if person == 1 {
                    items.extend([Item { author: ME, ..shared.clone() }, shared]);
                }
            }
        }
    }
    for (rid, item) in (1..).zip(&mut items) {
        item.rid = Rid::new(rid);
    }
    items
}

#[test]
fn sql_decides_like_memory_in_every_small_world() {
    let items = all_items();
    let (sqlite, matrix) = (Sqlite::new(&items), matrix());
    let kinds = [RelationKind::Assignment, RelationKind::Referent, RelationKind::Grant, RelationKind::BreakGlass];
    for (persona, kind) in CODES.into_iter().flat_map(|code| kinds.map(|kind| (code, kind))) {
        for (session, also) in [(USUAL, false), (STRONG, true)] {
            let mut relations = vec![
                relation(persona, 0, 1, RelationKind::Assignment, &[]),
                relation(persona, 1, 1, kind, &["VIO", "ASE"]),
            ];
            if also {
                relations.push(relation(persona, 2, 1, RelationKind::Shift, &[]));
            }
            let mut facts = facts(relations, session);
            if kind == RelationKind::Referent || kind == RelationKind::BreakGlass {
                facts.maskings.push(Masking { person: Person::new(1), rid: Rid::new(0), categories: set(&["PSY"]) });
            }
            check(&clearance(&matrix, &facts), &items, &sqlite);
        }
    }
}

#[test]
fn sql_decides_like_memory_for_every_client() {
    let items = all_items();
    let (sqlite, matrix) = (Sqlite::new(&items), matrix());
    for (cap, place) in Level::ALL.into_iter().flat_map(|cap| [None, Some(0), Some(1)].map(|place| (cap, place))) {
        for purpose in [Purpose::Api, Purpose::Care, Purpose::Export] {
            let client = ClientScope { place: place.map(Place::new), cap, write: false, chosen_ids: false };
            let session = Session { strength: Strength::Client, age_s: 0, step_up_age_s: None, ..Session::none() };
            let facts = Facts { client: Some(client), purpose, ..facts(Vec::new(), session) };
            check(&clearance(&matrix, &facts), &items, &sqlite);
        }
    }
}

#[test]
fn each_engine_has_its_own_json_words() {
    let clearance = clearance(&matrix(), &facts(Vec::new(), USUAL));
    let lite = clearance.predicate(Dialect::Sqlite, &COLUMNS, 1);
    assert!(lite.with.contains("json_each(?1)") && !lite.with.contains("::"));
    let pg = clearance.predicate(Dialect::Postgres, &COLUMNS, 1);
    assert!(pg.with.contains("json_array_elements(?1::text::json)") && !pg.with.contains("json_each"));
    assert_eq!(lite.permit, pg.permit);
}
