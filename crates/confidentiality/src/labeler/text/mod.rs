//! What the words of a text say.
//!
//! A text is cut into words, sentences and clauses; one tree of letters finds the words of the rules, then only the
//! patterns whose rarest word is there are run; each finding is read in its sentence (denied, about a relative, for
//! everybody, a title); the highest level and every category remain. Where no rule speaks, ordinary words tell the life of
//! the place and of the person from a record: what is not understood stays at the usual level.

mod acronym;
mod builder;
mod collective;
mod cue;
mod evidence;
mod fold;
mod heading;
mod household;
mod lexicon;
mod matching;
mod pattern;
mod rows;
mod rule;
mod sense;
mod sentence;
mod typo;
mod vocabulary;
mod weights;

pub(in crate::labeler) use fold::fold;

use super::rules::RuleSet;
use super::{Context, RulesError, categories, floors};
use crate::{Categories, Label, Level, MaskFlags, PlaceProfile};
use builder::Builder;
use cue::{Cue, Hit, Owner, cues};
use evidence::{Evidence, Shown};
use fold::Reading;
use heading::Heading;
use rule::Rule;
use sentence::Sentence;
use vocabulary::Vocabulary;
use weights::Weights;

/// The rules on words.
#[derive(Debug)]
pub(super) struct TextRules {
    rules: Vec<Rule>,
    neutrals: Vec<Ordinary>,
    vocabulary: Vocabulary,
    reading: Reading,
    weights: Weights,
    version: u32,
}

/// An ordinary expression.
#[derive(Debug)]
struct Ordinary {
    /// Categories that it silences; none: all.
    only: Categories,
    /// What it tells of a text in which no rule speaks.
    level: Level,
    /// Words of care inside it are not care.
    excuses: bool,
}

/// Where a text was written, and by whom.
#[derive(Debug, Clone, Default)]
pub(super) struct Setting {
    place: Option<PlaceProfile>,
    /// The words of the author's function.
    author: Vec<String>,
}

impl Setting {
    pub(super) fn of(context: &Context) -> Self {
        let author = context.author_function.as_deref().map(floors::words).unwrap_or_default();
        Self { place: context.place_profile, author }
    }
}

/// What a text says.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Read {
    /// What the rules found; level 0 and no reason when nothing was.
    pub(super) label: Label,
    /// Level of a text in which nothing was found, or all was set aside.
    pub(super) base: Level,
    /// Why it has this level.
    pub(super) base_reason: &'static str,
    /// The level each reason gave, in the order of the reasons.
    levels: Vec<Level>,
    /// What carers must still be told.
    pub(super) consignes: Vec<String>,
    /// Categories of the sentence under way, and those that it has if nothing else says what it is about.
    given: Categories,
    yielding: Categories,
    /// Who may not see it.
    pub(super) mask: MaskFlags,
    /// It organises, sentence after sentence, and tells nothing of anybody.
    pub(super) organises: bool,
}

impl Read {
    /// A sentence ends: what yields is given only if nothing else was.
    fn settle(&mut self) {
        let (given, yielding) = (std::mem::take(&mut self.given), std::mem::take(&mut self.yielding));
        self.label.categories = self.label.categories.union(if given.is_empty() { yielding } else { given });
    }
}

impl TextRules {
    pub(super) fn new(set: &RuleSet) -> Result<Self, RulesError> {
        let mut builder = Builder::new(&set.context.classes).map_err(RulesError)?;
        let mut rules = Vec::with_capacity(set.text.len());
        for (index, rule) in set.text.iter().enumerate() {
            let index = index as u32;
            let lists = [(Owner::Rule(index), &rule.terms), (Owner::Needs(index), &rule.needs)];
            for (owner, terms) in lists.into_iter().chain([(Owner::Unless(index), &rule.unless)]) {
                builder.add(owner, terms).map_err(|error| RulesError(format!("{}: {error}", rule.id)))?;
            }
            rules.push(Rule::new(rule, set.version)?);
        }
        let mut neutrals = Vec::with_capacity(set.neutral.len());
        for (index, neutral) in set.neutral.iter().enumerate() {
            let add = builder.add(Owner::Neutral(index as u32), &neutral.terms);
            add.map_err(|error| RulesError(format!("{}: {error}", neutral.id)))?;
            let level = Level::from_code(neutral.level.unwrap_or(1));
            let level = level.ok_or_else(|| RulesError(format!("{}: level", neutral.id)))?;
            let excuses = neutral.level.is_some() && level < Level::Standard;
            neutrals.push(Ordinary { only: categories(&neutral.id, &neutral.categories)?, level, excuses });
        }
        for (cue, terms) in cues(set) {
            builder.add(Owner::Cue(cue), terms).map_err(|error| RulesError(format!("{cue:?}: {error}")))?;
        }
        let vocabulary = builder.build(&set.context.known);
        let weights = Weights::new(&set.weights)?;
        Ok(Self { rules, neutrals, vocabulary, reading: Reading::new(&set.context), weights, version: set.version })
    }

    /// The signs of each sentence, as they are weighed.
    pub(super) fn signs(&self, text: &str) -> Vec<Vec<String>> {
        let (words, mut first) = (fold::cut(text, &self.reading), 0);
        let sentences = words.words.chunk_by(|a, b| a.sentence == b.sentence);
        let one = sentences.map(|sentence| {
            first += sentence.len();
            weights::written(&words, first - sentence.len(), sentence.len())
        });
        one.collect()
    }

    /// What a text says.
    pub(super) fn read(&self, text: &str, setting: &Setting) -> Read {
        let words = fold::cut(text, &self.reading);
        let mut hits = self.vocabulary.find(&words);
        hits.retain(|hit| {
            let alone = hit.first == hit.last && matches!(hit.owner, Owner::Rule(_));
            !alone || !acronym::is_spelled_out(text, &words, hit.first)
        });
        let mut read = Read {
            label: Label::new(Level::Open, Categories::empty()),
            base: Level::Standard,
            base_reason: "",
            levels: Vec::new(),
            consignes: Vec::new(),
            given: Categories::empty(),
            yielding: Categories::empty(),
            mask: MaskFlags::empty(),
            organises: false,
        };
        let (mut evidence, mut tells) = (Evidence::default(), false);
        let sentence_of = |hit: &Hit| words.words.get(hit.first).map_or(0, |word| word.sentence);
        let (mut rest, mut first, mut heading) = (hits.as_slice(), 0, Heading::default());
        for sentence in words.words.chunk_by(|a, b| a.sentence == b.sentence) {
            let Some(number) = sentence.first().map(|word| word.sentence) else { continue };
            let (here, after) = rest.split_at(rest.partition_point(|hit| sentence_of(hit) <= number));
            rest = after;
            let told = words.has_bare_verb(first, sentence.len());
            let kin = here.iter().any(|hit| hit.owner == Owner::Cue(Cue::Kin));
            heading = heading.above(text, &words, first, sentence, kin);
            first += sentence.len();
            let (mut shown, mut silent) = (false, true);
            let mut organises = false;
            if !here.is_empty() {
                let line = Sentence::new(&words, here, heading, setting.place);
                shown = self.read_sentence(&line, told, setting, &mut read, &mut evidence);
                read.settle();
                let practical = line.is_practical(first - sentence.len(), sentence.len());
                organises = line.has(Cue::Organisation) && !line.has(Cue::Disclosed) && practical;
                silent = !self.is_touched(&line, told, setting);
                heading = Heading::of(text, &line, sentence, words.words.get(first)).unwrap_or(heading);
            }
            let weigh = || self.weights.read(&words, first - sentence.len(), sentence.len(), self.is_known(here));
            if let Some(weighed) = (silent && !heading.collective).then(weigh).flatten() {
                self.weigh(&weighed, &words, &mut read);
            }
            // A number alone, an initial, « Bises, Odile »: nothing is left unread.
            let says_something = sentence.iter().any(|word| word.end - word.start > 2)
                && !words.is_courtesy(first - sentence.len(), sentence.len());
            evidence.blank |= says_something && !shown && !heading.collective;
            read.organises |= organises;
            tells |= says_something && !organises;
        }
        (read.base, read.base_reason) = evidence.level();
        read.organises &= !tells && read.label.level <= Level::Standard;
        read
    }

    /// Reads a sentence, in which something is `told` of somebody or not; whether any of its words is known.
    fn read_sentence(
        &self,
        sentence: &Sentence<'_>,
        told: bool,
        setting: &Setting,
        read: &mut Read,
        evidence: &mut Evidence,
    ) -> bool {
        let findings = self.findings(sentence, setting);
        let collective = !told && sentence.is_collective();
        let (mut kept, mut named, mut titled) = (false, false, false);
        for (hit, rule) in &findings {
            if sentence.is_entitled(hit) {
                titled = true;
                continue;
            }
            if sentence.is_name(hit) || sentence.is_story(hit) {
                named = true;
                continue;
            }
            // « l’agression de Tom », beside a protocol, is said of somebody.
            let somebody_s = rule.is_harm() && sentence.words.is_named_s(hit.last) || sentence.is_owned(hit);
            let fiction = sentence.is_fiction(hit, rule.is_harm());
            let apart = fiction
                || sentence.is_elsewhere(hit, rule.is_of_an_institution())
                || !rule.is_harm() && sentence.is_at_play(hit);
            let apart = apart || !rule.is_harm() && sentence.is_of_an_animal(hit);
            if collective && !somebody_s && sentence.is_for_all(hit) || apart {
                named |= fiction;
                continue;
            }
            kept = true;
            if rule.is_denied(sentence, hit) {
                // « Rien de grave, plaisante-t-il »: what is not, in a joke, is daily life.
                named |= sentence.has(Cue::Jest);
                evidence.denied |= !sentence.has(Cue::Jest);
                continue;
            }
            rule.add(sentence, hit, read);
        }
        let neutral = |hit: &Hit| match hit.owner {
            Owner::Neutral(index) => self.neutrals.get(index as usize),
            _ => None,
        };
        let ordinary = |level: Level| sentence.hits.iter().filter_map(neutral).any(|one| one.level == level);
        // « docteur » is care, but not in « rue du Docteur-Roux ».
        let excused = |word: &Hit| {
            let over = |hit: &&Hit| hit.first <= word.first && word.last <= hit.last;
            sentence.is_name(word)
                || sentence.hits.iter().filter(over).any(|hit| neutral(hit).is_some_and(|one| one.excuses))
        };
        let standard = sentence.hits.iter().any(|hit| hit.owner == Owner::Cue(Cue::Standard) && !excused(hit));
        // « hall » is daily life, but not in « ampoule du hall grillée ».
        let open = |word: &Hit| {
            let over = |hit: &&Hit| hit.first <= word.first && word.last <= hit.last;
            let whole = |hit: &Hit| neutral(hit).is_some_and(|one| one.excuses && one.level == Level::Open);
            sentence.hits.iter().filter(over).any(whole)
        };
        let daily = sentence.hits.iter().any(|hit| hit.owner == Owner::Cue(Cue::Daily) && !open(hit));
        let shown = Shown {
            daily: named || daily || ordinary(Level::Daily),
            standard: standard || ordinary(Level::Standard),
            announced: collective || titled || sentence.is_workshop(),
            generic: collective
                || titled
                || sentence.is_workshop()
                || sentence.has(Cue::Generic)
                || ordinary(Level::Open),
            individual: (told || sentence.has(Cue::Individual)) && !collective,
        };
        evidence.add(shown, collective);
        shown.daily || shown.standard || shown.generic || kept
    }

    fn silences(&self, neutral: u32, rule: &Rule) -> bool {
        self.neutrals.get(neutral as usize).is_some_and(|ordinary| {
            ordinary.only.is_empty() || !rule.label.categories.intersection(ordinary.only).is_empty()
        })
    }

    /// The findings of a sentence: nothing that an ordinary expression or a more precise rule covers.
    fn findings(&self, sentence: &Sentence<'_>, setting: &Setting) -> Vec<(Hit, &Rule)> {
        let covers = |outer: &Hit, inner: &Hit| outer.first <= inner.first && inner.last <= outer.last;
        let longer =
            |outer: &Hit, inner: &Hit| covers(outer, inner) && outer.last - outer.first > inner.last - inner.first;
        let said = |owner: Owner| sentence.hits.iter().any(|hit| hit.owner == owner);
        // « le juge » is in « juge de touche » too.
        let bare = |hit: &Hit| {
            let little = |word: &usize| sense::is_little(sentence.words.word(*word));
            Hit { first: hit.first + (hit.first..hit.last).take_while(little).count(), ..*hit }
        };
        let neutral = |hit: &Hit, rule: &Rule| {
            let whole = hit;
            let hit = &bare(hit);
            // « fait violée au squat » is no squat: what it is about stands at an end of an expression, not in its middle.
            let ends = |other: &Hit| other.first >= whole.first || other.last <= whole.last;
            sentence.hits.iter().any(|other| match other.owner {
                Owner::Neutral(index) => {
                    covers(other, hit)
                        && (!rule.is_sexual_harm() || sentence.is_one(other) && ends(other))
                        && self.silences(index, rule)
                }
                _ => false,
            })
        };
        let mut findings: Vec<(Hit, &Rule)> = Vec::new();
        for hit in sentence.hits {
            let Owner::Rule(index) = hit.owner else { continue };
            let Some(rule) = self.rules.get(index as usize).filter(|rule| rule.is_for(setting)) else { continue };
            let unless =
                sentence.hits.iter().any(|other| other.owner == Owner::Unless(index) && sentence.is_near(other, hit));
            let silent = (rule.needs && !said(Owner::Needs(index))) || unless || neutral(hit, rule);
            if !silent {
                findings.push((*hit, rule));
            }
        }
        let precise: Vec<Hit> = findings.iter().filter(|(_, rule)| rule.replaces).map(|(hit, _)| *hit).collect();
        findings.retain(|(hit, _)| !precise.iter().any(|outer| longer(outer, hit)));
        findings
    }
}
