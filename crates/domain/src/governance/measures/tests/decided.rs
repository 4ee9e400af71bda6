//! What people say and decide: it is never proof, never against a machine, and it ends.

use super::super::*;
use super::world::{DAY, TODAY, World, now};
use jiff::ToSpan as _;
use jiff::civil::Date;

const FAILING: State = State::Failing;

fn sheet(months: &str) -> DeclaredSheet {
    DeclaredSheet {
        holds: "oui".into(),
        on: TODAY.checked_sub(10.days()).unwrap().to_string(),
        who: "Diane".into(),
        proof: "classeur sécurité".into(),
        months: months.into(),
    }
}

fn declared(measure: &str) -> Declared {
    sheet("1").parse(find(measure).unwrap(), TODAY).unwrap()
}

impl World {
    fn says(&mut self, change: impl Fn(&mut Declared), measure: &str) -> Status {
        let mut world = self.clone();
        let mut word = declared(measure);
        change(&mut word);
        world.declared.push((word, now()));
        world.status(measure)
    }
}

#[test]
fn a_word_makes_conform_and_proves_nothing() {
    let mut world = World::sound();
    assert_eq!(world.status("GOUV-02").state, State::NotCovered);
    let status = world.says(|_| (), "GOUV-02");
    assert!(status.state == State::Conform && status.is_declared());
    let before = figures(&world.statuses());
    world.declared.push((declared("GOUV-02"), now()));
    let after = figures(&world.statuses());
    assert!(after.conformity.part > before.conformity.part);
    assert_eq!(after.proof.part, before.proof.part);
    assert!(after.proof.whole > before.proof.whole);
    let debug = format!("{:?}", world.declared);
    assert!(!debug.contains("Diane") && !debug.contains("classeur"));
}

#[test]
fn a_word_grows_old_and_may_say_no() {
    let mut world = World::sound();
    assert_eq!(world.says(|word| word.holds = false, "GOUV-02").state, FAILING);
    let old = world.says(|word| word.on = TODAY.checked_sub(40.days()).unwrap(), "GOUV-02");
    assert!(old.state == State::ToProve && old.stale);
    world.declared.push((declared("GOUV-02"), now()));
    world.now += 60 * DAY;
    assert_eq!(world.status("GOUV-02").state, State::ToProve);
}

#[test]
fn a_word_is_nothing_beside_what_a_machine_sees() {
    let mut world = World::sound();
    world.machine("PC-1", |facts| facts.antivirus = Some(Vec::new()));
    assert_eq!(world.says(|_| (), "POSTE-01").state, FAILING);
    assert!(!may_be_declared("POSTE-01") && may_be_declared("GOUV-02") && may_be_declared("POSTE-06"));
    // What the rules leave open, a word closes; what they refuse it does not.
    assert_eq!(world.status("POSTE-06").state, State::ToProve);
    assert!(world.says(|_| (), "POSTE-06").is_declared());
    world.own.idle_minutes = Some(90);
    assert_eq!(world.says(|_| (), "POSTE-06").state, FAILING);
    // Where nothing is seen at all, a word is all there is.
    world.own.charter = None;
    assert_eq!(world.status("SENS-01").state, State::NotCovered);
    assert!(world.says(|_| (), "SENS-01").is_declared());
}

#[test]
fn a_declaration_says_what_when_who_where_and_for_how_long() {
    let measure = find("SAUV-05").unwrap();
    let wrong = |change: fn(&mut DeclaredSheet)| {
        let mut sheet = sheet("3");
        change(&mut sheet);
        sheet.parse(measure, TODAY).unwrap_err().into_iter().map(|(field, _)| field).collect::<Vec<_>>()
    };
    let fine = sheet("3").parse(measure, TODAY).unwrap();
    assert_eq!(DeclaredSheet::from(&fine), sheet("3"));
    assert_eq!(wrong(|sheet| sheet.months = "4".into()), [DeclaredField::Months]);
    assert_eq!(wrong(|sheet| sheet.on = "2030-01-01".into()), [DeclaredField::On]);
    assert_eq!(wrong(|sheet| sheet.who = " ".into()), [DeclaredField::Who]);
    assert_eq!(wrong(|sheet| sheet.proof.clear()), [DeclaredField::Proof]);
    assert_eq!(wrong(|sheet| sheet.holds.clear()), [DeclaredField::Holds]);
    assert_eq!(DeclaredSheet::default().parse(measure, TODAY).unwrap_err().len(), 4);
    assert!(catalogue().iter().all(|measure| (1..=36).contains(&longest(measure))));
}

fn exemption(kind: &str, subject: &str, until: Date) -> ExemptSheet {
    ExemptSheet { kind: kind.into(), subject: subject.into(), reason: "décidé".into(), until: until.to_string() }
}

/// A measure, what is wrong, and what is decided of it.
type Case = (&'static str, fn(&mut World), &'static str, &'static str);

#[test]
fn what_was_decided_of_one_thing_counts_until_its_day_and_no_longer() {
    let cases: [Case; 5] = [
        (
            "MAJ-03",
            |w| {
                w.machine("PC-1", |facts| {
                    facts.system = Some(crate::governance::estate::System {
                        full_name: Some("Windows 11 Pro".into()),
                        version: Some("25H2".into()),
                        kernel: Some("10.0.26200".into()),
                        ..Default::default()
                    });
                })
            },
            "remplacement",
            "PC-1",
        ),
        ("INV-04", |w| w.sighting("PC-2", |seen| seen.seen = Some(now() - 61 * DAY)), "machine", "PC-2"),
        ("ID-01", |w| w.add_account("accueil", "Accueil", &[]), "compte", "ACCUEIL"),
        (
            "POSTE-05",
            |w| w.machine("PC-1", |facts| facts.admins.as_mut().unwrap().push("DOM\\tech".into())),
            "administrateur",
            "tech",
        ),
        ("RES-01", |w| w.add_scan("vpn2", "203.0.113.11", &[8443]), "port", "8443"),
    ];
    for (measure, wrong, kind, subject) in cases {
        let mut world = World::sound();
        wrong(&mut world);
        assert_eq!(world.status(measure).state, FAILING, "{measure}");
        let until = TODAY.checked_add(5.days()).unwrap();
        let machine = |name: &str| Some(world.key(name));
        let one = exemption(kind, subject, until).parse("x", 61, machine, TODAY).unwrap();
        let on = |day: Date| {
            let mut world = world.clone();
            world.settings = world.settings.with(std::slice::from_ref(&one), day);
            world.status(measure).state
        };
        assert_eq!(on(TODAY), State::Conform, "{measure}");
        assert_eq!(on(until), State::Conform, "{measure}");
        assert_eq!(on(until.tomorrow().unwrap()), FAILING, "{measure}");
        assert_eq!(on(TODAY.yesterday().unwrap()), FAILING, "{measure}");
        let other = Exemption { subject: "autre".into(), ..one.clone() };
        world.settings = world.settings.with(&[other], TODAY);
        assert_eq!(world.status(measure).state, FAILING, "{measure}");
    }
}

#[test]
fn a_decision_has_a_subject_a_reason_and_an_end_that_is_near_enough() {
    let parse = |sheet: &ExemptSheet| {
        let told = sheet.parse("x", 61, |name| (name == "PC-1").then(|| "k".into()), TODAY);
        told.map_err(|wrong| wrong.into_iter().map(|(field, _)| field).collect::<Vec<_>>())
    };
    let soon = TODAY.checked_add(30.days()).unwrap();
    assert_eq!(parse(&exemption("remplacement", "PC-1", soon)).unwrap().subject, "k");
    assert_eq!(parse(&exemption("remplacement", "PC-9", soon)).unwrap_err(), [ExemptField::Subject]);
    for port in ["0", "70000", "https", ""] {
        assert_eq!(parse(&exemption("port", port, soon)).unwrap_err(), [ExemptField::Subject], "{port}");
    }
    assert_eq!(parse(&exemption("autre", "x", soon)).unwrap_err(), [ExemptField::Kind]);
    let no_reason = ExemptSheet { reason: " ".into(), ..exemption("port", "22", soon) };
    assert_eq!(parse(&no_reason).unwrap_err(), [ExemptField::Reason]);
    for until in [TODAY.yesterday().unwrap(), TODAY.checked_add(3.years()).unwrap()] {
        assert_eq!(parse(&exemption("port", "22", until)).unwrap_err(), [ExemptField::Until]);
    }
    assert!(parse(&exemption("remplacement", "PC-1", TODAY.checked_add(3.years()).unwrap())).is_ok());
    assert_eq!(parse(&ExemptSheet::default()).unwrap_err().len(), 4);
    let one = parse(&exemption("compte", "accueil", soon)).unwrap();
    assert!(!format!("{one:?}").contains("accueil"));
    let kept: Exemption = serde_json::from_str(&serde_json::to_string(&one).unwrap()).unwrap();
    assert_eq!(kept, one);
}
