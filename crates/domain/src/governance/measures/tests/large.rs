//! Ten thousand machines: run in release, on a machine at rest; what is asserted is an order of magnitude.

use super::super::*;
use crate::governance::estate::{Estate, Source, read};
use crate::governance::obsolescence::Facts;
use jiff::civil::date;
use std::collections::BTreeMap;
use std::time::Instant;

const MANY: usize = 10_000;

/// An inventory, an update server, the staff and the directory.
fn files() -> [String; 4] {
    let machine = |n: usize| {
        let programs: Vec<_> = (0..60)
            .map(|p| serde_json::json!({"name": format!("Logiciel {}", (n * 7 + p * 13) % 400), "version": format!("{}.1", p % 9)}))
            .collect();
        serde_json::json!({"deviceid": format!("PC-{n}-2026-11-20-10-00-00"), "itemtype": "Computer", "content": {
            "accesslog": {"logdate": "2026-11-20 10:00:00"}, "hardware": {"name": format!("PC-{n}"), "chassis_type": "Desktop"},
            "bios": {"ssn": format!("SN{n:06}X")}, "networks": [{"mac": format!("00:17:f2:{:02x}:{:02x}:{:02x}", n >> 16, n >> 8 & 255, n & 255)}],
            "operatingsystem": {"name": "Windows", "full_name": "Microsoft Windows 11 Professionnel", "kernel_version": "10.0.22631"},
            "softwares": programs}}).to_string()
    };
    let mut staff = "Matricule;Nom;Prénom;Date d'entrée;Date de sortie\n".to_owned();
    let mut accounts = "sAMAccountName;displayName;Enabled\n".to_owned();
    // Names are letters: numbers of a name say nothing.
    let name = |n: usize| n.to_string().bytes().map(|digit| char::from(b'a' + digit - b'0')).collect::<String>();
    for n in 0..MANY {
        let named = name(n);
        staff += &format!("{n};NOM{named};Marie;01/02/2019;{}\n", if n % 9 == 0 { "02/03/2026" } else { "" });
        accounts += &format!("m.nom{named};Marie NOM{named};True\n");
    }
    let updates: String = (0..MANY).map(|n| format!("pc-{n}.asso.local,{}\n", n % 3)).collect();
    [
        (0..MANY).map(machine).collect::<Vec<_>>().join("\n"),
        format!("FullDomainName,NeededCount\n{updates}"),
        staff,
        accounts,
    ]
}

#[test]
#[ignore = "takes a while in debug"]
fn ten_thousand_machines_take_seconds() {
    let today = date(2026, 11, 24);
    let now = crate::local_time::instant(today.at(9, 0, 0, 0));
    let files = files();
    let began = Instant::now();
    let parsed: Vec<_> = files.iter().map(|file| read(file.as_bytes()).unwrap()).collect();
    let read_in = began.elapsed();
    let lines = parsed.into_iter().zip(1..).flat_map(|(parsed, import)| {
        let source = Source { import, at: now, file: String::new(), format: parsed.format, line: 0, entry: 0 };
        Estate::lines(source, parsed.lines).collect::<Vec<_>>()
    });
    let began = Instant::now();
    let estate = Estate::fold(lines);
    let folded_in = began.elapsed();
    assert_eq!(estate.assets.len(), MANY);
    let facts = Facts::read().unwrap();
    let (settings, own) = (Settings::default(), Own::default());
    let inputs = Inputs {
        estate: &estate,
        imports: &BTreeMap::new(),
        facts: &facts,
        own: &own,
        settings: &settings,
        derogations: &[],
        actions: &[],
        declared: &[],
        now,
        today,
    };
    let mut judged_in = Vec::new();
    for _ in 0..3 {
        let began = Instant::now();
        assert!(!assess(inputs, &Profile::default()).is_empty());
        judged_in.push(began.elapsed());
    }
    let began = Instant::now();
    assert_eq!(staffing(&estate, today).len(), MANY);
    let staffed_in = began.elapsed();
    let all = read_in + folded_in + judged_in[0] + staffed_in;
    let told = format!("read {read_in:?}, folded {folded_in:?}, judged {judged_in:?}, staff {staffed_in:?}");
    assert!(all.as_secs() < 60, "{told}");
    #[expect(clippy::print_stderr, reason = "a measurement is read by whoever asked for it")]
    {
        eprintln!("{told}");
    }
}
