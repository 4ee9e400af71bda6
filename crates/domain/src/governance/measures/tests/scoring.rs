//! Freshness, coverage, exceptions and figures.

use super::super::*;
use super::world::{DAY, TODAY, World, now, planned};
use crate::governance::obsolescence::Facts;
use jiff::ToSpan as _;
use proptest::prelude::*;

#[test]
fn what_is_stale_is_never_green() {
    let mut world = World::sound();
    world.now += 400 * DAY;
    world.today = TODAY.checked_add(400.days()).unwrap();
    for status in world.statuses() {
        // What Socle knows of itself is read again today; everything else is too old.
        if status.state == State::Conform {
            assert!(
                status.evidence.iter().all(|one| one.connector == Connector::Dui
                    || one.connector == Connector::Bkp
                    || one.connector == Connector::Sup),
                "{status:?}"
            );
        }
    }
    assert!(figures(&world.statuses()).freshness.percent() < Some(100));
    assert_eq!(figures(&World::sound().statuses()).freshness.percent(), Some(100));
}

#[test]
fn evidence_says_what_it_covers_when_and_from_what() {
    let mut world = World::sound();
    world.machine("PC-1", |facts| facts.antivirus = None);
    let status = world.status("POSTE-01");
    let [one] = status.evidence.as_slice() else { panic!() };
    assert_eq!((one.scope.covered, one.scope.total()), (2, 3));
    assert_eq!(one.scope.not_covered.0, ["PC-1"]);
    assert_eq!(one.raw, ["hash"]);
    assert_eq!(one.effective_to, now() - DAY);
    assert_eq!(one.valid_until, now() + 30 * DAY);
    assert_eq!(one.value, "2 sur 3 postes et serveurs en règle, 1 sans information.");
    assert!(one.holds && status.state == State::ToProve);
    assert!(!format!("{status:?}").contains("PC-1"));
}

#[test]
fn a_missing_source_of_evidence_is_said_unless_it_does_not_exist_here() {
    let mut world = World::sound();
    world.lines.retain(|line| !matches!(line, crate::governance::estate::Content::Account(_)));
    let status = world.status("ID-04");
    assert_eq!(status.state, State::ToProve);
    assert_eq!(status.remaining, ["il manque : annuaire"]);
    world.profile.directory = false;
    assert_eq!(world.status("ID-04").state, State::Conform);
}

#[test]
fn an_exception_ends() {
    let mut world = World::sound();
    world.machine("PC-1", |facts| facts.antivirus = Some(Vec::new()));
    let until = TODAY.checked_add(10.days()).unwrap();
    let derogation = Derogation { measure: "POSTE-01".into(), reason: "machine de test".into(), from: TODAY, until };
    world.derogations.push(derogation);
    assert_eq!(world.status("POSTE-01").state, State::Derogated);
    assert_eq!(world.status("POSTE-01").derogated_until, Some(until));
    let before = figures(&world.statuses());
    assert_eq!(before.derogated, 1);
    world.today = until;
    assert_eq!(world.status("POSTE-01").state, State::Derogated);
    world.today = until.tomorrow().unwrap();
    assert_eq!(world.status("POSTE-01").state, State::Failing);
    assert_eq!(world.status("GOUV-07").state, State::Failing);
    // An exception is not conformity.
    let sound = figures(&World::sound().statuses());
    assert_eq!(before.conformity.part, sound.conformity.part - Level::Base.weight());
}

#[test]
fn the_profile_selects_and_ranks() {
    let mut world = World::sound();
    let count = world.statuses().len();
    world.profile = Profile { nights: false, hosted: false, public_wifi: false, ..Profile::default() };
    assert_eq!(world.statuses().len(), count - 3);
    let of = |id: &str| find(id).unwrap();
    let profile = Profile::default();
    assert!(profile.rank(of("MAJ-01")) > profile.rank(of("POSTE-08")));
    assert!(profile.rank(of("POSTE-08")) > profile.rank(of("RES-07")));
}

fn steps(world: &World, records: &[&str]) -> Vec<Step> {
    let keys = records.iter().map(|name| world.key(name)).collect();
    let exposed = Exposed::of(&world.estate(), Facts::shipped(), &keys, world.today);
    month(&world.profile, &world.statuses(), &exposed, 5)
}

#[test]
fn the_month_begins_with_what_lets_somebody_in_and_ends_with_order() {
    let mut world = World::sound();
    world.machine("PC-1", |facts| facts.antivirus = Some(Vec::new()));
    world.machine("PC-2", |facts| facts.secure_boot = Some(crate::governance::estate::State::No));
    world.actions = vec![planned("POSTE-01"), planned("POSTE-08")];
    world.lines.retain(|line| !matches!(line, crate::governance::estate::Content::Entry(_)));
    let steps = steps(&world, &[]);
    assert_eq!(steps.len(), 5);
    assert_eq!((steps[0].measure.id, steps[0].concerned), ("POSTE-01", Some(1)));
    // Secure Boot does not hold; whether backups are safe from the directory nobody knows: that comes before.
    assert!(steps.iter().any(|step| step.measure.id == "SAUV-08"));
    assert!(steps.iter().all(|step| step.measure.id != "POSTE-08"));
    assert!(steps.iter().all(|step| step.measure.harm == Harm::Opens));
}

#[test]
fn unsupported_and_exposed_machines_go_before_what_is_cheap() {
    let old = |facts: &mut crate::governance::estate::Facts| {
        facts.system = Some(crate::governance::estate::System {
            full_name: Some("Microsoft Windows 7 Professionnel".into()),
            kernel: Some("6.1.7601".into()),
            ..crate::governance::estate::System::default()
        });
    };
    let mut world = World::sound();
    world.machine("PC-1", old);
    for cheap in ["GOUV-07", "POSTE-02", "POSTE-08", "INV-03", "TRACE-03"] {
        assert!(find(cheap).unwrap().cost < find("MAJ-01").unwrap().cost);
    }
    world.machine("PC-2", |facts| {
        facts.firewalls = Some(Vec::new());
        facts.secure_boot = Some(crate::governance::estate::State::No);
        facts.location = None;
    });
    world.derogations[0].until = world.today.yesterday().unwrap();
    assert_eq!(steps(&world, &[])[0].measure.id, "MAJ-01");
    // Of two things alike, the one whose machine opens records, or answers on the Internet, goes first.
    world.add_account("p.ancien", "Paul ANCIEN", &["G_AS"]);
    let place = |steps: &[Step], id: &str| steps.iter().position(|step| step.measure.id == id).unwrap();
    world.machine("SRV-1", |facts| facts.patches.as_mut().unwrap()[0].installed = Some("2026-01-10".into()));
    let usual = steps(&world, &[]);
    let open = steps(&world, &["PC-1"]);
    assert_eq!(open[place(&open, "MAJ-01")].exposed, Some((Exposure::Records, 1)));
    assert_eq!(usual[place(&usual, "MAJ-06")].exposed, Some((Exposure::Shared, 1)));
    world.add_scan("SRV-1", "203.0.113.9", &[443]);
    let public = steps(&world, &["PC-1"]);
    assert_eq!((public[0].measure.id, public[0].exposed), ("MAJ-06", Some((Exposure::Internet, 1))));
}

fn urgent(world: &World) -> Vec<&'static str> {
    let exposed = Exposed::of(&world.estate(), Facts::shipped(), &std::collections::BTreeSet::new(), world.today);
    by_urgency(&world.profile, &world.statuses(), &exposed)
}

#[test]
fn by_urgency_what_stands_worst_comes_first_then_what_matters_most_then_what_was_proven_longest_ago() {
    let mut world = World::sound();
    world.machine("PC-1", |facts| {
        facts.antivirus = Some(Vec::new());
        facts.secure_boot = Some(crate::governance::estate::State::No);
    });
    let turns = |world: &World| -> Vec<usize> {
        let statuses = world.statuses();
        let state = |id: &str| statuses.iter().find(|status| status.measure == id).unwrap().state;
        urgent(world).iter().map(|id| State::ALL.iter().position(|one| *one == state(id)).unwrap()).collect()
    };
    let found = turns(&world);
    assert!(found.is_sorted() && found.len() == world.statuses().len());
    assert_eq!(urgent(&world)[..3], ["POSTE-01", "GOUV-03", "POSTE-08"], "what lets somebody in comes before order");
    let place = |world: &World, id: &str| urgent(world).iter().position(|one| *one == id).unwrap();
    assert!(place(&world, "TRACE-05") < place(&world, "TRACE-01"), "its proof is of yesterday at the latest");
    world.own.audit.as_mut().unwrap().traced = Some(Check { at: now() - 30 * DAY, ok: true });
    assert!(place(&world, "TRACE-01") < place(&world, "TRACE-05"), "its proof ends tomorrow");
}

#[test]
fn nothing_known_is_nothing_proven() {
    let mut world = World::sound();
    world.lines.clear();
    world.own = Own::default();
    world.derogations.clear();
    world.actions.clear();
    let all = world.statuses();
    assert!(all.iter().all(|status| status.state == State::NotCovered));
    let figures = figures(&all);
    assert_eq!(figures.conformity.percent(), Some(0));
    assert_eq!((figures.proof.percent(), figures.freshness.percent()), (None, None));
    assert_eq!(figures.not_covered.percent(), Some(100));
}

proptest! {
    #[test]
    fn forgetting_machines_never_makes_it_greener(kept in proptest::collection::vec(any::<bool>(), 13)) {
        let mut world = World::sound();
        let before = figures(&world.statuses());
        let mut keep = kept.into_iter();
        world.lines.retain(|_| keep.next().unwrap_or(true));
        // Fewer machines may leave fewer to be wrong: here nothing is wrong, so that nothing can be gained.
        prop_assert!(figures(&world.statuses()).conformity.part <= before.conformity.part);
    }

    #[test]
    fn hundredths_reach_the_whole_only_when_all_is(part in 0u32..500, more in 1u32..500) {
        let share = Part { part, whole: part + more };
        prop_assert!(share.percent().unwrap() < 100);
        prop_assert_eq!(Part { part: more, whole: more }.percent(), Some(100));
    }
}
