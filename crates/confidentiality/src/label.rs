//! What a label says of an item, and why.

use crate::{Categories, Level};

/// Why a rule spoke.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// Rule id.
    pub rule: String,
    /// Version of the rules.
    pub rules_version: u32,
    /// Byte span in the original text.
    pub span: Option<[usize; 2]>,
    /// Path of the element.
    pub path: Option<String>,
    /// One French sentence.
    pub text: String,
}

/// Level, categories and the reasons for both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Harm if disclosed.
    pub level: Level,
    /// Who has a reason to know.
    pub categories: Categories,
    /// Why.
    pub reasons: Vec<Reason>,
}

impl Label {
    /// A label without a reason.
    #[must_use]
    pub const fn new(level: Level, categories: Categories) -> Self {
        Self { level, categories, reasons: Vec::new() }
    }

    /// A container: the highest level, all categories, all reasons.
    #[must_use]
    pub fn join(mut self, other: Self) -> Self {
        self.level = self.level.max(other.level);
        self.categories = self.categories.union(other.categories);
        for reason in other.reasons {
            if !self.reasons.contains(&reason) {
                self.reasons.push(reason);
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Category;

    #[test]
    fn a_container_is_as_grave_as_its_contents() {
        let calm = Label::new(Level::Standard, Category::Neu.into());
        let grave = Label::new(Level::VerySensitive, Category::Vih.into());
        let both = calm.clone().join(grave.clone());
        assert_eq!(both.level, Level::VerySensitive);
        assert!(both.categories.contains(Category::Neu) && both.categories.contains(Category::Vih));
        assert_eq!(both, grave.join(calm));
    }
}
