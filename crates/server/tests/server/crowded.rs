//! Many more requests at once than the database has connections: each is answered, or told to come back, in bounded time.

use crate::support::{Answer, World, create, patient, send, weight};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Connections of the pool.
const POOL: usize = 16;

/// Method, path, headers, body.
type Asked = (String, String, Vec<(String, String)>, String);

/// Asks all at once; the answers, in their order.
async fn together(world: &Arc<World>, asked: Vec<Asked>) -> Vec<Answer> {
    let asking: Vec<_> = asked
        .into_iter()
        .map(|(method, path, headers, body)| {
            let router = world.router.clone();
            tokio::spawn(async move {
                let headers: Vec<(&str, &str)> =
                    headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
                send(&router, &method, &path, &headers, &body).await
            })
        })
        .collect();
    let mut answers = Vec::new();
    for one in asking {
        // Nobody waits for ever.
        answers.push(tokio::time::timeout(Duration::from_secs(60), one).await.unwrap().unwrap());
    }
    answers
}

fn bearer(token: &str) -> Vec<(String, String)> {
    vec![("authorization".into(), format!("Bearer {token}")), ("content-type".into(), "application/fhir+json".into())]
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_times_more_requests_than_connections_are_all_served() {
    let Some((world, _)) = World::on_postgres().await else { return };
    let world = Arc::new(world);
    let (token, who, cookie) = {
        let program = world.program("full").await;
        (program.token.clone(), create(&program, patient("Le Goff")).await, world.sign_in("claire").await)
    };
    let cookies = vec![("cookie".to_owned(), cookie)];
    let mut asked = Vec::new();
    for number in 0..POOL * 2 {
        let mut body = patient("Autre");
        body["id"] = format!("crowd-{number}").into();
        asked.push(("PUT".into(), format!("/fhir/Patient/crowd-{number}"), bearer(&token), body.to_string()));
        asked.push(("POST".into(), "/fhir/Observation".into(), bearer(&token), weight(&who, 61).to_string()));
        asked.push(("GET".into(), format!("/fhir/{who}/$everything"), bearer(&token), String::new()));
        asked.push((
            "GET".into(),
            "/fhir/Patient?name=autre&_revinclude=Observation:patient".into(),
            bearer(&token),
            String::new(),
        ));
        asked.push(("GET".into(), "/personnes".into(), cookies.clone(), String::new()));
    }
    for answer in together(&world, asked).await {
        assert!([200, 201].contains(&answer.status), "{} {}", answer.status, answer.text());
    }
}

/// Nobody who set no condition is told that somebody was quicker.
#[tokio::test(flavor = "multi_thread")]
async fn many_who_change_the_same_without_a_condition_are_all_served() {
    let world = Arc::new(World::new().await);
    let (token, who) = {
        let program = world.program("full").await;
        (program.token.clone(), create(&program, patient("Le Goff")).await)
    };
    let mut patching = bearer(&token);
    patching.retain(|(name, _)| name != "content-type");
    patching.push(("content-type".into(), "application/json-patch+json".into()));
    let operations = r#"[{"op":"add","path":"/active","value":true}]"#;
    let by_criteria = "/fhir/Patient?identifier=urn:test%7CAutre";
    let mut asked = Vec::new();
    for _ in 0..32 {
        asked.push(("PATCH".into(), format!("/fhir/{who}"), patching.clone(), operations.into()));
        asked.push(("PUT".into(), by_criteria.into(), bearer(&token), patient("Autre").to_string()));
    }
    for answer in together(&world, asked).await {
        assert!([200, 201].contains(&answer.status), "{} {}", answer.status, answer.text());
    }
    let program = world.program("full").await;
    assert_eq!(program.get(by_criteria).await.expect(200).json()["total"], 1);
    assert_eq!(program.get(&format!("/fhir/{who}")).await.expect(200).header("etag"), "W/\"33\"");
}

/// The condition of one entry is not another's: what changes without one is done again.
#[tokio::test(flavor = "multi_thread")]
async fn a_condition_beside_it_does_not_cost_a_patch_its_turn() {
    let world = Arc::new(World::new().await);
    let program = world.program("full").await;
    let who = create(&program, patient("Le Goff")).await;
    let patch = r#"[{"op":"add","path":"/active","value":true}]"#;
    let data = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, patch);
    let mut asked = Vec::new();
    for number in 0..3 {
        let own = create(&program, patient(&format!("Libre {number}"))).await;
        let mut body = patient(&format!("Libre {number}"));
        body["id"] = own.trim_start_matches("Patient/").into();
        let patch =
            serde_json::json!({"resourceType": "Binary", "contentType": "application/json-patch+json", "data": data});
        let bundle = serde_json::json!({"resourceType": "Bundle", "type": "transaction", "entry": [
            {"resource": patch, "request": {"method": "PATCH", "url": who}},
            {"resource": body, "request": {"method": "PUT", "url": own, "ifMatch": "W/\"1\""}}]});
        asked.push(("POST".into(), "/fhir".into(), bearer(&program.token), bundle.to_string()));
    }
    for answer in together(&world, asked).await {
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_take_what_is_still_free_one_does() {
    let world = Arc::new(World::new().await);
    let token = {
        let program = world.program("full").await;
        let mut free = patient("Libre");
        free["active"] = false.into();
        create(&program, free).await;
        program.token.clone()
    };
    let mut taking = bearer(&token);
    taking.retain(|(name, _)| name != "content-type");
    taking.push(("content-type".into(), "application/json-patch+json".into()));
    let operations = r#"[{"op":"replace","path":"/active","value":true}]"#;
    let free = "/fhir/Patient?identifier=urn:test%7CLibre&active=false";
    let asked = (0..16).map(|_| ("PATCH".into(), free.into(), taking.clone(), operations.into())).collect();
    let answers = together(&world, asked).await;
    let of = |status: u16| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!((of(200), of(404)), (1, 15), "{:?}", answers.iter().map(|answer| answer.status).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_gets_no_connection_in_time_is_told_to_come_back_then_served() {
    let Some((world, url)) = World::on_postgres().await else { return };
    let world = Arc::new(world);
    let (token, who, cookie) = {
        let program = world.program("full").await;
        (program.token.clone(), create(&program, patient("Le Goff")).await, world.sign_in("claire").await)
    };
    let (mut holder, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let held = holder.transaction().await.unwrap();
    held.batch_execute("LOCK TABLE main.resource IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let reads = |count: usize| {
        (0..count)
            .map(|_| ("GET".to_owned(), format!("/fhir/{who}"), bearer(&token), String::new()))
            .collect::<Vec<_>>()
    };
    let searches =
        (0..POOL).map(|_| ("GET".to_owned(), "/fhir/Patient?name=goff".to_owned(), bearer(&token), String::new()));
    let begun = Instant::now();
    let (busy, first) = (world.clone(), searches.collect::<Vec<_>>());
    let waiting = tokio::spawn(async move { together(&busy, first).await });
    while app::upkeep::parts(&world.app).iter().all(|part| part.pool.used < part.pool.limit) {
        assert!(begun.elapsed() < Duration::from_secs(8), "the pool is never full");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let mut late = reads(3 * POOL);
    late.push(("GET".into(), "/personnes".into(), vec![("cookie".into(), cookie)], String::new()));
    let answers = together(&world, late).await;
    for answer in &answers {
        assert_eq!((answer.status, answer.header("retry-after")), (503, "5"), "{}", answer.text());
    }
    // Ten seconds for a connection, or behind others on one that is shared, and what a busy machine adds; the lock is still held.
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
    held.rollback().await.unwrap();
    for answer in waiting.await.unwrap() {
        // Those that had a connection go on, or have waited too long for the lock.
        assert!([200, 503].contains(&answer.status), "{} {}", answer.status, answer.text());
    }
    for answer in together(&world, reads(3 * POOL)).await {
        assert_eq!(answer.status, 200, "the pool is whole again: {}", answer.text());
    }
}
