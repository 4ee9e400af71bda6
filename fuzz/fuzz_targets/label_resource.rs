//! Any JSON has a label with reasons, a resource or not. Never a panic.
#![no_main]

use confidentiality::labeler::{Context, Labeler};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use std::sync::LazyLock;

static LABELER: LazyLock<Labeler> = LazyLock::new(|| Labeler::shipped().expect("the shipped rules load"));

fuzz_target!(|bytes: &[u8]| {
    let Ok(resource) = serde_json::from_slice::<Value>(bytes) else { return };
    let labeled = LABELER.label_resource(&resource, &Context::default());
    assert!(!labeled.label.reasons.is_empty());
});
