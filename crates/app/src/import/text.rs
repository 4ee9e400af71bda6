//! What is wrong with a text that is no JSON, in words that say what to do.

use fhir::json::ParseError;

/// Why a text could not be read, and where. Never quotes it.
pub(super) fn wrong(text: &[u8], error: &ParseError, at_line: bool) -> String {
    let place = if at_line {
        format!("colonne {}", error.column)
    } else {
        format!("ligne {}, colonne {}", error.line, error.column)
    };
    match another(text).or_else(|| reason(error)) {
        Some(why) => format!("JSON incorrect, {place} : {why}."),
        None => format!("JSON incorrect, {place}."),
    }
}

/// What it is instead, where its bytes tell.
fn another(text: &[u8]) -> Option<&'static str> {
    let start = text.trim_ascii_start();
    let zeros = text.iter().take(64).filter(|byte| **byte == 0).count();
    Some(match start {
        [0x1f, 0x8b, ..] => "c'est un fichier compressé (gzip), à décompresser d'abord",
        [b'P', b'K', 3, 4, ..] => "c'est une archive (zip), à décompresser d'abord",
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "le texte est en UTF-16 : à enregistrer en UTF-8",
        _ if zeros >= 16.min(text.len().div_ceil(4)) && zeros > 0 => "le texte est en UTF-16 : à enregistrer en UTF-8",
        [b'<', ..] => "c'est du XML ; un import lit du JSON",
        _ if std::str::from_utf8(text).is_err() => "le texte n'est pas en UTF-8 (Latin-1 ?) : à enregistrer en UTF-8",
        _ => return None,
    })
}

fn reason(error: &ParseError) -> Option<&'static str> {
    use fhir::json::{DEEP, DUPLICATE, EARLY, MANY};
    Some(match error.reason {
        DUPLICATE => "un objet porte deux fois la même clé",
        DEEP => "plus de 64 niveaux l'un dans l'autre",
        MANY => "plus de deux millions de valeurs",
        EARLY => "le texte s'arrête avant la fin",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &[u8]) -> String {
        wrong(text, &fhir::json::parse(text).unwrap_err(), false)
    }

    #[test]
    fn says_what_a_text_is_instead() {
        let utf16: Vec<u8> = "{\"a\": 1}".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let deep = "[".repeat(80);
        for (text, word) in [
            (b"\x1f\x8b\x08\x00".as_slice(), "gzip"),
            (b"PK\x03\x04..", "zip"),
            (b"\xff\xfe{\x00}\x00", "UTF-16"),
            (&utf16, "UTF-16"),
            (b"<Patient xmlns=\"http://hl7.org/fhir\"/>", "XML"),
            (b"{\"a\": \"\xe9t\xe9\"}", "Latin-1"),
            (b"{\"a\": 1, \"a\": 2}", "deux fois"),
            (deep.as_bytes(), "niveaux"),
            (b"{\"a\": [1, ", "avant la fin"),
        ] {
            let said = said(text);
            assert!(said.starts_with("JSON incorrect, ligne ") && said.contains(word), "{word}: {said}");
        }
        assert_eq!(said(b"{\"a\": x}"), "JSON incorrect, ligne 1, colonne 7.");
    }
}
