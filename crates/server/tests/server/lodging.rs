//! *Unités*: who is in which, said by whoever admits persons, and what follows from it.

use crate::facts::{house, post};
use crate::support::{World, csrf, made};
use confidentiality::Actor;
use store::{FOREVER, Post};

const HERE: &str = "/unites/repartition";

/// The number of a unit, as the page offers it.
fn unit(page: &str, name: &str) -> i64 {
    let (before, _) = page.split_once(&format!(">{name}</option>")).unwrap();
    let (_, value) = before.rsplit_once("value=\"").unwrap();
    value.split_once('"').unwrap().0.parse().unwrap()
}

/// Somebody, of this unit and of no other from now on.
async fn of_unit(world: &World, (number, login, persona): (i64, &str, &str), unit: i64) -> String {
    let (tenant, place) = (world.app.tenant(), world.app.default_place());
    let whole = store::everybody(place);
    let actor = Actor::new(number);
    let post = |unit, starts, ends| Post { actor, place, unit, persona: persona.into(), starts, ends };
    let store = world.app.store();
    let operator = crate::facts::operator(world);
    let call = store::Call {
        tenant,
        clearance: operator.clearance().clone(),
        now: world.app.now(),
        origin: store::Origin::default(),
    };
    let former = store.posts(tenant, actor, world.app.now()).await.unwrap();
    assert_eq!(former, [post(whole, 0, FOREVER)]);
    let ended = former.into_iter().map(|one| (one, world.app.now())).collect();
    store.change_posts(&call, ended, vec![post(unit, 0, FOREVER)]).await.unwrap();
    world.sign_in(login).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_house_makes_its_units_and_says_who_is_in_which() {
    let (world, director) = house().await;
    let durand = made(&world, "Durand").await;
    let petit = made(&world, "Petit").await;
    let leroy = made(&world, "Leroy").await;
    let page = world.page(HERE, &director).await.expect(200).text();
    assert!(page.contains("Aucune unité") && page.contains("Ajoutez une unité pour y placer"), "{page}");
    let new = format!("{HERE}/nouvelle");
    assert_eq!(post(&world, &director, &new, "nom=Les+Lilas").await, 303);
    assert_eq!(post(&world, &director, &new, "nom=Les++Roses").await, 303);
    for name in ["", "les+lilas", &"x".repeat(81)] {
        assert_eq!(post(&world, &director, &new, &format!("nom={name}")).await, 422, "{name}");
    }
    let page = world.page(HERE, &director).await.expect(200).text();
    let (lilas, roses) = (unit(&page, "Les Lilas"), unit(&page, "Les Roses"));
    let amina = of_unit(&world, (42, "amina", "as"), lilas).await;
    let sees = async |name: &str| world.page("/personnes", &amina).await.expect(200).text().contains(name);
    assert!(!sees("DURAND").await && !sees("PETIT").await);
    let both = format!(
        "avant-{durand}=0&unite-{durand}={lilas}&avant-{petit}=0&unite-{petit}={roses}&avant-{leroy}=0&unite-{leroy}={roses}"
    );
    assert_eq!(post(&world, &director, HERE, &both).await, 303);
    assert!(sees("DURAND").await && !sees("PETIT").await);
    let back = world.page(&format!("{HERE}?fait=places"), &director).await.expect(200).text();
    assert!(back.contains("C’est enregistré") && back.contains("1 personne"), "{back}");
    let journal = world.page(&format!("/personnes/{durand}/lectures"), &director).await.expect(200).text();
    assert!(journal.contains("Changement d’unité"), "{journal}");
    // What somebody else has changed is not undone unawares, and what one has chosen is not lost.
    let late = format!("avant-{durand}=0&unite-{durand}={roses}&avant-{petit}={roses}&unite-{petit}={lilas}");
    let late = format!("{late}&avant-{leroy}=0&unite-{leroy}=0");
    let token = csrf(&world.page("/moi", &director).await.expect(200));
    let page = world.form(HERE, &director, &format!("csrf={token}&{late}")).await.expect(409).text();
    let chosen = format!("<option value=\"{lilas}\" selected>Les Lilas</option>");
    assert!(page.contains("rien n’est enregistré") && page.contains(&chosen), "{page}");
    assert!(!sees("PETIT").await, "neither of the two has gone");
    // Of whom nothing was chosen on that page, what somebody else chose stands.
    let (_, row) = page.split_once(&format!("name=\"unite-{leroy}\"")).unwrap();
    let row = row.split_once("</td>").unwrap().0;
    assert!(row.contains(&format!("<option value=\"{roses}\" selected>")) && !row.contains("à enregistrer"), "{row}");
    assert_eq!(page.matches("à enregistrer").count(), 2, "{page}");
    let out = format!("avant-{durand}={lilas}&unite-{durand}=0&avant-{petit}={roses}&unite-{petit}={roses}");
    assert_eq!(post(&world, &director, HERE, &out).await, 303);
    assert!(!sees("DURAND").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_opens_a_record_for_themselves_by_moving_somebody() {
    let (world, director) = house().await;
    let durand = made(&world, "Durand").await;
    for name in ["Les+Lilas", "Les+Roses"] {
        assert_eq!(post(&world, &director, &format!("{HERE}/nouvelle"), &format!("nom={name}")).await, 303);
    }
    let page = world.page(HERE, &director).await.expect(200).text();
    let (lilas, roses) = (unit(&page, "Les Lilas"), unit(&page, "Les Roses"));
    // With everybody at the place, there is nothing to gain.
    let hugo = world.sign_in("hugo").await;
    let to = |from: i64, to: i64| format!("avant-{durand}={from}&unite-{durand}={to}");
    assert_eq!(post(&world, &hugo, HERE, &to(0, roses)).await, 303);
    let hugo = of_unit(&world, (43, "hugo", "idec"), lilas).await;
    assert_eq!(post(&world, &hugo, HERE, &to(roses, lilas)).await, 422);
    assert!(!world.page("/personnes", &hugo).await.expect(200).text().contains("DURAND"));
    assert_eq!(post(&world, &hugo, HERE, &to(roses, 0)).await, 303, "elsewhere, they do");
}

#[tokio::test(flavor = "multi_thread")]
async fn units_are_the_business_of_whoever_admits_persons_there() {
    let (world, director) = house().await;
    let durand = made(&world, "Durand").await;
    // The aide admits nobody; the technician reads nothing about anybody.
    for login in ["amina", "ivan"] {
        let cookie = world.sign_in(login).await;
        assert_eq!(world.page(HERE, &cookie).await.status, 404, "{login}");
        assert_eq!(post(&world, &cookie, &format!("{HERE}/nouvelle"), "nom=X").await, 404, "{login}");
        let mine = format!("avant-{durand}=0&unite-{durand}=0");
        assert_eq!(post(&world, &cookie, HERE, &mine).await, 404, "{login}");
        assert!(!world.page("/personnes", &cookie).await.text().contains(HERE), "{login}");
    }
    assert!(world.page("/personnes", &director).await.expect(200).text().contains(HERE));
    for wrong in
        [format!("avant-{durand}=0&unite-{durand}=-41"), "avant-x=0&unite-x=1".into(), format!("unite-{durand}=1")]
    {
        assert_eq!(post(&world, &director, HERE, &wrong).await, 404, "{wrong}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_is_renamed_and_goes_once_it_is_empty() {
    let (world, director) = house().await;
    let durand = made(&world, "Durand").await;
    for name in ["Les+Lila", "Les+Roses"] {
        assert_eq!(post(&world, &director, &format!("{HERE}/nouvelle"), &format!("nom={name}")).await, 303);
    }
    let page = world.page(HERE, &director).await.expect(200).text();
    let (lilas, roses) = (unit(&page, "Les Lila"), unit(&page, "Les Roses"));
    let change = format!("{HERE}/unite");
    for (fields, status) in [
        (format!("unite={lilas}&faire=nom&nom-unite=les+roses"), 422),
        (format!("unite={lilas}&faire=nom&nom-unite="), 422),
        (format!("unite={lilas}&faire=nom&nom-unite=Les+Lilas"), 303),
        (format!("unite={lilas}&faire=nom&nom-unite=LES+Lilas"), 303),
        ("unite=-99&faire=nom&nom-unite=Ailleurs".to_owned(), 404),
        (format!("avant-{durand}=0&unite-{durand}={lilas}"), 303),
    ] {
        let path = if fields.starts_with("avant") { HERE } else { &change };
        assert_eq!(post(&world, &director, path, &fields).await, status, "{fields}");
    }
    let carer = world.sign_in("amina").await;
    assert_eq!(post(&world, &carer, &change, &format!("unite={roses}&faire=supprimer")).await, 404);
    let token = csrf(&world.page("/moi", &director).await.expect(200));
    let full = format!("csrf={token}&unite={lilas}&faire=supprimer");
    let page = world.form(&change, &director, &full).await.expect(422).text();
    assert!(page.contains("n’est pas vide") && page.contains("LES Lilas"), "{page}");
    assert_eq!(post(&world, &director, &change, &format!("unite={roses}&faire=supprimer")).await, 303);
    let page = world.page(HERE, &director).await.expect(200).text();
    assert!(page.contains("LES Lilas") && !page.contains("Les Roses"), "{page}");
    // Whoever has the page from before places nobody in what is gone.
    let late = format!("avant-{durand}={lilas}&unite-{durand}={roses}");
    assert_eq!(post(&world, &director, HERE, &late).await, 404);
}
