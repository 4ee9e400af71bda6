//! `ValueSet/$expand`, `$validate-code`, `CodeSystem/$lookup`, `$validate-code`, `$subsumes` (FHIR R4, terminology service).

use super::input::{Input, wrong};
use crate::fhir_api::{Ask, answer};
use crate::trouble::{Doing, Trouble};
use app::terminology::{self, Which};
use axum::http::StatusCode;
use axum::response::Response;
use fhir::json::Value;
use fhir::terminology::{Asked, Concept, Expansion, Item, LARGEST, System, Verdict};
use fhir::{Invalid, Resource, ResourceType};
use serde_json::json;

/// Codes given at once to who does not ask for a page.
const WHOLE: usize = 10_000;
/// What would change the answer, and is not done.
const NOT_DONE: [&str; 8] = [
    "context",
    "contextDirection",
    "date",
    "exclude-system",
    "system-version",
    "check-system-version",
    "force-system-version",
    "property-filter",
];

/// An operation on code lists, or nothing when this is none.
pub(super) fn named(kind: ResourceType, id: Option<&str>, name: &str) -> Option<Operation> {
    match (kind.name(), name, id) {
        ("ValueSet", "$expand", _) => Some(Operation::Expand),
        ("ValueSet", "$validate-code", _) => Some(Operation::IsInSet),
        ("CodeSystem", "$lookup", None) => Some(Operation::LookUp),
        ("CodeSystem", "$validate-code", _) => Some(Operation::IsOfSystem),
        ("CodeSystem", "$subsumes", _) => Some(Operation::Subsumes),
        _ => None,
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Operation {
    Expand,
    IsInSet,
    LookUp,
    IsOfSystem,
    Subsumes,
}

pub(super) async fn run(ask: &Ask, what: Operation, id: Option<String>, input: &Input) -> Result<Response, Trouble> {
    if let Some(name) = input.names().find(|name| NOT_DONE.contains(name)) {
        let (fr, en) = (format!("« {name} » n’est pas pris en charge."), format!("'{name}' is not supported."));
        return Err(Trouble::new(StatusCode::BAD_REQUEST, "not-supported", &fr, &en));
    }
    let answer = match what {
        Operation::Expand => expand(ask, id, input).await?,
        Operation::IsInSet => is_in_set(ask, id, input).await?,
        Operation::LookUp => look_up(ask, input).await?,
        Operation::IsOfSystem => is_of_system(ask, id, input).await?,
        Operation::Subsumes => subsumes(ask, id, input).await?,
    };
    Ok(answer::json(StatusCode::OK, fhir::json::to_vec(&answer)))
}

/// What cannot be answered is not found, or cannot be done; what is asked badly is bad.
fn trouble(ask: &Ask, error: app::Error) -> Trouble {
    let app::Error::Store(app::StoreError::Invalid(invalid)) = error else { return ask.trouble(error, Doing::Read) };
    let status = match invalid.issues.first().map(|issue| issue.code) {
        Some("not-found") => StatusCode::NOT_FOUND,
        Some("too-costly" | "processing") => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::BAD_REQUEST,
    };
    Trouble::invalid(status, invalid)
}

/// The list that is asked about: the instance, the one sent, or by its address.
fn which(id: Option<String>, input: &Input, kind: &str, names: [&str; 3]) -> Result<Which, Trouble> {
    let [url, version, given] = names;
    if let Some(id) = id {
        return Ok(Which::Id(id));
    }
    let sent = input.resource.as_ref().filter(|resource| resource.kind().name() == kind).cloned();
    let part = input.part(given).and_then(|part| part.get("resource")).cloned();
    let part = part.map(Resource::from_value).transpose();
    let part = part.map_err(|invalid| Trouble::invalid(StatusCode::BAD_REQUEST, invalid))?;
    if let Some(list) = sent.or(part) {
        return if list.kind().name() == kind {
            Ok(Which::Given(Box::new(list)))
        } else {
            Err(wrong(given, kind, kind))
        };
    }
    let address = input.text(url).ok_or_else(|| wrong(url, "donné", "given"))?;
    Ok(Which::Url(match input.text(version) {
        Some(version) if !address.contains('|') => format!("{address}|{version}"),
        _ => address.to_owned(),
    }))
}

async fn expand(ask: &Ask, id: Option<String>, input: &Input) -> Result<Value, Trouble> {
    let which = which(id, input, "ValueSet", ["url", "valueSetVersion", "valueSet"])?;
    let (count, offset) = (input.number("count")?, input.number("offset")?.unwrap_or_default());
    let (set, expansion) = terminology::expand(&ask.cx, which).await.map_err(|error| trouble(ask, error))?;
    let mut items = expansion.whole().map_err(|invalid| trouble(ask, invalid.into()))?;
    let filter = input.text("filter").map(fhir::search::normalise);
    let active = input.text("activeOnly") == Some("true");
    items.retain(|item| !(active && item.inactive) && filter.as_deref().is_none_or(|filter| is_named(item, filter)));
    if count.is_none() && items.len() > WHOLE {
        let (fr, en) =
            ("Liste trop longue : demandez une page avec « count ».", "Too long: ask for a page with 'count'.");
        return Err(trouble(ask, Invalid::one("too-costly", None, fr, en).into()));
    }
    let total = items.len();
    let size = |number: u32| usize::try_from(number).unwrap_or(LARGEST);
    let page = items.iter().skip(size(offset)).take(count.map_or(LARGEST, size));
    let designations = input.text("includeDesignations") == Some("true");
    let contains: Vec<Value> = page.map(|item| said(item, designations)).collect();
    let mut given = Vec::new();
    for (name, key) in [("filter", "valueString"), ("activeOnly", "valueBoolean")] {
        given.extend(input.text(name).map(|text| match key {
            "valueBoolean" => json!({ "name": name, key: text == "true" }),
            _ => json!({ "name": name, key: text }),
        }));
    }
    given.extend(count.map(|count| json!({ "name": "count", "valueInteger": count })));
    let mut body = json!({
        "identifier": format!("urn:uuid:{}", uuid::Uuid::new_v4()),
        "timestamp": fhir::date::instant(ask.cx.now()),
        "total": total,
        "offset": offset,
    });
    if let Some(object) = body.as_object_mut() {
        // Neither may be empty.
        object.extend((!given.is_empty()).then(|| ("parameter".to_owned(), given.into())));
        object.extend((!contains.is_empty()).then(|| ("contains".to_owned(), contains.into())));
    }
    Ok(expanded(set, input.text("url"), body))
}

/// The value set without what it is made of, with what it holds.
fn expanded(set: Option<Resource>, url: Option<&str>, expansion: Value) -> Value {
    let mut value = match set {
        Some(set) => set.into_value(),
        None => {
            let bare = url.map(|url| url.split_once('|').map_or(url, |(bare, _)| bare));
            json!({ "resourceType": "ValueSet", "url": bare, "version": "4.0.1", "status": "active" })
        }
    };
    if let Some(object) = value.as_object_mut() {
        object.shift_remove("compose");
        object.shift_remove("text");
        object.insert("expansion".into(), expansion);
    }
    value
}

/// Whether every word is in the code or in one of its names.
fn is_named(item: &Item, filter: &str) -> bool {
    let others = item.designations.iter().filter_map(|one| one.get("value")?.as_str());
    let names: Vec<&str> = [item.code.as_str()].into_iter().chain(item.display.as_deref()).chain(others).collect();
    let names = fhir::search::normalise(&names.join(" "));
    filter.split(' ').all(|word| names.contains(word))
}

fn said(item: &Item, designations: bool) -> Value {
    let mut value = json!({ "system": item.system });
    let Some(object) = value.as_object_mut() else { return value };
    if item.r#abstract {
        object.insert("abstract".into(), true.into());
    }
    if item.inactive {
        object.insert("inactive".into(), true.into());
    }
    object.extend(item.version.as_deref().map(|version| ("version".to_owned(), version.into())));
    object.insert("code".into(), item.code.as_str().into());
    object.extend(item.display.as_deref().map(|display| ("display".to_owned(), display.into())));
    if designations && !item.designations.is_empty() {
        object.insert("designation".into(), item.designations.clone().into());
    }
    value
}

/// The codes that are asked about: a code, a Coding, or each of a CodeableConcept. `system`: the parameter of its system.
fn asked(input: &Input, system: Option<&str>) -> Result<Vec<Asked>, Trouble> {
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let read = |coding: &Value| {
        let code = text(coding, "code")?;
        Some(Asked { system: text(coding, "system"), code, display: text(coding, "display") })
    };
    if let Some(code) = input.text("code") {
        let system = system.and_then(|system| input.text(system)).map(str::to_owned);
        return Ok(vec![Asked { system, code: code.to_owned(), display: input.text("display").map(str::to_owned) }]);
    }
    let codings: Vec<&Value> = match input.part("coding").and_then(|part| part.get("valueCoding")) {
        Some(coding) => vec![coding],
        None => {
            let concept = input.part("codeableConcept").and_then(|part| part.get("valueCodeableConcept"));
            concept.and_then(|concept| concept.get("coding")?.as_array()).into_iter().flatten().collect()
        }
    };
    let all: Vec<Asked> = codings.into_iter().filter_map(read).collect();
    if all.is_empty() { Err(wrong("code", "donné", "given")) } else { Ok(all) }
}

async fn is_in_set(ask: &Ask, id: Option<String>, input: &Input) -> Result<Value, Trouble> {
    let asked = asked(input, Some("system"))?;
    // R4, ValueSet-validate-code: the same letters are codes of many systems.
    if input.text("code").is_some() && input.text("system").is_none() {
        return Err(wrong("system", "donné avec un code", "given with a code"));
    }
    let which = which(id, input, "ValueSet", ["url", "valueSetVersion", "valueSet"])?;
    let (_, expansion): (_, Expansion) =
        terminology::expand(&ask.cx, which).await.map_err(|error| trouble(ask, error))?;
    let verdict = fhir::terminology::has(&expansion, &asked).map_err(|invalid| trouble(ask, invalid.into()))?;
    Ok(judged(&verdict))
}

async fn is_of_system(ask: &Ask, id: Option<String>, input: &Input) -> Result<Value, Trouble> {
    let asked = asked(input, None)?;
    let named = asked.iter().find_map(|one| one.system.clone());
    let url = input.text("url").map(str::to_owned).or(named.filter(|_| id.is_none()));
    let which = match (&id, &url, input.text("version")) {
        (None, Some(url), None) if input.part("codeSystem").is_none() => Which::Url(url.clone()),
        _ => which(id, input, "CodeSystem", ["url", "version", "codeSystem"])?,
    };
    let system = terminology::system(&ask.cx, which).await.map_err(|error| trouble(ask, error))?;
    let url = system.as_ref().map(|system| system.url.clone()).or(url).unwrap_or_default();
    let ours: Vec<&Asked> =
        asked.iter().filter(|one| one.system.as_ref().is_none_or(|system| *system == url)).collect();
    let mut last = None;
    for one in &ours {
        let verdict = fhir::terminology::is_code_of(&url, system.as_ref(), one);
        let verdict = verdict.map_err(|invalid| trouble(ask, invalid.into()))?;
        let done = verdict.result;
        last = Some(verdict);
        if done {
            break;
        }
    }
    let (fr, en) = ("Ces codes sont d’un autre système.", "These codes are of another system.");
    Ok(judged(&last.unwrap_or(Verdict { result: false, message: Some((fr, en)), display: None })))
}

fn judged(verdict: &Verdict) -> Value {
    let mut parameters = vec![json!({ "name": "result", "valueBoolean": verdict.result })];
    parameters
        .extend(verdict.message.map(|(fr, en)| json!({ "name": "message", "valueString": format!("{fr} {en}") })));
    parameters.extend(verdict.display.as_ref().map(|display| json!({ "name": "display", "valueString": display })));
    json!({ "resourceType": "Parameters", "parameter": parameters })
}

/// The system that `system` (and `version`) name, or that of the instance.
async fn loaded(ask: &Ask, id: Option<String>, url: Option<&str>, version: Option<&str>) -> Result<System, Trouble> {
    let url = url.map(|url| version.map_or_else(|| url.to_owned(), |version| format!("{url}|{version}")));
    let which = match (id, &url) {
        (Some(id), _) => Which::Id(id),
        (None, Some(url)) => Which::Url(url.clone()),
        (None, None) => return Err(wrong("system", "donné", "given")),
    };
    let found = terminology::system(&ask.cx, which).await.map_err(|error| trouble(ask, error))?;
    found.ok_or_else(|| {
        let (fr, en) = ("Ce système de codes n’est pas chargé ici.", "This code system is not loaded here.");
        Trouble::new(StatusCode::NOT_FOUND, "not-found", fr, en)
    })
}

/// A code is not there; of a system of which a part is here, that cannot be said.
fn no_code(system: &System) -> Trouble {
    let (fr, en) = if system.complete {
        ("Ce code n’est pas dans le système de codes.", "The code is not in the code system.")
    } else {
        ("Ce code n’est pas dans la partie du système qui est chargée ici.", "Not in the part that is loaded here.")
    };
    Trouble::new(StatusCode::NOT_FOUND, "not-found", fr, en)
}

async fn look_up(ask: &Ask, input: &Input) -> Result<Value, Trouble> {
    let one = asked(input, Some("system"))?.into_iter().next().unwrap_or_default();
    let coding = input.part("coding").and_then(|part| part.get("valueCoding"));
    let version = coding.and_then(|coding| coding.get("version")?.as_str()).or(input.text("version"));
    let system = loaded(ask, None, one.system.as_deref(), version).await?;
    let concept = system.find(&one.code).ok_or_else(|| no_code(&system))?;
    let mut parameters = vec![json!({ "name": "name", "valueString": system.name })];
    parameters.extend(system.version.as_ref().map(|version| json!({ "name": "version", "valueString": version })));
    let display = concept.display.as_deref().unwrap_or(&concept.code);
    parameters.push(json!({ "name": "display", "valueString": display }));
    let wanted = input.every("property");
    let wants = |name: &str| wanted.is_empty() || wanted.iter().any(|one| one == name || one == "*");
    if wants("designation") {
        parameters.extend(concept.designations.iter().map(designation));
    }
    parameters.extend(properties(&system, concept).into_iter().filter(|(code, _)| wants(code)).map(|(code, value)| {
        let mut part = vec![json!({ "name": "code", "valueCode": code })];
        part.push(value);
        json!({ "name": "property", "part": part })
    }));
    Ok(json!({ "resourceType": "Parameters", "parameter": parameters }))
}

fn designation(one: &Value) -> Value {
    let named = [("language", "valueCode"), ("use", "valueCoding"), ("value", "valueString")];
    let part: Vec<Value> = named
        .iter()
        .filter_map(|(name, key)| one.get(name).map(|value| json!({ "name": name, *key: value })))
        .collect();
    json!({ "name": "designation", "part": part })
}

/// What is said of a concept: its own properties, its definition, and where it stands.
fn properties(system: &System, concept: &Concept) -> Vec<(String, Value)> {
    let own = concept.properties.iter().filter_map(|property| {
        let (key, value) = property.as_object()?.iter().find(|(key, _)| key.starts_with("value"))?;
        Some((property.get("code")?.as_str()?.to_owned(), json!({ "name": "value", key: value })))
    });
    let mut all: Vec<(String, Value)> = own.collect();
    let (parents, children) = system.neighbours(&concept.code);
    for (name, codes) in [("parent", parents), ("child", children)] {
        if !all.iter().any(|(code, _)| code == name) {
            all.extend(codes.iter().map(|code| (name.to_owned(), json!({ "name": "value", "valueCode": code }))));
        }
    }
    let definition = concept.definition.as_ref();
    all.extend(definition.map(|text| ("definition".to_owned(), json!({ "name": "value", "valueString": text }))));
    all
}

async fn subsumes(ask: &Ask, id: Option<String>, input: &Input) -> Result<Value, Trouble> {
    let coding = |name: &str| input.part(name).and_then(|part| part.get("valueCoding"));
    let of = |name: &str, coding: Option<&Value>| {
        let code = coding.and_then(|coding| coding.get("code")?.as_str()).or(input.text(name));
        code.map(str::to_owned).ok_or_else(|| wrong(name, "donné", "given"))
    };
    let (one, two) = (of("codeA", coding("codingA"))?, of("codeB", coding("codingB"))?);
    let url = coding("codingA").and_then(|coding| coding.get("system")?.as_str()).or(input.text("system"));
    let system = loaded(ask, id, url, input.text("version")).await?;
    let relation = system.relation(&one, &two).ok_or_else(|| no_code(&system))?;
    let outcome = json!({ "name": "outcome", "valueCode": relation.code() });
    Ok(json!({ "resourceType": "Parameters", "parameter": [outcome] }))
}
