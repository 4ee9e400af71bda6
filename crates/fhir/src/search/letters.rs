//! Words as they are compared: whatever the case, the accents, the apostrophe.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Compatibility decomposition, without accents nor joined letters, in lower case, one kind of apostrophe and of hyphen, spaces
/// collapsed.
pub fn normalise(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase) {
        match c {
            'œ' => folded.push_str("oe"),
            'æ' => folded.push_str("ae"),
            'ß' => folded.push_str("ss"),
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            'đ' => folded.push('d'),
            // As programs print them, and as one types them.
            '\u{2018}' | '\u{2019}' | '\u{02bc}' | '`' => folded.push('\''),
            '\u{2010}'..='\u{2015}' | '\u{2212}' => folded.push('-'),
            c => folded.push(c),
        }
    }
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::normalise;

    #[test]
    fn a_name_is_found_however_it_is_typed() {
        for (kept, typed) in [
            ("L’Œuvre", "l'oeuvre"),
            ("Lebœuf", "LEBOEUF"),
            ("Strauß", "strauss"),
            ("D‘ARC", "d'arc"),
            ("Jean‑Paul", "jean-paul"),
            ("  Søren   Kierkegård ", "soren kierkegard"),
        ] {
            assert_eq!(normalise(kept), normalise(typed), "{kept}");
        }
    }
}
