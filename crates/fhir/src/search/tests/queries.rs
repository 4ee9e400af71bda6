//! How the text of a query is read, and what is refused.

use super::*;

#[test]
fn says_which_parameter_it_cannot_answer_and_why() {
    for (of, query, code) in [
        ("Patient", "nope=1", "not-supported"),
        ("Patient", "code=1", "not-supported"),
        ("Patient", "_content=x", "not-supported"),
        ("Observation", "code-value-quantity:exact=8867-4$5", "not-supported"),
        ("Observation", "code:of-type=a|b|c", "not-supported"),
        ("Location", "near=48|-2", "not-supported"),
        ("Patient", "family:above=x", "not-supported"),
        ("Observation", "code:in=x", "not-supported"),
        ("Observation", "code:above=x", "not-supported"),
        ("Observation", "code:below=x", "not-supported"),
        ("Observation", "subject:below=x", "not-supported"),
        ("Observation", "date:exact=2024", "not-supported"),
        ("Observation", "subject:Medication=x", "not-supported"),
        ("Patient", "_id:exact=a", "not-supported"),
        ("Patient", "_lastUpdated:not=2024", "not-supported"),
        ("Patient", "_count:exact=3", "not-supported"),
        ("Patient", "_sort:desc=family", "not-supported"),
        ("Patient", "_include:all=Patient:organization", "not-supported"),
        ("Patient", "birthdate=07/03/1954", "value"),
        ("Patient", "family=", "value"),
        ("Patient", "_id=", "value"),
        ("Patient", "_lastUpdated=", "value"),
        ("Patient", "_lastUpdated=hier", "value"),
        ("Patient", "family:missing=peut-%C3%AAtre", "value"),
        ("Patient", "identifier=|", "value"),
        ("Observation", "value-quantity=beaucoup", "value"),
        ("Observation", "subject:Patient=Group/a", "value"),
        ("Patient", "_summary=all", "value"),
        ("Patient", "identifier:of-type=x", "value"),
        ("Patient", "identifier:of-type=a|b", "value"),
        ("Patient", "identifier:of-type=a||c", "value"),
        ("Observation", "code-value-quantity=8867-4", "value"),
        ("Observation", "code-value-quantity=8867-4$5$6", "value"),
        ("Observation", "code-value-quantity=8867-4$", "value"),
        ("Observation", "code-value-quantity=8867-4$high", "value"),
        ("Patient", "_summary=text&_include=Patient:organization", "value"),
        ("Patient", "_contained=true", "not-supported"),
        ("Patient", "_total=yes", "value"),
        ("Patient", "_sort=nope", "value"),
        ("Patient", "_sort=", "value"),
        ("Patient", "_include=Nope:x", "value"),
        ("Patient", "_include=Patient:family", "value"),
        ("Patient", "_include=Patient", "value"),
        ("Patient", "_include=Patient:organization:Nope", "value"),
        ("Patient", "_include=Patient:organization:Organization:x", "value"),
        ("Patient", "_revinclude=*", "not-supported"),
        ("Observation", "code.text=x", "value"),
        ("Patient", "_has:Observation:code:status=final", "value"),
        ("Patient", "_has:Nope:patient:status=final", "value"),
        ("Patient", "_has:Observation:patient=x", "value"),
        ("Observation", "encounter.part-of.part-of.status=x", "too-costly"),
    ] {
        let name = pairs(query).remove(0).0;
        assert_eq!(refused(of, query), (code, name), "{query}");
    }
    let several = ask("Patient", "nope=1&birthdate=x&gender=male").unwrap_err();
    assert_eq!(several.issues.len(), 2);
    assert!(several.issues.iter().all(|issue| !issue.text_fr.is_empty() && !issue.text_en.contains("1954")));
}

#[test]
fn lenient_handling_sets_aside_what_is_unknown_and_nothing_else() {
    let lenient = |query: &str| parse(ty("Observation"), &pairs(query), false);
    let query = lenient("nope=1&status=final&_filter=x&subject:Patient.nope=x").unwrap();
    assert_eq!(query.ignored, ["nope", "_filter", "subject:Patient.nope"]);
    assert_eq!(query.filters.len(), 1);
    for bad in ["date=x", "code:in=x", "_count=-1", "code.x=1"] {
        assert!(lenient(bad).is_err(), "{bad}");
    }
}

#[test]
fn counts_are_digits_and_never_too_large_to_read() {
    let count = |text: &str| ask("Patient", &format!("_count={text}")).map(|query| query.count);
    assert_eq!(count("0").unwrap(), Some(0));
    assert_eq!(count("50").unwrap(), Some(50));
    assert_eq!(count("99999999999999999999").unwrap(), Some(u32::MAX));
    for bad in ["", "-1", "%2B5", "1.5", "x", "%205"] {
        assert!(count(bad).is_err(), "{bad}");
    }
    assert_eq!(ask("Patient", "").unwrap().count, None);
}

#[test]
fn options_of_the_result_are_read() {
    let query = ask(
        "Patient",
        "_sort=-birthdate,_id,-_lastUpdated&_total=none&_summary=count&_elements=name,%20,gender&_page=x&_format=json",
    )
    .unwrap();
    let sort: Vec<String> = query
        .sort
        .iter()
        .map(|key| {
            let on = match &key.on {
                SortOn::Id => "_id",
                SortOn::LastUpdated => "_lastUpdated",
                SortOn::Param(param) => param.code,
            };
            format!("{}{on}", if key.descending { "-" } else { "" })
        })
        .collect();
    assert_eq!(sort, ["-birthdate", "_id", "-_lastUpdated"]);
    assert_eq!((query.total, query.summary), (Total::None, Summary::Count));
    assert_eq!(query.elements, ["name", "gender"]);
    assert_eq!(query.page.as_deref(), Some("x"));
    assert!(query.filters.is_empty() && query.ignored.is_empty());
    let Filter::LastUpdated(tests) = only_filter("Patient", "_lastUpdated=ge2024,lt2020") else { panic!("a time") };
    assert_eq!(tests.iter().map(|test| test.comparator).collect::<Vec<_>>(), [Comparator::Ge, Comparator::Lt]);
}

#[test]
fn chains_know_what_they_go_through() {
    let Filter::Chain { param, target, filter } = only_filter("Observation", "subject:Patient.family:exact=Untel")
    else {
        panic!("a chain");
    };
    assert_eq!((param.code, target), ("subject", ResourceType::PATIENT));
    assert!(matches!(*filter, Filter::Param { modifier: Modifier::Exact, .. }));
    let Filter::Chain { target, .. } = only_filter("Observation", "patient.identifier=1") else { panic!("a chain") };
    assert_eq!(target, ResourceType::PATIENT);
    // Of the types a subject may have, only patients have a birth date.
    let Filter::Chain { target, .. } = only_filter("Observation", "subject.birthdate=1954") else { panic!("a chain") };
    assert_eq!(target, ResourceType::PATIENT);
    // Patients and places have a name.
    let Filter::Either(ways) = only_filter("Observation", "subject.name=x") else { panic!("several chains") };
    let through = |way: &Filter| if let Filter::Chain { target, .. } = way { target.name() } else { "" };
    assert_eq!(ways.iter().map(through).collect::<Vec<_>>(), ["Location", "Patient"]);
    let two = only_filter("Observation", "encounter:Encounter.service-provider.name=x");
    let Filter::Chain { filter, .. } = two else { panic!("a chain") };
    assert!(matches!(*filter, Filter::Chain { .. }));
    assert_eq!(refused("Observation", "subject.birthdate=x"), ("value", "subject.birthdate".into()));
    assert_eq!(refused("Observation", "subject.nope=x").0, "not-supported");
    assert_eq!(refused("Observation", "subject:Patient.birthdate=x"), ("value", "subject:Patient.birthdate".into()));
}

#[test]
fn reverse_chains_nest() {
    let Filter::Has { ty: source, param, filter } = only_filter("Patient", "_has:Observation:patient:code=8867-4")
    else {
        panic!("a reverse chain");
    };
    assert_eq!((source, param.code), (ResourceType::OBSERVATION, "patient"));
    assert!(matches!(*filter, Filter::Param { .. }));
    let nested = only_filter("Patient", "_has:Observation:patient:_has:Provenance:target:recorded=2024");
    let Filter::Has { filter, .. } = nested else { panic!("a reverse chain") };
    assert!(matches!(*filter, Filter::Has { .. }));
    let with_chain = only_filter("Patient", "_has:Observation:patient:performer:Organization.name=x");
    let Filter::Has { filter, .. } = with_chain else { panic!("a reverse chain") };
    assert!(matches!(*filter, Filter::Chain { .. }));
}

#[test]
fn includes_name_their_reference_or_all_of_them() {
    let includes = |of: &str, query: &str| ask(of, query).unwrap().includes;
    let one = &includes("Observation", "_include=Observation:subject:Patient")[0];
    assert_eq!(
        (one.param.code, one.target, one.reverse, one.iterate),
        ("subject", Some(ResourceType::PATIENT), false, false)
    );
    let back = &includes("Patient", "_revinclude:iterate=Observation:subject")[0];
    assert_eq!((back.source, back.reverse, back.iterate), (ResourceType::OBSERVATION, true, true));
    let all = includes("Observation", "_include=*");
    assert!(all.len() > 5 && all.iter().all(|include| include.param.kind == ParamKind::Reference));
    assert_eq!(all.len(), includes("Observation", "_include=Observation:*").len());
    let here = includes("Patient", "_revinclude=Observation:*");
    assert!(!here.is_empty() && here.iter().all(|include| include.param.targets.contains(&ResourceType::PATIENT)));
}

#[test]
fn the_table_is_whole() {
    let all: Vec<&Param> = ResourceType::all().flat_map(params).collect();
    assert!(all.len() > 1_600);
    // Not supported: `_id` and `_lastUpdated` (which have filters of their own), one geographic search.
    let special: std::collections::BTreeSet<&str> =
        all.iter().filter(|param| param.kind == ParamKind::Special).map(|param| param.code).collect();
    assert_eq!(special.into_iter().collect::<Vec<_>>(), ["_id", "_lastUpdated", "near"]);
    for found in all {
        let parts = found.parts().filter(|part| part.kind != ParamKind::Composite).count();
        assert_eq!(parts >= 2, found.kind == ParamKind::Composite, "{found:?}");
        assert_eq!(by_id(found.id), Some(found));
    }
}

#[test]
fn a_long_list_of_codes_is_indexed_once_each() {
    let coding: Vec<Value> =
        (0..20_000).map(|n| json!({"system": "urn:x", "code": (n % 10_000).to_string()})).collect();
    let resource = Resource::from_value(json!({"resourceType": "Observation", "code": {"coding": coding}})).unwrap();
    let own = extract(&resource).into_iter().filter(|entry| entry.param.code == "code").count();
    assert_eq!(own, 10_000);
}
