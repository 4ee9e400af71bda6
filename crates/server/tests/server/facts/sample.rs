//! TRACE-03: a sample of accesses is drawn each month, stays as it was drawn, and somebody says of each what it is.

use super::{evidence, holds, house, post, state};
use crate::support::{World, create, patient};
use app::access_review;
use confidentiality::Actor;
use domain::governance::measures::State;
use std::sync::atomic::Ordering;
use store::{Account, FOREVER, Post};

const DAY: i64 = 86_400_000_000;
const PAGE: &str = "/acces-a-relire";

/// Somebody opens a record so many times.
async fn open(world: &World, cookie: &str, path: &str, times: usize) {
    for _ in 0..times {
        world.clock.fetch_add(1_000_000, Ordering::Relaxed);
        world.page(path, cookie).await.expect(200);
    }
}

async fn say(world: &World, cookie: &str, month: &str, turn: usize, what: &str) -> u16 {
    post(world, cookie, PAGE, &format!("mois=sample/{month}&ligne={turn}&{what}")).await
}

fn turns(page: &str) -> Vec<usize> {
    page.split("id=\"ligne-").skip(1).map(|rest| rest.split('"').next().unwrap().parse().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_accesses_are_drawn_once_a_month_and_looked_at_by_who_answers_for_the_records() {
    let (world, director) = house().await;
    let full = world.program("full").await;
    let odette = create(&full, patient("Quéméner")).await.replace("Patient/", "/personnes/");
    let (hugo, amina) = (world.sign_in("hugo").await, world.sign_in("amina").await);
    assert!(world.page(PAGE, &hugo).await.expect(200).text().contains("Rien n’est encore tiré"));
    world.page(PAGE, &amina).await.expect(404);
    open(&world, &amina, "/personnes", 3).await;
    assert!(!access_review::draw(&world.app).await.unwrap(), "a list opens no record, and programs are not looked at");
    assert_eq!(state(&world, "TRACE-03").await, State::NotCovered);
    open(&world, &amina, &odette, 30).await;
    assert!(access_review::draw(&world.app).await.unwrap());
    assert_eq!(state(&world, "TRACE-03").await, State::Failing, "drawn, and looked at by nobody");
    let page = world.page(PAGE, &hugo).await.expect(200).text();
    let drawn = turns(&page);
    assert_eq!(drawn.len(), 20, "{page}");
    for said in ["amina (essai)", "QUÉMÉNER", "Synthèse", "parmi 30 accès", "20 à relire avant le"] {
        assert!(page.contains(said), "{said}: {page}");
    }
    open(&world, &amina, &odette, 5).await;
    assert!(!access_review::draw(&world.app).await.unwrap(), "once a month");
    let times = |page: &str| {
        page.split("<td class=\"num\">").skip(1).filter_map(|rest| Some(rest.get(..16)?.to_owned())).collect::<Vec<_>>()
    };
    assert_eq!(times(&page), times(&world.page(PAGE, &hugo).await.expect(200).text()), "it stays as it was drawn");
    assert_eq!(say(&world, &hugo, "2026-05", 0, "avis=expliquer&mot=").await, 422, "what for?");
    assert_eq!(say(&world, &amina, "2026-05", 0, "avis=normal").await, 404);
    assert_eq!(say(&world, &hugo, "2026-05", 20, "avis=normal").await, 404);
    assert_eq!(say(&world, &hugo, "2026-05", 0, "avis=expliquer&mot=Pourquoi+la+nuit").await, 303);
    for turn in drawn.iter().skip(1) {
        assert_eq!(say(&world, &director, "2026-05", *turn, "avis=normal").await, 303);
    }
    assert_eq!(state(&world, "TRACE-03").await, State::Conform);
    let page = world.page(PAGE, &hugo).await.expect(200).text();
    assert!(page.contains("Tout est relu") && page.contains("À expliquer : Pourquoi la nuit (hugo (essai)"), "{page}");
    let journal = world.page(&format!("{odette}/lectures"), &hugo).await.expect(200).text();
    assert!(journal.contains("Relecture d’un accès"), "looking at accesses is an access: {journal}");
    next_month(&world, &odette).await;
}

/// Last month's sample counts until the time for the new one is over.
async fn next_month(world: &World, odette: &str) {
    world.clock.fetch_add(5 * DAY, Ordering::Relaxed);
    let amina = world.sign_in("amina").await;
    open(world, &amina, odette, 10).await;
    assert!(!access_review::draw(&world.app).await.unwrap(), "too few, and there is time");
    open(world, &amina, odette, 15).await;
    assert!(access_review::draw(&world.app).await.unwrap());
    assert_eq!(holds(world, "TRACE-03", "acces-relus").await, Some(true));
    world.clock.fetch_add(15 * DAY, Ordering::Relaxed);
    let late = evidence(world, "TRACE-03", "acces-relus").await.unwrap();
    assert!(!late.holds && late.value.starts_with("20 sur 20"), "{}", late.value);
    let hugo = world.sign_in("hugo").await;
    assert!(world.page(PAGE, &hugo).await.expect(200).text().contains("le délai est passé"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_unusual_is_proposed_and_nobody_looks_at_their_own_accesses() {
    let (world, _) = house().await;
    let full = world.program("full").await;
    let odette = create(&full, patient("Quéméner")).await.replace("Patient/", "/personnes/");
    let other = create(&full, patient("Rahal")).await.replace("Patient/", "/personnes/");
    let mut account = world.app.store().account(world.app.tenant(), Actor::new(42)).await.unwrap().unwrap();
    account.display = "Amina RAHAL, aide-soignante".into();
    world.app.store().put_account(world.app.tenant(), account).await.unwrap();
    let (hugo, amina) = (world.sign_in("hugo").await, world.sign_in("amina").await);
    open(&world, &amina, &odette, 40).await;
    open(&world, &amina, &other, 3).await;
    open(&world, &hugo, &odette, 1).await;
    // Whoever opens the record of somebody of the same name is asked why, whatever chance says.
    assert!(access_review::draw(&world.app).await.unwrap());
    let claire = world.sign_in("claire").await;
    let page = world.page(PAGE, &claire).await.expect(200).text();
    assert_eq!(page.matches("même nom de famille").count(), 3, "{page}");
    assert!(turns(&page).len() >= 20);
    let all = turns(&page);
    let (mut own, page) = (0, world.page(PAGE, &hugo).await.expect(200).text());
    for turn in all {
        let row = page.split(&format!("id=\"ligne-{turn}\"")).nth(1).unwrap().split("</tr>").next().unwrap();
        if row.contains("hugo (essai)") {
            own += 1;
            assert!(row.contains("Votre propre accès") && !row.contains("<form"));
            assert_eq!(say(&world, &hugo, "2026-05", turn, "avis=normal").await, 422);
            assert_eq!(say(&world, &claire, "2026-05", turn, "avis=normal").await, 303);
        }
    }
    assert!(own <= 1, "chance decides");
}

/// Somebody whose function watches over accesses sees that records are opened, by whom and by what right, and never whose they are.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_watches_over_accesses_sees_who_opens_records_and_not_whose() {
    let (world, _) = house().await;
    let full = world.program("full").await;
    let odette = create(&full, patient("Quéméner")).await.replace("Patient/", "/personnes/");
    let (tenant, place) = (world.app.tenant(), world.app.default_place());
    let mut account = world.app.store().account(tenant, Actor::new(42)).await.unwrap().unwrap();
    account.display = "Amina QUÉMÉNER, aide-soignante".into();
    world.app.store().put_account(tenant, account.clone()).await.unwrap();
    for (number, login, place) in [(71, "dora", place), (72, "dan", confidentiality::Place::new(2))] {
        let actor = Actor::new(number);
        let post =
            Post { actor, place, unit: store::everybody(place), persona: "dpo".into(), starts: 0, ends: FOREVER };
        world.app.store().add_post(tenant, post).await.unwrap();
        let other = Account { actor: number, login: login.into(), display: login.into(), ..account.clone() };
        world.app.store().put_account(tenant, other).await.unwrap();
    }
    let (amina, hugo) = (world.sign_in("amina").await, world.sign_in("hugo").await);
    open(&world, &amina, &odette, 30).await;
    assert!(access_review::draw(&world.app).await.unwrap());
    assert_eq!(say(&world, &hugo, "2026-05", 0, "avis=expliquer&mot=Odette+seule").await, 303);
    let dora = world.sign_in("dora").await;
    let page = world.page(PAGE, &dora).await.expect(200).text();
    for said in ["Amina QUÉMÉNER", "Synthèse", "sur 20 à relire encore", "À expliquer", "sans connaître les personnes"]
    {
        assert!(page.contains(said), "{said}: {page}");
    }
    for hidden in ["Odette", "/lectures", "même nom", "name=\"avis\"", "QUÉMÉNER Odette"] {
        assert!(!page.contains(hidden), "{hidden}: {page}");
    }
    assert_eq!(say(&world, &dora, "2026-05", 1, "avis=normal").await, 404);
    assert!(world.page("/a-suivre", &dora).await.expect(200).text().contains("Accès du mois"));
    world.page(&format!("{odette}/lectures"), &dora).await.expect(404);
    // Of another establishment, whose teams have opened nothing.
    assert_eq!(turns(&world.page(PAGE, &world.sign_in("dan").await).await.expect(200).text()), [] as [usize; 0]);
}
