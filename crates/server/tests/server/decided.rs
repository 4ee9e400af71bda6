//! What people say and decide about the house, what is kept of its figures, and how people sign in.

use crate::standing::{MACHINE, has, hire, import};
use crate::support::{World, csrf};
use app::{Cx, Origin};
use confidentiality::{Actor, Level, Purpose, Strength};
use domain::governance::measures::Followed;
use store::{FOREVER, SessionRow};

#[tokio::test(flavor = "multi_thread")]
async fn what_no_rule_proves_can_be_vouched_for_and_says_so() {
    let world = World::new().await;
    hire(&world).await;
    let (director, carer) = (world.sign_in("diane").await, world.sign_in("amina").await);
    let page = world.page("/maitrise/mesures/GOUV-02", &director).await.expect(200);
    has(&page, &["non couvert", "Où est la preuve", "36 au plus"]);
    let token = csrf(&page);
    let send = async |fields: &str| {
        let form = format!("csrf={token}&version=0&{fields}");
        world.form("/maitrise/mesures/GOUV-02/declaration", &director, &form).await
    };
    let wrong = send("vrai=oui&date=2020-01-01&qui=Diane&preuve=&mois=99").await.expect(422);
    has(&wrong, &["<title>Erreur", "href=\"#preuve\"", "De 1 à 36 mois", "value=\"99\""]);
    let fine = "vrai=oui&date=2026-05-01&qui=Diane&preuve=Classeur+PSSI&mois=12";
    send(fine).await.expect(303);
    send(fine).await.expect(303);
    has(&send("vrai=non&date=2026-05-01&qui=Diane&mois=12").await.expect(409), &["entre-temps"]);
    let page = world.page("/maitrise/mesures/GOUV-02", &director).await.expect(200);
    has(
        &page,
        &["déclarée, non prouvée", "Classeur PSSI", "Valable jusqu’au 01/05/2027", "non prouvée par une machine"],
    );
    has(&world.page("/maitrise/mesures", &director).await.expect(200), &["déclarée, non prouvée"]);
    let json = world.page("/maitrise/mesures.json", &director).await.expect(200).json();
    let one = json["measures"].as_array().unwrap().iter().find(|one| one["id"] == "GOUV-02").unwrap();
    assert_eq!((one["state"].as_str(), one["evidence"][0]["connector"].as_str()), (Some("conform"), Some("DOC")));
    // What a machine sees whole is not for words, and others do not know of any of this.
    import(&world, MACHINE).await;
    let machine = world.page("/maitrise/mesures/MAJ-01", &director).await.expect(200);
    assert!(!machine.text().contains("Où est la preuve"));
    let form = format!("csrf={token}&version=0&{fine}");
    world.form("/maitrise/mesures/MAJ-01/declaration", &director, &form).await.expect(404);
    let theirs = format!("csrf={}&version=0&{fine}", csrf(&world.page("/personnes", &carer).await.expect(200)));
    world.form("/maitrise/mesures/GOUV-02/declaration", &carer, &theirs).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exception_of_one_machine_has_a_reason_and_an_end() {
    let world = World::new().await;
    hire(&world).await;
    import(&world, MACHINE).await;
    let (director, carer) = (world.sign_in("diane").await, world.sign_in("amina").await);
    let page = world.page("/maitrise/exceptions?quoi=remplacement&sujet=PC-1", &director).await.expect(200);
    has(&page, &["Rien n’est décidé", "value=\"PC-1\"", "<option value=\"remplacement\" selected>"]);
    let token = csrf(&page);
    let send = async |id: &str, fields: &str| {
        world.form("/maitrise/exceptions", &director, &format!("csrf={token}&id={id}&{fields}")).await
    };
    let wrong = send("a", "quoi=remplacement&sujet=PC-9&motif=&fin=2020-01-01").await.expect(422);
    has(
        &wrong,
        &["Donnez le nom d’une machine du parc.", "href=\"#motif\"", "Cette date est passée.", "value=\"PC-9\""],
    );
    let fine = "quoi=remplacement&sujet=pc-1&motif=Command%C3%A9&fin=2026-12-31";
    send("a", fine).await.expect(303);
    send("a", fine).await.expect(303);
    let page = world.page("/maitrise/exceptions", &director).await.expect(200);
    has(&page, &["Commandé", "jusqu’au 31/12/2026", "décidé par diane"]);
    assert_eq!(page.text().matches("/maitrise/exceptions/retirer").count(), 1);
    // The newer decision takes the place of the older one, and can be taken back.
    send("b", "quoi=remplacement&sujet=PC-1&motif=Plus+tard&fin=2027-02-01").await.expect(303);
    let page = world.page("/maitrise/exceptions", &director).await.expect(200);
    assert!(page.text().contains("Plus tard") && !page.text().contains("Commandé"));
    world.form("/maitrise/exceptions/retirer", &director, &format!("csrf={token}&id=b")).await.expect(303);
    has(&world.page("/maitrise/exceptions", &director).await.expect(200), &["Rien n’est décidé"]);
    world.page("/maitrise/exceptions", &carer).await.expect(404);
}

/// What is decided after the figures of the day were kept is in them all the same: two pages of one instant say one thing.
#[tokio::test(flavor = "multi_thread")]
async fn the_evolution_says_of_today_what_the_board_says() {
    let world = World::new().await;
    hire(&world).await;
    let director = world.sign_in("diane").await;
    assert!(app::measures::keep_figures(&world.app).await.unwrap());
    let today = async || {
        let cx = Cx::operator(&world.app, None, Level::VerySensitive, Purpose::Api, Origin::default());
        let figures = app::measures::board(&cx).await.unwrap().figures;
        let percent = |one: Followed| one.of(&figures).percent().map(|value| value.to_string()).unwrap_or_default();
        Followed::ALL.map(|one| format!("\"{}\"", percent(one))).join(";")
    };
    let csv = async || world.page("/maitrise/evolution.csv", &director).await.expect(200).text();
    let before = today().await;
    assert!(csv().await.lines().last().unwrap().ends_with(&before));
    let token = csrf(&world.page("/maitrise/profil", &director).await);
    let form = format!("csrf={token}&version=0&vrai=oui&date=2026-05-20&mois=3&qui=Diane&preuve=Classeur");
    world.form("/maitrise/mesures/GOUV-01/declaration", &director, &form).await.expect(303);
    let after = today().await;
    assert_ne!(before, after);
    assert!(csv().await.lines().last().unwrap().ends_with(&after), "{}", csv().await);
    // And it is kept for later days as it stood last.
    let day = csv().await.lines().last().unwrap().to_owned();
    world.clock.fetch_add(86_400_000_000, std::sync::atomic::Ordering::Relaxed);
    let director = world.sign_in("diane").await;
    let csv = world.page("/maitrise/evolution.csv", &director).await.expect(200).text();
    assert_eq!((csv.lines().count(), csv.lines().nth(1)), (3, Some(day.as_str())), "{csv}");
}

/// Titles in French, one kind for all.
#[tokio::test(flavor = "multi_thread")]
async fn every_table_has_titles_in_french_and_opens_in_a_french_spreadsheet() {
    let world = World::new().await;
    hire(&world).await;
    let director = world.sign_in("diane").await;
    for path in [
        "/maitrise/mesures.csv",
        "/maitrise/plan.csv",
        "/maitrise/evolution.csv",
        "/parc/a-traiter/antivirus/csv",
        "/parc/mouvements/csv",
        "/parc/composants/csv",
    ] {
        let answer = world.page(path, &director).await.expect(200);
        assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8");
        assert!(answer.header("content-disposition").starts_with("attachment; filename=\""), "{path}");
        let text = answer.text();
        let head = text.strip_prefix('\u{feff}').unwrap().split("\r\n").next().unwrap();
        for title in head.split(';') {
            let title = title.strip_prefix('"').and_then(|title| title.strip_suffix('"')).unwrap();
            assert!(title.chars().next().unwrap().is_uppercase() && !title.contains('_'), "{path}: {head}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_figures_of_each_day_are_kept_once_and_drawn() {
    let world = World::new().await;
    hire(&world).await;
    let director = world.sign_in("diane").await;
    has(&world.page("/maitrise/evolution", &director).await.expect(200), &["Un seul jour est gardé"]);
    assert!(app::measures::keep_figures(&world.app).await.unwrap());
    assert!(!app::measures::keep_figures(&world.app).await.unwrap());
    has(&world.page("/maitrise/evolution", &director).await.expect(200), &["Un seul jour est gardé"]);
    has(&world.page("/maitrise", &director).await.expect(200), &["Rien à comparer encore"]);
    world.clock.fetch_add(86_400_000_000, std::sync::atomic::Ordering::Relaxed);
    assert!(app::measures::keep_figures(&world.app).await.unwrap());
    let director = world.sign_in("diane").await;
    // An import renews the figures of its day.
    import(&world, MACHINE).await;
    let page = world.page("/maitrise/evolution", &director).await.expect(200);
    has(&page, &["<svg", "role=\"img\"", "<caption", "Conformité"]);
    assert!(!page.text().contains("<script>") && !page.text().contains("style="));
    let csv = world.page("/maitrise/evolution.csv", &director).await.expect(200).text();
    assert_eq!(csv.lines().count(), 3, "{csv}");
    let page = world.page("/maitrise", &director).await.expect(200);
    has(&page, &["Ce qui a changé depuis le", "avant : non couvert", "<svg"]);
    let carer = world.sign_in("amina").await;
    for path in ["/maitrise/evolution", "/maitrise/evolution.csv"] {
        world.page(path, &carer).await.expect(404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn second_factors_are_judged_by_how_people_really_sign_in() {
    let world = World::new().await;
    hire(&world).await;
    let director = world.sign_in("diane").await;
    let state = async || {
        let json = world.page("/maitrise/mesures.json", &director).await.expect(200).json();
        let of = |id: &str| {
            let all = json["measures"].as_array().unwrap();
            all.iter().find(|one| one["id"] == id).unwrap()["state"].as_str().unwrap().to_owned()
        };
        (of("ID-05"), of("ID-06"))
    };
    // Only the direction has signed in: nobody who cares for people.
    assert_eq!(state().await, ("not_covered".to_owned(), "failing".to_owned()));
    world.sign_in("amina").await;
    assert_eq!(state().await, ("failing".to_owned(), "failing".to_owned()));
    let page = world.page("/maitrise/mesures/ID-05", &director).await.expect(200);
    has(&page, &["1 sur 1 soignant à corriger", "amina (essai)"]);
    assert!(!page.text().contains("À corriger\u{a0}: diane"));
    let (tenant, now) = (world.app.tenant(), world.app.now());
    let strength = Strength::SecondFactor.code();
    for actor in world.app.store().sign_ins(tenant).await.unwrap().into_iter().map(|one| one.actor) {
        let session = SessionRow { tenant, actor, strength, started: now, stepped_up: 0, ends: FOREVER };
        let account = world.app.store().account(tenant, Actor::new(actor)).await.unwrap().unwrap();
        world.app.store().open_session(format!("token {actor}").as_bytes(), session, &account).await.unwrap();
    }
    // What providers do from afar stays to be shown for ID-06.
    assert_eq!(state().await, ("conform".to_owned(), "to_prove".to_owned()));
}

const NETWORK: &str = r#"<?xml version="1.0"?><!DOCTYPE nmaprun><nmaprun scanner="nmap" start="1748000000" version="7.94">
<host starttime="1748000000" endtime="1748000060"><status state="up"/><address addr="192.168.1.77" addrtype="ipv4"/>
<address addr="AA:BB:CC:00:11:22" addrtype="mac"/><ports><port protocol="tcp" portid="8080"><state state="open"/></port></ports></host></nmaprun>"#;

#[tokio::test(flavor = "multi_thread")]
async fn the_technician_finds_what_is_to_be_done_list_by_list() {
    let world = World::new().await;
    hire(&world).await;
    let (technician, carer) = (world.sign_in("ivan").await, world.sign_in("amina").await);
    let page = world.page("/parc/a-traiter", &technician).await.expect(200);
    has(&page, &["Rien n’a encore été importé", "aucune information"]);
    let empty = world.page("/parc/a-traiter/antivirus", &technician).await.expect(200);
    has(&empty, &["Aucune information."]);
    import(&world, &MACHINE.replace("\"uptodate\":true", "\"uptodate\":false")).await;
    import(&world, NETWORK).await;
    let page = world.page("/parc/a-traiter", &technician).await.expect(200);
    has(&page, &["1 à traiter", "/parc/a-traiter/antivirus/csv"]);
    let list = world.page("/parc/a-traiter/antivirus", &technician).await.expect(200);
    has(&list, &["PC-1", "Defender (actif : oui, à jour : non)", "/maitrise/mesures/POSTE-01"]);
    has(&world.page("/parc/a-traiter/antivirus?q=zzz", &technician).await.expect(200), &["Rien ne correspond"]);
    has(&world.page("/parc/a-traiter/hors-support", &technician).await.expect(200), &["fin le"]);
    has(&world.page("/parc/a-traiter/inconnus", &technician).await.expect(200), &["192.168.1.77 (ports 8080)"]);
    let csv = world.page("/parc/a-traiter/antivirus/csv", &technician).await.expect(200).text();
    assert!(csv.contains("\"Machine\";\"Constat\";\"Lieu\"") && csv.contains("\"PC-1\";\"Defender"), "{csv}");
    for path in ["/parc/a-traiter", "/parc/a-traiter/antivirus", "/parc/a-traiter/antivirus/csv"] {
        world.page(path, &carer).await.expect(404);
    }
    world.page("/parc/a-traiter/autre", &technician).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn long_lists_come_two_hundred_a_page() {
    let world = World::new().await;
    hire(&world).await;
    let one = |number: u32| {
        MACHINE
            .replace("PC-1", &format!("PC-{number:03}"))
            .replace("8c7f0d7e-1111-4222-8333-444455556666", &format!("8c7f0d7e-1111-4222-8333-{number:012}"))
    };
    import(&world, &format!("[{}]", (0..230).map(one).collect::<Vec<_>>().join(","))).await;
    let technician = world.sign_in("ivan").await;
    for path in ["/parc?tri=nom", "/parc/a-traiter/hors-support?tri=nom"] {
        let page = world.page(path, &technician).await.expect(200);
        has(&page, &["1 à 200 sur 230", "Page suivante", "PC-000", "PC-199"]);
        assert!(!page.text().contains("PC-200"));
        let second = world.page(&format!("{path}&page=2"), &technician).await.expect(200);
        has(&second, &["201 à 230 sur 230", "Page précédente", "PC-229"]);
    }
}
