//! An estate, staff and a Socle in which every rule holds.

use super::super::*;
use crate::governance::estate::{
    Account, Antivirus, Asset, Component, Content, Database, Drive, Estate, Facts, Firewall, Format, Kind, Movement,
    Name, Patch, Port, Sighting, Software, Source, State as Told, System, Traits,
};
use crate::governance::list_request::{Asker, ListRequest};
use crate::governance::obsolescence;
use jiff::ToSpan as _;
use jiff::civil::{Date, date};
use std::collections::BTreeMap;

pub(super) const DAY: i64 = 86_400_000_000;
pub(super) const TODAY: Date = date(2026, 11, 23);

pub(super) fn now() -> i64 {
    crate::local_time::instant(TODAY.at(9, 0, 0, 0))
}

/// Everything rules look at, to be changed by tests.
#[derive(Clone)]
pub(super) struct World {
    pub(super) lines: Vec<Content>,
    pub(super) own: Own,
    pub(super) settings: Settings,
    pub(super) derogations: Vec<Derogation>,
    pub(super) actions: Vec<Action>,
    pub(super) declared: Vec<(Declared, i64)>,
    pub(super) profile: Profile,
    pub(super) now: i64,
    pub(super) today: Date,
}

fn system(name: &str, version: &str, kernel: &str) -> Option<System> {
    let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    Some(System {
        name: text(name),
        full_name: text(name),
        version: text(version),
        kernel: text(kernel),
        ..System::default()
    })
}

fn machine(name: &str, facts: Facts) -> Content {
    let serial = format!("SN-{name}");
    let traits = Traits { serial: Some(serial), name: Name::parse(name, None), ..Traits::default() };
    let facts = Facts { holder: Some("Accueil".into()), location: Some("Rez-de-chaussée".into()), ..facts };
    Content::Machine(Box::new(Sighting {
        traits,
        facts,
        seen: Some(now() - DAY),
        outside: false,
        ..Sighting::default()
    }))
}

/// A workstation with everything right.
fn workstation(name: &str, kind: Kind, address: &str) -> Content {
    machine(
        name,
        Facts {
            kind: Some(kind),
            system: system("Microsoft Windows 11 Entreprise", "25H2", "10.0.26200"),
            software: Some(vec![Software {
                name: "LibreOffice 26.2.1".into(),
                version: Some("26.2.1".into()),
                ..Software::default()
            }]),
            patches: Some(vec![Patch { id: "KB5062554".into(), installed: Some("2026-11-11".into()) }]),
            antivirus: Some(vec![Antivirus { name: "Defender".into(), enabled: Told::Yes, up_to_date: Told::Yes }]),
            firewalls: Some(vec![Firewall { profile: None, on: Told::Yes }]),
            drives: Some(vec![Drive { name: "C:".into(), system: true, encrypted: Told::Yes, method: None }]),
            remote: Some(Vec::new()),
            admins: Some(vec!["Administrateur".into()]),
            secure_boot: Some(Told::Yes),
            addresses: Some(vec![address.into()]),
            ..Facts::default()
        },
    )
}

fn server() -> Content {
    machine(
        "SRV-1",
        Facts {
            kind: Some(Kind::Server),
            system: system("Microsoft Windows Server 2022 Standard", "21H2", "10.0.20348"),
            software: Some(vec![Software {
                name: "PostgreSQL 17".into(),
                version: Some("17.2".into()),
                ..Software::default()
            }]),
            patches: Some(vec![Patch { id: "KB5062555".into(), installed: Some("2026-11-11".into()) }]),
            antivirus: Some(vec![Antivirus { name: "Defender".into(), enabled: Told::Yes, up_to_date: Told::Yes }]),
            firewalls: Some(vec![Firewall { profile: None, on: Told::Yes }]),
            remote: Some(Vec::new()),
            databases: Some(vec![Database {
                name: "paie".into(),
                version: None,
                backed_up: Told::Yes,
                last_backup: Some("2026-11-22 23:00:00".into()),
            }]),
            addresses: Some(vec!["192.168.20.2".into()]),
            ..Facts::default()
        },
    )
}

/// The same machine, as the network shows it.
fn scan(name: &str, address: &str, ports: &[u16]) -> Content {
    let ports = ports.iter().map(|number| Port {
        protocol: "tcp".into(),
        number: *number,
        service: None,
        cpe: None,
        tls: None,
    });
    let facts = Facts { addresses: Some(vec![address.into()]), ports: Some(ports.collect()), ..Facts::default() };
    let traits = Traits { name: Name::parse(name, None), ..Traits::default() };
    Content::Machine(Box::new(Sighting {
        traits,
        facts,
        seen: Some(now() - DAY),
        outside: true,
        ..Sighting::default()
    }))
}

fn account(login: &str, display: &str, groups: &[&str]) -> Content {
    Content::Account(Account {
        login: login.into(),
        display: Some(display.into()),
        enabled: Some(true),
        last_seen: Some(now() - 2 * DAY),
        password_set: Some(now() - 100 * DAY),
        created: Some(now() - 900 * DAY),
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
        ..Account::default()
    })
}

fn staff(number: &str, family: &str, given: &str, ends: Option<&str>) -> Content {
    Content::Movement(Movement {
        number: number.into(),
        family: family.into(),
        given: given.into(),
        starts: Some("2020-01-01".into()),
        ends: ends.map(str::to_owned),
        ..Movement::default()
    })
}

/// An action for a measure, as it should be.
pub(super) fn planned(measure: &str) -> Action {
    Action {
        title: format!("Traiter {measure}"),
        measure: Some(measure.into()),
        owner: Owner { name: "Ivan".into(), account: None },
        due: TODAY.checked_add(60.days()).ok(),
        ..Action::default()
    }
}

pub(super) fn holder(login: &str, display: &str, ends: Option<i64>) -> Holder {
    Holder { login: login.into(), display: display.into(), ends }
}

fn found() -> Option<Found> {
    let all = ["m.durand", "n.nouveau"].map(|name| Named { name: name.into(), fine: true });
    Some(Found { at: now() - DAY, all: all.into() })
}

fn numbered(login: &str, name: &str, number: &str) -> Numbered {
    Numbered { login: login.into(), names: vec![name.into()], number: Some(number.into()) }
}

fn year_end() -> i64 {
    crate::local_time::instant(date(2026, 12, 31).at(0, 0, 0, 0))
}

fn own() -> Own {
    let (all, now) = (Share { comply: 12, of: 12 }, now());
    let fine = |days: i64| Some(Check { at: now - days * DAY, ok: true });
    Own {
        accounts: Some(Accounts { personal: Some(all), used: Some(all) }),
        factors: Some(Factors { carers: found().unwrap().all, administrators: found().unwrap().all }),
        idle_minutes: Some(10),
        passwords: Some(Passwords { shortest: 12, known_refused: true, under_rule: all, chosen: all }),
        blocked_after: Some(5),
        charter: found().map(|found| found.all),
        people: vec![
            holder("m.durand", "Martine DURAND, infirmière", None),
            holder("n.nouveau", "Nadia NOUVEAU", Some(year_end())),
        ],
        review: Some(all),
        numbers: Some(Numbers { at: now - DAY, all: vec![numbered("m.durand", "Martine DURAND", "10000000009")] }),
        audit: Some(Audit {
            traced: fine(1),
            verified: fine(0),
            witnessed: Some(now - 2 * DAY),
            clock: Some(Clock { at: now, went_back: false, synchronised: Some(true) }),
            purged: fine(5),
            listed: fine(20),
        }),
        backup: Some(Backup {
            last: Some(now - DAY / 2),
            copies: 3,
            media: 2,
            elsewhere: 1,
            canary: fine(3),
            read_again: fine(3),
            drill: fine(20),
            took_s: Some(600),
            by_age: Some(true),
        }),
        looked: Some(all),
        requests: vec![
            ListRequest { asked: date(2026, 6, 1), by: Asker::Heir, given: Some(date(2026, 6, 30)) },
            ListRequest { asked: date(2026, 10, 23), by: Asker::Person, given: None },
        ],
        printed: Some(all),
        packs: Some(Packs { units: all, opened: Some(now - 20 * DAY) }),
        reaches: found().map(|found| found.all),
        level4: found(),
        devices: Some(all),
        rights: Some(Rights {
            at: now,
            trusted: Some(all),
            protection: Some(all),
            informed: Some(all),
            consents: Some(all),
            retention: Some(all),
            representatives: Some(Share::default()),
        }),
        sha256: "own".into(),
    }
}

impl World {
    /// Where everything holds.
    pub(super) fn sound() -> Self {
        let lines = vec![
            workstation("PC-1", Kind::Desktop, "192.168.10.11"),
            workstation("PC-2", Kind::Laptop, "192.168.10.12"),
            server(),
            scan("PC-1", "192.168.10.11", &[]),
            scan("vpn", "203.0.113.10", &[443]),
            machine(
                "vpn",
                Facts {
                    kind: Some(Kind::Network),
                    model: Some("FortiGate 60F".into()),
                    firmware: Some("7.6.1".into()),
                    ..Facts::default()
                },
            ),
            account("m.durand", "Martine DURAND", &["G_SOINS"]),
            account("n.nouveau", "Nadia NOUVEAU", &[]),
            account("adm.loic", "Loic ADMIN", &["Domain Admins"]),
            staff("1", "DURAND", "Martine", None),
            staff("4", "NOUVEAU", "Nadia", Some("2026-12-31")),
            staff("2", "ANCIEN", "Paul", Some("2026-04-30")),
            Content::Product(crate::governance::estate::Bill {
                name: "dui".into(),
                components: vec![Component {
                    name: "openssl".into(),
                    version: Some("3.5.1".into()),
                    ..Component::default()
                }],
                ..crate::governance::estate::Bill::default()
            }),
        ];
        let mut world = Self {
            lines,
            own: own(),
            settings: Settings::default(),
            derogations: vec![Derogation {
                measure: "POSTE-07".into(),
                reason: "en cours".into(),
                from: TODAY,
                until: TODAY.checked_add(30.days()).unwrap(),
            }],
            actions: vec![planned("MAJ-03")],
            declared: Vec::new(),
            profile: Profile::default(),
            now: now(),
            today: TODAY,
        };
        let scan = super::registers::scan("TLSv1.2", "2027-06-01T00:00:00");
        super::registers::SOUND
            .iter()
            .copied()
            .chain([scan.as_str()])
            .for_each(|text| super::registers::told(&mut world, text));
        world.machine("TAB-1", |facts| {
            (facts.holder, facts.location) = (Some("Accueil".into()), Some("Étage".into()));
            facts.drives = Some(vec![Drive { name: "data".into(), system: true, encrypted: Told::Yes, method: None }]);
        });
        world.account("n.nouveau", |account| account.expires = Some(year_end()));
        world
    }

    pub(super) fn machine(&mut self, name: &str, change: impl Fn(&mut Facts)) {
        for line in &mut self.lines {
            if let Content::Machine(sighting) = line
                && !sighting.outside
                && sighting.traits.name.as_ref().is_some_and(|known| known.shown == name)
            {
                change(&mut sighting.facts);
            }
        }
    }

    pub(super) fn sighting(&mut self, name: &str, change: impl Fn(&mut Sighting)) {
        for line in &mut self.lines {
            if let Content::Machine(sighting) = line
                && sighting.traits.name.as_ref().is_some_and(|known| known.shown == name)
            {
                change(sighting);
            }
        }
    }

    pub(super) fn account(&mut self, login: &str, change: impl Fn(&mut Account)) {
        for line in &mut self.lines {
            if let Content::Account(account) = line
                && account.login == login
            {
                change(account);
            }
        }
    }

    pub(super) fn add_account(&mut self, login: &str, display: &str, groups: &[&str]) {
        self.lines.push(account(login, display, groups));
    }

    pub(super) fn add_scan(&mut self, name: &str, address: &str, ports: &[u16]) {
        self.lines.push(scan(name, address, ports));
    }

    pub(super) fn estate(&self) -> Estate {
        let source = |entry: u64| Source {
            import: 1,
            at: now() - DAY,
            file: "f".into(),
            format: Format::Glpi,
            line: entry,
            entry,
        };
        Estate::fold(self.lines.iter().zip(1..).map(|(line, entry)| (source(entry), line.clone())))
    }

    pub(super) fn statuses(&self) -> Vec<Status> {
        let imports = BTreeMap::from([(1, (now() - DAY, "hash".to_owned()))]);
        let inputs = Inputs {
            estate: &self.estate(),
            imports: &imports,
            facts: obsolescence::Facts::shipped(),
            own: &self.own,
            settings: &self.settings,
            derogations: &self.derogations,
            actions: &self.actions,
            declared: &self.declared,
            now: self.now,
            today: self.today,
        };
        assess(inputs, &self.profile)
    }

    pub(super) fn status(&self, measure: &str) -> Status {
        self.statuses().into_iter().find(|status| status.measure == measure).unwrap()
    }

    pub(super) fn key(&self, name: &str) -> String {
        self.estate().assets.iter().find(|asset: &&Asset| asset.name == name).unwrap().key.clone()
    }
}
