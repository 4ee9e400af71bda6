//! The confidentiality kernel: how grave an item is, who may know it, and the one predicate that decides.
//!
//! Pure: no async, no input or output, no clock. The store loads the [`Facts`], [`clearance`] turns them into a
//! [`Clearance`], and the same clearance decides in memory ([`decide`]) and prints the SQL condition
//! ([`Clearance::predicate`]) used by every query. [`permit`] makes the right to write.
//!
//! A clearance cannot be forged: only this crate makes one.
//! ```compile_fail
//! let forged = confidentiality::Clearance { actor: confidentiality::Actor::new(1) };
//! ```
//! Neither can the key to level 4,
//! ```compile_fail
//! let forged = confidentiality::Open4 { purpose: confidentiality::Purpose::Relabel };
//! ```
//! nor the right to write.
//! ```compile_fail
//! fn steal(permit: confidentiality::Permit) -> confidentiality::Permit {
//!     confidentiality::Permit { person: confidentiality::Person::new(7), ..permit }
//! }
//! ```

mod category;
mod clearance;
mod decide;
mod facts;
mod family;
mod glass;
mod ids;
mod item;
mod label;
pub mod labeler;
mod level;
mod matrix;
mod measures;
mod permit;
mod persona;
mod place_profile;
mod predicate;
#[cfg(test)]
mod proofs;
mod scope;
mod workstation;

pub use category::{Categories, Category};
pub use clearance::{Clearance, clearance};
pub use decide::{Decision, Obligation, Verdict, Withheld, decide};
pub use facts::{ClientScope, Facts, Masking, PersonaCode, Purpose, Relation, RelationKind, Session, Strength};
pub use family::{Families, Family};
pub use glass::why_about;
pub use ids::{Actor, Person, Place, Rid};
pub use item::{Item, MaskFlags};
pub use label::{Label, Reason};
pub use level::Level;
pub use matrix::{Matrix, MatrixError};
pub use measures::{BreakGlass, Export, ListView, Measures, Print};
pub use permit::{Action, Permit, Refusal, permit};
pub use persona::{Block, Persona};
pub use place_profile::PlaceProfile;
pub use predicate::{Asks, Columns, Dialect, Predicate, SqlParam};
pub use scope::{Open4, Scope, Universal};
pub use workstation::Workstation;

/// The examples of the README, run as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;
