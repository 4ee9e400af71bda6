//! The pages in a real Chromium: what only a browser can tell, that forms post, keys lead somewhere, colours contrast.
//!
//! Few tests, each a behaviour. Without `chromium` and `chromedriver` they are skipped, aloud.

#![expect(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

mod axe;
mod browser;
mod driver;
mod find;
mod harness;
mod looks;
mod morning;
mod pages;
mod paper;
mod sign_in;
mod site;
mod tour;
mod wire;
