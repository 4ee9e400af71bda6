//! Pages, as a browser without script sees them.

use crate::support::{Answer, PASSWORD, World, create, csrf, demo, patient, secret_condition, send, weight};
use serde_json::{Value, json};

fn guarded(answer: &Answer) {
    let policy = answer.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert!(!answer.header("x-request-id").is_empty());
    assert!(!answer.text().contains("<script>") && !answer.text().contains(" style="));
}

fn password() -> String {
    PASSWORD.replace(' ', "+")
}

/// One person with a weight that everyone may read and a diagnosis that hardly anyone may.
async fn record(world: &World) -> String {
    let full = world.program("full").await;
    let who = create(&full, patient("Quéméner")).await;
    create(&full, weight(&who, 61)).await;
    create(&full, secret_condition(&who)).await;
    format!("/personnes/{}/fil", who.strip_prefix("Patient/").unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn asks_who_is_there_and_goes_on_where_one_wanted_to() {
    let world = World::with(Some(demo())).await;
    let away = world.page("/personnes/abc?page=1", "").await.expect(303);
    assert_eq!(away.header("location"), "/connexion?suite=/personnes/abc%3Fpage%3D1");
    assert_eq!(world.page("/", "").await.expect(303).header("location"), "/connexion");
    let page = world.page("/connexion?suite=/personnes/abc", "").await.expect(200);
    guarded(&page);
    assert!(page.text().contains("Amina Rahal, aide-soignante") && page.text().contains("Les Tilleuls"));
    assert!(page.text().contains("name=\"suite\" value=\"/personnes/abc\""));
    let form = format!("login=claire&password={}&suite=/personnes/abc", password());
    let entered = world.form("/connexion", "", &form).await.expect(303);
    assert_eq!(entered.header("location"), "/personnes/abc");
    let cookie = entered.header("set-cookie");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Path=/"), "{cookie}");
    let elsewhere = format!("login=claire&password={}&suite=//ailleurs.test", password());
    assert_eq!(world.form("/connexion", "", &elsewhere).await.expect(303).header("location"), "/");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_said_beside_the_field() {
    let world = World::new().await;
    let page = world.form("/connexion", "", "login=claire&password=non").await.expect(422);
    guarded(&page);
    assert!(page.text().contains("incorrect") && page.text().contains("value=\"claire\""));
    assert!(page.text().contains("aria-describedby=\"password-error\""));
    for _ in 0..4 {
        world.form("/connexion", "", "login=claire&password=non").await.expect(422);
    }
    assert!(world.form("/connexion", "", "login=claire&password=non").await.expect(429).text().contains("Patientez"));
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_and_finds_persons() {
    let world = World::new().await;
    record(&world).await;
    let cookie = world.sign_in("claire").await;
    let list = world.page("/personnes", &cookie).await.expect(200);
    guarded(&list);
    assert!(list.text().contains("QUÉMÉNER Odette") && list.text().contains("88 ans"), "{}", list.text());
    assert!(list.text().contains("1 personne"));
    assert!(world.page("/personnes?q=qu%C3%A9", &cookie).await.expect(200).text().contains("QUÉMÉNER"));
    let none = world.page("/personnes?q=zz%22%3E%3Cb%3E", &cookie).await.expect(200).text();
    assert!(none.contains("Aucune personne") && !none.contains("<b>"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_list_of_persons_has_pages() {
    let world = World::new().await;
    let full = world.program("full").await;
    let entries: Vec<Value> = (0..101)
        .map(|n| json!({"resource": patient(&format!("Personne {n:03}")), "request": {"method": "POST", "url": "Patient"}}))
        .collect();
    let bundle = json!({"resourceType": "Bundle", "type": "transaction", "entry": entries});
    full.post("/fhir", &bundle).await.expect(200);
    let cookie = world.sign_in("claire").await;
    let persons = |text: &str| text.matches("<tr><th scope=\"row\">").count();
    let first = world.page("/personnes", &cookie).await.expect(200).text();
    assert!(first.contains("101 personnes") && first.contains("1 à 100 sur 101"), "{first}");
    assert_eq!(persons(&first), 100);
    assert!(first.contains("PERSONNE 000") && !first.contains("PERSONNE 100"));
    assert!(first.contains("/personnes?page=2"), "{first}");
    for last in ["/personnes?page=2", "/personnes?page=9"] {
        let last = world.page(last, &cookie).await.expect(200).text();
        assert_eq!(persons(&last), 1);
        assert!(last.contains("PERSONNE 100") && last.contains("101 à 101 sur 101"));
    }
    let found = world.page("/personnes?q=personne%20100", &cookie).await.expect(200).text();
    assert!(found.contains("1 personne") && !found.contains("Page suivante"));
}

#[tokio::test(flavor = "multi_thread")]
async fn typing_the_password_again_opens_the_gravest_level() {
    let world = World::new().await;
    let path = record(&world).await;
    let cookie = world.sign_in("claire").await;
    let before = world.page(&path, &cookie).await.expect(200);
    guarded(&before);
    let text = before.text();
    assert!(text.contains("QUÉMÉNER Odette") && text.contains("identité de test"));
    assert!(text.contains("mercredi 20 mai 2026") && text.contains("8 h 30") && text.contains("61 kg"), "{text}");
    assert!(text.contains("1 élément de ce dossier ne vous est pas affiché") && !text.contains("Immunodéficience"));
    assert!(text.contains(&format!("/confirmer?suite={path}")));

    let confirm = world.page(&format!("/confirmer?suite={path}"), &cookie).await.expect(200);
    guarded(&confirm);
    let token = csrf(&confirm);
    world.form("/confirmer", &cookie, &format!("csrf={token}&suite={path}&password=non")).await.expect(422);
    let form = format!("csrf={token}&suite={path}&password={}", password());
    assert_eq!(world.form("/confirmer", &cookie, &form).await.expect(303).header("location"), path);
    let after = world.page(&path, &cookie).await.expect(200).text();
    assert!(after.contains("Immunodéficience") && after.contains("Très sensible") && after.contains("VIH"));
    assert!(!after.contains("pas affiché"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_not_even_counted_for_those_who_may_not_know() {
    let world = World::new().await;
    let path = record(&world).await;
    let cookie = world.sign_in("amina").await;
    let text = world.page(&path, &cookie).await.expect(200).text();
    assert!(text.contains("Poids") && !text.contains("pas affiché") && !text.contains("Immuno"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_the_record_and_gives_no_sign_of_the_unknown() {
    let world = World::new().await;
    let full = world.program("full").await;
    let who = create(&full, patient("Le Goff")).await;
    for value in 0..52 {
        create(&full, weight(&who, value)).await;
    }
    let cookie = world.sign_in("claire").await;
    let path = format!("/personnes/{}/fil", who.strip_prefix("Patient/").unwrap());
    let first = world.page(&path, &cookie).await.expect(200).text();
    let older = first.split("href=\"").find(|rest| rest.contains("Plus ancien")).unwrap();
    let older = older.split('"').next().unwrap().to_owned();
    let second = world.page(&older, &cookie).await.expect(200).text();
    let items = |text: &str| text.matches("<li class=\"item").count();
    assert_eq!((items(&first), items(&second)), (50, 2));
    assert!(second.contains("Revenir au plus récent"));
    let unknown = world.page("/personnes/nobody", &cookie).await.expect(404);
    guarded(&unknown);
    assert_eq!(unknown.body, world.page("/nulle-part", &cookie).await.expect(404).body);
    world.page(&format!("{path}?page=rubbish"), &cookie).await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_of_another_place_or_deleted_is_as_unknown_as_nobody() {
    let world = World::new().await;
    let (full, elsewhere) = (world.program("full").await, world.program("elsewhere").await);
    let cookie = world.sign_in("claire").await;
    let nobody = world.page("/personnes/nobody", &cookie).await.expect(404).body;
    let foreign = create(&elsewhere, patient("Ailleurs")).await.replace("Patient/", "/personnes/");
    assert_eq!(world.page(&foreign, &cookie).await.expect(404).body, nobody);
    assert!(!world.page("/personnes", &cookie).await.expect(200).text().contains("AILLEURS"));
    let path = record(&world).await;
    world.page(&path, &cookie).await.expect(200);
    full.send("DELETE", &path.replace("/personnes/", "/fhir/Patient/").replace("/fil", ""), &[], "").await.expect(204);
    assert_eq!(world.page(&path, &cookie).await.expect(404).body, nobody);
}

#[tokio::test(flavor = "multi_thread")]
async fn takes_no_form_from_elsewhere() {
    let world = World::new().await;
    let cookie = world.sign_in("claire").await;
    let token = csrf(&world.page("/personnes", &cookie).await);
    let form = ("content-type", "application/x-www-form-urlencoded");
    let foreign =
        [form, ("cookie", cookie.as_str()), ("sec-fetch-site", "cross-site"), ("origin", "http://ailleurs.test")];
    let refused = send(&world.router, "POST", "/deconnexion", &foreign, &format!("csrf={token}")).await.expect(403);
    guarded(&refused);
    assert!(refused.text().contains("Action refusée"));
    send(&world.router, "POST", "/connexion", &foreign[2..], "login=claire").await.expect(403);
    world.form("/deconnexion", &cookie, "").await.expect(403);
    world.form("/deconnexion", &cookie, "csrf=abc").await.expect(403);
    world.page("/personnes", &cookie).await.expect(200);

    let left = world.form("/deconnexion", &cookie, &format!("csrf={token}")).await.expect(303);
    assert!(left.header("set-cookie").contains("Max-Age=0"));
    world.page("/personnes", &cookie).await.expect(303);
}

#[tokio::test(flavor = "multi_thread")]
async fn serves_its_style_and_icon() {
    let world = World::new().await;
    let page = world.page("/connexion", "").await.text();
    let href = page.split("href=\"").find(|rest| rest.starts_with("/static/socle.css")).unwrap();
    let css = world.page(href.split('"').next().unwrap(), "").await.expect(200);
    assert_eq!(css.header("content-type"), "text/css; charset=utf-8");
    assert!(css.header("cache-control").contains("immutable"));
    guarded(&css);
    guarded(&world.page("/static/socle.svg", "").await.expect(200));
    guarded(&world.page("/nulle-part", "").await.expect(404));
    guarded(&send(&world.router, "DELETE", "/personnes", &[], "").await.expect(405));
}

#[tokio::test(flavor = "multi_thread")]
async fn says_to_anybody_how_far_it_is_accessible_and_who_looked() {
    let world = World::new().await;
    let door = world.page("/connexion", "").await.expect(200).text();
    assert!(door.contains("href=\"/accessibilite\">Accessibilité : non conforme</a>"), "{door}");
    let said = world.page("/accessibilite", "").await.expect(200).text();
    for part in ["<h1>Accessibilité : non conforme", "Aucun audit", "n’a pas été vérifié", "Défenseur des droits"]
    {
        assert!(said.contains(part), "{part}: {said}");
    }
    let cookie = world.sign_in("amina").await;
    assert_eq!(world.page("/accessibilite", &cookie).await.expect(200).text(), said, "the same for everyone");
}
