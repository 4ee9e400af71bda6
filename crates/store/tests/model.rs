//! The store against a naive one, in which a list is gone through and the kernel is asked about each item.
//!
//! Random operations by programs and by persons with posts, relations and maskings: both must say the same, down to
//! totals, pages, hidden counts and the reasons of a refusal. `SOCLE_MODEL_SEED` plays one seed again,
//! `SOCLE_MODEL_RUNS` plays more of them.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

#[path = "model/asked.rs"]
mod asked;
#[path = "model/content.rs"]
mod content;
#[path = "model/history.rs"]
mod history;
#[path = "model/labels.rs"]
mod labels;
#[path = "model/naive.rs"]
mod naive;
#[path = "model/pages.rs"]
mod pages;
#[path = "model/play.rs"]
mod play;
#[path = "model/random.rs"]
mod random;
#[path = "model/search.rs"]
mod search;
#[path = "model/spec.rs"]
mod spec;
mod support;
#[path = "model/world.rs"]
mod world;

use store::Location;

/// Operations of one run.
const STEPS: usize = 120;
const SQLITE_RUNS: u64 = 80;
const POSTGRES_RUNS: u64 = 4;

fn seeds(runs: u64) -> Vec<u64> {
    match std::env::var("SOCLE_MODEL_SEED") {
        Ok(seed) => vec![seed.parse().unwrap()],
        Err(_) => {
            let runs = std::env::var("SOCLE_MODEL_RUNS").map_or(runs, |runs| runs.parse().unwrap());
            (0..runs).collect()
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_agrees_with_a_naive_store() {
    for seed in seeds(SQLITE_RUNS) {
        let dir = tempfile::tempdir().unwrap();
        play::run(seed, STEPS, Location::Directory(dir.path().to_owned())).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn postgresql_agrees_with_a_naive_store() {
    for seed in seeds(POSTGRES_RUNS) {
        let Some(url) = support::postgres::fresh_database() else { return };
        play::run(seed, STEPS, Location::Postgres(url)).await;
    }
}
