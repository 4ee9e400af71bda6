//! A piece of evidence: who saw what, of how many, when, and until when it is worth something.

use serde::Serialize;

/// Who makes evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "the codes of the catalogue, said in French by `label`")]
pub enum Connector {
    Inv,
    Eol,
    Net,
    Dir,
    Rh,
    Bkp,
    Rst,
    Acc,
    Sup,
    Dui,
    Ctr,
    Form,
    Inc,
    Rgpd,
    Doc,
    Dec,
}

impl Connector {
    const ALL: [(Self, &'static str, &'static str); 16] = [
        (Self::Inv, "INV", "inventaire importé"),
        (Self::Eol, "EOL", "dates de fin de support"),
        (Self::Net, "NET", "relevé du réseau"),
        (Self::Dir, "DIR", "annuaire"),
        (Self::Rh, "RH", "mouvements du personnel"),
        (Self::Bkp, "BKP", "rapport de sauvegarde"),
        (Self::Rst, "RST", "exercice de restauration"),
        (Self::Acc, "ACC", "accès des prestataires"),
        (Self::Sup, "SUP", "contrôle des traces"),
        (Self::Dui, "DUI", "état de Socle"),
        (Self::Ctr, "CTR", "contrats"),
        (Self::Form, "FORM", "formations"),
        (Self::Inc, "INC", "incidents"),
        (Self::Rgpd, "RGPD", "registres RGPD"),
        (Self::Doc, "DOC", "document"),
        (Self::Dec, "DEC", "déclaration"),
    ];

    /// The connector of a code.
    pub fn find(code: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known, _)| *known == code).map(|(connector, ..)| *connector)
    }

    /// In French, for people.
    pub fn label(self) -> &'static str {
        Self::ALL.iter().find(|(known, ..)| *known == self).map_or("", |(.., label)| label)
    }

    /// A machine saw it: it is not somebody's word.
    pub fn is_machine(self) -> bool {
        !matches!(self, Self::Doc | Self::Dec | Self::Form | Self::Ctr | Self::Inc | Self::Rgpd)
    }
}

/// Names of machines or accounts. Said to who may see them, never to a log.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
pub struct Names(pub Vec<String>);

impl std::fmt::Debug for Names {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Names({})", self.0.len())
    }
}

/// What the evidence is about, and what it says nothing of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Scope {
    /// What is counted, in French: « postes ».
    pub what: &'static str,
    /// How many were looked at.
    pub covered: usize,
    /// Those of which nothing is known: too long unseen, or the source does not say.
    pub not_covered: Names,
}

impl Scope {
    /// How many there are.
    pub fn total(&self) -> usize {
        self.covered + self.not_covered.0.len()
    }
}

/// A piece of evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// The measure it is about.
    pub measure: &'static str,
    /// The rule that made it.
    pub rule: &'static str,
    /// Who made it.
    pub connector: Connector,
    /// Version of who made it.
    pub collector: &'static str,
    /// When it was made, UTC microseconds.
    pub collected_at: i64,
    /// The earliest fact it rests on.
    pub effective_from: i64,
    /// The latest fact it rests on.
    pub effective_to: i64,
    /// What it is about, and what it says nothing of.
    pub scope: Scope,
    /// Those that do not comply.
    pub failing: Names,
    /// What was found, in one French sentence.
    pub value: String,
    /// Whether the rule holds for what was looked at.
    pub holds: bool,
    /// SHA-256 of each raw input it rests on.
    pub raw: Vec<String>,
    /// Stale from then on.
    pub valid_until: i64,
}

impl Evidence {
    /// It is still worth something.
    pub fn is_fresh(&self, now: i64) -> bool {
        self.collected_at <= now && now < self.valid_until
    }
}
