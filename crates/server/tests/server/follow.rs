//! Where a day begins for those who accompany nobody: by their rights, what they answer for.

use crate::house::{House, unrelated};
use crate::support::{create, csrf};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn who_answers_for_records_begins_with_what_waits_for_them() {
    let house = House::new().await;
    let director = unrelated(&house, "dir").await;
    assert_eq!(house.world.page("/", &director).await.expect(303).header("location"), "/a-suivre");
    let page = house.text(&director, "/a-suivre").await;
    for said in ["Accès en urgence", "Accès du mois", "Demandes de la liste des accès", "Maîtrise", "Rien n’attend."]
    {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert!(!page.contains("/niveaux"), "what they have no right to: {page}");
    assert!(page.contains("<a href=\"/a-suivre\" aria-current=\"page\">À suivre</a>"), "{page}");
    // Every page it leads to opens.
    for link in page.split("<h2><a href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        house.world.page(link, &director).await.expect(200);
    }
    let token = csrf(&house.world.page("/moi", &director).await);
    let form = format!("csrf={token}&numero=n1&version=0&demandee=2026-01-05&par=personne&remise=");
    let kept = house.world.form(&format!("/personnes/{}/lectures/demandes", house.odette), &director, &form).await;
    assert_eq!(kept.status, 303, "{}", kept.text());
    let page = house.text(&director, "/a-suivre").await;
    assert!(page.contains("1 demande en attente.") && page.contains("en retard"), "{page}");
    // What is counted is shown to nobody: no record was opened by it.
    let journal = format!("/personnes/{}/lectures", house.odette);
    let lines = async || house.text(&director, &journal).await.matches("<tr").count();
    let (before, again) = (lines().await, lines().await);
    house.text(&director, "/a-suivre").await;
    assert_eq!(lines().await - again, again - before, "each look at the journal is in it, and nothing else");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_right_at_all_is_told_so_and_carers_begin_as_before() {
    for (persona, said) in
        [("siege", "Rien ne vous est confié ici"), ("siege", "siège, qualité"), ("dpo", "Accès du mois")]
    {
        let house = House::new().await;
        let apart = unrelated(&house, persona).await;
        assert_eq!(house.world.page("/", &apart).await.expect(303).header("location"), "/a-suivre");
        let page = house.text(&apart, "/a-suivre").await;
        assert!(page.contains(said), "{page}");
        let list = house.text(&apart, "/personnes").await;
        assert!(list.contains("n’ouvre le dossier de personne"), "{list}");
        let amina = house.world.sign_in("amina").await;
        assert_eq!(house.world.page("/", &amina).await.expect(303).header("location"), "/releve");
        assert!(!house.text(&amina, "/moi").await.contains("/a-suivre"));
    }
}

/// What a care assistant does not see is counted over the whole record, with the reason, and never by part: the count of a part
/// would tell of what kind it is.
#[tokio::test(flavor = "multi_thread")]
async fn a_care_assistant_is_told_how_many_are_hidden_and_why_and_not_of_what_kind() {
    let house = House::new().await;
    let full = house.world.program("full").await;
    let whom = json!({"reference": format!("Patient/{}", house.odette)});
    for code in ["F32", "F41"] {
        let told = json!({"resourceType": "Condition", "subject": whom, "recordedDate": "2026-05-20",
            "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": code}], "text": "Trouble"}});
        create(&full, told).await;
    }
    let amina = house.world.sign_in("amina").await;
    let path = format!("/personnes/{}/fil", house.odette);
    let page = house.text(&amina, &path).await;
    let said =
        "2 éléments de ce dossier ne vous sont pas affichés : ils sont réservés à d’autres fonctions que la vôtre";
    assert!(page.contains(said) && !page.contains("Trouble"), "{page}");
    // The synthesis looks at some kinds and days only, and says so.
    let synthesis = said.replace("de ce dossier", "de cette synthèse");
    assert!(house.text(&amina, &format!("/personnes/{}", house.odette)).await.contains(&synthesis));
    for part in ["medical", "soins", "ecrits"] {
        let page = house.text(&amina, &format!("{path}?partie={part}")).await;
        assert!(!page.contains("pas affichés") && page.contains("est compté dans"), "{page}");
    }
}
