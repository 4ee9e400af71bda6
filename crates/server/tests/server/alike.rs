//! Two persons of one name: told apart wherever they stand side by side.

use crate::facts::{house, post};
use crate::support::{World, create, csrf, patient};

const BORN: [&str; 2] = ["née le 03/05/1940", "née le 12/02/1951"];

async fn of_one_name(world: &World) -> Vec<String> {
    let full = world.program("full").await;
    let mut ids = Vec::new();
    for (number, born) in [("a", "1940-05-03"), ("b", "1951-02-12"), ("c", "1930-01-01")] {
        let mut one = patient(if number == "c" { "Petit" } else { "Martin" });
        one["birthDate"] = born.into();
        one["identifier"] = serde_json::json!([{"system": "urn:test", "value": number}]);
        ids.push(create(&full, one).await.trim_start_matches("Patient/").to_owned());
    }
    ids
}

#[tokio::test(flavor = "multi_thread")]
async fn homonyms_are_told_apart_wherever_one_writes_or_reads() {
    let (world, director) = house().await;
    let ids = of_one_name(&world).await;
    let amina = world.sign_in("amina").await;
    let form = world.page("/transmissions/nouvelle", &amina).await.expect(200);
    for (id, born) in ids.iter().zip(BORN) {
        let option = format!("<option value=\"{id}\">MARTIN Odette, {born}</option>");
        assert!(form.text().contains(&option), "{}", form.text());
    }
    assert!(form.text().contains("\">PETIT Odette</option>"), "who is like nobody has a name only");
    for id in &ids {
        let page = world.page(&format!("/transmissions/nouvelle?personne={id}"), &amina).await.expect(200);
        let fields = format!("personne={id}&cible=chute&urgence=urgent&donnees=Tombee+au+salon");
        world.form("/transmissions", &amina, &format!("csrf={}&{fields}", csrf(&page))).await.expect(303);
    }
    for path in ["/releve?heures=12", "/releve?filtrer=1", "/releve/impression?heures=12", "/personnes"] {
        let page = world.page(path, &amina).await.expect(200).text();
        assert!(BORN.iter().all(|born| page.contains(born)), "{path}: {page}");
        assert!(!page.contains("née le 01/01/1930"), "{path}: {page}");
    }
    let narrowed = world.page(&format!("/releve?heures=12&personne={}", ids[0]), &amina).await.expect(200).text();
    assert!(narrowed.contains("MARTIN Odette"), "{narrowed}");
    assert_eq!(post(&world, &director, "/unites/repartition/nouvelle", "nom=Les+Lilas").await, 303);
    let units = world.page("/unites/repartition", &director).await.expect(200).text();
    for born in BORN {
        assert!(units.contains(&format!("aria-label=\"Unité de MARTIN Odette, {born}\"")), "{units}");
    }
}
