//! What was found in a text: terms of rules, ordinary expressions, and what says how to read a sentence.

use crate::labeler::rules::RuleSet;

/// What a pattern stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Owner {
    /// A term of a rule.
    Rule(u32),
    /// What a rule wants in the sentence.
    Needs(u32),
    /// What silences a rule.
    Unless(u32),
    /// An ordinary expression.
    Neutral(u32),
    /// Something that says how to read the sentence.
    Cue(Cue),
}

/// What says how to read a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Cue {
    Daily,
    Standard,
    Generic,
    Individual,
    Denial,
    NoDenial,
    DenialAfter,
    DenialColon,
    DenialWhole,
    Never,
    Watch,
    Kin,
    NoKin,
    OfFamily,
    FamilyAfter,
    Preposition,
    Attribution,
    Speech,
    Subject,
    Determiner,
    Topic,
    Collective,
    Designated,
    Fiction,
    Joke,
    Jest,
    Earnest,
    Opening,
    OpeningColon,
    Works,
    Technical,
    Given,
    Animal,
    Ambiguous,
    Leisure,
    Afflicted,
    Naming,
    Entitled,
    Notice,
    Public,
    Borne,
    Story,
    Lived,
    Quoting,
    Impersonal,
    Parent,
    Children,
    Organisation,
    Practical,
    Disclosed,
}

impl Cue {
    /// Its bit in a set of cues.
    pub(super) const fn bit(self) -> u64 {
        1 << (self as u64)
    }
}

/// A pattern found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hit {
    /// Whose.
    pub(super) owner: Owner,
    /// First word.
    pub(super) first: usize,
    /// Last word.
    pub(super) last: usize,
    /// A word of it is misspelled.
    pub(super) misspelled: bool,
}

/// The lists of the context and base files.
pub(super) fn cues(set: &RuleSet) -> [(Cue, &[String]); 50] {
    let (context, base) = (&set.context, &set.base);
    let class = |name: &str| context.classes.get(name).map(Vec::as_slice).unwrap_or_default();
    let (kin, animal) = (class("kin"), class("animal"));
    [
        (Cue::Daily, &base.daily),
        (Cue::Standard, &base.standard),
        (Cue::Generic, &base.generic),
        (Cue::Individual, &base.individual),
        (Cue::Denial, &context.denial),
        (Cue::NoDenial, &context.no_denial),
        (Cue::DenialAfter, &context.denial_after),
        (Cue::DenialColon, &context.denial_colon),
        (Cue::DenialWhole, &context.denial_whole),
        (Cue::Never, &context.never),
        (Cue::Watch, &context.watch),
        (Cue::Kin, kin),
        (Cue::NoKin, &context.no_kin),
        (Cue::OfFamily, &context.of_family),
        (Cue::FamilyAfter, &context.family_after),
        (Cue::Preposition, &context.prepositions),
        (Cue::Attribution, &context.attributions),
        (Cue::Speech, &context.speech),
        (Cue::Subject, &context.subjects),
        (Cue::Determiner, &context.determiners),
        (Cue::Topic, &context.topics),
        (Cue::Collective, &context.collective),
        (Cue::Designated, &context.designated),
        (Cue::Fiction, &context.fiction),
        (Cue::Joke, &context.joke),
        (Cue::Jest, &context.jest),
        (Cue::Earnest, &context.earnest),
        (Cue::Opening, &context.opening),
        (Cue::OpeningColon, &context.opening_colon),
        (Cue::Works, &context.works),
        (Cue::Technical, &context.technical),
        (Cue::Given, &context.given),
        (Cue::Ambiguous, &context.ambiguous),
        (Cue::Leisure, &context.leisure),
        (Cue::Afflicted, &context.afflicted),
        (Cue::Animal, animal),
        (Cue::Naming, &context.naming),
        (Cue::Entitled, &context.entitled),
        (Cue::Notice, &context.notice),
        (Cue::Public, &context.public),
        (Cue::Borne, &context.borne),
        (Cue::Story, &context.story),
        (Cue::Lived, &context.lived),
        (Cue::Quoting, &context.quoting),
        (Cue::Impersonal, &context.impersonal),
        (Cue::Parent, &context.parents),
        (Cue::Children, &context.children),
        (Cue::Organisation, &context.organisation),
        (Cue::Practical, &context.practical),
        (Cue::Disclosed, &context.disclosed),
    ]
}
