//! Is what was observed still supported? Facts (product, cycle, dates) come from a committed table with sources; ordered
//! rules, which are data too, tell which product and cycle a name means; [`assess`] gives the verdict at a date.
//!
//! What no rule knows is [`Verdict::Unknown`] with a reason: never dropped, never given an invented date.

mod assess;
mod facts;
mod finding;
mod observed;

pub use assess::assess;
pub use facts::Facts;
pub use finding::{Finding, Reason, Verdict};
pub use observed::{Kind, Observed};
