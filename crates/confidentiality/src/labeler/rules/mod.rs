//! The rules as data.

mod shapes;

pub use shapes::{
    Base, CodeFile, CodeRule, Context, Denied, Examples, Floor, FloorFile, Neutral, OfKin, RuleSet, TextFile, TextRule,
    Weights, read,
};

use super::RulesError;

/// The rules of this build, as data; their examples are not embedded.
///
/// # Errors
/// [`RulesError`] when the embedded document cannot be read.
pub fn shipped() -> Result<RuleSet, RulesError> {
    serde_json::from_str(include_str!(concat!(env!("OUT_DIR"), "/rules.json")))
        .map_err(|error| RulesError(error.to_string()))
}
