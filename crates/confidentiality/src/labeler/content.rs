//! Text that stands in another form: the bytes of an attachment, the page of a narrative.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Of a text, what is read: its beginning.
const MOST: usize = 1 << 20;

/// As all programs write it: with or without padding.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// What an attachment or a Binary says.
pub(super) struct Content {
    /// Its text, without marks.
    pub(super) text: String,
    /// As it is written, where it has marks.
    pub(super) marked: String,
}

/// The same, where its bytes are text; of other forms, only what is said of it is read.
pub(super) fn content(kind: &str, data: &str) -> Option<Content> {
    let kind = kind.split(';').next().unwrap_or_default().trim().to_lowercase();
    let marked = kind.contains("xml") || kind.contains("html");
    if !marked && !kind.starts_with("text/") {
        return None;
    }
    let letters = data.chars().filter(|c| !c.is_whitespace()).take(MOST / 3 * 4);
    let data: String = letters
        .map(|c| {
            if c == '-' {
                '+'
            } else if c == '_' {
                '/'
            } else {
                c
            }
        })
        .collect();
    let text = decoded(LENIENT.decode(data).ok()?);
    Some(if marked {
        Content { text: without_tags(&text), marked: text }
    } else {
        Content { text, marked: String::new() }
    })
}

/// Bytes as text: UTF-8, UTF-16 where they begin so, else one byte a letter, as old programs write.
fn decoded(bytes: Vec<u8>) -> String {
    let wide = |from: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.as_chunks::<2>().0.iter().map(|pair| from(*pair)).collect();
        String::from_utf16_lossy(&units)
    };
    match bytes.as_slice() {
        [0xff, 0xfe, ..] => wide(u16::from_le_bytes),
        [0xfe, 0xff, ..] => wide(u16::from_be_bytes),
        [_, 0, _, 0, ..] => wide(u16::from_le_bytes),
        [0, _, 0, _, ..] => wide(u16::from_be_bytes),
        _ => match std::str::from_utf8(&bytes) {
            Ok(text) => text.to_owned(),
            // A letter that the limit cuts in two does not make a text another.
            Err(error) if error.error_len().is_none() => String::from_utf8_lossy(&bytes).into_owned(),
            Err(_) => bytes.into_iter().map(char::from).collect(),
        },
    }
}

/// The text of a page. Tags separate, as the end of a line does.
pub(super) fn without_tags(html: &str) -> String {
    let (mut text, mut inside) = (String::with_capacity(html.len()), false);
    let mut chars = html.chars().peekable();
    while let Some(c) = chars.next() {
        let opens = || |next: &char| next.is_ascii_alphabetic() || matches!(next, '/' | '!' | '?');
        match c {
            '<' if !inside && chars.peek().is_some_and(opens()) => inside = true,
            '>' if inside => {
                inside = false;
                text.push('\n');
            }
            _ if !inside => text.push(c),
            _ => {}
        }
    }
    if text.contains('&') { without_entities(&text) } else { text }
}

/// Letters that are written by their names or numbers.
fn without_entities(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let named = after
            .split_once(';')
            .filter(|(name, _)| name.len() <= 8)
            .and_then(|(name, behind)| Some((entity(name)?, behind)));
        rest = match named {
            Some((letter, behind)) => {
                out.push(letter);
                behind
            }
            None => {
                out.push('&');
                after
            }
        };
    }
    out + rest
}

/// One letter of HTML: by number, by its accent, or one of a few others. Accents do not count in what is read: the bare letter stands.
fn entity(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let hex = number.strip_prefix(['x', 'X']);
        let code = hex.map_or_else(|| number.parse().ok(), |hex| u32::from_str_radix(hex, 16).ok());
        return char::from_u32(code?);
    }
    let accents = ["acute", "grave", "circ", "uml", "cedil", "tilde", "ring"];
    if let Some(letter) = accents.iter().find_map(|accent| name.strip_suffix(accent)) {
        let mut letters = letter.chars();
        return letters.next().filter(|first| first.is_ascii_alphabetic() && letters.next().is_none());
    }
    match name {
        "nbsp" => Some(' '),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" | "rsquo" | "lsquo" => Some('\''),
        "amp" => Some('&'),
        "oelig" => Some('œ'),
        "OElig" => Some('Œ'),
        "laquo" => Some('«'),
        "raquo" => Some('»'),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(bytes: &[u8]) -> String {
        base64::engine::general_purpose::STANDARD.encode(bytes)
    }

    #[test]
    fn text_is_read_in_whatever_letters_it_is_written() {
        let utf16: Vec<u8> = "\u{feff}séropositif".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let plain = |bytes: &[u8]| content("Text/Plain; charset=x", &encoded(bytes)).unwrap().text;
        assert!(plain(&utf16).contains("séropositif") && plain(utf16.get(2..).unwrap()).contains("séropositif"));
        assert_eq!(plain(b"s\xe9ropositif"), "séropositif");
        assert_eq!(plain("séropositif".as_bytes()), "séropositif");
        let unpadded = encoded(b"VIH positif").trim_end_matches('=').to_owned();
        let text = |kind: &str, data: &str| content(kind, data).map(|content| content.text);
        assert_eq!(text("text/plain", &format!(" {unpadded}\n")).as_deref(), Some("VIH positif"));
        assert_eq!(text("application/pdf", &unpadded), None);
        assert_eq!(text("text/plain; x=xml", &encoded(b"TA < 10 > 8")).as_deref(), Some("TA < 10 > 8"));
        assert_eq!(text("text/plain", "!!"), None);
    }

    #[test]
    fn pages_lose_their_tags_and_no_words() {
        let page = "<p>s&eacute;ropositif, TA < 10, l&rsquo;appel&#233; &amp; suivi<br/>VIH &x; &</p>";
        assert_eq!(without_tags(page), "\nseropositif, TA < 10, l'appelé & suivi\nVIH &x; &\n");
    }
}
