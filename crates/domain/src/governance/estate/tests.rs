//! Files of our own, the samples where they are, and properties over random estates.

use super::*;
use proptest::prelude::*;

mod bounds;
mod departures;
mod directories;
mod formats;
mod identities;
mod lists;
mod newest;
mod packages;
mod samples;

static DEMO: std::sync::LazyLock<Vec<crate::demo::EstateFile>> =
    std::sync::LazyLock::new(|| crate::demo::estate(crate::demo::Edition::of(1, jiff::civil::date(2026, 11, 24))));
/// One was cut, and may be the beginning of another one.
const NAMES: [&str; 6] =
    ["PC-0", "PC-1", "pc-1", "PC-INFIRMERIE-M", "PC-INFIRMERIE-MIMOSAS", "PC-INFIRMERIE-MARRONNIER"];
const NOW: i64 = 1_795_500_000_000_000;

fn source(import: i64, file: &str, format: Format) -> Source {
    Source { import, at: NOW + import, file: file.into(), format, line: 0, entry: 0 }
}

/// Each text is an import of its own, in this order.
fn fold(texts: &[&[u8]]) -> Estate {
    Estate::fold(texts.iter().zip(1..).flat_map(|(bytes, import)| {
        let parsed = read(bytes).unwrap();
        Estate::lines(source(import, "file", parsed.format), parsed.lines).collect::<Vec<_>>()
    }))
}

fn asset<'a>(estate: &'a Estate, name: &str) -> &'a Asset {
    estate.assets.iter().find(|asset| asset.name == name).unwrap()
}

fn glpi(name: &str, serial: &str, uuid: &str, mac: &str, version: &str, at: &str) -> String {
    serde_json::json!({"deviceid": format!("{name}-2020-01-01-00-00-00"), "itemtype": "Computer", "content": {
        "accesslog": {"logdate": at}, "hardware": {"name": name, "uuid": uuid}, "bios": {"ssn": serial},
        "networks": [{"mac": mac, "type": "ethernet"}],
        "operatingsystem": {"name": "Windows", "full_name": "Microsoft Windows 11 Professionnel", "version": version}}})
    .to_string()
}

fn sighting() -> impl Strategy<Value = Sighting> {
    let number = |letter: &'static str| proptest::option::of((0..4_u8).prop_map(move |n| format!("{letter}00{n}AB")));
    let uuid = proptest::option::of((0..4_u8).prop_map(|n| format!("4c4c4544-0034-3010-8048-b6c04f50373{n}")));
    let mac = proptest::collection::btree_set((0..5_u8).prop_map(|n| format!("00:17:f2:d1:14:3{n}")), 0..3);
    let name =
        proptest::option::of(((0..6_usize), proptest::option::of(0..2_u8)).prop_map(|(n, domain)| Name {
            shown: NAMES[n].to_owned(),
            domain: domain.map(|n| format!("d{n}.local")),
        }));
    let system = proptest::option::of((0..3_u8).prop_map(|n| System {
        name: Some("Windows".into()),
        version: Some(format!("2{n}H2")),
        ..System::default()
    }));
    let seen = proptest::option::of((0..4_i64).prop_map(|n| NOW - n));
    let all = (number("S"), uuid, mac, name, system, seen, any::<bool>()).prop_map(
        |(serial, uuid, macs, name, system, seen, outside)| Sighting {
            traits: Traits { serial, uuid, macs, name },
            facts: Facts { system, ..Facts::default() },
            seen,
            outside,
            ..Sighting::default()
        },
    );
    all.prop_filter("a line that identifies nothing is not a sighting", |sighting| !sighting.traits.is_empty())
}

fn lines() -> impl Strategy<Value = Vec<(Source, Content)>> {
    proptest::collection::vec((sighting(), 1..4_i64), 0..14).prop_map(|all| {
        let line = |(entry, (sighting, import)): (usize, (Sighting, i64))| {
            let source = Source { entry: entry as u64, ..source(import, "file", Format::Glpi) };
            (source, Content::Machine(Box::new(sighting)))
        };
        all.into_iter().enumerate().map(line).collect()
    })
}

proptest! {
    #[test]
    fn the_order_of_lines_says_nothing(all in lines(), seed in any::<u64>()) {
        let mut other = all.clone();
        let mut state = seed | 1;
        for at in (1..other.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            other.swap(at, usize::try_from(state >> 33).unwrap() % (at + 1));
        }
        prop_assert_eq!(Estate::fold(all), Estate::fold(other));
    }

    #[test]
    fn a_line_given_twice_is_one_line(all in lines()) {
        let twice: Vec<_> = all.iter().chain(&all).cloned().collect();
        prop_assert_eq!(Estate::fold(all).assets, Estate::fold(twice).assets);
    }

    #[test]
    fn the_same_file_again_changes_no_machine(all in lines()) {
        let again = all.iter().map(|(source, content)| (Source { import: source.import + 10, ..source.clone() }, content.clone()));
        let twice: Vec<_> = all.iter().cloned().chain(again).collect();
        let view = |estate: &Estate| -> Vec<_> {
            estate.assets.iter().map(|asset| (asset.name.clone(), asset.facts.clone(), asset.traits.clone(), asset.last)).collect()
        };
        prop_assert_eq!(view(&Estate::fold(all)), view(&Estate::fold(twice)));
    }

    #[test]
    fn no_line_is_lost(all in lines()) {
        let count = all.len();
        let estate = Estate::fold(all);
        let told: usize = estate.assets.iter().map(|asset| asset.seen.len()).sum();
        prop_assert_eq!(told + estate.unmatched.len(), count);
        let fates: usize = (0..5).map(|import| estate.fates(import).len()).sum();
        prop_assert_eq!(fates, count);
    }

    #[test]
    fn machines_of_two_serial_numbers_are_two(all in lines()) {
        for asset in Estate::fold(all).assets {
            let serials: std::collections::BTreeSet<_> = asset.seen.iter().filter_map(|seen| seen.told.traits.serial_key()).collect();
            let shared = asset.conflicts.iter().any(|conflict| matches!(conflict, Conflict::SharedNumber(_)));
            prop_assert!(serials.len() <= 1 || shared);
        }
    }

    #[test]
    fn reading_never_fails_but_by_refusing(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = read(&bytes);
    }

    #[test]
    fn reading_what_looks_like_a_file_never_panics(start in 0..6_usize, rest in "[\\PC\n;,\"<>{}\\[\\]&:=]{0,200}") {
        let starts = ["<REQUEST><QUERY>INVENTORY</QUERY>", "{\"deviceid\":\"x\",\"content\":{", "sAMAccountName;", "dn: cn=x\n",
            "<nmaprun><host>", "[{\"hostIdentifier\":\"x\",\"snapshot\":["];
        let _ = read(format!("{}{rest}", starts[start]).as_bytes());
    }

    #[test]
    fn damaged_files_are_refused_or_read_into_lines_that_can_be_kept(
        file in 0..7_usize, cuts in proptest::collection::vec((0..4_000_usize, any::<u8>(), 0..3_u8), 1..6)
    ) {
        let mut bytes = DEMO[file].1.clone().into_bytes();
        bytes.truncate(4_000);
        for (at, byte, what) in cuts {
            let at = at % bytes.len();
            match what {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => bytes.truncate(at.max(1)),
            }
        }
        if let Ok(parsed) = read(&bytes) {
            let kept = serde_json::to_string(&parsed.lines).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Vec<Line>>(&kept).unwrap(), &parsed.lines);
            let count = parsed.lines.len();
            let estate = Estate::fold(Estate::lines(source(1, "file", parsed.format), parsed.lines));
            prop_assert_eq!(estate.fates(1).len(), count);
        }
    }
}
