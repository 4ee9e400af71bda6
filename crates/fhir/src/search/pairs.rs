//! The text after `?`: names and values with percent-encoding.

use crate::{Invalid, Issue};

/// Reads `a=b&c=d` with percent-encoding and `+`. What cannot be read is kept as well as it can be: an escape that is none
/// as it is, bytes that are not UTF-8 as U+FFFD. Forms of pages are read so; what a program asks is [`asked`].
pub fn pairs(query: &str) -> Vec<(String, String)> {
    parts(query).map(|(name, value)| (decode(name).0, decode(value).0)).collect()
}

/// Reads the same of a program, which must mean what it says: read as another value, a condition would be met by another
/// resource, or by none.
///
/// # Errors
/// [`Invalid`] with each parameter that has an escape that is none, or bytes that are not UTF-8.
pub fn asked(query: &str) -> Result<Vec<(String, String)>, Invalid> {
    let (mut all, mut issues) = (Vec::new(), Vec::new());
    for (name, value) in parts(query) {
        let ((name, known), (value, fine)) = (decode(name), decode(value));
        if known && fine {
            all.push((name, value));
        } else {
            let fr = "Ce paramètre ne peut pas être lu : « % » suivi d’autre chose que deux chiffres hexadécimaux, ou octets qui ne sont pas de l’UTF-8.";
            let en = "Not readable: a '%' without two hexadecimal digits, or bytes that are not UTF-8.";
            issues.push(Issue::error("value", known.then_some(name), fr, en));
        }
    }
    if issues.is_empty() { Ok(all) } else { Err(Invalid { issues }) }
}

fn parts(query: &str) -> impl Iterator<Item = (&str, &str)> {
    query.split('&').filter(|pair| !pair.is_empty()).map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

/// The text, and whether it is all that was meant.
fn decode(text: &str) -> (String, bool) {
    let (mut bytes, mut whole) = (Vec::with_capacity(text.len()), true);
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let mut ahead = rest.clone();
                let hex = (ahead.next().and_then(digit), ahead.next().and_then(digit));
                if let (Some(high), Some(low)) = hex {
                    bytes.push(high << 4 | low);
                    rest = ahead;
                } else {
                    whole = false;
                    bytes.push(b'%');
                }
            }
            other => bytes.push(other),
        }
    }
    match String::from_utf8(bytes) {
        Ok(text) => (text, whole),
        Err(error) => (String::from_utf8_lossy(error.as_bytes()).into_owned(), false),
    }
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(query: &str) -> (String, String) {
        let mut found = pairs(query);
        assert_eq!(found.len(), 1, "{query}");
        found.remove(0)
    }

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn splits_before_it_decodes() {
        assert_eq!(one("a%26b=c%3Dd"), pair("a&b", "c=d"));
        assert_eq!(one("date=2024-01-01T10:00%2B01:00"), pair("date", "2024-01-01T10:00+01:00"));
        assert_eq!(one("a=b=c"), pair("a", "b=c"));
        assert_eq!(pairs("a=1&&b=2&"), [pair("a", "1"), pair("b", "2")]);
        assert_eq!(pairs("a=1&a=2"), [pair("a", "1"), pair("a", "2")]);
        assert_eq!(one("a"), pair("a", ""));
        assert!(pairs("").is_empty());
    }

    #[test]
    fn a_plus_is_a_space_and_an_encoded_plus_is_a_plus() {
        assert_eq!(one("family=De+la%20Tour%2b"), pair("family", "De la Tour+"));
    }

    #[test]
    fn what_is_not_an_escape_stays_as_it_is() {
        assert_eq!(one("a=100%"), pair("a", "100%"));
        assert_eq!(one("a=%4"), pair("a", "%4"));
        assert_eq!(one("a=%zz%41"), pair("a", "%zzA"));
    }

    #[test]
    fn accents_are_read_and_bytes_that_are_not_text_are_marked() {
        assert_eq!(one("family=L%C3%A9a"), pair("family", "Léa"));
        assert_eq!(one("family=Léa"), pair("family", "Léa"));
        assert_eq!(one("family=L%E9a"), pair("family", "L\u{fffd}a"));
        assert_eq!(one("%ff=%C3"), pair("\u{fffd}", "\u{fffd}"));
    }

    #[test]
    fn a_program_must_mean_what_it_says() {
        assert_eq!(asked("family=L%C3%A9a+b&x=%25").unwrap(), [pair("family", "Léa b"), pair("x", "%")]);
        // U+FFFD is a letter like any other, for who sends it.
        assert!(asked("family=%EF%BF%BD").is_ok());
        for (bad, name) in [("a=1&b=%E9", Some("b")), ("b=%zz", Some("b")), ("b=100%", Some("b")), ("%ff=1", None)] {
            let issues = asked(bad).unwrap_err().issues;
            assert_eq!((issues.len(), issues[0].expression.as_deref()), (1, name), "{bad}");
        }
    }
}
