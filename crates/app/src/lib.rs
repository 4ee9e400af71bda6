//! Use cases: one function a verb, `(&Cx, input) -> Result<output, Error>`.
//!
//! Sequences, not rules: what may be read or written is the kernel's to say, where it is kept is the store's. It must
//! never know of HTML, status codes or SQL.

pub mod access_review;
pub mod accesses;
pub mod accounts;
mod app;
pub mod assets;
mod attempts;
pub mod audit;
pub mod backup;
pub mod bulk;
pub mod charter;
pub mod check;
pub mod compare;
mod cx;
pub mod demo;
pub mod document;
pub mod downtime;
pub mod emergency;
pub mod erasure;
mod error;
pub mod everything;
pub mod explain;
pub mod export;
mod faults;
mod folder;
mod grade;
mod grounds;
pub mod handover;
pub mod health;
pub mod hiring;
pub mod history;
mod if_match;
pub mod import;
pub mod keys;
pub mod labels;
mod links;
pub mod list_requests;
pub mod lodging;
pub mod measures;
pub mod meta;
pub mod outbox;
pub mod own_params;
mod password;
pub mod people;
pub mod person;
pub mod places;
pub mod probes;
mod profiles;
pub mod protection;
pub mod records;
pub mod relabel;
pub mod reviews;
mod sender;
mod spots;
pub mod stays;
pub mod subscriptions;
mod tasks;
pub mod terminology;
pub mod transaction;
pub mod transmissions;
mod turns;
pub mod units;
pub mod upkeep;
pub mod validation;
mod wanted_codes;
pub mod witness;
pub mod workstations;

pub use app::{App, Clock, Names};
pub use cx::{Cx, Origin, Signer, is_operator};
pub use error::{Error, Result, system_said};
pub use if_match::{IfMatch, NEVER};
pub use store::Error as StoreError;
pub use store::{
    Access, Accesses, Conflict, Counts, Damage, Damaged, Effect, Everything, Hand, HistoryPage, HistoryQuery, How,
    LabelSet, Outage, Page, Part, PlaceRow, Safety, Shift, Spread, Timeline, TimelineFilter, ToReview, UNDATED,
    Unwritable, Version, Vitals, Watch, Wish, Written,
};
pub use tasks::LIFE;
