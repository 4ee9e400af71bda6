//! What somebody has to know to go on: that nothing was kept, what the other tab has kept, whom a writing will not reach.

use crate::house::House;
use crate::support::{World, csrf};

#[tokio::test(flavor = "multi_thread")]
async fn a_form_sent_without_a_session_is_said_to_be_lost() {
    let world = World::new().await;
    let led = world.form("/maitrise/plan", "", "titre=Sauvegardes").await.expect(303);
    assert_eq!(led.header("location"), "/connexion?fin=1&suite=");
    let page = world.page(led.header("location"), "").await.expect(200).text();
    assert!(page.contains("n’a pas été enregistré"), "{page}");
    assert!(!world.page("/connexion", "").await.expect(200).text().contains("n’a pas été enregistré"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_correction_shows_what_the_first_has_kept() {
    let house = House::new().await;
    let amina = house.world.sign_in("amina").await;
    let path = house.written(&amina, "donnees=EVA+5").await;
    let page = house.world.page(&format!("{path}/corriger"), &amina).await.expect(200);
    let body = |words: &str| {
        format!(
            "csrf={}&version=1&personne={}&cible=douleur&urgence=routine&donnees={words}&motif=relecture",
            csrf(&page),
            house.odette
        )
    };
    house.world.form(&format!("{path}/corriger"), &amina, &body("EVA+8+en+fait")).await.expect(303);
    let second = house.world.form(&format!("{path}/corriger"), &amina, &body("EVA+2")).await.expect(409).text();
    assert!(second.contains("Version actuelle") && second.contains("EVA 8 en fait"), "{second}");
    assert!(second.contains("EVA 2"), "{second}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_typed_again_is_not_called_a_login() {
    let house = House::new().await;
    let amina = house.world.sign_in("amina").await;
    let page = house.world.page("/confirmer?suite=/transmissions/x%3Ffait=ecrit", &amina).await.expect(200);
    assert!(page.text().contains("Votre transmission est enregistrée"), "{}", page.text());
    let body = format!("csrf={}&suite=/&password=faux", csrf(&page));
    let refused = house.world.form("/confirmer", &amina, &body).await.expect(422).text();
    assert!(refused.contains("Mot de passe incorrect") && !refused.contains("Identifiant ou"), "{refused}");
}
