//! What is unusual, and what is drawn.

use super::*;
use proptest::prelude::*;

const AMINA: Actor = Actor::new(1);
const LUC: Actor = Actor::new(2);
const DIANE: Actor = Actor::new(3);
const NOON: i64 = 1_000 * HOUR;

fn person(number: i64, names: &[(&str, &str)]) -> (Person, Vec<Named>) {
    let name = |(family, given): &(&str, &str)| Named { family: (*family).into(), given: (*given).into() };
    (Person::new(number), names.iter().map(name).collect())
}

fn circle() -> Circle {
    let staff = [(AMINA, "Amina Rahal, aide-soignante"), (LUC, "Luc LE GOFF, infirmier"), (DIANE, "Diane Petit")];
    let people = [
        person(10, &[("Quéméner", "Odette")]),
        person(11, &[("Rahal", "Saïd")]),
        // Under the name of birth, as staff and as somebody who is accompanied.
        person(12, &[("Martin", "Luc"), ("Le Goff", "Luc Marie")]),
        person(13, &[("Le Goff", "Yvonne")]),
        person(14, &[("", "")]),
    ];
    let mut circle = Circle::of(staff.map(|(actor, name)| (actor, name.to_owned())), &people);
    let team = [10, 11, 12, 13].map(Person::new).into();
    let planned = |starts: i64| Hours { starts, ends: starts + 8 * HOUR, planned: true };
    circle.works(AMINA, team, vec![planned(NOON - 4 * HOUR), planned(NOON + 20 * HOUR)]);
    circle.works(LUC, [10].map(Person::new).into(), Vec::new());
    circle.works(DIANE, BTreeSet::new(), Vec::new());
    circle
}

fn opening(actor: Actor, person: i64, at: i64) -> Opening {
    Opening {
        entry: format!("{}-{person}-{at}", actor.value()),
        person: Person::new(person),
        actor,
        at,
        verb: "synthesis".into(),
        written: false,
        why: vec!["assignment:as@1".into()],
    }
}

#[test]
fn rules_find_what_is_unusual_and_nothing_else() {
    let circle = circle();
    let unusual = |actor, person, at| circle.unusual(&opening(actor, person, at));
    assert_eq!(unusual(AMINA, 10, NOON), []);
    assert_eq!(unusual(AMINA, 11, NOON), [Unusual::SameName]);
    assert_eq!(unusual(AMINA, 12, NOON), [Unusual::Colleague]);
    assert_eq!(unusual(AMINA, 13, NOON), [], "half a family name is none");
    assert_eq!(unusual(LUC, 12, NOON), [Unusual::Own, Unusual::OutsideTeam]);
    assert_eq!(unusual(LUC, 13, NOON), [Unusual::SameName, Unusual::OutsideTeam]);
    assert_eq!(unusual(LUC, 14, NOON), [Unusual::OutsideTeam]);
    assert_eq!(unusual(DIANE, 10, NOON), [], "she works for the whole house, and has no planning");
    for (at, off) in [(-5, false), (-6, true), (4, false), (5, true), (12, true), (19, false), (24 * 9, false)] {
        let found = unusual(AMINA, 10, NOON + at * HOUR);
        assert_eq!(found.contains(&Unusual::OutsideHours), off, "{at}");
    }
    let urgent = Opening { why: vec!["break_glass:as@1".into()], ..opening(AMINA, 10, NOON) };
    assert_eq!(circle.unusual(&urgent), [Unusual::Urgent]);
}

#[test]
fn a_post_that_was_taken_is_work_too() {
    let mut circle = circle();
    let planned = Hours { starts: NOON, ends: NOON + HOUR, planned: true };
    let taken = Hours { starts: NOON + 10 * HOUR, ends: NOON + 12 * HOUR, planned: false };
    circle.works(AMINA, BTreeSet::new(), vec![planned, taken]);
    assert_eq!(circle.unusual(&opening(AMINA, 10, NOON + 11 * HOUR)), []);
    assert_eq!(circle.unusual(&opening(AMINA, 10, NOON + 15 * HOUR)), [Unusual::OutsideHours]);
}

/// A number that spreads: chance itself is not tried here.
fn rank(number: u64) -> [u8; 32] {
    let mut rank = [0; 32];
    rank[..8].copy_from_slice(&number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    rank
}

#[test]
fn twenty_are_drawn_and_what_is_unusual_comes_first() {
    let circle = circle();
    let mut draw = Draw::among(&circle);
    for n in 0..500 {
        draw.add(rank(n), &opening(AMINA, 10, NOON - n as i64));
    }
    for n in 500..520 {
        draw.add(rank(n), &opening(AMINA, 11, NOON - n as i64));
    }
    draw.add(rank(600), &opening(Actor::new(99), 10, NOON));
    assert_eq!(draw.seen(), 520, "what programs do is left out");
    let picked = draw.end();
    assert_eq!(picked.iter().filter(|one| one.drawn).count(), DRAWN);
    let named = picked.iter().filter(|one| one.unusual == [Unusual::SameName]).count();
    assert!((PROPOSED..=PROPOSED + DRAWN).contains(&named));
    assert!(picked.iter().take(named).all(|one| !one.unusual.is_empty()));
    assert!(picked.iter().filter(|one| !one.drawn).count() <= PROPOSED);
}

proptest! {
    #[test]
    fn the_same_numbers_draw_the_same_in_any_order(numbers in proptest::collection::btree_set(0u64..5_000, 0..200)) {
        let circle = circle();
        let drawn = |order: &mut dyn Iterator<Item = u64>| {
            let mut draw = Draw::among(&circle);
            order.for_each(|n| draw.add(rank(n), &opening(AMINA, 10 + (n % 3) as i64, NOON - n as i64)));
            draw.end()
        };
        let (one, other) = (drawn(&mut numbers.iter().copied()), drawn(&mut numbers.iter().rev().copied()));
        prop_assert_eq!(&one, &other);
        prop_assert_eq!(one.iter().filter(|one| one.drawn).count(), numbers.len().min(DRAWN));
    }
}
