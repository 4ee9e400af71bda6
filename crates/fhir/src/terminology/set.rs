//! What a `ValueSet` holds (FHIR R4 §4.9.5): its includes together, without its excludes.

use super::library::{Canonical, Library};
use super::rule::Rule;
use super::system::System;
use super::{LARGEST, builtin, too_costly, unknown};
use crate::json::Value;
use crate::{Invalid, Resource, ResourceType};
use std::collections::HashSet;

/// Value sets inside value sets.
const DEPTH: usize = 16;

/// One code of a list.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Item {
    /// Its system.
    pub system: String,
    /// Version of the system, where that is known.
    pub version: Option<String>,
    /// The code.
    pub code: String,
    /// Its name, where that is known.
    pub display: Option<String>,
    /// Other names.
    pub designations: Vec<Value>,
    /// No longer to be used.
    pub inactive: bool,
    /// A heading.
    pub r#abstract: bool,
}

/// The codes of a value set, as far as they are known.
#[derive(Debug, Default)]
pub struct Expansion {
    /// The codes, in order, each once.
    pub items: Vec<Item>,
    /// Lists that are not here, of which some codes may be missing.
    pub(super) missing: Vec<String>,
    /// Lists of which a part is here.
    pub(super) partial: Vec<String>,
    /// Lists that are not here, of which some codes may be excluded.
    pub(super) doubtful: Vec<String>,
}

impl Expansion {
    /// The codes of a value set.
    ///
    /// # Errors
    /// `not-supported`, `too-costly`; `invalid` when it contains itself.
    pub fn of(set: &Resource, library: &Library) -> Result<Self, Invalid> {
        of(set, library, 0)
    }

    /// The codes of a value set of R4 that required bindings name; of a version, if that is one of R4.
    pub fn of_r4(address: &str) -> Option<Self> {
        let (url, version) = address.split_once('|').unwrap_or((address, "4.0.1"));
        builtin::value_set(url).filter(|_| version.starts_with("4.0")).map(|items| Self { items, ..Self::default() })
    }

    /// All codes of a value set; those that are here of a system that says it is a part.
    ///
    /// # Errors
    /// `not-found` when one of the lists it builds on is not loaded.
    pub fn whole(self) -> Result<Vec<Item>, Invalid> {
        match self.missing.iter().chain(&self.doubtful).next() {
            Some(url) => Err(unknown(url)),
            None => Ok(self.items),
        }
    }

    /// Keeps what is also there; what is not known there is not known here.
    fn keep(&mut self, other: &Self) {
        let there: HashSet<(&str, &str)> = other.items.iter().map(Item::key).collect();
        self.items.retain(|item| there.contains(&item.key()));
        self.take_doubts(other);
    }

    fn take_doubts(&mut self, other: &Self) {
        self.missing.extend(other.missing.iter().cloned());
        self.partial.extend(other.partial.iter().cloned());
        self.doubtful.extend(other.doubtful.iter().cloned());
    }
}

impl Item {
    fn key(&self) -> (&str, &str) {
        (&self.system, &self.code)
    }
}

fn list<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}

fn parts<'a>(set: &'a Resource, name: &str) -> impl Iterator<Item = &'a Value> {
    set.get(&["compose"]).into_iter().flat_map(move |compose| list(compose, name))
}

/// The address of a system, with its version when one is asked for.
fn system_of(part: &Value) -> Option<String> {
    let url = part.get("system")?.as_str()?;
    Some(match part.get("version").and_then(Value::as_str) {
        Some(version) => format!("{url}|{version}"),
        None => url.to_owned(),
    })
}

/// The lists that a value set builds on.
pub(super) fn needs(set: &Resource) -> Vec<Canonical> {
    let kind = ResourceType::parse;
    let (Some(systems), Some(sets)) = (kind("CodeSystem"), kind("ValueSet")) else { return Vec::new() };
    let mut all = Vec::new();
    for part in parts(set, "include").chain(parts(set, "exclude")) {
        all.extend(system_of(part).map(|url| (systems, url)));
        all.extend(list(part, "valueSet").filter_map(Value::as_str).map(|url| (sets, url.to_owned())));
    }
    all
}

fn of(set: &Resource, library: &Library, depth: usize) -> Result<Expansion, Invalid> {
    if depth > DEPTH {
        let (fr, en) = ("Cette liste se contient elle-même.", "This value set contains itself.");
        return Err(Invalid::one("processing", Some("ValueSet.compose".into()), fr, en));
    }
    let mut whole = Expansion::default();
    if set.get(&["compose"]).is_none() {
        return Ok(stored(set));
    }
    let mut seen = HashSet::new();
    for part in parts(set, "include") {
        let found = include(part, library, depth)?;
        whole.take_doubts(&found);
        whole
            .items
            .extend(found.items.into_iter().filter(|item| seen.insert((item.system.clone(), item.code.clone()))));
        if whole.items.len() > LARGEST {
            return Err(too_costly());
        }
    }
    for part in parts(set, "exclude") {
        let found = include(part, library, depth)?;
        let out: HashSet<(&str, &str)> = found.items.iter().map(Item::key).collect();
        whole.items.retain(|item| !out.contains(&item.key()));
        // What is not known to be out may be out.
        whole.doubtful.extend(found.missing.into_iter().chain(found.partial).chain(found.doubtful));
    }
    if set.get(&["compose", "inactive"]).and_then(Value::as_bool) == Some(false) {
        whole.items.retain(|item| !item.inactive);
    }
    Ok(whole)
}

/// What an include, or an exclude, speaks of: the codes of its system that are also in each of its value sets.
fn include(part: &Value, library: &Library, depth: usize) -> Result<Expansion, Invalid> {
    let mut whole: Option<Expansion> = match system_of(part) {
        Some(address) => Some(of_system(part, &address, library)?),
        None => None,
    };
    for address in list(part, "valueSet").filter_map(Value::as_str) {
        let found = imported(address, library, depth)?;
        match &mut whole {
            Some(whole) => whole.keep(&found),
            None => whole = Some(found),
        }
    }
    Ok(whole.unwrap_or_default())
}

/// The codes of another value set.
fn imported(address: &str, library: &Library, depth: usize) -> Result<Expansion, Invalid> {
    if let Some(set) = library.set(address) {
        return of(set, library, depth + 1);
    }
    let none = || Expansion { missing: vec![address.to_owned()], ..Expansion::default() };
    Ok(Expansion::of_r4(address).unwrap_or_else(none))
}

fn of_system(part: &Value, address: &str, library: &Library) -> Result<Expansion, Invalid> {
    let system = library.system(address);
    if list(part, "concept").next().is_some() {
        let url = part.get("system").and_then(Value::as_str).unwrap_or_default();
        let items = list(part, "concept").map(|concept| listed(url, concept, system)).collect();
        return Ok(Expansion { items, ..Expansion::default() });
    }
    let rules = list(part, "filter").map(Rule::read).collect::<Result<Vec<_>, _>>()?;
    let r4 = if system.is_none() && !rules.is_empty() { System::of_r4(address) } else { None };
    let Some(system) = system.or(r4.as_ref()) else {
        let url = address.split_once('|').map_or(address, |(url, _)| url);
        let known = builtin::system(url).filter(|_| rules.is_empty());
        let missing = if known.is_some() { Vec::new() } else { vec![address.to_owned()] };
        return Ok(Expansion { items: known.unwrap_or_default(), missing, ..Expansion::default() });
    };
    let taken = system.concepts().filter(|concept| rules.iter().all(|rule| rule.takes(system, concept)));
    let items = taken.map(|concept| system.item(concept)).collect();
    let lacking = if system.complete { Vec::new() } else { vec![address.to_owned()] };
    let (partial, missing) = if system.is_empty() { (Vec::new(), lacking) } else { (lacking, Vec::new()) };
    Ok(Expansion { items, partial, missing, ..Expansion::default() })
}

/// A code that is named one by one: its own name comes before the system's.
fn listed(url: &str, concept: &Value, system: Option<&System>) -> Item {
    let text = |name: &str| concept.get(name).and_then(Value::as_str).map(str::to_owned);
    let code = text("code").unwrap_or_default();
    let known = system.and_then(|system| Some(system.item(system.find(&code)?))).unwrap_or_default();
    let own: Vec<Value> = list(concept, "designation").cloned().collect();
    Item {
        system: url.to_owned(),
        version: system.and_then(|system| system.version.clone()),
        display: text("display").or(known.display),
        designations: if own.is_empty() { known.designations } else { own },
        code,
        ..known
    }
}

/// A value set that is only given as an expansion.
fn stored(set: &Resource) -> Expansion {
    let mut items = Vec::new();
    let mut waiting: Vec<&Value> =
        set.get(&["expansion", "contains"]).and_then(Value::as_array).into_iter().flatten().rev().collect();
    while let Some(one) = waiting.pop() {
        let text = |name: &str| one.get(name).and_then(Value::as_str).map(str::to_owned);
        let truth = |name: &str| one.get(name).and_then(Value::as_bool) == Some(true);
        if let (Some(system), Some(code)) = (text("system"), text("code")) {
            items.push(Item {
                system,
                version: text("version"),
                code,
                display: text("display"),
                designations: list(one, "designation").cloned().collect(),
                inactive: truth("inactive"),
                r#abstract: truth("abstract"),
            });
        }
        waiting.extend(one.get("contains").and_then(Value::as_array).into_iter().flatten().rev());
    }
    Expansion { items, ..Expansion::default() }
}
