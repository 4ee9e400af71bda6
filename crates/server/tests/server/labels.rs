//! *Niveau et raisons*: why an item has its level, and who may change it.

use crate::support::{World, create, csrf, patient};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_reviewer_changes_a_level_with_a_reason_and_others_see_why() {
    let world = World::new().await;
    let full = world.program("full").await;
    let who = create(&full, patient("Le Goff")).await;
    let id = create(
        &full,
        json!({"resourceType": "Communication", "status": "completed", "subject": {"reference": who},
            "sent": "2026-05-28T10:00:00+02:00", "category": [{"text": "transmission"}],
            "payload": [{"contentString": "A bien dormi."}]}),
    )
    .await;
    let path = format!("/transmissions/{}", id.strip_prefix("Communication/").unwrap());
    let (hugo, amina) = (world.sign_in("hugo").await, world.sign_in("amina").await);
    assert!(world.page(&path, &amina).await.expect(200).text().contains("/niveau\">Niveau et raisons"));
    let label = format!("{path}/niveau");
    let seen = world.page(&label, &amina).await.expect(200).text();
    assert!(seen.contains("Donné par les règles") && !seen.contains("Enregistrer ce niveau"), "{seen}");
    let form = world.page(&label, &hugo).await.expect(200);
    assert!(form.text().contains("Enregistrer ce niveau"));
    let fields = |reason: &str| format!("csrf={}&version=1&niveau=3&categorie=PSY&motif={reason}", csrf(&form));
    let wrong = world.form(&label, &hugo, &fields("")).await.expect(422).text();
    assert!(wrong.contains("Dites pourquoi") && wrong.contains("value=\"PSY\" checked"), "{wrong}");
    let done = world.form(&label, &hugo, &fields("Parle+de+son+suivi")).await.expect(303);
    assert_eq!(done.header("location"), format!("{path}?fait=niveau"));
    let seen = world.page(&label, &hugo).await.expect(200).text();
    assert!(seen.contains("Décidé par hugo (essai)") && seen.contains("Parle de son suivi"), "{seen}");
    world.page(&path, &amina).await.expect(404);
    // Whoever does not review is refused, whatever they post.
    let token = csrf(&world.page("/moi", &amina).await.expect(200));
    let fields = format!("csrf={token}&version=1&niveau=0&motif=essai");
    let refused = world.form(&label, &amina, &fields).await;
    assert!(refused.status == 404 || refused.status == 403, "{}", refused.status);
}
