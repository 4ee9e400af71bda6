//! Who has which account, and what is to be done of it.

use super::super::*;
use super::world::{DAY, TODAY, World, now};
use crate::governance::estate::{Content, Movement};
use jiff::ToSpan as _;

fn person(number: &str, family: &str, given: &str, (starts, ends): (i64, Option<i64>)) -> Content {
    let day = |days: i64| TODAY.checked_add(days.days()).unwrap().to_string();
    Content::Movement(Movement {
        number: number.into(),
        family: family.into(),
        given: given.into(),
        starts: Some(day(starts)),
        ends: ends.map(day),
        ..Movement::default()
    })
}

fn states(world: &World) -> Vec<(String, Staffed)> {
    let estate = world.estate();
    let all = staffing(&estate, TODAY);
    all.iter().map(|stay| (stay.movement.told.number.clone(), stay.state)).collect()
}

#[test]
fn each_stay_says_what_is_to_be_done_of_the_account() {
    let mut world = World::sound();
    world.lines.retain(|line| !matches!(line, Content::Movement(_)));
    world.add_account("j.leroy-martin", "LEROY-MARTIN Jeanne", &[]);
    world.add_account("zcohen", "", &[]);
    world.lines.extend([
        person("leaves", "DURAND", "Martine", (-900, Some(-1))),
        person("today", "Leroy Martin", "Jeanne", (-900, Some(0))),
        person("comes", "Ndiaye", "Awa", (5, None)),
        person("here", "Ferrand", "Luc", (-400, None)),
        person("gone", "Ancien", "Paul", (-400, Some(-40))),
        person("initial", "Cohen", "Zoé", (-400, None)),
        person("bounded", "Nouveau", "Nadia", (-20, Some(38))),
        person("nobody", "", "", (-20, None)),
    ]);
    let wanted = [
        ("leaves", Staffed::ToClose),
        ("comes", Staffed::ToOpen),
        ("nobody", Staffed::ToOpen),
        ("today", Staffed::ToEnd),
        ("here", Staffed::Without),
        ("initial", Staffed::Fine),
        ("bounded", Staffed::Fine),
        ("gone", Staffed::Gone),
    ];
    let told = states(&world);
    for (number, state) in wanted {
        assert!(told.contains(&(number.to_owned(), state)), "{number}: {told:?}");
    }
    assert!(told.is_sorted_by_key(|(_, state)| *state));
    // The account ends with the contract, then later.
    world.account("n.nouveau", |account| account.expires = Some(now() + 45 * DAY));
    assert!(states(&world).contains(&("bounded".to_owned(), Staffed::ToEnd)));
    // Back on another contract: the account stays.
    world.lines.push(person("leaves", "DURAND", "Martine", (-1, None)));
    assert!(!states(&world).iter().any(|(_, state)| *state == Staffed::ToClose));
    world.lines.retain(|line| !matches!(line, Content::Account(_)));
    assert!(states(&world).iter().all(|(_, state)| *state == Staffed::NoDirectory));
}

#[test]
fn two_people_of_one_name_are_two() {
    let mut world = World::sound();
    world.lines.retain(|line| !matches!(line, Content::Movement(_)));
    world.add_account("m.durand", "Martine DURAND", &[]);
    // One left, the other was there before: nobody knows whose the account is.
    world.lines.extend([
        person("12", "DURAND", "Martine", (-900, Some(-1))),
        person("340", "Durand", "Martine", (-400, None)),
        person("7", "NDIAYE", "Awa", (-400, None)),
    ]);
    let state = |world: &World, number: &str| states(world).into_iter().find(|(one, _)| one == number).unwrap().1;
    assert_eq!((state(&world, "12"), state(&world, "340")), (Staffed::Homonyms, Staffed::Fine));
    let estate = world.estate();
    let told = staffing(&estate, TODAY);
    let homonyms: Vec<&str> =
        told.iter().filter(|stay| stay.homonym).map(|stay| stay.movement.told.number.as_str()).collect();
    assert_eq!(homonyms, ["12", "340"]);
    // Both are gone: whosever it is, it is to be closed.
    world.lines.retain(|line| !matches!(line, Content::Movement(one) if one.number == "340"));
    world.lines.push(person("340", "Durand", "Martine", (-400, Some(-2))));
    assert_eq!((state(&world, "12"), state(&world, "340")), (Staffed::ToClose, Staffed::ToClose));
    // Came after the other had left: the same person, perhaps, and in any case the account's.
    world.lines.retain(|line| !matches!(line, Content::Movement(one) if one.number == "340"));
    world.lines.push(person("341", "Durand", "Martine", (0, None)));
    assert_eq!((state(&world, "12"), state(&world, "341")), (Staffed::Fine, Staffed::Fine));
}

#[test]
fn without_a_number_a_departure_that_is_told_with_another_function_is_a_departure() {
    let mut world = World::sound();
    world.lines.retain(|line| !matches!(line, Content::Movement(_)));
    world.add_account("m.durand", "Martine DURAND", &[]);
    for (function, days) in [("AS", (-400, None)), ("IDE", (-400, Some(-1)))] {
        let Content::Movement(one) = person("", "DURAND", "Martine", days) else { continue };
        world.lines.push(Content::Movement(Movement { function: Some(function.into()), ..one }));
    }
    assert_eq!(states(&world), [(String::new(), Staffed::ToClose)]);
}

#[test]
fn what_the_list_closes_is_what_the_measure_finds_a_day_later() {
    let mut world = World::sound();
    world.add_account("p.ancien", "Paul ANCIEN", &["G_AS"]);
    assert!(states(&world).contains(&("2".to_owned(), Staffed::ToClose)));
    assert_eq!(world.status("ID-02").state, State::Failing);
    world.account("p.ancien", |account| account.enabled = Some(false));
    assert!(states(&world).contains(&("2".to_owned(), Staffed::Gone)));
    assert_eq!(world.status("ID-02").state, State::Conform);
}
