//! The server by its own door: requests in, answers out, on a real store.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

mod bundles;
mod fhir_api;
mod handover;
mod oauth;
mod pages;
mod searches;
mod socket;
mod support;
mod transmissions;
