//! The action plan, as its director and technician write it.

use crate::standing::{MACHINE, has, hire, import};
use crate::support::{Answer, World, csrf};

/// A hidden or shown field's value in a page.
fn value(page: &Answer, name: &str) -> String {
    let text = page.text();
    let (_, rest) = text.split_once(&format!("name=\"{name}\" value=\"")).unwrap();
    rest.split('"').next().unwrap().to_owned()
}

fn form(page: &Answer, changes: &[(&str, &str)]) -> String {
    let mut fields = vec![
        ("csrf", value(page, "csrf")),
        ("action", value(page, "action")),
        ("version", value(page, "version")),
        ("quoi", "Remplacer PC-1".to_owned()),
        ("mesure", "MAJ-01".to_owned()),
        ("qui", "ivan".to_owned()),
        ("echeance", "2027-01-31".to_owned()),
        ("argent-2027", "1200".to_owned()),
        ("etat", "a-faire".to_owned()),
        ("avancement", "0".to_owned()),
    ];
    for (name, value) in changes {
        fields.retain(|(known, _)| known != name);
        fields.push((name, (*value).to_owned()));
    }
    let encoded = |text: &str| text.replace('%', "%25").replace('&', "%26").replace('+', "%2B").replace(' ', "+");
    fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect::<Vec<_>>().join("&")
}

/// Where the plan's only action is.
fn only(page: &Answer) -> String {
    let text = page.text();
    let mut links = text.split("<th scope=\"row\"><a href=\"/maitrise/plan/").skip(1);
    let link = links.next().unwrap();
    assert!(links.next().is_none());
    format!("/maitrise/plan/{}", link.split('"').next().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_action_is_planned_from_a_measure_changed_and_done() {
    let world = World::new().await;
    hire(&world).await;
    import(&world, MACHINE).await;
    let director = world.sign_in("diane").await;
    has(&world.page("/maitrise/plan", &director).await.expect(200), &["Rien n’est encore planifié"]);
    has(&world.page("/maitrise", &director).await.expect(200), &["/maitrise/plan/nouvelle?mesure=MAJ-01"]);
    let new = world.page("/maitrise/plan/nouvelle?mesure=MAJ-01", &director).await.expect(200);
    has(&new, &["Remplacez ou mettez à niveau", "<option value=\"MAJ-01\" selected>", "value=\"diane\""]);
    world.form("/maitrise/plan", &director, &form(&new, &[])).await.expect(303);
    let plan = world.page("/maitrise/plan", &director).await.expect(200);
    has(&plan, &["Remplacer PC-1", "31/01/2027", "1\u{202f}200 €", "<th scope=\"row\" class=\"num\">2027</th>"]);
    has(&world.page("/maitrise", &director).await.expect(200), &["planifié", "ivan, pour le 31/01/2027"]);
    has(&world.page("/maitrise/mesures/MAJ-01", &director).await.expect(200), &["Remplacer PC-1"]);
    let path = only(&plan);
    let page = world.page(&path, &director).await.expect(200);
    let done = form(&page, &[("etat", "fait"), ("echeance", "")]);
    world.form("/maitrise/plan", &director, &done).await.expect(303);
    let page = world.page(&path, &director).await.expect(200);
    has(&page, &["Ce qui a été changé, et par qui", "à faire", "100 %", "<strong>diane</strong>"]);
    let plan = world.page("/maitrise/plan", &director).await.expect(200);
    has(&plan, &["Aucune action ne correspond", "1 faite"]);
    has(&world.page("/maitrise/plan?etat=fait", &director).await.expect(200), &["Remplacer PC-1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost() {
    let world = World::new().await;
    hire(&world).await;
    let director = world.sign_in("diane").await;
    let new = world.page("/maitrise/plan/nouvelle", &director).await.expect(200);
    let wrong =
        form(&new, &[("quoi", ""), ("argent-2027", "beaucoup"), ("echeance", "2020-01-01"), ("remarque", "<b>gardé")]);
    let page = world.form("/maitrise/plan", &director, &wrong).await.expect(422);
    has(
        &page,
        &[
            "<title>Erreur",
            "href=\"#quoi\"",
            "aria-describedby=\"argent-2027-erreur\"",
            "value=\"beaucoup\"",
            "Cette date est passée",
            "&#60;b&#62;gardé",
        ],
    );
    let abandoned = form(&new, &[("etat", "abandonne")]);
    let page = world.form("/maitrise/plan", &director, &abandoned).await.expect(422);
    has(&page, &["Dites pourquoi cette action est abandonnée."]);
    has(&world.page("/maitrise/plan", &director).await.expect(200), &["Rien n’est encore planifié"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn sent_twice_it_is_one_action_and_two_people_are_told() {
    let world = World::new().await;
    hire(&world).await;
    let (director, technician) = (world.sign_in("diane").await, world.sign_in("ivan").await);
    let new = world.page("/maitrise/plan/nouvelle", &director).await.expect(200);
    for _ in 0..2 {
        world.form("/maitrise/plan", &director, &form(&new, &[])).await.expect(303);
    }
    let path = only(&world.page("/maitrise/plan", &director).await.expect(200));
    let (hers, his) =
        (world.page(&path, &director).await.expect(200), world.page(&path, &technician).await.expect(200));
    let changed = form(&his, &[("echeance", "2027-06-30")]);
    world.form("/maitrise/plan", &technician, &changed).await.expect(303);
    let page = world.form("/maitrise/plan", &director, &form(&hers, &[("qui", "Prestataire")])).await.expect(409);
    has(&page, &["ivan a enregistré cette action avant vous", "30/06/2027", "value=\"Prestataire\"", "value=\"2\""]);
    let again = form(&page, &[("qui", "Prestataire")]);
    world.form("/maitrise/plan", &director, &again).await.expect(303);
    let page = world.page(&path, &technician).await.expect(200);
    has(&page, &["value=\"Prestataire\"", "<strong>ivan</strong>"]);
    assert_eq!(value(&page, "version"), "3");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_plan_leaves_by_framework_and_for_others_there_is_none() {
    let world = World::new().await;
    hire(&world).await;
    let (director, carer) = (world.sign_in("diane").await, world.sign_in("amina").await);
    let new = world.page("/maitrise/plan/nouvelle", &director).await.expect(200);
    world.form("/maitrise/plan", &director, &form(&new, &[("quoi", "=Remplacer")])).await.expect(303);
    let csv = world.page("/maitrise/plan.csv?referentiel=HYG", &director).await.expect(200);
    has(&csv, &["\"Euros 2027\"", "\"HYG-35\";\"MAJ-01\";\"'=Remplacer\";\"ivan\";\"2027-01-31\";\"à faire\""]);
    assert!(!csv.text().contains("PGSSI"));
    assert_eq!(world.page("/maitrise/plan.csv?referentiel=XYZ", &director).await.expect(200).text().lines().count(), 1);
    let json = world.page("/maitrise/plan.json", &director).await.expect(200).json();
    assert_eq!(json["actions"][0]["euros"]["2027"], 1200);
    let none = world.page("/maitrise/plan.json?referentiel=XYZ", &director).await.expect(200).json();
    assert_eq!(none["actions"].as_array().unwrap().len(), 0);
    let path = only(&world.page("/maitrise/plan", &director).await.expect(200));
    let token = csrf(&world.page("/personnes", &carer).await.expect(200));
    for path in
        ["/maitrise/plan", "/maitrise/plan.csv", "/maitrise/plan.json", "/maitrise/plan/nouvelle", path.as_str()]
    {
        world.page(path, &carer).await.expect(404);
    }
    let theirs = form(&new, &[("csrf", &token)]);
    world.form("/maitrise/plan", &carer, &theirs).await.expect(404);
    world.form("/maitrise/plan", &director, &form(&new, &[("csrf", "faux")])).await.expect(403);
    world.page("/maitrise/plan/nulle-part", &director).await.expect(404);
}
