//! What of a page does not go on paper: by the measures of the matrix, whatever the style sheet says of the element.

use confidentiality::{Clearance, Level, Obligation};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Every level, the lowest first.
const LEVELS: [Level; 5] = [Level::Open, Level::Daily, Level::Standard, Level::Sensitive, Level::VerySensitive];

/// The levels that stay on the screen, and how much of them a page holds: known once its content is written, and said at its
/// foot.
#[derive(Debug, Default)]
pub(crate) struct Paper {
    off: Vec<Level>,
    kept: AtomicUsize,
}

impl Paper {
    /// A browser prints without asking, and its copies are not counted: what is never printed, and what is printed only by the
    /// counted copy, stay on the screen.
    pub(crate) fn owed(clearance: &Clearance) -> Self {
        let stays = |level: &Level| {
            let owed = clearance.obligations(*level);
            owed.iter().any(|one| matches!(one, Obligation::NoPrint | Obligation::CountedCopy))
        };
        Self::of(LEVELS.into_iter().filter(stays).collect())
    }

    /// Those levels stay on the screen.
    pub(crate) fn of(off: Vec<Level>) -> Self {
        Self { off, kept: AtomicUsize::new(0) }
    }

    /// Whether a level stays on the screen.
    pub(crate) fn keeps(&self, level: i64) -> bool {
        self.off.iter().any(|one| one.code() == level)
    }

    /// The attribute that one rule of the style sheet hides on paper.
    pub(crate) fn mark(&self, level: i64, items: usize) -> &'static str {
        if !self.keeps(level) {
            return "";
        }
        self.kept.fetch_add(items, Ordering::Relaxed);
        "data-off-paper"
    }

    /// What the foot of a printed page says of what is not on it.
    pub(crate) fn said(&self) -> Option<String> {
        let words: Vec<String> = self.off.iter().map(|level| level.french().to_lowercase()).collect();
        let what = words.join(" ou ");
        match self.kept.load(Ordering::Relaxed) {
            0 => None,
            1 => Some(format!("1\u{a0}élément n’est pas imprimé\u{a0}: ce qui est {what} se lit à l’écran seulement.")),
            many => Some(format!(
                "{many}\u{a0}éléments ne sont pas imprimés\u{a0}: ce qui est {what} se lit à l’écran seulement."
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_what_stays_off_paper() {
        let paper = Paper::of(vec![Level::Sensitive, Level::VerySensitive]);
        assert_eq!((paper.mark(2, 1), paper.said()), ("", None));
        assert_eq!((paper.mark(4, 1), paper.mark(4, 0)), ("data-off-paper", "data-off-paper"));
        let one =
            "1\u{a0}élément n’est pas imprimé\u{a0}: ce qui est sensible ou très sensible se lit à l’écran seulement.";
        assert_eq!(paper.said().as_deref(), Some(one));
        paper.mark(3, 1);
        assert!(paper.said().unwrap().starts_with("2\u{a0}éléments ne sont pas imprimés"));
    }
}
