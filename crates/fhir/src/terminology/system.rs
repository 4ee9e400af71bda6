//! A `CodeSystem` as a graph of concepts.

use super::set::Item;
use super::{LARGEST, builtin, not_supported, too_costly};
use crate::json::{Object, Value};
use crate::{Invalid, Resource};
use std::collections::{HashMap, HashSet};

const PARENT: &str = "http://hl7.org/fhir/concept-properties#parent";
const CHILD: &str = "http://hl7.org/fhir/concept-properties#child";
/// Where the systems are that R4 itself defines.
const R4: &str = "http://hl7.org/fhir/";
/// Levels of concepts inside concepts.
const DEPTH: usize = 64;

/// A code system that is loaded.
#[derive(Debug, Default)]
pub struct System {
    /// Its address.
    pub url: String,
    /// Its version.
    pub version: Option<String>,
    /// The name people read.
    pub name: String,
    /// Whether every code it has is here.
    pub complete: bool,
    concepts: Vec<Concept>,
    index: HashMap<String, usize>,
    folds: bool,
}

/// One concept.
#[derive(Debug, Default)]
pub struct Concept {
    /// Its code.
    pub code: String,
    /// Its name.
    pub display: Option<String>,
    /// What it means.
    pub definition: Option<String>,
    /// Other names, as `CodeSystem.concept.designation`.
    pub designations: Vec<Value>,
    /// What else is said of it, as `CodeSystem.concept.property`.
    pub properties: Vec<Value>,
    parents: Vec<usize>,
    children: Vec<usize>,
}

/// How two concepts stand to each other (`http://hl7.org/fhir/concept-subsumption-outcome`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// The same.
    Equivalent,
    /// The first is the wider.
    Subsumes,
    /// The first is the narrower.
    SubsumedBy,
    /// Neither.
    NotSubsumed,
}

impl Relation {
    /// The code of the value set.
    pub fn code(self) -> &'static str {
        match self {
            Self::Equivalent => "equivalent",
            Self::Subsumes => "subsumes",
            Self::SubsumedBy => "subsumed-by",
            Self::NotSubsumed => "not-subsumed",
        }
    }
}

impl System {
    /// Reads a `CodeSystem`.
    ///
    /// # Errors
    /// `not-supported` for a supplement, `too-costly` when it is too long.
    pub fn parse(resource: &Resource) -> Result<Self, Invalid> {
        let text = |name: &str| resource.str_at(&[name]).map(str::to_owned);
        let content = resource.str_at(&["content"]).unwrap_or("complete");
        if content == "supplement" {
            return Err(not_supported("CodeSystem.content = supplement"));
        }
        let mut system = Self {
            url: text("url").unwrap_or_default(),
            version: text("version"),
            // An answer names it (1..1), whatever it is called by.
            name: ["name", "title", "id", "url"].into_iter().find_map(text).unwrap_or_default(),
            complete: content == "complete",
            folds: resource.get(&["caseSensitive"]).and_then(Value::as_bool) == Some(false),
            ..Self::default()
        };
        system.gather(resource.get(&["concept"]), None, 0)?;
        system.link(resource);
        Ok(system)
    }

    /// The code system of R4 at this address, if the required bindings name all it has; of a version, if that is R4's.
    pub fn of_r4(address: &str) -> Option<Self> {
        let (url, version) = address.split_once('|').unwrap_or((address, "4.0.1"));
        builtin::loaded(url).filter(|_| version.starts_with("4.0"))
    }

    /// A system known by its codes, and by which stands below which.
    pub(super) fn known<'a>(
        url: &str,
        codes: impl Iterator<Item = &'a str>,
        links: impl Iterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        let concepts: Vec<Concept> =
            codes.map(|code| Concept { code: code.to_owned(), ..Concept::default() }).collect();
        let index = concepts.iter().enumerate().map(|(number, one)| (one.code.clone(), number)).collect();
        let name = url.rsplit('/').next().unwrap_or(url).to_owned();
        let mut system = Self { url: url.to_owned(), name, complete: true, concepts, index, ..Self::default() };
        system.version = url.starts_with(R4).then(|| "4.0.1".to_owned());
        let number = |code: &str| system.index.get(code).copied();
        let links: Vec<(usize, usize)> = links.filter_map(|(child, up)| Some((number(child)?, number(up)?))).collect();
        system.join(links);
        system
    }

    fn gather(&mut self, concepts: Option<&Value>, parent: Option<usize>, depth: usize) -> Result<(), Invalid> {
        let all = concepts.and_then(Value::as_array).into_iter().flatten();
        for object in all.filter_map(Value::as_object) {
            if self.concepts.len() >= LARGEST || depth > DEPTH {
                return Err(too_costly());
            }
            let number = self.concepts.len();
            let concept = Concept::read(object);
            let number = *self.index.entry(self.key(&concept.code)).or_insert(number);
            if number == self.concepts.len() {
                self.concepts.push(concept);
            }
            if let (Some(parent), Some(concept)) = (parent, self.concepts.get_mut(number)) {
                concept.parents.push(parent);
            }
            self.gather(object.get("concept"), Some(number), depth + 1)?;
        }
        Ok(())
    }

    /// Parents and children that are said as properties.
    fn link(&mut self, resource: &Resource) {
        let named = |uri: &str, usual: &str| {
            let all = resource.get(&["property"]).and_then(Value::as_array).into_iter().flatten();
            let found = all.filter(|one| one.get("uri").and_then(Value::as_str) == Some(uri));
            let code = found.filter_map(|one| one.get("code")?.as_str()).next();
            code.unwrap_or(usual).to_owned()
        };
        let (up, down) = (named(PARENT, "parent"), named(CHILD, "child"));
        let mut links = Vec::new();
        for (number, concept) in self.concepts.iter().enumerate() {
            for (code, value) in concept.said() {
                let Some(other) = self.index.get(&self.key(&value)).copied() else { continue };
                if code == up {
                    links.push((number, other));
                } else if code == down {
                    links.push((other, number));
                }
            }
        }
        let nested = self.concepts.iter().enumerate();
        links.extend(nested.flat_map(|(child, concept)| concept.parents.iter().map(move |parent| (child, *parent))));
        links.sort_unstable();
        links.dedup();
        self.concepts.iter_mut().for_each(|concept| concept.parents.clear());
        self.join(links);
    }

    /// Puts each child below its parent.
    fn join(&mut self, links: Vec<(usize, usize)>) {
        for (child, parent) in links {
            self.concepts.get_mut(child).into_iter().for_each(|concept| concept.parents.push(parent));
            self.concepts.get_mut(parent).into_iter().for_each(|concept| concept.children.push(child));
        }
    }

    fn key(&self, code: &str) -> String {
        if self.folds { code.to_lowercase() } else { code.to_owned() }
    }

    /// The concept of this code.
    pub fn find(&self, code: &str) -> Option<&Concept> {
        self.concepts.get(*self.index.get(&self.key(code))?)
    }

    /// Its concepts, in their order.
    pub fn concepts(&self) -> impl Iterator<Item = &Concept> {
        self.concepts.iter()
    }

    /// Whether the first is the second, or is below it.
    pub fn is_a(&self, code: &str, ancestor: &str) -> bool {
        let ends = (self.index.get(&self.key(code)), self.index.get(&self.key(ancestor)));
        let (Some(start), Some(end)) = ends else { return false };
        let (mut waiting, mut seen) = (vec![*start], HashSet::new());
        while let Some(number) = waiting.pop() {
            if number == *end {
                return true;
            }
            if seen.insert(number) {
                waiting.extend(self.concepts.get(number).into_iter().flat_map(|concept| &concept.parents));
            }
        }
        false
    }

    /// How the first stands to the second; none when one of them is not a code of this system.
    pub fn relation(&self, one: &str, two: &str) -> Option<Relation> {
        let (one, two) = (&self.find(one)?.code, &self.find(two)?.code);
        Some(match (self.is_a(two, one), self.is_a(one, two)) {
            (true, true) => Relation::Equivalent,
            (true, false) => Relation::Subsumes,
            (false, true) => Relation::SubsumedBy,
            (false, false) => Relation::NotSubsumed,
        })
    }

    /// The codes directly above this one, and those directly below.
    pub fn neighbours(&self, code: &str) -> (Vec<&str>, Vec<&str>) {
        let Some(concept) = self.find(code) else { return (Vec::new(), Vec::new()) };
        let codes = |numbers: &[usize]| {
            numbers.iter().filter_map(|number| Some(self.concepts.get(*number)?.code.as_str())).collect()
        };
        (codes(&concept.parents), codes(&concept.children))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.concepts.is_empty()
    }

    /// A concept as a member of a list.
    pub(super) fn item(&self, concept: &Concept) -> Item {
        Item {
            system: self.url.clone(),
            version: self.version.clone(),
            code: concept.code.clone(),
            display: concept.display.clone(),
            designations: concept.designations.clone(),
            inactive: concept.is_inactive(),
            r#abstract: concept.is_abstract(),
        }
    }
}

impl Concept {
    fn read(object: &Object) -> Self {
        let text = |name: &str| object.get(name).and_then(Value::as_str).map(str::to_owned);
        let list = |name: &str| object.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
        Self {
            code: text("code").unwrap_or_default(),
            display: text("display"),
            definition: text("definition"),
            designations: list("designation"),
            properties: list("property"),
            parents: Vec::new(),
            children: Vec::new(),
        }
    }

    /// Its properties as texts; of a Coding, the code.
    pub(super) fn said(&self) -> impl Iterator<Item = (&str, String)> {
        self.properties.iter().filter_map(|property| {
            let code = property.get("code")?.as_str()?;
            let (_, value) = property.as_object()?.iter().find(|(key, _)| key.starts_with("value"))?;
            let text = match value {
                Value::String(text) => text.clone(),
                Value::Object(coding) => coding.get("code")?.as_str()?.to_owned(),
                other => other.to_string(),
            };
            Some((code, text))
        })
    }

    fn has(&self, property: &str, values: &[&str]) -> bool {
        self.said().any(|(code, value)| code == property && values.contains(&value.as_str()))
    }

    /// No longer to be used.
    pub fn is_inactive(&self) -> bool {
        self.has("inactive", &["true"]) || self.has("status", &["retired", "inactive"])
    }

    /// A heading, not to be chosen.
    pub fn is_abstract(&self) -> bool {
        self.has("notSelectable", &["true"]) || self.has("abstract", &["true"])
    }
}
