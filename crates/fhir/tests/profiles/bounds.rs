//! Bounds of values, order of slices, slices of slices.

use super::{Known, Value, errors, json, profile};

/// Bounds of each kind; identifiers in an order, a local one cut again into two kinds, anything else at the end.
fn bounded() -> Known {
    let mut known = Known::default();
    known.learn(&profile(
        "bounds",
        "Observation",
        json!([
            {"id": "Observation.effective[x]", "path": "Observation.effective[x]", "minValueDateTime": "2020-01-01",
                "maxValueDateTime": "2029-12-31"},
            {"id": "Observation.value[x]", "path": "Observation.value[x]",
                "minValueQuantity": {"value": 2, "system": "http://unitsofmeasure.org", "code": "kg"},
                "maxValueQuantity": {"value": 300, "system": "http://unitsofmeasure.org", "code": "kg"}},
            {"id": "Observation.component", "path": "Observation.component"},
            {"id": "Observation.component.value[x]", "path": "Observation.component.value[x]", "minValueInteger": 1,
                "maxValueInteger": 3}
        ]),
    ));
    let slice = |name: &str, more: Value| {
        let id = format!("Patient.identifier:{name}");
        let mut slice = json!({"id": id, "path": "Patient.identifier", "sliceName": name});
        slice.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        slice
    };
    let system = |name: &str, value: &str| json!({"id": format!("Patient.identifier:{name}.system"), "path": "Patient.identifier.system", "patternUri": value});
    let used = |name: &str, value: &str| json!({"id": format!("Patient.identifier:{name}.use"), "path": "Patient.identifier.use", "fixedCode": value});
    let by_use = json!({"slicing": {"discriminator": [{"type": "value", "path": "use"}], "rules": "closed"}});
    known.learn(&profile(
        "order",
        "Patient",
        json!([
            {"id": "Patient.identifier", "path": "Patient.identifier", "slicing": {"ordered": true, "rules": "openAtEnd",
                "discriminator": [{"type": "value", "path": "system"}]}},
            slice("ins", json!({})), system("ins", "urn:ins"), slice("local", by_use), system("local", "urn:local"),
            slice("local/usual", json!({})), used("local/usual", "usual"), slice("local/old", json!({"max": "1"})),
            used("local/old", "old")
        ]),
    ));
    known.settle();
    known
}

#[test]
fn values_stay_between_the_bounds_of_a_profile() {
    let known = bounded();
    let observation = |more: Value| {
        let mut value = json!({"resourceType": "Observation", "meta": {"profile": ["https://test/bounds"]},
            "status": "final", "code": {"text": "x"}});
        value.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        errors(&known, value)
    };
    let weight = |value: Value, unit: &str| {
        observation(json!({"valueQuantity": {"value": value, "system": "http://unitsofmeasure.org", "code": unit}}))
    };
    for right in [json!(2), json!(2.5), json!(300), json!(300.0)] {
        assert_eq!(weight(right, "kg"), [""; 0]);
    }
    for wrong in [json!(1.99), json!(300.1), json!(-5)] {
        assert_eq!(weight(wrong, "kg"), ["value Observation.value.ofType(Quantity)"]);
    }
    assert_eq!(weight(json!(3000), "g"), [""; 0], "other units are not converted");
    for right in ["2020-01-01", "2025", "2029-12-31T23:59:59Z", "2020"] {
        assert_eq!(observation(json!({"effectiveDateTime": right})), [""; 0], "{right}");
    }
    for wrong in ["2019-12-30", "2030-01-02", "2019", "2031-01"] {
        assert_eq!(
            observation(json!({"effectiveDateTime": wrong})),
            ["value Observation.effective.ofType(dateTime)"],
            "{wrong}"
        );
    }
    let component = |value: i64| json!({"code": {"text": "x"}, "valueInteger": value});
    assert_eq!(observation(json!({"component": [component(1), component(3)]})), [""; 0]);
    assert_eq!(
        observation(json!({"component": [component(1), component(4), component(0)]})),
        [
            "value Observation.component[1].value.ofType(integer)",
            "value Observation.component[2].value.ofType(integer)"
        ]
    );
}

#[test]
fn slices_keep_their_order_and_may_be_cut_again() {
    let known = bounded();
    let patient = |identifiers: &[(&str, &str)]| {
        let identifiers: Vec<Value> =
            identifiers.iter().map(|(system, used)| json!({"system": format!("urn:{system}"), "use": used})).collect();
        let meta = json!({"profile": ["https://test/order"]});
        errors(&known, json!({"resourceType": "Patient", "meta": meta, "identifier": identifiers}))
    };
    let (ins, local, old, other) = (("ins", "official"), ("local", "usual"), ("local", "old"), ("other", "usual"));
    assert_eq!(patient(&[ins, local, local, old, other, other]), [""; 0]);
    assert_eq!(patient(&[local, ins]), ["business-rule Patient.identifier[1]"], "out of order");
    assert_eq!(patient(&[ins, other, local]), ["business-rule Patient.identifier[1]"], "something else before the end");
    assert_eq!(patient(&[ins, old, old]), ["business-rule Patient.identifier"], "one old number at most");
    assert_eq!(patient(&[ins, ("local", "temp")]), ["business-rule Patient.identifier[1]"], "neither usual nor old");
}
