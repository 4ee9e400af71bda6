//! A level as a screen shows it: word, icon and colour together. Icon and colour come from the style sheet, by class.

use confidentiality::{Categories, Category, Level};

/// The mark of a level.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LevelMark {
    pub(crate) word: &'static str,
    pub(crate) class: i64,
}

impl From<Level> for LevelMark {
    fn from(level: Level) -> Self {
        Self { word: level.french(), class: level.code() }
    }
}

/// Categories in words.
pub(crate) fn categories(categories: Categories) -> Vec<&'static str> {
    categories.iter().map(Category::french).collect()
}

/// `1 élément non affiché`, `3 éléments non affichés`.
pub(crate) fn counted(number: i64, noun: &str, rest: &str) -> String {
    let plural = |word: &str| if number.abs() > 1 && !word.is_empty() { format!("{word}s") } else { word.to_owned() };
    format!("{number}\u{a0}{}{}", plural(noun), plural(rest))
}

/// How many items a reader is told of without seeing them.
pub(crate) fn hidden(number: i64) -> Option<String> {
    (number > 0).then(|| counted(number, "élément", " non affiché"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_in_number() {
        assert_eq!(counted(0, "élément", ""), "0\u{a0}élément");
        assert_eq!(counted(1, "élément", " non affiché"), "1\u{a0}élément non affiché");
        assert_eq!(counted(2, "élément", " non affiché"), "2\u{a0}éléments non affichés");
        assert_eq!(hidden(0), None);
    }
}
