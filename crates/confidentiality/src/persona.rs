//! Who is cleared for what: one row of the matrix per persona.

use crate::{Categories, Families, Family, Level, MaskFlags, RelationKind};

/// One persona's rights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Persona {
    pub(crate) code: String,
    pub(crate) french: String,
    pub(crate) owner: String,
    pub(crate) technical: bool,
    pub(crate) staff: bool,
    pub(crate) write: bool,
    pub(crate) admit: bool,
    pub(crate) break_glass: bool,
    pub(crate) core_business: bool,
    pub(crate) everywhere: bool,
    pub(crate) journal: bool,
    pub(crate) reviewer: bool,
    pub(crate) estate: bool,
    pub(crate) health: bool,
    pub(crate) cap: Level,
    pub(crate) relations: Vec<RelationKind>,
    pub(crate) blocked: MaskFlags,
    pub(crate) blocks: Vec<Block>,
}

/// Rights that go together: these families, up to this level, for these categories.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Families opened.
    pub families: Families,
    /// Categories cleared at level 3 (includes those of level 4).
    pub level3: Categories,
    /// Categories cleared at level 4 by function.
    pub level4: Categories,
    /// Highest level of this block.
    pub cap: Level,
    /// Only through these relations; empty = any.
    pub when: Vec<RelationKind>,
}

impl Persona {
    /// Its code.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The words on a screen.
    #[must_use]
    pub fn french(&self) -> &str {
        &self.french
    }

    /// Who answers for this row of the matrix.
    #[must_use]
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// A technical administrator, who reads nothing about anybody.
    #[must_use]
    pub fn is_technical(&self) -> bool {
        self.technical
    }

    /// The person themself, or who represents them: whom the house serves, and not whom it employs.
    #[must_use]
    pub fn is_served(&self) -> bool {
        self.everywhere
    }

    /// Reads level 1 of the place without a relation.
    #[must_use]
    pub fn is_staff(&self) -> bool {
        self.staff
    }

    /// May write.
    #[must_use]
    pub fn may_write(&self) -> bool {
        self.write
    }

    /// Writes about, and opens, what is about care and accompaniment: neither the office, nor the direction, nor the person.
    #[must_use]
    pub fn opens_care(&self) -> bool {
        const CARE: [Family; 5] = [Family::Soin, Family::Med, Family::Psy, Family::Edu, Family::Soc];
        self.write && self.blocks.iter().any(|block| CARE.iter().any(|family| block.families.contains(*family)))
    }

    /// May open the record of a new person.
    #[must_use]
    pub fn may_admit(&self) -> bool {
        self.admit
    }

    /// May break the glass.
    #[must_use]
    pub fn may_break_glass(&self) -> bool {
        self.break_glass
    }

    /// May read who accessed a record: everybody's where it is staff, else of the persons it is related to.
    #[must_use]
    pub fn may_read_journal(&self) -> bool {
        self.journal
    }

    /// Reads who accessed records without being of the teams, nor of the persons: sees that, and nobody's name or content.
    #[must_use]
    pub fn audits(&self) -> bool {
        self.journal && !self.staff && !self.everywhere
    }

    /// Reviews writings: also reads those that were put in the wrong record.
    #[must_use]
    pub fn is_reviewer(&self) -> bool {
        self.reviewer
    }

    /// Answers for the machines and accounts of the house: nothing about anybody who is accompanied.
    #[must_use]
    pub fn may_see_estate(&self) -> bool {
        self.estate
    }

    /// Keeps the allergies and the treatments of whom it accompanies.
    #[must_use]
    pub fn keeps_health(&self) -> bool {
        self.health
    }

    /// Highest level it ever reads.
    #[must_use]
    pub fn cap(&self) -> Level {
        self.cap
    }

    /// Its rights.
    #[must_use]
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// Whether a relation of this kind gives it rights.
    #[must_use]
    pub fn counts(&self, kind: RelationKind) -> bool {
        match kind {
            RelationKind::BreakGlass => self.break_glass,
            RelationKind::Assignment
            | RelationKind::Shift
            | RelationKind::Referent
            | RelationKind::Replacement
            | RelationKind::Grant => self.relations.is_empty() || self.relations.contains(&kind),
        }
    }
}
