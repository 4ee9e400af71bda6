//! The CapabilityStatement, made from the tables the server runs on.

mod definitions;

use crate::ResourceType;
use crate::json::Value;
use crate::operations;
use crate::search::{self, ParamKind};
use serde_json::json;

/// What this server can do: one row per resource type with its interactions and search parameters. `token` is where
/// programs are given access tokens.
pub fn statement(version: &str, date: &str, url: &str, token: &str) -> Value {
    let resources: Vec<Value> = ResourceType::all().map(resource).collect();
    json!({
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": date,
        "kind": "instance",
        "software": { "name": "Socle", "version": version },
        "implementation": { "description": "Socle", "url": url },
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "application/json", "json"],
        "patchFormat": ["application/json-patch+json", "application/fhir+json"],
        "rest": [{
            "mode": "server",
            "documentation": "What a client may do depends on its rights: sent with its access token, this request answers for that client.",
            "extension": [{
                "url": "http://hl7.org/fhir/StructureDefinition/capabilitystatement-websocket",
                "valueUri": websocket(url)
            }],
            "security": {
                "extension": [{
                    "url": "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris",
                    "extension": [{ "url": "token", "valueUri": token }]
                }],
                "cors": false,
                "service": [{ "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/restful-security-service", "code": "OAuth" }] }],
                "description": "OAuth 2.0, client_credentials"
            },
            "resource": resources,
            "interaction": [{ "code": "transaction" }, { "code": "batch" }, { "code": "history-system" }, { "code": "search-system" }],
            "compartment": compartments(),
            "operation": operations::of_server()
        }]
    })
}

/// What it can do as a terminology server (`metadata?mode=terminology`).
pub fn terminology(version: &str, date: &str, url: &str) -> Value {
    let parameters = ["activeOnly", "count", "filter", "includeDesignations", "offset", "url", "valueSet"];
    let parameters = parameters.map(|name| json!({ "name": name }));
    json!({
        "resourceType": "TerminologyCapabilities",
        "status": "active",
        "date": date,
        "kind": "instance",
        "software": { "name": "Socle", "version": version },
        "implementation": { "description": "Socle", "url": url },
        "expansion": {
            "hierarchical": false,
            "paging": true,
            "incomplete": false,
            "parameter": parameters,
            "textFilter": "every word, in any order, without accents or case, in the code or one of its names"
        },
        "codeSearch": "all",
        "validateCode": { "translations": false }
    })
}

/// Adds the search parameters a house has added, those that are answered.
pub fn add_own(statement: &mut Value, own: &search::Own) {
    let rows = statement.pointer_mut("/rest/0/resource").and_then(Value::as_array_mut);
    for row in rows.into_iter().flatten().filter_map(Value::as_object_mut) {
        let Some(kind) = row.get("type").and_then(Value::as_str).and_then(ResourceType::parse) else { continue };
        let added: Vec<Value> =
            own.answered(kind).map(|param| json!({ "name": param.code, "type": param.kind.name() })).collect();
        if added.is_empty() {
            continue;
        }
        if let Some(params) = row.entry("searchParam").or_insert_with(|| json!([])).as_array_mut() {
            params.extend(added);
        }
    }
}

/// What a client may do at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// It writes.
    pub writes: bool,
    /// It chooses the ids of what it creates.
    pub chooses: bool,
    /// It sends files to be imported.
    pub imports: bool,
}

/// Leaves of a statement what one client may do.
pub fn narrow(statement: &mut Value, reach: Reach) {
    let kept = |one: &Value| match one.get("name").and_then(Value::as_str) {
        Some("meta-add" | "meta-delete") => reach.writes,
        Some("import") => reach.imports,
        _ => true,
    };
    if let Some(operations) = statement.pointer_mut("/rest/0/operation").and_then(Value::as_array_mut) {
        operations.retain(kept);
    }
    let rows = statement.pointer_mut("/rest/0/resource").and_then(Value::as_array_mut);
    for row in rows.into_iter().flatten().filter_map(Value::as_object_mut) {
        row.insert("updateCreate".into(), (reach.writes && reach.chooses).into());
        if reach.writes {
            continue;
        }
        for (name, value) in [
            ("conditionalCreate", json!(false)),
            ("conditionalUpdate", json!(false)),
            ("conditionalDelete", json!("not-supported")),
        ] {
            row.insert(name.into(), value);
        }
        let writes = |one: &Value| one.get("code").and_then(Value::as_str).is_some_and(|code| WRITES.contains(&code));
        if let Some(operations) = row.get_mut("operation").and_then(Value::as_array_mut) {
            operations.retain(kept);
        }
        if let Some(interactions) = row.get_mut("interaction").and_then(Value::as_array_mut) {
            interactions.retain(|one| !writes(one));
        }
    }
}

/// Interactions that write.
const WRITES: [&str; 4] = ["create", "update", "patch", "delete"];
/// Interactions that do not.
const READS: [&str; 5] = ["read", "vread", "history-instance", "history-type", "search-type"];

/// Where Subscriptions by websocket are told: beside the base address `url`.
fn websocket(url: &str) -> String {
    let base = url.trim_end_matches("/fhir");
    format!("{}/websocket", base.replacen("http", "ws", 1))
}

/// The compartments that can be searched.
fn compartments() -> Vec<String> {
    let named = ResourceType::all().filter(|kind| crate::compartment::exists(*kind));
    named.map(|kind| format!("http://hl7.org/fhir/CompartmentDefinition/{}", kind.name().to_lowercase())).collect()
}

/// The parameters by which others point at a type.
fn pointing(kind: ResourceType) -> Vec<String> {
    let links = |source: ResourceType| {
        let own = search::params(source).filter(|param| param.kind == ParamKind::Reference);
        own.filter(|param| param.targets.contains(&kind)).map(move |param| format!("{source}:{}", param.code))
    };
    ResourceType::all().flat_map(links).collect()
}

fn resource(kind: ResourceType) -> Value {
    // `_id` and `_lastUpdated` are answered by means of their own.
    let answered =
        |param: &&search::Param| param.kind != ParamKind::Special || matches!(param.code, "_id" | "_lastUpdated");
    let params: Vec<Value> = search::params(kind)
        .filter(answered)
        .map(|param| {
            let kind = match param.code {
                "_id" => "token",
                "_lastUpdated" => "date",
                _ => param.kind.name(),
            };
            json!({ "name": param.code, "definition": definitions::address(param), "type": kind })
        })
        .collect();
    let links = search::params(kind).filter(|param| param.kind == ParamKind::Reference);
    let mut includes = vec!["*".to_owned()];
    includes.extend(links.map(|param| format!("{kind}:{}", param.code)));
    let interactions: Vec<Value> = READS.iter().chain(&WRITES).map(|code| json!({ "code": code })).collect();
    let mut value = json!({
        "type": kind.name(),
        "interaction": interactions,
        "versioning": "versioned",
        "readHistory": true,
        "updateCreate": true,
        "conditionalCreate": true,
        "conditionalUpdate": true,
        "conditionalRead": "full-support",
        "conditionalDelete": "single",
        "referencePolicy": ["literal", "logical", "local"],
        "searchInclude": includes,
        "searchRevInclude": pointing(kind),
        "operation": operations::of_type(kind)
    });
    if let (true, Some(object)) = (kind == ResourceType::SUBSCRIPTION, value.as_object_mut()) {
        let text = "Channels rest-hook and websocket, without payload: told that something has changed, a client reads again under its own rights.";
        object.insert("documentation".into(), text.into());
    }
    if let (false, Some(object)) = (params.is_empty(), value.as_object_mut()) {
        object.insert("searchParam".into(), Value::Array(params));
    }
    // Nothing points at some types: an empty list is not valid.
    if let Some(object) = value.as_object_mut() {
        object.retain(|_, value| !matches!(value, Value::Array(list) if list.is_empty()));
    }
    value
}
