//! The narrative's XHTML (R4 §2.4.1): one well-formed `div`, nothing active in it.

use super::text::{self, Fault};

const NAMESPACE: &str = "http://www.w3.org/1999/xhtml";
/// Elements a narrative may have: chapters 7 to 11 (without 9.4) and 15 of HTML 4.0, links and images.
const ELEMENTS: [&str; 56] = [
    "a",
    "abbr",
    "acronym",
    "address",
    "area",
    "b",
    "bdo",
    "big",
    "blockquote",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "dfn",
    "dir",
    "div",
    "dl",
    "dt",
    "em",
    "font",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "kbd",
    "li",
    "map",
    "menu",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "samp",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
];
/// The rest of them.
const MORE: [&str; 4] = ["tt", "u", "ul", "var"];

/// What is wrong with a narrative, if anything is.
pub(super) fn fault(text: &str) -> Option<Fault> {
    let mut scan = Scan { rest: text.trim(), open: Vec::new(), content: false, fault: None };
    match scan.run() {
        None => Some(text::XHTML),
        Some(()) if scan.fault.is_some() => scan.fault,
        Some(()) => (!scan.content).then_some(text::BLANK_NARRATIVE),
    }
}

struct Scan<'a> {
    rest: &'a str,
    open: Vec<&'a str>,
    content: bool,
    fault: Option<Fault>,
}

impl<'a> Scan<'a> {
    /// Reads the whole text; none when it is not well formed.
    fn run(&mut self) -> Option<()> {
        self.rest.starts_with("<div").then_some(())?;
        loop {
            let at = self.rest.find('<')?;
            let (before, tag) = self.rest.split_at_checked(at)?;
            self.content |= !before.trim().is_empty();
            has_sound_entities(before).then_some(())?;
            if let Some(comment) = tag.strip_prefix("<!--") {
                self.rest = comment.split_once("-->")?.1;
            } else if let Some(data) = tag.strip_prefix("<![CDATA[") {
                self.content = true;
                self.rest = data.split_once("]]>")?.1;
            } else if let Some(close) = tag.strip_prefix("</") {
                let (name, rest) = close.split_once('>')?;
                (self.open.pop()? == name.trim_end()).then_some(())?;
                self.rest = rest;
                if self.open.is_empty() {
                    return rest.trim().is_empty().then_some(());
                }
            } else {
                self.rest = tag.strip_prefix('<')?;
                self.tag()?;
                if self.open.is_empty() {
                    return self.rest.trim().is_empty().then_some(());
                }
            }
        }
    }

    fn tag(&mut self) -> Option<()> {
        let root = self.open.is_empty();
        let end = self.rest.find(|c: char| c.is_whitespace() || matches!(c, '>' | '/'))?;
        let (name, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest;
        name.starts_with(|c: char| c.is_ascii_alphabetic()).then_some(())?;
        if !ELEMENTS.contains(&name) && !MORE.contains(&name) {
            self.fault = Some(text::XHTML_ACTIVE);
        }
        self.content |= name == "img";
        let mut namespace = false;
        loop {
            let trimmed = self.rest.trim_start();
            if let Some(rest) = trimmed.strip_prefix("/>") {
                self.rest = rest;
                break;
            }
            if let Some(rest) = trimmed.strip_prefix('>') {
                self.rest = rest;
                self.open.push(name);
                break;
            }
            let (key, value) = self.attribute(trimmed)?;
            namespace |= key == "xmlns" && value == NAMESPACE;
            let lower = key.to_ascii_lowercase();
            let link = matches!(lower.as_str(), "href" | "src")
                && value.trim_start().to_ascii_lowercase().starts_with("javascript:");
            if lower.starts_with("on") || link {
                self.fault = Some(text::XHTML_ACTIVE);
            }
        }
        (!root || (namespace && name == "div")).then_some(())
    }

    fn attribute(&mut self, text: &'a str) -> Option<(&'a str, &'a str)> {
        let (key, rest) = text.split_once('=')?;
        let (key, rest) = (key.trim_end(), rest.trim_start());
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let (value, rest) = rest.strip_prefix(quote)?.split_once(quote)?;
        let sound = !key.is_empty() && !key.contains(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '/' | '"'));
        self.rest = rest;
        (sound && !value.contains('<') && has_sound_entities(value)).then_some((key, value))
    }
}

/// Whether every ampersand begins a named or numbered character.
fn has_sound_entities(text: &str) -> bool {
    text.split('&').skip(1).all(|after| {
        let Some((name, _)) = after.split_once(';') else { return false };
        match name.strip_prefix('#') {
            Some(number) => match number.strip_prefix('x') {
                Some(hex) => u32::from_str_radix(hex, 16).ok().and_then(char::from_u32).is_some(),
                None => number.parse::<u32>().ok().and_then(char::from_u32).is_some(),
            },
            None => {
                name.starts_with(|first: char| first.is_ascii_alphabetic())
                    && name.len() <= 8
                    && name.bytes().all(|b| b.is_ascii_alphanumeric())
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn div(inside: &str) -> String {
        format!("<div xmlns=\"{NAMESPACE}\">{inside}</div>")
    }

    #[test]
    fn takes_what_is_well_formed() {
        for inside in [
            "a",
            "<p class='x'>a<br/>b</p>",
            "<img src=\"#a\" alt=\"a > b\"/>",
            "<!-- < -->é",
            "&#160; a",
            "a&nbsp;&eacute;&#xE9;",
            "<a href='x?a=1&amp;b=2'>b</a>",
        ] {
            assert_eq!(fault(&div(inside)), None, "{inside}");
        }
    }

    #[test]
    fn refuses_what_is_not() {
        for inside in [
            "<p>a",
            "a</p>",
            "<p>a</b></p>",
            "<p a>b</p>",
            "<p a=b>c</p>",
            "a</div><div>",
            "< p>a</p>",
            "<",
            "a & b",
            "&#x;",
            "&é;",
            "<a href='x?a=1&b=2'>c</a>",
        ] {
            assert_eq!(fault(&div(inside)), Some(text::XHTML), "{inside}");
        }
        for text in ["a", "<div>a</div>", "<p xmlns=\"http://www.w3.org/1999/xhtml\">a</p>", "<div xmlns=\"x\">a</div>"]
        {
            assert_eq!(fault(text), Some(text::XHTML), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_active_or_blank() {
        for inside in [
            "<script>a</script>",
            "<p onclick='x'>a</p>",
            "<a href=' JavaScript:a'>b</a>",
            "<form>a</form>",
            "<SCRIPT>a</SCRIPT>",
            "<svg>a</svg>",
            "<ins>a</ins>",
        ] {
            assert_eq!(fault(&div(inside)), Some(text::XHTML_ACTIVE), "{inside}");
        }
        assert_eq!(fault(&div(" <p> </p>")), Some(text::BLANK_NARRATIVE));
    }
}
