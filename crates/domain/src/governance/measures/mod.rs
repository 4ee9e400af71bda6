//! What must hold, what proves it, and what the proof is worth today.
//!
//! A measure's state is the worst of its rules over evidence that is still fresh; stale evidence makes it "to be proven",
//! never silently green; what the evidence did not cover is part of the verdict; a measure without a rule is "not
//! covered". Evidence is only made by rules over real imports and over what Socle knows of itself.

mod action;
mod catalogue;
mod declared;
mod evidence;
mod exemption;
mod figures;
mod history;
mod own;
mod plan;
mod profile;
mod rights;
mod rules;
mod staffing;
mod status;
mod subjects;
#[cfg(test)]
mod tests;

pub use action::{
    Action, ActionField, ActionMistake, ActionSheet, ActionState, Budget, Euros, Owner, Progress, Year, budget,
    progress,
};
pub use catalogue::{Cost, Domain, Harm, Level, Measure, Proof, catalogue, find};
pub use declared::{Declared, DeclaredField, DeclaredSheet, longest};
pub use evidence::{Connector, Evidence, Names, Scope};
pub use exemption::{ExemptField, ExemptKind, ExemptSheet, Exemption};
pub use figures::{Figures, Part, figures};
pub use history::{Followed, Point, since, thinned};
pub use own::{
    Accounts, Audit, Backup, Check, Clock, Factors, Found, Holder, Named, Numbered, Numbers, Own, Packs, Passwords,
    Share,
};
pub use plan::{Exposed, Exposure, Step, by_urgency, month};
pub use profile::{Condition, Profile};
pub use rights::Rights;
pub use rules::{Inputs, Settings, has_rule, is_shared_login, may_be_declared, own_rules};
pub use staffing::{Staffed, Stay, staffing};
pub use status::{Derogation, State, Status, assess, conclude};
pub use subjects::Role;
