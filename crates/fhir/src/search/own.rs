//! Search parameters of one's own: SearchParameter resources beside the table of R4 (French profiles, a house's needs).
//!
//! A definition becomes one line for each type, in the form of the table, so that both are compiled and followed alike.

use super::table::{self, Param, ParamKind, parse_line};
use crate::json::Value;
use crate::{Invalid, Issue, Resource, ResourceType};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// Numbers of one's own begin here, far above those of the table; the first is for trying a definition.
pub const FIRST: u32 = 1_000_000;
/// Characters of the longest expression.
const LONGEST: usize = 1_000;
/// HL7's own definitions of R4 begin so.
const STANDARD: &str = "http://hl7.org/fhir/SearchParameter/";

/// The parameters one has added, and whether everything is indexed by them yet.
#[derive(Debug, Clone, Default)]
pub struct Own(Arc<Vec<(&'static Param, bool)>>);

impl Own {
    /// These parameters, each with whether it can be answered.
    pub fn new(params: Vec<(&'static Param, bool)>) -> Self {
        Self(Arc::new(params))
    }

    /// Those of a type, indexed or not: what is written is found by all of them.
    pub fn params(&self, ty: ResourceType) -> impl Iterator<Item = &'static Param> {
        self.0.iter().map(|(param, _)| *param).filter(move |param| param.ty == Some(ty))
    }

    /// Those that are answered.
    pub fn answered(&self, ty: ResourceType) -> impl Iterator<Item = &'static Param> {
        self.0.iter().filter(move |(param, ready)| *ready && param.ty == Some(ty)).map(|(param, _)| *param)
    }

    /// Whether a name asks for resources of a type by what they are: a parameter, with a modifier or a chain, or `_has`.
    pub fn is_criterion(&self, ty: ResourceType, name: &str) -> bool {
        let code = name.split([':', '.']).next().unwrap_or_default();
        code == "_has" || table::param(ty, code).is_some() || self.param(ty, code).is_some()
    }

    /// The parameter of this name for a type, and whether it can be answered.
    pub(super) fn param(&self, ty: ResourceType, code: &str) -> Option<(&'static Param, bool)> {
        self.0.iter().find(|(param, _)| param.ty == Some(ty) && param.code == code).copied()
    }
}

/// Lines already compiled: one is read once however often it is loaded, and kept for ever.
static COMPILED: LazyLock<Mutex<HashMap<String, &'static Param>>> = LazyLock::new(Mutex::default);

/// The parameter of a line of [`define`], under a number of one's own.
pub fn load(number: u32, line: &str) -> Option<&'static Param> {
    let text = format!("{}\t{line}", FIRST.checked_add(number)?);
    let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(param) = compiled.get(&text) {
        return Some(param);
    }
    let param: &'static Param = Box::leak(Box::new(parse_line(Box::leak(text.clone().into_boxed_str()))?));
    compiled.insert(text, param);
    Some(param)
}

/// What a SearchParameter adds: one line for each of its types; none when it is not active, has no expression, or says
/// again what R4 has.
///
/// # Errors
/// [`Invalid`] with the path of what cannot be followed: an expression beyond the forms known here, a kind with rules of its
/// own, a name R4 uses already.
pub fn define(resource: &Resource) -> Result<Vec<String>, Invalid> {
    let text = |name: &str| resource.str_at(&[name]).unwrap_or_default();
    let standard = text("url").starts_with(STANDARD);
    if text("status") != "active" || text("expression").is_empty() || standard {
        return Ok(Vec::new());
    }
    let (code, kind, expression) = (text("code"), text("type"), text("expression"));
    let mut issues = Vec::new();
    if code.is_empty() || !code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') || code.len() > 64 {
        let fr = "Le nom d’un paramètre compte 1 à 64 lettres, chiffres et tirets.";
        refuse(&mut issues, "value", "code", fr, "A parameter's code is 1 to 64 letters, digits and dashes.");
    }
    if matches!(kind, "composite" | "special") {
        let fr = "Un paramètre composite ou spécial ne peut pas être ajouté.";
        refuse(&mut issues, "not-supported", "type", fr, "A composite or special parameter cannot be added.");
    }
    let types = |name: &str| {
        let names = resource.get(&[name]).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        names.map(str::to_owned).collect::<Vec<_>>()
    };
    let (bases, targets) = (types("base"), types("target"));
    if bases.iter().any(|base| ResourceType::parse(base).is_none()) {
        let fr = "Nommez chaque type : Resource et DomainResource ne peuvent pas être indexés ici.";
        refuse(
            &mut issues,
            "not-supported",
            "base",
            fr,
            "Name each type: Resource and DomainResource are not indexed.",
        );
    }
    let taken = |base: &String| ResourceType::parse(base).is_some_and(|ty| table::param(ty, code).is_some());
    if bases.iter().any(taken) {
        let fr = "R4 a déjà un paramètre de ce nom pour ce type.";
        refuse(&mut issues, "business-rule", "code", fr, "R4 already has a parameter of this code for this type.");
    }
    let lines: Option<Vec<String>> = bases
        .iter()
        .map(|base| {
            let members = members(expression, base)?;
            let line = format!("{base}\t{code}\t{kind}\t{members}\t{}", targets.join(" "));
            load(0, &line).filter(|param| issues.is_empty() && param.kind != ParamKind::Special).map(|_| line)
        })
        .collect();
    match lines {
        Some(lines) if issues.is_empty() => Ok(lines),
        _ if issues.is_empty() => {
            let fr = "Cette expression dépasse les formes suivies ici : chemins, extension('url').value, where(x='y'), ofType(T), as(T), [n].";
            let en = "This expression is beyond the forms followed here: paths, extension('url').value, where(x='y'), ofType(T), as(T), [n].";
            refuse(&mut issues, "not-supported", "expression", fr, en);
            Err(Invalid { issues })
        }
        _ => Err(Invalid { issues }),
    }
}

fn refuse(issues: &mut Vec<Issue>, code: &'static str, path: &str, fr: &str, en: &str) {
    issues.push(Issue::error(code, Some(format!("SearchParameter.{path}")), fr, en));
}

/// The alternatives of an expression that are for this type; none when there is none, or one has a form not followed.
fn members(expression: &str, base: &str) -> Option<String> {
    if expression.len() > LONGEST || expression.contains(['\t', '\n', '\r']) {
        return None;
    }
    let mut own = Vec::new();
    for member in alternatives(expression) {
        let bare = member.trim_start_matches('(');
        let (first, _) = bare.split_once('.')?;
        if first == base {
            own.push(is_plain(member).then_some(member)?);
        } else {
            ResourceType::parse(first)?;
        }
    }
    (!own.is_empty()).then(|| own.join(" | "))
}

/// Splits at bars outside quotes.
fn alternatives(expression: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    let split = move |c: char| {
        quoted ^= c == '\'';
        c == '|' && !quoted
    };
    expression.split(split).map(str::trim)
}

/// Whether a path is made of names, and of the functions whose every argument is understood.
fn is_plain(path: &str) -> bool {
    let mut rest = path;
    let mut bare = String::new();
    while let Some((before, after)) = rest.split_once('\'') {
        let Some((_, after)) = after.split_once('\'') else { return false };
        bare.push_str(before);
        bare.push('q');
        rest = after;
    }
    bare.push_str(rest);
    let names = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '(' | ')' | '[' | ']' | '=' | ' ');
    let words = bare.split([' ', '.', '(', ')', '=', '[', ']']).all(|word| !matches!(word, "and" | "or" | "exists"));
    let quotes = bare.matches('q').count();
    words && bare.chars().all(names) && (quotes > 0 || !path.contains('\''))
}
