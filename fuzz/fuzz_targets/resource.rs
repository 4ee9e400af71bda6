//! Any bytes are refused, or are a resource that can be checked, labelled, indexed, rewritten and told again. Never a panic.
#![no_main]

use confidentiality::labeler::{Context, Labeler};
use fhir::{Resource, bundle, json, owner, refs, search, validate};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static LABELER: LazyLock<Labeler> = LazyLock::new(|| Labeler::shipped().expect("the shipped rules load"));

fuzz_target!(|bytes: &[u8]| {
    let Ok(resource) = Resource::from_slice(bytes) else { return };
    let text = resource.to_vec();
    assert_eq!(Resource::from_slice(&text).expect("what is written is read"), resource);
    assert_eq!(json::parse(&json::pretty(&text)).expect("what is laid out is read"), resource.value());

    for issue in validate::check(&resource) {
        assert!(!issue.text_fr.is_empty() && !issue.text_en.is_empty());
    }
    assert!(!LABELER.label_resource(&resource.value(), &Context::default()).label.reasons.is_empty());
    let _ = (search::extract(&resource), owner::persons(&resource), owner::other_targets(&resource));
    if resource.kind() == fhir::ResourceType::BUNDLE {
        let _ = bundle::parse_each(&resource);
    }

    let (mut same, mut local, mut masked) = (resource.clone(), resource.clone(), resource.clone());
    refs::rewrite(&mut same, &|link| Some(link.to_owned()));
    refs::localize(&mut local, "http://example.org/fhir", &|_| false);
    masked.strip_references(&|_| true);
    refs::visit(&masked, &mut |_, _| {});
});
