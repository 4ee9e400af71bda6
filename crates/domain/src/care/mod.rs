//! What is written while accompanying someone, and what the next shift must know of it.

pub mod duty;
pub mod function;
pub mod handover;
pub mod health;
pub mod scales;
pub mod stay;
pub mod target;
pub mod transmission;
