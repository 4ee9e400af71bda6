//! Is what was observed still supported? Facts (product, cycle, dates) come from a committed table with sources; ordered
//! rules, which are data too, tell which product and cycle a name means; [`assess`] gives the verdict at a date.
//!
//! What no rule knows is [`Verdict::Unknown`] with a reason: never dropped, never given an invented date.

mod assess;
mod community;
mod facts;
mod finding;
mod memory;
mod observed;
mod rules;
pub mod table;
#[cfg(test)]
mod tests;
mod text;
mod version;
mod windows;
mod words;

pub use assess::assess;
pub use community::NotCommunity;
pub use facts::{Extended, Facts, NotFacts, TABLE};
pub use finding::{Finding, Reason, Verdict};
pub use observed::{Kind, Observed};
pub use rules::NotRules;
pub(in crate::governance) use text::{normalise, system_name};
pub(in crate::governance) use windows::release as windows_release;
