//! The figures, kept once a day: to be compared and drawn, never to conclude anything.

use super::{Board, Change, board};
use crate::app::App;
use crate::assets;
use crate::cx::{Cx, Origin};
use crate::error::{Error, Result};
use confidentiality::{Level, Purpose};
use domain::governance::measures::{Figures, Point, since};
use jiff::civil::Date;
use std::sync::{Mutex, PoisonError};

const KIND: &str = "figures";
/// Days that are shown: five years.
const MOST: i64 = 1830;

/// The last day whose figures this process has kept.
#[derive(Debug, Default)]
pub(crate) struct Kept(Mutex<Option<Date>>);

/// Keeps today's figures, unless this was done today; whether they were kept now.
///
/// # Errors
/// The store's.
pub async fn keep_figures(app: &App) -> Result<bool> {
    let origin = Origin { request: uuid::Uuid::new_v4().to_string(), ..Origin::default() };
    let cx = Cx::operator(app, None, Level::VerySensitive, Purpose::Api, origin);
    let today = assets::today(&cx);
    if *app.kept().0.lock().unwrap_or_else(PoisonError::into_inner) == Some(today) {
        return Ok(false);
    }
    let kept = renew(&cx).await?;
    *app.kept().0.lock().unwrap_or_else(PoisonError::into_inner) = Some(today);
    Ok(kept)
}

/// Keeps the figures as they are now, in place of those kept earlier today; whether they differ.
pub(crate) async fn renew(cx: &Cx) -> Result<bool> {
    let board = board(cx).await?;
    let point = Point::of(board.today, &board.figures, &board.statuses);
    let body = serde_json::to_vec(&point).map_err(|e| Error::Bug(e.to_string()))?;
    let (call, store, name) = (cx.call("figures-keep"), cx.app().store(), format!("{KIND}/{}", point.day));
    let known = store.disclose(&call, store.paper(&call, &name).await?).await?;
    if known.as_ref().is_some_and(|known| known.body == body) {
        return Ok(false);
    }
    match store.keep_paper(&call, &name, known.map_or(0, |known| known.version), &body).await {
        // Another server was quicker: its figures are those of today.
        Err(store::Error::Conflict(_)) => Ok(false),
        kept => Ok(kept.map(|()| true)?),
    }
}

/// Keeps the figures after somebody has changed what they are made of. What was changed is kept whatever becomes of this; it is
/// tried again tomorrow.
pub(super) async fn follow(cx: &Cx) {
    if let Err(error) = renew(cx).await {
        tracing::error!(%error, "today's figures could not be kept");
    }
}

/// Days that were kept, the oldest first, and today as the board says it: what was kept this morning is not what stands now.
///
/// # Errors
/// Absence for whoever may not see the estate; the store's.
pub async fn history(cx: &Cx, board: &Board) -> Result<Vec<Point>> {
    let mut points = kept(cx).await?;
    points.retain(|point| point.day < board.today);
    points.push(Point::of(board.today, &board.figures, &board.statuses));
    Ok(points)
}

async fn kept(cx: &Cx) -> Result<Vec<Point>> {
    let (call, store) = (cx.call("figures"), cx.app().store());
    let papers = store.disclose(&call, store.papers(&call, KIND, MOST).await?).await?;
    let read = |body: &[u8]| {
        serde_json::from_slice::<Point>(body)
            .map_err(|_| Error::Store(store::Error::Integrity("figures of a day do not decode".into())))
    };
    let mut points = papers.iter().map(|(_, paper)| read(&paper.body)).collect::<Result<Vec<_>>>()?;
    points.sort_by_key(|point| point.day);
    Ok(points)
}

/// Today beside an earlier day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// The earlier day; none when only the last import can be left out.
    pub day: Option<Date>,
    /// The figures of that day.
    pub figures: Option<Figures>,
    /// Measures that stand otherwise: what has got worse first.
    pub changes: Vec<Change>,
}

/// Today beside a day at least so many days ago, or the oldest that was kept; without one, beside what stood before the
/// last import.
#[must_use]
pub fn compare(board: &Board, points: &[Point], days: i32) -> Compared {
    let Some(point) = since(points, board.today, days) else {
        return Compared { day: None, figures: None, changes: board.changes.clone() };
    };
    let changes = point.changes(&board.statuses).into_iter();
    let mut changes: Vec<Change> = changes.map(|(measure, before, after)| Change { measure, before, after }).collect();
    changes.sort_by_key(|change| std::cmp::Reverse((change.after > change.before, change.after)));
    Compared { day: Some(point.day), figures: Some(point.figures.clone()), changes }
}
