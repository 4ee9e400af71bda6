//! What a reader may ask, and try to write.

use super::{ITEMS, item};
use crate::support::{Answer, Program};
use serde_json::{Value, json};

const SYSTEM: [&str; 8] = [
    "_history?_total=accurate&_count=7",
    "_history?_count=0",
    "_history?_sort=_lastUpdated",
    "$meta",
    "?_type=Observation,Condition,Flag&_total=accurate&_count=3",
    "?_type=Patient,List&_tag=urn:tag|t3,urn:tag|t4",
    "?_type=Observation,Binary,Encounter&_security=V",
    "?_type=Communication,DocumentReference&_summary=count",
];

const OF_EVERY_TYPE: [&str; 19] = [
    "",
    "?_summary=count",
    "?_total=accurate&_count=2",
    "?_sort=-_lastUpdated&_count=3",
    "?_sort=_id",
    "?_elements=id",
    "?identifier=urn:item|n1",
    "?identifier=n2",
    "?identifier:missing=true",
    "?_tag=urn:tag|t3,urn:tag|t4",
    "?_security=R",
    "?_security=V",
    "?_tag:not=urn:tag|t1",
    "?_lastUpdated=ge2020-01-01",
    "?_id=p0,p2,q0,q2,i1,i2,i3,i4,i5,i6,i7",
    "/_history?_total=accurate&_count=3",
    "/_history?_at=2026-05-28",
    "/_history?_sort=_lastUpdated",
    "/$meta",
];

const SEARCHES: [&str; 38] = [
    "Observation?code=c1",
    "Observation?code=urn:code|c2",
    "Observation?value-quantity=gt10",
    "Observation?date=2026-05-03",
    "Observation?derived-from:missing=false",
    "Observation?subject:missing=false",
    "Observation?derived-from:Observation.code=c1",
    "Observation?_include=*",
    "Observation?_include=Observation:subject&_include=Observation:derived-from",
    "Observation?subject:Patient.family=Nomp2",
    "Observation?patient.identifier=n2",
    "Observation?subject=Patient/q0",
    "Observation?patient=p2",
    "Observation?_include:iterate=Observation:derived-from",
    "Observation?_revinclude=Observation:derived-from",
    "Observation?_revinclude=List:item",
    "Observation?_sort=date",
    "Observation?_sort=-value-quantity,code",
    "Observation?derived-from=i1",
    "Patient?_has:Observation:patient:code=c1",
    "Patient?_has:Condition:patient:code=c2",
    "Patient?_has:Flag:patient:_tag=urn:tag|t2",
    "Patient?_has:List:subject:item=Observation/i1",
    "Patient?_has:Observation:subject:derived-from:Observation.code=c1",
    "Patient?family=Nom",
    "Patient?family:contains=om",
    "Patient?birthdate=lt1940",
    "Patient?_revinclude=Observation:subject",
    "Patient?_revinclude=Condition:patient&_revinclude=Flag:patient&_count=1",
    "Patient?_sort=family",
    "Patient?_sort=-birthdate",
    "List?item=Observation/i1",
    "List?item:Observation.code=c1",
    "List?_include=List:item",
    "Communication?_include=*",
    "DocumentReference?related=Condition/i2",
    "DocumentReference?description:contains=mot",
    "Condition?subject:Patient.gender=female",
];

/// Every address a reader may think of: types, criteria, results, histories, operations, and every name there is.
pub(super) fn addresses(names: &[String]) -> Vec<String> {
    let mut all: Vec<String> = SYSTEM.iter().chain(&SEARCHES).map(|one| (*one).to_owned()).collect();
    for kind in ITEMS.iter().chain(&["Patient", "Group"]) {
        all.extend(OF_EVERY_TYPE.map(|end| format!("{kind}{end}")));
    }
    for name in names {
        all.extend(["", "/_history", "/_history/1", "/_history/2", "/$meta"].map(|end| format!("{name}{end}")));
    }
    for id in ["p0", "p1", "p2", "q0", "q1", "q2"] {
        all.extend(
            ["$everything", "*?_count=3", "Observation", "Condition?code=c1", "List?_summary=count"]
                .map(|end| format!("Patient/{id}/{end}")),
        );
    }
    all
}

/// One write.
#[derive(Debug)]
pub(super) struct Try {
    method: &'static str,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: String,
}

impl Try {
    fn new(method: &'static str, path: &str, body: String) -> Self {
        let kind = if method == "PATCH" { "application/json-patch+json" } else { "application/fhir+json" };
        Self { method, path: format!("/fhir/{path}"), headers: vec![("content-type", kind.to_owned())], body }
    }

    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    pub(super) async fn by(&self, program: &Program<'_>) -> Answer {
        let headers: Vec<(&str, &str)> = self.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        program.send(self.method, &self.path, &headers, &self.body).await
    }
}

const CRITERIA: [(&str, &str); 7] = [
    ("Observation", "identifier=n1"),
    ("Condition", "code=c1"),
    ("Flag", "_tag=urn:tag%7Ct5"),
    ("List", "identifier=n2"),
    ("Encounter", "_id=i3"),
    ("Condition", "_security=V"),
    ("Observation", "subject=Patient/q0"),
];

/// Writes a reader may try, on what it sees, on what it does not, on what is not.
pub(super) fn tries(names: &[String]) -> Vec<Try> {
    let patch = || json!([{"op": "test", "path": "/language", "value": "zz"}]).to_string();
    let mut all = Vec::new();
    for name in names.iter().filter(|name| !name.starts_with("Patient")) {
        let (kind, id) = name.split_once('/').unwrap();
        let mut body = item(kind, 1, "Patient/p0", "Observation/none");
        body["id"] = json!(id);
        all.extend(
            ["W/\"1\"", "W/\"9\"", "*"].map(|tag| Try::new("PUT", name, body.to_string()).with("if-match", tag)),
        );
        all.push(Try::new("PATCH", name, patch()));
        all.push(Try::new("DELETE", name, String::new()).with("if-match", "W/\"9\""));
    }
    for (kind, criteria) in CRITERIA {
        let (body, address) =
            (item(kind, 99, "Patient/p0", "Observation/none").to_string(), format!("{kind}?{criteria}"));
        all.push(Try::new("PATCH", &address, patch()));
        all.push(Try::new("PUT", &address, body.clone()).with("if-match", "W/\"9\""));
        all.push(Try::new("POST", kind, body).with("if-none-exist", criteria));
        all.push(Try::new("DELETE", &address, String::new()));
        all.push(Try::new("POST", "", pointing(&address).to_string()));
    }
    // Last, for these do change what is there: by path, whole, and away.
    for name in names.iter().filter(|name| !name.starts_with("Patient")) {
        let (kind, id) = name.split_once('/').unwrap();
        let mut body = item(kind, 2, "Patient/p0", "Observation/none");
        body["id"] = json!(id);
        let mut by_path = Try::new("PATCH", name, language().to_string());
        by_path.headers = vec![("content-type", "application/fhir+json".to_owned())];
        all.push(by_path);
        all.push(Try::new("PUT", name, body.to_string()));
        all.push(Try::new("DELETE", name, String::new()));
        all.push(Try::new("POST", "", away(name).to_string()));
    }
    all
}

/// A patch by path.
fn language() -> Value {
    json!({"resourceType": "Parameters", "parameter": [{"name": "operation", "part": [
        {"name": "type", "valueCode": "delete"}, {"name": "path", "valueString": "language"}]}]})
}

/// A transaction that deletes, and reads what it has deleted or what was never there.
fn away(name: &str) -> Value {
    json!({"resourceType": "Bundle", "type": "transaction", "entry": [
        {"request": {"method": "DELETE", "url": name}}, {"request": {"method": "GET", "url": format!("{name}/_history")}}]})
}

/// A transaction that points at whatever meets criteria.
fn pointing(address: &str) -> Value {
    json!({"resourceType": "Bundle", "type": "transaction", "entry": [{
        "request": {"method": "POST", "url": "Communication"},
        "resource": {"resourceType": "Communication", "status": "completed", "subject": {"reference": "Patient/p0"},
            "about": [{"reference": address}]}}]})
}
