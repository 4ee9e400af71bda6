//! The server by its own door: requests in, answers out, on a real store.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

mod behaviours;
mod binaries;
mod bulk;
mod bulk_more;
mod bundles;
mod clearances;
mod conditions;
mod devices;
mod documents;
mod duties;
mod estate;
mod examples;
mod fhir_api;
mod handover;
mod history;
mod house;
mod ids;
mod import;
mod journal;
mod labels;
mod mending;
mod notifications;
mod oauth;
mod operations;
mod own_params;
mod pages;
mod patches;
mod plan;
mod reading;
mod robust;
mod safety;
mod searches;
mod socket;
mod standing;
mod stranger;
mod support;
mod tabs;
mod terminology;
mod transactions;
mod transmissions;
mod types;
mod validation;
mod watching;
mod websockets;
