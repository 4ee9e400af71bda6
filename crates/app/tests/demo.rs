//! The demo: same seed, same record; each account sees its own share of it.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod support;

use app::demo::{self, Demo, PASSWORD, Wish};
use app::{Cx, Origin, accounts, handover, people, person, units};
use confidentiality::{Level, Purpose};
use fhir::ResourceType;
use jiff::civil::date;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use store::{Location, Secret, Store};
use support::{NOW, all};

async fn start(folder: &Path) -> Demo {
    start_at(folder, NOW).await
}

/// The demo of the day of [`NOW`], opened at some moment.
async fn start_at(folder: &Path, now: i64) -> Demo {
    let root = Secret::from_slice(&[7; 32]).unwrap();
    let store = Store::open(&Location::Directory(folder.to_owned()), root, now).await.unwrap();
    let wish = Wish { seed: 1, at: Some(date(2026, 5, 28)), small: true };
    demo::open(store, Arc::new(move || now), wish).await.unwrap()
}

async fn sign_in(demo: &Demo, login: &str) -> (String, Cx) {
    let token = accounts::sign_in(&demo.app, login, PASSWORD).await.unwrap();
    let cx = accounts::signed_in(&demo.app, &token).await.unwrap().cx(&demo.app, Origin::default()).await.unwrap();
    (token, cx)
}

/// For each person of the place: what is shown and what is only counted.
async fn shares(cx: &Cx) -> BTreeMap<String, (i64, i64)> {
    let mut shares = BTreeMap::new();
    for person in people::list(cx, None, "").await.unwrap().persons {
        let id = person.patient.resource.id().unwrap().to_owned();
        let timeline = person::timeline(cx, &id, None, 1_000).await.unwrap();
        assert_eq!(timeline.items.len() as i64, timeline.readable);
        shares.insert(id, (timeline.readable, timeline.hidden));
    }
    shares
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_see_their_share() {
    let folder = tempfile::tempdir().unwrap();
    let demo = start(folder.path()).await;
    assert!(demo.written > 300, "{}", demo.written);
    let (_, nurse) = sign_in(&demo, "ines").await;
    let (_, aide) = sign_in(&demo, "amina").await;
    let (token, doctor) = sign_in(&demo, "medco").await;
    let (nurse, aide, seen) = (shares(&nurse).await, shares(&aide).await, shares(&doctor).await);
    assert_eq!(nurse.len(), 8);
    assert_eq!(aide.len(), 3, "a carer knows the people of her unit");
    let shared = aide.iter().map(|(id, share)| (nurse.get(id).unwrap(), share));
    assert!(shared.into_iter().any(|(nurse, aide)| nurse != aide), "two functions, two timelines");
    accounts::step_up(&demo.app, &token, PASSWORD).await.unwrap();
    let who = accounts::signed_in(&demo.app, &token).await.unwrap();
    let stepped = shares(&who.cx(&demo.app, Origin::default()).await.unwrap()).await;
    let sum = |shares: &BTreeMap<String, (i64, i64)>| shares.values().map(|share| share.0).sum::<i64>();
    assert!(sum(&stepped) > sum(&seen), "level 4 opens once the password has been typed again");
    for (login, persons, content) in [
        ("informatique", 0, false),
        ("siege", 0, false),
        ("dpo", 0, false),
        ("evaluateur", 0, false),
        ("usager", 1, true),
        ("tuteur", 1, true),
        ("kine", 8, true),
        ("traitant", 8, true),
        ("interim", 8, true),
    ] {
        let (_, cx) = sign_in(&demo, login).await;
        let share = shares(&cx).await;
        assert_eq!((share.len(), share.values().any(|share| share.0 > 0)), (persons, content), "{login}");
    }
}

/// The person, and who represents them, are served by the house: its charter and its register of requests are not theirs.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_served_signs_no_charter_and_answers_no_request() {
    let folder = tempfile::tempdir().unwrap();
    let demo = start(folder.path()).await;
    for (login, served) in [("usager", true), ("tuteur", true), ("medco", false), ("directrice", false)] {
        let (_, cx) = sign_in(&demo, login).await;
        assert_eq!(app::charter::is_for(&cx), !served, "{login}");
        let known = shares(&cx).await.into_keys().next().unwrap();
        let asked = app::list_requests::of_person(&cx, &known).await;
        let absent = matches!(asked, Err(app::Error::Store(app::StoreError::Absent)));
        assert_eq!(absent, served, "{login}: {asked:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_start_changes_nothing_but_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let client = start(folder.path()).await.client;
    let demo = start(folder.path()).await;
    assert_eq!(demo.written, 0);
    assert!(
        accounts::client_token(&demo.app, &client.id, &client.secret, false).await.is_err(),
        "an old secret is over"
    );
    assert!(accounts::client_token(&demo.app, &demo.client.id, &demo.client.secret, false).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_limited_program_gets_its_share_and_the_whole_one_everything() {
    let folder = tempfile::tempdir().unwrap();
    let demo = start(folder.path()).await;
    let cx = async |client: &demo::Client| {
        let token = accounts::client_token(&demo.app, &client.id, &client.secret, false).await.unwrap();
        accounts::bearer(&demo.app, &token.token, Purpose::Api, Origin::default()).await.unwrap()
    };
    let (whole, limited) = (cx(&demo.client).await, cx(&demo.limited).await);
    let place = demo.app.default_place();
    for kind in
        [ResourceType::PATIENT, ResourceType::CONDITION, ResourceType::COMMUNICATION, ResourceType::ORGANIZATION]
    {
        let everything = all(&whole, kind).await;
        let share: Vec<_> = everything
            .iter()
            .filter(|v| v.level <= Level::Standard && (v.place == place || v.person.is_zero()))
            .map(|v| v.rid)
            .collect();
        let found = all(&limited, kind).await;
        assert!(!share.is_empty() && share.len() < everything.len() || kind == ResourceType::ORGANIZATION, "{kind}");
        assert_eq!(found.iter().map(|v| v.rid).collect::<Vec<_>>(), share, "{kind}");
        let total = app::records::search(&limited, &fhir::search::Query::all(kind)).await.unwrap().total;
        assert_eq!(total, Some(share.len() as i64), "{kind}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn units_have_their_people_and_their_planning() {
    let folder = tempfile::tempdir().unwrap();
    let demo = start(folder.path()).await;
    let (_, aide) = sign_in(&demo, "amina").await;
    let posts = units::mine(&aide).await.unwrap();
    let names: Vec<&str> = posts.units.iter().map(|unit| unit.name.as_str()).collect();
    assert_eq!(names, ["Unité 2 – Premier étage"]);
    assert!(!posts.planned.is_empty(), "she knows when she works");
    let (_, cadre) = sign_in(&demo, "hugo").await;
    assert_eq!(units::mine(&cadre).await.unwrap().units.len(), 4, "the whole place, and each of its units");
    let everyone = handover::Ask { list: true, ..handover::Ask::default() };
    let handover = handover::load(&aide, everyone).await.unwrap().expect("she has one unit only");
    assert_eq!(handover.residents.len(), 3);
    assert!(handover.since_duty, "since her last duty");
    let day = handover::Ask { since: Some(NOW - 24 * 3_600_000_000), ..handover::Ask::default() };
    let handover = handover::load(&aide, day).await.unwrap().unwrap();
    assert!(!handover.lines.is_empty(), "a day has its writings");
    assert!(handover.lines.iter().all(|line| handover.resident(line.person).is_some()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_start_adds_the_days_that_have_gone_by() {
    let folder = tempfile::tempdir().unwrap();
    let first = start(folder.path()).await;
    let (until, written) = (first.until, first.written);
    drop(first);
    let later = start_at(folder.path(), NOW + 3 * 24 * 3_600_000_000).await;
    assert_eq!((later.written, later.until), (0, until));
    let added = demo::add_missing_days(&later.app).await.unwrap();
    assert!(added > 50 && added < written, "{added}");
    assert!(demo::last_moment(&later.app).await.unwrap() > until);
    assert_eq!(demo::add_missing_days(&later.app).await.unwrap(), 0, "once");
}
