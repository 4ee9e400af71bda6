//! Machines: what is opened from one follows what the inventory says of it.

use crate::support::*;
use app::accounts::{self, NewAccount};
use app::assets::{self, File};
use app::{Cx, Origin};
use confidentiality::{Actor, ClientScope, Level, Place, Purpose};
use serde_json::json;
use store::{AccountKind, FOREVER, Post};

async fn inventory(world: &World, system: &str, version: &str, at: &str) {
    let text = json!({"deviceid": "PC-INF-2020-01-01-00-00-00", "itemtype": "Computer", "content": {
        "accesslog": {"logdate": at}, "hardware": {"name": "PC-INF"}, "bios": {"ssn": "ABCD1234"},
        "operatingsystem": {"name": "Windows", "full_name": system, "version": version}}});
    let cx = Cx::operator(&world.app, None, Level::VerySensitive, Purpose::Api, Origin::default());
    let file = File::new(format!("{at}.json"), text.to_string().into_bytes());
    assets::import(&cx, vec![file]).await.unwrap();
}

/// The technician: answers for machines, reads nothing about anybody.
async fn hire(world: &World) {
    let place = Place::new(1);
    let post =
        Post { actor: Actor::new(44), place, unit: -place.value(), persona: "info".into(), starts: 0, ends: FOREVER };
    world.app.store().add_post(world.app.tenant(), post).await.unwrap();
    let scope = ClientScope { place: None, cap: Level::Open, write: false, chosen_ids: false };
    let new = NewAccount {
        actor: Actor::new(44),
        kind: AccountKind::Person,
        login: "loic".into(),
        display: "Loïc (essai)".into(),
        secret: PASSWORD.into(),
        scope,
        practitioner: None,
    };
    accounts::put(&world.app, new).await.unwrap();
}

async fn enrol(world: &World, cookie: &str, name: &str, asset: &str, spot: &str) -> Answer {
    let token = csrf(&world.page("/appareil", cookie).await.expect(200));
    world.form("/appareil", cookie, &format!("csrf={token}&nom={name}&inventaire={asset}&lieu={spot}")).await
}

#[tokio::test]
async fn what_is_opened_from_a_machine_follows_what_the_inventory_says_of_it() {
    let world = World::new().await;
    hire(&world).await;
    let full = world.program("full").await;
    let person = create(&full, patient("QUÉMÉNER")).await;
    let psy = json!({"resourceType": "Condition", "subject": {"reference": person}, "recordedDate": "2026-05-02",
        "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "F32.2"}], "text": "Dépression sévère"}});
    create(&full, psy).await;
    let page = format!("/personnes/{}/fil", person.trim_start_matches("Patient/"));
    let doctor = world.sign_in("claire").await;
    let opened = async |cookie: &str| {
        let text = world.page(&page, cookie).await.expect(200).text();
        (text.contains("Dépression sévère"), text.contains("ne s’ouvre pas d’ici"))
    };
    assert_eq!(opened(&doctor).await, (true, false), "no machine is enrolled: nothing is asked");

    inventory(&world, "Microsoft Windows 11 Professionnel", "24H2", "2026-05-01").await;
    let technician = world.sign_in("loic").await;
    let form = world.page("/appareil", &technician).await.expect(200).text();
    assert!(form.contains("<option>PC-INF</option>") && form.contains("Les Tilleuls"), "{form}");
    let wrong =
        crate::mistakes::mistaken(&enrol(&world, &technician, "PC+infirmerie", "PC-ZZZ", "1/0").await.expect(422));
    assert!(wrong.contains("Aucun appareil de l’inventaire") && wrong.contains("value=\"PC-ZZZ\""), "{wrong}");
    enrol(&world, &technician, "", "PC-INF", "1/0").await.expect(422);
    enrol(&world, &technician, "PC", "PC-INF", "").await.expect(422);
    enrol(&world, &technician, "PC", "PC-INF", "9/0").await.expect(404);
    let made = enrol(&world, &technician, "PC+infirmerie", "pc-inf", "1/0").await.expect(303);
    let cookie = made.header("set-cookie").to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    let machine = cookie.split(';').next().unwrap();

    let there = format!("{doctor}; {machine}");
    assert_eq!(opened(&there).await, (true, false), "a sound machine");
    assert_eq!(opened(&doctor).await, (false, true), "one that is not enrolled, where others are");
    let own = world.page("/appareil", &doctor).await.expect(200).text();
    assert!(own.contains("Pas enregistré") && own.contains("Courant") && !own.contains("Enregistrer cet"), "{own}");
    let confirm = world.page("/confirmer", &doctor).await.expect(200).text();
    assert!(confirm.contains("ne s’ouvre pas de cet appareil") && !confirm.contains("name=\"password\""));
    assert!(world.page("/confirmer", &there).await.expect(200).text().contains("name=\"password\""));

    inventory(&world, "Microsoft Windows 7 Professionnel", "6.1.7601", "2026-05-20").await;
    assert_eq!(opened(&there).await, (false, true), "the inventory has seen an old system on it since");
    let list = world.page("/appareils", &technician).await.expect(200).text();
    for word in ["PC infirmerie", "PC-INF", "Plus maintenu", "1 appareil jusqu’à « Courant »"] {
        assert!(list.contains(word), "{word}: {list}");
    }
    let number = list.split("name=\"numero\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let form = format!("csrf={}&numero={number}", csrf(&world.page("/appareils", &technician).await));
    world.form("/appareils/retirer", &technician, &form).await.expect(303);
    assert_eq!(opened(&there).await, (true, false), "no machine is enrolled any more");
}

#[tokio::test]
async fn only_whoever_answers_for_machines_enrols_and_lists_them() {
    let world = World::new().await;
    hire(&world).await;
    for login in ["claire", "amina"] {
        let cookie = world.sign_in(login).await;
        let page = world.page("/appareil", &cookie).await.expect(200);
        assert!(!page.text().contains("name=\"lieu\""), "{login}");
        let form = format!("csrf={}&nom=PC&inventaire=&lieu=1/0", csrf(&page));
        world.form("/appareil", &cookie, &form).await.expect(404);
        world.page("/appareils", &cookie).await.expect(404);
        let form = format!("csrf={}&numero=1", csrf(&page));
        world.form("/appareils/retirer", &cookie, &form).await.expect(404);
    }
    let cookie = world.sign_in("loic").await;
    let empty = world.page("/appareils", &cookie).await.expect(200).text();
    assert!(empty.contains("Aucun appareil n’est enregistré"), "{empty}");
    enrol(&world, &cookie, "Tablette", "", "1/0").await.expect(303);
    let listed = world.page("/appareils", &cookie).await.expect(200).text();
    assert!(listed.contains("Tablette") && listed.contains("Pas trouvé") && listed.contains("Sensible"), "{listed}");
}
