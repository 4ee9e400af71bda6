//! Profiles: StructureDefinitions, from the server or a file, checked as constraints (FHIR R4 §5.1).
//!
//! Cardinalities, types, fixed values and patterns, slices, required codes and rules. What a profile needs and nobody
//! has loaded (another profile, a value set that cannot be listed) is not checked.

mod check;
mod codes;
mod definition;
mod slices;

use crate::json::Value;
use crate::terminology::Library;
use crate::{Issue, Resource, ResourceType, place};
use check::Check;
use codes::Codes;
use definition::{Definition, R4, Tree, plain};
use std::collections::{HashMap, HashSet};

/// Definitions loaded for one check, at most.
const MOST: usize = 200;

/// A definition to look for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// StructureDefinition, ValueSet or CodeSystem.
    pub kind: ResourceType,
    /// Its canonical address, without a version.
    pub url: String,
    /// The version that is best.
    pub version: Option<String>,
}

/// The definitions at hand, and those that are still wanted.
#[derive(Debug, Default)]
pub struct Known {
    asked: HashSet<(ResourceType, String)>,
    wanted: Vec<Wanted>,
    definitions: HashMap<String, Definition>,
    /// ValueSets and CodeSystems, by their address without a version.
    lists: HashMap<String, Resource>,
    /// Under which addresses each is named.
    names: HashMap<String, HashSet<String>>,
    trees: HashMap<String, Tree>,
    codes: HashMap<String, Codes>,
}

impl Known {
    /// Wants these profiles, and what they need.
    pub fn want<'a>(&mut self, profiles: impl IntoIterator<Item = &'a str>) {
        for profile in profiles {
            self.ask(ResourceType::STRUCTURE_DEFINITION, profile);
        }
    }

    fn ask(&mut self, kind: ResourceType, canonical: &str) {
        let (url, version) = (plain(canonical), version_of(canonical).map(str::to_owned));
        if kind != ResourceType::STRUCTURE_DEFINITION && self.names.len() < MOST {
            self.names.entry(url.clone()).or_default().insert(canonical.to_owned());
        }
        let core = kind == ResourceType::STRUCTURE_DEFINITION && url.starts_with(R4) && is_type(&url);
        let listed = kind == ResourceType::VALUE_SET && codes::of_r4(&url).is_some();
        if !core && !listed && self.asked.len() < MOST && self.asked.insert((kind, url.clone())) {
            self.wanted.push(Wanted { kind, url, version });
        }
    }

    /// The next definition to look for.
    pub fn next_wanted(&mut self) -> Option<Wanted> {
        self.wanted.pop()
    }

    /// Takes a StructureDefinition, ValueSet or CodeSystem; anything else is nothing.
    pub fn learn(&mut self, resource: &Resource) {
        let Some(url) = resource.str_at(&["url"]).map(plain) else { return };
        if resource.kind() == ResourceType::STRUCTURE_DEFINITION {
            let Some(definition) = Definition::parse(&resource.value()) else { return };
            let (mut profiles, mut sets) = (Vec::new(), Vec::new());
            Tree::build(&definition.elements).needs(&mut profiles, &mut sets);
            self.want(profiles.iter().chain(&definition.base).map(String::as_str));
            sets.into_iter().for_each(|set| self.ask(ResourceType::VALUE_SET, &set));
            self.definitions.insert(url, definition);
        } else if matches!(resource.kind(), ResourceType::VALUE_SET | ResourceType::CODE_SYSTEM) {
            if resource.kind() == ResourceType::VALUE_SET {
                Library::default().wants(resource).iter().for_each(|(kind, address)| self.ask(*kind, address));
            }
            self.lists.insert(url, resource.clone());
        }
    }

    /// Makes everything learnt ready to be checked against.
    pub fn settle(&mut self) {
        self.trees =
            self.definitions.keys().map(|url| (url.clone(), Tree::build(&self.elements(url, MOST_BASES)))).collect();
        let mut library = Library::default();
        for (url, list) in &self.lists {
            let named = self.names.get(url).into_iter().flatten();
            for address in named.chain([url]).collect::<HashSet<_>>() {
                // A list that is too long or of another kind stays unknown.
                drop(library.add(address, list.clone()));
            }
        }
        let sets = self.lists.iter().filter(|(_, list)| list.kind() == ResourceType::VALUE_SET);
        self.codes = sets.filter_map(|(url, set)| Some((url.clone(), Codes::list(set, &library)?))).collect();
    }

    /// The elements of a profile over those of its bases.
    fn elements(&self, url: &str, bases: usize) -> Vec<(String, crate::json::Object)> {
        let Some(definition) = self.definitions.get(url) else { return Vec::new() };
        match &definition.base {
            Some(base) if bases > 0 && base != url => definition.over(&self.elements(base, bases - 1)),
            _ => definition.elements.clone(),
        }
    }

    /// Checks a resource, and those a Bundle holds, against the profiles they claim, and the first against `more`.
    /// A claimed profile that is not known gives a warning, one of `more` an error.
    pub fn check(&self, resource: &Resource, more: &[String]) -> Vec<Issue> {
        let value = resource.value();
        let mut issues = Vec::new();
        for profile in more {
            issues.extend(self.against(&value, resource.kind().name(), profile, None));
        }
        let mut path = resource.kind().name().to_owned();
        self.claims(&value, &mut path, &mut issues);
        let mut seen = HashSet::new();
        issues.retain(|issue| seen.insert((issue.code, issue.expression.clone(), issue.text_en.clone())));
        issues.truncate(super::MAX_ISSUES);
        issues
    }

    fn claims(&self, value: &Value, path: &mut String, issues: &mut Vec<Issue>) {
        for (number, profile) in claims_of(value).enumerate() {
            let at = format!("{path}.meta.profile[{number}]");
            issues.extend(self.against(value, path, profile, Some(at)));
        }
        for (number, entry) in definition::list(value.get("entry")).enumerate() {
            let Some(inner) = entry.get("resource").filter(|_| is_bundle(value)) else { continue };
            let length = path.len();
            path.push_str(".entry");
            place::index(path, number);
            path.push_str(".resource");
            self.claims(inner, path, issues);
            path.truncate(length);
        }
    }

    fn against(&self, value: &Value, path: &str, profile: &str, at: Option<String>) -> Vec<Issue> {
        let url = plain(profile);
        let kind = value.get("resourceType").and_then(Value::as_str).unwrap_or_default();
        // Another version than the one that is claimed is another profile.
        let same = |known: &&Definition| {
            version_of(profile).is_none_or(|claimed| known.version.as_deref().is_none_or(|version| version == claimed))
        };
        let definition = self.definitions.get(&url).filter(same);
        let ty = definition.map(|definition| definition.ty.as_str());
        let core = url.strip_prefix(R4).filter(|_| is_type(&url));
        match (ty.or(core), self.trees.get(&url).filter(|_| definition.is_some())) {
            (Some(ty), _) if ty != kind && !matches!(ty, "Resource" | "DomainResource") => {
                let fr = "Ce profil est celui d'un autre type de ressource.";
                vec![Issue::error("value", at, fr, "This profile is for another type of resource.")]
            }
            (_, Some(tree)) => Check::run(self, tree, value, path),
            (Some(_), None) => Vec::new(),
            // One that was asked for by name must be checked (FHIR R4, Resource-$validate).
            (None, None) if at.is_none() => {
                let fr = "Ce profil n'est pas connu ici : la ressource n'a pas pu être vérifiée.";
                let en = "This profile is not known here: the resource could not be validated against it.";
                vec![Issue::error("not-found", None, fr, en)]
            }
            (None, None) => {
                let fr = "Ce profil n'est pas connu ici : il n'a pas été vérifié.";
                vec![Issue::warning("not-found", at, fr, "This profile is not known here: it was not checked.")]
            }
        }
    }
}

/// How many profiles may be built one on another.
const MOST_BASES: usize = 8;

/// Every profile a resource claims, and those of the resources a Bundle holds.
pub fn claims(resource: &Resource) -> Vec<String> {
    let (mut all, mut queue) = (Vec::new(), vec![resource.object()]);
    while let Some(object) = queue.pop() {
        let claimed = definition::list(object.get("meta").and_then(|meta| meta.get("profile")));
        all.extend(claimed.filter_map(Value::as_str).map(str::to_owned));
        if object.get("resourceType").and_then(Value::as_str) == Some("Bundle") {
            queue.extend(definition::list(object.get("entry")).filter_map(|entry| entry.get("resource")?.as_object()));
        }
    }
    all.sort_unstable();
    all.dedup();
    all
}

fn version_of(canonical: &str) -> Option<&str> {
    canonical.split_once('|').map(|(_, version)| version)
}

fn claims_of(value: &Value) -> impl Iterator<Item = &str> {
    definition::list(value.get("meta").and_then(|meta| meta.get("profile"))).filter_map(Value::as_str)
}

fn is_bundle(value: &Value) -> bool {
    value.get("resourceType").and_then(Value::as_str) == Some("Bundle")
}

/// Whether an address of R4 is that of a type, which the walk checks.
fn is_type(url: &str) -> bool {
    url.strip_prefix(R4).is_some_and(|name| super::table::node(name).is_some())
}
