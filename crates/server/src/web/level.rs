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

/// How many items a reader is told of without seeing them, and why: by whom they may be read, never what they are. `whole` is
/// what they are missing from (`de ce dossier`), `also` what would open some of them.
pub(crate) fn hidden(number: i64, whole: &str, also: &[&str]) -> Option<String> {
    let also = also.concat();
    match number {
        ..=0 => None,
        1 => Some(format!(
            "1\u{a0}élément {whole} ne vous est pas affiché\u{a0}: il est réservé à d’autres fonctions que la vôtre{also}."
        )),
        many => Some(format!(
            "{many}\u{a0}éléments {whole} ne vous sont pas affichés\u{a0}: ils sont réservés à d’autres fonctions que la vôtre{also}."
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_in_number() {
        assert_eq!(counted(0, "élément", ""), "0\u{a0}élément");
        assert_eq!(counted(1, "élément", " non affiché"), "1\u{a0}élément non affiché");
        assert_eq!(counted(2, "élément", " non affiché"), "2\u{a0}éléments non affichés");
    }

    #[test]
    fn says_how_many_are_hidden_and_why() {
        let said = |number, also: &[&str]| hidden(number, "de ce dossier", also);
        assert_eq!(said(0, &[]), None);
        let one = "1\u{a0}élément de ce dossier ne vous est pas affiché\u{a0}: il est réservé à d’autres fonctions que la vôtre.";
        assert_eq!(said(1, &[]).as_deref(), Some(one));
        let some = said(2, &[", ou autre chose"]).unwrap();
        assert!(
            some.contains("2\u{a0}éléments de ce dossier ne vous sont pas affichés")
                && some.ends_with("la vôtre, ou autre chose.")
        );
    }
}
