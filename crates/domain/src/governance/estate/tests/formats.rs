//! Each format, with files of our own.

use super::*;

fn utf16(text: &str) -> Vec<u8> {
    [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()
}

fn windows(text: &str) -> Vec<u8> {
    text.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap()).collect()
}

fn accounts(bytes: &[u8]) -> Vec<Account> {
    let read = read(bytes).unwrap();
    assert_eq!(read.format, Format::Directory);
    let account = |line: Line| match line.content {
        Content::Account(account) => account,
        _ => panic!(),
    };
    read.lines.into_iter().map(account).collect()
}

const DIRECTORY: &str = "sAMAccountName;displayName;userAccountControl;lastLogonTimestamp;memberOf\r\n\
    e.lefevre;\"Éléonore; LEFÈVRE\";66048;134084592000000000;\"CN=Domain Admins,CN=Users,DC=x;CN=G_IDE,DC=x\"\r\n";

#[test]
fn a_directory_reads_alike_in_every_encoding_and_separator() {
    let plain = accounts(DIRECTORY.as_bytes());
    let [one] = plain.as_slice() else { panic!() };
    assert_eq!((one.login.as_str(), one.display.as_deref()), ("e.lefevre", Some("Éléonore; LEFÈVRE")));
    assert_eq!((one.enabled, one.password_never_expires), (Some(true), Some(true)));
    assert_eq!(one.groups, ["Domain Admins", "G_IDE"]);
    assert!(one.last_seen.is_some());
    let marked = [b"\xef\xbb\xbf".as_slice(), DIRECTORY.as_bytes()].concat();
    let typed = format!("#TYPE Microsoft.ActiveDirectory.Management.ADUser\n{DIRECTORY}");
    for bytes in [utf16(DIRECTORY), windows(DIRECTORY), marked, typed.into_bytes()] {
        assert_eq!(accounts(&bytes), plain);
    }
    let comma = "\"sAMAccountName\",\"displayName\",\"Enabled\"\n\"a.b\",\"A, B\",\"False\"\n";
    let tab = "Identifiant\tNom complet\tActif\na.b\tA, B\tFaux\n";
    assert_eq!(accounts(comma.as_bytes()), accounts(tab.as_bytes()));
    assert_eq!(accounts(tab.as_bytes())[0].enabled, Some(false));
}

#[test]
fn a_directory_reads_from_ldif_too() {
    let text = "version: 1\n\n# a comment\ndn: CN=x,DC=y\nobjectClass: user\nsAMAccountName: e.lefevre\ndisplayName:: w4lsw6lvbm9yZQ==\n\
        userAccountControl: 514\nwhenCreated: 20190110090000.0Z\nmemberOf: CN=Domain\n  Admins,CN=Users\nmemberOf: CN=G_SI\n\n\
        dn: CN=PC1\nobjectClass: user\nobjectClass: computer\nsAMAccountName: PC1$\n\n\
        dn: OU=Soins\nobjectClass: organizationalUnit\n";
    let read = read(text.as_bytes()).unwrap();
    assert_eq!((read.lines.len(), &read.lines[2].content), (3, &Content::Unread(Reason::Foreign)));
    let Content::Account(account) = &read.lines[0].content else { panic!() };
    assert_eq!((read.lines[0].line, account.display.as_deref(), account.enabled), (4, Some("Éléonore"), Some(false)));
    assert_eq!(account.groups, ["Domain Admins", "G_SI"]);
    assert!(account.created.is_some());
    assert!(matches!(&read.lines[1].content, Content::Machine(_)));
}

#[test]
fn staff_in_french_or_english_and_lines_that_fail_stay_in_their_place() {
    let french = "Matricule,Nom,Prénom,Fonction,Date d'entrée,Date de sortie\n1,DURAND,Martine,IDE,10/01/2019,\n2,X,Y,AS,hier,\n,,,,,1\n";
    let read = read(french.as_bytes()).unwrap();
    assert_eq!(read.format, Format::Staff);
    let Content::Movement(one) = &read.lines[0].content else { panic!() };
    assert_eq!((one.starts.as_deref(), one.ends.as_deref(), one.given.as_str()), (Some("2019-01-10"), None, "Martine"));
    assert_eq!((read.lines[1].line, &read.lines[1].content), (3, &Content::Unread(Reason::Date)));
    assert_eq!(read.lines[2].content, Content::Unread(Reason::Empty));
    let english = "employeeId;lastName;firstName;startDate;endDate\n7;DOE;Jane;2020-03-01;2026-04-30\n";
    let read = super::read(english.as_bytes()).unwrap();
    assert!(matches!(&read.lines[0].content, Content::Movement(one) if one.ends.as_deref() == Some("2026-04-30")));
}

#[test]
fn staff_of_other_programs_names_in_one_column_or_under_other_heads() {
    let people = |text: &str| -> Vec<Movement> {
        let read = read(text.as_bytes()).unwrap();
        assert_eq!(read.format, Format::Staff, "{text}");
        let movement = |line: Line| match line.content {
            Content::Movement(movement) => movement,
            other => panic!("{text}: {other:?}"),
        };
        read.lines.into_iter().map(movement).collect()
    };
    let wanted = |one: &Movement| (one.family.to_lowercase(), one.given.clone(), one.starts.clone(), one.ends.clone());
    let same = ("le goff".to_owned(), "Inès".to_owned(), Some("2024-05-05".to_owned()), Some("2026-12-31".to_owned()));
    for text in [
        "Matricule agent;Nom et prénom;Début de contrat;Fin de contrat\n12;LE GOFF Inès;05/05/2024;31/12/2026\n",
        "N° salarié,Salarié,Date d'arrivée,Date de départ\n12,\"Le Goff, Inès\",05/05/2024,31/12/2026\n",
        "Agent\tEmbauche\tSortie\nMme Inès LE GOFF\t2024-05-05\t2026-12-31\n",
        "Code salarié;Nom d'usage;Prénom usuel;Date début contrat;Date fin contrat\n12;LE GOFF;Inès;05/05/2024;31/12/2026\n",
    ] {
        let people = people(text);
        assert_eq!(people.iter().map(wanted).collect::<Vec<_>>(), std::slice::from_ref(&same), "{text}");
    }
}

#[test]
fn one_broken_line_of_many_does_not_stop_the_others() {
    let good = glpi("PC-1", "AAAA1111", "", "", "22H2", "2026-01-01");
    let text = format!(
        "{good}\n{{\"deviceid\": oops\n\n{{\"other\": 1}}\n{}\n",
        good.replace("PC-1", "PC-2").replace("AAAA", "BBBB")
    );
    let read = read(text.as_bytes()).unwrap();
    let told: Vec<(u64, bool)> =
        read.lines.iter().map(|line| (line.line, matches!(line.content, Content::Machine(_)))).collect();
    assert_eq!(told, [(1, true), (2, false), (4, false), (5, true)]);
}

#[test]
fn inventories_in_a_list_and_in_utf_16_are_read() {
    let one = glpi("PC-1", "AAAA1111", "", "", "22H2", "2026-01-01");
    let list = format!("[{one},{}]", one.replace("PC-1", "PC-2"));
    assert_eq!(read(list.as_bytes()).unwrap().lines.len(), 2);
    assert_eq!(read(&utf16(&one)).unwrap(), read(one.as_bytes()).unwrap());
}

#[test]
fn an_old_inventory_in_latin_1_says_the_same() {
    let text = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<REQUEST><DEVICEID>pc-é-2016-01-01-00-00-00</DEVICEID><CONTENT>\
        <HARDWARE><NAME>pc-é</NAME><OSNAME>Microsoft Windows 7 Professionnel</OSNAME><OSVERSION>6.1.7601</OSVERSION>\
        <OSCOMMENTS>Service Pack 1</OSCOMMENTS></HARDWARE><BIOS><SSN>ABC12345</SSN></BIOS>\
        <SOFTWARES><NAME>A &amp; B</NAME></SOFTWARES><SOFTWARES><NAME>KB4474419</NAME><INSTALLDATE>2019-09-24</INSTALLDATE></SOFTWARES>\
        <NETWORKS><MACADDR>00:17:f2:d1:14:32</MACADDR></NETWORKS></CONTENT><QUERY>INVENTORY</QUERY></REQUEST>";
    let estate = fold(&[&windows(text)]);
    let machine = asset(&estate, "pc-é");
    let system = machine.facts.system.as_ref().unwrap();
    assert_eq!(
        (system.display(), system.kernel.as_deref(), system.service_pack.as_deref()),
        ("Microsoft Windows 7 Professionnel", Some("6.1.7601"), Some("Service Pack 1"))
    );
    assert_eq!(machine.facts.software.as_ref().unwrap()[0].name, "A & B");
    assert_eq!(machine.facts.patches.as_ref().unwrap()[0].installed.as_deref(), Some("2019-09-24"));
    assert_eq!(machine.traits.macs.len(), 1);
}

#[test]
fn an_update_server_tells_build_and_backlog() {
    let estate = fold(&[b"\"FullDomainName\";\"OSDescription\";\"OSVersion\";\"LastSyncTime\";\"NeededCount\"\n\
        pc-1.x.local;Windows 11 Pro;10.0.26200.7171;22/11/2026 22:05:00;4\nshort\n;Windows;;;\n"]);
    let machine = asset(&estate, "pc-1");
    let system = machine.facts.system.as_ref().unwrap();
    assert_eq!((system.kernel.as_deref(), system.service_pack.as_deref()), (Some("10.0.26200"), Some("26200.7171")));
    assert_eq!(machine.facts.updates.as_ref().unwrap().needed, Some(4));
    assert_eq!(estate.unmatched.iter().map(|line| line.told).collect::<Vec<_>>(), [Reason::Fields, Reason::Empty]);
}

#[test]
fn results_of_one_machine_make_one_sighting_and_lines_of_a_log_are_read() {
    let log = concat!(
        r#"{"name":"pack_x_system_info","hostIdentifier":"h1","unixTime":1795400000,"columns":{"hostname":"PC-7","uuid":"4c4c4544-0034-3010-8048-b6c04f503732","hardware_serial":"S1234"},"action":"added"}"#,
        "\n",
        r#"{"name":"pack_x_os_version","hostIdentifier":"h1","unixTime":"1795400100","snapshot":[{"name":"Ubuntu","version":"22.04.4 LTS","platform":"ubuntu"}]}"#,
        "\n",
        r#"{"name":"pack_x_deb_packages","hostIdentifier":"h1","unixTime":1795400200,"diffResults":{"added":[{"name":"openssl","version":"3.0.2"}],"removed":[]}}"#,
        "\n",
        r#"{"name":"pack_x_osquery_info","hostIdentifier":"h1","unixTime":1795400200,"snapshot":[]}"#,
        "\n"
    );
    let estate = fold(&[log.as_bytes()]);
    let machine = asset(&estate, "PC-7");
    assert_eq!(machine.facts.system.as_ref().unwrap().version.as_deref(), Some("22.04.4 LTS"));
    assert_eq!(machine.facts.software.as_ref().unwrap()[0].name, "openssl");
    assert_eq!(machine.last, 1_795_400_200_000_000);
    assert_eq!(estate.unmatched[0].told, Reason::Table);
}
