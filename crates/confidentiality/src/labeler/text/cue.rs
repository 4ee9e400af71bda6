//! What was found in a text: terms of rules, ordinary expressions, and what says how to read a sentence.

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
