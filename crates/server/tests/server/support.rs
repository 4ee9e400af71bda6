//! A small organisation, and a client that speaks HTTP to its router.

use app::{App, Cx, Origin, accounts};
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request};
use confidentiality::{Actor, ClientScope, Level, Place, PlaceProfile, Purpose};
use fhir::Resource;
use serde_json::{Value, json};
use server::{Allowed, Config, Demo, DemoAccount, Meters, Notices};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use store::{Account, AccountKind, FOREVER, Location, Post, Secret, Store};
use tower::ServiceExt as _;

#[path = "../../../store/tests/support/postgres.rs"]
mod postgres;

/// 2026-05-28T20:26:40Z.
pub(crate) const NOW: i64 = 1_780_000_000_000_000;
pub(crate) const PASSWORD: &str = "une phrase de passe";
pub(crate) const BASE: &str = "http://dui.test";
const VERSION: &str = "0.0.0-test";

pub(crate) struct World {
    pub(crate) router: Router,
    pub(crate) app: App,
    pub(crate) notices: Notices,
    pub(crate) meters: Meters,
    pub(crate) clock: Arc<AtomicI64>,
    /// Where its store is.
    pub(crate) dir: tempfile::TempDir,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap().replace('\u{a0}', " ").replace("&nbsp;", " ")
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Fails with the whole answer when the status is another.
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.body));
        self
    }
}

/// One request.
pub(crate) async fn send(router: &Router, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    send_bytes(router, method, path, headers, body.as_bytes().to_vec()).await
}

async fn send_bytes(router: &Router, method: &str, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
    let path = path.strip_prefix(BASE).unwrap_or(path);
    let mut request = Request::builder().method(method.parse::<Method>().unwrap()).uri(path).header("host", "dui.test");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = router.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap().to_vec();
    Answer { status: parts.status.as_u16(), headers: parts.headers, body }
}

/// A program with its token.
pub(crate) struct Program<'a> {
    router: &'a Router,
    pub(crate) token: String,
}

impl Program<'_> {
    pub(crate) async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        self.send_bytes(method, path, headers, body.as_bytes().to_vec()).await
    }

    pub(crate) async fn send_bytes(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
        let bearer = format!("Bearer {}", self.token);
        let mut all = vec![("authorization", bearer.as_str())];
        if !headers.iter().any(|(name, _)| *name == "content-type") {
            all.push(("content-type", "application/fhir+json"));
        }
        all.extend_from_slice(headers);
        send_bytes(self.router, method, path, &all, body).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], "").await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, &[], &body.to_string()).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Answer {
        self.send("PUT", path, &[], &body.to_string()).await
    }
}

impl World {
    /// Two places; programs: whole, limited to a place and level 2, of the other place, reading only; two people.
    pub(crate) async fn new() -> Self {
        Self::with(None).await
    }

    pub(crate) async fn with(demo: Option<Demo>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self::on(location(dir.path()), Secret::random().unwrap(), dir, demo).await
    }

    /// On a PostgreSQL of its own, and how that is reached; none where it is not installed.
    pub(crate) async fn on_postgres() -> Option<(Self, String)> {
        let (url, root) = (postgres::fresh_database()?, Secret::random().unwrap());
        Some((Self::on(Location::Postgres(url.clone()), root, tempfile::tempdir().unwrap(), None).await, url))
    }

    /// Two servers on one PostgreSQL; none where it is not installed.
    pub(crate) async fn pair() -> Option<[Self; 2]> {
        let (url, root) = (postgres::fresh_database()?, Secret::random().unwrap());
        let one =
            async || Self::on(Location::Postgres(url.clone()), root.clone(), tempfile::tempdir().unwrap(), None).await;
        Some([one().await, one().await])
    }

    async fn on(location: Location, root: Secret, dir: tempfile::TempDir, demo: Option<Demo>) -> Self {
        let store = Store::open(&location, root, NOW).await.unwrap();
        let tenant = store.ensure_tenant("990000017", NOW).await.unwrap();
        let place = store.ensure_place(tenant, "990000025", PlaceProfile::Ehpad, "Les Tilleuls").await.unwrap();
        let other = store.ensure_place(tenant, "990000033", PlaceProfile::Ime, "La Clairière").await.unwrap();
        for (actor, persona) in [(41, "medco"), (42, "as"), (43, "idec")] {
            let actor = Actor::new(actor);
            // Everybody of the place is in the unit of its number, negated.
            let unit = -place.value();
            let post = Post { actor, place, unit, persona: persona.into(), starts: 0, ends: FOREVER };
            store.add_post(tenant, post).await.unwrap();
        }
        let clock = Arc::new(AtomicI64::new(NOW));
        let time = clock.clone();
        let app = App::open(store, tenant, Arc::new(move || time.load(Ordering::Relaxed))).await.unwrap();
        accounts(&app, place, other).await;
        let (notices, meters) = (Notices::new(Allowed::loopback()).unwrap(), Meters::default());
        let config = Config {
            app: app.clone(),
            version: VERSION,
            base: BASE.into(),
            secure_cookies: false,
            notices: notices.clone(),
            meters: meters.clone(),
            demo,
        };
        Self { router: server::router(config), app, notices, meters, clock, dir }
    }

    pub(crate) async fn program(&self, id: &str) -> Program<'_> {
        let form = format!("grant_type=client_credentials&client_id={id}&client_secret=secret-{id}");
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        let answer = send(&self.router, "POST", "/oauth/token", &headers, &form).await.expect(200);
        Program { router: &self.router, token: answer.json()["access_token"].as_str().unwrap().to_owned() }
    }

    /// Posts a form as a browser on one of our pages does.
    pub(crate) async fn form(&self, path: &str, cookie: &str, form: &str) -> Answer {
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("origin", BASE),
            ("sec-fetch-site", "same-origin"),
            ("cookie", cookie),
        ];
        send(&self.router, "POST", path, &headers, form).await
    }

    /// Posts as our script does.
    pub(crate) async fn script(&self, path: &str, cookie: &str, form: &str) -> Answer {
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("sec-fetch-site", "same-origin"),
            ("x-socle-script", "1"),
            ("cookie", cookie),
        ];
        send(&self.router, "POST", path, &headers, form).await
    }

    pub(crate) async fn page(&self, path: &str, cookie: &str) -> Answer {
        send(&self.router, "GET", path, &[("cookie", cookie)], "").await
    }

    /// Signs in; the cookie.
    pub(crate) async fn sign_in(&self, login: &str) -> String {
        let form = format!("login={login}&password={}", PASSWORD.replace(' ', "+"));
        let answer = self.form("/connexion", "", &form).await.expect(303);
        answer.header("set-cookie").split(';').next().unwrap().to_owned()
    }
}

/// In that folder, or in a PostgreSQL database of its own when `SOCLE_SERVER_ENGINE` says so.
fn location(folder: &Path) -> Location {
    if std::env::var("SOCLE_SERVER_ENGINE").is_ok_and(|engine| engine == "postgres") {
        return Location::Postgres(postgres::fresh_database().unwrap());
    }
    Location::Directory(folder.to_owned())
}

async fn accounts(app: &App, place: Place, other: Place) {
    let operator = Cx::operator(app, None, Level::VerySensitive, Purpose::Api, Origin::default());
    let scope = |place, cap, write, chosen_ids| ClientScope { place, cap, write, chosen_ids };
    let all = [
        (7, AccountKind::Client, "full", scope(None, Level::VerySensitive, true, true)),
        (8, AccountKind::Client, "limited", scope(Some(place), Level::Standard, true, false)),
        (10, AccountKind::Client, "elsewhere", scope(Some(other), Level::Sensitive, true, false)),
        (9, AccountKind::Client, "reader", scope(None, Level::VerySensitive, false, false)),
        (41, AccountKind::Person, "claire", scope(None, Level::Open, false, false)),
        (42, AccountKind::Person, "amina", scope(None, Level::Open, false, false)),
        (43, AccountKind::Person, "hugo", scope(None, Level::Open, false, false)),
    ];
    for (actor, kind, login, scope) in all {
        let secret = if kind == AccountKind::Client { format!("secret-{login}") } else { PASSWORD.to_owned() };
        let (actor, display) = (Actor::new(actor), format!("{login} (essai)"));
        let practitioner = (kind == AccountKind::Person).then(|| format!("essai-{login}"));
        if let Some(id) = &practitioner {
            let known = json!({"resourceType": "Practitioner", "id": id, "name": [{"text": login}]});
            app::records::update(&operator, Resource::from_value(known).unwrap(), None).await.unwrap();
        }
        let login = login.into();
        accounts::put(app, accounts::NewAccount { actor, kind, login, display, secret, scope, practitioner })
            .await
            .unwrap();
    }
}

pub(crate) fn demo() -> Demo {
    Demo {
        accounts: vec![DemoAccount {
            login: "amina".into(),
            display: "Amina Rahal, aide-soignante".into(),
            role: "as".into(),
            place_name: "Les Tilleuls".into(),
            sees: "Les soins de tous les jours.".into(),
        }],
        password: PASSWORD.into(),
        until: Arc::new(NOW.into()),
    }
}

pub(crate) fn patient(family: &str) -> Value {
    json!({"resourceType": "Patient", "gender": "female", "birthDate": "1938-03-07",
        "identifier": [{"system": "urn:oid:1.2.250.1.213.1.4.10", "value": "238039912345678"},
            {"system": "urn:test", "value": family}],
        "name": [{"use": "official", "family": family, "given": ["Odette"]}]})
}

pub(crate) fn weight(patient: &str, value: i64) -> Value {
    json!({"resourceType": "Observation", "status": "final", "subject": {"reference": patient},
        "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}], "text": "Poids"},
        "effectiveDateTime": "2026-05-20T08:30:00+02:00", "valueQuantity": {"value": value, "unit": "kg"}})
}

/// Level 4, and its very existence is a secret for most.
pub(crate) fn secret_condition(patient: &str) -> Value {
    json!({"resourceType": "Condition", "subject": {"reference": patient}, "recordedDate": "2026-05-02",
        "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "B24"}],
            "text": "Immunodéficience humaine virale"}})
}

/// The hidden token of the page's first form.
pub(crate) fn csrf(page: &Answer) -> String {
    let text = page.text();
    text.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

/// Creates; the relative reference of what was made.
pub(crate) async fn create(program: &Program<'_>, resource: Value) -> String {
    let kind = resource["resourceType"].as_str().unwrap().to_owned();
    let made = program.post(&format!("/fhir/{kind}"), &resource).await.expect(201).json();
    format!("{kind}/{}", made["id"].as_str().unwrap())
}

/// Somebody is admitted at the first place by the program of the whole entity; the id of their Patient.
pub(crate) async fn made(world: &World, family: &str) -> String {
    let reference = create(&world.program("full").await, patient(family)).await;
    reference.trim_start_matches("Patient/").to_owned()
}

/// Everybody has chosen their password.
pub(crate) async fn chosen(world: &World) {
    let (store, tenant) = (world.app.store(), world.app.tenant());
    for account in store.people_accounts(tenant).await.unwrap() {
        store.put_account(tenant, Account { chosen: Some(12), ..account }).await.unwrap();
    }
}
