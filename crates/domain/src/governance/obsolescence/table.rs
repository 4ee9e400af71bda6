//! The table of facts: a product a block, a cycle a line.
//!
//! `=product⇥title⇥vendor:product,…` begins a product and names its CPEs; each line after it is
//! `cycle⇥end of active support⇥end of security⇥end of extended⇥label⇥build`, where an end is a date, `+` (it is over),
//! `0` (none announced) or `-` (not told). `#` begins a comment.

use jiff::civil::Date;
use std::collections::BTreeMap;

/// An end of support.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum End {
    /// The last day.
    On(Date),
    /// It is over, the day is not known.
    Over,
    /// None announced.
    Open,
    /// The source says nothing.
    #[default]
    Untold,
}

impl End {
    /// The last day, where it is known.
    pub fn day(self) -> Option<Date> {
        match self {
            Self::On(day) => Some(day),
            Self::Over | Self::Open | Self::Untold => None,
        }
    }

    /// It was over before the day `at`.
    pub fn is_past(self, at: Date) -> bool {
        match self {
            Self::On(day) => day < at,
            Self::Over => true,
            Self::Open | Self::Untold => false,
        }
    }

    /// How it is written in the table.
    pub fn write(self) -> String {
        match self {
            Self::On(day) => day.to_string(),
            Self::Over => "+".into(),
            Self::Open => "0".into(),
            Self::Untold => "-".into(),
        }
    }

    fn read(text: &str) -> Option<Self> {
        match text {
            "+" => Some(Self::Over),
            "0" => Some(Self::Open),
            "-" | "" => Some(Self::Untold),
            day => day.parse().ok().map(Self::On),
        }
    }
}

/// A cycle of releases of a product.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cycle {
    /// Its id: « 12 », « 10-21h2-w ».
    pub id: String,
    /// End of active support: from then on only some corrections come.
    pub active: End,
    /// End of security corrections for everyone.
    pub security: End,
    /// End of extended support, free or paid.
    pub extended: End,
    /// Its name for people, when it is not the id.
    pub label: String,
    /// The latest build, for products recognised by it.
    pub build: String,
    /// Where the dates come from, for what we wrote ourselves.
    pub source: String,
    /// The source was not read again when the row was written.
    pub to_check: bool,
    /// The day the source was read, for what we wrote ourselves; the table's other rows are of the table's day.
    pub seen: Option<Date>,
}

/// A product and its cycles.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Product {
    /// Its name for people.
    pub title: String,
    /// `vendor:product` of its CPEs.
    pub cpes: Vec<String>,
    /// Its cycles, the newest first.
    pub cycles: Vec<Cycle>,
}

impl Product {
    /// The cycle of an id.
    pub fn find(&self, id: &str) -> Option<&Cycle> {
        self.cycles.iter().find(|cycle| cycle.id == id)
    }
}

/// Why a table cannot be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the table of facts: {what}")]
pub struct Unreadable {
    /// Number of the line, from 1.
    pub line: usize,
    /// What is wrong.
    pub what: &'static str,
}

/// Products by id.
pub type Products = BTreeMap<String, Product>;

/// Reads a table.
///
/// # Errors
/// The first line that is not as described.
pub fn parse(table: &str) -> Result<Products, Unreadable> {
    let mut products = Products::new();
    let mut current = String::new();
    for (index, line) in table.lines().enumerate() {
        let wrong = |what| Unreadable { line: index + 1, what };
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(head) = line.strip_prefix('=') {
            let mut fields = head.split('\t');
            let id = fields.next().filter(|id| !id.is_empty()).ok_or(wrong("a product without an id"))?;
            let title = fields.next().unwrap_or(id).to_owned();
            let cpes = fields.next().unwrap_or_default();
            let cpes = cpes.split(',').filter(|cpe| !cpe.is_empty()).map(str::to_owned).collect();
            id.clone_into(&mut current);
            products.insert(current.clone(), Product { title, cpes, cycles: Vec::new() });
            continue;
        }
        let product = products.get_mut(&current).ok_or(wrong("a cycle before any product"))?;
        product.cycles.push(cycle(line).ok_or(wrong("an end that is not one"))?);
    }
    Ok(products)
}

fn cycle(line: &str) -> Option<Cycle> {
    let mut fields = line.split('\t');
    let id = fields.next().filter(|id| !id.is_empty())?.to_owned();
    let mut end = || End::read(fields.next().unwrap_or("-"));
    let (active, security, extended) = (end()?, end()?, end()?);
    let label = fields.next().unwrap_or_default().to_owned();
    let build = fields.next().unwrap_or_default().to_owned();
    Some(Cycle { id, active, security, extended, label, build, ..Cycle::default() })
}

/// Writes a table; [`parse`] reads it back.
pub fn write(products: &Products) -> String {
    let mut table = String::new();
    for (id, product) in products {
        table.push_str(format!("={id}\t{}\t{}", product.title, product.cpes.join(",")).trim_end());
        table.push('\n');
        for cycle in &product.cycles {
            let ends = [cycle.active, cycle.security, cycle.extended].map(End::write).join("\t");
            table.push_str(format!("{}\t{ends}\t{}\t{}", cycle.id, cycle.label, cycle.build).trim_end());
            table.push('\n');
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_back_what_it_writes_and_says_what_is_wrong() {
        let table = "=a\tA\tv:a\n1\t-\t2024-01-31\t+\n2\t0\t0\t-\tTwo\t10.0.1\n=b\tB\n";
        let products = parse(table).unwrap();
        assert_eq!(write(&products), table);
        assert_eq!(products["a"].find("1").unwrap().security.day().unwrap().to_string(), "2024-01-31");
        assert_eq!(parse("1\t-\t-\t-").unwrap_err().line, 1);
        assert_eq!(parse("=a\n1\t-\t2024-13-01").unwrap_err().line, 2);
    }
}
