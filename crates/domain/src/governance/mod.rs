//! What runs in the establishment, and whether it is sound.

pub mod obsolescence;
