//! Words of FHIRPath (N1, §9 and the grammar of its annex).

/// A word of an expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// A name; whether it was between backquotes, where keywords are names too.
    Name(String, bool),
    /// A text.
    Text(String),
    /// A number.
    Number(f64),
    /// A date, a time or both, without its `@`.
    Date(String),
    /// `%name`.
    Variable(String),
    /// `$this`, `$index`.
    Special(String),
    /// Punctuation and operators.
    Sign(&'static str),
}

const SIGNS: [&str; 22] =
    ["<=", ">=", "!=", "!~", "<", ">", "=", "~", "(", ")", "[", "]", "{", "}", ".", ",", "+", "-", "*", "/", "&", "|"];

/// Cuts an expression into words; none when a part of it is no word.
pub(super) fn words(text: &str) -> Option<Vec<Token>> {
    let (mut words, mut rest) = (Vec::new(), text);
    loop {
        rest = rest.trim_start();
        if let Some(comment) = rest.strip_prefix("//") {
            rest = comment.split_once('\n').map_or("", |(_, rest)| rest);
            continue;
        }
        if let Some(comment) = rest.strip_prefix("/*") {
            rest = comment.split_once("*/")?.1;
            continue;
        }
        let Some(first) = rest.chars().next() else { return Some(words) };
        let (word, after) = match first {
            '\'' => quoted(rest, '\'').map(|(text, rest)| (Token::Text(text), rest))?,
            '`' => quoted(rest, '`').map(|(text, rest)| (Token::Name(text, true), rest))?,
            '@' => {
                let (date, rest) = take(rest.strip_prefix('@')?, |c| c.is_ascii_digit() || ":-+.TZ".contains(c));
                // A method called on a date: `@2020.toString()`.
                match date.strip_suffix('.') {
                    Some(date) => {
                        words.push(Token::Date(date.to_owned()));
                        (Token::Sign("."), rest)
                    }
                    None => (Token::Date(date.to_owned()), rest),
                }
            }
            '%' => variable(rest)?,
            '$' => {
                let (name, rest) = take(rest.strip_prefix('$')?, |c| c.is_ascii_alphabetic());
                (Token::Special(name.to_owned()), rest)
            }
            c if c.is_ascii_digit() => number(rest)?,
            c if c.is_ascii_alphabetic() || c == '_' => {
                let (name, rest) = take(rest, |c| c.is_ascii_alphanumeric() || c == '_');
                (Token::Name(name.to_owned(), false), rest)
            }
            _ => {
                let sign = SIGNS.into_iter().find(|sign| rest.starts_with(sign))?;
                (Token::Sign(sign), rest.strip_prefix(sign)?)
            }
        };
        words.push(word);
        rest = after;
    }
}

fn take(text: &str, inside: impl Fn(char) -> bool) -> (&str, &str) {
    let end = text.find(|c| !inside(c)).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

fn number(text: &str) -> Option<(Token, &str)> {
    let (whole, rest) = take(text, |c| c.is_ascii_digit());
    let fraction = rest.strip_prefix('.').map(|rest| take(rest, |c| c.is_ascii_digit()));
    match fraction {
        Some((digits, rest)) if !digits.is_empty() => {
            Some((Token::Number(format!("{whole}.{digits}").parse().ok()?), rest))
        }
        _ => Some((Token::Number(whole.parse().ok()?), rest)),
    }
}

fn variable(text: &str) -> Option<(Token, &str)> {
    let text = text.strip_prefix('%')?;
    let (name, rest) = match text.chars().next()? {
        quote @ ('`' | '\'' | '"') => quoted(text, quote)?,
        _ => {
            let (name, rest) = take(text, |c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
            (name.to_owned(), rest)
        }
    };
    Some((Token::Variable(name), rest))
}

/// A text up to its closing quote, escapes undone.
fn quoted(text: &str, quote: char) -> Option<(String, &str)> {
    let mut out = String::new();
    let mut letters = text.char_indices().skip(1);
    while let Some((at, letter)) = letters.next() {
        if letter == quote {
            return Some((out, text.get(at + 1..)?));
        }
        if letter != '\\' {
            out.push(letter);
            continue;
        }
        match letters.next()?.1 {
            'n' => out.push('\n'),
            'r' => out.push('\r'),
            't' => out.push('\t'),
            'f' => out.push('\u{c}'),
            'u' => {
                let code: String = letters.by_ref().take(4).map(|(_, letter)| letter).collect();
                out.push(char::from_u32(u32::from_str_radix(&code, 16).ok()?)?);
            }
            other => out.push(other),
        }
    }
    None
}
