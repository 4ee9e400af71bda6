//! A search as it is asked: kept in pieces, so that the evaluator of [`super::spec`] reads no text of a query.

use super::content::{self, CODES, ICD, KINDS, PATIENTS};
use super::random::Stream;
use fhir::ResourceType;

/// `_include` or `_revinclude`.
#[derive(Debug, Clone)]
pub(crate) struct Beside {
    pub(crate) reverse: bool,
    pub(crate) iterate: bool,
    pub(crate) source: ResourceType,
    pub(crate) param: &'static str,
    pub(crate) target: Option<ResourceType>,
}

#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) kind: ResourceType,
    /// Names with their modifiers and chains, and values.
    pub(crate) terms: Vec<(String, String)>,
    /// Names, and whether backwards.
    pub(crate) sort: Vec<(&'static str, bool)>,
    pub(crate) count: usize,
    pub(crate) total: Option<&'static str>,
    pub(crate) beside: Vec<Beside>,
}

impl Asked {
    pub(crate) fn text(&self) -> String {
        let mut parts: Vec<String> = self.terms.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !self.sort.is_empty() {
            let key = |(name, backwards): &(&str, bool)| format!("{}{name}", if *backwards { "-" } else { "" });
            parts.push(format!("_sort={}", self.sort.iter().map(key).collect::<Vec<_>>().join(",")));
        }
        parts.push(format!("_count={}", self.count));
        parts.extend(self.total.map(|total| format!("_total={total}")));
        for beside in &self.beside {
            let name = if beside.reverse { "_revinclude" } else { "_include" };
            let iterate = if beside.iterate { ":iterate" } else { "" };
            let target = beside.target.map_or_else(String::new, |kind| format!(":{kind}"));
            parts.push(format!("{name}{iterate}={}:{}{target}", beside.source, beside.param));
        }
        parts.join("&")
    }
}

pub(crate) fn ask(random: &mut Stream) -> Asked {
    let kind = if random.chance(20) { ResourceType::PATIENT } else { random.pick(&KINDS) };
    let terms = (0..random.below(4)).map(|_| term(random, kind, 0)).collect();
    let sort = (0..random.pick(&[0, 0, 1, 2, 3])).map(|_| (random.pick(keys(kind)), random.chance(50))).collect();
    let count = usize::try_from(1 + random.below(6)).unwrap();
    let total = random.pick(&[None, None, Some("accurate"), Some("estimate"), Some("none")]);
    let beside = (0..random.pick(&[0, 0, 0, 1, 2, 3])).map(|_| beside(random, kind)).collect();
    Asked { kind, terms, sort, count, total, beside }
}

fn keys(kind: ResourceType) -> &'static [&'static str] {
    match kind {
        ResourceType::PATIENT => &["_id", "_lastUpdated", "family", "birthdate", "identifier", "gender"],
        ResourceType::CONDITION => &["_id", "_lastUpdated", "recorded-date", "code", "subject", "identifier"],
        _ => &["_id", "_lastUpdated", "date", "code", "subject", "value-quantity", "status"],
    }
}

fn beside(random: &mut Stream, kind: ResourceType) -> Beside {
    let (patient, condition, observation) = (ResourceType::PATIENT, ResourceType::CONDITION, ResourceType::OBSERVATION);
    let (source, param) = random.pick(&[
        (condition, "subject"),
        (condition, "patient"),
        (condition, "evidence-detail"),
        (observation, "subject"),
        (observation, "performer"),
        (observation, "focus"),
        (observation, "patient"),
    ]);
    let iterate = random.chance(40);
    // Without `:iterate` an include of another type does nothing, and a reverse one must be able to point here.
    let reverse = if kind == patient { true } else { random.chance(40) };
    let subjects = [Some(patient), Some(observation), None, None, None];
    let target = if matches!(param, "focus" | "evidence-detail" | "subject") { random.pick(&subjects) } else { None };
    Beside { reverse, iterate, source, param, target }
}

/// One condition, at most two links away.
fn term(random: &mut Stream, kind: ResourceType, depth: i64) -> (String, String) {
    if depth < 2 && random.chance(25) {
        return linked(random, kind, depth);
    }
    let (name, value) = match random.below(8) {
        0 => ("_id".to_owned(), format!("{},{}", any_id(random, kind), any_id(random, kind))),
        1 => (
            "_lastUpdated".to_owned(),
            format!("{}{}", random.pick(&["ge", "lt", "ne"]), random.pick(&["2026", "2026-05-28", "2020"])),
        ),
        _ => match kind {
            ResourceType::PATIENT => of_patient(random),
            ResourceType::CONDITION => of_condition(random),
            _ => of_observation(random),
        },
    };
    (name, value)
}

fn linked(random: &mut Stream, kind: ResourceType, depth: i64) -> (String, String) {
    let (patient, condition, observation) = (ResourceType::PATIENT, ResourceType::CONDITION, ResourceType::OBSERVATION);
    let (link, target) = match kind {
        ResourceType::PATIENT => random.pick(&[
            ("_has:Condition:patient:", condition),
            ("_has:Condition:subject:", condition),
            ("_has:Observation:performer:", observation),
            ("_has:Observation:subject:", observation),
        ]),
        ResourceType::CONDITION => random.pick(&[
            ("patient.", patient),
            ("subject:Patient.", patient),
            ("evidence-detail:Observation.", observation),
            ("_has:Observation:focus:", observation),
        ]),
        _ => random.pick(&[
            ("patient.", patient),
            ("subject:Patient.", patient),
            ("performer:Patient.", patient),
            ("focus:Condition.", condition),
            ("_has:Condition:evidence-detail:", condition),
        ]),
    };
    let (name, value) = term(random, target, depth + 1);
    (format!("{link}{name}"), value)
}

fn any_id(random: &mut Stream, kind: ResourceType) -> String {
    if kind == ResourceType::PATIENT { random.pick(&PATIENTS).to_owned() } else { content::id(random, kind) }
}

fn prefixed(random: &mut Stream) -> String {
    let prefix = random.pick(&["", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"]);
    format!("{prefix}{}", content::date(random))
}

fn of_patient(random: &mut Stream) -> (String, String) {
    let (name, value) = match random.below(9) {
        0 => ("family", random.pick(&["quem", "Le", "Quéméner", "h", "l'hen,zz"]).to_owned()),
        1 => ("family:exact", random.pick(&["Quéméner", "Quemener", "quéméner"]).to_owned()),
        2 => ("family:contains", random.pick(&["men", "go", "'h", "é", "e"]).to_owned()),
        3 => {
            let prefix = random.pick(&["", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"]);
            ("birthdate", format!("{prefix}{}", random.pick(&["1938", "1938-03", "1938-03-07", "1940", "1938-04"])))
        }
        4 => ("identifier", format!("urn:ins|{}{}", random.pick(&["a", "A"]), random.below(3))),
        5 => ("identifier", format!("{}{}", random.pick(&["a", "A"]), random.below(3))),
        6 => ("gender", random.pick(&["female", "male,female", "Male"]).to_owned()),
        7 => ("gender:not", random.pick(&["female", "other"]).to_owned()),
        _ => ("gender:missing", random.pick(&["true", "false"]).to_owned()),
    };
    (name.to_owned(), value)
}

fn of_condition(random: &mut Stream) -> (String, String) {
    let (code, patient) = (random.pick(&CODES), random.pick(&PATIENTS));
    let (name, value) = match random.below(13) {
        0 => ("code", code.to_owned()),
        1 => ("code", format!("{ICD}|{}", code.to_lowercase())),
        2 => ("code", format!("|{code}")),
        3 => ("code:not", format!("{code},{}", random.pick(&CODES))),
        4 => ("code", format!("{ICD}|")),
        5 => ("patient", patient.to_owned()),
        6 => ("subject", format!("Patient/{patient},Patient/p1")),
        7 => ("subject:Patient", patient.to_owned()),
        8 => ("recorded-date", prefixed(random)),
        9 => ("identifier", format!("urn:x|{}", random.below(6))),
        10 => ("evidence-detail", format!("Observation/o{}", random.below(14))),
        11 => ("evidence-detail:missing", random.pick(&["true", "false"]).to_owned()),
        _ => ("recorded-date", format!("{},{}", prefixed(random), prefixed(random))),
    };
    (name.to_owned(), value)
}

fn of_observation(random: &mut Stream) -> (String, String) {
    let (code, patient) = (random.pick(&CODES), random.pick(&PATIENTS));
    let number = format!("{}{}", random.pick(&["", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"]), number(random));
    let (name, value) = match random.below(18) {
        0 => ("code", random.pick(&["i10", "I10", "F20.0,b24"]).to_owned()),
        1 => ("code", format!("|{code}")),
        2 => ("code:not", code.to_owned()),
        3 => ("patient", format!("Patient/{patient}")),
        4 => ("subject", patient.to_owned()),
        5 => ("date", prefixed(random)),
        6 => ("date:missing", random.pick(&["true", "false"]).to_owned()),
        7 => ("subject:missing", random.pick(&["true", "false"]).to_owned()),
        8 => ("performer", format!("Patient/{patient}")),
        9 => ("focus", format!("Condition/c{}", random.below(14))),
        10 => ("value-quantity", number),
        11 => ("value-quantity", format!("{number}|http://unitsofmeasure.org|{}", random.pick(&["kg", "Kg", "g"]))),
        12 => ("value-quantity", format!("{number}||{}", random.pick(&["kg", "kilo"]))),
        13 => ("component-code-value-quantity", format!("{code}${number}")),
        14 => ("component-code", code.to_owned()),
        15 => ("status", random.pick(&["final", "FINAL", "final,amended"]).to_owned()),
        16 => ("status:not", "final".to_owned()),
        _ => ("date", format!("{},{}", prefixed(random), prefixed(random))),
    };
    (name.to_owned(), value)
}

fn number(random: &mut Stream) -> &'static str {
    random.pick(&["5", "5.0", "5.04", "6", "1e1", "10", "-1", "0"])
}
