//! The tables of elements and of required codes, from HL7's definitions (CC0).

use anyhow::{Context as _, Result};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// The tables.
pub struct Tables {
    /// `@path base` opens a type; then `name, cardinality, types, binding` for each of its own elements.
    pub elements: String,
    /// `number, value set, system, codes`.
    pub bindings: String,
    /// `system, child>parent…`: those whose codes are all in the bindings.
    pub systems: String,
    /// `path, key, severity, expression, English`.
    pub invariants: String,
}

/// Reads the definitions' folder.
///
/// # Errors
/// When a file is missing or is not what it should be.
pub fn generate(folder: &Path) -> Result<Tables> {
    let (mut shapes, mut sets) = (Vec::new(), Sets::default());
    for name in ["profiles-types.json", "profiles-resources.json", "valuesets.json", "v3-codesystems.json"] {
        let bundle = read(folder, name)?;
        for resource in list(&bundle, "entry").filter_map(|entry| entry.get("resource")) {
            match text(resource, "resourceType") {
                "StructureDefinition" => shapes.push(resource.clone()),
                "ValueSet" => drop(sets.lists.insert(text(resource, "url").to_owned(), resource.clone())),
                "CodeSystem" => drop(sets.systems.insert(text(resource, "url").to_owned(), resource.clone())),
                _ => {}
            }
        }
    }
    let schema = read(folder, "fhir.schema.json")?;
    let schema = schema.get("definitions").context("the schema has no definitions")?;
    shapes.retain(|shape| is_wanted(shape, schema));
    shapes.sort_by(|a, b| text(a, "id").cmp(text(b, "id")));
    let bound: BTreeSet<&str> = shapes.iter().flat_map(elements_of).filter_map(required).collect();
    let mut numbers = HashMap::new();
    let mut bindings = String::new();
    let mut known: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for url in bound {
        let Some(codes) = sets.expand(url) else { continue };
        let number = numbers.len() + 1;
        numbers.insert(url, number);
        for (system, codes) in codes {
            writeln!(bindings, "{number}\t{}\t{system}\t{}", url.rsplit('/').next().unwrap_or(url), codes.join(" "))?;
            known.entry(system).or_default().extend(codes);
        }
    }
    let systems = sets.whole(&known)?;
    let (mut elements, mut invariants) = (String::new(), String::new());
    for shape in &shapes {
        write_shape(shape, schema, &numbers, &mut elements)?;
        write_rules(shape, schema, &mut invariants)?;
    }
    Ok(Tables { elements, bindings, systems, invariants })
}

/// Rules the walk checks itself, each in its place; advice to have a text (dom-6); a rule of later versions (dom-r4b).
const WALKED: [&str; 11] =
    ["ele-1", "ext-1", "dom-2", "dom-3", "dom-4", "dom-5", "dom-6", "dom-r4b", "ref-1", "txt-1", "txt-2"];

/// The rules of a type and of its elements, those it inherits apart.
fn write_rules(shape: &Value, schema: &Value, out: &mut String) -> Result<()> {
    let id = text(shape, "id");
    for element in elements_of(shape) {
        let path = text(element, "path");
        if let Some((parent, name)) = path.rsplit_once('.')
            && known_names(schema, parent).is_some_and(|known| !known.iter().any(|key| is_key(key, name)))
        {
            continue;
        }
        for rule in list(element, "constraint") {
            let (key, source) = (text(rule, "key"), text(rule, "source"));
            let own = source.is_empty() || source.rsplit('/').next() == Some(id);
            let expression = text(rule, "expression");
            if !own || expression.is_empty() || WALKED.contains(&key) {
                continue;
            }
            let cells = [path, key, text(rule, "severity"), &whole(expression), text(rule, "human")];
            writeln!(out, "{}", cells.map(|cell| cell.split_whitespace().collect::<Vec<_>>().join(" ")).join("\t"))?;
        }
    }
    Ok(())
}

/// R4 means the whole text when it says `matches`; FHIRPath has it be any part.
fn whole(expression: &str) -> String {
    let mut parts = expression.split("matches('");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once("')").filter(|_| !part.starts_with('^')) {
            Some((pattern, rest)) => out.push_str(&format!("matches('^({pattern})$'){rest}")),
            None => out.push_str(&format!("matches('{part}")),
        }
    }
    out
}

fn read(folder: &Path, name: &str) -> Result<Value> {
    let path = folder.join(name);
    let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_slice(&bytes).with_context(|| format!("{name} is not JSON"))
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn list<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

/// Types of R4 as it was published: what its own JSON schema does not know is a later addition.
fn is_wanted(shape: &Value, schema: &Value) -> bool {
    let (id, kind) = (text(shape, "id"), text(shape, "kind"));
    let abstracts = ["BackboneElement", "Element", "Resource", "DomainResource"];
    matches!(kind, "resource" | "complex-type")
        && text(shape, "derivation") != "constraint"
        && (schema.get(id).is_some() || abstracts.contains(&id))
}

fn elements_of(shape: &Value) -> impl Iterator<Item = &Value> {
    shape.get("snapshot").into_iter().flat_map(|snapshot| list(snapshot, "element"))
}

/// The value set an element's codes must come from.
fn required(element: &Value) -> Option<&str> {
    let binding = element.get("binding").filter(|binding| text(binding, "strength") == "required")?;
    let coded = list(element, "type").any(|kind| matches!(text(kind, "code"), "code" | "Coding" | "CodeableConcept"));
    let set = text(binding, "valueSet");
    (coded && !set.is_empty()).then(|| set.split_once('|').map_or(set, |(url, _)| url))
}

/// Value sets and code systems by address.
#[derive(Default)]
struct Sets {
    lists: HashMap<String, Value>,
    systems: HashMap<String, Value>,
}

impl Sets {
    /// The codes of a value set by system; none when it cannot be listed.
    fn expand(&self, url: &str) -> Option<BTreeMap<String, Vec<String>>> {
        let compose = self.lists.get(url)?.get("compose")?;
        if compose.get("exclude").is_some() {
            return None;
        }
        let mut out: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for part in list(compose, "include") {
            if part.get("filter").is_some() || part.get("valueSet").is_some() {
                return None;
            }
            let system = text(part, "system");
            let mut codes = Vec::new();
            if part.get("concept").is_some() {
                collect(part, &mut codes);
            } else {
                let whole = self.systems.get(system).filter(|system| text(system, "content") == "complete")?;
                collect(whole, &mut codes);
            }
            out.entry(system.to_owned()).or_default().extend(codes);
        }
        let sound = out.values().flatten().all(|code| !code.is_empty() && !code.contains(char::is_whitespace));
        (sound && !out.is_empty()).then_some(out)
    }

    /// The systems whose every code is known, with their hierarchies.
    fn whole(&self, known: &BTreeMap<String, BTreeSet<String>>) -> Result<String> {
        let mut out = String::new();
        for (url, known) in known {
            let Some(system) = self.systems.get(url).filter(|system| text(system, "content") == "complete") else {
                continue;
            };
            let (mut codes, mut links) = (Vec::new(), Vec::new());
            collect(system, &mut codes);
            collect_links(system, &mut links);
            if codes.iter().all(|code| known.contains(code)) {
                writeln!(out, "{}", format!("{url}\t{}", links.join(" ")).trim_end())?;
            }
        }
        Ok(out)
    }
}

/// What stands directly below what, as `child>parent`.
fn collect_links(of: &Value, links: &mut Vec<String>) {
    for concept in list(of, "concept") {
        links
            .extend(list(concept, "concept").map(|child| format!("{}>{}", text(child, "code"), text(concept, "code"))));
        collect_links(concept, links);
    }
}

fn collect(of: &Value, codes: &mut Vec<String>) {
    for concept in list(of, "concept") {
        codes.push(text(concept, "code").to_owned());
        collect(concept, codes);
    }
}

fn write_shape(shape: &Value, schema: &Value, numbers: &HashMap<&str, usize>, out: &mut String) -> Result<()> {
    let id = text(shape, "id");
    let base = text(shape, "baseDefinition").rsplit('/').next().unwrap_or_default();
    let mut nodes: BTreeMap<String, (String, Vec<String>)> = BTreeMap::new();
    nodes.insert(id.to_owned(), (base.to_owned(), Vec::new()));
    for element in elements_of(shape).skip(1) {
        let path = text(element, "path");
        let Some((parent, name)) = path.rsplit_once('.') else { continue };
        let origin = element.get("base").map_or("", |base| text(base, "path"));
        let known = known_names(schema, parent);
        let inherited = origin.split('.').next() != Some(id) || !nodes.contains_key(parent);
        if inherited || known.as_ref().is_some_and(|known| !known.iter().any(|key| is_key(key, name))) {
            continue;
        }
        let (types, inner) = types(element, path, name, known.as_deref());
        if let Some(base) = inner {
            nodes.insert(path.to_owned(), (base, Vec::new()));
        }
        let binding = required(element).and_then(|url| numbers.get(url)).map_or_else(String::new, usize::to_string);
        let min = element.get("min").and_then(Value::as_u64).unwrap_or_default();
        let line = format!("{name}\t{min}{}\t{types}\t{binding}", text(element, "max"));
        if let Some((_, lines)) = nodes.get_mut(parent) {
            lines.push(line.trim_end().to_owned());
        }
    }
    for (path, (base, lines)) in nodes {
        writeln!(out, "@{path}\t{base}")?;
        for line in lines {
            writeln!(out, "{line}")?;
        }
    }
    Ok(())
}

fn is_key(key: &str, name: &str) -> bool {
    name.strip_suffix("[x]").map_or(key == name, |stem| {
        key.strip_prefix(stem).is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_uppercase()))
    })
}

/// The element names the published schema gives at a path; none for abstract types.
fn known_names(schema: &Value, path: &str) -> Option<Vec<String>> {
    let mut parts = path.split('.');
    let mut node = schema.get(parts.next()?)?;
    for part in parts {
        let property = node.get("properties")?.get(part)?;
        let target = property.get("items").unwrap_or(property);
        node = schema.get(text(target, "$ref").rsplit('/').next()?)?;
    }
    Some(node.get("properties")?.as_object()?.keys().cloned().collect())
}

/// The types of an element in our form, and the base of the type it opens itself, if it does.
fn types(element: &Value, path: &str, name: &str, known: Option<&[String]>) -> (String, Option<String>) {
    if let Some(content) = element.get("contentReference").and_then(Value::as_str) {
        return (format!("@{}", content.rsplit('#').next().unwrap_or(content)), None);
    }
    if path == "Resource.id" {
        return ("id".to_owned(), None);
    }
    let mut words = Vec::new();
    for kind in list(element, "type") {
        let code = match text(kind, "code") {
            code @ ("BackboneElement" | "Element") => return (format!("@{path}"), Some(code.to_owned())),
            code if code.starts_with("http:") => list(kind, "extension")
                .find(|extension| text(extension, "url").ends_with("structuredefinition-fhir-type"))
                .map_or("string", |extension| text(extension, "valueUrl")),
            code => code,
        };
        if let (Some(stem), Some(known)) = (name.strip_suffix("[x]"), known) {
            let mut letters = code.chars();
            let first = letters.next().map(|first| first.to_ascii_uppercase());
            let key: String = stem.chars().chain(first).chain(letters).collect();
            if !known.contains(&key) {
                continue;
            }
        }
        let targets: BTreeSet<&str> = list(kind, "targetProfile")
            .filter_map(|target| target.as_str()?.strip_prefix("http://hl7.org/fhir/StructureDefinition/"))
            .collect();
        if code != "Reference" || targets.is_empty() || targets.contains("Resource") {
            words.push(code.to_owned());
        } else {
            words.push(format!("{code}:{}", targets.into_iter().collect::<Vec<_>>().join(",")));
        }
    }
    (words.join(" "), None)
}
