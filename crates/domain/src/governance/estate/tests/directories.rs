//! Accounts as directories export them: csvde, Get-ADUser, LDIF, Entra and Microsoft 365.

use super::*;

fn contents(bytes: &[u8]) -> Vec<Content> {
    let read = read(bytes).unwrap();
    assert_eq!(read.format, Format::Directory);
    read.lines.into_iter().map(|line| line.content).collect()
}

fn accounts(text: &str) -> Vec<Account> {
    let account = |content| match content {
        Content::Account(account) => account,
        other => panic!("{other:?}"),
    };
    contents(text.as_bytes()).into_iter().map(account).collect()
}

#[test]
fn letters_that_csvde_codes_are_read_or_the_line_says_that_they_are_not() {
    let head = "DN,objectClass,displayName,sAMAccountName,memberOf,objectGUID\n";
    let coded = "X'434e3d48',user,X'48c3a96cc3a86e65204c65c3b6',hleo,\"X'434e3d4175c3a9';CN=G_SI,OU=x\",X'ff00'\n";
    let read = accounts(&format!("{head}{coded}"));
    assert_eq!((read[0].display.as_deref(), read[0].login.as_str()), (Some("Hélène Leö"), "hleo"));
    assert_eq!(read[0].groups, ["Aué", "G_SI"]);
    for broken in ["X'48ff'", "X'48c'", "X'4z'"] {
        let text = format!("{head}x,user,{broken},hleo,,\ny,user,Claire MARTIN,cmartin,,\n");
        let contents = contents(text.as_bytes());
        assert_eq!(contents[0], Content::Unread(Reason::Coded), "{broken}");
        assert!(matches!(contents[1], Content::Account(_)));
    }
}

#[test]
fn groups_contacts_and_folders_are_no_accounts() {
    let text = "objectClass,sAMAccountName,sAMAccountType,displayName\n\
        user,a.b,805306368,A B\ntop;person;organizationalPerson;user,c.d,,C D\nmsDS-GroupManagedServiceAccount,svc$,,\n\
        group,G_SOINS,268435456,\norganizationalUnit,,,\ncontact,e.f,,E F\ntop;person;contact,g.h,,\ncontainer,x,,\n\
        ,G_SI,268435456,\n,PC-1$,805306369,\n,i.j,805306368,I J\n";
    let contents = contents(text.as_bytes());
    let told: Vec<&str> = contents
        .iter()
        .map(|content| match content {
            Content::Account(account) => account.login.as_str(),
            Content::Machine(_) => "machine",
            Content::Unread(Reason::Foreign) => "-",
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(told, ["a.b", "c.d", "svc$", "-", "-", "-", "-", "-", "-", "machine", "i.j"]);
    let ldif = "dn: CN=x\nobjectClass: top\nobjectClass: person\nobjectClass: contact\nuid: x\n";
    assert_eq!(self::contents(ldif.as_bytes()), [Content::Unread(Reason::Foreign)]);
}

#[test]
fn exports_of_entra_and_of_microsoft_365_say_who_is_closed_and_since_when() {
    let admin = "Block credential,Display name,Last password change time stamp,Password never expires,User principal name,When created\n\
        False,Claire Martin,2025-06-01 08:12:44Z,True,c.martin@asso.fr,2021-03-02 09:12:44Z\n\
        True,Paul Ancien,2021-06-01 08:12:44Z,False,p.ancien@asso.fr,2021-03-02 09:12:44Z\n";
    let entra = "userPrincipalName,displayName,accountEnabled,createdDateTime,lastPasswordChangeDateTime,lastSignInDateTime\n\
        c.martin@asso.fr,Claire Martin,True,2021-03-02T09:12:44Z,2025-06-01T08:12:44Z,2026-11-20T08:00:00Z\n\
        p.ancien@asso.fr,Paul Ancien,False,2021-03-02T09:12:44Z,2021-06-01T08:12:44Z,\n";
    let graph = r#"{"value":[{"userPrincipalName":"c.martin@asso.fr","displayName":"Claire Martin","accountEnabled":true,
        "createdDateTime":"2021-03-02T09:12:44Z","lastPasswordChangeDateTime":"2025-06-01T08:12:44Z",
        "signInActivity":{"lastSignInDateTime":"2026-11-20T08:00:00Z"}},
        {"userPrincipalName":"p.ancien@asso.fr","displayName":"Paul Ancien","accountEnabled":false,"createdDateTime":"2021-03-02T09:12:44Z",
        "lastPasswordChangeDateTime":"2021-06-01T08:12:44Z"}]}"#;
    let instant = |text: &str| Some(text.parse::<jiff::Timestamp>().unwrap().as_microsecond());
    for (text, seen) in
        [(admin, None), (entra, instant("2026-11-20T08:00:00Z")), (graph, instant("2026-11-20T08:00:00Z"))]
    {
        let [one, other] = accounts(text).try_into().unwrap();
        assert_eq!((one.enabled, other.enabled), (Some(true), Some(false)), "{text}");
        assert_eq!((one.login.as_str(), one.display.as_deref()), ("c.martin@asso.fr", Some("Claire Martin")));
        assert_eq!((one.password_set, one.created), (instant("2025-06-01T08:12:44Z"), instant("2021-03-02T09:12:44Z")));
        assert_eq!((one.last_seen, one.use_untold), (seen, seen.is_none()));
        assert_eq!((other.last_seen, other.end_untold), (None, true));
    }
}

#[test]
fn a_column_that_is_not_there_is_not_an_empty_cell() {
    let with = accounts("sAMAccountName;LastLogonDate;AccountExpirationDate\na.b;;\n");
    assert_eq!((with[0].use_untold, with[0].end_untold), (false, false));
    let without = accounts("sAMAccountName;whenCreated\na.b;03/02/2021 09:12:44\n");
    assert_eq!((without[0].use_untold, without[0].end_untold), (true, true));
    let entry =
        |login: &str, more: &str| format!("dn: cn={login}\nobjectClass: user\nsAMAccountName: {login}\n{more}\n");
    let both = entry("a", "") + &entry("b", "lastLogonTimestamp: 134084592000000000\n");
    assert!(accounts(&both).iter().all(|account| !account.use_untold && account.end_untold));
    assert!(
        accounts(&entry("a", "accountExpires: 0\n")).iter().all(|account| account.use_untold && !account.end_untold)
    );
}

#[test]
fn of_several_uses_the_latest_counts() {
    let table = "sAMAccountName;lastLogonTimestamp;lastLogon;Dernière connexion\na.b;2026-10-01 08:00:00;0;2026-11-20 08:00:00\n";
    assert_eq!(accounts(table)[0].last_seen, date::instant("2026-11-20 08:00:00"));
    let odd = "sAMAccountName;lastLogonTimestamp;Dernière connexion\na.b;2026-11-20 08:00:00;PC-12\n";
    assert_eq!(accounts(odd)[0].last_seen, date::instant("2026-11-20 08:00:00"));
    let unread = contents(odd.replace("2026-11-20 08:00:00", "0").as_bytes());
    assert_eq!(unread, [Content::Unread(Reason::Date)]);
    let entry = "dn: cn=a\nobjectClass: user\nsAMAccountName: a\n";
    for uses in
        ["lastLogon: 134084592000000000\n", "lastLogonTimestamp: 133000000000000000\nlastLogon: 134084592000000000\n"]
    {
        let one = accounts(&format!("{entry}{uses}")).remove(0);
        assert_eq!((one.last_seen, one.use_untold), (date::windows("134084592000000000"), false), "{uses}");
    }
}

#[test]
fn an_end_so_late_that_it_stands_for_none_is_none() {
    for never in ["31/12/9999", "31.12.2099", "2999-12-31", "31/12/9999 00:00:00", "99991231"] {
        let text = format!("Matricule;Nom;Prénom;Date d'entrée;Date de sortie\n1;MARTIN;Claire;01/03/2021;{never}\n");
        let Content::Movement(one) = read(text.as_bytes()).unwrap().lines.remove(0).content else { panic!("{never}") };
        assert_eq!((one.starts.as_deref(), one.ends), (Some("2021-03-01"), None), "{never}");
        let account = accounts(&format!("sAMAccountName;AccountExpirationDate\na.b;{never}\n")).remove(0);
        assert_eq!((account.expires, account.end_untold), (None, false), "{never}");
    }
    let text = "Matricule;Nom;Prénom;Date d'entrée;Date de sortie\n1;MARTIN;Claire;01/03/2021;31/12/2089\n";
    let Content::Movement(one) = read(text.as_bytes()).unwrap().lines.remove(0).content else { panic!() };
    assert_eq!(one.ends.as_deref(), Some("2089-12-31"));
    let contract = "Prestataire;Objet;Fin;Réversibilité prévue\nX;DUI;31/12/9999;oui\n";
    let Content::Entry(entry) = read(contract.as_bytes()).unwrap().lines.remove(0).content else { panic!() };
    assert!(matches!(*entry, Entry::Contract(contract) if contract.ends.is_none()));
}

#[test]
fn a_backup_that_still_runs_has_neither_succeeded_nor_failed() {
    let text = "\"JobName\",\"CreationTime\",\"EndTime\",\"Result\",\"State\"\n\
        \"A\",\"11/27/2026 10:00:02 PM\",\"11/27/2026 10:41:00 PM\",\"Success\",\"Stopped\"\n\
        \"A\",\"11/29/2026 10:00:02 PM\",\"1/1/1900 12:00:00 AM\",\"None\",\"Working\"\n\
        \"A\",\"11/29/2026 10:00:02 PM\",,\"En cours\",\n\"A\",\"11/29/2026 10:00:02 PM\",,\"Non\",\n\
        \"A\",\"11/29/2026 10:00:02 PM\",,\"Non effectuée\",\n\"A\",\"11/29/2026 10:00:02 PM\",,\"Non-effectuée\",\n\
        \"A\",\"11/29/2026 10:00:02 PM\",,\"Non, échec\",\n\"A\",\"11/29/2026 10:00:02 PM\",,\"Aucune\",\n\
        \"A\",\"11/29/2026 10:00:02 PM\",,\"Aucune erreur\",\n";
    let lines = read(text.as_bytes()).unwrap().lines;
    let told: Vec<Option<bool>> = lines
        .into_iter()
        .map(|line| match line.content {
            Content::Entry(entry) => match *entry {
                Entry::Job(job) => Some(job.ok),
                _ => panic!(),
            },
            Content::Unread(reason) => {
                assert_eq!(reason, Reason::Running);
                None
            }
            _ => panic!(),
        })
        .collect();
    assert_eq!(told, [Some(true), None, None, Some(false), Some(false), Some(false), Some(false), None, Some(true)]);
}
