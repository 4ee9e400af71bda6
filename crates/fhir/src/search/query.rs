//! From the text of a query to filters.

use super::table::{Param, ParamKind, param};
use super::value::{Comparator, DateTest, NumTest, implied};
use crate::{Invalid, Issue, ResourceType, date, refs};

/// A search on one type.
#[derive(Debug, Clone)]
pub struct Query {
    /// The type searched.
    pub ty: ResourceType,
    /// All must hold.
    pub filters: Vec<Filter>,
    /// In order of importance.
    pub sort: Vec<SortKey>,
    /// Page size asked for.
    pub count: Option<u32>,
    /// Whether a total is wanted.
    pub total: Total,
    /// What of each resource is wanted.
    pub summary: Summary,
    /// Elements wanted.
    pub elements: Vec<String>,
    /// Resources to add.
    pub includes: Vec<Include>,
    /// Mark of a page.
    pub page: Option<String>,
    /// Parameters that were not understood, in lenient handling.
    pub ignored: Vec<String>,
}

impl Query {
    /// A search for everything of a type.
    pub fn all(ty: ResourceType) -> Self {
        Self {
            ty,
            filters: Vec::new(),
            sort: Vec::new(),
            count: None,
            total: Total::Accurate,
            summary: Summary::False,
            elements: Vec::new(),
            includes: Vec::new(),
            page: None,
            ignored: Vec::new(),
        }
    }
}

/// One condition.
#[derive(Debug, Clone)]
pub enum Filter {
    /// `_id`: one of these.
    Id(Vec<String>),
    /// `_lastUpdated`: one of these holds.
    LastUpdated(Vec<DateTest>),
    /// A search parameter: one of the values.
    Param {
        /// The parameter.
        param: &'static Param,
        /// How.
        modifier: Modifier,
        /// One of these.
        values: Vec<Operand>,
    },
    /// A condition on what a reference points at.
    Chain {
        /// The reference.
        param: &'static Param,
        /// What it points at.
        target: ResourceType,
        /// The condition there.
        filter: Box<Filter>,
    },
    /// A condition on what points here.
    Has {
        /// What points here.
        ty: ResourceType,
        /// By which reference.
        param: &'static Param,
        /// The condition there.
        filter: Box<Filter>,
    },
}

/// A modifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Modifier {
    /// None.
    None,
    /// `:exact`.
    Exact,
    /// `:contains`.
    Contains,
    /// `:missing=true|false`.
    Missing(bool),
    /// `:not`.
    Not,
    /// `:identifier`.
    Identifier,
    /// `:Patient`.
    Type(ResourceType),
    /// `:text`.
    Text,
    /// `:above`.
    Above,
    /// `:below`.
    Below,
}

/// A value asked for.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// `system|code`: an absent system is any, an empty one is none.
    Token {
        /// System.
        system: Option<String>,
        /// Code.
        code: Option<String>,
    },
    /// A relative or absolute reference.
    Reference {
        /// Type, if given.
        ty: Option<ResourceType>,
        /// Id, when relative.
        id: Option<String>,
        /// Absolute address.
        url: Option<String>,
    },
    /// Words.
    String(String),
    /// A date.
    Date(DateTest),
    /// A number.
    Number(NumTest),
    /// A number with a unit.
    Quantity {
        /// The number.
        test: NumTest,
        /// System of the unit.
        system: Option<String>,
        /// Unit.
        code: Option<String>,
    },
    /// An address.
    Uri(String),
}

/// `_sort`.
#[derive(Debug, Clone)]
pub struct SortKey {
    /// By what.
    pub on: SortOn,
    /// `-`.
    pub descending: bool,
}

/// What a search is sorted by.
#[derive(Debug, Clone)]
pub enum SortOn {
    /// `_id`.
    Id,
    /// `_lastUpdated`.
    LastUpdated,
    /// A parameter.
    Param(&'static Param),
}

/// `_total`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Total {
    /// Not wanted.
    None,
    /// A guess will do.
    Estimate,
    /// Exact.
    Accurate,
}

/// `_summary`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Summary {
    /// The whole resource.
    False,
    /// Summary elements.
    True,
    /// Narrative and required elements.
    Text,
    /// All but the narrative.
    Data,
    /// Only the total.
    Count,
}

/// `_include` or `_revinclude`.
#[derive(Debug, Clone)]
pub struct Include {
    /// The type that holds the reference.
    pub source: ResourceType,
    /// The reference.
    pub param: &'static Param,
    /// Only targets of this type.
    pub target: Option<ResourceType>,
    /// `_revinclude`.
    pub reverse: bool,
    /// `:iterate`.
    pub iterate: bool,
}

impl Include {
    /// The references to follow.
    pub fn params(&self) -> impl Iterator<Item = &'static Param> + use<> {
        std::iter::once(self.param)
    }
}

/// Reads `a=b&c=d` with percent-encoding and `+`.
pub fn pairs(query: &str) -> Vec<(String, String)> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        })
        .collect()
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let mut ahead = rest.clone();
                let hex = (ahead.next().and_then(digit), ahead.next().and_then(digit));
                if let (Some(high), Some(low)) = hex {
                    bytes.push(high << 4 | low);
                    rest = ahead;
                } else {
                    bytes.push(b'%');
                }
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// Reads a query. An unknown parameter is refused when `strict`, else listed in [`Query::ignored`]; a wrong modifier
/// or value is always refused.
///
/// # Errors
/// [`Invalid`], one issue per parameter that cannot be answered.
pub fn parse(ty: ResourceType, pairs: &[(String, String)], strict: bool) -> Result<Query, Invalid> {
    let mut query = Query::all(ty);
    let mut issues = Vec::new();
    for (name, value) in pairs {
        match control(&mut query, name, value) {
            Some(Ok(())) => {}
            Some(Err(issue)) => issues.push(issue),
            None => match filter(ty, name, value, 0) {
                Ok(filter) => query.filters.push(filter),
                Err(Failure::Unknown) if !strict => query.ignored.push(name.clone()),
                Err(Failure::Unknown) => issues.push(unknown(name)),
                Err(Failure::Issue(issue)) => issues.push(issue),
            },
        }
    }
    if issues.is_empty() { Ok(query) } else { Err(Invalid { issues }) }
}

enum Failure {
    Unknown,
    Issue(Issue),
}

fn unknown(name: &str) -> Issue {
    Issue::error(
        "not-supported",
        Some(name.to_owned()),
        format!("Le paramètre de recherche « {name} » n'existe pas ou n'est pas pris en charge."),
        format!("The search parameter '{name}' does not exist or is not supported."),
    )
}

fn bad_value(name: &str) -> Issue {
    Issue::error(
        "value",
        Some(name.to_owned()),
        format!("La valeur du paramètre « {name} » est incorrecte."),
        format!("The value of '{name}' is not valid."),
    )
}

fn bad_modifier(name: &str) -> Issue {
    Issue::error(
        "not-supported",
        Some(name.to_owned()),
        format!("Ce modificateur n'est pas pris en charge : « {name} »."),
        format!("This modifier is not supported: '{name}'."),
    )
}

/// Parameters of the result; none when `name` is a filter.
fn control(query: &mut Query, name: &str, value: &str) -> Option<Result<(), Issue>> {
    let bad = || Err(bad_value(name));
    let (base, modifier) = name.split_once(':').map_or((name, None), |(base, modifier)| (base, Some(modifier)));
    Some(match base {
        "_count" => value.parse().map(|count| query.count = Some(count)).or_else(|_| bad()),
        "_page" => {
            query.page = Some(value.to_owned());
            Ok(())
        }
        "_format" | "_pretty" => Ok(()),
        "_total" => match value {
            "none" => Ok(query.total = Total::None),
            "estimate" => Ok(query.total = Total::Estimate),
            "accurate" => Ok(query.total = Total::Accurate),
            _ => bad(),
        },
        "_summary" => match value {
            "false" => Ok(query.summary = Summary::False),
            "true" => Ok(query.summary = Summary::True),
            "text" => Ok(query.summary = Summary::Text),
            "data" => Ok(query.summary = Summary::Data),
            "count" => Ok(query.summary = Summary::Count),
            _ => bad(),
        },
        "_elements" => {
            query.elements.extend(value.split(',').map(|name| name.trim().to_owned()));
            Ok(())
        }
        "_sort" => sort(query.ty, value).map(|keys| query.sort.extend(keys)).ok_or_else(|| bad_value(name)),
        "_include" | "_revinclude" => {
            if modifier.is_some_and(|modifier| modifier != "iterate") {
                return Some(Err(bad_modifier(name)));
            }
            include(value, base == "_revinclude", modifier.is_some())
                .map(|include| query.includes.push(include))
                .ok_or_else(|| bad_value(name))
        }
        _ => return None,
    })
}

fn sort(ty: ResourceType, value: &str) -> Option<Vec<SortKey>> {
    value
        .split(',')
        .map(|key| {
            let (key, descending) = key.strip_prefix('-').map_or((key, false), |key| (key, true));
            let on = match key {
                "_id" => SortOn::Id,
                "_lastUpdated" => SortOn::LastUpdated,
                _ => SortOn::Param(param(ty, key)?),
            };
            Some(SortKey { on, descending })
        })
        .collect()
}

fn include(value: &str, reverse: bool, iterate: bool) -> Option<Include> {
    let mut parts = value.split(':');
    let source = ResourceType::parse(parts.next()?)?;
    let param = param(source, parts.next()?).filter(|param| param.kind == ParamKind::Reference)?;
    let target = parts.next().map(ResourceType::parse).map_or(Some(None), |target| target.map(Some))?;
    parts.next().is_none().then_some(Include { source, param, target, reverse, iterate })
}

/// Chains and reverse chains nest at most this deep.
const NESTING: u8 = 2;

fn filter(ty: ResourceType, name: &str, value: &str, depth: u8) -> Result<Filter, Failure> {
    if let Some(rest) = name.strip_prefix("_has:") {
        return has(ty, name, rest, value, depth);
    }
    if let Some((link, rest)) = name.split_once('.') {
        return chain(ty, name, (link, rest), value, depth);
    }
    let (code, modifier) = name.split_once(':').map_or((name, None), |(code, modifier)| (code, Some(modifier)));
    let values = split_values(value);
    match (code, modifier) {
        ("_id", None) => return Ok(Filter::Id(values)),
        ("_lastUpdated", None) => {
            let tests: Option<Vec<DateTest>> = values.iter().map(|value| date_test(value)).collect();
            return tests.map(Filter::LastUpdated).ok_or_else(|| Failure::Issue(bad_value(name)));
        }
        _ => {}
    }
    let param = param(ty, code).ok_or(Failure::Unknown)?;
    if matches!(param.kind, ParamKind::Composite | ParamKind::Special) {
        return Err(Failure::Issue(unknown(name)));
    }
    let modifier = modifier_of(param, modifier, value).ok_or_else(|| Failure::Issue(bad_modifier(name)))?;
    if matches!(modifier, Modifier::Missing(_)) {
        return Ok(Filter::Param { param, modifier, values: Vec::new() });
    }
    let values: Option<Vec<Operand>> = values.iter().map(|value| operand(param, &modifier, value)).collect();
    let values = values.filter(|values| !values.is_empty()).ok_or_else(|| Failure::Issue(bad_value(name)))?;
    Ok(Filter::Param { param, modifier, values })
}

fn has(ty: ResourceType, name: &str, rest: &str, value: &str, depth: u8) -> Result<Filter, Failure> {
    let bad = || Failure::Issue(bad_value(name));
    if depth >= NESTING {
        return Err(bad());
    }
    let (source, rest) = rest.split_once(':').ok_or_else(bad)?;
    let (link, rest) = rest.split_once(':').ok_or_else(bad)?;
    let source = ResourceType::parse(source).ok_or_else(bad)?;
    let link =
        param(source, link).filter(|p| p.kind == ParamKind::Reference && p.targets.contains(&ty)).ok_or_else(bad)?;
    let inner = filter(source, rest, value, depth + 1)?;
    Ok(Filter::Has { ty: source, param: link, filter: Box::new(inner) })
}

fn chain(ty: ResourceType, name: &str, parts: (&str, &str), value: &str, depth: u8) -> Result<Filter, Failure> {
    let bad = || Failure::Issue(bad_value(name));
    if depth >= NESTING {
        return Err(bad());
    }
    let (link, rest) = parts;
    let (code, wanted) = link.split_once(':').map_or((link, None), |(code, wanted)| (code, Some(wanted)));
    let link = param(ty, code).ok_or(Failure::Unknown)?;
    if link.kind != ParamKind::Reference {
        return Err(bad());
    }
    let target = match wanted {
        Some(wanted) => ResourceType::parse(wanted).ok_or_else(bad)?,
        None if code == "patient" => ResourceType::PATIENT,
        None => {
            let mut fitting = link.target_types().filter(|target| filter(*target, rest, value, depth + 1).is_ok());
            match (fitting.next(), fitting.next()) {
                (Some(target), None) => target,
                // Several types have such a parameter: the query must say which.
                _ => return Err(bad()),
            }
        }
    };
    let inner = filter(target, rest, value, depth + 1)?;
    Ok(Filter::Chain { param: link, target, filter: Box::new(inner) })
}

fn modifier_of(param: &Param, modifier: Option<&str>, value: &str) -> Option<Modifier> {
    let Some(modifier) = modifier else { return Some(Modifier::None) };
    Some(match (modifier, param.kind) {
        ("missing", _) => Modifier::Missing(match value {
            "true" => true,
            "false" => false,
            _ => return None,
        }),
        ("exact", ParamKind::String) => Modifier::Exact,
        ("contains", ParamKind::String) => Modifier::Contains,
        ("not", ParamKind::Token) => Modifier::Not,
        ("text", ParamKind::Token) => Modifier::Text,
        ("identifier", ParamKind::Reference) => Modifier::Identifier,
        ("above", ParamKind::Uri) => Modifier::Above,
        ("below", ParamKind::Uri) => Modifier::Below,
        (name, ParamKind::Reference) => Modifier::Type(ResourceType::parse(name)?),
        _ => return None,
    })
}

/// Splits at commas that are not escaped.
fn split_values(value: &str) -> Vec<String> {
    split(value, ',').into_iter().filter(|value| !value.is_empty()).collect()
}

fn split(value: &str, separator: char) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut escaped = false;
    for c in value.chars() {
        if c == separator && !escaped {
            parts.push(String::new());
            continue;
        }
        if let Some(part) = parts.last_mut() {
            part.push(c);
        }
        escaped = c == '\\' && !escaped;
    }
    parts
}

/// Takes the escapes of FHIR search away: `\,` `\|` `\$` `\\`.
fn unescape(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.extend(chars.next()),
            _ => out.push(c),
        }
    }
    out
}

fn operand(param: &Param, modifier: &Modifier, value: &str) -> Option<Operand> {
    match param.kind {
        ParamKind::Token if *modifier == Modifier::Text => Some(Operand::String(unescape(value))),
        ParamKind::Token => token(value),
        ParamKind::Reference if *modifier == Modifier::Identifier => token(value),
        ParamKind::Reference => Some(reference(&unescape(value))),
        ParamKind::String => Some(Operand::String(unescape(value))),
        ParamKind::Date => date_test(value).map(Operand::Date),
        ParamKind::Number => num_test(value).map(Operand::Number),
        ParamKind::Quantity => quantity(value),
        ParamKind::Uri => Some(Operand::Uri(unescape(value))),
        ParamKind::Composite | ParamKind::Special => None,
    }
}

fn token(value: &str) -> Option<Operand> {
    let mut parts = split(value, '|').into_iter().map(|part| unescape(&part));
    let (first, second) = (parts.next()?, parts.next());
    if parts.next().is_some() {
        return None;
    }
    let (system, code) = match second {
        None => (None, Some(first)),
        Some(code) => (Some(first), Some(code).filter(|code| !code.is_empty())),
    };
    let empty = system.as_deref().unwrap_or_default().is_empty() && code.as_deref().unwrap_or_default().is_empty();
    (!empty).then_some(Operand::Token { system, code })
}

fn reference(value: &str) -> Operand {
    match refs::local(value) {
        Some((ty, id)) => Operand::Reference { ty: Some(ty), id: Some(id), url: None },
        None if value.contains(':') => Operand::Reference { ty: None, id: None, url: Some(value.to_owned()) },
        None => Operand::Reference { ty: None, id: Some(value.to_owned()), url: None },
    }
}

fn date_test(value: &str) -> Option<DateTest> {
    let (comparator, text) = Comparator::split(value);
    let (mut lo, mut hi) = date::interval(text)?;
    if comparator == Comparator::Ap {
        let tenth = (hi - lo) / 10;
        (lo, hi) = (lo - tenth, hi + tenth);
    }
    Some(DateTest { comparator, lo, hi })
}

fn num_test(value: &str) -> Option<NumTest> {
    let (comparator, text) = Comparator::split(value);
    let (lo, hi) = implied(text)?;
    let middle = f64::midpoint(lo, hi);
    Some(match comparator {
        Comparator::Eq | Comparator::Ne => NumTest { comparator, lo, hi },
        Comparator::Ap => {
            let tenth = middle.abs() * 0.1;
            NumTest { comparator, lo: middle - tenth, hi: middle + tenth }
        }
        _ => NumTest { comparator, lo: middle, hi: middle },
    })
}

fn quantity(value: &str) -> Option<Operand> {
    let mut parts = split(value, '|').into_iter().map(|part| unescape(&part));
    let test = num_test(&parts.next()?)?;
    let system = parts.next().filter(|system| !system.is_empty());
    let code = parts.next().filter(|code| !code.is_empty());
    Some(Operand::Quantity { test, system, code })
}
