//! Links of a narrative: `<a href>` and `<img src>`, which a transaction rewrites as it does references (FHIR R4
//! §3.1.0.11.2).

/// The same XHTML with the links for which `with` gives another text; nothing when there is none.
pub(crate) fn rewrite(div: &str, with: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let (mut out, mut rest, mut changed) = (String::new(), div, false);
    while let Some((before, link, after)) = next(rest) {
        out.push_str(before);
        // An ampersand is the only character of an address that XHTML writes otherwise.
        match with(&link.replace("&amp;", "&")) {
            Some(new) => {
                out.push_str(
                    &new.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;").replace('\'', "&#39;"),
                );
                changed = true;
            }
            None => out.push_str(link),
        }
        rest = after;
    }
    out.push_str(rest);
    changed.then_some(out)
}

/// The text before the next link, with its opening quote; the link; and the rest from the closing quote.
fn next(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    loop {
        let tail = text.get(from..)?;
        let equals = tail.find('=')?;
        let (before, after) = (tail.get(..equals)?, tail.get(equals + 1..)?);
        let inner = after.trim_start();
        let quote = inner.chars().next().filter(|first| matches!(first, '"' | '\''));
        if let (true, Some(quote)) = (is_link(before), quote) {
            let start = text.len() - inner.len() + 1;
            let body = text.get(start..)?;
            let end = start + body.find(quote)?;
            return Some((text.get(..start)?, text.get(start..end)?, text.get(end..)?));
        }
        from += equals + 1;
    }
}

/// Whether what precedes an equals sign ends in the name of an attribute that holds a link.
fn is_link(before: &str) -> bool {
    let before = before.trim_end();
    let name = ["href", "src"].iter().find_map(|name| before.strip_suffix(name));
    name.is_some_and(|rest| rest.ends_with(|last: char| last.is_ascii_whitespace()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(div: &str) -> Option<String> {
        rewrite(div, &|link| match link {
            "urn:uuid:1" => Some("Patient/a".to_owned()),
            "a?b&c" => Some("d\"&e".to_owned()),
            _ => None,
        })
    }

    #[test]
    fn rewrites_links_and_nothing_else() {
        let div = "<div><a href=\"urn:uuid:1\">urn:uuid:1</a> <img alt='urn:uuid:1' src = 'urn:uuid:1'/></div>";
        let expected = "<div><a href=\"Patient/a\">urn:uuid:1</a> <img alt='urn:uuid:1' src = 'Patient/a'/></div>";
        assert_eq!(rewritten(div).as_deref(), Some(expected));
        assert_eq!(rewritten("<a href='a?b&amp;c'/>").as_deref(), Some("<a href='d&quot;&amp;e'/>"));
        for same in
            ["", "=", "href=", "href=\"", "<a href=\"urn:uuid:2\"/>", "<a xhref=\"urn:uuid:1\"/>", "a=b=c é=\"é"]
        {
            assert_eq!(rewritten(same), None, "{same}");
        }
    }
}
