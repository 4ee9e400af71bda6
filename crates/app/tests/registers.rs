//! Registers through real imports: what they say changes the verdict of a measure, and taking an import back changes it back.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod support;

use app::assets::{self, File};
use app::{Cx, measures};
use domain::governance::measures::State;
use support::World;

/// A measure, files in which it holds, one in which it does not. It is 28 May 2026.
const FLIPS: &[(&str, &[&str], &str)] = &[
    (
        "PREST-05",
        &[
            "Session;Compte;Début;Fin;Demande;Approuvé le;Valable jusqu’au\nS-1;p;04/05/2026 09:00;04/05/2026 10:00;D-1;04/05/2026 08:00;04/05/2026 12:00\n",
        ],
        "Session;Compte;Début;Fin;Demande;Approuvé le;Valable jusqu’au\nS-2;p;05/05/2026 09:00;05/05/2026 10:00;;;\n",
    ),
    (
        "PREST-06",
        &["Session;Compte;Protocole;Début;Demande;Enregistrement\nS-1;p;SSH;04/05/2026 09:00;D-1;rec/0001.cast\n"],
        "Session;Compte;Protocole;Début;Demande;Enregistrement\nS-2;p;SSH;05/05/2026 09:00;D-1;non\n",
    ),
    (
        "PREST-07",
        &["Session;Compte;Début;Demande;Compte rendu reçu le\nS-1;p;04/05/2026 09:00;D-1;06/05/2026\n"],
        "Session;Compte;Début;Demande;Compte rendu reçu le\nS-2;p;05/05/2026 09:00;D-1;\n",
    ),
    (
        "PREST-08",
        &[
            "sAMAccountName;displayName;Enabled;pwdLastSet\nm.durand;Martine DURAND;True;2026-05-20\npresta.dui;Prestataire Éditeur;False;2026-05-19\n",
        ],
        "sAMAccountName;displayName;Enabled;pwdLastSet\nm.durand;Martine DURAND;True;2026-05-20\npresta.dui;Prestataire Éditeur;True;2026-05-20\n",
    ),
    (
        "PREST-09",
        &["Prestataire;Objet;Réversibilité prévue;Export essayé le\nA;Dossier;oui;01/03/2026\n"],
        "Prestataire;Objet;Réversibilité prévue;Export essayé le\nB;Paie;non;\n",
    ),
    (
        "SAUV-07",
        &["Tâche;Date;Résultat\nFichiers;20/05/2026;Échec\nFichiers;21/05/2026;Succès\nFichiers;27/05/2026;Succès\n"],
        r#"[{"JobName": "Paie", "CreationTime": "2026-05-20T22:00:00Z", "Result": "Failed"}]"#,
    ),
    (
        "SAUV-08",
        &[
            "sAMAccountName;Enabled\nm.durand;True\n",
            "Tâche;Date;Résultat;Compte du dépôt;Double facteur\nFichiers;27/05/2026;Succès;depot;oui\n",
        ],
        "Tâche;Date;Résultat;Compte du dépôt;Double facteur\nPaie;27/05/2026;Succès;ASSO\\m.durand;oui\n",
    ),
    (
        "MAJ-07",
        &[
            "Nom;Numéro de série;Type;Firmware\nvpn;FG1;firewall;7.6.1\n",
            "Bulletin;Publié le;Équipement;Version corrigée\nA-1;26/05/2026;vpn;7.6.1\n",
        ],
        "Bulletin;Publié le;Équipement;Version corrigée\nA-2;01/05/2026;vpn;7.6.3\n",
    ),
    (
        "INV-08",
        &["Nom;Réformé le;Effacé le;Attestation\nPC-1;01/05/2026;01/05/2026;Classeur\n"],
        "Nom;Réformé le;Effacé le;Attestation\nPC-2;01/05/2026;;\n",
    ),
    (
        "INC-06",
        &["ID;Ouvert le;Pris en compte le\n1;20/05/2026 09:00;20/05/2026 10:00\n"],
        "ID;Date d'ouverture;Date de prise en compte\n2;12/05/2026 09:00;19/05/2026 10:00\n",
    ),
    (
        "SAUV-06",
        &["Relu le;Fonction;Dossiers relus;Dossiers conformes\n20/04/2026;IDE;5;5\n"],
        "Relu le;Fonction;Dossiers relus;Dossiers conformes\n20/05/2026;IDE;5;3\n",
    ),
    (
        "CONT-05",
        &[
            "Unité;Fin de la panne;Fiches écrites;Fiches ressaisies;Ressaisie finie le\nMimosas;04/05/2026 16:00;9;9;05/05/2026\n",
        ],
        "Unité;Fin de la panne;Fiches écrites;Fiches ressaisies\nErables;04/05/2026 16:00;9;7\n",
    ),
    (
        "RES-04",
        &[
            "a.example. 60 IN MX 10 mx.\na.example. 60 IN TXT \"v=spf1 mx -all\"\n_dmarc.a.example. 60 IN TXT \"v=DMARC1; p=none\"\nk._domainkey.a.example. 60 IN TXT \"v=DKIM1; p=MIG\"\n",
        ],
        "b.example. 60 IN MX 10 mx.\n",
    ),
    (
        "RES-03",
        &[
            "<nmaprun start=\"1779900000\"><host><status state=\"up\"/><address addr=\"203.0.113.1\" addrtype=\"ipv4\"/><ports><port protocol=\"tcp\" portid=\"443\"><state state=\"open\"/><script id=\"ssl-cert\"><table key=\"validity\"><elem key=\"notAfter\">2027-01-01T00:00:00</elem></table></script><script id=\"ssl-enum-ciphers\"><table key=\"TLSv1.2\"/></script></port></ports></host></nmaprun>",
        ],
        "<nmaprun start=\"1779950000\"><host><status state=\"up\"/><address addr=\"203.0.113.1\" addrtype=\"ipv4\"/><ports><port protocol=\"tcp\" portid=\"443\"><state state=\"open\"/><script id=\"ssl-cert\"><table key=\"validity\"><elem key=\"notAfter\">2026-06-10T00:00:00</elem></table></script><script id=\"ssl-enum-ciphers\"><table key=\"TLSv1.2\"/></script></port></ports></host></nmaprun>",
    ),
    (
        "POSTE-09",
        &["Device name;Serial number;OS;Managed by\nTAB-1;TAB0001;iPadOS 26.1;Intune\n"],
        "Nom;Numéro de série;Système d’exploitation\nTAB-2;TAB0002;iPadOS 26.1\n",
    ),
];

async fn state(cx: &Cx, measure: &str) -> State {
    let board = measures::board(cx).await.unwrap();
    board.statuses.iter().find(|status| status.measure == measure).unwrap().state
}

async fn import(cx: &Cx, text: &str) -> i64 {
    let outcome = assets::import(cx, vec![File::new("f".to_owned(), text.as_bytes().to_vec())]).await.unwrap();
    let file = outcome.files.first().unwrap();
    assert!(outcome.is_clean(), "{text}: {file:?}");
    file.import.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_file_says_changes_the_verdict_and_taking_it_back_changes_it_back() {
    let world = World::new().await;
    let cx = world.operator();
    for (measure, sound, wrong) in FLIPS {
        let mut imports = Vec::new();
        assert_eq!(state(&cx, measure).await, State::NotCovered, "{measure}");
        for text in *sound {
            imports.push(import(&cx, text).await);
        }
        assert_eq!(state(&cx, measure).await, State::Conform, "{measure}");
        let last = import(&cx, wrong).await;
        assert_eq!(state(&cx, measure).await, State::Failing, "{measure}");
        assert!(assets::undo(&cx, last).await.unwrap());
        assert_eq!(state(&cx, measure).await, State::Conform, "{measure}, taken back");
        for import in imports {
            assert!(assets::undo(&cx, import).await.unwrap());
        }
        assert_eq!(state(&cx, measure).await, State::NotCovered, "{measure}, all taken back");
    }
}
