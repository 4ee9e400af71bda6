//! Whether a text says anything to whoever looks at it.

/// Letters without a shape that are no blanks: marks of direction, of joining, fillers.
const SHAPELESS: [char; 10] = [
    '\u{ad}', '\u{34f}', '\u{61c}', '\u{115f}', '\u{1160}', '\u{180e}', '\u{2800}', '\u{3164}', '\u{feff}', '\u{ffa0}',
];

/// Nothing of this text would be seen: it is empty, or made of blanks and of letters without a shape.
#[must_use]
pub fn is_blank(text: &str) -> bool {
    let shapeless = |letter: char| {
        matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}')
            || matches!(letter, '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
            || SHAPELESS.contains(&letter)
    };
    text.chars().all(|letter| letter.is_whitespace() || letter.is_control() || shapeless(letter))
}

#[cfg(test)]
mod tests {
    use super::is_blank;

    #[test]
    fn what_nobody_sees_says_nothing() {
        for text in [
            "",
            " \n\t",
            "\u{a0}\u{200b}\u{200b}",
            "\u{feff}",
            "\u{202e}\u{2800}\u{0}",
            "\u{61c}\u{fff9}\u{fffb}",
            "\u{e0001}\u{e0041}\u{e0fff}",
        ] {
            assert!(is_blank(text), "{text:?}");
        }
        for text in ["a", "\u{200b}.\u{200b}", "é", "👩‍⚕️", "ع", "5", "\u{fffc}"] {
            assert!(!is_blank(text), "{text:?}");
        }
    }
}
