//! Allergies, treatments and what to do reach whoever cares, out of items that they may not read.

use crate::support::{PASSWORD, World, create, patient};
use app::accounts::{self, NewAccount};
use confidentiality::{Actor, ClientScope, Level};
use serde_json::{Value, json};
use store::{AccountKind, FOREVER, Post};

/// An allergy that names a treatment of HIV, with its reason: level 4.
fn allergy(patient: &str) -> Value {
    json!({"resourceType": "AllergyIntolerance", "patient": {"reference": patient}, "criticality": "high",
        "clinicalStatus": {"coding": [{"code": "active"}]}, "recordedDate": "2026-05-02",
        "code": {"text": "Abacavir"}, "note": [{"text": "Réaction grave sous trithérapie, séropositivité VIH connue."}]})
}

fn treatment(patient: &str) -> Value {
    json!({"resourceType": "MedicationRequest", "status": "active", "intent": "order", "authoredOn": "2026-05-02",
        "subject": {"reference": patient}, "medicationCodeableConcept": {"text": "Biktarvy"},
        "dosageInstruction": [{"text": "1 cp le soir"}], "reasonCode": [{"text": "Infection par le VIH"}]})
}

/// What a psychologist has heard.
fn note(patient: &str, day: &str) -> Value {
    json!({"resourceType": "Communication", "status": "completed", "subject": {"reference": patient}, "sent": day,
        "category": [{"text": "note psychologue"}],
        "payload": [{"contentString": "Il a des idées suicidaires depuis la visite de son fils."}]})
}

async fn educator(world: &World) {
    let (actor, place) = (Actor::new(44), world.app.default_place());
    let new = NewAccount {
        actor,
        kind: AccountKind::Person,
        login: "eva".into(),
        display: "eva (essai)".into(),
        secret: PASSWORD.into(),
        scope: ClientScope { place: None, cap: Level::Open, write: false, chosen_ids: false },
        practitioner: None,
    };
    accounts::put(&world.app, new).await.unwrap();
    let post = Post { actor, place, unit: -place.value(), persona: "educ".into(), starts: 0, ends: FOREVER };
    world.app.store().add_post(world.app.tenant(), post).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_endangers_reaches_carers_and_its_cause_does_not() {
    let world = World::new().await;
    educator(&world).await;
    let full = world.program("full").await;
    let who = create(&full, patient("Le Goff")).await;
    let path = format!("/personnes/{}", who.strip_prefix("Patient/").unwrap());
    let eva = world.sign_in("eva").await;
    let text = world.page(&path, &eva).await.expect(200).text();
    assert!(text.contains("Allergies : rien n’est noté"), "she would be told: {text}");

    let none = json!({"resourceType": "AllergyIntolerance", "patient": {"reference": who},
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": "716186003", "display": "No known allergy"}]}});
    create(&full, none).await;
    let text = world.page(&path, &eva).await.expect(200).text();
    assert!(text.contains("Pas d’allergie connue") && !text.contains("No known") && !text.contains("rien n’est noté"));
    for resource in [allergy(&who), treatment(&who), note(&who, "2026-05-27T10:00:00+02:00")] {
        create(&full, resource).await;
    }
    for login in ["eva", "amina"] {
        let page = world.page(&path, &world.sign_in(login).await).await.expect(200).text();
        for told in [
            "<b>Allergie</b> Abacavir (grave)",
            "<b>Consigne</b> Surveillance rapprochée",
            "(27/05/2026)",
            "Les traitements ne sont pas affichés à votre fonction",
            "id=\"consignes\"",
        ] {
            assert!(page.contains(told), "{login}: {told}\n{page}");
        }
        for cause in ["Biktarvy", "1 cp le soir", "VIH", "trithérapie", "suicid", "fils", "psychologue"] {
            assert!(!page.contains(cause), "{login}: {cause}");
        }
        assert!(!page.contains("Pas d’allergie connue") && !page.contains("llergies non affichées"), "{login}");
    }
    // The nurse who gives it is told the drug and when, not why.
    let page = world.page(&path, &world.sign_in("hugo").await).await.expect(200).text();
    assert!(page.contains("Biktarvy") && page.contains("1 cp le soir") && !page.contains("VIH"), "{page}");
    // The doctor, once the secret is typed again, reads the items: nothing is said twice.
    let claire = world.sign_in("claire").await;
    let form = format!("password={}&suite=/", PASSWORD.replace(' ', "+"));
    world.form("/confirmer", &claire, &form).await;
    let page = world.page(&path, &claire).await.expect(200).text();
    assert_eq!((page.matches("Abacavir").count(), page.matches("Biktarvy").count()), (1, 1), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_to_be_done_long_ago_leaves_the_strip_only() {
    let world = World::new().await;
    let full = world.program("full").await;
    let who = create(&full, patient("Le Goff")).await;
    create(&full, note(&who, "2025-05-27T10:00:00+02:00")).await;
    let path = format!("/personnes/{}", who.strip_prefix("Patient/").unwrap());
    let page = world.page(&path, &world.sign_in("amina").await).await.expect(200).text();
    assert!(page.contains("Consignes plus anciennes dans la synthèse"), "{page}");
    assert!(page.contains("id=\"consignes\"") && page.contains("27/05/2025"), "{page}");
    assert!(!page.contains("<b>Consigne</b>"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_ordinary_and_not_of_her_trade_reaches_her_once() {
    let world = World::new().await;
    educator(&world).await;
    let full = world.program("full").await;
    let who = create(&full, patient("Le Goff")).await;
    let flag = |words: &str| {
        json!({"resourceType": "Flag", "status": "active", "subject": {"reference": who}, "code": {"text": words},
            "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/flag-category", "code": "safety"}]}]})
    };
    let request = |status: &str, name: &str| {
        json!({"resourceType": "MedicationRequest", "status": status, "intent": "order", "authoredOn": "2026-05-02",
            "subject": {"reference": who}, "medicationCodeableConcept": {"text": name}})
    };
    let peanut = json!({"resourceType": "AllergyIntolerance", "patient": {"reference": who}, "code": {"text": "Arachide"},
        "clinicalStatus": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", "code": "active"}]}});
    let treatments = (1..=10).map(|number| request("active", &format!("Remède {number:02}")));
    for resource in
        treatments.chain([flag("Ne pas laisser seul près de l’eau"), peanut, request("stopped", "Ancien remède")])
    {
        create(&full, resource).await;
    }
    let path = format!("/personnes/{}", who.strip_prefix("Patient/").unwrap());
    for login in ["eva", "amina"] {
        let page = world.page(&path, &world.sign_in(login).await).await.expect(200).text();
        for told in ["<b>Allergie</b> Arachide", "</span> Ne pas laisser seul près de l’eau"] {
            assert_eq!(page.matches(told).count(), 1, "{login}: {told}\n{page}");
        }
        assert!(
            !page.contains("Remède")
                && !page.contains("Ancien remède")
                && !page.contains("points d’attention existent"),
            "{login}"
        );
    }
}
