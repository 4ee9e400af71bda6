//! Functions on texts and numbers (FHIRPath §5.5 to §5.7).

use super::eval::{Context, yes};
use super::functions::{one, one_text};
use super::item::Item;
use super::parse::Expr;
use super::{Found, Unsure};
use regex::{Regex, RegexBuilder};
use std::borrow::Cow;
use std::sync::LazyLock;

/// Calls a function on one simple value.
pub(super) fn call<'a>(cx: &Context<'_, 'a>, name: &str, arguments: &[Expr], focus: &[Item<'a>]) -> Found<'a> {
    let [item] = focus else { return if focus.is_empty() { Ok(Vec::new()) } else { Err(Unsure) } };
    let text = item.text();
    let text = text.as_deref();
    match (name, arguments) {
        ("toString", []) => written(text.ok_or(Unsure)?),
        ("toInteger", []) => number(text.and_then(|text| text.parse::<i32>().ok()).map(f64::from)),
        ("toDecimal", []) => number(text.and_then(|text| text.parse::<f64>().ok()).filter(|number| number.is_finite())),
        ("convertsToInteger", []) => yes(text.is_some_and(|text| text.parse::<i32>().is_ok())),
        ("convertsToDecimal", []) => yes(text.is_some_and(|text| text.parse::<f64>().is_ok_and(f64::is_finite))),
        ("abs", []) => number(item.number().map(f64::abs)),
        ("floor", []) => number(item.number().map(f64::floor)),
        ("ceiling", []) => number(item.number().map(f64::ceil)),
        ("truncate", []) => number(item.number().map(f64::trunc)),
        ("round", []) => number(item.number().map(f64::round)),
        ("length", []) => number(text.map(|text| text.chars().count() as f64)),
        ("upper", []) => written(&text.ok_or(Unsure)?.to_uppercase()),
        ("lower", []) => written(&text.ok_or(Unsure)?.to_lowercase()),
        ("trim", []) => written(text.ok_or(Unsure)?.trim()),
        ("contains" | "startsWith" | "endsWith" | "indexOf" | "matches", [part]) => {
            let Some(part) = one(cx, part)?.map(|part| part.text().ok_or(Unsure)).transpose()? else {
                return Ok(Vec::new());
            };
            asked(name, text.ok_or(Unsure)?, &part)
        }
        ("substring", [from]) => cut(cx, text.ok_or(Unsure)?, from, None),
        ("substring", [from, length]) => cut(cx, text.ok_or(Unsure)?, from, Some(length)),
        ("split", [separator]) => {
            let separator = one_text(cx, separator)?;
            let parts = text.ok_or(Unsure)?.split(separator.as_str());
            Ok(parts.map(|part| Item::Text(Cow::Owned(part.to_owned()))).collect())
        }
        ("replace", [from, to]) => written(&text.ok_or(Unsure)?.replace(&one_text(cx, from)?, &one_text(cx, to)?)),
        ("replaceMatches", [pattern, to]) => {
            let pattern = compile(&one_text(cx, pattern)?)?;
            written(&pattern.replace_all(text.ok_or(Unsure)?, one_text(cx, to)?.as_str()))
        }
        _ => Err(Unsure),
    }
}

fn written<'a>(text: &str) -> Found<'a> {
    Ok(vec![Item::Text(Cow::Owned(text.to_owned()))])
}

fn number<'a>(number: Option<f64>) -> Found<'a> {
    Ok(number.map(Item::Number).into_iter().collect())
}

fn asked<'a>(name: &str, text: &str, part: &str) -> Found<'a> {
    match name {
        "contains" => yes(text.contains(part)),
        "startsWith" => yes(text.starts_with(part)),
        "endsWith" => yes(text.ends_with(part)),
        "indexOf" => number(Some(text.find(part).map_or(-1.0, |at| text.split_at(at).0.chars().count() as f64))),
        _ => yes(compile(part)?.is_match(text)),
    }
}

/// The rule of most names of definitions, asked often.
const NAME: &str = "^([A-Z]([A-Za-z0-9_]){0,254})$";
static NAMES: LazyLock<Option<Regex>> = LazyLock::new(|| build(NAME));

fn compile(pattern: &str) -> Result<Regex, Unsure> {
    if pattern == NAME { NAMES.clone() } else { build(pattern) }.ok_or(Unsure)
}

fn build(pattern: &str) -> Option<Regex> {
    RegexBuilder::new(pattern).size_limit(1 << 20).dot_matches_new_line(true).build().ok()
}

fn cut<'a>(cx: &Context<'_, 'a>, text: &str, from: &Expr, length: Option<&Expr>) -> Found<'a> {
    let place = |item: Option<Item<'_>>| item.and_then(|item| item.number()).ok_or(Unsure);
    let from = place(one(cx, from)?)?;
    let length = length.map(|length| place(one(cx, length)?)).transpose()?;
    if from < 0.0 {
        return Ok(Vec::new());
    }
    let (from, length) = (from as usize, length.map_or(usize::MAX, |length| length.max(0.0) as usize));
    if from >= text.chars().count() {
        return Ok(Vec::new());
    }
    written(&text.chars().skip(from).take(length).collect::<String>())
}
