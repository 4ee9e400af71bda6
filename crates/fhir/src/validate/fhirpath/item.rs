//! What an expression is about: elements with their types, and what is computed from them.

use crate::ResourceType;
use crate::json::Value;
use crate::validate::primitive::Primitive;
use crate::validate::table::{self, Kind};
use std::borrow::Cow;

/// One item of a collection.
#[derive(Debug, Clone)]
pub(in crate::validate) enum Item<'a> {
    /// An element, or a resource.
    Node(Node<'a>),
    /// A truth.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A text.
    Text(Cow<'a, str>),
    /// A date, a time or both.
    Date(String),
    /// A number with its unit.
    Quantity(f64, String),
    /// A resource that is not at hand: its type is known from its address.
    Elsewhere(ResourceType),
}

/// An element: its value, what completes it when it is simple, and what it is.
#[derive(Debug, Clone, Copy)]
pub(in crate::validate) struct Node<'a> {
    /// Its value; none when only its companion is there.
    pub(in crate::validate) value: Option<&'a Value>,
    /// The value after an underscore.
    pub(in crate::validate) companion: Option<&'a Value>,
    /// What it is, when that is known.
    pub(in crate::validate) kind: Option<Kind>,
}

impl<'a> Node<'a> {
    /// A resource.
    pub(in crate::validate) fn resource(value: &'a Value) -> Self {
        Self { value: Some(value), companion: None, kind: Some(Kind::Resource) }.settled()
    }

    /// A value of a kind.
    pub(in crate::validate) fn new(value: Option<&'a Value>, companion: Option<&'a Value>, kind: Kind) -> Self {
        Self { value, companion, kind: Some(kind) }.settled()
    }

    /// A resource is known by what it says it is.
    fn settled(mut self) -> Self {
        if let Some(Kind::Resource) = self.kind {
            let name = self.value.and_then(|value| value.get("resourceType")).and_then(Value::as_str);
            self.kind = name.and_then(table::number).map(Kind::Complex);
        }
        self
    }

    /// The node of the table for what it is.
    pub(in crate::validate) fn table(&self) -> Option<&'static table::Node> {
        match self.kind? {
            Kind::Complex(number) | Kind::Reference(number, _) => table::by_number(number),
            Kind::Primitive(_) => table::node("Element"),
            Kind::Resource => None,
        }
    }

    fn primitive(&self) -> Option<Primitive> {
        match self.kind? {
            Kind::Primitive(primitive) => Some(primitive),
            _ => None,
        }
    }

    /// Whether it is of a type, or of one built on it.
    pub(in crate::validate) fn is(&self, wanted: &str) -> bool {
        if let Some(primitive) = self.primitive() {
            let name = primitive.name();
            let above = match primitive {
                Primitive::Code | Primitive::Id | Primitive::Markdown => "string",
                Primitive::Canonical | Primitive::Oid | Primitive::Url | Primitive::Uuid => "uri",
                Primitive::PositiveInt | Primitive::UnsignedInt => "integer",
                _ => "Element",
            };
            return name.eq_ignore_ascii_case(wanted) || above == wanted || wanted == "Element";
        }
        let mut node = self.table();
        while let Some(here) = node {
            if here.name == wanted {
                return true;
            }
            node = table::node(here.base);
        }
        false
    }

    /// Its children of a name; all of them without one.
    pub(in crate::validate) fn children(&self, name: Option<&str>, out: &mut Vec<Item<'a>>) {
        self.each(name, &mut |_, _, node| out.push(Item::Node(node)));
    }

    /// Goes over its children of a name, or all: key without underscore, place in its array, child.
    pub(in crate::validate) fn each(&self, name: Option<&str>, each: &mut dyn FnMut(&str, Option<usize>, Node<'a>)) {
        let simple = self.primitive().is_some();
        let inside = if simple { self.companion } else { self.value };
        let (Some(Value::Object(object)), Some(table)) = (inside, self.table()) else { return };
        let completed = object.keys().any(|key| key.starts_with('_'));
        for (key, value) in object {
            let (bare, companion) = match key.strip_prefix('_') {
                Some(bare) if object.contains_key(bare) => continue,
                Some(bare) => (bare, true),
                None => (key.as_str(), false),
            };
            let Some(slot) = table.slot(bare) else { continue };
            let element = table.elements.get(slot.element).map_or(bare, |element| element.name);
            if name.is_some_and(|name| name != element) {
                continue;
            }
            let beside = (completed && !companion).then(|| object.get(&format!("_{bare}"))).flatten();
            let (value, beside) = if companion { (None, Some(value)) } else { (Some(value), beside) };
            spread(value, beside, slot.kind, &mut |place, node| each(bare, place, node));
        }
    }
}

/// The items of an element, which may be an array.
fn spread<'a>(
    value: Option<&'a Value>,
    companion: Option<&'a Value>,
    kind: Kind,
    each: &mut dyn FnMut(Option<usize>, Node<'a>),
) {
    let list = |value: Option<&'a Value>| match value {
        Some(Value::Array(items)) => Some(items),
        _ => None,
    };
    let (values, companions) = (list(value), list(companion));
    if values.is_none() && companions.is_none() {
        return each(None, Node::new(value, companion, kind));
    }
    let length = values.map_or(0, Vec::len).max(companions.map_or(0, Vec::len));
    for place in 0..length {
        let at = |items: Option<&'a Vec<Value>>| items.and_then(|items| items.get(place)).filter(|one| !one.is_null());
        each(Some(place), Node::new(at(values), at(companions), kind));
    }
}

impl<'a> Item<'a> {
    /// What it is as a text, when it is simple.
    pub(super) fn text(&self) -> Option<Cow<'a, str>> {
        match self {
            Self::Node(node) => match node.value? {
                Value::String(text) => Some(Cow::Borrowed(text)),
                Value::Bool(_) | Value::Number(_) => node.value.map(|value| Cow::Owned(value.to_string())),
                _ => None,
            },
            Self::Bool(truth) => Some(Cow::Owned(truth.to_string())),
            Self::Number(number) => Some(Cow::Owned(number.to_string())),
            Self::Text(text) => Some(text.clone()),
            Self::Date(date) => Some(Cow::Owned(date.clone())),
            Self::Quantity(..) | Self::Elsewhere(_) => None,
        }
    }

    /// Its number, when it is one.
    pub(super) fn number(&self) -> Option<f64> {
        match self {
            Self::Node(Node { value: Some(Value::Number(number)), .. }) => number.to_string().parse().ok(),
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// Its truth, when it is one.
    pub(super) fn truth(&self) -> Option<bool> {
        match self {
            Self::Node(Node { value: Some(Value::Bool(truth)), .. }) | Self::Bool(truth) => Some(*truth),
            _ => None,
        }
    }

    /// Number, and unit with its system, when it is a quantity.
    pub(super) fn quantity(&self) -> Option<(f64, String)> {
        match self {
            Self::Quantity(number, unit) => Some((*number, unit.clone())),
            Self::Node(node) if node.is("Quantity") => {
                let value = node.value?;
                let number = value.get("value").filter(|number| number.is_number())?.to_string().parse().ok()?;
                let part = |key: &str| value.get(key).and_then(Value::as_str);
                Some((number, part("code").or(part("unit")).unwrap_or_default().to_owned()))
            }
            _ => None,
        }
    }

    /// Whether it is a date, a time or both.
    pub(super) fn is_date(&self) -> bool {
        match self {
            Self::Date(_) => true,
            Self::Node(node) => {
                matches!(
                    node.primitive(),
                    Some(Primitive::Date | Primitive::DateTime | Primitive::Instant | Primitive::Time)
                )
            }
            _ => false,
        }
    }

    /// Whether it is of a type.
    pub(super) fn is(&self, wanted: &str) -> bool {
        match self {
            Self::Node(node) => node.is(wanted),
            Self::Bool(_) => wanted == "Boolean",
            Self::Number(number) => wanted == "Decimal" || (wanted == "Integer" && number.fract() == 0.0),
            Self::Text(_) => wanted == "String",
            Self::Date(text) => {
                let time = text.starts_with('T');
                wanted
                    == if time {
                        "Time"
                    } else if text.contains('T') {
                        "DateTime"
                    } else {
                        "Date"
                    }
            }
            Self::Quantity(..) => wanted == "Quantity",
            Self::Elsewhere(kind) => wanted == kind.name() || wanted == "Resource",
        }
    }

    /// A text that is the same for equal items, whatever they come from.
    pub(super) fn key(&self) -> String {
        if let Some(number) = self.number() {
            return format!("n{number}");
        }
        match self {
            Self::Node(Node { value: Some(value @ (Value::Object(_) | Value::Array(_))), .. }) => {
                let mut value = (*value).clone();
                value.sort_all_objects();
                format!("v{value}")
            }
            _ => self.text().map_or_else(|| format!("{self:?}"), |text| format!("t{text}")),
        }
    }
}
