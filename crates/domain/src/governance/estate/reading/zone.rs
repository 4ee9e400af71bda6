//! What the names of the Internet say of mail: answers of `dig`, or a zone as its provider exports it (RFC 1035). All of a
//! file about one domain is one line.

use super::parts::clip;
use super::{Content, Format, Line, Parsed};
use crate::governance::estate::register::{Entry, Zone};
use std::collections::BTreeMap;

/// Kinds of records; those between them and the class are passed over.
const KINDS: [&str; 12] = ["TXT", "MX", "CNAME", "A", "AAAA", "NS", "SOA", "SRV", "CAA", "PTR", "SPF", "TLSA"];
/// Domains of one file.
const MOST: usize = 10_000;

/// A record: whose, of which kind, what it says.
struct Record {
    owner: String,
    kind: &'static str,
    said: String,
}

/// Whether a text is one: a class and a kind of record in one of its first lines, or the mark of `dig`.
pub(super) fn is_zone(start: &str) -> bool {
    let first = start.lines().filter(|line| !line.trim().is_empty()).take(40);
    first.into_iter().any(|line| {
        let (line, words) = (line.trim_start(), line.split_whitespace().collect::<Vec<_>>());
        let told = words.windows(2).any(|pair| matches!(pair, ["IN", kind] if KINDS.contains(kind)));
        line.starts_with("$ORIGIN") || line.starts_with("; <<>> DiG") || told
    })
}

/// Reads records: one line a domain.
pub(super) fn read(text: &str) -> Parsed {
    let mut zones: BTreeMap<String, (u64, Zone)> = BTreeMap::new();
    let (mut origin, mut owner) = (String::new(), String::new());
    for (number, line) in logical(text) {
        if let Some(rest) = line.trim_start().strip_prefix("$ORIGIN") {
            origin = rest.trim().trim_end_matches('.').to_lowercase();
            continue;
        }
        let Some(record) = record(&line, &origin, &mut owner) else { continue };
        let (domain, role) = split(&record.owner);
        if zones.len() == MOST && !zones.contains_key(domain) {
            continue;
        }
        let fresh = || (number, Zone { domain: domain.to_owned(), ..Zone::default() });
        let (_, zone) = zones.entry(domain.to_owned()).or_insert_with(fresh);
        add(zone, role, &record);
    }
    // Names that neither receive mail nor say anything of it are not about mail.
    let speaks = |zone: &Zone| zone.mail || !zone.spf.is_empty() || zone.dmarc.is_some() || !zone.dkim.is_empty();
    let told = zones.into_values().filter(|(_, zone)| speaks(zone));
    let line = |(line, zone)| Line { line, content: Content::Entry(Box::new(Entry::Zone(zone))) };
    let mut lines: Vec<Line> = told.map(line).collect();
    lines.sort_by_key(|line| line.line);
    Parsed { format: Format::Zone, lines }
}

/// What a name is for: mail itself, its policy, or a key.
enum Role<'a> {
    Domain,
    Policy,
    Key(&'a str),
}

fn split(owner: &str) -> (&str, Role<'_>) {
    if let Some(domain) = owner.strip_prefix("_dmarc.") {
        return (domain, Role::Policy);
    }
    match owner.split_once("._domainkey.") {
        Some((selector, domain)) => (domain, Role::Key(selector)),
        None => (owner, Role::Domain),
    }
}

fn add(zone: &mut Zone, role: Role<'_>, record: &Record) {
    let said = record.said.to_lowercase();
    match (role, record.kind) {
        (Role::Domain, "MX") => zone.mail |= !said.trim_end().ends_with(" ."),
        // Asked, and nothing answered: the question itself tells that the domain counts.
        (Role::Domain, "?") => zone.mail = true,
        (Role::Domain, "TXT" | "SPF") if said.starts_with("v=spf1") => zone.spf.extend(clip(&said)),
        (Role::Policy, "TXT") if said.starts_with("v=dmarc1") => zone.dmarc = clip(&said),
        // A key taken back is empty.
        (Role::Key(selector), "TXT")
            if said.split(';').any(|part| part.trim().strip_prefix("p=").is_some_and(|key| !key.trim().is_empty())) =>
        {
            zone.dkim.extend(clip(selector));
        }
        (Role::Key(selector), "CNAME") => zone.dkim.extend(clip(selector)),
        _ => {}
    }
}

fn record(line: &str, origin: &str, owner: &mut String) -> Option<Record> {
    let asked = line.strip_prefix(';').filter(|rest| rest.contains("IN") && !rest.starts_with([';', ' ']));
    let (line, is_question) = (asked.unwrap_or(line), asked.is_some());
    let cut = !is_question && !line.contains('"');
    let bare = line.split_once(" ;").filter(|_| cut).map_or(line, |(kept, _)| kept);
    if bare.trim().is_empty() || bare.starts_with([';', '$']) {
        return None;
    }
    let words: Vec<&str> = bare.split_whitespace().collect();
    let at = words.iter().take(4).position(|word| KINDS.contains(word))?;
    let kind = KINDS.iter().find(|kind| words.get(at) == Some(*kind))?;
    // A line that begins with a space goes on about the name before.
    let named = !bare.starts_with([' ', '\t']) && at > 0;
    let first = words.first().filter(|_| named).copied();
    if let Some(first) = first {
        *owner = absolute(first, origin);
    }
    if owner.is_empty() {
        return None;
    }
    let said = spoken(bare, kind);
    if is_question {
        return matches!(*kind, "TXT" | "MX").then(|| Record { owner: owner.clone(), kind: "?", said });
    }
    Some(Record { owner: owner.clone(), kind, said })
}

fn absolute(name: &str, origin: &str) -> String {
    let name = name.to_lowercase();
    match name.strip_suffix('.') {
        Some(whole) => whole.to_owned(),
        None if name == "@" => origin.to_owned(),
        None if origin.is_empty() => name,
        None => format!("{name}.{origin}"),
    }
}

/// What stands after the kind: quoted pieces joined, else the words.
fn spoken(line: &str, kind: &str) -> String {
    let mut rest = line;
    let after = loop {
        let Some((_, after)) = rest.split_once(kind) else { break "" };
        if after.starts_with(char::is_whitespace) || after.is_empty() {
            break after;
        }
        rest = after;
    };
    if after.contains('"') {
        return after.split('"').skip(1).step_by(2).collect();
    }
    after.trim().to_owned()
}

/// Lines, those within brackets joined, each with the number it begins on.
fn logical(text: &str) -> Vec<(u64, String)> {
    let mut lines: Vec<(u64, String)> = Vec::new();
    let mut open = false;
    for (line, number) in text.lines().zip(1_u64..) {
        let plain: String = line
            .chars()
            .map(|sign| if matches!(sign, '(' | ')') && !line.starts_with(';') { ' ' } else { sign })
            .collect();
        match lines.last_mut() {
            Some((_, last)) if open => {
                last.push(' ');
                last.push_str(plain.trim());
            }
            _ => lines.push((number, plain)),
        }
        let outside = line.split('"').step_by(2).collect::<String>();
        let outside = if line.starts_with(';') { "" } else { outside.split(';').next().unwrap_or_default() };
        open = (open || outside.contains('(')) && !outside.contains(')');
    }
    lines
}
