//! FHIRPath (N1), as far as the rules of definitions use it. Pure: no clock, no terminology, nothing looked up.

pub(super) mod compare;
mod eval;
mod functions;
mod item;
mod lex;
mod parse;
mod texts;

pub(super) use eval::{Budget, Frame};
pub(super) use item::{Item, Node};

/// The answer depends on what is not known here: another resource, a value set, a precision that was not given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unsure;

/// A collection, when it can be known.
type Found<'a> = Result<Vec<Item<'a>>, Unsure>;

/// An expression that has been read.
#[derive(Debug, Clone)]
pub(super) struct Expression(parse::Expr);

impl Expression {
    /// Reads an expression; none when it is not one.
    pub(super) fn parse(text: &str) -> Option<Self> {
        parse::parse(text).map(Self)
    }

    /// Whether a rule holds for an item, or gives no answer. What cannot be known is given the benefit of the doubt.
    pub(super) fn holds<'a>(&self, item: Node<'a>, frame: &Frame<'a>) -> Option<bool> {
        match self.find(item, frame) {
            Ok(found) => eval::truth(&found).unwrap_or(Some(true)),
            Err(Unsure) => Some(true),
        }
    }

    /// What it finds from an item.
    pub(super) fn find<'a>(&self, item: Node<'a>, frame: &Frame<'a>) -> Found<'a> {
        eval::start(&self.0, item, frame)
    }
}

#[cfg(test)]
mod suite;
#[cfg(test)]
mod tests;
