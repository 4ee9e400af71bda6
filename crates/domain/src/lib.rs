//! The rules of the trade, pure: no I/O, no clock, no randomness of its own.
//!
//! It must never know how anything is stored or shown.

pub mod agreement;
pub mod care;
pub mod demo;
pub mod governance;
pub mod local_time;
pub mod text;
