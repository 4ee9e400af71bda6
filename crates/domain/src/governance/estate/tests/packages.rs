//! Packages of distributions, and what programs are made of; results of osquery that name their machine or do not.

use super::*;
use crate::governance::obsolescence::Facts as Ends;

/// Of each program of a machine, its product.
fn products(estate: &Estate, name: &str) -> Vec<(String, Option<String>)> {
    let judged = asset(estate, name).software_findings(Ends::shipped(), jiff::civil::date(2026, 11, 28));
    judged.into_iter().map(|one| (one.name, one.finding.product)).collect()
}

fn programs(system: &str, list: &str) -> Estate {
    let text = format!(
        r#"{{"deviceid":"SRV","content":{{"hardware":{{"name":"SRV"}},"operatingsystem":{{"full_name":"{system}"}},"softwares":[{list}]}}}}"#
    );
    fold(&[text.as_bytes()])
}

#[test]
fn a_package_of_a_distribution_is_not_judged_by_the_dates_of_its_author() {
    let debian = "Debian GNU/Linux 12 (bookworm)";
    for list in [
        r#"{"name":"nginx","version":"1.18.0-9+deb12u1","from":"deb"}"#,
        r#"{"name":"nginx","version":"1.18.0-9","from":"rpm"}"#,
        r#"{"name":"nginx","version":"1.18.0-6.1+b1"}"#,
        r#"{"name":"nginx","version":"1.18.0-6ubuntu14.4"}"#,
        r#"{"name":"nginx","version":"1.18.0-2ubuntu2.10"}"#,
    ] {
        assert_eq!(products(&programs(debian, list), "SRV"), [("nginx".to_owned(), None)], "{list}");
    }
    let revision = r#"{"name":"nginx","version":"1.18.0-6+deb11u3","publisher":"Quelqu'un"}"#;
    assert_eq!(products(&programs("Linux", revision), "SRV"), [("nginx".to_owned(), None)]);
    for (system, list) in [
        (debian, r#"{"name":"nginx","version":"1.18.0-1~bookworm","from":"deb"}"#),
        (debian, r#"{"name":"nginx","version":"1.18.0","from":"snap"}"#),
        (debian, r#"{"name":"nginx","version":"1.18.0-1","from":"deb"}"#),
        (debian, r#"{"name":"nginx","version":"1.18.0-9"}"#),
        (debian, r#"{"name":"nginx","version":"1.18.0-1ubuntu23.10","from":"deb"}"#),
        (debian, r#"{"name":"nginx","version":"1.18.0-1ubuntu22.04","from":"deb"}"#),
        (debian, r#"{"name":"nginx","version":"1.18.0-1.el9","from":"rpm","publisher":"F5, Inc."}"#),
        ("Microsoft Windows Server 2022 Standard", r#"{"name":"nginx","version":"1.18.0"}"#),
    ] {
        let found = products(&programs(system, list), "SRV");
        assert_eq!(found, [("nginx".to_owned(), Some("nginx".to_owned()))], "{list}");
    }
}

#[test]
fn results_of_osquery_say_by_their_table_what_is_a_package() {
    let row = |table: &str, more: &str| {
        format!(
            r#"{{"name":"pack_{table}","hostIdentifier":"SRV","unixTime":1795400000,"snapshot":[{{"name":"nginx","version":"1.18.0"{more}}}]}}"#
        )
    };
    for (table, more, product) in [
        ("deb_packages", "", Some("nginx".to_owned())),
        ("rpm_packages", "", None),
        ("deb_packages", r#","maintainer":"Debian Nginx Maintainers <x@lists.debian.org>""#, None),
        ("deb_packages", r#","maintainer":"NGINX Packaging <x@nginx.com>""#, Some("nginx".to_owned())),
        ("programs", "", Some("nginx".to_owned())),
    ] {
        let estate = fold(&[row(table, more).as_bytes()]);
        assert_eq!(products(&estate, "SRV"), [("nginx".to_owned(), product)], "{table} {more}");
    }
}

#[test]
fn a_number_that_packages_put_before_a_version_is_not_the_version() {
    let own = r#"{"name":"mariadb-server","version":"1:10.11.6+maria~deb12","publisher":"MariaDB Developers"}"#;
    let judged =
        asset(&programs("Linux", own), "SRV").software_findings(Ends::shipped(), jiff::civil::date(2026, 11, 28));
    assert_eq!(judged[0].finding.cycle.as_deref(), Some("10.11"));
    assert_eq!(judged[0].version.as_deref(), Some("1:10.11.6+maria~deb12"), "shown as it is told");
}

#[test]
fn parts_that_are_packages_of_a_distribution_are_left_to_it() {
    let bill = r#"{"bomFormat":"CycloneDX","specVersion":"1.5","metadata":{"component":{"name":"DUI"}},"components":[
        {"type":"library","name":"nginx","version":"1.18.0","purl":"pkg:deb/debian/nginx@1.18.0"},
        {"type":"library","name":"nginx","version":"1.18.0","purl":"pkg:generic/nginx@1.18.0"}]}"#;
    let estate = fold(&[bill.as_bytes()]);
    let judged = estate.products[0]
        .told
        .components
        .iter()
        .map(|one| one.judged(Ends::shipped(), jiff::civil::date(2026, 11, 28)));
    let products: Vec<Option<String>> = judged.map(|one| one.finding.product).collect();
    assert_eq!(products, [None, Some("nginx".to_owned())]);
    let nameless = bill.replace(r#""metadata":{"component":{"name":"DUI"}},"#, "");
    assert_eq!(read(nameless.as_bytes()).unwrap().lines[0].content, Content::Unread(Reason::Program));
}

const INFO: &str = r#""computer_name":"PC-7","hostname":"pc-7","hardware_serial":"OSQ12345","uuid":"4C4C4544-0034-4D10-8048-B2C04F503799""#;
const OS: &str =
    r#""name":"Microsoft Windows 11 Pro","version":"10.0.22631","build":"22631","platform":"windows","major":"10""#;
const PROGRAM: &str = r#""identifying_number":"","install_location":"","name":"Mozilla Firefox (x64 fr)","publisher":"Mozilla","version":"115.9.1""#;

#[test]
fn rows_that_osqueryi_prints_are_read_where_they_name_a_machine() {
    for text in [
        format!("[\n {{{INFO},{OS}}}\n]\n"),
        format!("[{{{OS}}},{{{INFO}}}]"),
        format!("[\n {{{OS}}}\n]\n[\n {{{INFO}}}\n]\n"),
        format!(r#"[{{{INFO},"os_version":"Microsoft Windows 11 Pro 23H2"}}]"#),
    ] {
        let parsed = read(text.as_bytes()).unwrap();
        assert_eq!((parsed.format, parsed.lines.len()), (Format::Osquery, 1), "{text}");
        let estate = fold(&[text.as_bytes()]);
        let machine = asset(&estate, "PC-7");
        assert_eq!(machine.traits.serial.as_deref(), Some("OSQ12345"));
        assert!(machine.traits.uuid.is_some());
        let finding = machine.system_finding(Ends::shipped(), jiff::civil::date(2026, 11, 28));
        assert_eq!(finding.cycle.as_deref(), Some("11-23h2-w"), "{text}");
    }
    let list =
        r#"[{"hostname":"PC-9","uuid":"4C4C4544-0034-4D10-8048-B2C04F503790","serial":"AAAA9999","os":"Windows 7"}]"#;
    assert_eq!(read(list.as_bytes()).unwrap().format, Format::Computers, "a list of machines stays one");
    let programs = fold(&[format!("[{{{INFO}}},{{{PROGRAM}}},{{\"x\":1}}]").as_bytes()]);
    assert_eq!(products(&programs, "PC-7"), [("Mozilla Firefox (x64 fr)".to_owned(), Some("firefox".to_owned()))]);
    assert_eq!(programs.unmatched.iter().map(|line| line.told).collect::<Vec<_>>(), [Reason::Foreign]);
}

#[test]
fn rows_of_machines_without_a_number_of_their_own_are_told_apart_by_name() {
    let row = |name: &str, program: &str| {
        format!(
            r#"{{"hardware_serial":"To be filled by O.E.M.","hostname":"{name}","name":"{program}","version":"1","identifying_number":""}}"#
        )
    };
    let mut rows = vec![row("PC-1", "A"), row("PC-2", "B"), row("PC-1", "A")];
    let estate = fold(&[format!("[{}]", rows.join(",")).as_bytes()]);
    assert_eq!(estate.assets.len(), 2);
    assert_eq!(asset(&estate, "PC-1").facts.software.as_ref().unwrap().len(), 1, "each once");
    rows.extend((0..20_000).map(|n| row("PC-1", &format!("{n}"))));
    let estate = fold(&[format!("[{}]", rows.join(",")).as_bytes()]);
    assert_eq!(asset(&estate, "PC-1").facts.software.as_ref().unwrap().len(), 20_001);
}

#[test]
fn rows_that_name_no_machine_ask_for_its_name() {
    for text in [format!("[{{{OS}}}]"), format!("[{{{PROGRAM}}}]"), format!("[{{{OS}}}]\n[{{{PROGRAM}}}]")] {
        let refused = read(text.as_bytes()).unwrap_err();
        assert_eq!(refused, Refusal::Hostless, "{text}");
        assert!(refused.french().contains("hostIdentifier"));
    }
    let other = INFO.replace("OSQ12345", "OSQ67890").replace("503799", "503798").replace("-7", "-8");
    let estate = fold(&[format!("[{{{INFO}}},{{{other}}},{{{OS}}}]").as_bytes()]);
    assert_eq!(estate.assets.len(), 2);
    assert_eq!(estate.unmatched.iter().map(|line| line.told).collect::<Vec<_>>(), [Reason::Host], "of which of both?");
}
