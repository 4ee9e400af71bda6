//! What must hold in every world.

use super::world::*;
use crate::*;
use proptest::prelude::*;

fn reads(facts: &Facts, item: &Item) -> bool {
    decide(&clearance(&matrix(), facts), item).decision.is_permit()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn a_higher_level_is_never_easier_to_read(facts in any_facts(), item in any_item()) {
        let clearance = clearance(&matrix(), &facts);
        let read = Level::ALL.map(|level| decide(&clearance, &Item { level, ..item.clone() }).decision.is_permit());
        prop_assert!(read.is_sorted_by(|lower, higher| lower >= higher), "{read:?}");
    }

    #[test]
    fn masking_dominates_everything_but_a_broken_glass(facts in any_facts(), item in any_item()) {
        let mut facts = facts;
        facts.client = None;
        facts.relations.retain(|r| r.kind != RelationKind::BreakGlass);
        facts.maskings.push(Masking { person: item.person, rid: Rid::new(0), categories: Categories::empty() });
        let verdict = decide(&clearance(&matrix(), &facts), &item);
        prop_assert_eq!(verdict.decision, Decision::Hidden);
    }

    #[test]
    fn one_more_masking_never_shows_more(facts in any_facts(), masking in any_masking(), item in any_item()) {
        let mut masked = facts.clone();
        masked.maskings.push(masking);
        prop_assert!(reads(&facts, &item) || !reads(&masked, &item));
    }

    #[test]
    fn one_more_relation_of_a_persona_never_shows_less(facts in any_facts(), more in any_relation(), item in any_item()) {
        let Some(persona) = facts.relations.first().map(|r| r.persona.clone()) else { return Ok(()) };
        let mut wider = facts.clone();
        wider.relations.push(Relation { persona, ..more });
        prop_assert!(!reads(&facts, &item) || reads(&wider, &item));
    }

    #[test]
    fn a_stronger_session_never_shows_less(facts in any_facts(), item in any_item()) {
        let strong = Facts { session: STRONG, ..facts.clone() };
        prop_assert!(!reads(&facts, &item) || reads(&strong, &item));
    }

    #[test]
    fn a_second_subject_never_shows_more(facts in any_facts(), item in any_item(), also in 1..4_i64) {
        let mut shared = item.clone();
        shared.also.push(Person::new(also));
        prop_assert!(reads(&facts, &item) || !reads(&facts, &shared));
    }

    #[test]
    fn no_relation_no_content(facts in any_facts(), item in any_item()) {
        let mut facts = facts;
        facts.client = None;
        facts.relations.retain(|r| r.person != item.person || item.person.is_zero());
        if item.level >= Level::Standard && !item.person.is_zero() {
            prop_assert_eq!(decide(&clearance(&matrix(), &facts), &item).decision, Decision::Hidden);
        }
    }

    #[test]
    fn technical_administrators_read_nothing_about_a_person(facts in any_facts(), item in any_item()) {
        let mut facts = facts;
        facts.client = None;
        for relation in &mut facts.relations {
            relation.persona = "info".into();
        }
        let verdict = decide(&clearance(&matrix(), &facts), &item);
        let nobody = item.person.is_zero() && item.also.is_empty();
        prop_assert!(item.level == Level::Open && nobody || verdict.decision == Decision::Hidden);
    }

    #[test]
    fn level_four_needs_the_token(facts in any_facts(), item in any_item()) {
        let clearance = clearance(&matrix(), &facts);
        let item = Item { level: Level::VerySensitive, ..item };
        prop_assert!(clearance.open4().is_some() || !decide(&clearance, &item).decision.is_permit());
    }

    #[test]
    fn without_a_session_there_is_nothing(facts in any_facts(), item in any_item()) {
        let nobody = Facts { session: Session::none(), ..facts };
        prop_assert_eq!(decide(&clearance(&matrix(), &nobody), &item).decision, Decision::Hidden);
    }

    #[test]
    fn what_is_misfiled_is_for_reviewers_only(facts in any_facts(), item in any_item()) {
        let mut facts = facts;
        facts.client = None;
        let matrix = matrix();
        let reviews = |r: &Relation| matrix.persona(&r.persona).is_none_or(|(persona, _)| persona.is_reviewer());
        let misfiled = Item { mask: item.mask.union(MaskFlags::MISFILED), ..item };
        if !facts.relations.iter().any(|r| matrix.persona(&r.persona).is_some()) || !facts.relations.iter().all(reviews) {
            prop_assert_eq!(decide(&clearance(&matrix, &facts), &misfiled).decision, Decision::Hidden);
        }
    }

    #[test]
    fn the_journal_is_for_those_who_answer(facts in any_facts(), person in 0..4_i64, place in 0..3_i64) {
        let matrix = matrix();
        let made = clearance(&matrix, &facts);
        // Told anew: some relation that counts, of a persona with the right, at this place, with whom it takes.
        let gives = |relation: &Relation| {
            let Some((persona, _)) = matrix.persona(&relation.persona) else { return false };
            let here = persona.code() == "usager" || relation.place.is_zero() || relation.place == Place::new(place);
            let whose = persona.is_staff() || relation.person == Person::new(person);
            persona.may_read_journal() && persona.counts(relation.kind) && here && whose
        };
        let expected = match facts.client {
            _ if made.reach().is_none() => false,
            Some(_) => made.sees_all(),
            None => person != 0 && facts.relations.iter().any(gives),
        };
        prop_assert_eq!(made.may_read_journal(Person::new(person), Place::new(place)), expected);
    }

    #[test]
    fn dangers_are_told_to_whoever_cares_whatever_is_masked(facts in any_facts(), masking in any_masking(), person in 0..4_i64) {
        let matrix = matrix();
        let made = clearance(&matrix, &facts);
        let person = Person::new(person);
        // Told anew: some relation with this person of a persona who writes, and reads ordinary care or education.
        let everyday = |block: &Block| block.families.contains(Family::Soin) || block.families.contains(Family::Edu);
        let medical = |block: &Block| block.families.contains(Family::Med);
        let works = |relation: &Relation, of: &dyn Fn(&Block) -> bool| {
            let Some((persona, cap)) = matrix.persona(&relation.persona) else { return false };
            let opens = |block: &Block| {
                let counts = block.when.is_empty() || block.when.contains(&relation.kind);
                counts && of(block) && cap.min(block.cap) >= Level::Standard
            };
            let opened = match relation.kind {
                RelationKind::BreakGlass => cap >= Level::Standard,
                _ => persona.blocks().iter().any(opens),
            };
            relation.person == person && persona.may_write() && persona.counts(relation.kind) && opened
        };
        let expect = |of: &dyn Fn(&Block) -> bool| match facts.client {
            _ if person.is_zero() => false,
            Some(_) => made.sees_all(),
            None => made.reach() >= Some(Level::Standard) && facts.relations.iter().any(|relation| works(relation, of)),
        };
        let (expected, treats) = (expect(&everyday), expect(&everyday) && expect(&medical));
        prop_assert_eq!((made.cares_for(person), made.treats(person)), (expected, treats));
        let mut masked = facts;
        masked.maskings.push(masking);
        let masked = clearance(&matrix, &masked);
        prop_assert_eq!((masked.cares_for(person), masked.treats(person)), (expected, treats));
    }

    #[test]
    fn a_label_only_rises_when_joined(a in any_item(), b in any_item()) {
        let (one, other) = (Label::new(a.level, a.categories), Label::new(b.level, b.categories));
        let both = one.clone().join(other);
        prop_assert!(both.level >= one.level && one.categories.is_subset(both.categories));
    }
}
