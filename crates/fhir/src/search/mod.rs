//! Search: what a resource can be found by, and what a query asks.

mod bounds;
mod composite;
mod extract;
mod letters;
mod matches;
mod operand;
mod order;
mod own;
mod pairs;
mod parse;
mod path;
mod query;
mod scope;
mod table;
#[cfg(test)]
mod tests;
mod unknown;
mod value;

pub use extract::{Entry, IndexValue, extract, extract_by, extract_with, fold};
pub use letters::normalise;
pub use matches::matches;
pub use order::{SortValue, compare, sort_values};
pub use own::{FIRST as FIRST_OWN, Own, define, load};
pub use pairs::{asked, pairs};
pub use parse::{criteria, criteria_with, parse, parse_with};
pub use query::{Filter, Include, Modifier, Operand, Query, SortKey, SortOn, Summary, Total};
pub use scope::{Scope, parse_in, parse_in_with};
pub use table::{Param, ParamKind, by_id, param, params};
pub use unknown::{refuse, unknown};
pub use value::{Comparator, DateTest, NumTest};
