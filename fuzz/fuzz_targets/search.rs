//! Any query is refused with what is wrong, or can be asked of any resource. Never a panic. The first byte is the type.
#![no_main]

use fhir::{Resource, ResourceType, search};
use libfuzzer_sys::fuzz_target;
use serde_json::json;
use std::sync::LazyLock;

static KINDS: LazyLock<Vec<ResourceType>> = LazyLock::new(|| ResourceType::all().collect());
static ONE: LazyLock<Resource> = LazyLock::new(|| {
    let one = json!({"resourceType": "Observation", "id": "a", "status": "final",
        "meta": {"lastUpdated": "2026-05-28T10:00:00Z", "tag": [{"system": "s", "code": "c"}]},
        "code": {"text": "x", "coding": [{"system": "http://loinc.org", "code": "1-8", "display": "y"}]},
        "subject": {"reference": "Patient/b"}, "effectiveDateTime": "2026-05-28", "valueQuantity": {"value": 1.5, "unit": "g"}});
    Resource::from_value(one).expect("a resource")
});

fuzz_target!(|bytes: &[u8]| {
    let Some((first, rest)) = bytes.split_first() else { return };
    let text = String::from_utf8_lossy(rest);
    let kind = KINDS[usize::from(*first) % KINDS.len()];
    let pairs = search::pairs(&text);
    for strict in [false, true] {
        match search::parse(kind, &pairs, strict) {
            Ok(query) => {
                assert!(!strict || query.ignored.is_empty());
                for filter in &query.filters {
                    let _ = search::matches(&ONE, filter);
                }
            }
            Err(invalid) => assert!(!invalid.issues.is_empty()),
        }
    }
    if let Ok(query) = search::criteria(kind, &text) {
        assert!(!query.filters.is_empty());
    }
});
