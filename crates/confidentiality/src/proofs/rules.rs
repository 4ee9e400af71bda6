//! The rules one by one, as a caregiver would tell them.

use super::world::*;
use crate::RelationKind::{Assignment, BreakGlass, Grant, Referent, Shift};
use crate::*;

fn decision(facts: &Facts, item: &Item) -> Decision {
    decide(&clearance(&matrix(), facts), item).decision
}

fn reads(persona: &str, kind: RelationKind, item: &Item) -> bool {
    decision(&facts(vec![relation(persona, 1, 1, kind, &[])], STRONG), item).is_permit()
}

#[test]
fn families_decide_at_level_two() {
    let treatment = item(1, 1, Level::Standard, Family::Med, &[]);
    assert!(reads("ide", Assignment, &treatment));
    assert!(!reads("as", Assignment, &treatment));
    assert!(!reads("sec", Assignment, &treatment));
    assert!(reads("as", Shift, &item(1, 1, Level::Standard, Family::Soin, &[])));
    assert!(reads("sec", Assignment, &item(1, 1, Level::Standard, Family::Fin, &[])));
}

#[test]
fn every_category_is_needed_at_level_three() {
    let both = item(1, 2, Level::Sensitive, Family::Med, &["PSY", "VIO"]);
    let at = |persona: &str| facts(vec![relation(persona, 1, 2, Assignment, &[])], STRONG);
    assert!(!decision(&at("reeduc"), &both).is_permit());
    assert!(decision(&at("idec"), &both).is_permit());
    let psy = item(1, 9, Level::Sensitive, Family::Med, &["PSY"]);
    assert!(decision(&facts(vec![relation("ide", 1, 9, Assignment, &[])], STRONG), &psy).is_permit());
}

#[test]
fn sensitive_without_a_category_is_grave() {
    let grave = item(1, 9, Level::Sensitive, Family::Edu, &[]);
    let at = |persona: &str| facts(vec![relation(persona, 1, 9, Assignment, &[])], STRONG);
    assert!(decision(&at("ide"), &grave).is_permit());
    assert!(!decision(&at("educ"), &grave).is_permit());
}

#[test]
fn third_party_information_does_not_block_the_own_team() {
    let told = item(1, 9, Level::Sensitive, Family::Edu, &["NEU", "TIERS"]);
    let educ = |place| facts(vec![relation("educ", 1, place, Assignment, &[])], STRONG);
    assert!(decision(&educ(9), &told).is_permit());
    assert!(!decision(&educ(9), &Item { place: Place::new(0), ..told.clone() }).is_permit());
    assert!(!decision(&educ(8), &told).is_permit());
    let alone = item(1, 9, Level::VerySensitive, Family::Edu, &["TIERS"]);
    assert!(!decision(&educ(9), &alone).is_permit());
}

#[test]
fn core_business_counts_only_inside_the_place() {
    let addiction = item(1, 1, Level::Sensitive, Family::Edu, &["ADD"]);
    assert!(reads("educ", Assignment, &addiction));
    assert!(!reads("educ", Assignment, &Item { place: Place::new(0), ..addiction.clone() }));
    assert!(!reads("sec", Assignment, &Item { family: Family::Adm, ..addiction.clone() }));
    let elsewhere = facts(vec![relation("educ", 1, 9, Assignment, &[])], STRONG);
    assert!(!decision(&elsewhere, &Item { place: Place::new(9), ..addiction }).is_permit());
}

#[test]
fn a_referent_knows_more_than_a_colleague() {
    let child = item(1, 9, Level::Sensitive, Family::Edu, &["ASE", "NEU"]);
    let with = |kind| facts(vec![relation("educ", 1, 9, Assignment, &[]), relation("educ", 1, 9, kind, &[])], STRONG);
    assert!(decision(&with(Referent), &child).is_permit());
    assert!(!decision(&with(Shift), &child).is_permit());
}

#[test]
fn level_four_opens_by_function_or_by_grant() {
    let order = item(1, 9, Level::VerySensitive, Family::Edu, &["ASE"]);
    let granted = |codes| facts(vec![relation("ass", 1, 9, Grant, codes)], STRONG);
    assert!(decision(&granted(&["ASE"]), &order).is_permit());
    assert!(!decision(&granted(&["VIO"]), &order).is_permit());
    let hiv = item(1, 9, Level::VerySensitive, Family::Med, &["VIH"]);
    assert!(decision(&facts(vec![relation("medco", 1, 9, Assignment, &[])], STRONG), &hiv).is_permit());
    assert!(!decision(&facts(vec![relation("ide", 1, 9, Assignment, &[])], STRONG), &hiv).is_permit());
}

#[test]
fn level_four_asks_a_cleared_reader_for_the_secret_again() {
    let hiv = item(1, 1, Level::VerySensitive, Family::Med, &["VIH"]);
    let doctor = facts(vec![relation("medco", 1, 1, Assignment, &[])], USUAL);
    assert!(matches!(decision(&doctor, &hiv), Decision::Placeholder { why: Withheld::StepUp, .. }));
    assert!(clearance(&matrix(), &doctor).open4().is_none());
}

#[test]
fn a_secret_existence_is_not_even_counted() {
    let nurse = facts(vec![relation("ide", 1, 1, Assignment, &[])], STRONG);
    let hiv = item(1, 1, Level::VerySensitive, Family::Med, &["VIH"]);
    assert_eq!(decision(&nurse, &hiv), Decision::Hidden);
    let order = item(1, 1, Level::VerySensitive, Family::Jud, &["ASE"]);
    assert!(matches!(
        decision(&nurse, &order),
        Decision::Placeholder { why: Withheld::NotCleared, view: ListView::Count }
    ));
}

#[test]
fn an_old_sign_in_reads_the_usual_only() {
    let old = Session { strength: Strength::Password, age_s: 30_000, step_up_age_s: None, ..Session::none() };
    let nurse = |session| facts(vec![relation("ide", 1, 1, Assignment, &[])], session);
    let psy = item(1, 1, Level::Sensitive, Family::Med, &["PSY"]);
    assert!(decision(&nurse(old), &psy).is_placeholder());
    assert!(decision(&nurse(USUAL), &psy).is_permit());
    assert!(decision(&nurse(old), &Item { level: Level::Standard, ..psy.clone() }).is_permit());
    let again = Session { step_up_age_s: Some(10), ..old };
    assert!(decision(&nurse(again), &psy).is_permit());
}

#[test]
fn a_doubtful_machine_closes_the_very_sensitive_and_an_obsolete_one_the_sensitive() {
    let doctor = |workstation| facts(vec![relation("medco", 1, 1, Assignment, &[])], Session { workstation, ..STRONG });
    let usual = item(1, 1, Level::Standard, Family::Med, &[]);
    let psy = item(1, 1, Level::Sensitive, Family::Med, &["PSY"]);
    let hiv = item(1, 1, Level::VerySensitive, Family::Med, &["VIH"]);
    let read = |workstation| [&usual, &psy, &hiv].map(|item| decision(&doctor(workstation), item).is_permit());
    assert_eq!(read(Workstation::Any), [true, true, true]);
    assert_eq!(read(Workstation::Sound), [true, true, true]);
    assert_eq!(read(Workstation::Doubtful), [true, true, false]);
    assert_eq!(read(Workstation::Obsolete), [true, false, false]);
    assert_eq!(read(Workstation::Unknown), [true, false, false]);
    assert!(
        clearance(&matrix(), &doctor(Workstation::Unknown)).cares_for(Person::new(1)),
        "safety facts reach the carer"
    );
}

#[test]
fn drugs_are_told_to_those_whom_medical_documents_are_opened_to() {
    let told = |persona: &str| {
        let made = clearance(&matrix(), &facts(vec![relation(persona, 1, 1, Assignment, &[])], STRONG));
        (made.cares_for(Person::new(1)), made.treats(Person::new(1)))
    };
    for persona in ["ide", "idec", "medco", "medext", "psy", "reeduc"] {
        assert_eq!(told(persona), (true, true), "{persona}");
    }
    for persona in ["as", "educ", "ass", "chef", "interim"] {
        assert_eq!(told(persona), (true, false), "{persona}: what to do, not by what");
    }
    for persona in ["sec", "dir", "usager", "rep", "info"] {
        assert_eq!(told(persona), (false, false), "{persona}");
    }
}

#[test]
fn a_pin_reads_the_daily_only() {
    let pin = Session { strength: Strength::Pin, age_s: 10, step_up_age_s: Some(10), ..Session::none() };
    let aide = facts(vec![relation("as", 0, 1, Assignment, &[]), relation("as", 1, 1, Assignment, &[])], pin);
    assert!(decision(&aide, &item(1, 1, Level::Daily, Family::Org, &[])).is_permit());
    assert!(decision(&aide, &item(1, 1, Level::Standard, Family::Soin, &[])).is_placeholder());
}

#[test]
fn the_daily_is_for_the_staff_of_the_place() {
    let agenda = item(5, 1, Level::Daily, Family::Org, &[]);
    let at = |persona: &str, place| facts(vec![relation(persona, 0, place, Assignment, &[])], STRONG);
    assert!(decision(&at("as", 1), &agenda).is_permit());
    assert!(!decision(&at("as", 2), &agenda).is_permit());
    assert!(decision(&at("as", 0), &agenda).is_permit(), "staff of the whole entity");
    for outsider in ["info", "siege", "auditeur", "dpo", "medext"] {
        assert_eq!(decision(&at(outsider, 1), &agenda), Decision::Hidden, "{outsider}");
        assert!(decision(&at(outsider, 1), &item(0, 1, Level::Open, Family::Org, &[])).is_permit());
    }
}

#[test]
fn what_is_open_about_somebody_is_for_the_staff_of_the_place() {
    let told = item(5, 1, Level::Open, Family::Org, &[]);
    let at = |persona: &str, place| facts(vec![relation(persona, 0, place, Assignment, &[])], STRONG);
    assert!(decision(&at("as", 1), &told).is_permit());
    assert!(!decision(&at("as", 2), &told).is_permit());
    let naming = Item { person: Person::new(0), also: vec![Person::new(5)], ..told };
    for outsider in ["info", "siege", "auditeur", "dpo", "medext"] {
        assert_eq!(decision(&at(outsider, 1), &told), Decision::Hidden, "{outsider}");
        assert_eq!(decision(&at(outsider, 1), &naming), Decision::Hidden, "{outsider}");
    }
    assert!(reads("usager", Assignment, &item(1, 1, Level::Open, Family::Org, &[])), "their own");
}

#[test]
fn authors_read_what_they_wrote_while_the_relation_lasts() {
    let mine = Item { author: ME, ..item(1, 1, Level::Sensitive, Family::Evt, &["VIO"]) };
    assert!(reads("as", Assignment, &mine));
    assert_eq!(decision(&facts(vec![relation("as", 2, 1, Assignment, &[])], STRONG), &mine), Decision::Hidden);
}

#[test]
fn every_subject_must_be_known() {
    let shared = Item { also: vec![Person::new(2)], ..item(1, 1, Level::Standard, Family::Soin, &[]) };
    let one = vec![relation("as", 1, 1, Assignment, &[])];
    let mut both = one.clone();
    both.push(relation("as", 2, 1, Assignment, &[]));
    assert!(decision(&facts(one, STRONG), &shared).is_placeholder());
    assert!(decision(&facts(both, STRONG), &shared).is_permit());
}

#[test]
fn the_glass_opens_level_three_and_only_the_approved_of_level_four() {
    let masked = |codes: &[&str]| {
        let mut facts = facts(vec![relation("as", 1, 1, BreakGlass, codes)], STRONG);
        facts.maskings.push(Masking { person: Person::new(1), rid: Rid::new(0), categories: Categories::empty() });
        facts
    };
    assert!(decision(&masked(&[]), &item(1, 1, Level::Sensitive, Family::Med, &["PSY"])).is_permit());
    let hiv = item(1, 1, Level::VerySensitive, Family::Med, &["VIH"]);
    assert!(!decision(&masked(&[]), &hiv).is_permit());
    assert!(decision(&masked(&["VIH"]), &hiv).is_permit());
    assert!(!reads("sec", BreakGlass, &item(1, 1, Level::Sensitive, Family::Med, &["PSY"])));
}

#[test]
fn the_person_reads_their_record_but_not_third_parties() {
    let own = item(1, 2, Level::Sensitive, Family::Med, &["PSY"]);
    assert!(reads("usager", Assignment, &own));
    assert!(!reads("usager", Assignment, &Item { categories: set(&["PSY", "TIERS"]), ..own.clone() }));
    let withheld = Item { mask: MaskFlags::INVISIBLE_PATIENT, ..own.clone() };
    assert!(!reads("usager", Assignment, &withheld));
    assert!(reads("medco", Assignment, &Item { place: Place::new(1), ..withheld }));
    assert!(!reads("medco", Assignment, &Item { place: Place::new(1), mask: MaskFlags::MASQUE_PS, ..own }));
    assert!(!reads("usager", Assignment, &item(2, 1, Level::Daily, Family::Org, &[])));
}

#[test]
fn a_writing_in_the_wrong_record_is_left_to_reviewers() {
    let wrong = Item { mask: MaskFlags::MISFILED, ..item(1, 1, Level::Standard, Family::Soin, &[]) };
    assert!(reads("idec", Assignment, &wrong) && reads("chef", Assignment, &wrong));
    for other in ["as", "ide", "medco", "dir", "usager", "auditeur", "interim:ide"] {
        assert!(!reads(other, Assignment, &wrong), "{other}");
    }
    let mine = Item { author: ME, ..wrong.clone() };
    assert!(!reads("ide", Assignment, &mine), "not even its author");
    assert!(!reads("as", BreakGlass, &wrong), "nor who breaks the glass");
    let both = vec![relation("idec", 1, 1, Assignment, &[]), relation("ide", 1, 2, Assignment, &[])];
    assert_eq!(decision(&facts(both, STRONG), &wrong), Decision::Hidden, "the stricter of two functions");
}

#[test]
fn who_read_is_told_to_those_who_answer_for_the_place_and_to_the_person() {
    let journal = |relations, person, place| {
        clearance(&matrix(), &facts(relations, STRONG)).may_read_journal(Person::new(person), Place::new(place))
    };
    let post = |persona: &str, place| vec![relation(persona, 0, place, Assignment, &[])];
    for persona in ["idec", "medco", "chef", "dir"] {
        assert!(journal(post(persona, 1), 5, 1) && journal(post(persona, 0), 5, 1), "{persona}");
        assert!(!journal(post(persona, 2), 5, 1) && !journal(post(persona, 1), 0, 1), "{persona}");
    }
    for persona in ["ide", "sec", "info", "dpo", "usager"] {
        assert!(!journal(post(persona, 1), 5, 1), "{persona}");
    }
    let related = |persona: &str| vec![relation(persona, 5, 1, Assignment, &[])];
    assert!(journal(related("dpo"), 5, 1) && !journal(related("dpo"), 5, 2) && !journal(related("dpo"), 6, 1));
    assert!(journal(related("usager"), 5, 2), "wherever it was");
    assert!(!journal(related("ide"), 5, 1) && !journal(related("rep"), 5, 1));
}

#[test]
fn the_director_reads_events_at_any_level() {
    let director = facts(vec![relation("dir", 0, 1, Assignment, &[]), relation("dir", 1, 1, Assignment, &[])], STRONG);
    assert!(decision(&director, &item(1, 1, Level::VerySensitive, Family::Evt, &["VSX"])).is_permit());
    assert!(!decision(&director, &item(1, 1, Level::Sensitive, Family::Adm, &["VIO"])).is_permit());
    assert!(!decision(&director, &item(1, 1, Level::Standard, Family::Med, &[])).is_permit());
}

#[test]
fn agency_workers_stop_at_the_usual() {
    assert!(reads("interim:ide", Shift, &item(1, 1, Level::Standard, Family::Med, &[])));
    assert!(!reads("interim:ide", Shift, &item(1, 1, Level::Sensitive, Family::Med, &["PSY"])));
}

#[test]
fn obligations_follow_the_level() {
    let nurse = clearance(&matrix(), &facts(vec![relation("ide", 1, 1, Assignment, &[])], STRONG));
    assert!(nurse.obligations(Level::Daily).contains(&Obligation::TeamExport));
    assert_eq!(nurse.obligations(Level::Open), []);
    assert_eq!(
        nurse.obligations(Level::VerySensitive),
        [Obligation::NoPrint, Obligation::NoExport, Obligation::CloseOnLeave]
    );
}

#[test]
fn no_persona_reads_a_category_more_easily_at_a_higher_level() {
    for (persona, kind) in CODES.into_iter().flat_map(|code| RelationKind::ALL.map(|kind| (code, kind))) {
        let clearance = clearance(&matrix(), &facts(vec![relation(persona, 1, 9, kind, &["VIH"])], STRONG));
        for (family, category) in Family::ALL.into_iter().flat_map(|f| Category::ALL.map(|category| (f, category))) {
            let read = Level::ALL
                .map(|level| decide(&clearance, &item(1, 9, level, family, &[category.code()])).decision.is_permit());
            assert!(read.is_sorted_by(|lower, higher| lower >= higher), "{persona} {family} {category} {read:?}");
        }
    }
}

#[test]
fn items_about_nobody_are_not_for_outsiders() {
    let invoice = item(0, 1, Level::Standard, Family::Adm, &[]);
    let at = |persona: &str| facts(vec![relation(persona, 0, 1, Assignment, &[])], STRONG);
    assert!(decision(&at("sec"), &invoice).is_permit());
    for outsider in ["usager", "rep", "medext", "info"] {
        assert_eq!(decision(&at(outsider), &invoice), Decision::Hidden, "{outsider}");
    }
}
