//! An invented organisation: three places, its staff, its people and what is written about them.
//!
//! Everything comes from a seed and a date: the same two give the same resources. All people are invented; national
//! identifiers carry the test OID.

mod clinical;
mod content;
mod names;
mod people;
mod person;
mod random;
mod staff;
mod writings;

pub use people::{dossier, dossiers};
pub use person::Dossier;
pub use staff::{Account, PLACES, PlaceOfDemo, accounts, practitioner, structure};

/// FINESS of the invented legal entity.
pub const ENTITY: &str = "990000017";
/// Its name.
pub const ENTITY_NAME: &str = "Association Rive Claire";
