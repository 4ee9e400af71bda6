//! The handover, units, synthesis and who read, as a browser without script sees them.

use crate::support::{NOW, World, create, csrf, patient, send};
use serde_json::json;

const HOUR: i64 = 3_600_000_000;

fn written(person: &str, text: &str, target: &str, hours_ago: i64) -> serde_json::Value {
    json!({"resourceType": "Communication", "status": "completed", "subject": {"reference": person},
        "category": [{"text": "transmission"}], "sent": fhir::date::instant(NOW - hours_ago * HOUR),
        "topic": {"coding": [{"system": "urn:socle:target", "code": target}]},
        "payload": [{"contentString": text}]})
}

async fn world() -> (World, String) {
    let world = World::new().await;
    let full = world.program("full").await;
    let who = create(&full, patient("Quéméner")).await;
    create(
        &full,
        json!({"resourceType": "Encounter", "status": "in-progress", "class": {"code": "IMP"},
        "subject": {"reference": who}, "location": [{"location": {"display": "206"}, "status": "active"}]}),
    )
    .await;
    for (text, target, hours) in [
        ("tombée au salon", "chute", 2),
        ("bonne nuit", "nuit", 3),
        ("sérologie VIH positive", "surveillance", 4),
        ("la semaine passée", "nuit", 100),
    ] {
        create(&full, written(&who, text, target, hours)).await;
    }
    (world, who.strip_prefix("Patient/").unwrap().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_wait_comes_first_and_what_is_not_for_me_is_only_counted() {
    let (world, _) = world().await;
    let amina = world.sign_in("amina").await;
    let page = world.page("/releve?heures=12", &amina).await.expect(200).text();
    let (fall, night) = (page.find("tombée au salon").unwrap(), page.find("bonne nuit").unwrap());
    assert!(fall < night && page.contains("206") && page.contains("QUÉMÉNER"), "{page}");
    assert!(!page.contains("VIH") && !page.contains("semaine passée"));
    let all = world.page("/releve?heures=168", &amina).await.expect(200).text();
    assert!(all.contains("semaine passée"));
    let urgent = world.page("/releve?heures=12&filtre=urgent", &amina).await.expect(200).text();
    assert!(urgent.contains("tombée") && !urgent.contains("bonne nuit"));
    let target = world.page("/releve?heures=12&cible=nuit", &amina).await.expect(200).text();
    assert!(!target.contains("tombée") && target.contains("bonne nuit"));
    let nobody = world.page("/releve?heures=12&filtre=moi", &amina).await.expect(200).text();
    assert!(nobody.contains("Rien à transmettre ici"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_for_me_is_there_when_it_is_urgent_too_and_paper_has_all_of_it() {
    let (world, id) = world().await;
    let full = world.program("full").await;
    let end = "à 14 h 30, avec ses papiers";
    let text = format!("{}{end}", "Ambulance commandée pour la consultation, à préparer. ".repeat(6));
    let mut note = written(&format!("Patient/{id}"), &text, "surveillance", 1);
    if let Some(note) = note.as_object_mut() {
        note.insert("priority".into(), json!("urgent"));
        note.insert("recipient".into(), json!([{"identifier": {"system": "urn:socle:function", "value": "as"}}]));
    }
    create(&full, note).await;
    let amina = world.sign_in("amina").await;
    let mine = world.page("/releve?heures=12&filtre=moi", &amina).await.expect(200).text();
    assert!(mine.contains("Pour moi <b>1</b>") && mine.contains("Ambulance"), "{mine}");
    assert!(!mine.contains("tombée au salon"), "{mine}");
    let paper = world.page("/releve/impression?heures=12", &amina).await.expect(200).text();
    assert!(paper.contains(end) && paper.contains("tombée au salon"), "{paper}");
}

#[tokio::test(flavor = "multi_thread")]
async fn marking_as_read_is_for_the_page_shown_and_can_be_undone_one_by_one() {
    let (world, _) = world().await;
    let amina = world.sign_in("amina").await;
    let page = world.page("/releve?heures=12", &amina).await.expect(200);
    assert!(page.text().contains("Non lu <b>2</b>"), "{}", page.text());
    let text = page.text();
    let items = text.split("name=\"items\" value=\"").nth(1).unwrap().split('"').next().unwrap().replace(' ', "+");
    let body = format!("csrf={}&suite=/releve%3Fheures%3D12&items={items}", csrf(&page));
    let marked = world.form("/releve/lu", &amina, &body).await.expect(303);
    assert_eq!(marked.header("location"), "/releve?heures=12&lus=2");
    let after = world.page(marked.header("location"), &amina).await.expect(200).text();
    assert!(after.contains("2 éléments marqués comme lus") && after.contains("Non lu <b>0</b>"));
    let first = items.split('+').next().unwrap().split('/').nth(1).unwrap();
    let read = world.page(&format!("/transmissions/{first}"), &amina).await.expect(200);
    assert!(read.text().contains("Marquer comme non lu") && read.text().contains("amina (essai)"));
    let body = format!("csrf={}&annuler=1", csrf(&read));
    world.form(&format!("/transmissions/{first}/lu"), &amina, &body).await.expect(303);
    assert!(world.page("/releve?heures=12", &amina).await.expect(200).text().contains("Non lu <b>1</b>"));
    // What one may not read cannot be ticked, nor told from what is not there.
    let body = format!("csrf={}&items=Communication/rien+Observation/x+rubbish", csrf(&read));
    assert_eq!(world.form("/releve/lu", &amina, &body).await.expect(303).header("location"), "/releve?lus=0");
}

#[tokio::test(flavor = "multi_thread")]
async fn paper_carries_nothing_sensitive_and_its_printing_is_entered() {
    let (world, id) = world().await;
    let claire = world.sign_in("claire").await;
    // The doctor steps up: on screen, everything.
    let confirm = world.page("/confirmer?suite=/releve", &claire).await.expect(200);
    let body = format!("csrf={}&password={}", csrf(&confirm), crate::support::PASSWORD.replace(' ', "+"));
    world.form("/confirmer", &claire, &body).await.expect(303);
    assert!(world.page("/releve?heures=12", &claire).await.expect(200).text().contains("VIH"));
    let paper = world.page("/releve/impression?heures=12", &claire).await.expect(200).text();
    assert!(paper.contains("tombée au salon") && !paper.contains("VIH"), "{paper}");
    assert!(paper.contains("claire (essai)") && paper.contains("ne sont pas imprimés"));
    let who = world.page(&format!("/personnes/{id}/lectures"), &claire).await.expect(200).text();
    assert!(who.contains("Relève imprimée") && who.contains("claire (essai)"), "{who}");
}

#[tokio::test(flavor = "multi_thread")]
async fn taking_ones_post_makes_the_next_handover_begin_there() {
    let (world, _) = world().await;
    let amina = world.sign_in("amina").await;
    let choose = world.page("/unites", &amina).await.expect(200);
    assert!(choose.text().contains("Les Tilleuls") && choose.text().contains("Je prends mon poste"));
    let unit = choose.text().split("name=\"unite\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let body = format!("csrf={}&unite={unit}", csrf(&choose));
    assert_eq!(world.form("/unites", &amina, &body).await.expect(303).header("location"), "/releve?fait=poste");
    let account = world.page("/moi", &amina).await.expect(200);
    assert!(account.text().contains("En poste : <strong>Les Tilleuls"), "{}", account.text());
    world.form("/unites", &amina, &format!("csrf={}&unite=-99", csrf(&choose))).await.expect(404);
    world.form("/unites/quitter", &amina, &format!("csrf={}", csrf(&choose))).await.expect(303);
    assert!(world.page("/moi", &amina).await.expect(200).text().contains("pas pris de poste"));
    world.page("/releve?unite=-99", &amina).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn persons_are_found_by_room_and_their_synthesis_fits_one_page() {
    let (world, id) = world().await;
    let full = world.program("full").await;
    let who = format!("Patient/{id}");
    create(
        &full,
        json!({"resourceType": "AllergyIntolerance", "patient": {"reference": who}, "criticality": "high",
        "clinicalStatus": {"coding": [{"code": "active"}]}, "code": {"text": "Pénicilline"}}),
    )
    .await;
    create(
        &full,
        json!({"resourceType": "AllergyIntolerance", "patient": {"reference": who},
        "clinicalStatus": {"coding": [{"code": "inactive"}]},
        "verificationStatus": {"coding": [{"code": "refuted"}]}, "code": {"text": "Arachide"}}),
    )
    .await;
    create(&full, json!({"resourceType": "Flag", "status": "active", "subject": {"reference": who}, "code": {"text": "Risque de chute"}}))
    .await;
    let amina = world.sign_in("amina").await;
    let list = world.page("/personnes?q=206", &amina).await.expect(200).text();
    assert!(list.contains("QUÉMÉNER") && list.contains("1 personne"), "{list}");
    assert!(world.page("/personnes?q=207", &amina).await.expect(200).text().contains("Aucune personne"));
    let page = world.page(&format!("/personnes/{id}"), &amina).await.expect(200).text();
    assert!(
        page.contains("Pénicilline (grave)") && !page.contains("Arachide") && page.contains("Risque de chute"),
        "{page}"
    );
    assert!(page.contains("tombée au salon") && !page.contains("semaine passée"));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_read_is_whole_for_those_who_review_and_ones_own_for_the_others() {
    let (world, id) = world().await;
    let (amina, claire) = (world.sign_in("amina").await, world.sign_in("claire").await);
    world.page(&format!("/personnes/{id}"), &claire).await.expect(200);
    world.page(&format!("/personnes/{id}/fil"), &amina).await.expect(200);
    let path = format!("/personnes/{id}/lectures");
    let whole = world.page(&path, &claire).await.expect(200).text();
    assert!(whole.contains("amina (essai)") && whole.contains("claire (essai)") && whole.contains("Fil du dossier"));
    let own = world.page(&path, &amina).await.expect(200).text();
    assert!(own.contains("Vos propres consultations") && !own.contains("claire (essai)"), "{own}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_theme_is_kept_by_the_browser_and_nothing_else_is_believed() {
    let (world, _) = world().await;
    let amina = world.sign_in("amina").await;
    let account = world.page("/moi", &amina).await.expect(200);
    let set = world.form("/moi/theme", &amina, &format!("csrf={}&theme=nuit", csrf(&account))).await.expect(303);
    assert!(set.header("set-cookie").starts_with("socle-theme=nuit;"));
    let themed = world.page("/moi", &format!("{amina}; socle-theme=nuit")).await.expect(200).text();
    assert!(themed.contains("<html lang=\"fr\" data-theme=\"nuit\">"));
    let wild = world.page("/moi", &format!("{amina}; socle-theme=x\"y")).await.expect(200).text();
    assert!(wild.contains("<html lang=\"fr\">"));
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_stay_light() {
    let (world, id) = world().await;
    let full = world.program("full").await;
    let mut people = Vec::new();
    for index in 0..80 {
        people.push(create(&full, patient(&format!("Personne-{index}"))).await);
    }
    for (index, person) in people.iter().cycle().take(200).enumerate() {
        create(&full, written(person, &"mot ".repeat(40), if index % 9 == 0 { "chute" } else { "nuit" }, 1)).await;
    }
    let amina = world.sign_in("amina").await;
    let style = send(&world.router, "GET", "/static/socle.css", &[], "").await.expect(200).body.len();
    let script = send(&world.router, "GET", "/static/socle.js", &[], "").await.expect(200);
    assert!(script.body.len() <= 30_000 && script.text().lines().count() <= 300, "own script");
    for path in ["/releve?heures=12", "/personnes", "/transmissions/nouvelle", "/unites", "/moi"] {
        let page = world.page(path, &amina).await.expect(200);
        let again = page.body.len();
        assert!(again <= 30_000, "{path}: {again} bytes");
        assert!(again + style + script.body.len() <= 100_000, "{path}: first load");
        let parts = page.text().matches("/static/").count();
        assert!(parts <= 4, "{path}: {parts} files");
    }
    for path in [format!("/personnes/{id}"), format!("/personnes/{id}/fil"), format!("/personnes/{id}/lectures")] {
        assert!(world.page(&path, &amina).await.expect(200).body.len() <= 30_000, "{path}");
    }
}
