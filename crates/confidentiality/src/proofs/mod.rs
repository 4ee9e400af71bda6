//! The kernel proved by test: SQL and memory agree, a higher level is never easier, masking dominates.

mod matrix;
mod predicate;
mod properties;
mod rules;
mod world;
mod writes;
