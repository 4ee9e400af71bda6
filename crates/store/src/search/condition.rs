//! From a filter to SQL over key rows.
//!
//! A condition is *decisive* when the keys alone answer it (64-bit keyed hashes); otherwise its candidates are opened
//! and verified. It never decides access: the permit does, in every sub-query.

use super::{chain, keyed, security, texts};
use crate::error::{Error, Result};
use crate::index::{ID_PARAM, TokenForm, calendar_unit, is_secret_date, order, param_number};
use crate::read::Reader;
use crate::select::Select;
use fhir::ResourceType;
use fhir::search::{Comparator, DateTest, Filter, Modifier, Operand, Param, ParamKind};

/// Text of a condition on `r`, and whether its rows must be verified after opening.
pub(crate) struct Condition {
    pub(crate) text: String,
    pub(crate) verify: bool,
}

impl Condition {
    pub(super) fn decisive(text: String) -> Self {
        Self { text, verify: false }
    }
    fn candidates(text: String) -> Self {
        Self { text, verify: true }
    }
}

/// All filters together.
pub(crate) fn all(
    reader: &Reader<'_>,
    select: &mut Select,
    kinds: &[ResourceType],
    filters: &[Filter],
) -> Result<Condition> {
    let mut texts = Vec::new();
    let mut verify = false;
    let driver = (0..).zip(filters).min_by_key(|(_, filter)| keyed::spread(filter)).map(|(index, _)| index);
    for (index, filter) in (0..).zip(filters) {
        select.probing = driver != Some(index);
        let condition = one(reader, select, kinds, filter)?;
        verify |= condition.verify;
        texts.push(format!("({})", condition.text));
    }
    select.probing = false;
    if texts.is_empty() {
        texts.push("1 = 1".to_owned());
    }
    Ok(Condition { text: texts.join(" AND "), verify })
}

pub(super) fn one(
    reader: &Reader<'_>,
    select: &mut Select,
    kinds: &[ResourceType],
    filter: &Filter,
) -> Result<Condition> {
    match filter {
        Filter::Id(ids) => {
            let each = kinds.iter().flat_map(|kind| ids.iter().map(|id| reader.hasher.id(*kind, id)));
            let hashes = select.list(each);
            Ok(Condition::decisive(exact(select, ID_PARAM, &hashes)))
        }
        Filter::Within { of, id } => within(reader, select, kinds, *of, id),
        Filter::LastUpdated(tests) => {
            let texts: Vec<String> =
                tests.iter().map(|test| interval(select, *test, "r.updated", "(r.updated + 1)")).collect();
            Ok(Condition::decisive(any(&texts)))
        }
        Filter::Param { param, modifier, values } => parameter(reader, select, param, modifier, values),
        Filter::Chain { param, target, filter } => chain::chain(reader, select, param, *target, filter),
        Filter::Either(filters) => {
            let mut texts = Vec::new();
            for filter in filters {
                texts.push(format!("({})", one(reader, select, kinds, filter)?.text));
            }
            Ok(Condition::decisive(any(&texts)))
        }
        Filter::Has { ty, param, filter } => chain::has(reader, select, *ty, param, filter),
    }
}

pub(super) fn any(texts: &[String]) -> String {
    if texts.is_empty() { "1 = 0".to_owned() } else { texts.join(" OR ") }
}

pub(super) fn exact(select: &Select, param: i64, hashes: &str) -> String {
    keyed::keyed(select, "exact_key", &format!("k.param = {param} AND k.hash IN ({hashes})"))
}

/// In a compartment: by one of the references that make it, or by being what it is named after.
fn within(
    reader: &Reader<'_>,
    select: &mut Select,
    kinds: &[ResourceType],
    of: ResourceType,
    id: &str,
) -> Result<Condition> {
    let links = kinds.iter().flat_map(|kind| fhir::compartment::links(of, *kind)).map(|link| param_number(link));
    let mut numbers: Vec<i64> = links.collect();
    if kinds.contains(&of) {
        numbers.push(ID_PARAM);
    }
    let hashes = followed(reader, select, vec![reader.hasher.id(of, id)])?;
    let (numbers, hashes) = (select.list(numbers), select.list(hashes));
    let test = format!("k.param IN ({numbers}) AND k.hash IN ({hashes})");
    Ok(Condition::decisive(keyed::keyed(select, "exact_key", &test)))
}

/// Those of these identities that the reader may follow: a reference that is masked is not found by what it hides.
fn followed(reader: &Reader<'_>, select: &Select, hashes: Vec<i64>) -> Result<Vec<i64>> {
    if hashes.is_empty() || select.blind || reader.call.clearance.sees_all() {
        return Ok(hashes);
    }
    Ok(reader.readable_hashes(hashes)?.into_iter().collect())
}

pub(super) fn hashed(select: &mut Select, param: i64, hashes: impl IntoIterator<Item = i64>) -> String {
    let list = select.list(hashes);
    exact(select, param, &list)
}

fn parameter(
    reader: &Reader<'_>,
    select: &mut Select,
    param: &'static Param,
    modifier: &Modifier,
    values: &[Operand],
) -> Result<Condition> {
    let number = param_number(param);
    if param.kind == ParamKind::Composite {
        return composite(reader, select, param, modifier, values);
    }
    if let Some((labelled, others)) = security::labels(param.code, modifier, values) {
        let others = if others.is_empty() { None } else { Some(tokens(reader, select, number, &others)?) };
        let text = any(&std::iter::once(labelled.text).chain(others.map(|found| found.text)).collect::<Vec<_>>());
        return Ok(Condition::decisive(if *modifier == Modifier::Not { format!("NOT ({text})") } else { text }));
    }
    if let Modifier::Missing(missing) = modifier {
        let text = select.present(number);
        return Ok(Condition::decisive(if *missing { format!("NOT ({text})") } else { text }));
    }
    if *modifier == Modifier::Not {
        let tokens = tokens(reader, select, number, values)?;
        return Ok(Condition { text: format!("NOT ({})", tokens.text), verify: tokens.verify });
    }
    match param.kind {
        ParamKind::Token if *modifier == Modifier::OfType => {
            let code = |value: &Operand| match value {
                Operand::OfType { value, .. } => reader.hasher.asked(number, TokenForm::Code(value)),
                _ => Vec::new(),
            };
            Ok(Condition::candidates(hashed(select, number, values.iter().flat_map(code))))
        }
        ParamKind::Token if *modifier == Modifier::None => tokens(reader, select, number, values),
        ParamKind::Reference => references(reader, select, param, modifier, values),
        ParamKind::String => texts::strings(reader, select, number, modifier, values),
        ParamKind::Uri if *modifier == Modifier::None => uris(reader, select, number, values),
        ParamKind::Date => Ok(dates(reader, select, param, values)),
        ParamKind::Number | ParamKind::Quantity => Ok(numbers(select, number, values)),
        _ => Ok(Condition::candidates(select.present(number))),
    }
}

/// A composite has no keys of its own: whatever meets all its parts is opened, for they must stand together.
fn composite(
    reader: &Reader<'_>,
    select: &mut Select,
    param: &'static Param,
    modifier: &Modifier,
    values: &[Operand],
) -> Result<Condition> {
    let parts: Vec<&'static Param> = param.parts().collect();
    if let Modifier::Missing(missing) = modifier {
        let texts: Vec<String> =
            parts.iter().filter(|_| !missing).map(|part| select.present(param_number(part))).collect();
        let text = if texts.is_empty() { "1 = 1".to_owned() } else { texts.join(" AND ") };
        return Ok(Condition::candidates(text));
    }
    let mut either = Vec::new();
    for value in values {
        let Operand::Parts(operands) = value else { return Err(Error::bug("a composite was expected")) };
        let mut all = Vec::new();
        let outer = select.probing;
        for (part, operand) in parts.iter().zip(operands) {
            let condition = parameter(reader, select, part, &Modifier::None, std::slice::from_ref(operand))?;
            all.push(format!("({})", condition.text));
            select.probing = true;
        }
        select.probing = outer;
        either.push(format!("({})", all.join(" AND ")));
    }
    Ok(Condition::candidates(any(&either)))
}

/// A code finds rows; its system, or that it has none, is then looked for in the row's own list, which decides. A system
/// alone finds nothing: it is asked of each row.
fn tokens(reader: &Reader<'_>, select: &mut Select, number: i64, values: &[Operand]) -> Result<Condition> {
    let (mut codes, mut found_by, mut marks) = (Vec::new(), Vec::new(), Vec::new());
    let mut systems = Vec::new();
    for value in values {
        let Operand::Token { system, code } = value else { return Err(Error::bug("a token was expected")) };
        let form = match (system.as_deref(), code.as_deref()) {
            (Some(""), Some(code)) => TokenForm::NoSystem(code),
            (Some(system), Some(code)) => TokenForm::Pair(system, code),
            (Some(system), None) => TokenForm::System(system),
            (None, Some(code)) => TokenForm::Code(code),
            (None, None) => return Err(Error::bug("an empty token")),
        };
        let hashes = reader.hasher.asked(number, form);
        match form {
            TokenForm::Code(_) => codes.extend(hashes),
            TokenForm::System(_) => systems.extend(hashes),
            TokenForm::Pair(_, code) | TokenForm::NoSystem(code) => {
                found_by.extend(reader.hasher.asked(number, TokenForm::Code(code)));
                marks.extend(hashes);
            }
        }
    }
    let mut texts = Vec::new();
    if !codes.is_empty() {
        texts.push(hashed(select, number, codes));
    }
    if !marks.is_empty() {
        let marked = select.marked(marks);
        texts.push(if select.probing {
            marked
        } else {
            format!("({} AND {marked})", hashed(select, number, found_by))
        });
    }
    if !systems.is_empty() {
        texts.push(select.marked(systems));
    }
    Ok(Condition::decisive(any(&texts)))
}

fn references(
    reader: &Reader<'_>,
    select: &mut Select,
    param: &'static Param,
    modifier: &Modifier,
    values: &[Operand],
) -> Result<Condition> {
    let number = param_number(param);
    let (mut hashes, mut targets) = (Vec::new(), Vec::new());
    for value in values {
        match value {
            Operand::Reference { ty, id, url } => {
                if let Some(url) = url {
                    hashes.push(reader.hasher.uri(number, url));
                }
                if let Some(id) = id {
                    let modifier_type = if let Modifier::Type(ty) = modifier { Some(*ty) } else { None };
                    match ty.or(modifier_type) {
                        Some(ty) => targets.push(reader.hasher.id(ty, id)),
                        None => targets.extend(param.target_types().map(|ty| reader.hasher.id(ty, id))),
                    }
                }
            }
            Operand::Token { system, code } => {
                let (system, code) = (system.as_deref().unwrap_or_default(), code.as_deref().unwrap_or_default());
                hashes.push(reader.hasher.reference_identifier(number, system, code));
                hashes.push(reader.hasher.old_reference_identifier(number, system, code));
            }
            _ => {}
        }
    }
    let any_system = |value: &Operand| matches!(value, Operand::Token { system: None, .. });
    if values.iter().any(any_system) {
        // Keys hold the system with the value: without it, what refers to anything is looked at.
        return Ok(Condition::candidates(select.present(number)));
    }
    hashes.extend(followed(reader, select, targets)?);
    // The identifier of a masked reference is masked with it: that is seen once the row is shown.
    let verify = *modifier == Modifier::Identifier && !select.blind && !reader.call.clearance.sees_all();
    Ok(Condition { text: hashed(select, number, hashes), verify })
}

/// An address that leads where the reader may not follow is masked in some elements, in others it is a name: that is seen
/// once the row is shown.
fn uris(reader: &Reader<'_>, select: &mut Select, number: i64, values: &[Operand]) -> Result<Condition> {
    let (mut hashes, mut targets) = (Vec::new(), Vec::new());
    for value in values {
        if let Operand::Uri(url) = value {
            hashes.push(reader.hasher.uri(number, url));
            targets.extend(reader.here(url).map(|(kind, id)| reader.hasher.id(kind, &id)));
        }
    }
    let verify = followed(reader, select, targets.clone())?.len() < targets.len();
    Ok(Condition { text: hashed(select, number, hashes), verify })
}

/// Whether a filter is decided on what is shown of a row: its references and other addresses are masked there.
pub(super) fn is_of_shown(filter: &Filter) -> bool {
    match filter {
        Filter::Param { modifier: Modifier::Identifier, .. } => true,
        Filter::Param { param, .. } => {
            let by_address = |kind| matches!(kind, ParamKind::Reference | ParamKind::Uri);
            param.kind == ParamKind::Uri || param.parts().any(|part| by_address(part.kind))
        }
        _ => false,
    }
}

fn dates(reader: &Reader<'_>, select: &mut Select, param: &'static Param, values: &[Operand]) -> Condition {
    let number = param_number(param);
    let tests = values.iter().filter_map(|value| if let Operand::Date(test) = value { Some(*test) } else { None });
    if !is_secret_date(param) {
        let texts: Vec<String> = tests.map(|test| ranged(select, number, test)).collect();
        return Condition::decisive(any(&texts));
    }
    let tests: Vec<DateTest> = tests.collect();
    let unit = |test: &DateTest| calendar_unit(test.lo, test.hi).filter(|_| test.comparator == Comparator::Eq);
    let units: Option<Vec<String>> = tests.iter().map(unit).collect();
    let Some(units) = units else { return Condition::candidates(select.present(number)) };
    let hashes = units.iter().map(|text| reader.hasher.date(number, text));
    Condition::decisive(hashed(select, number, hashes))
}

fn ranged(select: &mut Select, number: i64, test: DateTest) -> String {
    let test = interval(select, test, "k.lo", "k.hi");
    keyed::ranged(select, number, &test)
}

/// A comparison of two half-open intervals, as FHIR defines its prefixes. Binds only what it compares with: PostgreSQL
/// takes a parameter that is compared with nothing for a text.
fn interval(select: &mut Select, test: DateTest, lo: &str, hi: &str) -> String {
    match test.comparator {
        Comparator::Gt => format!("{hi} > {}", select.bind(test.hi)),
        Comparator::Lt => format!("{lo} < {}", select.bind(test.lo)),
        Comparator::Sa => format!("{lo} >= {}", select.bind(test.hi)),
        Comparator::Eb => format!("{hi} <= {}", select.bind(test.lo)),
        Comparator::Eq | Comparator::Ne | Comparator::Ge | Comparator::Le | Comparator::Ap => {
            let (from, to) = (select.bind(test.lo), select.bind(test.hi));
            let within = format!("({lo} >= {from} AND {hi} <= {to})");
            match test.comparator {
                Comparator::Ne => format!("NOT {within}"),
                Comparator::Ge => format!("({hi} > {to} OR {within})"),
                Comparator::Le => format!("({lo} < {from} OR {within})"),
                Comparator::Ap => format!("({hi} > {from} AND {lo} < {to})"),
                _ => within,
            }
        }
    }
}

fn numbers(select: &mut Select, number: i64, values: &[Operand]) -> Condition {
    let mut verify = false;
    let mut texts = Vec::new();
    for value in values {
        let (test, unit) = match value {
            Operand::Number(test) => (*test, false),
            Operand::Quantity { test, system, code } => (*test, system.is_some() || code.is_some()),
            _ => continue,
        };
        verify |= unit;
        let test = DateTest { comparator: test.comparator, lo: order(test.lo), hi: order(test.hi) };
        texts.push(ranged(select, number, test));
    }
    // The unit, and open or closed bounds, are looked at once the candidate is open.
    Condition { verify: verify || !texts.is_empty(), text: any(&texts) }
}
