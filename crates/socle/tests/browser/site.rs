//! The small demo behind the real router, served once for the whole process on a runtime of its own.

use crate::driver::Driver;
use app::demo::{self, Wish};
use server::{Config, DemoAccount};
use std::path::PathBuf;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, OnceLock};
use std::{future, thread};
use store::{Location, Secret, Store};
use tokio::net::TcpListener;

static BASE: OnceLock<String> = OnceLock::new();

/// When everything happens: an early afternoon in Paris, the day of the demo's last data.
const NOW: &str = "2026-05-28T14:00:00+02:00[+02:00]";
const SEED: u64 = 1;

/// Address of the site, laid and served at the first call in a folder that goes with the driver's.
pub(crate) fn base(driver: &Driver) -> &'static str {
    BASE.get_or_init(|| {
        let folder = driver.folder().join("store");
        let (tell, told) = channel();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
            runtime.expect("a runtime").block_on(serve(folder, tell));
        });
        told.recv().expect("the demo is laid and served")
    })
}

/// Id of a person of the small demo: the place's index in [`domain::demo::PLACES`], and the rank there.
pub(crate) fn person(place: usize, rank: usize) -> String {
    let dossier = edition().dossier(place, rank);
    let (_, patient) = dossier.resources.first().expect("a dossier begins with its patient");
    patient.get("id").and_then(serde_json::Value::as_str).expect("chosen ids").to_owned()
}

/// How pages write that person's name.
pub(crate) fn name(place: usize, rank: usize) -> String {
    let dossier = edition().dossier(place, rank);
    let (_, patient) = dossier.resources.first().expect("a dossier begins with its patient");
    let name = &patient["name"][0];
    let given = name["given"][0].as_str().unwrap_or_default();
    format!("{} {given}", name["family"].as_str().unwrap_or_default().to_uppercase())
}

/// Id of the first person that an account accompanies: of its unit, when it has one.
pub(crate) fn first_person(login: &str) -> String {
    let (place, rank) = first(login);
    person(place, rank)
}

/// Place and rank of that person.
pub(crate) fn first(login: &str) -> (usize, usize) {
    let account = domain::demo::accounts().iter().find(|account| account.login == login);
    let account = account.unwrap_or_else(|| panic!("no account `{login}` in the demo"));
    let units = domain::demo::PLACES[account.place].units;
    let unit = account.units.first().copied().unwrap_or_default();
    (account.place, units.iter().take(unit).map(|unit| unit.people).sum())
}

fn edition() -> domain::demo::Edition {
    domain::demo::Edition::of(SEED, now().date())
}

fn now() -> jiff::Zoned {
    NOW.parse().expect("a date")
}

async fn serve(folder: PathBuf, tell: Sender<String>) {
    let instant = now().timestamp().as_microsecond();
    let root = Secret::random().expect("a key");
    let store = Store::open(&Location::Directory(folder), root, instant).await.expect("a store");
    let wish = Wish { seed: SEED, at: Some(now().date()), small: true };
    let demo = demo::open(store, Arc::new(move || instant), wish).await.expect("a demo");
    let accounts = demo.accounts.iter().map(|account| DemoAccount {
        login: account.login.to_owned(),
        display: account.display.to_owned(),
        role: account.persona.to_owned(),
        place_name: domain::demo::PLACES.get(account.place).map_or("", |place| place.name).to_owned(),
        sees: account.sees.to_owned(),
    });
    let shown = server::Demo {
        accounts: accounts.collect(),
        password: demo::PASSWORD.to_owned(),
        until: Arc::new(demo.until.into()),
    };
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    let config = Config {
        app: demo.app,
        version: "0.0.0-test",
        base: base.clone(),
        secure_cookies: false,
        meters: server::Meters::default(),
        notices: server::Notices::new(server::Allowed::loopback()).expect("certificates"),
        demo: Some(shown),
    };
    tell.send(base).expect("somebody waits for the address");
    server::serve(listener, server::router(config), future::pending()).await.expect("a server");
}
