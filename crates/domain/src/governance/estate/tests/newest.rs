//! Which of several tellings is the newest: lists beside the machine's own words, and dates of a future.

use super::*;

/// An inventory by the agent, of one machine, with its system and what dates it.
fn agent(system: &str, dates: &str) -> String {
    format!(
        r#"{{"deviceid":"PC-1-2024-03-12-10-11-12","itemtype":"Computer","content":{{"hardware":{{"name":"PC-1"}},"bios":{{"ssn":"AAAA1111"}},
        "operatingsystem":{{{system}{dates}}}}}"#
    )
}

const TEN: &str = r#""name":"Windows","full_name":"Microsoft Windows 10 Entreprise","version":"22H2","kernel_version":"10.0.19045","service_pack":"19045.4046""#;
const ELEVEN: &str =
    r#""name":"Windows","full_name":"Microsoft Windows 11 Entreprise","version":"24H2","kernel_version":"10.0.26100""#;

fn name(estate: &Estate) -> &str {
    asset(estate, "PC-1").facts.system.as_ref().unwrap().display()
}

#[test]
fn a_newer_list_moves_a_machine_off_its_old_system() {
    let march = agent(TEN, r#","boot_time":"2026-03-01 07:00:00"}"#);
    for list in [
        "Nom;Numéro de série;Système d'exploitation - Nom;Système d'exploitation - Version;Dernière modification\n\
            PC-1;AAAA1111;Microsoft Windows 11 Pro;24H2;2026-11-09 08:12\n",
        "FullDomainName,ClientVersion,LastSyncTime,OSDescription\npc-1.x.local,10.0.26100.4046,2026-11-10,Windows 11 Pro\n",
        "Name,OperatingSystem,OperatingSystemVersion,LastLogonDate\nPC-1,Windows 11 Professionnel,10.0 (26100),2026-11-10\n",
        "Machine;Système;RAM (Mo);Dernier inventaire\nPC-1;Microsoft Windows 11 Pro;8192;2026-11-10 08:12:33\n",
    ] {
        let estate = fold(&[march.as_bytes(), list.as_bytes()]);
        assert!(name(&estate).contains("Windows 11"), "{list}");
        let older = list.replace("2026-11", "2026-01");
        let estate = fold(&[march.as_bytes(), older.as_bytes()]);
        assert_eq!(name(&estate), "Microsoft Windows 10 Entreprise", "{older}");
        let same = list.replace("Windows 11", "Windows 10").replace("26100", "19045").replace("24H2", "22H2");
        let estate = fold(&[march.as_bytes(), same.replace("10.0.19045.4046", "10.0.19041.4046").as_bytes()]);
        assert_eq!(name(&estate), "Microsoft Windows 10 Entreprise", "the edition is the machine's: {same}");
    }
}

#[test]
fn a_list_without_a_date_or_a_build_does_not_outdo_the_machine() {
    let march = agent(TEN, r#","boot_time":"2026-03-01 07:00:00"}"#);
    let undated = "Nom;Numéro de série;OS;Version\nPC-1;AAAA1111;Windows 7;\n";
    let estate = fold(&[march.as_bytes(), undated.as_bytes()]);
    assert_eq!(name(&estate), "Microsoft Windows 10 Entreprise");
    let build = undated.replace("7;\n", "11 Pro;10.0.26100.4046\n");
    let estate = fold(&[march.as_bytes(), build.as_bytes()]);
    assert_eq!(name(&estate), "Windows 11 Pro");
    let dated = "Machine;Système;Dernier inventaire\nPC-1;Microsoft Windows 11 Pro;2026-11-10 08:12:33\n";
    let estate = fold(&[march.as_bytes(), dated.as_bytes(), undated.as_bytes()]);
    assert_eq!(name(&estate), "Microsoft Windows 11 Pro", "a dated list stands behind the one that is passed over");
    let alone = fold(&[undated.as_bytes()]);
    assert_eq!(name(&alone), "Windows 7");
}

#[test]
fn what_is_dated_in_the_future_does_not_beat_a_later_inventory() {
    let wrong = agent(
        TEN,
        r#","boot_time":"2026-03-01 07:00:00"},"softwares":[{"name":"Pilote","install_date":"2027-05-01"}]"#,
    );
    let right = agent(ELEVEN, r#","boot_time":"2026-11-20 07:00:00"}"#);
    for texts in [[&wrong, &right], [&right, &wrong]] {
        let estate = fold(&texts.map(String::as_bytes));
        assert_eq!(name(&estate), "Microsoft Windows 11 Entreprise");
    }
    let both = wrong.replace(
        r#"{"name":"Pilote","#,
        r#"{"name":"Paie","install_date":"2026-10-01"},{"name":"KB5062554","install_date":"2028-01-01"},{"name":"Pilote","#,
    );
    assert_eq!(Some(asset(&fold(&[both.as_bytes()]), "PC-1").last), date::instant("2026-10-01"));
    let alone = fold(&[wrong.as_bytes()]);
    assert_eq!(Some(asset(&alone, "PC-1").last), date::instant("2026-03-01 07:00:00"), "by the date that can be");
}

#[test]
fn a_clock_that_is_ahead_counts_as_the_day_of_the_import() {
    let ahead = agent(TEN, r#","boot_time":"2031-01-01 07:00:00"},"accesslog":{"logdate":"2031-01-02 07:00:00"}"#)
        .replace("PC-1-2024-03-12-10-11-12", "PC-1");
    let estate = fold(&[ahead.as_bytes()]);
    let machine = asset(&estate, "PC-1");
    assert_eq!((machine.last, machine.facts.started), (NOW + 1, None));
    // The same hour, told in the time of Réunion: it counts, as the hour of the import.
    let hours = jiff::Timestamp::from_microsecond(NOW + 3 * 3_600_000_000).unwrap();
    let near = agent(TEN, &format!(r#","boot_time":"2026-03-01 07:00:00"}},"accesslog":{{"logdate":"{hours}"}}"#));
    assert_eq!(asset(&fold(&[near.as_bytes()]), "PC-1").last, NOW + 1);
}

#[test]
fn an_account_used_in_the_future_does_not_beat_a_later_export() {
    let export = |enabled: &str, used: &str| {
        format!("sAMAccountName;Enabled;LastLogonDate;whenCreated\na.b;{enabled};{used};2020-01-01 08:00:00\n")
    };
    let (before, after) = (export("True", "2031-01-01 08:00:00"), export("False", "2026-11-23 08:00:00"));
    let estate = fold(&[before.as_bytes(), after.as_bytes()]);
    assert_eq!(estate.accounts[0].told.enabled, Some(false));
}
