//! What a page says that gives a form back, and what it says of a form that was kept: in one way, everywhere.

use crate::house::{House, fall};
use crate::standing::hire;
use crate::support::{Answer, BASE, create, csrf, send};
use serde_json::json;

/// The text of a page that gives a form back: what is wrong stands once, at its head, takes the focus, and leads to the fields.
pub(crate) fn mistaken(answer: &Answer) -> String {
    assert!((400..500).contains(&answer.status), "{}: {}", answer.status, answer.text());
    let text = answer.text();
    assert!(text.contains("<title>Erreur : "), "{text}");
    let marks = "<div class=\"say bad\" id=\"erreurs\" role=\"alert\" tabindex=\"-1\" autofocus>";
    assert_eq!((text.matches(marks).count(), text.matches("role=\"alert\"").count()), (1, 1), "{text}");
    let list = text.split(marks).nth(1).unwrap().split("</div>").next().unwrap();
    assert!(list.contains("<li>"), "{list}");
    for field in list.split("href=\"#").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert_eq!(text.matches(&format!(" id=\"{field}\"")).count(), 1, "{field} is led to: {text}");
        assert!(text.contains(&format!("{field}-err")) || text.contains("class=\"error\""), "{field}: {text}");
    }
    let main = text.split("<main").nth(1).unwrap();
    assert!(main.find("id=\"erreurs\"").unwrap() < main.find("<h1").unwrap(), "at the head of the page");
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn every_form_of_the_house_that_is_given_back_says_why_at_its_head() {
    let house = House::new().await;
    let world = &house.world;
    hire(world).await;
    let diane = world.sign_in("diane").await;
    let token = csrf(&world.page("/moi", &diane).await);
    let declared = "/maitrise/mesures/GOUV-01/declaration";
    let action = "/maitrise/plan";
    for (path, form, said) in [
        ("/confirmer", "password=non", "Mot de passe incorrect"),
        ("/moi/mot-de-passe", "actuel=a&nouveau=b&encore=c", "différentes"),
        ("/charte/texte", "texte=", "Écrivez le texte"),
        ("/appareil", "nom=&lieu=", "Choisissez où"),
        ("/parc/import/confirmer", "lot=ff", "n’attendent plus"),
        ("/maitrise/profil", "effectif=beaucoup", "nombre entier"),
        ("/maitrise/profil", "effectif=0", "nombre entier"),
        ("/maitrise/derogations", "mesure=MAJ-01&motif=Ancien&fin=2020-01-01", "Cette date est passée"),
        ("/maitrise/derogations", "mesure=MAJ-01&motif=&fin=2026-12-31", "Dites pourquoi"),
        ("/maitrise/exceptions", "id=e1&quoi=&sujet=", "Dites"),
        ("/maitrise/reglages", "version=0", "De "),
        ("/maitrise/secours", "code=0000", "n’est celui d’aucun dossier"),
        ("/maitrise/traces", "temoin=", "Dites qui le garde"),
        (action, "action=a1&version=0&quoi=&etat=x&avancement=200", "quoi"),
        (declared, "version=0&vrai=&date=&mois=&qui=&preuve=", "vrai"),
    ] {
        let answer = world.form(path, &diane, &format!("csrf={token}&{form}")).await;
        let text = mistaken(&answer);
        assert!(text.contains(said), "{path} {form}: {text}");
    }
    // What was written is there still.
    let form = format!("csrf={token}&mesure=MAJ-01&motif=Logiciel+ancien&fin=2020-01-01");
    let text = mistaken(&world.form("/maitrise/derogations", &diane, &form).await);
    assert!(text.contains("value=\"MAJ-01\" selected") && text.contains("value=\"Logiciel ancien\""), "{text}");
    let headers = [
        ("content-type", "multipart/form-data; boundary=xx"),
        ("sec-fetch-site", "same-origin"),
        ("cookie", diane.as_str()),
        ("origin", BASE),
    ];
    let body = format!("--xx\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{token}\r\n--xx--\r\n");
    mistaken(&send(&world.router, "POST", "/parc/import", &headers, &body).await);
    mistaken(&world.form("/connexion", "", "login=amina&password=non").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_form_about_a_person_that_is_given_back_says_why_at_its_head() {
    let house = House::new().await;
    let world = &house.world;
    let (amina, hugo) = (world.sign_in("amina").await, world.sign_in("hugo").await);
    let path = house.written(&amina, "donnees=Douleur+au+genou").await;
    let token = csrf(&world.page("/moi", &amina).await);
    let first = house.form(&amina, &format!("personne={}", house.odette)).await;
    let body = format!("{first}&personne={}&cible=&donnees=", house.odette);
    mistaken(&world.form("/transmissions", &amina, &body).await);
    mistaken(
        &world
            .form(&format!("{path}/corriger"), &amina, &format!("csrf={token}&version=1&cible=douleur&donnees=x"))
            .await,
    );
    mistaken(&world.form(&format!("{path}/deplacer"), &amina, &format!("csrf={token}&version=1")).await);
    let token = csrf(&world.page("/moi", &hugo).await);
    let level = format!("csrf={token}&version=1&niveau=2&motif=");
    mistaken(&world.form(&format!("{path}/niveau"), &hugo, &level).await);
    let asked = format!("/personnes/{}/lectures/demandes", house.odette);
    mistaken(&world.form(&asked, &hugo, &format!("csrf={token}&numero=n1&demandee=&par=x")).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_kept_is_said_by_the_page_one_comes_to() {
    let house = House::new().await;
    let world = &house.world;
    hire(world).await;
    let diane = world.sign_in("diane").await;
    let token = csrf(&world.page("/moi", &diane).await);
    crate::standing::import(world, crate::standing::MACHINE).await;
    for (path, form) in [
        ("/charte/texte", "texte=Bonjour&version=0"),
        ("/charte", "version=1"),
        ("/moi/theme", "theme=nuit"),
        ("/maitrise/profil", "effectif=12"),
        ("/maitrise/derogations", "mesure=MAJ-01&motif=Ancien&fin=2026-12-31"),
        ("/maitrise/derogations/retirer", "mesure=MAJ-01&numero=0"),
        ("/maitrise/derogations/retirer", "mesure=MAJ-01&numero=0"),
        ("/maitrise/exceptions", "id=e1&quoi=remplacement&sujet=PC-1&motif=Attendu&fin=2026-12-31"),
        ("/maitrise/exceptions/retirer", "id=e1"),
        ("/maitrise/traces", "temoin=Le+groupement"),
        (
            "/maitrise/plan",
            "action=a1&version=0&quoi=Tout+revoir&qui=diane&echeance=2027-01-31&etat=a-faire&avancement=0",
        ),
        ("/parc/import/annuler", "import=1"),
        ("/parc/import/annuler", "import=1"),
    ] {
        let answer = world.form(path, &diane, &format!("csrf={token}&{form}")).await;
        assert_eq!(answer.status, 303, "{path} {form}: {}", answer.text());
        let text = world.page(answer.header("location"), &diane).await.expect(200).text();
        assert_eq!(text.matches("id=\"fait\"").count(), 1, "{path} {form}: {text}");
        assert!(text.contains("<div class=\"say\" role=\"status\" id=\"fait\" tabindex=\"-1\"><p>"), "{text}");
    }
    let left = world.form("/deconnexion", &diane, &format!("csrf={token}")).await.expect(303);
    assert!(world.page(left.header("location"), "").await.expect(200).text().contains("Vous êtes déconnecté."));
    let amina = world.sign_in("amina").await;
    let said = async |path: &str, form: &str| {
        let token = csrf(&world.page("/moi", &amina).await);
        let answer = world.form(path, &amina, &format!("csrf={token}&{form}")).await.expect(303);
        let text = world.page(answer.header("location"), &amina).await.expect(200).text();
        text.split("id=\"fait\" tabindex=\"-1\"><p>").nth(1).map(|rest| rest.split('<').next().unwrap().to_owned())
    };
    let unit = -world.app.default_place().value();
    assert_eq!(said("/unites", &format!("unite={unit}")).await.as_deref(), Some("Vous avez pris votre poste."));
    assert_eq!(said("/unites/quitter", "").await.as_deref(), Some("Vous avez quitté votre poste."));
    let full = world.program("full").await;
    let fallen = create(&full, fall(&house.odette, 2)).await;
    let read = fallen.replace("Communication/", "/transmissions/") + "/lu";
    assert_eq!(said(&read, "version=1").await.as_deref(), Some("La transmission est marquée comme lue."));
    assert_eq!(said(&read, "annuler=1").await.as_deref(), Some("La transmission n’est plus marquée comme lue."));
    // An address that somebody made up says nothing.
    assert!(!world.page("/personnes?fait=referme", &amina).await.expect(200).text().contains("id=\"fait\""));
}

/// What only says where writings come from is neither on a page of the thread nor in its count, so that pages are full.
#[tokio::test(flavor = "multi_thread")]
async fn pages_of_a_thread_are_full_and_their_count_is_of_what_they_show() {
    let house = House::new().await;
    let full = house.world.program("full").await;
    let whom = json!({"reference": format!("Patient/{}", house.odette)});
    let mut entries = Vec::new();
    for n in 0..60 {
        let day = format!("2026-04-{:02}", 1 + n / 4);
        entries.push(json!({"resource": {"resourceType": "Observation", "status": "final", "subject": whom,
            "effectiveDateTime": day, "code": {"text": format!("Mesure {n:02}")}, "valueString": "x"},
            "fullUrl": format!("urn:uuid:6a1f0000-0000-4000-8000-0000000000{n:02}"),
            "request": {"method": "POST", "url": "Observation"}}));
        entries.push(json!({"resource": {"resourceType": "Provenance", "recorded": "2026-05-01T08:00:00Z",
            "target": [{"reference": format!("urn:uuid:6a1f0000-0000-4000-8000-0000000000{n:02}")}],
            "agent": [{"who": {"display": "Essai"}}]}, "request": {"method": "POST", "url": "Provenance"}}));
    }
    let bundle = json!({"resourceType": "Bundle", "type": "transaction", "entry": entries});
    full.post("/fhir", &bundle).await.expect(200);
    let hugo = house.world.sign_in("hugo").await;
    let path = format!("/personnes/{}/fil", house.odette);
    let first = house.text(&hugo, &path).await;
    assert!(first.contains("60 éléments"), "{first}");
    assert_eq!(first.matches("<li class=\"item").count(), 50);
    let next = first.split("href=\"").find(|rest| rest.split('"').next().unwrap().contains("page=")).unwrap();
    let next = next.split('"').next().unwrap().replace("&#38;", "&");
    let second = house.text(&hugo, &next).await;
    assert_eq!(second.matches("<li class=\"item").count(), 10, "{second}");
    assert!(!second.contains("Plus ancien"));
}

/// Two of what cannot wait, forty others: a page of thirty says how many there are, and not how many it has.
#[tokio::test(flavor = "multi_thread")]
async fn a_section_of_the_handover_counts_what_it_has_over_all_pages_and_urgent_comes_first() {
    let house = House::new().await;
    let full = house.world.program("full").await;
    let note = |n: u32, urgent: bool| {
        let mut one = fall(&house.odette, 1);
        one["payload"][0]["contentString"] = json!(format!("écrit {n}"));
        one["topic"]["coding"][0]["code"] = json!("sommeil");
        one["priority"] = json!(if urgent { "urgent" } else { "routine" });
        json!({"resource": one, "request": {"method": "POST", "url": "Communication"}})
    };
    let entries: Vec<_> = (0..42).map(|n| note(n, n < 2)).collect();
    full.post("/fhir", &json!({"resourceType": "Bundle", "type": "transaction", "entry": entries})).await.expect(200);
    let amina = house.world.sign_in("amina").await;
    let page = house.text(&amina, "/releve").await;
    let count = |page: &str, title: &str| {
        let after = page.split(&format!("<h2 class=\"section\">{title} <span class=\"soft\">")).nth(1);
        after.map(|rest| rest.split('<').next().unwrap().to_owned())
    };
    assert_eq!(
        (count(&page, "Urgent").as_deref(), count(&page, "Autres").as_deref()),
        (Some("2"), Some("40")),
        "{page}"
    );
    assert_eq!(page.matches("<p class=\"line1\">").count(), 30);
    let second = house.text(&amina, "/releve?debut=30").await;
    assert_eq!((count(&second, "Urgent"), count(&second, "Autres").as_deref()), (None, Some("40")));
    let urgent = house.text(&amina, "/releve?filtre=urgent").await;
    assert_eq!((count(&urgent, "Urgent").as_deref(), count(&urgent, "Autres")), (Some("2"), None));
}
