//! FHIR R4 as JSON trees kept as received: parsing, references, search parameters, Bundles.
//!
//! Pure: no I/O, no clock, no randomness. It must never know how anything is stored, graded or served.

pub mod addresses;
pub mod bundle;
pub mod capability;
pub mod compartment;
pub mod date;
pub mod envelope;
pub mod equality;
mod invalid;
pub mod json;
mod kept;
pub mod meta;
mod narrative;
mod operations;
pub mod outcome;
pub mod owner;
pub mod patch;
mod place;
pub mod refs;
mod resource;
pub mod search;
pub mod subscription;
pub mod summary;
pub mod terminology;
mod types;
pub mod validate;

pub use invalid::{Invalid, Issue, Severity};
pub use resource::{Coding, Resource, is_id, is_server_system};
pub use types::ResourceType;
