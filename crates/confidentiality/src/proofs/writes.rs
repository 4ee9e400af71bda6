//! Who may write; what a program may do; what the audit is told.

use super::world::*;
use crate::RelationKind::{Assignment, Grant};
use crate::*;

const ONE: Person = Person::new(1);
const NOBODY: Person = Person::new(0);
const HERE: Place = Place::new(1);
const ELSEWHERE: Place = Place::new(2);

fn secret() -> Label {
    Label::new(Level::VerySensitive, Category::Vih.into())
}

fn actor(persona: &str, session: Session) -> Clearance {
    let relations = vec![relation(persona, 0, 1, Assignment, &[]), relation(persona, 1, 1, Assignment, &[])];
    clearance(&matrix(), &facts(relations, session))
}

fn client(place: Option<Place>, cap: Level, write: bool, purpose: Purpose) -> Clearance {
    let session = Session { strength: Strength::Client, age_s: 0, step_up_age_s: None, ..Session::none() };
    let client = Some(ClientScope { place, cap, write, chosen_ids: true });
    clearance(&matrix(), &Facts { client, purpose, ..facts(Vec::new(), session) })
}

#[test]
fn whoever_has_a_relation_writes_at_any_level() {
    let aide = actor("as", USUAL);
    let permit = permit(&aide, Action::Create, ONE, HERE, &secret()).unwrap();
    assert_eq!((permit.actor(), permit.person(), permit.place()), (ME, ONE, HERE));
    assert_eq!((permit.action(), permit.level()), (Action::Create, Level::VerySensitive));
}

#[test]
fn refuses_writes_without_a_relation() {
    let aide = actor("as", USUAL);
    let refused = |person, place| permit(&aide, Action::Create, person, place, &secret()).unwrap_err();
    assert_eq!(refused(Person::new(2), HERE), Refusal::NoRelation);
    assert_eq!(refused(ONE, ELSEWHERE), Refusal::NoRelation);
    assert_eq!(refused(NOBODY, ELSEWHERE), Refusal::NotStaff);
}

#[test]
fn items_about_nobody_are_the_staffs() {
    assert!(permit(&actor("as", USUAL), Action::Create, NOBODY, HERE, &secret()).is_ok());
    assert_eq!(permit(&actor("info", USUAL), Action::Create, NOBODY, HERE, &secret()), Err(Refusal::NotStaff));
}

#[test]
fn only_some_functions_open_records() {
    let admit = |persona| permit(&actor(persona, USUAL), Action::Admit, Person::new(9), HERE, &secret());
    assert!(admit("sec").is_ok());
    assert_eq!(admit("as"), Err(Refusal::NoAdmission));
}

#[test]
fn whoever_admits_at_a_place_says_where_a_person_stays_there() {
    let office = |persona| clearance(&matrix(), &facts(vec![relation(persona, 0, 1, Assignment, &[])], USUAL));
    let asks = |persona, action, place| permit(&office(persona), action, ONE, place, &secret()).map(drop);
    for persona in ["sec", "dir", "chef"] {
        assert_eq!(asks(persona, Action::Lodge, HERE), Ok(()), "{persona}");
        assert_eq!(asks(persona, Action::Lodge, ELSEWHERE), Err(Refusal::NoRelation), "{persona}");
        // Nothing else about somebody whom they do not accompany.
        for action in [Action::Create, Action::Update, Action::Delete] {
            assert_eq!(asks(persona, action, HERE), Err(Refusal::NoRelation), "{persona}");
        }
    }
    for persona in ["as", "ide", "educ", "info", "dpo", "siege"] {
        assert_eq!(asks(persona, Action::Lodge, HERE), Err(Refusal::NoRelation), "{persona}");
    }
    assert!(permit(&actor("as", USUAL), Action::Lodge, ONE, HERE, &secret()).is_ok(), "as any writing");
}

#[test]
fn refuses_writes_of_readers() {
    let relations = vec![relation("auditeur", 1, 1, Grant, &["PSY"])];
    let auditor = clearance(&matrix(), &facts(relations, STRONG));
    assert!(decide(&auditor, &item(1, 1, Level::Sensitive, Family::Med, &["PSY"])).decision.is_permit());
    assert_eq!(permit(&auditor, Action::Update, ONE, HERE, &secret()), Err(Refusal::NoRelation));
    assert_eq!(permit(&actor("as", Session::none()), Action::Create, ONE, HERE, &secret()), Err(Refusal::WeakSession));
}

#[test]
fn clients_write_only_with_the_scope_and_in_their_place() {
    let writer = client(Some(HERE), Level::Standard, true, Purpose::Api);
    assert!(permit(&writer, Action::Create, Person::new(9), HERE, &secret()).is_ok());
    assert_eq!(permit(&writer, Action::Create, ONE, ELSEWHERE, &secret()), Err(Refusal::ClientPlace));
    let reader = client(None, Level::VerySensitive, false, Purpose::Api);
    assert_eq!(permit(&reader, Action::Create, ONE, HERE, &secret()), Err(Refusal::ClientReadOnly));
}

#[test]
fn clients_open_level_four_for_a_declared_purpose_only() {
    let hiv = item(1, 1, Level::VerySensitive, Family::Med, &["VIH"]);
    let reads = |clearance: &Clearance| decide(clearance, &hiv).decision.is_permit();
    let api = client(None, Level::VerySensitive, false, Purpose::Api);
    assert!(api.sees_all() && reads(&api) && api.persons().is_none() && api.may_read_journal(ONE, HERE));
    let care = client(None, Level::VerySensitive, false, Purpose::Care);
    assert!(care.open4().is_none() && !care.sees_all() && !reads(&care) && !care.may_read_journal(ONE, HERE));
    assert!(!reads(&client(Some(ELSEWHERE), Level::VerySensitive, false, Purpose::Api)));
    assert!(!reads(&client(None, Level::Sensitive, false, Purpose::Api)));
}

#[test]
fn jobs_have_their_own_token() {
    assert!(Open4::for_job(Purpose::Care).is_none() && Open4::for_job(Purpose::Api).is_none());
    assert_eq!(Open4::for_job(Purpose::Relabel).unwrap().purpose(), Purpose::Relabel);
}

#[test]
fn the_audit_is_told_by_what_right_and_not_about_whom() {
    let mut relations = vec![relation("ide", 0, 1, Assignment, &[])];
    relations.extend((1..50).map(|person| relation("ide", person, 1, RelationKind::Shift, &[])));
    let nurse = clearance(&matrix(), &facts(relations, STRONG));
    assert_eq!(nurse.why(), ["ide@1", "shift:ide@1"]);
    assert_eq!(nurse.persons().unwrap().len(), 49);
    assert!(nurse.knows(ONE) && !nurse.knows(NOBODY) && !nurse.knows(Person::new(50)));
    assert_eq!(format!("{nurse:?}"), format!("Clearance(actor 100, {} scopes)", nurse.scopes().len()));
}
