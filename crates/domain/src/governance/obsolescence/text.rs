//! Names as they are compared: lower case, without accents, marks of ownership or typographic spaces.

use super::{Kind, Observed};
use regex::Regex;
use std::borrow::Cow;
use std::sync::LazyLock;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// One form for every spelling of a name: « Microsoft® Windows™ 10 Entreprise » and « microsoft windows 10 entreprise ».
pub(in crate::governance) fn normalise(text: &str) -> String {
    let marks = ["(r)", "(tm)", "(c)"];
    let mut plain = String::with_capacity(text.len());
    for c in text.replace(['™', '®', '©'], "").nfkd() {
        match c {
            '\u{200b}' | '\u{feff}' | '\u{ad}' => {}
            c if is_combining_mark(c) => {}
            '–' | '—' | '‑' | '‐' | '−' => plain.push('-'),
            '’' | '‘' => plain.push('\''),
            c if c.is_whitespace() || c == '_' || c.is_control() => plain.push(' '),
            c => plain.extend(c.to_lowercase()),
        }
    }
    let plain = marks.iter().fold(plain, |plain, mark| plain.replace(mark, ""));
    let words: Vec<&str> = plain.split_whitespace().collect();
    without_language(&words.join(" ")).to_owned()
}

/// Without the language that installers add: « … - fr-fr ».
fn without_language(text: &str) -> &str {
    let Some((before, last)) = text.rsplit_once(" - ") else { return text };
    let mut letters = last.split('-');
    let short =
        |part: Option<&str>| part.is_some_and(|part| part.len() == 2 && part.chars().all(|c| c.is_ascii_lowercase()));
    if short(letters.next()) && short(letters.next()) && letters.next().is_none() { before.trim_end() } else { text }
}

/// Without the number that packages put before the version when their count began anew: « 1:10.11.14 » is 10.11.14.
fn without_epoch(version: &str) -> &str {
    match version.split_once(':') {
        Some((epoch, rest)) if !epoch.is_empty() && epoch.bytes().all(|byte| byte.is_ascii_digit()) => rest,
        _ => version,
    }
}

/// Windows as people shorten it.
const SHORT: [(&str, &str); 6] = [
    (r"^(?:microsoft |ms )?w(?:in)?[ -]?(xp|vista|7|8\.1|8|10|11)\b", "windows $1"),
    (r"\bwindows seven\b", "windows 7"),
    (r"^(?:ws|w2k|windows 2k|win2k)[ -]?(?:20)?(03|08|12|16|19|22|25)\b", "windows server 20$1"),
    (r"^(?:w|win)2k(3|8)\b", "windows server 200$1"),
    (
        r"^(?:microsoft |ms )?win(?:dows)?[ -]?(?:server |srv |svr |ws )?(20(?:03|08|12|16|19|22|25)) ?(r2)?\b",
        "windows server $1 $2",
    ),
    (r"^win (server|srv)\b", "windows server"),
];
static SHORTENED: LazyLock<Vec<(Regex, &'static str)>> =
    LazyLock::new(|| SHORT.iter().filter_map(|(short, full)| Some((Regex::new(short).ok()?, *full))).collect());

/// The name of a system in one form: « Win10 Pro » is « windows 10 pro ».
pub(in crate::governance) fn system_name(text: &str) -> String {
    spelled(normalise(text), Kind::System)
}

/// A system by its whole name: « win10 pro » is « windows 10 pro ».
fn spelled(name: String, kind: Kind) -> String {
    if kind != Kind::System {
        return name;
    }
    SHORTENED.iter().fold(name, |name, (short, full)| match short.replace(&name, *full) {
        Cow::Borrowed(_) => name,
        Cow::Owned(whole) => whole,
    })
}

/// The texts of something observed, normalised once.
#[derive(Debug, Clone, Default)]
pub(super) struct Texts {
    pub(super) publisher: String,
    pub(super) name: String,
    pub(super) version: String,
    pub(super) purl: String,
    pub(super) build: String,
    pub(super) edition: String,
    pub(super) service_pack: String,
    pub(super) maker: String,
    pub(super) model: String,
}

impl Texts {
    pub(super) fn of(observed: &Observed<'_>) -> Self {
        Self {
            publisher: normalise(observed.publisher),
            name: spelled(normalise(observed.name), observed.kind),
            version: without_epoch(&normalise(observed.version)).to_owned(),
            purl: observed.purl.to_lowercase(),
            build: normalise(observed.build),
            edition: normalise(observed.edition),
            service_pack: normalise(observed.service_pack),
            maker: normalise(observed.maker),
            model: normalise(observed.model),
        }
    }

    /// Everything that may name a cycle, as one text.
    pub(super) fn all(&self) -> String {
        [&self.name, &self.version, &self.edition, &self.service_pack, &self.build].map(String::as_str).join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_form_for_every_spelling() {
        let texts = Texts::of(&Observed {
            name: "Microsoft®\u{a0}Windows™  10\u{202f}Éducation",
            publisher: "Intel(R)",
            ..Observed::default()
        });
        assert_eq!(texts.name, "microsoft windows 10 education");
        assert_eq!(texts.publisher, "intel");
        assert_eq!(normalise("Microsoft 365 Apps for enterprise - fr-fr"), "microsoft 365 apps for enterprise");
        assert_eq!(normalise("Microsoft .NET Runtime - 6.0.21 (x64)"), "microsoft .net runtime - 6.0.21 (x64)");
    }
}
