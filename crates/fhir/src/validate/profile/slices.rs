//! Slices: which kind an item of a repeated element is, by what tells them apart (FHIR R4 §5.1.0.13).

use super::check::{Check, Found, holds, same};
use super::definition::{Slicing, Tree};
use crate::json::Value;
use crate::validate::fhirpath::{Expression, Item, Node};

/// What an item must have at the place that tells slices apart.
enum Expected {
    /// Exactly this.
    Fixed(Value),
    /// At least this.
    Pattern(Value),
    /// A code of this set.
    Codes(String),
}

/// Of which slice an item is.
#[derive(Debug, Clone, Copy)]
enum Kind {
    /// That of this rank.
    Slice(usize),
    /// Perhaps one, perhaps none.
    Unknown,
    /// None.
    Other,
}

impl<'a> Check<'_, 'a> {
    /// Counts the items of each slice, and checks those that are surely of one.
    pub(super) fn sliced(&mut self, tree: &Tree, found: &[&Found<'a>]) {
        if tree.slices.is_empty() {
            return;
        }
        let implied = Slicing { by: vec![implied(tree)], closed: false, at_end: false, ordered: false };
        let slicing = tree.rules.slicing.as_ref().unwrap_or(&implied);
        let mut kinds = vec![Kind::Other; found.len()];
        for (rank, (name, slice)) in tree.slices.iter().enumerate() {
            let (mut sure, mut maybe) = (Vec::new(), 0);
            for (one, kind) in found.iter().zip(&mut kinds) {
                match self.is_in(slicing, slice, one.node) {
                    Some(true) => {
                        *kind = Kind::Slice(rank);
                        sure.push(*one);
                    }
                    Some(false) => {}
                    None => {
                        *kind = Kind::Unknown;
                        maybe += 1;
                    }
                }
            }
            let count = if sure.len() < slice.rules.min { sure.len() + maybe } else { sure.len() };
            self.counted(&slice.rules, count, &tree.name, Some(name));
            for one in &sure {
                self.at(&one.step, |check| check.item(slice, one.node));
            }
            self.sliced(slice, &sure);
        }
        self.placed(slicing, found, &kinds);
    }

    /// What is of no slice, and the order of those that are of one.
    fn placed(&mut self, slicing: &Slicing, found: &[&Found<'a>], kinds: &[Kind]) {
        let last = kinds.iter().rposition(|kind| matches!(kind, Kind::Slice(_)));
        let mut before = 0;
        for (at, (one, kind)) in found.iter().zip(kinds).enumerate() {
            let said = match kind {
                Kind::Other if slicing.closed => {
                    ("Le profil n'admet rien d'autre ici.", "The profile allows nothing else here.")
                }
                Kind::Other if slicing.at_end && last.is_some_and(|last| at < last) => {
                    ("Le profil veut ceci à la fin.", "The profile wants this after the slices.")
                }
                Kind::Slice(rank) if slicing.ordered && *rank < before => {
                    ("Le profil veut ceci plus tôt.", "The profile wants this earlier.")
                }
                Kind::Slice(rank) => {
                    before = before.max(*rank);
                    continue;
                }
                Kind::Other | Kind::Unknown => continue,
            };
            self.at(&one.step, |check| check.say("business-rule", None, said.0, said.1));
        }
    }

    /// Whether an item is of a slice; none when that cannot be known.
    fn is_in(&self, slicing: &Slicing, slice: &Tree, node: Node<'a>) -> Option<bool> {
        let mut sure = true;
        for (kind, path) in &slicing.by {
            match self.fits(kind, path, slice, node) {
                Some(true) => {}
                Some(false) => return Some(false),
                None => sure = false,
            }
        }
        (sure && !slicing.by.is_empty()).then_some(true)
    }

    fn fits(&self, kind: &str, path: &str, slice: &Tree, node: Node<'a>) -> Option<bool> {
        let found = Expression::parse(path)?.find(node, &self.frame).ok()?;
        let steps = steps(path);
        match kind {
            "exists" => {
                let rules = &self.below(slice, &steps)?.rules;
                match (rules.min, rules.max) {
                    (_, Some(0)) => Some(found.is_empty()),
                    (0, _) => None,
                    _ => Some(!found.is_empty()),
                }
            }
            "type" | "profile" => {
                let types = &self.below(slice, &steps)?.rules.types;
                if types.is_empty() || found.is_empty() {
                    return if types.is_empty() { None } else { Some(false) };
                }
                let each = found.iter().map(|item| self.is_typed(types, item, kind == "profile"));
                each.reduce(|one, two| one.zip(two).map(|(one, two)| one && two)).flatten()
            }
            _ => {
                let expected = self.expected(slice, &steps)?;
                let fits = |value: &Value| match &expected {
                    Expected::Fixed(wanted) => Some(same(wanted, value)),
                    Expected::Pattern(wanted) => Some(holds(wanted, value)),
                    Expected::Codes(set) => self.is_of(value, set),
                };
                let mut any = Some(false);
                for item in &found {
                    let Item::Node(Node { value: Some(value), .. }) = item else { continue };
                    match fits(value) {
                        Some(true) => return Some(true),
                        Some(false) => {}
                        None => any = None,
                    }
                }
                any
            }
        }
    }

    fn is_typed(&self, types: &[super::definition::TypeRule], item: &Item<'a>, by_profile: bool) -> Option<bool> {
        let mut unsure = false;
        for ty in types {
            let fits = match item {
                Item::Node(node) if !node.is(&ty.code) && ty.code != "Reference" => Some(false),
                Item::Node(node) if by_profile && !ty.profiles.is_empty() => {
                    let each: Vec<_> = ty.profiles.iter().map(|url| self.conforms(url, *node)).collect();
                    if each.contains(&Some(true)) {
                        Some(true)
                    } else if each.contains(&None) {
                        None
                    } else {
                        Some(false)
                    }
                }
                Item::Node(_) => Some(true),
                _ => None,
            };
            match fits {
                Some(true) => return Some(true),
                Some(false) => {}
                None => unsure = true,
            }
        }
        (!unsure).then_some(false)
    }

    /// The element of a slice at some steps; through the profile of its type where it says nothing itself.
    fn below<'t>(&'t self, tree: &'t Tree, steps: &[String]) -> Option<&'t Tree> {
        let Some((step, rest)) = steps.split_first() else { return Some(tree) };
        if step == "$this" || step.starts_with("ofType(") {
            return self.below(tree, rest);
        }
        if let Some(url) = step.strip_prefix("extension('").and_then(|text| text.strip_suffix("')")) {
            let wanted = |(_, slice): &&(String, Tree)| {
                slice.rules.types.iter().any(|ty| ty.profiles.iter().any(|profile| profile == url))
            };
            return self.below(&tree.child("extension")?.slices.iter().find(wanted)?.1, rest);
        }
        if let Some(child) = tree.child(step) {
            return self.below(child, rest);
        }
        let profile = tree.rules.types.first()?.profiles.first()?;
        self.below(self.known.trees.get(profile)?.child(step)?, rest)
    }

    /// What a slice says of the place that tells it apart.
    fn expected(&self, tree: &Tree, steps: &[String]) -> Option<Expected> {
        let given = tree.rules.fixed.as_ref().or(tree.rules.pattern.as_ref());
        let Some((step, rest)) = steps.split_first().filter(|(step, _)| *step != "$this") else {
            let rules = &tree.rules;
            return match (&rules.fixed, &rules.pattern, &rules.binding) {
                (Some(fixed), _, _) => Some(Expected::Fixed(fixed.clone())),
                (_, Some(pattern), _) => Some(Expected::Pattern(pattern.clone())),
                (_, _, Some(set)) => Some(Expected::Codes(set.clone())),
                _ => None,
            };
        };
        if let Some(value) = given.and_then(|given| inside(given, steps)) {
            return Some(Expected::Pattern(value));
        }
        if step == "url"
            && rest.is_empty()
            && matches!(tree.name.as_str(), "extension" | "modifierExtension")
            && let Some(profile) = tree.rules.types.iter().flat_map(|ty| &ty.profiles).next()
        {
            return Some(Expected::Fixed(Value::from(profile.as_str())));
        }
        self.expected(self.below(tree, std::slice::from_ref(step))?, rest)
    }
}

/// What a fixed value or pattern says at some steps.
fn inside(value: &Value, steps: &[String]) -> Option<Value> {
    let Some((step, rest)) = steps.split_first() else { return Some(value.clone()) };
    match value {
        Value::Object(object) => inside(object.get(step)?, rest),
        Value::Array(items) => items.iter().find_map(|item| inside(item, steps)),
        _ => None,
    }
}

/// Extensions are told apart by their address, choices by their type.
fn implied(tree: &Tree) -> (String, String) {
    let (kind, path) = match tree.name.as_str() {
        "extension" | "modifierExtension" => ("value", "url"),
        _ => ("type", "$this"),
    };
    (kind.to_owned(), path.to_owned())
}

/// The steps of a discriminator's path; an address between quotes may hold dots.
fn steps(path: &str) -> Vec<String> {
    let (mut steps, mut step, mut quoted) = (Vec::new(), String::new(), false);
    for letter in path.chars() {
        match letter {
            '.' if !quoted => steps.push(std::mem::take(&mut step)),
            _ => {
                quoted ^= letter == '\'';
                step.push(letter);
            }
        }
    }
    steps.push(step);
    steps
}
