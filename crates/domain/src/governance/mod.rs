//! What runs in the establishment, and whether it is sound: the estate, and what follows from it.

pub mod emergency;
pub mod estate;
pub mod list_request;
pub mod measures;
mod names;
pub mod obsolescence;
pub mod passwords;
pub mod protection;
pub mod rpps;
pub mod sample;
