//! The measures, as shipped.

use super::evidence::Connector;
use super::profile::Condition;
use std::sync::LazyLock;

const TABLE: &str = include_str!("data/measures.tsv");

static MEASURES: LazyLock<Vec<Measure>> =
    LazyLock::new(|| TABLE.lines().filter(|line| !line.starts_with('#')).filter_map(parse).collect());

/// How far an establishment is expected to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Without it nothing else counts (« socle »).
    Base,
    /// What is expected of every establishment.
    Standard,
    /// For those who go further.
    Reinforced,
}

impl Level {
    /// What a measure of the level weighs in conformity: the base first.
    pub fn weight(self) -> u32 {
        match self {
            Self::Base => 5,
            Self::Standard => 2,
            Self::Reinforced => 1,
        }
    }
}

/// What the proof of a measure is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Proof {
    /// Facts that machines collect.
    Machine,
    /// Facts of machines, and a word of somebody.
    PartlyMachine,
    /// A register kept here.
    Register,
    /// A dated and signed document.
    Document,
    /// Somebody's word.
    Declared,
}

/// A domain of measures, by its French name.
pub type Domain = &'static str;

/// Order of magnitude of what it costs outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cost {
    /// Nothing but time.
    None,
    /// Under 1,000 €.
    Low,
    /// Under 10,000 €.
    Medium,
    /// Above 10,000 €.
    High,
}

impl Cost {
    /// In French, for a director.
    pub fn label(self) -> &'static str {
        match self {
            Self::None => "sans achat",
            Self::Low => "moins de 1\u{202f}000\u{a0}€",
            Self::Medium => "moins de 10\u{202f}000\u{a0}€",
            Self::High => "plus de 10\u{202f}000\u{a0}€",
        }
    }
}

/// What may happen while a measure does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Harm {
    /// Nothing at once: order is missing.
    Order,
    /// An attack goes further, or lasts longer.
    Spreads,
    /// An attacker comes in, or records are lost.
    Opens,
}

/// Something that must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measure {
    /// Its id, kept from one version to the next: « MAJ-01 ».
    pub id: &'static str,
    /// Its level.
    pub level: Level,
    /// What its proof is made of.
    pub proof: Proof,
    /// Its domain.
    pub domain: Domain,
    /// What holds, in a director's words.
    pub title: &'static str,
    /// What to do when it does not.
    pub action: &'static str,
    /// Work, in half-days.
    pub half_days: u32,
    /// Order of magnitude of what it costs outside.
    pub cost: Cost,
    /// What may happen while it does not hold.
    pub harm: Harm,
    /// What must be true of the establishment for it to count.
    pub when: Option<Condition>,
    /// Who may prove it.
    pub connectors: Vec<Connector>,
    /// Requirements of published frameworks it answers: « RECYF-5.B ».
    pub sources: Vec<&'static str>,
}

/// Every measure, in the order of the catalogue.
pub fn catalogue() -> &'static [Measure] {
    &MEASURES
}

/// The measure of an id.
pub fn find(id: &str) -> Option<&'static Measure> {
    catalogue().iter().find(|measure| measure.id == id)
}

fn parse(line: &'static str) -> Option<Measure> {
    let mut fields = line.split('\t');
    let mut next = || fields.next();
    Some(Measure {
        id: next()?,
        level: match next()? {
            "1" => Level::Base,
            "2" => Level::Standard,
            "3" => Level::Reinforced,
            _ => return None,
        },
        proof: match next()? {
            "M" => Proof::Machine,
            "m" => Proof::PartlyMachine,
            "R" => Proof::Register,
            "D" => Proof::Document,
            "-" => Proof::Declared,
            _ => return None,
        },
        domain: next()?,
        title: next()?,
        action: next()?,
        half_days: next()?.parse().ok()?,
        cost: match next()? {
            "0" => Cost::None,
            "1" => Cost::Low,
            "2" => Cost::Medium,
            "3" => Cost::High,
            _ => return None,
        },
        harm: match next()? {
            "1" => Harm::Order,
            "2" => Harm::Spreads,
            "3" => Harm::Opens,
            _ => return None,
        },
        when: match next()? {
            "-" => None,
            word => Some(Condition::find(word)?),
        },
        connectors: next()?.split(',').map(Connector::find).collect::<Option<_>>()?,
        sources: next()?.split(" ; ").collect(),
    })
}
