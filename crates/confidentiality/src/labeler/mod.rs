//! From content to a label: codes, words, floors, each with its reason.
//!
//! Pure and never failing: what is not understood is at the usual level, with a reason that says so. Rules are data,
//! checked when the crate is built, embedded and versioned; another set is read with [`rules::read`] and compared before
//! it is put to work.

mod codes;
mod content;
mod floors;
mod resource;
pub mod rules;
mod safety;
pub mod score;
mod tags;
mod text;

pub use safety::{OVER, SafetyFact, SafetyKind, is_no_allergy, no_allergy};
pub use tags::security_tags;

use crate::{Categories, Category, Family, Label, Level, MaskFlags, PlaceProfile, Reason};
use codes::Codes;
use floors::Floors;
use rules::RuleSet;
use serde_json::Value;
use std::sync::{Arc, OnceLock};
use text::{Setting, TextRules};

/// Version of the shipped rules; written beside every label they make.
pub const RULES_VERSION: u32 = include!(concat!(env!("OUT_DIR"), "/version.rs"));

/// What is known of a writing besides its content.
#[derive(Debug, Clone, Default)]
pub struct Context {
    /// What kind of place produced it.
    pub place_profile: Option<PlaceProfile>,
    /// The author's function, in words.
    pub author_function: Option<String>,
    /// Kind of writing, in words.
    pub document_kind: Option<String>,
    /// Security labels that came with it (system, code): they can only raise.
    pub received: Vec<(String, String)>,
    /// FINESS categories of the establishments that sent it: an addiction centre says something by its name alone.
    pub sender_categories: Vec<String>,
}

impl Context {
    /// Where a rule on words speaks: its first place, its first author. Its examples are read there.
    #[must_use]
    pub fn of_rule(rule: &rules::TextRule) -> Self {
        let place_profile = rule.places.first().map(|code| PlaceProfile::parse(code));
        Self { place_profile, author_function: rule.authors.first().cloned(), ..Self::default() }
    }
}

/// A label, the family of document it belongs to, and what must reach carers whatever the label.
#[derive(Debug, Clone, PartialEq)]
pub struct Labeled {
    /// Level, categories, reasons.
    pub label: Label,
    /// Kind of document.
    pub family: Family,
    /// What matters for safety, whatever the level: drugs, allergies, what to do.
    pub safety: Vec<SafetyFact>,
    /// Who may not see it, besides what the label says: the legal representatives, for an abortion, or whom the sender named.
    pub mask: MaskFlags,
}

/// A set of rules cannot be run.
#[derive(Debug, thiserror::Error)]
#[error("labeling rules: {0}")]
pub struct RulesError(pub(crate) String);

/// The rules, ready to run. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Labeler(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    codes: Codes,
    text: TextRules,
    floors: Floors,
    version: u32,
}

/// Kinds of documents.
const LOINC: &str = "http://loinc.org";
/// FINESS categories of establishments (TRE_R66).
const FINESS_CATEGORY: &str =
    "https://mos.esante.gouv.fr/NOS/TRE_R66-CategorieEtablissement/FHIR/TRE-R66-CategorieEtablissement";

impl Labeler {
    /// The rules of this build, read once.
    ///
    /// # Errors
    /// [`RulesError`] when the embedded rules do not load; the build and a test see to it.
    pub fn shipped() -> Result<Self, RulesError> {
        static SHIPPED: OnceLock<Labeler> = OnceLock::new();
        if let Some(labeler) = SHIPPED.get() {
            return Ok(labeler.clone());
        }
        let labeler = Self::new(&rules::shipped()?)?;
        Ok(SHIPPED.get_or_init(|| labeler).clone())
    }

    /// A labeler of other rules.
    ///
    /// # Errors
    /// [`RulesError`] names the rule and what is wrong with it: a level, a category, a pattern, an interval.
    pub fn new(set: &RuleSet) -> Result<Self, RulesError> {
        let (codes, text, floors) = (Codes::new(set)?, TextRules::new(set)?, Floors::new(set)?);
        Ok(Self(Arc::new(Inner { codes, text, floors, version: set.version })))
    }

    /// Version of its rules.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.0.version
    }

    /// Labels a FHIR resource.
    #[must_use]
    pub fn label_resource(&self, resource: &Value, context: &Context) -> Labeled {
        let kind = resource.get("resourceType").and_then(Value::as_str).unwrap_or_default();
        let (base, family) = self.0.floors.base(kind, context);
        let found = resource::read(self, resource, context);
        let received = [context.received.as_slice(), found.received.as_slice()].concat();
        let mask = found.mask.union(tags::masks(&received));
        let around = self.around(context, found.organises);
        let mut label = Label::new(base, Categories::empty()).join(found.label).join(around);
        tags::raise(&mut label, &received, self.0.version);
        self.explain(&mut label, None);
        let safety = safety::facts(resource, found.consignes);
        // A meeting put off is for whoever must know of it, however its author files what they write.
        let family = match self.family(resource, family) {
            Family::Psy if found.organises && label.level <= Level::Standard => Family::Org,
            family => family,
        };
        Labeled { label, family, safety, mask }
    }

    /// Labels a text.
    #[must_use]
    pub fn label_text(&self, text: &str, context: &Context) -> Label {
        let read = self.0.text.read(text, &Setting::of(context));
        let around = self.around(context, read.organises);
        let mut label = Label::new(read.base, Categories::empty()).join(read.label).join(around);
        tags::raise(&mut label, &context.received, self.0.version);
        self.explain(&mut label, Some(read.base_reason));
        label
    }

    /// What a text is weighed by, sentence by sentence: its words in lower case and without accents, abbreviations spelled out; the first
    /// five letters of the longer ones (`psych*`); each two neighbours (`ne_mange`). For who counts weights anew (`weights.toml`).
    #[must_use]
    pub fn signs(&self, text: &str) -> Vec<Vec<String>> {
        self.0.text.signs(text)
    }

    /// Labels a code; `text` is its display or what stands beside it, read only when no rule knows the code. An unknown
    /// system or code is at the usual level at least.
    #[must_use]
    pub fn label_code(&self, system: &str, code: &str, text: Option<&str>, context: &Context) -> Label {
        let mut label = match self.0.codes.find(system, code) {
            Some(coded) => coded.label.clone(),
            None if self.0.codes.is_complete(system) => Label::new(Level::Standard, Categories::empty()),
            None => {
                let read = self.0.text.read(text.unwrap_or_default(), &Setting::of(context));
                Label::new(Level::Standard, Categories::empty()).join(read.label)
            }
        };
        label = label.join(self.around(context, false));
        tags::raise(&mut label, &context.received, self.0.version);
        let why = if self.0.codes.knows(system) {
            "Aucune règle ne distingue ce code : niveau habituel."
        } else {
            "Nomenclature inconnue : niveau habituel."
        };
        self.explain(&mut label, Some(why));
        label
    }

    /// What author, kind of writing and sender say of a writing, which `organises` only or not.
    fn around(&self, context: &Context, organises: bool) -> Label {
        let floor = self.0.floors.of(context, organises);
        // A kind of document may be said by its code.
        let kind = context.document_kind.as_deref().and_then(|kind| self.0.codes.find(LOINC, kind.trim()));
        let floor = kind.map_or(floor.clone(), |coded| floor.join(coded.label.clone()));
        let senders = context.sender_categories.iter().filter_map(|code| self.0.codes.find(FINESS_CATEGORY, code));
        senders.fold(floor, |label, coded| label.join(coded.label.clone()))
    }

    fn family(&self, resource: &Value, family: Family) -> Family {
        let first = resource.get("category").and_then(|c| if c.is_array() { c.get(0) } else { Some(c) });
        let word = first.and_then(|category| category.get("text")).and_then(Value::as_str);
        word.and_then(|word| self.0.floors.family(word)).unwrap_or(family)
    }

    /// Every label says why, even when nothing was recognised.
    fn explain(&self, label: &mut Label, why: Option<&str>) {
        if label.reasons.is_empty() {
            let usual = "Rien de particulier n’a été reconnu : niveau habituel de ce type d’information.";
            label.reasons.push(reason("defaut", self.0.version, why.unwrap_or(usual)));
        }
    }
}

/// What a rule gives, with its reason.
fn outcome(id: &str, version: u32, level: i64, categories: &[String], text: &str) -> Result<Label, RulesError> {
    let wrong = |what: &str| RulesError(format!("{id}: {what}"));
    let level = Level::from_code(level).ok_or_else(|| wrong("level"))?;
    let categories = self::categories(id, categories)?;
    Ok(Label { level, categories, reasons: vec![reason(id, version, text)] })
}

/// Category codes as a set.
fn categories(id: &str, codes: &[String]) -> Result<Categories, RulesError> {
    codes.iter().map(|code| Category::parse(code).ok_or_else(|| RulesError(format!("{id}: category {code}")))).collect()
}

/// Visibility codes as flags.
fn masks(id: &str, codes: &[String]) -> Result<MaskFlags, RulesError> {
    codes.iter().try_fold(MaskFlags::empty(), |all, code| {
        MaskFlags::parse(code).map(|flag| all.union(flag)).ok_or_else(|| RulesError(format!("{id}: mask {code}")))
    })
}

fn reason(rule: &str, rules_version: u32, text: &str) -> Reason {
    Reason { rule: rule.to_owned(), rules_version, span: None, path: None, text: text.to_owned() }
}
