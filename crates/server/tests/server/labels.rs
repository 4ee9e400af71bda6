//! *Niveau et raisons*: why an item has its level, and who may change it.

use crate::support::{PASSWORD, World, create, csrf, patient};
use app::accounts::{self, NewAccount};
use confidentiality::{Actor, Category, ClientScope, Facts, Level, MaskFlags, Matrix, Purpose, Session, Strength};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use store::{AccountKind, Call, FOREVER, Judgement, Origin, Pass, Post, Sheet};

async fn calm(world: &World) -> String {
    let full = world.program("full").await;
    let who = create(&full, patient("Le Goff")).await;
    let note = json!({"resourceType": "Communication", "status": "completed", "subject": {"reference": who},
        "sent": "2026-05-28T10:00:00+02:00", "category": [{"text": "transmission"}],
        "payload": [{"contentString": "A bien dormi."}]});
    let id = create(&full, note).await;
    format!("/transmissions/{}", id.strip_prefix("Communication/").unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reviewer_changes_a_level_with_a_reason_and_others_see_why() {
    let world = World::new().await;
    let path = calm(&world).await;
    let (hugo, amina) = (world.sign_in("hugo").await, world.sign_in("amina").await);
    assert!(world.page(&path, &amina).await.expect(200).text().contains("/niveau\">Niveau et raisons"));
    let label = format!("{path}/niveau");
    let seen = world.page(&label, &amina).await.expect(200).text();
    assert!(seen.contains("Donné par les règles") && !seen.contains("Enregistrer ce niveau"), "{seen}");
    let form = world.page(&label, &hugo).await.expect(200);
    assert!(form.text().contains("Enregistrer ce niveau"));
    let fields = |reason: &str| format!("csrf={}&version=1&niveau=3&categorie=PSY&motif={reason}", csrf(&form));
    let wrong = crate::mistakes::mistaken(&world.form(&label, &hugo, &fields("")).await.expect(422));
    assert!(wrong.contains("Dites pourquoi") && wrong.contains("value=\"PSY\" checked"), "{wrong}");
    let done = world.form(&label, &hugo, &fields("Parle+de+son+suivi")).await.expect(303);
    assert_eq!(done.header("location"), format!("{path}?fait=niveau"));
    let seen = world.page(&label, &hugo).await.expect(200).text();
    assert!(seen.contains("Décidé par hugo (essai)") && seen.contains("Parle de son suivi"), "{seen}");
    world.page(&path, &amina).await.expect(404);
    // Whoever does not review is refused, whatever they post.
    let token = csrf(&world.page("/moi", &amina).await.expect(200));
    let fields = format!("csrf={token}&version=1&niveau=0&motif=essai");
    let refused = world.form(&label, &amina, &fields).await;
    assert!(refused.status == 404 || refused.status == 403, "{}", refused.status);
}

/// A nurse in charge whom no Practitioner stands for.
async fn unlisted(world: &World) -> String {
    let (actor, place) = (Actor::new(44), world.app.default_place());
    let new = NewAccount {
        actor,
        kind: AccountKind::Person,
        login: "zoe".into(),
        display: "zoe (essai)".into(),
        secret: PASSWORD.into(),
        scope: ClientScope { place: None, cap: Level::Open, write: false, chosen_ids: false },
        practitioner: None,
    };
    accounts::put(&world.app, new).await.unwrap();
    let post = Post { actor, place, unit: -place.value(), persona: "idec".into(), starts: 0, ends: FOREVER };
    world.app.store().add_post(world.app.tenant(), post).await.unwrap();
    world.sign_in("zoe").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reviewer_whom_no_practitioner_stands_for_corrects_too_and_loses_nothing_to_another() {
    let world = World::new().await;
    let label = format!("{}/niveau", calm(&world).await);
    let (zoe, hugo) = (unlisted(&world).await, world.sign_in("hugo").await);
    let form = world.page(&label, &zoe).await.expect(200);
    assert!(form.text().contains("Enregistrer ce niveau"), "{}", form.text());
    let fields = |version: u8| format!("csrf={}&version={version}&niveau=1&motif=Rien+de+particulier", csrf(&form));
    // The page is of an older version: what was typed comes back, with what to do.
    let back = crate::mistakes::mistaken(&world.form(&label, &zoe, &fields(7)).await.expect(412));
    assert!(back.contains("value=\"Rien de particulier\"") && back.contains("a changé entre-temps"), "{back}");
    world.form(&label, &zoe, &fields(1)).await.expect(303);
    let seen = world.page(&label, &hugo).await.expect(200).text();
    assert!(seen.contains("Décidé par zoe (essai)") && seen.contains("Rien de particulier"), "{seen}");
}

/// Newer rules, that find everything to be of mental health.
async fn newer_rules(world: &World) {
    let facts = Facts {
        actor: Actor::new(1),
        relations: Vec::new(),
        maskings: Vec::new(),
        session: Session { strength: Strength::Client, ..Session::none() },
        purpose: Purpose::Relabel,
        place_profiles: BTreeMap::new(),
        client: Some(ClientScope { place: None, cap: Level::VerySensitive, write: true, chosen_ids: true }),
    };
    let clearance = confidentiality::clearance(&Matrix::default_shipped().unwrap(), &facts);
    let origin = Origin { verb: "relabel".into(), ..Origin::default() };
    let call = Call { tenant: world.app.tenant(), clearance, now: world.app.now(), origin };
    let judge = |_: &Sheet<'_>| Judgement {
        level: Level::Sensitive,
        categories: Category::Psy.into(),
        mask: MaskFlags::empty(),
        safety: Vec::new(),
    };
    let pass = Pass { rules: 1_000, after: (0, 0), most: 1_000 };
    let done = world.app.store().relabel(&call, pass, Arc::new(judge)).await.unwrap();
    assert_eq!(done.over_people, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_label_raised_over_a_person_s_waits_for_who_reviews_and_for_nobody_else() {
    let world = World::new().await;
    let label = format!("{}/niveau", calm(&world).await);
    let (hugo, amina) = (world.sign_in("hugo").await, world.sign_in("amina").await);
    let form = world.page(&label, &hugo).await.expect(200);
    assert!(form.text().contains("href=\"/niveaux\""), "{}", form.text());
    assert!(!world.page(&label, &amina).await.expect(200).text().contains("href=\"/niveaux\""));
    let fields = |level: u8| format!("csrf={}&version=1&niveau={level}&motif=Vu+en+equipe", csrf(&form));
    world.form(&label, &hugo, &fields(1)).await.expect(303);
    assert!(world.page("/niveaux", &hugo).await.expect(200).text().contains("Rien à revoir"));
    newer_rules(&world).await;
    let waiting = world.page("/niveaux", &hugo).await.expect(200).text();
    assert!(waiting.contains("Revoir ce niveau") && waiting.contains(&format!("href=\"{label}\"")), "{waiting}");
    assert!(waiting.contains("A bien dormi.") && waiting.contains("Quotidien"), "{waiting}");
    world.page("/niveaux", &amina).await.expect(404);
    world.form(&label, &hugo, &format!("{}&categorie=PSY", fields(3))).await.expect(303);
    assert!(world.page("/niveaux", &hugo).await.expect(200).text().contains("Rien à revoir"));
}
