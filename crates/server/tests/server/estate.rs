//! The estate, as a browser without script sees it.

use crate::support::{Answer, BASE, NOW, PASSWORD, World, chosen, csrf, send};
use app::accounts::{self, NewAccount};
use app::{Cx, Origin, assets};
use confidentiality::{Actor, ClientScope, Level, Purpose};
use serde_json::json;
use std::sync::atomic::Ordering;
use store::{AccountKind, FOREVER, Post};

/// Somebody with this function and the login of its code; the cookie.
async fn hire(world: &World, actor: i64, persona: &str) -> String {
    let (app, actor) = (&world.app, Actor::new(actor));
    let place = app.default_place();
    let post = Post { actor, place, unit: 0, persona: persona.into(), starts: 0, ends: FOREVER };
    app.store().add_post(app.tenant(), post).await.unwrap();
    let scope = ClientScope { place: None, cap: Level::Open, write: false, chosen_ids: false };
    let (login, secret) = (persona.to_owned(), PASSWORD.to_owned());
    let display = format!("{persona} (essai)");
    let new = NewAccount { actor, kind: AccountKind::Person, login, display, secret, scope, practitioner: None };
    accounts::put(app, new).await.unwrap();
    world.sign_in(persona).await
}

fn machine(name: &str, serial: &str) -> String {
    json!({"deviceid": format!("{name}-2026-05-01-00-00-00"), "itemtype": "Computer", "content": {
        "hardware": {"name": name}, "bios": {"ssn": serial},
        "operatingsystem": {"name": "Windows", "full_name": "Microsoft <Windows> 10 Professionnel", "version": "21H2", "kernel_version": "10.0.19044"},
        "antivirus": [{"name": "Microsoft Defender", "enabled": true, "uptodate": false}],
        "softwares": [{"name": "Lecteur <b>ancien</b>", "version": "9"}], "remote_mgmt": [{"type": "anydesk", "id": "1"}]}})
    .to_string()
}

async fn upload(world: &World, cookie: &str, token: &str, files: &[(&str, &str)]) -> Answer {
    let mut body = format!("--xx\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{token}\r\n");
    for (name, text) in files {
        body += &format!(
            "--xx\r\nContent-Disposition: form-data; name=\"fichiers\"; filename=\"{name}\"\r\n\r\n{text}\r\n"
        );
    }
    body += "--xx--\r\n";
    let headers = [
        ("content-type", "multipart/form-data; boundary=xx"),
        ("origin", BASE),
        ("sec-fetch-site", "same-origin"),
        ("cookie", cookie),
    ];
    send(&world.router, "POST", "/parc/import", &headers, &body).await
}

fn hidden(text: &str, name: &str) -> String {
    text.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap().split('"').next().unwrap().to_owned()
}

/// Says yes twice: it is done once, and one may come back to it.
async fn confirm_twice(world: &World, cookie: &str, here: &str, form: &str) {
    for _ in 0..2 {
        let sent = world.form("/parc/import/confirmer", cookie, form).await.expect(303);
        assert_eq!(sent.header("location"), here);
        let done = world.page(here, cookie).await.expect(200).text();
        assert!(
            done.contains("C’est importé") && done.contains("est vide") && !done.contains("name=\"lot\""),
            "{done}"
        );
        assert!(done.contains("rapprochée") && done.contains("PC-1"), "{done}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_shown_then_imported_and_taken_back() {
    let world = World::new().await;
    let cookie = hire(&world, 71, "info").await;
    chosen(&world).await;
    assert_eq!(world.page("/", &cookie).await.expect(303).header("location"), "/parc");
    assert!(world.page("/parc", &cookie).await.expect(200).text().contains("Aucune machine n’est connue"));
    let form = world.page("/parc/import", &cookie).await.expect(200);
    let token = csrf(&form);
    let files = [
        ("a<b>.json", machine("PC-1", "AAAA1111")),
        ("photo.png", "\u{0}".to_owned()),
        ("w.csv", "FullDomainName,NeededCount\npc-1.x.local,4\n,1\n".to_owned()),
    ];
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let sent = upload(&world, &cookie, &token, &files).await.expect(303);
    let here = sent.header("location");
    let trial = world.page(here, &cookie).await.expect(200).text();
    // But for the number that each page has in its forms.
    let again = world.page(here, &cookie).await.expect(200);
    let numbered = csrf(&again);
    let first = trial.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    assert_eq!(again.text().replace(&numbered, first), trial, "looked at again, it is the same");
    for said in ["Ce que l’import changerait", "a&#60;b&#62;.json", "Refusé", "PC-1", "rapprochée", "est vide"] {
        assert!(trial.contains(said), "{said}: {trial}");
    }
    assert!(
        world.page("/parc", &cookie).await.expect(200).text().contains("Aucune machine n’est connue"),
        "nothing is written"
    );
    let lot = hidden(&trial, "lot");
    let other = hire(&world, 72, "dir").await;
    let theirs = csrf(&world.page("/parc/import", &other).await);
    world.form("/parc/import/confirmer", &other, &format!("csrf={theirs}&lot={lot}")).await.expect(422);
    let unknown = world.page(here, &other).await.expect(404).text();
    assert!(unknown.contains("n’attendent plus") && unknown.contains("id=\"fichiers\""), "somebody else’s: {unknown}");
    confirm_twice(&world, &cookie, here, &format!("csrf={token}&lot={lot}")).await;
    let list = world.page("/parc", &other).await.expect(200).text();
    assert!(list.contains("1 machine") && list.contains("Microsoft &#60;Windows&#62; 10 Professionnel 21H2"), "{list}");
    assert!(list.contains("1 ligne importée ne correspond"));
    let link = list.split("href=\"/parc/machines/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let page = world.page(&format!("/parc/machines/{link}"), &other).await.expect(200).text();
    for said in [
        "AAAA1111",
        "actif : oui, à jour : non",
        "anydesk",
        "Lecteur &#60;b&#62;ancien",
        "4 nécessaires",
        "inventaire GLPI",
        "w.csv, ligne 2",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    let imports = world.page("/parc/import", &other).await.expect(200).text();
    assert!(imports.contains("info (essai)") && imports.matches("Annuler l’import").count() == 2);
    let first = hidden(&imports, "import");
    let undone = world.form("/parc/import/annuler", &other, &format!("csrf={theirs}&import={first}")).await.expect(303);
    assert_eq!(undone.header("location"), "/parc/import?fait=annule");
    assert!(world.page("/parc/import", &other).await.expect(200).text().contains("par dir (essai)"));
    assert!(world.page(here, &cookie).await.expect(200).text().contains("Cet import a été annulé depuis"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_is_filtered_by_words_and_by_state() {
    let world = World::new().await;
    let cookie = hire(&world, 72, "dir").await;
    let cx = accounts::signed_in(&world.app, cookie.split_once('=').unwrap().1)
        .await
        .unwrap()
        .cx(&world.app, Origin::default())
        .await
        .unwrap();
    let both = format!("{}\n{}", machine("PC-1", "AAAA1111"), machine("PC-2", "BBBB2222"));
    assets::import(&cx, vec![assets::File::new("f".into(), both.into_bytes())]).await.unwrap();
    let page = async |query: &str| world.page(&format!("/parc{query}"), &cookie).await.expect(200).text();
    assert!(page("").await.contains("2 machines"));
    let one = page("?q=pc-2").await;
    assert!(one.contains("1 machine") && one.contains("PC-2</a>") && !one.contains("PC-1</a>"));
    assert!(page("?q=bbbb").await.contains("PC-2</a>"));
    let none = page("?q=%22%3E%3Cb%3E").await;
    assert!(none.contains("Aucune machine ne correspond") && !none.contains("<b>>"));
    let states: usize = domain::governance::obsolescence::Verdict::ALL
        .iter()
        .map(|verdict| one.matches(&format!("?etat={}\"", verdict.code())).count())
        .sum();
    assert_eq!(states, 1);
    assert!(page("?etat=supporte").await.contains("Aucune machine"));
    assert!(page("?etat=nonsense").await.contains("2 machines"));
}

#[tokio::test(flavor = "multi_thread")]
async fn for_anyone_else_there_is_no_estate() {
    let world = World::new().await;
    let cookie = world.sign_in("claire").await;
    assert!(!world.page("/personnes", &cookie).await.expect(200).text().contains("/parc"));
    for path in ["/parc", "/parc/import", "/parc/machines/abc"] {
        world.page(path, &cookie).await.expect(404);
        assert_eq!(world.page(path, "").await.expect(303).header("location").split('?').next(), Some("/connexion"));
    }
    let token = csrf(&world.page("/moi", &cookie).await);
    upload(&world, &cookie, &token, &[("a.json", &machine("PC-1", "AAAA1111"))]).await.expect(404);
    world.form("/parc/import/annuler", &cookie, &format!("csrf={token}&import=1")).await.expect(404);
    world.form("/parc/import/confirmer", &cookie, &format!("csrf={token}&lot=x")).await.expect(404);
    world.page("/parc/import/lots/1f", &cookie).await.expect(404);
    world.page("/parc/machines/abc", &hire(&world, 71, "info").await).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_of_others_and_empty_or_late_ones_change_nothing() {
    let world = World::new().await;
    let cookie = hire(&world, 71, "info").await;
    let token = csrf(&world.page("/parc/import", &cookie).await);
    let one = machine("PC-1", "AAAA1111");
    upload(&world, &cookie, "wrong", &[("a.json", &one)]).await.expect(403);
    assert!(upload(&world, &cookie, &token, &[]).await.expect(422).text().contains("Choisissez au moins un fichier"));
    let foreign = [
        ("content-type", "multipart/form-data; boundary=xx"),
        ("sec-fetch-site", "cross-site"),
        ("cookie", cookie.as_str()),
    ];
    send(&world.router, "POST", "/parc/import", &foreign, "--xx--").await.expect(403);
    let broken = [
        ("content-type", "multipart/form-data; boundary=xx"),
        ("sec-fetch-site", "same-origin"),
        ("cookie", cookie.as_str()),
    ];
    send(&world.router, "POST", "/parc/import", &broken, "--xx\r\n").await.expect(415);
    let sent = upload(&world, &cookie, &token, &[("a.json", &one)]).await.expect(303);
    let here = sent.header("location");
    let trial = world.page(here, &cookie).await.expect(200).text();
    world.clock.store(NOW + 16 * 60_000_000, Ordering::Relaxed);
    let late = format!("csrf={token}&lot={}", hidden(&trial, "lot"));
    world.form("/parc/import/confirmer", &cookie, &late).await.expect(422);
    assert!(world.page(here, &cookie).await.expect(404).text().contains("n’attendent plus"));
    assert!(world.page("/parc", &cookie).await.expect(200).text().contains("Aucune machine n’est connue"));
}

async fn import(world: &World, files: &[(&str, &str)]) {
    let cx = Cx::operator(&world.app, None, Level::VerySensitive, Purpose::Api, Origin::default());
    let files = files.iter().map(|(name, text)| assets::File::new((*name).to_owned(), text.as_bytes().to_vec()));
    assert!(assets::import(&cx, files.collect()).await.unwrap().is_clean());
}

const STAFF: &str = "Matricule;Nom;Prénom;Fonction;Date d'entrée;Date de sortie\n\
    1;DURAND;Martine;IDE;10/01/2019;02/03/2026\n2;NDIAYE;Awa;AS;01/02/2020;\n3;=CMD();Luc;ASH;01/02/2020;\n";
const DIRECTORY: &str = "sAMAccountName;displayName;Enabled\nm.durand;Martine DURAND;True\na.ndiaye;Awa NDIAYE;True\n";
const BILL: &str = r#"{"bomFormat":"CycloneDX","specVersion":"1.6","metadata":{"component":{"name":"paie","version":"12"}},
    "components":[{"type":"library","name":"php","version":"7.4.33"},{"type":"library","name":"petit-outil","version":"1"}]}"#;

#[tokio::test(flavor = "multi_thread")]
async fn arrivals_and_departures_and_the_parts_of_programs_have_their_pages() {
    let world = World::new().await;
    let cookie = hire(&world, 71, "info").await;
    for path in ["/parc/mouvements", "/parc/composants"] {
        assert!(world.page(path, &cookie).await.expect(200).text().contains("Rien n’a encore été importé"));
        let carer = world.sign_in("claire").await;
        world.page(path, &carer).await.expect(404);
        world.page(&format!("{path}/csv"), &carer).await.expect(404);
    }
    import(&world, &[("rh.csv", STAFF), ("sbom.json", BILL)]).await;
    let text = async |path: &str| world.page(path, &cookie).await.expect(200).text();
    assert!(text("/parc/mouvements").await.contains("annuaire non importé"));
    import(&world, &[("ad.csv", DIRECTORY)]).await;
    let page = text("/parc/mouvements").await;
    let (left, here) = (page.find("DURAND Martine").unwrap(), page.find("NDIAYE Awa").unwrap());
    assert!(left < here, "what is to be done comes first");
    assert!(!page.contains(", matricule"), "nobody has the name of another");
    assert!(page.contains("compte à fermer") && page.contains("m.durand") && page.contains("02/03/2026"));
    let only = text("/parc/mouvements?etat=a-fermer&tri=nom").await;
    assert!(only.contains("DURAND") && !only.contains("NDIAYE") && only.contains("/csv?etat=a-fermer&#38;tri=nom"));
    assert!(text("/parc/mouvements?q=zzz").await.contains("Rien ne correspond"));
    let file = text("/parc/mouvements/csv").await;
    assert!(file.contains("\"DURAND Martine\";\"compte à fermer\";\"m.durand\"") && file.contains("\"'=CMD() Luc\""));
    let page = text("/parc/composants").await;
    assert!(page.find(">php<").unwrap() < page.find(">petit-outil<").unwrap(), "the worst first");
    assert!(page.contains("paie 12") && page.contains("Plus maintenu") && page.contains("Inconnu"));
    let file = text("/parc/composants/csv?etat=hors_support").await;
    assert!(file.contains("\"php\";\"Plus maintenu\";\"7.4.33\";\"paie 12\"") && !file.contains("petit-outil"));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_of_one_name_are_told_apart_by_their_number() {
    let world = World::new().await;
    let cookie = hire(&world, 71, "info").await;
    let staff = "Matricule;Nom;Prénom;Fonction;Date d'entrée;Date de sortie\n\
        12;DURAND;Martine;IDE;10/01/2019;02/03/2026\n340;Durand;Martine;AS;01/02/2020;\n";
    import(&world, &[("rh.csv", staff), ("ad.csv", DIRECTORY)]).await;
    let page = world.page("/parc/mouvements", &cookie).await.expect(200).text();
    assert!(page.contains("DURAND Martine, matricule 12") && page.contains("Durand Martine, matricule 340"), "{page}");
    assert!(page.contains("compte à vérifier entre homonymes") && !page.contains("compte à fermer"), "{page}");
    assert!(world.page("/parc/mouvements?q=340", &cookie).await.expect(200).text().contains("1 ligne"));
    let file = world.page("/parc/mouvements/csv?etat=homonymes", &cookie).await.expect(200).text();
    assert!(file.contains("\"Matricule\"") && !file.contains("\"340\"") && file.contains("\"12\""), "{file}");
}

#[tokio::test(flavor = "multi_thread")]
async fn blank_tables_are_offered_and_read_back_as_they_are() {
    let world = World::new().await;
    let cookie = hire(&world, 71, "info").await;
    let page = world.page("/parc/import", &cookie).await.expect(200).text();
    let files: Vec<String> = page
        .split("href=\"/parc/import/modeles/")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap().to_owned())
        .collect();
    assert_eq!(files.len(), domain::governance::estate::REGISTERS.len());
    let carer = hire(&world, 74, "ide").await;
    for file in files {
        let path = format!("/parc/import/modeles/{file}");
        let answer = world.page(&path, &cookie).await.expect(200);
        assert!(answer.header("content-disposition").contains(&file));
        let read = domain::governance::estate::read(answer.text().as_bytes()).unwrap();
        assert!(matches!(read.lines[0].content, domain::governance::estate::Content::Entry(_)), "{file}");
        world.page(&path, &carer).await.expect(404);
    }
    world.page("/parc/import/modeles/autre.csv", &cookie).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_machines_alike_the_one_that_opens_records_comes_first() {
    let world = World::new().await;
    let cookie = hire(&world, 71, "info").await;
    for (name, serial) in [("ALPHA", "AAAA1111"), ("BRAVO", "BBBB2222")] {
        crate::standing::import(&world, &machine(name, serial)).await;
    }
    let alpha_first = async || {
        let page = world.page("/parc", &cookie).await.expect(200).text();
        page.find("ALPHA").unwrap() < page.find("BRAVO").unwrap()
    };
    assert!(alpha_first().await, "nothing tells them apart but the name");
    let cx = Cx::operator(&world.app, None, Level::VerySensitive, Purpose::Api, Origin::default());
    let estate = assets::estate(&cx).await.unwrap();
    let asset = Some(estate.assets.iter().find(|asset| asset.name == "BRAVO").unwrap().key.clone());
    let (name, place) = ("PC infirmerie".to_owned(), world.app.default_place());
    app::workstations::enrol(&cx, app::workstations::Wish { name, place, unit: 0, asset }).await.unwrap();
    assert!(!alpha_first().await);
}
