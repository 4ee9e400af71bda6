//! What a benchmark shows: a table for people, a document for programs.

use super::load::Seen;
use super::subject::Used;
use crate::screen::{print, say};
use serde_json::{Value, json};

/// What a figure is, and on which side of its floor it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Measure {
    /// Answers a second: the more the better.
    PerSecond,
    /// Milliseconds that 95 % of the answers do not exceed.
    P95Ms,
    /// Milliseconds that 99 % of the answers do not exceed.
    P99Ms,
    /// Milliseconds.
    Ms,
    /// Megabytes.
    Mb,
    /// Bytes.
    Bytes,
    /// Share of the machine's processors, in percent.
    Percent,
}

impl Measure {
    fn code(self) -> &'static str {
        match self {
            Self::PerSecond => "per_s",
            Self::P95Ms => "p95_ms",
            Self::P99Ms => "p99_ms",
            Self::Ms => "ms",
            Self::Mb => "mb",
            Self::Bytes => "bytes",
            Self::Percent => "percent",
        }
    }

    fn unit(self) -> &'static str {
        match self {
            Self::PerSecond => "par s",
            Self::P95Ms => "ms (95 %)",
            Self::P99Ms => "ms (99 %)",
            Self::Ms => "ms",
            Self::Mb => "Mo",
            Self::Bytes => "octets",
            Self::Percent => "% du processeur",
        }
    }

    fn met(self, value: f64, floor: f64) -> bool {
        if self == Self::PerSecond { value >= floor } else { value <= floor }
    }
}

/// What is wanted of a figure: at least, and at best.
#[derive(Debug, Clone, Copy)]
pub(super) struct Goal {
    pub(super) measure: Measure,
    pub(super) bars: Option<(f64, f64)>,
}

/// One figure.
#[derive(Debug)]
pub(super) struct Figure {
    name: &'static str,
    clients: u64,
    n: usize,
    goal: Goal,
    value: f64,
    /// Answers a second, and the 50th, 95th and 99th percentiles in milliseconds, where there was a load.
    load: Option<[f64; 4]>,
    /// What the metal does, a second, in the same run.
    raw: Option<f64>,
    /// The same work, bare: the same rows by as many connections, a second, in the same run.
    same: Option<f64>,
    /// Resources or requests that one answer stands for.
    each: f64,
    /// Processor microseconds of the server for one of those.
    processor_us: Option<f64>,
    /// Bytes that the server gave to the disk for one of those.
    written: Option<f64>,
}

impl Figure {
    /// A figure of a load; `each`: how many resources an answer stands for; `raw`: what the metal does.
    pub(super) fn load(name: &'static str, clients: u64, goal: Goal, seen: &Seen, each: f64, raw: Option<f64>) -> Self {
        let load = [seen.per_s() * each, seen.percentile_ms(50), seen.percentile_ms(95), seen.percentile_ms(99)];
        let [per_s, _, p95, p99] = load;
        let value = match goal.measure {
            Measure::P95Ms => p95,
            Measure::P99Ms => p99,
            _ => per_s,
        };
        Self {
            name,
            clients,
            n: seen.n(),
            goal,
            value,
            load: Some(load),
            raw,
            same: None,
            each,
            processor_us: None,
            written: None,
        }
    }

    /// Adds what the load took of the server's processor and disk: it moves less than times do when the machine is busy.
    pub(super) fn with_used(mut self, before: Option<Used>, after: Option<Used>) -> Self {
        let answers = self.n as f64 * self.each;
        if let (Some(before), Some(after), true) = (before, after, answers > 0.0) {
            self.processor_us = Some((after.processor_s - before.processor_s) * 1e6 / answers);
            self.written = Some((after.written - before.written) / answers);
        }
        self
    }

    /// Adds what the same work does bare.
    pub(super) fn beside(mut self, same: Option<f64>) -> Self {
        self.same = same;
        self
    }

    /// A figure by itself.
    pub(super) fn alone(name: &'static str, goal: Goal, value: f64, raw: Option<f64>) -> Self {
        Self {
            name,
            clients: 0,
            n: 1,
            goal,
            value,
            load: None,
            raw,
            same: None,
            each: 1.0,
            processor_us: None,
            written: None,
        }
    }

    /// Whether the floor is reached; `None` where there is none.
    pub(super) fn met(&self) -> Option<bool> {
        self.goal.bars.map(|(floor, _)| self.goal.measure.met(self.value, floor))
    }

    fn ratio(&self, to: Option<f64>) -> Option<f64> {
        let [per_s, ..] = self.load?;
        to.filter(|to| *to > 0.0).map(|to| per_s / to)
    }

    fn json(&self) -> Value {
        let [per_s, p50, p95, p99] = self.load.map_or([None; 4], |load| load.map(Some));
        json!({
            "name": self.name, "clients": self.clients, "n": self.n, "per_s": rounded(per_s), "p50": rounded(p50),
            "p95": rounded(p95), "p99": rounded(p99), "raw_per_s": rounded(self.raw), "ratio": rounded(self.ratio(self.raw)),
            "same_work_per_s": rounded(self.same), "same_work_ratio": rounded(self.ratio(self.same)),
            "measure": self.goal.measure.code(), "value": rounded(Some(self.value)), "each": self.each,
            "processor_us": rounded(self.processor_us), "written_bytes": rounded(self.written),
            "floor": self.goal.bars.map(|(floor, _)| floor), "stretch": self.goal.bars.map(|(_, stretch)| stretch),
            "met": self.met(),
        })
    }

    fn line(&self) -> String {
        let [per_s, p50, p95, p99] = self.load.map_or([None; 4], |load| load.map(Some));
        let bars =
            self.goal.bars.map_or(String::new(), |(floor, stretch)| format!("{} / {}", figure(floor), figure(stretch)));
        let verdict = match self.met() {
            None => "",
            Some(true) => "atteint",
            Some(false) => "MANQUÉ",
        };
        let name = if self.clients > 0 { format!("{} × {}", self.name, self.clients) } else { self.name.to_owned() };
        let cell = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), figure);
        format!(
            "{name:<26}{:>10} {:<16}{:>9}{:>9}{:>9}{:>9}{:>10}{:>8}{:>10}{:>8}{:>9}{:>9}   {bars:<18}{verdict}",
            figure(self.value),
            self.goal.measure.unit(),
            cell(per_s),
            cell(p50),
            cell(p95),
            cell(p99),
            cell(self.raw),
            cell(self.ratio(self.raw)),
            cell(self.same),
            cell(self.ratio(self.same)),
            cell(self.processor_us),
            cell(self.written),
        )
    }
}

/// The figures of a run, shown as they come.
#[derive(Debug, Default)]
pub(super) struct Board {
    figures: Vec<Figure>,
    /// Bytes of a resource by table and index.
    sizes: Vec<(String, f64)>,
}

impl Board {
    /// The heading of the table, on standard error.
    pub(super) fn begin() -> Self {
        say(&format!(
            "{:<26}{:>10} {:<16}{:>9}{:>9}{:>9}{:>9}{:>10}{:>8}{:>10}{:>8}{:>9}{:>9}   {:<18}",
            "mesure",
            "valeur",
            "",
            "par s",
            "p50 ms",
            "p95 ms",
            "p99 ms",
            "métal/s",
            "rapport",
            "même/s",
            "rapport",
            "µs proc.",
            "o. écrits",
            "plancher / visé"
        ));
        Self::default()
    }

    /// Adds a figure, and prints its line.
    pub(super) fn show(&mut self, figure: Figure) {
        print(&figure.line());
        self.figures.push(figure);
    }

    /// Keeps, and says, what a resource takes by table and index.
    pub(super) fn keep_sizes(&mut self, sizes: Vec<(String, f64)>) {
        for (name, bytes) in &sizes {
            say(&format!("  {name:<34}{:>8} octets", figure(*bytes)));
        }
        self.sizes = sizes;
    }

    /// How many floors are missed.
    pub(super) fn missed(&self) -> usize {
        self.figures.iter().filter(|figure| figure.met() == Some(false)).count()
    }

    /// The run, as a document.
    pub(super) fn document(&self, engine: &str, scale: u64, machine: &Value) -> Value {
        let scenarios: Vec<Value> = self.figures.iter().map(Figure::json).collect();
        let sizes: serde_json::Map<String, Value> =
            self.sizes.iter().map(|(name, bytes)| (name.clone(), bytes.round().into())).collect();
        json!({ "machine": machine, "engine": engine, "scale": scale, "scenarios": scenarios, "bytes_by_table": sizes })
    }
}

fn rounded(value: Option<f64>) -> Option<f64> {
    value.map(|value| (value * 1_000.0).round() / 1_000.0)
}

/// Three significant figures or whole thousands, as people read them.
fn figure(value: f64) -> String {
    let text = if value.abs() >= 100.0 {
        format!("{value:.0}")
    } else if value.abs() >= 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    };
    text.replace('.', ",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_floor_is_a_least_rate_or_a_greatest_time() {
        let goal = |measure| Goal { measure, bars: Some((100.0, 200.0)) };
        let met = |measure, value| Figure::alone("x", goal(measure), value, None).met();
        assert_eq!(met(Measure::PerSecond, 99.0), Some(false));
        assert_eq!(met(Measure::PerSecond, 100.0), Some(true));
        assert_eq!(met(Measure::Mb, 101.0), Some(false));
        assert_eq!(met(Measure::Ms, 20.0), Some(true));
        assert_eq!(Figure::alone("x", Goal { measure: Measure::Mb, bars: None }, 1.0, None).met(), None);
    }

    #[test]
    fn a_rate_is_told_beside_the_same_work_bare() {
        let goal = Goal { measure: Measure::PerSecond, bars: None };
        let figure = Figure::load("put", 8, goal, &Seen::default(), 1.0, Some(10.0)).beside(Some(5.0));
        assert_eq!(
            (figure.ratio(figure.raw), figure.ratio(figure.same), figure.ratio(None)),
            (Some(0.0), Some(0.0), None)
        );
        assert_eq!(figure.json()["same_work_per_s"], 5.0);
    }

    #[test]
    fn a_document_keeps_the_shape_that_others_read() {
        let goal = Goal { measure: Measure::PerSecond, bars: Some((1.0, 2.0)) };
        let figure = Figure::load("get", 8, goal, &Seen::default(), 1.0, Some(10.0));
        let mut board = Board::default();
        board.show(figure);
        let found = board.document("sqlite", 5, &json!({ "cores": 2 }));
        assert_eq!(board.missed(), 1);
        let scenario = &found["scenarios"][0];
        for key in ["same_work_per_s", "same_work_ratio"] {
            assert!(scenario.get(key).is_some(), "{key}");
        }
        for key in
            ["name", "clients", "n", "per_s", "p50", "p95", "p99", "raw_per_s", "ratio", "floor", "stretch", "met"]
        {
            assert!(scenario.get(key).is_some(), "{key}");
        }
    }
}
