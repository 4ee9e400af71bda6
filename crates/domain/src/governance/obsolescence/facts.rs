//! Products, cycles, dates and rules, put together.

use super::community::{self, NotCommunity};
use super::memory::Memory;
use super::rules::{NotRules, Rules};
use super::table::{self, Cycle, End, Product, Products, Unreadable};
use jiff::ToSpan as _;
use jiff::civil::Date;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The table made of the community's file, in our form.
pub const TABLE: &str = include_str!("data/facts.tsv");
const SUPPLEMENT: &str = include_str!("data/supplement.toml");

/// « No end is announced » is the news of a day. After so many months nobody knows any more: the end may have been announced
/// since, and nothing supported is concluded from it.
const NEWS_MONTHS: i32 = 12;

static SHIPPED: LazyLock<Facts> = LazyLock::new(|| Facts::read().unwrap_or_default());

/// What an extended support costs, which the community's file does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Extended {
    /// For everyone, without doing anything.
    Free,
    /// Paid or to be asked for: to be proven.
    #[default]
    ToProve,
}

/// The table of facts and the rules that find a product and a cycle in it.
#[derive(Debug, Default)]
pub struct Facts {
    pub(super) products: Products,
    pub(super) rules: Rules,
    extended: BTreeMap<String, Extended>,
    cpes: BTreeMap<String, String>,
    titles: BTreeMap<String, String>,
    notes: Vec<Note>,
    pub(super) memory: Memory,
    /// The day the community's facts are of.
    pub as_of: Option<Date>,
}

/// A sentence added to what is said of a cycle.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Note {
    product: String,
    cycle: String,
    /// Only when the name says this.
    name: Option<String>,
    pub(super) fr: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Supplement {
    as_of: Date,
    extended: BTreeMap<String, Extended>,
    note: Vec<Note>,
    product: Vec<Added>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Added {
    id: String,
    title: Option<String>,
    #[serde(default)]
    cpe: Vec<String>,
    source: String,
    /// The day the source was read; absent when it is to be read again.
    seen: Option<Date>,
    cycle: Vec<AddedCycle>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AddedCycle {
    id: String,
    label: Option<String>,
    eol: Option<Date>,
    eoes: Option<Date>,
    /// No end is announced by the source.
    #[serde(default)]
    open: bool,
}

/// Why the facts cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum NotFacts {
    /// The table.
    #[error(transparent)]
    Table(#[from] Unreadable),
    /// The rules.
    #[error(transparent)]
    Rules(#[from] NotRules),
    /// The supplement.
    #[error("supplement: {0}")]
    Supplement(String),
    /// The community's file.
    #[error(transparent)]
    Community(#[from] NotCommunity),
}

impl Facts {
    /// The facts shipped with this version.
    pub fn shipped() -> &'static Self {
        &SHIPPED
    }

    /// Reads what is shipped.
    ///
    /// # Errors
    /// When a shipped file is not as described: never, tests say.
    pub fn read() -> Result<Self, NotFacts> {
        Self::of(table::parse(TABLE)?, Rules::shipped()?, None)
    }

    /// The shipped facts, with those of a table in our form above them: its products replace ours, and the programs it
    /// knows beyond our rules are recognised by CPE or by their exact name. Our supplement stays.
    ///
    /// # Errors
    /// When the table is not as described.
    pub fn with_table(table: &str, as_of: Date) -> Result<Self, NotFacts> {
        let mut products = table::parse(TABLE)?;
        products.extend(table::parse(table)?);
        Self::of(products, Rules::shipped()?, Some(as_of))
    }

    /// The table of the community's full file, in our form: what [`Facts::with_table`] reads. Also the ids left out.
    ///
    /// # Errors
    /// When the file is not one.
    pub fn convert(json: &str) -> Result<(String, Vec<String>), NotFacts> {
        let read = community::read(json, |_, _| true)?;
        Ok((table::write(&read.products), read.left_out))
    }

    /// The table of every operating system, and of the products that the shipped rules name: what is committed.
    ///
    /// # Errors
    /// When the file is not one, or the rules are not as described.
    pub fn reduce(json: &str) -> Result<String, NotFacts> {
        let rules = Rules::shipped()?;
        // Systems without a rule are recognised by their exact name.
        let keep = |id: &str, category: &str| category == "os" || rules.products().any(|product| product == id);
        let read = community::read(json, keep)?;
        Ok(table::write(&read.products))
    }

    fn of(products: Products, rules: Rules, as_of: Option<Date>) -> Result<Self, NotFacts> {
        let supplement: Supplement = toml::from_str(SUPPLEMENT).map_err(|e| NotFacts::Supplement(e.to_string()))?;
        let mut facts = Self {
            products,
            rules,
            extended: supplement.extended,
            notes: supplement.note,
            as_of: Some(as_of.unwrap_or(supplement.as_of)),
            ..Self::default()
        };
        supplement.product.into_iter().for_each(|added| facts.add(added));
        for (id, product) in &facts.products {
            facts.titles.insert(super::text::normalise(&product.title), id.clone());
            facts.cpes.extend(product.cpes.iter().map(|cpe| (cpe.clone(), id.clone())));
        }
        Ok(facts)
    }

    fn add(&mut self, added: Added) {
        let product = self.products.entry(added.id.clone()).or_insert_with(|| Product {
            title: added.title.clone().unwrap_or_else(|| added.id.clone()),
            ..Product::default()
        });
        product.cpes.extend(added.cpe);
        for cycle in added.cycle {
            product.cycles.retain(|known| known.id != cycle.id);
            product.cycles.push(Cycle {
                id: cycle.id,
                security: cycle.eol.map_or(if cycle.open { End::Open } else { End::Untold }, End::On),
                extended: cycle.eoes.map_or(End::Untold, End::On),
                label: cycle.label.unwrap_or_default(),
                source: added.source.clone(),
                to_check: added.seen.is_none(),
                seen: added.seen,
                ..Cycle::default()
            });
        }
    }

    /// The day a cycle's row is of.
    pub(super) fn told_on(&self, cycle: &Cycle) -> Option<Date> {
        cycle.seen.or(self.as_of)
    }

    /// That no end is announced may still be relied on.
    pub(super) fn is_news(&self, cycle: &Cycle, at: Date) -> bool {
        let until = self.told_on(cycle).and_then(|day| day.checked_add(NEWS_MONTHS.months()).ok());
        until.is_none_or(|until| at <= until)
    }

    /// What the extended support of a product costs.
    pub fn extended(&self, product: &str) -> Extended {
        self.extended.get(product).copied().unwrap_or_default()
    }

    /// The product of a `vendor:product`.
    pub(super) fn by_cpe(&self, cpe: &str) -> Option<&str> {
        self.cpes.get(cpe).map(String::as_str)
    }

    /// The product whose name for people is this one, or begins it before a version and nothing else.
    pub(super) fn by_title(&self, name: &str) -> Option<&str> {
        let end = name.find(|c: char| c.is_ascii_digit()).unwrap_or(name.len());
        let (bare, rest) = name.split_at_checked(end)?;
        let marks = |word: &str| {
            word.starts_with(|c: char| c.is_ascii_digit())
                || word.starts_with('(')
                || word.ends_with(')')
                || word == "lts"
        };
        let only = rest.split_whitespace().all(marks) && !bare.trim().is_empty();
        let begun = || self.titles.get(bare.trim()).filter(|_| only);
        self.titles.get(name).filter(|_| !name.is_empty()).or_else(begun).map(String::as_str)
    }

    /// What is to be said besides of a cycle.
    pub(super) fn note(&self, product: &str, cycle: &str, name: &str) -> Option<&Note> {
        let named = |note: &Note| note.name.as_deref().is_none_or(|word| name.contains(word));
        self.notes.iter().find(|note| note.product == product && note.cycle == cycle && named(note))
    }
}
