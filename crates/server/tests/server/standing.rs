//! Where the house stands, as its director sees it.

use crate::support::{Answer, PASSWORD, World, csrf};
use app::accounts::{self, NewAccount};
use app::{Cx, Origin, assets};
use confidentiality::{Actor, ClientScope, Level, Purpose};
use std::io::Write as _;
use store::{AccountKind, FOREVER, Post};

/// A director, and a technician.
pub(crate) async fn hire(world: &World) {
    for (number, login, persona) in [(61, "diane", "dir"), (62, "ivan", "info")] {
        let (actor, place) = (Actor::new(number), world.app.default_place());
        let post = Post { actor, place, unit: 0, persona: persona.into(), starts: 0, ends: FOREVER };
        world.app.store().add_post(world.app.tenant(), post).await.unwrap();
        let scope = ClientScope { place: None, cap: Level::Open, write: false, chosen_ids: false };
        let new = NewAccount {
            actor,
            kind: AccountKind::Person,
            login: login.into(),
            display: login.into(),
            secret: PASSWORD.into(),
            scope,
            practitioner: None,
        };
        accounts::put(&world.app, new).await.unwrap();
    }
}

pub(crate) const MACHINE: &str = r#"{"deviceid":"PC-1-2026","itemtype":"Computer","action":"inventory","content":{
"hardware":{"name":"PC-1","chassis_type":"Desktop","uuid":"8c7f0d7e-1111-4222-8333-444455556666"},
"operatingsystem":{"name":"Windows","full_name":"Microsoft Windows 10 Professionnel","kernel_name":"MSWin32",
"kernel_version":"10.0.19044","version":"21H2"},
"antivirus":[{"name":"Defender","enabled":true,"uptodate":true}],"versionclient":"GLPI-Inventory_v1.11"}}"#;

pub(crate) async fn import(world: &World, text: &str) {
    let mut file = tempfile::Builder::new().suffix(".json").tempfile().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    let cx = Cx::operator(&world.app, None, Level::VerySensitive, Purpose::Api, Origin::default());
    let outcome = assets::import(&cx, vec![assets::File::open(file.path()).unwrap()]).await.unwrap();
    assert!(outcome.is_clean());
}

pub(crate) fn has(page: &Answer, words: &[&str]) {
    for word in words {
        assert!(page.text().contains(word), "{}\n{word} is not there", page.text());
    }
}

/// What a measure asks for is a click away, and the click leads somewhere.
#[tokio::test(flavor = "multi_thread")]
async fn a_measure_leads_to_where_it_is_put_in_order() {
    let world = World::new().await;
    hire(&world).await;
    let director = world.sign_in("diane").await;
    let mut led = std::collections::BTreeSet::new();
    for measure in domain::governance::measures::catalogue() {
        let page = world.page(&format!("/maitrise/mesures/{}", measure.id), &director).await.expect(200).text();
        let what = page.split("Quoi faire").nth(1).and_then(|rest| rest.split("</section>").next()).unwrap();
        led.extend(what.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned));
    }
    assert!(led.len() > 15, "{led:?}");
    for at in &led {
        world.page(at, &director).await.expect(200);
    }
    let page = world.page("/maitrise/mesures/SAUV-05", &director).await.expect(200);
    has(&page, &["socle store drill"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_director_sees_what_to_do_first_and_carers_see_nothing() {
    let world = World::new().await;
    hire(&world).await;
    let (director, carer) = (world.sign_in("diane").await, world.sign_in("amina").await);
    let page = world.page("/maitrise", &director).await.expect(200);
    has(&page, &["Rien n’a encore été importé", "À faire ce mois-ci", "Conformité", "Non couvert"]);
    assert_eq!(page.text().matches("<li class=\"card\">").count(), 5);
    import(&world, MACHINE).await;
    let page = world.page("/maitrise", &director).await.expect(200);
    has(&page, &["Remplacez ou mettez à niveau les machines", "1 sur 1 poste et tablette à corriger", "Plus maintenu"]);
    let one = world.page("/maitrise/mesures/MAJ-01", &director).await.expect(200);
    has(&one, &["non conforme", "À corriger : PC-1", "HYG-35"]);
    has(&world.page("/maitrise/mesures?etat=failing", &director).await.expect(200), &["MAJ-01"]);
    let urgent = world.page("/maitrise/mesures?tri=urgence", &director).await.expect(200).text();
    let place = |id: &str| urgent.find(&format!("/maitrise/mesures/{id}")).unwrap();
    assert!(place("MAJ-01") < place("GOUV-01") && place("MAJ-01") < place("INV-01"), "{urgent}");
    assert_eq!(urgent.matches("<table").count(), 1);
    for path in
        ["/maitrise", "/maitrise/mesures", "/maitrise/mesures.csv", "/maitrise/mesures.json", "/maitrise/profil"]
    {
        world.page(path, &carer).await.expect(404);
    }
    world.page("/maitrise/mesures/ABC-01", &director).await.expect(404);
    assert!(!world.page("/personnes", &carer).await.expect(200).text().contains("/maitrise"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exception_is_written_shown_and_taken_back() {
    let world = World::new().await;
    hire(&world).await;
    import(&world, MACHINE).await;
    let director = world.sign_in("diane").await;
    let token = csrf(&world.page("/maitrise/profil", &director).await.expect(200));
    let ask = async |until: &str| {
        let token = csrf(&world.page("/maitrise/profil", &director).await.expect(200));
        let form = format!("csrf={token}&mesure=MAJ-01&motif=Logiciel+ancien&fin={until}");
        world.form("/maitrise/derogations", &director, &form).await
    };
    has(&ask("2020-01-01").await.expect(422), &["Cette date est passée."]);
    has(&ask("2999-01-01").await.expect(422), &["deux ans au plus"]);
    ask("2026-12-31").await.expect(303);
    has(&ask("2026-12-31").await.expect(422), &["déjà une dérogation en cours"]);
    has(&world.page("/maitrise/mesures/MAJ-01", &director).await.expect(200), &["dérogation", "jusqu’au 31/12/2026"]);
    has(&world.page("/maitrise/profil", &director).await.expect(200), &["Logiciel ancien"]);
    let form = format!("csrf={token}&numero=0&mesure=MAJ-01");
    world.form("/maitrise/derogations/retirer", &director, &form).await.expect(303);
    has(&world.page("/maitrise/mesures/MAJ-01", &director).await.expect(200), &["non conforme"]);
    world.form("/maitrise/derogations", &director, "csrf=faux&mesure=MAJ-01&motif=x&fin=2026-12-31").await.expect(403);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_profile_changes_what_counts_and_files_follow() {
    let world = World::new().await;
    hire(&world).await;
    let technician = world.sign_in("ivan").await;
    let csv = world.page("/maitrise/mesures.csv?referentiel=RECYF", &technician).await.expect(200);
    assert!(csv.text().lines().skip(1).all(|line| line.starts_with("\"RECYF")) && csv.text().contains("POSTE-01"));
    assert!(world.page("/maitrise/mesures.csv", &technician).await.expect(200).text().contains("CONT-01"));
    let token = csrf(&world.page("/maitrise/profil", &technician).await.expect(200));
    let form = format!("csrf={token}&effectif=12&annuaire=oui&outils=TeamViewer%2C+anydesk");
    world.form("/maitrise/profil", &technician, &form).await.expect(303);
    has(&world.page("/maitrise/profil", &technician).await.expect(200), &["anydesk, teamviewer", "value=\"12\""]);
    let json = world.page("/maitrise/mesures.json", &technician).await.expect(200).json();
    let ids: Vec<&str> = json["measures"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert!(!ids.contains(&"CONT-01") && ids.contains(&"MAJ-01"));
}
