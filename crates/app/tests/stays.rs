//! Who admits persons, and what is kept of it.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod support;

use app::accounts::{self, NewAccount};
use app::stays::{self, Of, Standing, Unfit, Who};
use app::{Cx, Origin, records};
use confidentiality::{Actor, ClientScope, Level};
use domain::care::stay::{Admission, Cause, Sheet};
use fhir::ResourceType;
use jiff::civil::date;
use store::{AccountKind, Error, FOREVER, Post};
use support::{NOW, PASSWORD, World};

const KEY: &str = "formulaire-0123456789";
const OTHER: &str = "formulaire-9876543210";

fn sheet(family: &str, ins: &str) -> Sheet {
    let text = str::to_owned;
    Sheet {
        family: text(family),
        given: text("Odette"),
        born: text("1940-02-01"),
        sex: text("F"),
        ins: text(ins),
        start: text("2026-05-20"),
        room: text("12"),
        ..Sheet::default()
    }
}

async fn admission(cx: &Cx, world: &World, sheet: &Sheet, unit: i64) -> Admission {
    let desk = stays::desk(cx, Some(world.first)).await.unwrap();
    Admission::parse(sheet, desk.spot(cx, unit).unwrap(), date(2026, 5, 28)).unwrap()
}

/// The stay of somebody, as a program reads it.
async fn stay(world: &World, patient: &str) -> store::Version {
    let board = stays::board(&world.operator(), patient).await.unwrap();
    board.stays.into_iter().next().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_office_and_the_direction_admit_and_carers_do_not() {
    let world = World::new().await;
    let operator = world.operator();
    let new = admission(&operator, &world, &sheet("Durand", ""), 0).await;
    let id = stays::admit(&operator, world.first, 0, &new, KEY, Who::New).await.unwrap().unwrap();
    for (number, persona) in (40..).zip(["sec", "dir", "chef", "idec", "medco", "ass"]) {
        let cx = world.person(number, persona).await;
        assert_eq!(stays::alike(&cx, world.first, &new, None).await.unwrap().all.len(), 1, "{persona}");
        assert!(stays::board(&cx, &id).await.is_ok(), "{persona}");
        let elsewhere = stays::admit(&cx, world.second, 0, &new, OTHER, Who::New).await;
        assert!(matches!(elsewhere, Err(app::Error::Store(Error::Absent))), "{persona}: {elsewhere:?}");
    }
    for (number, persona) in (50..).zip(["as", "ide", "educ", "psy", "info", "dpo"]) {
        let cx = world.person(number, persona).await;
        let refused = [
            stays::desk(&cx, None).await.map(drop),
            stays::alike(&cx, world.first, &new, None).await.map(drop),
            stays::admit(&cx, world.first, 0, &new, OTHER, Who::New).await.map(drop),
            stays::admit(&cx, world.first, 0, &new, OTHER, Who::Known(&id)).await.map(drop),
            stays::board(&cx, &id).await.map(drop),
            stays::end(&cx, of(&id, &stay(&world, &id).await), NOW, Cause::Home).await.map(drop),
        ];
        for one in refused {
            assert!(matches!(one, Err(app::Error::Store(Error::Absent))), "{persona}: {one:?}");
        }
    }
    let report = app::audit::verify(&world.app, None).await.unwrap();
    assert!(report.findings.is_empty(), "{:?}", report.findings);
}

fn of<'a>(patient: &'a str, stay: &'a store::Version) -> Of<'a> {
    Of { patient, stay: stay.resource.id().unwrap(), version: stay.version }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_said_of_a_stay_the_office_still_reads_it() {
    let world = World::new().await;
    let office = world.person(41, "sec").await;
    let new = admission(&office, &world, &sheet("Durand", "109076322083489"), 0).await;
    let id = stays::admit(&office, world.first, 0, &new, KEY, Who::New).await.unwrap().unwrap();
    for cause in Cause::ALL {
        let running = stay(&world, &id).await;
        stays::end(&office, of(&id, &running), NOW, cause).await.unwrap().unwrap();
        let ended = stay(&world, &id).await;
        assert_eq!(ended.level, Level::Daily, "{cause:?}");
        let again = stays::end(&office, of(&id, &ended), NOW, cause).await.unwrap();
        assert_eq!(again, Err(Unfit::Over), "{cause:?}");
        let patient = records::read(&office, ResourceType::PATIENT, &id).await.unwrap();
        assert_eq!(
            (patient.level, patient.resource.get(&["deceasedDateTime"]).is_some()),
            (Level::Daily, cause == Cause::Death)
        );
        let known = stays::alike(&office, world.first, &new, None).await.unwrap().all;
        let expected = if cause == Cause::Death { Standing::Dead } else { Standing::Free };
        assert_eq!(known.first().unwrap().standing, expected, "{cause:?}");
        if cause == Cause::Death {
            let back = stays::admit(&office, world.first, 0, &new, OTHER, Who::Known(&id)).await.unwrap();
            assert_eq!(back, Err(Unfit::Dead));
        }
        stays::reopen(&office, of(&id, &ended)).await.unwrap().unwrap();
    }
    let back = stays::admit(&office, world.first, 0, &new, OTHER, Who::Known(&id)).await.unwrap();
    assert_eq!(back, Err(Unfit::Here));
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_room_is_called_the_office_still_reads_the_stay() {
    let world = World::new().await;
    let office = world.person(41, "sec").await;
    let sheet = |room: &str| Sheet { room: room.to_owned(), ..sheet("Durand", "") };
    let new = admission(&office, &world, &sheet("UHR 3"), 0).await;
    let id = stays::admit(&office, world.first, 0, &new, KEY, Who::New).await.unwrap().unwrap();
    for room in ["12", "Unité protégée 4", "Alzheimer 4", "Chambre d’isolement"] {
        let running = stay(&world, &id).await;
        assert_eq!(running.level, Level::Daily, "before {room}");
        stays::settle(&office, of(&id, &running), 0, Some(room), NOW).await.unwrap().unwrap();
        let known = stays::alike(&office, world.first, &new, None).await.unwrap().all;
        assert_eq!((known[0].standing.clone(), known[0].resident.room.as_deref()), (Standing::Here, Some(room)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_was_corrected_is_another() {
    let world = World::new().await;
    let office = world.person(41, "sec").await;
    let first = sheet("Durand", "");
    let new = admission(&office, &world, &first, 0).await;
    let admit = async |sheet: &Sheet, who| {
        let new = admission(&office, &world, sheet, 0).await;
        stays::admit(&office, world.first, 0, &new, KEY, who).await
    };
    let id = stays::admit(&office, world.first, 0, &new, KEY, Who::New).await.unwrap().unwrap();
    assert_eq!(admit(&first, Who::New).await.unwrap(), Ok(id.clone()));
    let taken = |done: &app::Result<Result<String, Unfit>>| {
        matches!(done, Err(app::Error::Store(Error::Conflict(store::Conflict::IdTaken))))
    };
    for sheet in [
        Sheet { room: "13".into(), ..first.clone() },
        Sheet { born: "1941-02-01".into(), ..first.clone() },
        Sheet { start: "2026-05-19".into(), ..first.clone() },
    ] {
        let done = admit(&sheet, Who::New).await;
        assert!(taken(&done), "{done:?}");
    }
    assert!(taken(&admit(&first, Who::Known(&id)).await), "somebody new was said");
    // What becomes of the stay is no other answer.
    stays::settle(&office, of(&id, &stay(&world, &id).await), 0, Some("14"), NOW).await.unwrap().unwrap();
    assert_eq!(admit(&first, Who::New).await.unwrap(), Ok(id));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_at_once_somebody_known_has_one_stay() {
    let world = World::new().await;
    let office = world.person(41, "sec").await;
    let id = "p1";
    let known = serde_json::json!({"resourceType": "Patient", "id": id, "active": true, "name": [{"text": "Odette"}]});
    world.import_text("known.ndjson", &known.to_string()).await;
    let id = support::all(&world.operator(), ResourceType::PATIENT).await[0].resource.id().unwrap_or(id).to_owned();
    let new = admission(&office, &world, &sheet("Durand", ""), 0).await;
    assert!(stays::alike(&office, world.first, &new, None).await.unwrap().all.is_empty());
    let named = stays::alike(&office, world.first, &new, Some(&id)).await.unwrap().all;
    assert_eq!((named.len(), named[0].by, named[0].standing.clone()), (1, None, Standing::Free));
    let admit = |key| stays::admit(&office, world.first, 0, &new, key, Who::Known(&id));
    let (one, other) = tokio::join!(admit("formulaire-un-0123456"), admit("formulaire-deux-01234"));
    let done = [one.unwrap(), other.unwrap()];
    assert!(done.contains(&Ok(id.clone())) && done.contains(&Err(Unfit::Here)), "{done:?}");
    let board = stays::board(&world.operator(), &id).await.unwrap();
    assert_eq!(board.stays.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_at_once_one_is_admitted() {
    let world = World::new().await;
    let office = world.person(41, "sec").await;
    let new = admission(&office, &world, &sheet("Durand", "109076322083489"), 0).await;
    let admit = |key| stays::admit(&office, world.first, 0, &new, key, Who::New);
    let (one, other) = tokio::join!(admit(KEY), admit(KEY));
    let id = one.unwrap().unwrap();
    assert_eq!(other.unwrap().unwrap(), id, "one form, sent twice");
    assert_eq!(admit(OTHER).await.unwrap(), Err(Unfit::Number), "another form, of one number");
    let new = admission(&office, &world, &sheet("Petit", "180032B02040123"), 0).await;
    let admit = |key| stays::admit(&office, world.first, 0, &new, key, Who::New);
    let (one, other) = tokio::join!(admit("formulaire-un-0123456"), admit("formulaire-deux-01234"));
    let done = [one.unwrap(), other.unwrap()];
    assert_eq!(done.iter().filter(|one| one.is_ok()).count(), 1, "{done:?}");
    assert!(done.contains(&Err(Unfit::Number)), "{done:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_brings_a_known_person_into_their_own_unit() {
    let world = World::new().await;
    let (store, tenant) = (world.app.store(), world.app.tenant());
    let unit = store.ensure_unit(tenant, world.first, "Les Lilas").await.unwrap();
    let (actor, login) = (Actor::new(41), "chef".to_owned());
    let scope = ClientScope { place: None, cap: Level::Open, write: false, chosen_ids: false };
    let (display, secret, kind) = (login.clone(), PASSWORD.to_owned(), AccountKind::Person);
    let new = NewAccount { actor, kind, login: login.clone(), display, secret, scope, practitioner: None };
    accounts::put(&world.app, new).await.unwrap();
    let post = Post { actor, place: world.first, unit, persona: login.clone(), starts: 0, ends: FOREVER };
    store.add_post(tenant, post).await.unwrap();
    let token = accounts::sign_in(&world.app, &login, PASSWORD).await.unwrap();
    let chief = accounts::signed_in(&world.app, &token).await.unwrap().cx(&world.app, Origin::default()).await.unwrap();
    let operator = world.operator();
    let new = admission(&operator, &world, &sheet("Durand", ""), 0).await;
    let id = stays::admit(&operator, world.first, 0, &new, KEY, Who::New).await.unwrap().unwrap();
    let running = stay(&world, &id).await;
    let moved = stays::settle(&chief, of(&id, &running), unit, None, NOW).await.unwrap();
    assert_eq!(moved, Err(Unfit::Own));
    stays::end(&chief, of(&id, &running), NOW, Cause::Home).await.unwrap().unwrap();
    let back = stays::admit(&chief, world.first, unit, &new, OTHER, Who::Known(&id)).await.unwrap();
    assert_eq!(back, Err(Unfit::Own));
    // Of somebody unknown, there is nothing to read.
    let new = admission(&chief, &world, &sheet("Zola", ""), unit).await;
    stays::admit(&chief, world.first, unit, &new, OTHER, Who::New).await.unwrap().unwrap();
}
