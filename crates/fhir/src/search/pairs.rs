//! The text after `?`: names and values with percent-encoding.

/// Reads `a=b&c=d` with percent-encoding and `+`. Bytes that are not UTF-8 become U+FFFD, which nothing is indexed by.
pub fn pairs(query: &str) -> Vec<(String, String)> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        })
        .collect()
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
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
                    bytes.push(b'%');
                }
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
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
}
