//! An invented organisation: three places, its staff, its people and what is written about them.
//!
//! Everything comes from a seed, a day and a moment ([`Edition`]): the same three give the same resources. All people are
//! invented; national identifiers carry the test OID.

mod clinical;
mod content;
mod duty;
mod edition;
mod estate;
mod names;
mod people;
mod person;
mod places;
mod projects;
mod random;
mod roster;
mod staff;
mod traits;
mod wishes;
mod writings;

pub use duty::{PlannedShift, planning};
pub use edition::{Edition, dossiers};
pub use estate::{EstateFile, estate};
pub use person::Dossier;
pub use places::{PLACES, PlaceOfDemo, UnitOfDemo, structure};
pub use staff::{Account, accounts, practitioner};

/// FINESS of the invented legal entity.
pub const ENTITY: &str = "990000017";
/// Its name.
pub const ENTITY_NAME: &str = "Association Rive Claire";
