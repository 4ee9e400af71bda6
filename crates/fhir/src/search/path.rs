//! The few forms of FHIRPath that search parameters use, compiled once.

use crate::json::{Object, Value};
use crate::{ResourceType, refs};

#[cfg(test)]
mod plant;

/// A path into a resource.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Path {
    steps: Vec<Step>,
    /// `X.exists() and X != false`: the answer is a boolean.
    truth: bool,
}

#[derive(Debug, Clone, PartialEq)]
enum Step {
    /// An element; also a choice element of any type.
    Field(String),
    /// A choice element of one type.
    Choice(String),
    /// Only references to this type.
    Points(ResourceType),
    /// Only objects whose element has this value.
    Where(String, String),
    /// The item at this position.
    At(usize),
}

impl Path {
    /// Compiles an expression; none when it uses a form that is not known.
    pub(crate) fn compile(expression: &str) -> Option<Self> {
        let expression = expression.trim();
        if let Some((path, _)) = expression.split_once(".exists() and ") {
            return Some(Self { truth: true, ..Self::compile(path)? });
        }
        if let Some(inner) = expression.strip_prefix('(') {
            let (inner, rest) = closed(inner)?;
            let (path, kind) = inner.split_once(" as ")?;
            let mut compiled = Self::compile(&format!("{path}.as({kind})"))?;
            for name in rest.split('.').filter(|name| !name.is_empty()) {
                compiled.steps.push(Step::Field(name.to_owned()));
            }
            return Some(compiled);
        }
        if let Some((path, kind)) = expression.split_once(" as ") {
            return Self::compile(&format!("{path}.as({kind})"));
        }
        let mut steps = Vec::new();
        for (index, part) in split(expression).into_iter().enumerate() {
            let first = index == 0 && part.starts_with(char::is_uppercase);
            if !first {
                push(&mut steps, part)?;
            }
        }
        Some(Self { steps, truth: false })
    }

    /// Every node the path reaches.
    pub(crate) fn follow<'a>(&'a self, root: &'a Object, each: &mut dyn FnMut(&'a Value)) {
        if let Some((step, rest)) = self.steps.split_first() {
            enter(root, step, rest, each);
        }
    }

    /// The elements it goes through, when it is nothing but elements.
    pub(crate) fn fields(&self) -> Option<Vec<&str>> {
        let fields =
            self.steps.iter().map(|step| if let Step::Field(name) = step { Some(name.as_str()) } else { None });
        fields.collect::<Option<_>>().filter(|_| !self.truth)
    }

    /// Every object the path reaches; a path without steps is the root itself.
    pub(crate) fn objects<'a>(&'a self, root: &'a Object) -> Vec<&'a Object> {
        let mut found = Vec::new();
        match self.steps.is_empty() {
            true => found.push(root),
            false => self.follow(root, &mut |node| found.extend(node.as_object())),
        }
        found
    }

    /// For a boolean path: whether it holds.
    pub(crate) fn truth(&self, root: &Object) -> Option<bool> {
        if !self.truth {
            return None;
        }
        let mut holds = false;
        self.follow(root, &mut |node| holds |= *node != Value::Bool(false));
        Some(holds)
    }
}

/// What is inside the parenthesis that was opened, and what follows it.
fn closed(text: &str) -> Option<(&str, &str)> {
    let mut depth = 1_i32;
    let end = text.find(|c: char| {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        depth == 0
    })?;
    let (inner, rest) = text.split_at_checked(end)?;
    Some((inner, rest.strip_prefix(')')?))
}

/// Splits at dots outside parentheses.
fn split(expression: &str) -> Vec<&str> {
    let mut depth = 0_i32;
    expression
        .split(|c: char| {
            match c {
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => {}
            }
            c == '.' && depth == 0
        })
        .collect()
}

fn push(steps: &mut Vec<Step>, part: &str) -> Option<()> {
    if let Some(kind) = part.strip_prefix("as(").or_else(|| part.strip_prefix("ofType(")) {
        let kind = kind.strip_suffix(')')?;
        let Some(Step::Field(name)) = steps.pop() else { return None };
        let mut chars = kind.chars();
        let capital: String = chars.next().into_iter().flat_map(char::to_uppercase).chain(chars).collect();
        steps.push(Step::Choice(format!("{name}{capital}")));
        return Some(());
    }
    if let Some(url) = part.strip_prefix("extension(") {
        let url = quoted(url.strip_suffix(')')?)?;
        steps.push(Step::Field("extension".to_owned()));
        steps.push(Step::Where("url".to_owned(), url.to_owned()));
        return Some(());
    }
    if let Some(condition) = part.strip_prefix("where(") {
        let condition = condition.strip_suffix(')')?;
        steps.push(match condition.strip_prefix("resolve() is ") {
            Some(kind) => Step::Points(ResourceType::parse(kind)?),
            None => {
                let (name, value) = condition.split_once('=')?;
                Step::Where(name.trim().to_owned(), quoted(value)?.to_owned())
            }
        });
        return Some(());
    }
    if let Some((name, index)) = part.split_once('[') {
        steps.push(Step::Field(name.to_owned()));
        steps.push(Step::At(index.strip_suffix(']')?.parse().ok()?));
        return Some(());
    }
    if part.contains(['(', ' ']) {
        return None;
    }
    steps.push(Step::Field(part.to_owned()));
    Some(())
}

/// A text between quotes, alone.
fn quoted(text: &str) -> Option<&str> {
    let inner = text.trim().strip_prefix('\'')?.strip_suffix('\'')?;
    (!inner.contains('\'')).then_some(inner)
}

fn walk<'a>(node: &'a Value, steps: &'a [Step], each: &mut dyn FnMut(&'a Value)) {
    if let Value::Array(items) = node {
        match steps.split_first() {
            Some((Step::At(index), rest)) => {
                if let Some(item) = items.get(*index) {
                    walk(item, rest, each);
                }
            }
            _ => items.iter().for_each(|item| walk(item, steps, each)),
        }
        return;
    }
    let Some((step, rest)) = steps.split_first() else {
        if !node.is_null() {
            each(node);
        }
        return;
    };
    match step {
        Step::Field(_) | Step::Choice(_) => {
            if let Some(object) = node.as_object() {
                enter(object, step, rest, each);
            }
        }
        Step::Points(kind) => {
            if points_at(node, *kind) {
                walk(node, rest, each);
            }
        }
        Step::Where(name, value) => {
            if node.get(name).and_then(Value::as_str) == Some(value) {
                walk(node, rest, each);
            }
        }
        Step::At(index) => {
            if *index == 0 {
                walk(node, rest, each);
            }
        }
    }
}

/// A step into an object.
fn enter<'a>(object: &'a Object, step: &'a Step, rest: &'a [Step], each: &mut dyn FnMut(&'a Value)) {
    match step {
        Step::Field(name) => match object.get(name) {
            Some(value) => walk(value, rest, each),
            None => choices(object, name).for_each(|value| walk(value, rest, each)),
        },
        Step::Choice(name) => object.get(name).into_iter().for_each(|value| walk(value, rest, each)),
        Step::Points(_) | Step::Where(..) | Step::At(_) => {}
    }
}

/// `value` reaches `valueQuantity`, `valueString`…
fn choices<'a>(object: &'a Object, name: &'a str) -> impl Iterator<Item = &'a Value> {
    object.iter().filter_map(move |(key, value)| {
        // Not `statusReason` for `status`: only the types that a choice may have (FHIR R4 §2.24.0.3).
        CHOICES.contains(&key.strip_prefix(name)?).then_some(value)
    })
}

/// The types that `value[x]` may have, as they end its name.
const CHOICES: [&str; 50] = [
    "Base64Binary",
    "Boolean",
    "Canonical",
    "Code",
    "Date",
    "DateTime",
    "Decimal",
    "Id",
    "Instant",
    "Integer",
    "Markdown",
    "Oid",
    "PositiveInt",
    "String",
    "Time",
    "UnsignedInt",
    "Uri",
    "Url",
    "Uuid",
    "Address",
    "Age",
    "Annotation",
    "Attachment",
    "CodeableConcept",
    "Coding",
    "ContactPoint",
    "Count",
    "Distance",
    "Duration",
    "HumanName",
    "Identifier",
    "Money",
    "Period",
    "Quantity",
    "Range",
    "Ratio",
    "Reference",
    "SampledData",
    "Signature",
    "Timing",
    "ContactDetail",
    "Contributor",
    "DataRequirement",
    "Expression",
    "ParameterDefinition",
    "RelatedArtifact",
    "TriggerDefinition",
    "UsageContext",
    "Dosage",
    "Meta",
];

fn points_at(node: &Value, kind: ResourceType) -> bool {
    let reference = node.get("reference").and_then(Value::as_str);
    if let Some(reference) = reference {
        return match refs::local(reference) {
            Some((found, _)) => found == kind,
            None => refs::names_type(reference, kind),
        };
    }
    node.get("type").and_then(Value::as_str) == Some(kind.name())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn reach(expression: &str, root: &Value) -> Vec<Value> {
        let path = Path::compile(expression).unwrap();
        let mut found = Vec::new();
        path.follow(root.as_object().unwrap(), &mut |node| found.push(node.clone()));
        found
    }

    #[test]
    fn follows_every_form_the_table_uses() {
        let root = json!({"name": [{"given": ["A", "B"]}, {"given": ["C"]}], "valueQuantity": {"value": 1},
            "telecom": [{"system": "phone", "value": "1"}, {"system": "email", "value": "2"}],
            "subject": {"reference": "Patient/a"}, "entry": [{"resource": 1}, {"resource": 2}], "gone": null});
        assert_eq!(reach("Patient.name.given", &root), [json!("A"), json!("B"), json!("C")]);
        assert_eq!(reach("Observation.value", &root), [json!({"value": 1})]);
        assert_eq!(reach("(Observation.value as Quantity)", &root), [json!({"value": 1})]);
        assert_eq!(reach("(Observation.value as Quantity).value", &root), [json!(1)]);
        assert_eq!(reach("Observation.value as string", &root), [] as [Value; 0]);
        assert_eq!(reach("Patient.telecom.where(system='email').value", &root), [json!("2")]);
        assert_eq!(reach("Observation.subject.where(resolve() is Patient)", &root).len(), 1);
        assert_eq!(reach("Observation.subject.where(resolve() is Group)", &root).len(), 0);
        assert_eq!(reach("Bundle.entry[0].resource", &root), [json!(1)]);
        let coded = json!({"extension": [{"url": "http://a.b/c", "valueCode": "x"}, {"url": "http://a.b/d", "valueCode": "y"}]});
        assert_eq!(reach("Patient.extension('http://a.b/c').value", &coded), [json!("x")]);
        assert_eq!(reach("Patient.extension.where(url='http://a.b/d').value", &coded), [json!("y")]);
        assert_eq!(reach("Patient.extension('http://a.b/c').value.ofType(string)", &coded), [] as [Value; 0]);
        assert!(Path::compile("Patient.telecom.where(system='a' and use='b')").is_none());
        assert_eq!(reach("Patient.gone", &root), [] as [Value; 0]);
        assert!(Path::compile("Patient.name.first().given").is_none());
    }

    #[test]
    fn a_boolean_path_answers_for_present_and_absent() {
        let path = Path::compile("Patient.deceased.exists() and Patient.deceased != false").unwrap();
        for (root, expected) in [
            (json!({}), false),
            (json!({"deceasedBoolean": false}), false),
            (json!({"deceasedBoolean": true}), true),
            (json!({"deceasedDateTime": "2024"}), true),
        ] {
            assert_eq!(path.truth(root.as_object().unwrap()), Some(expected), "{root}");
        }
    }

    #[test]
    fn a_longer_name_is_no_choice() {
        let device = json!({"resourceType": "Device", "statusReason": [{"text": "x"}], "statusCode": "y"});
        let found: Vec<&Value> = choices(device.as_object().unwrap(), "status").collect();
        assert_eq!(found, [&json!("y")]);
    }
}
