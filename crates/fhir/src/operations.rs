//! The operations that the server announces, and the definition of each.

use crate::ResourceType;
use crate::json::Value;
use serde_json::json;

/// On the whole server.
const SERVER: [(&str, &str); 3] = [
    ("validate", "Resource-validate"),
    ("export", "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/export"),
    // No standard defines it yet.
    ("import", "urn:socle:operation:import"),
];
/// On every type or its instances.
const EVERY: [(&str, &str); 4] = [
    ("meta", "Resource-meta"),
    ("meta-add", "Resource-meta-add"),
    ("meta-delete", "Resource-meta-delete"),
    ("validate", "Resource-validate"),
];
/// On one type, or its instances.
const ONE: [(&str, &str, &str); 10] = [
    ("Patient", "everything", "Patient-everything"),
    ("Patient", "export", "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/patient-export"),
    ("Group", "export", "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/group-export"),
    ("Composition", "document", "Composition-document"),
    // No standard defines it.
    ("Patient", "document", "urn:socle:operation:patient-document"),
    ("ValueSet", "expand", "ValueSet-expand"),
    ("ValueSet", "validate-code", "ValueSet-validate-code"),
    ("CodeSystem", "lookup", "CodeSystem-lookup"),
    ("CodeSystem", "validate-code", "CodeSystem-validate-code"),
    ("CodeSystem", "subsumes", "CodeSystem-subsumes"),
];

/// `rest.operation`.
pub(crate) fn of_server() -> Vec<Value> {
    SERVER.iter().map(|(name, definition)| said(name, definition)).collect()
}

/// `rest.resource.operation`.
pub(crate) fn of_type(kind: ResourceType) -> Vec<Value> {
    let own = ONE.iter().filter(|(of, ..)| *of == kind.name()).map(|(_, name, definition)| (name, definition));
    EVERY.iter().map(|(name, definition)| (name, definition)).chain(own).map(|(name, of)| said(name, of)).collect()
}

fn said(name: &str, definition: &str) -> Value {
    let base = if definition.contains(':') { "" } else { "http://hl7.org/fhir/OperationDefinition/" };
    json!({ "name": name, "definition": format!("{base}{definition}") })
}
