//! What an establishment, a group, a region, the nation need: the sector's rates, times what `socle bench --json` has measured.
//!
//! The table of `docs/SCALE.md` is written here, and checked against the committed figures.

use std::fs;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::command;

const FIGURES: &str = "docs/figures/sqlite.json";
const PAGE: &str = "docs/SCALE.md";
const BEGIN: &str = "<!-- sizing: cargo xtask sizing -->\n";
const END: &str = "<!-- end of sizing -->\n";

/// Rows a day of a resident of an EHPAD, and of anybody else who is accompanied.
const ROWS: Pair = Pair { ehpad: 41.5, other: 3.3 };
/// People accompanied by one establishment.
const PERSONS: Pair = Pair { ehpad: 80.0, other: 70.0 };
/// Agents at work at the change of shift in one establishment.
const AGENTS: Pair = Pair { ehpad: 12.0, other: 2.0 };
/// Seconds between two requests of an agent at work.
const PACE_S: f64 = 8.0;
/// Pages read for one row written.
const PAGES: f64 = 1.1;
/// How much higher than the mean the peak of writes is.
const PEAK: f64 = 8.0;
/// Bytes of documents of a person in a year: thirty of 0.3 MB.
const DOCUMENTS: f64 = 30.0 * 0.3e6;
/// Where everything is kept: in use, on the copy beside, on the copy elsewhere.
const COPIES: f64 = 3.0;
/// Years kept.
const YEARS: f64 = 20.0;
/// Share of the processors that the peak may use.
const SHARE: f64 = 0.5;
/// Days of rows that should stay in the machine's memory.
const HOT_DAYS: f64 = 30.0;
const DAYS: f64 = 365.0;

/// A rate of an EHPAD, and of any other establishment.
#[derive(Clone, Copy)]
struct Pair {
    ehpad: f64,
    other: f64,
}

/// Whom the sizing is for.
struct Scope {
    name: &'static str,
    establishments: f64,
    /// Share of EHPAD among them.
    ehpad: f64,
    /// What we would run.
    runs: &'static str,
}

const SCOPES: [Scope; 5] = [
    Scope { name: "EHPAD of 80", establishments: 1.0, ehpad: 1.0, runs: "one file, a small PC" },
    Scope { name: "group of 50, mixed", establishments: 50.0, ehpad: 0.2, runs: "one file" },
    Scope { name: "group of 50 EHPAD", establishments: 50.0, ehpad: 1.0, runs: "one file, 2 cores" },
    Scope {
        name: "region, 2,000",
        establishments: 2_000.0,
        ehpad: 0.2,
        runs: "a store a legal entity, on a few machines",
    },
    Scope { name: "nation, 36,500", establishments: 36_500.0, ehpad: 0.2, runs: "the same, by region" },
];

impl Scope {
    fn all(&self, each: Pair) -> f64 {
        self.establishments * (self.ehpad * each.ehpad + (1.0 - self.ehpad) * each.other)
    }
}

/// What was measured.
struct Figures {
    /// Bytes of a resource with its index.
    row: f64,
    /// Bytes of the log for a page read.
    log: f64,
    /// Processor seconds of a page at the change of shift, and of a write.
    page_s: f64,
    write_s: f64,
    /// Bytes of memory of a server at rest, and after its load.
    idle: f64,
    loaded: f64,
}

impl Figures {
    fn parse(text: &str) -> Result<Self> {
        let document: Value = serde_json::from_str(text).context("not JSON")?;
        let scenarios = document.get("scenarios").and_then(Value::as_array).context("no scenarios")?;
        let of = |name: &str, key: &str| {
            // Of several, the last: with the most clients.
            let named = scenarios.iter().rfind(|one| one.get("name").and_then(Value::as_str) == Some(name));
            named.and_then(|one| one.get(key)?.as_f64()).with_context(|| format!("no {key} of {name}"))
        };
        Ok(Self {
            row: of("bytes", "value")?,
            log: of("log_of_a_page", "value")?,
            page_s: of("carers_0645", "processor_us")? / 1e6,
            write_s: of("put", "processor_us")? / 1e6,
            idle: of("memory_idle", "value")? * 1e6,
            loaded: of("memory_loaded", "value")? * 1e6,
        })
    }
}

/// What one scope needs, by the name of its line.
fn needs(scope: &Scope, figures: &Figures) -> [(&'static str, String); 15] {
    let persons = scope.all(PERSONS);
    let rows_a_day = scope.all(Pair { ehpad: PERSONS.ehpad * ROWS.ehpad, other: PERSONS.other * ROWS.other });
    let rows = rows_a_day * DAYS;
    let (resources, log, documents) = (rows * figures.row, rows * PAGES * figures.log, persons * DOCUMENTS);
    let pages = scope.all(AGENTS) / PACE_S;
    let writes = rows_a_day / 86_400.0 * PEAK;
    let processor = pages * figures.page_s + writes * figures.write_s;
    let kept = (resources + log + documents) * YEARS;
    let hot = (resources + log) / DAYS * HOT_DAYS;
    let machines = (processor / SHARE / 2.0).ceil().max(1.0);
    [
        ("persons", number(persons)),
        ("agents at once at the peak", number(scope.all(AGENTS))),
        ("rows a day", number(rows_a_day)),
        ("rows a year", number(rows)),
        ("resources, a year", bytes(resources)),
        ("log of accesses, a year", bytes(log)),
        ("documents, a year", bytes(documents)),
        ("pages a second at the peak", number(pages)),
        ("writes a second at the peak", number(writes)),
        ("processor seconds a second at the peak", number(processor)),
        ("cores", number(processor / SHARE)),
        ("memory", bytes(machines * figures.loaded.max(figures.idle) + hot)),
        ("disk after 20 years", bytes(kept)),
        ("with both copies", bytes(kept * COPIES)),
        ("what we would run", scope.runs.to_owned()),
    ]
}

/// Two significant figures of a number below a thousand.
fn rounded(value: f64) -> String {
    match value {
        _ if value >= 99.5 => format!("{:.0}", (value / 10.0).round() * 10.0),
        _ if value >= 9.95 => format!("{value:.0}"),
        _ if value >= 0.995 => format!("{value:.1}"),
        _ if value >= 0.0995 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

fn scaled(value: f64, units: &[(f64, &str)]) -> String {
    let unit = units.iter().find(|(size, _)| value >= *size * 0.995);
    unit.map_or_else(|| rounded(value), |(size, name)| format!("{} {name}", rounded(value / size)))
}

fn number(value: f64) -> String {
    scaled(value, &[(1e9, "G"), (1e6, "M"), (1e3, "k")])
}

fn bytes(value: f64) -> String {
    scaled(value, &[(1e15, "PB"), (1e12, "TB"), (1e9, "GB"), (1e6, "MB")])
}

/// The part of the page that is computed.
fn table(figures: &Figures) -> String {
    let columns: Vec<_> = SCOPES.iter().map(|scope| needs(scope, figures)).collect();
    let names: Vec<&str> = SCOPES.iter().map(|scope| scope.name).collect();
    let mut text = format!("| | {} |\n|---|{}\n", names.join(" | "), "---|".repeat(names.len()));
    let lines = columns.first().map_or(0, |column| column.len());
    for at in 0..lines {
        let cells = columns.iter().filter_map(|column| column.get(at));
        let name = columns.first().and_then(|column| column.get(at)).map_or("", |(name, _)| name);
        let values: Vec<&str> = cells.map(|(_, value)| value.as_str()).collect();
        text.push_str(&format!("| {name} | {} |\n", values.join(" | ")));
    }
    let Figures { row, log, page_s, write_s, idle, loaded } = figures;
    text + &format!(
        "\nMeasured ([figures](figures/sqlite.json)): {row:.0} bytes a resource with its index, {log:.0} bytes of log a page, {:.1} ms of \
         processor a page\nin the mix of 06:45, {:.2} ms a write, {:.0} MB of memory at rest, {:.0} MB after the load.\n",
        page_s * 1e3,
        write_s * 1e3,
        idle / 1e6,
        loaded / 1e6,
    )
}

/// The page as it is, and as the committed figures make it.
fn page() -> Result<(String, String)> {
    let read =
        |name: &str| fs::read_to_string(command::root().join(name)).with_context(|| format!("cannot read {name}"));
    let (figures, existing) = (Figures::parse(&read(FIGURES)?).with_context(|| FIGURES)?, read(PAGE)?);
    let (before, rest) =
        existing.split_once(BEGIN).with_context(|| format!("{PAGE} has no beginning of its sizing"))?;
    let (_, after) = rest.split_once(END).with_context(|| format!("{PAGE} has no end of its sizing"))?;
    let fresh = [before, BEGIN, &table(&figures), END, after].concat();
    Ok((existing, fresh))
}

/// Writes the sizing anew.
pub(crate) fn write() -> Result<()> {
    let (_, fresh) = page()?;
    fs::write(command::root().join(PAGE), fresh).with_context(|| format!("cannot write {PAGE}"))
}

/// Refuses a sizing that the committed figures do not make.
pub(crate) fn check() -> Result<()> {
    let (existing, fresh) = page()?;
    if existing != fresh {
        bail!("the sizing of {PAGE} is out of date: run `cargo xtask sizing`");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_says_what_the_committed_figures_make() {
        check().unwrap();
    }

    #[test]
    fn a_scope_is_the_sum_of_its_establishments() {
        let [ehpad, mixed, all_ehpad, ..] = &SCOPES;
        assert_eq!(ehpad.all(PERSONS), 80.0);
        assert_eq!(all_ehpad.all(PERSONS), 4_000.0);
        assert_eq!(mixed.all(PERSONS), 50.0 * (16.0 + 56.0));
    }

    #[test]
    fn figures_have_two_digits_and_a_unit() {
        assert_eq!([number(0.123), number(1.5), number(25.0), number(849.0)], ["0.12", "1.5", "25", "850"]);
        assert_eq!(
            [number(999.6), number(31_000.0), bytes(2.34e9), bytes(21.4e12)],
            ["1.0 k", "31 k", "2.3 GB", "21 TB"]
        );
    }

    #[test]
    fn twice_the_bytes_are_twice_the_disk() {
        let figures = |row| Figures { row, log: 0.0, page_s: 0.0, write_s: 0.0, idle: 0.0, loaded: 0.0 };
        let resources = |row| needs(&SCOPES[0], &figures(row))[4].1.clone();
        // 80 × 41.5 × 365 rows.
        assert_eq!([resources(1_000.0), resources(2_000.0)], ["1.2 GB", "2.4 GB"]);
    }
}
