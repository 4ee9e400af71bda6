//! For each measure proven by machine: the fact changes, the verdict changes.

use super::super::*;
use super::world::{DAY, World, holder, now, planned};
use crate::governance::estate::{
    Content, Drive, Entry, Facts, Movement, Remote, Software, State as Told, System, Updates,
};
use jiff::ToSpan as _;
use std::collections::BTreeSet;

/// A measure, what is changed, and where it then stands.
type Flip = (&'static str, fn(&mut World), State);

/// A measure, what is wrong, and what was decided of it.
type Decision = (&'static str, fn(&mut World), fn(&mut World));

fn os(facts: &mut Facts, name: &str, version: &str, kernel: &str) {
    facts.system = Some(System {
        full_name: Some(name.into()),
        version: Some(version.into()),
        kernel: Some(kernel.into()),
        ..System::default()
    });
}

fn less(share: &mut Share) {
    share.comply -= 1;
}

fn failed(check: &mut Option<Check>) {
    *check = check.map(|check| Check { ok: false, ..check });
}

fn aged(check: &mut Option<Check>, days: i64) {
    *check = check.map(|check| Check { at: check.at - days * DAY, ..check });
}

fn is_professional(line: &Content) -> bool {
    matches!(line, Content::Entry(entry) if matches!(**entry, Entry::Professional(_)))
}

fn numbers(world: &mut World) -> &mut Numbered {
    &mut world.own.numbers.as_mut().unwrap().all[0]
}

const FAILING: State = State::Failing;
const TO_PROVE: State = State::ToProve;
const NOT_COVERED: State = State::NotCovered;

const MACHINES: &[Flip] = &[
    ("INV-01", |w| w.add_scan("inconnu", "192.168.10.99", &[80]), FAILING),
    ("INV-01", |w| w.lines.retain(|line| !matches!(line, Content::Machine(seen) if seen.outside)), TO_PROVE),
    ("INV-01", |w| w.lines.retain(|line| !matches!(line, Content::Machine(_))), NOT_COVERED),
    ("INV-02", |w| w.add_scan("inconnu", "192.168.10.99", &[80]), FAILING),
    ("INV-03", |w| w.machine("PC-1", |facts| facts.location = None), FAILING),
    ("INV-03", |w| w.machine("PC-1", |facts| facts.holder = None), FAILING),
    ("INV-04", |w| w.sighting("PC-2", |seen| seen.seen = Some(now() - 61 * DAY)), FAILING),
    ("INV-06", |w| w.machine("PC-1", |facts| facts.software = Some(Vec::new())), FAILING),
    (
        "MAJ-01",
        |w| w.machine("PC-1", |facts| os(facts, "Microsoft Windows 10 Professionnel", "21H2", "10.0.19044")),
        FAILING,
    ),
    ("MAJ-01", |w| w.machine("PC-1", |facts| os(facts, "Microsoft Windows 10 Pro", "22H2", "10.0.19045")), FAILING),
    ("MAJ-01", |w| w.machine("PC-1", |facts| os(facts, "Système maison", "", "")), TO_PROVE),
    ("MAJ-01", |w| w.sighting("PC-1", |seen| seen.seen = Some(now() - 40 * DAY)), TO_PROVE),
    ("MAJ-02", |w| w.machine("SRV-1", |facts| os(facts, "Windows Server 2012 R2", "", "6.3.9600")), FAILING),
    ("MAJ-02", |w| w.machine("vpn", |facts| facts.firmware = Some("6.4.15".into())), FAILING),
    ("MAJ-03", |w| w.machine("PC-1", |facts| os(facts, "Windows 11 Pro", "25H2", "10.0.26200")), FAILING),
    ("MAJ-04", |w| add_program(w, "Microsoft Office Standard 2016"), FAILING),
    ("MAJ-04", |w| add_program(w, "Adobe Flash Player 32"), FAILING),
    (
        "MAJ-05",
        |w| w.machine("PC-1", |facts| facts.patches.as_mut().unwrap()[0].installed = Some("2026-09-01".into())),
        FAILING,
    ),
    ("MAJ-05", |w| w.machine("PC-1", |facts| facts.patches = None), TO_PROVE),
    (
        "MAJ-05",
        |w| {
            w.machine("PC-1", |facts| {
                facts.patches.iter_mut().flatten().for_each(|one| one.installed = Some("2031-01-01".into()))
            })
        },
        TO_PROVE,
    ),
    ("MAJ-05", |w| w.machine("PC-1", |facts| facts.updates = Some(needs(3))), FAILING),
    (
        "MAJ-06",
        |w| w.machine("SRV-1", |facts| facts.patches.as_mut().unwrap()[0].installed = Some("2026-01-10".into())),
        FAILING,
    ),
    ("PREST-11", |w| component(w, "1.1.1w"), FAILING),
    ("POSTE-01", |w| w.machine("PC-1", |facts| facts.antivirus.as_mut().unwrap()[0].up_to_date = Told::No), FAILING),
    ("POSTE-01", |w| w.machine("PC-1", |facts| facts.antivirus.as_mut().unwrap()[0].enabled = Told::No), FAILING),
    ("POSTE-01", |w| w.machine("PC-1", |facts| facts.antivirus = Some(Vec::new())), FAILING),
    ("POSTE-01", |w| w.machine("PC-1", |facts| facts.antivirus = None), TO_PROVE),
    ("POSTE-02", |w| w.machine("PC-2", |facts| facts.firewalls.as_mut().unwrap()[0].on = Told::No), FAILING),
    ("POSTE-03", |w| w.machine("PC-2", |facts| facts.drives = Some(vec![plain_drive()])), FAILING),
    ("POSTE-03", |w| w.machine("PC-2", |facts| facts.drives = None), TO_PROVE),
    (
        "POSTE-04",
        |w| w.machine("PC-1", |facts| facts.remote = Some(vec![Remote { kind: "anydesk".into(), id: None }])),
        FAILING,
    ),
    ("POSTE-04", |w| add_program(w, "TeamViewer 15"), FAILING),
    (
        "POSTE-05",
        |w| w.machine("PC-1", |facts| facts.admins.as_mut().unwrap().push("RESIDENCE\\m.durand".into())),
        FAILING,
    ),
    ("POSTE-08", |w| w.machine("PC-1", |facts| facts.secure_boot = Some(Told::No)), FAILING),
    ("RES-01", |w| w.add_scan("vpn2", "203.0.113.11", &[3389]), FAILING),
    ("RES-01", |w| w.settings.public_ports.clear(), FAILING),
    ("RES-06", |w| w.machine("SRV-1", |facts| facts.addresses = Some(vec!["192.168.10.2".into()])), FAILING),
    (
        "SAUV-01",
        |w| w.machine("SRV-1", |facts| facts.databases.as_mut().unwrap()[0].last_backup = Some("2026-11-01".into())),
        FAILING,
    ),
    ("SAUV-01", |w| w.machine("SRV-1", |facts| facts.databases.as_mut().unwrap()[0].backed_up = Told::No), FAILING),
    ("SAUV-01", |w| backup(w).last = Some(now() - 3 * DAY), FAILING),
];

const PEOPLE: &[Flip] = &[
    ("ID-01", |w| w.add_account("ide1", "Infirmiere 1", &["G_IDE"]), FAILING),
    ("ID-01", |w| w.add_account("accueil", "Accueil", &[]), FAILING),
    ("ID-01", |w| less(accounts(w).personal.as_mut().unwrap()), FAILING),
    ("ID-01", |w| w.lines.retain(|line| !matches!(line, Content::Account(_))), TO_PROVE),
    ("ID-01", |w| w.add_account("accueil@asso.fr", "Claire MARTIN", &[]), FAILING),
    ("ID-02", |w| w.add_account("pancien@asso.fr", "Soins 2", &[]), FAILING),
    ("ID-02", |w| w.add_account("p.ancien", "Paul ANCIEN", &["G_AS"]), FAILING),
    ("ID-02", |w| w.lines.retain(|line| !matches!(line, Content::Movement(_))), NOT_COVERED),
    ("ID-02", |w| w.own.people.push(holder("p.ancien", "Paul ANCIEN, aide-soignant", None)), FAILING),
    ("ID-03", |w| less(w.own.review.as_mut().unwrap()), FAILING),
    ("ID-03", |w| w.own.review = None, NOT_COVERED),
    ("ID-04", |w| w.account("m.durand", |account| account.last_seen = Some(now() - 91 * DAY)), FAILING),
    ("ID-04", |w| w.account("m.durand", |account| account.last_seen = None), FAILING),
    ("ID-04", |w| w.account("m.durand", |account| account.last_seen = Some(now() + 2 * DAY)), TO_PROVE),
    ("ID-04", |w| w.account("m.durand", |one| (one.last_seen, one.use_untold) = (None, true)), TO_PROVE),
    ("ID-04", |w| less(accounts(w).used.as_mut().unwrap()), FAILING),
    ("ID-05", |w| w.own.factors.as_mut().unwrap().carers[0].fine = false, FAILING),
    ("ID-05", |w| w.own.factors = None, NOT_COVERED),
    ("ID-06", |w| w.own.factors.as_mut().unwrap().administrators[0].fine = false, FAILING),
    ("ID-07", |w| w.own.passwords.as_mut().unwrap().shortest = 8, FAILING),
    ("ID-07", |w| less(&mut w.own.passwords.as_mut().unwrap().under_rule), FAILING),
    ("ID-08", |w| numbers(w).number = None, FAILING),
    ("ID-08", |w| numbers(w).names = vec!["Marthe DURAND".into()], FAILING),
    ("ID-08", |w| numbers(w).number = Some("10101010105".into()), TO_PROVE),
    ("ID-08", |w| w.own.numbers.as_mut().unwrap().at -= 31 * DAY, TO_PROVE),
    ("ID-08", |w| w.lines.retain(|line| !is_professional(line)), TO_PROVE),
    ("ID-09", |w| w.account("n.nouveau", |account| account.expires = None), FAILING),
    ("ID-09", |w| w.account("n.nouveau", |one| (one.expires, one.end_untold) = (None, true)), TO_PROVE),
    ("ID-09", |w| w.own.people[1].ends = None, FAILING),
    ("ID-09", |w| *w.own.people[1].ends.as_mut().unwrap() += 10 * DAY, FAILING),
    ("ID-10", |w| w.own.blocked_after = Some(0), FAILING),
    ("ADM-01", many_administrators, FAILING),
    ("ADM-02", |w| w.account("adm.loic", |account| account.groups.push("G_IDE".into())), FAILING),
    ("ADM-03", |w| w.account("adm.loic", |account| account.password_set = Some(now() - 400 * DAY)), FAILING),
    ("ADM-03", |w| w.account("adm.loic", |account| account.password_set = None), TO_PROVE),
    ("ADM-03", |w| w.account("adm.loic", |account| account.password_set = Some(now() + 2 * DAY)), TO_PROVE),
    ("ADM-05", |w| less(&mut w.own.passwords.as_mut().unwrap().chosen), FAILING),
    ("SENS-01", |w| w.own.charter.as_mut().unwrap()[0].fine = false, FAILING),
];

const SOCLE: &[Flip] = &[
    ("POSTE-06", |w| w.own.idle_minutes = Some(31), FAILING),
    ("POSTE-06", |w| w.own.idle_minutes = None, NOT_COVERED),
    ("TRACE-01", |w| failed(&mut audit(w).traced), FAILING),
    ("TRACE-02", |w| failed(&mut audit(w).verified), FAILING),
    ("TRACE-02", |w| aged(&mut audit(w).verified, 3), TO_PROVE),
    ("TRACE-02", |w| audit(w).witnessed = None, FAILING),
    ("TRACE-02", |w| audit(w).witnessed = Some(now() - 8 * DAY), FAILING),
    ("TRACE-03", |w| less(w.own.looked.as_mut().unwrap()), FAILING),
    ("TRACE-03", |w| w.own.looked = None, NOT_COVERED),
    ("TRACE-04", |w| failed(&mut audit(w).purged), FAILING),
    ("TRACE-05", |w| audit(w).clock.as_mut().unwrap().went_back = true, FAILING),
    ("TRACE-05", |w| audit(w).clock.as_mut().unwrap().synchronised = Some(false), FAILING),
    ("TRACE-05", |w| audit(w).clock.as_mut().unwrap().synchronised = None, TO_PROVE),
    ("TRACE-06", |w| failed(&mut audit(w).listed), FAILING),
    ("TRACE-06", |w| w.own.requests[1].asked = w.today.checked_sub(32.days()).unwrap(), FAILING),
    ("DROIT-01", |w| w.own.reaches.as_mut().unwrap()[0].fine = false, FAILING),
    ("DROIT-05", |w| w.own.level4.as_mut().unwrap().all[0].fine = false, FAILING),
    ("DROIT-05", |w| less(w.own.devices.as_mut().unwrap()), FAILING),
    ("DROIT-05", |w| w.own.devices = None, TO_PROVE),
    ("SAUV-02", |w| backup(w).elsewhere = 0, FAILING),
    ("SAUV-02", |w| backup(w).copies = 2, FAILING),
    ("SAUV-03", |w| failed(&mut backup(w).canary), FAILING),
    ("SAUV-03", |w| aged(&mut backup(w).canary, 40), TO_PROVE),
    ("SAUV-04", |w| failed(&mut backup(w).read_again), FAILING),
    ("SAUV-05", |w| failed(&mut backup(w).drill), FAILING),
    ("SAUV-05", |w| aged(&mut backup(w).drill, 100), TO_PROVE),
    ("SAUV-10", |w| backup(w).took_s = Some(5 * 3600), FAILING),
    ("SAUV-12", |w| backup(w).by_age = Some(false), FAILING),
    ("CONT-01", |w| less(&mut w.own.packs.as_mut().unwrap().units), FAILING),
    ("CONT-01", |w| w.own.packs.as_mut().unwrap().opened = Some(now() - 92 * DAY), FAILING),
    ("CONT-01", |w| w.own.packs.as_mut().unwrap().opened = None, FAILING),
    ("CONT-01", |w| (w.own.packs, w.own.printed) = (None, None), NOT_COVERED),
    ("DROIT-02", |w| less(rights(w).trusted.as_mut().unwrap()), FAILING),
    ("DROIT-02", |w| w.own.rights = None, NOT_COVERED),
    ("DROIT-03", |w| less(rights(w).protection.as_mut().unwrap()), FAILING),
    ("DROIT-04", |w| rights(w).representatives = Some(Share { comply: 0, of: 1 }), FAILING),
    ("RGPD-04", |w| less(rights(w).retention.as_mut().unwrap()), FAILING),
    ("RGPD-06", |w| less(rights(w).informed.as_mut().unwrap()), FAILING),
    ("RGPD-06", |w| rights(w).at -= 8 * DAY, TO_PROVE),
    ("RGPD-07", |w| less(rights(w).consents.as_mut().unwrap()), FAILING),
    ("GOUV-03", |w| w.machine("PC-1", |facts| facts.antivirus = Some(Vec::new())), FAILING),
    ("GOUV-03", |w| w.actions[0].due = w.today.yesterday().ok(), FAILING),
    ("GOUV-03", |w| w.actions.clear(), NOT_COVERED),
    ("GOUV-07", |w| w.derogations[0].until = w.today.yesterday().unwrap(), FAILING),
];

fn add_program(world: &mut World, name: &str) {
    world.machine("PC-1", |facts| {
        facts.software.as_mut().unwrap().push(Software { name: name.into(), ..Software::default() });
    });
}

fn needs(count: u64) -> Updates {
    Updates { not_installed: Some(count), reported: Some(now() - DAY), ..Updates::default() }
}

fn plain_drive() -> Drive {
    Drive { name: "C:".into(), system: true, encrypted: Told::No, method: None }
}

fn component(world: &mut World, version: &str) {
    for line in &mut world.lines {
        if let Content::Product(bill) = line {
            bill.components[0].version = Some(version.into());
        }
    }
}

fn many_administrators(world: &mut World) {
    for number in 0..5 {
        world.add_account(&format!("adm.x{number}"), "Admin", &["Admins du domaine"]);
    }
}

fn accounts(world: &mut World) -> &mut Accounts {
    world.own.accounts.as_mut().unwrap()
}

fn rights(world: &mut World) -> &mut Rights {
    world.own.rights.as_mut().unwrap()
}

fn audit(world: &mut World) -> &mut Audit {
    world.own.audit.as_mut().unwrap()
}

fn backup(world: &mut World) -> &mut Backup {
    world.own.backup.as_mut().unwrap()
}

#[test]
fn everything_holds_in_a_sound_world() {
    for status in World::sound().statuses().iter().filter(|status| has_rule(status.measure)) {
        let wanted = if status.remaining.is_empty() { State::Conform } else { State::ToProve };
        assert_eq!(status.state, wanted, "{status:?}");
        assert!(status.evidence.iter().all(|one| one.holds), "{status:?}");
    }
}

#[test]
fn a_changed_fact_changes_the_verdict_of_its_measure() {
    let sound = World::sound();
    for (measure, change, wanted) in [MACHINES, PEOPLE, SOCLE].concat() {
        let mut world = sound.clone();
        change(&mut world);
        let status = world.status(measure);
        assert_eq!(status.state, wanted, "{measure}: {status:?}");
        assert_ne!(sound.status(measure).state, FAILING);
    }
}

#[test]
fn every_rule_is_flipped_by_a_test() {
    let mut flipped: BTreeSet<&str> =
        [MACHINES, PEOPLE, SOCLE].concat().iter().filter(|flip| flip.2 == FAILING).map(|flip| flip.0).collect();
    flipped.extend(super::registers::FILES.iter().filter(|flip| flip.2 == FAILING).map(|flip| flip.0));
    // Told by a scan whose every version and date is tried.
    flipped.insert("RES-03");
    let ruled: BTreeSet<&str> = catalogue().iter().map(|measure| measure.id).filter(|id| has_rule(id)).collect();
    assert_eq!(ruled, flipped);
}

#[test]
fn what_was_decided_counts() {
    let decided: [Decision; 6] = [
        (
            "MAJ-03",
            |w| w.machine("PC-1", |facts| os(facts, "Windows 11 Pro", "25H2", "10.0.26200")),
            |w| {
                let key = w.key("PC-1");
                w.settings.replacements.insert(key, "2027-06-30".parse().unwrap());
            },
        ),
        (
            "POSTE-04",
            |w| add_program(w, "TeamViewer 15"),
            |w| {
                w.settings.remote_tools.insert("TeamViewer".into());
            },
        ),
        (
            "POSTE-05",
            |w| w.machine("PC-1", |facts| facts.admins.as_mut().unwrap().push("DOM\\tech".into())),
            |w| {
                w.settings.local_admins.insert("tech".into());
            },
        ),
        (
            "ID-01",
            |w| w.add_account("accueil", "Accueil", &[]),
            |w| {
                w.settings.exempt_accounts.insert("ACCUEIL".into());
            },
        ),
        (
            "INV-04",
            |w| w.sighting("PC-2", |seen| seen.seen = Some(now() - 61 * DAY)),
            |w| {
                let key = w.key("PC-2");
                w.settings.decided.insert(key);
            },
        ),
        (
            "RES-01",
            |w| w.add_scan("vpn2", "203.0.113.11", &[8443]),
            |w| {
                w.settings.public_ports.insert(8443);
            },
        ),
    ];
    for (measure, change, decide) in decided {
        let mut world = World::sound();
        change(&mut world);
        assert_eq!(world.status(measure).state, FAILING, "{measure}");
        decide(&mut world);
        assert_eq!(world.status(measure).state, State::Conform, "{measure}");
    }
}

#[test]
fn a_replacement_after_the_end_is_too_late() {
    let mut world = World::sound();
    world.machine("PC-1", |facts| os(facts, "Windows 11 Pro", "25H2", "10.0.26200"));
    let key = world.key("PC-1");
    world.settings.replacements.insert(key, "2027-10-13".parse().unwrap());
    assert_eq!(world.status("MAJ-03").state, FAILING);
}

#[test]
fn somebody_who_came_back_may_have_an_account() {
    let mut world = World::sound();
    world.add_account("p.ancien", "Paul ANCIEN", &[]);
    world.lines.push(Content::Movement(Movement {
        number: "2b".into(),
        family: "Ancien".into(),
        given: "Paul".into(),
        starts: Some("2026-11-01".into()),
        ..Movement::default()
    }));
    assert_eq!(world.status("ID-02").state, State::Conform);
}

#[test]
fn what_does_not_hold_is_planned_by_an_open_action_of_its_own() {
    let mut world = World::sound();
    world.machine("PC-1", |facts| facts.antivirus = Some(Vec::new()));
    let stands = |change: fn(&mut Action)| {
        let mut world = world.clone();
        world.actions.push(planned("POSTE-01"));
        change(world.actions.last_mut().unwrap());
        world.status("GOUV-03").state
    };
    assert_eq!(stands(|_| ()), State::Conform);
    assert_eq!(stands(|action| action.measure = Some("POSTE-02".into())), FAILING);
    assert_eq!(stands(|action| action.due = None), FAILING);
    assert_eq!(stands(|action| action.owner.name.clear()), FAILING);
    for state in [ActionState::Done, ActionState::Abandoned] {
        let mut world = world.clone();
        world.actions.push(Action { state, ..planned("POSTE-01") });
        assert_eq!(world.status("GOUV-03").state, FAILING);
    }
    // What a written exception excuses needs no plan, and what does not count here neither.
    let until = world.today.tomorrow().unwrap();
    let excuse = Derogation { measure: "POSTE-01".into(), reason: "essai".into(), from: world.today, until };
    world.derogations.push(excuse);
    assert_eq!(world.status("GOUV-03").state, State::Conform);
}
