//! Lists of machines: what directories, update servers, GLPI's pages, services and spreadsheets export.

use super::*;
use crate::governance::obsolescence::{Facts as Ends, Verdict};

fn verdict(estate: &Estate, name: &str) -> &'static str {
    let finding = asset(estate, name).system_finding(Ends::shipped(), jiff::civil::date(2026, 11, 28));
    finding.verdict.code()
}

fn utf16(text: &str) -> Vec<u8> {
    [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()
}

fn formats(texts: &[&[u8]]) -> Vec<Format> {
    texts.iter().map(|bytes| read(bytes).unwrap().format).collect()
}

#[test]
fn machines_of_a_directory_are_machines_and_its_accounts_accounts() {
    let table = "#TYPE Microsoft.ActiveDirectory.Management.ADObject\r\n\
        \"Name\",\"ObjectClass\",\"SamAccountName\",\"DNSHostName\",\"OperatingSystem\",\"OperatingSystemVersion\",\"OperatingSystemServicePack\",\"LastLogonDate\"\r\n\
        \"PC-1\",\"computer\",\"PC-1$\",\"pc-1.x.local\",\"Windows 10 Professionnel\",\"10.0 (19045)\",,\"11/5/2026 7:51:12 AM\"\r\n\
        \"SRV\",\"computer\",\"SRV$\",\"srv.x.local\",\"Windows Server 2012 R2 Standard\",\"6.3 (9600)\",,\r\n\
        \"svc\",\"msDS-GroupManagedServiceAccount\",\"svc$\",,,,,\r\n\"Zoé\",\"user\",\"z.martin\",,,,,\r\n";
    let ldif = "dn: CN=PC-2\nobjectClass: top\nobjectClass: user\nobjectClass: computer\ncn: PC-2\nsAMAccountName: PC-2$\n\
        operatingSystem: Windows 10 Entreprise LTSC\noperatingSystemVersion: 10.0 (17763)\nlastLogonTimestamp: 134082000000000000\n";
    let estate = fold(&[table.as_bytes(), ldif.as_bytes()]);
    assert_eq!(estate.unmatched, []);
    let logins: Vec<&str> = estate.accounts.iter().map(|account| account.told.login.as_str()).collect();
    assert_eq!(logins, ["svc$", "z.martin"]);
    assert_eq!(verdict(&estate, "PC-1"), "hors_support_sauf_preuve_support_etendu");
    assert_eq!(verdict(&estate, "PC-2"), "supporte");
    assert_eq!(verdict(&estate, "SRV"), "hors_support");
    let one = asset(&estate, "PC-1");
    assert_eq!(one.traits.name.as_ref().unwrap().domain.as_deref(), Some("x.local"));
    let system = one.facts.system.as_ref().unwrap();
    assert_eq!(system.kernel.as_deref(), Some("10.0.19045"));
    assert_eq!(jiff::Timestamp::from_microsecond(one.last).unwrap().to_string(), "2026-11-05T06:51:12Z");
    assert_eq!((asset(&estate, "SRV").facts.kind, one.facts.kind), (Some(Kind::Server), Some(Kind::Desktop)));
}

#[test]
fn lists_are_read_with_the_heads_of_each_program() {
    let glpi = "\u{feff}\"Nom\";\"Entité\";\"Fabricant\";\"Numéro de série\";\"Type\";\"Modèle\";\"Système d'exploitation - Nom\";\"Système d'exploitation - Version\";\"Dernière modification\"\n\
        \"PC-1\";\"Racine\";\"HP\";\"5CG1234ABC\";\"Portable\";\"EliteBook\";\"Microsoft Windows 10 Professionnel\";\"22H2\";\"2026-11-20 10:00\"\n\
        \"COPIEUR\";\"Racine\";\"Canon\";\"\";\"Imprimante\";\"iR 2520\";\"\";\"\";\"\"\n";
    let api = r#"[{"id":2,"entities_id":"Racine","name":"PC-2","serial":"ABCD1234","uuid":null,"is_deleted":0,"manufacturers_id":"HP",
        "operatingsystems_id":"Microsoft Windows 11 Professionnel","operatingsystemversions_id":"23H2","date_mod":"2026-11-20 10:00:00"}]"#;
    let service = r#"{"@odata.context":"x","value":[{"deviceName":"PC-3","operatingSystem":"Windows","osVersion":"10.0.22621.3155",
        "serialNumber":"XYZ98765","lastSyncDateTime":"2026-11-20T10:00:00Z","manufacturer":"LENOVO"}, 7]}"#;
    let sheet = "Inventaire du parc\n\nMis à jour le 20/11/2026\nN° de série\tPoste\tOS\tService\nAA11BB22\tPC-4\tWindows 7\tSoins\n\tPC-5\tUbuntu 20.04\t\n\t\t\tx\n";
    let texts = [glpi.as_bytes(), api.as_bytes(), service.as_bytes(), &utf16(sheet)];
    assert_eq!(formats(&texts), [Format::Computers; 4]);
    let estate = fold(&texts);
    let expected = [
        ("PC-1", "hors_support_sauf_preuve_support_etendu"),
        ("PC-2", "hors_support"),
        ("PC-3", "hors_support"),
        ("PC-4", "hors_support"),
        ("PC-5", "hors_support_sauf_preuve_support_etendu"),
        ("COPIEUR", "inconnu"),
    ];
    for (name, wanted) in expected {
        assert_eq!(verdict(&estate, name), wanted, "{name}");
    }
    assert_eq!(asset(&estate, "PC-1").traits.serial.as_deref(), Some("5CG1234ABC"));
    assert_eq!(asset(&estate, "COPIEUR").facts.kind, Some(Kind::Printer));
    let reasons: Vec<Reason> = estate.unmatched.iter().map(|line| line.told).collect();
    assert_eq!(reasons, [Reason::Foreign, Reason::Empty]);
}

#[test]
fn an_update_server_is_read_in_french_and_its_agent_does_not_tell_the_version() {
    let french = "Nom de l'ordinateur\tSystème d'exploitation\tVersion du système d'exploitation\tMises à jour nécessaires\tDernier rapport d'état\r\n\
        pc-1.x.local\tWindows 11 Professionnel\t10.0.26200.1\t12\t20/11/2026 06:12:00\r\n";
    let agent = "FullDomainName,OSDescription,ClientVersion,LastSyncTime\npc-2.x.local,Windows 11 Pro,10.0.26100.7171,2026-11-20\n\
        pc-3.x.local,Windows 10 Enterprise LTSC,10.0.17763.1,2026-11-20\nsrv.x.local,Windows Server 2025 Standard,10.0.26100.1,2026-11-20\n";
    let texts = [&utf16(french), agent.as_bytes()];
    assert_eq!(formats(&texts), [Format::Wsus; 2]);
    let estate = fold(&texts);
    assert_eq!(verdict(&estate, "pc-1"), "fin_dans_12_mois");
    assert_eq!(asset(&estate, "pc-1").facts.updates.as_ref().unwrap().needed, Some(12));
    assert_eq!(verdict(&estate, "pc-2"), "inconnu", "24H2 or 25H2");
    assert_eq!(verdict(&estate, "pc-3"), "supporte");
    assert_eq!(verdict(&estate, "srv"), "supporte");
    let own = glpi("PC-2", "AAAA1111", "", "", "25H2", "2026-01-01");
    let both = fold(&[own.as_bytes(), agent.as_bytes()]);
    assert_eq!(asset(&both, "PC-2").facts.system.as_ref().unwrap().version.as_deref(), Some("25H2"));
}

#[test]
fn staff_accounts_and_machines_are_not_taken_for_one_another() {
    let staff = "Nom;Prénom;Poste;Date d'entrée\nX;Y;IDE;01/02/2020\n";
    let accounts = "SamAccountName;Name;Enabled\nx.y;X Y;True\n";
    let machines = "Nom;Modèle;Numéro de série;Date de fin\nPC-1;x;ABCD1234;01/02/2027\n";
    let texts = [staff.as_bytes(), accounts.as_bytes(), machines.as_bytes()];
    assert_eq!(formats(&texts), [Format::Staff, Format::Directory, Format::Computers]);
    assert_eq!(read(b"Nom;Prix\nx;1\n").unwrap_err(), Refusal::Columns);
    assert_eq!(read(b"Titre\nNom;Prix\nx;1\n").unwrap_err(), Refusal::Columns);
}

#[test]
fn a_device_is_judged_by_what_it_says_of_itself_where_its_model_says_nothing() {
    let device = |name: &str, model: &str, firmware: &str, description: &str| {
        serde_json::json!({"deviceid": name, "itemtype": "NetworkEquipment", "content": {"network_device":
            {"name": name, "model": model, "firmware": firmware, "description": description, "type": "Networking"}}})
        .to_string()
    };
    let texts = [
        device("esx", "", "", "VMware ESXi 6.0.0 build-3620759 VMware, Inc. x86_64"),
        device(
            "sw",
            "C9200L-48P",
            "16.12.04",
            "Cisco IOS Software [Gibraltar], Catalyst L3 Switch Software, Version 16.12.4, x",
        ),
        device("fw", "FGT_100E", "v7.2.8,build1639", "x"),
        device("win", "", "", "Hardware: Intel64 - Software: Windows Version 6.3 (Build 17763 Multiprocessor Free)"),
    ];
    let estate = fold(&texts.iter().map(String::as_bytes).collect::<Vec<_>>());
    for name in ["esx", "sw", "fw"] {
        assert_eq!(verdict(&estate, name), Verdict::Ended.code(), "{name}");
    }
    assert_eq!(verdict(&estate, "win"), Verdict::Unknown.code(), "a server of 2019, or a workstation of 2018");
}

#[test]
fn an_edition_that_stands_apart_decides_which_windows_it_is() {
    let table = "Device name,Serial number,OS,OS version,Last check-in,SkuFamily\n\
        PRO,AAAA1111,Windows,10.0.26100.4046,2026-11-20 06:11:12.0000000,Pro\n\
        ENT,AAAA2222,Windows,10.0.26100.4046,2026-11-20 06:11:12.0000000,Enterprise\n\
        SRV,AAAA3333,Windows,10.0.26100.4046,2026-11-20 06:11:12.0000000,ServerStandard\n\
        VAGUE,AAAA4444,Windows,10.0.26100.4046,2026-11-20 06:11:12.0000000,Unknown\n\
        TAB,AAAA5555,iPadOS,18.6,2026-11-20 06:11:12.0000000,Pro\n";
    let graph = r#"{"value":[{"deviceName":"GRAPH","operatingSystem":"Windows","osVersion":"10.0.22631.4460","serialNumber":"AAAA6666",
        "skuFamily":"Enterprise","userPrincipalName":"c.martin@asso.fr"}]}"#;
    let sheet = "Poste;OS;Edition;N° de série\nTWICE;Windows 10 Pro;Windows 10 Pro;AAAA7777\nONCE;Windows 10 Pro;pro;AAAA8888\n\
        YEAR;Windows Server 2019;Windows Server Standard;AAAA9999\nMORE;Windows;Windows 10 Pro;AAAA1010\n";
    let estate = fold(&[table.as_bytes(), graph.as_bytes(), sheet.as_bytes()]);
    let cycle = |name: &str| {
        let finding = asset(&estate, name).system_finding(Ends::shipped(), jiff::civil::date(2026, 11, 28));
        (finding.product.unwrap_or_default(), finding.cycle.unwrap_or_default())
    };
    for (name, product, wanted) in [
        ("PRO", "windows", "11-24h2-w"),
        ("ENT", "windows", "11-24h2-e"),
        ("SRV", "windows-server", "2025"),
        ("VAGUE", "", ""),
        ("TAB", "ipados", "18"),
        ("GRAPH", "windows", "11-23h2-e"),
    ] {
        assert_eq!(cycle(name), (product.to_owned(), wanted.to_owned()), "{name}");
    }
    assert_eq!(asset(&estate, "YEAR").facts.system.as_ref().unwrap().display(), "Windows Server 2019 Standard");
    for name in ["TWICE", "ONCE", "MORE"] {
        assert_eq!(asset(&estate, name).facts.system.as_ref().unwrap().display(), "Windows 10 Pro");
    }
}

#[test]
fn a_version_without_more_is_that_of_the_system_beside_it() {
    let sheet = "Nom du poste;OS;Version;N° de série\nPC-1;Windows 10 Pro;22H2;TABSER01\nPC-2;Debian;10;TABSER02\n";
    let estate = fold(&[sheet.as_bytes()]);
    assert_eq!(asset(&estate, "PC-1").facts.system.as_ref().unwrap().version.as_deref(), Some("22H2"));
    assert_eq!(verdict(&estate, "PC-1"), "hors_support_sauf_preuve_support_etendu");
    assert_eq!(verdict(&estate, "PC-2"), "hors_support");
    let apart = "Nom du poste;OS;Antivirus;Version;N° de série\nPC-4;Debian;x;10;TABSER04\n";
    assert_eq!(asset(&fold(&[apart.as_bytes()]), "PC-4").facts.system.as_ref().unwrap().version, None);
    let ldif = "version: 1\ndn: CN=PC-5\nobjectClass: computer\ncn: PC-5\noperatingSystem: Debian\n";
    assert_eq!(asset(&fold(&[ldif.as_bytes()]), "PC-5").facts.system.as_ref().unwrap().version, None);
    let programs = "Nom du poste;OS;Logiciel;Version;N° de série\nPC-3;Windows 10 Pro;Paie;22H2;TABSER03\n";
    assert_eq!(asset(&fold(&[programs.as_bytes()]), "PC-3").facts.system.as_ref().unwrap().version, None);
}
