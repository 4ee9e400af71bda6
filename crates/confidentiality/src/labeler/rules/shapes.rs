//! The shapes of the rule files, shared by the build script, which checks them, and the labeler, which runs them.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What is left of a finding when the clause denies it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Denied {
    /// Usual level, no category.
    #[default]
    Drop,
    /// The denial changes nothing.
    Keep,
}

/// What becomes of a finding about a relative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OfKin {
    /// Same categories and TIERS, at least level 3.
    #[default]
    Sensitive,
    /// Level 2, TIERS only.
    Ordinary,
    /// Nothing changes: the rule already speaks of relatives.
    Same,
}

/// Sentences that show a rule at work: tests run them.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Examples {
    /// The rule speaks.
    pub yes: Vec<String>,
    /// It does not.
    pub no: Vec<String>,
}

/// A rule on words.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextRule {
    /// Stable name, said in every reason.
    pub id: String,
    /// Level when it is said of the person.
    pub level: i64,
    /// Category codes.
    #[serde(default)]
    pub categories: Vec<String>,
    /// The reason, for a carer.
    pub text: String,
    /// Patterns; one is enough.
    pub terms: Vec<String>,
    /// One of these must be in the sentence.
    #[serde(default)]
    pub needs: Vec<String>,
    /// None of these may be in the sentence.
    #[serde(default)]
    pub unless: Vec<String>,
    /// When denied.
    #[serde(default)]
    pub denied: Denied,
    /// When about a relative.
    #[serde(default)]
    pub family: OfKin,
    /// Level when about a relative.
    #[serde(default)]
    pub family_level: Option<i64>,
    /// Shorter matches inside are dropped.
    #[serde(default)]
    pub replaces: bool,
    /// What carers must still be told: the action, not the cause.
    #[serde(default)]
    pub consigne: Option<String>,
    /// Who may not see the item, as visibility codes: `INVISIBLE_REPRESENTANTS_LEGAUX`…
    #[serde(default)]
    pub mask: Vec<String>,
    /// Both directions.
    #[serde(default, skip_serializing)]
    pub examples: Examples,
}

/// An ordinary expression that holds a word of a rule.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Neutral {
    /// Stable name.
    pub id: String,
    /// What the expression tells of a text in which no rule speaks: 0 the establishment, 1 daily life, 2 the record. When
    /// it is given, words of care inside the expression are not care; by default it tells daily life, and they are.
    #[serde(default)]
    pub level: Option<i64>,
    /// Only rules of these categories are silenced; none: all.
    #[serde(default)]
    pub categories: Vec<String>,
    /// Patterns.
    pub terms: Vec<String>,
    /// Both directions.
    #[serde(default, skip_serializing)]
    pub examples: Examples,
}

/// What gives a level when no rule speaks.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Base {
    /// Level 1.
    pub daily: Vec<String>,
    /// Level 2.
    pub standard: Vec<String>,
    /// Level 0, unless somebody is designated.
    pub generic: Vec<String>,
    /// Somebody is designated.
    pub individual: Vec<String>,
}

/// A file of rules on words.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TextFile {
    /// Rules.
    pub rule: Vec<TextRule>,
    /// Ordinary expressions.
    pub neutral: Vec<Neutral>,
    /// Base level.
    pub base: Option<Base>,
}

/// How sentences are read.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Context {
    /// Word classes of the pattern language, by name.
    pub classes: BTreeMap<String, Vec<String>>,
    /// What is understood of a short form: one word for one or several.
    pub abbreviations: BTreeMap<String, String>,
    /// After these a full stop ends no sentence.
    pub dotted: Vec<String>,
    /// Ordinary words that a misspelling of a rule's word would look like.
    pub known: Vec<String>,
    /// Begin another clause.
    pub breaks: Vec<String>,
    /// Deny what follows.
    pub denial: Vec<String>,
    /// Look like a denial and are none.
    pub no_denial: Vec<String>,
    /// Deny what precedes.
    pub denial_after: Vec<String>,
    /// Deny what precedes, right after a colon: « Alcool : 0 ».
    pub denial_colon: Vec<String>,
    /// The whole sentence is denied: « mention fausse », « hypothèse écartée ».
    pub denial_whole: Vec<String>,
    /// Never: denies even what a denial would leave.
    pub never: Vec<String>,
    /// Something still watched: a denial changes nothing.
    pub watch: Vec<String>,
    /// Looks like a relative and is none: « sage-femme ».
    pub no_kin: Vec<String>,
    /// What follows in the sentence is about relatives.
    pub of_family: Vec<String>,
    /// Said of what precedes: maternal, paternal.
    pub family_after: Vec<String>,
    /// Before a relative: the relative is not whom the clause is about.
    pub prepositions: Vec<String>,
    /// Before a relative, after a finding: it is the relative's.
    pub attributions: Vec<String>,
    /// Between a relative and what is said: the relative speaks, of somebody else.
    pub speech: Vec<String>,
    /// Somebody else becomes the subject.
    pub subjects: Vec<String>,
    /// Between a preposition or a subject and a relative.
    pub determiners: Vec<String>,
    /// A preposition that makes a relative what the sentence is about: « pour sa mère, … ».
    pub topics: Vec<String>,
    /// For everybody: training, prevention, posters.
    pub collective: Vec<String>,
    /// For everybody when a sentence opens with it: « rapport d’activité », « CVS ».
    pub opening: Vec<String>,
    /// For everybody when a sentence opens with it and a colon follows: « règlement : … ».
    pub opening_colon: Vec<String>,
    /// Somebody is designated all the same.
    pub designated: Vec<String>,
    /// Looks like somebody and is nobody: « a été mis à jour », « se déclare ».
    pub impersonal: Vec<String>,
    /// A title follows.
    pub fiction: Vec<String>,
    /// What is read, seen, sung or played follows, with its capital: « relit Le Sursis ».
    pub works: Vec<String>,
    /// Buildings, machines, accounts: an acronym beside them is one of the trade.
    pub technical: Vec<String>,
    /// First names, before a surname.
    pub given: Vec<String>,
    /// Words of rules that have another sense: « la coke de la forge », « sort son fou ».
    pub ambiguous: Vec<String>,
    /// Games, shows, animals, dishes: beside them an ambiguous word has its other sense.
    pub leisure: Vec<String>,
    /// Somebody takes it, suffers from it, is followed for it: no other sense.
    pub afflicted: Vec<String>,
    /// The sentence is a joke.
    pub joke: Vec<String>,
    /// A joke, or not, it is so: an avowal, a date, a length of time, what somebody has, a follow-up.
    pub earnest: Vec<String>,
    /// The name of a place follows.
    pub naming: Vec<String>,
    /// A writing, a course, an evening whose title follows between quotation marks: « protocole « fin de vie » ».
    pub entitled: Vec<String>,
    /// May be for everybody when a sentence opens with it: « rappel », « formation »; something public must be said too.
    pub notice: Vec<String>,
    /// Where, when, for whom a notice is: « inscription », « en salle de pause », « tout soupçon ».
    pub public: Vec<String>,
    /// Somebody who is not named is concerned: no notice.
    pub borne: Vec<String>,
    /// A story is told: « dans le film », « le héros ».
    pub story: Vec<String>,
    /// What is told happened to somebody, or touches them: no story.
    pub lived: Vec<String>,
    /// Somebody's own words follow, or come before.
    pub quoting: Vec<String>,
}

/// Words that weigh in a sentence of which no rule speaks: made by counting over labelled texts.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Weights {
    /// Least sum of a sensitive sentence, in hundredths.
    pub threshold: i32,
    /// « mot 23, debut* -4, un_mot 12 »: hundredths; « . » is added to every sum.
    pub words: String,
    /// The same by category: what a sensitive sentence is about.
    pub categories: BTreeMap<String, String>,
}

/// A rule on codes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeRule {
    /// Stable name.
    pub id: String,
    /// Code systems.
    pub systems: Vec<String>,
    /// Prefixes, or intervals `A..B` of prefixes of one length.
    pub codes: Vec<String>,
    /// Level.
    pub level: i64,
    /// Category codes.
    #[serde(default)]
    pub categories: Vec<String>,
    /// The reason, for a carer.
    pub text: String,
    /// What carers must still be told.
    #[serde(default)]
    pub consigne: Option<String>,
    /// Who may not see the item.
    #[serde(default)]
    pub mask: Vec<String>,
    /// Both directions.
    #[serde(default, skip_serializing)]
    pub examples: Examples,
}

/// A file of rules on codes.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CodeFile {
    /// What the rules of this file do not name is ordinary: displays beside such codes are not read.
    pub complete: bool,
    /// Rules.
    pub rule: Vec<CodeRule>,
}

/// What a writing is at least, by author and kind.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Floor {
    /// Stable name.
    pub id: String,
    /// Functions.
    #[serde(default)]
    pub author: Vec<String>,
    /// Kinds of writing.
    #[serde(default)]
    pub kind: Vec<String>,
    /// Level.
    pub level: i64,
    /// Category codes.
    #[serde(default)]
    pub categories: Vec<String>,
    /// The reason, for a carer.
    pub text: String,
}

/// Floors, and what each type of resource is by default.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FloorFile {
    /// By author and kind.
    pub floor: Vec<Floor>,
    /// Level and family by type of resource.
    pub base: BTreeMap<String, (i64, String)>,
    /// Family by kind of writing.
    pub kind: BTreeMap<String, String>,
}

/// Every rule.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct RuleSet {
    /// Written beside every label.
    pub version: u32,
    /// On words.
    pub text: Vec<TextRule>,
    /// Ordinary expressions.
    pub neutral: Vec<Neutral>,
    /// When no rule speaks.
    pub base: Base,
    /// How sentences are read.
    pub context: Context,
    /// On codes.
    pub codes: Vec<CodeRule>,
    /// Code systems in which a code without a rule is ordinary.
    pub complete: BTreeSet<String>,
    /// Floors.
    pub floors: FloorFile,
    /// Words that weigh, where no rule speaks; none by default.
    #[serde(default)]
    pub weights: Weights,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Version {
    version: u32,
}

/// Reads the files of a folder of rules: `version.toml`, `floors.toml`, `context.toml`, `weights.toml`, `codes/*.toml`, `text/*.toml`.
/// Other files are left alone.
///
/// # Errors
/// The name of the file, and what is wrong in it.
pub fn read<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<RuleSet, String> {
    let mut rules = RuleSet::default();
    let mut files: Vec<_> = files.into_iter().collect();
    files.sort_unstable();
    for (name, text) in files {
        let wrong = |error: toml::de::Error| format!("{name}: {error}");
        match name.split_once('/') {
            None if name == "version.toml" => rules.version = toml::from_str::<Version>(text).map_err(wrong)?.version,
            None if name == "floors.toml" => rules.floors = toml::from_str(text).map_err(wrong)?,
            None if name == "weights.toml" => rules.weights = toml::from_str(text).map_err(wrong)?,
            None if name == "context.toml" => rules.context = toml::from_str(text).map_err(wrong)?,
            Some(("codes", _)) => {
                let file: CodeFile = toml::from_str(text).map_err(wrong)?;
                if file.complete {
                    rules.complete.extend(file.rule.iter().flat_map(|rule| rule.systems.iter().cloned()));
                }
                rules.codes.extend(file.rule);
            }
            Some(("text", _)) => {
                let file: TextFile = toml::from_str(text).map_err(wrong)?;
                rules.text.extend(file.rule);
                rules.neutral.extend(file.neutral);
                if let Some(base) = file.base {
                    rules.base.daily.extend(base.daily);
                    rules.base.standard.extend(base.standard);
                    rules.base.generic.extend(base.generic);
                    rules.base.individual.extend(base.individual);
                }
            }
            _ => {}
        }
    }
    check(&rules)?;
    Ok(rules)
}

/// What a set of rules must hold, besides its shape.
fn check(rules: &RuleSet) -> Result<(), String> {
    if rules.version == 0 {
        return Err("version.toml: no version".into());
    }
    let mut seen = BTreeSet::new();
    let words = rules.text.iter().map(|rule| &rule.id).chain(rules.neutral.iter().map(|one| &one.id));
    let others = rules.codes.iter().map(|rule| &rule.id).chain(rules.floors.floor.iter().map(|floor| &floor.id));
    for id in words.chain(others) {
        if !seen.insert(id) {
            return Err(format!("{id}: this id is given twice"));
        }
    }
    match rules.text.iter().find(|rule| rule.terms.is_empty() || rule.text.trim().is_empty()) {
        Some(rule) => Err(format!("{}: without terms, or without a reason", rule.id)),
        None => Ok(()),
    }
}
