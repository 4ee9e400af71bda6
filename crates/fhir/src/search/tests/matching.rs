//! What a resource answers, kind of parameter by kind of parameter.

use super::*;

#[test]
fn tokens_match_whole_and_by_system() {
    check(
        &patient(),
        &[
            "identifier=254",
            "identifier=urn:ins|254",
            "identifier=urn:ins|",
            r"identifier=|dossier\|7",
            "identifier=x,254",
            "gender=female",
            "active=true",
            "phone=0102030405",
            "_tag=urn:t|demo",
            "gender:not=male,other",
            "identifier:text=ins",
            "identifier:missing=false",
            "deceased=false",
            "deceased:not=true",
            "language:missing=true",
        ],
        &[
            "identifier=25",
            "identifier=|254",
            "identifier=urn:other|254",
            "gender=Female",
            "gender:not=male,female",
            "active=false",
            "deceased=true",
            "identifier:missing=true",
        ],
    );
    check(
        &observation(),
        &["code=8867-4", "code=http://loinc.org|8867-4", "code:text=heart", "code:text=pouls", "code:not=x"],
        &["code=8867", "code:text=rate", "code:not=8867-4"],
    );
}

#[test]
fn strings_start_with_whatever_the_case_and_accents() {
    check(
        &patient(),
        &[
            "family=elie",
            "family=ÉLIE-MARTIN",
            "given=zo",
            "given=ann",
            "name=mme",
            "family:exact=Élie-Martin",
            "family:contains=mart",
            r"address=3\, rue",
            "address-city=sete",
            "family=nobody,elie",
        ],
        &[
            "family=martin",
            "family:exact=élie-martin",
            "family:exact=Élie",
            "family:contains=xyz",
            "given:exact=Zo",
            "address-postalcode=4200",
        ],
    );
}

#[test]
fn dates_compare_what_is_known() {
    check(
        &patient(),
        &[
            "birthdate=1954-03-07",
            "birthdate=1954-03",
            "birthdate=1954",
            "birthdate=ne1955",
            "birthdate=gt1954-03-06",
            "birthdate=lt1954-03-08",
            "birthdate=ge1954-03-07",
            "birthdate=le1954-03-07",
            "birthdate=sa1954-03-06",
            "birthdate=eb1954-03-08",
            "birthdate=ap1954-03-07",
            "birthdate=ge1954-01-01&birthdate=lt1955",
        ],
        &[
            "birthdate=1955",
            "birthdate=ne1954-03-07",
            "birthdate=gt1954-03-07",
            "birthdate=lt1954-03-07",
            "birthdate=sa1954-03-07",
            "birthdate=eb1954",
            "birthdate=ap1956",
        ],
    );
    check(
        &observation(),
        &["date=2024-05-17T08:30:00Z", "date=2024-05-17", "date=gt2024-05-17T08:29:59Z"],
        &["date=2024-05-17T10:30:00Z", "date=gt2024-05-17"],
    );
}

#[test]
fn periods_are_open_where_nothing_is_said() {
    let stay = json!({"resourceType": "Encounter", "period": {"start": "2024-05-10"}});
    check(
        &stay,
        &["date=ge2024-05-10", "date=gt2030", "date=ap2024-06", "date=sa2024-05-09", "date=ne2024"],
        &["date=2024", "date=lt2024-05-10", "date=eb2030"],
    );
    let past = json!({"resourceType": "Encounter", "period": {"end": "2024-05-10"}});
    check(&past, &["date=lt1900", "date=le2024-05-10", "date=eb2024-05-11"], &["date=gt2024-05-10", "date=sa1900"]);
    let inside = json!({"resourceType": "Encounter", "period": {"start": "2024-05-10", "end": "2024-05-12"}});
    check(&inside, &["date=2024-05", "date=2024", "date=ge2024-05-11", "date=le2024-05-11"], &["date=2024-05-11"]);
}

#[test]
fn quantities_compare_numbers_and_units() {
    check(
        &observation(),
        &[
            "value-quantity=5.4",
            "value-quantity=5",
            "value-quantity=5.4|http://unitsofmeasure.org|mg/L",
            "value-quantity=5.4||mg/L",
            "value-quantity=5.4||mg/l",
            "value-quantity=ge5.4||mg/L",
            "value-quantity=lt6",
            "value-quantity=ap5",
        ],
        &[
            "value-quantity=5.3",
            "value-quantity=5.4|http://unitsofmeasure.org|g/L",
            "value-quantity=5.4|http://unitsofmeasure.org|mg/l",
            "value-quantity=5.4|urn:other|mg/L",
            "value-quantity=gt5.4",
            "value-quantity=ne5.4",
        ],
    );
    let below = json!({"resourceType": "Observation", "valueQuantity": {"value": 5, "comparator": "<"}});
    check(&below, &["value-quantity=lt5", "value-quantity=le5"], &["value-quantity=5", "value-quantity=gt5"]);
}

#[test]
fn numbers_are_taken_at_their_precision() {
    let risk = json!({"resourceType": "RiskAssessment", "prediction": [{"probabilityDecimal": 0.85}]});
    check(
        &risk,
        &["probability=0.85", "probability=gt0.8", "probability=0.9"],
        &["probability=0.8", "probability=lt0.85"],
    );
}

#[test]
fn references_match_by_id_type_address_and_identifier() {
    check(
        &observation(),
        &[
            "subject=Patient/a",
            "subject=a",
            "subject:Patient=a",
            "subject:Patient=Patient/a",
            "patient=a",
            "patient=Patient/a/_history/4",
            "subject=b,a",
            "focus=https://other/fhir/Device/d",
            "performer:identifier=urn:rpps|10001",
            "performer:identifier=10001",
            "encounter:missing=true",
        ],
        &[
            "subject=Patient/b",
            "subject=Group/a",
            "subject:Group=a",
            "focus=Device/d",
            "performer:identifier=|10001",
            "performer:identifier=urn:x|10001",
            "subject:missing=true",
        ],
    );
    let plan = json!({"resourceType": "CarePlan", "instantiatesCanonical": ["https://x/PlanDefinition/p|2.0"]});
    check(
        &plan,
        &["instantiates-canonical=https://x/PlanDefinition/p|2.0", "instantiates-canonical=https://x/PlanDefinition/p"],
        &["instantiates-canonical=https://x/PlanDefinition/p|1.0"],
    );
}

#[test]
fn addresses_match_whole_or_by_path() {
    let set = json!({"resourceType": "ValueSet", "url": "https://x/fhir/ValueSet/v"});
    check(
        &set,
        &["url=https://x/fhir/ValueSet/v", "url:below=https://x/fhir/", "url:above=https://x/fhir/ValueSet/v/more"],
        &["url=https://x/fhir", "url:below=https://x/fh", "url:above=https://x", "url=HTTPS://x/fhir/ValueSet/v"],
    );
    check(&patient(), &["_profile=https://x/fr/Patient"], &["_profile=https://x/fr"]);
}

#[test]
fn the_id_and_the_whole_query_are_asked_together() {
    check(&patient(), &["_id=b,a", "_id=a&gender=female"], &["_id=b", "_id=a&gender=male"]);
}

#[test]
fn composites_hold_within_one_element() {
    let pressure = json!({"resourceType": "Observation",
    "code": {"coding": [{"system": "http://loinc.org", "code": "85354-9"}]},
    "component": [
        {"code": {"coding": [{"system": "http://loinc.org", "code": "8480-6"}]}, "valueQuantity": {"value": 141}},
        {"code": {"coding": [{"system": "http://loinc.org", "code": "8462-4"}]},
            "valueQuantity": {"value": 82, "system": "http://unitsofmeasure.org", "code": "mm[Hg]"}},
    ]});
    check(
        &pressure,
        &[
            "component-code-value-quantity=8480-6$gt140",
            "component-code-value-quantity=http://loinc.org|8462-4$82|http://unitsofmeasure.org|mm[Hg]",
            "combo-code-value-quantity=8462-4$lt90",
            "component-code-value-quantity=8480-6$lt90,8462-4$lt90",
            "component-code-value-quantity:missing=false",
            "code-value-quantity:missing=true",
            "component-code-value-concept:missing=true",
        ],
        &[
            "component-code-value-quantity=8480-6$lt90",
            "component-code-value-quantity=8462-4$gt140",
            "combo-code-value-quantity=85354-9$gt140",
            "code-value-quantity=8480-6$gt140",
            "component-code-value-quantity:missing=true",
        ],
    );
    check(
        &observation(),
        &[
            "code-value-quantity=8867-4$5.4||mg/L",
            "combo-code-value-quantity=http://loinc.org|8867-4$ge5",
            "combo-code-value-quantity:missing=false",
        ],
        &[
            "code-value-quantity=8867-4$5.4||g",
            "code-value-quantity=8867-5$5.4",
            "component-code-value-quantity=8867-4$5.4",
        ],
    );
    let told = |value: Value| {
        let mut told = json!({"resourceType": "Observation", "code": {"coding": [{"code": "a$b"}]}});
        told.as_object_mut().unwrap().extend(value.as_object().unwrap().clone());
        told
    };
    let concept = told(json!({"valueCodeableConcept": {"coding": [{"system": "urn:x", "code": "yes"}]}}));
    check(
        &concept,
        &[r"code-value-concept=a\$b$urn:x|yes"],
        &[r"code-value-concept=a\$b$no", r"code-value-string=a\$b$yes"],
    );
    let text = told(json!({"valueString": "Bien dormi, calme"}));
    check(&text, &[r"code-value-string=a\$b$bien dormi\, c"], &[r"code-value-string=a\$b$calme"]);
    let day = told(json!({"valueDateTime": "2024-05-17"}));
    check(&day, &[r"code-value-date=a\$b$ge2024-05"], &[r"code-value-date=a\$b$lt2024-05"]);
}

#[test]
fn composites_of_other_types_hold_too() {
    let form = json!({"resourceType": "Questionnaire", "useContext": [
        {"code": {"code": "age"}, "valueRange": {"low": {"value": 60}, "high": {"value": 120}}},
        {"code": {"code": "focus"}, "valueCodeableConcept": {"coding": [{"code": "fall"}]}}]});
    check(
        &form,
        &["context-type-value=focus$fall", "context-type-quantity=age$gt100"],
        &["context-type-value=age$fall", "context-type-quantity=focus$gt100"],
    );
    let gene = json!({"resourceType": "MolecularSequence", "referenceSeq": {"chromosome": {"coding": [{"code": "3"}]}},
        "variant": [{"start": 10, "end": 20}]});
    check(
        &gene,
        &["chromosome-variant-coordinate=3$ge10$le20"],
        &["chromosome-variant-coordinate=4$ge10$le20", "chromosome-variant-coordinate=3$ge11$le20"],
    );
    let note = json!({"resourceType": "DocumentReference",
        "relatesTo": [{"code": "replaces", "target": {"reference": "DocumentReference/old"}}]});
    check(&note, &["relationship=DocumentReference/old$replaces"], &["relationship=DocumentReference/old$signs"]);
}

#[test]
fn an_identifier_is_found_by_its_type() {
    let typed = json!({"resourceType": "Patient", "identifier": [
        {"type": {"coding": [{"system": "http://x/v2-0203", "code": "MR"}]}, "system": "urn:a", "value": "446053"},
        {"type": {"coding": [{"system": "http://x/v2-0203", "code": "PPN"}]}, "value": "7"}]});
    check(
        &typed,
        &[
            "identifier:of-type=http://x/v2-0203|MR|446053",
            "identifier:of-type=http://x/v2-0203|PPN|446053,http://x/v2-0203|PPN|7",
        ],
        &["identifier:of-type=http://x/v2-0203|PPN|446053", "identifier:of-type=http://y|MR|446053"],
    );
}

#[test]
fn a_bare_code_has_the_system_of_its_list() {
    check(
        &patient(),
        &[
            "gender=http://hl7.org/fhir/administrative-gender|female",
            "gender:not=http://hl7.org/fhir/administrative-gender|male",
        ],
        &["gender=http://hl7.org/fhir/other|female", "gender=http://hl7.org/fhir/administrative-gender|male"],
    );
    check(&observation(), &["status=http://hl7.org/fhir/observation-status|final"], &["status=urn:x|final"]);
    let bare = json!({"resourceType": "Observation", "code": {"coding": [{"code": "final"}]}});
    check(&bare, &["code=|final"], &["code=http://hl7.org/fhir/observation-status|final"]);
}

#[test]
fn a_schedule_lasts_from_its_first_to_its_last_moment() {
    let order = json!({"resourceType": "ServiceRequest", "occurrenceTiming": {"event": ["2024-05-10", "2024-05-01"]}});
    check(
        &order,
        &["occurrence=2024-05", "occurrence=sa2024-04-30", "occurrence=ap2024-05-05"],
        &["occurrence=2024-05-01"],
    );
    let bounded = json!({"resourceType": "ServiceRequest",
        "occurrenceTiming": {"repeat": {"boundsPeriod": {"start": "2024-05-10"}}}});
    check(&bounded, &["occurrence=gt2030"], &["occurrence=lt2024-05-10"]);
}
