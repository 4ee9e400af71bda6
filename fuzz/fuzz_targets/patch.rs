//! Any patch is refused, or makes another version of the same resource that is no deeper than one may be. Never a panic.
//! A zero byte parts the patch from the resource; without one a small Patient is patched.
#![no_main]

use fhir::{Resource, json, patch::Patch};
use libfuzzer_sys::fuzz_target;

const ONE: &[u8] = br#"{"resourceType":"Patient","id":"a","name":[{"family":"x","given":["y","z"]}],"active":true}"#;

fuzz_target!(|bytes: &[u8]| {
    let (patch, resource) = match bytes.iter().position(|byte| *byte == 0) {
        Some(at) => (&bytes[..at], &bytes[at + 1..]),
        None => (bytes, ONE),
    };
    let by_path = || Resource::from_slice(patch).and_then(|parameters| Patch::from_parameters(&parameters));
    let (Ok(patch), Ok(resource)) = (Patch::from_slice(patch).or_else(|_| by_path()), Resource::from_slice(resource))
    else {
        return;
    };
    let Ok(patched) = patch.apply(&resource) else { return };
    assert!(patched.kind() == resource.kind() && patched.id() == resource.id());
    assert!(json::parse(&patched.to_vec()).is_ok(), "what a patch makes can be read again");
});
