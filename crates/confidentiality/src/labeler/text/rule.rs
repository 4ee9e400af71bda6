//! A rule on words, ready to run: what it says in a sentence, and what is left of it where it is denied or told of a relative.

use super::cue::Hit;
use super::sentence::Sentence;
use super::{Read, Setting};
use crate::labeler::rules::{Denied, OfKin, TextRule};
use crate::labeler::{RulesError, floors, masks, outcome};
use crate::{Categories, Category, Label, Level, MaskFlags, PlaceProfile, Reason};

/// A rule, ready to run.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) label: Label,
    denied: Denied,
    family: OfKin,
    family_level: Option<Level>,
    pub(super) replaces: bool,
    pub(super) needs: bool,
    yields: bool,
    consigne: Option<String>,
    mask: MaskFlags,
    /// Kinds of places, and functions, that it is for; none: all.
    places: Vec<PlaceProfile>,
    /// Kinds of places that it is not for.
    elsewhere: Vec<PlaceProfile>,
    authors: Vec<Vec<String>>,
}

impl Rule {
    pub(super) fn new(rule: &TextRule, version: u32) -> Result<Self, RulesError> {
        let family_level = rule.family_level.map(|level| {
            Level::from_code(level).ok_or_else(|| RulesError(format!("{}: level about a relative", rule.id)))
        });
        let kinds = |codes: &[String]| codes.iter().map(|code| place(&rule.id, code)).collect::<Result<_, _>>();
        let (places, elsewhere) = (kinds(&rule.places)?, kinds(&rule.elsewhere)?);
        let authors = rule.authors.iter().map(|function| floors::words(function)).collect();
        Ok(Self {
            label: outcome(&rule.id, version, rule.level, &rule.categories, &rule.text)?,
            denied: rule.denied,
            family: rule.family,
            family_level: family_level.transpose()?,
            replaces: rule.replaces,
            needs: !rule.needs.is_empty(),
            yields: rule.yields,
            consigne: rule.consigne.clone(),
            mask: masks(&rule.id, &rule.mask)?,
            places,
            elsewhere,
            authors,
        })
    }

    /// Whether it is for writings of this place and this author.
    pub(super) fn is_for(&self, setting: &Setting) -> bool {
        let written = |function: &Vec<String>| floors::has(&setting.author, function);
        (self.places.is_empty() || setting.place.is_some_and(|place| self.places.contains(&place)))
            && !setting.place.is_some_and(|place| self.elsewhere.contains(&place))
            && (self.authors.is_empty() || self.authors.iter().any(written))
    }

    /// Neither done to somebody nor taken by somebody.
    pub(super) fn is_of_an_institution(&self) -> bool {
        let bodily: Categories = [Category::Add, Category::Psy, Category::Vih].into_iter().collect();
        !self.is_harm() && self.label.categories.intersection(bodily).is_empty()
    }

    /// Sexual violence: no expression that goes over a comma makes it a figure of speech.
    pub(super) fn is_sexual_harm(&self) -> bool {
        self.label.categories.contains(Category::Vsx)
    }

    /// Violence, sexual or not.
    pub(super) fn is_harm(&self) -> bool {
        let harm: Categories = [Category::Vio, Category::Vsx].into_iter().collect();
        !self.label.categories.intersection(harm).is_empty()
    }

    /// Sexual violence and tests stay what they are when denied; nothing else survives « jamais ».
    pub(super) fn is_denied(&self, sentence: &Sentence<'_>, hit: &Hit) -> bool {
        let lasting: Categories = [Category::Vsx, Category::Vih, Category::Inf].into_iter().collect();
        match self.denied {
            Denied::Drop => sentence.denies(hit),
            Denied::Keep => {
                self.label.categories.intersection(lasting).is_empty()
                    && (sentence.never(hit) || sentence.flatly_denies(hit))
            }
        }
    }

    /// Adds what this rule says at one place; a second place adds no second reason.
    pub(super) fn add(&self, sentence: &Sentence<'_>, hit: &Hit, read: &mut Read) {
        let (level, categories, whose) = self.read(sentence, hit);
        read.label.level = read.label.level.max(level);
        let given = if self.yields { &mut read.yielding } else { &mut read.given };
        *given = given.union(categories);
        if !whose {
            read.mask = read.mask.union(self.mask);
        }
        let Some(reason) = self.label.reasons.first() else { return };
        if let Some(consigne) = self.consigne.as_ref().filter(|one| !whose && !read.consignes.contains(*one)) {
            read.consignes.push(consigne.clone());
        }
        if read.label.reasons.iter().any(|old| old.rule == reason.rule) {
            return;
        }
        let mut reason = Reason { span: sentence.words.span(hit.first, hit.last), ..reason.clone() };
        if hit.misspelled {
            let sentence = reason.text.trim_end_matches('.');
            reason.text = format!("{sentence} (mot mal orthographié).");
        }
        if whose {
            reason.text.push_str(" Cela concerne un proche.");
        }
        // The gravest first: it is what a reader wants to know.
        let place = read.levels.partition_point(|known| *known >= level);
        read.levels.insert(place, level);
        read.label.reasons.insert(place, reason);
    }

    /// Level and categories in this sentence, and whether it is about a relative.
    fn read(&self, sentence: &Sentence<'_>, hit: &Hit) -> (Level, Categories, bool) {
        let (level, categories) = (self.label.level, self.label.categories);
        let tiers = Categories::one(Category::Tiers);
        match self.family {
            OfKin::Same => (level, categories, false),
            // Who suffers and who does it are both there: only that it is told of a relative is added.
            OfKin::Sensitive if self.is_harm() => {
                let named = sentence.befalls_a_relative(hit) || sentence.names_a_parent();
                (level, if named { categories.union(tiers) } else { categories }, false)
            }
            _ if !sentence.is_of_family(hit) && sentence.is_of_a_parent(hit) => (level, categories.union(tiers), false),
            _ if !sentence.is_of_family(hit) => (level, categories, false),
            OfKin::Ordinary => (Level::Standard, tiers, true),
            OfKin::Sensitive if categories.is_empty() => (Level::Standard, tiers, true),
            OfKin::Sensitive => {
                let least = self.family_level.unwrap_or(level.max(Level::Sensitive));
                (least, categories.union(tiers), true)
            }
        }
    }
}

fn place(id: &str, code: &str) -> Result<PlaceProfile, RulesError> {
    let known = PlaceProfile::ALL.into_iter().find(|profile| profile.code() == code);
    known.ok_or_else(|| RulesError(format!("{id}: place {code}")))
}
