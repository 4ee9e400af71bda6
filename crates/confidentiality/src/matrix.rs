//! The measures matrix: versioned data, checked when it is loaded.

use crate::measures::{ListView, Measures};
use crate::persona::{Block, Persona};
use crate::{
    Categories, Category, Families, Family, Level, MaskFlags, PersonaCode, PlaceProfile, RelationKind, Strength,
    Workstation,
};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;

const SHIPPED: &str = include_str!("../data/matrix.toml");
/// Every matrix has these rows.
const PERSONAS: [&str; 19] = [
    "as", "ide", "idec", "educ", "medco", "medext", "psy", "reeduc", "ass", "chef", "dir", "sec", "info", "usager",
    "rep", "dpo", "siege", "auditeur", INTERIM,
];
const INTERIM: &str = "interim";

/// A matrix that may not be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MatrixError {
    /// Not the expected TOML.
    #[error("matrix syntax: {0}")]
    Syntax(String),
    /// A word it does not know.
    #[error("unknown {what} `{code}`")]
    Unknown {
        /// Kind of word.
        what: &'static str,
        /// The word.
        code: String,
    },
    /// A row is missing or written twice.
    #[error("not total: {0}")]
    NotTotal(String),
    /// A higher level has a weaker measure.
    #[error("level {level}: `{measure}` is weaker than at the level below")]
    NotMonotone {
        /// The higher level.
        level: i64,
        /// The measure.
        measure: &'static str,
    },
    /// Nobody answers for a persona.
    #[error("persona `{0}` has no owner")]
    NoOwner(String),
    /// A technical administrator would read something about a person.
    #[error("technical persona `{0}` reads something")]
    TechnicalReads(String),
}

/// Who may know what, and what protects each level.
#[derive(Debug, Clone)]
pub struct Matrix {
    version: u32,
    measures: Arc<[Measures; 5]>,
    strengths: BTreeMap<Strength, Level>,
    workstations: BTreeMap<Workstation, Level>,
    personas: BTreeMap<String, Persona>,
    core: BTreeMap<PlaceProfile, Categories>,
    secret: Categories,
}

impl Matrix {
    /// The default every installation starts with.
    ///
    /// # Errors
    /// Never in a released build: a test loads it.
    pub fn default_shipped() -> Result<Self, MatrixError> {
        Self::parse(SHIPPED)
    }

    /// Reads and checks a matrix.
    ///
    /// # Errors
    /// The first thing that makes it unusable.
    pub fn parse(text: &str) -> Result<Self, MatrixError> {
        let raw: RawMatrix = toml::from_str(text).map_err(|e| MatrixError::Syntax(e.message().to_owned()))?;
        Ok(Self {
            version: raw.version,
            measures: Arc::new(check_levels(&raw.levels)?),
            strengths: check_strengths(&raw.strengths)?,
            workstations: check_workstations(&raw.workstations)?,
            personas: check_personas(&raw.personas)?,
            core: check_core(&raw.core_business)?,
            secret: categories(&raw.existence_secret)?,
        })
    }

    /// Its version.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.version
    }

    /// What protects a level.
    #[must_use]
    pub fn measures(&self, level: Level) -> &Measures {
        let [open, daily, standard, sensitive, very] = &*self.measures;
        match level {
            Level::Open => open,
            Level::Daily => daily,
            Level::Standard => standard,
            Level::Sensitive => sensitive,
            Level::VerySensitive => very,
        }
    }

    /// Every persona, by code.
    pub fn personas(&self) -> impl Iterator<Item = &Persona> {
        self.personas.values()
    }

    /// The row of a persona, and the highest level it reads. `interim:ide` is the row `ide` under the cap of `interim`.
    #[must_use]
    pub fn persona(&self, code: &PersonaCode) -> Option<(&Persona, Level)> {
        if let Some((INTERIM, replaced)) = code.as_str().split_once(':') {
            let persona = self.personas.get(replaced)?;
            let interim = self.personas.get(INTERIM)?;
            return Some((persona, persona.cap.min(interim.cap)));
        }
        let persona = self.personas.get(code.as_str())?;
        Some((persona, persona.cap))
    }

    /// The everyday work of a kind of place.
    #[must_use]
    pub fn core_business(&self, profile: PlaceProfile) -> Categories {
        self.core.get(&profile).copied().unwrap_or_default()
    }

    /// Categories whose existence is a secret at level 4.
    #[must_use]
    pub fn existence_secret(&self) -> Categories {
        self.secret
    }

    /// How an item that may not be read appears in a list.
    #[must_use]
    pub fn list_view(&self, level: Level, categories: Categories) -> ListView {
        if level == Level::VerySensitive && !categories.intersection(self.secret).is_empty() {
            return ListView::Nothing;
        }
        self.measures(level).list
    }

    /// Highest level a sign-in of this strength can reach; `None` = nothing.
    #[must_use]
    pub fn strength_cap(&self, strength: Strength) -> Option<Level> {
        self.strengths.get(&strength).copied()
    }

    /// Highest level that is opened from a machine in this state.
    #[must_use]
    pub fn workstation_cap(&self, workstation: Workstation) -> Level {
        self.workstations.get(&workstation).copied().unwrap_or(Level::Standard)
    }

    pub(crate) fn all_measures(&self) -> Arc<[Measures; 5]> {
        Arc::clone(&self.measures)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMatrix {
    version: u32,
    existence_secret: Vec<String>,
    strengths: BTreeMap<Strength, i64>,
    workstations: BTreeMap<Workstation, i64>,
    core_business: BTreeMap<PlaceProfile, Vec<String>>,
    levels: Vec<Measures>,
    personas: Vec<RawPersona>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPersona {
    code: String,
    french: String,
    #[serde(default)]
    owner: String,
    #[serde(default)]
    technical: bool,
    #[serde(default)]
    staff: bool,
    #[serde(default)]
    write: bool,
    #[serde(default)]
    admit: bool,
    #[serde(default)]
    break_glass: bool,
    #[serde(default)]
    core_business: bool,
    #[serde(default)]
    everywhere: bool,
    #[serde(default)]
    journal: bool,
    #[serde(default)]
    reviewer: bool,
    #[serde(default)]
    estate: bool,
    #[serde(default)]
    health: bool,
    #[serde(default = "top")]
    cap: i64,
    #[serde(default)]
    relations: Vec<RelationKind>,
    #[serde(default)]
    blocked: Option<Vec<String>>,
    #[serde(default)]
    blocks: Vec<RawBlock>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBlock {
    families: Vec<String>,
    #[serde(default)]
    level3: Vec<String>,
    #[serde(default)]
    level4: Vec<String>,
    #[serde(default = "top")]
    cap: i64,
    #[serde(default)]
    when: Vec<RelationKind>,
}

fn top() -> i64 {
    Level::VerySensitive.code()
}

fn level(code: i64) -> Result<Level, MatrixError> {
    Level::from_code(code).ok_or_else(|| MatrixError::Unknown { what: "level", code: code.to_string() })
}

fn categories(codes: &[String]) -> Result<Categories, MatrixError> {
    if let [star] = codes
        && star == "*"
    {
        return Ok(Categories::all());
    }
    codes
        .iter()
        .map(|code| Category::parse(code).ok_or_else(|| MatrixError::Unknown { what: "category", code: code.clone() }))
        .collect()
}

fn families(codes: &[String]) -> Result<Families, MatrixError> {
    if let [star] = codes
        && star == "*"
    {
        return Ok(Families::all());
    }
    codes
        .iter()
        .map(|code| Family::parse(code).ok_or_else(|| MatrixError::Unknown { what: "family", code: code.clone() }))
        .collect()
}

fn check_levels(levels: &[Measures]) -> Result<[Measures; 5], MatrixError> {
    let rows: [Measures; 5] =
        levels.try_into().map_err(|_| MatrixError::NotTotal("five levels, the lowest first".to_owned()))?;
    for (row, expected) in rows.iter().zip(Level::ALL) {
        if row.of_level() != Some(expected) {
            return Err(MatrixError::NotTotal(format!("level {expected} at its place")));
        }
    }
    for (row, below) in rows.iter().skip(1).zip(&rows) {
        if let Some(measure) = row.weaker_than(below) {
            return Err(MatrixError::NotMonotone { level: row.level, measure });
        }
    }
    Ok(rows)
}

/// The weaker of two sign-ins never reaches higher.
fn check_strengths(raw: &BTreeMap<Strength, i64>) -> Result<BTreeMap<Strength, Level>, MatrixError> {
    let caps =
        raw.iter().map(|(strength, code)| Ok((*strength, level(*code)?))).collect::<Result<BTreeMap<_, _>, _>>()?;
    let ladder = [Strength::None, Strength::Pin, Strength::Password, Strength::SecondFactor, Strength::Passkey];
    let reached: Vec<i64> = ladder.iter().map(|s| caps.get(s).map_or(-1, |l| l.code())).collect();
    if !reached.is_sorted() {
        return Err(MatrixError::NotTotal("a weaker sign-in reaches a higher level".to_owned()));
    }
    Ok(caps)
}

/// The less is known of a machine, or the worse, the less is opened from it; but never less than the usual record, which
/// care needs.
fn check_workstations(raw: &BTreeMap<Workstation, i64>) -> Result<BTreeMap<Workstation, Level>, MatrixError> {
    let mut caps = BTreeMap::new();
    for state in Workstation::ALL {
        let code = raw.get(&state).ok_or_else(|| MatrixError::NotTotal(format!("workstation `{state:?}`")))?;
        caps.insert(state, level(*code)?);
    }
    let known: Vec<Level> = Workstation::ALL.iter().filter_map(|state| caps.get(state).copied()).collect();
    if !known.iter().rev().is_sorted() {
        return Err(MatrixError::NotTotal("more is opened from a worse workstation".to_owned()));
    }
    if known.iter().any(|cap| *cap < Level::Standard) {
        return Err(MatrixError::NotTotal("a workstation closes what everyday care needs".to_owned()));
    }
    Ok(caps)
}

fn check_core(raw: &BTreeMap<PlaceProfile, Vec<String>>) -> Result<BTreeMap<PlaceProfile, Categories>, MatrixError> {
    for profile in PlaceProfile::ALL {
        if !raw.contains_key(&profile) {
            return Err(MatrixError::NotTotal(format!("core business of `{profile}`")));
        }
    }
    raw.iter().map(|(profile, codes)| Ok((*profile, categories(codes)?))).collect()
}

fn check_personas(raw: &[RawPersona]) -> Result<BTreeMap<String, Persona>, MatrixError> {
    let mut personas = BTreeMap::new();
    for row in raw {
        let persona = row.check()?;
        if personas.insert(row.code.clone(), persona).is_some() {
            return Err(MatrixError::NotTotal(format!("persona `{}` twice", row.code)));
        }
    }
    match PERSONAS.into_iter().find(|code| !personas.contains_key(*code)) {
        Some(missing) => Err(MatrixError::NotTotal(format!("persona `{missing}`"))),
        None => Ok(personas),
    }
}

impl RawPersona {
    fn check(&self) -> Result<Persona, MatrixError> {
        if self.owner.trim().is_empty() {
            return Err(MatrixError::NoOwner(self.code.clone()));
        }
        let shown = !self.blocks.is_empty() || self.staff || self.journal || self.reviewer;
        let reads = shown || self.break_glass || self.cap > 0;
        if (self.technical || self.code == "info") && reads {
            return Err(MatrixError::TechnicalReads(self.code.clone()));
        }
        let blocked = match &self.blocked {
            None => MaskFlags::MASQUE_PS,
            Some(codes) => codes.iter().try_fold(MaskFlags::empty(), |flags, code| {
                MaskFlags::parse(code)
                    .map(|flag| flags.union(flag))
                    .ok_or_else(|| MatrixError::Unknown { what: "mask", code: code.clone() })
            })?,
        };
        Ok(Persona {
            code: self.code.clone(),
            french: self.french.clone(),
            owner: self.owner.clone(),
            technical: self.technical,
            staff: self.staff,
            write: self.write,
            admit: self.admit,
            break_glass: self.break_glass,
            core_business: self.core_business,
            everywhere: self.everywhere,
            journal: self.journal,
            reviewer: self.reviewer,
            estate: self.estate,
            health: self.health,
            cap: level(self.cap)?,
            relations: self.relations.clone(),
            blocked: if self.reviewer { blocked } else { blocked.union(MaskFlags::MISFILED) },
            blocks: self.blocks.iter().map(RawBlock::check).collect::<Result<_, _>>()?,
        })
    }
}

impl RawBlock {
    /// Whoever is cleared at level 4 is cleared at level 3: a higher level is never easier to read.
    fn check(&self) -> Result<Block, MatrixError> {
        let level4 = categories(&self.level4)?;
        Ok(Block {
            families: families(&self.families)?,
            level3: categories(&self.level3)?.union(level4),
            level4,
            cap: level(self.cap)?,
            when: self.when.clone(),
        })
    }
}
