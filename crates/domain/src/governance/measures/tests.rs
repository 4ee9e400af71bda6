//! A world where everything holds, and one thing changed at a time.

mod catalogue;
mod decided;
mod demo;
mod flips;
mod large;
mod registers;
mod scoring;
mod staffing;
mod world;
