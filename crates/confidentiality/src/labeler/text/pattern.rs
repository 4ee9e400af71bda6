//! The pattern language of the rules: words, stems, groups, gaps. Its grammar is in the crate's README.

use super::fold::fold;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A word of a pattern.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Atom<'a> {
    /// Exactly this word; its plural too from four letters on.
    Word(Cow<'a, str>),
    /// This word, written in capitals.
    Upper(Cow<'a, str>),
    /// Any word that begins so.
    Stem(Cow<'a, str>),
}

/// One step of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step<'a> {
    /// This word.
    Word(Atom<'a>),
    /// One of these.
    One(Ways<'a>),
    /// One of these, or nothing.
    Maybe(Ways<'a>),
    /// Up to this many words.
    Gap(u32),
}

/// Alternatives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ways<'a> {
    /// These.
    Rows(Vec<Vec<Step<'a>>>),
    /// Those of a word class, by its name.
    Class(&'a str),
}

/// Word classes, by name.
pub(super) type Classes<'a> = BTreeMap<&'a str, Vec<Vec<Step<'a>>>>;

/// Reads the classes of the context file.
pub(super) fn classes(lists: &BTreeMap<String, Vec<String>>) -> Result<Classes<'_>, String> {
    let none = Classes::new();
    lists
        .iter()
        .map(|(name, list)| Ok((name.as_str(), list.iter().map(|term| parse(term, &none)).collect::<Result<_, _>>()?)))
        .collect()
}

/// Reads a pattern.
///
/// # Errors
/// What is wrong with it.
pub(super) fn parse<'a>(term: &'a str, classes: &Classes<'_>) -> Result<Vec<Step<'a>>, String> {
    let wrong = |what: String| format!("« {term} »: {what}");
    let mut rest = term.trim();
    let steps = row(&mut rest, classes).map_err(wrong)?;
    if !rest.is_empty() {
        return Err(wrong("a group does not begin".into()));
    }
    if matches!(steps.last(), None | Some(Step::Gap(_))) || matches!(steps.first(), Some(Step::Gap(_))) {
        return Err(wrong("a pattern begins and ends with a word".into()));
    }
    Ok(steps)
}

/// Steps until the end, or until what ends an alternative.
fn row<'a>(rest: &mut &'a str, classes: &Classes<'_>) -> Result<Vec<Step<'a>>, String> {
    let mut steps = Vec::new();
    loop {
        *rest = rest.trim_start();
        let Some(next) = rest.chars().next().filter(|next| !matches!(next, '|' | ')')) else { return Ok(steps) };
        let ways = match next {
            '.' => {
                let dots = rest.len() - rest.trim_start_matches('.').len();
                *rest = rest.trim_start_matches('.');
                steps.push(Step::Gap(if dots > 2 { 6 } else { 3 }));
                continue;
            }
            '(' => Ways::Rows(group(rest, classes)?),
            '<' => {
                let tail = rest.strip_prefix('<').unwrap_or(rest);
                let (name, after) = tail.split_once('>').ok_or("a class does not end")?;
                *rest = after;
                if !classes.contains_key(name) {
                    return Err("unknown class".into());
                }
                Ways::Class(name)
            }
            _ => {
                let ends = |letter| matches!(letter, b' ' | b'?' | b'(' | b'<' | b'|' | b')');
                let end = rest.bytes().position(ends).unwrap_or(rest.len());
                let (word, after) = rest.split_at(end);
                if after.starts_with('?') {
                    return Err(format!("« {word}? »: what may be absent is in brackets, « ({word})? »"));
                }
                *rest = after;
                sequence(word, &mut steps)?;
                continue;
            }
        };
        let may_be_absent = rest.starts_with('?');
        *rest = rest.trim_start_matches('?');
        match ways {
            _ if may_be_absent => steps.push(Step::Maybe(ways)),
            Ways::Rows(mut rows) if rows.len() == 1 => steps.extend(rows.pop().into_iter().flatten()),
            _ => steps.push(Step::One(ways)),
        }
    }
}

/// The alternatives between brackets.
fn group<'a>(rest: &mut &'a str, classes: &Classes<'_>) -> Result<Vec<Vec<Step<'a>>>, String> {
    let mut rows = Vec::new();
    loop {
        // Past the bracket, or the bar.
        *rest = rest.get(1..).unwrap_or_default();
        let steps = row(rest, classes)?;
        if steps.is_empty() {
            return Err("an alternative is empty".into());
        }
        rows.push(steps);
        if let Some(after) = rest.strip_prefix(')') {
            *rest = after;
            return Ok(rows);
        }
        if rest.is_empty() {
            return Err("a group does not end".into());
        }
    }
}

/// Words in a row, as they would be cut in a text.
fn sequence<'a>(words: &'a str, steps: &mut Vec<Step<'a>>) -> Result<(), String> {
    if is_folded(words) {
        steps.push(Step::Word(Atom::Word(words.into())));
        return Ok(());
    }
    let cut = |c: char| !(c.is_alphanumeric() || matches!(c, '*' | '+' | '%'));
    let before = steps.len();
    for word in words.split(cut).filter(|word| !word.is_empty()) {
        steps.push(Step::Word(atom(word)?));
    }
    if steps.len() == before { Err("a word is missing".into()) } else { Ok(()) }
}

fn atom(word: &str) -> Result<Atom<'_>, String> {
    if let Some(stem) = word.strip_suffix('*') {
        let short = stem.len() < 2 && !stem.starts_with(|c: char| c.is_ascii_digit());
        return if short || stem.is_empty() || stem.contains('*') {
            Err(format!("the stem « {word} » is too short"))
        } else {
            Ok(Atom::Stem(folded(stem)))
        };
    }
    if word.contains('*') {
        return Err(format!("« * » is only for the end of « {word} »"));
    }
    let capitals = word.chars().any(char::is_uppercase) && !word.chars().any(char::is_lowercase);
    Ok(if capitals { Atom::Upper(folded(word)) } else { Atom::Word(folded(word)) })
}

/// Most words of the rules are written folded.
fn folded(word: &str) -> Cow<'_, str> {
    if is_folded(word) { Cow::Borrowed(word) } else { Cow::Owned(fold(word)) }
}

fn is_folded(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stems_groups_gaps_and_classes_are_read() {
        let lists = BTreeMap::from([("kin".to_owned(), vec!["mere".to_owned(), "beau-pere".to_owned()])]);
        let classes = classes(&lists).unwrap();
        let steps = parse("<kin> .. (tape|l'a (re)? frapp*) TS (fort)?", &classes).unwrap();
        let word = |word: &'static str| Step::Word(Atom::Word(word.into()));
        let frappe = vec![
            word("l"),
            word("a"),
            Step::Maybe(Ways::Rows(vec![vec![word("re")]])),
            Step::Word(Atom::Stem("frapp".into())),
        ];
        let read = vec![
            Step::One(Ways::Class("kin")),
            Step::Gap(3),
            Step::One(Ways::Rows(vec![vec![word("tape")], frappe])),
            Step::Word(Atom::Upper("ts".into())),
            Step::Maybe(Ways::Rows(vec![vec![word("fort")]])),
        ];
        assert_eq!(classes["kin"], [vec![word("mere")], vec![word("beau"), word("pere")]]);
        assert_eq!(steps, read);
    }

    #[test]
    fn refuses_what_would_match_anything() {
        for term in
            ["", "..", ".. mot", "mot ..", "a*", "m*t", "(un|", "un)", "<nobody>", "( | )", "(un||deux)", "verres?"]
        {
            assert!(parse(term, &Classes::new()).is_err(), "{term}");
        }
    }
}
