//! What a search finds, from the text of FHIR R4 (search §3.1.1) alone: resources are read as JSON, each parameter by a path
//! written here by hand. Nothing of the product's own reading, index or comparison is used.

use super::asked::{Asked, Beside};
use super::naive::{Naive, Row};
use fhir::ResourceType;
use serde_json::Value;
use std::cmp::Ordering;
use std::collections::BTreeSet;
use store::Call;

/// What one reader finds.
pub(crate) struct Spec<'a> {
    pub(crate) naive: &'a Naive,
    pub(crate) call: &'a Call,
}

/// What a sort compares: nothing, a moment, a number or words.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Place {
    Nothing,
    Number(f64),
    Words(String),
}

impl Spec<'_> {
    /// All that matches among the first `ceiling` rows, in order.
    pub(crate) fn find(&self, asked: &Asked, ceiling: usize) -> Vec<usize> {
        let rows = self.naive.rows.iter().enumerate().take(ceiling);
        let fits = |row: &Row| asked.terms.iter().all(|(name, value)| self.holds(asked.kind, row, name, value));
        let mut found: Vec<usize> =
            rows.filter(|(_, row)| self.is_there(asked.kind, row) && fits(row)).map(|(at, _)| at).collect();
        found.sort_by(|left, right| {
            self.compare(asked, (&self.places(asked, *left), *left), (&self.places(asked, *right), *right))
        });
        found
    }

    /// Ties are in the order of creation, backwards where the last key is.
    pub(crate) fn compare(&self, asked: &Asked, left: (&[Place], usize), right: (&[Place], usize)) -> Ordering {
        for ((left, right), (_, backwards)) in left.0.iter().zip(right.0).zip(&asked.sort) {
            let order = match (left, right) {
                (Place::Nothing, Place::Nothing) => Ordering::Equal,
                (Place::Nothing, _) => return Ordering::Greater,
                (_, Place::Nothing) => return Ordering::Less,
                (Place::Number(left), Place::Number(right)) => left.partial_cmp(right).unwrap(),
                (Place::Words(left), Place::Words(right)) => left.cmp(right),
                _ => unreachable!("a sort of words and numbers"),
            };
            if order.is_ne() {
                return if *backwards { order.reverse() } else { order };
            }
        }
        let backwards = asked.sort.last().is_some_and(|(_, backwards)| *backwards);
        if backwards { right.1.cmp(&left.1) } else { left.1.cmp(&right.1) }
    }

    /// What a row is sorted by.
    pub(crate) fn places(&self, asked: &Asked, at: usize) -> Vec<Place> {
        asked.sort.iter().map(|(name, backwards)| self.place(at, name, *backwards)).collect()
    }

    fn place(&self, at: usize, name: &str, backwards: bool) -> Place {
        let row = self.naive.rows.get(at).unwrap();
        let number = |micros: i64| Place::Number(micros as f64);
        let mut all: Vec<Place> = match name {
            "_id" => return Place::Words(row.id.clone()),
            "_lastUpdated" => return number(row.current().updated),
            "date" | "recorded-date" | "birthdate" => {
                let spans = self.elements(row, name).into_iter().filter_map(|node| span(&node));
                spans.map(|(from, to)| number(if backwards { to } else { from })).collect()
            }
            "value-quantity" => {
                let values = self.elements(row, name);
                values.iter().filter_map(|node| node["value"].as_f64()).map(Place::Number).collect()
            }
            "subject" => {
                let targets = self.elements(row, name);
                let readable = targets.iter().filter_map(|node| self.target(row, node));
                readable.map(|(kind, id)| Place::Words(format!("{kind}/{id}").to_lowercase())).collect()
            }
            "family" => {
                self.elements(row, name).iter().map(|node| Place::Words(plain(node.as_str().unwrap()))).collect()
            }
            _ => {
                let nodes = self.elements(row, name);
                let tokens = nodes.iter().flat_map(tokens).filter_map(|token| token.code);
                tokens.map(|code| Place::Words(code.to_lowercase())).collect()
            }
        };
        all.sort_by(|left, right| match (left, right) {
            (Place::Number(left), Place::Number(right)) => left.partial_cmp(right).unwrap(),
            (Place::Words(left), Place::Words(right)) => left.cmp(right),
            _ => Ordering::Equal,
        });
        if backwards { all.pop() } else { all.into_iter().next() }.unwrap_or(Place::Nothing)
    }

    /// What comes beside these matches.
    pub(crate) fn beside(&self, asked: &Asked, matches: &[usize]) -> BTreeSet<usize> {
        let mut known: BTreeSet<usize> = matches.iter().copied().collect();
        let (mut all, mut fresh) = (BTreeSet::new(), known.clone());
        for round in 0..4 {
            let wanted = asked.beside.iter().filter(|beside| round == 0 || beside.iterate);
            let found: BTreeSet<usize> = wanted.flat_map(|beside| self.follow(beside, &fresh)).collect();
            fresh = found.difference(&known).copied().collect();
            known.extend(&fresh);
            all.extend(&fresh);
        }
        all
    }

    fn follow(&self, beside: &Beside, from: &BTreeSet<usize>) -> Vec<usize> {
        let rows = || self.naive.rows.iter().enumerate().filter(|(_, row)| !row.current().deleted);
        let visible = |row: &Row| self.naive.permits(self.call, row, row.current());
        let near = |at: &usize| self.naive.rows.get(*at).unwrap();
        let wanted = |row: &Row| beside.target.is_none_or(|target| row.kind == target);
        let links = |source: &Row, to: &Row| source.kind == beside.source && self.points(source, beside.param, to);
        if beside.reverse {
            let points = |source: &Row| from.iter().map(near).any(|to| wanted(to) && links(source, to));
            return rows().filter(|(_, row)| visible(row) && points(row)).map(|(at, _)| at).collect();
        }
        let pointed = |to: &Row| from.iter().map(near).any(|source| wanted(to) && links(source, to));
        rows().filter(|(_, row)| visible(row) && pointed(row)).map(|(at, _)| at).collect()
    }

    fn points(&self, from: &Row, param: &str, to: &Row) -> bool {
        let nodes = self.elements(from, param);
        nodes.iter().any(|node| self.target(from, node).is_some_and(|(kind, id)| kind == to.kind && id == to.id))
    }

    fn is_there(&self, kind: ResourceType, row: &Row) -> bool {
        row.kind == kind && !row.current().deleted && self.naive.permits(self.call, row, row.current())
    }

    fn holds(&self, kind: ResourceType, row: &Row, name: &str, value: &str) -> bool {
        if let Some(rest) = name.strip_prefix("_has:") {
            let mut parts = rest.splitn(3, ':');
            let (source, link, rest) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
            let source = ResourceType::parse(source).unwrap();
            let there = |other: &Row| self.is_there(source, other) && self.points(other, link, row);
            return self.naive.rows.iter().any(|other| there(other) && self.holds(source, other, rest, value));
        }
        if let Some((link, rest)) = name.split_once('.').filter(|(link, _)| !link.contains("_has")) {
            let (link, target) = link.split_once(':').unwrap_or((link, "Patient"));
            let target = ResourceType::parse(target).unwrap();
            let there = |other: &Row| self.is_there(target, other) && self.points(row, link, other);
            return self.naive.rows.iter().any(|other| there(other) && self.holds(target, other, rest, value));
        }
        let (code, modifier) = name.split_once(':').map_or((name, ""), |(code, modifier)| (code, modifier));
        let any = |test: &dyn Fn(&str) -> bool| value.split(',').any(test);
        match (code, modifier) {
            ("_id", _) => any(&|id| row.id == id),
            ("_lastUpdated", _) => {
                let updated = row.current().updated;
                any(&|test| in_time(test, (updated, updated + 1)))
            }
            ("component-code-value-quantity", _) => any(&|pair| {
                let (code, number) = pair.split_once('$').unwrap();
                let components = self.elements(row, "component");
                let both = |one: &Value| is_token(&one["code"], code) && is_quantity(&one["valueQuantity"], number);
                components.iter().any(both)
            }),
            (_, "missing") => self.elements(row, code).is_empty() == (value == "true"),
            (_, "not") => !self.elements(row, code).iter().any(|node| any(&|wanted| is_token(node, wanted))),
            _ => self
                .elements(row, code)
                .iter()
                .any(|node| any(&|wanted| self.is(kind, row, (code, modifier), node, wanted))),
        }
    }

    fn is(&self, kind: ResourceType, row: &Row, (code, modifier): (&str, &str), node: &Value, wanted: &str) -> bool {
        match code {
            "patient" | "subject" | "performer" | "focus" | "evidence-detail" => {
                let (named, id) =
                    wanted.split_once('/').map_or((None, wanted), |(kind, id)| (ResourceType::parse(kind), id));
                let named = named.or(ResourceType::parse(modifier));
                self.target(row, node)
                    .is_some_and(|(kind, found)| found == id && named.is_none_or(|named| named == kind))
            }
            "family" => match (modifier, node.as_str().unwrap()) {
                ("exact", text) => text == wanted,
                ("contains", text) => plain(text).contains(&plain(wanted)),
                (_, text) => plain(text).starts_with(&plain(wanted)),
            },
            "date" | "recorded-date" | "birthdate" => span(node).is_some_and(|span| in_time(wanted, span)),
            "value-quantity" => is_quantity(node, wanted),
            _ => {
                assert!(
                    matches!(code, "code" | "component-code" | "identifier" | "status" | "gender"),
                    "{kind} {code}"
                );
                is_token(node, wanted)
            }
        }
    }

    /// What a reference points at, as far as this reader may know of it.
    fn target(&self, row: &Row, node: &Value) -> Option<(ResourceType, String)> {
        let reference = node["reference"].as_str()?;
        let (kind, id) = reference.split_once('/')?;
        let target = (ResourceType::parse(kind)?, id.to_owned());
        let free = self.call.clearance.sees_all() || target == (row.kind, row.id.clone());
        (free || self.naive.visible(self.call, target.0, id).is_some()).then_some(target)
    }

    /// The elements that a parameter looks at.
    fn elements(&self, row: &Row, param: &str) -> Vec<Value> {
        let value = Value::Object(row.current().resource.object().clone());
        let mut found = Vec::new();
        for path in paths(param) {
            let mut nodes = vec![value.clone()];
            for step in path.split('.') {
                let next = nodes.iter().map(|node| node[step].clone());
                nodes = next
                    .flat_map(|node| match node {
                        Value::Array(items) => items,
                        Value::Null => Vec::new(),
                        one => vec![one],
                    })
                    .collect();
            }
            found.extend(nodes);
        }
        if param == "patient" {
            found.retain(|node| node["reference"].as_str().is_some_and(|text| text.starts_with("Patient/")));
        }
        found
    }
}

fn paths(param: &str) -> &'static [&'static str] {
    match param {
        "patient" | "subject" => &["subject"],
        "performer" => &["performer"],
        "focus" => &["focus"],
        "evidence-detail" => &["evidence.detail"],
        "code" => &["code"],
        "component" => &["component"],
        "component-code" => &["component.code"],
        "identifier" => &["identifier"],
        "status" => &["status"],
        "gender" => &["gender"],
        "family" => &["name.family"],
        "birthdate" => &["birthDate"],
        "recorded-date" => &["recordedDate"],
        "date" => &["effectiveDateTime", "effectivePeriod"],
        "value-quantity" => &["valueQuantity"],
        other => unreachable!("no path for {other}"),
    }
}

struct Token {
    system: Option<String>,
    code: Option<String>,
    /// A code whose letters tell it apart by their case.
    cased: bool,
}

fn tokens(node: &Value) -> Vec<Token> {
    let text = |node: &Value, key: &str| node[key].as_str().map(str::to_owned);
    if let Some(code) = node.as_str() {
        return vec![Token { system: None, code: Some(code.to_owned()), cased: true }];
    }
    if let Some(codings) = node["coding"].as_array() {
        let one = |coding: &Value| Token { system: text(coding, "system"), code: text(coding, "code"), cased: false };
        return codings.iter().map(one).collect();
    }
    vec![Token { system: text(node, "system"), code: text(node, "value"), cased: false }]
}

/// §3.1.1.4.11: `code`, `system|code`, `|code`, `system|`.
fn is_token(node: &Value, wanted: &str) -> bool {
    tokens(node).into_iter().any(|token| {
        let same = |code: &str| match &token.code {
            Some(found) if token.cased => found == code,
            Some(found) => found.to_lowercase() == code.to_lowercase(),
            None => false,
        };
        match wanted.split_once('|') {
            None => same(wanted),
            Some(("", code)) => token.system.is_none() && same(code),
            Some((system, "")) => token.system.as_deref() == Some(system),
            Some((system, code)) => token.system.as_deref() == Some(system) && same(code),
        }
    })
}

/// Without case and accents, those of the names that are written here.
fn plain(text: &str) -> String {
    text.to_lowercase().replace(['é', 'è'], "e")
}

fn split(text: &str) -> (&str, &str) {
    let prefixes = ["eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"];
    prefixes.iter().find_map(|prefix| Some((*prefix, text.strip_prefix(prefix)?))).unwrap_or(("eq", text))
}

/// §3.1.1.4.10 and §3.1.1.4.9: both are intervals, the later bound not part of them.
fn in_time(test: &str, found: (i64, i64)) -> bool {
    let (prefix, text) = split(test);
    let wanted = span(&Value::String(text.to_owned())).unwrap();
    let inside = wanted.0 <= found.0 && found.1 <= wanted.1;
    let (later, earlier) = (found.1 > wanted.1, found.0 < wanted.0);
    match prefix {
        "ne" => !inside,
        "gt" => later,
        "lt" => earlier,
        "ge" => inside || later,
        "le" => inside || earlier,
        "sa" => found.0 >= wanted.1,
        "eb" => found.1 <= wanted.0,
        // About: a tenth of the value's own length more on each side.
        "ap" => {
            let tenth = (wanted.1 - wanted.0) / 10;
            found.0 < wanted.1 + tenth && found.1 > wanted.0 - tenth
        }
        _ => inside,
    }
}

/// The microseconds a date or a period covers.
fn span(node: &Value) -> Option<(i64, i64)> {
    const DAY: i64 = 86_400_000_000;
    if node.is_object() {
        let from = span(&node["start"]).map_or(i64::MIN, |(from, _)| from);
        let to = span(&node["end"]).map_or(i64::MAX, |(_, to)| to);
        return Some((from, to));
    }
    let text = node.as_str()?;
    let (date, hour) = text.split_once('T').map_or((text, None), |(date, time)| (date, Some(time)));
    let numbers: Vec<i64> = date.split('-').map(|part| part.parse().unwrap()).collect();
    let midnight = |year: i64, month: i64, day: i64| {
        let lengths = [
            31,
            if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) { 29 } else { 28 },
            31,
            30,
            31,
            30,
            31,
            31,
            30,
            31,
            30,
            31,
        ];
        let leaps = |year: i64| (year - 1) / 4 - (year - 1) / 100 + (year - 1) / 400;
        let days = (year - 1970) * 365 + leaps(year) - leaps(1970);
        (days + lengths.iter().take(usize::try_from(month - 1).unwrap()).sum::<i64>() + day - 1) * DAY
    };
    Some(match (numbers.as_slice(), hour) {
        ([year], _) => (midnight(*year, 1, 1), midnight(year + 1, 1, 1)),
        ([year, 12], _) => (midnight(*year, 12, 1), midnight(year + 1, 1, 1)),
        ([year, month], _) => (midnight(*year, *month, 1), midnight(*year, month + 1, 1)),
        ([year, month, day], None) => (midnight(*year, *month, *day), midnight(*year, *month, *day) + DAY),
        // Times are written `10:00:00Z` here.
        ([year, month, day], Some(time)) => {
            let hour: i64 = time.split(':').next().unwrap().parse().unwrap();
            let from = midnight(*year, *month, *day) + hour * DAY / 24;
            (from, from + 1_000_000)
        }
        _ => return None,
    })
}

/// §3.1.1.4.14: a number of so many digits, and a unit by its code or as it is written.
fn is_quantity(node: &Value, wanted: &str) -> bool {
    let Some(found) = node["value"].as_f64() else { return false };
    let mut parts = wanted.split('|');
    let (number, system, unit) = (parts.next().unwrap(), parts.next().unwrap_or(""), parts.next().unwrap_or(""));
    let code = node["code"].as_str() == Some(unit) || (system.is_empty() && node["unit"].as_str() == Some(unit));
    let of_unit = (unit.is_empty() || code) && (system.is_empty() || node["system"].as_str() == Some(system));
    let (prefix, text) = split(number);
    let value: f64 = text.parse().unwrap();
    let half = match (text.split_once('.'), text.split_once('e')) {
        (Some((_, decimals)), _) => 0.5 / 10_f64.powi(i32::try_from(decimals.len()).unwrap()),
        (None, Some((_, power))) => 0.5 * 10_f64.powi(power.parse().unwrap()),
        (None, None) => 0.5,
    };
    // What is written here has two decimals at most: a thousandth of those is nothing.
    let inside = found >= value - half - 1e-9 && found < value + half - 1e-9;
    of_unit
        && match prefix {
            "ne" => !inside,
            "gt" | "sa" => found > value,
            "lt" | "eb" => found < value,
            "ge" => found >= value,
            "le" => found <= value,
            "ap" => (found - value).abs() <= value.abs() * 0.1 + 1e-9,
            _ => inside,
        }
}
