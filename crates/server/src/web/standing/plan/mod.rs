//! *Plan d'action*: what is done so that measures hold, by whom, until when, for how much.

pub(crate) mod files;
pub(crate) mod form;
pub(crate) mod list;
pub(crate) mod submit;

use super::Shown;
use crate::web::dates;
use domain::governance::measures::{Action, ActionState};
use jiff::civil::Date;

pub(super) fn shown(action: &Action, today: Date) -> Shown {
    match action.state {
        _ if action.is_overdue(today) => ("failing", "en retard"),
        ActionState::Todo => ("todo", "à faire"),
        ActionState::Doing => ("to_prove", "en cours"),
        ActionState::Done => ("conform", "fait"),
        ActionState::Abandoned => ("derogated", "abandonné"),
    }
}

/// `Ivan, pour le 31/01/2027`.
pub(super) fn said(action: &Action, today: Date) -> String {
    let due = action.due.map(|due| dates::short(&due.to_string())).unwrap_or_default();
    let late = if action.is_overdue(today) { ", en retard" } else { "" };
    format!("{}, pour le {due}{late}", action.owner.name)
}

/// `3 demi-journées`.
fn work(half_days: Option<u32>) -> String {
    match half_days {
        None | Some(0) => String::new(),
        Some(1) => "1 demi-journée".to_owned(),
        Some(many) => format!("{many} demi-journées"),
    }
}
