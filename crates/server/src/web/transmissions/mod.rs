//! Writing, reading and mending transmissions.
//!
//! The pages of the vertical that every later feature copies.

mod answered;
pub(crate) mod drafts;
pub(crate) mod form;
pub(crate) mod label;
pub(crate) mod preview;
pub(crate) mod reading;
pub(crate) mod refile;
mod sheet;
pub(crate) mod submit;

pub(crate) use sheet::{KEY, hand_of, sheet_of};
