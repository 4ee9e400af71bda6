//! `_security`: by the labels that are shown, which are the row's own columns and change without a new version; never by those
//! that were received.

use super::condition::{Condition, any};
use confidentiality::labeler::security_tags;
use confidentiality::{Categories, Label, Level};
use fhir::search::{Filter, Modifier, Operand};

/// The parameter's name.
const NAME: &str = "_security";

/// Whether a filter asks for labels.
pub(super) fn is_asked(filter: &Filter) -> bool {
    matches!(filter, Filter::Param { param, .. } if param.code == NAME)
}

/// The condition of the values that ask for what the server puts on, and those that ask for something else; none where another
/// parameter or modifier is asked for.
pub(super) fn labels(code: &str, modifier: &Modifier, values: &[Operand]) -> Option<(Condition, Vec<Operand>)> {
    if code != NAME {
        return None;
    }
    match modifier {
        // Everything has a level.
        Modifier::Missing(missing) => {
            return Some((Condition::decisive(if *missing { "1 = 0" } else { "1 = 1" }.to_owned()), Vec::new()));
        }
        Modifier::None | Modifier::Not => {}
        _ => return None,
    }
    let (mut texts, mut others) = (Vec::new(), Vec::new());
    for value in values {
        let found = tests(value);
        match found.is_empty() && !is_server_owned(value) {
            true => others.push(value.clone()),
            false => texts.extend(found),
        }
    }
    Some((Condition::decisive(any(&texts)), others))
}

/// A system that only the server's labels have: what was received in it is not shown.
fn is_server_owned(value: &Operand) -> bool {
    matches!(value, Operand::Token { system: Some(system), .. } if fhir::is_server_system(system))
}

/// What the columns of a row must be for it to bear a label.
fn tests(value: &Operand) -> Vec<String> {
    let Operand::Token { system, code } = value else { return Vec::new() };
    let asked = |tag: &(&str, &str, &str)| {
        let fits = |wanted: &Option<String>, has: &str| {
            wanted.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(has))
        };
        fits(system, tag.0) && fits(code, tag.1)
    };
    let tags = |level, categories| security_tags(&Label { level, categories, reasons: Vec::new() });
    let mut texts = Vec::new();
    for level in Level::ALL {
        if tags(level, Categories::empty()).first().is_some_and(asked) {
            texts.push(format!("r.level = {}", level.code()));
        }
    }
    let mut bits = 0;
    for category in Categories::all().iter() {
        let mut alone = Categories::empty();
        alone.insert(category);
        if tags(Level::Sensitive, alone).iter().skip(1).any(asked) {
            bits |= alone.bits();
        }
    }
    if bits != 0 {
        texts.push(format!("(r.categories & {bits}) <> 0"));
    }
    texts
}
