//! What a resource is sorted by.

use super::*;
use std::cmp::Ordering;

fn values(resource: &Value, sort: &str) -> (Vec<SortValue>, Vec<SortKey>) {
    let resource = Resource::from_value(resource.clone()).unwrap();
    let keys = ask(resource.kind().name(), &format!("_sort={sort}")).unwrap().sort;
    (sort_values(&resource, 7, &keys), keys)
}

fn first(resource: &Value, sort: &str) -> SortValue {
    values(resource, sort).0.remove(0)
}

#[test]
fn every_kind_of_parameter_sorts() {
    let words = |words: &str| SortValue::Text(words.to_owned());
    assert_eq!(first(&patient(), "_id"), words("a"));
    assert_eq!(first(&patient(), "_lastUpdated"), SortValue::Time(7));
    assert_eq!(first(&patient(), "family"), words("elie-martin"));
    assert_eq!(first(&patient(), "gender"), words("female"));
    assert_eq!(first(&patient(), "organization"), words("Organization/o"));
    assert_eq!(first(&patient(), "_profile"), words("https://x/fr/patient"));
    assert_eq!(first(&observation(), "value-quantity"), SortValue::Number(5.4));
    assert_eq!(first(&observation(), "encounter"), SortValue::Missing);
    for bad in ["code-value-quantity", "nope", "family,", ""] {
        assert!(ask("Observation", &format!("_sort={bad}")).is_err(), "{bad}");
    }
}

#[test]
fn of_several_values_the_first_in_that_direction_counts() {
    assert_eq!(first(&patient(), "given"), SortValue::Text("anne".into()));
    assert_eq!(first(&patient(), "-given"), SortValue::Text("zoe".into()));
}

#[test]
fn what_is_missing_comes_last_in_both_directions() {
    let nobody = json!({"resourceType": "Patient", "id": "b"});
    for sort in ["family", "-family", "birthdate", "-birthdate", "gender,family", "-family,_id"] {
        let ((known, keys), (unknown, _)) = (values(&patient(), sort), values(&nobody, sort));
        assert_eq!(compare(&known, &unknown, &keys), Ordering::Less, "{sort}");
        assert_eq!(compare(&unknown, &unknown, &keys), Ordering::Equal, "{sort}");
    }
}
