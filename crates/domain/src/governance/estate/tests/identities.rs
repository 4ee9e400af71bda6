//! Who is who.

use super::*;

const UUID: &str = "4c4c4544-0034-3010-8048-b6c04f503732";
const OTHER: &str = "33e737a8-f827-11df-9297-47c0a301005a";

fn machines(texts: &[String]) -> Estate {
    fold(&texts.iter().map(String::as_bytes).collect::<Vec<_>>())
}

#[test]
fn a_serial_number_outweighs_a_new_board_and_a_new_name() {
    let estate = machines(&[
        glpi("PC-1", "CZC0479792", UUID, "00:17:f2:d1:14:32", "22H2", "2026-01-01 08:00:00"),
        glpi("PC-9", "czc 0479792", OTHER, "00:17:f2:d1:14:99", "24H2", "2026-06-01 08:00:00"),
    ]);
    let [only] = estate.assets.as_slice() else { panic!("{}", estate.assets.len()) };
    assert_eq!((only.name.as_str(), only.facts.system.as_ref().unwrap().version.as_deref()), ("PC-9", Some("24H2")));
    let told = only.conflicts.as_slice();
    assert!(
        matches!(told, [Conflict::SeveralNumbers(numbers), Conflict::SeveralNames(names)] if numbers.len() == 2 && names.len() == 2)
    );
}

#[test]
fn numbers_nobody_filled_in_do_not_join_a_fleet() {
    let generic = ["To be filled by O.E.M.", "0", "Default string"];
    let texts: Vec<String> = (0..3)
        .map(|n| {
            glpi(
                &format!("PC-{n}"),
                generic[n],
                "03000200-0400-0500-0006-000700080009",
                "02:42:ac:11:00:02",
                "22H2",
                "2026-01-01",
            )
        })
        .collect();
    assert_eq!(machines(&texts).assets.len(), 3);
}

#[test]
fn an_unknown_number_that_stands_everywhere_identifies_nothing() {
    let texts: Vec<String> = (0..4)
        .map(|n| {
            glpi(
                &format!("PC-{n}"),
                "LOT-2021-A",
                &format!("4c4c4544-0034-3010-8048-b6c04f50373{n}"),
                "",
                "22H2",
                "2026-01-01",
            )
        })
        .collect();
    let estate = machines(&texts);
    assert_eq!(estate.assets.len(), 4);
    assert!(estate.assets.iter().all(|asset| matches!(asset.conflicts[0], Conflict::SharedNumber(_))));
}

#[test]
fn a_docking_station_does_not_join_two_laptops() {
    let dock = "a4:bb:6d:00:00:01";
    let estate = machines(&[
        glpi("PC-1", "AAAA1111", "", dock, "22H2", "2026-01-01"),
        glpi("PC-2", "BBBB2222", "", dock, "22H2", "2026-01-02"),
    ]);
    assert_eq!(estate.assets.len(), 2);
    assert!(estate.assets.iter().all(|asset| matches!(asset.conflicts.as_slice(), [Conflict::SharedCard(_)])));
}

#[test]
fn two_machines_of_one_name_are_numbered_and_a_line_that_fits_both_waits() {
    let estate = machines(&[
        glpi("PC-1", "AAAA1111", "", "", "22H2", "2026-01-01"),
        glpi("pc-1", "BBBB2222", "", "", "23H2", "2026-01-02"),
        "FullDomainName,NeededCount\nPC-1.residence.local,3\n".to_owned(),
    ]);
    let names: Vec<&str> = estate.assets.iter().map(|asset| asset.name.as_str()).collect();
    assert_eq!(names, ["PC-1", "pc-1#2"]);
    assert_eq!(estate.unmatched.iter().map(|line| line.told).collect::<Vec<_>>(), [Reason::Ambiguous]);
    assert_eq!(
        estate.fates(3).into_values().map(|(fate, _)| fate).collect::<Vec<_>>(),
        [Fate::Unmatched(Reason::Ambiguous)]
    );
}

#[test]
fn names_join_in_any_case_and_with_their_domain() {
    let estate = machines(&[
        glpi("PC-1", "AAAA1111", "", "", "22H2", "2026-01-01"),
        "FullDomainName,NeededCount\npc-1.residence.local,3\n".to_owned(),
    ]);
    assert_eq!(estate.assets.len(), 1);
    assert_eq!(estate.assets[0].name, "PC-1");
    assert_eq!(estate.fates(2).into_values().map(|(fate, _)| fate).collect::<Vec<_>>(), [Fate::Matched]);
    assert_eq!(estate.fates(1).into_values().map(|(fate, _)| fate).collect::<Vec<_>>(), [Fate::Created]);
}

#[test]
fn what_was_deduced_from_outside_gives_way_to_what_is_told() {
    let scan = r#"<nmaprun start="1795400000"><host endtime="1795400000"><status state="up"/>
        <address addr="10.0.0.4" addrtype="ipv4"/><hostnames><hostname name="PC-1"/></hostnames>
        <os><osmatch name="Linux 4.15" accuracy="99"><osclass type="general purpose" osfamily="Linux"/></osmatch></os></host></nmaprun>"#;
    let estate = machines(&[glpi("PC-1", "AAAA1111", "", "", "22H2", "2026-01-01"), scan.to_owned()]);
    assert_eq!(estate.assets.len(), 1);
    assert_eq!(estate.assets[0].facts.system.as_ref().unwrap().name.as_deref(), Some("Windows"));
    assert_eq!(estate.assets[0].last, 1_795_400_000_000_000);
    let alone = machines(&[scan.to_owned()]);
    assert!(alone.assets[0].facts.system.as_ref().unwrap().guessed);
}

#[test]
fn an_older_file_imported_later_changes_nothing_newer() {
    let new = glpi("PC-1", "AAAA1111", "", "", "24H2", "2026-06-01");
    let old = glpi("PC-1", "AAAA1111", "", "", "21H2", "2022-06-01");
    let estate = machines(&[new, old]);
    assert_eq!(estate.assets[0].facts.system.as_ref().unwrap().version.as_deref(), Some("24H2"));
    assert_eq!(estate.assets[0].seen.len(), 2, "history is kept");
}

#[test]
fn an_update_server_does_not_take_the_edition_from_a_machine_that_told_it() {
    let own = |kernel: &str| {
        serde_json::json!({"deviceid": "x", "content": {"accesslog": {"logdate": "2026-01-01"}, "hardware": {"name": "BORNE"},
            "operatingsystem": {"name": "Windows", "full_name": "Microsoft Windows 10 Entreprise LTSC", "kernel_version": kernel}}})
        .to_string()
    };
    let server =
        "FullDomainName,OSDescription,OSVersion,LastSyncTime\nborne,Windows 10 Enterprise,10.0.19044.7000,2026-06-01\n";
    let system = |kernel: &str| machines(&[own(kernel), server.to_owned()]).assets[0].facts.system.clone().unwrap();
    let same = system("10.0.19044");
    assert_eq!(
        (same.display(), same.service_pack.as_deref()),
        ("Microsoft Windows 10 Entreprise LTSC", Some("19044.7000"))
    );
    assert_eq!(system("10.0.17763").display(), "Windows 10 Enterprise", "another build: it has been upgraded since");
}

#[test]
fn copies_of_a_virtual_machine_and_a_shared_dock_are_two_machines_and_say_so() {
    let cloned = [
        glpi("VM-1", "VMware-42 1c", UUID, "00:50:56:00:00:01", "22H2", "2026-01-01"),
        glpi("VM-2", "VMware-42 1c", UUID, "00:50:56:00:00:02", "22H2", "2026-01-02"),
    ];
    let estate = machines(&cloned);
    assert_eq!(estate.assets.len(), 2);
    assert!(estate.assets.iter().all(|asset| matches!(asset.conflicts.as_slice(), [Conflict::SharedNumber(_)])));
    let with = |name: &str, own: &str| {
        serde_json::json!({"deviceid": name, "content": {"hardware": {"name": name}, "networks": [{"mac": "a4:bb:6d:00:00:01"}, {"mac": own}]}})
            .to_string()
    };
    let estate = machines(&[with("PC-1", "00:17:f2:00:00:01"), with("PC-2", "00:17:f2:00:00:02")]);
    assert_eq!(estate.assets.len(), 2);
    assert!(estate.assets.iter().all(|asset| matches!(asset.conflicts.as_slice(), [Conflict::SharedCard(_)])));
}

#[test]
fn a_machine_renamed_or_installed_anew_is_one_and_says_its_names() {
    let estate = machines(&[
        glpi("PC-OLD", "CZC0479792", UUID, "00:17:f2:d1:14:32", "22H2", "2026-01-01"),
        glpi("PC-NEW", "CZC0479792", UUID, "00:17:f2:d1:14:32", "25H2", "2026-06-01"),
    ]);
    let [only] = estate.assets.as_slice() else { panic!() };
    assert_eq!(only.name, "PC-NEW");
    assert_eq!(only.conflicts, [Conflict::SeveralNames(vec!["pc-new".into(), "pc-old".into()])]);
}

fn scanned(name: &str, mac: &str) -> String {
    format!(
        r#"<nmaprun start="1770000000"><host endtime="1770000000"><status state="up"/><address addr="10.0.0.4" addrtype="ipv4"/>
        <address addr="{mac}" addrtype="mac"/><hostnames><hostname name="{name}"/></hostnames></host></nmaprun>"#
    )
}

#[test]
fn a_full_name_and_a_short_one_are_one_machine_unless_a_number_or_card_says_otherwise() {
    let own = |mac: &str| glpi("PC-12", "AAAA1111", UUID, mac, "22H2", "2026-01-01");
    let updates = |name: &str| format!("FullDomainName,NeededCount\n{name},3\n");
    for other in [
        updates("pc-12.asso.local"),
        updates("ASSO\\PC-12"),
        scanned("pc-12.asso.local", "00:17:f2:d1:14:32"),
        // The name of the network's own domain says nothing of the machine's.
        scanned("PC-12.lan", "00:17:f2:d1:14:32"),
    ] {
        let estate = machines(&[own("00:17:f2:d1:14:32"), updates("pc-12.asso.local"), other.clone()]);
        assert_eq!(estate.assets.len(), 1, "{other}");
        assert!(estate.assets[0].conflicts.is_empty() && estate.unmatched.is_empty(), "{other}");
    }
    let other = glpi("pc-12.asso.local", "BBBB2222", OTHER, "00:17:f2:d1:14:99", "22H2", "2026-01-02");
    let estate = machines(&[own("00:17:f2:d1:14:32"), other]);
    assert_eq!(estate.assets.len(), 2);
    assert!(estate.assets.iter().all(|asset| asset.conflicts.contains(&Conflict::SameName("pc-12".into()))));
    let estate = machines(&[own("00:17:f2:d1:14:32"), scanned("pc-12.asso.local", "00:17:f2:d1:14:77")]);
    assert_eq!(estate.assets.len(), 2, "another card");
    assert!(estate.assets.iter().all(|asset| asset.conflicts.contains(&Conflict::SameName("pc-12".into()))));
}

#[test]
fn two_domains_told_from_inside_are_two_machines() {
    let updates = "FullDomainName,NeededCount\npc-1.nord.local,3\npc-1.sud.local,1\n".to_owned();
    assert_eq!(machines(std::slice::from_ref(&updates)).assets.len(), 2);
    // Whoever scans both networks tells them apart by their domains.
    let estate = machines(&[updates, scanned("pc-1.nord.local", "00:17:f2:d1:14:32")]);
    assert_eq!(estate.assets.len(), 2);
    assert!(estate.unmatched.is_empty());
}

#[test]
fn a_name_cut_to_fifteen_signs_is_the_longer_one_where_there_is_one_alone() {
    let long = |name: &str, serial: &str| glpi(name, serial, "", "", "22H2", "2026-01-01");
    let cut = "FullDomainName,NeededCount\nPC-INFIRMERIE-M,3\n".to_owned();
    let estate = machines(&[long("PC-INFIRMERIE-MIMOSAS", "AAAA1111"), cut.clone()]);
    assert_eq!(estate.assets.len(), 1);
    let both = [long("PC-INFIRMERIE-MIMOSAS", "AAAA1111"), long("PC-INFIRMERIE-MARGUERITES", "BBBB2222"), cut];
    assert_eq!(machines(&both).assets.len(), 3, "nobody can say which");
}
