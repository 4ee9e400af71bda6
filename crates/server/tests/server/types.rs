//! Every type of R4, with what it requires and nothing more: created, read, searched, replaced, deleted.

use crate::support::World;
use serde_json::{Map, Value, json};
use std::collections::HashMap;

const ELEMENTS: &str = include_str!("../../../fhir/src/validate/elements.tsv");
const BINDINGS: &str = include_str!("../../../fhir/src/validate/bindings.tsv");

/// Makes the smallest instance of a type from the definitions of R4.
struct Smallest {
    nodes: HashMap<&'static str, Vec<Vec<&'static str>>>,
    codes: HashMap<&'static str, &'static str>,
}

impl Smallest {
    fn new() -> Self {
        let (mut nodes, mut path): (HashMap<_, Vec<Vec<&str>>>, _) = (HashMap::new(), "");
        for line in ELEMENTS.lines() {
            let cells: Vec<&str> = line.split('\t').collect();
            if let Some(name) = cells[0].strip_prefix('@') {
                path = name;
                nodes.insert(path, Vec::new());
            } else {
                nodes.get_mut(path).unwrap().push(cells);
            }
        }
        let codes = BINDINGS.lines().map(|line| {
            let cells: Vec<&str> = line.split('\t').collect();
            (cells[0], cells[3].split(' ').next().unwrap())
        });
        Self { nodes, codes: codes.collect() }
    }

    fn of(&self, path: &str) -> Map<String, Value> {
        let mut object = Map::new();
        for cells in self.nodes.get(path).into_iter().flatten() {
            let (name, cardinality) = (cells[0], cells[1]);
            if cardinality.starts_with('0') {
                continue;
            }
            let kind = cells[2].split(' ').next().unwrap();
            let value = match name {
                "contentType" => json!("text/plain"),
                _ => self.value(kind, cells.get(3).copied()),
            };
            let bare = kind.split(':').next().unwrap();
            let key = match name.strip_suffix("[x]") {
                Some(stem) => format!("{stem}{}", capitalized(bare)),
                None => name.to_owned(),
            };
            object.insert(key, if cardinality.ends_with('*') { json!([value]) } else { value });
        }
        object
    }

    fn value(&self, kind: &str, binding: Option<&str>) -> Value {
        if let Some(path) = kind.strip_prefix('@') {
            return self.filled(path);
        }
        match kind.split(':').next().unwrap() {
            "code" => json!(binding.and_then(|number| self.codes.get(number)).copied().unwrap_or("x")),
            "string" | "markdown" | "id" => json!("x"),
            "boolean" => json!(true),
            "positiveInt" | "unsignedInt" | "integer" | "decimal" => json!(1),
            "dateTime" | "date" => json!("2026-05-28"),
            "instant" => json!("2026-05-28T10:00:00Z"),
            "time" => json!("10:00:00"),
            "uri" | "url" | "canonical" => json!("http://example.org/x"),
            "base64Binary" => json!("eA=="),
            "xhtml" => json!("<div xmlns=\"http://www.w3.org/1999/xhtml\">x</div>"),
            "Reference" => json!({"display": "x"}),
            "CodeableConcept" => json!({"text": "x"}),
            complex => self.filled(complex),
        }
    }

    /// Something is in it, even when nothing has to be.
    fn filled(&self, path: &str) -> Value {
        let mut object = self.of(path);
        if object.is_empty() {
            object.insert("extension".into(), json!([{"url": "http://example.org/e", "valueBoolean": true}]));
        }
        Value::Object(object)
    }
}

fn capitalized(name: &str) -> String {
    let (first, rest) = name.split_at(1);
    first.to_uppercase() + rest
}

/// What the rules of a type ask for, besides what its cardinalities do.
fn ruled(kind: &str) -> Value {
    match kind {
        "AllergyIntolerance" => json!({"clinicalStatus": {"text": "x"}}),
        "Appointment" => json!({"participant": [{"actor": {"display": "x"}, "status": "accepted"}]}),
        "AppointmentResponse" => json!({"actor": {"display": "x"}}),
        "Bundle" => json!({"type": "collection"}),
        "CapabilityStatement" => json!({"implementation": {"description": "x"}, "rest": [{"mode": "server"}]}),
        "Consent" => json!({"policyRule": {"text": "x"}}),
        "EventDefinition" => json!({"trigger": [{"type": "named-event", "name": "x"}]}),
        "ImmunizationRecommendation" => {
            let status = json!({"text": "x"});
            json!({"recommendation": [{"targetDisease": {"text": "x"}, "forecastStatus": status}]})
        }
        "InsurancePlan" | "Organization" => json!({"name": "x"}),
        "Linkage" => {
            let item = json!({"type": "source", "resource": {"display": "x"}});
            json!({"item": [item, item]})
        }
        "StructureDefinition" => {
            let snapshot = json!({"element": [{"id": "x", "path": "x"}]});
            json!({"differential": snapshot, "kind": "logical", "abstract": true})
        }
        "TerminologyCapabilities" => json!({"implementation": {"description": "x"}}),
        _ => Value::Null,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_type_is_created_read_searched_replaced_and_deleted() {
    let world = World::new().await;
    let full = world.program("full").await;
    let smallest = Smallest::new();
    let statement = full.get("/fhir/metadata").await.expect(200).json();
    let kinds = statement["rest"][0]["resource"].as_array().unwrap();
    assert_eq!(kinds.len(), 146);
    let mut wrong = Vec::new();
    for kind in kinds.iter().map(|row| row["type"].as_str().unwrap()) {
        let mut object = Value::Object(smallest.of(kind));
        object["resourceType"] = json!(kind);
        if let Some(more) = ruled(kind).as_object() {
            object.as_object_mut().unwrap().extend(more.clone());
        }
        if object.as_object().unwrap().len() == 1 {
            object["language"] = json!("fr");
        }
        if *kind == *"Subscription" {
            // Kept only when it can be served.
            object["criteria"] = json!("Patient");
            object["channel"] = json!({"type": "websocket"});
        }
        let made = full.post(&format!("/fhir/{kind}"), &object).await;
        if made.status != 201 {
            wrong.push(format!("{kind} {}", made.text()));
            continue;
        }
        let path = format!("/fhir/{kind}/{}", made.json()["id"].as_str().unwrap());
        let accept = [("accept", "application/fhir+json")];
        let read = full.send("GET", &path, &accept, "").await.expect(200);
        assert_eq!(read.body, made.body, "{kind}");
        let found = full.get(&format!("/fhir/{kind}?_id={}", made.json()["id"].as_str().unwrap())).await.expect(200);
        assert_eq!(found.json()["total"], 1, "{kind}");
        let again = full.put(&path, &read.json()).await.expect(200);
        assert_eq!(again.header("etag"), "W/\"2\"", "{kind}");
        full.send("DELETE", &path, &[], "").await.expect(204);
        full.send("GET", &path, &accept, "").await.expect(410);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
