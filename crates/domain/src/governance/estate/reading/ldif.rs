//! Accounts of a directory, in LDIF: entries apart by an empty line, values in base 64 after `::`, long lines folded.

use super::{Content, Format, Line, Parsed, Reason, computers, directory};

/// Whether a text begins as one.
pub(super) fn is_ldif(start: &str) -> bool {
    let said = start.lines().map(str::trim_start).find(|line| !line.is_empty() && !line.starts_with('#'));
    said.is_some_and(|line| {
        let line = line.to_lowercase();
        line.starts_with("dn:") || line.starts_with("version:")
    })
}

/// Reads entries: accounts of people, and machines; the others stay in their place, and say so.
pub(super) fn read(text: &str) -> Parsed {
    let mut lines = Vec::new();
    let mut entry = Vec::new();
    let mut begun = 1;
    for (line, number) in text.lines().chain([""]).zip(1_u64..) {
        if line.starts_with('#') {
            continue;
        }
        if line.trim().is_empty() {
            lines.extend(account(begun, &entry));
            entry.clear();
        } else if let Some(rest) = line.strip_prefix(' ') {
            if let Some(last) = entry.last_mut() {
                String::push_str(last, rest);
            }
        } else {
            if entry.is_empty() {
                begun = number;
            }
            entry.push(line.to_owned());
        }
    }
    // An attribute that no entry has was not asked for: an entry that has none of it says nothing.
    let told = |names: &[&str]| text.lines().any(|line| is_any(line, names));
    let (use_untold, end_untold) = (!told(directory::USED), !told(directory::EXPIRES));
    for line in &mut lines {
        if let Content::Account(account) = &mut line.content {
            (account.use_untold, account.end_untold) = (use_untold, end_untold);
        }
    }
    Parsed { format: Format::Directory, lines }
}

fn is_any(line: &str, names: &[&str]) -> bool {
    line.split_once(':').is_some_and(|(key, _)| names.iter().any(|name| key.eq_ignore_ascii_case(name)))
}

fn account(line: u64, entry: &[String]) -> Option<Line> {
    let attributes: Vec<(String, String)> = entry.iter().filter_map(|line| attribute(line)).collect();
    let values = |name: &str| -> Vec<String> {
        let named = |wanted: &str| {
            attributes.iter().filter(|(key, _)| key == wanted).map(|(_, value)| value.clone()).collect::<Vec<_>>()
        };
        match (name, named(name)) {
            ("samaccountname", found) if found.is_empty() => named("uid"),
            ("displayname", found) if found.is_empty() => named("cn"),
            ("lastlogontimestamp", _) => directory::USED.iter().flat_map(|name| named(name)).collect(),
            (_, found) => found,
        }
    };
    let classes = values("objectclass");
    let login = values("samaccountname").into_iter().next().unwrap_or_default();
    if directory::is_computer(&classes, &login) {
        // The version of an LDIF is nobody's.
        let said = |name: &str| if name == "version" { Vec::new() } else { values(name) };
        return Some(match computers::sighting(&said) {
            Some(sighting) => Line::machine(line, sighting),
            None => Line::unread(line, Reason::Empty),
        });
    }
    let known = !values("samaccountname").is_empty();
    if (classes.is_empty() && !known) || (!classes.is_empty() && !directory::is_person(&classes)) {
        return attributes.iter().any(|(key, _)| key == "dn").then(|| Line::unread(line, Reason::Foreign));
    }
    Some(match directory::account(&values) {
        Ok(account) => Line { line, content: Content::Account(account) },
        Err(reason) => Line::unread(line, reason),
    })
}

fn attribute(line: &str) -> Option<(String, String)> {
    let (key, value) = line.split_once(':')?;
    let key = key.split(';').next().unwrap_or_default().trim().to_lowercase();
    match value.strip_prefix(':') {
        None => Some((key, value.trim().to_owned())),
        Some(encoded) => String::from_utf8(decode(encoded.trim())?).ok().map(|value| (key, value)),
    }
}

/// Base 64.
fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut held, mut bits) = (0_u32, 0);
    for letter in text.trim_end_matches('=').bytes() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        held = (held << 6) | u32::from(value);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from((held >> bits) & 0xFF).ok()?);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    #[test]
    fn decodes_base_64() {
        assert_eq!(super::decode("w4lsw6lvbm9yZQ=="), Some("Éléonore".as_bytes().to_vec()));
        assert_eq!(super::decode("a b"), None);
    }
}
