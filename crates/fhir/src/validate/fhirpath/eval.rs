//! Evaluation: each expression makes a collection of another.

use super::compare::{equal, order};
use super::item::{Item, Node};
use super::parse::{Expr, Op};
use super::{Found, Unsure, functions};
use crate::ResourceType;
use std::borrow::Cow;
use std::cell::Cell;
use std::cmp::Ordering;
use std::collections::HashMap;

/// How many items may still be looked at, so that no resource takes for ever.
#[derive(Debug)]
pub(in crate::validate) struct Budget(Cell<usize>);

impl Budget {
    /// Enough for the largest honest resource.
    pub(in crate::validate) fn new() -> Self {
        Self(Cell::new(20_000_000))
    }

    pub(super) fn spend(&self, items: usize) -> Result<(), Unsure> {
        let left = self.0.get().checked_sub(items.saturating_add(1));
        self.0.set(left.unwrap_or(0));
        left.map(|_| ()).ok_or(Unsure)
    }
}

/// Where a rule is checked: `%resource`, `%rootResource`, and the resources of the Bundle around, by their address.
#[derive(Debug, Clone, Copy)]
pub(in crate::validate) struct Frame<'a> {
    pub(in crate::validate) resource: Node<'a>,
    pub(in crate::validate) root: Node<'a>,
    pub(in crate::validate) around: Option<&'a HashMap<&'a str, ResourceType>>,
    pub(in crate::validate) budget: &'a Budget,
}

/// What an expression is evaluated in.
#[derive(Clone)]
pub(super) struct Context<'c, 'a> {
    pub(super) frame: &'c Frame<'a>,
    start: Node<'a>,
    pub(super) this: Item<'a>,
    pub(super) index: usize,
}

/// Evaluates a whole expression.
pub(super) fn start<'a>(expr: &Expr, item: Node<'a>, frame: &Frame<'a>) -> Found<'a> {
    let context = Context { frame, start: item, this: Item::Node(item), index: 0 };
    context.eval(expr, &[Item::Node(item)])
}

/// A collection as a truth: one item that is not a truth is true; none is no answer.
pub(super) fn truth(found: &[Item<'_>]) -> Result<Option<bool>, Unsure> {
    match found {
        [] => Ok(None),
        [one] => Ok(Some(one.truth().unwrap_or(true))),
        _ => Err(Unsure),
    }
}

pub(super) fn yes<'a>(truth: bool) -> Found<'a> {
    Ok(vec![Item::Bool(truth)])
}

fn maybe<'a>(truth: Option<bool>) -> Found<'a> {
    Ok(truth.map(Item::Bool).into_iter().collect())
}

impl<'a> Context<'_, 'a> {
    /// The same, about one item of a collection.
    pub(super) fn about(&self, item: &Item<'a>, index: usize) -> Self {
        Self { this: item.clone(), index, ..self.clone() }
    }

    pub(super) fn eval(&self, expr: &Expr, focus: &[Item<'a>]) -> Found<'a> {
        self.frame.budget.spend(focus.len())?;
        match expr {
            Expr::This => Ok(vec![self.this.clone()]),
            Expr::Index => Ok(vec![Item::Number(self.index as f64)]),
            Expr::Empty => Ok(Vec::new()),
            Expr::Text(text) => Ok(vec![Item::Text(Cow::Owned(text.clone()))]),
            Expr::Number(number) => Ok(vec![Item::Number(*number)]),
            Expr::Bool(truth) => yes(*truth),
            Expr::Date(date) => Ok(vec![Item::Date(date.clone())]),
            Expr::Quantity(number, unit) => Ok(vec![Item::Quantity(*number, unit.clone())]),
            Expr::Variable(name) => self.variable(name),
            Expr::Name(name) => Ok(named(name, focus)),
            Expr::Call(name, arguments) => functions::call(self, name, arguments, focus),
            Expr::Dot(left, right) => {
                let left = self.eval(left, focus)?;
                self.eval(right, &left)
            }
            Expr::At(left, place) => {
                let place = self.eval(place, focus)?;
                let place = place.first().and_then(Item::number).ok_or(Unsure)?;
                let left = self.eval(left, focus)?;
                Ok(left.get(place as usize).cloned().into_iter().collect())
            }
            Expr::Minus(inner) => {
                let found = self.eval(inner, focus)?;
                Ok(found.iter().filter_map(Item::number).map(|number| Item::Number(-number)).collect())
            }
            Expr::Binary(op, left, right) => self.binary(*op, left, right, focus),
            Expr::Type(is, left, name) => {
                let found = self.eval(left, focus)?;
                match (is, found.as_slice()) {
                    (true, [one]) => yes(one.is(name)),
                    _ => Ok(found.into_iter().filter(|item| item.is(name)).collect()),
                }
            }
        }
    }

    fn variable(&self, name: &str) -> Found<'a> {
        let text = |text: &'static str| Ok(vec![Item::Text(Cow::Borrowed(text))]);
        match name {
            "resource" => Ok(vec![Item::Node(self.frame.resource)]),
            "rootResource" => Ok(vec![Item::Node(self.frame.root)]),
            "context" => Ok(vec![Item::Node(self.start)]),
            "ucum" => text("http://unitsofmeasure.org"),
            "sct" => text("http://snomed.info/sct"),
            "loinc" => text("http://loinc.org"),
            _ => Err(Unsure),
        }
    }

    fn logic(&self, op: Op, left: &Expr, right: &Expr, focus: &[Item<'a>]) -> Found<'a> {
        let side = |expr| self.eval(expr, focus).and_then(|found| truth(&found));
        let left = side(left);
        // What decides alone, whatever the other side is.
        match (op, left) {
            (Op::And, Ok(Some(false))) => return yes(false),
            (Op::Or, Ok(Some(true))) | (Op::Implies, Ok(Some(false))) => return yes(true),
            _ => {}
        }
        let right = side(right);
        match (op, right) {
            (Op::And, Ok(Some(false))) => return yes(false),
            (Op::Or | Op::Implies, Ok(Some(true))) => return yes(true),
            _ => {}
        }
        let (left, right) = (left?, right?);
        maybe(match op {
            Op::Xor => left.zip(right).map(|(left, right)| left != right),
            Op::Implies => left.and(right),
            _ => left.zip(right).map(|(left, right)| if op == Op::And { left && right } else { left || right }),
        })
    }

    fn binary(&self, op: Op, left: &Expr, right: &Expr, focus: &[Item<'a>]) -> Found<'a> {
        if matches!(op, Op::And | Op::Or | Op::Xor | Op::Implies) {
            return self.logic(op, left, right, focus);
        }
        let (left, right) = (self.eval(left, focus)?, self.eval(right, focus)?);
        match op {
            Op::Equal => maybe(same(&left, &right)?),
            Op::Differs => maybe(same(&left, &right)?.map(|same| !same)),
            Op::Equivalent => yes(alike(&left, &right)),
            Op::NotEquivalent => yes(!alike(&left, &right)),
            Op::Less | Op::Greater | Op::AtMost | Op::AtLeast => compared(op, &left, &right),
            Op::In => within(&left, &right),
            Op::Contains => within(&right, &left),
            Op::Union => Ok(functions::distinct(left.into_iter().chain(right))),
            _ => arithmetic(op, &left, &right),
        }
    }
}

/// The children of a name; at the start of a path, also what is of the type of this name.
fn named<'a>(name: &str, focus: &[Item<'a>]) -> Vec<Item<'a>> {
    let mut found = Vec::new();
    for item in focus {
        let Item::Node(node) = item else { continue };
        if name.starts_with(|first: char| first.is_ascii_uppercase()) {
            found.extend(node.is(name).then(|| item.clone()));
        } else {
            node.children(Some(name), &mut found);
        }
    }
    found
}

fn same(left: &[Item<'_>], right: &[Item<'_>]) -> Result<Option<bool>, Unsure> {
    if left.is_empty() || right.is_empty() {
        return Ok(None);
    }
    if left.len() != right.len() {
        return Ok(Some(false));
    }
    for (left, right) in left.iter().zip(right) {
        if !equal(left, right)? {
            return Ok(Some(false));
        }
    }
    Ok(Some(true))
}

/// Equivalence: the order does not matter, nor do case and white space.
fn alike(left: &[Item<'_>], right: &[Item<'_>]) -> bool {
    let keys = |items: &[Item<'_>]| {
        let plain = |item: &Item<'_>| {
            let words: Vec<String> = item.key().split_whitespace().map(str::to_lowercase).collect();
            words.join(" ")
        };
        let mut keys: Vec<String> = items.iter().map(plain).collect();
        keys.sort();
        keys
    };
    keys(left) == keys(right)
}

fn compared<'a>(op: Op, left: &[Item<'a>], right: &[Item<'a>]) -> Found<'a> {
    let ([left], [right]) = (left, right) else {
        return if left.is_empty() || right.is_empty() { Ok(Vec::new()) } else { Err(Unsure) };
    };
    let order = order(left, right)?;
    maybe(order.map(|order| match op {
        Op::Less => order == Ordering::Less,
        Op::Greater => order == Ordering::Greater,
        Op::AtMost => order != Ordering::Greater,
        _ => order != Ordering::Less,
    }))
}

fn within<'a>(one: &[Item<'a>], all: &[Item<'a>]) -> Found<'a> {
    match one {
        [] => Ok(Vec::new()),
        [one] => yes(all.iter().any(|other| equal(one, other) == Ok(true))),
        _ => Err(Unsure),
    }
}

fn arithmetic<'a>(op: Op, left: &[Item<'a>], right: &[Item<'a>]) -> Found<'a> {
    let text = |items: &[Item<'a>]| items.first().and_then(Item::text).unwrap_or_default();
    if op == Op::Join {
        return Ok(vec![Item::Text(Cow::Owned(format!("{}{}", text(left), text(right))))]);
    }
    let ([one], [two]) = (left, right) else {
        return if left.is_empty() || right.is_empty() { Ok(Vec::new()) } else { Err(Unsure) };
    };
    let (Some(first), Some(second)) = (one.number(), two.number()) else {
        let texts = one.text().zip(two.text()).filter(|_| op == Op::Plus).ok_or(Unsure)?;
        return Ok(vec![Item::Text(Cow::Owned(format!("{}{}", texts.0, texts.1)))]);
    };
    let divides = matches!(op, Op::Divide | Op::Div | Op::Mod);
    if divides && second == 0.0 {
        return Ok(Vec::new());
    }
    Ok(vec![Item::Number(match op {
        Op::Plus => first + second,
        Op::Minus => first - second,
        Op::Times => first * second,
        Op::Divide => first / second,
        Op::Div => (first / second).trunc(),
        _ => first % second,
    })])
}
