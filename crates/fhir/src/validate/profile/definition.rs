//! A StructureDefinition read as constraints: a tree of elements, with their slices.

use crate::json::{Object, Value};
use crate::validate::fhirpath::Expression;
use crate::validate::invariants;

/// Where the definitions of R4 are.
pub(super) const R4: &str = "http://hl7.org/fhir/StructureDefinition/";
/// Elements of one profile, at most.
const MOST: usize = 5_000;

/// A profile as it is written.
#[derive(Debug)]
pub(super) struct Definition {
    /// What it constrains: a type.
    pub(super) ty: String,
    pub(super) version: Option<String>,
    /// What it is to be laid over.
    pub(super) base: Option<String>,
    /// Its elements, by id, in order.
    pub(super) elements: Vec<(String, Object)>,
}

impl Definition {
    /// Reads a StructureDefinition; none when it constrains nothing.
    pub(super) fn parse(value: &Value) -> Option<Self> {
        let text = |key: &str| value.get(key).and_then(Value::as_str);
        let view = |key: &str| value.get(key)?.get("element")?.as_array().filter(|elements| !elements.is_empty());
        // A snapshot is whole; a differential is laid over what it is built on.
        let (snapshot, differential) = (view("snapshot"), view("differential"));
        let base = text("baseDefinition").filter(|_| snapshot.is_none() && text("derivation") == Some("constraint"));
        let elements = snapshot.or(differential)?;
        let elements = elements.iter().take(MOST).filter_map(|element| {
            let element = element.as_object()?;
            let path = element.get("path")?.as_str()?;
            let id = match (element.get("id").and_then(Value::as_str), element.get("sliceName")) {
                (Some(id), _) => id.to_owned(),
                (None, Some(Value::String(slice))) => format!("{path}:{slice}"),
                (None, _) => path.to_owned(),
            };
            Some((id, element.clone()))
        });
        Some(Self {
            ty: text("type")?.to_owned(),
            version: text("version").map(str::to_owned),
            base: base.map(plain),
            elements: elements.collect(),
        })
    }

    /// Lays its elements over those of what it is built on.
    pub(super) fn over(&self, base: &[(String, Object)]) -> Vec<(String, Object)> {
        let mut merged = base.to_vec();
        for (id, element) in &self.elements {
            match merged.iter_mut().find(|(other, _)| other == id) {
                Some((_, below)) => {
                    for (key, value) in element {
                        match (key.as_str(), below.get_mut(key), value) {
                            ("constraint", Some(Value::Array(all)), Value::Array(more)) => all.extend(more.clone()),
                            _ => drop(below.insert(key.clone(), value.clone())),
                        }
                    }
                }
                None => merged.push((id.clone(), element.clone())),
            }
        }
        merged
    }
}

/// A canonical address without its version.
pub(super) fn plain(canonical: &str) -> String {
    canonical.split('|').next().unwrap_or(canonical).to_owned()
}

/// An element of a profile.
#[derive(Debug, Default)]
pub(super) struct Tree {
    /// Its name, without `[x]`.
    pub(super) name: String,
    pub(super) rules: Rules,
    pub(super) children: Vec<Tree>,
    /// The same element, cut by what tells its kinds apart.
    pub(super) slices: Vec<(String, Tree)>,
}

/// What an element must be.
#[derive(Debug, Default)]
pub(super) struct Rules {
    pub(super) min: usize,
    pub(super) max: Option<usize>,
    pub(super) types: Vec<TypeRule>,
    pub(super) fixed: Option<Value>,
    pub(super) pattern: Option<Value>,
    /// The value set its codes must come from.
    pub(super) binding: Option<String>,
    pub(super) longest: Option<usize>,
    /// The lowest value, then the highest.
    pub(super) least: Option<Value>,
    pub(super) most: Option<Value>,
    pub(super) constraints: Vec<Constraint>,
    pub(super) slicing: Option<Slicing>,
}

/// A type an element may have.
#[derive(Debug)]
pub(super) struct TypeRule {
    pub(super) code: String,
    pub(super) profiles: Vec<String>,
    pub(super) targets: Vec<String>,
}

/// A rule between elements.
#[derive(Debug)]
pub(super) struct Constraint {
    pub(super) key: String,
    pub(super) warns: bool,
    pub(super) human: String,
    pub(super) expression: Expression,
}

/// How slices are told apart.
#[derive(Debug)]
pub(super) struct Slicing {
    /// `value`, `exists`, `pattern`, `type` or `profile`, and where.
    pub(super) by: Vec<(String, String)>,
    /// Whether nothing else is allowed.
    pub(super) closed: bool,
    /// Whether anything else comes after them.
    pub(super) at_end: bool,
    /// Whether they come in the order in which they are defined.
    pub(super) ordered: bool,
}

impl Tree {
    /// The tree of these elements.
    pub(super) fn build(elements: &[(String, Object)]) -> Self {
        let mut root = Self::default();
        for (id, element) in elements {
            let steps: Vec<&str> = steps(id);
            let Some((name, below)) = steps.split_first() else { continue };
            root.name = (*name).to_owned();
            if let Some(place) = root.place(below) {
                place.rules = Rules::parse(element);
            }
        }
        root
    }

    fn place(&mut self, steps: &[&str]) -> Option<&mut Self> {
        let Some((step, below)) = steps.split_first() else { return Some(self) };
        let (name, slice) = step.split_once(':').map_or((*step, None), |(name, slice)| (name, Some(slice)));
        let name = name.trim_end_matches("[x]");
        let at = self.children.iter().position(|child| child.name == name).unwrap_or_else(|| {
            self.children.push(Self { name: name.to_owned(), ..Self::default() });
            self.children.len() - 1
        });
        let child = self.children.get_mut(at)?;
        let Some(slice) = slice else { return child.place(below) };
        // `a/b` is a slice of the slice `a`.
        slice.split('/').try_fold(child, |of, one| of.slice(one))?.place(below)
    }

    fn slice(&mut self, wanted: &str) -> Option<&mut Self> {
        let at = self.slices.iter().position(|(known, _)| known == wanted).unwrap_or_else(|| {
            self.slices.push((wanted.to_owned(), Self { name: self.name.clone(), ..Self::default() }));
            self.slices.len() - 1
        });
        self.slices.get_mut(at).map(|(_, slice)| slice)
    }

    /// The child of a name.
    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// Every canonical address it needs: profiles, then value sets.
    pub(super) fn needs(&self, profiles: &mut Vec<String>, sets: &mut Vec<String>) {
        for ty in &self.rules.types {
            profiles.extend(ty.profiles.iter().chain(&ty.targets).cloned());
        }
        sets.extend(self.rules.binding.clone());
        self.children
            .iter()
            .chain(self.slices.iter().map(|(_, slice)| slice))
            .for_each(|one| one.needs(profiles, sets));
    }
}

/// The steps of an element's id; an address in a slice's name may hold dots.
fn steps(id: &str) -> Vec<&str> {
    let mut steps: Vec<&str> = Vec::new();
    let mut rest = id;
    while let Some((step, after)) = rest.split_once('.') {
        steps.push(step);
        rest = after;
    }
    steps.push(rest);
    steps
}

impl Rules {
    fn parse(element: &Object) -> Self {
        let text = |key: &str| element.get(key).and_then(Value::as_str);
        let value = |stem: &str| {
            let found = element.iter().find(|(key, _)| {
                key.strip_prefix(stem).is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_uppercase()))
            });
            found.map(|(_, value)| value.clone())
        };
        let number =
            |key: &str| element.get(key).and_then(Value::as_u64).and_then(|number| usize::try_from(number).ok());
        let binding =
            element.get("binding").filter(|one| one.get("strength").and_then(Value::as_str) == Some("required"));
        Self {
            min: number("min").unwrap_or_default(),
            max: text("max").and_then(|max| max.parse().ok()),
            types: list(element.get("type")).filter_map(TypeRule::parse).collect(),
            fixed: value("fixed"),
            pattern: value("pattern"),
            binding: binding.and_then(|one| one.get("valueSet")).and_then(Value::as_str).map(plain),
            longest: number("maxLength"),
            least: value("minValue"),
            most: value("maxValue"),
            constraints: list(element.get("constraint")).filter_map(Constraint::parse).collect(),
            slicing: element.get("slicing").map(Slicing::parse),
        }
    }
}

pub(super) fn list(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}

fn texts(value: Option<&Value>) -> Vec<String> {
    list(value).filter_map(Value::as_str).map(plain).collect()
}

impl TypeRule {
    fn parse(value: &Value) -> Option<Self> {
        let code = value.get("code")?.as_str()?;
        // Types of FHIRPath stand for what every element or resource has of itself: nothing to check.
        (!code.starts_with("http")).then(|| Self {
            code: code.to_owned(),
            profiles: texts(value.get("profile")),
            targets: texts(value.get("targetProfile")),
        })
    }
}

impl Constraint {
    fn parse(value: &Value) -> Option<Self> {
        let text = |key: &str| value.get(key).and_then(Value::as_str);
        let key = text("key")?;
        // R4's own rules are checked already; a guide may have given one of their names to its own.
        let r4 = match text("source") {
            Some(source) => source.starts_with(R4) || !source.contains(':'),
            None => !key.starts_with("inv-"),
        };
        if r4 && invariants::is_known(key) {
            return None;
        }
        Some(Self {
            key: key.to_owned(),
            warns: text("severity") == Some("warning"),
            human: text("human").unwrap_or_default().to_owned(),
            expression: Expression::parse(text("expression")?)?,
        })
    }
}

impl Slicing {
    fn parse(value: &Value) -> Self {
        let by = list(value.get("discriminator")).filter_map(|one| {
            let text = |key: &str| one.get(key).and_then(Value::as_str).map(str::to_owned);
            Some((text("type")?, text("path")?))
        });
        let rules = value.get("rules").and_then(Value::as_str);
        Self {
            by: by.collect(),
            closed: rules == Some("closed"),
            at_end: rules == Some("openAtEnd"),
            ordered: value.get("ordered").and_then(Value::as_bool) == Some(true),
        }
    }
}
