//! What registers prove, in the sound world and once something in them is wrong: told as the files tell it.

use super::super::State;
use super::world::World;
use crate::governance::estate::{Content, Sighting, read};

/// Files in which everything holds, on 23 November 2026.
pub(super) const SOUND: [&str; 12] = [
    "Relu le;Fonction;Dossiers relus;Dossiers conformes\n20/10/2026;Infirmière;5;5\n",
    "Unité;Fin de la panne;Fiches écrites;Fiches ressaisies;Ressaisie finie le\nMimosas;14/11/2026 16:00;23;23;15/11/2026 12:00\n",
    "Session;Compte;Prestataire;Cible;Protocole;Début;Fin;Demande;Approuvé le;Valable jusqu’au;Enregistrement;Compte rendu reçu le\n\
     S-1;presta.dui;Éditeur;SRV-1;RDP;02/11/2026 09:00;02/11/2026 10:10;D-14;02/11/2026 08:45;02/11/2026 12:45;oui;04/11/2026\n",
    "sAMAccountName;displayName;Enabled;lastLogonTimestamp;whenCreated\npresta.dui;Prestataire Éditeur;False;2026-11-02;2026-01-05\n",
    "Tâche;Date;Résultat;Alerte reçue le;Compte du dépôt;Double facteur\n\
     Fichiers;10/11/2026 23:00;Échec;11/11/2026 07:00;depot;oui\nFichiers;12/11/2026 23:00;Succès;;depot;oui\n\
     Fichiers;22/11/2026 23:00;Succès;;depot;oui\n",
    "Bulletin;Publié le;Équipement;Version corrigée\nCERTFR-2026-AVI-1;20/11/2026;vpn;7.6.1\n",
    "Nom;Numéro de série;Réformé le;Effacé le;Attestation\nPC-OLD;OLD1;12/10/2026;10/10/2026;Classeur n° 12\n",
    "Prestataire;Objet;Fin;Réversibilité prévue;Export essayé le\nÉditeur;Dossier;31/12/2027;oui;15/09/2026\n",
    "ID;Ouvert le;Pris en compte le\n1042;12/11/2026 09:10;12/11/2026 11:00\n",
    "$ORIGIN asso.example.\n@ 3600 IN MX 10 mx.asso.example.\n@ IN TXT \"v=spf1 include:spf.example -all\"\n\
     _dmarc IN TXT \"v=DMARC1; p=reject\"\ns1._domainkey IN TXT \"v=DKIM1; p=MIGf\"\n",
    "Device name;Serial number;OS;OS version;Compliance;Last check-in\nTAB-1;TAB0001;iPadOS;26.1;Compliant;2026-11-20\n",
    "Type d'identifiant PP|Identifiant PP|Identification nationale PP|Nom d'exercice|Prénom d'exercice|Libellé profession|\n\
     8|10000000009|810000000009|DURAND|Martine Aline|Infirmier|\n",
];

/// What a scan with certificates says of a port.
pub(super) fn scan(version: &str, until: &str) -> String {
    format!(
        "<nmaprun start=\"1795417200\"><host><status state=\"up\"/><address addr=\"203.0.113.10\" addrtype=\"ipv4\"/>\
         <hostnames><hostname name=\"vpn\"/></hostnames><ports><port protocol=\"tcp\" portid=\"443\"><state state=\"open\"/>\
         <script id=\"ssl-cert\"><table key=\"validity\"><elem key=\"notBefore\">2026-01-01T00:00:00</elem>\
         <elem key=\"notAfter\">{until}</elem></table></script><script id=\"ssl-enum-ciphers\"><table key=\"{version}\"/>\
         <table key=\"TLSv1.3\"/><elem key=\"least strength\">A</elem></script></port></ports></host></nmaprun>"
    )
}

/// What a file says.
pub(super) fn lines(text: &str) -> Vec<Content> {
    read(text.as_bytes()).unwrap().lines.into_iter().map(|line| line.content).collect()
}

/// Adds what a file says, in the place of what was said of the same things.
pub(super) fn told(world: &mut World, text: &str) {
    let new = lines(text);
    let key = |line: &Content| match line {
        Content::Entry(entry) => Some(entry.key()),
        Content::Account(account) => Some(account.key()),
        Content::Machine(seen) => seen.traits.serial.clone(),
        _ => None,
    };
    let keys: Vec<_> = new.iter().filter_map(key).collect();
    world.lines.retain(|line| key(line).is_none_or(|key| !keys.contains(&key)));
    world.lines.extend(new);
}

const ACCESS: &str = "Session;Compte;Prestataire;Cible;Protocole;Début;Fin;Demande;Approuvé le;Valable jusqu’au;Enregistrement;Compte rendu reçu le\n";

/// A measure, a file, and where the measure then stands.
pub(super) const FILES: &[(&str, &str, State)] = &[
    ("PREST-05", "S-1;p;E;SRV-1;RDP;02/11/2026 09:00;02/11/2026 10:10;;;;oui;04/11/2026", State::Failing),
    (
        "PREST-05",
        "S-1;p;E;SRV-1;RDP;02/11/2026 09:00;02/11/2026 13:10;D-14;02/11/2026 08:45;02/11/2026 12:45;oui;04/11/2026",
        State::Failing,
    ),
    ("PREST-05", "S-1;p;E;SRV-1;RDP;02/11/2026 09:00;02/11/2026 10:10;D-14;;;oui;04/11/2026", State::ToProve),
    (
        "PREST-06",
        "S-1;p;E;SRV-1;RDP;02/11/2026 09:00;02/11/2026 10:10;D-14;02/11/2026 08:45;02/11/2026 12:45;;04/11/2026",
        State::Failing,
    ),
    (
        "PREST-07",
        "S-1;p;E;SRV-1;RDP;02/11/2026 09:00;02/11/2026 10:10;D-14;02/11/2026 08:45;02/11/2026 12:45;oui;",
        State::Failing,
    ),
    (
        "PREST-07",
        "S-1;p;E;SRV-1;RDP;02/11/2026 09:00;02/11/2026 10:10;D-14;02/11/2026 08:45;02/11/2026 12:45;oui;10/11/2026",
        State::Failing,
    ),
    (
        "PREST-08",
        "sAMAccountName;displayName;Enabled;lastLogonTimestamp;whenCreated\npresta.dui;Prestataire Éditeur;True;2026-11-02;2026-01-05\n",
        State::Failing,
    ),
    (
        "PREST-09",
        "Prestataire;Objet;Fin;Réversibilité prévue;Export essayé le\nÉditeur;Dossier;31/12/2027;oui;15/09/2025\n",
        State::Failing,
    ),
    (
        "PREST-09",
        "Prestataire;Objet;Fin;Réversibilité prévue;Export essayé le\nÉditeur;Dossier;31/12/2027;;\n",
        State::ToProve,
    ),
    (
        "SAUV-07",
        "Tâche;Date;Résultat\nFichiers;12/11/2026 23:00;Échec\nFichiers;16/11/2026 23:00;Échec\n",
        State::Failing,
    ),
    (
        "SAUV-07",
        "Tâche;Date;Résultat;Alerte reçue le\nFichiers;10/11/2026 23:00;Failed;12/11/2026 07:00\n",
        State::Failing,
    ),
    (
        "SAUV-08",
        "Tâche;Date;Résultat;Compte du dépôt;Double facteur\nFichiers;22/11/2026 23:30;Succès;ASSO\\adm.loic;oui\n",
        State::Failing,
    ),
    (
        "SAUV-08",
        "Tâche;Date;Résultat;Compte du dépôt;Double facteur\nFichiers;22/11/2026 23:30;Succès;depot;\n",
        State::ToProve,
    ),
    (
        "MAJ-07",
        "Bulletin;Publié le;Équipement;Version corrigée\nCERTFR-2026-AVI-1;01/11/2026;vpn;7.6.10\n",
        State::Failing,
    ),
    (
        "MAJ-07",
        "Bulletin;Publié le;Équipement;Version corrigée\nCERTFR-2026-AVI-1;01/11/2026;vpn;7.6.1\n",
        State::Failing,
    ),
    (
        "MAJ-07",
        "Bulletin;Publié le;Équipement;Version corrigée\nCERTFR-2026-AVI-1;01/11/2026;autre;7.6.1\n",
        State::ToProve,
    ),
    ("INV-08", "Nom;Numéro de série;Réformé le;Effacé le;Attestation\nPC-OLD;OLD1;12/10/2026;;\n", State::Failing),
    (
        "INV-08",
        "Nom;Numéro de série;Réformé le;Effacé le;Attestation\nPC-1;SN-PC-1;12/10/2026;10/10/2026;Classeur\n",
        State::Failing,
    ),
    ("INC-06", "ID;Ouvert le;Pris en compte le\n1042;12/11/2026 09:10;17/11/2026 11:00\n", State::Failing),
    ("INC-06", "ID;Ouvert le;Pris en compte le\n1042;12/11/2026 09:10;\n", State::Failing),
    ("SAUV-06", "Relu le;Fonction;Dossiers relus;Dossiers conformes\n02/11/2026;Infirmière;5;4\n", State::Failing),
    ("SAUV-06", "Relu le;Fonction;Dossiers relus;Dossiers conformes\n02/11/2026;Infirmière;3;3\n", State::Failing),
    ("SAUV-06", "Relu le;Fonction;Dossiers relus;Dossiers conformes\n02/11/2026;Comptable;5;5\n", State::Failing),
    (
        "CONT-05",
        "Unité;Fin de la panne;Fiches écrites;Fiches ressaisies;Ressaisie finie le\nMimosas;14/11/2026 16:00;23;20;\n",
        State::Failing,
    ),
    (
        "CONT-05",
        "Unité;Fin de la panne;Fiches écrites;Fiches ressaisies;Ressaisie finie le\nMimosas;14/11/2026 16:00;23;23;19/11/2026 12:00\n",
        State::Failing,
    ),
    ("RES-04", "asso.example. 60 IN MX 10 mx.asso.example.\nasso.example. 60 IN TXT \"v=spf1 -all\"\n", State::Failing),
    (
        "RES-04",
        "asso.example. 60 IN TXT \"v=spf1 include:x ?all\"\n_dmarc.asso.example. 60 IN TXT \"v=DMARC1; p=reject\"\n\
         s1._domainkey.asso.example. 60 IN CNAME s1.provider.example.\n",
        State::Failing,
    ),
    (
        "RES-04",
        "; <<>> DiG 9.18 <<>> TXT asso.example\n;; QUESTION SECTION:\n;asso.example.\t\t\tIN\tTXT\n",
        State::Failing,
    ),
    (
        "POSTE-09",
        "Device name;Serial number;OS;OS version;Compliance;Last check-in\nTAB-1;TAB0001;iPadOS;26.1;Noncompliant;2026-11-20\n",
        State::Failing,
    ),
    ("POSTE-09", "Nom;Numéro de série;Système d’exploitation\nTAB-2;TAB0002;iPadOS 26.1\n", State::Failing),
    (
        "POSTE-09",
        "Device name;Serial number;OS;OS version;Compliance;Last check-in\nTAB-1;TAB0001;iPadOS;26.1;Compliant;2026-09-20\n",
        State::ToProve,
    ),
];

#[test]
fn a_register_with_something_wrong_changes_the_verdict_and_put_right_changes_it_back() {
    let sound = World::sound();
    for (measure, text, wanted) in FILES {
        let text = if text.starts_with("S-1;") { format!("{ACCESS}{text}\n") } else { (*text).to_owned() };
        assert_eq!(sound.status(measure).state, State::Conform, "{measure}: {:?}", sound.status(measure));
        let mut world = sound.clone();
        told(&mut world, &text);
        assert_eq!(world.status(measure).state, *wanted, "{measure}: {text}\n{:?}", world.status(measure));
        let again = SOUND.iter().map(|text| (*text).to_owned()).chain([scan("TLSv1.2", "2027-06-01T00:00:00")]);
        // What came is taken back; the rest is told again as it was.
        let came = |seen: &Sighting| seen.traits.serial.as_deref() == Some("TAB0002");
        world.lines.retain(|line| match line {
            Content::Machine(seen) => !came(seen),
            Content::Entry(_) => false,
            _ => true,
        });
        again.for_each(|text| told(&mut world, &text));
        assert_eq!(world.status(measure).state, State::Conform, "{measure}, back: {:?}", world.status(measure));
    }
}

#[test]
fn old_encryption_and_certificates_that_end_are_seen() {
    let of = |version: &str, until: &str| {
        let mut world = World::sound();
        world.lines.retain(|line| !matches!(line, Content::Machine(seen) if seen.facts.ports.iter().flatten().any(|port| port.tls.is_some())));
        told(&mut world, &scan(version, until));
        world.status("RES-03").state
    };
    assert_eq!(of("TLSv1.2", "2027-06-01T00:00:00"), State::Conform);
    for old in ["TLSv1.1", "TLSv1.0", "SSLv3"] {
        assert_eq!(of(old, "2027-06-01T00:00:00"), State::Failing);
    }
    assert_eq!(of("TLSv1.2", "2026-12-20T00:00:00"), State::Failing);
    assert_eq!(of("TLSv1.2", "2026-11-01T00:00:00"), State::Failing);
}

#[test]
fn accesses_rest_on_requests_told_by_another_file() {
    let mut world = World::sound();
    told(
        &mut world,
        r#"{"items":[{"id":"S-1","username":"presta.dui","target":{"name":"SRV-1"},"protocol":"SSH","started":"2026-11-02T08:00:00Z","ended":"2026-11-02T09:00:00Z","ticket_id":"t-1"}]}"#,
    );
    assert_eq!(world.status("PREST-05").state, State::ToProve);
    let request = |state: &str| {
        format!(
            r#"[{{"id":"r-1","username":"presta.dui","status":"{state}","ticket_id":"t-1","resolved_at":"2026-11-02T07:50:00Z","requested_duration_seconds":14400}}]"#
        )
    };
    told(&mut world, &request("Approved"));
    assert_eq!(world.status("PREST-05").state, State::Conform);
    told(&mut world, &request("Denied"));
    assert_eq!(world.status("PREST-05").state, State::ToProve);
}

#[test]
fn an_account_of_a_provider_is_open_while_an_approved_access_lasts() {
    let mut world = World::sound();
    told(
        &mut world,
        "sAMAccountName;displayName;Enabled;lastLogonTimestamp;whenCreated\npresta.dui;Prestataire;True;2026-11-02;2026-01-05\n",
    );
    assert_eq!(world.status("PREST-08").state, State::Failing);
    told(
        &mut world,
        "Demande;Compte;Approuvé le;Valable jusqu’au\nD-20;ASSO\\presta.dui;22/11/2026 07:00;22/11/2026 12:00\n",
    );
    assert_eq!(world.status("PREST-08").state, State::Conform);
}
