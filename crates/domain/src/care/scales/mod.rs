//! Scales that are answered about somebody, and what they come to.

pub mod aggir;
