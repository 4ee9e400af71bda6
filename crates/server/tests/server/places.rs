//! *Nos établissements*: the direction says what a house is, and who reads what follows.

use crate::facts::{house, post};
use crate::standing::has;
use crate::support::{World, csrf};
use confidentiality::PlaceProfile;

const LIST: &str = "/maitrise/etablissements";
const MINE: &str = "confirmation=une+phrase+de+passe";

/// The house as a new one is: nobody has said what it is.
async fn untold() -> (World, String) {
    let (world, director) = house().await;
    let (store, tenant) = (world.app.store(), world.app.tenant());
    store.ensure_place(tenant, "990000025", PlaceProfile::Other, "Établissement 990000025").await.unwrap();
    (world, director)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_direction_says_what_its_own_house_is() {
    let (world, director) = house().await;
    has(&world.page("/maitrise/profil", &director).await.expect(200), &["href=\"/maitrise/etablissements\""]);
    assert!(!world.page("/maitrise", &director).await.expect(200).text().contains("pas encore dit"));
    let list = world.page(LIST, &director).await.expect(200);
    has(&list, &["Les Tilleuls", "EHPAD", "La Clairière", "/maitrise/etablissements/1\""]);
    assert!(!list.text().contains("/maitrise/etablissements/2\""), "another establishment's");
    world.page(&format!("{LIST}/2"), &director).await.expect(404);
    let sheet = format!("{LIST}/1");
    has(&world.page(&sheet, &director).await.expect(200), &["troubles cognitifs", "change tout de suite qui lit quoi"]);
    for (fields, status) in [
        (format!("nom-connu=Autre&type-connu=ehpad&nom=X&type=ime&{MINE}"), 409),
        (format!("nom-connu=Les+Tilleuls&type-connu=ehpad&nom=X&type=clinique&{MINE}"), 422),
        (format!("nom-connu=Les+Tilleuls&type-connu=ehpad&nom=+&type=ime&{MINE}"), 422),
        ("nom-connu=Les+Tilleuls&type-connu=ehpad&nom=X&type=ime&confirmation=autre".to_owned(), 422),
        (format!("nom-connu=Les+Tilleuls&type-connu=ehpad&nom=Les+Ormes&type=other&{MINE}"), 303),
    ] {
        assert_eq!(post(&world, &director, &sheet, &fields).await, status, "{fields}");
    }
    let list = world.page(&format!("{LIST}?fait=dit"), &director).await.expect(200);
    has(&list, &["Les Ormes", "Aucun de ceux-là", "C’est enregistré"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_house_nobody_has_described_is_asked_for_until_somebody_has() {
    let (world, director) = untold().await;
    // What the server keeps in memory follows what another has written.
    let operator = crate::facts::operator(&world);
    let place = world.app.store().places(world.app.tenant()).await.unwrap().remove(0);
    assert!(!place.told && place.is_unnamed());
    let said = app::places::Said { name: Some("Les Tilleuls"), profile: None };
    app::places::describe(&operator, &place, said).await.unwrap().unwrap();
    has(
        &world.page("/maitrise", &director).await.expect(200),
        &["pas encore dit", "href=\"/maitrise/etablissements\""],
    );
    let fields = format!("nom-connu=Les+Tilleuls&type-connu=&nom=Les+Tilleuls&type=ehpad&{MINE}");
    let technician = world.sign_in("ivan").await;
    assert_eq!(post(&world, &technician, &format!("{LIST}/1"), &fields).await, 404);
    let carer = world.sign_in("amina").await;
    world.page(LIST, &carer).await.expect(404);
    let token = csrf(&world.page("/moi", &director).await);
    world.form(&format!("{LIST}/1"), &director, &format!("csrf={token}&{fields}")).await.expect(303);
    assert!(!world.page("/maitrise", &director).await.expect(200).text().contains("pas encore dit"));
}
