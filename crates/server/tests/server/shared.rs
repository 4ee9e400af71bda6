//! Two servers on one database: what is asked of one is followed, downloaded and heard on the other.

use crate::bulk::{begin, manifest};
use crate::support::{Program, World, create, patient, send, weight};
use crate::websockets::{ask, connect, hear, subscribe};
use app::bulk::{self, Job, Whose, Wish};
use serde_json::json;
use std::sync::atomic::Ordering;

const SECOND: i64 = 1_000_000;

/// Names of all resources of an export, as this server tells them.
async fn names(program: &Program<'_>, status: &str) -> Vec<String> {
    let mut all = Vec::new();
    for output in manifest(program, status).await.json()["output"].as_array().unwrap() {
        let file = program.get(output["url"].as_str().unwrap()).await.expect(200).text();
        let id =
            |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["id"].as_str().unwrap().to_owned();
        all.extend(file.lines().map(|line| format!("{}/{}", output["type"].as_str().unwrap(), id(line))));
    }
    all.sort();
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_asked_of_one_server_is_followed_on_the_other() {
    let Some([here, there]) = World::pair().await else { return };
    let (asked, other) = (here.program("full").await, there.program("full").await);
    let who = create(&asked, patient("Le Goff")).await;
    let [kept, left] = [create(&asked, weight(&who, 61)).await, create(&asked, weight(&who, 62)).await];
    let group =
        json!({"resourceType": "Group", "type": "person", "actual": true, "member": [{"entity": {"reference": who}}]});
    let group = create(&asked, group).await;
    let query = "_type=Patient,Observation&_typeFilter=Observation%3Fvalue-quantity%3D61";
    let status = begin(&asked, &format!("/fhir/{group}/$export?{query}"), &[]).await;
    let found = names(&other, &status).await;
    assert!(found == [kept.clone(), who.clone()] && !found.contains(&left), "{found:?}");
    let said = manifest(&other, &status).await.json();
    assert!(said["request"].as_str().unwrap().ends_with(&format!("{group}/$export?{query}")), "{said}");
    // What is written since, by either, is not of it.
    there.clock.fetch_add(5 * SECOND, Ordering::SeqCst);
    let later = create(&there.program("full").await, weight(&who, 61)).await;
    assert!(!names(&other, &status).await.contains(&later));
    there.program("reader").await.get(&status).await.expect(404);
    send(&there.router, "GET", &status, &[], "").await.expect(401);
    other.send("DELETE", &status, &[], "").await.expect(202);
    asked.get(&status).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_whose_server_is_gone_is_finished_by_another_then_forgotten() {
    for world in [Some(World::new().await), World::pair().await.map(|[_, there]| there)].into_iter().flatten() {
        let program = world.program("full").await;
        let who = create(&program, patient("Le Goff")).await;
        // As far as a server came that was killed while it counted.
        let origin = app::Origin::default();
        let token = program.token.clone();
        let cx = app::accounts::bearer(&world.app, &token, confidentiality::Purpose::Api, origin).await.unwrap();
        let wish = Wish { kinds: vec![fhir::ResourceType::PATIENT], ..Wish::default() };
        let job = Job::begin(&cx, Whose::All, wish).await.unwrap();
        let held = bulk::keep(&cx, &job, "http://dui.test/fhir/$export".into()).await.unwrap().unwrap();
        let status = format!("/fhir/$export-status/{}", held.id());
        drop(held);
        let pending = program.get(&status).await.expect(202);
        assert_eq!(pending.header("retry-after"), "1");
        assert_eq!(bulk::due(&world.app).await.unwrap().len(), 0, "somebody may still hold it");
        world.clock.fetch_add(31 * SECOND, Ordering::SeqCst);
        for held in bulk::due(&world.app).await.unwrap() {
            bulk::count(&world.app, held).await.unwrap();
        }
        assert_eq!(names(&program, &status).await, [who]);
        assert_eq!(bulk::due(&world.app).await.unwrap().len(), 0, "done");
        world.clock.fetch_add(3_600 * SECOND, Ordering::SeqCst);
        let program = world.program("full").await;
        program.get(&status).await.expect(404);
        assert_eq!(bulk::due(&world.app).await.unwrap().len(), 0);
        world.clock.store(crate::support::NOW + 60 * SECOND, Ordering::SeqCst);
        program.get(&status).await.expect(404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_sent_to_one_server_is_followed_and_stopped_on_the_other() {
    let Some([here, there]) = World::pair().await else { return };
    let (sent, other) = (here.program("full").await, there.program("full").await);
    let headers = [("prefer", "respond-async"), ("content-type", "application/fhir+ndjson")];
    let mut who = patient("Venu");
    who["id"] = "venu".into();
    let begun = sent.send("POST", "/fhir/$import", &headers, &format!("{who}\nrien\n")).await.expect(202);
    let status = begun.header("content-location").to_owned();
    let said = manifest(&other, &status).await.json();
    assert_eq!((said["extension"]["created"].as_i64(), said["extension"]["refused"].as_i64()), (Some(1), Some(1)));
    let file = other.get(said["error"][0]["url"].as_str().unwrap()).await.expect(200).text();
    assert!(file.contains("Ligne 2") && file.lines().count() == 1, "{file}");
    there.program("reader").await.get(&status).await.expect(404);
    other.send("DELETE", &status, &[], "").await.expect(202);
    sent.get(&status).await.expect(404);
    // As far as a server came that was killed meanwhile: nobody else begins another until its hold is over.
    let cx = app::accounts::bearer(&here.app, &sent.token, confidentiality::Purpose::Api, app::Origin::default());
    let doing = app::import::keep(&cx.await.unwrap(), "http://dui.test/fhir/$import".into()).await.unwrap().unwrap();
    let status = format!("/fhir/$import-status/{}", doing.id());
    drop(doing);
    other.get(&status).await.expect(202);
    let line = who.to_string();
    assert_eq!(other.send("POST", "/fhir/$import", &headers, &line).await.expect(429).header("retry-after"), "60");
    there.clock.fetch_add(31 * SECOND, Ordering::SeqCst);
    let gone = other.get(&status).await.expect(410).json();
    assert!(gone["issue"][0].to_string().contains("send the same lines again"), "{gone}");
    let begun = other.send("POST", "/fhir/$import", &headers, &line).await.expect(202);
    let said = manifest(&other, begun.header("content-location")).await.json();
    assert_eq!(said["extension"]["skipped"], 1, "what is here is left as it is");
    there.clock.fetch_add(3_600 * SECOND, Ordering::SeqCst);
    bulk::due(&there.app).await.unwrap();
    there.clock.store(crate::support::NOW + 60 * SECOND, Ordering::SeqCst);
    there.program("full").await.get(&status).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_connected_to_one_server_hears_what_the_other_tells() {
    let Some([here, there]) = World::pair().await else { return };
    // One tells; the program is connected to the other, which only listens.
    tokio::spawn(server::notify(here.app.clone(), here.notices.clone(), std::future::pending()));
    tokio::spawn(server::keep_up(there.app.clone(), std::future::pending()));
    tokio::spawn(server::keep_up(here.app.clone(), std::future::pending()));
    let mut addresses = Vec::new();
    for world in [&here, &there] {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        addresses.push(listener.local_addr().unwrap());
        tokio::spawn(server::serve(listener, world.router.clone(), std::future::pending()));
    }
    let program = here.program("full").await;
    let id = subscribe(&program, "Patient").await;
    let mut near = connect(addresses[0], Some(&program.token)).await.unwrap();
    let mut far = connect(addresses[1], Some(&program.token)).await.unwrap();
    for socket in [&mut near, &mut far] {
        assert_eq!(ask(socket, &format!("bind {id}")).await.unwrap(), format!("bound {id}"));
    }
    for name in ["Durand", "Petit"] {
        create(&there.program("full").await, patient(name)).await;
        for socket in [&mut far, &mut near] {
            assert_eq!(hear(socket).await.unwrap(), format!("ping {id}"));
        }
    }
    for socket in [&mut far, &mut near] {
        assert_eq!(hear(socket).await, None, "once each");
    }
}
