//! From the names and values of a query to filters.

use super::bounds;
use super::operand::{date_test, operand, split_values, unescape};
use super::own::Own;
use super::query::{Filter, Include, Modifier, Operand, Query, SortKey, SortOn, Summary, Total};
use super::table::{Param, ParamKind, param, params};
use super::value::DateTest;
use crate::{Invalid, Issue, ResourceType};

/// Reads a query. A parameter that is unknown or not supported is refused when `strict`, else listed in
/// [`Query::ignored`]; a wrong modifier or value is always refused.
///
/// # Errors
/// [`Invalid`], one issue per parameter that cannot be answered; its expression is the parameter's name as given.
pub fn parse(ty: ResourceType, pairs: &[(String, String)], strict: bool) -> Result<Query, Invalid> {
    parse_with(&Own::default(), ty, pairs, strict)
}

/// As [`parse`], with parameters of one's own too: one that is being indexed is refused, strict or not.
///
/// # Errors
/// As [`parse`].
pub fn parse_with(own: &Own, ty: ResourceType, pairs: &[(String, String)], strict: bool) -> Result<Query, Invalid> {
    if let Some(issue) = bounds::of_text(pairs) {
        return Err(Invalid { issues: vec![issue] });
    }
    let mut query = Query::all(ty);
    let mut issues = Vec::new();
    for (name, value) in pairs {
        let outcome = match control(own, &mut query, name, value) {
            Some(outcome) => outcome,
            None => filter(own, ty, name, value, 0).map(|filter| query.filters.push(filter)),
        };
        match outcome {
            Ok(()) => {}
            Err(Failure::Unknown) if !strict => query.ignored.push(name.clone()),
            Err(failure) => issues.push(failure.issue(name)),
        }
    }
    if query.summary == Summary::Text && !query.includes.is_empty() {
        issues.push(Failure::Mixed.issue("_summary"));
    }
    issues.extend(bounds::of_query(&query));
    if issues.is_empty() { Ok(query) } else { Err(Invalid { issues }) }
}

/// Reads the criteria of a conditional operation or reference, with or without `Type?` before them: nothing in them may
/// be ignored, and there must be some — what says nothing would be met by anybody.
///
/// # Errors
/// [`Invalid`] as [`parse`]; with code `required` when there is no criterion.
pub fn criteria(ty: ResourceType, text: &str) -> Result<Query, Invalid> {
    criteria_with(&Own::default(), ty, text)
}

/// As [`criteria`], with parameters of one's own too.
///
/// # Errors
/// As [`criteria`].
pub fn criteria_with(own: &Own, ty: ResourceType, text: &str) -> Result<Query, Invalid> {
    let text = text.split_once('?').map_or(text, |(_, criteria)| criteria);
    let query = parse_with(own, ty, &super::asked(text)?, true)?;
    if query.filters.is_empty() {
        let (fr, en) = ("La condition ne contient aucun critère.", "The condition holds no criterion.");
        return Err(Invalid::one("required", None, fr, en));
    }
    Ok(query)
}

/// Why a parameter cannot be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Failure {
    /// No such parameter, or one of a kind that is not supported.
    Unknown,
    /// No such modifier for this kind of parameter.
    Modifier,
    /// The value has not the form of its kind.
    Value,
    /// A chain that does not go through a reference, or `_has` by one that does not point here.
    Link,
    /// Too many links.
    Deep,
    /// Every link there is, of resources that are not those searched.
    Wildcard,
    /// Included resources beside narratives (FHIR R4, search §3.1.1.5.8).
    Mixed,
    /// A parameter of one's own by which not everything is indexed yet.
    Indexing,
}

impl Failure {
    fn issue(self, name: &str) -> Issue {
        let (code, fr, en) = match self {
            Self::Unknown => (
                "not-supported",
                format!("Le paramètre de recherche « {name} » n'existe pas ou n'est pas pris en charge."),
                format!("The search parameter '{name}' does not exist or is not supported."),
            ),
            Self::Modifier => (
                "not-supported",
                format!("Ce modificateur n'est pas pris en charge : « {name} »."),
                format!("This modifier is not supported: '{name}'."),
            ),
            Self::Value => (
                "value",
                format!("La valeur du paramètre « {name} » est incorrecte."),
                format!("The value of '{name}' is not valid."),
            ),
            Self::Link => (
                "value",
                format!("« {name} » ne suit pas un lien de cette ressource."),
                format!("'{name}' does not follow a reference of this resource."),
            ),
            Self::Wildcard => (
                "not-supported",
                format!(
                    "« {name}=* » n’est pas pris en charge : nommez un type, par exemple « {name}=Observation:* »."
                ),
                format!("'{name}=*' is not supported: name a type, as in '{name}=Observation:*'."),
            ),
            Self::Mixed => (
                "value",
                "« _summary=text » ne va pas avec « _include » ni « _revinclude ».".to_owned(),
                "'_summary=text' does not go with '_include' or '_revinclude'.".to_owned(),
            ),
            Self::Indexing => (
                "transient",
                format!("Le paramètre « {name} » est en cours d’indexation : réessayez plus tard."),
                format!("The parameter '{name}' is being indexed: retry later."),
            ),
            Self::Deep => (
                "too-costly",
                format!("Le paramètre « {name} » traverse trop de liens : deux au plus."),
                format!("'{name}' goes through too many links: two at most."),
            ),
        };
        Issue::error(code, Some(name.to_owned()), fr, en)
    }
}

/// Splits a modifier off.
fn modified(name: &str) -> (&str, Option<&str>) {
    name.split_once(':').map_or((name, None), |(base, modifier)| (base, Some(modifier)))
}

/// Parameters of the result; none when `name` is a filter.
fn control(own: &Own, query: &mut Query, name: &str, value: &str) -> Option<Result<(), Failure>> {
    let (base, modifier) = modified(name);
    let outcome = match base {
        "_include" | "_revinclude" => {
            includes(own, query.ty, value, base == "_revinclude", modifier).map(|found| add(&mut query.includes, found))
        }
        "_sort" if modifier.is_none() => sort(own, query.ty, value).map(|keys| query.sort.extend(keys)),
        "_count" | "_page" | "_format" | "_pretty" | "_total" | "_summary" | "_elements" | "_sort" => match modifier {
            Some(_) => Err(Failure::Modifier),
            None => result_option(query, base, value).ok_or(Failure::Value),
        },
        // What is contained is never answered by itself, which is the default.
        "_contained" if modifier.is_none() && value == "false" => Ok(()),
        _ => return None,
    };
    Some(outcome)
}

/// None when the value is not valid.
fn result_option(query: &mut Query, name: &str, value: &str) -> Option<()> {
    match name {
        "_count" => query.count = Some(count(value)?),
        "_page" => query.page = Some(value.to_owned()),
        "_total" => {
            query.total = match value {
                "none" => Total::None,
                "estimate" => Total::Estimate,
                "accurate" => Total::Accurate,
                _ => return None,
            }
        }
        "_summary" => {
            query.summary = match value {
                "false" => Summary::False,
                "true" => Summary::True,
                "text" => Summary::Text,
                "data" => Summary::Data,
                "count" => Summary::Count,
                _ => return None,
            }
        }
        "_elements" => {
            query.elements.extend(value.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned));
        }
        _ => {}
    }
    Some(())
}

/// Digits only: no sign, no space. More than any page holds is not a mistake.
fn count(value: &str) -> Option<u32> {
    let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| value.parse().unwrap_or(u32::MAX))
}

fn sort(own: &Own, ty: ResourceType, value: &str) -> Result<Vec<SortKey>, Failure> {
    value
        .split(',')
        .map(|key| {
            let (key, descending) = key.strip_prefix('-').map_or((key, false), |key| (key, true));
            let on = match key {
                "_id" => SortOn::Id,
                "_lastUpdated" => SortOn::LastUpdated,
                _ => {
                    let sorts = |param: &&'static Param| is_answered(param) && param.kind != ParamKind::Composite;
                    SortOn::Param(named(own, ty, key)?.filter(sorts).ok_or(Failure::Value)?)
                }
            };
            Ok(SortKey { on, descending })
        })
        .collect()
}

/// Whether parameters of this kind are answered.
fn is_answered(param: &Param) -> bool {
    param.kind != ParamKind::Special
}

/// The same asked twice is asked once.
fn add(all: &mut Vec<Include>, found: Vec<Include>) {
    for one in found {
        if !all.iter().any(|other| other.is(&one)) {
            all.push(one);
        }
    }
}

/// `Source:param`, `Source:param:Target`, `Source:*`; and `*`, every reference of the type searched.
fn includes(
    own: &Own,
    searched: ResourceType,
    value: &str,
    reverse: bool,
    modifier: Option<&str>,
) -> Result<Vec<Include>, Failure> {
    let iterate = match modifier {
        None => false,
        Some("iterate") => true,
        Some(_) => return Err(Failure::Modifier),
    };
    let mut parts = value.split(':');
    let (source, code, target) = match (parts.next(), parts.next(), parts.next(), parts.next()) {
        // Of what else would come, every link would have to be followed.
        (Some("*"), None, ..) if reverse || iterate => return Err(Failure::Wildcard),
        (Some("*"), None, ..) => (searched, "*", None),
        (Some(source), Some(code), target, None) => (ResourceType::parse(source).ok_or(Failure::Value)?, code, target),
        _ => return Err(Failure::Value),
    };
    let target = target.map(|name| ResourceType::parse(name).ok_or(Failure::Value)).transpose()?;
    let one = |param| Include { source, param, target, reverse, iterate };
    if code == "*" {
        let fits = |param: &&'static Param| {
            param.kind == ParamKind::Reference && (!reverse || param.targets.contains(&searched))
        };
        return Ok(params(source).filter(fits).map(one).collect());
    }
    let named = named(own, source, code)?.filter(|param| param.kind == ParamKind::Reference).ok_or(Failure::Value)?;
    Ok(vec![one(named)])
}

/// Chains and reverse chains nest at most this deep.
const NESTING: u8 = 2;

/// The parameter of this name, of R4 or one's own.
fn named(own: &Own, ty: ResourceType, code: &str) -> Result<Option<&'static Param>, Failure> {
    match (param(ty, code), own.param(ty, code)) {
        (Some(found), _) | (None, Some((found, true))) => Ok(Some(found)),
        (None, Some((_, false))) => Err(Failure::Indexing),
        (None, None) => Ok(None),
    }
}

fn filter(own: &Own, ty: ResourceType, name: &str, value: &str, depth: u8) -> Result<Filter, Failure> {
    if let Some(rest) = name.strip_prefix("_has:") {
        return has(own, ty, rest, value, depth);
    }
    if let Some((link, rest)) = name.split_once('.') {
        return chain(own, ty, link, rest, value, depth);
    }
    let (code, modifier) = modified(name);
    let values = split_values(value);
    match (code, modifier) {
        ("_id", None) if values.is_empty() => return Err(Failure::Value),
        ("_id", None) => return Ok(Filter::Id(values.iter().map(|id| unescape(id)).collect())),
        ("_lastUpdated", None) => {
            let tests: Option<Vec<DateTest>> = values.iter().map(|value| date_test(value)).collect();
            return tests.filter(|tests| !tests.is_empty()).map(Filter::LastUpdated).ok_or(Failure::Value);
        }
        ("_id" | "_lastUpdated", Some(_)) => return Err(Failure::Modifier),
        _ => {}
    }
    let param = named(own, ty, code)?.ok_or(Failure::Unknown)?;
    if !is_answered(param) {
        return Err(Failure::Unknown);
    }
    let modifier = modifier_of(param, modifier, value)?;
    if matches!(modifier, Modifier::Missing(_)) {
        return Ok(Filter::Param { param, modifier, values: Vec::new() });
    }
    let values: Option<Vec<Operand>> = values.iter().map(|value| operand(param, &modifier, value)).collect();
    let values = values.filter(|values| !values.is_empty()).ok_or(Failure::Value)?;
    Ok(Filter::Param { param, modifier, values })
}

/// `_has:Source:reference:rest`, after `_has:`.
fn has(own: &Own, ty: ResourceType, rest: &str, value: &str, depth: u8) -> Result<Filter, Failure> {
    if depth >= NESTING {
        return Err(Failure::Deep);
    }
    let (source, rest) = rest.split_once(':').ok_or(Failure::Link)?;
    let (link, rest) = rest.split_once(':').ok_or(Failure::Link)?;
    let source = ResourceType::parse(source).ok_or(Failure::Link)?;
    let points_here = |link: &&'static Param| link.kind == ParamKind::Reference && link.targets.contains(&ty);
    let link = named(own, source, link)?.filter(points_here).ok_or(Failure::Link)?;
    let inner = filter(own, source, rest, value, depth + 1)?;
    Ok(Filter::Has { ty: source, param: link, filter: Box::new(inner) })
}

/// `link.rest` or `link:Type.rest`.
fn chain(own: &Own, ty: ResourceType, link: &str, rest: &str, value: &str, depth: u8) -> Result<Filter, Failure> {
    if depth >= NESTING {
        return Err(Failure::Deep);
    }
    let (code, wanted) = modified(link);
    let link = named(own, ty, code)?.ok_or(Failure::Unknown)?;
    if link.kind != ParamKind::Reference {
        return Err(Failure::Link);
    }
    let wanted = match wanted {
        Some(name) => Some(target_named(link, name).ok_or(Failure::Modifier)?),
        None if code == "patient" => Some(ResourceType::PATIENT),
        None => None,
    };
    let chained = |target| {
        let inner = filter(own, target, rest, value, depth + 1)?;
        Ok(Filter::Chain { param: link, target, filter: Box::new(inner) })
    };
    match wanted {
        Some(target) => chained(target),
        None => any(link.target_types().map(chained)),
    }
}

/// Through every type that has such a parameter (R4 §3.1.1.4.13); where none has, why the last one would not do.
fn any(tries: impl Iterator<Item = Result<Filter, Failure>>) -> Result<Filter, Failure> {
    let mut why = Failure::Unknown;
    let mut found = Vec::new();
    for tried in tries {
        match tried {
            Ok(filter) => found.push(filter),
            Err(Failure::Unknown) => {}
            Err(failure) => why = failure,
        }
    }
    match found.len() {
        0 => Err(why),
        1 => found.pop().ok_or(why),
        _ => Ok(Filter::Either(found)),
    }
}

/// The type of this name, if a reference may point at it.
fn target_named(link: &Param, name: &str) -> Option<ResourceType> {
    ResourceType::parse(name).filter(|target| link.targets.contains(target))
}

fn modifier_of(param: &Param, modifier: Option<&str>, value: &str) -> Result<Modifier, Failure> {
    let Some(modifier) = modifier else { return Ok(Modifier::None) };
    Ok(match (modifier, param.kind) {
        ("missing", _) => Modifier::Missing(match value {
            "true" => true,
            "false" => false,
            _ => return Err(Failure::Value),
        }),
        ("exact", ParamKind::String) => Modifier::Exact,
        ("contains", ParamKind::String) => Modifier::Contains,
        ("not", ParamKind::Token) => Modifier::Not,
        ("text", ParamKind::Token) => Modifier::Text,
        ("of-type", ParamKind::Token) if param.code.contains("identifier") => Modifier::OfType,
        ("identifier", ParamKind::Reference) => Modifier::Identifier,
        ("above", ParamKind::Uri) => Modifier::Above,
        ("below", ParamKind::Uri) => Modifier::Below,
        (name, ParamKind::Reference) => Modifier::Type(target_named(param, name).ok_or(Failure::Modifier)?),
        _ => return Err(Failure::Modifier),
    })
}
