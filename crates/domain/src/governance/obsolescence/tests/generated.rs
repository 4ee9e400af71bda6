//! What must hold for any name, any date and any table.

use super::*;
use jiff::ToSpan as _;
use jiff::civil::Date;
use proptest::prelude::*;

/// Editions with the line of cycles they follow, in French and English.
const EDITIONS: [(&str, &str); 12] = [
    ("Professionnel", "w"),
    ("Pro", "w"),
    ("Famille", "w"),
    ("Home", "w"),
    ("Pro N", "w"),
    ("Pro for Workstations", "w"),
    ("Entreprise", "e"),
    ("Enterprise", "e"),
    ("Éducation", "e"),
    ("Entreprise LTSC", "e-lts"),
    ("Enterprise LTSC", "e-lts"),
    ("IoT Enterprise LTSC", "iot-lts"),
];

#[test]
fn every_windows_cycle_is_found_back_from_its_build_and_edition() {
    let facts = Facts::shipped();
    let mut cases = 0;
    for cycle in facts.products["windows"].cycles.iter().filter(|cycle| cycle.build.starts_with("10.0.")) {
        let (family, rest) = cycle.id.split_once('-').unwrap();
        let (release, line) = rest.split_once('-').unwrap_or((rest, ""));
        for (edition, _) in
            EDITIONS.iter().filter(|(_, follows)| *follows == line || (line.is_empty() && *follows == "w"))
        {
            let name = format!("Microsoft Windows {family} {edition}");
            let shown = release.to_uppercase();
            let plain = Observed { name: &name, build: &cycle.build, ..Observed::default() };
            let from_version = Observed { name: &name, version: &shown, ..Observed::default() };
            let revision = format!("{}.6456", cycle.build);
            let from_server = Observed { name: &name, version: &revision, ..Observed::default() };
            for observed in [plain, from_version, from_server] {
                let found = assess(facts, &observed, date(2026, 11, 23));
                assert_eq!(found.cycle.as_deref(), Some(cycle.id.as_str()), "{observed:?}");
                assert_eq!(found.eol, cycle.security.day());
                cases += 1;
            }
        }
    }
    assert!(cases > 200, "{cases}");
}

#[test]
fn every_numbered_cycle_is_found_back_from_its_version() {
    let facts = Facts::shipped();
    let families = [
        ("debian", "Debian GNU/Linux"),
        ("ubuntu", "Ubuntu"),
        ("rhel", "Red Hat Enterprise Linux"),
        ("rocky-linux", "Rocky Linux"),
        ("almalinux", "AlmaLinux"),
        ("fedora", "Fedora Linux"),
        ("macos", "macOS"),
        ("ios", "iOS"),
        ("ipados", "iPadOS"),
        ("android", "Android"),
        ("vmware-esxi", "VMware ESXi"),
        ("proxmox-ve", "Proxmox VE"),
        ("fortios", "FortiOS"),
        ("pan-os", "PAN-OS"),
        ("opnsense", "OPNsense"),
        ("xcp-ng", "XCP-ng"),
        ("routeros", "RouterOS"),
    ];
    let mut cases = 0;
    for (id, name) in families {
        for cycle in &facts.products[id].cycles {
            if !cycle.id.chars().all(|c| c.is_ascii_digit() || c == '.') {
                continue;
            }
            let (full, patch) = (format!("{name} {}", cycle.id), format!("{}.7", cycle.id));
            let spaced = format!("{name}\u{a0}{}", cycle.id);
            let written = [
                Observed { name: &full, ..Observed::default() },
                Observed { name: &spaced, ..Observed::default() },
                Observed { name, version: &cycle.id, ..Observed::default() },
                Observed { name, version: &patch, ..Observed::default() },
            ];
            for observed in written {
                let found = assess(facts, &observed, date(2026, 11, 23));
                // « 8.7 » of a product whose cycles are « 8 » and « 8.7 » is the longer one.
                let longer = facts.products[id].find(&patch).is_some();
                if !(longer && observed.version == patch) {
                    assert_eq!(found.product.as_deref(), Some(id), "{observed:?} {found:?}");
                    assert_eq!(found.cycle.as_deref(), Some(cycle.id.as_str()), "{observed:?} {found:?}");
                }
                cases += 1;
            }
        }
    }
    assert!(cases > 800, "{cases}");
}

/// A verdict by another way: counting days, not comparing calendars.
fn naive(cycle: &table::Cycle, free: bool, at: Date) -> &'static str {
    let days = |end: Date| (end - at).get_days();
    let same_day_next_year = |at: Date| {
        let (month, day) = (at.month(), at.day());
        Date::new(at.year() + 1, month, day).unwrap_or_else(|_| date(at.year() + 1, 2, 28))
    };
    match (cycle.security, cycle.active, cycle.extended) {
        (table::End::Open, table::End::On(active), _) if days(active) < 0 => "support_partiel",
        (table::End::Open, table::End::Over, _) => "support_partiel",
        (table::End::Open, ..) if days(date(2027, 8, 22)) < 0 => "inconnu",
        (table::End::Open, ..) => "supporte",
        (table::End::Untold, ..) => "inconnu",
        (table::End::On(end), ..) if days(end) >= 0 => {
            if days(end) <= days(same_day_next_year(at)) {
                "fin_dans_12_mois"
            } else {
                "supporte"
            }
        }
        (_, _, table::End::On(extended)) if days(extended) >= 0 && free => "support_etendu_gratuit",
        (_, _, table::End::On(extended)) if days(extended) >= 0 => "hors_support_sauf_preuve_support_etendu",
        (_, _, table::End::Over) => "hors_support_sauf_preuve_support_etendu",
        _ => "hors_support",
    }
}

#[test]
fn verdicts_are_those_of_a_naive_reading_around_every_date() {
    let facts = Facts::shipped();
    for (id, name) in
        [("debian", "Debian"), ("ubuntu", "Ubuntu"), ("ios", "iOS"), ("ipados", "iPadOS"), ("rhel", "RHEL")]
    {
        for cycle in &facts.products[id].cycles {
            let observed = Observed { name, version: &cycle.id, ..Observed::default() };
            let dates = [cycle.active, cycle.security, cycle.extended].map(table::End::day);
            let others = [date(2028, 2, 29), date(2024, 2, 29), date(2027, 8, 22)];
            for around in dates.into_iter().flatten().chain(others) {
                for shift in [-367, -366, -365, -364, -1, 0, 1] {
                    let at = around.checked_add(shift.days()).unwrap();
                    let wanted = naive(cycle, id == "debian", at);
                    assert_eq!(assess(facts, &observed, at).verdict.code(), wanted, "{id} {} on {at}", cycle.id);
                }
            }
        }
    }
}

#[test]
fn that_no_end_is_announced_is_news_for_a_year() {
    let ios = Observed { name: "iOS", version: "26", ..Observed::default() };
    let at = |day: Date| assess(Facts::shipped(), &ios, day);
    assert_eq!(at(date(2027, 8, 22)).verdict, Verdict::Supported);
    let old = at(date(2027, 8, 23));
    assert_eq!(old.verdict, Verdict::Unknown);
    assert!(old.reason.fr.contains("22/08/2026") && old.reason.fr.contains("à vérifier"), "{}", old.reason.fr);
    // Newer facts that still announce none are news again; an end that is announced needs no news.
    let loaded = Facts::with_table("=ios\tiOS\n26\t-\t0\t-\n", date(2027, 8, 1)).unwrap();
    assert_eq!(assess(&loaded, &ios, date(2028, 7, 31)).verdict, Verdict::Supported);
    let windows = Observed { name: "Windows Server 2025", ..Observed::default() };
    assert_eq!(assess(Facts::shipped(), &windows, date(2028, 1, 1)).verdict, Verdict::Supported);
}

#[test]
fn a_leap_day_has_its_year() {
    let facts = Facts::with_table("=debian\tDebian\n99\t-\t2029-02-28\t-\n", date(2026, 1, 1)).unwrap();
    let observed = Observed { name: "Debian 99", ..Observed::default() };
    assert_eq!(assess(&facts, &observed, date(2028, 2, 29)).verdict, Verdict::EndsWithinYear);
    assert_eq!(assess(&facts, &observed, date(2028, 2, 27)).verdict, Verdict::Supported);
    assert_eq!(assess(&facts, &observed, date(2028, 2, 28)).verdict, Verdict::EndsWithinYear);
}

#[test]
fn a_loaded_file_adds_products_by_name_and_by_cpe() {
    let json = r#"{"wagtail": {"title": "Wagtail", "identifiers": [{"cpe": "cpe:2.3:a:torchbox:wagtail"}],
        "releases": [{"releaseCycle": "6.1", "eol": "2024-11-01"}]}}"#;
    let (table, left_out) = Facts::convert(json).unwrap();
    assert!(left_out.is_empty());
    let facts = Facts::with_table(&table, date(2026, 1, 1)).unwrap();
    let by_name = Observed { kind: Kind::Software, name: "Wagtail", version: "6.1.3", ..Observed::default() };
    let cpe = "cpe:2.3:a:torchbox:wagtail:6.1.2:*:*:*:*:*:*:*";
    let by_cpe = Observed { kind: Kind::Software, name: "site", cpe, ..Observed::default() };
    for observed in [by_name, by_cpe] {
        assert_eq!(assess(&facts, &observed, date(2026, 1, 1)).verdict, Verdict::Ended, "{observed:?}");
        assert_eq!(assess(Facts::shipped(), &observed, date(2026, 1, 1)).verdict, Verdict::Unknown);
    }
    // What is shipped stays.
    let debian = Observed { name: "Debian 12", ..Observed::default() };
    assert_eq!(assess(&facts, &debian, date(2026, 11, 23)).verdict, Verdict::FreeExtended);
}

proptest! {
    #[test]
    fn any_text_has_a_verdict_and_a_reason(name in "\\PC{0,60}", version in "\\PC{0,20}", build in "[0-9.]{0,12}") {
        for kind in [Kind::System, Kind::Software, Kind::Device] {
            let observed = Observed { kind, name: &name, version: &version, build: &build, ..Observed::default() };
            let found = assess(Facts::shipped(), &observed, date(2026, 11, 23));
            prop_assert!(!found.reason.rule.is_empty() && !found.reason.fr.is_empty());
            prop_assert!(found.cycle.is_none() || found.product.is_some());
        }
    }

    #[test]
    fn time_only_makes_it_worse(days in 0i32..4000, later in 0i32..2000) {
        let rank = |verdict: Verdict| Verdict::ALL.iter().position(|one| *one == verdict);
        let at = |days: i32| date(2020, 1, 1).checked_add(days.days()).unwrap();
        for (name, version) in [("Windows 10 Pro", "10.0.19045"), ("Debian", "12"), ("iPadOS", "15"), ("RHEL", "8")] {
            let observed = Observed { name, version, ..Observed::default() };
            let before = assess(Facts::shipped(), &observed, at(days)).verdict;
            let after = assess(Facts::shipped(), &observed, at(days + later)).verdict;
            prop_assert!(rank(before) <= rank(after));
        }
    }
}
