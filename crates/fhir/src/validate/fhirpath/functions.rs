//! Functions on collections (FHIRPath §5, and those that FHIR adds).

use super::eval::{Context, truth, yes};
use super::item::{Item, Node};
use super::parse::Expr;
use super::{Found, Unsure, texts};
use crate::ResourceType;
use crate::json::Value;
use crate::refs::Reference;
use std::collections::HashSet;

/// Calls a function on a collection.
pub(super) fn call<'a>(cx: &Context<'_, 'a>, name: &str, arguments: &[Expr], focus: &[Item<'a>]) -> Found<'a> {
    match (name, arguments) {
        ("exists", []) => yes(!focus.is_empty()),
        ("empty", []) => yes(focus.is_empty()),
        ("not", []) => Ok(truth(focus)?.map(|truth| Item::Bool(!truth)).into_iter().collect()),
        ("count", []) => Ok(vec![Item::Number(focus.len() as f64)]),
        ("hasValue", []) => yes(matches!(focus, [one] if one.text().is_some())),
        ("getValue", []) => Ok(focus.iter().filter(|item| item.text().is_some()).cloned().collect()),
        ("allTrue", []) => yes(focus.iter().all(|item| item.truth() == Some(true))),
        ("allFalse", []) => yes(focus.iter().all(|item| item.truth() == Some(false))),
        ("anyTrue", []) => yes(focus.iter().any(|item| item.truth() == Some(true))),
        ("anyFalse", []) => yes(focus.iter().any(|item| item.truth() == Some(false))),
        ("trace", [_, ..]) => Ok(focus.to_vec()),
        ("where" | "all" | "exists" | "select" | "repeat", [rule]) => each(cx, name, rule, focus),
        ("iif", [condition, rest @ ..]) => iif(cx, condition, rest, focus),
        ("is" | "as" | "ofType", [ty]) => typed(name, ty, focus),
        ("children", []) => Ok(children(focus)),
        ("descendants", []) => descendants(cx, focus),
        ("extension", [url]) => {
            let url = one_text(cx, url)?;
            let address = |item: &Item<'_>| match item {
                Item::Node(node) => node.value.and_then(|value| value.get("url")).and_then(Value::as_str) == Some(&url),
                _ => false,
            };
            Ok(children_named(focus, "extension").into_iter().filter(address).collect())
        }
        ("resolve", []) => Ok(focus.iter().filter_map(|item| resolve(cx, item)).collect()),
        ("first" | "last" | "tail" | "single" | "distinct" | "isDistinct", []) => part(name, focus),
        ("skip" | "take", [count]) => {
            let count = one(cx, count)?.and_then(|item| item.number()).ok_or(Unsure)?;
            let count = count.max(0.0) as usize;
            let kept = focus.iter().cloned();
            Ok(if name == "skip" { kept.skip(count).collect() } else { kept.take(count).collect() })
        }
        ("combine" | "union" | "intersect" | "exclude" | "subsetOf" | "supersetOf", [other]) => {
            let other = cx.eval(other, std::slice::from_ref(&cx.this))?;
            together(name, focus, other)
        }
        _ => texts::call(cx, name, arguments, focus),
    }
}

/// What an argument is.
pub(super) fn one<'a>(cx: &Context<'_, 'a>, argument: &Expr) -> Result<Option<Item<'a>>, Unsure> {
    let mut found = cx.eval(argument, std::slice::from_ref(&cx.this))?;
    if found.len() > 1 { Err(Unsure) } else { Ok(found.pop()) }
}

pub(super) fn one_text(cx: &Context<'_, '_>, argument: &Expr) -> Result<String, Unsure> {
    one(cx, argument)?.and_then(|item| item.text().map(std::borrow::Cow::into_owned)).ok_or(Unsure)
}

fn each<'a>(cx: &Context<'_, 'a>, name: &str, rule: &Expr, focus: &[Item<'a>]) -> Found<'a> {
    let mut kept = Vec::new();
    if name == "repeat" {
        return repeat(cx, rule, focus);
    }
    for (index, item) in focus.iter().enumerate() {
        let found = cx.about(item, index).eval(rule, std::slice::from_ref(item))?;
        if name == "select" {
            kept.extend(found);
            continue;
        }
        match (truth(&found)? == Some(true), name) {
            (true, "exists") => return yes(true),
            (false, "all") => return yes(false),
            (true, "where") => kept.push(item.clone()),
            _ => {}
        }
    }
    match name {
        "exists" => yes(false),
        "all" => yes(true),
        _ => Ok(kept),
    }
}

fn repeat<'a>(cx: &Context<'_, 'a>, rule: &Expr, focus: &[Item<'a>]) -> Found<'a> {
    let (mut all, mut seen, mut now) = (Vec::new(), HashSet::new(), focus.to_vec());
    while !now.is_empty() {
        let mut next = Vec::new();
        for (index, item) in now.iter().enumerate() {
            let found = cx.about(item, index).eval(rule, std::slice::from_ref(item))?;
            next.extend(found.into_iter().filter(|item| seen.insert(item.key())));
        }
        cx.frame.budget.spend(next.len())?;
        all.extend(next.iter().cloned());
        now = next;
    }
    Ok(all)
}

fn iif<'a>(cx: &Context<'_, 'a>, condition: &Expr, rest: &[Expr], focus: &[Item<'a>]) -> Found<'a> {
    let inside;
    let cx = match focus {
        [item] => {
            inside = cx.about(item, 0);
            &inside
        }
        _ => cx,
    };
    let holds = truth(&cx.eval(condition, focus)?)? == Some(true);
    match (holds, rest) {
        (true, [then, ..]) | (false, [_, then]) => cx.eval(then, focus),
        _ => Ok(Vec::new()),
    }
}

fn typed<'a>(name: &str, ty: &Expr, focus: &[Item<'a>]) -> Found<'a> {
    let ty = match ty {
        Expr::Name(name) => name,
        Expr::Dot(_, right) => match right.as_ref() {
            Expr::Name(name) => name,
            _ => return Err(Unsure),
        },
        _ => return Err(Unsure),
    };
    match (name, focus) {
        ("is", []) => Ok(Vec::new()),
        ("is", [one]) => yes(one.is(ty)),
        ("is", _) => Err(Unsure),
        _ => Ok(focus.iter().filter(|item| item.is(ty)).cloned().collect()),
    }
}

fn children<'a>(focus: &[Item<'a>]) -> Vec<Item<'a>> {
    let mut found = Vec::new();
    for item in focus {
        if let Item::Node(node) = item {
            node.children(None, &mut found);
        }
    }
    found
}

fn children_named<'a>(focus: &[Item<'a>], name: &str) -> Vec<Item<'a>> {
    let mut found = Vec::new();
    for item in focus {
        if let Item::Node(node) = item {
            node.children(Some(name), &mut found);
        }
    }
    found
}

fn descendants<'a>(cx: &Context<'_, 'a>, focus: &[Item<'a>]) -> Found<'a> {
    let (mut all, mut now) = (Vec::new(), children(focus));
    while !now.is_empty() {
        cx.frame.budget.spend(now.len())?;
        let next = children(&now);
        all.append(&mut now);
        now = next;
    }
    Ok(all)
}

fn part<'a>(name: &str, focus: &[Item<'a>]) -> Found<'a> {
    let kept: Vec<Item<'a>> = match name {
        "first" => focus.first().cloned().into_iter().collect(),
        "last" => focus.last().cloned().into_iter().collect(),
        "tail" => focus.iter().skip(1).cloned().collect(),
        "distinct" => distinct(focus.iter().cloned()),
        "isDistinct" => {
            let mut seen = HashSet::new();
            return yes(focus.iter().all(|item| seen.insert(item.key())));
        }
        _ if focus.len() > 1 => return Err(Unsure),
        _ => focus.to_vec(),
    };
    Ok(kept)
}

/// Each item once.
pub(super) fn distinct<'a>(items: impl Iterator<Item = Item<'a>>) -> Vec<Item<'a>> {
    let mut seen = HashSet::new();
    items.filter(|item| seen.insert(item.key())).collect()
}

fn together<'a>(name: &str, focus: &[Item<'a>], other: Vec<Item<'a>>) -> Found<'a> {
    let keys = |items: &[Item<'a>]| items.iter().map(Item::key).collect::<HashSet<_>>();
    match name {
        "combine" => Ok(focus.iter().cloned().chain(other).collect()),
        "union" => Ok(distinct(focus.iter().cloned().chain(other))),
        "subsetOf" => yes(keys(focus).is_subset(&keys(&other))),
        "supersetOf" => yes(keys(focus).is_superset(&keys(&other))),
        _ => {
            let (other, wanted) = (keys(&other), name == "intersect");
            let kept = focus.iter().filter(|item| other.contains(&item.key()) == wanted).cloned();
            Ok(if wanted { distinct(kept) } else { kept.collect() })
        }
    }
}

/// What a reference leads to: a contained resource, one of the Bundle around, else something of the type it names.
fn resolve<'a>(cx: &Context<'_, 'a>, item: &Item<'a>) -> Option<Item<'a>> {
    let node = match item {
        Item::Node(node) => node,
        _ => return None,
    };
    let text = match node.value? {
        Value::String(text) => text.as_str(),
        value => value.get("reference")?.as_str()?,
    };
    cx.frame.target(text)
}

impl<'a> super::Frame<'a> {
    /// What a reference leads to, as far as this resource tells.
    pub(in crate::validate) fn target(&self, reference: &str) -> Option<Item<'a>> {
        let root = self.root.value?;
        match Reference::parse(reference) {
            Reference::Contained("") => Some(Item::Node(self.root)),
            Reference::Contained(id) => {
                let all = root.get("contained").and_then(Value::as_array)?;
                let found = all.iter().find(|one| one.get("id").and_then(Value::as_str) == Some(id))?;
                Some(Item::Node(Node::resource(found)))
            }
            Reference::Local { kind, .. } | Reference::Absolute { kind, .. } => Some(Item::Elsewhere(kind)),
            Reference::Conditional(kind, _) => Some(Item::Elsewhere(kind)),
            Reference::Urn(_) | Reference::Other(_) => {
                let name = self.named_by(reference)?;
                Some(Item::Elsewhere(name))
            }
        }
    }

    /// The type of an entry of the Bundle around.
    fn named_by(&self, address: &str) -> Option<ResourceType> {
        self.around?.get(address).copied()
    }
}
