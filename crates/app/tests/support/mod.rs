//! An organisation in an empty store, for the tests of use cases.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]
#![expect(clippy::print_stderr, reason = "a skipped test says so")]
#![allow(dead_code, clippy::allow_attributes, reason = "each test file uses its part")]

use app::accounts::{self, NewAccount};
use app::import::Report;
use app::{App, Cx, Origin};
use confidentiality::{Actor, ClientScope, Level, Place, PlaceProfile, Purpose};
use fhir::search::Query;
use fhir::{Resource, ResourceType};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::{AccountKind, FOREVER, Location, Post, Secret, Store, Version};
use tempfile::TempDir;

pub(crate) const NOW: i64 = 1_780_000_000_000_000;
pub(crate) const PASSWORD: &str = "un mot de passe";

/// An application on a folder of its own, with two places.
pub(crate) struct World {
    pub(crate) app: App,
    pub(crate) first: Place,
    pub(crate) second: Place,
    pub(crate) folder: TempDir,
}

impl World {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let location = Location::Directory(folder.path().join("data"));
        let store = Store::open(&location, Secret::random().unwrap(), NOW).await.unwrap();
        let tenant = store.ensure_tenant("990000017", NOW).await.unwrap();
        let first = store.ensure_place(tenant, "990000025", PlaceProfile::Ehpad, "Les Tilleuls").await.unwrap();
        let second = store.ensure_place(tenant, "990000041", PlaceProfile::Csapa, "Le Passage").await.unwrap();
        let app = App::open(store, tenant, Arc::new(|| NOW)).await.unwrap();
        Self { app, first, second, folder }
    }

    /// The operator of the machine, at the first place, with every level.
    pub(crate) fn operator(&self) -> Cx {
        Cx::operator(&self.app, Some(self.first), Level::VerySensitive, Purpose::Api, Origin::default())
    }

    /// Someone who works at the first place and accompanies its people.
    pub(crate) async fn person(&self, actor: i64, persona: &str) -> Cx {
        self.person_at(actor, persona, self.first).await
    }

    /// Someone who works at this place and accompanies its people.
    pub(crate) async fn person_at(&self, actor: i64, persona: &str, place: Place) -> Cx {
        let login = format!("{persona}{actor}");
        self.account(actor, AccountKind::Person, &login, None).await;
        let post = Post {
            actor: Actor::new(actor),
            place,
            unit: -place.value(),
            persona: persona.to_owned(),
            starts: 0,
            ends: FOREVER,
        };
        self.app.store().add_post(self.app.tenant(), post).await.unwrap();
        let token = accounts::sign_in(&self.app, &login, PASSWORD).await.unwrap();
        accounts::signed_in(&self.app, &token).await.unwrap().cx(&self.app, Origin::default()).await.unwrap()
    }

    /// A program of one place, up to a level.
    pub(crate) async fn program(&self, actor: i64, place: Option<Place>, cap: Level) -> Cx {
        let id = format!("client{actor}");
        self.account(actor, AccountKind::Client, &id, Some((place, cap))).await;
        let token = accounts::client_token(&self.app, &id, PASSWORD, false).await.unwrap();
        accounts::bearer(&self.app, &token.token, Purpose::Api, Origin::default()).await.unwrap()
    }

    async fn account(&self, actor: i64, kind: AccountKind, login: &str, scope: Option<(Option<Place>, Level)>) {
        let (place, cap) = scope.unwrap_or((None, Level::Open));
        let new = NewAccount {
            actor: Actor::new(actor),
            kind,
            login: login.to_owned(),
            display: login.to_owned(),
            secret: PASSWORD.to_owned(),
            scope: ClientScope { place, cap, write: false, chosen_ids: false },
            practitioner: None,
        };
        accounts::put(&self.app, new).await.unwrap();
    }

    /// Imports as the operator.
    pub(crate) async fn import(&self, paths: &[PathBuf]) -> Report {
        app::import::run(&self.operator(), &inputs(paths), false, &|_| {}).await.unwrap()
    }

    /// Writes a file and imports it.
    pub(crate) async fn import_text(&self, name: &str, text: &str) -> Report {
        let path = self.write(name, text);
        self.import(&[path]).await
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }
}

/// Everything of a type that `cx` may see.
pub(crate) async fn all(cx: &Cx, kind: ResourceType) -> Vec<Version> {
    let mut query = Query { count: Some(1_000), ..Query::all(kind) };
    let mut found = Vec::new();
    loop {
        let page = app::records::search(cx, &query).await.unwrap();
        found.extend(page.matches);
        query.page = page.next;
        if query.page.is_none() {
            return found;
        }
    }
}

/// Counts in the order of the report: created, updated, skipped, conflicts, refused.
pub(crate) fn counts(report: &Report) -> [u64; 5] {
    [report.created, report.updated, report.skipped, report.conflicts, report.refused]
}

/// The folder of sample data; `None`, loudly, where there is none and none is required.
pub(crate) fn samples() -> Option<PathBuf> {
    let folder = std::env::var_os("SOCLE_SAMPLES").map(PathBuf::from).filter(|folder| folder.is_dir());
    if folder.is_none() {
        let required = std::env::var("SOCLE_REQUIRE").unwrap_or_default();
        assert!(!required.split(',').any(|part| part == "samples"), "SOCLE_SAMPLES is required and is no folder");
        eprintln!("SKIPPED: SOCLE_SAMPLES is not set, nothing was tested against the sample files");
    }
    folder
}

/// The regular files of a `.tar.zst`, in order.
pub(crate) fn unpack(archive: &Path) -> Vec<(String, Vec<u8>)> {
    let bytes = zstd::decode_all(std::fs::File::open(archive).unwrap()).unwrap();
    let (mut files, mut rest) = (Vec::new(), bytes.as_slice());
    let text = |field: &[u8]| String::from_utf8_lossy(field).trim_end_matches('\0').trim().to_owned();
    while rest.len() >= 512 && rest[0] != 0 {
        let (header, after) = rest.split_at(512);
        let size = usize::from_str_radix(&text(&header[124..136]), 8).unwrap();
        if matches!(header[156], 0 | b'0') {
            files.push((text(&header[..100]), after[..size].to_vec()));
        }
        rest = &after[size.div_ceil(512) * 512..];
    }
    files
}

/// Reads a resource.
pub(crate) fn resource(value: Value) -> Resource {
    Resource::from_value(value).unwrap()
}

/// Files to import.
pub(crate) fn inputs(paths: &[PathBuf]) -> Vec<app::import::Input> {
    paths.iter().cloned().map(Into::into).collect()
}
