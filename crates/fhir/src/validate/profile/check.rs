//! One resource beside one profile.

use super::definition::{R4, Rules, Tree};
use super::{Known, codes};
use crate::json::Value;
use crate::refs::Reference;
use crate::validate::fhirpath::{Budget, Frame, Item, Node, compare};
use crate::validate::table;
use crate::{Issue, place};
use std::cmp::Ordering;
use std::collections::HashSet;

/// Profiles inside profiles, at most.
const DEEPEST: usize = 8;

/// A check under way.
pub(super) struct Check<'k, 'a> {
    pub(super) known: &'k Known,
    pub(super) frame: Frame<'a>,
    pub(super) issues: Vec<Issue>,
    path: String,
    depth: usize,
}

/// An item of an element, and the step that leads to it.
pub(super) struct Found<'a> {
    pub(super) node: Node<'a>,
    pub(super) step: String,
}

impl<'k, 'a> Check<'k, 'a> {
    /// Checks a resource against a tree.
    pub(super) fn run(known: &'k Known, tree: &Tree, value: &Value, path: &str) -> Vec<Issue> {
        let budget = Budget::new();
        let node = Node::resource(value);
        let frame = Frame { resource: node, root: node, around: None, budget: &budget };
        let mut check = Check { known, frame, issues: Vec::new(), path: path.to_owned(), depth: 0 };
        check.item(tree, node);
        check.issues
    }

    /// Whether an item conforms to a profile, said nowhere; none when the profile is not known.
    pub(super) fn conforms(&self, url: &str, node: Node<'a>) -> Option<bool> {
        if let Some(name) = url.strip_prefix(R4).filter(|name| table::node(name).is_some()) {
            return Some(node.is(name));
        }
        let tree = self.known.trees.get(url).filter(|_| self.depth < DEEPEST)?;
        if self.known.definitions.get(url).is_some_and(|definition| !node.is(&definition.ty)) {
            return Some(false);
        }
        let mut inner = Check {
            known: self.known,
            frame: self.frame,
            issues: Vec::new(),
            path: self.path.clone(),
            depth: self.depth + 1,
        };
        inner.item(tree, node);
        Some(inner.issues.iter().all(|issue| issue.severity != crate::Severity::Error))
    }

    /// Says what is wrong, at an element of this one or here.
    pub(super) fn say(&mut self, code: &'static str, element: Option<&str>, fr: &str, en: &str) {
        let mut path = self.path.clone();
        if let Some(element) = element {
            place::step(&mut path, element);
        }
        if self.issues.len() < crate::validate::MAX_ISSUES {
            self.issues.push(Issue::error(code, Some(path), fr, en));
        }
    }

    /// Goes to an item and comes back.
    pub(super) fn at(&mut self, step: &str, then: impl FnOnce(&mut Self)) {
        let length = self.path.len();
        self.path.push('.');
        self.path.push_str(step);
        then(self);
        self.path.truncate(length);
    }

    /// One item beside what it must be, and what is in it.
    pub(super) fn item(&mut self, tree: &Tree, node: Node<'a>) {
        self.typed(&tree.rules, node);
        self.valued(&tree.rules, node);
        for rule in &tree.rules.constraints {
            if rule.expression.holds(node, &self.frame) != Some(true) {
                let fr = format!("La règle {} du profil n'est pas respectée.", rule.key);
                let en = format!("{} ({})", rule.human, rule.key);
                let make = if rule.warns { Issue::warning } else { Issue::error };
                self.issues.push(make("invariant", Some(self.path.clone()), fr, en));
            }
        }
        for child in &tree.children {
            let found = items(node, &child.name);
            self.counted(&child.rules, found.len(), &child.name, None);
            for one in &found {
                self.at(&one.step, |check| check.item(child, one.node));
            }
            self.sliced(child, &found.iter().collect::<Vec<_>>());
        }
    }

    /// Whether there are as many items as there must be.
    pub(super) fn counted(&mut self, rules: &Rules, count: usize, name: &str, slice: Option<&str>) {
        let which = slice.map(|slice| format!(" ({name}:{slice})")).unwrap_or_default();
        if count < rules.min {
            let fr = format!("Le profil demande cet élément{which} : au moins {}.", rules.min);
            self.say(
                "required",
                Some(name),
                &fr,
                &format!("The profile needs this element{which}: {} or more.", rules.min),
            );
        } else if rules.max.is_some_and(|max| count > max) {
            let max = rules.max.unwrap_or_default();
            let fr = format!("Le profil n'admet pas autant de fois cet élément{which} : au plus {max}.");
            let en = format!("The profile allows this element{which} {max} times at most.");
            self.say("business-rule", Some(name), &fr, &en);
        }
    }

    fn typed(&mut self, rules: &Rules, node: Node<'a>) {
        if rules.types.is_empty() {
            return;
        }
        let fitting: Vec<_> = rules.types.iter().filter(|ty| node.is(&ty.code)).collect();
        if fitting.is_empty() {
            return self.say(
                "value",
                None,
                "Le profil n'admet pas ce type ici.",
                "The profile allows no such type here.",
            );
        }
        let profiles: Vec<&String> = fitting.iter().flat_map(|ty| &ty.profiles).collect();
        match profiles.as_slice() {
            [] => {}
            [only] => {
                if let Some(tree) = self.known.trees.get(*only).filter(|_| self.depth < DEEPEST) {
                    self.depth += 1;
                    self.item(tree, node);
                    self.depth -= 1;
                }
            }
            several => {
                if several.iter().all(|url| self.conforms(url, node) == Some(false)) {
                    let (fr, en) =
                        ("Aucun des profils permis n'est respecté.", "None of the allowed profiles is kept.");
                    self.say("value", None, fr, en);
                }
            }
        }
        let targets: Vec<&String> = fitting.iter().flat_map(|ty| &ty.targets).collect();
        if !targets.is_empty() && node.is("Reference") && !self.leads(node, &targets) {
            let (fr, en) = ("Le profil n'admet pas cette cible.", "The profile does not allow this target.");
            self.say("value", Some("reference"), fr, en);
        }
    }

    /// Whether a reference may be to one of these profiles, by the type that its address names.
    fn leads(&self, node: Node<'a>, targets: &[&String]) -> bool {
        let text = node.value.and_then(|value| value.get("reference")).and_then(Value::as_str);
        let Some(text) = text else { return true };
        let kind = match Reference::parse(text) {
            Reference::Local { kind, .. } | Reference::Absolute { kind, .. } | Reference::Conditional(kind, _) => kind,
            Reference::Contained(_) => {
                let Some(Item::Node(found)) = self.frame.target(text) else { return true };
                return targets.iter().any(|url| self.conforms(url, found) != Some(false));
            }
            _ => return true,
        };
        targets.iter().any(|url| {
            let known = self.known.definitions.get(*url).map(|definition| definition.ty.as_str());
            match url.strip_prefix(R4).filter(|name| table::node(name).is_some()).or(known) {
                Some(name) => name == kind.name() || name == "Resource",
                None => true,
            }
        })
    }

    fn valued(&mut self, rules: &Rules, node: Node<'a>) {
        let Some(value) = node.value else { return };
        if rules.fixed.as_ref().is_some_and(|fixed| !same(fixed, value)) {
            self.say("value", None, "Le profil fixe une autre valeur.", "The profile fixes another value.");
        }
        if rules.pattern.as_ref().is_some_and(|pattern| !holds(pattern, value)) {
            let (fr, en) = ("Le profil demande d'autres valeurs.", "The value does not hold what the profile needs.");
            self.say("value", None, fr, en);
        }
        if rules.longest.is_some_and(|longest| value.as_str().is_some_and(|text| text.chars().count() > longest)) {
            self.say("too-long", None, "Le profil n'admet pas un texte si long.", "Too long for the profile.");
        }
        self.bounded(rules, node);
        if rules.binding.as_ref().is_some_and(|set| self.is_of(value, set) == Some(false)) {
            let (fr, en) = ("Ce code n'est pas de la liste du profil.", "This code is not in the profile's value set.");
            self.say("code-invalid", None, fr, en);
        }
    }

    /// Whether a value is between what is lowest and what is highest; what cannot be compared is not said to be wrong.
    fn bounded(&mut self, rules: &Rules, node: Node<'a>) {
        let beyond = |bound: &Option<Value>, wrong: Ordering| {
            let bound = bound.as_ref().map(|bound| Item::Node(Node { value: Some(bound), ..node }));
            bound.is_some_and(|bound| compare::order(&Item::Node(node), &bound) == Ok(Some(wrong)))
        };
        if beyond(&rules.least, Ordering::Less) {
            self.say("value", None, "Le profil demande une valeur plus grande.", "Below the profile's lowest value.");
        }
        if beyond(&rules.most, Ordering::Greater) {
            self.say("value", None, "Le profil demande une valeur plus petite.", "Above the profile's highest value.");
        }
    }

    /// Whether a value is of a set; none when the set cannot be listed.
    pub(super) fn is_of(&self, value: &Value, set: &str) -> Option<bool> {
        if let Some(listed) = codes::of_r4(set) {
            return codes::is_of(value, &|system, code| {
                Some(system.map_or_else(|| listed.has(code), |system| listed.has_coding(system, code)))
            });
        }
        let listed = self.known.codes.get(set)?;
        codes::is_of(value, &|system, code| listed.has(system, code))
    }
}

/// The items of an element; also by the name of one type of a choice.
fn items<'a>(parent: Node<'a>, name: &str) -> Vec<Found<'a>> {
    let mut found = Vec::new();
    let Some(table) = parent.table() else { return found };
    let chosen = table.slot(name).is_some_and(|slot| slot.chosen.is_some());
    parent.each((!chosen).then_some(name), &mut |key, number, node| {
        if chosen && key != name {
            return;
        }
        let mut step = table.slot(key).map_or_else(
            || key.to_owned(),
            |slot| {
                let element = table.elements.get(slot.element).map_or(key, |element| element.name);
                slot.chosen.map_or_else(|| element.to_owned(), |ty| format!("{element}.ofType({ty})"))
            },
        );
        if let Some(number) = number {
            place::index(&mut step, number);
        }
        found.push(Found { node, step });
    });
    found
}

/// Equality of JSON, whatever the order of keys.
pub(super) fn same(one: &Value, two: &Value) -> bool {
    match (one, two) {
        (Value::Number(one), Value::Number(two)) => one == two || one.as_f64() == two.as_f64(),
        (Value::Object(one), Value::Object(two)) => {
            let keys: HashSet<&String> = one.keys().chain(two.keys()).collect();
            keys.into_iter().all(|key| one.get(key).zip(two.get(key)).is_some_and(|(one, two)| same(one, two)))
        }
        (Value::Array(one), Value::Array(two)) => {
            one.len() == two.len() && one.iter().zip(two).all(|(one, two)| same(one, two))
        }
        _ => one == two,
    }
}

/// Whether a value holds at least what a pattern says (FHIR R4, ElementDefinition.pattern\[x\]).
pub(super) fn holds(pattern: &Value, value: &Value) -> bool {
    match (pattern, value) {
        (Value::Object(pattern), Value::Object(value)) => {
            pattern.iter().all(|(key, wanted)| value.get(key).is_some_and(|found| holds(wanted, found)))
        }
        (Value::Array(pattern), Value::Array(value)) => {
            pattern.iter().all(|wanted| value.iter().any(|found| holds(wanted, found)))
        }
        _ => same(pattern, value),
    }
}
