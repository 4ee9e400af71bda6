//! Two pages open on one form, and a form that could not be kept: nothing typed is lost, nothing newer is overwritten.

use crate::house::{House, hidden};
use crate::support::{Answer, create, csrf, patient};

impl House {
    /// What a page of the form sends, with these words.
    fn sent(&self, page: &Answer, words: &str) -> String {
        let field = |name: &str| format!("{name}={}", hidden(page, name));
        let own: Vec<String> = ["cle", "onglet", "vu", "qui"].map(field).to_vec();
        let words = words.replace(' ', "+");
        format!(
            "csrf={}&{}&personne={}&cible=douleur&urgence=routine&donnees={words}",
            csrf(page),
            own.join("&"),
            self.odette
        )
    }

    async fn new_form(&self, cookie: &str, query: &str) -> Answer {
        self.world.page(&format!("/transmissions/nouvelle?{query}"), cookie).await.expect(200)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_page_never_overwrites_a_newer_draft() {
    let house = House::new().await;
    let amina = house.world.sign_in("amina").await;
    let first = house.new_form(&amina, &format!("personne={}", house.odette)).await;
    house.world.script("/brouillons", &amina, &house.sent(&first, "un")).await.expect(200);
    house.world.script("/brouillons", &amina, &house.sent(&first, "un deux")).await.expect(200);
    let key = hidden(&first, "cle");
    let second = house.new_form(&amina, &format!("brouillon={key}")).await;
    house.world.script("/brouillons", &amina, &house.sent(&second, "un deux trois")).await.expect(200);
    let refused = house.world.script("/brouillons", &amina, &house.sent(&first, "un autre")).await;
    assert!([409, 412].contains(&refused.status), "{}", refused.status);
    assert!(refused.text().contains("plus récente") && refused.text().contains("autre fenêtre"), "{}", refused.text());
    // Without script: the words come back as a form of their own, beside the newer one.
    let body = format!("{}&faire=brouillon", house.sent(&first, "un autre"));
    let back = house.world.form("/transmissions", &amina, &body).await.expect(409);
    assert!(
        back.text().contains("un autre") && back.text().contains("Voir la version plus récente"),
        "{}",
        back.text()
    );
    assert!(back.text().contains(&format!("brouillon={key}")) && hidden(&back, "cle") != key);
    let body = format!("{}&faire=brouillon", house.sent(&back, "un autre"));
    house.world.form("/transmissions", &amina, &body).await.expect(303);
    let drafts = house.text(&amina, "/moi").await;
    assert!(drafts.contains("un deux trois") && drafts.contains("un autre"), "{drafts}");
    assert!(drafts.contains("2 brouillons"), "said in the head of every page");
}

/// The older page is kept as a transmission: what the newer one holds stays a draft.
#[tokio::test(flavor = "multi_thread")]
async fn keeping_an_older_page_does_not_throw_a_newer_draft_away() {
    let house = House::new().await;
    let amina = house.world.sign_in("amina").await;
    let first = house.new_form(&amina, &format!("personne={}", house.odette)).await;
    house.world.script("/brouillons", &amina, &house.sent(&first, "un")).await.expect(200);
    let second = house.new_form(&amina, &format!("brouillon={}", hidden(&first, "cle"))).await;
    house.world.script("/brouillons", &amina, &house.sent(&second, "bien plus complet")).await.expect(200);
    house.world.form("/transmissions", &amina, &house.sent(&first, "un")).await.expect(303);
    assert!(house.text(&amina, "/moi").await.contains("bien plus complet"));
    // And the page that wrote it clears it.
    let other = house.world.form("/transmissions", &amina, &house.sent(&second, "bien plus complet")).await.expect(409);
    assert!(other.text().contains("bien plus complet") && other.text().contains("avait déjà servi"));
}

/// A page that comes back with a mistake goes on as itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_comes_back_goes_on_keeping_its_draft() {
    let house = House::new().await;
    let amina = house.world.sign_in("amina").await;
    let page = house.new_form(&amina, &format!("personne={}", house.odette)).await;
    house.world.script("/brouillons", &amina, &house.sent(&page, "un")).await.expect(200);
    let back = house.world.form("/transmissions", &amina, &house.sent(&page, "")).await.expect(422);
    house.world.script("/brouillons", &amina, &house.sent(&back, "un deux")).await.expect(200);
}

/// Each refusal of the automatic draft is a sentence.
#[tokio::test(flavor = "multi_thread")]
async fn the_script_is_told_why() {
    let house = House::new().await;
    let amina = house.world.sign_in("amina").await;
    let page = house.new_form(&amina, &format!("personne={}", house.odette)).await;
    let body = house.sent(&page, "un");
    let said =
        async |body: &str, status: u16| house.world.script("/brouillons", &amina, body).await.expect(status).text();
    let foreign = body.replacen("csrf=", "csrf=x", 1);
    assert!(said(&foreign, 403).await.contains("connexion précédente"));
    let nobody = body.replace(&format!("personne={}", house.odette), "personne=");
    assert!(said(&nobody, 422).await.contains("choisissez la personne"));
    let stranger = body.replace(&format!("personne={}", house.odette), "personne=inconnue");
    assert!(said(&stranger, 404).await.contains("vous n’accompagnez pas cette personne"));
    let long = format!("{body}&actions={}", "mot+".repeat(20_000));
    assert!(said(&long, 422).await.contains("trop long"));
}

/// Whatever fails, what was typed is in the answer.
#[tokio::test(flavor = "multi_thread")]
async fn every_failure_of_a_form_gives_the_text_back() {
    let house = House::new().await;
    let amina = house.world.sign_in("amina").await;
    let path = house.written(&amina, "donnees=Grimace").await;
    let page = house.world.page(&format!("{path}/corriger"), &amina).await.expect(200);
    // A page without its version.
    let body = format!(
        "csrf={}&personne={}&cible=douleur&urgence=routine&donnees=Bien+plus+long&motif=faute",
        csrf(&page),
        house.odette
    );
    let back = house.world.form(&format!("{path}/corriger"), &amina, &body).await.expect(409);
    assert!(back.text().contains("Bien plus long") && hidden(&back, "version") == "1");
    // What it corrected is not there any more.
    let gone = house.world.form("/transmissions/rien/corriger", &amina, &body).await;
    assert!(gone.status >= 400 && gone.text().contains("Bien plus long"), "{}", gone.status);
    // What it answers is not there.
    let form = house.new_form(&amina, &format!("personne={}", house.odette)).await;
    let body = format!("{}&reponse=rien", house.sent(&form, "Ma réponse"));
    let back = house.world.form("/transmissions", &amina, &body).await;
    assert!(back.status >= 400 && back.text().contains("Ma réponse"), "{}", back.status);
    // A look at its level says so too, with the text.
    let back = house.world.form("/transmissions", &amina, &format!("{body}&faire=niveau")).await.expect(200);
    assert!(back.text().contains("Ma réponse") && back.text().contains("ne vous est plus ouverte"), "{}", back.text());
    assert_eq!(hidden(&back, "personne"), house.odette);
    // Moving: corrected meanwhile, or to somebody unknown.
    let page = house.world.page(&format!("{path}/deplacer"), &amina).await.expect(200);
    for (version, person) in [("7", house.lucien.as_str()), ("1", "inconnue"), ("1", house.odette.as_str())] {
        let body = format!("csrf={}&version={version}&personne={person}&motif=deux+voisines", csrf(&page));
        let back = house.world.form(&format!("{path}/deplacer"), &amina, &body).await;
        assert!((400..500).contains(&back.status) && back.text().contains("deux voisines"), "{person} {}", back.status);
    }
}

/// The word of the place.
#[tokio::test(flavor = "multi_thread")]
async fn outside_a_care_home_one_speaks_of_a_record() {
    let house = House::new().await;
    let hugo = house.world.sign_in("hugo").await;
    let app = &house.world.app;
    let ime = app.places().iter().find(|place| place.name == "La Clairière").unwrap().place;
    let elsewhere = house.world.program("elsewhere").await;
    let child = create(&elsewhere, patient("Petit")).await;
    let note = serde_json::json!({"resourceType": "Communication", "status": "completed", "subject": {"reference": child},
        "category": [{"text": "transmission"}], "payload": [{"contentString": "a bien mangé"}]});
    let id = create(&elsewhere, note).await;
    let (actor, persona) = (confidentiality::Actor::new(43), "idec".into());
    let unit = -ime.value();
    let post = store::Post { actor, place: ime, unit, persona, starts: 0, ends: store::FOREVER };
    app.store().add_post(app.tenant(), post).await.unwrap();
    let page = house.text(&hugo, &format!("/transmissions/{}", id.split_once('/').unwrap().1)).await;
    assert!(page.contains("Mauvais dossier") && !page.contains("Mauvais résident"), "{page}");
    let amina = house.world.sign_in("amina").await;
    let here = house.written(&amina, "donnees=Grimace").await;
    assert!(house.text(&amina, &here).await.contains("Mauvais résident"));
}
