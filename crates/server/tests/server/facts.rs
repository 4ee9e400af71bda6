//! What Socle knows of itself: for each rule, the fact is changed by who uses Socle, and the verdict follows, both ways.

mod accounts;
mod alive;
mod rescue;
mod sample;
mod settings;
mod trail;

use crate::standing::hire;
use crate::support::{World, csrf};
use app::{Cx, Origin, measures};
use confidentiality::{Level, Purpose};
use domain::governance::measures::{Evidence, State};

/// A house with its director and its technician, and the cookie of the director.
pub(crate) async fn house() -> (World, String) {
    let world = World::new().await;
    hire(&world).await;
    let director = world.sign_in("diane").await;
    (world, director)
}

pub(crate) fn operator(world: &World) -> Cx {
    Cx::operator(&world.app, None, Level::VerySensitive, Purpose::Api, Origin::default())
}

/// What a rule says now; none when it has nothing to look at.
pub(crate) async fn evidence(world: &World, measure: &str, rule: &str) -> Option<Evidence> {
    let board = measures::board(&operator(world)).await.unwrap();
    let status = board.statuses.into_iter().find(|status| status.measure == measure).unwrap();
    status.evidence.into_iter().find(|one| one.rule == rule)
}

/// Whether a rule holds now; none when it has nothing to look at.
pub(crate) async fn holds(world: &World, measure: &str, rule: &str) -> Option<bool> {
    evidence(world, measure, rule).await.map(|one| one.holds)
}

/// Where a measure stands now.
pub(crate) async fn state(world: &World, measure: &str) -> State {
    let board = measures::board(&operator(world)).await.unwrap();
    board.statuses.into_iter().find(|status| status.measure == measure).unwrap().state
}

/// Posts a form of a page as a browser does; the status.
pub(crate) async fn post(world: &World, cookie: &str, path: &str, fields: &str) -> u16 {
    let token = csrf(&world.page("/moi", cookie).await.expect(200));
    world.form(path, cookie, &format!("csrf={token}&{fields}")).await.status
}
