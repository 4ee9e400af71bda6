//! Search: what a resource can be found by, and what a query asks.

mod extract;
mod matches;
mod path;
mod query;
mod table;
mod value;

pub use extract::{Entry, IndexValue, extract, normalise};
pub use matches::matches;
pub use query::{Filter, Include, Modifier, Operand, Query, SortKey, SortOn, Summary, Total, pairs, parse};
pub use table::{Param, ParamKind, by_id, param, params};
pub use value::{Comparator, DateTest, NumTest};
