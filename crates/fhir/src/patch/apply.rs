//! Doing the operations on a document.

use super::Operation;
use super::pointer::{Pointer, index};
use crate::Invalid;
use crate::json::{MAX_DEPTH, Value};

/// Bytes that copies may add up to.
const COPIED: usize = 16 << 20;

/// Why an operation cannot be done.
#[derive(Debug, Clone, Copy)]
pub(super) enum Why {
    Absent,
    Differs,
    Inside,
    Large,
    Several,
    Present,
    Element,
    Place,
    Path,
}

impl Why {
    /// The issue for operation `index`.
    pub(super) fn at(self, index: usize) -> Invalid {
        let (fr, en) = match self {
            Self::Absent => ("son chemin ne mène à rien", "its path leads nowhere"),
            Self::Differs => ("la valeur n’est pas celle attendue", "the value is not the one expected"),
            Self::Inside => ("un élément ne peut aller en lui-même", "an element cannot move into itself"),
            Self::Large => ("le résultat serait trop grand", "the result would be too large"),
            Self::Several => ("son chemin mène à plusieurs éléments", "its path leads to several elements"),
            Self::Present => ("cet élément est déjà là", "the element is there already"),
            Self::Element => ("aucun élément de ce nom et de ce type ici", "no element of this name and type here"),
            Self::Place => ("cette place n’est pas dans la liste", "this place is not in the list"),
            Self::Path => ("son chemin ne désigne pas d’élément", "its path does not designate elements"),
        };
        let fr = format!("L’opération {index} du patch ne peut être faite : {fr}.");
        Invalid::one("processing", None, fr, format!("Operation {index} of the patch fails: {en}."))
    }
}

/// A document being patched.
pub(super) struct Document {
    root: Value,
    copied: usize,
    /// Containers that lost something: FHIR has no empty ones.
    emptied: Vec<Pointer>,
}

impl Document {
    pub(super) fn new(root: Value) -> Self {
        Self { root, copied: 0, emptied: Vec::new() }
    }

    /// What it has become.
    pub(super) fn finish(mut self) -> Value {
        for pointer in std::mem::take(&mut self.emptied) {
            let mut place = Some(pointer);
            while let Some(pointer) = place {
                let empty = pointer.find(&self.root).is_some_and(is_empty);
                place = pointer.split().filter(|_| empty).map(|(parent, _)| parent);
                if empty && pointer.depth() > 0 {
                    drop(take(&mut self.root, &pointer));
                }
            }
        }
        self.root
    }

    pub(super) fn run(&mut self, operation: &Operation) -> Result<(), Why> {
        match operation {
            Operation::Add(to, value) => self.add(to, value.clone()),
            Operation::Remove(from) => self.remove(from).map(drop),
            Operation::Replace(to, value) => {
                fits(to, value)?;
                *to.find_mut(&mut self.root).ok_or(Why::Absent)? = value.clone();
                Ok(())
            }
            Operation::Move { from, to } if from.holds(to) => Err(Why::Inside),
            Operation::Move { from, to } if from == to => from.find(&self.root).map(drop).ok_or(Why::Absent),
            Operation::Move { from, to } => {
                let value = self.remove(from)?;
                self.add(to, value)
            }
            Operation::Copy { from, to } => {
                let value = from.find(&self.root).ok_or(Why::Absent)?;
                self.copied = self.copied.saturating_add(size(value));
                if self.copied > COPIED {
                    return Err(Why::Large);
                }
                let value = value.clone();
                self.add(to, value)
            }
            Operation::Test(at, value) => {
                let found = at.find(&self.root).ok_or(Why::Absent)?;
                if same(found, value) { Ok(()) } else { Err(Why::Differs) }
            }
        }
    }

    fn add(&mut self, to: &Pointer, value: Value) -> Result<(), Why> {
        fits(to, &value)?;
        let Some((parent, key)) = to.split() else {
            self.root = value;
            return Ok(());
        };
        match parent.find_mut(&mut self.root).ok_or(Why::Absent)? {
            Value::Object(object) => drop(object.insert(key.to_owned(), value)),
            Value::Array(items) if key == "-" => items.push(value),
            Value::Array(items) => {
                let at = index(key).filter(|at| *at <= items.len()).ok_or(Why::Absent)?;
                items.insert(at, value);
            }
            _ => return Err(Why::Absent),
        }
        Ok(())
    }

    fn remove(&mut self, from: &Pointer) -> Result<Value, Why> {
        let value = take(&mut self.root, from).ok_or(Why::Absent)?;
        self.emptied.extend(from.split().map(|(parent, _)| parent));
        Ok(value)
    }
}

fn take(root: &mut Value, from: &Pointer) -> Option<Value> {
    let (parent, key) = from.split()?;
    match parent.find_mut(root)? {
        Value::Object(object) => object.shift_remove(key),
        Value::Array(items) => {
            let at = index(key).filter(|at| *at < items.len())?;
            Some(items.remove(at))
        }
        _ => None,
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Object(object) => object.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

/// Refuses what would be deeper than a document may be.
fn fits(to: &Pointer, value: &Value) -> Result<(), Why> {
    if to.depth() + depth(value) > MAX_DEPTH { Err(Why::Large) } else { Ok(()) }
}

pub(super) fn depth(value: &Value) -> usize {
    match value {
        Value::Object(object) => 1 + object.values().map(depth).max().unwrap_or_default(),
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or_default(),
        _ => 0,
    }
}

/// About how many bytes a value holds.
fn size(value: &Value) -> usize {
    const EACH: usize = 32;
    EACH + match value {
        Value::Object(object) => object.iter().map(|(key, value)| EACH + key.len() + size(value)).sum(),
        Value::Array(items) => items.iter().map(size).sum(),
        Value::String(text) => text.len(),
        Value::Number(number) => number.to_string().len(),
        Value::Null | Value::Bool(_) => 0,
    }
}

/// Equal as RFC 6902 §4.6 says: numbers by value, objects whatever the order of their keys.
fn same(one: &Value, two: &Value) -> bool {
    match (one, two) {
        (Value::Number(one), Value::Number(two)) => digits(&one.to_string()) == digits(&two.to_string()),
        (Value::Array(one), Value::Array(two)) => {
            one.len() == two.len() && one.iter().zip(two).all(|(one, two)| same(one, two))
        }
        (Value::Object(one), Value::Object(two)) => {
            let known = |(key, value): (&String, &Value)| two.get(key).is_some_and(|other| same(value, other));
            one.len() == two.len() && one.iter().all(known)
        }
        _ => one == two,
    }
}

/// A number as sign, digits without zeros around them, and power of ten: the same for the same value.
fn digits(text: &str) -> (bool, String, i128) {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (negative, mantissa) = mantissa.strip_prefix('-').map_or((false, mantissa), |rest| (true, rest));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = format!("{whole}{fraction}");
    let kept = all.trim_start_matches('0').trim_end_matches('0').to_owned();
    if kept.is_empty() {
        return (false, kept, 0);
    }
    let zeros = all.len() - all.trim_end_matches('0').len();
    let far = if exponent.starts_with('-') { i128::from(i64::MIN) } else { i128::from(i64::MAX) };
    let exponent = exponent.parse::<i64>().map_or(far, i128::from);
    let shift = i128::try_from(zeros).unwrap_or_default() - i128::try_from(fraction.len()).unwrap_or_default();
    (negative, kept, exponent + shift)
}
