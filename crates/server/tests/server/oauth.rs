//! Tokens for programs.

use crate::support::{World, send};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

#[tokio::test(flavor = "multi_thread")]
async fn gives_a_token_by_basic_and_by_form() {
    let world = World::new().await;
    let basic = format!("Basic {}", STANDARD.encode("full:secret%2Dfull"));
    let headers = [FORM, ("authorization", basic.as_str())];
    let answer = send(&world.router, "POST", "/oauth/token", &headers, "grant_type=client_credentials").await;
    let answer = answer.expect(200);
    assert_eq!(answer.header("cache-control"), "no-store");
    let token = answer.json();
    assert_eq!((token["token_type"].as_str(), token["scope"].as_str()), (Some("Bearer"), Some("system/*.cruds")));
    assert!(token["expires_in"].as_i64().unwrap() > 0);
    let full = world.program("full").await;
    full.get("/fhir/Patient").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn refuses_in_the_words_of_the_standard() {
    let world = World::new().await;
    let post = async |form: &str| send(&world.router, "POST", "/oauth/token", &[FORM], form).await;
    let wrong = post("grant_type=client_credentials&client_id=full&client_secret=non").await.expect(401);
    assert_eq!(wrong.json()["error"], "invalid_client");
    assert!(wrong.header("www-authenticate").starts_with("Basic"));
    let unknown = post("grant_type=client_credentials&client_id=nobody&client_secret=non").await.expect(401);
    assert_eq!(unknown.body, wrong.body);
    let person = post("grant_type=client_credentials&client_id=claire&client_secret=une+phrase+de+passe").await;
    assert_eq!(person.expect(401).body, wrong.body);
    assert_eq!(post("grant_type=password").await.expect(400).json()["error"], "unsupported_grant_type");
    assert_eq!(post("client_id=full").await.expect(400).json()["error"], "invalid_request");
    let twice = "grant_type=client_credentials&grant_type=client_credentials";
    assert_eq!(post(twice).await.expect(400).json()["error"], "invalid_request");
}

#[tokio::test(flavor = "multi_thread")]
async fn gives_no_more_than_was_asked_for() {
    let world = World::new().await;
    let ask = async |scope: &str| {
        let form = format!("grant_type=client_credentials&client_id=full&client_secret=secret-full&scope={scope}");
        send(&world.router, "POST", "/oauth/token", &[FORM], &form).await
    };
    let patient = crate::support::patient("Le Goff").to_string();
    for (scope, given, status) in [
        ("system/*.rs", "system/*.rs", 403),
        ("system/*.read", "system/*.rs", 403),
        ("openid+system/Patient.r+system/Observation.rs%3Fcategory%3Dx", "system/*.rs", 403),
        ("system/*.rs+system/Observation.cu", "system/*.cruds", 201),
        ("system/*.*", "system/*.cruds", 201),
        ("", "system/*.cruds", 201),
    ] {
        let answer = ask(scope).await.expect(200).json();
        assert_eq!(answer["scope"], given, "{scope}");
        let bearer = format!("Bearer {}", answer["access_token"].as_str().unwrap());
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/fhir+json")];
        send(&world.router, "POST", "/fhir/Patient", &headers, &patient).await.expect(status);
        send(&world.router, "GET", "/fhir/Patient", &headers, "").await.expect(200);
    }
    for scope in ["patient/*.rs", "openid", "system/*.xyz", "system/*."] {
        assert_eq!(ask(scope).await.expect(400).json()["error"], "invalid_scope", "{scope}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn makes_a_guesser_wait() {
    let world = World::new().await;
    let form = "grant_type=client_credentials&client_id=limited&client_secret=non";
    for _ in 0..20 {
        send(&world.router, "POST", "/oauth/token", &[FORM], form).await.expect(401);
    }
    let answer = send(&world.router, "POST", "/oauth/token", &[FORM], form).await.expect(429);
    assert!(answer.header("retry-after").parse::<i64>().unwrap() > 0);
}
