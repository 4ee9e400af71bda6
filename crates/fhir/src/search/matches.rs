//! The plain evaluator: whether one resource passes one filter.

use super::composite;
use super::extract::{Entry, IndexValue, extract_one, fold};
use super::letters::normalise;
use super::query::{Filter, Modifier, Operand};
use super::table::{Param, ParamKind};
use crate::json::Value;
use crate::{Resource, ResourceType, compartment};

/// Whether `resource` passes `filter`.
///
/// What needs more than this resource — chains, `_has`, `_lastUpdated` — is taken as passed: the index decides it.
pub fn matches(resource: &Resource, filter: &Filter) -> bool {
    let Filter::Param { param, modifier, values } = filter else {
        return match filter {
            Filter::Within { of, id } => is_within(resource, *of, id),
            Filter::Id(ids) => resource.id().is_some_and(|id| ids.iter().any(|wanted| wanted == id)),
            _ => true,
        };
    };
    if param.kind == ParamKind::Composite {
        return match modifier {
            Modifier::Missing(missing) => composite::is_present(resource, param) != *missing,
            _ => values.iter().any(|value| composite::matches(resource, param, value)),
        };
    }
    if *modifier == Modifier::OfType {
        return values.iter().any(|value| is_of_type(resource, param, value));
    }
    let entries: Vec<Entry> = extract_one(resource, param);
    match modifier {
        Modifier::Missing(missing) => entries.is_empty() == *missing,
        Modifier::Not => !entries.iter().any(|e| values.iter().any(|v| value_matches(&e.value, &Modifier::None, v))),
        _ => entries.iter().any(|entry| values.iter().any(|value| value_matches(&entry.value, modifier, value))),
    }
}

/// Whether one indexed value answers one operand.
pub(super) fn value_matches(found: &IndexValue, modifier: &Modifier, wanted: &Operand) -> bool {
    match (found, wanted) {
        (IndexValue::Token { text, .. }, Operand::String(words)) => {
            text.as_ref().is_some_and(|text| normalise(text).starts_with(&normalise(words)))
        }
        (IndexValue::Token { system, code, exact, .. }, Operand::Token { system: s, code: c }) => {
            let fits = |code: &String, wanted: &String| code == wanted || (!exact && fold(code) == fold(wanted));
            system_fits(system.as_deref(), s.as_deref())
                && c.as_ref().is_none_or(|wanted| code.as_ref().is_some_and(|code| fits(code, wanted)))
        }
        (IndexValue::Reference { identifier, .. }, Operand::Token { system, code }) => {
            identifier.as_ref().is_some_and(|(found, value)| {
                code.as_ref().is_some_and(|code| fold(value) == fold(code))
                    && system_fits(found.as_deref(), system.as_deref())
            })
        }
        (IndexValue::Reference { ty, id, url, .. }, Operand::Reference { ty: t, id: i, url: u }) => {
            if u.is_some() {
                return url == u;
            }
            let t = if let Modifier::Type(wanted) = modifier { Some(*wanted) } else { *t };
            id == i && (t.is_none() || *ty == t)
        }
        (IndexValue::String(text), Operand::String(words)) => match modifier {
            Modifier::Exact => text == words,
            Modifier::Contains => normalise(text).contains(&normalise(words)),
            _ => normalise(text).starts_with(&normalise(words)),
        },
        (IndexValue::Uri(url), Operand::Uri(wanted)) => match modifier {
            Modifier::Below => {
                url == wanted || url.strip_prefix(wanted.trim_end_matches('/')).is_some_and(|r| r.starts_with('/'))
            }
            Modifier::Above => {
                url == wanted || wanted.strip_prefix(url.trim_end_matches('/')).is_some_and(|r| r.starts_with('/'))
            }
            _ => url == wanted,
        },
        (IndexValue::Date { lo, hi }, Operand::Date(test)) => test.holds(*lo, *hi),
        (IndexValue::Number { lo, hi }, Operand::Number(test)) => test.holds(*lo, *hi),
        (IndexValue::Quantity { lo, hi, system, code, unit }, Operand::Quantity { test, system: s, code: c }) => {
            let unit_fits = c
                .as_ref()
                .is_none_or(|wanted| code.as_ref() == Some(wanted) || (s.is_none() && unit.as_ref() == Some(wanted)));
            test.holds(*lo, *hi) && unit_fits && s.as_ref().is_none_or(|s| s.is_empty() || system.as_ref() == Some(s))
        }
        _ => false,
    }
}

/// Whether a resource is in a compartment, or is what the compartment is named after.
fn is_within(resource: &Resource, of: ResourceType, id: &str) -> bool {
    let itself = resource.kind() == of && resource.id() == Some(id);
    let points = |value: &IndexValue| matches!(value, IndexValue::Reference { ty: Some(ty), id: Some(found), .. } if *ty == of && found == id);
    let links = compartment::links(of, resource.kind()).iter();
    itself || links.flat_map(|link| extract_one(resource, link)).any(|entry| points(&entry.value))
}

/// Whether an identifier of this type has this value.
fn is_of_type(resource: &Resource, param: &Param, wanted: &Operand) -> bool {
    let Operand::OfType { system, code, value } = wanted else { return false };
    let says = |node: &Value, key: &str, wanted: &str| node.get(key).and_then(Value::as_str) == Some(wanted);
    let mut found = false;
    for path in param.paths.iter().filter(|_| param.ty.is_none_or(|ty| ty == resource.kind())) {
        path.follow(resource.object(), &mut |node| {
            let codings = node.get("type").and_then(|kind| kind.get("coding")).and_then(Value::as_array);
            let typed = |coding: &Value| says(coding, "system", system) && says(coding, "code", code);
            let valued = node.get("value").and_then(Value::as_str).is_some_and(|found| fold(found) == fold(value));
            found |= valued && codings.into_iter().flatten().any(typed);
        });
    }
    found
}

/// No system asked for: any. An empty one: none.
fn system_fits(found: Option<&str>, wanted: Option<&str>) -> bool {
    match wanted {
        None => true,
        Some("") => found.is_none(),
        wanted => found == wanted,
    }
}
